"""Real linear systems (A + ηB) x = −(a + ηb)·c for many values of η.

Two ways, which agree where both apply: one LU factorisation for each η; or one factorisation at a
pole σ and one space for all η. With K = (A + σB)⁻¹B and x = x_σ + y,

    (I + (η−σ)K) y = −(η−σ)·(K x_σ + c·(A + σB)⁻¹b),

so the Krylov space of K on one starting vector serves every η (shifted systems). Where A⁻¹ costs no
factorisation, that of A⁻¹B serves the small η better; both together make a rational Krylov space,
onto which the equation above is projected (Galerkin).

Frequencies and rates of different sizes make rows of different sizes. Each row is divided by its
own size, which changes no solution, before it is factorised and before errors are judged.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from scipy import sparse
from scipy.linalg import lapack

from syncsweep.physics.balancing import balancing

#: Krylov steps between two looks at the residuals, and the largest dimension of the space.
_STEPS_PER_LOOK = 5
_LARGEST_SPACE = 160

#: Systems of at most so many equations are solved all at once.
_SMALL = 30

#: Where two spaces are joined, that of the pole must do for so many times the pole above it, even
#: where no η lies there: a smaller one leaves those between the poles unserved.
_FARTHEST = 10

#: Estimated residual, relative to the solution, at which an η needs no more Krylov steps.
_CONVERGED = 1e-13

#: Errors of an equation that its own rounding may make, relative to its size.
_ROUNDING = float(np.finfo(float).eps)

#: An orthogonalisation that leaves less than this share of a vector is done twice.
_CANCELLATION = 0.7


@dataclass(frozen=True)
class Solutions:
    """Solutions of n_eta systems: x (n, n_eta); residual and condition (n_eta,).

    residual: largest error of an equation, each divided by the size of its row, in units of c; at
    least the rounding of that row. condition: reciprocal of the inverse's ∞-norm, rows divided
    likewise, to three digits; 0 where the matrix is singular, and then x is NaN. So
    residual/condition bounds the errors of x in units of c.
    """

    x: np.ndarray
    residual: np.ndarray
    condition: np.ndarray

    def are_within(self, error: float | np.ndarray) -> np.ndarray:
        """Which are known to an error, in units of c (n_eta,)."""
        return self.residual <= error * self.condition


class Inverse(Protocol):
    """The inverse of A + σB at some pole σ."""

    def solve(self, rhs: np.ndarray) -> np.ndarray:
        """Solve for right-hand sides (n,) or (n, k)."""


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
        return 1 / max(float(lapack.dgecon(self.lu, 1.0, norm="1")[0]), np.finfo(float).tiny)


@dataclass(frozen=True)
class AffineSystem:
    """(A + ηB) x = −(a + ηb)·c with `constant` = [a A] and `linear` = [b B], (n, n+1).

    constant: sparse where that saves time, as it does from about a hundred equations on.
    """

    constant: sparse.csr_array | np.ndarray
    linear: np.ndarray
    scale: float

    @cached_property
    def _matrix(self) -> sparse.csr_array | np.ndarray:
        return self.constant[:, 1:]

    @cached_property
    def _entries(self) -> sparse.coo_array:
        return sparse.coo_array(self._matrix)

    @cached_property
    def _vectors(self) -> tuple[np.ndarray, np.ndarray]:
        return _dense(self.constant[:, [0]])[:, 0], self.linear[:, 0]

    @cached_property
    def _row_sizes(self) -> tuple[np.ndarray, np.ndarray]:
        sizes: Any = abs(self.constant)
        return sizes.sum(axis=1), _row_sums(self.linear)

    def rows_at_zero(self, rows: np.ndarray) -> np.ndarray:
        """Some rows of A, (len(rows), n)."""
        return _dense(self.constant[rows])[:, 1:]

    def row_weights(self, etas: np.ndarray) -> np.ndarray:
        """Powers of two that bring the rows of [a A] + η[b B] near size one, (n, n_eta)."""
        constant, linear = self._row_sizes
        sizes = constant[:, None] + linear[:, None] * etas
        _, exponents = np.frexp(np.where(sizes > 0, sizes, 1.0))
        return np.ldexp(1.0, -exponents)

    def right_hand_sides(self, etas: np.ndarray) -> np.ndarray:
        """−(a + ηb)·c, (n, n_eta)."""
        a, b = self._vectors
        return -self.scale * (a[:, None] + b[:, None] * etas)

    def backward_errors(self, etas: np.ndarray, x: np.ndarray) -> np.ndarray:
        """See `Solutions.residual`; x: (n, n_eta)."""
        return self._errors(etas, x, self.right_hand_sides(etas), self.row_weights(etas))

    def _errors(
        self, etas: np.ndarray, x: np.ndarray, rhs: np.ndarray, weights: np.ndarray
    ) -> np.ndarray:
        defect = rhs - self._matrix @ x - (self.linear[:, 1:] @ x) * etas
        rounding = _ROUNDING * (np.abs(x).max(axis=0) + np.abs(rhs * weights).max(axis=0))
        return np.maximum(np.abs(defect * weights).max(axis=0), rounding) / self.scale

    def factors(self, eta: float, balanced: bool = False) -> Factors | None:
        """LU factors at one η, or None where the matrix is singular.

        balanced: with columns of one size too.
        """
        return self._factors(eta, self.row_weights(np.array([eta]))[:, 0], balanced)

    def _factors(self, eta: float, rows: np.ndarray, balanced: bool = False) -> Factors | None:
        matrix = (eta * rows)[:, None] * self.linear[:, 1:]
        if isinstance(self._matrix, np.ndarray):
            matrix += rows[:, None] * self._matrix
        else:
            entries = self._entries
            matrix[entries.row, entries.col] += entries.data * rows[entries.row]
        columns: np.ndarray | float = 1.0
        if balanced:
            more, columns = balancing(matrix)
            matrix *= more[:, None]
            matrix *= columns
            rows = rows * more
        # LAPACK sees rows as columns, and factorises the transpose.
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
        """Solutions and ∞-norms of the inverses of small systems, in two calls of LAPACK."""
        matrices = etas[:, None, None] * self.linear[:, 1:]
        matrices += _dense(self._matrix)
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

    def solve_krylov(
        self, etas: np.ndarray, pole: float, at_zero: Inverse | None = None, reach: float = 0.0
    ) -> Solutions:
        """One LU factorisation at η = `pole`, and one space for all η.

        It is the Krylov space of K, enough for all η; or, where A⁻¹ is known (`at_zero`), enough
        for the largest η (for one far above the pole at least), and joined by the Krylov space of
        A⁻¹B, enough for η = `reach`: together they are smaller, and serve what lies between. An η
        that is not served shows it in its residual. Where the space can vouch for nothing (a
        singular matrix at the pole or in the space, or a starting vector that is zero), condition
        is 0 and x and residual are NaN for all η. The condition is an estimate, and as a rule a
        pessimistic one.
        """
        nothing = Solutions(
            x=np.full((len(self.linear), len(etas)), np.nan),
            residual=np.full(len(etas), np.nan),
            condition=np.zeros(len(etas)),
        )
        factors = self.factors(pole)
        if factors is None:
            return nothing
        shifts = etas - pole
        at_pole, start = self._start(factors, pole)
        size, length = float(np.linalg.norm(at_pole)), float(np.linalg.norm(start))
        if length * np.abs(shifts).max() <= 1e-12 * (size + self.scale):
            return nothing
        try:
            if at_zero is None:
                ends = np.array([shifts.min(), shifts.max()])
                space, image = self._krylov_space(factors, start, ends, size)
            else:
                zero, start_zero = self._start(at_zero, 0.0)
                small, _ = self._krylov_space(at_zero, start_zero, np.array([reach]), size)
                end = np.array([max(shifts.max(), _FARTHEST * pole)])
                space, image = self._krylov_space(factors, start, end, size)
                more = _orthonormal_beside(space, np.column_stack([small, zero - at_pole]))
                # Not from the recurrence: the spaces nearly overlap, which would amplify rounding.
                more_image = factors.solve(self.linear[:, 1:] @ more)
                space, image = np.hstack([space, more]), np.hstack([image, more_image])
            projected = space.T @ image
            probes = _probes(space.T @ start)
            matrices = np.eye(len(projected)) + shifts[:, None, None] * projected
            images = np.linalg.solve(matrices, probes)
        except np.linalg.LinAlgError:
            return nothing
        x = at_pole[:, None] - (space @ images[:, :, 0].T) * shifts
        # (A + ηB)⁻¹ = (I + (η−σ)K)⁻¹ (A + σB)⁻¹, the first factor seen through the space.
        growth = np.abs(images).sum(axis=1) / np.abs(probes).sum(axis=0)
        amplification = np.maximum(growth.max(axis=1), 1.0)
        condition = reciprocals(amplification * factors.inverse_norm())
        return Solutions(x, self.backward_errors(etas, x), condition)

    def _start(self, inverse: Inverse, pole: float) -> tuple[np.ndarray, np.ndarray]:
        """Solution at the pole, and the first vector of its Krylov space."""
        at_pole = inverse.solve(self.right_hand_sides(np.array([pole]))[:, 0])
        return at_pole, inverse.solve(self.linear[:, 1:] @ at_pole + self.scale * self.linear[:, 0])

    def _krylov_space(
        self, inverse: Inverse, start: np.ndarray, ends: np.ndarray, size: float
    ) -> tuple[np.ndarray, np.ndarray]:
        """Orthonormal basis V (n, m) of the Krylov space of K on `start`, and KV.

        It grows until the residuals of the shifts in `ends`, which converge last, are small beside
        `size`, or to its largest dimension.
        """
        linear = self.linear[:, 1:]
        length = np.linalg.norm(start)
        largest = min(_LARGEST_SPACE, len(start))
        space = np.zeros((len(start), largest), order="F")
        hessenberg = np.zeros((largest, largest))
        space[:, 0] = start / length
        for step in range(largest):
            w = inverse.solve(linear @ space[:, step])
            known = space[:, : step + 1]
            beta = float(np.linalg.norm(w))
            for _ in range(2):  # twice is enough to stay orthogonal to rounding
                before = beta
                overlap = known.T @ w
                w -= known @ overlap
                hessenberg[: step + 1, step] += overlap
                beta = float(np.linalg.norm(w))
                if beta >= _CANCELLATION * before:
                    break
            m = step + 1
            if m == largest or beta <= 1e-15 * np.abs(hessenberg[:m, step]).max():
                break
            if m % _STEPS_PER_LOOK == 0:
                small = np.eye(m) + ends[:, None, None] * hessenberg[:m, :m]
                first = np.zeros((m, 1))
                first[0] = length
                last = ends * np.linalg.solve(small, first[None])[:, -1, 0]
                if np.all(np.abs(ends * beta * last) <= _CONVERGED * size):
                    break
            hessenberg[m, step] = beta
            space[:, m] = w / beta
        image = space[:, :m] @ hessenberg[:m, :m]
        image[:, -1] += w
        return space[:, :m], image


def _orthonormal_beside(basis: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """Orthonormal vectors (n, m) that with `basis` span what it spans with `vectors` (n, m)."""
    for _ in range(2):  # once leaves what cancellation makes of rounding
        vectors, _ = np.linalg.qr(vectors - basis @ (basis.T @ vectors))
    return vectors


def reciprocals(inverse_norms: np.ndarray) -> np.ndarray:
    """Reciprocal condition numbers from norms of inverses, to the digits that mean something.

    LAPACK's estimate differs in its last bits with the alignment of its work arrays, and rows
    must not.
    """
    condition = np.zeros(len(inverse_norms))
    regular = np.isfinite(inverse_norms)
    condition[regular] = 1 / inverse_norms[regular]
    return np.array([float(f"{value:.3g}") for value in condition])


def _dense(matrix: sparse.csr_array | np.ndarray) -> np.ndarray:
    return matrix if isinstance(matrix, np.ndarray) else matrix.toarray()


def _row_sums(matrix: np.ndarray) -> np.ndarray:
    """Sums of the sizes of the entries of each row of a dense matrix, without a copy of it."""
    parts = (np.abs(matrix[first : first + 64]) for first in range(0, len(matrix), 64))
    return np.concatenate([part.sum(axis=1) for part in parts])


def _probes(start: np.ndarray) -> np.ndarray:
    """Vectors (m, 3) whose images tell the 1-norm of a matrix: the start, and two as in LAPACK."""
    index = np.arange(len(start))
    alternating = (-1.0) ** index * (1 + index / max(len(start) - 1, 1))
    return np.stack([start, np.ones(len(start)), alternating], axis=1)
