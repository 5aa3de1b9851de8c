"""The random perturbation: operators (Eq. F3), measures of H and K, generator (Eq. F2)."""

import numpy as np
import pytest
from scipy.stats import ks_2samp, kstest, unitary_group

from syncsweep.physics.perturbation import (
    lindblad_generator,
    liouvillian_from_kossakowski,
    random_hamiltonian,
    random_kossakowski,
    random_liouvillian,
    traceless_operators,
)
from syncsweep.physics.superoperators import (
    liouvillian,
    to_real,
    unvectorize,
    vectorize,
)

BASES = ["paper", "orthonormal"]


def matrices(dim, basis):
    return traceless_operators(dim, basis).toarray().reshape(-1, dim, dim)


def hilbert_schmidt(operators):
    return np.einsum("mjk,njk->mn", operators.conj(), operators)


@pytest.mark.parametrize("dim", [2, 3, 5])
def test_paper_operators_are_literally_eq_f3(dim):
    operators = matrices(dim, "paper")
    assert len(operators) == dim**2 - 1
    for a in range(1, dim + 1):
        for b in range(1, dim + 1):
            if a == b == dim:
                continue
            expected = np.zeros((dim, dim))
            expected[a - 1, b - 1] = 1
            if a == b:
                expected[a, a] = -1
            np.testing.assert_array_equal(operators[(a - 1) * dim + b - 1], expected)


@pytest.mark.parametrize("dim", [2, 3, 5, 27])
def test_paper_operators_are_traceless_but_not_orthonormal(dim):
    operators = matrices(dim, "paper")
    np.testing.assert_array_equal(np.trace(operators, axis1=1, axis2=2), 0)
    gram = np.eye(dim**2 - 1)
    diagonal = (dim + 1) * np.arange(dim - 1)
    gram[diagonal, diagonal] = 2
    gram[diagonal[1:], diagonal[:-1]] = gram[diagonal[:-1], diagonal[1:]] = -1
    np.testing.assert_array_equal(hilbert_schmidt(operators), gram)


@pytest.mark.parametrize("dim", [2, 3, 5, 27])
def test_orthonormal_operators_differ_on_the_diagonal_places_only(dim):
    operators, literal = matrices(dim, "orthonormal"), matrices(dim, "paper")
    np.testing.assert_allclose(np.trace(operators, axis1=1, axis2=2), 0, atol=1e-14)
    np.testing.assert_allclose(hilbert_schmidt(operators), np.eye(dim**2 - 1), atol=1e-14)
    diagonal = (dim + 1) * np.arange(dim - 1)
    np.testing.assert_array_equal(
        np.delete(operators, diagonal, axis=0), np.delete(literal, diagonal, axis=0)
    )
    for a, operator in enumerate(operators[diagonal], start=1):
        entries = [1.0] * a + [-a] + [0.0] * (dim - a - 1)
        np.testing.assert_allclose(operator, np.diag(entries) / np.sqrt(a * (a + 1)), atol=1e-15)


def literal_f2(hamiltonian, kossakowski, operators, rho):
    """Eqs. F1 and F2 as sums over m and n, on one operator."""
    result = -1j * (hamiltonian @ rho - rho @ hamiltonian)
    for m, f_m in enumerate(operators):
        for n, f_n in enumerate(operators):
            rate = f_m.conj().T @ f_n
            result = result + kossakowski[m, n] * (
                f_n @ rho @ f_m.conj().T - 0.5 * (rate @ rho + rho @ rate)
            )
    return result


@pytest.mark.parametrize("basis", BASES)
@pytest.mark.parametrize("dim", [2, 3, 4])
def test_generator_is_the_literal_sum_of_eq_f2(dim, basis):
    rng = np.random.default_rng(10 + dim)
    hamiltonian, kossakowski = random_hamiltonian(rng, dim), random_kossakowski(rng, dim)
    operators = matrices(dim, basis)
    generator = liouvillian_from_kossakowski(hamiltonian, kossakowski, basis)
    for index in range(dim**2):
        rho = unvectorize(np.eye(dim**2)[index])
        np.testing.assert_allclose(
            generator[:, index],
            vectorize(literal_f2(hamiltonian, kossakowski, operators, rho)),
            rtol=0,
            atol=1e-12,
        )


