"""Random Liouvillian perturbations L₍₁₎ (App. F; Denisov et al., PRL 123, 140403).

Measure and normalisation:

- H₍₁₎ = (M + M†)/√2 with independent standard normal Re M, Im M, so E|H_jk|² = 2 for every entry,
  the diagonal included;
- K = d·GG†/Tr GG† of complex normal G, see `kossakowski`.

K goes into a real matrix in the Hermitian basis, entry by entry: almost all F_n are |j⟩⟨k|, so the
superoperator holds the entries of K in another order, and no product of large matrices is needed.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Literal

import numpy as np
from scipy import sparse

from syncsweep.physics import arguments
from syncsweep.physics.kossakowski import draw_kossakowski, kossakowski_factor
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


def random_kossakowski(rng: np.random.Generator, dim: int, rank: int | None = None) -> np.ndarray:
    """Kossakowski matrix K = d·GG†/Tr GG†, Hermitian and positive, shape (d, d), d = D²−1.

    rank: number r of columns of G, 1 ≤ r ≤ d; None is full rank.
    """
    real, imaginary = np.zeros((2, dim**2, dim**2))
    draw_kossakowski(rng, real, imaginary, rank)
    upper = np.triu(real + 1j * imaginary)[:-1, :-1]
    return upper + np.triu(upper, 1).conj().T


def diagonal_rows(dim: int, basis: OperatorBasis) -> np.ndarray:
    """Diagonals of the diagonal operators F_n of `traceless_operators` as rows (D−1, D)."""
    if basis == "orthonormal":
        return diagonal_operators(dim)[:, 1:].T
    return np.eye(dim - 1, dim) - np.eye(dim - 1, dim, 1)


class _Room:
    """Memory for K (D², D²), and then for the real matrix that is made of it in the same place.

    Only the upper triangle of K is valid. The superoperator K_mn F_n ρ F_m† with F_n = |j⟩⟨k| and
    F_m = |j'⟩⟨k'| takes ρ_kk' to ρ_jj' by K_mn = conj(K_nm). So K is the conjugate superoperator,
    K[j, k, j', k'], if its indices n = (j, k) and m = (j', k') are written out.
    """

    def __init__(self, dim: int) -> None:
        self.dim = dim
        # The real matrix lies so many rows before Re K that none of its rows overwrites an entry
        # of K which is still needed.
        self._rows = np.zeros((dim**2 + dim, dim**2))
        self.real, self.imaginary = self._rows[dim:], np.zeros((dim**2, dim**2))

    @classmethod
    def of(cls, k: np.ndarray) -> _Room:
        """That of a given K (D², D²)."""
        room = cls(math.isqrt(len(k)))
        room.real[:], room.imaginary[:] = k.real, k.imag
        return room

    def generator(self, hamiltonian: np.ndarray) -> np.ndarray:
        """−i[H, ·] and the dissipator of K as a real matrix in the Hermitian basis, over K."""
        self._add_drift(hamiltonian)
        return self._in_hermitian_basis()

    def change_diagonal_operators(self, basis: OperatorBasis) -> None:
        """Replace K_mn by Σ K_mn F_m ⊗ F_n: it changes the places of diagonal operators only.

        With the diagonal operators F_a = Σ_j O_aj |j⟩⟨j|, K becomes OᵀK in the rows of |j⟩⟨j|, and
        KO in its columns.
        """
        places = np.arange(self.dim) * (self.dim + 1)
        operators = diagonal_rows(self.dim, basis)
        # Left of the diagonal a row is the conjugate of the column above it.
        for k, sign in ((self.real, 1.0), (self.imaginary, -1.0)):
            rows = k[places[:-1]]
            for row, place in zip(rows, places[:-1], strict=True):
                row[:place] = sign * k[:place, place]
            rows = operators.T @ rows
            k[places] = rows
            k[:, places] = sign * rows.T
            k[np.ix_(places, places)] = rows[:, places[:-1]] @ operators

    def _add_drift(self, hamiltonian: np.ndarray) -> None:
        """Add −i[H, ρ] and −½{R, ρ} with R = Σ K_mn F_m†F_n.

        F_m†F_n = |k'⟩⟨j'|j⟩⟨k| makes R_lk = Σ_j K[j, l, j, k]. With A = −iH − R/2, Aρ takes
        ρ_kj' to ρ_jj' by A_jk, and ρA† takes ρ_jk' there by conj(A_j'k').
        """
        parts = [k.reshape((self.dim,) * 4) for k in (self.real, self.imaginary)]
        of_real, of_imaginary = (np.einsum("jljk->lk", x) for x in parts)
        upper = np.triu(of_real + 1j * of_imaginary)
        rate = upper + np.triu(upper, 1).conj().T
        drift = -1j * hamiltonian - rate / 2
        for x, of_rho, of_adjoint in zip(
            parts, (drift.real, drift.imag), (drift.real, -drift.imag), strict=True
        ):
            np.einsum("aajk->ajk", x)[...] += of_rho
            np.einsum("jkaa->ajk", x)[...] += of_adjoint

    def _in_hermitian_basis(self) -> np.ndarray:
        """Real matrix (D², D²) in the Hermitian basis.

        The rows of coherences ρ_jj' with j < j' need only the blocks above the diagonal.

        For a pair j < j' the components of ρ are √2 Re ρ_jj' and −√2 Im ρ_jj'. The real basis
        operator of a pair k < k' has ρ_kk' = ρ_k'k = 1/√2, and the imaginary one has
        ρ_kk' = −ρ_k'k = −i/√2. Let s, d = K[j, k, j', k'] ± K[j, k', j', k]. Then (Lρ)_jj' is
        conj(s)/√2 for the real operator and −i·conj(d)/√2 for the imaginary one. Their components
        are (Re s, Im s) and (−Im d, Re d).
        """
        dim = self.dim
        upper, lower = np.triu_indices(dim, 1)
        count = len(upper)
        real, imaginary = slice(dim, dim + count), slice(dim + count, None)
        pairs, swapped, same = upper * dim + lower, lower * dim + upper, np.arange(dim) * (dim + 1)
        diagonal = diagonal_operators(dim)
        populations = self._into_populations(pairs, same)
        first = 0
        for j in range(dim - 1):
            rest = dim - 1 - j
            both = np.empty((2, rest, dim, dim))
            for block, k in zip(both, (self.real, self.imaginary), strict=True):
                row = k[j * dim : (j + 1) * dim, (j + 1) * dim :]
                block[...] = row.reshape(dim, rest, dim).swapaxes(0, 1)
            blocks = both.reshape(2 * rest, dim**2)
            one, other = blocks.take(pairs, axis=1), blocks.take(swapped, axis=1)
            into_real = self.real[first : first + rest]
            into_imaginary = self.imaginary[first : first + rest]
            from_populations = np.sqrt(2) * (blocks.take(same, axis=1) @ diagonal)
            into_real[:, :dim], into_imaginary[:, :dim] = np.split(from_populations, 2)
            np.add(one[:rest], other[:rest], out=into_real[:, real])
            np.add(one[rest:], other[rest:], out=into_imaginary[:, real])
            np.subtract(other[rest:], one[rest:], out=into_real[:, imaginary])
            np.subtract(one[:rest], other[:rest], out=into_imaginary[:, imaginary])
            first += rest
        generator = self._rows[: dim**2]
        generator[imaginary] = self.imaginary[:count]
        generator[:dim] = diagonal.T @ populations
        return generator

    def _into_populations(self, pairs: np.ndarray, same: np.ndarray) -> np.ndarray:
        """Rows of ρ_jj, (D, D²).

        K[j, k, j, k'] is Hermitian in k and k', so that s = 2 Re K and d = 2i Im K.
        """
        dim = self.dim
        real, imaginary = (
            np.einsum("jkjl->jkl", k.reshape((dim,) * 4)).reshape(dim, dim**2)
            for k in (self.real, self.imaginary)
        )
        return np.hstack(
            [
                real[:, same] @ diagonal_operators(dim),
                np.sqrt(2) * real[:, pairs],
                -np.sqrt(2) * imaginary[:, pairs],
            ]
        )


def lindblad_generator(hamiltonian: np.ndarray, jump_operators: np.ndarray) -> np.ndarray:
    """−i[H, ρ] + Σ_μ (L_μ ρ L_μ† − ½{L_μ†L_μ, ρ}) as a real matrix (D², D²), Hermitian basis.

    hamiltonian: (D, D), Hermitian; jump_operators: (k, D, D), k ≥ 0. The cost is that of a product
    of (D², k) and (k, D²), and then O(D⁴).
    """
    rows = jump_operators.reshape(-1, hamiltonian.size).astype(complex)
    return _Room.of(rows.conj().T @ rows).generator(hamiltonian)


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
    room = _Room.of(np.pad(kossakowski, (0, 1)))
    room.change_diagonal_operators(basis)
    return from_real(room.generator(hamiltonian))


def _check_draw(rng: np.random.Generator, dim: int, zeta_coh: float, zeta_diss: float) -> None:
    """ValueError."""
    if not isinstance(rng, np.random.Generator):
        raise ValueError(
            "Argument `rng` must be a NumPy generator, such as numpy.random.default_rng(seed), "
            f"but is a {type(rng).__name__}."
        )
    arguments.integer("Argument `dim`", dim, 2)
    arguments.real("Argument `zeta_coh`", zeta_coh)
    arguments.real("Argument `zeta_diss`", zeta_diss, 0)


def draw_factor(
    rng: np.random.Generator,
    dim: int,
    zeta_coh: float,
    zeta_diss: float,
    rank: int | None,
) -> tuple[np.ndarray, np.ndarray]:
    """ζ_coh·H₍₁₎, and the factor of ζ_diss·K, see `kossakowski_factor`; ValueError."""
    _check_draw(rng, dim, zeta_coh, zeta_diss)
    hamiltonian = zeta_coh * random_hamiltonian(rng, dim)
    return hamiltonian, kossakowski_factor(rng, dim, rank, zeta_diss)


def _draw(
    rng: np.random.Generator,
    dim: int,
    zeta_coh: float,
    zeta_diss: float,
    basis: OperatorBasis,
    rank: int | None,
) -> tuple[np.ndarray, _Room]:
    """As `draw_factor`, but with ζ_diss·K itself."""
    _check_draw(rng, dim, zeta_coh, zeta_diss)
    hamiltonian, room = zeta_coh * random_hamiltonian(rng, dim), _Room(dim)
    draw_kossakowski(rng, room.real, room.imaginary, rank, zeta_diss)
    room.change_diagonal_operators(basis)
    return hamiltonian, room


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
    hamiltonian, room = _draw(rng, dim, zeta_coh, zeta_diss, basis, rank)
    return Perturbation(hamiltonian, room.generator(np.zeros_like(hamiltonian)))


def random_generator(
    rng: np.random.Generator,
    dim: int,
    zeta_coh: float = 1.0,
    zeta_diss: float = 1.0,
    basis: OperatorBasis = "paper",
    rank: int | None = None,
) -> np.ndarray:
    """The L₍₁₎ of `random_perturbation` as one real matrix (D², D²), Hermitian basis."""
    hamiltonian, room = _draw(rng, dim, zeta_coh, zeta_diss, basis, rank)
    return room.generator(hamiltonian)


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
