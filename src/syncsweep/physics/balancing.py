"""Weights that give all rows and columns of a matrix the same size (equilibration)."""

from __future__ import annotations

import numpy as np

#: Number of rounds. In each, rows and columns are divided by the roots of their largest entries
#: (Ruiz).
_ROUNDS = 8


def balancing(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Powers of two r (n,) and c (m,) that bring the largest entry of each row and column near 1.

    matrix: M (n, m), of which r·M·c is meant. Multiplying by powers of two is exact. The largest c
    is 1. A row or column of zeros is not changed in any round.
    """
    sizes = np.abs(matrix)
    rows, columns = np.ones(len(matrix)), np.ones(matrix.shape[1])
    for _ in range(_ROUNDS):
        by_row = _inverse_root(sizes.max(axis=1, initial=0.0))
        by_column = _inverse_root(sizes.max(axis=0, initial=0.0))
        if (by_row == 1).all() and (by_column == 1).all():
            break
        sizes *= by_row[:, None]
        sizes *= by_column
        rows, columns = rows * by_row, columns * by_column
    largest = columns.max() if len(columns) else 1.0
    return rows * largest, columns / largest


def _inverse_root(sizes: np.ndarray) -> np.ndarray:
    """Powers of two near 1/√size, or 1 where the size is zero."""
    _, exponents = np.frexp(sizes)  # 0 for zero
    return np.ldexp(1.0, -(exponents // 2))
