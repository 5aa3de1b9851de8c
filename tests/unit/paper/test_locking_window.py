"""ℛ, the share of S_d in the image of L₀'s zero modes, against its explicit formulas."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from states import sector_projectors

from syncsweep.paper.theory.locking_window import (
    direction_of_chain,
    locked_directions,
    locked_share,
)
from syncsweep.physics.models import spin1_chain
from syncsweep.physics.perturbation import liouvillian_from_kossakowski, random_liouvillian
from syncsweep.physics.phase_distribution import (
    relative_frequencies,
    relative_phase_coefficients,
)
from syncsweep.physics.steady_state import steady_states
from syncsweep.physics.superoperators import liouvillian

DECOUPLED = {"J": 0.0, "delta": 0.0}
CHAINS = [(2, {}), (3, {}), (2, DECOUPLED), (3, DECOUPLED)]
IDS = ["coupled-2", "coupled-3", "decoupled-2", "decoupled-3"]

#: k at which the zero modes of decoupled spins have weight, one of each pair ±k.
PAIRS_OF_THREE = [(2, 0), (0, 2), (2, -2)]


def unperturbed(n_sites, parameters):
    model = spin1_chain(n_sites, **parameters)
    return liouvillian(model.hamiltonian, model.jump_operators)


def random_coefficients(n_sites, count=5):
    rng = np.random.default_rng(11)
    n_k = len(relative_frequencies((1,) * n_sites))
    return rng.standard_normal((count, n_k)) + 1j * rng.standard_normal((count, n_k))


class Coefficients:
    """Random s_k (5, n_k): at a frequency, and their Σ|s_k|² over k and −k, k ≠ 0."""

    def __init__(self, n_sites):
        self.n_sites = n_sites
        self.values = random_coefficients(n_sites)
        self.total = 2 * np.sum(np.abs(self.values[:, 1:]) ** 2, axis=1)

    def at(self, k):
        (index,) = np.flatnonzero((relative_frequencies((1,) * self.n_sites) == k).all(axis=1))
        return self.values[:, index]


def share(coefficients, parameters):
    n_sites = coefficients.n_sites
    directions = locked_directions(unperturbed(n_sites, parameters), (1,) * n_sites)
    return locked_share(coefficients.values, directions)


def test_share_of_the_coupled_chain_of_three():
    s = Coefficients(3)
    inside = sum(s.at(k).real for k in PAIRS_OF_THREE)
    assert_allclose(share(s, {}), 2 / 3 * inside**2 / s.total, rtol=1e-12)


def test_share_of_three_decoupled_spins():
    s = Coefficients(3)
    inside = sum(np.abs(s.at(k)) ** 2 for k in PAIRS_OF_THREE)
    assert_allclose(share(s, DECOUPLED), 2 * inside / s.total, rtol=1e-12)


def test_share_of_two_spins():
    s = Coefficients(2)
    first, second = s.at((1,)), s.at((2,))
    total = np.abs(first) ** 2 + np.abs(second) ** 2
    assert_allclose(share(s, DECOUPLED), np.abs(second) ** 2 / total, rtol=1e-12)
    assert_allclose(share(s, {}), second.real**2 / total, rtol=1e-12)


@pytest.mark.parametrize(("n_sites", "parameters"), CHAINS, ids=IDS)
def test_directions_are_orthonormal_and_as_many_as_the_image_has_dimensions(n_sites, parameters):
    directions = locked_directions(unperturbed(n_sites, parameters), (1,) * n_sites)
    expected = {2: 2, 3: 6}[n_sites] if parameters else 1
    assert directions.shape == (2 * (len(relative_frequencies((1,) * n_sites)) - 1), expected)
    assert_allclose(directions.T @ directions, np.eye(expected), atol=1e-12)


@pytest.mark.parametrize(("n_sites", "parameters"), CHAINS, ids=IDS)
def test_share_is_one_in_the_limit_and_less_at_finite_eta(n_sites, parameters):
    L0 = unperturbed(n_sites, parameters)
    L1 = random_liouvillian(np.random.default_rng(3), 3**n_sites)
    rho = steady_states(L0, L1, [0.0, 0.1]).rho
    shares = locked_share(
        relative_phase_coefficients(rho, (1,) * n_sites), locked_directions(L0, (1,) * n_sites)
    )
    assert_allclose(shares[0], 1, rtol=1e-10)
    assert 0 <= shares[1] < 0.95


def test_directions_do_not_depend_on_whether_the_superoperator_is_dense():
    L0 = unperturbed(2, DECOUPLED)
    s = random_coefficients(2)
    sparse, dense = (locked_directions(L, (1, 1)) for L in (L0, L0.toarray()))
    assert_allclose(locked_share(s, sparse), locked_share(s, dense), rtol=1e-12)


def test_nothing_is_locked_where_the_only_steady_state_is_uniform():
    L0 = liouvillian_from_kossakowski(np.zeros((9, 9)), np.eye(80), "orthonormal")
    directions = locked_directions(L0, (1, 1))
    assert directions.shape == (4, 0)
    assert_allclose(locked_share(random_coefficients(2), directions), 0, atol=0)


def test_share_of_a_uniform_distribution_is_not_a_number():
    directions = locked_directions(unperturbed(2, {}), (1, 1))
    assert np.isnan(locked_share(np.array([1 / (2 * np.pi), 0, 0], dtype=complex), directions))


@pytest.mark.parametrize("n_sites", [2, 3])
def test_the_direction_of_a_chain_is_that_of_its_zero_modes(n_sites):
    computed = locked_directions(unperturbed(n_sites, {}), (1,) * n_sites)
    assert_allclose(np.abs(computed.T @ direction_of_chain(n_sites)), 1, rtol=1e-12)


def test_the_direction_of_five_spins_is_that_of_the_states_of_its_sectors():
    model = spin1_chain(5)
    projectors = sector_projectors(model)
    even, odd = (projectors[name] / np.trace(projectors[name]) for name in ("0+", "0-"))
    s_d = relative_phase_coefficients(np.array([even, 0.3 * even + 0.7 * odd]), model.spins)
    assert_allclose(locked_share(s_d, direction_of_chain(5)), 1, rtol=1e-12)
