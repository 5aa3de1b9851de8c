"""Null vectors and inverses of sparse matrices that fall into blocks, for example by symmetry.

A block is a set of unknowns that entries connect, directly or through others. Each block is handled
by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse
from scipy.linalg import qr
from scipy.sparse.csgraph import connected_components

from syncsweep.physics.balancing import balancing
from syncsweep.physics.superoperators import Matrix

#: The rows and columns of a block get size one. If a row or column then differs by less than this
#: from a combination of others, the difference is rounding.
_RANK_TOLERANCE = 1e-13

#: Missing rows decide the null vectors only if they distinguish them by more than this share of
#: their size.
_SINGULAR = 1e-12

#: A block whose reciprocal condition number is smaller has a null vector that was not found.
_SINGULAR_BLOCK = 1e-14

#: A matrix with more than this share of entries, or of fewer rows than this, is multiplied and cut
#: faster as a dense one.
_DENSE, _SMALL = 0.1, 200


def left_null_vectors(
    generator: sparse.csr_array, tolerance: float = _RANK_TOLERANCE
) -> np.ndarray:
    """Orthonormal vectors w with wᵀM = 0, as columns (n−1, k), for M = `generator` without row 0.

    generator: real (n, n). Each block is judged by itself, after its rows and columns got size one.
    So large entries in other blocks do not hide small ones. What is then below `tolerance` is taken
    for zero. Column 0 is left out. It adds nothing, because there is a steady state: L applied to
    the identity is LX for an X without trace. If column 0 is only rounding, it would hide the other
    columns.
    """
    n = generator.shape[0] - 1
    vectors = [np.empty((n, 0))]
    for unknowns, block in _blocks(generator):
        vectors.append(embedded(_left_null(block, tolerance), unknowns, n))
    return np.hstack(vectors)


class PartialInverse:
    """The part of A⁻¹ that does not depend on m rows of A (n, n) which are not known yet.

    The other rows are sparse. Without the missing rows, A x = y has the solutions x = G y + V c
    with AV = 0 and any c (m,). The missing rows will determine c.
    """

    def __init__(self, generator: sparse.csr_array, missing: np.ndarray) -> None:
        """generator: (n+1, n+1), of which A is all but row and column 0; missing: (m,), rows of A.

        The other rows of A must be independent; LinAlgError if they are dependent in every digit.
        """
        n = generator.shape[0] - 1
        self.missing = missing
        #: Smallest reciprocal condition number of a block whose rows and columns have size one.
        self.condition = 1.0
        vectors = [np.empty((n, 0))]
        inverses = []
        is_missing = np.zeros(n, dtype=bool)
        is_missing[missing] = True
        for unknowns, block in _blocks(generator):
            gone = is_missing[unknowns]
            null = _right_null(block[~gone], int(gone.sum()))
            vectors.append(embedded(null, unknowns, n))
            block[gone] = null.T
            by_row, by_column = balancing(block)
            inverse = np.linalg.inv(block * by_row[:, None] * by_column)
            self.condition = min(self.condition, 1 / float(np.linalg.norm(inverse, np.inf)))
            inverse *= by_column[:, None]
            inverse *= by_row
            inverses.append((unknowns, inverse if n < _SMALL else sparse.csr_array(inverse)))
        self.null_vectors = np.hstack(vectors)
        self.inverse: Matrix = _joined(inverses, n)

    def complete(self, rows: np.ndarray, tolerance: float = _SINGULAR) -> CompletedInverse | None:
        """A⁻¹, given the missing rows (m, n) of A; None if A is singular to `tolerance`.

        Also None if a block is singular up to rounding: one could then add any multiple of a null
        vector.
        """
        sizes = np.abs(rows).sum(axis=1)
        if not sizes.all() or self.condition < _SINGULAR_BLOCK:
            return None
        small = rows / sizes[:, None] @ self.null_vectors
        smallest = np.linalg.svd(small, compute_uv=False)[-1] if len(small) else 1.0
        if not smallest > tolerance:
            return None
        condition = float(smallest) * self.condition
        return CompletedInverse(self, rows, np.linalg.inv(small) / sizes, condition)


@dataclass(frozen=True)
class CompletedInverse:
    """A⁻¹ y = G y + V (RV)⁻¹ (y' − R G y); R: the missing rows of A, y': their part of y.

    condition: that of the blocks times the smallest singular value of RV, with rows of size one.
    """

    partial: PartialInverse
    rows: np.ndarray
    small_inverse: np.ndarray
    condition: float

    def solve(self, rhs: np.ndarray) -> np.ndarray:
        """Solve for right-hand sides (n,) or (n, k)."""
        x = self.partial.inverse @ rhs
        c = self.small_inverse @ (rhs[self.partial.missing] - self.rows @ x)
        return x + self.partial.null_vectors @ c

    def solve_transposed(self, rhs: np.ndarray) -> np.ndarray:
        """Solve the transposed system for a right-hand side (n,)."""
        c = self.small_inverse.T @ (self.partial.null_vectors.T @ rhs)
        y = self.partial.inverse.T @ (rhs - self.rows.T @ c)
        y[self.partial.missing] += c
        return y


def connected(matrix: sparse.csr_array) -> list[np.ndarray]:
    """The sets of unknowns that entries of a matrix (n, n) connect, each ascending."""
    _, labels = connected_components(matrix, directed=False)
    ends = np.cumsum(np.bincount(labels))
    return np.split(np.argsort(labels, kind="stable"), ends[:-1])


def _blocks(generator: sparse.csr_array) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The blocks of a generator (n+1, n+1) without row and column 0, and the unknowns of each."""
    matrix: Matrix = generator.toarray() if generator.shape[0] < _SMALL else generator
    for members in connected(generator):
        inner = members[members > 0]
        if len(inner):
            block = matrix[inner][:, inner]
            yield inner - 1, block if isinstance(block, np.ndarray) else block.toarray()


def _left_null(block: np.ndarray, tolerance: float) -> np.ndarray:
    """Orthonormal left null vectors of a dense matrix (n, m), as columns (n, k)."""
    if not block.size:
        return np.eye(len(block))
    weights, columns = balancing(block)
    q, r, _ = qr(block * weights[:, None] * columns, pivoting=True)
    rank = int(np.sum(np.abs(np.diag(r)) > tolerance))
    if rank == len(block):
        return np.empty((rank, 0))
    # These are null vectors of the weighted rows. Their components times the weights are null
    # vectors of the rows themselves.
    vectors, _ = np.linalg.qr(q[:, rank:] * weights[:, None])
    return vectors


def _right_null(rows: np.ndarray, k: int) -> np.ndarray:
    """Null vectors of independent rows (n − k, n), as columns (n, k) of length one."""
    if not rows.size or not k:
        return np.eye(rows.shape[1])[:, :k]
    by_row, by_column = balancing(rows)
    q, _ = qr((rows * by_row[:, None] * by_column).T)
    vectors = q[:, len(rows) :] * by_column[:, None]
    return vectors / np.linalg.norm(vectors, axis=0)


def _joined(blocks: list[tuple[np.ndarray, Any]], n: int) -> Matrix:
    """One matrix (n, n) of blocks and the unknowns that each is for.

    Sparse blocks are joined without copies of all. If they have many entries, they become dense.
    """
    if n < _SMALL:
        matrix = np.zeros((n, n))
        for unknowns, block in blocks:
            matrix[unknowns[:, None], unknowns] = block
        return matrix
    counts = np.zeros(n, dtype=np.int32)
    for unknowns, block in blocks:
        counts[unknowns] = np.diff(block.indptr)
    first = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    data, columns = np.empty(first[-1]), np.empty(first[-1], dtype=np.int32)
    for unknowns, block in blocks:
        shift = first[unknowns] - block.indptr[:-1]
        place = np.repeat(shift, counts[unknowns]) + np.arange(block.nnz, dtype=np.int32)
        data[place], columns[place] = block.data, unknowns[block.indices]
    whole = sparse.csr_array((data, columns, first), shape=(n, n))
    return whole.toarray() if whole.nnz > _DENSE * n * n else whole


def embedded(vectors: np.ndarray, places: np.ndarray, n: int) -> np.ndarray:
    """Vectors (k, m) as vectors (n, m), which are zero except in `places`."""
    whole = np.zeros((n, vectors.shape[1]), dtype=vectors.dtype)
    whole[places] = vectors
    return whole


def with_full_rows(
    matrix: sparse.csr_array, rows: np.ndarray
) -> tuple[sparse.csr_array, np.ndarray]:
    """Make some rows of a sparse matrix (n, m) full, so that values can be written there later.

    Returns the matrix, with zeros in those rows, and their places in its `data` (len(rows), m).
    """
    marked = matrix.tolil()
    marked[rows] = 1.0
    full = marked.tocsr()
    full.sort_indices()
    places = full.indptr[rows][:, None] + np.arange(matrix.shape[1])
    full.data[places] = 0.0
    return full, places
