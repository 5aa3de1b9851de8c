"""The unperturbed models: Hamiltonians, symmetries, steady states and oscillating coherences."""

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from states import sector_projectors

from syncsweep.physics.models import (
    magnetization,
    spin1_chain,
    spin_flip,
    spin_half_pair,
    two_spin1s,
    two_spin1s_perturbation,
)
from syncsweep.physics.superoperators import liouvillian, vectorize

SWAP = np.array([[1, 0, 0, 0], [0, 0, 1, 0], [0, 1, 0, 0], [0, 0, 0, 1]])


def commutator(a, b):
    return a @ b - b @ a


def lindblad(model, rho):
    """Eq. 1 on one operator, without a superoperator."""
    drift = -1j * commutator(model.hamiltonian, rho)
    for jump in model.jump_operators:
        rate = jump.conj().T @ jump
        drift = drift + jump @ rho @ jump.conj().T - (rate @ rho + rho @ rate) / 2
    return drift


def spectrum(model):
    return np.linalg.eigvals(liouvillian(model.hamiltonian, model.jump_operators).toarray())


def decay_free_frequencies(eigenvalues):
    return np.sort(eigenvalues.imag[np.abs(eigenvalues.real) < 1e-9])


def test_chain_hamiltonian_is_eq_6_entry_by_entry():
    omega, J, delta = 1.3, 0.4, 0.7
    model = spin1_chain(3, omega, J, delta, 2.0)
    states = list(product([1, 0, -1], repeat=3))
    expected = np.zeros((27, 27))
    for column, m in enumerate(states):
        expected[column, column] = omega * sum(m) + delta * (m[0] * m[1] + m[1] * m[2])
        for left in (0, 1):  # open: sites 1 and 3 are not coupled
            for up, down in ((left, left + 1), (left + 1, left)):
                if m[up] < 1 and m[down] > -1:
                    new = list(m)
                    new[up] += 1
                    new[down] -= 1
                    # √(S(S+1) − m(m±1)) is √2 for every allowed step of a spin-1.
                    expected[states.index(tuple(new)), column] += 2 * J
    np.testing.assert_allclose(model.hamiltonian, expected, atol=1e-14)


def test_chain_jump_operators_are_root_gamma_sz_squared():
    model = spin1_chain(2, gamma=3.0)
    squares = {0: [1, 1, 1, 0, 0, 0, 1, 1, 1], 1: [1, 0, 1, 1, 0, 1, 1, 0, 1]}
    for site, square in squares.items():
        np.testing.assert_allclose(
            model.jump_operators[site], np.sqrt(3.0) * np.diag(square), atol=1e-14
        )
    assert len(model.jump_operators) == 2
    assert (model.dim, model.spins) == (9, (1, 1))


@pytest.mark.parametrize("n_sites", [2, 3])
def test_coherences_between_plus_and_minus_m_oscillate_at_two_m_omega(n_sites):
    omega = 1.3
    model = spin1_chain(n_sites, omega=omega)
    generator = liouvillian(model.hamiltonian, model.jump_operators).toarray()
    flip = spin_flip(model)
    for m, projector in sector_projectors(model).items():
        if m in ("0+", "0-"):
            continue
        coherence = vectorize(flip @ projector)
        np.testing.assert_allclose(
            generator @ coherence, 2j * m * omega * coherence, rtol=0, atol=1e-13
        )


def test_flip_and_magnetization_generate_the_symmetry():
    omega = 1.3
    model = spin1_chain(3, omega=omega)
    flip, m, hamiltonian = spin_flip(model), magnetization(model), model.hamiltonian
    np.testing.assert_array_equal(flip @ flip, np.eye(27))
    np.testing.assert_allclose(flip @ m @ flip, -m, atol=1e-14)
    np.testing.assert_allclose(commutator(hamiltonian, m), 0, atol=1e-13)
    # The paper prints 2ωM; the flip does not commute with H but for M = 0.
    np.testing.assert_allclose(
        commutator(flip, hamiltonian), 2 * omega * flip @ m, rtol=0, atol=1e-13
    )
    for jump in model.jump_operators:
        np.testing.assert_allclose(commutator(jump, m), 0, atol=1e-14)
        np.testing.assert_allclose(commutator(jump, flip), 0, atol=1e-14)


