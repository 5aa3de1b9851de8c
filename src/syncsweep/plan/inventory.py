"""Existing and missing files of a study: shards by name, samples in any shard or part.

Imports no NumPy, because a dry-run of Snakemake calls it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from syncsweep.config.axes import Point
from syncsweep.config.configuration import Config
from syncsweep.layout import BlockFolder, block_folders, study_folder
from syncsweep.sample_range import SampleRange, contain, union
from syncsweep.sweep.description import Description, DescriptionError, Unit, describe, read
from syncsweep.wording import number_of


@dataclass(frozen=True)
class ShardJob:
    """A missing shard of a block.

    missing: number of its units, samples at points, that no other shard and no part holds; again:
    how many of them other shards hold, but without its observables.
    """

    described: Description
    samples: SampleRange
    missing: int
    again: int = 0

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

    @property
    def again(self) -> int:
        """Number of samples to solve that other shards hold, but without their observables."""
        return sum(job.again for job in self.jobs)


def take_inventory(config: Config, study: str) -> Inventory:
    """Look at the files of a study, and write none.

    A shard counts by its name. A sample in a part counts if its record is complete. A job will find
    the same.
    """
    settings = config.studies[study]
    folder = study_folder(config.results, study, config.physics(study).digest)
    blocks = describe(config, study)
    others = _Others(folder, {block.block for block in blocks})
    jobs = [
        job for block in blocks for job in _jobs_of_block(folder, block, settings.chunks, others)
    ]
    samples = settings.samples * sum(len(block.points) for block in blocks)
    return Inventory(tuple(jobs), len(blocks) * len(settings.chunks), samples)


def said_again(found: Inventory) -> str:
    """Words about the samples that are solved again."""
    return (
        f"{number_of(found.again, 'samples')} were solved without some of the observables: "
        "their rows stay, and serve again if you remove these"
    )


_Ranges = dict[Point, list[SampleRange]]


class _Others:
    """Samples of each point in shards and parts of blocks that the configuration does not have."""

    def __init__(self, folder: Path, own: Collection[str]) -> None:
        self._found: list[tuple[Description, _Ranges]] = []
        for block in block_folders(folder):
            if block.path.name in own:
                continue
            shards = [samples for samples, _ in block.shards()]
            parts = [path for _, path in block.part_files()]
            if not shards and not parts:
                continue
            with suppress(DescriptionError):
                described = read(block.path)
                of_points = {point: list(shards) for point in described.points}
                for unit in _units_of_parts(parts, described):
                    if unit.point in of_points:
                        of_points[unit.point].append(SampleRange(unit.sample, unit.sample + 1))
                self._found.append((described, of_points))

    def of(self, block: Description) -> tuple[_Ranges, _Ranges]:
        """Those at the η of a block that have its columns, and all of them."""
        serving: _Ranges = {}
        everything: _Ranges = {}
        for described, of_points in self._found:
            if described.etas == block.etas:
                for point, there in of_points.items():
                    everything.setdefault(point, []).extend(there)
                    if described.serves(block):
                        serving.setdefault(point, []).extend(there)
        return serving, everything


def _count(
    block: Description, samples: SampleRange, own: list[SampleRange], others: _Ranges
) -> int:
    """Units of some samples of a block that only other blocks hold; own: in its shards."""
    before = samples.common(own)
    return sum(
        samples.common(union([*own, *others[point]])) - before
        for point in block.points
        if point in others
    )


def _jobs_of_block(
    folder: Path, block: Description, chunks: Iterable[SampleRange], others: _Others
) -> Iterator[ShardJob]:
    files = BlockFolder(folder / block.block)
    shards = {samples for samples, _ in files.shards()}
    merged = union(shards)
    parts = list(files.part_files())
    serving, everything = others.of(block)
    for samples in chunks:
        if samples not in shards:
            overlapping = [part for part in parts if part[0].overlaps(samples)]
            units = samples.size * len(block.points)
            elsewhere = _count(block, samples, merged, serving)
            found = samples.common(merged) * len(block.points) + elsewhere
            if overlapping and found < units:
                found += _only_in_parts(overlapping, samples, merged, block)
            missing = max(units - found, 0)
            again = _count(block, samples, merged, everything) - elsewhere
            yield ShardJob(block, samples, missing, min(again, missing))


def _only_in_parts(
    parts: list[tuple[SampleRange, Path]],
    samples: SampleRange,
    shards: list[SampleRange],
    block: Description,
) -> int:
    """Number of units of some samples that are in parts and in no shard."""
    # Here, because Arrow takes long to load, and mostly there is no part.
    from syncsweep.sweep.parts import count_records

    alone = all(of_job == samples for of_job, _ in parts) and not samples.common(shards)
    count = 0
    if alone:
        # Attempts at one shard take over from one another, and solve nothing twice.
        for _, path in parts:
            with suppress(FileNotFoundError):  # a job has finished it meanwhile
                count += count_records(path, block).count
        return min(count, samples.size * len(block.points))
    # Only the rows themselves tell which samples several jobs share.
    return sum(
        unit.sample in samples.numbers() and not contain(shards, unit.sample)
        for unit in set(_units_of_parts([path for _, path in parts], block))
    )


def _units_of_parts(parts: Iterable[Path], block: Description) -> Iterator[Unit]:
    """The units whose rows some parts of a block hold."""
    for path in parts:
        from syncsweep.sweep.parts import read_part  # as above

        with suppress(FileNotFoundError):  # a job has finished it meanwhile
            yield from (unit for unit, _ in read_part(path, block))
