"""Existing and missing files of a study: shards by name, samples in any shard or part.

Imports no NumPy, because a dry-run of Snakemake calls it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from syncsweep.config.study import Config
from syncsweep.layout import BlockFolder, study_folder
from syncsweep.sample_range import SampleRange, contain, union
from syncsweep.sweep.description import Description


@dataclass(frozen=True)
class ShardJob:
    """A missing shard of a block.

    missing: number of its samples that are neither in a shard of another size nor in a part.
    """

    described: Description
    samples: SampleRange
    missing: int

    @property
    def n_eta(self) -> int:
        """Values of η of the block."""
        return len(self.described.etas)


@dataclass(frozen=True)
class Inventory:
    """The missing shards of a study, and the number of all its shards and samples.

    A sample of several blocks counts once for each of them.
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
    settings, physics = config.studies[study], config.physics(study)
    folder = study_folder(config.results, study, physics.digest)
    jobs = [
        job
        for block in settings.eta_blocks
        for job in _jobs_of_block(folder, Description(study, physics, block.etas), settings.chunks)
    ]
    blocks = len(settings.eta_blocks)
    return Inventory(tuple(jobs), blocks * len(settings.chunks), blocks * settings.samples)


def _jobs_of_block(
    folder: Path, block: Description, chunks: Iterable[SampleRange]
) -> Iterator[ShardJob]:
    files = BlockFolder(folder / block.block)
    shards = {samples for samples, _ in files.shards()}
    merged = union(shards)
    parts = list(files.part_files())
    for samples in chunks:
        if samples not in shards:
            overlapping = [part for part in parts if part[0].overlaps(samples)]
            found = samples.common(merged)
            if overlapping and found < samples.size:
                found += _only_in_parts(overlapping, samples, merged, block)
            yield ShardJob(block, samples, samples.size - found)


def _only_in_parts(
    parts: list[tuple[SampleRange, Path]],
    samples: SampleRange,
    shards: list[SampleRange],
    block: Description,
) -> int:
    """How many of some samples are in parts and in no shard."""
    # Here, because Arrow takes long to load, and mostly there is no part.
    from syncsweep.sweep.parts import count_records, read_part

    alone = all(of_job == samples for of_job, _ in parts) and not samples.common(shards)
    seen: set[int] = set()
    count = 0
    for _, path in parts:
        try:
            if alone:
                # Attempts at one shard take over from one another, and solve nothing twice.
                count += count_records(path, block).count
            else:
                # Only the rows themselves tell which samples several jobs share.
                seen.update(sample for sample, _ in read_part(path, block))
        except FileNotFoundError:  # a job has finished it meanwhile
            continue
    if alone:
        return min(count, samples.size)
    return sum(i in samples.numbers() and not contain(shards, i) for i in seen)
