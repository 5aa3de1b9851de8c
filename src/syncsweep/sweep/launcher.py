"""How ranks are started where a profile says nothing else, and on how many cores."""

import os

#: The ranks run on this machine only. In an allocation of a cluster, MPICH's mpiexec would start
#: them with the launcher of the cluster on all hosts of the allocation. In a job step of Slurm,
#: this waits for ever.
ON_THIS_MACHINE = ("env", "HYDRA_LAUNCHER=fork", "HYDRA_RMK=user", "mpiexec")


def allotted_cores(cores: int) -> int:
    """So many cores, but no more than Slurm allots to this job or step on its node, if it is one.

    Where a site binds no process to cores, those of other people's jobs are within reach.
    """
    allotted = os.environ.get("SLURM_CPUS_ON_NODE", "")
    return min(cores, int(allotted)) if allotted.isdecimal() else cores