@pytest.mark.parametrize("basis", BASES)
def test_eq_f4_as_printed_is_eq_f2(basis):
    """K_στ = Σ_μ κ_μ V*_μσ V_μτ and L_μ = Σ_ν √κ_μ V_μν F_ν; V* in L_μ gives a different one."""
    rng = np.random.default_rng(3)
    hamiltonian, kossakowski = random_hamiltonian(rng, 3), random_kossakowski(rng, 3)
    kappa, columns = np.linalg.eigh(kossakowski)
    v = columns.conj().T
    np.testing.assert_allclose(np.einsum("m,ms,mt->st", kappa, v.conj(), v), kossakowski)
    generator = liouvillian_from_kossakowski(hamiltonian, kossakowski, basis)

    def error(v):
        jumps = np.einsum("m,mn,njk->mjk", np.sqrt(kappa), v, matrices(3, basis))
        return np.abs(liouvillian(hamiltonian, jumps).toarray() - generator).max()

    assert error(v) < 1e-12
    assert error(v.conj()) > 0.1


def test_a_kossakowski_matrix_of_real_numbers_is_one():
    real = np.diag(np.arange(1.0, 9.0))
    np.testing.assert_array_equal(
        liouvillian_from_kossakowski(np.eye(3), real),
        liouvillian_from_kossakowski(np.eye(3), real.astype(complex)),
    )


@pytest.mark.parametrize(("dim", "count"), [(2, 0), (3, 1), (4, 5), (6, 40)])
def test_generator_of_jump_operators_is_that_of_the_superoperators(dim, count):
    rng = np.random.default_rng(dim)
    hamiltonian = random_hamiltonian(rng, dim)
    shape = (count, dim, dim)
    jumps = rng.standard_normal(shape) + 1j * rng.standard_normal(shape)
    expected = to_real(liouvillian(hamiltonian, jumps).toarray())
    np.testing.assert_allclose(lindblad_generator(hamiltonian, jumps), expected, atol=1e-12)


@pytest.mark.parametrize("rank", [None, 1, 3, 7, 8])
def test_kossakowski_is_positive_with_trace_d_and_the_rank_asked_for(rank):
    kossakowski = random_kossakowski(np.random.default_rng(1), 3, rank)
    assert kossakowski.shape == (8, 8)
    np.testing.assert_array_equal(kossakowski, kossakowski.conj().T)
    assert np.trace(kossakowski) == pytest.approx(8, rel=1e-14)
    eigenvalues = np.linalg.eigvalsh(kossakowski)
    assert eigenvalues.min() > -1e-13
    assert np.sum(eigenvalues > 1e-10) == (8 if rank is None else rank)


REFUSED = {
    "basis": (lambda: traceless_operators(3, "gell-mann"), "`basis`"),
    "shape of K": (lambda: liouvillian_from_kossakowski(np.eye(3), np.eye(9)), "`kossakowski`"),
    "K": (
        lambda: liouvillian_from_kossakowski(np.eye(3), np.triu(np.ones((8, 8)))),
        "`kossakowski` must be Hermitian",
    ),
    "weight": (
        lambda: random_liouvillian(np.random.default_rng(1), 3, zeta_diss=-1.0),
        "`zeta_diss`",
    ),
} | {
    f"rank {rank}": (
        lambda rank=rank: random_kossakowski(np.random.default_rng(1), 3, rank),
        "`rank`",
    )
    for rank in (0, -1, 9, 2.0, True, "full")
}


