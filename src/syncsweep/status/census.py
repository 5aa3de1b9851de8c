"""The content of an η-block's folder: samples in shards and in parts, and damaged files.

Shards count by name and footer, parts by the lengths that their records state, so thousands of
files take seconds. The jobs that use these files verify them.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from syncsweep.layout import attempt_of_part
from syncsweep.sample_range import SampleRange, contain, union
from syncsweep.status.requested import AskedBlock
from syncsweep.sweep.description import Unit
from syncsweep.sweep.parts import Records, count_records, read_part
from syncsweep.sweep.shard import ShardError, failed_units

T = TypeVar("T")


@dataclass(frozen=True)
class Problem:
    """A file that is not what its name says, and the reason."""

    path: Path
    what: str


@dataclass(frozen=True)
class Kept:
    """Content of the parts of one attempt: units, number of ranks, time of the last write [s]."""

    samples: int
    ranks: int
    written: float


@dataclass(frozen=True)
class Census:
    """The existing ones among the requested samples, each counted once.

    in_parts: samples in the parts of unfinished shards; failed: samples in shards with a row that
    is not ok; attempts: content of the parts of each attempt, also of samples not requested.
    """

    in_shards: int
    in_parts: int
    failed: int
    attempts: dict[str, Kept]
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class _Part:
    path: Path
    job: SampleRange
    records: Records
    written: float


class BlockCounter:
    """Counts the content of a block's folder repeatedly; reads only files that changed."""

    def __init__(self, asked: AskedBlock) -> None:
        self._asked = asked
        self._failures = _Remembered(lambda path, job: failed_units(path, asked.described, job))
        self._records = _Remembered(lambda path: count_records(path, asked.described))
        self._units = _Remembered(lambda path: [u for u, _ in read_part(path, asked.described)])

    def count(self) -> Census:
        """The present content."""
        problems: list[Problem] = []
        try:
            # Parts first: if a job removes some meanwhile, their samples are in its shard.
            parts = self._parts(problems)
            shards, failed = self._shards(problems)
        except OSError as error:
            folder = Path(error.filename or self._asked.folder.path)
            problem = Problem(folder, f"cannot be read ({error.strerror})")
            return Census(0, 0, 0, {}, (problem,))
        return Census(
            in_shards=self._asked.count(shards),
            in_parts=self._in_parts_alone(parts, shards),
            failed=sum(contain(self._asked.ranges, unit.sample) for unit in failed),
            attempts=_by_attempt(parts),
            problems=tuple(problems),
        )

    def _parts(self, problems: list[Problem]) -> list[_Part]:
        found = []
        for job, path in self._asked.folder.part_files():
            records = self._records(path)
            if isinstance(records, str):
                problems.append(Problem(path, records))
            elif records is not None:
                if records.problem:
                    problems.append(Problem(path, records.problem))
                found.append(_Part(path, job, records, _written(path)))
        return found

    def _shards(self, problems: list[Problem]) -> tuple[list[SampleRange], set[Unit]]:
        """Ranges of the whole shards, and their units of which a row is not ok."""
        whole: list[SampleRange] = []
        failed: set[Unit] = set()
        for samples, path in self._asked.folder.shards():
            if not self._asked.count([samples]):
                continue
            failures = self._failures(path, samples)
            if isinstance(failures, str):
                problems.append(Problem(path, failures))
            elif failures is not None:
                whole.append(samples)
                failed.update(failures)
        return union(whole), failed

    def _in_parts_alone(self, parts: list[_Part], shards: list[SampleRange]) -> int:
        """Requested samples that are in parts and in no shard."""
        of_jobs: dict[SampleRange, list[_Part]] = defaultdict(list)
        for part in parts:
            if part.job.common(shards) < part.job.size:
                of_jobs[part.job].append(part)
        total, n_points = 0, len(self._asked.described.points)
        seen: set[Unit] = set()
        for job, of_job in of_jobs.items():
            others = union([*shards, *(other for other in of_jobs if other != job)])
            if self._asked.count([job]) == job.size * n_points and not job.common(others):
                total += min(sum(part.records.count for part in of_job), job.size * n_points)
                continue
            # Only the rows themselves show which samples several jobs share.
            for part in of_job:
                units = self._units(part.path)
                seen.update(units if isinstance(units, list) else ())
        asked = self._asked.ranges
        return total + sum(
            contain(asked, unit.sample) and not contain(shards, unit.sample) for unit in seen
        )


def _by_attempt(parts: list[_Part]) -> dict[str, Kept]:
    attempts: dict[str, Kept] = {}
    for part in parts:
        attempt = attempt_of_part(part.path)
        before = attempts.get(attempt, Kept(0, 0, 0.0))
        attempts[attempt] = Kept(
            samples=before.samples + part.records.count,
            ranks=before.ranks + 1,
            written=max(before.written, part.written),
        )
    return attempts


def _written(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:  # it has just been cleared away, or cannot be looked at
        return 0.0


class _Remembered(Generic[T]):
    """Remembers the result of reading a file, as long as the file stays the same.

    Instead of a result: the error of the file in words, or None if the file is gone.
    """

    def __init__(self, look: Callable[..., T]) -> None:
        self._look = look
        self._found: dict[Path, tuple[tuple[int, ...], T | str | None]] = {}

    def __call__(self, path: Path, *arguments: SampleRange) -> T | str | None:
        try:
            now = os.stat(path)
        except OSError:
            self._found.pop(path, None)
            return self._now(path, *arguments)
        stamp = (now.st_ino, now.st_size, now.st_mtime_ns, now.st_ctime_ns)
        if self._found.get(path, (None,))[0] != stamp:
            self._found[path] = (stamp, self._now(path, *arguments))
        return self._found[path][1]

    def _now(self, path: Path, *arguments: SampleRange) -> T | str | None:
        try:
            return self._look(path, *arguments)
        except ShardError as error:
            return str(error).removeprefix(f"{path}: ")
        except FileNotFoundError:
            return "is a dangling link" if path.is_symlink() else None
