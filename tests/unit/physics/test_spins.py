"""Spin operators: algebra, basis order and embedding."""

import numpy as np
import pytest

from syncsweep.physics.spins import (
    local_dimension,
    lowering,
    magnetizations,
    on_each_site,
    on_site,
    raising,
    sx,
    sz,
)

SPINS = [0.5, 1, 1.5, 2, 3]


def commutator(a, b):
    return a @ b - b @ a


@pytest.mark.parametrize("spin", SPINS)
def test_commutators(spin):
    z, plus, minus = sz(spin), raising(spin), lowering(spin)
    np.testing.assert_allclose(commutator(z, plus), plus, atol=1e-14)
    np.testing.assert_allclose(commutator(z, minus), -minus, atol=1e-14)
    np.testing.assert_allclose(commutator(plus, minus), 2 * z, atol=1e-14)


@pytest.mark.parametrize("spin", SPINS)
def test_casimir_is_s_times_s_plus_one(spin):
    y = (raising(spin) - lowering(spin)) / 2j
    casimir = sx(spin) @ sx(spin) + y @ y + sz(spin) @ sz(spin)
    np.testing.assert_allclose(casimir, spin * (spin + 1) * np.eye(int(2 * spin + 1)), atol=1e-13)


@pytest.mark.parametrize("spin", SPINS)
def test_basis_runs_from_plus_s_to_minus_s(spin):
    m = [spin - j for j in range(int(2 * spin) + 1)]
    assert magnetizations(spin).tolist() == m
    np.testing.assert_array_equal(sz(spin), np.diag(m))
    for column, value in enumerate(m):
        raised = raising(spin)[:, column]
        expected = np.zeros(len(m))
        if value < spin:
            expected[column - 1] = np.sqrt(spin * (spin + 1) - value * (value + 1))
        np.testing.assert_allclose(raised, expected, atol=1e-15)


def test_spin_half_operators_are_half_the_pauli_matrices():
    np.testing.assert_allclose(2 * sx(0.5), [[0, 1], [1, 0]], atol=1e-15)
    np.testing.assert_allclose(2 * sz(0.5), [[1, 0], [0, -1]], atol=1e-15)
    np.testing.assert_allclose(raising(0.5), [[0, 1], [0, 0]], atol=1e-15)


@pytest.mark.parametrize("spin", [0, -0.5, -1, 0.3, 1.25, float("nan"), float("inf"), True])
def test_local_dimension_refuses_what_is_no_spin(spin):
    with pytest.raises(ValueError):
        local_dimension(spin)


def test_first_site_is_the_leftmost_tensor_factor():
    operator = np.arange(9).reshape(3, 3) + 1j
    one, spins = np.eye(3), (1, 1, 1)
    np.testing.assert_array_equal(on_site(operator, 0, spins), np.kron(np.kron(operator, one), one))
    np.testing.assert_array_equal(on_site(operator, 1, spins), np.kron(np.kron(one, operator), one))
    np.testing.assert_array_equal(on_site(operator, 2, spins), np.kron(np.kron(one, one), operator))


def test_sites_of_different_spins_have_their_own_dimensions():
    spins, one = (1, 0.5), np.eye(3)
    np.testing.assert_array_equal(on_site(sz(1), 0, spins), np.kron(sz(1), np.eye(2)))
    np.testing.assert_array_equal(on_site(sx(0.5), 1, spins), np.kron(one, sx(0.5)))
    plus = on_each_site(raising, spins)
    np.testing.assert_array_equal(plus[0], np.kron(raising(1), np.eye(2)))
    np.testing.assert_array_equal(plus[1], np.kron(one, raising(0.5)))
    assert len(plus) == 2


def test_on_site_refuses_an_operator_of_another_dimension():
    with pytest.raises(ValueError, match=r"`operator` on site 1 must have shape \(2, 2\)"):
        on_site(sz(1), 1, (1, 0.5))


def test_operators_on_different_sites_commute():
    a, b = on_site(raising(1), 0, (1, 1, 1)), on_site(sx(1), 2, (1, 1, 1))
    np.testing.assert_allclose(commutator(a, b), 0, atol=1e-15)


@pytest.mark.parametrize("site", [-1, 3])
def test_on_site_refuses_a_site_outside_the_chain(site):
    with pytest.raises(ValueError, match="`site`"):
        on_site(sz(1), site, (1, 1, 1))
