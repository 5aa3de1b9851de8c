"""How the ranks of a launch are started, where a profile says nothing else."""

#: On this machine alone. In an allocation of a cluster, MPICH's launcher would start them on the
#: allocation's hosts by the cluster's own launcher, which waits for ever within a step of Slurm.
ON_THIS_MACHINE = ("env", "HYDRA_LAUNCHER=fork", "HYDRA_RMK=user", "mpiexec")
