"""Averages, standard errors and histograms against direct formulas, a toy and a bootstrap."""

from fractions import Fraction

import numpy as np
import pytest

from syncsweep.config.analysis import Analysis, LogBins, Ratio
from syncsweep.physics.chi import ChiSample, interval_probabilities
from syncsweep.tables.intervals import probability_interval
from syncsweep.tables.statistics import (
    BlockStatistics,
    RunningCircularMean,
    RunningCovariance,
    RunningMean,
    chi_edges,
    chi_fractions,
    s_max_edges,
    type_ratio,
)

RATIO = Ratio(numerator=2, denominator=1, weight=3, meaning="π/3 for each (0, π)")


def _fill(accumulator, values, counted=None):
    """Add values (n, n_eta, width) one realisation after the other."""
    for index, row in enumerate(values):
        mask = np.ones(len(row), dtype=bool) if counted is None else counted[index]
        accumulator.add(row, mask)
    return accumulator


def test_mean_and_standard_error_are_those_of_the_counted_realisations():
    rng = np.random.default_rng(1)
    values = rng.normal(size=(50, 3, 2))
    counted = rng.random((50, 3)) < 0.7
    values[~counted] = np.nan
    running = _fill(RunningMean(3, 2), values, counted)
    for eta in range(3):
        chosen = values[counted[:, eta], eta]
        assert running.count[eta] == len(chosen)
        np.testing.assert_allclose(running.mean[eta], chosen.mean(axis=0), rtol=1e-13)
        expected = chosen.std(axis=0, ddof=1) / np.sqrt(len(chosen))
        np.testing.assert_allclose(running.standard_error[eta], expected, rtol=1e-12)


def test_covariance_is_the_sample_covariance():
    values = np.random.default_rng(2).normal(size=(40, 2, 4))
    running = _fill(RunningCovariance(2, 4), values)
    for eta in range(2):
        expected = np.cov(values[:, eta], rowvar=False)
        np.testing.assert_allclose(running.covariance[eta], expected, rtol=1e-11, atol=1e-13)
        np.testing.assert_allclose(running.variance[eta], np.diag(expected), rtol=1e-11)


def test_mean_direction_does_not_depend_on_where_angles_are_cut():
    rng = np.random.default_rng(3)
    angles = rng.normal(0.1, 0.4, size=(60, 2, 1))  # around 0, where they jump from 2π to 0
    counted = rng.random((60, 2)) < 0.8
    turned = _fill(RunningCircularMean(2, 1), np.mod(angles, 2 * np.pi), counted)
    other = _fill(RunningCircularMean(2, 1), angles + 2.0, counted)
    np.testing.assert_allclose(np.cos(turned.direction - other.direction + 2), 1, atol=1e-12)
    np.testing.assert_allclose(turned.resultant, other.resultant, rtol=1e-12)
    for eta in range(2):
        mean = np.exp(1j * angles[counted[:, eta], eta]).mean()
        assert turned.direction[eta] == pytest.approx(np.angle(mean) % (2 * np.pi))
        assert turned.resultant[eta] == pytest.approx(abs(mean))


def test_one_angle_is_its_mean_direction_and_none_has_none():
    running = RunningCircularMean(2, 2)
    running.add(np.array([[0.3, 6.2], [1.0, 2.0]]), np.array([True, False]))
    np.testing.assert_allclose(running.direction[0], [0.3, 6.2], rtol=1e-14)
    np.testing.assert_allclose(running.resultant[0], 1, rtol=1e-14)
    assert np.isnan(running.direction[1]).all() and np.isnan(running.resultant[1]).all()


def test_no_realisation_has_no_mean_and_one_has_no_standard_error():
    running = RunningCovariance(2, 3)
    running.add(np.array([[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]]), np.array([True, False]))
    np.testing.assert_array_equal(running.mean[0], [0.1, 0.2, 0.3])
    assert np.isnan(running.mean[1]).all()
    assert np.isnan(running.standard_error).all()
    assert np.isnan(running.probability_interval()).any(axis=(0, 2)).tolist() == [False, True]
    assert np.isnan(type_ratio(running, RATIO).error).all()