def test_extra_coherences_of_two_spins_join_the_antisymmetric_state():
    omega, delta = 1.0, 0.5
    model = spin1_chain(2, omega=omega, delta=delta)
    antisymmetric = np.zeros(9)
    antisymmetric[[2, 6]] = 1 / np.sqrt(2), -1 / np.sqrt(2)  # |1,−1⟩ and |−1,1⟩
    for ket, frequency in ((0, -(2 * omega + 2 * delta)), (8, 2 * omega - 2 * delta)):
        coherence = np.outer(np.eye(9)[ket], antisymmetric)
        np.testing.assert_allclose(
            lindblad(model, coherence), 1j * frequency * coherence, rtol=0, atol=1e-14
        )


def test_pair_hamiltonian_and_jump_operator_are_eqs_d1_and_d2():
    J, delta, B, gamma = 0.9, 0.7, 0.4, 0.6
    model = spin_half_pair(J, delta, B, gamma)
    expected = [
        [delta + 2 * B, 0, 0, 0],
        [0, -delta, J, 0],
        [0, J, -delta, 0],
        [0, 0, 0, delta - 2 * B],
    ]
    np.testing.assert_allclose(model.hamiltonian, expected, atol=1e-15)
    jump = gamma * np.array([[0, 0, 0, 0], [1, 0, 0, 0], [1, 0, 0, 0], [0, 1, 1, 0]])
    np.testing.assert_allclose(model.jump_operators, [jump], atol=1e-15)


def test_steady_states_of_the_pair_are_all_down_and_the_singlet():
    model = spin_half_pair()
    down, singlet = np.eye(4)[3], np.array([0, 1, -1, 0]) / np.sqrt(2)
    for state in (down, singlet):
        np.testing.assert_allclose(lindblad(model, np.outer(state, state)), 0, atol=1e-15)
    eigenvalues = spectrum(model)
    np.testing.assert_allclose(decay_free_frequencies(eigenvalues), [-2.4, 0, 0, 2.4], atol=1e-8)


def test_pair_energies_and_frequency_are_those_of_the_errata():
    J, delta, B = 0.9, 0.7, 0.4
    model = spin_half_pair(J, delta, B)
    down, singlet = np.eye(4)[3], np.array([0, 1, -1, 0]) / np.sqrt(2)
    assert down @ model.hamiltonian @ down == pytest.approx(delta - 2 * B)
    assert singlet @ model.hamiltonian @ singlet == pytest.approx(-J - delta)
    coherence = np.outer(down, singlet)
    np.testing.assert_allclose(
        lindblad(model, coherence), -1j * (J + 2 * delta - 2 * B) * coherence, rtol=0, atol=1e-15
    )


def test_swap_and_not_the_flip_is_the_strong_symmetry_of_the_pair():
    model = spin_half_pair()
    flip, jump = spin_flip(model), model.jump_operators[0]
    assert np.linalg.norm(commutator(model.hamiltonian, flip), 2) == pytest.approx(1.2)
    assert np.linalg.norm(commutator(flip, jump), 2) == pytest.approx(1.0)
    np.testing.assert_allclose(commutator(model.hamiltonian, SWAP), 0, atol=1e-15)
    np.testing.assert_allclose(commutator(jump, SWAP), 0, atol=1e-15)
    assert np.sort(np.linalg.eigvalsh(SWAP)).tolist() == [-1, 1, 1, 1]


