"""S_d: frequencies, site weights, brute-force Husimi integrals, and the sector states."""

from itertools import product
from math import comb, pi, sqrt

import numpy as np
import pytest
from scipy.linalg import expm
from states import random_state, sector_projectors

from syncsweep.config.physics import dimension
from syncsweep.physics.models import spin1_chain
from syncsweep.physics.phase_distribution import (
    deviation,
    evaluate,
    phase_coefficients,
    phase_frequencies,
    relative_frequencies,
    relative_phase_coefficients,
)
from syncsweep.physics.spins import lowering, magnetizations, raising


def coefficient(rho, spins, frequency):
    index = relative_frequencies(spins).tolist().index(list(frequency))
    return relative_phase_coefficients(rho, spins)[index]


def coherence(ket, bra, spins):
    """|ket⟩⟨bra| in magnetic quantum numbers."""
    states = list(product(*map(magnetizations, spins)))
    matrix = np.zeros((len(states), len(states)), dtype=complex)
    matrix[states.index(ket), states.index(bra)] = 1.0
    return matrix


def husimi_s_d(rho, spins, angles, n_theta):
    """Eqs. 2 and A1-A3 by quadrature, with the factor ∏ (2S+1)/4π that A3 lacks."""
    nodes, weights = np.polynomial.legendre.leggauss(n_theta)
    thetas, weights = (nodes + 1) * pi / 2, weights * pi / 2
    # Of each site the columns e^{−iθS^y}|S⟩ on the grid of θ, and the measure.
    tilted, measures = [], []
    for spin in spins:
        y = (raising(spin) - lowering(spin)) / 2j
        tilted.append(np.array([expm(-1j * theta * y)[:, 0] for theta in thetas]))
        measures.append((2 * spin + 1) / (4 * pi) * weights * np.sin(thetas))
    n_turns = int(4 * sum(spins)) + 1  # more points than the highest harmonic in φ_N
    total = np.zeros(len(angles))
    for index, relative in enumerate(angles):
        for last in 2 * pi * np.arange(n_turns) / n_turns:
            states, measure = np.ones((1, 1)), np.ones(1)
            phis = [*(relative + last), last]
            for spin, phi, columns, of_site in zip(spins, phis, tilted, measures, strict=True):
                rotated = columns * np.exp(-1j * phi * magnetizations(spin))
                states = np.einsum("pi,qj->pqij", states, rotated).reshape(
                    len(states) * n_theta, -1
                )
                measure = np.outer(measure, of_site).ravel()
            q = np.einsum("pi,ij,pj->p", states.conj(), rho, states).real
            total[index] += measure @ q * 2 * pi / n_turns
    return total


@pytest.mark.parametrize(
    ("spins", "n_real"),
    [
        ((0.5, 0.5), 3),
        ((1, 1), 5),
        ((1, 1, 1), 19),
        ((1, 1, 1, 1), 85),
        ((1,) * 5, 381),
        ((1,) * 6, 1751),
        ((0.5, 0.5, 0.5), 7),
        ((1, 0.5), 3),  # no wave is shorter than the smaller spin allows
        ((0.5, 1, 0.5), 9),
    ],
)
def test_number_of_frequencies(spins, n_real):
    frequencies = relative_frequencies(spins)
    assert 2 * len(frequencies) - 1 == n_real
    assert frequencies.shape[1] == len(spins) - 1


@pytest.mark.parametrize(
    "spins",
    [(0.5, 0.5), (1, 1), (1.5, 1.5), (1, 1, 1), (1, 1, 1, 1), (1, 0.5), (0.5, 1, 1.5), (2, 0.5, 1)],
)
def test_one_of_each_pair_of_frequencies_is_listed_in_order(spins):
    frequencies = [tuple(k) for k in relative_frequencies(spins).tolist()]
    # What a coherence between two product states turns by, when it leaves Σφ alone.
    levels = [magnetizations(spin) for spin in spins]
    everything = {
        tuple(int(ket - bra) for ket, bra in zip(kets, bras, strict=True))[:-1]
        for kets in product(*levels)
        for bras in product(*levels)
        if sum(kets) == sum(bras)
    }
    negatives = [tuple(-entry for entry in k) for k in frequencies]
    assert set(frequencies) | set(negatives) == everything
    assert len(everything) == 2 * len(frequencies) - 1
    assert not any(frequencies[0])
    assert frequencies[1:] == sorted(frequencies[1:])
    assert all(next(entry for entry in k if entry) > 0 for k in frequencies[1:])


