"""A profile that does not fit its cluster costs one line, and no job is submitted."""

from __future__ import annotations

import pytest
from slurm_project import FAULTED

pytestmark = pytest.mark.slurm


def refusal(project) -> str:
    """The error of a run that submits nothing."""
    before = project.cluster.job_states()
    output = project.finish(project.start_sweep("--quiet", "all"), code=1)
    assert project.cluster.job_states() == before
    (error,) = [line for line in output.splitlines() if line.startswith("error: ")]
    assert "Traceback" not in output
    assert not project.events("chain")
    return error


@pytest.mark.parametrize(
    ("site", "said"),
    [
        (
            {"slurm_account": "'physics'"},
            "slurm_account: physics is not an account of yours; you have default, root",
        ),
        (
            {"slurm_partition": "'gpu'"},
            "slurm_partition: this cluster has no partition gpu; it has compute",
        ),
    ],
    ids=["account", "partition"],
)
def test_account_or_partition_that_is_not_there(make_slurm_project, site, said):
    project = make_slurm_project(chain=FAULTED)
    project.change_defaults(**site)
    assert refusal(project) == f"error: {said}; see slurm/config.yaml"


@pytest.mark.parametrize(
    ("launcher", "said"),
    [
        ("srun --mpi=openpmi", "mpi: srun here starts no ranks by --mpi=openpmi; it lists "),
        ("srun --mpi=none", "mpi: mpi4py uses MPICH "),
        ("mpixec", "mpi: there is no program mpixec here; "),
    ],
)
def test_launcher_that_does_not_fit(make_slurm_project, launcher, said):
    project = make_slurm_project(chain=FAULTED)
    project.change_profile(mpi=f"'{launcher}'")
    assert refusal(project).startswith(f"error: {said}")
