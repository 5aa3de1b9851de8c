"""S_max and local maxima compared with brute force and with closed forms."""

from itertools import product
from math import comb, factorial, pi

import numpy as np
import pytest
from distributions import (
    chain_limit_coefficients,
    four_site_coefficients,
    limit_coefficients,
    random_coefficients,
)
from scipy.optimize import minimize

from syncsweep.physics.angle_lattice import lattice
from syncsweep.physics.chi import chi, pairwise_differences
from syncsweep.physics.measures import local_maxima, s_max, s_max_on_lattice
from syncsweep.physics.phase_distribution import (
    deviation,
    relative_frequencies,
    relative_phase_coefficients,
)


def brute_force_maximum(coefficients, frequencies, points):
    """Highest of the polished 40 best points of a fine grid, for one row."""
    grid = lattice(frequencies.shape[1], points)
    values = deviation(coefficients, frequencies, grid)
    scale = np.abs(coefficients[1:]).sum()
    k, tail = frequencies[1:], coefficients[1:] / scale

    def negative(at):
        wave = 2 * tail * np.exp(1j * (k @ at))
        return -wave.real.sum(), wave.imag @ k

    starts = grid[np.argsort(values)[-40:]]
    runs = [minimize(negative, start, jac=True, options={"gtol": 1e-9}) for start in starts]
    return -min(run.fun for run in runs) * scale


@pytest.mark.parametrize(("n_angles", "points"), [(1, 720), (2, 120), (3, 36)])
def test_s_max_of_random_distributions_is_the_brute_force_maximum(n_angles, points):
    frequencies = relative_frequencies((1,) * (n_angles + 1))
    n_rows = 5 if n_angles == 3 else 12
    rows = random_coefficients(n_angles, n_rows, frequencies)
    found = s_max(rows, frequencies)
    assert found.s_max.shape == (n_rows,)
    assert found.angles.shape == (n_rows, n_angles)
    on_lattice = s_max_on_lattice(rows, frequencies)
    assert np.all((0.9 * found.s_max <= on_lattice) & (on_lattice <= found.s_max * (1 + 1e-12)))
    for row, height, angles in zip(rows, found.s_max, found.angles, strict=True):
        assert height == pytest.approx(brute_force_maximum(row, frequencies, points), rel=1e-9)
        assert deviation(row, frequencies, angles[None])[0] == pytest.approx(height, rel=1e-12)
    assert np.all((found.angles >= 0) & (found.angles < 2 * pi))


def test_s_max_of_real_samples_is_the_brute_force_maximum(chain_states):
    frequencies = relative_frequencies((1, 1, 1))
    for states in chain_states[:3]:
        rows = relative_phase_coefficients(states.rho, (1, 1, 1))
        found = s_max(rows, frequencies)
        for row, height in zip(rows, found.s_max, strict=True):
            assert height == pytest.approx(brute_force_maximum(row, frequencies, 120), rel=1e-9)


def test_narrow_maxima_are_not_missed():
    """Highest harmonics alone, where the coarse grid is coarsest, at offsets off the grid."""
    frequencies = relative_frequencies((1, 1, 1))
    rng = np.random.default_rng(9)
    top = np.array([[2, 0], [0, 2], [2, -2], [2, -1], [1, -2], [1, 1]])
    for _ in range(30):
        row = np.zeros(len(frequencies), dtype=complex)
        row[0] = 1 / (4 * pi**2)
        for k in top:
            phase = np.exp(2j * pi * rng.random())
            row[frequencies.tolist().index(k.tolist())] = rng.random() * phase
        height = s_max(row[None], frequencies).s_max[0]
        assert height == pytest.approx(brute_force_maximum(row, frequencies, 96), rel=1e-9)


def test_s_max_of_a_cosine():
    frequencies = relative_frequencies((0.5, 0.5))
    phases = np.linspace(0, 2 * pi, 50)
    rows = np.stack([np.full(50, 1 / (2 * pi)), 0.01 * np.exp(1j * phases)], axis=1)
    found = s_max(rows, frequencies)
    np.testing.assert_allclose(found.s_max, 0.02, rtol=1e-14)
    np.testing.assert_allclose(np.cos(found.angles[:, 0] + phases), 1, atol=1e-14)


def test_s_max_of_a_uniform_distribution_is_zero():
    frequencies = relative_frequencies((1, 1, 1))
    rows = np.zeros((2, len(frequencies)), dtype=complex)
    rows[:, 0] = 1 / (4 * pi**2)
    np.testing.assert_array_equal(s_max(rows, frequencies).s_max, 0)


