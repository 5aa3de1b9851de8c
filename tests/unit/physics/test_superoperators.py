"""Superoperators: column stacking, Eq. 1, and the Hermitian operator basis."""

import numpy as np
import pytest

from syncsweep.physics.models import spin1_chain
from syncsweep.physics.perturbation import random_liouvillian
from syncsweep.physics.spins import on_site, raising
from syncsweep.physics.superoperators import (
    from_real,
    hermitian_basis,
    lindblad_dissipator,
    liouvillian,
    spost,
    spre,
    to_real,
    unvectorize,
    vectorize,
)


def complex_matrices(seed, *shape):
    rng = np.random.default_rng(seed)
    return rng.standard_normal(shape) + 1j * rng.standard_normal(shape)


def test_vectorize_stacks_columns():
    rho = complex_matrices(0, 4, 4)
    vector = vectorize(rho)
    for j in range(4):
        for k in range(4):
            assert vector[j + 4 * k] == rho[j, k]


def test_left_and_right_multiplication():
    a, rho, b = complex_matrices(1, 3, 3, 3)
    np.testing.assert_allclose(spre(a) @ vectorize(rho), vectorize(a @ rho), atol=1e-13)
    np.testing.assert_allclose(spost(b) @ vectorize(rho), vectorize(rho @ b), atol=1e-13)
    np.testing.assert_allclose(np.kron(b.T, a) @ vectorize(rho), vectorize(a @ rho @ b), atol=1e-13)


def test_dissipator_is_that_of_lindblad():
    jump, rho = complex_matrices(2, 2, 4, 4)
    rate = jump.conj().T @ jump
    expected = jump @ rho @ jump.conj().T - 0.5 * (rate @ rho + rho @ rate)
    np.testing.assert_allclose(
        unvectorize(lindblad_dissipator(jump) @ vectorize(rho)), expected, atol=1e-12
    )


def test_liouvillian_is_eq_1():
    m, rho, *jumps = complex_matrices(3, 5, 3, 3)
    hamiltonian = m + m.conj().T
    expected = -1j * (hamiltonian @ rho - rho @ hamiltonian)
    for jump in jumps:
        rate = jump.conj().T @ jump
        expected = expected + jump @ rho @ jump.conj().T - 0.5 * (rate @ rho + rho @ rate)
    generator = liouvillian(hamiltonian, np.array(jumps))
    np.testing.assert_allclose(unvectorize(generator @ vectorize(rho)), expected, atol=1e-12)


def test_liouvillian_without_jump_operators_is_the_commutator():
    hamiltonian = np.diag([1.0, 2.0, 4.0])
    generator = liouvillian(hamiltonian, np.zeros((0, 3, 3)))
    rho = complex_matrices(4, 3, 3)
    np.testing.assert_allclose(
        unvectorize(generator @ vectorize(rho)),
        -1j * (hamiltonian @ rho - rho @ hamiltonian),
        atol=1e-13,
    )


def test_unvectorize_refuses_a_length_that_is_no_square():
    with pytest.raises(ValueError, match="`vector`"):
        unvectorize(np.zeros(8))


@pytest.mark.parametrize("dim", [2, 3, 5])
def test_hermitian_basis_is_the_one_of_its_docstring(dim):
    operators = []
    operators.append(np.eye(dim) / np.sqrt(dim))
    for level in range(1, dim):
        diagonal = [1.0] * level + [-level] + [0.0] * (dim - level - 1)
        operators.append(np.diag(diagonal) / np.sqrt(level * (level + 1)))
    ket = np.eye(dim)
    pairs = [(j, k) for j in range(dim) for k in range(j + 1, dim)]
    for j, k in pairs:
        operators.append((np.outer(ket[j], ket[k]) + np.outer(ket[k], ket[j])) / np.sqrt(2))
    for j, k in pairs:
        operators.append(1j * (np.outer(ket[k], ket[j]) - np.outer(ket[j], ket[k])) / np.sqrt(2))
    basis = hermitian_basis(dim).toarray()
    assert basis.shape == (dim**2, dim**2)
    for column, operator in zip(basis.T, operators, strict=True):
        np.testing.assert_allclose(unvectorize(column), operator, atol=1e-15)


@pytest.mark.parametrize("dim", [2, 3, 9, 27])
def test_hermitian_basis_is_unitary_and_hermitian(dim):
    basis = hermitian_basis(dim)
    gram = (basis.conj().T @ basis).toarray()
    np.testing.assert_allclose(gram, np.eye(dim**2), atol=1e-14)
    operators = unvectorize(basis.toarray().T)
    np.testing.assert_array_equal(operators, operators.conj().swapaxes(1, 2))
    np.testing.assert_allclose(np.trace(operators[1:], axis1=1, axis2=2), 0, atol=1e-14)


def test_real_form_of_a_generator_keeps_its_spectrum_and_has_no_first_row():
    generator = random_liouvillian(np.random.default_rng(5), 4)
    real = to_real(generator)
    assert real.dtype == float
    np.testing.assert_allclose(real[0], 0, atol=1e-12)
    # Faddeev-LeVerrier traces tell two spectra apart without sorting complex numbers.
    left, right = np.eye(16), np.eye(16)
    for power in range(1, 17):
        left, right = left @ generator / 20, right @ real / 20
        assert np.trace(left) == pytest.approx(np.trace(right), rel=1e-10), power


def test_real_form_acts_on_coordinates_in_the_hermitian_basis():
    generator = random_liouvillian(np.random.default_rng(6), 3)
    m = complex_matrices(7, 3, 3)
    rho = m + m.conj().T
    basis = hermitian_basis(3).toarray()
    operators = unvectorize(basis.T)
    coordinates = np.array([np.trace(operator @ rho).real for operator in operators])
    image = sum(c * op for c, op in zip(to_real(generator) @ coordinates, operators, strict=True))
    np.testing.assert_allclose(image, unvectorize(generator @ vectorize(rho)), atol=1e-11)


def test_sparse_and_dense_have_the_same_real_form_and_from_real_is_its_inverse():
    chain = spin1_chain(2)
    generator = liouvillian(chain.hamiltonian, chain.jump_operators)
    real = to_real(generator)
    assert real.nnz < 0.1 * 81**2
    np.testing.assert_allclose(to_real(generator.toarray()), real.toarray(), atol=1e-15)
    np.testing.assert_allclose(from_real(real.toarray()), generator.toarray(), atol=1e-14)


def test_to_real_refuses_what_does_not_preserve_hermiticity():
    with pytest.raises(ValueError, match="`superoperator`"):
        to_real(spre(complex_matrices(8, 3, 3)))


def test_the_real_form_of_a_sparse_generator_has_no_rounding_of_what_cancels():
    """Jumps that conserve the magnetization do not change the last level, at any rates."""
    up = [on_site(raising(0.5), site, (0.5, 0.5, 0.5)) for site in range(3)]
    hops = [up[0] @ up[1].T, up[1] @ up[0].T, up[1] @ up[2].T, up[2] @ up[1].T]
    for rates in np.random.default_rng(0).random((5, 4)):
        jumps = [np.sqrt(rate) * hop for rate, hop in zip(rates, hops, strict=True)]
        entries = np.abs(to_real(liouvillian(np.zeros((8, 8)), jumps)).data)
        assert entries.min() > 1e-6 * entries.max()
