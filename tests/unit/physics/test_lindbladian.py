"""Generators given by their operators: equal to their matrices, without their rounding."""

from fractions import Fraction

import numpy as np
import pytest

from syncsweep.physics.double_double import DoubleDouble
from syncsweep.physics.lindbladian import Lindbladian, Perturbation
from syncsweep.physics.perturbation import (
    perturbation_of,
    random_hamiltonian,
    random_perturbation,
)
from syncsweep.physics.spins import on_site, raising
from syncsweep.physics.superoperators import (
    hermitian_basis,
    liouvillian,
    to_components,
    to_operators,
    to_real,
    vectorize,
)


def random_lindbladian(dim, jumps=2, seed=3):
    rng = np.random.default_rng(seed)
    shape = (jumps, dim, dim)
    drawn = rng.standard_normal(shape) + 1j * rng.standard_normal(shape)
    return Lindbladian(random_hamiltonian(rng, dim), drawn)


def random_states(dim, n=3):
    components = np.random.default_rng(4).standard_normal((dim**2, n))
    return components, DoubleDouble.of(to_operators(components))


@pytest.mark.parametrize("dim", [2, 4, 6])
def test_components_are_those_of_the_hermitian_basis(dim):
    components, operators = random_states(dim)
    np.testing.assert_allclose(to_components(operators.high), components, atol=1e-14)
    expected = hermitian_basis(dim).conj().T @ vectorize(operators.high[:, :, 1])
    np.testing.assert_allclose(components[:, 1], expected.real, atol=1e-14)


@pytest.mark.parametrize("dim", [2, 4, 6])
def test_what_it_does_is_what_its_matrix_and_the_transposed_do(dim):
    lindbladian = random_lindbladian(dim)
    components, operators = random_states(dim)
    matrix = lindbladian.matrix().toarray()
    image = to_components(lindbladian.apply(operators).rounded())
    np.testing.assert_allclose(image, matrix @ components, rtol=0, atol=1e-12)
    coherent, dissipative = lindbladian.apply_adjoint(operators)
    image = to_components((coherent + dissipative).rounded())
    np.testing.assert_allclose(image, matrix.T @ components, rtol=0, atol=1e-12)
    unitary = to_real(liouvillian(lindbladian.hamiltonian, np.empty((0, dim, dim))))
    expected = unitary.T @ components
    np.testing.assert_allclose(to_components(coherent.rounded()), expected, rtol=0, atol=1e-12)


def test_the_trace_is_kept_beyond_the_digits_of_a_double():
    image = random_lindbladian(4).apply(random_states(4)[1])
    for k in range(3):
        places = [(j, j, k) for j in range(4)]
        parts = (image.high.real, image.low.real)
        trace = sum(Fraction(part[place]) for place in places for part in parts)
        assert abs(float(trace)) < 1e-29


def test_a_large_hamiltonian_hides_nothing_of_a_small_rate():
    """ρ commutes with H up to its own rounding, so only D[ρ] remains."""
    jump = np.array([[0.0, 1.0], [0.0, 0.0]])
    rho = DoubleDouble.of(np.array([[0.25, 0.0], [0.0, 0.75]], dtype=complex)[:, :, None])
    hamiltonian = np.diag([1e20, -1e20]).astype(complex)
    image = Lindbladian(hamiltonian, 1e-5 * jump[None]).apply(rho).rounded()[:, :, 0]
    np.testing.assert_allclose(image, 0.75e-10 * np.diag([1.0, -1.0]), rtol=1e-15)


@pytest.mark.parametrize("by_operators", [False, True])
def test_a_perturbation_does_what_its_matrix_does(by_operators):
    components, operators = random_states(4)
    perturbation = random_perturbation(np.random.default_rng(6), 4, zeta_coh=3.0, zeta_diss=0.5)
    if by_operators:
        drawn = random_lindbladian(4)
        alone = Lindbladian(np.zeros((4, 4)), drawn.jump_operators).matrix().toarray()
        perturbation = Perturbation(drawn.hamiltonian, alone, drawn.jump_operators)
    kept = perturbation.dissipator.copy()
    image = to_components(perturbation.apply(operators).rounded())
    np.testing.assert_allclose(image, perturbation.matrix() @ components, rtol=0, atol=1e-12)
    np.testing.assert_array_equal(perturbation.dissipator, kept)


