"""Where a run makes its files and starts its ranks: in a group's folder, in an allocation."""

from __future__ import annotations

import os
import stat

import pytest
from project import PAIR

#: The variables of a shell on one node of an allocation of two nodes, one rank on each.
ALLOCATION = {
    "SLURM_JOB_ID": "7",
    "SLURM_NODELIST": "n[1-2]",
    "SLURM_NNODES": "2",
    "SLURM_TASKS_PER_NODE": "1(x2)",
}


@pytest.fixture
def _umask_of_a_group():
    before = os.umask(0o002)
    yield
    os.umask(before)


@pytest.mark.usefixtures("_umask_of_a_group")
def test_run_in_an_allocation_stays_on_this_machine_and_all_it_makes_is_of_the_group(
    make_project, monkeypatch
):
    """Any user of the group can continue; and MPICH's mpiexec does not call srun.

    It would because of these variables, and wait for ever if that fails.
    """
    for name, value in ALLOCATION.items():
        monkeypatch.setenv(name, value)
    project = make_project(pair={**PAIR, "samples": 4, "chunk_size": 4})
    project.results.mkdir()
    project.results.chmod(0o2775)
    process = project.start("study_pair", "report", "preview")
    output, _ = process.communicate(timeout=180)
    assert process.returncode == 0, output
    assert project.solved("pair") == 4
    made = list(project.results.rglob("*"))
    assert {"lock", "log.jsonl", "report.html"} <= {path.name for path in made}
    for path in made:
        mode = path.stat().st_mode
        assert mode & stat.S_IWGRP and mode & stat.S_IRGRP, path
        assert path.is_file() or (mode & stat.S_IXGRP and mode & stat.S_ISGID), path
