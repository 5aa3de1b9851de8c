"""Take over existing rows: one mechanism for resuming, more samples and another chunk size.

A job needs the rows of its samples. It takes those that any valid shard or part of the same physics
and block holds, whichever job made them, and solves only the rest.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from syncsweep.layout import BlockFolder
from syncsweep.sample_range import SampleRange
from syncsweep.sweep.description import Description
from syncsweep.sweep.parts import read_part
from syncsweep.sweep.row_table import RowsBySample, unpacked
from syncsweep.sweep.shard import ShardError, read_shard, set_aside


@dataclass(frozen=True)
class Found:
    """Rows by sample number, their sources, and messages about files that were set aside."""

    rows: dict[int, pa.Table]
    from_shards: int
    from_parts: int
    messages: list[str]


def valid_shard(folder: BlockFolder, described: Description, samples: SampleRange) -> bool:
    """Whether a job's own shard is valid; if so, remove the files that it replaces."""
    path = folder.shard(*samples)
    if not path.exists():
        return False
    read_shard(path, described, samples)
    clear_leftovers(folder, samples)
    return True


def find_rows(folder: BlockFolder, described: Description, samples: SampleRange) -> Found:
    """Rows of some samples in valid shards and parts of the block."""
    rows: dict[int, pa.Table] = {}
    messages: list[str] = []
    for there, path in folder.shards():
        both = range(max(there.start, samples.start), min(there.stop, samples.stop))
        wanted = [i for i in both if i not in rows]
        if not wanted:
            continue
        try:
            table = read_shard(path, described, there)
        except FileNotFoundError:
            continue
        except ShardError as error:
            messages.append(f"{error}; set aside as {_set_aside(folder, path)}")
            continue
        n_eta = len(described.etas)
        rows |= {i: table.slice((i - there.start) * n_eta, n_eta) for i in wanted}
    from_shards = len(rows)
    for of_job, path in folder.part_files():
        if not of_job.overlaps(samples):
            continue
        part = RowsBySample()
        seen: set[int] = set()
        try:
            for sample, table in read_part(path, described):
                if sample in samples.numbers() and sample not in rows and sample not in seen:
                    part.add(sample, table)
                    seen.add(sample)
        except FileNotFoundError:  # another job has finished it meanwhile
            continue
        rows |= unpacked(*part.packed())
    return Found(rows, from_shards, len(rows) - from_shards, messages)


def clear_leftovers(folder: BlockFolder, samples: SampleRange) -> None:
    """Remove parts and temporary files that the valid shard of some samples covers."""
    for of_job, path in folder.leftovers():
        if samples.start <= of_job.start and of_job.stop <= samples.stop:
            path.unlink(missing_ok=True)


def _set_aside(folder: BlockFolder, path: Path) -> str:
    try:
        return str(set_aside(folder, path))
    except FileNotFoundError:  # another job was faster
        return "(done by another job)"


def set_aside_damaged(
    study_folder: Path, described: Description, chunks: Iterable[SampleRange], newer_than: Path
) -> None:
    """Set aside the damaged ones among a block's shards that changed after a file was made.

    Each is named in one line on stderr. Without the file, all are looked at. The time of change
    (ctime) counts too, because a copy may have kept the time of its original.
    """
    folder = BlockFolder(study_folder / described.block)
    before = newer_than.stat().st_mtime_ns if newer_than.exists() else 0
    for samples in chunks:
        path = folder.shard(*samples)
        if not os.path.lexists(path):
            continue
        times = path.lstat()
        if max(times.st_mtime_ns, times.st_ctime_ns) < before:
            continue
        try:
            read_shard(path, described, samples)
        except (ShardError, FileNotFoundError) as error:  # a link may lead nowhere
            problem = error if isinstance(error, ShardError) else f"{path}: is a dangling link"
            kept = _set_aside(folder, path)
            print(
                f"warning: {problem}; set aside as {kept}, and will be made again", file=sys.stderr
            )
