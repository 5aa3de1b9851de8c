"""Real linear systems (A + ηB) x = −(a + ηb)·c for many values of η, each solved by itself.

Frequencies and rates of different sizes make rows of different sizes. So each row is divided by its
own size before the factorisation and before errors are judged. This changes no solution.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy import sparse
from scipy.linalg import lapack

from syncsweep.physics.balancing import balancing

#: Systems of at most this many equations are solved all at once.
_SMALL = 30

_Map = Callable[[np.ndarray], np.ndarray]

#: Most estimates of the norm of an inverse, each from the one before.
_MOST_ESTIMATES = 5

#: If terms of an equation are more than so many times as large as it is, digits are lost where they
#: cancel. Where terms are alike, those of a mode add up to at most 50 times what is left of them.
_CANCELLED = 64

#: Error of an equation that its own rounding may cause, relative to its size.
_ROUNDING = float(np.finfo(float).eps)


@dataclass(frozen=True)
class Solutions:
    """Solutions of n_eta systems: x (n, n_eta); residual and condition (n_eta,).

    Each row is divided by its size. residual: the largest error of an equation, in units of c, and
    at least its rounding. condition: the reciprocal of the inverse's ∞-norm, or of an estimate of
    it, to three digits; 0 if the matrix is singular, and then x is NaN. So residual/condition is a
    bound on the errors of x, or an estimate of it, in units of c.
    """

    x: np.ndarray
    residual: np.ndarray
    condition: np.ndarray

    def are_within(self, error: float | np.ndarray) -> np.ndarray:
        """Which solutions are known to an error that is given in units of c (n_eta,)."""
        return self.residual <= error * self.condition


@dataclass(frozen=True)
class Factors:
    """LU factors of the transpose of a matrix whose rows and columns were multiplied by weights."""

    lu: np.ndarray
    pivots: np.ndarray
    rows: np.ndarray
    columns: np.ndarray | float = 1.0

    def solve(self, rhs: np.ndarray) -> np.ndarray:
        """Solve for right-hand sides (n,) or (n, k)."""
        weighted = (rhs.T * self.rows).T
        return (lapack.dgetrs(self.lu, self.pivots, weighted, trans=1)[0].T * self.columns).T

    @property
    def condition(self) -> float:
        """See `Solutions`."""
        return float(reciprocals(np.array([self.inverse_norm()]))[0])

    def inverse_norm(self) -> float:
        """Estimate of the ∞-norm of the inverse of the weighted matrix."""
        lu, pivots = self.lu, self.pivots
        return norm_estimate(
            lambda v: lapack.dgetrs(lu, pivots, v)[0],
            lambda v: lapack.dgetrs(lu, pivots, v, trans=1)[0],
            len(lu),
        )


@dataclass(frozen=True)
class AffineSystem:
    """(A + ηB) x = −(a + ηb)·c with `constant` = [a A] and `linear` = [b B], (n, n+1).

    constant: sparse if that saves time, which is so from about a hundred equations on.
    """

    constant: sparse.csr_array | np.ndarray
    linear: np.ndarray
    scale: float

    @cached_property
    def matrix(self) -> sparse.csr_array | np.ndarray:
        """A, (n, n)."""
        return self.constant[:, 1:]

    @cached_property
    def _entries(self) -> sparse.coo_array:
        return sparse.coo_array(self.matrix)

    @cached_property
    def _vectors(self) -> tuple[np.ndarray, np.ndarray]:
        first = np.zeros(len(self.linear) + 1)
        first[0] = 1.0
        return self.constant @ first, self.linear[:, 0]

    @cached_property
    def _known_weights(self) -> dict[bytes, np.ndarray]:
        return {}

    @cached_property
    def _row_sizes(self) -> tuple[np.ndarray, np.ndarray]:
        sizes: Any = abs(self.constant)
        return sizes.sum(axis=1), _row_sums(self.linear)

    def rows_at_zero(self, rows: np.ndarray) -> np.ndarray:
        """Some rows of A, (len(rows), n)."""
        return _dense(self.constant[rows])[:, 1:]

    def row_weights(self, etas: np.ndarray) -> np.ndarray:
        """Powers of two that bring the rows of [a A] + η[b B] near size one, (n, n_eta)."""
        known = self._known_weights.get(etas.tobytes())
        if known is None:
            constant, linear = self._row_sizes
            sizes = constant[:, None] + linear[:, None] * etas
            _, exponents = np.frexp(np.where(sizes > 0, sizes, 1.0))
            known = self._known_weights[etas.tobytes()] = np.ldexp(1.0, -exponents)
        return known

    def right_hand_sides(self, etas: np.ndarray) -> np.ndarray:
        """−(a + ηb)·c, (n, n_eta)."""
        a, b = self._vectors
        return -self.scale * (a[:, None] + b[:, None] * etas)

    def defects(self, etas: np.ndarray, x: np.ndarray) -> np.ndarray:
        """Right-hand sides minus left-hand sides of the equations at x (n, n_eta), (n, n_eta)."""
        return self._defects(etas, x, self.right_hand_sides(etas))

    def _defects(self, etas: np.ndarray, x: np.ndarray, rhs: np.ndarray) -> np.ndarray:
        return rhs - self.matrix @ x - (self.linear[:, 1:] @ x) * etas

    def backward_errors(self, etas: np.ndarray, x: np.ndarray) -> np.ndarray:
        """See `Solutions.residual`; x: (n, n_eta)."""
        return self._errors(etas, x, self.right_hand_sides(etas), self.row_weights(etas))

    def _errors(
        self, etas: np.ndarray, x: np.ndarray, rhs: np.ndarray, weights: np.ndarray
    ) -> np.ndarray:
        defects = self._defects(etas, x, rhs)
        rounding = _ROUNDING * (np.abs(x).max(axis=0) + np.abs(rhs * weights).max(axis=0))
        return np.maximum(np.abs(defects * weights).max(axis=0), rounding) / self.scale

    def factors(self, eta: float, balanced: bool = False) -> Factors | None:
        """LU factors at one η, or None if the matrix is singular.

        balanced: whether columns get size one too.
        """
        return self._factors(eta, self.row_weights(np.array([eta]))[:, 0], balanced)

    def _factors(self, eta: float, rows: np.ndarray, balanced: bool = False) -> Factors | None:
        matrix = (eta * rows)[:, None] * self.linear[:, 1:]
        if isinstance(self.matrix, np.ndarray):
            matrix += rows[:, None] * self.matrix
        else:
            entries = self._entries
            matrix[entries.row, entries.col] += entries.data * rows[entries.row]
        columns: np.ndarray | float = 1.0
        if balanced:
            more, columns = balancing(matrix)
            matrix *= more[:, None]
            matrix *= columns
            rows = rows * more
        # LAPACK reads rows as columns, so it factorises the transpose.
        lu, pivots, info = lapack.dgetrf(matrix.T, overwrite_a=1)
        return Factors(lu, pivots, rows, columns) if info == 0 else None

    def solve_direct(self, etas: np.ndarray) -> Solutions:
        """A factorisation for each η."""
        rhs, weights = self.right_hand_sides(etas), self.row_weights(etas)
        if len(rhs) <= _SMALL:
            x, inverse_norms = self._solve_at_once(etas, rhs, weights)
        else:
            x, inverse_norms = self._solve_one_by_one(etas, rhs, weights)
        return Solutions(x, self._errors(etas, x, rhs, weights), reciprocals(inverse_norms))

    def _solve_at_once(
        self, etas: np.ndarray, rhs: np.ndarray, weights: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Solutions of small systems and ∞-norms of their inverses, in two calls of NumPy."""
        matrices = etas[:, None, None] * self.linear[:, 1:]
        matrices += _dense(self.matrix)
        matrices *= weights.T[:, :, None]
        try:
            x = np.linalg.solve(matrices, (rhs * weights).T[:, :, None])[:, :, 0].T
            return x, np.linalg.norm(np.linalg.inv(matrices), np.inf, axis=(1, 2))
        except np.linalg.LinAlgError:  # some are singular
            return self._solve_one_by_one(etas, rhs, weights)

    def _solve_one_by_one(
        self, etas: np.ndarray, rhs: np.ndarray, weights: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Solutions, NaN where singular, and estimates of the ∞-norms of the inverses."""
        x, inverse_norms = np.full_like(rhs, np.nan), np.full(len(etas), np.inf)
        for index, eta in enumerate(etas):
            factors = self._factors(eta, weights[:, index])
            if factors is not None:
                x[:, index] = factors.solve(rhs[:, index])
                inverse_norms[index] = factors.inverse_norm()
        return x, inverse_norms


def lost_digits(largest: np.ndarray) -> np.ndarray:
    """Rounding of equations in which much larger terms cancel, in units of c.

    largest: the largest term, in units of the size of its equation. `Solutions.residual` knows only
    what is left of the terms.
    """
    return np.where(largest > _CANCELLED, _ROUNDING * largest, 0.0)


def reciprocals(inverse_norms: np.ndarray) -> np.ndarray:
    """Reciprocal condition numbers from norms of inverses, to three digits; 0 if not finite.

    The last bits of LAPACK's estimate depend on the alignment of its work arrays. Rows must not
    depend on it.
    """
    condition = np.zeros(np.shape(inverse_norms))
    regular = np.isfinite(inverse_norms)
    condition[regular] = 1 / inverse_norms[regular]
    with np.errstate(divide="ignore"):
        digits = 10.0 ** np.clip(2 - np.floor(np.log10(condition)), -300, 300)
    return np.rint(condition * digits) / digits


def norm_estimate(of: _Map, of_transposed: _Map, n: int) -> float:
    """Estimate of the 1-norm of a matrix (n, n), given by its products and those of its transpose.

    It is that of LAPACK's dgecon (Higham, ACM Trans. Math. Softw. 14, 381 (1988)). But dgecon
    guards its solutions against overflow, which takes most of its time.
    """
    index = np.arange(n)
    image, at = of(np.full(n, 1 / n)), -1
    norm = float(np.abs(image).sum())
    for _ in range(_MOST_ESTIMATES):
        gradient = np.abs(of_transposed(np.where(image < 0, -1.0, 1.0)))
        best = int(gradient.argmax())
        if at >= 0 and gradient[best] <= gradient[at]:
            break
        image, at = of((index == best).astype(float)), best
        size = float(np.abs(image).sum())
        if not size > norm:
            break
        norm = size
    alternating = of((-1.0) ** index * (1 + index / max(n - 1, 1)))
    return max(norm, 2 * float(np.abs(alternating).sum()) / (3 * n))


def largest_entries(matrix: np.ndarray) -> np.ndarray:
    """The largest absolute entry of each row of a matrix (n, m), without a copy of it."""
    return np.maximum(matrix.max(axis=1), -matrix.min(axis=1))


def _dense(matrix: sparse.csr_array | np.ndarray) -> np.ndarray:
    return matrix if isinstance(matrix, np.ndarray) else matrix.toarray()


def _row_sums(matrix: np.ndarray) -> np.ndarray:
    """Sum of the absolute entries of each row of a dense matrix, without a copy of the matrix."""
    parts = (np.abs(matrix[first : first + 64]) for first in range(0, len(matrix), 64))
    return np.concatenate([part.sum(axis=1) for part in parts])
