"""Single realisations at fixed seeds: S_d, S_max and purity of chain and pair, to 1e-8 of S_max."""

import json
from pathlib import Path

import numpy as np
import pytest

from syncsweep.physics.diagnosis import Method, Status
from syncsweep.physics.measures import s_max
from syncsweep.physics.models import MODELS
from syncsweep.physics.perturbation import liouvillian_from_kossakowski
from syncsweep.physics.phase_distribution import (
    deviation,
    relative_frequencies,
    relative_phase_coefficients,
)
from syncsweep.physics.steady_state import SteadyStateSolver
from syncsweep.physics.superoperators import liouvillian

POINTS = json.loads(Path(__file__).with_name("reference_points.json").read_text())["points"]
REALISATIONS = sorted({(point["model"], point["seed"]) for point in POINTS})


def literal_perturbation(seed, dim):
    """App. F to the letter: G is drawn whole."""
    rng = np.random.default_rng(seed)
    m = rng.standard_normal((dim, dim)) + 1j * rng.standard_normal((dim, dim))
    d = dim**2 - 1
    g = rng.standard_normal((d, d)) + 1j * rng.standard_normal((d, d))
    wishart = g @ g.conj().T
    return liouvillian_from_kossakowski(
        (m + m.conj().T) / np.sqrt(2), d * wishart / np.trace(wishart).real
    )


@pytest.fixture(scope="module")
def solvers():
    models = {name: build() for name, build in MODELS.items()}
    return {
        name: (model, SteadyStateSolver(liouvillian(model.hamiltonian, model.jump_operators)))
        for name, model in models.items()
    }


@pytest.mark.parametrize("together", [True, False], ids=["all eta at once", "one eta at a time"])
@pytest.mark.parametrize(("name", "seed"), REALISATIONS)
def test_reference_points(name, seed, together, solvers):
    model, solver = solvers[name]
    points = [p for p in POINTS if (p["model"], p["seed"]) == (name, seed)]
    assert len(points) == 4
    L1 = literal_perturbation(seed, model.dim)
    groups = [points] if together else [[point] for point in points]
    frequencies = relative_frequencies(model.spins)
    for group in groups:
        states = solver.solve(L1, [point["eta"] for point in group])
        assert states.status.tolist() == [Status.OK] * len(group)
        if not together:
            assert states.method.tolist() == [Method.DIRECT]
        coefficients = relative_phase_coefficients(states.rho, model.spins)
        maxima = s_max(coefficients, frequencies).s_max
        for index, point in enumerate(group):
            tolerance = 1e-8 * point["s_max"]
            values = deviation(coefficients[index], frequencies, np.array(point["angles"]))
            np.testing.assert_allclose(values, point["s_d_minus_uniform"], rtol=0, atol=tolerance)
            assert maxima[index] == pytest.approx(point["s_max"], abs=tolerance)
            purity = np.trace(states.rho[index] @ states.rho[index]).real
            assert purity == pytest.approx(point["purity"], rel=1e-11)
