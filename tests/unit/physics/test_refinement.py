"""Refinement: what it says of a solution before it corrects it."""

import numpy as np
import pytest

from syncsweep.physics.models import spin_half_pair
from syncsweep.physics.perturbation import random_perturbation
from syncsweep.physics.refinement import Refinement
from syncsweep.physics.steady_state import SteadyStateSolver


@pytest.mark.parametrize("component", [1, 6, 13])
def test_an_error_in_a_solution_is_seen_in_what_it_leaves_and_refined_away(component):
    solver = SteadyStateSolver(spin_half_pair(gamma=3e-6).lindbladian)
    perturbation = random_perturbation(np.random.default_rng(1), 4)
    system = solver._system(perturbation.matrix()[1:])
    etas, rough = np.array([0.0, 1e-9]), np.ones(2, dtype=bool)
    known = (solver._lindbladian, perturbation, solver.modes, system, solver._at_zero)
    refinement = Refinement(*known, solver._sizes, etas, rough, np.ones((15, 2)))
    for planted, least, most in ((0.0, 0.0, 1e-13), (1e-6, 1e-6, 1e-2)):
        found = system.solve_direct(etas)
        found.x[component] += planted * system.scale
        found.residual[:] = 1.0
        refinement.judge_by_component(found)
        estimate = found.residual / found.condition
        assert np.all((0.99 * least <= estimate) & (estimate <= most))
        assert refinement.refine(found, rough).all()
        error = np.abs(found.x - system.solve_direct(etas).x).max() / system.scale
        assert error < 1e-13


@pytest.mark.parametrize(
    ("allowed", "least", "most"), [(None, 0, 1e-13), (1e-10, 0, 1e-13), (1e-9, 1e-10, 1e-9)]
)
def test_states_are_known_no_better_than_they_have_to_be(allowed, least, most):
    """The plain estimate of the error of both is 5·10⁻¹⁰; a closer look at them shows far less."""
    solver = SteadyStateSolver(spin_half_pair(gamma=1e-3).lindbladian)
    perturbation = random_perturbation(np.random.default_rng(1), 4)
    errors = None if allowed is None else lambda rho: np.full(len(rho), allowed)
    found = solver.solve_perturbation(perturbation, [0.0, 1e-9], errors)
    estimate = found.residual / found.condition
    assert np.all((least <= estimate) & (estimate <= most))
