"""The sweep on a cluster: the same tables as on a laptop."""

from __future__ import annotations

import pytest
from project import CHAIN, Project

pytestmark = pytest.mark.slurm


THOUSAND = {key: value for key, value in CHAIN.items() if key != "chunk_size"} | {"samples": 1000}


def test_thousand_samples_of_the_chain_by_the_profile_alone(make_slurm_project, tmp_path_factory):
    project = make_slurm_project(chain=THOUSAND)
    process = project.start("--workflow-profile", "slurm")
    local = Project(tmp_path_factory.mktemp("local"), chain=THOUSAND)
    local.snakemake("tables")
    project.finish(process)
    assert project.table_bytes("chain") == local.table_bytes("chain")
    assert (project.results / "figures" / "chain.pdf").exists()
    ends = [event for event in project.events("chain") if event["event"] == "end"]
    assert sum(end["solved"] for end in ends) == 1000
    assert all(end["ranks"] >= 2 and "openblas" in end["blas"] for end in ends)
    # Every job ran once, within its limits, and as a job of its own.
    states = project.cluster.job_states()
    assert set(states.values()) == {"COMPLETED"}
    assert len(states) == len(ends) + 2  # tables and figure
