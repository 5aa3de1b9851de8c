"""L₍₁₎ of many samples at once, for small D: the numbers of `perturbation` in stacked arrays.

The real matrix of L₍₁₎ in the Hermitian basis is linear in K and H. For small D one sparse matrix
holds this map. So a stack of samples takes one product, and each sample has the same bits in any
stack.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
from scipy import sparse

from syncsweep.physics.perturbation import OperatorBasis, diagonal_rows
from syncsweep.physics.superoperators import hermitian_basis


def random_generators(
    rngs: Sequence[np.random.Generator],
    dim: int,
    zeta_coh: float = 1.0,
    zeta_diss: float = 1.0,
    basis: OperatorBasis = "paper",
    rank: int | None = None,
) -> np.ndarray:
    """The L₍₁₎ of `random_generator` for each generator of random numbers, (n, D², D²).

    The arguments are those of `random_perturbation`, already checked.
    """
    d = dim**2 - 1
    r = d if rank is None else rank
    above = d * r - r * (r + 1) // 2
    normals, squares = np.empty((len(rngs), 2 * (dim**2 + above))), np.empty((len(rngs), r))
    degrees = 2.0 * np.arange(1, r + 1)
    for one, rng in enumerate(rngs):  # in the order in which `draw_factor` draws
        rng.standard_normal(out=normals[one])
        squares[one] = rng.chisquare(degrees)
    entries = normals[:, 2 * dim**2 :]
    known = np.zeros((len(rngs), above + r + 1), dtype=complex)
    known.real[:, :above], known.imag[:, :above] = entries[:, :above], entries[:, above:]
    known[:, above:-1] = np.sqrt(squares)
    factor = np.take(known, _places(d, r), axis=1)
    total = (entries * entries).sum(axis=1) + squares.sum(axis=1)
    kossakowski = _product(factor)
    kossakowski *= (zeta_diss * d / total)[:, None, None]
    parts = normals[:, : 2 * dim**2].reshape(len(rngs), 2, dim, dim)
    m = parts[:, 0] + 1j * parts[:, 1]
    hamiltonian = (m + m.conj().swapaxes(1, 2)) * (zeta_coh / np.sqrt(2))
    _change_diagonal_operators(kossakowski, dim, basis)
    return _generators(hamiltonian, kossakowski)


@cache
def _places(d: int, r: int) -> np.ndarray:
    """Places of the entries of T, padded to (d+1, r), in a list of all drawn and a last zero.

    The normal entries above the diagonal of its triangle come row by row, then that diagonal.
    """
    row, column = np.indices((d, r))
    above, diagonal = column > row - (d - r), column == row - (d - r)
    n_above = int(above.sum())
    places = np.full((d + 1, r), n_above + r)
    places[:d][above] = np.arange(n_above)
    places[:d][diagonal] = n_above + np.arange(r)
    return places


def _product(factor: np.ndarray) -> np.ndarray:
    """TT† of T (n, d+1, r), (n, d+1, d+1).

    If T is triangular, half of its product is known to be zero or follows from the other half.
    """
    adjoint = factor.conj().swapaxes(1, 2)
    d, r = factor.shape[1] - 1, factor.shape[2]
    if r < d:
        product: np.ndarray = factor @ adjoint
        return product
    half = d // 2
    product = np.empty((len(factor), d + 1, d + 1), dtype=complex)
    upper, beside = slice(None, half), slice(half, None)
    np.matmul(factor[:, upper], adjoint[:, :, upper], out=product[:, upper, upper])
    np.matmul(factor[:, upper, beside], adjoint[:, beside, beside], out=product[:, upper, beside])
    np.matmul(factor[:, beside, beside], adjoint[:, beside, beside], out=product[:, beside, beside])
    product[:, beside, upper] = product[:, upper, beside].conj().swapaxes(1, 2)
    return product


def lindblad_generators(
    hamiltonians: np.ndarray, jump_operators: Sequence[np.ndarray]
) -> np.ndarray:
    """The `lindblad_generator` of each H (n, D, D) with its jump operators, (n, D², D²)."""
    n, dim = hamiltonians.shape[:2]
    k = np.empty((n, dim**2, dim**2), dtype=complex)
    for one, jumps in zip(k, jump_operators, strict=True):
        rows = jumps.reshape(-1, dim**2)
        np.matmul(rows.conj().T, rows, out=one)
    return _generators(hamiltonians, k)


def _change_diagonal_operators(k: np.ndarray, dim: int, basis: OperatorBasis) -> None:
    """As in `perturbation`, but for padded K (n, D², D²)."""
    places, operators = np.arange(dim) * (dim + 1), diagonal_rows(dim, basis)
    # With the diagonal operators F_a = Σ_j O_aj |j⟩⟨j|, K becomes OᵀKO in the places of |j⟩⟨j|.
    k[:, places] = operators.T @ k[:, places[:-1]]
    k[:, :, places] = k[:, :, places[:-1]] @ operators


def _generators(hamiltonian: np.ndarray, k: np.ndarray) -> np.ndarray:
    """Real matrices (n, D², D²) of H (n, D, D) and K (n, D², D²) of all |j⟩⟨k|."""
    n, dim = hamiltonian.shape[:2]
    x = k.reshape(n, dim, dim, dim, dim)
    rate = x[:, 0, :, 0].copy()
    for j in range(1, dim):
        rate += x[:, j, :, j]
    drift = -1j * hamiltonian - rate / 2
    parameters = np.concatenate([k.reshape(n, -1), drift.reshape(n, -1)], axis=1)
    generators: Any = _map_to_real(dim) @ parameters.view(float).T
    return np.ascontiguousarray(generators.T).reshape(n, dim**2, dim**2)


@cache
def _map_to_real(dim: int) -> sparse.csr_array:
    """From Re and Im of x and of A, as in `perturbation`, to the real matrix (D⁴, 2D⁴ + 2D²).

    The superoperator takes ρ_kk' to ρ_jj' by conj(x[j, k, j', k']) + A_jk δ_j'k' + δ_jk A*_j'k'.
    """
    n, size = dim**2, dim**4
    j, other_j, k, other_k = np.indices((dim,) * 4).reshape(4, -1)
    # Entry (ρ_jj', ρ_kk') of the superoperator, with stacked columns.
    place = (j + dim * other_j) * n + k + dim * other_k
    of_x = ((j * dim + k) * dim + other_j) * dim + other_k
    right, left = other_j == other_k, j == k
    rows = np.concatenate([place, place[right], place[left]])
    columns = np.concatenate(
        [of_x, size + (j * dim + k)[right], size + (other_j * dim + other_k)[left]]
    )
    conjugate = np.repeat([True, False, True], [size, right.sum(), left.sum()])
    unitary = hermitian_basis(dim)
    # G = U†SU is Σ conj(U_ia) S_ij U_jb: a row for each pair (a, b).
    turn = sparse.kron(unitary.conj().T, unitary.T, format="csr")
    shape = (size, size + n)
    direct, conjugated = (
        turn @ sparse.csr_array((np.ones(mask.sum()), (rows[mask], columns[mask])), shape=shape)
        for mask in (~conjugate, conjugate)
    )
    # Re(c·z) = Re c · Re z − Im c · Im z, and z* has the other sign.
    real = sparse.coo_array((direct + conjugated).real)
    imaginary = sparse.coo_array((conjugated - direct).imag)
    parts = sparse.coo_array(
        (
            np.concatenate([real.data, imaginary.data]),
            (
                np.concatenate([real.row, imaginary.row]),
                np.concatenate([2 * real.col, 2 * imaginary.col + 1]),
            ),
        ),
        shape=(size, 2 * shape[1]),
    ).tocsr()
    parts.eliminate_zeros()
    return parts
