"""S_d, S_max and P_a of the states between the sectors, against their closed forms."""

from math import pi

import numpy as np
import pytest
from scipy.stats import ks_2samp

from syncsweep.physics.angle_lattice import lattice
from syncsweep.physics.ensembles import random_local_sum
from syncsweep.physics.limit_distribution import (
    chain_maxima,
    limit_distribution,
    probabilities_of_maxima,
    type_probabilities,
)
from syncsweep.physics.local_rates import rate_law
from syncsweep.physics.measures import local_maxima, s_max
from syncsweep.physics.models import spin1_chain
from syncsweep.physics.operator_solver import OperatorSolver
from syncsweep.physics.phase_distribution import evaluate, relative_phase_coefficients
from syncsweep.physics.sectors import sectors

INTERVALS = ((0, 1 / 8), (3 / 16, 5 / 16), (7 / 8, 1))
PAIR = limit_distribution(sectors("spin_half_pair"))
LAWS = {n: limit_distribution(sectors("spin1_chain", n_sites=n)) for n in (2, 3, 4, 5)}


@pytest.mark.parametrize(("n_sites", "even", "odd"), [(2, 2, 1), (3, 4, 3), (4, 10, 9)])
def test_b_weighs_the_two_central_sectors_of_a_chain(n_sites, even, odd):
    weights = LAWS[n_sites].weights
    np.testing.assert_allclose(weights[n_sites : n_sites + 2], [1 / even, -1 / odd], rtol=1e-12)
    np.testing.assert_allclose(np.delete(weights, [n_sites, n_sites + 1]), 0, atol=1e-12)


def test_b_of_the_pair_is_the_share_of_the_singlet():
    np.testing.assert_allclose(PAIR.weights, [0, 1], atol=1e-12)


@pytest.mark.parametrize(
    ("distribution", "positive", "negative"),
    [
        (LAWS[2], 1 / (8 * pi), 1 / (8 * pi)),
        (LAWS[3], 3 / (16 * pi**2), 3 / (32 * pi**2)),
        (LAWS[4], 27 / (128 * pi**3), 7 / (128 * pi**3)),
        (PAIR, pi / 32, pi / 32),
    ],
    ids=["chain2", "chain3", "chain4", "pair"],
)
def test_heights_are_the_analytic_ones_and_those_of_a_search(distribution, positive, negative):
    np.testing.assert_allclose(distribution.heights, [positive, negative], rtol=1e-14)
    both = distribution.coefficients(np.array([1.0, -1.0]))
    searched = s_max(both, distribution.frequencies).s_max
    np.testing.assert_allclose(searched, [positive, negative], rtol=1e-10)
    b = np.array([[2e-3, -3e-3], [0, -1]])
    expected = [[2e-3 * positive, 3e-3 * negative], [0, negative]]
    np.testing.assert_allclose(distribution.s_max(b), expected, rtol=1e-10)


@pytest.mark.parametrize(
    ("parts", "spins"),
    [(sectors("spin1_chain", n_sites=n), (1,) * n) for n in (2, 3, 4)]
    + [(sectors("spin_half_pair"), (0.5, 0.5))],
)
def test_coefficients_are_those_of_the_mixed_state(parts, spins):
    distribution = limit_distribution(parts)
    c = np.random.default_rng(1).dirichlet(np.ones(len(parts)), size=3)
    rho = np.tensordot(c, [part.steady_state for part in parts], 1)
    expected = relative_phase_coefficients(rho, spins)
    found = distribution.coefficients(c @ distribution.weights)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-15)


@pytest.mark.parametrize("n_sites", [2, 3, 4, 5, 8])
def test_the_distribution_is_the_mean_of_a_product_and_a_sum_of_symmetric_polynomials(n_sites):
    """And nowhere above the heights, nor below what they say of −b."""
    law = limit_distribution(sectors("spin1_chain", n_sites=n_sites))
    phi = np.random.default_rng(1).uniform(0, 2 * pi, (20, n_sites))
    phi[:, -1] = 0
    found = evaluate(law.coefficients(np.ones(1)), law.frequencies, phi[:, :-1])[0]
    u = (2 * pi) ** (1 - n_sites)
    theta = 2 * pi * np.arange(n_sites + 1) / (n_sites + 1)
    mean = np.prod(1 + np.cos(theta + 2 * phi[:, :, None]), axis=1).mean(axis=1)
    np.testing.assert_allclose(found, u + u / 2 * (mean - 1), rtol=1e-12)
    sums = [np.sum(np.abs(np.poly(np.exp(2j * one))) ** 2) for one in phi]
    np.testing.assert_allclose(mean, np.array(sums) / 2**n_sites, rtol=1e-12)
    assert (found - u < law.heights[0]).all() and (u - found < law.heights[1]).all()


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("n_sites", [2, 3, 4, 5, 6])
def test_the_distribution_is_largest_where_the_chains_maxima_are(n_sites, sign):
    law = limit_distribution(sectors("spin1_chain", n_sites=n_sites))
    b, maxima = np.array([0.1 * sign]), chain_maxima(n_sites, sign)
    assert len(np.unique(maxima.round(9), axis=0)) == len(maxima)
    heights = evaluate(law.coefficients(b), law.frequencies, maxima)[0] - (2 * pi) ** (1 - n_sites)
    np.testing.assert_allclose(heights, law.s_max(b)[0], rtol=1e-9)
    assert np.abs(maxima - law.maximum(b).angles).max(axis=1).min() < 1e-12
    assert ((maxima >= 0) & (maxima < 2 * pi)).all()


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("n_sites", [2, 3, 4])
def test_a_search_finds_these_maxima_and_no_others(n_sites, sign):
    law, b = LAWS[n_sites], np.array([0.1 * sign])
    found = local_maxima(law.coefficients(b), law.frequencies, law.s_max(b), 0.999)
    expected = chain_maxima(n_sites, sign)
    assert len(found.angles) == len(expected)
    apart = np.abs(np.exp(1j * found.angles[:, None]) - np.exp(1j * expected)).max(axis=2)
    assert apart.min(axis=1).max() < 1e-6