def test_a_strong_jump_operator_does_not_round_what_a_weak_one_does_alone():
    """A Hermitian jump operator preserves the identity, up to the rounding of its large rates."""
    up = [on_site(raising(0.5), site, (0.5, 0.5)) for site in (0, 1)]
    weak, strong = 1e-2 * (up[0] + up[1]), 3e5 * (up[0] + up[1] + up[0].T + up[1].T)
    nothing = np.zeros((4, 4))
    expected = Lindbladian(nothing, [weak]).matrix().toarray()[:, 0]
    found = Lindbladian(nothing, [strong, weak]).matrix().toarray()[:, 0]
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=0)


@pytest.mark.parametrize("seed", range(4))
def test_entries_of_matrices_are_known_to_a_few_roundings_of_their_sizes(seed):
    """Compared with operators of very different sizes, applied in twice the working precision."""
    dim, rounding = 4, 4 * np.finfo(float).eps
    units = DoubleDouble.of(to_operators(np.eye(dim**2)))

    def exact(*operators):
        """Of each part by itself: components of their sum would have its rounding."""
        return sum(to_components(Lindbladian(*one).apply(units).rounded()) for one in operators)

    nothing = np.zeros((dim, dim))
    drawn = random_lindbladian(dim, 3, seed)
    jumps = drawn.jump_operators * np.array([1e4, 1.0, 1e-5])[:, None, None]
    lindbladian = Lindbladian(drawn.hamiltonian, jumps)
    parts = exact((drawn.hamiltonian, []), *((nothing, [jump]) for jump in jumps))
    error = np.abs(lindbladian.matrix().toarray() - parts)
    # Row 0 is the trace, which the solver does without.
    assert np.all(error[1:] <= rounding * lindbladian.sizes().toarray()[1:])
    hamiltonian, jumps = 1e6 * drawn.hamiltonian, drawn.jump_operators
    perturbation = perturbation_of(hamiltonian, jumps)
    error = np.abs(perturbation.matrix() - exact((hamiltonian, []), (nothing, jumps)))
    assert np.all(error[1:] <= rounding * perturbation.sizes()[1:])


def test_sizes_of_a_diagonal_hamiltonian_are_those_of_its_differences():
    """Populations feel nothing of it, however large."""
    sizes = Lindbladian(np.diag([1e9, 1e9, 3.0]), []).sizes().toarray()
    assert not sizes[:3].any() and not sizes[:, :3].any()
    assert sizes[3:].max(axis=1) == pytest.approx([0.0, 1e9 - 3, 1e9 - 3] * 2, rel=1e-15)


def test_what_the_hamiltonian_lacks_is_in_its_rest():
    """Two levels 1e-9 apart at a height of 1e9."""
    hamiltonian, rest = np.diag([1e9, 1e9]), np.diag([1e-9, 0.0])
    lindbladian = Lindbladian(hamiltonian, [], rest)
    by_pairs = np.array([[0.0, 1e-9], [1e-9, 0.0]])
    np.testing.assert_allclose(np.abs(lindbladian.matrix().toarray()[2:, 2:]), by_pairs, rtol=1e-14)
    np.testing.assert_allclose(lindbladian.sizes().toarray()[2:, 2:], by_pairs, rtol=1e-14)
    rho = np.array([[0.5, 0.3], [0.3, 0.5]], dtype=complex)
    image = lindbladian.apply(DoubleDouble.of(rho[:, :, None])).rounded()[:, :, 0]
    total = hamiltonian - 1e9 * np.eye(2) + rest
    np.testing.assert_allclose(image, -1j * (total @ rho - rho @ total), rtol=1e-14)
    coherent, _ = lindbladian.apply_adjoint(DoubleDouble.of(rho[:, :, None]))
    np.testing.assert_allclose(coherent.rounded()[:, :, 0], -image, rtol=1e-15)


def test_strong_dephasing_rounds_nothing_of_populations_but_a_weak_decay_in_it_is_hidden():
    dephasing = 1e3 * np.diag([1.0, 0.0, -1.0])
    sizes = Lindbladian(np.zeros((3, 3)), [dephasing]).sizes().toarray()
    assert not sizes[:3].any()
    decay = np.diag([1e-4], 2)[:3, :3]
    sizes = Lindbladian(np.zeros((3, 3)), [dephasing + decay]).sizes().toarray()
    assert sizes[1:3].max() > 1e5
    # Terms of 10⁶ cancel to zero in the equation of the first two populations' difference.
    assert sizes[1, 1] == pytest.approx(1e6, rel=1e-12)
