"""Random Liouvillian perturbations L₍₁₎ (App. F; Denisov et al., PRL 123, 140403).

Measure and normalisation:

- H₍₁₎ = (M + M†)/√2 with independent standard normal Re M, Im M, so E|H_jk|² = 2 for every entry,
  the diagonal included;
- K = d·GG†/Tr GG† with d = D²−1 and G a d×r matrix of independent standard normal real and
  imaginary parts (r = d unless a rank is given), so Tr K = d.

G itself is not drawn. GG† = TT† in law for an upper trapezoidal T (Bartlett's decomposition of
the complex Wishart matrix): its last r rows are upper triangular with T_ii² ~ χ²(2i), and all
entries above are complex normal with unit-variance parts.

K goes into a real matrix in the Hermitian basis, entry by entry: almost all F_n are |j⟩⟨k|, so the
superoperator holds the entries of K in another order, and no product of large matrices is needed.
"""

from __future__ import annotations

from functools import cache
from typing import Literal

import numpy as np
from scipy import sparse
from scipy.linalg import blas, lapack

from syncsweep.physics import arguments
from syncsweep.physics.lindbladian import Perturbation
from syncsweep.physics.superoperators import diagonal_operators, from_real

OperatorBasis = Literal["paper", "orthonormal"]
OPERATOR_BASES: tuple[OperatorBasis, ...] = ("paper", "orthonormal")


@cache
def traceless_operators(dim: int, basis: OperatorBasis = "paper") -> sparse.csr_array:
    """The D²−1 traceless operators F_n of Eq. F3 as sparse rows (d, D²), row-major entries.

    Row n−1 holds F_n with entry (j, k) at column j·D + k; n = (a−1)D + b in the paper's counting.
    For a ≠ b, F_n = |a⟩⟨b|. For a = b, "paper" is the literal |a⟩⟨a| − |a+1⟩⟨a+1|, which has
    squared norm 2 and overlap −1 with its neighbours; "orthonormal" puts the orthonormal diagonal
    operators (Σ_{j≤a} |j⟩⟨j| − a|a+1⟩⟨a+1|)/√(a(a+1)) in the same places.
    """
    if basis not in OPERATOR_BASES:
        raise ValueError(f"Argument `basis` must be one of {OPERATOR_BASES}, but is {basis!r}.")
    operators = sparse.lil_array((dim**2 - 1, dim**2))
    for a in range(dim):
        for b in range(dim):
            n = a * dim + b
            if a != b:
                operators[n, n] = 1.0
            elif a < dim - 1 and basis == "paper":
                operators[n, n] = 1.0
                operators[n, n + dim + 1] = -1.0
            elif a < dim - 1:
                norm = np.sqrt((a + 1) * (a + 2))
                for j in range(a + 1):
                    operators[n, j * (dim + 1)] = 1 / norm
                operators[n, (a + 1) * (dim + 1)] = -(a + 1) / norm
    return operators.tocsr()


def random_hamiltonian(rng: np.random.Generator, dim: int) -> np.ndarray:
    """H₍₁₎ of the Gaussian unitary ensemble with E|H_jk|² = 2, shape (D, D)."""
    m = rng.standard_normal((dim, dim)) + 1j * rng.standard_normal((dim, dim))
    return (m + m.conj().T) / np.sqrt(2)


def kossakowski_factor(
    rng: np.random.Generator, dim: int, rank: int | None = None, weight: float = 1.0
) -> np.ndarray:
    """Draw the factor T of weight·K = TT†, padded with zeros to (D², D²), or (D², r) for r < D²−1.

    The index of its rows is j·D + k of F_n = |j⟩⟨k|, and the last (j = k = D−1) is without F_n.

    A unitary matrix from the right turns the last row of G into its last entry alone. The square of
    this entry is a sum of 2r normal squares, ~ χ²(2r). The other rows stay normal. The row above is
    treated alike, with the r − 1 columns that are left, which gives χ²(2r − 2), and so on. So r
    rows make the triangle, and the d − r rows above them keep all their entries.
    """
    d = dim**2 - 1
    r = d if rank is None else rank
    if isinstance(r, bool) or not isinstance(r, (int, np.integer)) or not 1 <= r <= d:
        raise ValueError(f"Argument `rank` must be an integer in 1 … {d}, but is {rank!r}.")
    diagonal = np.arange(r)
    # All entries of T but the zeros below the diagonal of its triangle, and the diagonal itself.
    above = d * r - r * (r + 1) // 2
    factor = np.zeros((d + 1, d + 1 if r == d else r), dtype=complex)
    draws = [rng.standard_normal(above) for _ in range(2)]
    squares = rng.chisquare(2 * (diagonal + 1))
    # Tr TT† is the sum of all squares, and is to become weight·d.
    scale = np.sqrt(weight * d / (sum(part @ part for part in draws) + squares.sum()))
    factor.real[d - r + diagonal, diagonal] = scale * np.sqrt(squares)
    full = d - r
    for part in (factor.real, factor.imag):
        entries = draws.pop(0)
        entries *= scale
        end = full * r
        part[:full, :r] = entries[:end].reshape(full, r)
        for row in range(r):
            # Row d − r + i has its diagonal entry in column i; those right of it are drawn.
            begin, end = end, end + r - 1 - row
            part[full + row, row + 1 : r] = entries[begin:end]
        del entries
    return factor


