"""Each sentence of `ensembles` about measure, normalisation and mean decay of a kind."""

import numpy as np
import pytest

from syncsweep.physics.arguments import ArgumentError
from syncsweep.physics.ensembles import random_local_sum, random_low_rank
from syncsweep.physics.perturbation import random_perturbation

CHAIN = (1, 1, 1)
WIDTHS = {"bonds": 2, "sites": 1}


def rng_of(seed):
    return np.random.default_rng(seed)


def worst_z(values, expected):
    """Largest |mean − expected| over all columns, in standard errors."""
    error = values.std(axis=0) / np.sqrt(len(values))
    return np.abs((values.mean(axis=0) - expected) / error).max()


@pytest.mark.parametrize("basis", ["paper", "orthonormal"])
@pytest.mark.parametrize("rank", [None, 1, 3, 15])
def test_global_is_the_perturbation_of_the_same_random_numbers(rank, basis):
    law = {"zeta_coh": 0.5, "zeta_diss": 2.0, "basis": basis, "rank": rank}
    drawn = random_low_rank(rng_of(1), 4, **law)
    assert drawn.jump_operators.shape == (rank or 15, 4, 4)
    expected = random_perturbation(rng_of(1), 4, **law)
    np.testing.assert_allclose(drawn.matrix(), expected.matrix(), atol=1e-12)
    np.testing.assert_array_equal(drawn.hamiltonian, expected.hamiltonian)


@pytest.mark.parametrize(("kind", "spins"), [("bonds", (1, 0.5)), ("sites", (1.5,))])
def test_a_term_has_the_measure_of_global_for_its_spins_alone(kind, spins):
    law = {"zeta_coh": 0.5, "zeta_diss": 2.0, "basis": "orthonormal", "rank": 3}
    drawn = random_local_sum(rng_of(2), spins, kind, **law)
    expected = random_perturbation(rng_of(2), drawn.dim, **law)
    np.testing.assert_allclose(drawn.matrix(), expected.matrix(), atol=1e-12)


@pytest.mark.parametrize("kind", WIDTHS)
def test_a_longer_chain_begins_with_the_same_terms(kind):
    short, long = (random_local_sum(rng_of(3), (1,) * n, kind) for n in (3, 5))
    assert len(long.terms) == len(short.terms) + 2
    for (some, one), (others, other) in zip(short.terms, long.terms, strict=False):
        assert some == others
        np.testing.assert_array_equal(one.matrix(), other.matrix())


@pytest.fixture(scope="module", params=WIDTHS)
def drawn(request):
    """Kind, rank, and 2000 draws for three spin-1s with ζ_coh = 0.5 and ζ_diss = 2."""
    rng, rank = rng_of(4), 3
    law = {"zeta_coh": 0.5, "zeta_diss": 2.0, "rank": rank}
    kind = request.param
    return kind, rank, [random_local_sum(rng, CHAIN, kind, **law) for _ in range(2000)]


def test_every_entry_of_the_hamiltonian_of_each_term_has_second_moment_two(drawn):
    _, _, sums = drawn
    for number in range(len(sums[0].terms)):
        entries = np.array([one.terms[number][1].hamiltonian.ravel() for one in sums]) / 0.5
        assert worst_z(np.abs(entries) ** 2, 2.0) < 4.5


def test_terms_are_independent(drawn):
    _, _, sums = drawn
    first, second = (
        np.array([one.terms[number][1].matrix()[1:5, 1:5].ravel() for one in sums])
        for number in (0, 1)
    )
    products = (first - first.mean(axis=0)) * (second - second.mean(axis=0))
    assert worst_z(products, 0.0) < 4.5


def transition_rate(total, before, after):
    """Rate from one product state of the three spins to another."""
    state = np.zeros((27, 27), dtype=complex)
    state[before, before] = 1.0
    return total.apply(state)[after, after].real


def test_rates_add_those_of_the_terms_that_can_and_have_the_moments_of_k(drawn):
    """K_nn has the mean 1 and E K_nn² = d(r+1)/(dr+1), d = D²−1; other terms do nothing."""
    kind, rank, sums = drawn
    d = 3 ** (2 * WIDTHS[kind]) - 1
    variance = d * (rank + 1) / (d * rank + 1) - 1
    start = 13  # |0, 0, 0⟩
    # What changes: the last spin, the middle one, these two, the first and the last.
    terms = {
        start + 1: {"bonds": 1, "sites": 1}[kind],
        start + 3: {"bonds": 2, "sites": 1}[kind],
        start + 4: {"bonds": 1, "sites": 0}[kind],
        start + 10: 0,
    }
    for after, number in terms.items():
        rates = np.array([transition_rate(one, start, after) for one in sums]) / 2.0
        if number == 0:
            np.testing.assert_allclose(rates, 0.0, atol=1e-14)
        else:
            assert worst_z(rates[:, None], number) < 4.5
            squares = (rates[:, None] - number) ** 2
            assert worst_z(squares, number * variance) < 4.5


@pytest.mark.parametrize("n_sites", [2, 4])
@pytest.mark.parametrize(
    ("kind", "paper", "orthonormal"), [("bonds", 88 / 9, 80 / 9), ("sites", 10 / 3, 8 / 3)]
)
def test_mean_decay_grows_with_the_number_of_terms(kind, paper, orthonormal, n_sites):
    terms, rng, spins = n_sites + 1 - WIDTHS[kind], rng_of(5), (1,) * n_sites
    law = {"zeta_diss": 0.5, "rank": 2}
    exact = random_local_sum(rng, spins, kind, basis="orthonormal", **law).mean_decay
    assert exact == pytest.approx(0.5 * terms * orthonormal, rel=1e-12)
    decays = [random_local_sum(rng, spins, kind, **law).mean_decay for _ in range(400)]
    assert worst_z(np.array(decays)[:, None], 0.5 * terms * paper) < 4.5


@pytest.mark.parametrize("rank", [1, 4])
def test_mean_decay_of_global(rank):
    exact = random_low_rank(rng_of(6), 9, zeta_diss=0.5, basis="orthonormal", rank=rank)
    assert exact.mean_decay == pytest.approx(0.5 * 80 / 9, rel=1e-12)
    rng = rng_of(7)
    decays = [random_low_rank(rng, 9, zeta_diss=0.5, rank=rank).mean_decay for _ in range(2000)]
    assert worst_z(np.array(decays)[:, None], 0.5 * 88 / 9) < 4.5


def test_wrong_arguments_are_named():
    with pytest.raises(ArgumentError, match="`kind` must be one of"):
        random_local_sum(rng_of(1), CHAIN, "bond")
    for kind, rank in (("bonds", 81), ("sites", 9), ("sites", 0)):
        with pytest.raises(ValueError, match="`rank` must be an integer in 1 … "):
            random_local_sum(rng_of(1), CHAIN, kind, rank=rank)
    with pytest.raises(ValueError, match="`rank` must be an integer in 1 … 80"):
        random_low_rank(rng_of(1), 9, rank=81)
