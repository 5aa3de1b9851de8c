"""The law of local perturbations: its weights against traces, its draws against drawn K."""

from functools import reduce

import numpy as np
import pytest
from scipy import stats

from syncsweep.physics.local_rates import (
    LocalRateLaw,
    jump_weights,
    jump_weights_of_pair,
    rate_law,
)
from syncsweep.physics.models import spin1_chain, spin_half_pair
from syncsweep.physics.perturbation import random_kossakowski, traceless_operators
from syncsweep.physics.sectors import sectors
from syncsweep.physics.spins import on_site
from syncsweep.physics.steady_state import SteadyStateSolver
from syncsweep.physics.superoperators import liouvillian
from syncsweep.physics.weak_limit import GlobalRateLaw, stationary_vector

WIDTH = {"bonds": 2, "sites": 1}


def embedded(operator, first, n_sites):
    n_local = round(np.log(len(operator)) / np.log(3))
    after = n_sites - first - n_local
    return reduce(np.kron, (np.eye(3**first), operator, np.eye(3**after)))


@pytest.mark.parametrize(("n_sites", "n_local"), [(2, 1), (2, 2), (3, 1), (3, 2), (4, 1), (4, 2)])
def test_weights_are_traces_wherever_the_spins_are(n_sites, n_local):
    found = sectors("spin1_chain", n_sites=n_sites)
    rng, d = np.random.default_rng(1), 3**n_local
    A = rng.standard_normal((d, d)) + 1j * rng.standard_normal((d, d))
    weighted = jump_weights(n_sites, n_local) @ np.outer(A, A.conj()).ravel()
    projectors = [sector.projector for sector in found]
    for first in range(n_sites - n_local + 1):
        L = embedded(A, first, n_sites)
        traces = [np.linalg.norm(J @ L @ P) ** 2 for J in projectors for P in projectors]
        np.testing.assert_allclose(weighted, traces, rtol=0, atol=1e-10 * max(traces))


def drawn(rng, n_sites, kind, basis, rank):
    """K of each term, entry by entry, and Σ_t S_t,(ik),(jl)."""
    d = 3 ** WIDTH[kind]
    F = traceless_operators(d, basis)
    terms = [random_kossakowski(rng, d, rank) for _ in range(n_sites + 1 - WIDTH[kind])]
    return terms, F.T @ sum(terms).T @ F


def rates_of(totals, n_sites, kind):
    sizes = [sector.support.shape[1] for sector in sectors("spin1_chain", n_sites=n_sites)]
    rates = jump_weights(n_sites, WIDTH[kind]) @ np.reshape(totals, (len(totals), -1)).T
    return rates.real.T.reshape(len(totals), 2 * n_sites + 2, -1) / sizes


@pytest.mark.parametrize("kind", WIDTH)
def test_the_stationary_vector_gives_the_steady_state_of_the_solver(kind):
    model, found = spin1_chain(3), sectors("spin1_chain")
    solver = SteadyStateSolver(liouvillian(model.hamiltonian, model.jump_operators))
    terms, total = drawn(np.random.default_rng(2), 3, kind, "paper", 3)
    jumps, d = [], 3 ** WIDTH[kind]
    for first, K in enumerate(terms):
        values, vectors = np.linalg.eigh(K)
        L = (np.sqrt(np.maximum(values, 0)) * vectors.conj()).T @ traceless_operators(d).toarray()
        jumps += [embedded(one.reshape(d, d), first, 3) for one in L[values > 1e-9]]
    c = stationary_vector(rates_of([total], 3, kind))[0]
    rho = np.tensordot(c, [sector.steady_state for sector in found], 1)
    L1 = liouvillian(np.zeros((27, 27)), jumps)
    np.testing.assert_allclose(rho, solver.solve(L1, [0.0]).rho[0], rtol=0, atol=1e-9)


