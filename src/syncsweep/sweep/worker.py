"""One MPI launch: the shard of one seed-chunk of one block. The only module that imports MPI.

Rank 0 finds the rows that exist, the ranks share the missing units by a fixed stride and solve them
without a word between them, and rank 0 gathers, verifies and writes the shard.
"""

from __future__ import annotations

import ctypes
import json
import os
import platform
import sys
import time
import uuid
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import pyarrow as pa
from mpi4py import MPI

from syncsweep.config.messages import ConfigError
from syncsweep.environment.blas import BlasThreadsError, blas_description
from syncsweep.files import append, hold, joined, naming, not_written
from syncsweep.layout import BlockFolder
from syncsweep.sample.sample_solver import SampleSolver
from syncsweep.sample_range import SampleRange
from syncsweep.sweep.description import Description, DescriptionError, Unit, read
from syncsweep.sweep.launcher import single_ranks
from syncsweep.sweep.parts import PartWriter
from syncsweep.sweep.row_table import RowsByUnit, ordered
from syncsweep.sweep.shard import ShardError, write_shard
from syncsweep.sweep.takeover import find_rows, valid_shard
from syncsweep.sweep.walltime import STOPPED, Walltime

#: Seconds between two lines of progress.
_PROGRESS_SECONDS = 10.0

#: The process that started this one.
_LAUNCHER = os.getppid()

#: The launcher needs a moment to pass a message on before it ends all ranks [s].
_PASS_ON_SECONDS = 0.5

#: A rank solves whole points if each rank has at least so many.
_POINTS_PER_RANK = 4

#: Seconds between two looks whether the other ranks are done.
_POLL_SECONDS = 0.01


@dataclass(frozen=True)
class Job:
    """The job of one launch: the shard of some samples of a block; ranks: their number."""

    folder: Path
    samples: SampleRange
    ranks: int
    seconds: float | None = None  # until the launch is killed


@dataclass(frozen=True)
class _Task:
    """The message of rank 0 to the others."""

    description: Description
    missing: list[Unit]
    attempt: str


@dataclass(frozen=True)
class _Solved:
    """The message of a rank to rank 0."""

    units: list[Unit]
    rows: pa.Table | None
    cpu_seconds: float
    host: str
    stopped: str | None


def run(job: Job) -> int:
    """Make the shard of a job, or end the whole launch with one message and exit code 1.

    Returns the exit code of this rank: 0, or STOPPED if there was no time for all samples; what is
    solved is kept.
    """
    comm = MPI.COMM_WORLD
    if comm.size != job.ranks:
        if comm.rank == 0:
            _say(
                f"error: this launch has {comm.size} rank(s) instead of {job.ranks}: "
                f"{single_ranks(MPI.Get_library_version())}"
            )
        sys.exit(1)
    walltime = Walltime(job.seconds)
    walltime.heed_signals()
    try:
        whole = _make_shard(job, comm, walltime)
    except (BlasThreadsError, DescriptionError, ShardError) as error:
        _abort(comm, str(error))
    except ConfigError as error:
        _abort(comm, f"{job.folder.parent.name}: {error}")
    except OSError as error:
        _abort(comm, not_written(naming(error, Path(error.filename or job.folder))))
    return 0 if whole else STOPPED


def end(code: int) -> NoReturn:
    """End this rank with an exit code, without a wait for threads that the user's own code left."""
    MPI.Finalize()  # or mpi4py would abort a launch that stopped, as if it had crashed
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:  # code of the user's own may have taken it away
            stream.flush()
    # Not os._exit: MPICH takes leave of its launcher only when the C library exits, and the
    # launcher kills the others if one has gone without a word. PyDLL: no other thread runs then.
    ctypes.PyDLL(None).exit(code)
    raise AssertionError("exit does not return")


def _say(line: str) -> None:
    """Print a line on stderr."""
    # One write with its newline, so that the lines of several ranks do not run together.
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def _abort(comm: MPI.Intracomm, message: str) -> NoReturn:
    _say(f"error: {message}")
    time.sleep(_PASS_ON_SECONDS)
    comm.Abort(1)
    raise SystemExit(1)


