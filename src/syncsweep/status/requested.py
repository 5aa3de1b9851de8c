"""What is asked for: samples of η-blocks, all that the configuration names or those of a run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from syncsweep.config.analysis import Analysis
from syncsweep.config.eta import EtaBlock
from syncsweep.config.study import Config
from syncsweep.layout import BlockFolder, study_folder
from syncsweep.sample_range import SampleRange, union
from syncsweep.sweep.description import Description


@dataclass(frozen=True)
class AskedBlock:
    """One η-block of a study.

    ranges: the samples that are asked for, ascending and apart; core_seconds: what a sample of this
    block should take by the configuration.
    """

    described: Description
    folder: BlockFolder
    ranges: tuple[SampleRange, ...]
    core_seconds: float
    analysis: Analysis

    @property
    def samples(self) -> int:
        """How many samples are asked for."""
        return sum(asked.size for asked in self.ranges)

    def count(self, ranges: Sequence[SampleRange]) -> int:
        """How many of the samples that are asked for lie in some ranges, which are apart."""
        return sum(asked.common(ranges) for asked in self.ranges)


def asked_blocks(config: Config, studies: Iterable[str]) -> list[AskedBlock]:
    """The η-blocks of some studies of a configuration, in its order, with all their samples."""
    return [
        _asked(config, study, block, [SampleRange(0, config.studies[study].samples)])
        for study in studies
        for block in config.studies[study].eta_blocks
    ]


def asked_of_jobs(config: Config, jobs: Iterable[tuple[str, str, SampleRange]]) -> list[AskedBlock]:
    """The η-blocks with the samples of some jobs, each (study, name of the block, samples)."""
    ranges: dict[tuple[str, str], list[SampleRange]] = defaultdict(list)
    for study, name, samples in jobs:
        ranges[study, name].append(samples)
    return [
        _asked(config, study, block, ranges[study, block.id])
        for study, settings in config.studies.items()
        for block in settings.eta_blocks
        if (study, block.id) in ranges
    ]


def _asked(config: Config, study: str, block: EtaBlock, ranges: list[SampleRange]) -> AskedBlock:
    settings, physics = config.studies[study], config.physics(study)
    return AskedBlock(
        described=Description(study, physics, block.etas),
        folder=BlockFolder(study_folder(config.results, study, physics.digest) / block.id),
        ranges=tuple(union(ranges)),
        core_seconds=settings.sample_seconds(len(block.etas)),
        analysis=settings.analysis,
    )