@pytest.mark.parametrize("basis", ["paper", "orthonormal"])
@pytest.mark.parametrize("rank", [None, 1, 3])
@pytest.mark.parametrize(("kind", "n_sites"), [("bonds", 3), ("sites", 3), ("sites", 2)])
def test_the_law_is_that_of_drawn_kossakowski_matrices(kind, n_sites, basis, rank):
    """Rates and c of K drawn entry by entry, and those of the law, by KS tests; b too."""
    found, rng = sectors("spin1_chain", n_sites=n_sites), np.random.default_rng(6)
    totals = [drawn(rng, n_sites, kind, basis, rank)[1] for _ in range(300)]
    rates = rates_of(totals, n_sites, kind)
    law = LocalRateLaw(found, kind, basis, rank)
    # The law leaves the trace D²−1 of each K out.
    exact = law.sample(rng, 20_000) * (9 ** WIDTH[kind] - 1)
    even, odd = n_sites, n_sites + 1
    places = [(0, 1), (1, 0), (even, odd), (odd, even), (odd, even - 1)]
    pairs = [(rates[:, a, b], exact[:, a, b]) for a, b in places]
    c, c_exact = stationary_vector(rates), stationary_vector(exact)
    pairs += zip(c.T, c_exact.T, strict=True)
    sizes = [sector.support.shape[1] for sector in found]
    b, b_exact = (one[:, even] / sizes[even] - one[:, odd] / sizes[odd] for one in (c, c_exact))
    for one, other in [*pairs, (b, b_exact)]:
        assert stats.ks_2samp(one, other).pvalue > 1e-3


def test_the_one_bond_of_two_spins_is_the_whole_space():
    found, rng = sectors("spin1_chain", n_sites=2), np.random.default_rng(3)
    local, whole = (
        law.stationary_vectors(rng, 20_000)
        for law in (LocalRateLaw(found, "bonds"), rate_law(found, "bonds"))
    )
    assert isinstance(rate_law(found, "bonds"), GlobalRateLaw)
    for one, other in zip(local.T, whole.T, strict=True):
        assert stats.ks_2samp(one, other).pvalue > 1e-3


@pytest.mark.parametrize("basis", ["paper", "orthonormal"])
def test_the_law_of_the_pair_under_local_terms_is_that_of_drawn_matrices(basis):
    """A traceless A on one spin leads from the singlet with |A|²/2, and to it with |A_↑↓|²/2."""
    found, rng = sectors("spin_half_pair"), np.random.default_rng(7)
    F = traceless_operators(2, basis).toarray()
    rates = np.zeros((1000, 2, 2))
    for one in rates:
        for _ in range(2):
            K = F.T @ random_kossakowski(rng, 2) @ F.conj()
            one += [[0, np.trace(K).real / 2], [K[1, 1].real / 2, 0]]
    exact = rate_law(found, "sites", basis).sample(rng, 20_000) * 3
    for place in ((0, 1), (1, 0)):
        # With orthonormal F_n the first is Tr K/2, and so a constant up to rounding.
        one, other = (np.round(each[:, *place], 9) for each in (rates, exact))
        assert stats.ks_2samp(one, other).pvalue > 1e-3
    c, c_exact = (stationary_vector(one)[:, 1] for one in (rates, exact))
    assert stats.ks_2samp(c, c_exact).pvalue > 1e-3


def test_a_kind_without_a_law_is_refused():
    with pytest.raises(ValueError, match=r"Argument `kind` must be one of .* is 'triangles'"):
        rate_law(sectors("spin1_chain"), "triangles")
    with pytest.raises(ValueError, match="must be 'sites' for the pair"):
        LocalRateLaw(sectors("spin_half_pair"), "bonds")
    with pytest.raises(ValueError, match="Argument `basis`"):
        rate_law(sectors("spin1_chain"), basis="mine")


def test_the_limit_of_the_pair_under_local_terms_is_that_of_the_solver():
    model, found = spin_half_pair(), sectors("spin_half_pair")
    rng, jumps, rates = np.random.default_rng(8), [], np.zeros((2, 2))
    for site in range(2):
        A = rng.standard_normal((2, 2)) + 1j * rng.standard_normal((2, 2))
        jumps.append(on_site(A, site, (0.5, 0.5)))
        weighted = jump_weights_of_pair(found) @ np.outer(A, A.conj()).ravel()
        rates += weighted.real.reshape(2, 2)
    rho = np.tensordot(stationary_vector(rates), [one.steady_state for one in found], 1)
    solver = SteadyStateSolver(liouvillian(model.hamiltonian, model.jump_operators))
    L1 = liouvillian(np.zeros((4, 4)), jumps)
    np.testing.assert_allclose(rho, solver.solve(L1, [0.0]).rho[0], rtol=0, atol=1e-9)