def _make_shard(job: Job, comm: MPI.Intracomm, walltime: Walltime) -> bool:
    """Make the shard; False if there was no time for all of it."""
    folder = BlockFolder(job.folder)
    blas = blas_description()
    plan = _plan(job, folder, walltime) if comm.rank == 0 else None
    _wait_for_all(comm)
    task: _Task | bool = comm.bcast(plan[0] if plan else None)
    if isinstance(task, bool):
        return task
    began = time.time()
    mine = _share(task.missing, comm.rank, comm.size)
    # No other launch starts these samples while this rank runs, even if rank 0 has died.
    in_hand = joined(folder.lock, *job.samples) if comm.rank else nullcontext()
    with in_hand:
        own = _solve(job, folder, task, mine, comm, walltime)
    _wait_for_all(comm)
    gathered = comm.gather(own)
    whole = None
    if gathered and plan:
        run = {"began": began, "blas": blas, "attempt": task.attempt, **_summary(gathered)}
        found = plan[1]
        solved = [(one.units, one.rows) for one in gathered]
        total = len(task.description.units(job.samples))
        known = len(found) + sum(len(units) for units, _ in solved)
        whole = known == total
        if whole:
            taken = pa.concat_tables(found.values()) if found else None
            _finish(job, folder, task, [(list(found), taken), *solved], run)
        else:
            _stop(job, folder, task, known, run)
    _wait_for_all(comm)  # while the first rank writes the shard
    return bool(comm.bcast(whole))


def _share(missing: list[Unit], rank: int, size: int) -> list[Unit]:
    """The units of a rank, by stride: whole points if there are enough of them.

    Each point has a solver of its own, which takes time to build.
    """
    points = list(dict.fromkeys(unit.point for unit in missing))
    if len(points) < _POINTS_PER_RANK * size:
        return missing[rank::size]
    mine = set(points[rank::size])
    return [unit for unit in missing if unit.point in mine]


def _summary(gathered: list[_Solved]) -> dict[str, Any]:
    """The record of a launch, from the messages of its ranks."""
    return {
        "ended": time.time(),
        "core_seconds": sum(solved.cpu_seconds for solved in gathered),
        "solved": sum(len(solved.units) for solved in gathered),
        "ranks": len(gathered),
        "hosts": sorted({solved.host for solved in gathered}),
        "stopped_by": ", ".join(sorted({solved.stopped for solved in gathered if solved.stopped})),
    }


def _wait_for_all(comm: MPI.Intracomm) -> None:
    """Wait for the other ranks without keeping a core busy, as MPI's own waiting does.

    Without a launcher to say so, the death of another rank would never be known: then this ends.
    """
    request = comm.Ibarrier()
    while not request.Test():
        if os.getppid() != _LAUNCHER:
            _say("error: the launcher of this rank has ended; the solved samples are kept")
            os._exit(1)  # MPI's own end would wait for the other ranks
        time.sleep(_POLL_SECONDS)


def _finish(
    job: Job,
    folder: BlockFolder,
    task: _Task,
    known: list[tuple[list[Unit], pa.Table | None]],
    run: dict[str, Any],
) -> None:
    units = task.description.units(job.samples)
    table = ordered(units, known)
    run_of_shard = {**run, **_environment(task)}
    shard = folder.shard(*job.samples)
    write_shard(shard, table, task.description, job.samples, run_of_shard, folder.jobs)
    _log(folder, job, event="end", **run)
    print(f"{_name(task, job)}: {run['solved']} solved, {len(units)} in the shard", flush=True)


def _stop(job: Job, folder: BlockFolder, task: _Task, known: int, run: dict[str, Any]) -> None:
    _log(folder, job, event="stop", **run)
    total = len(task.description.units(job.samples))
    _say(
        f"{_name(task, job)}: stopped ({run['stopped_by']}) with {known} of {total} samples "
        "solved; they are kept, and the next attempt continues"
    )