def test_s_max_of_nan_is_nan_and_leaves_the_other_rows_alone():
    frequencies = relative_frequencies((1, 1, 1))
    rows = random_coefficients(3, 3, frequencies)
    expected = s_max(rows, frequencies)
    rows[1] = np.nan
    found = s_max(rows, frequencies)
    assert np.isnan(found.s_max[1])
    assert np.all(np.isnan(found.angles[1]))
    np.testing.assert_allclose(found.s_max[[0, 2]], expected.s_max[[0, 2]], rtol=1e-14)


def test_maxima_of_short_waves_are_all_found():
    """As many as a fine grid shows."""
    frequencies = relative_frequencies((4, 4))
    rows = random_coefficients(3, 60, frequencies)
    top = s_max(rows, frequencies).s_max
    found = local_maxima(rows, frequencies, top, 0.3)
    heights = deviation(rows, frequencies, np.linspace(0, 2 * pi, 20_000, endpoint=False)[:, None])
    above = heights >= 0.3 * top[:, None]
    tops = (
        above & (heights > np.roll(heights, 1, axis=1)) & (heights > np.roll(heights, -1, axis=1))
    )
    assert np.bincount(found.owner, minlength=60).tolist() == tops.sum(axis=1).tolist()


@pytest.mark.parametrize("spins", [(4, 4), (2, 1.5, 1.5), (1.5, 1, 1, 0.5)])
def test_highest_maximum_is_found_among_short_waves(spins):
    """Held against the best of many climbs by another method."""
    frequencies = relative_frequencies(spins)
    rng = np.random.default_rng(31)
    k, n_k = frequencies[1:], len(frequencies)
    for _ in range(3):
        row = (rng.standard_normal(n_k) + 1j * rng.standard_normal(n_k)) / n_k
        row[0] = 1.0

        def height(at, s=row[1:]):
            wave = 2 * s * np.exp(1j * (k @ at))
            return -wave.real.sum(), wave.imag @ k

        starts = rng.uniform(0, 2 * pi, (4000, k.shape[1]))
        best = starts[np.argsort([height(start)[0] for start in starts])[:20]]
        highest = max(-minimize(height, start, jac=True, method="BFGS").fun for start in best)
        found = s_max(row[None], frequencies)
        assert found.s_max[0] == pytest.approx(highest, rel=1e-10)
        assert -height(found.angles[0])[0] == pytest.approx(highest, rel=1e-10)


def test_all_maxima_of_four_spins_for_b_above_zero():
    """Eight: every difference 0 or π, of which one has χ₄ = 0 and seven have 1."""
    row, frequencies = four_site_coefficients(0.01), relative_frequencies((1, 1, 1, 1))
    found = local_maxima(row[None], frequencies, s_max(row[None], frequencies).s_max, 0.99)
    assert found.owner.tolist() == [0] * 8
    expected = sorted(product([0, 1], repeat=3))
    turns = np.rint(found.angles / pi)
    np.testing.assert_allclose(found.angles, turns * pi, atol=1e-6)
    assert sorted(map(tuple, np.mod(turns, 2).astype(int).tolist())) == expected
    values = chi(np.hstack([found.angles, np.zeros((8, 1))]))
    np.testing.assert_allclose(np.sort(values), [0] + [1] * 7, atol=1e-5)


def test_all_maxima_of_four_spins_for_b_below_zero():
    """48: the doubled angles are equally spaced; χ₄ = 1/8 or (5/6)³ and |Δφ| = π/4, π/2, 3π/4."""
    row, frequencies = four_site_coefficients(-0.01), relative_frequencies((1, 1, 1, 1))
    maximum = s_max(row[None], frequencies)
    assert maximum.s_max[0] == pytest.approx(7 * 0.01 / (128 * pi**3), rel=1e-12)
    found = local_maxima(row[None], frequencies, maximum.s_max, 0.99)
    assert len(found.angles) == 48
    configurations = np.hstack([found.angles, np.zeros((48, 1))])
    doubled = np.sort(np.mod(2 * configurations, 2 * pi) % (2 * pi - 1e-4), axis=1)
    np.testing.assert_allclose(np.diff(doubled, axis=1), pi / 2, atol=2e-4)
    values = np.sort(chi(configurations))
    np.testing.assert_allclose(values, [1 / 8] * 24 + [(5 / 6) ** 3] * 24, atol=1e-4)
    differences = np.sort(pairwise_differences(configurations), axis=None)
    expected = np.repeat([pi / 4, pi / 2, 3 * pi / 4], 96)
    np.testing.assert_allclose(differences, expected, atol=1e-4)


