"""Spectra block by block against dense ones, eigenspaces, first-order shifts, steady states."""

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from syncsweep.physics.models import (
    magnetization,
    spin1_chain,
    spin_flip,
    spin_half_pair,
    two_spin1s,
)
from syncsweep.physics.perturbation import random_liouvillian
from syncsweep.physics.spectrum import (
    Spectrum,
    eigenspace,
    first_order_shifts,
    largest_block,
    orthogonal_steady_states,
    reduced_generator,
)
from syncsweep.physics.spins import lowering, on_each_site, raising, sz
from syncsweep.physics.superoperators import liouvillian, unvectorize, vectorize

MODELS = {
    "chain2": spin1_chain(2),
    "chain3": spin1_chain(3),
    "decoupled2": spin1_chain(2, J=0.0, delta=0.0),
    "decoupled3": spin1_chain(3, J=0.0, delta=0.0),
    "pair": spin_half_pair(),
    "two_spin1s": two_spin1s(),
}


def generator_of(model):
    return liouvillian(model.hamiltonian, model.jump_operators)


def distance(one, other):
    """Largest distance of two lists of eigenvalues, paired as well as can be."""
    costs = np.abs(one[:, None] - other)
    return costs[linear_sum_assignment(costs)].max()


def steady_count(generator):
    right, left = eigenspace(generator, 0.0)
    return right.shape[1], orthogonal_steady_states(right, left, np.random.default_rng(8))


@pytest.mark.parametrize("name", ["chain2", "pair", "two_spin1s"])
def test_eigenvalues_by_blocks_are_those_of_the_whole(name):
    generator = generator_of(MODELS[name])
    whole = np.linalg.eigvals(generator.toarray())
    assert distance(Spectrum(generator).eigenvalues, whole) < 1e-6


def test_dense_matrix_without_blocks_is_one_block():
    L1 = random_liouvillian(np.random.default_rng(2), 3)
    spectrum = Spectrum(L1)
    assert distance(spectrum.eigenvalues, np.linalg.eigvals(L1)) < 1e-10
    assert spectrum.frequencies == pytest.approx([0], abs=1e-10)
    assert spectrum.decay_free.sum() == 1


@pytest.mark.parametrize(
    ("spins", "largest"),
    # Coherences between magnetizations M and M': the most for M = M' = 0, and for M = ±1/2.
    [((1, 1), 3 * 3), ((1, 1, 1), 7 * 7), ((1, 1, 1, 1), 19 * 19), ((1, 0.5), 2 * 2)],
)
def test_largest_block_of_a_chain_is_that_of_its_magnetizations(spins, largest):
    z, plus, minus = (on_each_site(operator, spins) for operator in (sz, raising, lowering))
    hops = [plus[j] @ minus[j + 1] for j in range(len(spins) - 1)]
    hamiltonian = sum(hop + hop.conj().T for hop in hops) + 0.3 * z[0]
    assert largest_block(liouvillian(hamiltonian, np.array([z[0] @ z[0]]))) == largest


def test_largest_block_of_a_dense_matrix_is_the_whole():
    assert largest_block(np.ones((4, 4))) == 4
    assert largest_block(np.eye(4)) == 1


def test_imaginary_entries_connect_too():
    matrix = np.array([[0, 1j, 0, 0], [1j, 0, 0, 0], [0, 0, 0, 2], [0, 0, -2, 0]])
    np.testing.assert_allclose(Spectrum(matrix).eigenvalues, [-2j, -1j, 1j, 2j], atol=1e-14)


@pytest.mark.parametrize(
    ("name", "frequencies", "slowest"),
    [
        ("chain2", {0: 6, 1: 1, 2: 1, 3: 1, 4: 1}, 0.7636),
        ("chain3", {0: 8, 2: 1, 4: 1, 6: 1}, 0.11586),
        ("decoupled2", {0: 11, 2: 6, 4: 1}, 1.0),
        ("decoupled3", {0: 45, 2: 30, 4: 9, 6: 1}, 1.0),
        ("pair", {0: 2, 2.4: 1}, 0.25),
        ("two_spin1s", {0: 6, 1: 4, 2: 1}, 0.5),
    ],
)
def test_decay_free_frequencies_have_their_multiplicities(name, frequencies, slowest):
    spectrum = Spectrum(generator_of(MODELS[name]))
    found = {
        round(f, 9) + 0.0: spectrum.eigenspace(1j * f)[0].shape[1] for f in spectrum.frequencies
    }
    assert found == frequencies | {-f: count for f, count in frequencies.items()}
    assert spectrum.decay_free.sum() == sum(found.values())
    assert spectrum.slowest_decay == pytest.approx(slowest, rel=1e-4)


@pytest.mark.parametrize("name", MODELS)
def test_modes_are_right_and_left_modes_and_biorthonormal(name):
    generator = generator_of(MODELS[name])
    spectrum = Spectrum(generator)
    for frequency in spectrum.frequencies:
        right, left = spectrum.eigenspace(1j * frequency)
        np.testing.assert_allclose(generator @ right, 1j * frequency * right, atol=1e-10)
        adjoint = generator.conj().T
        np.testing.assert_allclose(adjoint @ left, -1j * frequency * left, atol=1e-10)
        np.testing.assert_allclose(left.conj().T @ right, np.eye(right.shape[1]), atol=1e-10)


