"""The sweep on a cluster: the same tables as on a laptop."""

from __future__ import annotations

import pytest
from project import CHAIN, Project

pytestmark = pytest.mark.slurm

#: Four jobs, so that every node gets one.
SWEEP = {**CHAIN, "samples": 200, "chunk_size": 50}


def test_chain_by_the_profile_alone(make_slurm_project, tmp_path_factory):
    project = make_slurm_project(chain=SWEEP)
    process = project.start("--workflow-profile", "slurm")
    local = Project(tmp_path_factory.mktemp("local"), chain=SWEEP)
    local.snakemake("tables")
    project.finish(process)
    assert project.table_bytes("chain") == local.table_bytes("chain")
    assert (project.results / "figures" / "chain.pdf").exists()
    ends = [event for event in project.events("chain") if event["event"] == "end"]
    assert sum(end["solved"] for end in ends) == 200
    assert all(end["ranks"] == 2 and "1 thread" in end["blas"] for end in ends)
    # Every job ran once, within its limits, and as a job of its own.
    jobs = list(project.cluster.job_states())
    assert len(jobs) == len(ends) + 2  # tables and figure
    for job in jobs:
        project.expect_state(job, "COMPLETED")