def test_one_site_has_no_angle_difference():
    for refused in (lambda: relative_frequencies((1,)), lambda: phase_frequencies(())):
        with pytest.raises(ValueError, match="`spins`"):
            refused()
    with pytest.raises(ValueError, match="`spins`"):
        relative_phase_coefficients(np.eye(3), (1,))


def test_site_weights_of_spin_1():
    # ∫dφ_N gives 2π, the sites one weight each: 1/2π, 1/4π and 3/16√2.
    uniform = coefficient(coherence((1, 0), (1, 0), (1, 1)), (1, 1), [0])
    assert uniform == pytest.approx(2 * pi * (1 / (2 * pi)) ** 2, rel=1e-14)
    double = coefficient(coherence((1, -1), (-1, 1), (1, 1)), (1, 1), [2])
    assert double == pytest.approx(2 * pi * (1 / (4 * pi)) ** 2, rel=1e-14)
    for ket, bra in (((1, 0), (0, 1)), ((0, -1), (-1, 0)), ((1, -1), (0, 0)), ((0, 0), (-1, 1))):
        single = coefficient(coherence(ket, bra, (1, 1)), (1, 1), [1])
        assert single == pytest.approx(2 * pi * (3 / (16 * sqrt(2))) ** 2, rel=1e-14)


def test_site_weights_of_spin_half():
    uniform = coefficient(np.diag([1.0, 0, 0, 0]), (0.5, 0.5), [0])
    assert uniform == pytest.approx(1 / (2 * pi), rel=1e-14)
    flip = coefficient(coherence((0.5, -0.5), (-0.5, 0.5), (0.5, 0.5)), (0.5, 0.5), [1])
    assert flip == pytest.approx(2 * pi / 64, rel=1e-14)


def test_site_weights_of_two_spins_are_those_of_each():
    flip = coefficient(coherence((0, 0.5), (1, -0.5), (1, 0.5)), (1, 0.5), [1])
    assert flip == 0  # stands at its opposite
    flip = coefficient(coherence((1, -0.5), (0, 0.5), (1, 0.5)), (1, 0.5), [1])
    assert flip == pytest.approx(2 * pi * 3 / (16 * sqrt(2)) / 8, rel=1e-14)


@pytest.mark.parametrize(
    ("spins", "n_theta"),
    [
        ((0.5, 0.5), 20),
        ((1, 1), 24),
        ((1.5, 1.5), 24),
        ((1, 0.5), 24),
        ((0.5, 1), 24),
        ((2, 1.5), 28),
    ],
)
def test_s_d_of_two_sites_is_the_integral_of_the_husimi_function(spins, n_theta):
    rho = random_state(dimension(spins), 1)
    angles = np.array([[0.0], [0.3], [1.7], [4.0], [6.1]])
    expected = husimi_s_d(rho, spins, angles, n_theta)
    s_d = evaluate(relative_phase_coefficients(rho, spins), relative_frequencies(spins), angles)
    np.testing.assert_allclose(s_d, expected, rtol=1e-12)


@pytest.mark.parametrize("spins", [(1, 1, 1), (0.5, 1, 1.5), (1, 0.5, 0.5)])
def test_s_d_of_three_sites_is_the_integral_of_the_husimi_function(spins):
    rho = random_state(dimension(spins), 2)
    angles = np.array([[0.3, 1.1], [4.4, 0.7]])
    expected = husimi_s_d(rho, spins, angles, 12)
    s_d = evaluate(relative_phase_coefficients(rho, spins), relative_frequencies(spins), angles)
    np.testing.assert_allclose(s_d, expected, rtol=1e-11)


@pytest.mark.parametrize(
    "spins", [(0.5, 0.5), (1, 1), (1, 1, 1), (1, 1, 1, 1), (1, 0.5, 2), (1,) * 6]
)
def test_diagonal_states_are_uniform(spins):
    n_sites, dim = len(spins), dimension(spins)
    populations = np.random.default_rng(3).dirichlet(np.ones(dim))
    coefficients = relative_phase_coefficients(np.diag(populations), spins)
    assert coefficients[0] == pytest.approx((2 * pi) ** (1 - n_sites), rel=1e-13)
    np.testing.assert_array_equal(coefficients[1:], 0)