@pytest.mark.parametrize("kind", [RunningMean, RunningCovariance])
def test_two_realisations_have_a_spread_and_one_has_none(kind):
    running = _fill(kind(1, 1), np.array([0.25, 0.75]).reshape(2, 1, 1))
    # (a − b)²/2 and |a − b|/2.
    assert (running.variance[0, 0], running.standard_error[0, 0]) == (0.125, 0.25)
    alone = _fill(kind(1, 1), np.full((1, 1, 1), 0.25))
    assert np.isnan([alone.variance, alone.standard_error]).all()


def test_a_spread_far_below_the_mean_is_resolved():
    values = 1.0 + 1e-9 * np.array([-1.0, 0.0, 1.0]).reshape(3, 1, 1)
    running = _fill(RunningMean(1, 1), values)
    # Plain sums of squares would be wrong in the first digit: (1e-9)² is below rounding.
    np.testing.assert_allclose(running.variance, 1e-18, rtol=1e-6)
    constant = _fill(RunningMean(1, 1), np.full((7, 1, 1), 0.1))
    assert constant.standard_error[0, 0] == 0


def test_ratio_of_an_exactly_computed_toy():
    p1 = [Fraction(1, 4), Fraction(1, 4), Fraction(0), Fraction(1, 2)]
    p2 = [Fraction(0), Fraction(1, 4), Fraction(3, 4), Fraction(1, 8)]
    n = len(p1)
    m1, m2 = sum(p1) / n, sum(p2) / n

    def covariance(a, ma, b, mb):
        return sum((x - ma) * (y - mb) for x, y in zip(a, b, strict=True)) / (n - 1)

    # g = p2/(3 p1): ∂g/∂p1 = −p2/(3 p1²), ∂g/∂p2 = 1/(3 p1).
    d1, d2 = -m2 / (3 * m1**2), 1 / (3 * m1)
    variance = (
        d1**2 * covariance(p1, m1, p1, m1)
        + d2**2 * covariance(p2, m2, p2, m2)
        + 2 * d1 * d2 * covariance(p1, m1, p2, m2)
    ) / n
    values = np.array([[[float(a), float(b), 0.0]] for a, b in zip(p1, p2, strict=True)])
    ratio = type_ratio(_fill(RunningCovariance(1, 3), values), RATIO)
    assert ratio.value[0] == pytest.approx(float(m2 / (3 * m1)), rel=1e-14)
    assert ratio.error[0] == pytest.approx(float(variance) ** 0.5, rel=1e-13)


def test_standard_error_of_the_ratio_agrees_with_a_bootstrap():
    rng = np.random.default_rng(3)
    is_chain_type = rng.random(2000) < 0.5
    # The two types exclude each other, so P₁ and P₂ are anticorrelated, as in the sweep.
    p1 = np.where(is_chain_type, 0.25, 0.0) + 0.02 * rng.random(2000)
    p2 = np.where(is_chain_type, 0.0, 0.73) + 0.02 * rng.random(2000)
    values = np.stack([p1, p2, 1 - p1 - p2], axis=1)[:, None, :]
    ratio = type_ratio(_fill(RunningCovariance(1, 3), values), RATIO)
    draws = rng.integers(2000, size=(3000, 2000))
    bootstrap = p2[draws].mean(axis=1) / (3 * p1[draws].mean(axis=1))
    # A standard deviation of 3000 draws is known to 1.3 %.
    assert ratio.error[0] == pytest.approx(bootstrap.std(), rel=0.05)
    without_covariance = np.hypot(
        p2.std() / (3 * p1.mean()), p1.std() * p2.mean() / (3 * p1.mean() ** 2)
    ) / np.sqrt(2000)
    assert without_covariance < 0.8 * bootstrap.std()


