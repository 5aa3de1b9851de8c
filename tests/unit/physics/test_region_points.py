"""χ of five and six spins against random points in regions that are known."""

from math import pi

import numpy as np
import pytest
from distributions import chain_limit_coefficients, random_coefficients

from syncsweep.physics.angle_lattice import heights_by_angle
from syncsweep.physics.chi import chi, interval_probabilities
from syncsweep.physics.chi_sampling import sample_chi
from syncsweep.physics.measures import local_maxima, s_max
from syncsweep.physics.phase_distribution import deviation, relative_frequencies
from syncsweep.physics.region_points import points_in_region

INTERVALS = [(0, 0.02), (0, 0.1), (0.1, 0.3), (0.3, 0.6), (0.6, 1)]


def mean_probabilities(row, frequencies, threshold, n_shifts=16):
    """P_a averaged over offsets, and its standard error; the offsets decide all random numbers."""
    maximum = s_max(row[None], frequencies)
    found = []
    for shift in np.random.default_rng(1).random((n_shifts, frequencies.shape[1])):
        sample = sample_chi(row[None], frequencies, maximum, threshold, shift)
        assert sample.weights.sum() == pytest.approx(1)
        found.append(interval_probabilities(sample.chi, sample.weights, INTERVALS)[0])
    return np.mean(found, axis=0), np.std(found, axis=0) / np.sqrt(n_shifts)


def shares(values):
    """Shares of χ (n,) in the intervals, and their standard errors."""
    inside = np.mean([(values >= low) & (values <= high) for low, high in INTERVALS], axis=1)
    return inside, np.sqrt(inside * (1 - inside) / len(values))


def assert_agree(found, expected):
    error = np.hypot(found[1], expected[1])
    assert np.all(np.abs(found[0] - expected[0]) <= 4 * error + 3e-3), (found, expected)


@pytest.mark.parametrize(
    ("n_sites", "threshold", "width"), [(5, 0.95, 0.35), (6, 0.95, 0.35), (5, 0.999, 0.05)]
)
def test_the_limit_agrees_with_random_points_around_its_maxima(n_sites, threshold, width):
    """b > 0: random points around 0, and half turns, which leave S_d as it is."""
    row, rng = chain_limit_coefficients(n_sites, 2e-3), np.random.default_rng(2)
    frequencies = relative_frequencies((1,) * n_sites)
    level = threshold * s_max(row[None], frequencies).s_max[0]
    found = []
    while sum(map(len, found)) < 3000:
        points = rng.uniform(-width, width, (10_000, n_sites - 1))
        inside = points[deviation(row, frequencies, points) >= level]
        assert np.abs(inside).max(initial=0) < 0.99 * width
        found.append(inside)
    points = np.concatenate(found)
    points = points + pi * rng.integers(2, size=points.shape)
    expected = shares(chi(np.column_stack([points, np.zeros(len(points))])))
    assert_agree(mean_probabilities(row, frequencies, threshold), expected)


@pytest.mark.parametrize(
    ("n_sites", "threshold"), [(5, 0.3), (5, 0.6), (5, 0.8), (6, 0.45), (6, 0.65)]
)
def test_random_distributions_agree_with_shifted_grids_of_all_angles(n_sites, threshold):
    frequencies = relative_frequencies((1,) * n_sites)
    row, rng = random_coefficients(23, 1, frequencies)[0], np.random.default_rng(3)
    level = threshold * s_max(row[None], frequencies).s_max[0]
    per_angle, found = {5: 37, 6: 17}[n_sites], []
    shape = (per_angle,) * (n_sites - 1)
    for _ in range(8):
        offset = rng.uniform(0, 2 * pi, n_sites - 1)
        moved = row * np.exp(1j * (frequencies @ offset))
        heights = heights_by_angle(moved, frequencies, shape)
        index = np.unravel_index(np.flatnonzero(heights >= level), shape)
        found.append(2 * pi / per_angle * np.stack(index, axis=-1) + offset)
    points = np.concatenate(found)
    assert len(points) > 1000
    expected = shares(chi(np.column_stack([points, np.zeros(len(points))])))
    assert_agree(mean_probabilities(row, frequencies, threshold), expected)


@pytest.mark.parametrize("n_sites", [5, 6])
def test_points_fill_the_region_evenly(n_sites):
    """The mean of a paraboloid over the ellipsoid where it is above 0 is 2/(n+2) of its height."""
    frequencies = relative_frequencies((1,) * n_sites)
    row = random_coefficients(27, 1, frequencies)
    maximum = s_max(row, frequencies)
    level, means = 0.9999 * maximum.s_max, []
    tops = [local_maxima(row, frequencies, maximum.s_max, 0.9999).angles]
    for shift in np.random.default_rng(5).random((16, n_sites - 1)):
        angles, weights = points_in_region(row, frequencies, maximum, level, shift, tops)
        above = (deviation(row[0], frequencies, angles) - level) / (maximum.s_max - level)
        assert above.min() >= 0 and above.max() <= 1
        means.append(weights[0] @ above / weights[0].sum())
    assert np.mean(means) == pytest.approx(2 / (n_sites + 1), abs=4 * np.std(means) / 4)
    assert np.std(means) < 0.03


def test_equal_maxima_have_equal_shares():
    """One of the 16 maxima of five spins for b > 0 has χ = 0."""
    row, frequencies = chain_limit_coefficients(5, 2e-3), relative_frequencies((1,) * 5)
    for threshold in (0.9999, 1 - 1e-7):
        mean, error = mean_probabilities(row, frequencies, threshold)
        assert mean[1] == pytest.approx(1 / 16, abs=4 * error[1] + 1e-3)


def test_a_region_without_end_is_sampled_along_all_of_it():
    """S_d of five spins that depends only on φ₁ − φ₅."""
    frequencies = relative_frequencies((1,) * 5)
    row = np.zeros(len(frequencies), dtype=complex)
    row[0] = (2 * pi) ** -4
    row[frequencies.tolist().index([1, 0, 0, 0])] = 1e-6
    rng = np.random.default_rng(4)
    angles = rng.uniform(0, 2 * pi, (20_000, 5))
    angles[:, 0] = angles[:, 4] + rng.uniform(-1, 1, len(angles)) * np.arccos(0.95)
    assert_agree(mean_probabilities(row, frequencies, 0.95, 2), shares(chi(angles)))


def test_a_row_does_not_depend_on_the_others_nor_on_a_second_call():
    frequencies = relative_frequencies((1,) * 5)
    rows, shift = random_coefficients(29, 3, frequencies), np.array([0.1, 0.7, 0.4, 0.3])
    rows[1] = np.nan
    for threshold in (0.4, 0.95):
        together = sample_chi(rows, frequencies, s_max(rows, frequencies), threshold, shift)
        assert np.isnan(together.weights[1]).all()
        for index in (0, 2):
            row = rows[[index]]
            alone = sample_chi(row, frequencies, s_max(row, frequencies), threshold, shift)
            used = together.weights[index] > 0
            np.testing.assert_array_equal(together.chi[used], alone.chi[alone.weights[0] > 0])


def test_seven_spins_are_refused():
    frequencies = relative_frequencies((0.5,) * 7)
    rows = random_coefficients(1, 1, frequencies)
    with pytest.raises(ValueError, match="at most 6 spins, but is of 7"):
        sample_chi(rows, frequencies, s_max(rows, frequencies), 0.9, np.zeros(6))
