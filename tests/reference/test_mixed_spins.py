"""Spins of different sizes against QuTiP: steady states, and S_d from its spin-coherent states."""

from functools import reduce
from math import pi
from pathlib import Path

import numpy as np
import pytest
import qutip

from syncsweep.config.physics import Ensemble, Physics
from syncsweep.config.user_code import EnsembleCode, ModelCode, code_of
from syncsweep.physics.perturbation import (
    random_hamiltonian,
    random_kossakowski,
    traceless_operators,
)
from syncsweep.physics.phase_distribution import evaluate, relative_frequencies
from syncsweep.physics.random_streams import Purpose, stream
from syncsweep.sample.rows import unpack_coefficients
from syncsweep.sample.sample_solver import SampleSolver
from syncsweep.user_code.code import OwnPerturbation

TEXT = (Path(__file__).parents[2] / "examples" / "mixed_pair.py").read_text(encoding="utf-8")

#: Three spins with the same two conserved total spins of the first two, in QuTiP's own operators.
THREE = """
import qutip

def model(spins, J=0.7):
    one = [qutip.qeye(round(2 * S) + 1) for S in spins]

    def at(site, which):
        factors = list(one)
        factors[site] = qutip.jmat(spins[site], which)
        return qutip.tensor(factors)

    z = [at(site, "z") for site in range(3)]
    hop = at(0, "+") * at(1, "-") + at(1, "+") * at(2, "-")
    return sum(z) + J * (hop + hop.dag()), [z[0] ** 2, 0.5 * z[2]]
"""

ETAS = (1e-3, 0.1, 1.0)


def code(source, spins):
    return ModelCode(name="own", source=code_of(source), spins=spins, parameters={})


CASES = {
    "pair": Physics(model=code(TEXT, (1, 0.5)), ensemble=Ensemble(), root_seed=3),
    "pair, local": Physics(
        model=code(TEXT, (1, 0.5)),
        ensemble=EnsembleCode(source=code_of(TEXT), parameters={"strength": 0.5}),
        root_seed=3,
    ),
    "pair of others": Physics(model=code(TEXT, (0.5, 2)), ensemble=Ensemble(), root_seed=3),
    "three": Physics(model=code(THREE, (1, 0.5, 1)), ensemble=Ensemble(rank=9), root_seed=3),
}


def drawn(physics, sample):
    """H₍₁₎ and the jump operators of a sample, by the definition of its ensemble."""
    rng, dim = stream(physics.root_seed, sample, Purpose.PERTURBATION), physics.dim
    if isinstance(physics.ensemble, EnsembleCode):
        return OwnPerturbation(physics.ensemble, physics.model.spins).operators(rng)
    hamiltonian = random_hamiltonian(rng, dim)
    kappa, u = np.linalg.eigh(random_kossakowski(rng, dim, physics.ensemble.rank))
    operators = traceless_operators(dim, "paper").toarray()
    jumps = np.sqrt(np.maximum(kappa, 0))[:, None] * (u.conj().T @ operators)
    return hamiltonian, jumps.reshape(-1, dim, dim)


def steady_state(physics, sample, eta):
    """ρ from QuTiP, which runs the user's function itself."""
    namespace = {}
    exec(physics.model.source, namespace)
    returned = namespace["model"](physics.model.spins, **physics.model.parameters)
    H, *jumps = (
        qutip.Qobj(each.full() if isinstance(each, qutip.Qobj) else each)
        for each in (returned[0], *returned[1])
    )
    V, others = drawn(physics, sample)
    jumps += [np.sqrt(eta) * qutip.Qobj(jump) for jump in others]
    generator = qutip.liouvillian(H + eta * qutip.Qobj(V), jumps).to("Dense")
    return qutip.steadystate(generator, method="direct", solver="solve").full()


def site_operator(spin, phi):
    """(2S+1)/4π ∫ sinθ |θ,φ⟩⟨θ,φ| dθ from QuTiP's coherent states."""
    nodes, weights = np.polynomial.legendre.leggauss(16)
    total = 0
    for theta, weight in zip(pi / 2 * (nodes + 1), pi / 2 * weights, strict=True):
        state = qutip.spin_coherent(spin, theta, phi).full()
        total = total + weight * np.sin(theta) * state @ state.conj().T
    return (2 * spin + 1) / (4 * pi) * total


def s_d(rho, spins, relative):
    """S_d at relative angles (N−1,), the common angle integrated out."""
    turns = 2 * pi * np.arange(8) / 8  # no harmonic of Q is higher than 2ΣS = 5
    phis = [np.array([*relative, 0.0]) + turn for turn in turns]
    sites = [[site_operator(*one) for one in zip(spins, phi, strict=True)] for phi in phis]
    return 2 * pi * np.mean([np.trace(rho @ reduce(np.kron, one)).real for one in sites])


@pytest.mark.parametrize("case", CASES)
def test_s_d_of_the_sweep_is_that_of_the_steady_state_of_qutip(case):
    physics = CASES[case]
    spins = physics.model.spins
    frequencies, sample = relative_frequencies(spins), 2
    rows = SampleSolver(physics, ETAS).rows(sample)
    assert rows.status.tolist() == ["ok"] * len(ETAS)
    coefficients = unpack_coefficients(rows.s_d)
    uniform = (2 * pi) ** (1 - len(spins))
    for index, eta in enumerate(ETAS):
        rho = steady_state(physics, sample, eta)
        angles = np.array([rows.angles[index], np.linspace(0.3, 4.0, len(spins) - 1)])
        found = evaluate(coefficients[index], frequencies, angles)
        expected = [s_d(rho, spins, relative) for relative in angles]
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-10 * uniform)
        assert rows.s_max[index] == pytest.approx(expected[0] - uniform, abs=1e-10 * uniform)
        assert rows.s_max[index] > 1e-6 * uniform


def test_largest_s_d_is_nowhere_exceeded():
    physics = CASES["three"]
    rows = SampleSolver(physics, (0.1,)).rows(2)
    axis = 2 * pi * np.arange(90) / 90
    angles = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    frequencies = relative_frequencies(physics.model.spins)
    values = evaluate(unpack_coefficients(rows.s_d)[0], frequencies, angles) - 1 / (4 * pi**2)
    assert values.max() <= rows.s_max[0] <= values.max() * 1.02
