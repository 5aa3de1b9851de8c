"""Refinement: what it says of a solution before it corrects it."""

import numpy as np
import pytest

from syncsweep.physics.models import spin_half_pair
from syncsweep.physics.perturbation import random_perturbation
from syncsweep.physics.refinement import Refinement
from syncsweep.physics.steady_state import SteadyStateSolver


@pytest.mark.parametrize("component", [1, 6, 13])
def test_an_error_in_a_solution_is_seen_in_what_it_leaves_of_the_equations(component):
    solver = SteadyStateSolver(spin_half_pair(gamma=3e-6).lindbladian)
    perturbation = random_perturbation(np.random.default_rng(1), 4)
    system = solver._system(perturbation.matrix()[1:])
    etas, rough = np.array([0.0, 1e-9]), np.ones(2, dtype=bool)
    known = (solver._lindbladian, perturbation, solver._modes, system, solver._at_zero)
    refinement = Refinement(*known, solver._sizes, etas, rough, np.ones((15, 2)))
    for planted, least, most in ((0.0, 0.0, 1e-13), (1e-6, 1e-6, 1e-2)):
        found = system.solve_direct(etas)
        found.x[component] += planted * system.scale
        found.residual[:] = 1.0
        refinement.judge_by_component(found)
        estimate = found.residual / found.condition
        assert np.all((0.99 * least <= estimate) & (estimate <= most))
