"""Averages over realisations and their standard errors, gathered one sample at a time.

Nothing here sums over samples in batches: the order of every addition is the order of the samples,
so no bit of the results depends on how the samples are cut into shards.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import copy
from typing import Any, Self

import numpy as np

from syncsweep.config.analysis import Analysis, LogBins, Ratio
from syncsweep.config.axes import Point
from syncsweep.physics.chi import ChiSample
from syncsweep.sweep.description import Description
from syncsweep.tables.intervals import Ends, probability_interval, quotient
from syncsweep.tables.number import Number


class RunningMean:
    """Mean and variance of `width` quantities for each of n_eta values of η, by Welford's updates.

    Unlike plain sums of squares these lose nothing where the spread is small beside the mean.
    count: (n_eta,), realisations that entered.
    """

    def __init__(self, n_eta: int, width: int) -> None:
        self.count = np.zeros(n_eta, dtype=np.int64)
        self._mean = np.zeros((n_eta, width))
        self._products = self._multiply(self._mean, self._mean)

    @staticmethod
    def _multiply(left: np.ndarray, right: np.ndarray) -> np.ndarray:
        return left * right

    def add(self, values: np.ndarray, counted: np.ndarray) -> None:
        """Add one realisation of values (n_eta, width) at the η that are counted (n_eta,)."""
        # Mostly all are counted, and nothing is copied.
        rows = slice(None) if counted.all() else np.flatnonzero(counted)
        chosen = values[rows]
        self.count[rows] += 1
        before = chosen - self._mean[rows]
        self._mean[rows] += before / self.count[rows, None]
        self._products[rows] += self._multiply(before, chosen - self._mean[rows])

    @property
    def mean(self) -> np.ndarray:
        """Means (n_eta, width); NaN without a realisation."""
        return np.where(self.count[:, None] > 0, self._mean, np.nan)

    def _per_degree_of_freedom(self) -> np.ndarray:
        # Fewer than two realisations have no spread: NaN, and no division by zero.
        count = np.where(self.count > 1, self.count, np.nan)
        return self._products / (count - 1).reshape(-1, *[1] * (self._products.ndim - 1))

    @property
    def variance(self) -> np.ndarray:
        """Sample variances (n_eta, width), by n − 1; NaN below two realisations."""
        return self._per_degree_of_freedom()

    @property
    def standard_error(self) -> np.ndarray:
        """Standard errors √(variance/n) of the means, (n_eta, width)."""
        return np.sqrt(self.variance / np.maximum(self.count, 1)[:, None])

    def probability_interval(self, sigmas: float = 1.0) -> Ends:
        """Intervals of the means of numbers in [0, 1], (n_eta, width); NaN without a realisation.

        sigmas: how many standard errors they reach; see `intervals.probability_interval`.
        """
        n = self.count[:, None]
        squares = n * self._mean**2 + self._squared_deviations()
        return probability_interval(n, n * self._mean, squares, sigmas)

    def _squared_deviations(self) -> np.ndarray:
        return self._products


class RunningCovariance(RunningMean):
    """A RunningMean that also knows how its quantities vary together."""

    @staticmethod
    def _multiply(left: np.ndarray, right: np.ndarray) -> np.ndarray:
        return left[:, :, None] * right[:, None, :]

    @property
    def covariance(self) -> np.ndarray:
        """Sample covariances (n_eta, width, width), by n − 1."""
        return self._per_degree_of_freedom()

    @property
    def variance(self) -> np.ndarray:
        """Sample variances (n_eta, width), the diagonal of `covariance`."""
        return np.diagonal(self.covariance, axis1=1, axis2=2)

    def _squared_deviations(self) -> np.ndarray:
        return np.diagonal(self._products, axis1=1, axis2=2)

    def correlation(self, one: int, other: int) -> np.ndarray:
        """Sample correlations (n_eta,) of two quantities, 0 where one of them is constant."""
        deviations = self._squared_deviations()
        size = np.sqrt(deviations[:, one] * deviations[:, other])
        return np.where(size > 0, self._products[:, one, other] / np.where(size > 0, size, 1), 0.0)


class RunningCircularMean:
    """Mean directions of `width` angles [rad] for each of n_eta values of η.

    The mean of the points e^{iφ} has the angle of the mean direction. Its length is the resultant
    length: 1 if all angles are equal, and 0 on average for uniform ones.
    """

    def __init__(self, n_eta: int, width: int) -> None:
        self._points = RunningMean(n_eta, 2 * width)

    def add(self, angles: np.ndarray, counted: np.ndarray) -> None:
        """Add one realisation of angles (n_eta, width) at the η that are counted (n_eta,)."""
        self._points.add(np.hstack([np.cos(angles), np.sin(angles)]), counted)

    @property
    def _mean(self) -> np.ndarray:
        cos, sin = np.hsplit(self._points.mean, 2)
        return np.asarray(cos + 1j * sin)

    @property
    def direction(self) -> np.ndarray:
        """Mean directions (n_eta, width) in [0, 2π]; NaN without a realisation."""
        return np.mod(np.angle(self._mean), 2 * np.pi)

    @property
    def resultant(self) -> np.ndarray:
        """Resultant lengths (n_eta, width) in [0, 1]; NaN without a realisation."""
        return np.minimum(np.abs(self._mean), 1.0)


def type_ratio(
    probabilities: RunningCovariance, ratio: Ratio, sigmas: float = 1.0
) -> Number[np.ndarray]:
    """P_a/(w·P_b) (n_eta,), as P₂/(3P₁) in the text on Fig. 3c, with its errors.

    Standard error by the delta method, with x = P_a/P_b: [var_a + x²·var_b − 2x·cov]/(w² P_b² n).
    NaN where P_b = 0; the standard error also below two realisations.

    sigmas: number of standard errors of the intervals, which are NaN without a realisation. Without
    a hit of a, an interval begins at 0. Without a hit of b, it ends at infinity.
    """
    a, b = ratio.indices
    top, bottom = probabilities.mean[:, a], probabilities.mean[:, b]
    bottom = np.where(bottom > 0, bottom, np.nan)
    x = top / bottom
    covariance = probabilities.covariance
    spread = covariance[:, a, a] + x**2 * covariance[:, b, b] - 2 * x * covariance[:, a, b]
    # Where P_a and P_b are proportional, rounding can leave a tiny negative number.
    spread = np.maximum(spread, 0.0)
    count = np.maximum(probabilities.count, 1)
    error = np.sqrt(spread / count) / (ratio.weight * bottom)
    low, high = probabilities.probability_interval(sigmas)
    mean = probabilities.mean
    ends = quotient(
        mean[:, a],
        Ends(low[:, a], high[:, a]),
        mean[:, b],
        Ends(low[:, b], high[:, b]),
        probabilities.correlation(a, b),
    )
    return Number(x / ratio.weight, error, (ends.low / ratio.weight, ends.high / ratio.weight))


def chi_edges(bins: int) -> np.ndarray:
    """Edges (bins + 1,) of equal bins over [0, 1]."""
    return np.arange(bins + 1) / max(bins, 1)


def s_max_edges(bins: LogBins) -> np.ndarray:
    """Edges (count + 1,) of the logarithmic bins, the outer ones exactly as given."""
    edges = np.geomspace(bins.low, bins.high, bins.count + 1)
    edges[[0, -1]] = bins.low, bins.high
    return edges


def chi_fractions(chi: ChiSample, edges: np.ndarray) -> np.ndarray:
    """Probability of every bin, (n_eta, n_bins); bins are [low, high), the last one [low, high].

    Rows of NaN weights give zeros: the caller knows them as undefined.
    """
    n_eta, n_bins = len(chi.weights), len(edges) - 1
    # Few grid points are in the region, so only their weights are touched.
    by_point = chi.weights.T  # as they mostly lie in memory
    point, row = np.nonzero(by_point > 0)
    bin_of = np.minimum(np.searchsorted(edges, chi.chi, side="right") - 1, n_bins - 1)
    flat = np.bincount(
        row * n_bins + bin_of[point], weights=by_point[point, row], minlength=n_eta * n_bins
    )
    return flat.reshape(n_eta, n_bins)


def part_of(whole: Any, rows: slice) -> Any:
    """A copy of an object, whose arrays are views of some rows."""
    if isinstance(whole, np.ndarray):
        return whole[rows]
    if isinstance(whole, dict):
        return {name: part_of(value, rows) for name, value in whole.items()}
    part = copy(whole)
    vars(part).update(part_of(vars(whole), rows))
    return part


def places_of(
    blocks: Iterable[Description],
) -> tuple[dict[tuple[tuple[float, ...], Point], slice], tuple[float, ...], np.ndarray]:
    """Where the rows of each point of each block are among all, and η and point of each row.

    The points are an array (n_rows, n_axes).
    """
    places: dict[tuple[tuple[float, ...], Point], slice] = {}
    etas: list[float] = []
    points: list[Point] = []
    for block in blocks:
        for point in block.points:
            places[block.etas, point] = slice(len(etas), len(etas) + len(block.etas))
            etas += block.etas
            points += [point] * len(block.etas)
    return places, tuple(etas), np.array(points, dtype=float)


class BlockStatistics:
    """All that the tables say of one η-block; every realisation has equal weight.

    Arrays over the n_eta values of the block: n good rows and `failed` others; undefined_chi good
    rows without χ; `s_max` over the good rows, and `angles` at the maximum over those with one;
    `probabilities` P_a and the `chi` histogram over those with χ; s_max_counts (n_eta, n_bins + 2),
    the outer two below and above the bins. Without bins, or without intervals, there are none of
    these. `observables` by column, each over the rows that have a value of it.
    """

    def __init__(
        self,
        n_eta: int,
        analysis: Analysis,
        n_angles: int = 1,
        observables: Iterable[str] = (),
    ) -> None:
        self.chi_edges = chi_edges(analysis.chi_bins or 0)
        bins = analysis.s_max_bins
        self.s_max_edges = np.empty(0) if bins is None else s_max_edges(bins)
        self.n = np.zeros(n_eta, dtype=np.int64)
        self.failed = np.zeros(n_eta, dtype=np.int64)
        self.undefined_chi = np.zeros(n_eta, dtype=np.int64)
        self.s_max = RunningMean(n_eta, 1)
        self.angles = RunningCircularMean(n_eta, n_angles)
        self.probabilities = RunningCovariance(n_eta, len(analysis.chi_intervals))
        self.chi = RunningMean(n_eta, len(self.chi_edges) - 1)
        self.s_max_counts = np.zeros((n_eta, len(self.s_max_edges) + 1), dtype=np.int64)
        self.observables = {name: RunningMean(n_eta, 1) for name in observables}

    def part(self, rows: slice) -> Self:
        """Some of its rows; what is added there is added here."""
        part: Self = part_of(self, rows)
        part.chi_edges, part.s_max_edges = self.chi_edges, self.s_max_edges
        return part

    def add(
        self,
        good: np.ndarray,
        s_max: np.ndarray,
        chi: ChiSample | None,
        probabilities: np.ndarray,
        angles: np.ndarray | None = None,
        observables: Mapping[str, np.ndarray] = {},
    ) -> None:
        """Add one sample: which rows are good (n_eta,), and their S_max (n_eta,), χ and P_a.

        chi: None if no table shows it; probabilities: P_a as `interval_probabilities` returns them,
        (n_eta, n_a); angles: at the maximum of S_d, (n_eta, n_angles); observables: values (n_eta,)
        by column, NaN where there is none.
        """
        for name, mean in self.observables.items():
            values = observables[name]
            mean.add(values[:, None], np.isfinite(values))
        self.n += good
        self.failed += ~good
        self.s_max.add(s_max[:, None], good)
        if angles is not None:
            self.angles.add(angles, good & (s_max > 0))
        if chi is not None:
            has_chi = good & chi.is_defined
            self.undefined_chi += good & ~has_chi
            self.probabilities.add(probabilities, has_chi)
            if len(self.chi_edges) > 1:
                self.chi.add(chi_fractions(chi, self.chi_edges), has_chi)
        rows = np.flatnonzero(good)
        self.s_max_counts[rows, np.searchsorted(self.s_max_edges, s_max[rows], side="right")] += 1
