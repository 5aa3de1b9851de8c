"""The command that starts the MPI ranks of a job, its cores, and what fits which MPI library."""

import os

#: The ranks run on this machine only. In an allocation of a cluster, MPICH's mpiexec would start
#: them with the launcher of the cluster on all hosts of the allocation. In a job step of Slurm,
#: this waits for ever.
ON_THIS_MACHINE = ("env", "HYDRA_LAUNCHER=fork", "HYDRA_RMK=user", "mpiexec")


def allotted_cores(cores: int) -> int:
    """The number `cores`, but in a Slurm job or step at most what Slurm allots to it on its node.

    If a site binds no process to cores, a process could also use the cores of other users' jobs.
    """
    allotted = os.environ.get("SLURM_CPUS_ON_NODE", "")
    number = int(allotted) if allotted.isdecimal() else 0
    return min(cores, number) if number else cores


def plain_name(library: str) -> str:
    """Name and version of an MPI library, from the first line that it says of itself."""
    return " ".join(library.split(",")[0].replace("Version:", "").split())


def fitting(library: str) -> str | None:
    """The type of `srun --mpi` that starts the ranks of an MPI library, if we know it."""
    for name, kind in (("MPICH", "pmi2"), ("Open MPI", "pmix")):
        if library.startswith(name):
            return kind
    return None


def single_ranks(library: str) -> str:
    """Why a launch has single ranks, and what to do; library: of MPI, as it names itself."""
    known = fitting(library)
    if "SLURM_STEP_ID" not in os.environ:
        found, use = "the launcher", "the launcher of that library"
    else:
        kind = "pmix" if "PMIX_RANK" in os.environ else os.environ.get("SLURM_MPI_TYPE", "none")
        found = f"srun --mpi={kind}"
        use = f"srun --mpi={known}" if known else "the launcher of that library"
    return (
        f"{found} does not start ranks of {plain_name(library)}; use {use} (mpi in "
        "slurm/config.yaml), see docs/clusters.md"
    )