def _product(factor: np.ndarray) -> np.ndarray:
    """TT†, (D², D²), of which the upper triangle is valid, from T of `kossakowski_factor`."""
    # LAPACK sees the transpose: a lower triangle, whose product is the conjugate of K.
    if factor.shape[1] == len(factor):
        lower, _ = lapack.zlauum(factor.T, lower=1, overwrite_c=1)
    else:
        lower = blas.zherk(1.0, factor.T, trans=2, lower=1)
    return lower.T


def random_kossakowski(rng: np.random.Generator, dim: int, rank: int | None = None) -> np.ndarray:
    """Kossakowski matrix K = d·GG†/Tr GG†, Hermitian and positive, shape (d, d), d = D²−1.

    rank: number r of columns of G, 1 ≤ r ≤ d; None is full rank.
    """
    upper = np.triu(_product(kossakowski_factor(rng, dim, rank))[:-1, :-1])
    return upper + np.triu(upper, 1).conj().T


def diagonal_rows(dim: int, basis: OperatorBasis) -> np.ndarray:
    """Diagonals of the diagonal operators F_n of `traceless_operators` as rows (D−1, D)."""
    if basis == "orthonormal":
        return diagonal_operators(dim)[:, 1:].T
    return np.eye(dim - 1, dim) - np.eye(dim - 1, dim, 1)


def _change_diagonal_operators(k: np.ndarray, dim: int, basis: OperatorBasis) -> None:
    """Replace K_mn by Σ K_mn F_m ⊗ F_n in place: it changes the places of diagonal operators only.

    k: (D², D²), of which the upper triangle is valid, as `_product` gives it. With the diagonal
    operators F_a = Σ_j O_aj |j⟩⟨j|, K becomes OᵀK in the rows of |j⟩⟨j|, and KO in its columns.
    """
    places = np.arange(dim) * (dim + 1)
    operators = diagonal_rows(dim, basis)
    rows = k[places[:-1]]
    for row, place in zip(rows, places[:-1], strict=True):
        # Left of the diagonal a row is the conjugate of the column above it.
        row[:place] = k[:place, place].conj()
    rows = operators.T @ rows
    k[places] = rows
    k[:, places] = rows.conj().T
    k[np.ix_(places, places)] = rows[:, places[:-1]] @ operators


def _add_drift(x: np.ndarray, hamiltonian: np.ndarray) -> None:
    """Add −i[H, ρ] and −½{R, ρ} with R = Σ K_mn F_m†F_n, in place.

    x: (D, D, D, D), conj(x[j, k, j', k']) is the superoperator's entry from ρ_kk' to ρ_jj'. For
    K_mn F_n ρ F_m† with F_n = |j⟩⟨k| and F_m = |j'⟩⟨k'|, this is K_mn = conj(K_nm), so that x is K
    with its indices n = (j, k) and m = (j', k') written out.

    F_m†F_n = |k'⟩⟨j'|j⟩⟨k| makes R_lk = Σ_j x[j, l, j, k]. With A = −iH − R/2, Aρ takes ρ_kj' to
    ρ_jj' by A_jk, and ρA† takes ρ_jk' there by conj(A_j'k').
    """
    upper = np.triu(np.einsum("jljk->lk", x))
    rate = upper + np.triu(upper, 1).conj().T
    drift = -1j * hamiltonian - rate / 2
    np.einsum("jkaa->ajk", x)[...] += drift.conj()
    np.einsum("aajk->ajk", x)[...] += drift


