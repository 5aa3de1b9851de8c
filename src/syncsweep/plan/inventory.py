"""What is there of a study and what is missing: shards by name, samples in any shard or part.

Imports no NumPy, because a dry-run of Snakemake calls it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from syncsweep.config.eta import EtaBlock
from syncsweep.config.physics import Physics
from syncsweep.config.study import Config
from syncsweep.layout import BlockFolder, study_folder
from syncsweep.status.sample_ranges import Range, common, union


@dataclass(frozen=True)
class ShardJob:
    """A shard that is not there: samples start … stop−1 of a block.

    missing: those of its samples that no shard of another size and no part holds.
    """

    block: str
    n_eta: int
    start: int
    stop: int
    missing: int

    @property
    def samples(self) -> int:
        """Samples of the shard."""
        return self.stop - self.start


@dataclass(frozen=True)
class Inventory:
    """The shards that a study lacks, and how many there are in all, made or not.

    A sample that is solved in each of several blocks counts as often.
    """

    jobs: tuple[ShardJob, ...]
    shards: int
    samples: int

    @property
    def missing(self) -> int:
        """Samples to be solved."""
        return sum(job.missing for job in self.jobs)


def take_inventory(config: Config, study: str) -> Inventory:
    """Look at the files of a study; nothing is written.

    A shard counts by its name, a sample in a part if its record is whole: what a job will find.
    """
    settings, physics = config.studies[study], config.physics(study)
    folder = study_folder(config.results, study, physics.digest)
    jobs = [
        job
        for block in settings.eta_blocks
        for job in _jobs_of_block(folder, study, physics, block, settings.chunks)
    ]
    blocks = len(settings.eta_blocks)
    return Inventory(tuple(jobs), blocks * len(settings.chunks), blocks * settings.samples)


def _jobs_of_block(
    folder: Path, study: str, physics: Physics, block: EtaBlock, chunks: tuple[Range, ...]
) -> list[ShardJob]:
    files = BlockFolder(folder / block.id)
    shards = [(start, stop) for start, stop, _ in files.shards()]
    there = set(shards)
    merged = union(shards)
    parts = list(files.part_files())
    jobs = []
    for start, stop in chunks:
        if (start, stop) not in there:
            overlapping = [part for part in parts if part[0] < stop and start < part[1]]
            found = common(merged, start, stop)
            if overlapping and found < stop - start:
                found += _only_in_parts(overlapping, start, stop, merged, study, physics, block)
            missing = stop - start - found
            jobs.append(ShardJob(block.id, len(block.etas), start, stop, missing))
    return jobs


def _only_in_parts(
    parts: list[tuple[int, int, Path]],
    start: int,
    stop: int,
    shards: list[Range],
    study: str,
    physics: Physics,
    block: EtaBlock,
) -> int:
    """Samples start … stop−1 that are in some parts and in no shard."""
    # Here, because Arrow takes long to load, and mostly there is no part.
    from syncsweep.sweep.description import Description
    from syncsweep.sweep.parts import PartIdentity, count_records
    from syncsweep.sweep.takeover import read_whole

    alone = all(part[:2] == (start, stop) for part in parts) and not common(shards, start, stop)
    seen: set[int] = set()
    count = 0
    for _, _, path in parts:
        try:
            if alone:
                # Attempts at one shard take over from one another, and solve nothing twice.
                count += count_records(path, PartIdentity(physics.digest, block.id)).count
            else:
                # Only the rows themselves tell which samples several jobs share.
                described = Description(study, physics, block.id, block.etas)
                seen.update(sample for sample, _ in read_whole(path, described))
        except FileNotFoundError:  # a job has finished it meanwhile
            continue
    if alone:
        return min(count, stop - start)
    return sum(start <= i < stop and not common(shards, i, i + 1) for i in seen)
