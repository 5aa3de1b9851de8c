"""P_a at a few η from the existing samples, computed as for the tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from syncsweep.physics.chi import interval_probabilities
from syncsweep.physics.measures import Maximum
from syncsweep.status.census import Problem
from syncsweep.status.overview import BlockStatus
from syncsweep.status.requested import AskedBlock
from syncsweep.tables.partial import read_present
from syncsweep.tables.samples import SampleRows, chi_of_sample
from syncsweep.tables.statistics import RunningMean

#: Largest number of samples by number of spins. With these P_a takes only seconds: χ of a row takes
#: up to 5 ms for four spins, and 0.1 s for six.
_MOST = {2: 2000, 3: 2000, 4: 50, 5: 50, 6: 20}


@dataclass(frozen=True)
class Estimate:
    """P_a of a study at one η with their errors, one for each interval, from `samples` samples.

    lows, highs: ends of intervals of one standard error. All are NaN without a sample. The standard
    errors are NaN with one sample too.
    """

    eta: float
    samples: int
    values: tuple[float, ...]
    standard_errors: tuple[float, ...]
    lows: tuple[float, ...]
    highs: tuple[float, ...]


def few_etas(etas: Sequence[float]) -> list[float]:
    """The smallest, the middle and the largest."""
    ordered = sorted(etas)
    return sorted({ordered[0], ordered[len(ordered) // 2], ordered[-1]})


class Probabilities:
    """Estimates of P_a, computed again only after new samples that can enter them."""

    def __init__(self) -> None:
        self._known: dict[Path, tuple[int, list[Estimate], list[Problem]]] = {}

    def of_study(self, blocks: Sequence[BlockStatus]) -> tuple[list[Estimate], list[Problem]]:
        """Estimates at a few η of a study's blocks, ascending in η, and what is damaged.

        None without intervals of χ, and none for a study with axes.
        """
        blocks = [
            block
            for block in blocks
            if block.asked.analysis.chi_intervals and not block.asked.described.axes
        ]
        if not blocks:
            return [], []
        chosen = few_etas([eta for block in blocks for eta in block.asked.described.etas])
        estimates: list[Estimate] = []
        problems: list[Problem] = []
        for block in blocks:
            etas = [eta for eta in chosen if eta in block.asked.described.etas]
            if etas:
                of_block, damaged = self._of_block(block, etas)
                estimates += of_block
                problems += damaged
        return sorted(estimates, key=lambda estimate: estimate.eta), problems

    def _of_block(
        self, block: BlockStatus, etas: list[float]
    ) -> tuple[list[Estimate], list[Problem]]:
        folder, usable = block.asked.folder.path, min(block.done, _most(block.asked))
        if folder not in self._known or self._known[folder][0] != usable:
            self._known[folder] = (usable, *_estimate(block.asked, etas))
        return self._known[folder][1:]


def _most(asked: AskedBlock) -> int:
    return _MOST[len(asked.described.physics.model.spins)]


def _estimate(asked: AskedBlock, etas: list[float]) -> tuple[list[Estimate], list[Problem]]:
    places = [asked.described.etas.index(eta) for eta in etas]
    intervals = asked.analysis.chi_intervals
    mean = RunningMean(len(etas), len(intervals))
    damaged: list[str] = []
    folder, stop = asked.folder.path.parent, asked.ranges[-1].stop
    for rows in read_present(folder, asked.described, stop, damaged.append, _most(asked)):
        few = _at(rows, places)
        chi = chi_of_sample(asked.described.physics, asked.analysis.threshold, few)
        probabilities = interval_probabilities(chi.chi, chi.weights, intervals)
        mean.add(probabilities, few.good & chi.is_defined)
    estimates = [
        Estimate(eta, int(count), *(tuple(numbers.tolist()) for numbers in columns))
        for eta, count, *columns in zip(
            etas,
            mean.count,
            mean.mean,
            mean.standard_error,
            *mean.probability_interval(),
            strict=True,
        )
    ]
    return estimates, [_problem(message) for message in damaged]


def _at(rows: SampleRows, places: list[int]) -> SampleRows:
    """The rows of a sample at some of its η only."""
    return SampleRows(
        rows.sample,
        rows.coefficients[places],
        Maximum(rows.maximum.s_max[places], rows.maximum.angles[places]),
        rows.status[places],
        rows.error[places],
    )


def _problem(message: str) -> Problem:
    """What a reader of shards says in one line, which begins with the name of the shard."""
    stem, _, what = message.partition(".parquet: ")
    return Problem(Path(f"{stem}.parquet"), what)
