"""Take over existing rows: one mechanism for resuming, more samples and another chunk size.

A job needs the rows of its units: its samples at its points. It takes those that any valid shard or
part of the same physics and η holds, whichever job made them, and solves only the rest.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from syncsweep.layout import BlockFolder, block_folders
from syncsweep.sample_range import SampleRange
from syncsweep.sweep.description import Description, DescriptionError, Unit, read
from syncsweep.sweep.parts import read_part
from syncsweep.sweep.row_table import RowsByUnit, column_names, unpacked
from syncsweep.sweep.shard import ShardError, read_shard, set_aside


@dataclass(frozen=True)
class Found:
    """Rows by unit, their sources, and messages about files that were set aside."""

    rows: dict[Unit, pa.Table]
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
    """Rows of the units of some samples, in valid shards and parts of any block with them."""
    wanted, names = frozenset(described.units(samples)), column_names(described)
    blocks = [(folder, described), *_others(folder, described)]
    rows: dict[Unit, pa.Table] = {}
    messages: list[str] = []
    for block, of_block in blocks:
        for there, path in block.shards():
            if not there.overlaps(samples):
                continue
            units = of_block.units(there)
            if not any(unit in wanted and unit not in rows for unit in units):
                continue
            try:
                table = read_shard(path, of_block, there)
            except FileNotFoundError:
                continue
            except ShardError as error:
                messages.append(f"{error}; set aside as {_set_aside(block, path)}")
                continue
            of_units = unpacked(units, table.select(names))
            rows |= {u: one for u, one in of_units.items() if u in wanted and u not in rows}
    from_shards = len(rows)
    for block, of_block in blocks:
        for of_job, path in block.part_files():
            if of_job.overlaps(samples):
                part = _rows_of_part(path, of_block, wanted - rows.keys())
                rows |= {unit: one.select(names) for unit, one in part.items()}
    return Found(rows, from_shards, len(rows) - from_shards, messages)


def _others(
    folder: BlockFolder, described: Description
) -> Iterator[tuple[BlockFolder, Description]]:
    """The other blocks of a study that have the same η, points of this one, and its columns."""
    points = set(described.points)
    for other in block_folders(folder.path.parent):
        if other == folder:
            continue
        try:
            found = read(other.path)
        except DescriptionError:  # of a folder that is perhaps being removed
            continue
        if found.serves(described) and not points.isdisjoint(found.points):
            yield other, found


def _rows_of_part(
    path: Path, described: Description, wanted: frozenset[Unit]
) -> dict[Unit, pa.Table]:
    part = RowsByUnit()
    seen: set[Unit] = set()
    try:
        for unit, table in read_part(path, described):
            if unit in wanted and unit not in seen:
                part.add([unit], table)
                seen.add(unit)
    except FileNotFoundError:  # another job has finished it meanwhile
        return {}
    return unpacked(*part.packed())


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
