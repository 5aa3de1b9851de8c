"""Commutators of generators with the models, and the permutation that reverses the sites."""

import numpy as np
import pytest

from syncsweep.paper.theory.symmetries import commutator_norms, reflection
from syncsweep.physics.models import magnetization, spin1_chain, spin_flip, spin_half_pair
from syncsweep.physics.spins import on_site, sx


@pytest.mark.parametrize("n_sites", [2, 3])
def test_reflection_takes_operators_of_a_site_to_the_opposite_site(n_sites):
    spins, mirror = (1,) * n_sites, reflection(spin1_chain(n_sites))
    np.testing.assert_array_equal(mirror @ mirror, np.eye(3**n_sites))
    for site in range(n_sites):
        moved = mirror @ on_site(sx(1), site, spins) @ mirror.T
        np.testing.assert_allclose(moved, on_site(sx(1), n_sites - 1 - site, spins), atol=1e-15)


def test_reflection_of_two_spins_is_swap():
    swap = [[1, 0, 0, 0], [0, 0, 1, 0], [0, 1, 0, 0], [0, 0, 0, 1]]
    np.testing.assert_array_equal(reflection(spin_half_pair()), swap)


def test_reflection_of_different_spins_is_refused():
    pair = spin_half_pair()
    mixed = type(pair)("mixed", (1, 0.5), np.zeros((6, 6)), np.zeros((0, 6, 6)))
    with pytest.raises(ValueError, match="equal spins"):
        reflection(mixed)


def test_norms_are_spectral_and_of_the_largest_jump():
    model = spin_half_pair(B=0.4, gamma=0.6)
    # 4B, and 2γ: the flip makes σ⁺ of σ⁻.
    assert commutator_norms(model, spin_flip(model)) == pytest.approx((1.6, 1.2))
    assert commutator_norms(model, reflection(model)) == (0.0, 0.0)
    # M lowers by one: [M, L] = −L, whose norm is √2·γ.
    assert commutator_norms(model, magnetization(model)) == pytest.approx((0.0, 0.6 * np.sqrt(2)))


def test_adjoints_of_the_jumps_count():
    # X commutes with itself as a jump, but not with its adjoint.
    model = spin_half_pair()
    raising = on_site(np.array([[0, 1], [0, 0]]), 0, (0.5, 0.5))
    alone = type(model)("alone", (0.5, 0.5), np.zeros((4, 4)), np.array([raising]))
    assert commutator_norms(alone, raising) == pytest.approx((0.0, 1.0))
