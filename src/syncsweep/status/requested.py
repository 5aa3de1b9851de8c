"""What is asked for: samples of η-blocks, all that the configuration names or those of a run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from syncsweep.config.analysis import Analysis
from syncsweep.config.eta import EtaBlock
from syncsweep.config.physics import Physics
from syncsweep.config.study import Config
from syncsweep.layout import BlockFolder, study_folder
from syncsweep.status.sample_ranges import Range, common, union
from syncsweep.sweep.parts import PartIdentity
from syncsweep.sweep.shard import Identity


@dataclass(frozen=True)
class AskedBlock:
    """One η-block of a study.

    ranges: the samples that are asked for, ascending and apart; core_seconds: what a sample of this
    block should take by the configuration.
    """

    study: str
    physics: Physics
    folder: BlockFolder
    etas: tuple[float, ...]
    ranges: tuple[Range, ...]
    core_seconds: float
    analysis: Analysis

    @property
    def samples(self) -> int:
        """How many samples are asked for."""
        return sum(stop - start for start, stop in self.ranges)

    def count(self, ranges: Iterable[Range]) -> int:
        """How many of the samples that are asked for lie in some ranges, which are apart."""
        found = list(ranges)
        return sum(common(found, *asked) for asked in self.ranges)

    def identity(self, start: int, stop: int) -> Identity:
        """What a shard of samples start … stop−1 must say of itself."""
        block = self.folder.path.name
        return Identity(self.study, self.physics.digest, block, self.etas, start, stop)

    @property
    def part_identity(self) -> PartIdentity:
        """What a part must say of itself."""
        return PartIdentity(self.physics.digest, self.folder.path.name)


def asked_blocks(config: Config, studies: Iterable[str]) -> list[AskedBlock]:
    """The η-blocks of some studies of a configuration, in its order, with all their samples."""
    return [
        _asked(config, study, block, [(0, config.studies[study].samples)])
        for study in studies
        for block in config.studies[study].eta_blocks
    ]


def asked_of_jobs(config: Config, jobs: Iterable[tuple[str, str, int, int]]) -> list[AskedBlock]:
    """The η-blocks with the samples of some jobs, each (study, name of the block, start, stop)."""
    ranges: dict[tuple[str, str], list[Range]] = defaultdict(list)
    for study, name, start, stop in jobs:
        ranges[study, name].append((start, stop))
    return [
        _asked(config, study, block, ranges[study, block.id])
        for study, settings in config.studies.items()
        for block in settings.eta_blocks
        if (study, block.id) in ranges
    ]


def _asked(config: Config, study: str, block: EtaBlock, ranges: list[Range]) -> AskedBlock:
    settings, physics = config.studies[study], config.physics(study)
    return AskedBlock(
        study=study,
        physics=physics,
        folder=BlockFolder(study_folder(config.results, study, physics.digest) / block.id),
        etas=block.etas,
        ranges=tuple(union(ranges)),
        core_seconds=settings.sample_seconds(len(block.etas)),
        analysis=settings.analysis,
    )
