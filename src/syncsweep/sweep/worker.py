"""One MPI launch: the shard of one seed-chunk of one η-block. The only module that imports MPI.

Rank 0 finds the rows that exist, the ranks solve the missing samples by fixed stride without a
word between them, and rank 0 gathers, verifies and writes the shard.
"""

from __future__ import annotations

import json
import os
import platform
import sys
import time
import uuid
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, NoReturn

import pyarrow as pa
from mpi4py import MPI

from syncsweep import __version__
from syncsweep.files import hold
from syncsweep.layout import BlockFolder
from syncsweep.sample import SampleSolver
from syncsweep.sweep.blas import BlasThreadsError, blas_description
from syncsweep.sweep.description import Description, DescriptionError, read
from syncsweep.sweep.parts import PartIdentity, PartWriter
from syncsweep.sweep.shard import ShardError, write_shard
from syncsweep.sweep.takeover import find_rows, identity_of, valid_shard

#: Seconds between two lines of progress.
_PROGRESS_SECONDS = 10.0


@dataclass(frozen=True)
class Job:
    """What one launch makes: samples start … stop−1 of a block, with so many ranks."""

    folder: Path
    start: int
    stop: int
    ranks: int


@dataclass(frozen=True)
class _Task:
    """What rank 0 tells the others."""

    description: Description
    missing: list[int]
    attempt: str


def run(job: Job) -> None:
    """Make the shard of a job, or end the whole launch with one message and exit code 1."""
    comm = MPI.COMM_WORLD
    if comm.size != job.ranks:
        if comm.rank == 0:
            print(
                f"error: this launch has {comm.size} rank(s) instead of {job.ranks}; use the MPI "
                "launcher that belongs to the MPI library of mpi4py",
                file=sys.stderr,
                flush=True,
            )
        sys.exit(1)
    try:
        _make_shard(job, comm)
    except (BlasThreadsError, DescriptionError, ShardError) as error:
        _abort(comm, str(error))
    except OSError as error:
        _abort(comm, f"{error.filename or job.folder}: {error.strerror or error}")


def _abort(comm: MPI.Intracomm, message: str) -> NoReturn:
    # One write with its newline, so that the lines of several ranks do not run together.
    sys.stderr.write(f"error: {message}\n")
    sys.stderr.flush()
    comm.Abort(1)
    raise SystemExit(1)


def _make_shard(job: Job, comm: MPI.Intracomm) -> None:
    folder = BlockFolder(job.folder)
    blas = blas_description()
    task, known = _plan(job, folder) if comm.rank == 0 else (None, {})
    task = comm.bcast(task)
    if task is None:
        return
    began = time.time()
    mine = task.missing[comm.rank :: comm.size]
    gathered = comm.gather(_solve(job, folder, task, mine, comm))
    if gathered is None:
        return
    for rank_rows, _ in gathered:
        known |= rank_rows
    run_metadata = {
        "began": began,
        "ended": time.time(),
        "core_seconds": sum(rank_seconds for _, rank_seconds in gathered),
        "solved": len(task.missing),
        "ranks": comm.size,
        "attempt": task.attempt,
        "blas": blas,
        **_environment(),
    }
    table = pa.concat_tables([known[i] for i in range(job.start, job.stop)])
    identity = identity_of(task.description, job.start, job.stop)
    write_shard(folder.shard(job.start, job.stop), table, identity, run_metadata)
    _log(folder, job, task.attempt, event="end", solved=len(task.missing))
    print(f"{_name(task, job)}: {len(task.missing)} solved, {len(known)} in the shard", flush=True)


def _plan(job: Job, folder: BlockFolder) -> tuple[_Task | None, dict[int, pa.Table]]:
    """What is left to solve, and the rows that are there; no task if the shard is whole."""
    description = read(job.folder)
    folder.parts.mkdir(exist_ok=True)
    # A launch whose Snakemake was killed may still be at work on the same samples: what it solves
    # need not be solved twice.
    hold(folder.lock(job.start, job.stop), lambda: _report_waiting(job))
    if _already_valid(folder, description, job):
        return None, {}
    found = find_rows(folder, description, job.start, job.stop)
    for message in found.messages:
        print(f"warning: {message}", file=sys.stderr, flush=True)
    missing = [i for i in range(job.start, job.stop) if i not in found.rows]
    task = _Task(description, missing, uuid.uuid4().hex[:12])
    counts = {"from_shards": found.from_shards, "from_parts": found.from_parts}
    _log(folder, job, task.attempt, event="start", **counts, missing=len(missing))
    return task, found.rows


def _report_waiting(job: Job) -> None:
    print(
        f"samples {job.start} to {job.stop - 1}: another launch is at work on them; waiting for it",
        file=sys.stderr,
        flush=True,
    )


def _already_valid(folder: BlockFolder, description: Description, job: Job) -> bool:
    """Whether there is nothing to do; a damaged shard is left to the search for rows."""
    try:
        return valid_shard(folder, description, job.start, job.stop)
    except ShardError:
        return False


def _solve(
    job: Job, folder: BlockFolder, task: _Task, samples: list[int], comm: MPI.Intracomm
) -> tuple[dict[int, pa.Table], float]:
    """Solve this rank's samples, each kept in a part at once; rows by sample, and CPU seconds."""
    if not samples:
        return {}, 0.0
    began, reported = time.process_time(), time.monotonic()
    solver = SampleSolver(task.description.physics, task.description.etas)
    identity = PartIdentity(task.description.physics.digest, task.description.block)
    writer = PartWriter(folder.part(job.start, job.stop, task.attempt, comm.rank), identity)
    solved = {}
    for done, sample in enumerate(samples):
        if comm.rank == 0 and time.monotonic() - reported >= _PROGRESS_SECONDS:
            reported = time.monotonic()
            print(f"{_name(task, job)}: {100 * done // len(samples)} %", flush=True)
        solved[sample] = writer.append(solver.rows(sample))
    writer.close()
    return solved, time.process_time() - began


def _name(task: _Task, job: Job) -> str:
    return f"{task.description.study} samples {job.start} to {job.stop - 1}"


def _log(folder: BlockFolder, job: Job, attempt: str, **event: Any) -> None:
    line = {"time": time.time(), "attempt": attempt, "start": job.start, "stop": job.stop, **event}
    with folder.log.open("a", encoding="utf-8") as log:
        log.write(json.dumps(line) + "\n")


def _environment() -> dict[str, str]:
    packages = ("numpy", "scipy", "pyarrow", "mpi4py")
    return {
        "syncsweep": __version__,
        "python": platform.python_version(),
        **{name: version(name) for name in packages},
        "mpi": MPI.Get_library_version().splitlines()[0],
        "host": platform.node(),
        "machine": platform.machine(),
        "job_id": os.environ.get("SLURM_JOB_ID", ""),
    }
