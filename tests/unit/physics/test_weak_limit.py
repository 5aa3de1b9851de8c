"""The chain between the sectors: against the solver, against drawn K, and against its own law."""

from math import pi

import numpy as np
import pytest
from scipy import stats

from syncsweep.physics.models import spin1_chain, spin_half_pair
from syncsweep.physics.perturbation import (
    liouvillian_from_kossakowski,
    random_kossakowski,
    random_liouvillian,
    traceless_operators,
)
from syncsweep.physics.sectors import sectors
from syncsweep.physics.steady_state import SteadyStateSolver
from syncsweep.physics.superoperators import liouvillian, vectorize
from syncsweep.physics.weak_limit import GlobalRateLaw, stationary_vector

SECTORS = {
    "chain2": sectors("spin1_chain", n_sites=2),
    "chain3": sectors("spin1_chain"),
    "pair": sectors("spin_half_pair"),
}


def limit_rates(sectors, L1):
    """Rates R_αβ = Tr(J_α L₍₁₎[ρ_β]) from sector β to α, (n, n); columns sum to zero.

    L1: column-stacking superoperator (D², D²).
    """
    projectors = np.stack([vectorize(sector.projector) for sector in sectors])
    states = np.stack([vectorize(sector.steady_state) for sector in sectors])
    return (projectors.conj() @ (L1 @ states.T)).real


@pytest.mark.parametrize("basis", ["paper", "orthonormal"])
@pytest.mark.parametrize(
    ("name", "model"),
    [("chain2", spin1_chain(2)), ("chain3", spin1_chain(3)), ("pair", spin_half_pair())],
    ids=list(SECTORS),
)
def test_the_stationary_vector_gives_the_steady_state_of_the_solver(name, model, basis):
    solver = SteadyStateSolver(liouvillian(model.hamiltonian, model.jump_operators))
    found = SECTORS[name]
    rng = np.random.default_rng(3)
    for zeta_coh, zeta_diss, rank in ((1, 1, None), (3, 0.1, None), (0, 1, 2)):
        L1 = random_liouvillian(rng, model.dim, zeta_coh, zeta_diss, basis, rank)
        c = stationary_vector(limit_rates(found, L1))
        rho = np.tensordot(c, [sector.steady_state for sector in found], 1)
        np.testing.assert_allclose(rho, solver.solve(L1, [0.0]).rho[0], rtol=0, atol=1e-9)


def test_rates_are_those_of_a_classical_chain_in_which_the_hamiltonian_has_no_part():
    found = SECTORS["chain2"]
    rates, incoherent = (
        limit_rates(found, random_liouvillian(np.random.default_rng(1), 9, zeta_coh=z))
        for z in (1, 0)
    )
    np.testing.assert_allclose(rates, incoherent, atol=1e-12)
    np.testing.assert_allclose(rates.sum(axis=0), 0, atol=1e-12)
    assert (rates[~np.eye(6, dtype=bool)] > 0).all()


def test_stationary_vectors_of_batches_solve_the_balance_and_sum_to_one():
    rates = np.random.default_rng(2).random((3, 4, 5, 5)) ** 8
    c = stationary_vector(rates)
    assert c.shape == (3, 4, 5) and (c > 0).all()
    np.testing.assert_allclose(c.sum(axis=-1), 1, atol=1e-14)
    flow_in = np.einsum("...ab,...b->...a", rates, c)
    np.testing.assert_allclose(flow_in, rates.sum(axis=-2) * c, rtol=1e-13)


def test_the_diagonal_is_not_read_and_the_argument_is_left_alone():
    rates = np.random.default_rng(4).random((3, 3))
    before = rates.copy()
    c = stationary_vector(rates)
    np.testing.assert_array_equal(rates, before)
    np.testing.assert_array_equal(stationary_vector(rates + np.diag([5.0, -2, 1])), c)


def test_tiny_rates_keep_their_relative_accuracy():
    """Two states: c₁/c₀ is the ratio of the rates, whatever its size."""
    c = stationary_vector(np.array([[0, 3e-5], [1e-25, 0]]))
    np.testing.assert_allclose(c[1] / c[0], 1e-25 / 3e-5, rtol=1e-14)


