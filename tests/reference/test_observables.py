"""QuTiP computes every observable of the package, for steady states of three models."""

from pathlib import Path

import numpy as np
import pytest
import qutip
from pydantic import TypeAdapter

from syncsweep.config.observables import AnyObservable, codes_of
from syncsweep.config.physics import Ensemble, Physics, Spin1Chain, SpinHalfPair
from syncsweep.config.user_code import ModelCode, code_of
from syncsweep.physics.diagnosis import Status
from syncsweep.user_code.study_observables import Observables
from syncsweep.user_code.study_solver import StudySolver

TEXT = (Path(__file__).parents[2] / "examples" / "mixed_pair.py").read_text(encoding="utf-8")

ETAS = np.array([0.0, 1e-3, 1.0])

MODELS = {
    "chain": Spin1Chain(name="spin1_chain"),
    "pair": SpinHalfPair(name="spin_half_pair"),
    "mixed pair": ModelCode(name="own", source=code_of(TEXT), spins=(1, 0.5), parameters={}),
}

GROUPS = {2: [([1], [2])], 3: [([1], [2, 3]), ([1, 3], [2]), ([2], [3])]}

configured = TypeAdapter(tuple[AnyObservable, ...]).validate_python


def all_observables(spins):
    """Every observable that fits these spins."""
    yield from ("purity", "relative_entropy_of_coherence", "l1_coherence")
    for groups in GROUPS[len(spins)]:
        yield from ({"name": n, "sites": groups} for n in ("mutual_information", "negativity"))
    operators = [f"s{axis}{power}" for axis in "xyz" for power in ("", "2")]
    yield from ({"name": "expectation", "operator": operator} for operator in operators)
    if halves := [site for site, spin in enumerate(spins, 1) if spin == 0.5]:
        for axis in "xyz":
            yield {"name": "expectation", "operator": f"sigma_{axis}", "sites": halves}


def of_operator(state, spins, column):
    """Tr ρO, where the column is sx2_1 for (S_1^x)²."""
    operator, site = column.rsplit("_", 1)
    spin = spins[int(site) - 1]
    axis = operator.removeprefix("sigma_").strip("s2")
    one = qutip.jmat(spin, axis)
    one = 2 * one if operator.startswith("sigma") else one ** (2 if operator.endswith("2") else 1)
    factors = [qutip.qeye(round(2 * s) + 1) for s in spins]
    factors[int(site) - 1] = one
    return qutip.expect(qutip.tensor(factors), state)


def of_groups(state, column):
    """Mutual information or negativity, where the column is negativity_1_23."""
    name, *groups = column.rsplit("_", 2)
    some, others = ([int(site) - 1 for site in group] for group in groups)
    both = sorted(some + others)
    places = [[both.index(site) for site in group] for group in (some, others)]
    reduced = state.ptrace(both)
    if name == "mutual_information":
        return qutip.entropy_mutual(reduced, *places)
    transposed = qutip.partial_transpose(reduced, [k in places[0] for k in range(len(both))])
    return (np.abs(transposed.eigenenergies()).sum() - 1) / 2


def by_qutip(state, spins, column):
    if column == "purity":
        return state.purity()
    if column == "relative_entropy_of_coherence":
        return qutip.entropy_vn(qutip.qdiags(state.diag(), 0)) - qutip.entropy_vn(state)
    if column == "l1_coherence":
        entries = np.abs(state.full())
        return sum(entries[i, j] for i, j in np.ndindex(entries.shape) if i != j)
    if column.startswith(("mutual", "negativity")):
        return of_groups(state, column)
    return of_operator(state, spins, column)


@pytest.mark.parametrize("model", MODELS)
def test_qutip_gives_every_observable_of_five_samples(model):
    physics = Physics(model=MODELS[model], ensemble=Ensemble(), root_seed=11)
    spins = physics.model.spins
    observables = Observables(codes_of(configured([*all_observables(spins)]), spins, {}), spins)
    solver = StudySolver(physics, ETAS)
    dims = [round(2 * spin) + 1 for spin in spins]
    for sample in range(5):
        steady = solver.states(sample, lambda states: np.full(len(states), 1e-9))
        good = steady.status == Status.OK
        assert good.all()
        values = observables.values(steady.rho, good)
        assert [*values] == [column.name for column in observables.columns]
        for k, rho in enumerate(steady.rho):
            state = qutip.Qobj(rho, dims=[dims, dims])
            found = {name: column[k] for name, column in values.items()}
            expected = {name: by_qutip(state, spins, name) for name in values}
            assert found == pytest.approx(expected, rel=0, abs=1e-10)
