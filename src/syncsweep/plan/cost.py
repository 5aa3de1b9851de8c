"""What a sample of a study costs, from the best source there is: a trial, a log, or an estimate."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from statistics import quantiles

from syncsweep.config import sizing
from syncsweep.config.study import Study
from syncsweep.layout import BlockFolder
from syncsweep.plan.calibration import Calibration
from syncsweep.status.expected import Expected
from syncsweep.status.launches import find_launches
from syncsweep.wording import number_of

#: The speed of a machine drifts by so much between a measurement and what it foretells.
_DRIFT = 0.15

#: What is not measured may be wrong by this factor.
_UNMEASURED = 2.0

#: Launches of a log that count: the last ones, because code and machine may have changed since the
#: others.
_LAST = 20

#: A launch counts if its ranks spent no more than this part of its core-seconds on their start.
_MOST_START = 0.1


class Source(StrEnum):
    """Where the cost of a sample is from."""

    CALIBRATION = "calibration"
    LOG = "log"
    CONFIGURATION = "core_seconds"
    FORMULA = "formula"


@dataclass(frozen=True)
class BlockCost:
    """A sample of a block: core-seconds [s], of a rank's first one beyond a later one too.

    part_bytes: of its rows in a part.
    """

    seconds: float
    first: float
    part_bytes: float


@dataclass(frozen=True)
class SampleCost:
    """What a sample costs in each block, by the block's folder name.

    low, high: factors on all seconds, between which the cost is expected. basis: what it rests on,
    in words. start: core-seconds to load the libraries, and peak: memory of a process [bytes], if
    they were measured.
    """

    source: Source
    blocks: dict[str, BlockCost]
    low: float
    high: float
    basis: str
    start: float | None = None
    peak: int | None = None

    @property
    def core_seconds(self) -> float:
        """Core-seconds of a sample in all blocks together, what the configuration calls so [s]."""
        return sum(block.seconds for block in self.blocks.values())


def calibrated_cost(study: Study, blocks: list[str], found: Calibration) -> SampleCost:
    """The cost by a calibration of some of a study's blocks; the others' in proportion."""
    costs, low, high = {}, 1 - _DRIFT, 1 + _DRIFT
    for block, times in zip(blocks, found.blocks, strict=True):
        costs[block] = BlockCost(times.sample, times.first, times.part_bytes)
        below, above = times.quartiles
        low, high = min(low, below / times.sample), max(high, above / times.sample)
    solved = sum(len(times.samples) for times in found.blocks)
    return SampleCost(
        Source.CALIBRATION,
        _with_others(study, costs),
        low,
        high,
        f"{number_of(solved, 'samples')} solved just now in {number_of(found.processes, 'trials')}",
        start=found.start,
        peak=found.peak,
    )


@dataclass(frozen=True)
class LoggedCost:
    """Core-seconds of a sample in the last launches of a block [s], with quartiles of these."""

    seconds: Expected
    samples: int
    launches: int


def logged_cost(folder: BlockFolder, first_sample: float) -> LoggedCost | None:
    """What the last launches of a block say, or None if they solved too few samples to say it.

    first_sample: core-seconds of a rank's first sample beyond a later one, which a log counts in.
    """
    found, _ = find_launches(folder, {}, time.time(), 0.0)
    numbers = []
    for launch in found:
        if launch.core_seconds and launch.solved:
            once = min(launch.ranks, launch.solved) * first_sample
            if once <= _MOST_START * launch.core_seconds:
                numbers.append((launch.core_seconds - once, launch.solved))
    numbers = numbers[-_LAST:]
    if not numbers:
        return None
    each = [seconds / solved for seconds, solved in numbers]
    low, _, high = quantiles(each, n=4, method="inclusive") if len(each) > 1 else 3 * each
    solved = sum(solved for _, solved in numbers)
    mean = sum(seconds for seconds, _ in numbers) / solved
    return LoggedCost(Expected(mean, low, high), solved, len(numbers))


def cost_of_logs(study: Study, folder: Path) -> SampleCost | None:
    """The cost by what earlier launches logged of a study's blocks; None if that is too little."""
    costs, low, high = {}, 1 - _DRIFT, 1 + _DRIFT
    logged: list[LoggedCost] = []
    estimates = configured_cost(study).blocks
    for block in study.eta_blocks:
        estimate = estimates[block.id]
        found = logged_cost(BlockFolder(folder / block.id), estimate.first)
        if found:
            seconds = found.seconds
            costs[block.id] = replace(estimate, seconds=seconds.value)
            low = min(low, seconds.low / seconds.value)
            high = max(high, seconds.high / seconds.value)
            logged.append(found)
    if not logged:
        return None
    samples = sum(found.samples for found in logged)
    launches = sum(found.launches for found in logged)
    basis = f"{number_of(samples, 'samples')} solved in {number_of(launches, 'jobs')}"
    return SampleCost(Source.LOG, _with_others(study, costs), low, high, basis)


def configured_cost(study: Study) -> SampleCost:
    """The cost that the configuration states, or else the estimate that `sizing` makes."""
    costs = {
        block.id: _estimate(study, len(block.etas), study.sample_seconds(len(block.etas)))
        for block in study.eta_blocks
    }
    if study.core_seconds is None:
        basis = "the estimate for this size; nothing was measured"
        return SampleCost(Source.FORMULA, costs, 1 / _UNMEASURED, _UNMEASURED, basis)
    basis = "what the configuration says"
    return SampleCost(Source.CONFIGURATION, costs, 1 - 2 * _DRIFT, 1 + 2 * _DRIFT, basis)


def _with_others(study: Study, measured: dict[str, BlockCost]) -> dict[str, BlockCost]:
    """All blocks of a study: those that were not measured in proportion to the estimates."""
    sizes = {block.id: len(block.etas) for block in study.eta_blocks}
    estimates = {name: sizing.core_seconds(study.dim, n_eta) for name, n_eta in sizes.items()}
    seconds = sum(cost.seconds for cost in measured.values())
    ratio = seconds / sum(estimates[name] for name in measured)
    return {
        name: measured.get(name) or _estimate(study, n_eta, ratio * estimates[name])
        for name, n_eta in sizes.items()
    }


def _estimate(study: Study, n_eta: int, seconds: float) -> BlockCost:
    # What all samples share is made ready once, and memory touched for the first time.
    first = 0.02 + 0.6 * min(seconds, 1.0) + 0.1 * seconds
    return BlockCost(seconds, first, n_eta * study.row_bytes + 1500)