def test_the_chains_distribution_is_the_corrected_equation_8():
    angles = lattice(2, 7) + 0.3
    b = np.array([-0.01, 0.02])
    x, y = angles.T
    waves = np.cos(2 * x) + np.cos(2 * y) + np.cos(2 * (x - y))
    expected = 1 / (4 * pi**2) + b[:, None] / (16 * pi**2) * waves
    found = evaluate(LAWS[3].coefficients(b), LAWS[3].frequencies, angles)
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_the_pairs_distribution_is_the_corrected_equation_d5():
    angles = np.linspace(0, 6, 20)[:, None]
    found = evaluate(PAIR.coefficients(np.array([0.2])), PAIR.frequencies, angles)[0]
    expected = 1 / (2 * pi) - pi * 0.2 / 32 * np.cos(angles[:, 0])
    np.testing.assert_allclose(found, expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("threshold", "even", "frustrated", "tolerance"),
    [
        (0.80, (0.25, 0, 0.465), (0, 0.481, 0.167), 0.003),
        (0.90, (0.25, 0, 0.630), (0, 0.610, 0.227), 0.004),
        (0.95, (0.25, 0, 0.750), (0, 0.735, 0.250), 0.004),
        (0.97, (0.25, 0, 0.750), (0, 0.750, 0.250), 1e-9),
    ],
)
def test_probabilities_of_both_types(threshold, even, frustrated, tolerance):
    b = np.array([3e-4, -3e-4])
    rng = np.random.default_rng(2)
    sets = type_probabilities(LAWS[3], b, threshold, INTERVALS, rng, shifts=256)
    assert sets.shape == (16, 2, 3)
    np.testing.assert_allclose(sets.mean(axis=0), [even, frustrated], rtol=0, atol=tolerance)
    error = sets.std(axis=0, ddof=1) / 4
    assert error.max() < tolerance / 2 + 1e-12
    exact = np.array([even, frustrated])
    assert (np.abs(sets.mean(axis=0) - exact) < 4 * error + 6e-4).all()


@pytest.mark.parametrize(
    ("n_sites", "sign", "intervals", "expected"),
    [
        (2, 1, INTERVALS, [1 / 2, 0, 1 / 2]),
        (3, 1, INTERVALS, [1 / 4, 0, 3 / 4]),
        (3, -1, INTERVALS, [0, 3 / 4, 1 / 4]),
        (4, 1, INTERVALS, [1 / 8, 0, 7 / 8]),
        (4, -1, [(0.02, 0.3), (0.35, 0.9)], [1 / 2, 1 / 2]),
        (5, 1, INTERVALS, [1 / 16, 0, 15 / 16]),
        (5, -1, [(0.0, 0.18), (0.18, 0.6), (0.8, 1)], [5 / 16, 5 / 16, 3 / 8]),
    ],
)
def test_probabilities_for_thresholds_near_one_are_shares_of_maxima(
    n_sites, sign, intervals, expected
):
    found = probabilities_of_maxima(n_sites, sign, intervals)
    np.testing.assert_allclose(found, expected, atol=1e-12)
    sampled = type_probabilities(
        LAWS[n_sites], np.array([1e-3 * sign]), 0.99, intervals, np.random.default_rng(1), 16
    )
    np.testing.assert_allclose(
        sampled.mean(axis=(0, 1)), expected, atol=0.05 * (n_sites >= 4) + 0.01
    )


def test_probabilities_of_both_types_of_four_spins():
    """Against 13 million random points of the region (b > 0) and grids of 96³ points."""
    b, rng = np.array([3e-4, -3e-4]), np.random.default_rng(3)
    sets = type_probabilities(LAWS[4], b, 0.95, INTERVALS, rng, shifts=64)
    error = sets.std(axis=0, ddof=1) / 4
    exact = np.array([(0.125, 0, 0.7540), (0.125, 0.0127, 0)])
    assert error.max() < 2e-3
    assert (np.abs(sets.mean(axis=0) - exact) < 4 * error + 5e-4).all()


def test_the_pair_synchronizes_in_the_uppermost_interval_only():
    b = np.array([0.2])
    found = type_probabilities(PAIR, b, 0.95, INTERVALS, np.random.default_rng(0), shifts=64)
    np.testing.assert_allclose(found, np.broadcast_to([0, 0, 1], (16, 1, 3)), atol=1e-12)


@pytest.mark.parametrize("kind", ["bonds", "sites"])
def test_solved_samples_of_five_spins_follow_the_law(kind):
    """S_d of solved samples at η = 0 is that of one b, and b has the distribution of the law."""
    model, known = spin1_chain(5), sectors("spin1_chain", n_sites=5)
    solver, limit, rng = OperatorSolver(model), LAWS[5], np.random.default_rng(100)
    drawn = (random_local_sum(rng, model.spins, kind) for _ in range(60))
    rho = np.array([solver.solve(one, [0.0]).rho[0] for one in drawn])
    solved = relative_phase_coefficients(rho, model.spins)
    b = solved[:, 1:].real @ limit.shape[1:] / np.sum(limit.shape**2)
    np.testing.assert_allclose(
        solved, limit.coefficients(b), rtol=0, atol=1e-12 * solved[0, 0].real
    )
    expected = rate_law(known, kind).stationary_vectors(rng, 20_000) @ limit.weights
    assert ks_2samp(b, expected).pvalue > 1e-3
