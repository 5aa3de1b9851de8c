"""The sweep on a cluster: the same tables as on a laptop."""

from __future__ import annotations

import re

import pytest
from project import CHAIN, Project

pytestmark = pytest.mark.slurm

#: Four jobs, so that every node gets one.
SWEEP = {**CHAIN, "samples": 200, "chunk_size": 50}

#: A hundred points, and four jobs too.
PLANE = {
    "model": {"name": "spin1_chain", "n_sites": 2},
    "axes": {
        "model.J": {"first": 0.1, "last": 1.0, "count": 10},
        "ensemble.zeta_coh": {"first": 0.1, "last": 10.0, "count": 10, "scale": "log"},
    },
    "samples": 4,
    "chunk_size": 1,
    "eta_blocks": [{"values": [0, 1.0e-2]}],
    "observables": ["purity", {"name": "negativity", "sites": [[1], [2]]}],
    "figure": {
        "name": "plane",
        "kind": "map",
        "x": "J",
        "y": "zeta_coh",
        "column": "negativity_1_2_mean",
        "at": {"eta": 0.01},
    },
}


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
        # What slurm/README.md asks of a profile: an account, no requeue, a limit in whole minutes.
        shown = project.shown(job)
        assert (shown["Account"], shown["Requeue"]) == ("default", "0")
        assert re.fullmatch(r"\d\d:\d\d:00", shown["TimeLimit"]), shown["TimeLimit"]
        assert shown["TimeLimit"] != "00:00:00"


def test_a_plane_by_the_profile_alone(make_slurm_project, tmp_path_factory):
    project = make_slurm_project(plane=PLANE)
    process = project.start("--workflow-profile", "slurm")
    local = Project(tmp_path_factory.mktemp("plane"), plane={**PLANE, "chunk_size": 4})
    local.snakemake("tables")
    project.finish(process)
    assert project.table_bytes("plane") == local.table_bytes("plane")
    assert (project.results / "figures" / "plane.pdf").exists()
    ends = [event for event in project.events("plane") if event["event"] == "end"]
    assert sorted(end["solved"] for end in ends) == [100] * 4