def test_a_chain_that_falls_apart_has_no_stationary_vector_and_wrong_shapes_are_refused():
    assert np.isnan(stationary_vector(np.zeros((3, 3)))).all()
    with pytest.raises(ValueError, match=r"must have shape \(..., n, n\), but has \(2, 3\)"):
        stationary_vector(np.zeros((2, 3)))


def rate_matrices(found, basis):
    """T with R_αβ = Tr(K T_αβ): T_αβ,nm = Tr(J_α F_n ρ_β F_m†), (n, n, d, d), diagonal left out."""
    dim = found[0].basis.shape[0]
    F = traceless_operators(dim, basis).toarray().reshape(-1, dim, dim)
    matrices = np.zeros((len(found), len(found), len(F), len(F)), dtype=complex)
    for alpha, into in enumerate(found):
        for beta, out_of in enumerate(found):
            if alpha != beta:
                moved = into.projector @ F @ out_of.steady_state
                matrices[alpha, beta] = np.einsum("njk,mjk->nm", moved, F.conj())
    return matrices


@pytest.mark.parametrize("basis", ["paper", "orthonormal"])
def test_the_dissipators_first_term_alone_makes_the_rates(basis):
    found = SECTORS["chain2"]
    K = random_kossakowski(np.random.default_rng(1), 9)
    rates = limit_rates(found, liouvillian_from_kossakowski(np.zeros((9, 9)), K, basis))
    expected = np.einsum("mn,abnm->ab", K, rate_matrices(found, basis)).real
    off = ~np.eye(6, dtype=bool)
    np.testing.assert_allclose(rates[off], expected[off], rtol=1e-12)


@pytest.mark.parametrize("basis", ["paper", "orthonormal"])
@pytest.mark.parametrize("rank", [None, 1, 3])
def test_the_law_is_that_of_drawn_kossakowski_matrices(basis, rank):
    """c of K drawn entry by entry, and c of the law: each component, and b, by a KS test."""
    found = SECTORS["chain2"]
    matrices = rate_matrices(found, basis).swapaxes(2, 3).reshape(36, -1)
    rng = np.random.default_rng(6)
    K = np.array([random_kossakowski(rng, 9, rank).ravel() for _ in range(800)])
    drawn = stationary_vector((K @ matrices.T).real.reshape(-1, 6, 6))
    exact = GlobalRateLaw(found, basis, rank).stationary_vectors(rng, 40_000)
    b_drawn, b_exact = (c[:, 2] / 2 - c[:, 3] for c in (drawn, exact))
    for one, other in zip([*drawn.T, b_drawn], [*exact.T, b_exact], strict=True):
        assert stats.ks_2samp(one, other).pvalue > 1e-3


@pytest.mark.parametrize("basis", ["paper", "orthonormal"])
@pytest.mark.parametrize("rank", [None, 3])
def test_means_and_covariances_of_the_rates_are_those_of_wishart_forms(basis, rank):
    """For GG†/2, E Tr(GG†T)/2 = r Tr T and the covariance with T' is r Tr(TT')."""
    found = SECTORS["chain2"]
    off = ~np.eye(6, dtype=bool)
    T = rate_matrices(found, basis)[off].reshape(30, -1)
    transposed = rate_matrices(found, basis)[off].swapaxes(1, 2).reshape(30, -1)
    r = rank or 80
    mean = r * np.trace(T.reshape(30, 80, 80), axis1=1, axis2=2).real
    covariance = r * (T @ transposed.T).real
    drawn = GlobalRateLaw(found, basis, rank).sample(np.random.default_rng(7), 200_000)[:, off]
    np.testing.assert_allclose(drawn.mean(axis=0), mean, rtol=5e-3)
    scale = np.sqrt(np.outer(covariance.diagonal(), covariance.diagonal()))
    assert np.abs((np.cov(drawn.T) - covariance) / scale).max() < 0.015
    correlated = np.abs(covariance / scale - np.eye(30)).max() > 0.07
    assert correlated == (basis == "paper")


def test_orthonormal_operators_make_all_rates_independent_gamma_variables():
    """D_β R_αβ ~ Gamma(d·D_α·D_β)."""
    found = SECTORS["chain2"]
    sizes = np.array([sector.basis.shape[1] for sector in found])
    rates = GlobalRateLaw(found, "orthonormal").sample(np.random.default_rng(8), 20_000)
    scaled = rates * sizes
    off = ~np.eye(6, dtype=bool)
    for alpha, beta in np.argwhere(off):
        shape = 80 * sizes[alpha] * sizes[beta]
        assert stats.kstest(scaled[:, alpha, beta], "gamma", (shape,)).pvalue > 1e-4
    correlations = np.corrcoef(scaled[:, off].T) - np.eye(off.sum())
    assert np.abs(correlations).max() < 0.04