def test_small_terms_live_on_beside_large_ones_in_the_same_entries():
    """Entries of H and of its rest add up to those of the terms, in rational arithmetic."""
    J, delta, B = 780.0, 5.85e5 / 7, 4.87e-6
    model = spin_half_pair(J=J, delta=delta, B=B)
    for place, sign in ((0, 1), (3, -1)):
        parts = [part[place, place].real for part in (model.hamiltonian, model.hamiltonian_rest)]
        error = sum(map(Fraction, parts)) - (Fraction(delta) + sign * 2 * Fraction(B))
        assert abs(error) < 1e-30 * delta
    omega, delta = 1e-7 / 3, 1e9 / 7
    model = spin1_chain(n_sites=2, omega=omega, delta=delta)
    parts = [part[0, 0].real for part in (model.hamiltonian, model.hamiltonian_rest)]
    error = sum(map(Fraction, parts)) - (Fraction(delta) + 2 * Fraction(omega))
    assert abs(error) < 1e-30 * delta


def unit(row, column):
    """|row⟩⟨column| of one spin-1, both by their magnetic quantum numbers."""
    levels = [1, 0, -1]
    return np.outer(np.eye(3)[levels.index(row)], np.eye(3)[levels.index(column)])


def test_decoupled_pair_is_eq_e1_with_one_jump_on_each_site():
    omega, gain, damp = 1.3, 0.7, 0.4
    model = two_spin1s(omega, gain, damp)
    assert (model.name, model.spins, model.dim) == ("two_spin1s", (1, 1), 9)
    energies = [omega * (m + n) for m, n in product([1, 0, -1], repeat=2)]
    np.testing.assert_allclose(model.hamiltonian, np.diag(energies), atol=1e-15)
    expected = [
        np.kron(-np.sqrt(gain) * unit(0, -1), np.eye(3)),
        np.kron(np.eye(3), np.sqrt(damp) * unit(0, 1)),
    ]
    np.testing.assert_allclose(model.jump_operators, expected, atol=1e-15)


def test_decoupled_pair_has_six_zero_modes_and_ten_oscillating_coherences():
    omega = 1.3
    model = two_spin1s(omega, 0.7, 0.4)
    frequencies = decay_free_frequencies(spectrum(model)) / omega
    np.testing.assert_allclose(frequencies, [-2] + [-1] * 4 + [0] * 6 + [1] * 4 + [2], atol=1e-8)
    # Eq. E4, and its adjoint.
    coherence = np.kron(unit(0, 1), unit(0, -1))
    np.testing.assert_allclose(lindblad(model, coherence), 0, atol=1e-15)
    np.testing.assert_allclose(lindblad(model, coherence.T), 0, atol=1e-15)


def test_perturbation_of_the_decoupled_pair_is_eq_e2_entry_by_entry():
    epsilon, delta_1, delta_2, damp, gain = 0.3, 0.11, -0.07, 0.05, 0.02
    hamiltonian, jumps = two_spin1s_perturbation(epsilon, delta_1, delta_2, damp, gain)
    states = list(product([1, 0, -1], repeat=2))
    expected = np.zeros((9, 9), dtype=complex)
    for column, (m, n) in enumerate(states):
        expected[column, column] = delta_1 * m + delta_2 * n
        # (iε/2)·√2·√2 for every step that raises site 1, and its conjugate for the way back.
        if m < 1 and n > -1:
            expected[states.index((m + 1, n - 1)), column] = 1j * epsilon
        if m > -1 and n < 1:
            expected[states.index((m - 1, n + 1)), column] = -1j * epsilon
    np.testing.assert_allclose(hamiltonian, expected, atol=1e-15)
    np.testing.assert_array_equal(hamiltonian, hamiltonian.conj().T)
    wanted = [
        np.kron(np.sqrt(damp) * unit(0, 1), np.eye(3)),
        np.kron(np.eye(3), -np.sqrt(gain) * unit(0, -1)),
    ]
    np.testing.assert_allclose(jumps, wanted, atol=1e-15)
