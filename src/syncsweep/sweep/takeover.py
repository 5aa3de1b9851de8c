"""Rows that are there already: resuming, more samples and another chunk size in one mechanism.

A job needs the rows of its samples. Whatever valid shard or part of the same physics and block
holds some of them, made by whatever job, they are taken from there, and only the rest is solved.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from syncsweep.config.eta import block_id
from syncsweep.layout import BlockFolder
from syncsweep.sweep.description import Description
from syncsweep.sweep.parts import PartIdentity, read_part
from syncsweep.sweep.shard import (
    Identity,
    RowsBySample,
    ShardError,
    read_shard,
    set_aside,
    unpacked,
)


@dataclass(frozen=True)
class Found:
    """Rows by sample number, where they came from, and what had to be set aside."""

    rows: dict[int, pa.Table]
    from_shards: int
    from_parts: int
    messages: list[str]


def identity_of(description: Description, start: int, stop: int) -> Identity:
    """What a shard of samples start … stop−1 must say of itself."""
    return Identity(
        study=description.study,
        physics_hash=description.physics.digest,
        block=description.block,
        etas=description.etas,
        start=start,
        stop=stop,
    )


def valid_shard(folder: BlockFolder, description: Description, start: int, stop: int) -> bool:
    """Whether a job's own shard is there and whole; then what it covers is cleared away."""
    path = folder.shard(start, stop)
    if not path.exists():
        return False
    read_shard(path, identity_of(description, start, stop))
    clear_leftovers(folder, start, stop)
    return True


def find_rows(folder: BlockFolder, description: Description, start: int, stop: int) -> Found:
    """Rows of samples start … stop−1 in valid shards and parts of the block."""
    rows: dict[int, pa.Table] = {}
    messages: list[str] = []
    for low, high, path in folder.shards():
        wanted = [i for i in range(max(low, start), min(high, stop)) if i not in rows]
        if not wanted:
            continue
        try:
            table = read_shard(path, identity_of(description, low, high))
        except FileNotFoundError:
            continue
        except ShardError as error:
            messages.append(f"{error}; set aside as {_set_aside(path)}")
            continue
        n_eta = len(description.etas)
        rows |= {i: table.slice((i - low) * n_eta, n_eta) for i in wanted}
    from_shards = len(rows)
    for low, high, path in folder.part_files():
        if min(high, stop) <= max(low, start):
            continue
        part = RowsBySample()
        seen: set[int] = set()
        try:
            for sample, table in read_whole(path, description):
                if start <= sample < stop and sample not in rows and sample not in seen:
                    part.add(sample, table)
                    seen.add(sample)
        except FileNotFoundError:  # another job has finished it meanwhile
            continue
        rows |= unpacked(*part.packed())
    return Found(rows, from_shards, len(rows) - from_shards, messages)


def read_whole(path: Path, description: Description) -> Iterator[tuple[int, pa.Table]]:
    """Samples of a part of the block with their rows; FileNotFoundError if it is gone."""
    identity = PartIdentity(description.physics.digest, description.block)
    for sample, table in read_part(path, identity):
        if table.num_rows == len(description.etas):
            yield sample, table


def clear_leftovers(folder: BlockFolder, start: int, stop: int) -> None:
    """Remove parts and temporary files that the valid shard start … stop−1 covers."""
    for low, high, path in folder.leftovers():
        if start <= low and high <= stop:
            path.unlink(missing_ok=True)


def _set_aside(path: Path) -> str:
    try:
        return set_aside(path).name
    except FileNotFoundError:  # another job was faster
        return "(done by another job)"


def set_aside_damaged(
    study_folder: Path,
    study: str,
    physics_hash: str,
    etas: tuple[float, ...],
    chunks: Iterable[tuple[int, int]],
    newer_than: Path,
) -> None:
    """Set aside the damaged ones among a block's shards that changed after a file was made.

    Each is named in one line on stderr. Without the file, all are looked at. The time of change
    (ctime) counts too, because a copy may have kept the time of its original.
    """
    block = block_id(etas)
    folder = BlockFolder(study_folder / block)
    before = newer_than.stat().st_mtime_ns if newer_than.exists() else 0
    for start, stop in chunks:
        path = folder.shard(start, stop)
        if not os.path.lexists(path):
            continue
        times = path.lstat()
        if max(times.st_mtime_ns, times.st_ctime_ns) < before:
            continue
        try:
            read_shard(path, Identity(study, physics_hash, block, etas, start, stop))
        except (ShardError, FileNotFoundError) as error:  # a link may lead nowhere
            problem = error if isinstance(error, ShardError) else f"{path}: is a dangling link"
            kept = _set_aside(path)
            print(f"warning: {problem}; set aside as {kept} and made again", file=sys.stderr)
