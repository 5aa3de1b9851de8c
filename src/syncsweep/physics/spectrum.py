"""Spectra of Liouvillians, and their decay-free modes: steady states and oscillating coherences.

A superoperator is taken block by block, a block being what its entries connect: for the spin
models, mostly the coherences between two sectors of a symmetry. Modes are column-stacking vectors.
Each block is treated in a frame that rotates with it, so that fast rotation hides no slow decay.
A right mode fulfils L r = λ r and a left mode l† L = λ l†; they are biorthonormal, l_i† r_j = δ_ij.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.linalg import svd

from syncsweep.physics.sparse_blocks import connected, embedded
from syncsweep.physics.superoperators import unvectorize, vectorize

#: Unit: the largest entry of a block in its rotating frame. Eigenvalues that differ by less than
#: this count as one. Those nearer to the imaginary axis than this do not decay.
TOLERANCE = 1e-9

#: Rounding that cancelling sums leave, in units of the superoperator's largest entry.
_SUMS = 2e-15

#: Eigenvalues of operators of unit size below this are rounding.
_ROUNDING = 1e-7


@dataclass(frozen=True)
class _Block:
    """A square part of a superoperator: its places (n,), matrix (n, n) and eigenvalues (n,).

    rotation: the mean frequency; it is subtracted from the matrix, but not from the eigenvalues.
    """

    members: np.ndarray
    matrix: np.ndarray
    rotation: complex
    eigenvalues: np.ndarray
    tolerance: float

    @classmethod
    def of(cls, members: np.ndarray, matrix: np.ndarray, rounding: float) -> _Block:
        rotation = 1j * float(np.mean(matrix.diagonal().imag))
        slow = matrix - rotation * np.eye(len(matrix))
        tolerance = TOLERANCE * float(np.abs(slow).max()) + rounding
        return cls(members, slow, rotation, np.linalg.eigvals(slow) + rotation, tolerance)


class Spectrum:
    """Eigenvalues of a superoperator (D², D²), dense or sparse, and eigenspaces at any of them."""

    def __init__(self, superoperator: np.ndarray | sparse.csr_array) -> None:
        """Find all eigenvalues; the cost is that of the largest block, if there are blocks."""
        self.size = superoperator.shape[0]
        matrix, parts = _parts(superoperator)
        rounding = _SUMS * float(abs(matrix).max())
        self._blocks = [
            _Block.of(members, matrix[members][:, members].toarray(), rounding) for members in parts
        ]
        found = np.concatenate([block.eigenvalues for block in self._blocks])
        sizes = [np.full(len(block.members), block.tolerance) for block in self._blocks]
        order = np.lexsort((found.real, found.imag))
        #: All eigenvalues (D²,), ascending in imaginary part, then in real part.
        self.eigenvalues = found[order]
        #: How far each of them is known (D²,).
        self.tolerance = np.concatenate(sizes)[order]

    @property
    def decay_free(self) -> np.ndarray:
        """Mask (D²,) of the eigenvalues on the imaginary axis."""
        return np.abs(self.eigenvalues.real) <= self.tolerance

    @property
    def frequencies(self) -> np.ndarray:
        """Distinct frequencies Im λ of the decay-free modes, ascending."""
        frequencies = self.eigenvalues.imag[self.decay_free]
        starts = np.flatnonzero(
            np.diff(frequencies, prepend=-np.inf) > self.tolerance[self.decay_free]
        )
        return np.array([group.mean() for group in np.split(frequencies, starts[1:])])

    @property
    def slowest_decay(self) -> float:
        """Smallest decay rate −Re λ of the modes that decay; infinite if none does."""
        return float(np.min(-self.eigenvalues.real[~self.decay_free], initial=np.inf))

    def eigenspace(self, eigenvalue: complex) -> tuple[np.ndarray, np.ndarray]:
        """Right and left modes (D², k) at an eigenvalue, biorthonormal; k is its multiplicity.

        ValueError if there is no such eigenvalue, or if it has fewer modes than its multiplicity,
        which never happens on the imaginary axis.
        """
        rights, lefts = [np.empty((self.size, 0))], [np.empty((self.size, 0))]
        for block in self._blocks:
            count = int(np.sum(np.abs(block.eigenvalues - eigenvalue) <= block.tolerance))
            if count:
                from_frame = eigenvalue - block.rotation
                u, s, vh = svd(block.matrix - from_frame * np.eye(len(block.matrix)))
                if s[-count] > block.tolerance:
                    raise ValueError(f"The eigenvalue {eigenvalue:g} has too few modes.")
                rights.append(embedded(vh[-count:].conj().T, block.members, self.size))
                lefts.append(embedded(u[:, -count:], block.members, self.size))
        right, left = np.hstack(rights), np.hstack(lefts)
        if not right.shape[1]:
            raise ValueError(f"Argument `eigenvalue` must be an eigenvalue, but is {eigenvalue:g}.")
        return right, left @ np.linalg.inv(right.conj().T @ left)


def _parts(
    superoperator: np.ndarray | sparse.csr_array,
) -> tuple[sparse.csr_array, list[np.ndarray]]:
    """The matrix without the rounding of cancelling sums, and the places of its blocks."""
    matrix = sparse.csr_array(superoperator, copy=True)
    matrix.data[abs(matrix.data) < _SUMS * float(abs(matrix).max())] = 0.0
    matrix.eliminate_zeros()
    return matrix, connected(abs(matrix))


def largest_block(superoperator: np.ndarray | sparse.csr_array) -> int:
    """Size of the largest block of a superoperator, on which the cost of a `Spectrum` depends."""
    return max(map(len, _parts(superoperator)[1]))


def eigenspace(
    L0: np.ndarray | sparse.csr_array, eigenvalue: complex
) -> tuple[np.ndarray, np.ndarray]:
    """Right and left modes (D², k) of L0 at one eigenvalue; see `Spectrum.eigenspace`."""
    return Spectrum(L0).eigenspace(eigenvalue)


def reduced_generator(
    right: np.ndarray, left: np.ndarray, L1: np.ndarray | sparse.csr_array
) -> np.ndarray:
    """What L₁ does within an eigenspace of L₀ in first order: (l†r)⁻¹ l†L₁r, (k, k).

    right, left: (D², k), the modes of one eigenvalue, not necessarily biorthonormal; L1: column-
    stacking superoperator (D², D²).
    """
    return np.linalg.solve(left.conj().T @ right, left.conj().T @ (L1 @ right))


def first_order_shifts(
    right: np.ndarray, left: np.ndarray, L1: np.ndarray | sparse.csr_array
) -> np.ndarray:
    """Shifts μ (k,) of a k-fold eigenvalue λ of L₀: L₀ + ηL₁ has λ + ημ + O(η²).

    The arguments are those of `reduced_generator`, whose eigenvalues they are.
    """
    return np.linalg.eigvals(reduced_generator(right, left, L1))


def orthogonal_steady_states(right: np.ndarray, left: np.ndarray, rng: np.random.Generator) -> int:
    """Largest number of steady states with mutually orthogonal supports.

    right, left: (D², k), all zero modes of a Lindblad generator. On the space that does not decay,
    the conserved quantities are an algebra ⊕ M_d ⊗ 1 with Σd² = k, and the wanted number is Σd:
    that of the distinct eigenvalues of a random Hermitian one, drawn from `rng` with independent
    normal coefficients. The other k − Σd zero modes are coherences of frequency 0.
    """
    dim = math.isqrt(len(right))
    weights = np.linalg.solve(left.conj().T @ right, left.conj().T @ vectorize(np.eye(dim) / dim))
    populations, states = np.linalg.eigh(_hermitian(right @ weights))
    stays = states[:, populations > _ROUNDING / dim]
    k = left.shape[1]
    coefficients = rng.standard_normal(k) + 1j * rng.standard_normal(k)
    conserved = _hermitian(np.linalg.qr(left)[0] @ coefficients)
    values = np.linalg.eigvalsh(stays.conj().T @ conserved @ stays)
    return 1 + int(np.sum(np.diff(values) > _ROUNDING * np.abs(values).max()))


def _hermitian(vector: np.ndarray) -> np.ndarray:
    """Hermitian part (D, D) of an operator given as a vector (D²,)."""
    operator = unvectorize(vector)
    return (operator + operator.conj().T) / 2