def _plan(
    job: Job, folder: BlockFolder, walltime: Walltime
) -> tuple[_Task | bool, dict[Unit, pa.Table]]:
    """The samples left to solve, and the existing rows.

    Instead of a task: True if the shard exists already, False if there was no time to look.
    """
    description = read(job.folder)
    folder.parts.mkdir(parents=True, exist_ok=True)
    # A launch whose Snakemake was killed may still solve some of the samples, perhaps for shards of
    # another size. Its samples need not be solved twice.
    first, stop = job.samples
    waiting = (
        f"samples {first} to {stop - 1}: another launch is solving some of them; waiting for it"
    )
    if not hold(
        folder.lock, *job.samples, lambda: _say(waiting), lambda: walltime.stop is not None
    ):
        return False, {}
    if _already_valid(folder, description, job):
        return True, {}
    found = find_rows(folder, description, job.samples)
    for message in found.messages:
        _say(f"warning: {message}")
    missing = [unit for unit in description.units(job.samples) if unit not in found.rows]
    task = _Task(description, missing, uuid.uuid4().hex[:12])
    counts = {"from_shards": found.from_shards, "from_parts": found.from_parts}
    begin = {"attempt": task.attempt, "host": platform.node(), **counts, "missing": len(missing)}
    _log(folder, job, event="start", **begin)
    return task, found.rows


def _already_valid(folder: BlockFolder, description: Description, job: Job) -> bool:
    """Whether there is nothing to do; a damaged shard is left to the search for rows."""
    try:
        return valid_shard(folder, description, job.samples)
    except ShardError:
        return False


def _solve(
    job: Job,
    folder: BlockFolder,
    task: _Task,
    units: list[Unit],
    comm: MPI.Intracomm,
    walltime: Walltime,
) -> _Solved:
    """Solve this rank's units while there is time, and keep each batch in a part at once."""
    # If several Slurm nodes are one machine, only this variable distinguishes them.
    host = os.environ.get("SLURMD_NODENAME") or platform.node()
    if not units:
        return _Solved([], None, 0.0, host, None)
    began = time.process_time()
    reported = batch_began = time.monotonic()
    described = task.description
    solver = SampleSolver(described.physics, described.etas, described.observables)
    part = folder.part(*job.samples, task.attempt, comm.rank)
    writer = PartWriter(part, described)
    solved, done, size = RowsByUnit(), 0, 1
    while done < len(units) and not walltime.stop:
        batch = units[done : done + size]
        failed = bool(solver.problems)
        solved.add(batch, writer.append(solver.rows_of(batch)))
        done += len(batch)
        if solver.problems and not failed:
            _report_failure(task, *next(iter(solver.problems.items())))
        now = time.monotonic()
        walltime.batch_took(now - batch_began)
        size = solver.batch_size((now - batch_began) / len(batch))
        batch_began = now
        if comm.rank == 0 and now - reported >= _PROGRESS_SECONDS:
            reported = now
            print(f"{_name(task, job)}: {100 * done // len(units)} %", flush=True)
    writer.close()
    for function, problem in solver.observables.problems.items():
        _say(
            f"warning: {described.study}: {function}() failed: {problem}; it is the first time on "
            "this rank, and failures.csv will name all rows"
        )
    kept, rows = solved.packed()
    stopped = walltime.stop if len(kept) < len(units) else None
    return _Solved(kept, rows, time.process_time() - began, host, stopped)


def _report_failure(task: _Task, sample: int, problem: str) -> None:
    _say(
        f"warning: {task.description.study}: sample {sample} failed: {problem}; it is the first "
        "of this rank, and failures.csv will name all"
    )


def _name(task: _Task, job: Job) -> str:
    n_points = len(task.description.points)
    at = f" at {n_points} points" if task.description.axes else ""
    return f"{task.description.study} samples {job.samples.start} to {job.samples.stop - 1}{at}"


def _log(folder: BlockFolder, job: Job, **event: Any) -> None:
    line = {"time": time.time(), **job.samples._asdict(), **event}
    append(folder.log, json.dumps(line) + "\n")


def _environment(task: _Task) -> dict[str, Any]:
    """Further records of a shard about its run: physics, code, libraries, machine."""
    from syncsweep.environment import provenance  # reads much, and only the first rank needs it

    return {
        "physics": task.description.physics.model_dump(mode="json"),
        "code": provenance.code(),
        "libraries": provenance.libraries("numpy", "scipy", "pyarrow", "mpi4py"),
        "mpi": MPI.Get_library_version().splitlines()[0],
        **provenance.machine(),
    }
