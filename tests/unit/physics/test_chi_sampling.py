"""χ sampled above r·S_max, compared with brute force, closed forms and uniform χ."""

from itertools import permutations, product
from math import pi

import numpy as np
import pytest
from distributions import INTERVALS, four_site_coefficients, limit_coefficients, random_coefficients
from scipy.stats import chi2, chisquare

from syncsweep.physics.angle_lattice import lattice
from syncsweep.physics.chi import chi, interval_probabilities
from syncsweep.physics.chi_sampling import chi_grid_points, sample_chi
from syncsweep.physics.measures import RESOLUTION, Maximum, local_maxima, s_max
from syncsweep.physics.phase_distribution import deviation, evaluate, relative_frequencies


@pytest.mark.parametrize("n_angles", [1, 2, 3])
def test_grid_follows_the_region(n_angles):
    """The region of a quadratic maximum has a width ~ √(1−r), however near r is to 1."""
    frequencies = relative_frequencies((1,) * (n_angles + 1))
    for r in (0.96, 0.99, 0.9999):
        points, twice = (chi_grid_points(frequencies, one) for one in (r, 1 - (1 - r) / 4))
        assert twice == pytest.approx(2 * points, rel=0.12)
    lower = [chi_grid_points(frequencies, r) for r in (0.1, 0.5, 0.8, 0.95)]
    assert lower == sorted(lower)


@pytest.mark.parametrize(
    ("spins", "as_fine_as_of_spin_1"),
    [((0.5, 0.5, 0.5), 1), ((1, 0.5, 1), 1), ((2, 1.5, 1.5), 2), ((2, 0.5, 0.5), 1), ((4, 4), 4)],
)
def test_grid_follows_the_shortest_wave(spins, as_fine_as_of_spin_1):
    of_spin_1 = chi_grid_points(relative_frequencies((1,) * len(spins)), 0.95)
    expected = as_fine_as_of_spin_1 * of_spin_1
    assert chi_grid_points(relative_frequencies(spins), 0.95) == expected


def test_points_below_the_threshold_have_no_weight_and_the_others_that_of_s_d():
    frequencies = relative_frequencies((1, 1, 1))
    rows = random_coefficients(11, 4, frequencies)
    maximum, shift, threshold = s_max(rows, frequencies), np.array([0.3, 0.8]), 0.6
    sample = sample_chi(rows, frequencies, maximum, threshold, shift)
    points = chi_grid_points(frequencies, threshold)
    angles = lattice(2, points) + 2 * pi / points * shift
    density = evaluate(rows, frequencies, angles)
    above = density - 1 / (4 * pi**2) >= threshold * maximum.s_max[:, None]
    expected = np.where(above, density, 0)
    expected /= expected.sum(axis=1, keepdims=True)
    assert np.all(np.sum(above, axis=1) > 10)
    used = above.any(axis=0)
    np.testing.assert_allclose(sample.weights, expected[:, used], rtol=1e-9, atol=1e-15)
    configurations = np.column_stack([angles, np.zeros(len(angles))])[used]
    np.testing.assert_allclose(sample.chi, chi(configurations), atol=1e-12)


@pytest.mark.parametrize("n_angles", [1, 2, 3])
def test_weights_sum_to_one(n_angles):
    frequencies = relative_frequencies((1,) * (n_angles + 1))
    rows = random_coefficients(12, 5, frequencies)
    shift = np.random.default_rng(13).random(n_angles)
    for threshold in (0.5, 0.95, 0.99, 0.9999):
        sample = sample_chi(rows, frequencies, s_max(rows, frequencies), threshold, shift)
        np.testing.assert_allclose(sample.weights.sum(axis=1), 1, rtol=1e-13)
        assert sample.weights.min() >= 0


def of_all_points(rows, frequencies, level, points, shift):
    """χ and weights at the points of the whole grid that lie above the level of any row."""
    n_angles = frequencies.shape[1]
    angles = lattice(n_angles, points) + 2 * pi / points * shift
    heights = deviation(rows, frequencies, angles)
    inside = heights >= level[:, None]
    weights = np.where(inside, rows[:, :1].real + heights, 0)
    weights /= weights.sum(axis=1, keepdims=True)
    used = inside.any(axis=0)
    return chi(np.column_stack([angles[used], np.zeros(used.sum())])), weights[:, used]


