"""The command that starts the MPI ranks of a job if no profile names another, and its cores."""

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