def test_local_maxima_are_those_above_the_share_that_is_asked_for():
    """cos 2φ + a·cos φ: maxima at 0 and π, of heights 1 + a and 1 − a."""
    frequencies = relative_frequencies((1, 1))
    assert frequencies.tolist() == [[0], [1], [2]]
    row = np.array([[1 / (2 * pi), 0.05, 0.5], [1 / (2 * pi), 0.0, np.nan]], dtype=complex)
    height = s_max(row, frequencies).s_max
    assert height[0] == pytest.approx(1.1)
    both = local_maxima(row, frequencies, height, 0.9 / 1.1 - 1e-9)
    np.testing.assert_allclose(np.sort(both.angles[:, 0]) % (2 * pi), [0, pi], atol=1e-6)
    assert both.owner.tolist() == [0, 0]
    one = local_maxima(row, frequencies, height, 0.9 / 1.1 + 1e-9)
    assert np.cos(one.angles).ravel() == pytest.approx([1])


def test_saddles_on_the_grid_are_no_maxima():
    """b < 0 for three spins: eight maxima, where the angles are π/3 apart, whatever the share."""
    row, frequencies = limit_coefficients(-0.02), relative_frequencies((1, 1, 1))
    height = s_max(row[None], frequencies).s_max
    for share in (0.95, 0.6, 0.3):
        found = local_maxima(row[None], frequencies, height, share)
        assert len(found.angles) == 8
        np.testing.assert_allclose(deviation(row, frequencies, found.angles), height[0], rtol=1e-9)


def test_a_saddle_that_no_neighbour_on_the_grid_overtops_is_no_maximum():
    """cos φ₁ + cos φ₂ + cos(φ₁−φ₂) − cos(φ₁+φ₂) rises from 2 at 0 to 5/2 at ±(π/3, π/3)."""
    frequencies = relative_frequencies((1, 1, 1))
    row = np.zeros(len(frequencies), dtype=complex)
    row[0] = 1 / (4 * pi**2)
    for k, value in (([1, 0], 0.5), ([0, 1], 0.5), ([1, -1], 0.5), ([1, 1], -0.5)):
        row[frequencies.tolist().index(k)] = value
    found = local_maxima(row[None], frequencies, s_max(row[None], frequencies).s_max, 0.7)
    expected = [[pi / 3, pi / 3], [5 * pi / 3, 5 * pi / 3]]
    np.testing.assert_allclose(sorted(found.angles.tolist()), expected, atol=1e-6)


def test_a_maximum_between_points_of_the_grid_is_found_once():
    frequencies = relative_frequencies((0.5, 0.5))
    phases = (np.arange(24) + 0.5) * 2 * pi / 24
    rows = np.stack([np.full(24, 1 / (2 * pi)), 0.01 * np.exp(-1j * phases)], axis=1)
    found = local_maxima(rows, frequencies, s_max(rows, frequencies).s_max, 0.9)
    assert found.owner.tolist() == list(range(24))
    np.testing.assert_allclose(found.angles[:, 0], phases, atol=1e-6)


def dense_maxima(row, frequencies, lowest):
    """All maxima above a height: Newton's method from the tops of a fine grid, for two angles."""
    points, k = 384, frequencies[1:]
    angles = lattice(2, points)
    grid = deviation(row[None], frequencies, angles)[0].reshape(points, points)
    around = [s for s in product((-1, 0, 1), repeat=2) if any(s)]
    tops = np.all([grid >= np.roll(grid, shift, (0, 1)) for shift in around], axis=0)
    found = angles[(tops & (grid > 0.9 * lowest)).ravel()]
    for _ in range(30):
        wave = 2 * row[1:] * np.exp(1j * (found @ k.T))
        hessian = -np.einsum("nk,ka,kb->nab", wave.real, k, k)
        found = found + np.linalg.solve(hessian, (wave.imag @ k)[:, :, None])[:, :, 0]
    arrived = np.abs(wave.imag @ k).max(axis=1) < 1e-12
    curved = np.linalg.eigvalsh(hessian)[:, -1] < 0
    found = found[arrived & curved & (deviation(row[None], frequencies, found)[0] >= lowest)]
    distances = np.abs(np.mod(found[:, None] - found + pi, 2 * pi) - pi).max(axis=-1)
    return found[~np.any(np.tril(distances < 1e-5, -1), axis=1)]


@pytest.mark.parametrize(
    ("spins", "share", "among"),
    [
        ((1, 1, 1), 0.5, [327, 362, 398, *range(20)]),
        ((1, 1, 1), 0.3, [51, 327, *range(20, 40)]),
        ((2, 2, 0.5), 0.5, [27, 36, 90, 309, 374]),
        ((2, 2, 0.5), 0.3, [27, 36, 85, 86, 90, 102, 119, 136, 318, *range(20)]),
    ],
)
def test_local_maxima_are_those_of_a_slow_dense_search(spins, share, among):
    """Also maxima on narrow ridges, oblique to the grid or bent, which simple searches miss."""
    frequencies = relative_frequencies(spins)
    rows = random_coefficients(8, 400, frequencies)[among]
    top = s_max(rows, frequencies).s_max
    found = local_maxima(rows, frequencies, top, share)
    for index, row in enumerate(rows):
        expected = dense_maxima(row, frequencies, share * top[index])
        ours = found.angles[found.owner == index]
        distances = np.abs(np.mod(ours[:, None] - expected + pi, 2 * pi) - pi).max(axis=-1)
        assert distances.shape == (len(expected), len(expected))
        assert np.all(distances.min(axis=0) < 1e-5)


