"""What happens on a cluster: to job steps and their daemons, to nodes, jobs and the controller."""

from __future__ import annotations

import signal
import time
from contextlib import suppress

import psutil
from cluster import Cluster, ClusterError
from kinds import LAUNCH, LAUNCHES, NOTHING, SLURM_KINDS, Hit, Missed, choose, kind
from ledger import Rank
from process_faults import folder_of, has_command, named
from sweep import RANKS, Sweep, send


class SlurmSweep(Sweep):
    """A sweep whose shards and tables are jobs of a cluster."""

    def __init__(self, cluster: Cluster, *others) -> None:
        super().__init__(*others)
        self.cluster = cluster

    def printed(self, lines: int = 12) -> str:
        """What the commands and the cluster say."""
        told = [("squeue", "--long"), ("sinfo", "-N", "--long"), ("scontrol", "-o", "show", "jobs")]
        return "\n".join([super().printed(lines), *(self.cluster.run(*words) for words in told)])

    def end(self) -> None:
        for command in self.running():
            command.process.kill()
            command.process.wait()
        self.cluster.run("scancel", "--user=root")
        self.cluster.wait_idle(120)
        self.kill_all()


def of_step(rank: Rank, name: str) -> str:
    """What Slurm says in a rank's environment."""
    return psutil.Process(rank.pid).environ()[name]


def blamed_rank(sweep: SlurmSweep, rng, number: int) -> Rank:
    """A rank to be hit; what dies with it may do so later, when Slurm has noticed."""
    rank = choose(rng, sweep.ledger.at_work())
    sweep.ledger.blame(number, [rank.launch])
    return rank


@kind("srun killed", LAUNCH, among=SLURM_KINDS)
def kill_srun(sweep, rng, number):
    rank = blamed_rank(sweep, rng, number)
    job = of_step(rank, "SLURM_JOB_ID")
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            if process.name() == "srun" and process.environ().get("SLURM_JOB_ID") == job:
                found.append(process)
    send(found, signal.SIGKILL)
    return Hit(f"of job {job}", ranks=RANKS)


@kind("slurmstepd killed", LAUNCH, among=SLURM_KINDS)
def kill_slurmstepd(sweep, rng, number):
    rank = blamed_rank(sweep, rng, number)
    parents = psutil.Process(rank.pid).parents()
    send([p for p in parents if p.name() == "slurmstepd"], signal.SIGKILL)
    return Hit(f"of {named(rank)}", ranks=RANKS)


@kind("slurmd killed and started again", NOTHING, among=SLURM_KINDS)
def kill_slurmd(sweep, rng, number):
    node = of_step(choose(rng, sweep.ledger.at_work()), "SLURMD_NODENAME")
    daemon = sweep.cluster.daemons.pop(f"slurmd-{node}")
    daemon.kill()
    daemon.wait()
    time.sleep(rng.uniform(0.5, 3.0))
    sweep.cluster.restart_node(node)
    return Hit(node)


@kind("slurmctld killed and started again", NOTHING, among=SLURM_KINDS)
def kill_slurmctld(sweep, rng, number):
    seconds = rng.uniform(0.5, 3.0)
    sweep.cluster.kill_controller()
    time.sleep(seconds)
    sweep.cluster.start_controller()
    return Hit(f"away for {seconds:.1f} s")


@kind("node dead and booted again", LAUNCHES, among=SLURM_KINDS)
def kill_node(sweep, rng, number):
    node = of_step(choose(rng, sweep.ledger.at_work()), "SLURMD_NODENAME")
    alive = sweep.ledger.alive()
    hit = [rank for rank in alive if of_step(rank, "SLURMD_NODENAME") == node]
    jobs = {rank.launch for rank in hit}
    sweep.ledger.blame(number, jobs)
    sweep.cluster.kill_node(node)
    time.sleep(rng.uniform(1.0, 4.0))
    sweep.cluster.restart_node(node)
    return Hit(f"{node} with {len(jobs)} jobs", ranks=RANKS * len(jobs))


def scancel(sweep: SlurmSweep, rank: Rank, step: bool, *options: str) -> str:
    job = of_step(rank, "SLURM_JOB_ID")
    if step:
        job += f".{of_step(rank, 'SLURM_STEP_ID')}"
    try:
        sweep.cluster.run("scancel", *options, job)
    except ClusterError as error:
        raise Missed from error  # the job has just ended
    return job


@kind("job cancelled", NOTHING, among=SLURM_KINDS)
def cancel_job(sweep, rng, number):
    return Hit(scancel(sweep, choose(rng, sweep.ledger.at_work()), False))


@kind("job step cancelled", LAUNCH, among=SLURM_KINDS)
def cancel_step(sweep, rng, number):
    # Slurm kills a step that is cancelled alone, and asks it nothing.
    return Hit(scancel(sweep, blamed_rank(sweep, rng, number), True), ranks=RANKS)


@kind("job warned of its time limit (SIGUSR1)", NOTHING, among=SLURM_KINDS)
def warn_job(sweep, rng, number):
    return Hit(scancel(sweep, choose(rng, sweep.ledger.at_work()), False, "--signal=USR1"))


@kind("snakemake interrupted (Ctrl-C)", NOTHING, has_command, among=SLURM_KINDS)
def interrupt_snakemake(sweep, rng, number):
    command = choose(rng, sweep.running())
    command.process.send_signal(signal.SIGINT)
    sweep.finish(command)
    return Hit(folder_of(command))