@pytest.mark.parametrize("spins", [(0.5, 0.5), (1, 1), (1, 1, 1), (1, 0.5, 1.5)])
def test_s_d_integrates_to_one(spins):
    n_sites, rho = len(spins), random_state(dimension(spins), 4)
    points = 8  # exact for harmonics below 8
    axis = 2 * pi * np.arange(points) / points
    angles = np.array(list(product(axis, repeat=n_sites - 1)))
    s_d = evaluate(relative_phase_coefficients(rho, spins), relative_frequencies(spins), angles)
    assert s_d.sum() * (2 * pi / points) ** (n_sites - 1) == pytest.approx(1.0, rel=1e-13)
    assert s_d.min() > 0


def test_local_rotations_about_z_shift_the_angles():
    rho, alpha = random_state(27, 5), np.array([0.4, 1.9, -0.8])
    m = np.array(list(product([1, 0, -1], repeat=3)))
    u = np.exp(-1j * (m @ alpha))
    rotated = u[:, None] * rho * u.conj()
    angles = np.array([[0.3, 1.1], [2.0, 5.0], [4.4, 0.7]])
    frequencies = relative_frequencies((1, 1, 1))
    before = evaluate(
        relative_phase_coefficients(rho, (1, 1, 1)), frequencies, angles - (alpha[:2] - alpha[2])
    )
    after = evaluate(relative_phase_coefficients(rotated, (1, 1, 1)), frequencies, angles)
    np.testing.assert_allclose(after, before, rtol=1e-12)


def test_coefficients_of_a_batch_are_those_of_its_members():
    states = np.array([[random_state(9, seed) for seed in range(3)]])
    batch = relative_phase_coefficients(states, (1, 1))
    assert batch.shape == (1, 3, 3)
    for seed in range(3):
        alone = relative_phase_coefficients(random_state(9, seed), (1, 1))
        np.testing.assert_allclose(batch[0, seed], alone, rtol=1e-14)


def test_deviation_keeps_what_a_difference_of_densities_would_lose():
    coefficients = np.array([1 / (2 * pi), 1e-20 * np.exp(0.3j)])
    angles = np.array([[0.0], [1.0]])
    small = deviation(coefficients, relative_frequencies((0.5, 0.5)), angles)
    np.testing.assert_allclose(small, 2e-20 * np.cos(angles[:, 0] + 0.3), rtol=1e-12)
    np.testing.assert_allclose(
        evaluate(coefficients, relative_frequencies((0.5, 0.5)), angles), 1 / (2 * pi), rtol=1e-15
    )


def test_a_state_of_another_size_is_refused():
    with pytest.raises(ValueError, match="`rho`"):
        relative_phase_coefficients(np.eye(9), (1, 1, 1))


def limit_states(n_sites, count=6):
    """Random mixtures of the sector states with their c₀₊ and c₀₋."""
    projectors = sector_projectors(spin1_chain(n_sites)).values()
    states = np.array([p / np.trace(p) for p in projectors])
    rng = np.random.default_rng(6)
    for _ in range(count):
        c = rng.dirichlet(np.ones(len(states)))
        yield c[0], c[1], np.tensordot(c, states, axes=1)


def test_entries_of_eq_7_are_those_of_the_errata():
    states = [tuple(m) for m in product([1, 0, -1], repeat=3)]
    for c_even, c_odd, rho in limit_states(3):
        b = c_even / 4 - c_odd / 3
        expected = np.zeros((27, 27))
        for ket in ((1, -1, 0), (0, 1, -1), (-1, 0, 1)):
            i, j = states.index(ket), states.index(tuple(-m for m in ket))
            expected[i, j] = expected[j, i] = b / 2
        np.testing.assert_allclose(rho - np.diag(np.diag(rho)), expected, atol=1e-15)


def test_s_d_of_five_and_six_spins_in_a_product_state_is_that_of_its_parts():
    """Spins that are not correlated with a pair, and have no coherence, leave its S_d as it is."""
    pair = random_state(9, 7)
    of_pair = relative_phase_coefficients(pair, (1, 1))
    for n_sites in (5, 6):
        others = np.diag(np.random.default_rng(8).dirichlet(np.ones(3 ** (n_sites - 2))))
        rho = np.kron(others, pair)
        found = relative_phase_coefficients(rho, (1,) * n_sites)
        frequencies = relative_frequencies((1,) * n_sites)
        expected = np.zeros(len(frequencies), complex)
        for k, value in zip(([0], [1], [2]), of_pair, strict=True):
            expected[frequencies.tolist().index([0] * (n_sites - 2) + k)] = value
        np.testing.assert_allclose(found, expected * (2 * pi) ** (2 - n_sites), atol=1e-18)


