"""Superoperators, and the Hermitian operator basis in which every Liouvillian is real.

Convention, stated here and used everywhere: column stacking, as in QuTiP,
vec(A ρ B) = (Bᵀ ⊗ A) vec(ρ), so that ρ[j, k] is entry j + D·k of vec(ρ).
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any, overload

import numpy as np
from scipy import sparse

from syncsweep.physics import arguments


def vectorize(rho: np.ndarray) -> np.ndarray:
    """Stack the columns of operators (..., D, D) into vectors (..., D²)."""
    return np.swapaxes(rho, -1, -2).reshape(*rho.shape[:-2], -1)


def unvectorize(vector: np.ndarray) -> np.ndarray:
    """Inverse of `vectorize`: vectors (..., D²) to operators (..., D, D)."""
    dim = math.isqrt(vector.shape[-1])
    if dim * dim != vector.shape[-1]:
        raise ValueError(
            f"Argument `vector` must have shape (..., D²), but has shape {vector.shape}."
        )
    return np.swapaxes(vector.reshape(*vector.shape[:-1], dim, dim), -1, -2)


def spre(operator: np.ndarray) -> sparse.csr_array:
    """Superoperator of ρ ↦ Aρ, (D, D) → (D², D²)."""
    return _kron(np.eye(len(operator)), operator)


def spost(operator: np.ndarray) -> sparse.csr_array:
    """Superoperator of ρ ↦ ρA, (D, D) → (D², D²)."""
    return _kron(operator.T, np.eye(len(operator)))


def lindblad_dissipator(jump: np.ndarray) -> sparse.csr_array:
    """Superoperator of ρ ↦ LρL† − ½{L†L, ρ}, (D, D) → (D², D²)."""
    rate = jump.conj().T @ jump
    return _kron(jump.conj(), jump) - (spre(rate) + spost(rate)) / 2


def _kron(left: np.ndarray, right: np.ndarray) -> sparse.csr_array:
    return sparse.kron(sparse.coo_array(left), sparse.coo_array(right), format="csr")


def liouvillian(hamiltonian: Any, jump_operators: Any) -> sparse.csr_array:
    """Lindblad generator of Eq. 1, sparse, shape (D², D²).

    hamiltonian: (D, D), Hermitian; jump_operators: (k, D, D), k ≥ 0, with √γ absorbed. They may be
    NumPy arrays, SciPy's sparse matrices, operators of QuTiP (Qobj), or lists; ValueError.

    >>> L0 = sync.liouvillian(pair.hamiltonian, pair.jump_operators)
    >>> L0.shape
    (16, 16)
    """
    hamiltonian = arguments.hermitian("Argument `hamiltonian`", hamiltonian)
    jumps = arguments.operators("Argument `jump_operators`", jump_operators, len(hamiltonian))
    generator = -1j * (spre(hamiltonian) - spost(hamiltonian))
    for jump in jumps:
        generator = generator + lindblad_dissipator(jump)
    return sparse.csr_array(generator)


@cache
def diagonal_operators(dim: int) -> np.ndarray:
    """Orthonormal diagonal operators as columns (D, D): 1/√D, then the traceless ones.

    The latter are (Σ_{j<l} |j⟩⟨j| − l|l⟩⟨l|)/√(l(l+1)) for l = 1 … D−1.
    """
    columns = [np.full(dim, 1 / np.sqrt(dim))]
    for level in range(1, dim):
        entries = np.concatenate([np.ones(level), [-level], np.zeros(dim - level - 1)])
        columns.append(entries / np.sqrt(level * (level + 1)))
    return np.stack(columns, axis=1)


@cache
def hermitian_basis(dim: int) -> sparse.csr_array:
    """Orthonormal Hermitian operator basis as columns of a sparse unitary matrix (D², D²).

    Column 0 is vec(1)/√D and columns 1 … D−1 are traceless, see `diagonal_operators`; then come
    (|j⟩⟨k| + |k⟩⟨j|)/√2 for all j < k and i(|k⟩⟨j| − |j⟩⟨k|)/√2 for all j < k: the generalised
    Gell-Mann matrices with norm 1.
    """
    diagonal = sparse.coo_array(diagonal_operators(dim))
    j, k = np.triu_indices(dim, 1)
    upper, lower = j + dim * k, k + dim * j
    pairs = np.arange(len(j))
    half = np.full(len(j), 1 / np.sqrt(2), dtype=complex)
    rows = np.concatenate([diagonal.row * (dim + 1), upper, lower, upper, lower])
    of_pairs = [dim + pairs] * 2 + [dim + len(j) + pairs] * 2
    columns = np.concatenate([diagonal.col, *of_pairs])
    values = np.concatenate([diagonal.data, half, half, -1j * half, 1j * half])
    return sparse.coo_array((values, (rows, columns)), shape=(dim**2, dim**2)).tocsr()


@overload
def to_real(superoperator: np.ndarray, name: str = ...) -> np.ndarray: ...
@overload
def to_real(superoperator: sparse.csr_array, name: str = ...) -> sparse.csr_array: ...
def to_real(
    superoperator: np.ndarray | sparse.csr_array, name: str = "superoperator"
) -> np.ndarray | sparse.csr_array:
    """Write a Hermiticity-preserving superoperator in the Hermitian basis.

    superoperator: (D², D²), column-stacking, dense or sparse; name: what the caller's argument is
    called. Returns the real matrix (D², D²) of the same kind; for a trace-preserving generator its
    row 0 vanishes. In a sparse matrix, sums that cancel up to rounding are set to zero. ValueError
    if the result is not real.
    """
    dim = math.isqrt(superoperator.shape[0])
    basis = hermitian_basis(dim)
    transformed: Any = basis.conj().T @ superoperator @ basis
    is_sparse = sparse.issparse(transformed)
    entries: np.ndarray = transformed.data if is_sparse else transformed
    if np.abs(entries.imag).max(initial=0.0) > 1e-10 * np.abs(entries).max(initial=0.0):
        raise ValueError(f"Argument `{name}` must preserve Hermiticity, but does not.")
    if is_sparse:
        # A row that contains only rounding would be taken for an equation.
        sizes: Any = abs(basis)
        summands = sizes.T @ abs(superoperator) @ sizes
        kept = abs(transformed) > 2 * dim * np.finfo(float).eps * summands
        return sparse.csr_array(transformed.real.multiply(kept))
    return np.ascontiguousarray(transformed.real)


def real_terms(superoperator: np.ndarray | sparse.csr_array) -> np.ndarray:
    """For each row of `to_real` (D²,), the sum of the absolute terms that make up its entries."""
    sizes: Any = abs(hermitian_basis(math.isqrt(superoperator.shape[0])))
    return sizes.T @ (abs(superoperator) @ sizes.sum(axis=1))


def from_real(generator: np.ndarray) -> np.ndarray:
    """Inverse of `to_real` for a dense matrix (D², D²)."""
    basis = hermitian_basis(math.isqrt(len(generator)))
    return basis @ generator @ basis.conj().T