@pytest.mark.parametrize("basis", ["paper", "orthonormal"])
def test_the_pair_has_the_known_law(basis):
    rng = np.random.default_rng(9)
    found = SECTORS["pair"]
    assert [sector.name for sector in found] == ["+", "-"]
    c = GlobalRateLaw(found, basis).stationary_vectors(rng, 100_000)[:, 1]
    if basis == "orthonormal":
        assert stats.kstest(c, "beta", (15, 45)).pvalue > 1e-3
        return
    g = rng.standard_gamma(15, (4, 100_000))
    expected = g[0] / (g[0] + g[1] + g[2] + 2 * g[3])
    assert stats.ks_2samp(c, expected).pvalue > 1e-3


@pytest.mark.parametrize("basis", ["paper", "orthonormal"])
def test_the_chain_of_three_has_the_known_law(basis):
    c = GlobalRateLaw(SECTORS["chain3"], basis).stationary_vectors(
        np.random.default_rng(10), 200_000
    )
    b = c[:, 3] / 4 - c[:, 4] / 3
    assert abs(np.mean(b > 0) - 0.5) < 4 * 0.5 / np.sqrt(len(b))
    s_max = np.where(b > 0, 3 * b / (16 * pi**2), -3 * b / (32 * pi**2))
    error = s_max.std() / np.sqrt(len(b))
    assert error < 0.003 * 3.242e-6
    assert abs(s_max.mean() - 3.242e-6) < 3 * error + 2e-9
    assert (c[:, 3] > c[:, 4]).all()


def test_one_stream_gives_one_law_and_draws_are_independent():
    law = GlobalRateLaw(SECTORS["pair"])
    first, again = (law.stationary_vectors(np.random.default_rng(1), 20_000) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert first.shape == (20_000, 2)
    assert len(np.unique(first[:, 1])) == 20_000


@pytest.mark.parametrize("n_sites", [4, 8])
def test_longer_chains_have_a_law_too(n_sites):
    found = sectors("spin1_chain", n_sites=n_sites)
    c = GlobalRateLaw(found).stationary_vectors(np.random.default_rng(1), 2000)
    sizes = np.array([sector.basis.shape[1] for sector in found])
    np.testing.assert_allclose(c.mean(axis=0), sizes / 3**n_sites, rtol=1e-2)
    b = c[:, n_sites] / sizes[n_sites] - c[:, n_sites + 1] / sizes[n_sites + 1]
    assert abs(np.mean(b > 0) - 0.5) < 4 * 0.5 / np.sqrt(len(b))


@pytest.mark.parametrize(("n_sites", "rank"), [(3, None), (5, 4), (6, 1), (8, None)])
@pytest.mark.parametrize("basis", ["paper", "orthonormal"])
def test_b_has_the_variance_of_small_fluctuations(n_sites, rank, basis):
    """2D₀/(r·D³·D₊·D₋); 4 % allow for its error at 5000 draws, and 3 % for F_n that overlap."""
    found = sectors("spin1_chain", n_sites=n_sites)
    law = GlobalRateLaw(found, basis, rank)
    c = law.stationary_vectors(np.random.default_rng(2), 5000)
    even, odd = (found[n_sites + k].basis.shape[1] for k in (0, 1))
    b = c[:, n_sites] / even - c[:, n_sites + 1] / odd
    dim = 3**n_sites
    r = rank or dim**2 - 1
    assert b.std() == pytest.approx(
        np.sqrt(2 * (even + odd) / (r * dim**3 * even * odd)), rel=0.04 + 0.03 * (basis == "paper")
    )
    assert abs(b.mean()) < 4 * b.std() / np.sqrt(5000)


@pytest.mark.parametrize("rank", [0, 81, 1.5, True])
def test_a_rank_that_does_not_exist_is_refused(rank):
    with pytest.raises(ValueError, match="Argument `rank`"):
        GlobalRateLaw(SECTORS["chain2"], rank=rank)
