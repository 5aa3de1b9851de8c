"""Properties of random generators and of their steady states, for arbitrary draws."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import expm

from syncsweep.physics.diagnosis import Status
from syncsweep.physics.models import spin_half_pair
from syncsweep.physics.perturbation import random_liouvillian
from syncsweep.physics.steady_state import steady_states
from syncsweep.physics.superoperators import liouvillian, unvectorize, vectorize

PAIR = spin_half_pair()
L0 = liouvillian(PAIR.hamiltonian, PAIR.jump_operators)
BASES = st.sampled_from(["paper", "orthonormal"])


@settings(deadline=None, max_examples=50)
@given(
    seed=st.integers(0, 2**32),
    dim=st.integers(2, 4),
    zeta_coh=st.floats(-2, 2),
    zeta_diss=st.floats(0, 2),
    basis=BASES,
    data=st.data(),
)
def test_random_generators_make_completely_positive_trace_preserving_maps(
    seed, dim, zeta_coh, zeta_diss, basis, data
):
    rank = data.draw(st.one_of(st.none(), st.integers(1, dim**2 - 1)))
    generator = random_liouvillian(
        np.random.default_rng(seed), dim, zeta_coh, zeta_diss, basis, rank
    )
    channel = expm(0.1 * generator)
    units = np.eye(dim**2)
    # Choi matrix Σ E_jk ⊗ Λ(E_jk); unit j + D·k is |j⟩⟨k|.
    choi = sum(np.kron(unvectorize(unit), unvectorize(channel @ unit)) for unit in units)
    np.testing.assert_allclose(choi, choi.conj().T, atol=1e-11)
    assert np.linalg.eigvalsh(choi).min() > -1e-11
    reduced = np.trace(choi.reshape(dim, dim, dim, dim), axis1=1, axis2=3)
    np.testing.assert_allclose(reduced, np.eye(dim), atol=1e-11)


@settings(deadline=None, max_examples=50)
@given(
    seed=st.integers(0, 2**32),
    basis=BASES,
    etas=st.lists(st.one_of(st.just(0.0), st.floats(1e-12, 100)), min_size=1, max_size=4),
)
def test_steady_states_of_the_pair_are_states_and_do_not_move(seed, basis, etas):
    L1 = random_liouvillian(np.random.default_rng(seed), 4, basis=basis)
    states = steady_states(L0, L1, etas)
    assert states.status.tolist() == [Status.OK] * len(etas)
    for eta, rho in zip(etas, states.rho, strict=True):
        assert abs(np.trace(rho) - 1) < 1e-13
        np.testing.assert_allclose(rho, rho.conj().T, atol=1e-15)
        assert np.linalg.eigvalsh(rho).min() > -1e-12
        generator = L0 + eta * L1
        assert np.abs(generator @ vectorize(rho)).max() < 1e-13 * np.abs(generator).max()


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 2**32), eta=st.floats(1e-6, 1), factor=st.floats(0.01, 100))
def test_only_the_product_of_strength_and_perturbation_matters(seed, eta, factor):
    L1 = random_liouvillian(np.random.default_rng(seed), 4)
    one = steady_states(L0, L1, [eta, 0.0]).rho
    other = steady_states(L0, factor * L1, [eta / factor, 0.0]).rho
    np.testing.assert_allclose(one, other, rtol=0, atol=1e-11)
