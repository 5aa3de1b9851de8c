"""The literal formulas without superoperators agree with those that have them."""

import numpy as np
import pytest
from scipy.linalg import null_space

from syncsweep.physics import literal, literal_operators
from syncsweep.physics.literal_operators import (
    LiteralOperatorSolver,
    NotConvergedError,
    local_perturbation,
    perturbation,
    zero_modes,
)
from syncsweep.physics.models import spin1_chain

SPINS = (1.0, 1.0)
LAW = {"zeta_coh": 0.3, "zeta_diss": 2.0}

#: The same L₁ with and without a superoperator, by kind.
KINDS = {
    "bonds": lambda module: module.local_perturbation(rng(), SPINS, 2, **LAW),
    "sites, rank 2": lambda module: module.local_perturbation(rng(), SPINS, 1, rank=2, **LAW),
    "rank 1": lambda module: module.perturbation(rng(), 9, rank=1, **LAW),
    "rank 5": lambda module: module.perturbation(rng(), 9, rank=5, basis="orthonormal", **LAW),
}


def rng():
    return np.random.default_rng(5)


def hermitian(dim):
    real, imaginary = rng().standard_normal((2, dim, dim))
    return real + real.T + 1j * (imaginary - imaginary.T)


@pytest.mark.parametrize("kind", KINDS)
def test_perturbation_is_the_literal_double_sum(kind):
    matrix, mine = KINDS[kind](literal), KINDS[kind](literal_operators)
    rho = hermitian(9)
    expected = (matrix @ rho.ravel(order="F")).reshape(9, 9, order="F")
    np.testing.assert_allclose(mine.apply(rho), expected, atol=1e-13 * np.abs(matrix).max())
    assert mine.mean_decay == pytest.approx(-np.trace(matrix).real / 9**2, rel=1e-12)


def test_spins_may_differ():
    spins, law = (0.5, 1, 1.5), {"rank": 3}
    matrix = literal.local_perturbation(rng(), spins, 2, **law)
    rho = hermitian(24)
    expected = (matrix @ rho.ravel(order="F")).reshape(24, 24, order="F")
    found = local_perturbation(rng(), spins, 2, **law).apply(rho)
    np.testing.assert_allclose(found, expected, atol=1e-13 * np.abs(matrix).max())


@pytest.mark.parametrize("n_sites", [2, 3])
def test_zero_modes_are_all_of_them(n_sites):
    model = spin1_chain(n_sites)
    modes = zero_modes(model.spins).toarray()
    assert len(modes) == 2 * n_sites + 2
    np.testing.assert_allclose(modes @ modes.T, np.eye(len(modes)), atol=1e-14)
    kernel = null_space(literal.unperturbed(model), rcond=1e-11)
    assert kernel.shape[1] == len(modes)
    np.testing.assert_allclose(kernel @ (kernel.conj().T @ modes.T), modes.T, atol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_steady_states_are_those_of_the_dense_solver_for_every_eta(kind):
    model = spin1_chain(2)
    dense, mine = literal.LiteralSolver(literal.unperturbed(model)), LiteralOperatorSolver(model)
    matrix, operators = KINDS[kind](literal), KINDS[kind](literal_operators)
    for eta in (0.0, 1e-12, 1e-6, 1e-3, 0.1, 10.0):
        found, expected = mine.solve(operators, eta), dense.solve(matrix, eta)
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-11)


def test_limit_that_first_order_leaves_open_is_refused():
    solver = LiteralOperatorSolver(spin1_chain(2))
    coherent = perturbation(rng(), 9, zeta_diss=0.0)
    with pytest.raises(literal.NotUniqueError, match="one zero mode"):
        solver.solve(coherent, 0.0)


def test_gmres_that_does_not_converge_says_so(monkeypatch):
    monkeypatch.setattr(literal_operators, "_RESTART", 2)
    with pytest.raises(NotConvergedError, match="does not converge"):
        LiteralOperatorSolver(spin1_chain(2)).solve(perturbation(rng(), 9), 0.1)
