"""What is asked for: samples of η-blocks, all that the configuration names or those of a run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from syncsweep.config.analysis import Analysis
from syncsweep.config.configuration import Config
from syncsweep.layout import BlockFolder, study_folder
from syncsweep.sample_range import SampleRange, union
from syncsweep.sweep.description import Description, describe


@dataclass(frozen=True)
class AskedBlock:
    """One block of a study. A sample counts once for each of its points.

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
        return len(self.described.points) * sum(asked.size for asked in self.ranges)

    def count(self, ranges: Sequence[SampleRange]) -> int:
        """How many of the samples that are asked for lie in some ranges, which are apart."""
        return len(self.described.points) * sum(asked.common(ranges) for asked in self.ranges)


def asked_blocks(config: Config, studies: Iterable[str]) -> list[AskedBlock]:
    """The blocks of some studies of a configuration, in its order, with all their samples."""
    return [
        _asked(config, described, [SampleRange(0, config.studies[study].samples)])
        for study in studies
        for described in describe(config, study)
    ]


def asked_of_jobs(config: Config, jobs: Iterable[tuple[str, str, SampleRange]]) -> list[AskedBlock]:
    """The blocks with the samples of some jobs, each (study, name of the block, samples)."""
    ranges: dict[tuple[str, str], list[SampleRange]] = defaultdict(list)
    for study, name, samples in jobs:
        ranges[study, name].append(samples)
    studies = {study for study, _ in ranges}
    return [
        _asked(config, described, ranges[study, described.block])
        for study in config.studies
        if study in studies
        for described in describe(config, study)
        if (study, described.block) in ranges
    ]


def _asked(config: Config, described: Description, ranges: list[SampleRange]) -> AskedBlock:
    study, settings = described.study, config.studies[described.study]
    folder = study_folder(config.results, study, described.physics.digest)
    return AskedBlock(
        described=described,
        folder=BlockFolder(folder / described.block),
        ranges=tuple(union(ranges)),
        core_seconds=settings.sample_seconds(len(described.etas)),
        analysis=settings.analysis,
    )