@pytest.mark.parametrize(
    ("spins", "threshold"),
    [
        ((1, 1), 0.9999),
        ((1, 1, 1), 0.99),
        ((2, 2, 0.5), 0.98),
        ((1, 1, 1, 1), 0.9),
    ],
)
def test_no_point_of_a_fine_grid_is_overlooked(spins, threshold):
    """Cells are split only where the region can be. Here S_d is computed at every grid point."""
    frequencies = relative_frequencies(spins)
    rows = random_coefficients(41, 5, frequencies)
    maximum, shift = s_max(rows, frequencies), np.random.default_rng(42).random(len(spins) - 1)
    sample = sample_chi(rows, frequencies, maximum, threshold, shift)
    points = chi_grid_points(frequencies, threshold)
    values, weights = of_all_points(rows, frequencies, threshold * maximum.s_max, points, shift)
    np.testing.assert_allclose(sample.chi, values, atol=1e-9)
    np.testing.assert_allclose(sample.weights, weights, rtol=1e-9, atol=1e-15)


def spread_shifts(n_angles, n, seed):
    """n offsets, evenly spread in every direction; they depend neither on the grid nor on χ."""
    steps = np.arange(n)[:, None] * np.sqrt([2, 3, 5])[:n_angles]
    return np.mod(steps + np.random.default_rng(seed).random(n_angles), 1)


def mean_probabilities(rows, frequencies, threshold, shifts, intervals=INTERVALS):
    """P_a averaged over offsets, plainly and weighted by the number of points of each offset."""
    maximum = s_max(rows, frequencies)
    p, points = [], []
    for shift in shifts:
        sample = sample_chi(rows, frequencies, maximum, threshold, shift)
        p.append(interval_probabilities(sample.chi, sample.weights, intervals))
        points.append((sample.weights > 0).sum(axis=1))
    weights = np.array(points)[:, :, None] / np.sum(points, axis=0)[:, None]
    return np.mean(p, axis=0), np.sum(weights * p, axis=0)


TURNS = np.array(list(product([0, pi], repeat=3)))
#: Doubled angles π/2 apart, in any order.
FRUSTRATED = np.array([p[:3] for p in permutations([pi / 4, pi / 2, 3 * pi / 4])])


