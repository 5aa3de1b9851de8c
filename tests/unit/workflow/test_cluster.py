"""What a run refuses before it submits jobs, as far as no Slurm is needed; see tests/slurm."""

from contextlib import nullcontext

import pytest

from syncsweep.workflow import cluster
from syncsweep.workflow.errors import RunError


def put_program(folder, monkeypatch, name, script):
    """The only program of a name on the path."""
    if script is not None:
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))


@pytest.mark.parametrize(
    ("script", "ranks", "said"),
    [
        ("exit 0", 1, "set-threads: solve_shard is 1, .*; set at least 2"),
        (None, 2, "the Slurm cluster does not answer: there is no squeue here"),
        ("echo first >&2; echo 'no controller' >&2; exit 1", 2, "not answer: no controller$"),
        ("exit 3", 2, "does not answer: squeue failed without a message$"),
        ("printf '\\377' >&2; exit 3", 2, "does not answer: "),
        ("/bin/sleep 30", 2, "squeue did not answer"),
    ],
)
def test_a_cluster_that_takes_no_jobs_is_refused(tmp_path, monkeypatch, script, ranks, said):
    put_program(tmp_path, monkeypatch, "squeue", script)
    monkeypatch.setattr(cluster, "_PATIENCE", 1)
    with pytest.raises(RunError, match=said):
        cluster.check_jobs("slurm", ranks, [])
    cluster.check_jobs("local", ranks, [])


def test_a_job_without_a_time_limit_is_refused(tmp_path, monkeypatch):
    """Snakemake makes 0 of half a minute."""
    put_program(tmp_path, monkeypatch, "squeue", "exit 0")
    with pytest.raises(RunError, match=r"^runtime: must be a whole number of minutes, 1 or more"):
        cluster.check_jobs("slurm", 2, [{"runtime": 5}, {"runtime": 0}])


SITE = {"slurm_account": "physics", "slurm_partition": "compute"}


@pytest.mark.parametrize(
    "message",
    [
        "allocation failure: Unable to contact slurm controller",
        "error: Requested time limit is invalid",
    ],
)
def test_a_cluster_that_answers_is_accepted(tmp_path, monkeypatch, message):
    """If it does not answer the next question, the account and the partition may be right."""
    put_program(tmp_path, monkeypatch, "squeue", "exit 0")
    put_program(tmp_path, monkeypatch, "sbatch", f"echo '{message}' >&2; exit 1")
    cluster.check_jobs("slurm", 2, [SITE])


@pytest.mark.parametrize(
    ("account", "said"),
    [
        ("", "slurm_account: Slurm wants an account; you have geo, physics; see "),
        ("Physics", "Physics is not an account of yours for partition compute; you have "),
    ],
)
def test_an_account_that_slurm_wants_otherwise_is_refused(tmp_path, monkeypatch, account, said):
    put_program(tmp_path, monkeypatch, "squeue", "exit 0")
    put_program(tmp_path, monkeypatch, "sacctmgr", "echo physics; echo geo")
    message = "allocation failure: Invalid account or account/partition combination specified"
    put_program(tmp_path, monkeypatch, "sbatch", f"echo '{message}' >&2; exit 1")
    with pytest.raises(RunError, match=said):
        cluster.check_jobs("slurm", 2, [{**SITE, "slurm_account": account}])


@pytest.mark.parametrize(
    ("account", "said"),
    [
        ("geo, physics ", None),
        (" chemistry,geo", "slurm_account: chemistry is not an account of yours; you have geo, "),
        ("geo,chemistry", "slurm_account: chemistry is not an account of yours; you have geo, "),
    ],
)
def test_each_of_several_accounts_must_be_the_users(tmp_path, monkeypatch, account, said):
    """The executor takes the first one, and refuses each that is not listed."""
    put_program(tmp_path, monkeypatch, "squeue", "exit 0")
    put_program(tmp_path, monkeypatch, "sacctmgr", "echo physics; echo geo")
    put_program(tmp_path, monkeypatch, "sbatch", 'case "$*" in *"-A geo "*) exit 0; esac; exit 1')
    with pytest.raises(RunError, match=said) if said else nullcontext():
        cluster.check_jobs("slurm", 2, [{**SITE, "slurm_account": account}])


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("No partition specified or system default partition", "Slurm wants a partition; it has a"),
        (
            "User's group not permitted to use this partition",
            "you may not use the default partition: allocation failure: User's group ",
        ),
    ],
)
def test_a_cluster_without_a_partition_for_everybody_wants_one(
    tmp_path, monkeypatch, message, said
):
    put_program(tmp_path, monkeypatch, "squeue", "exit 0")
    put_program(tmp_path, monkeypatch, "sinfo", "echo a; echo b")
    put_program(
        tmp_path, monkeypatch, "sbatch", f'echo "allocation failure: {message}" >&2; exit 1'
    )
    with pytest.raises(RunError, match=f"^slurm_partition: {said}"):
        cluster.check_jobs("slurm", 2, [{}])


@pytest.mark.parametrize(
    ("launcher", "said"),
    [
        ("mpixec", "^mpi: there is no program mpixec here; "),
        ("env A=b C=d /no/such/mpiexec --verbose", "^mpi: there is no program /no/such/mpiexec"),
        ("srun --mpi=none", r"^mpi: mpi4py uses MPICH [\d.]+, .*; use srun --mpi=pmi2 "),
        ("srun --mpi pmix_v4 -l", "^mpi: mpi4py uses MPICH .* srun --mpi=pmix_v4 does not start"),
    ],
)
def test_a_launcher_that_cannot_start_the_ranks_is_refused(tmp_path, monkeypatch, launcher, said):
    put_program(tmp_path, monkeypatch, "srun", "exit 1")
    with pytest.raises(RunError, match=said) as refused:
        cluster.check_jobs("local", 2, [{"mpi": launcher}, {}, {"mpi": launcher}])
    assert "slurm/config.yaml" in str(refused.value)
    assert len(str(refused.value).splitlines()) == 1


@pytest.mark.parametrize(
    "launcher",
    [
        "env HYDRA_RMK=user mpiexec",
        "env -u SLURM_JOB_ID mpiexec",
        "exec mpiexec",
        "time mpiexec",
        "command time -p mpiexec",
        "~/bin/mpirun",
        "module load mpi && mpirun",
        "srun --mpi=pmi2 --kill-on-bad-exit=1",
        "srun",
        "'",
    ],
)
def test_a_launcher_that_may_fit_is_accepted(tmp_path, monkeypatch, launcher):
    put_program(tmp_path, monkeypatch, "srun", "exit 1")
    cluster.check_jobs("local", 1, [{"mpi": launcher}])


def test_srun_is_asked_as_outside_an_allocation(tmp_path, monkeypatch):
    """Within one, it would wait for a step."""
    put_program(tmp_path, monkeypatch, "squeue", "exit 0")
    put_program(tmp_path, monkeypatch, "sbatch", "exit 0")
    said = "echo \"srun: error: Invalid MPI type, job '$SLURM_JOB_ID'\" >&2"
    put_program(tmp_path, monkeypatch, "srun", f'[ -z "$SLURM_JOB_ID" ] || {{ {said}; exit 1; }}')
    monkeypatch.setenv("SLURM_JOB_ID", "7")
    cluster.check_jobs("slurm", 2, [{"mpi": "srun --mpi=pmi2"}])
