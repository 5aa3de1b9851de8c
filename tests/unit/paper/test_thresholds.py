"""Other readings of the threshold against brute force on the same grids."""

from math import pi

import numpy as np
import pytest

from syncsweep.paper.theory.thresholds import chi_above, grid_maximum
from syncsweep.physics.chi import interval_probabilities
from syncsweep.physics.chi_sampling import chi_grid_points, sample_chi
from syncsweep.physics.measures import s_max
from syncsweep.physics.phase_distribution import evaluate, relative_frequencies

FREQUENCIES = relative_frequencies((1, 1, 1))
UNIFORM = 1 / (4 * pi**2)
INTERVALS = [(0.0, 0.125), (0.1875, 0.3125), (0.875, 1.0)]


def random_coefficients(seed, rows, size=1e-4):
    """S_d of random shapes, `size` times the uniform density."""
    rng = np.random.default_rng(seed)
    parts = rng.normal(size=(2, rows, len(FREQUENCIES)))
    coefficients = size * UNIFORM * (parts[0] + 1j * parts[1])
    coefficients[:, 0] = UNIFORM
    return coefficients


def limit_coefficients(b, moves):
    """S_d = u + (b/16π²)·[cos 2φ'₁ + cos 2φ'₂ + cos 2(φ'₁ − φ'₂)] moved by angles (n, 2)."""
    coefficients = np.zeros(len(FREQUENCIES), dtype=complex)
    coefficients[0] = UNIFORM
    for k in ([2, 0], [0, 2], [2, -2]):
        coefficients[FREQUENCIES.tolist().index(k)] = b / (32 * pi**2)
    return coefficients * np.exp(-1j * (moves @ FREQUENCIES.T))


def angles_of_grid(points, shift):
    axes = [2 * pi * (np.arange(points) + offset) / points for offset in shift]
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 2)


def test_above_the_refined_level_it_is_sample_chi():
    rows, shift, r = random_coefficients(1, 6), np.array([0.3, 0.8]), 0.9
    maximum = s_max(rows, FREQUENCIES)
    expected = sample_chi(rows, FREQUENCIES, maximum, r, shift)
    found = chi_above(rows, FREQUENCIES, r * maximum.s_max, chi_grid_points(FREQUENCIES, r), shift)
    np.testing.assert_allclose(found.chi, expected.chi, rtol=0, atol=1e-12)
    np.testing.assert_allclose(found.weights, expected.weights, rtol=1e-9, atol=1e-15)


def test_maximum_of_the_grid_is_that_of_s_d_on_it():
    rows = random_coefficients(2, 5)
    for points in (48, 96):
        density = evaluate(rows, FREQUENCIES, angles_of_grid(points, (0, 0)))
        found = grid_maximum(rows, FREQUENCIES, points)
        np.testing.assert_allclose(found, density.max(axis=1) - UNIFORM, rtol=1e-9)
        # Half a spacing off a maximum S_d is lower by second order in the spacing.
        lost = 1 - found / s_max(rows, FREQUENCIES).s_max
        assert np.all(lost >= 0) and 0 < lost.mean() < 20 / points**2


def test_below_all_of_s_d_every_point_counts_and_weighs_what_s_d_is():
    rows, shift, points = random_coefficients(3, 2, size=0.01), np.array([0.1, 0.6]), 20
    found = chi_above(rows, FREQUENCIES, np.full(2, -np.inf), points, shift)
    density = evaluate(rows, FREQUENCIES, angles_of_grid(points, shift))
    expected = density / density.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(found.weights, expected, rtol=1e-12)
    assert len(found.chi) == points**2


def test_nothing_above_the_level_is_nan_and_leaves_the_other_rows_alone():
    rows = random_coefficients(4, 3)
    level = 0.9 * s_max(rows, FREQUENCIES).s_max * [1, 2, 1]
    rows[2] = np.nan
    found = chi_above(rows, FREQUENCIES, level, 48, np.zeros(2))
    assert np.isnan(found.weights).all(axis=1).tolist() == [False, True, True]
    alone = chi_above(rows[:1], FREQUENCIES, level[:1], 48, np.zeros(2))
    np.testing.assert_allclose(found.weights[0] @ found.chi, alone.weights[0] @ alone.chi)


def test_with_the_background_left_in_even_full_locking_looks_uniform():
    rows = limit_coefficients(3e-4, np.zeros((1, 2)))
    height = s_max(rows, FREQUENCIES).s_max
    level = 0.95 * (UNIFORM + height) - UNIFORM
    shifts = np.random.default_rng(5).random((200, 2))
    found = [chi_above(rows, FREQUENCIES, level, 48, shift) for shift in shifts]
    mean = np.mean(
        [interval_probabilities(one.chi, one.weights[0], INTERVALS) for one in found], axis=0
    )
    np.testing.assert_allclose(mean, 1 / 8, rtol=0.005)


@pytest.mark.parametrize(("points", "bias", "error"), [(48, -0.0102, 0.004), (96, -0.0025, 0.001)])
def test_the_grids_own_maximum_widens_the_region(points, bias, error):
    """It is lower, so more of the region of the π/3 type, with P₂ = 0.735, lies outside I₂."""
    moves = np.random.default_rng(6).uniform(0, 2 * pi / points, (150, 2))
    rows = limit_coefficients(-3e-4, moves)
    heights = s_max(rows, FREQUENCIES).s_max
    grid = grid_maximum(rows, FREQUENCIES, points)
    # The same S_d in place on a moved grid, so that χ is that of the type.
    still = limit_coefficients(-3e-4, np.zeros((1, 2)))
    changes = []
    for move, *levels in zip(moves, heights, grid, strict=True):
        shift = -move * points / (2 * pi)
        found = [chi_above(still, FREQUENCIES, 0.95 * np.array([h]), points, shift) for h in levels]
        usual, wider = (interval_probabilities(f.chi, f.weights[0], INTERVALS)[1] for f in found)
        changes.append(wider - usual)
    assert np.mean(changes) == pytest.approx(bias, abs=error)
