"""The law of decoupled spins: its theory against the solver, its draws against drawn L₁."""

from itertools import combinations, product
from math import pi

import numpy as np
import pytest
from scipy import stats

from syncsweep.physics.decoupled_limit import DecoupledLaw, coherences, conserved_blocks
from syncsweep.physics.models import spin1_chain
from syncsweep.physics.perturbation import random_liouvillian
from syncsweep.physics.phase_distribution import (
    evaluate,
    relative_frequencies,
    relative_phase_coefficients,
)
from syncsweep.physics.sparse_blocks import left_null_vectors
from syncsweep.physics.steady_state import SteadyStateSolver
from syncsweep.physics.superoperators import liouvillian, to_real


def zero_modes(n_sites):
    """Indices (n_modes, 2) of the operators |i⟩⟨j| within blocks."""
    return np.array([(i, j) for block in conserved_blocks(n_sites) for i in block for j in block])


def limit_state(L1, n_sites):
    """ρ with P L₁ P ρ = 0 by a slow obvious way: L₁ is computed in full, and entries are picked."""
    dim, modes = 3**n_sites, zero_modes(n_sites)
    places = modes[:, 0] + dim * modes[:, 1]
    picked = L1[np.ix_(places, places)].copy()
    picked[0] = modes[:, 0] == modes[:, 1]
    rho = np.zeros((dim, dim), dtype=complex)
    rho[modes[:, 0], modes[:, 1]] = np.linalg.solve(picked, np.eye(len(modes))[0])
    return rho


def coherences_of(rho, n_sites):
    """c_jk by their definition: entries of ρ with ±1 on two sites exchanged, summed."""
    m = list(product((1, 0, -1), repeat=n_sites))
    found = []
    for j, k in combinations(range(n_sites), 2):
        pairs = []
        for s, state in enumerate(m):
            if (state[j], state[k]) == (1, -1):
                exchanged = list(state)
                exchanged[j], exchanged[k] = -1, 1
                pairs.append(rho[s, m.index(tuple(exchanged))])
        found.append(sum(pairs))
    return np.array(found)


@pytest.mark.parametrize(("n_sites", "count"), [(2, 11), (3, 45)])
def test_operators_within_blocks_are_all_zero_modes(n_sites, count):
    model = spin1_chain(n_sites, J=0, delta=0)
    generator = liouvillian(model.hamiltonian, model.jump_operators)
    modes = zero_modes(n_sites)
    assert len(modes) == count == 1 + left_null_vectors(to_real(generator)).shape[1]
    assert np.abs(generator[:, modes[:, 0] + model.dim * modes[:, 1]]).max() < 1e-13


@pytest.mark.parametrize("basis", ["paper", "orthonormal"])
@pytest.mark.parametrize(("n_sites", "rank"), [(2, None), (2, 1), (3, None)])
def test_the_limit_is_that_of_the_solver(n_sites, rank, basis):
    model = spin1_chain(n_sites, J=0, delta=0)
    solver = SteadyStateSolver(liouvillian(model.hamiltonian, model.jump_operators))
    L1 = random_liouvillian(np.random.default_rng(1), model.dim, 1, 1, basis, rank)
    rho = limit_state(L1, n_sites)
    np.testing.assert_allclose(rho, solver.solve(L1, [0.0]).rho[0], rtol=0, atol=1e-9)
    c, spins = coherences_of(rho, n_sites), (1,) * n_sites
    found = relative_phase_coefficients(rho, spins)
    np.testing.assert_allclose(coherences(found, n_sites), c, rtol=1e-9)
    # S_d has no other waves.
    angles = np.random.default_rng(2).uniform(0, 2 * pi, (9, n_sites))
    angles[:, -1] = 0
    expected = (2 * pi) ** (1 - n_sites) * np.ones(9)
    for (j, k), one in zip(combinations(range(n_sites), 2), c, strict=True):
        phase = 2 * (angles[:, j] - angles[:, k]) + np.angle(one)
        expected += (2 * pi) ** (1 - n_sites) / 2 * np.abs(one) * np.cos(phase)
    sampled = evaluate(found, relative_frequencies(spins), angles[:, :-1])
    np.testing.assert_allclose(sampled, expected, rtol=1e-13)


@pytest.mark.parametrize("basis", ["paper", "orthonormal"])
@pytest.mark.parametrize(
    ("zeta_coh", "zeta_diss", "rank"), [(1, 1, None), (1, 1, 1), (0, 1, 3), (3, 0.5, None)]
)
def test_the_law_of_two_spins_is_that_of_drawn_perturbations(zeta_coh, zeta_diss, rank, basis):
    rng = np.random.default_rng(4)
    weights = (zeta_coh, zeta_diss, basis, rank)
    states = [limit_state(random_liouvillian(rng, 9, *weights), 2) for _ in range(400)]
    drawn = np.array([coherences_of(rho, 2)[0] for rho in states])
    exact = DecoupledLaw(2, *weights).sample(rng, 8000)[:, 0]
    assert stats.ks_2samp(np.abs(drawn), np.abs(exact)).pvalue > 1e-3
    assert stats.kstest(np.angle(exact), "uniform", (-pi, 2 * pi)).pvalue > 1e-3
    assert stats.kstest(np.angle(drawn), "uniform", (-pi, 2 * pi)).pvalue > 1e-3


def test_the_law_of_three_spins_is_that_of_drawn_perturbations():
    """Moduli, and the phase of c_12 c_23 c_13*, which no rotation about z changes."""
    rng = np.random.default_rng(5)
    states = [limit_state(random_liouvillian(rng, 27), 3) for _ in range(60)]
    drawn = np.array([coherences_of(rho, 3) for rho in states])
    exact = DecoupledLaw(3).sample(rng, 4000)
    for one, other in zip(np.abs(drawn).T, np.abs(exact).T, strict=True):
        assert stats.ks_2samp(one, other).pvalue > 1e-3
    loops = [np.angle(c[:, 0] * c[:, 2] * c[:, 1].conj()) for c in (drawn, exact)]
    assert stats.ks_2samp(*loops).pvalue > 1e-3


def test_phases_of_two_of_three_coherences_are_uniform_and_independent():
    c = DecoupledLaw(3).sample(np.random.default_rng(6), 4000)
    phases = np.angle(c)
    for phase in (*phases.T, phases[:, 0] - phases[:, 1], phases[:, 0] + phases[:, 1]):
        assert stats.kstest(np.mod(phase, 2 * pi), "uniform", (0, 2 * pi)).pvalue > 1e-3


def test_one_stream_gives_one_law():
    law = DecoupledLaw(2)
    first, again = (law.sample(np.random.default_rng(1), 600) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert len(np.unique(first)) == 600


@pytest.mark.parametrize(
    "arguments", [{"n_sites": 1}, {"n_sites": 5}, {"n_sites": 2, "rank": 81}, {"zeta_diss": 0}]
)
def test_wrong_arguments_are_refused(arguments):
    with pytest.raises(ValueError, match=f"Argument `{list(arguments)[-1]}`"):
        DecoupledLaw(**{"n_sites": 2, **arguments})
