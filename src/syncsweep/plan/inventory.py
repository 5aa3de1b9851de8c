"""Existing and missing files of a study: shards by name, samples in any shard or part.

Imports no NumPy, because a dry-run of Snakemake calls it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from syncsweep.config.axes import Point
from syncsweep.config.study import Config
from syncsweep.layout import BlockFolder, block_folders, study_folder
from syncsweep.sample_range import SampleRange, contain, union
from syncsweep.sweep.description import Description, DescriptionError, Unit, describe, read


@dataclass(frozen=True)
class ShardJob:
    """A missing shard of a block.

    missing: number of its units, samples at points, that no other shard and no part holds.
    """

    described: Description
    samples: SampleRange
    missing: int

    @property
    def units(self) -> int:
        """Number of its samples, each counted once for each point."""
        return self.samples.size * len(self.described.points)

    @property
    def n_eta(self) -> int:
        """Values of η of the block."""
        return len(self.described.etas)


@dataclass(frozen=True)
class Inventory:
    """The missing shards of a study, and the number of all its shards and samples.

    A sample of several blocks or points counts once for each of them.
    """

    jobs: tuple[ShardJob, ...]
    shards: int
    samples: int

    @property
    def missing(self) -> int:
        """Number of samples to solve."""
        return sum(job.missing for job in self.jobs)


def take_inventory(config: Config, study: str) -> Inventory:
    """Look at the files of a study, and write none.

    A shard counts by its name. A sample in a part counts if its record is complete. A job will find
    the same.
    """
    settings = config.studies[study]
    folder = study_folder(config.results, study, config.physics(study).digest)
    blocks = describe(config, study)
    others = _Others(folder, {block.block for block in blocks}) if settings.axes else None
    jobs = [
        job for block in blocks for job in _jobs_of_block(folder, block, settings.chunks, others)
    ]
    samples = settings.samples * sum(len(block.points) for block in blocks)
    return Inventory(tuple(jobs), len(blocks) * len(settings.chunks), samples)


class _Others:
    """Samples of each point in shards of blocks that the configuration does not have."""

    def __init__(self, folder: Path, own: Collection[str]) -> None:
        self._found: dict[tuple[float, ...], dict[Point, list[SampleRange]]] = {}
        for block in block_folders(folder):
            shards = [samples for samples, _ in block.shards()]
            if not shards or block.path.name in own:
                continue
            with suppress(DescriptionError):
                described = read(block.path)
                of_etas = self._found.setdefault(described.etas, {})
                for point in described.points:
                    of_etas.setdefault(point, []).extend(shards)

    def count(self, block: Description, samples: SampleRange, own: list[SampleRange]) -> int:
        """Units of some samples of a block that only these shards hold; own: in its shards."""
        of_etas = self._found.get(block.etas, {})
        before = samples.common(own)
        return sum(
            samples.common(union([*own, *of_etas[point]])) - before
            for point in block.points
            if point in of_etas
        )


def _jobs_of_block(
    folder: Path, block: Description, chunks: Iterable[SampleRange], others: _Others | None
) -> Iterator[ShardJob]:
    files = BlockFolder(folder / block.block)
    shards = {samples for samples, _ in files.shards()}
    merged = union(shards)
    parts = list(files.part_files())
    for samples in chunks:
        if samples not in shards:
            overlapping = [part for part in parts if part[0].overlaps(samples)]
            units = samples.size * len(block.points)
            found = samples.common(merged) * len(block.points)
            if others:
                found += others.count(block, samples, merged)
            if overlapping and found < units:
                found += _only_in_parts(overlapping, samples, merged, block)
            yield ShardJob(block, samples, max(units - found, 0))


def _only_in_parts(
    parts: list[tuple[SampleRange, Path]],
    samples: SampleRange,
    shards: list[SampleRange],
    block: Description,
) -> int:
    """How many units of some samples are in parts and in no shard."""
    # Here, because Arrow takes long to load, and mostly there is no part.
    from syncsweep.sweep.parts import count_records, read_part

    alone = all(of_job == samples for of_job, _ in parts) and not samples.common(shards)
    seen: set[Unit] = set()
    count = 0
    for _, path in parts:
        try:
            if alone:
                # Attempts at one shard take over from one another, and solve nothing twice.
                count += count_records(path, block).count
            else:
                # Only the rows themselves tell which samples several jobs share.
                seen.update(unit for unit, _ in read_part(path, block))
        except FileNotFoundError:  # a job has finished it meanwhile
            continue
    if alone:
        return min(count, samples.size * len(block.points))
    return sum(
        unit.sample in samples.numbers() and not contain(shards, unit.sample) for unit in seen
    )
