"""A perturbation by its operators is that of its superoperator, and says its mean decay."""

import numpy as np
import pytest
from scipy import sparse
from states import random_state

from syncsweep.physics.arguments import ArgumentError
from syncsweep.physics.low_rank import LowRank
from syncsweep.physics.perturbation import random_hamiltonian
from syncsweep.physics.spins import lowering, on_each_site, sz
from syncsweep.physics.superoperators import liouvillian, to_real, unvectorize, vectorize


def dense_pair(dim, rank):
    rng = np.random.default_rng(dim + rank)
    shape = (rank, dim, dim)
    return random_hamiltonian(rng, dim), rng.normal(size=shape) + 1j * rng.normal(size=shape)


def sparse_pair():
    """Operators of single spins, most of whose entries are zero: D = 36."""
    spins = (1.5, 1, 1)
    jumps = [sparse.csr_array(jump) for jump in on_each_site(lowering, spins)]
    return np.sum(on_each_site(sz, spins), axis=0), jumps


GIVEN = {
    "one jump": dense_pair(4, 1),
    "three jumps": dense_pair(5, 3),
    "no jump": (random_hamiltonian(np.random.default_rng(1), 3), []),
    "sparse": sparse_pair(),
}


@pytest.mark.parametrize("case", GIVEN)
def test_it_is_the_superoperator_of_its_operators(case):
    hamiltonian, jumps = GIVEN[case]
    perturbation = LowRank(hamiltonian, jumps)
    superoperator = liouvillian(hamiltonian, jumps)
    dim = perturbation.dim
    states = np.array([random_state(dim, seed) for seed in range(6)]).reshape(2, 3, dim, dim)
    image = perturbation.apply(states)
    expected = unvectorize((superoperator @ vectorize(states).reshape(6, -1).T).T)
    np.testing.assert_allclose(image.reshape(6, dim, dim), expected, atol=1e-13 * dim)
    np.testing.assert_array_equal(image, image.conj().swapaxes(-1, -2))
    np.testing.assert_allclose(perturbation.matrix(), to_real(superoperator).toarray(), atol=1e-12)
    decay = -superoperator.trace().real / dim**2
    assert perturbation.mean_decay == pytest.approx(decay, rel=1e-13, abs=1e-14)


def test_a_multiple_of_the_unit_matrix_in_a_jump_operator_does_not_decay():
    jump = 1e6 * np.eye(3) + np.diag([1.0, 0.0, -1.0])
    assert LowRank(np.eye(3), [jump]).mean_decay == pytest.approx(2 / 3, rel=1e-9)


@pytest.mark.parametrize(
    ("hamiltonian", "jumps", "words"),
    [
        (np.triu(np.ones((3, 3))), [], "`hamiltonian` must be Hermitian"),
        (np.ones((3, 2)), [], "`hamiltonian` must have shape"),
        (np.eye(3), [np.eye(4)], r"`jump_operators`\[0\] must have shape \(3, 3\)"),
        (np.eye(3), [np.full((3, 3), np.nan)], "must be finite"),
        (np.eye(3), np.eye(3), "must be a list of operators"),
    ],
)
def test_what_cannot_be_used_is_named(hamiltonian, jumps, words):
    with pytest.raises(ArgumentError, match=words):
        LowRank(hamiltonian, jumps)