def _in_hermitian_basis(x: np.ndarray) -> np.ndarray:
    """Real matrix (D², D²) in the Hermitian basis; x: as in `_add_drift`, valid for jD+k ≤ j'D+k'.

    The rows of coherences ρ_jj' with j < j' need the blocks above the diagonal only.

    For a pair j < j' the components of ρ are √2 Re ρ_jj' and −√2 Im ρ_jj'. The real basis operator
    of a pair k < k' has ρ_kk' = ρ_k'k = 1/√2, and the imaginary one has ρ_kk' = −ρ_k'k = −i/√2. Let
    s, d = x[j, k, j', k'] ± x[j, k', j', k]. Then (Lρ)_jj' is conj(s)/√2 for the real operator and
    −i·conj(d)/√2 for the imaginary one. Their components are (Re s, Im s) and (−Im d, Re d).
    """
    dim = len(x)
    upper, lower = np.triu_indices(dim, 1)
    real, imaginary = slice(dim, dim + len(upper)), slice(dim + len(upper), None)
    pairs, swapped, same = upper * dim + lower, lower * dim + upper, np.arange(dim) * (dim + 1)
    diagonal = diagonal_operators(dim)
    generator = np.empty((dim**2, dim**2))
    populations = np.empty((dim, dim**2))
    first = 0
    for j in range(dim):
        # ρ_jj: x[j, k, j, k'] is Hermitian in k and k', so that s = 2 Re x and d = 2i Im x.
        within = x[j, :, j].ravel()
        populations[j, :dim] = within[same].real @ diagonal
        populations[j, real] = np.sqrt(2) * within[pairs].real
        populations[j, imaginary] = -np.sqrt(2) * within[pairs].imag

        blocks = x[j, :, j + 1 :].swapaxes(0, 1).reshape(dim - 1 - j, dim**2)
        sums, differences = blocks[:, pairs], blocks[:, swapped]
        sums, differences = sums + differences, sums - differences
        from_populations = np.sqrt(2) * (blocks[:, same] @ diagonal)
        into_real = generator[dim + first : dim + first + len(blocks)]
        into_imaginary = generator[dim + len(upper) + first :][: len(blocks)]
        into_real[:, :dim] = from_populations.real
        into_real[:, real] = sums.real
        into_real[:, imaginary] = -differences.imag
        into_imaginary[:, :dim] = from_populations.imag
        into_imaginary[:, real] = sums.imag
        into_imaginary[:, imaginary] = differences.real
        first += len(blocks)
    generator[:dim] = diagonal.T @ populations
    return generator


def _generator(hamiltonian: np.ndarray, k: np.ndarray, basis: OperatorBasis) -> np.ndarray:
    """Real generator from the upper triangle of K, as `_product` gives it; overwrites k."""
    dim = len(hamiltonian)
    _change_diagonal_operators(k, dim, basis)
    x = k.reshape(dim, dim, dim, dim)
    _add_drift(x, hamiltonian)
    return _in_hermitian_basis(x)


def lindblad_generator(hamiltonian: np.ndarray, jump_operators: np.ndarray) -> np.ndarray:
    """−i[H, ρ] + Σ_μ (L_μ ρ L_μ† − ½{L_μ†L_μ, ρ}) as a real matrix (D², D²), Hermitian basis.

    hamiltonian: (D, D), Hermitian; jump_operators: (k, D, D), k ≥ 0. The cost is that of a product
    of (D², k) and (k, D²), and then O(D⁴).
    """
    dim = len(hamiltonian)
    rows = jump_operators.reshape(-1, dim**2).astype(complex)
    x = (rows.conj().T @ rows).reshape(dim, dim, dim, dim)
    _add_drift(x, hamiltonian)
    return _in_hermitian_basis(x)


def perturbation_of(hamiltonian: np.ndarray, jump_operators: np.ndarray) -> Perturbation:
    """L₍₁₎ = −i[V, ·] + Σ_μ (L_μ·L_μ† − ½{L_μ†L_μ, ·}) of V (D, D) and L_μ (k, D, D).

    They may have any form that a `Lindbladian` takes; ValueError.
    """
    hamiltonian = arguments.hermitian("Argument `hamiltonian`", hamiltonian)
    jump_operators = arguments.operators(
        "Argument `jump_operators`", jump_operators, len(hamiltonian)
    )
    dissipator = lindblad_generator(np.zeros_like(hamiltonian), jump_operators)
    return Perturbation(hamiltonian, dissipator, jump_operators)


