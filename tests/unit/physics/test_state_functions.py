"""Numbers of states: closed forms, bounds, and examples as they are printed."""

import doctest

import numpy as np
import pytest
from states import random_state

from syncsweep.physics import state_functions
from syncsweep.physics.spins import sx, sy, sz
from syncsweep.physics.state_functions import (
    entropy,
    expectation,
    l1_coherence,
    mutual_information,
    negativity,
    purity,
    reduced_states,
    relative_entropy_of_coherence,
    site_operator,
)

SPINS = (1, 0.5, 1.5)
DIM = 24


def maximally_entangled(d):
    """(|00⟩ + |11⟩ + …)/√d of two spins of dimension d, (1, d², d²)."""
    ket = np.eye(d).ravel() / np.sqrt(d)
    return np.outer(ket, ket)[None]


def werner(p):
    """p times the singlet of two spins 1/2, and the rest maximally mixed."""
    singlet = np.array([0, 1, -1, 0]) / np.sqrt(2)
    return (p * np.outer(singlet, singlet) + (1 - p) * np.eye(4) / 4)[None]


def test_examples_run_as_they_are_printed():
    done = doctest.testmod(state_functions)
    assert done.attempted and not done.failed


@pytest.mark.parametrize("p", [0, 0.2, 1 / 3, 0.5, 0.9, 1])
def test_werner_states(p):
    # Eigenvalues (1+3p)/4 and, three times, (1−p)/4; the partial transpose has (1−3p)/4 once.
    state, eigenvalues = werner(p), np.array([1 + 3 * p, 1 - p, 1 - p, 1 - p]) / 4
    S = -sum(x * np.log(x) for x in eigenvalues if x)
    assert purity(state) == pytest.approx((1 + 3 * p**2) / 4)
    assert entropy(state) == pytest.approx(S, abs=1e-14)
    assert l1_coherence(state) == pytest.approx(p)
    assert negativity(state, (0.5, 0.5), [0], [1]) == pytest.approx(max(0, (3 * p - 1) / 4))
    correlations = mutual_information(state, (0.5, 0.5), [0], [1])
    assert correlations == pytest.approx(2 * np.log(2) - S, abs=1e-14)


@pytest.mark.parametrize("d", [2, 3, 27])
def test_maximally_entangled_states(d):
    state, spins = maximally_entangled(d), ((d - 1) / 2,) * 2
    assert purity(state) == pytest.approx(1)
    assert relative_entropy_of_coherence(state) == pytest.approx(np.log(d))
    assert l1_coherence(state) == pytest.approx(d - 1)
    assert negativity(state, spins, [0], [1]) == pytest.approx((d - 1) / 2)
    assert mutual_information(state, spins, [0], [1]) == pytest.approx(2 * np.log(d))


def test_maximally_mixed_state():
    state = np.eye(DIM)[None] / DIM
    assert purity(state) == pytest.approx(1 / DIM)
    for zero in (
        relative_entropy_of_coherence(state),
        l1_coherence(state),
        negativity(state, SPINS, [0, 2], [1]),
        mutual_information(state, SPINS, [0], [1, 2]),
        expectation(state, SPINS, sz(1.5), 2),
    ):
        assert zero == pytest.approx(0, abs=1e-13)
    assert expectation(state, SPINS, site_operator("sx2", 1.5), 2) == pytest.approx(1.5 * 2.5 / 3)


def test_a_product_state_has_no_correlations_and_the_numbers_of_its_factors():
    factors = [random_state(d, seed) for seed, d in enumerate((3, 2, 4))]
    state = np.kron(np.kron(factors[0], factors[1]), factors[2])[None]
    for site, factor in enumerate(factors):
        np.testing.assert_allclose(reduced_states(state, SPINS, [site])[0], factor, atol=1e-15)
    assert purity(state) == pytest.approx(np.prod([purity(one[None]) for one in factors]))
    for groups in ([[0], [1, 2]], [[2, 0], [1]], [[2], [0]]):
        assert mutual_information(state, SPINS, *groups) == pytest.approx(0, abs=1e-13)
        assert negativity(state, SPINS, *groups) == pytest.approx(0, abs=1e-13)
    np.testing.assert_allclose(
        expectation(state, SPINS, sy(1.5), 2)[0], np.trace(factors[2] @ sy(1.5)).real, atol=1e-14
    )


def test_the_order_of_sites_is_that_of_the_tensor_factors():
    state = np.array([random_state(DIM, seed) for seed in (1, 2)])
    swapped = state.reshape(2, 3, 2, 4, 3, 2, 4).transpose(0, 3, 2, 1, 6, 5, 4)
    swapped = swapped.reshape(2, DIM, DIM)
    np.testing.assert_allclose(reduced_states(state, SPINS, [2, 1, 0]), swapped, atol=1e-16)
    some, others = [2], [0, 1]
    assert negativity(state, SPINS, some, others) == pytest.approx(
        negativity(swapped, SPINS[::-1], [0], [2, 1])
    )
    assert negativity(state, SPINS, some, others) == pytest.approx(
        negativity(state, SPINS, others, some)
    )


def test_states_in_a_stack_have_the_numbers_that_they_have_alone():
    states = np.array([random_state(DIM, seed) for seed in range(3)])
    for function in (purity, entropy, relative_entropy_of_coherence, l1_coherence):
        alone = np.concatenate([function(state[None]) for state in states])
        assert len(set(alone)) == 3
        np.testing.assert_allclose(function(states), alone, rtol=1e-13)


@pytest.mark.parametrize("spin", [0.5, 1, 2.5])
def test_squares_add_up_to_s_times_s_plus_one(spin):
    total = sum(site_operator(f"s{axis}2", spin) for axis in "xyz")
    np.testing.assert_allclose(total, spin * (spin + 1) * np.eye(len(total)), atol=1e-13)


def test_pauli_matrices_are_twice_the_spin():
    for axis, component in zip("xyz", (sx, sy, sz), strict=True):
        np.testing.assert_array_equal(site_operator(f"sigma_{axis}", 0.5), 2 * component(0.5))
    assert site_operator("sigma_x", 0.5) == pytest.approx(np.array([[0, 1], [1, 0]]))
