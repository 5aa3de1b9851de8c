"""Ranks, launchers and snakemake killed or told to end, one by one or all at once."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import replace

import psutil
from kinds import LAUNCH, LAUNCHES, NOTHING, UNSYNCED, Hit, choose, kind
from ledger import Rank
from sweep import RANKS, Command, Sweep, launcher_of, send

#: So long ranks stand still at most, if nobody comes to wait for them [s].
MOST_SECONDS = 25.0

#: Seconds between two flushes, as the witness sets it.
FLUSH_SECONDS = 2.0


def has_command(sweep: Sweep) -> bool:
    return bool(sweep.running())


def has_first(sweep: Sweep) -> bool:
    return bool(sweep.running(sweep.first))


def launch_of(sweep: Sweep, rank: Rank) -> list[Rank]:
    return [other for other in sweep.ledger.alive() if other.launch == rank.launch]


def named(rank: Rank) -> str:
    start, stop = rank.samples
    return f"rank {rank.part.stem.rsplit('-', 1)[1]} of samples {start} to {stop - 1}"


@kind("rank killed", LAUNCH)
def kill_rank(sweep, rng, number):
    rank = choose(rng, sweep.ledger.at_work())
    launch = launch_of(sweep, rank)
    sweep.ledger.blame(number, [rank.launch])  # another rank may only be about to begin
    send([psutil.Process(rank.pid)], signal.SIGKILL)
    sweep.wait_for_end_of(launch)
    return Hit(named(rank), RANKS)


@kind("rank told to end (SIGTERM)", NOTHING)
def terminate_rank(sweep, rng, number):
    rank = choose(rng, sweep.ledger.at_work())
    send([psutil.Process(rank.pid)], signal.SIGTERM)
    return Hit(named(rank))


def strike_launcher(sweep: Sweep, rng, number: int, what: signal.Signals) -> Hit:
    rank = choose(rng, sweep.ledger.at_work())
    launch = launch_of(sweep, rank)
    sweep.ledger.blame(number, [rank.launch])
    send([launcher_of(rank)], what)
    sweep.wait_for_end_of(launch)
    return Hit(f"launcher of samples {rank.samples[0]} to {rank.samples[1] - 1}", RANKS)


@kind("launcher killed", LAUNCH)
def kill_launcher(sweep, rng, number):
    return strike_launcher(sweep, rng, number, signal.SIGKILL)


@kind("launcher told to end (SIGTERM)", NOTHING)
def terminate_launcher(sweep, rng, number):
    # It hands the signal on to its ranks.
    return replace(strike_launcher(sweep, rng, number, signal.SIGTERM), ranks=0)


def folder_of(command: Command) -> str:
    return f"snakemake in {command.project.path.name}"


@kind("snakemake killed", NOTHING, has_command)
def kill_snakemake(sweep, rng, number):
    command = choose(rng, sweep.running())
    command.process.kill()
    sweep.finish(command)
    return Hit(folder_of(command))


@kind("snakemake killed and started again while its ranks stand still", NOTHING, has_first)
def overtake(sweep, rng, number):
    """As when a file system hangs: what the ranks have is waited for, in shards of any size."""
    command = sweep.running(sweep.first)[0]
    ranks = sweep.processes("python", "solve_shard.py")
    send(ranks, signal.SIGSTOP)
    try:
        command.process.kill()
        sweep.finish(command)
        if rng.random() < 0.5:
            sweep.set_chunk_size(choose(rng, sweep.chunk_sizes))
        waiting = waiting_launches(sweep)
        command = sweep.start_again(sweep.first)
        until = time.monotonic() + MOST_SECONDS
        sweep.wait(
            "a launch waits",
            lambda: (
                waiting_launches(sweep) > waiting
                or not command.is_running()
                or time.monotonic() > until
            ),
        )
        waiting = waiting_launches(sweep) - waiting
    finally:
        send(ranks, signal.SIGCONT)
    size = sweep.first.config["studies"]["chain"]["chunk_size"]
    return Hit(f"{len(ranks)} ranks; {waiting} launches of {size} samples waited")


def waiting_launches(sweep: Sweep) -> int:
    """Launches that have said that they wait for another."""
    logs = (sweep.first.results / "logs").glob("chain-*/*.log")
    return sum(log.read_text(encoding="utf-8").count("waiting for it") for log in logs)


@kind("snakemake told to end (SIGTERM)", NOTHING, has_command)
def terminate_snakemake(sweep, rng, number):
    command = choose(rng, sweep.running())
    command.process.terminate()
    return Hit(folder_of(command))


@kind("interrupted (Ctrl-C)", LAUNCHES, has_command)
def interrupt(sweep, rng, number):
    command = choose(rng, sweep.running())
    below = command.process.children(recursive=True)
    launchers = {p.pid for p in sweep.processes("mpiexec")} & {p.pid for p in below}
    ranks = [rank for rank in sweep.ledger.alive() if rank.pid in {p.pid for p in below}]
    os.killpg(command.process.pid, signal.SIGINT)  # as a terminal does
    sweep.finish(command)
    sweep.wait_for_end_of(ranks)
    return Hit(folder_of(command), RANKS * len(launchers))


@kind("all processes killed", LAUNCHES)
def kill_all(sweep, rng, number):
    ranks = sweep.launched_ranks()
    sweep.kill_all()
    return Hit("everything", ranks)


@kind("machine down: what was not synced is cut off", UNSYNCED)
def cut_power(sweep, rng, number):
    ledger = sweep.ledger
    ledger.alive()
    gone = [rank for rank in ledger.ranks.values() if rank.gone]
    ranks = sweep.launched_ranks()
    down = time.time()
    sweep.kill_all()
    ledger.refresh()
    before = ledger.kept()
    late = []
    for rank in (rank for rank in ledger.ranks.values() if rank not in gone):
        # The kernel may have written any part of what it was not asked for.
        size = rank.synced if rng.random() < 0.5 else int(rng.integers(rank.synced, rank.end + 1))
        lost = [record for record in rank.records if record.end > size]
        # A rank flushes between two samples, and the one in hand may be the longest.
        in_hand = 0.0 if rank.in_hand is None else down - rank.begun
        late += [r for r in lost if down - r.time > FLUSH_SECONDS + max(rank.longest, in_hand)]
        if rank.part.exists():
            with rank.part.open("r+b") as file:
                file.truncate(size)
            ledger.cut(rank, size, number)
    destroyed = tuple(sorted(before - ledger.kept()))
    problem = f"{len(late)} rows were not durable after {FLUSH_SECONDS:g} s" if late else ""
    return Hit(f"{len(destroyed)} samples cut off", ranks, destroyed, problem)
