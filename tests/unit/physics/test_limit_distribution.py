"""S_d, S_max and P_a of the states between the sectors, against their closed forms."""

from math import pi

import numpy as np
import pytest

from syncsweep.physics.angle_lattice import lattice
from syncsweep.physics.limit_distribution import limit_distribution, type_probabilities
from syncsweep.physics.models import spin1_chain, spin_half_pair
from syncsweep.physics.phase_distribution import evaluate, relative_phase_coefficients
from syncsweep.physics.weak_limit import Sector, sectors

INTERVALS = ((0, 1 / 8), (3 / 16, 5 / 16), (7 / 8, 1))
CHAIN, PAIR = spin1_chain(3), spin_half_pair()


def law_of(model):
    return limit_distribution(sectors(model), model.spins)


@pytest.fixture(scope="module")
def chain():
    return law_of(CHAIN)


@pytest.mark.parametrize(("n_sites", "even", "odd"), [(2, 2, 1), (3, 4, 3), (4, 10, 9)])
def test_b_weighs_the_two_central_sectors_of_a_chain(n_sites, even, odd):
    weights = law_of(spin1_chain(n_sites)).weights
    np.testing.assert_allclose(weights[n_sites : n_sites + 2], [1 / even, -1 / odd], rtol=1e-12)
    np.testing.assert_allclose(np.delete(weights, [n_sites, n_sites + 1]), 0, atol=1e-12)


def test_b_of_the_pair_is_the_share_of_the_singlet():
    np.testing.assert_allclose(law_of(PAIR).weights, [0, 1], atol=1e-12)


@pytest.mark.parametrize(
    ("model", "positive", "negative"),
    [
        (spin1_chain(2), 1 / (8 * pi), 1 / (8 * pi)),
        (CHAIN, 3 / (16 * pi**2), 3 / (32 * pi**2)),
        (spin1_chain(4), 27 / (128 * pi**3), 7 / (128 * pi**3)),
        (PAIR, pi / 32, pi / 32),
    ],
    ids=["chain2", "chain3", "chain4", "pair"],
)
def test_heights_are_the_analytic_ones(model, positive, negative):
    distribution = law_of(model)
    np.testing.assert_allclose(distribution.heights, [positive, negative], rtol=1e-10)
    b = np.array([[2e-3, -3e-3], [0, -1]])
    expected = [[2e-3 * positive, 3e-3 * negative], [0, negative]]
    np.testing.assert_allclose(distribution.s_max(b), expected, rtol=1e-10)


def test_coefficients_are_those_of_the_mixed_state():
    for model in (CHAIN, PAIR):
        parts = sectors(model)
        distribution = law_of(model)
        c = np.random.default_rng(1).dirichlet(np.ones(len(parts)), size=3)
        rho = np.tensordot(c, [part.steady_state for part in parts], 1)
        expected = relative_phase_coefficients(rho, model.spins)
        found = distribution.coefficients(c @ distribution.weights)
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-15)


def test_the_chains_distribution_is_the_corrected_equation_8(chain):
    angles = lattice(2, 7) + 0.3
    b = np.array([-0.01, 0.02])
    x, y = angles.T
    waves = np.cos(2 * x) + np.cos(2 * y) + np.cos(2 * (x - y))
    expected = 1 / (4 * pi**2) + b[:, None] / (16 * pi**2) * waves
    found = evaluate(chain.coefficients(b), chain.frequencies, angles)
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_the_pairs_distribution_is_the_corrected_equation_d5():
    law = law_of(PAIR)
    angles = np.linspace(0, 6, 20)[:, None]
    found = evaluate(law.coefficients(np.array([0.2])), law.frequencies, angles)[0]
    expected = 1 / (2 * pi) - pi * 0.2 / 32 * np.cos(angles[:, 0])
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_sectors_that_differ_in_two_functions_are_refused():
    rng = np.random.default_rng(0)
    unitary = np.linalg.qr(rng.standard_normal((4, 4)) + 1j * rng.standard_normal((4, 4)))[0]
    parts = [Sector(str(i), column, column) for i, column in enumerate(unitary.T[:, :, None])]
    with pytest.raises(ValueError, match="differ in one function"):
        limit_distribution(parts, (0.5, 0.5))


@pytest.mark.parametrize(
    ("threshold", "even", "frustrated", "tolerance"),
    [
        (0.80, (0.25, 0, 0.465), (0, 0.481, 0.167), 0.003),
        (0.90, (0.25, 0, 0.630), (0, 0.610, 0.227), 0.004),
        (0.95, (0.25, 0, 0.750), (0, 0.735, 0.250), 0.004),
        (0.97, (0.25, 0, 0.750), (0, 0.750, 0.250), 1e-9),
    ],
)
def test_probabilities_of_both_types(chain, threshold, even, frustrated, tolerance):
    b = np.array([3e-4, -3e-4])
    rng = np.random.default_rng(2)
    sets = type_probabilities(chain, b, threshold, INTERVALS, rng, shifts=256)
    assert sets.shape == (16, 2, 3)
    np.testing.assert_allclose(sets.mean(axis=0), [even, frustrated], rtol=0, atol=tolerance)
    error = sets.std(axis=0, ddof=1) / 4
    assert error.max() < tolerance / 2 + 1e-12
    exact = np.array([even, frustrated])
    assert (np.abs(sets.mean(axis=0) - exact) < 4 * error + 6e-4).all()


def test_probabilities_of_both_types_of_four_spins():
    """Against 13 million random points of the region (b > 0) and grids of 96³ points."""
    b, rng = np.array([3e-4, -3e-4]), np.random.default_rng(3)
    sets = type_probabilities(law_of(spin1_chain(4)), b, 0.95, INTERVALS, rng, shifts=64)
    error = sets.std(axis=0, ddof=1) / 4
    exact = np.array([(0.125, 0, 0.7540), (0.125, 0.0127, 0)])
    assert error.max() < 2e-3
    assert (np.abs(sets.mean(axis=0) - exact) < 4 * error + 5e-4).all()


def test_the_pair_synchronizes_in_the_uppermost_interval_only():
    b = np.array([0.2])
    found = type_probabilities(
        law_of(PAIR), b, 0.95, INTERVALS, np.random.default_rng(0), shifts=64
    )
    np.testing.assert_allclose(found, np.broadcast_to([0, 0, 1], (16, 1, 3)), atol=1e-12)