def test_intervals_of_whole_and_other_numbers_are_those_of_their_sums():
    rng = np.random.default_rng(6)
    values = np.where(rng.random((60, 2, 2)) < 0.1, rng.random((60, 2, 2)), 0.0)
    values[:, 1] = np.ceil(values[:, 1])
    for running in (RunningMean(2, 2), RunningCovariance(2, 2)):
        found = _fill(running, values).probability_interval(2.0)
        sums = values.sum(axis=0), (values**2).sum(axis=0)
        expected = probability_interval(np.array(60), *sums, 2.0)
        np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_ratio_without_p1_is_undefined_and_of_proportional_ones_exact():
    values = np.array(
        [[[0.0, 0.3], [0.1, 0.3]], [[0.0, 0.2], [0.2, 0.6]], [[0.0, 0.1], [0.3, 0.9]]]
    )
    running = _fill(RunningCovariance(2, 2), values)
    ratio = type_ratio(running, RATIO)
    low, high = ratio.ends
    assert np.isnan([ratio.value[0], ratio.error[0]]).all()
    assert 0 < low[0] < 1 and high[0] == np.inf
    assert ratio.value[1] == pytest.approx(1.0)
    assert ratio.error[1] < 1e-8
    assert low[1] < 1 < high[1]


@pytest.mark.parametrize("bins", [1, 7, 64])
def test_chi_fractions_are_weighted_histograms(bins):
    rng = np.random.default_rng(4)
    # Values on the edges, with 0 and 1, are where a rule for bins can go wrong.
    chi = np.concatenate([rng.random(300), np.arange(bins + 1) / bins])
    weights = rng.random((5, len(chi))) * (rng.random((5, len(chi))) < 0.2)
    weights /= weights.sum(axis=1, keepdims=True)
    fractions = chi_fractions(ChiSample(chi, weights), chi_edges(bins))
    for row, weight in zip(fractions, weights, strict=True):
        expected, _ = np.histogram(chi, bins=chi_edges(bins), weights=weight)
        np.testing.assert_allclose(row, expected, atol=1e-15)
    np.testing.assert_allclose(fractions.sum(axis=1), 1.0, rtol=1e-13)


def test_undefined_chi_gives_an_empty_histogram():
    weights = np.array([[0.5, 0.5], [np.nan, np.nan]])
    fractions = chi_fractions(ChiSample(np.array([0.1, 0.9]), weights), chi_edges(2))
    np.testing.assert_array_equal(fractions, [[0.5, 0.5], [0.0, 0.0]])


def test_log_bins_are_even_and_end_as_given():
    edges = s_max_edges(LogBins(low=1e-8, high=1e-3, count=60))
    assert (edges[0], edges[-1]) == (1e-8, 1e-3)
    np.testing.assert_allclose(np.diff(np.log10(edges)), 5 / 60, rtol=1e-10)


def test_every_row_is_counted_once():
    analysis = Analysis(chi_bins=4, s_max_bins=LogBins(low=1e-4, high=1e-2, count=2))
    statistics = BlockStatistics(5, analysis)
    weights = np.array([[1.0, 0.0], [0.5, 0.5], [np.nan] * 2, [1.0, 0.0], [np.nan] * 2])
    chi = ChiSample(np.array([0.05, 0.95]), weights)
    good = np.array([True, True, True, False, False])
    # Below all bins; on the upper edge, which is above; not resolved; and two failures.
    s_max = np.array([5e-5, 1e-2, 0.0, 2e-4, np.nan])
    p = interval_probabilities(chi.chi, weights, analysis.intervals)
    statistics.add(good, s_max, chi, p, np.full((5, 1), 1.0))
    statistics.add(good, np.array([5e-4, 1e-3, 1e-4, 2e-4, np.nan]), chi, p, np.full((5, 1), 2.0))
    # The angle of a row without a maximum means nothing.
    expected = [1.5, 1.5, 2.0, np.nan, np.nan]
    np.testing.assert_allclose(statistics.angles.direction[:, 0], expected)
    np.testing.assert_array_equal(statistics.n, [2, 2, 2, 0, 0])
    np.testing.assert_array_equal(statistics.failed, [0, 0, 0, 2, 2])
    np.testing.assert_array_equal(statistics.undefined_chi, [0, 0, 2, 0, 0])
    np.testing.assert_array_equal(statistics.probabilities.count, [2, 2, 0, 0, 0])
    np.testing.assert_array_equal(
        statistics.s_max_counts,
        [[1, 1, 0, 0], [0, 0, 1, 1], [1, 1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]],
    )
    np.testing.assert_array_equal(statistics.probabilities.mean[1], [0.5, 0.0, 0.5])
    assert statistics.s_max.mean[1, 0] == pytest.approx(5.5e-3)
