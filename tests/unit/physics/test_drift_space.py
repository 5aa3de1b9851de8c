"""Steady states from drifts: each part against its definition, and ρ against direct solves."""

import numpy as np
import pytest

from syncsweep.physics import drift_space, steady_state
from syncsweep.physics.drift_space import DriftInverse, drift
from syncsweep.physics.lindbladian import Lindbladian, to_components
from syncsweep.physics.models import spin1_chain
from syncsweep.physics.perturbation import (
    lindblad_generator,
    random_generator,
    random_hamiltonian,
)
from syncsweep.physics.steady_state import SteadyStateSolver

ETAS = (0.0, *np.logspace(-6, 1, 12))


@pytest.fixture(scope="module")
def model():
    return spin1_chain(3)


@pytest.fixture
def by_drift(monkeypatch):
    """From D = 2 on, no matrix is factorised."""
    monkeypatch.setattr(steady_state, "_FACTORISED_DIMENSIONS", 1)


def random_operators(dim, count, seed=1):
    rng = np.random.default_rng(seed)
    drawn = rng.standard_normal((2, count, dim, dim))
    jumps = drawn[0] + 1j * drawn[1]
    jumps -= np.trace(jumps, axis1=1, axis2=2)[:, None, None] * np.eye(dim) / dim
    return random_hamiltonian(rng, dim), jumps


@pytest.mark.parametrize("is_sparse", [False, True])
def test_drift_is_that_of_jump_operators_without_trace(is_sparse):
    """Up to an imaginary multiple of 1, which changes no generator."""
    hamiltonian, jumps = random_operators(5, 3)
    if is_sparse:
        generator = Lindbladian(hamiltonian, jumps).matrix()
    else:
        generator = lindblad_generator(hamiltonian, jumps)
    expected = -1j * hamiltonian - np.sum(jumps.conj().swapaxes(1, 2) @ jumps, axis=0) / 2
    expected -= 1j * np.trace(expected).imag / 5 * np.eye(5)
    np.testing.assert_allclose(drift(generator), expected, atol=1e-13)


def test_the_inverse_of_a_drift_undoes_it_up_to_the_identity():
    hamiltonian, jumps = random_operators(5, 3)
    of_drift = -1j * hamiltonian - np.sum(jumps.conj().swapaxes(1, 2) @ jumps, axis=0) / 2
    rho = random_hamiltonian(np.random.default_rng(2), 5)
    # Its image has no component of the identity, as those of all generators.
    rho -= np.trace(of_drift @ rho).real / np.trace(of_drift).real * np.eye(5)
    image = of_drift @ rho + rho @ of_drift.conj().T
    found = DriftInverse(of_drift).solve(to_components(image[:, :, None])[1:, 0])
    np.testing.assert_allclose(found, to_components(rho[:, :, None])[1:, 0], atol=1e-13)


@pytest.mark.parametrize("law", [{}, {"zeta_diss": 0.1}, {"rank": 40}], ids=str)
def test_states_are_those_of_direct_solves(law, model, by_drift, monkeypatch):
    solver = SteadyStateSolver(model.lindbladian)
    generator = random_generator(np.random.default_rng(1), 27, **law)
    monkeypatch.setattr(steady_state, "solve_krylov", None)  # nothing is factorised
    found = solver.solve_real(generator.copy(), ETAS)
    assert set(found.method) == {"krylov"}
    for eta, rho, condition in zip(ETAS, found.rho, found.condition, strict=True):
        alone = solver.solve_real(generator.copy(), [eta])
        size = np.linalg.norm(alone.rho[0] - np.eye(27) / 27)
        assert np.linalg.norm(rho - alone.rho[0]) < 5e-11 * size
        assert condition < 3 * alone.condition[0]  # both are estimates of norms
    again = solver.solve_real(generator.copy(), ETAS)
    np.testing.assert_array_equal(again.rho, found.rho)


def test_a_space_that_is_not_good_enough_is_replaced(model, by_drift, monkeypatch):
    solver = SteadyStateSolver(model.lindbladian)
    generator = random_generator(np.random.default_rng(1), 27)
    expected = solver.solve_real(generator.copy(), ETAS)
    monkeypatch.setattr(drift_space, "_MOST_STEPS", 2)
    found = solver.solve_real(generator.copy(), ETAS)
    assert found.residual.max() < 1e-13
    np.testing.assert_allclose(found.rho, expected.rho, atol=1e-12)
    assert (found.condition != expected.condition).any()  # it is of another space
