"""χ compared with Eqs. 9 and D6, and P_a."""

from math import pi

import numpy as np
import pytest
from distributions import INTERVALS
from scipy.stats import kstest

from syncsweep.physics.chi import ChiSample, chi, interval_probabilities, pairwise_differences


@pytest.mark.parametrize(
    ("angles", "value"),
    [
        ((0, 0, 0), 0),
        ((0, 0, pi), 1),
        ((0, pi, pi), 1),
        ((0, pi / 3, -pi / 3), 1 / 4),
        ((0, 2 * pi / 3, -2 * pi / 3), 1),
        ((0, 0), 0),
        ((0, pi), 1),
        ((0, pi / 2), 1 / 2),
        ((0, 0, 0, 0), 0),
    ],
)
def test_special_configurations(angles, value):
    assert chi(np.array(angles)) == pytest.approx(value, abs=1e-15)


@pytest.mark.parametrize("n", [2, 3, 4])
def test_chi_of_uniform_angles_is_uniform(n):
    angles = np.random.default_rng(n).uniform(0, 2 * pi, (200_000, n))
    assert kstest(chi(angles), "uniform").pvalue > 1e-3


def test_one_angle_has_no_configuration():
    with pytest.raises(ValueError, match="`angles`"):
        chi(np.zeros((5, 1)))


def test_interval_probabilities_are_sums_over_closed_intervals():
    sample = ChiSample(
        np.array([0.0, 0.125, 0.2, 0.3125, 0.875, 1.0]),
        np.array([[0.1, 0.2, 0.3, 0.1, 0.1, 0.2], [0.5, 0, 0, 0, 0, 0.5]]),
    )
    expected = [[0.3, 0.4, 0.3], [0.5, 0.0, 0.5]]
    found = interval_probabilities(sample.chi, sample.weights, INTERVALS)
    np.testing.assert_allclose(found, expected, atol=1e-15)
    everything = interval_probabilities(sample.chi, sample.weights, [(0, 1)])
    np.testing.assert_allclose(everything, 1, atol=1e-15)


def test_interval_probabilities_are_at_most_one():
    """Equal weights of up to 100 points, whose sums are rounded."""
    sums = [np.full((1, n), 1 / n) @ np.ones(n) for n in range(1, 101)]
    assert max(sums) > 1
    for n in range(1, 101):
        (found,) = interval_probabilities(np.zeros(n), np.full(n, 1 / n), [(0, 1)])
        assert found == pytest.approx(1, abs=1e-15) and found <= 1


def test_interval_probabilities_of_nan_weights_are_nan():
    weights = np.array([[0.5, 0.5], [np.nan, np.nan]])
    found = interval_probabilities(np.array([0.1, 0.2]), weights, INTERVALS)
    assert not np.any(np.isnan(found[0]))
    assert np.all(np.isnan(found[1]))


def test_pairwise_differences_are_the_shorter_way_round():
    angles = np.array([0.1, 2 * pi - 0.2, pi + 0.1])
    np.testing.assert_allclose(pairwise_differences(angles), [0.3, pi, pi - 0.3])