def husimi_s(rho, spins, angles, n_theta=24):
    """S of each of `angles` (n, N) by quadrature of Eq. A3 over all θ, with the factor it lacks."""
    nodes, weights = np.polynomial.legendre.leggauss(n_theta)
    thetas, weights = (nodes + 1) * pi / 2, weights * pi / 2
    found = []
    for phis in angles:
        total = 0.0
        for places in product(range(n_theta), repeat=len(spins)):
            state, measure = np.ones(1), 1.0
            for spin, phi, place in zip(spins, phis, places, strict=True):
                y = (raising(spin) - lowering(spin)) / 2j
                turned = (
                    np.exp(-1j * phi * magnetizations(spin)) * expm(-1j * thetas[place] * y)[:, 0]
                )
                state = np.kron(state, turned)
                measure *= (2 * spin + 1) / (4 * pi) * weights[place] * np.sin(thetas[place])
            total += measure * (state.conj() @ rho @ state).real
        found.append(total)
    return np.array(found)


@pytest.mark.parametrize("spins", [(0.5,), (1,), (2,), (0.5, 0.5), (1, 0.5)])
def test_s_is_the_integral_of_the_husimi_function_over_theta(spins):
    rho = random_state(dimension(spins), 9)
    angles = np.random.default_rng(1).uniform(0, 2 * pi, (3, len(spins)))
    s = evaluate(phase_coefficients(rho, spins), phase_frequencies(spins), angles)
    n_theta = 24 if len(spins) == 1 else 14
    np.testing.assert_allclose(s, husimi_s(rho, spins, angles, n_theta), rtol=1e-11)


@pytest.mark.parametrize("spins", [(0.5, 0.5), (1, 1), (1, 0.5, 1), (1, 1, 1, 1), (0.5,) * 4])
def test_s_integrated_over_the_common_angle_is_s_d(spins):
    """Eq. 2: all that is left of S are the frequencies that add up to 0."""
    rho = random_state(dimension(spins), 10)
    k, s = phase_frequencies(spins), phase_coefficients(rho, spins)
    left = k.sum(axis=1) == 0
    np.testing.assert_array_equal(k[left][:, :-1], relative_frequencies(spins))
    np.testing.assert_allclose(
        2 * pi * s[left], relative_phase_coefficients(rho, spins), rtol=1e-13, atol=1e-16
    )


@pytest.mark.parametrize("spins", [(0.5,), (1,), (3,), (1, 0.5), (1, 1, 0.5)])
def test_s_integrates_to_one_and_has_all_frequencies_once(spins):
    rho, k = random_state(dimension(spins), 11), phase_frequencies(spins)
    both = {tuple(one) for one in np.vstack([k, -k]).tolist()}
    assert both == set(product(*(range(-round(2 * s), round(2 * s) + 1) for s in spins)))
    assert len(both) == 2 * len(k) - 1
    points = 2 * round(4 * max(spins)) + 1
    axis = 2 * pi * np.arange(points) / points
    s = evaluate(phase_coefficients(rho, spins), k, list(product(axis, repeat=len(spins))))
    assert s.sum() * (2 * pi / points) ** len(spins) == pytest.approx(1.0, rel=1e-13)
    assert s.min() > 0


def test_a_large_spin_in_a_coherent_state_points_along_its_angle():
    """Its factorials leave the range of a float; S is that of 2S spins 1/2 that agree."""
    spin, phi = 100, 0.7
    half = expm(-1j * pi / 2 * (raising(0.5) - lowering(0.5)) / 2j)[:, 0]
    k = np.arange(2 * spin + 1)
    logarithms = [0.5 * np.log(float(comb(2 * spin, int(one)))) for one in k]
    amplitudes = np.exp(np.array(logarithms) + 2 * spin * np.log(half[0].real))
    state = amplitudes * np.exp(-1j * phi * magnetizations(spin))
    s = phase_coefficients(np.outer(state, state.conj()), (spin,))
    assert s[0].real == pytest.approx(1 / (2 * pi), rel=1e-11)
    heights = evaluate(s, phase_frequencies((spin,)), [[phi], [phi + 0.05], [phi - 0.05]])
    assert heights[0] == heights.max()
    assert heights[1] == pytest.approx(heights[2], rel=1e-9)
    # Near its maximum the Husimi function is a Gauss function of variance 1/S.
    assert heights[0] == pytest.approx(np.sqrt(spin / (2 * pi)), rel=0.01)
