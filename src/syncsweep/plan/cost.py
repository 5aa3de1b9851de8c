"""The cost of a sample of a study, from the best source: a trial, a log, or an estimate."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from statistics import quantiles

from syncsweep.config.blocks import Block
from syncsweep.config.study import Study
from syncsweep.layout import BlockFolder
from syncsweep.plan.calibration import Calibration
from syncsweep.status.expected import Expected
from syncsweep.status.launches import find_launches
from syncsweep.wording import number_of

#: The speed of a machine drifts by this fraction between a measurement and the run.
_DRIFT = 0.15

#: A cost that was not measured may be wrong by this factor.
_UNMEASURED = 2.0

#: Launches of a log that count: the last ones, because code and machine may have changed since the
#: others.
_LAST = 20

#: A launch counts if its ranks spent no more than this part of its core-seconds on their start.
_MOST_START = 0.1


class Source(StrEnum):
    """Where the cost of a sample comes from."""

    CALIBRATION = "calibration"
    LOG = "log"
    CONFIGURATION = "core_seconds"
    FORMULA = "formula"


@dataclass(frozen=True)
class BlockCost:
    """The cost of a sample of a block [core-seconds].

    first: what the first sample of a rank costs more than a later one; part_bytes: size of the
    sample's rows in a part; share: of the points of the study that the block has.
    """

    seconds: float
    first: float
    part_bytes: float
    share: float = 1.0


@dataclass(frozen=True)
class SampleCost:
    """The cost of a sample in each block, by the name of the block's folder.

    low, high: factors on all seconds that bound the expected cost. basis: the source, in words.
    start: core-seconds to load the libraries; peak: memory of a process [bytes]; both None if not
    measured.
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
        """Cost of a sample in all blocks together, the key of the configuration [core-seconds]."""
        return sum(block.share * block.seconds for block in self.blocks.values())


def calibrated_cost(study: Study, blocks: list[Block], found: Calibration) -> SampleCost:
    """The cost from a calibration of some blocks of a study; other blocks in proportion."""
    costs, low, high = {}, 1 - _DRIFT, 1 + _DRIFT
    for block, times in zip(blocks, found.blocks, strict=True):
        costs[block.id] = BlockCost(
            times.sample, times.first, times.part_bytes, _share(study, block)
        )
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
    """Core-seconds of a sample in the last launches of a block [s], with their quartiles."""

    seconds: Expected
    samples: int
    launches: int


def logged_cost(folder: BlockFolder, first_sample: float) -> LoggedCost | None:
    """The cost from the last launches of a block, or None if they solved too few samples.

    first_sample: core-seconds that a rank's first sample costs more than a later one; logs include
    them.
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
    """The cost from the logs of a study's launches; None if they hold too few samples."""
    costs, low, high = {}, 1 - _DRIFT, 1 + _DRIFT
    logged: list[LoggedCost] = []
    estimates = configured_cost(study).blocks
    for block in study.blocks:
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
    """The cost that the configuration states, or else the estimate of `sizing`."""
    costs = {
        block.id: _estimate(study, block, study.sample_seconds(len(block.etas)))
        for block in study.blocks
    }
    if study.core_seconds is None:
        basis = "an estimate for this size, without a measurement"
        return SampleCost(Source.FORMULA, costs, 1 / _UNMEASURED, _UNMEASURED, basis)
    basis = "the configuration"
    return SampleCost(Source.CONFIGURATION, costs, 1 - 2 * _DRIFT, 1 + 2 * _DRIFT, basis)


def _with_others(study: Study, measured: dict[str, BlockCost]) -> dict[str, BlockCost]:
    """Costs of all blocks: the measured ones, and the others in proportion to their estimates."""
    estimates = {block.id: study.cost.seconds(len(block.etas)) for block in study.blocks}
    seconds = sum(cost.seconds for cost in measured.values())
    ratio = seconds / sum(estimates[name] for name in measured)
    return {
        block.id: measured.get(block.id) or _estimate(study, block, ratio * estimates[block.id])
        for block in study.blocks
    }


def _share(study: Study, block: Block) -> float:
    return len(block.points) / study.n_points


def _estimate(study: Study, block: Block, seconds: float) -> BlockCost:
    # The first sample also prepares what all samples share, and touches memory for the first time.
    first = 0.02 + 0.6 * min(seconds, 1.0) + 0.1 * seconds
    part_bytes = len(block.etas) * study.row_bytes + 1500
    return BlockCost(seconds, first, part_bytes, _share(study, block))