def test_four_spins_are_feasible():
    spectrum = Spectrum(generator_of(spin1_chain(4)))
    assert len(spectrum.eigenvalues) == 81**2
    assert spectrum.decay_free.sum() == 18
    np.testing.assert_allclose(spectrum.frequencies, np.arange(-8, 9, 2), atol=1e-9)
    assert spectrum.slowest_decay == pytest.approx(0.2732, abs=5e-5)
    modes = spectrum.eigenspace(0.0)
    assert orthogonal_steady_states(*modes, np.random.default_rng(1)) == modes[0].shape[1] == 10


def test_what_is_no_eigenvalue_is_refused():
    with pytest.raises(ValueError, match="must be an eigenvalue"):
        eigenspace(generator_of(spin_half_pair()), 2.3j)


def test_eigenvalue_with_too_few_modes_is_refused():
    jordan = np.diag([0.0, 0.0, -1.0, -2.0]) + np.diag([1.0, 0.0, 0.0], 1)
    with pytest.raises(ValueError, match="too few modes"):
        eigenspace(jordan, 0.0)


@pytest.mark.parametrize(
    ("name", "eigenvalue"),
    [("pair", 2.4j), ("pair", 0.0), ("chain2", 2j), ("chain2", 0.0), ("two_spin1s", 1j)],
)
def test_shifts_are_right_but_for_the_second_order(name, eigenvalue):
    model = MODELS[name]
    L0 = generator_of(model)
    L1 = random_liouvillian(np.random.default_rng(5), model.dim)
    right, left = eigenspace(L0, eigenvalue)
    shifts = first_order_shifts(right, left, L1)
    assert len(shifts) == right.shape[1]
    errors = []
    for eta in (1e-5, 1e-4):
        exact = np.linalg.eigvals(L0.toarray() + eta * L1)
        nearest = exact[np.argsort(np.abs(exact - eigenvalue))[: len(shifts)]]
        errors.append(distance(nearest, eigenvalue + eta * shifts))
    assert errors[1] < 0.02 * 1e-4 * np.abs(shifts).max()
    assert errors[1] / errors[0] == pytest.approx(100, rel=0.1)


def test_shifts_do_not_depend_on_the_basis_of_the_modes():
    model = MODELS["two_spin1s"]
    rng = np.random.default_rng(6)
    L1 = random_liouvillian(rng, model.dim)
    right, left = eigenspace(generator_of(model), 1j)
    expected = first_order_shifts(right, left, L1)
    mixed = [modes @ rng.standard_normal((4, 4)) for modes in (right, left)]
    assert distance(first_order_shifts(*mixed, L1), expected) < 1e-9
    np.testing.assert_allclose(
        reduced_generator(right, left, L1), left.conj().T @ L1 @ right, atol=1e-10
    )


def test_shift_of_the_chains_coherence_is_its_expectation_value_and_minus_28_on_average():
    model = MODELS["chain3"]
    plus = np.rint(np.diag(magnetization(model)).real) == 1
    coherence = vectorize(spin_flip(model) @ np.diag(plus.astype(float)))
    right, left = eigenspace(generator_of(model), 2j)
    shifts = []
    for seed in range(12):
        L1 = random_liouvillian(np.random.default_rng(seed), 27)
        (shift,) = first_order_shifts(right, left, L1)
        assert shift == pytest.approx(coherence @ L1 @ coherence / 6, rel=1e-10)
        shifts.append(shift.real)
    error = np.std(shifts, ddof=1) / np.sqrt(len(shifts))
    assert error < 0.1
    assert np.mean(shifts) == pytest.approx(-28, abs=4 * error)


@pytest.mark.parametrize(
    ("name", "zero", "steady"),
    [
        ("chain2", 6, 6),
        ("chain3", 8, 8),
        ("decoupled2", 11, 9),
        ("decoupled3", 45, 27),
        ("pair", 2, 2),
        ("two_spin1s", 6, 4),
    ],
)
def test_steady_states_of_the_models_with_orthogonal_supports(name, zero, steady):
    assert steady_count(generator_of(MODELS[name])) == (zero, steady)


def test_steady_states_without_dynamics_are_as_many_as_levels():
    assert steady_count(np.zeros((9, 9))) == (9, 3)


def test_factor_that_decays_does_not_add_steady_states():
    jump = np.kron(np.eye(2), [[0, 1], [0, 0]])
    assert steady_count(liouvillian(np.zeros((4, 4)), np.array([jump]))) == (4, 2)
    dephasing = np.kron(np.eye(2), np.diag([1, -1]))
    assert steady_count(liouvillian(np.zeros((4, 4)), np.array([dephasing, jump + jump.T]))) == (
        4,
        2,
    )


def test_levels_that_decay_into_several_states_do_not_add_steady_states():
    jumps = np.zeros((3, 3, 3))
    jumps[0, 0, 2], jumps[1, 1, 2] = 1.0, 0.6  # from level 3 into levels 1 and 2
    jumps[2] = np.diag([1, -1, 0])
    generator = liouvillian(np.zeros((3, 3)), jumps)
    assert steady_count(generator) == (2, 2)
    # The conserved quantities have three distinct eigenvalues on the whole space.
    _, left = eigenspace(generator, 0.0)
    conserved = unvectorize(left @ [1.0, 0.3])
    values = np.linalg.eigvalsh(conserved + conserved.conj().T)
    assert np.diff(values).min() > 1e-3
