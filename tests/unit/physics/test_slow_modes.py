"""Modes that L₀ conserves or damps slowly, where its terms differ by powers of ten."""

from pathlib import Path

import numpy as np
import pytest

from syncsweep.config.user_code import ModelCode
from syncsweep.physics.balancing import balancing
from syncsweep.physics.lindbladian import Lindbladian
from syncsweep.physics.models import spin1_chain, spin_half_pair
from syncsweep.physics.perturbation import random_perturbation
from syncsweep.physics.slow_modes import conserved_modes, slow_modes
from syncsweep.physics.spins import lowering, on_each_site, raising
from syncsweep.physics.steady_state import SteadyStateSolver
from syncsweep.physics.superoperators import to_components
from syncsweep.user_code.code import own_model


def of(model):
    lindbladian = Lindbladian(model.hamiltonian, model.jump_operators)
    generator = lindbladian.matrix()
    return slow_modes(lindbladian, generator), generator


@pytest.mark.parametrize(
    ("model", "conserved"),
    [
        (spin1_chain(2), 5),
        (spin1_chain(2, omega=1e12), 5),
        (spin1_chain(2, gamma=1e8), 5),
        (spin1_chain(2, J=1e8), 5),
        (spin1_chain(2, J=1e-8), 5),
        (spin1_chain(2, J=0.0, delta=0.0), 10),
        (spin1_chain(3), 7),
        (spin1_chain(3, omega=1e10), 7),
        (spin_half_pair(), 1),
        (spin_half_pair(gamma=1e-6), 1),
        (spin_half_pair(B=1e12), 1),
    ],
)
def test_what_is_conserved_does_not_depend_on_the_scales(model, conserved):
    """Number of zero modes, except the trace, from the sectors of the symmetry (App. B, D)."""
    modes, _ = of(model)
    assert modes.conserved.sum() == conserved
    assert not modes.rows[modes.conserved].any()


@pytest.mark.parametrize("parameters", [{"J": 1e8}, {"gamma": 1e8}, {"omega": 1e12, "J": 1e6}])
def test_what_is_conserved_is_so_in_twice_the_working_precision(parameters):
    model = spin1_chain(2, **parameters)
    lindbladian = Lindbladian(model.hamiltonian, model.jump_operators)
    modes, _ = of(model)
    parts = lindbladian.apply_adjoint(modes.observables)
    change = np.abs((parts[0] + parts[1]).rounded()).max(axis=(0, 1))
    assert np.all(change[modes.conserved] <= 1e-26 * max(parameters.values()))


def test_slow_modes_beside_a_large_exchange_have_rows_of_their_own_size():
    """With J = 1e10 the populations of its eigenstates mix at γ, which is a rounding of J."""
    model = spin1_chain(2, J=1e10)
    modes, generator = of(model)
    slow = ~modes.conserved
    assert slow.any()
    sizes = np.abs(modes.rows[slow]).max(axis=1)
    assert np.all((sizes > 0.1) & (sizes < 10))
    assert np.abs(modes.left.T @ generator[1:].toarray() - modes.rows).max() > 1e-8  # its rounding
    lindbladian = Lindbladian(model.hamiltonian, model.jump_operators)
    coherent, dissipative = lindbladian.apply_adjoint(modes.observables)
    exact = to_components((coherent + dissipative).rounded()).T
    np.testing.assert_allclose(modes.rows[slow], exact[slow], rtol=0, atol=1e-13)
    left = to_components(modes.observables.rounded())[1:]
    np.testing.assert_allclose(left, modes.left, rtol=0, atol=1e-15)


def test_a_mode_damped_below_twice_the_working_precision_leaves_no_limit():
    """(J/Δ)²γ is 2e-33 of Δ: the mode is damped, but two doubles cannot show it."""
    model = spin1_chain(2, omega=0.1, J=2e-6, delta=5e5, gamma=6e-5)
    modes, _ = of(model)
    assert modes.doubt > 0
    assert modes.conserved.sum() == 5
    solver = SteadyStateSolver(Lindbladian(model.hamiltonian, model.jump_operators))
    perturbation = random_perturbation(np.random.default_rng(1), 9)
    status = solver.solve_perturbation(perturbation, [0.0, 1.0]).status
    assert status.tolist() == ["inaccurate", "ok"]


def test_a_jump_operator_that_hardly_breaks_what_another_conserves_is_in_doubt():
    """L₀ damps the singlet at 1e-14, and the rounding of a root could cause this too."""
    up, down = (on_each_site(operator, (0.5, 0.5)) for operator in (raising, lowering))
    jumps = np.array([down[0] + (1 - 1e-7) * down[1], 1e-7 * up[0]])
    lindbladian = Lindbladian(np.zeros((4, 4)), jumps)
    assert 1e-15 < slow_modes(lindbladian, lindbladian.matrix()).doubt < 1e-13
    perturbation = random_perturbation(np.random.default_rng(1), 4)
    states = SteadyStateSolver(lindbladian).solve_perturbation(perturbation, [0.0, 1e-9, 1.0])
    assert states.status.tolist() == ["inaccurate", "inaccurate", "ok"]


def test_models_of_ordinary_scales_leave_no_doubt():
    source = (Path(__file__).parents[3] / "examples/mixed_pair.py").read_text()
    for field in (0.3, 1e10):
        code = ModelCode(name="own", spins=(1, 0.5), source=source, parameters={"B": field})
        modes, _ = of(own_model(code))
        assert modes.conserved.sum() == 1
        assert modes.doubt == 0


def test_a_generator_known_by_its_entries_alone_has_the_modes_that_vanish_to_rounding():
    generator = of(spin1_chain(2))[1]
    modes = conserved_modes(generator)
    assert modes.left.shape == (80, 5)
    assert np.abs(modes.left.T @ generator[1:].toarray()).max() < 1e-13


def test_balanced_rows_and_columns_are_of_one_size():
    rng = np.random.default_rng(1)
    size = 10.0 ** rng.uniform(-9, 9, (2, 30))
    matrix = rng.standard_normal((30, 30)) * size[0][:, None] * size[1]
    matrix[3] = 0.0
    rows, columns = balancing(matrix)
    sizes = np.abs(matrix * rows[:, None] * columns)
    others = np.arange(30) != 3
    assert columns.max() == 1.0
    spread = sizes.max(axis=1)[others]
    assert spread.max() < 8 * spread.min()
    assert sizes.max(axis=0).max() < 8 * sizes.max(axis=0).min()
    np.testing.assert_array_equal(np.frexp(rows)[0], 0.5)
    np.testing.assert_array_equal(np.frexp(columns)[0], 0.5)
