"""Random Liouvillian perturbations L₍₁₎ (App. F; Denisov et al., PRL 123, 140403).

Measure and normalisation:

- H₍₁₎ = (M + M†)/√2 with independent standard normal Re M, Im M, so E|H_jk|² = 2 for every entry,
  the diagonal included;
- K = d·GG†/Tr GG† with d = D²−1 and G a d×r matrix of independent standard normal real and
  imaginary parts (r = d unless a rank is given), so Tr K = d.

G itself is not drawn. GG† = TT† in law for an upper trapezoidal T (Bartlett's decomposition of
the complex Wishart matrix): its last r rows are upper triangular with T_ii² ~ χ²(2i), and all
entries above are complex normal with unit-variance parts.
"""

from __future__ import annotations

from functools import cache
from typing import Literal

import numpy as np
from scipy import sparse
from scipy.linalg import blas, lapack

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


@cache
def _strictly_above(d: int, rank: int) -> tuple[np.ndarray, np.ndarray]:
    """Row and column of every entry of T (d, rank) above the diagonal of its triangle."""
    rows, columns = np.triu_indices(d, 1 - (d - rank), rank)
    return rows, columns


def random_kossakowski(rng: np.random.Generator, dim: int, rank: int | None = None) -> np.ndarray:
    """Kossakowski matrix K = d·GG†/Tr GG†, Hermitian and positive, shape (d, d), d = D²−1.

    rank: number r of columns of G, 1 ≤ r ≤ d; None is full rank.
    """
    d = dim**2 - 1
    r = d if rank is None else rank
    if isinstance(r, bool) or not isinstance(r, (int, np.integer)) or not 1 <= r <= d:
        raise ValueError(f"Argument `rank` must be an integer in 1 … {d}, but is {rank!r}.")
    rows, columns = _strictly_above(d, r)
    factor = np.zeros((d, r), dtype=complex, order="F")
    factor.real[rows, columns] = rng.standard_normal(len(rows))
    factor.imag[rows, columns] = rng.standard_normal(len(rows))
    diagonal = np.arange(r)
    factor[d - r + diagonal, diagonal] = np.sqrt(rng.chisquare(2 * (diagonal + 1)))
    if r == d:
        upper, _ = lapack.zlauum(factor, lower=0, overwrite_c=1)
    else:
        upper = blas.zherk(1.0, factor)
    kossakowski = upper + np.triu(upper, 1).conj().T
    kossakowski *= d / np.trace(kossakowski).real
    return kossakowski


def liouvillian_from_kossakowski(
    hamiltonian: np.ndarray, kossakowski: np.ndarray, basis: OperatorBasis = "paper"
) -> np.ndarray:
    """Superoperator of −i[H, ρ] + Σ_mn K_mn (F_n ρ F_m† − ½{F_m†F_n, ρ}) (Eqs. F1, F2).

    hamiltonian: (D, D); kossakowski: (d, d), d = D²−1, with F_n in the order of Eq. F3.
    Returns the column-stacking superoperator (D², D²).
    """
    dim = len(hamiltonian)
    if kossakowski.shape != (dim**2 - 1, dim**2 - 1):
        raise ValueError(
            f"Argument `kossakowski` must have shape ({dim**2 - 1}, {dim**2 - 1}), but has shape "
            f"{kossakowski.shape}."
        )
    operators = traceless_operators(dim, basis)
    # x[j, k, j', k'] = Σ_mn K_mn (F_n)_jk conj((F_m)_j'k'): the F are sparse, so this needs no
    # product of dense matrices, and the superoperator is the same numbers in another order.
    x = (operators.T @ kossakowski.T @ operators).reshape(dim, dim, dim, dim)
    rate = np.einsum("jkjl->lk", x)  # Σ_mn K_mn F_m†F_n
    # Entry (row j + D·j', column k + D·k') of the superoperator is x[j, k, j', k'].
    blocks = np.ascontiguousarray(x.transpose(2, 0, 3, 1), dtype=complex)
    # ρ ↦ Aρ + ρA† with A = −iH − R/2, added in place on the blocks where it is not zero.
    drift = -1j * hamiltonian - rate / 2
    np.einsum("ajak->ajk", blocks)[...] += drift
    np.einsum("ajbj->jab", blocks)[...] += drift.conj()
    return blocks.reshape(dim**2, dim**2)


def random_liouvillian(
    rng: np.random.Generator,
    dim: int,
    zeta_coh: float = 1.0,
    zeta_diss: float = 1.0,
    basis: OperatorBasis = "paper",
    rank: int | None = None,
) -> np.ndarray:
    """Draw L₍₁₎ = −iζ_coh[H₍₁₎, ·] + ζ_diss·L_diss of App. F, column-stacking (D², D²).

    H₍₁₎ and K have the measure stated at the head of this module and are independent; both are
    drawn whatever the weights are, so that one stream gives the same H₍₁₎ and K for all weights.
    """
    hamiltonian = random_hamiltonian(rng, dim)
    kossakowski = random_kossakowski(rng, dim, rank)
    return liouvillian_from_kossakowski(zeta_coh * hamiltonian, zeta_diss * kossakowski, basis)
