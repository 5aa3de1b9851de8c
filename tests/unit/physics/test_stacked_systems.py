"""Estimated errors of samples that are solved together."""

import numpy as np
import pytest

from syncsweep.physics.lindbladian import Lindbladian
from syncsweep.physics.perturbation import perturbation_of
from syncsweep.physics.spins import sx, sy, sz
from syncsweep.physics.stacked_systems import StackedSolver
from syncsweep.physics.steady_state import SteadyStateSolver


@pytest.mark.parametrize("spin", [0.5, 1.0, 1.5])
def test_weakly_damped_mode_shows_in_the_condition_whatever_its_direction(spin):
    """At η = 1 the field vanishes, and what dephasing leaves is damped at a rate of 1e-7 only."""
    x, y, z = sx(spin), sy(spin), sz(spin)
    field, weak = x + 0.7 * y, np.sqrt(1e-7) * (x + 0.4 * y + 0.2j * z)
    perturbation = perturbation_of(-field, weak[None]).matrix()
    for theta in np.linspace(0.1, 3.0, 100):
        along = np.cos(theta) * z + np.sin(theta) * (np.cos(5) * x + np.sin(5) * y)
        solver = SteadyStateSolver(Lindbladian(field, along[None]))
        together = StackedSolver(solver, np.array([1.0])).solve(perturbation[None].copy())
        alone = solver.solve_real(perturbation.copy(), [1.0])
        assert together.states.condition[0] < 16 * alone.condition[0]
