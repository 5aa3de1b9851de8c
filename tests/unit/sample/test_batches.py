"""Samples solved together: every bit of them is as if each was solved alone."""

from itertools import product

import numpy as np
import pytest
from studies import assert_bit_equal

from syncsweep.config.observables import StateObservable
from syncsweep.config.physics import (
    Ensemble,
    Physics,
    Spin1Chain,
    SpinHalfPair,
    TwoSpin1s,
    TwoSpin1sPerturbation,
)
from syncsweep.config.user_code import EnsembleCode, ModelCode
from syncsweep.physics.diagnosis import Method
from syncsweep.physics.ensembles import random_low_rank
from syncsweep.physics.perturbation import random_generator
from syncsweep.physics.random_streams import Purpose, stream
from syncsweep.physics.stacked_draws import lindblad_generators, random_generators
from syncsweep.sample.rows import MOST_UNITS, joined
from syncsweep.sample.sample_solver import SampleSolver
from syncsweep.user_code.study_solver import StudySolver, solve_together

ETAS = (0.0, 1e-6, 1e-3, 0.1, 10.0)

SOURCE = """
import numpy as np
from syncsweep.physics.spins import *
def model(spins, detuning=0.4):
    z, plus, minus = (on_each_site(one, spins) for one in (sz, raising, lowering))
    hop = plus[0] @ minus[-1] / 2
    return detuning * z[0] + z[-1] + hop + hop.conj().T, [one @ one for one in z]
def perturbation(rng, spins, failing=0.0):
    if rng.random() < failing:
        raise ValueError("this one fails")
    d = int(np.prod([2 * s + 1 for s in spins]))
    v = rng.standard_normal((d, d)) + 1j * rng.standard_normal((d, d))
    return v + v.conj().T, [rng.standard_normal((d, d)) for _ in range(3)]
"""

PAIR = SpinHalfPair(name="spin_half_pair")
MIXED = ModelCode(name="own", source=SOURCE, spins=(1.0, 0.5), parameters={})
TRIPLE = ModelCode(name="own", source=SOURCE, spins=(0.5, 0.5, 0.5), parameters={})


def own(failing):
    return EnsembleCode(source=SOURCE, parameters={"failing": failing})


def physics_of(model, ensemble=None, **more):
    return Physics(model=model, ensemble=ensemble or Ensemble(), root_seed=3, **more)


CASES = {
    "pair": physics_of(PAIR),
    "two spin-1s": physics_of(Spin1Chain(name="spin1_chain", n_sites=2)),
    "spin 1 and spin 1/2": physics_of(MIXED),
    "three spin-1/2s": physics_of(TRIPLE),
    "low rank": physics_of(PAIR, Ensemble(rank=2, basis="orthonormal", zeta_coh=3)),
    "sites": physics_of(MIXED, Ensemble(kind="sites")),
    "own ensemble": physics_of(PAIR, own(0.0)),
    "angles": physics_of(PAIR, measure="absolute"),
    # Its limit is degenerate, so that each sample is solved by itself as well.
    "coherent": physics_of(PAIR, Ensemble(zeta_diss=0)),
    # Some samples raise an error.
    "failing": physics_of(MIXED, own(0.1)),
}


@pytest.mark.parametrize("case", CASES)
def test_no_bit_depends_on_the_size_of_a_batch(case):
    observables = (StateObservable(name="purity"),)
    units = [((), sample) for sample in range(MOST_UNITS)]
    whole = SampleSolver(CASES[case], ETAS, observables).rows_of(units)
    assert ("failed" in whole.status) == (case == "failing")

    for size in (1, 2, 7):
        solver = SampleSolver(CASES[case], ETAS, observables)
        parts = [solver.rows_of(units[k : k + size]) for k in range(0, len(units), size)]
        assert_bit_equal(joined(parts), whole)
        purity = joined(parts).observables["purity"]
        assert purity.tobytes() == whole.observables["purity"].tobytes()


