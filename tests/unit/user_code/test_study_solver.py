"""Which solver serves a sample."""

import numpy as np
import pytest

from syncsweep.config.physics import (
    Ensemble,
    Physics,
    Spin1Chain,
    TwoSpin1s,
    TwoSpin1sPerturbation,
)
from syncsweep.config.user_code import EnsembleCode, ModelCode
from syncsweep.paper.theory.weak_coupling import (
    S_MAX_PER_COHERENCE,
    leading_coherence,
    locking_angle,
)
from syncsweep.physics.ensembles import random_local_sum, random_low_rank
from syncsweep.physics.random_streams import Purpose, stream
from syncsweep.sample.sample_solver import SampleSolver
from syncsweep.user_code.study_solver import StudySolver

SOURCE = """
import numpy as np
from syncsweep.physics.spins import *
def model(spins):
    z, plus, minus = (on_each_site(one, spins) for one in (sz, raising, lowering))
    hop = sum(plus[j] @ minus[j + 1] for j in range(len(spins) - 1)) / 2
    return sum(z) + hop + hop.conj().T, [one @ one for one in z[:-1]]
def perturbation(rng, spins, decays):
    m = rng.standard_normal((36, 36))
    return m + m.T, on_each_site(lowering, spins) if decays else []
"""


def states(decays):
    spins = (1.0, 1.0, 1.5)
    model = ModelCode(name="own", source=SOURCE, spins=spins, parameters={})
    ensemble = EnsembleCode(source=SOURCE, parameters={"decays": decays})
    physics = Physics(model=model, ensemble=ensemble, root_seed=1)
    solver = StudySolver(physics, np.array([0.0, 0.1, 1.0]))
    return solver.states(0, lambda rho: np.full(len(rho), 1e-9))


def test_what_the_first_order_leaves_is_solved_with_matrices():
    """A Hamiltonian alone joins the sectors of dephased spins in second order only."""
    found = states(decays=False)
    assert found.status.tolist() == ["degenerate", "ok", "ok"]
    assert set(found.method) <= {"direct", "krylov", "refined"}
    np.testing.assert_allclose(found.rho[1:], np.array([np.eye(36)] * 2) / 36, atol=1e-9)


def test_few_jump_operators_need_no_matrices():
    found = states(decays=True)
    assert found.status.tolist() == ["ok"] * 3
    assert found.method[-1] == "gmres"


@pytest.mark.parametrize(
    ("law", "purpose"),
    [
        ({"rank": 1}, Purpose.PERTURBATION),
        ({"kind": "bonds"}, Purpose.BONDS),
        ({"kind": "sites"}, Purpose.SITES),
    ],
)
def test_each_kind_of_ensemble_has_the_stream_of_its_results(law, purpose):
    model = Spin1Chain(name="spin1_chain", n_sites=2)
    physics = Physics(model=model, ensemble=Ensemble(**law), root_seed=3)
    drawn = StudySolver(physics, np.zeros(1)).perturbation(5)
    rng = stream(3, 5, purpose)
    expected = random_local_sum(rng, (1, 1), **law) if "kind" in law else random_low_rank(rng, 9)
    np.testing.assert_array_equal(drawn.hamiltonian, expected.hamiltonian)


@pytest.mark.parametrize(("epsilon", "delta"), [(0.4, 0.5), (-0.8, 1.0), (0.2, -2.0), (1.6, 0.1)])
def test_the_rows_of_app_e_have_its_leading_order(epsilon, delta):
    """To rounding in the limit, and beyond it with an error proportional to η."""
    rates = {"gamma_1_damp": 1.0, "gamma_2_gain": 0.5}
    ensemble = TwoSpin1sPerturbation(kind="two_spin1s", epsilon=epsilon, delta=delta, **rates)
    physics = Physics(model=TwoSpin1s(name="two_spin1s"), ensemble=ensemble, root_seed=1)
    rows = SampleSolver(physics, (0.0, 1e-4, 1e-3)).rows(0)
    assert rows.status.tolist() == ["ok"] * 3
    expected = S_MAX_PER_COHERENCE * abs(leading_coherence(epsilon, delta, **rates))
    errors = np.abs(rows.s_max / expected - 1)
    assert errors[0] < 1e-13
    assert errors[2] < 0.013
    assert errors[2] / errors[1] == pytest.approx(10, rel=0.02)
    angle = rows.angles[0, 0] - locking_angle(epsilon, delta, **rates)
    assert np.cos(angle) == pytest.approx(1, abs=1e-14)
