"""Weights that bring the rows and columns of a matrix to one size (equilibration)."""

from __future__ import annotations

import numpy as np

#: Rounds in which rows and columns are divided by the roots of their largest entries (Ruiz).
_ROUNDS = 8


def balancing(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Powers of two r (n,) and c (m,) for which all rows and columns of r·M·c have entries near 1.

    matrix: (n, m). Products with them are exact. The largest of c is 1; what is zero keeps 1.
    """
    sizes = np.abs(matrix)
    rows, columns = np.ones(len(matrix)), np.ones(matrix.shape[1])
    for _ in range(_ROUNDS):
        by_row = _inverse_root(sizes.max(axis=1, initial=0.0))
        by_column = _inverse_root(sizes.max(axis=0, initial=0.0))
        sizes *= by_row[:, None]
        sizes *= by_column
        rows, columns = rows * by_row, columns * by_column
    largest = columns.max() if len(columns) else 1.0
    return rows * largest, columns / largest


def _inverse_root(sizes: np.ndarray) -> np.ndarray:
    """Powers of two near 1/√size, and 1 where a size is zero."""
    _, exponents = np.frexp(np.where(sizes > 0, sizes, 1.0))
    return np.ldexp(1.0, -(exponents // 2))
