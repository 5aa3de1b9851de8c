"""Where the ranks of a launch are started."""

from __future__ import annotations

from project import PAIR

#: The variables of a shell on one node of an allocation of two nodes, one rank on each.
ALLOCATION = {
    "SLURM_JOB_ID": "7",
    "SLURM_NODELIST": "n[1-2]",
    "SLURM_NNODES": "2",
    "SLURM_TASKS_PER_NODE": "1(x2)",
}


def test_launch_within_an_allocation_of_a_cluster_stays_on_this_machine(make_project, monkeypatch):
    """Because of these variables, MPICH's mpiexec calls srun, and waits for ever if it fails."""
    for name, value in ALLOCATION.items():
        monkeypatch.setenv(name, value)
    project = make_project(pair={**PAIR, "samples": 4, "chunk_size": 4})
    process = project.start("tables")
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 0, output
    assert project.solved("pair") == 4
