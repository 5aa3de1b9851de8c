"""Null vectors and inverses of sparse matrices that fall into blocks, as symmetries make them.

Unknowns that no entry connects, directly or through others, are handled one set after the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.linalg import qr
from scipy.sparse.csgraph import connected_components

#: Entries below this, relative to the largest of the whole matrix, are rounding.
_RANK_TOLERANCE = 1e-10

#: Missing rows that tell the null vectors apart by less than this share of their size do not.
_SINGULAR = 1e-12

#: A matrix with more than this share of entries is multiplied faster as a dense one.
_DENSE = 0.1


def left_null_vectors(generator: sparse.csr_array) -> np.ndarray:
    """Orthonormal vectors w with wᵀM = 0, as columns (n−1, k), for M = `generator` without row 0.

    generator: real (n, n).
    """
    smallest = _RANK_TOLERANCE * abs(generator).max()
    n = generator.shape[0] - 1
    vectors = [np.empty((n, 0))]
    for members in _connected(generator):
        rows = members[members > 0]
        block = generator[rows][:, members].toarray()
        vectors.append(_embedded(_left_null(block, smallest), rows - 1, n))
    return np.hstack(vectors)


class PartialInverse:
    """What can be said of A⁻¹ when m rows of A, (n, n) and else sparse, are not known yet.

    Without those rows, A x = y has the solutions x = G y + V c with AV = 0 and any c, (m,), which
    the missing rows decide.
    """

    def __init__(self, generator: sparse.csr_array, missing: np.ndarray) -> None:
        """generator: (n+1, n+1), of which A is all but row and column 0; missing: (m,), rows of A.

        The other rows of A must be independent; LinAlgError if they are dependent in every digit.
        """
        n = generator.shape[0] - 1
        self.missing = missing
        vectors = [np.empty((n, 0))]
        inverses, places = [], []
        for members in _connected(generator):
            unknowns = members[members > 0] - 1
            block = generator[unknowns + 1][:, unknowns + 1].toarray()
            gone = np.isin(unknowns, missing)
            # As many as rows are missing, because the others are independent.
            q, _ = qr(block[~gone].T) if not gone.all() else (np.eye(len(block)), None)
            null = q[:, len(block) - gone.sum() :]
            vectors.append(_embedded(null, unknowns, n))
            block[gone] = null.T
            inverses.append(sparse.coo_array(np.linalg.inv(block)))
            places.append(unknowns)
        self.null_vectors = np.hstack(vectors)
        place = np.concatenate(places)
        blocks: sparse.coo_array = sparse.block_diag(inverses, format="coo")
        entries = (blocks.data, (place[blocks.row], place[blocks.col]))
        inverse = sparse.coo_array(entries, shape=(n, n)).tocsr()
        is_dense = inverse.nnz > _DENSE * n * n
        self.inverse: np.ndarray | sparse.csr_array = inverse.toarray() if is_dense else inverse

    def complete(self, rows: np.ndarray) -> CompletedInverse | None:
        """A⁻¹ with its missing rows (m, n) given; None where A is singular but for rounding."""
        small = rows @ self.null_vectors
        if len(small):
            smallest = np.linalg.svd(small, compute_uv=False)[-1]
            if not smallest > _SINGULAR * np.linalg.norm(rows):
                return None
        return CompletedInverse(self, rows, np.linalg.inv(small))


@dataclass(frozen=True)
class CompletedInverse:
    """A⁻¹ y = G y + V (RV)⁻¹ (the missing rows of y − R G y), with R the missing rows of A."""

    partial: PartialInverse
    rows: np.ndarray
    small_inverse: np.ndarray

    def solve(self, rhs: np.ndarray) -> np.ndarray:
        """Solve for right-hand sides (n,) or (n, k)."""
        x = self.partial.inverse @ rhs
        c = self.small_inverse @ (rhs[self.partial.missing] - self.rows @ x)
        return x + self.partial.null_vectors @ c


def _connected(matrix: sparse.csr_array) -> Iterator[np.ndarray]:
    """Sets of unknowns that entries connect, ascending, without one that holds unknown 0 alone."""
    count, labels = connected_components(matrix, directed=False)
    for index in range(count):
        members = np.flatnonzero(labels == index)
        if members[-1] > 0:
            yield members


def _left_null(block: np.ndarray, smallest: float) -> np.ndarray:
    """Orthonormal left null vectors of a dense matrix (n, m), as columns (n, k)."""
    if not block.size:
        return np.eye(len(block))
    q, r, _ = qr(block, pivoting=True)
    rank = int(np.sum(np.abs(np.diag(r)) > smallest))
    return q[:, rank:]


def _embedded(vectors: np.ndarray, places: np.ndarray, n: int) -> np.ndarray:
    """Vectors (k, m) as vectors (n, m) with zeros in all places but some."""
    embedded = np.zeros((n, vectors.shape[1]))
    embedded[places] = vectors
    return embedded
