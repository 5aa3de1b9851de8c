"""First order in η against solved states and drawn K, and where a mean share crosses one half."""

import numpy as np
import pytest
from scipy.stats import ks_2samp

from syncsweep.paper.theory.full_rank import full_rank_first_order
from syncsweep.paper.theory.locking_window import direction_of_chain, locked_share
from syncsweep.paper.theory.loss_of_locking import first_order, half, half_in_first_order
from syncsweep.physics.dephasing import DephasingGenerator
from syncsweep.physics.ensembles import random_local_sum, random_low_rank
from syncsweep.physics.models import spin1_chain
from syncsweep.physics.operator_solver import OperatorSolver
from syncsweep.physics.perturbation import random_perturbation
from syncsweep.physics.phase_distribution import relative_phase_coefficients
from syncsweep.physics.sectors import chain_sectors
from syncsweep.physics.spins import local_dimension
from syncsweep.physics.superoperators import hermitian_basis


def perturbation_of(kind, n_sites, rng):
    if kind == "global":
        return random_low_rank(rng, local_dimension(1) ** n_sites, rank=2)
    return random_local_sum(rng, (1,) * n_sites, kind)


@pytest.mark.parametrize(("kind", "n_sites"), [("global", 2), ("bonds", 3), ("sites", 5)])
def test_first_order_is_the_slope_of_solved_states(kind, n_sites):
    model, eta = spin1_chain(n_sites), 1e-8
    perturbation = perturbation_of(kind, n_sites, np.random.default_rng(5))
    rho, change = first_order(DephasingGenerator(model.lindbladian), perturbation)
    limit, solved = OperatorSolver(model).solve(perturbation, [0, eta]).rho
    np.testing.assert_allclose(rho, limit, rtol=0, atol=1e-13)
    slope = (solved - limit) / eta
    assert np.linalg.norm(change - slope) < 1e-3 * np.linalg.norm(slope)


def test_samples_that_leave_zero_modes_degenerate_are_left_out():
    model = spin1_chain(2)
    generator = DephasingGenerator(model.lindbladian)
    rng = np.random.default_rng(1)
    known = [first_order(generator, random_low_rank(rng, 9)) for _ in range(5)]
    unknown = first_order(generator, random_local_sum(rng, (1, 1), "bonds", zeta_diss=0))
    assert np.isnan(unknown).all()
    of_known, of_all = (
        relative_phase_coefficients(np.array(states), model.spins)
        for states in (known, [*known, unknown])
    )
    direction = direction_of_chain(2)
    found = half_in_first_order(of_known, direction)
    assert half_in_first_order(of_all, direction) == found and np.isfinite(found).all()


def test_half_in_first_order_is_where_the_mean_share_is_halfway_to_that_of_the_slope():
    rng = np.random.default_rng(2)
    direction = direction_of_chain(3)
    n_k = len(direction) // 2 + 1
    coefficients = rng.standard_normal((40, 2, n_k)) + 1j * rng.standard_normal((40, 2, n_k))
    coefficients[:, 0, 1:] = direction[: n_k - 1, 0] * rng.standard_normal((40, 1))
    found, _ = half_in_first_order(coefficients, direction)
    limit, slope = coefficients[:, 0], coefficients[:, 1]
    share = locked_share(limit + found * slope, direction).mean()
    infinity = locked_share(slope, direction).mean()
    assert share == pytest.approx((1 + infinity) / 2, abs=1e-3)
    scaled = coefficients * np.array([1, 10])[:, None]
    assert half_in_first_order(scaled, direction)[0] == pytest.approx(found / 10, rel=1e-3)


def lorentzians(widths, etas):
    return 1 / (1 + (etas / widths[:, None]) ** 2)


def test_half_and_its_error_are_those_of_the_mean_curve():
    etas = np.logspace(-3, 1, 81)
    same = half(etas, lorentzians(np.full(10, 0.0123), etas), np.zeros(10))
    assert same == pytest.approx((0.0123, 0.0), rel=1e-3, abs=1e-12)
    rng = np.random.default_rng(3)
    found = np.array(
        [
            half(etas, lorentzians(0.01 * rng.lognormal(0, 1, 30), etas), np.zeros(30))
            for _ in range(400)
        ]
    )
    assert found[:, 1].mean() == pytest.approx(found[:, 0].std(), rel=0.1)


def test_half_takes_the_share_at_infinity_as_the_origin():
    etas = np.logspace(-3, 1, 81)
    infinity = np.linspace(0.1, 0.5, 9)[:, None]
    shares = infinity + (1 - infinity) * lorentzians(np.full(9, 0.02), etas)
    assert half(etas, shares, infinity[:, 0])[0] == pytest.approx(0.02, rel=1e-3)


@pytest.mark.parametrize("shares", [np.ones((3, 4)), np.zeros((3, 4)), np.ones((0, 4))])
def test_a_curve_that_does_not_cross_one_half_has_none(shares):
    assert np.isnan(half(np.logspace(-3, 0, 4), shares, np.zeros(len(shares)))).all()


class Drawn:
    """L₁ from a drawn K of full rank, applied as a matrix (D², D²)."""

    def __init__(self, rng, dim):
        self.dim = dim
        self._basis = hermitian_basis(dim)
        self._matrix = random_perturbation(rng, dim, basis="orthonormal").matrix()

    def apply(self, rho):
        components = (self._basis.conj().T @ rho.T.ravel()).real
        return (self._basis @ (self._matrix @ components)).reshape(rho.shape).T


@pytest.mark.parametrize(("n_sites", "samples"), [(2, 100), (3, 25)])
def test_full_rank_without_k_has_the_law_of_drawn_k(n_sites, samples):
    """b in the limit, and the first order of S_d beside the form of the zero modes."""
    model = spin1_chain(n_sites)
    generator, rng = DephasingGenerator(model.lindbladian), np.random.default_rng(2)
    drawn = [first_order(generator, Drawn(rng, generator.dim)) for _ in range(samples)]
    law = [
        full_rank_first_order(generator, chain_sectors(n_sites), rng, 1.0, 1.0, 1e-5)
        for _ in range(10 * samples)
    ]
    for states in law[:5]:
        np.testing.assert_allclose(np.trace(states, axis1=1, axis2=2), [1, 0], atol=1e-12)
    of_both = [np.array([measures(*one, model.spins) for one in some]) for some in (drawn, law)]
    for one, other in zip(*(some.T for some in of_both), strict=True):
        assert ks_2samp(one, other).pvalue > 1e-3


def measures(limit, change, spins):
    """b, and the sizes of the first order along and beside the form of the zero modes."""
    s = relative_phase_coefficients(np.array([limit, change]), spins)
    direction = direction_of_chain(len(spins))[: s.shape[1] - 1, 0]
    along = s[:, 1:] @ direction
    return along[0].real, np.linalg.norm(s[1, 1:] - along[1].real * direction)
