"""The solver without matrices against the dense one, for perturbations of every kind."""

import numpy as np
import pytest
from operators import Operators, global_operators, local_operators
from scipy.linalg import null_space

from syncsweep.physics import operator_solver
from syncsweep.physics.dephasing import DephasingGenerator
from syncsweep.physics.models import spin1_chain
from syncsweep.physics.operator_solver import OperatorSolver
from syncsweep.physics.perturbation import perturbation_of
from syncsweep.physics.phase_distribution import relative_phase_coefficients
from syncsweep.physics.spins import lowering, on_each_site, sx
from syncsweep.physics.split_form import SplitForm
from syncsweep.physics.steady_state import SteadyStateSolver

ETAS = [0.0, 1e-12, 1e-6, 1e-4, 1e-3, 1e-2, 0.1, 1.0, 10.0]

KINDS = {
    "rank 1": lambda n: global_operators(1, 3**n, 1),
    "rank 4": lambda n: global_operators(2, 3**n, 4),
    "bonds": lambda n: local_operators(3, n, 2),
    "sites": lambda n: local_operators(4, n, 1),
}


@pytest.fixture(scope="module")
def pair_solver():
    return OperatorSolver(spin1_chain(2))


def dense_states(model, perturbation, etas):
    operators = (perturbation.hamiltonian, perturbation.jump_operators)
    solver = SteadyStateSolver(model.lindbladian)
    return solver.solve_perturbation(perturbation_of(*operators), etas)


def assert_same(model, found, expected):
    assert set(expected.status) == set(found.status) == {"ok"}
    s_d, other = (relative_phase_coefficients(one.rho, model.spins) for one in (found, expected))
    np.testing.assert_allclose(s_d, other, rtol=0, atol=1e-10 * other[0, 0].real)
    # residual/condition is the estimated error in units of 1/√D, and never below rounding.
    errors = np.linalg.norm(found.rho - expected.rho, axis=(1, 2)) * np.sqrt(model.dim)
    assert np.all(errors <= found.residual / found.condition + 1e-13)
    assert np.all(found.residual / found.condition > 1e-16)


@pytest.mark.parametrize("n_sites", [2, 3])
@pytest.mark.parametrize("kind", KINDS)
def test_it_gives_the_states_of_the_dense_solver(kind, n_sites):
    model, perturbation = spin1_chain(n_sites), KINDS[kind](n_sites)
    found = OperatorSolver(model).solve(perturbation, ETAS)
    assert_same(model, found, dense_states(model, perturbation, ETAS))
    assert found.method[0] == "krylov"
    assert found.method[-1] == "gmres"


def test_values_of_eta_may_come_in_any_order_and_alone(pair_solver):
    perturbation = KINDS["bonds"](2)
    together = pair_solver.solve(perturbation, ETAS)
    backwards = pair_solver.solve(perturbation, ETAS[::-1])
    np.testing.assert_array_equal(backwards.rho[::-1], together.rho)
    for k in (0, 3, 7):
        alone = pair_solver.solve(perturbation, [ETAS[k]])
        np.testing.assert_allclose(alone.rho[0], together.rho[k], rtol=0, atol=1e-11)


@pytest.mark.parametrize(
    "jumps", [[], [np.diag(np.arange(9.0))]], ids=["no dissipation", "dephasing"]
)
def test_degeneracy_that_stays_in_first_order_is_refused(pair_solver, jumps):
    hamiltonian = global_operators(1, 9, 1).hamiltonian
    found = pair_solver.solve(Operators(hamiltonian, jumps), ETAS)
    assert set(found.status) == {"degenerate"}
    assert np.isnan(found.rho).all()


@pytest.mark.parametrize("kind", KINDS)
def test_condition_is_at_most_that_of_the_equations(pair_solver, kind):
    perturbation, etas = KINDS[kind](2), [1e-6, 1e-2, 0.1, 1.0]
    generator = DephasingGenerator(spin1_chain(2).lindbladian)
    split = SplitForm(generator, perturbation)
    beside = null_space(generator.zero_modes.toarray())
    operators = beside.T.reshape(-1, 9, 9)
    constant = np.array([generator.apply(one).ravel() for one in operators])
    linear = np.array([split.rest(one)[0].ravel() for one in operators])
    found = pair_solver.solve(perturbation, etas)
    for eta, condition in zip(etas, found.condition, strict=True):
        smallest = np.linalg.svd((constant + eta * linear) @ beside, compute_uv=False)[-1]
        assert condition <= smallest
    assert found.condition.min() > 0.05


def test_condition_is_at_most_that_of_the_rates(pair_solver):
    """A dissipator that hardly mixes the sectors, beside one that leaves them apart."""
    mixing = 1e-3 * global_operators(1, 9, 1).jump_operators[0]
    jumps = [np.diag(np.arange(9.0)), mixing]
    perturbation = Operators(np.zeros((9, 9)), jumps)
    split = SplitForm(DephasingGenerator(spin1_chain(2).lindbladian), perturbation)
    assert 1e-9 < split.condition < 1e-6
    assert np.all(pair_solver.solve(perturbation, ETAS).condition <= split.condition)


def test_gmres_that_does_not_converge_says_so(pair_solver, monkeypatch):
    for name in ("_GMRES_STEPS", "_MORE_STEPS", "_GMRES_VECTORS", "_SHARED_STEPS"):
        monkeypatch.setattr(operator_solver, name, 5)
    found = pair_solver.solve(KINDS["rank 1"](2), [1e-6, 1.0])
    assert found.status.tolist() == ["ok", "inaccurate"]


def decay(first, second, field):
    """Both spins decay by themselves, in a common transverse field."""
    jumps = on_each_site(lowering, (1.0, 1.0))
    hamiltonian = field * sum(on_each_site(sx, (1.0, 1.0)))
    return Operators(hamiltonian, [first * jumps[0], second * jumps[1]])


def strong_decay_in_a_random_field():
    decays = decay(5e3, 2.7e-3, 0.0)
    return Operators(global_operators(1, 9, 1).hamiltonian, decays.jump_operators)


@pytest.mark.parametrize(
    ("model", "perturbation", "etas"),
    [
        (spin1_chain(2), decay(176.0, 2.5e-5, 6e-4), [0.0, 0.1, 1.07]),
        (spin1_chain(2, omega=0.04), strong_decay_in_a_random_field(), [0.0, 1e-4, 1e-3]),
        (spin1_chain(2, J=0.0, delta=-0.5), decay(1.0, 8e-4, 0.5), [0.0, 1e-12]),
    ],
    ids=["slow mode at large η", "strong decay", "rates far apart"],
)
def test_estimated_errors_hold_for_rates_far_apart(model, perturbation, etas):
    found = OperatorSolver(model).solve(perturbation, etas)
    expected = dense_states(model, perturbation, etas)
    errors = np.linalg.norm(found.rho - expected.rho, axis=(1, 2)) * np.sqrt(model.dim)
    assert set(expected.status) == {"ok"}
    assert np.all(errors <= 2 * found.residual / found.condition + 1e-13)


@pytest.mark.parametrize(
    ("n_sites", "etas", "argument"),
    [(2, [-1.0], "etas"), (2, [np.nan], "etas"), (3, [1.0], "perturbation")],
)
def test_wrong_arguments_are_refused(pair_solver, n_sites, etas, argument):
    with pytest.raises(ValueError, match=f"Argument `{argument}`"):
        pair_solver.solve(KINDS["sites"](n_sites), etas)