@pytest.mark.parametrize("n_sites", [2, 3, 4, 5, 6])
def test_s_max_of_the_limit_is_its_closed_form(n_sites):
    """C(2N, N)/2^N − 1 for b > 0 and 1 − 2^{1−N} for b < 0, times (|b|/2)(2π)^{1−N}."""
    moved = np.random.default_rng(3).uniform(0, 2 * pi, n_sites - 1)
    frequencies = relative_frequencies((1,) * n_sites)
    rows = np.array([chain_limit_coefficients(n_sites, b, moved) for b in (2e-3, -2e-3)])
    found = s_max(rows, frequencies)
    expected = np.array([comb(2 * n_sites, n_sites) / 2**n_sites - 1, 1 - 2 ** (1 - n_sites)])
    np.testing.assert_allclose(found.s_max, 1e-3 * (2 * pi) ** (1 - n_sites) * expected, rtol=1e-12)
    doubled = np.mod(2 * np.column_stack([found.angles - moved, [0, 0]]) + 1e-4, 2 * pi) - 1e-4
    np.testing.assert_allclose(doubled[0], 0, atol=1e-6)
    spaced = 2 * pi * np.arange(n_sites) / n_sites
    np.testing.assert_allclose(np.sort(doubled[1]), spaced, atol=1e-6)


@pytest.mark.parametrize(("n_sites", "share"), [(5, 0.99), (5, 0.6), (6, 0.99)])
@pytest.mark.parametrize("is_moved", [False, True])
def test_all_maxima_of_the_limit_are_found(n_sites, share, is_moved):
    """2^{N−1} for b > 0, and (N−1)! as many for b < 0, wherever they lie between grid points."""
    moved = is_moved * np.random.default_rng(4).uniform(0, 2 * pi, n_sites - 1)
    frequencies = relative_frequencies((1,) * n_sites)
    rows = np.array([chain_limit_coefficients(n_sites, b, moved) for b in (2e-3, -2e-3)])
    found = local_maxima(rows, frequencies, s_max(rows, frequencies).s_max, share)
    of_each = [2 ** (n_sites - 1), factorial(n_sites - 1) * 2 ** (n_sites - 1)]
    assert np.bincount(found.owner).tolist() == of_each


@pytest.mark.parametrize(
    ("spins", "n_rows"), [((1,) * 5, 4), ((1,) * 6, 2), ((1.5, 1, 1, 0.5, 1), 2)]
)
def test_no_climb_from_a_random_point_is_higher_than_s_max_of_many_angles(spins, n_rows):
    frequencies = relative_frequencies(spins)
    rows = random_coefficients(17, n_rows, frequencies)
    found, k = s_max(rows, frequencies), frequencies[1:]
    starts = np.random.default_rng(18).uniform(0, 2 * pi, (2000, len(spins) - 1))
    for row, highest, angles in zip(rows, found.s_max, found.angles, strict=True):
        assert deviation(row, frequencies, angles[None])[0] == pytest.approx(highest, rel=1e-12)

        def height(at, s=row[1:] / highest):
            wave = 2 * s * np.exp(1j * (k @ at))
            return -wave.real.sum(), wave.imag @ k

        best = starts[np.argsort(-deviation(row, frequencies, starts))[:100]]
        climbs = [-minimize(height, start, jac=True, method="BFGS").fun for start in best]
        assert max(climbs) == pytest.approx(1, rel=1e-9)


def test_many_angles_of_a_uniform_distribution_or_of_nan():
    frequencies = relative_frequencies((1,) * 5)
    rows = random_coefficients(19, 3, frequencies)
    rows[0, 1:], rows[1] = 0, np.nan
    found = s_max(rows, frequencies)
    assert found.s_max[0] == 0 and np.isnan(found.s_max[1])
    alone = s_max(rows[2:], frequencies)
    assert found.s_max[2] == alone.s_max[0]
    assert set(local_maxima(rows[1:], frequencies, found.s_max[1:], 0.9).owner.tolist()) == {1}
    np.testing.assert_array_equal(np.isnan(s_max_on_lattice(rows, frequencies)), [0, 1, 0])
