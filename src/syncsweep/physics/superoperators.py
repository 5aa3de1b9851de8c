"""Superoperators, and the Hermitian operator basis in which every Liouvillian is real.

Convention, stated here and used everywhere: column stacking, as in QuTiP,
vec(A ρ B) = (Bᵀ ⊗ A) vec(ρ), so that ρ[j, k] is entry j + D·k of vec(ρ).
"""

from __future__ import annotations

from functools import cache

import numpy as np
from scipy import sparse


def vectorize(rho: np.ndarray) -> np.ndarray:
    """Stack the columns of operators (..., D, D) into vectors (..., D²)."""
    return np.swapaxes(rho, -1, -2).reshape(*rho.shape[:-2], -1)


def unvectorize(vector: np.ndarray) -> np.ndarray:
    """Inverse of `vectorize`: vectors (..., D²) to operators (..., D, D)."""
    dim = int(np.sqrt(vector.shape[-1]))
    if dim * dim != vector.shape[-1]:
        raise ValueError(
            f"Argument `vector` must have shape (..., D²), but has shape {vector.shape}."
        )
    return np.swapaxes(vector.reshape(*vector.shape[:-1], dim, dim), -1, -2)


def spre(operator: np.ndarray) -> np.ndarray:
    """Superoperator of ρ ↦ Aρ, (D, D) → (D², D²)."""
    return np.kron(np.eye(len(operator)), operator)


def spost(operator: np.ndarray) -> np.ndarray:
    """Superoperator of ρ ↦ ρA, (D, D) → (D², D²)."""
    return np.kron(operator.T, np.eye(len(operator)))


def lindblad_dissipator(jump: np.ndarray) -> np.ndarray:
    """Superoperator of ρ ↦ LρL† − ½{L†L, ρ}, (D, D) → (D², D²)."""
    rate = jump.conj().T @ jump
    return np.kron(jump.conj(), jump) - (spre(rate) + spost(rate)) / 2


def liouvillian(hamiltonian: np.ndarray, jump_operators: np.ndarray) -> np.ndarray:
    """Lindblad generator of Eq. 1, shape (D², D²).

    hamiltonian: (D, D), Hermitian; jump_operators: (k, D, D), k ≥ 0, with √γ absorbed.
    """
    if hamiltonian.ndim != 2 or hamiltonian.shape[0] != hamiltonian.shape[1]:
        raise ValueError(
            f"Argument `hamiltonian` must have shape (D, D), but has shape {hamiltonian.shape}."
        )
    if not np.allclose(hamiltonian, hamiltonian.conj().T, rtol=0, atol=1e-12):
        raise ValueError("Argument `hamiltonian` must be Hermitian, but is not.")
    jumps = np.asarray(jump_operators)
    if jumps.size and jumps.shape[-2:] != hamiltonian.shape:
        raise ValueError(
            f"Argument `jump_operators` must have shape (k, {len(hamiltonian)}, "
            f"{len(hamiltonian)}), but has shape {jumps.shape}."
        )
    generator = -1j * (spre(hamiltonian) - spost(hamiltonian))
    return generator + sum(lindblad_dissipator(jump) for jump in jumps)


@cache
def hermitian_basis(dim: int) -> sparse.csr_array:
    """Orthonormal Hermitian operator basis as columns of a sparse unitary matrix (D², D²).

    Column 0 is vec(1)/√D, columns 1 … D−1 are the traceless diagonal operators
    (Σ_{j<l} |j⟩⟨j| − l|l⟩⟨l|)/√(l(l+1)), then come (|j⟩⟨k| + |k⟩⟨j|)/√2 for all j < k and
    i(|k⟩⟨j| − |j⟩⟨k|)/√2 for all j < k: the generalised Gell-Mann matrices with norm 1.
    """
    rows: list[np.ndarray] = [np.arange(dim) * (dim + 1)]
    columns: list[np.ndarray] = [np.zeros(dim, dtype=int)]
    values: list[np.ndarray] = [np.full(dim, 1 / np.sqrt(dim), dtype=complex)]
    for level in range(1, dim):
        rows.append(np.arange(level + 1) * (dim + 1))
        columns.append(np.full(level + 1, level))
        weights = np.append(np.ones(level), -level) / np.sqrt(level * (level + 1))
        values.append(weights.astype(complex))
    j, k = np.triu_indices(dim, 1)
    upper, lower = j + dim * k, k + dim * j
    pairs = np.arange(len(j))
    half = np.full(len(j), 1 / np.sqrt(2), dtype=complex)
    rows += [upper, lower, upper, lower]
    columns += [dim + pairs] * 2 + [dim + len(j) + pairs] * 2
    values += [half, half, -1j * half, 1j * half]
    entries = (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns)))
    return sparse.coo_array(entries, shape=(dim**2, dim**2)).tocsr()


def to_real(superoperator: np.ndarray) -> np.ndarray:
    """Write a Hermiticity-preserving superoperator in the Hermitian basis.

    superoperator: (D², D²), column-stacking. Returns the real matrix (D², D²); for a
    trace-preserving generator its row 0 vanishes. ValueError if the result is not real.
    """
    basis = hermitian_basis(int(np.sqrt(len(superoperator))))
    transformed = basis.conj().T @ superoperator @ basis
    scale = np.abs(transformed).max(initial=0.0)
    if np.abs(transformed.imag).max(initial=0.0) > 1e-10 * scale:
        raise ValueError("Argument `superoperator` must preserve Hermiticity, but does not.")
    return np.ascontiguousarray(transformed.real)