PLANES = {
    # A large Hamiltonian hides the rates, so that these samples are refined by themselves.
    "weights": (physics_of(PAIR), {"ensemble.zeta_coh": (0.5, 1e9), "ensemble.zeta_diss": (1, 2)}),
    "model and weight": (physics_of(PAIR), {"ensemble.zeta_coh": (1, 2), "model.B": (0.3, 0.4)}),
    "two spin-1s": (
        physics_of(TwoSpin1s(name="two_spin1s"), TwoSpin1sPerturbation(kind="two_spin1s")),
        {"ensemble.delta": (0, 1), "ensemble.epsilon": (0.2, 0.4)},
    ),
    "failing": (physics_of(MIXED, own(0.0)), {"ensemble.parameters.failing": (0, 0.5, 1)}),
}


@pytest.mark.parametrize("plane", PLANES)
def test_no_bit_depends_on_the_points_of_a_batch(plane):
    physics, axes = PLANES[plane]
    physics = physics.with_axes(axes)
    points = list(product(*(axes[path] for path in physics.axes)))
    units = [(point, sample) for sample in range(3) for point in points]
    whole = SampleSolver(physics, ETAS).rows_of(units)
    alone = [SampleSolver(physics, ETAS).rows_of([unit]) for unit in units]
    assert_bit_equal(joined(alone), whole)
    for name, values in whole.axes.items():
        np.testing.assert_array_equal(values, joined(alone).axes[name])


@pytest.mark.parametrize("case", ["pair", "two spin-1s", "spin 1 and spin 1/2", "three spin-1/2s"])
def test_steady_states_are_those_of_single_systems(case):
    solver = StudySolver(CASES[case], np.array(ETAS))
    samples = range(20)
    stacked = solve_together([(solver, sample) for sample in samples], None)
    for k, sample in enumerate(samples):
        alone = solver.states(sample, None)
        part = stacked.part(slice(k * len(ETAS), (k + 1) * len(ETAS)))
        np.testing.assert_allclose(part.rho, alone.rho, rtol=0, atol=1e-14)
        assert part.status.tolist() == alone.status.tolist() == ["ok"] * len(ETAS)
        # Estimates of the same norm: LAPACK's, and that of a few images.
        assert np.all(part.condition < 10 * alone.condition)


@pytest.mark.parametrize("law", [{}, {"basis": "orthonormal"}, {"rank": 1}, {"rank": 6}])
@pytest.mark.parametrize("dim", [2, 3, 6, 10])
def test_a_stack_of_perturbations_has_those_of_single_draws(dim, law):
    law = {"zeta_coh": 0.5, "zeta_diss": 2.0, **law}
    law["rank"] = min(law.get("rank", dim**2 - 1), dim**2 - 1)

    def streams():
        return [stream(1, sample, Purpose.PERTURBATION) for sample in range(4)]

    alone = [random_generator(rng, dim, **law) for rng in streams()]
    np.testing.assert_allclose(random_generators(streams(), dim, **law), alone, atol=1e-13)


def test_a_stack_of_generators_has_those_of_single_operators():
    operators = [random_low_rank(np.random.default_rng(k), 6, rank=1 + k) for k in range(3)]
    hamiltonians = np.stack([one.hamiltonian for one in operators])
    stack = lindblad_generators(hamiltonians, [one.jump_operators for one in operators])
    np.testing.assert_allclose(stack, [one.matrix() for one in operators], atol=1e-13)


def test_a_sample_that_is_known_too_roughly_is_solved_by_itself():
    """A large Hamiltonian hides the rates, until the solution is refined."""
    physics = physics_of(PAIR, Ensemble(zeta_coh=1e9))
    rows = SampleSolver(physics, (1e-3, 0.1)).rows_of([((), sample) for sample in range(3)])
    assert np.any(rows.method == Method.REFINED)