@pytest.mark.parametrize(
    ("b", "threshold", "width"),
    [(0.01, 0.95, 0.5), (0.01, 0.9999, 0.03), (-0.01, 0.95, 0.45), (-0.01, 0.9999, 0.03)],
)
def test_four_spins_agree_with_random_points(b, threshold, width):
    """Random points in the region around one maximum, moved to all 8 or 48 by symmetries.

    S_d − u ∝ ±[Σ cos 2(φ_j−φ_k) + ¼ Σ cos 2(φ_a+φ_b−φ_c−φ_d)], which no turn by π changes, nor an
    exchange of the φ_j.
    """
    rng, n_random = np.random.default_rng(51), 300_000
    tops = TURNS if b > 0 else (FRUSTRATED[:, None] + TURNS).reshape(-1, 3)
    orders = [np.arange(3)] if b > 0 else [np.argsort(t) for t in FRUSTRATED]
    found = []
    while sum(map(len, found)) < n_random // len(tops):
        x, y, z = points = tops[0][:, None] + rng.uniform(-width, width, (3, 200_000))
        pairs = sum(np.cos(2 * d) for d in (x, y, z, x - y, x - z, y - z))
        fours = sum(np.cos(2 * d) for d in (x + y - z, x - y + z, -x + y + z))
        height = np.sign(b) * (pairs + fours / 4)
        inside = height >= threshold * (6.75 if b > 0 else 1.75)
        assert np.abs(points[:, inside] - tops[0][:, None]).max() < 0.99 * width
        found.append(points[:, inside].T)
    region = np.concatenate(found)[: n_random // len(tops)]
    values = [
        chi(np.column_stack([region[:, order] + turn, np.zeros(len(region))]))
        for order in orders
        for turn in TURNS
    ]
    intervals = [*INTERVALS, (0, 0.01), (0.55, 0.6)]
    inside = [[(v >= low) & (v <= high) for v in values] for low, high in intervals]
    expected, n = np.mean(inside, axis=(1, 2)), len(region)
    # The images of a point are not independent points.
    error = np.std(np.mean(inside, axis=1), axis=1) / np.sqrt(n)
    row, frequencies = four_site_coefficients(b)[None], relative_frequencies((1, 1, 1, 1))
    mean, _ = mean_probabilities(row, frequencies, threshold, spread_shifts(3, 128, 52), intervals)
    assert np.all(np.abs(mean[0] - expected) <= 3 * error + 1e-3)


@pytest.mark.parametrize(
    ("spins", "threshold", "bias"),
    [
        ((1, 1), 0.5, 1e-5),
        ((1, 1), 0.95, 1e-5),
        ((1, 1, 1), 0.8, 1e-3),
        ((1, 1, 1), 0.95, 4e-3),
        ((1, 1, 1), 0.99, 1e-3),
        ((1, 1, 1, 1), 0.5, 1e-3),
        ((1, 1, 1, 1), 0.95, 1e-3),
    ],
)
def test_bias_is_as_small_as_stated(spins, threshold, bias):
    """Numbers of points are unbiased, so their ratio over all offsets together is right."""
    frequencies, n_angles = relative_frequencies(spins), len(spins) - 1
    rows = random_coefficients(61, 4, frequencies, 1e-5)
    rows[0, 1:] = 1e-5 * (np.abs(frequencies[1:]).max(axis=1) == 2)  # the narrowest maxima
    shifts = spread_shifts(n_angles, {1: 200, 2: 600, 3: 150}[n_angles], 62)
    mean, right = mean_probabilities(rows, frequencies, threshold, shifts)
    assert np.abs(mean - right).max() < bias


@pytest.mark.parametrize("threshold", [0.99, 0.99999, 1 - 1e-7, 1 - 1e-15])
def test_equal_maxima_have_equal_shares_at_any_threshold(threshold):
    """Both types of three spins, shifted so that rounding makes their maxima differ."""
    frequencies = relative_frequencies((1, 1, 1))
    rows = np.array([limit_coefficients(0.02), limit_coefficients(-0.02)])
    move = np.array([0.7, 2.1])
    moved = rows * np.exp(-1j * (frequencies @ move))
    maximum, shift = s_max(moved, frequencies), np.array([0.2, 0.7])
    shares = sample_chi(rows, frequencies, s_max(rows, frequencies), threshold, shift)
    found = interval_probabilities(shares.chi, shares.weights, INTERVALS)
    np.testing.assert_allclose(found, [[0.25, 0, 0.75], [0, 0.75, 0.25]], atol=1e-3)
    sample = sample_chi(moved, frequencies, maximum, threshold, shift)
    tops = local_maxima(moved, frequencies, maximum.s_max, threshold)
    of_tops = chi(np.column_stack([tops.angles, np.zeros(len(tops.angles))]))
    for index, n_maxima in enumerate((4, 8)):
        expected = of_tops[tops.owner == index]
        assert len(expected) == n_maxima
        mean = sample.weights[index] @ sample.chi
        assert mean == pytest.approx(expected.mean(), abs=0.3 * np.sqrt(1 - threshold) + 1e-3)


def test_in_phase_is_one_of_eight_equal_maxima_of_four_spins():
    row, frequencies = four_site_coefficients(0.01)[None], relative_frequencies((1, 1, 1, 1))
    for threshold in (0.999, 1 - 1e-6):
        shifts = spread_shifts(3, 30, 71)
        mean, _ = mean_probabilities(row, frequencies, threshold, shifts, [(0, 0.1), (0.9, 1)])
        np.testing.assert_allclose(mean[0], [1 / 8, 7 / 8], atol=2e-3)


@pytest.mark.parametrize("threshold", [0.95, 0.9999])
def test_a_region_without_end_is_sampled_by_a_part_of_its_points(threshold):
    """S_d of four spins that depends only on φ₁ − φ₄."""
    frequencies = relative_frequencies((1, 1, 1, 1))
    row = np.zeros((1, len(frequencies)), dtype=complex)
    row[0, 0] = (2 * pi) ** -3
    row[0, frequencies.tolist().index([1, 0, 0])] = 1e-5
    sample = sample_chi(
        row, frequencies, s_max(row, frequencies), threshold, np.array([0.3, 0.6, 0.1])
    )
    rng = np.random.default_rng(81)
    angles = rng.uniform(0, 2 * pi, (200_000, 4))
    half_width = np.arccos(threshold)
    angles[:, 0] = angles[:, 3] + rng.uniform(-half_width, half_width, len(angles))
    values = chi(angles)
    expected = [np.mean((values >= low) & (values <= high)) for low, high in INTERVALS]
    found = interval_probabilities(sample.chi, sample.weights, INTERVALS)[0]
    np.testing.assert_allclose(found, expected, atol=0.01)
    assert 4000 < len(sample.chi) < 20_000


@pytest.mark.parametrize("threshold", [0.95, 0.99])
def test_an_unresolved_maximum_gives_nan_and_leaves_the_other_rows_alone(threshold):
    frequencies = relative_frequencies((1, 1, 1))
    uniform = 1 / (4 * pi**2)
    rows = np.array([limit_coefficients(0.02)] * 5)
    rows[0] = limit_coefficients(0.0)
    rows[1] = limit_coefficients(0.5 * RESOLUTION * uniform * 16 * pi**2 / 3)
    rows[2] = np.nan
    rows[3] = limit_coefficients(2 * RESOLUTION * uniform * 16 * pi**2 / 3)
    shift = np.array([0.2, 0.7])
    sample = sample_chi(rows, frequencies, s_max(rows, frequencies), threshold, shift)
    assert np.all(np.isnan(sample.weights[:3]))
    np.testing.assert_allclose(sample.weights[3:].sum(axis=1), 1, rtol=1e-13)
    alone = sample_chi(rows[4:], frequencies, s_max(rows[4:], frequencies), threshold, shift)
    np.testing.assert_allclose(
        sample.weights[4] @ sample.chi, alone.weights[0] @ alone.chi, rtol=1e-12
    )


def test_a_maximum_below_the_error_of_its_distribution_gives_nan():
    frequencies = relative_frequencies((1, 1, 1))
    rows = np.tile(limit_coefficients(1e-4), (3, 1))
    maximum = s_max(rows, frequencies)
    size = maximum.s_max / rows[:, 0].real  # in units of the uniform density
    error = size * [0.9, 1.1, np.nan]
    sample = sample_chi(rows, frequencies, maximum, 0.95, np.array([0.2, 0.7]), error)
    assert np.isnan(sample.weights).all(axis=1).tolist() == [False, True, True]


def histogram_p_value(shifts, seed, bins=16):
    """p-value of a uniform mean histogram of χ, over distributions shifted by uniform angles.

    A distribution moved by uniformly random angles gives uniform χ exactly, whatever its shape and
    the threshold: each point of the region is uniform on the torus. Hotelling's T² over samples.
    """
    frequencies = relative_frequencies((1, 1, 1))
    rows = random_coefficients(seed, len(shifts), frequencies)
    maximum = s_max(rows, frequencies)
    moves = np.random.default_rng(seed + 1).uniform(0, 2 * pi, (len(shifts), 2))
    rows = rows * np.exp(-1j * (moves @ frequencies.T))
    maximum = Maximum(maximum.s_max, np.mod(maximum.angles + moves, 2 * pi))
    counts = np.empty((len(shifts), bins))
    for index, shift in enumerate(shifts):
        one = Maximum(maximum.s_max[[index]], maximum.angles[[index]])
        sample = sample_chi(rows[[index]], frequencies, one, 0.5, shift)
        counts[index] = np.histogram(sample.chi, bins, (0, 1), weights=sample.weights[0])[0]
    excess = counts[:, :-1] - 1 / bins  # the last bin is one minus the others
    mean, covariance = excess.mean(axis=0), np.cov(excess.T) / len(shifts)
    return chi2.sf(mean @ np.linalg.solve(covariance, mean), bins - 1)


def test_random_shifts_leave_chi_uniform_and_a_fixed_lattice_does_not():
    n_samples = 1500
    random_shifts = np.random.default_rng(15).random((n_samples, 2))
    assert histogram_p_value(random_shifts, 16) > 1e-3
    assert histogram_p_value(np.zeros((n_samples, 2)), 16) < 1e-6


@pytest.mark.parametrize(("n_angles", "bins"), [(1, 1000), (2, 64), (3, 48)])
def test_flat_distribution_gives_a_flat_histogram(n_angles, bins):
    """Every point of the grid is in the region: one of each of 10⁵ shifted grids is drawn."""
    rng = np.random.default_rng(21)
    frequencies = relative_frequencies((1,) * (n_angles + 1))
    points, n_shifts = chi_grid_points(frequencies, 0.95), 100_000
    drawn = lattice(n_angles, points)[rng.integers(points**n_angles, size=n_shifts)]
    shifts = rng.random((n_shifts, n_angles)) * 2 * pi / points

    def p_value(angles):
        values = chi(np.hstack([angles, np.zeros((n_shifts, 1))]))
        counts, _ = np.histogram(values, bins, (0, 1))
        return chisquare(counts).pvalue

    assert p_value(drawn + shifts) > 1e-3
    assert p_value(drawn) < 1e-6


def test_peak_of_the_frustrated_type_spans_the_stated_interval():
    frequencies = relative_frequencies((1, 1, 1))
    row = limit_coefficients(-0.02)[None]
    maximum = s_max(row, frequencies)
    inside = []
    for shift in np.random.default_rng(18).random((200, 2)):
        sample = sample_chi(row, frequencies, maximum, 0.95, shift)
        inside.append(sample.chi[sample.weights[0] > 0])
    values = np.concatenate(inside)
    peak = values[values < 0.6]
    assert peak.min() == pytest.approx(0.202, abs=0.003)
    assert peak.max() == pytest.approx(0.317, abs=0.003)


def test_chi_of_a_locked_pair_in_antiphase():
    """At r = 0.95 the cosine of the limit gives χ₂ uniform on [0.8989, 1], of mean 0.9495."""
    frequencies = relative_frequencies((0.5, 0.5))
    row = np.array([[1 / (2 * pi), -0.005]])
    sample = sample_chi(row, frequencies, s_max(row, frequencies), 0.95, np.array([0.4]))
    inside = sample.chi[sample.weights[0] > 0]
    assert inside.min() == pytest.approx(0.8989, abs=5e-4)
    assert inside.max() == pytest.approx(1.0, abs=5e-4)
    assert sample.weights[0] @ sample.chi == pytest.approx(0.9495, abs=5e-4)
