"""P_a of a block from the samples that are there, computed as for the tables."""

from __future__ import annotations

from pathlib import Path

from syncsweep.physics.chi import interval_probabilities
from syncsweep.physics.measures import Maximum
from syncsweep.status.census import Problem
from syncsweep.status.probabilities import Estimate
from syncsweep.status.requested import AskedBlock
from syncsweep.tables.partial import read_present
from syncsweep.tables.samples import SampleRows, chi_of_sample
from syncsweep.tables.statistics import RunningMean


def estimate(
    asked: AskedBlock, etas: list[float], most: int
) -> tuple[list[Estimate], list[Problem]]:
    """Estimates at some η of a block from its first `most` samples, and what is damaged."""
    places = [asked.described.etas.index(eta) for eta in etas]
    intervals = asked.analysis.chi_intervals
    mean = RunningMean(len(etas), len(intervals))
    damaged: list[str] = []
    folder, stop = asked.folder.path.parent, asked.ranges[-1].stop
    for rows in read_present(folder, asked.described, stop, damaged.append, most):
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
