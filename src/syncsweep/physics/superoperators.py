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

#: Matrices (D², D²) are sparse from this D on. Dense ones of fewer entries take less time.
_SPARSE_FROM = 11

Matrix = np.ndarray | sparse.csr_array


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


def spre(operator: np.ndarray) -> Any:
    """Superoperator of ρ ↦ Aρ, (D, D) → (D², D²), see `kron`."""
    return kron(np.eye(len(operator)), operator)


def spost(operator: np.ndarray) -> Any:
    """Superoperator of ρ ↦ ρA, (D, D) → (D², D²), see `kron`."""
    return kron(operator.T, np.eye(len(operator)))


def commutator(hamiltonian: np.ndarray) -> Any:
    """Superoperator of ρ ↦ −i[H, ρ], (D, D) → (D², D²), see `kron`."""
    return -1j * (spre(hamiltonian) - spost(hamiltonian))


def lindblad_dissipator(jump: np.ndarray) -> Any:
    """Superoperator of ρ ↦ LρL† − ½{L†L, ρ}, (D, D) → (D², D²), see `kron`."""
    rate = jump.conj().T @ jump
    return kron(jump.conj(), jump) - (spre(rate) + spost(rate)) / 2


def kron(left: np.ndarray, right: np.ndarray) -> Any:
    """Kronecker product (D², D²) of matrices (D, D): sparse (CSR), or dense up to D = 10."""
    dim = len(left)
    if dim < _SPARSE_FROM:
        return (left[:, None, :, None] * right[None, :, None, :]).reshape(dim**2, dim**2)
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
    generator = commutator(hamiltonian)
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


@cache
def basis_rows(dim: int) -> tuple[Any, Any, Any]:
    """U†, Uᵀ and |U|ᵀ (D², D²) for the U of `hermitian_basis`, sparse."""
    transposed: Any = hermitian_basis(dim).T.tocsr()
    return transposed.conj(), transposed, abs(transposed)


@cache
def size_sums(dim: int) -> np.ndarray:
    """Sums of the rows of |U| (D²,)."""
    sums: np.ndarray = basis_rows(dim)[2].sum(axis=0)
    return sums


def _between(left: Any, matrix: Any, right: Any) -> Any:
    """A M Bᵀ for sparse A and B (n, n) and a dense or sparse M."""
    if isinstance(matrix, np.ndarray):
        return (right @ (left @ matrix).T).T
    return left @ matrix @ right.T


def summands(sizes: Any) -> Any:
    """Sums of the absolute terms of `to_real` (D², D²), from those of a superoperator."""
    _, _, rows = basis_rows(math.isqrt(sizes.shape[0]))
    return _between(rows, sizes, rows)


@overload
def to_real(superoperator: np.ndarray, name: str = ...) -> np.ndarray: ...
@overload
def to_real(superoperator: sparse.csr_array, name: str = ...) -> sparse.csr_array: ...
def to_real(superoperator: Matrix, name: str = "superoperator") -> Matrix:
    """Write a Hermiticity-preserving superoperator in the Hermitian basis.

    superoperator: (D², D²), column-stacking, dense or sparse; name: what the caller's argument is
    called. Returns the real matrix (D², D²) of the same kind; for a trace-preserving generator its
    row 0 vanishes. In a sparse matrix, and up to D = 10, sums that cancel up to rounding are set to
    zero. ValueError if the result is not real.
    """
    dim = math.isqrt(superoperator.shape[0])
    is_sparse = not isinstance(superoperator, np.ndarray)
    adjoint, transposed, _ = basis_rows(dim)
    transformed = _between(adjoint, superoperator, transposed)
    entries: np.ndarray = transformed.data if is_sparse else transformed
    if np.abs(entries.imag).max(initial=0.0) > 1e-10 * np.abs(entries).max(initial=0.0):
        raise ValueError(f"Argument `{name}` must preserve Hermiticity, but does not.")
    if not is_sparse and dim >= _SPARSE_FROM:
        return np.ascontiguousarray(transformed.real)
    # A row that contains only rounding would be taken for an equation.
    kept = abs(transformed) > 2 * dim * np.finfo(float).eps * summands(abs(superoperator))
    return transformed.real * kept


def real_terms(superoperator: Matrix) -> np.ndarray:
    """For each row of `to_real` (D²,), the sum of the absolute terms that make up its entries."""
    _, _, rows = basis_rows(math.isqrt(superoperator.shape[0]))
    return rows @ (abs(superoperator) @ size_sums(math.isqrt(superoperator.shape[0])))


def from_real(generator: np.ndarray) -> np.ndarray:
    """Inverse of `to_real` for a dense matrix (D², D²)."""
    basis = hermitian_basis(math.isqrt(len(generator)))
    return basis @ generator @ basis.conj().T


def to_components(operators: np.ndarray) -> np.ndarray:
    """Components of Hermitian operators (D, D, n) in the Hermitian basis, real (D², n)."""
    dim, _, n = operators.shape
    adjoint, _, _ = basis_rows(dim)
    vectors = operators.swapaxes(0, 1).reshape(dim**2, n)
    return np.ascontiguousarray((adjoint @ vectors).real)


def to_operators(components: np.ndarray) -> np.ndarray:
    """Inverse of `to_components`: (D², n) to (D, D, n), Hermitian to the last bit."""
    dim = math.isqrt(len(components))
    vectors = hermitian_basis(dim) @ components
    return vectors.reshape(dim, dim, -1).swapaxes(0, 1)
