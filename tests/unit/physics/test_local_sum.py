"""A sum of local terms acts as its terms, embedded among the other spins one by one."""

import numpy as np
import pytest
from states import random_state

from syncsweep.config.physics import dimension
from syncsweep.physics.arguments import ArgumentError
from syncsweep.physics.local_sum import LocalSum
from syncsweep.physics.perturbation import perturbation_of, random_hamiltonian
from syncsweep.physics.superoperators import liouvillian, to_real, unvectorize, vectorize

#: Spins, and the sites of each term.
CASES = {
    "sites": ((1, 1, 1), [(0,), (1,), (2,)]),
    "bonds": ((1, 1, 1), [(0, 1), (1, 2)]),
    "of different size": ((1, 0.5, 1.5), [(0, 1), (2,), (1, 2)]),
    "four spins": ((0.5, 1, 0.5, 1), [(0, 1), (1, 2, 3), (3,)]),
    "on all": ((0.5, 0.5, 1), [(0, 1, 2)]),
    "twice in one place": ((0.5, 1), [(1,), (1,)]),
}


def operators(dim, seed):
    """H (D, D) and two jump operators of one term."""
    rng = np.random.default_rng(seed)
    jumps = rng.normal(size=(2, dim, dim)) + 1j * rng.normal(size=(2, dim, dim))
    return random_hamiltonian(rng, dim), jumps


def sum_and_superoperator(spins, all_sites):
    """The sum, and the superoperator of the embedded operators of its terms."""
    dims = [round(2 * spin) + 1 for spin in spins]
    terms, expected = [], 0
    for seed, sites in enumerate(all_sites):
        hamiltonian, jumps = operators(dimension([spins[site] for site in sites]), seed)
        terms.append((sites, perturbation_of(hamiltonian, jumps)))
        left, right = np.prod(dims[: sites[0]]), np.prod(dims[sites[-1] + 1 :])
        wide = [
            np.kron(np.kron(np.eye(int(left)), one), np.eye(int(right)))
            for one in (hamiltonian, *jumps)
        ]
        expected = expected + liouvillian(wide[0], wide[1:])
    return LocalSum(spins, terms), expected


@pytest.mark.parametrize("case", CASES)
def test_it_is_the_superoperator_of_the_embedded_terms(case):
    total, superoperator = sum_and_superoperator(*CASES[case])
    dim = total.dim
    states = np.array([random_state(dim, seed) for seed in range(6)]).reshape(2, 3, dim, dim)
    expected = unvectorize((superoperator @ vectorize(states).reshape(6, -1).T).T)
    image = total.apply(states).reshape(6, dim, dim)
    np.testing.assert_allclose(image, expected, atol=1e-12)
    np.testing.assert_array_equal(image, image.conj().swapaxes(-1, -2))
    packed = total.apply_packed(states.real + states.imag).reshape(6, dim, dim)
    np.testing.assert_allclose(packed, image.real + image.imag, atol=1e-13)
    np.testing.assert_allclose(total.matrix(), to_real(superoperator).toarray(), atol=1e-12)
    decay = -superoperator.trace().real / dim**2
    assert total.mean_decay == pytest.approx(decay, rel=1e-13)
    traceless = superoperator - superoperator.conj()
    assert np.abs(traceless).max() > 0.1  # complex, so that a wrong order of axes is seen


@pytest.mark.parametrize(
    ("sites", "dim", "words"),
    [
        ((2,), 3, r"`terms\[0\]` must act on sites of 0 … 1, but acts on \[2\]"),
        ((-1,), 3, r"sites of 0 … 1"),
        ((), 3, r"sites of 0 … 1"),
        ((1, 0), 9, "ascending neighbours"),
        ((0, 0), 9, "ascending neighbours"),
        ((0, 1), 3, "D = 9, but is of D = 3"),
    ],
)
def test_a_term_that_does_not_fit_the_spins_is_named(sites, dim, words):
    term = perturbation_of(np.eye(dim), [])
    with pytest.raises(ArgumentError, match=words):
        LocalSum((1, 1), [(sites, term)])