@pytest.mark.parametrize(("call", "words"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_argument_is_refused_by_name(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def worst_z(values, expected):
    """Largest |mean − expected| over all columns, in standard errors."""
    error = values.std(axis=0) / np.sqrt(len(values))
    return np.abs((values.mean(axis=0) - expected) / error).max()


@pytest.fixture(scope="module")
def hamiltonians():
    rng = np.random.default_rng(20)
    return np.array([random_hamiltonian(rng, 3) for _ in range(20000)])


def test_every_entry_of_h_has_mean_zero_and_second_moment_two(hamiltonians):
    np.testing.assert_array_equal(hamiltonians, hamiltonians.conj().swapaxes(1, 2))
    entries = hamiltonians.reshape(-1, 9)
    assert worst_z(np.abs(entries) ** 2, 2.0) < 4.5
    assert worst_z(entries.real, 0.0) < 4.5
    upper = hamiltonians[:, [0, 0, 1], [1, 2, 2]]
    assert worst_z(upper.imag, 0.0) < 4.5
    assert worst_z((upper**2).real, 0.0) < 4.5
    assert worst_z((upper**2).imag, 0.0) < 4.5


def test_entries_of_h_are_normal(hamiltonians):
    for j in range(3):
        assert kstest(hamiltonians[:, j, j].real / np.sqrt(2), "norm").pvalue > 1e-3
    for j, k in ((0, 1), (0, 2), (1, 2)):
        assert kstest(hamiltonians[:, j, k].real, "norm").pvalue > 1e-3
        assert kstest(hamiltonians[:, j, k].imag, "norm").pvalue > 1e-3


def literal_kossakowski(rng, d, rank):
    g = rng.standard_normal((d, rank)) + 1j * rng.standard_normal((d, rank))
    wishart = g @ g.conj().T
    return d * wishart / np.trace(wishart).real


def bartlett_with_half_the_degrees_of_freedom(rng, d):
    factor = np.triu(rng.standard_normal((d, d)) + 1j * rng.standard_normal((d, d)), 1)
    factor += np.diag(np.sqrt(rng.chisquare(np.arange(1, d + 1))))
    wishart = factor @ factor.conj().T
    return d * wishart / np.trace(wishart).real


def moment_z(draws, rank):
    """Distance of E K_nn, E K_nn² and E|K_mn|² from their exact values, in standard errors.

    K_nn/d is Beta(r, (d−1)r), and K is invariant under unitaries, so every entry has
    E K_nn = 1, E K_nn² = d(r+1)/(dr+1) and, off the diagonal, E|K_mn|² = d/(dr+1).
    """
    d = draws.shape[1]
    diagonal = np.diagonal(draws, axis1=1, axis2=2).real
    j, k = np.triu_indices(d, 1)
    return max(
        worst_z(diagonal, 1.0),
        worst_z(diagonal**2, d * (rank + 1) / (d * rank + 1)),
        worst_z(np.abs(draws[:, j, k]) ** 2, d / (d * rank + 1)),
        worst_z(draws[:, j, k].real, 0.0),
        worst_z(draws[:, j, k].imag, 0.0),
    )


@pytest.fixture(scope="module", params=[8, 7, 3, 1])
def kossakowskis(request):
    """Rank r, draws of `random_kossakowski` and draws of the construction in App. F, D = 3."""
    rank = request.param
    rng, other = np.random.default_rng(30 + rank), np.random.default_rng(60 + rank)
    drawn = np.array([random_kossakowski(rng, 3, rank) for _ in range(6000)])
    literal = np.array([literal_kossakowski(other, 8, rank) for _ in range(6000)])
    return rank, drawn, literal


def test_second_moments_of_k(kossakowskis):
    rank, drawn, literal = kossakowskis
    assert moment_z(literal, rank) < 4.5
    assert moment_z(drawn, rank) < 4.5


def test_second_moments_find_wrong_degrees_of_freedom():
    rng = np.random.default_rng(40)
    draws = [bartlett_with_half_the_degrees_of_freedom(rng, 8) for _ in range(6000)]
    assert moment_z(np.array(draws), 8) > 10


def test_diagonal_of_k_is_beta_distributed(kossakowskis):
    rank, drawn, _ = kossakowskis
    for n in range(8):
        assert kstest(drawn[:, n, n].real / 8, "beta", args=(rank, 7 * rank)).pvalue > 1e-3


def test_k_is_distributed_as_the_literal_construction(kossakowskis):
    rank, drawn, literal = kossakowskis
    for m, n in ((0, 7), (0, 1), (6, 7), (3, 4)):
        assert ks_2samp(drawn[:, m, n].real, literal[:, m, n].real).pvalue > 1e-3
        assert ks_2samp(drawn[:, m, n].imag, literal[:, m, n].imag).pvalue > 1e-3
    spectra = [np.linalg.eigvalsh(draws).T[-rank:] for draws in (drawn, literal)]
    for ours, theirs in zip(*spectra, strict=True):
        assert np.allclose(ours, 8) if rank == 1 else ks_2samp(ours, theirs).pvalue > 1e-3
    # A cyclic product of three entries sees phases that moduli and single entries do not.
    triple = [(k[:, 0, 4] * k[:, 4, 7] * k[:, 7, 0]).real for k in (drawn, literal)]
    assert ks_2samp(*triple).pvalue > 1e-3


def test_k_is_invariant_under_unitaries(kossakowskis):
    _, drawn, _ = kossakowskis
    u = unitary_group.rvs(8, random_state=np.random.default_rng(70))
    rotated = u @ drawn[:3000] @ u.conj().T
    for m, n in ((0, 0), (7, 7), (0, 7), (3, 4)):
        assert ks_2samp(rotated[:, m, n].real, drawn[3000:, m, n].real).pvalue > 1e-3


def test_hamiltonian_and_k_of_one_draw_are_independent():
    rng = np.random.default_rng(80)
    pairs = [(random_hamiltonian(rng, 2), random_kossakowski(rng, 2)) for _ in range(5000)]
    h = np.array([pair[0][0, 0].real for pair in pairs])
    k = np.array([pair[1][0, 0].real for pair in pairs])
    assert abs(np.corrcoef(h, k)[0, 1]) * np.sqrt(len(pairs)) < 4


def test_mean_dissipation_is_fixed_by_the_norms_of_the_operators(chain_perturbations):
    means = [np.trace(L1).real / 27**2 for L1 in chain_perturbations]
    assert np.mean(means) == pytest.approx(-754 / 27, abs=0.02)
    hamiltonian = np.zeros((27, 27))
    kossakowski = random_kossakowski(np.random.default_rng(90), 27)
    orthonormal = liouvillian_from_kossakowski(hamiltonian, kossakowski, "orthonormal")
    assert np.trace(orthonormal).real / 27**2 == pytest.approx(-728 / 27, rel=1e-12)
    literal = liouvillian_from_kossakowski(hamiltonian, kossakowski, "paper")
    gram = hilbert_schmidt(matrices(27, "paper"))
    assert np.trace(literal).real / 27**2 == pytest.approx(
        -np.sum(kossakowski * gram).real / 27, rel=1e-12
    )


@pytest.mark.parametrize("basis", BASES)
def test_generator_is_linear_in_its_weights_for_the_same_stream(basis):
    def draw(zeta_coh, zeta_diss):
        return random_liouvillian(np.random.default_rng(7), 3, zeta_coh, zeta_diss, basis)

    np.testing.assert_allclose(
        draw(0.3, 1.7), 0.3 * draw(1, 0) + 1.7 * draw(0, 1), rtol=0, atol=1e-12
    )
    hamiltonian = random_hamiltonian(np.random.default_rng(7), 3)
    np.testing.assert_allclose(
        draw(1, 0), liouvillian(hamiltonian, np.zeros((0, 3, 3))).toarray(), rtol=0, atol=1e-13
    )


def test_draw_is_hamiltonian_first_then_k():
    rng = np.random.default_rng(8)
    hamiltonian, kossakowski = random_hamiltonian(rng, 3), random_kossakowski(rng, 3, 5)
    np.testing.assert_allclose(
        random_liouvillian(np.random.default_rng(8), 3, rank=5),
        liouvillian_from_kossakowski(hamiltonian, kossakowski),
        rtol=0,
        atol=1e-14,
    )


def test_rates_between_sectors_are_beta_distributed():
    """With orthonormal operators D_β R_αβ sums D_α·D_β entries of the diagonal of K.

    These are Dirichlet shares of Tr K = d, each of weight d; D = 4 in sectors of 1 and 3 states.
    """
    rng = np.random.default_rng(91)
    down, up = np.diag([1.0, 0, 0, 0]), np.diag([0.0, 1, 1, 1])
    rates = np.empty((1000, 2))
    for row in rates:
        generator = random_liouvillian(rng, 4, basis="orthonormal")
        image = [unvectorize(generator @ vectorize(p)) for p in (down, up)]
        row[:] = np.trace(up @ image[0]).real, np.trace(down @ image[1]).real
    for rate in rates.T:
        assert kstest(rate / 15, "beta", args=(45, 180)).pvalue > 1e-3
    assert kstest(rates[:, 0] / rates.sum(axis=1), "beta", args=(45, 45)).pvalue > 1e-3