def liouvillian_from_kossakowski(
    hamiltonian: np.ndarray, kossakowski: np.ndarray, basis: OperatorBasis = "paper"
) -> np.ndarray:
    """Superoperator of −i[H, ρ] + Σ_mn K_mn (F_n ρ F_m† − ½{F_m†F_n, ρ}) (Eqs. F1, F2).

    hamiltonian: (D, D); kossakowski: (d, d), d = D²−1, Hermitian, with F_n in the order of Eq. F3.
    Returns the column-stacking superoperator (D², D²).
    """
    dim = len(hamiltonian)
    if kossakowski.shape != (dim**2 - 1, dim**2 - 1):
        raise ValueError(
            f"Argument `kossakowski` must have shape ({dim**2 - 1}, {dim**2 - 1}), but has shape "
            f"{kossakowski.shape}."
        )
    if not np.allclose(
        kossakowski, kossakowski.conj().T, rtol=0, atol=1e-12 * abs(kossakowski).max()
    ):
        raise ValueError("Argument `kossakowski` must be Hermitian, but is not.")
    padded = np.pad(kossakowski.astype(complex), (0, 1))
    return from_real(_generator(hamiltonian, padded, basis))


def draw_factor(
    rng: np.random.Generator,
    dim: int,
    zeta_coh: float,
    zeta_diss: float,
    rank: int | None,
) -> tuple[np.ndarray, np.ndarray]:
    """ζ_coh·H₍₁₎, and the factor of ζ_diss·K, see `kossakowski_factor`; ValueError."""
    if not isinstance(rng, np.random.Generator):
        raise ValueError(
            "Argument `rng` must be a NumPy generator, such as numpy.random.default_rng(seed), "
            f"but is a {type(rng).__name__}."
        )
    arguments.integer("Argument `dim`", dim, 2)
    arguments.real("Argument `zeta_coh`", zeta_coh)
    arguments.real("Argument `zeta_diss`", zeta_diss, 0)
    hamiltonian = zeta_coh * random_hamiltonian(rng, dim)
    return hamiltonian, kossakowski_factor(rng, dim, rank, zeta_diss)


def random_perturbation(
    rng: np.random.Generator,
    dim: int,
    zeta_coh: float = 1.0,
    zeta_diss: float = 1.0,
    basis: OperatorBasis = "paper",
    rank: int | None = None,
) -> Perturbation:
    """Draw L₍₁₎ of App. F by its two parts, −iζ_coh[H₍₁₎, ·] and ζ_diss·L_diss.

    H₍₁₎ and K have the measure stated at the head of this module and are independent; both are
    drawn whatever the weights are, so that one stream gives the same H₍₁₎ and K for all weights.
    """
    hamiltonian, factor = draw_factor(rng, dim, zeta_coh, zeta_diss, rank)
    k = _product(factor)
    del factor
    return Perturbation(hamiltonian, _generator(np.zeros_like(hamiltonian), k, basis))


def random_generator(
    rng: np.random.Generator,
    dim: int,
    zeta_coh: float = 1.0,
    zeta_diss: float = 1.0,
    basis: OperatorBasis = "paper",
    rank: int | None = None,
) -> np.ndarray:
    """The L₍₁₎ of `random_perturbation` as one real matrix (D², D²), Hermitian basis."""
    hamiltonian, factor = draw_factor(rng, dim, zeta_coh, zeta_diss, rank)
    k = _product(factor)
    del factor
    return _generator(hamiltonian, k, basis)


def random_liouvillian(
    rng: np.random.Generator,
    dim: int,
    zeta_coh: float = 1.0,
    zeta_diss: float = 1.0,
    basis: OperatorBasis = "paper",
    rank: int | None = None,
) -> np.ndarray:
    """Draw the random perturbation L₍₁₎ = −iζ_coh[H₍₁₎, ·] + ζ_diss·L_diss of App. F.

    rng: decides it; dim: D; zeta_coh, zeta_diss ≥ 0: weights of the random Hamiltonian, of the
    Gaussian unitary ensemble with E|H_jk|² = 2, and of the random dissipator with the Kossakowski
    matrix K = d·GG†/Tr GG†, d = D²−1; basis: of K, `paper` for the literal F_n of Eq. F3, or
    `orthonormal`; rank: of K, None for d. Returns a column-stacking superoperator (D², D²).

    >>> sync.random_liouvillian(np.random.default_rng(1), dim=4).shape
    (16, 16)
    """
    return from_real(random_generator(rng, dim, zeta_coh, zeta_diss, basis, rank))
