"""Real linear systems (A + ηB) x = −(a + ηb)·c for many values of η.

Two ways, which agree where both apply: one LU factorisation for each η; or one factorisation at a
pole σ and one Krylov space for all η. With K = (A + σB)⁻¹B and x = x_σ + y,

    (I + (η−σ)K) y = −(η−σ)·(K x_σ + c·(A + σB)⁻¹b),

so the space of K on one starting vector serves every η (shifted systems; full orthogonalisation).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.linalg import lapack

#: Krylov steps between two looks at the residuals, and the largest dimension of the space.
_STEPS_PER_LOOK = 10
_LARGEST_SPACE = 160

#: Estimated residual, relative to the solution, at which an η needs no more Krylov steps.
_CONVERGED = 1e-14


@dataclass(frozen=True)
class Solutions:
    """Solutions of n_eta systems: x (n, n_eta); residual and condition (n_eta,).

    residual: relative backward error in the 1-norm. condition: reciprocal condition number in the
    1-norm, estimated and given to three digits; 0 where the matrix is singular, and then x is NaN.
    """

    x: np.ndarray
    residual: np.ndarray
    condition: np.ndarray


@dataclass(frozen=True)
class AffineSystem:
    """(A + ηB) x = −(a + ηb)·c, with `constant` = [a A] and `linear` = [b B] of shape (n, n+1)."""

    constant: np.ndarray
    linear: np.ndarray
    scale: float

    @cached_property
    def _norms(self) -> tuple[float, float]:
        constant, linear = self.constant[:, 1:], self.linear[:, 1:]
        return float(np.linalg.norm(constant, 1)), float(np.linalg.norm(linear, 1))

    def _right_hand_sides(self, etas: np.ndarray) -> np.ndarray:
        return -self.scale * (self.constant[:, :1] + self.linear[:, :1] * etas)

    def backward_errors(self, etas: np.ndarray, x: np.ndarray) -> np.ndarray:
        """Relative backward error ‖(A+ηB)x + (a+ηb)c‖ / (‖A+ηB‖‖x‖ + ‖a+ηb‖c), 1-norms.

        ‖A‖ + η‖B‖ stands for ‖A + ηB‖. x: (n, n_eta).
        """
        rhs = self._right_hand_sides(etas)
        defect = rhs - self.constant[:, 1:] @ x - (self.linear[:, 1:] @ x) * etas
        norms = self._norms[0] + etas * self._norms[1]
        size = norms * np.abs(x).sum(axis=0) + np.abs(rhs).sum(axis=0)
        return np.abs(defect).sum(axis=0) / np.maximum(size, np.finfo(float).tiny)

    def solve_direct(self, etas: np.ndarray) -> Solutions:
        """One LU factorisation for each η."""
        x = np.full((len(self.constant), len(etas)), np.nan)
        condition = np.zeros(len(etas))
        rhs = self._right_hand_sides(etas)
        for index, eta in enumerate(etas):
            matrix = self.constant[:, 1:] + eta * self.linear[:, 1:]
            norm = np.linalg.norm(matrix, 1)
            lu, pivots, info = lapack.dgetrf(matrix, overwrite_a=1)
            if info == 0:
                x[:, index], _ = lapack.dgetrs(lu, pivots, rhs[:, index])
                condition[index], _ = lapack.dgecon(lu, norm, norm="1")
        return Solutions(x, self.backward_errors(etas, x), _three_digits(condition))

    def solve_krylov(self, etas: np.ndarray, pole: float) -> Solutions:
        """One LU factorisation at η = `pole` and one Krylov space for all η.

        An η that has not converged in the largest space shows it in its residual. Where the space
        can vouch for nothing (a singular matrix at the pole or in the space, or a starting vector
        that is zero), condition is 0 and x and residual are NaN for all η. The condition is a
        pessimistic estimate.
        """
        nothing = Solutions(
            x=np.full((len(self.constant), len(etas)), np.nan),
            residual=np.full(len(etas), np.nan),
            condition=np.zeros(len(etas)),
        )
        matrix = self.constant[:, 1:] + pole * self.linear[:, 1:]
        norm = np.linalg.norm(matrix, 1)
        lu, pivots, info = lapack.dgetrf(matrix, overwrite_a=1)
        if info != 0:
            return nothing
        inverse_norm = 1 / (lapack.dgecon(lu, norm, norm="1")[0] * norm)
        at_pole = lapack.dgetrs(lu, pivots, self._right_hand_sides(np.array([pole]))[:, 0])[0]
        right = self.linear[:, 1:] @ at_pole + self.scale * self.linear[:, 0]
        start = lapack.dgetrs(lu, pivots, right)[0]
        shifts = etas - pole
        size, length = np.linalg.norm(at_pole), np.linalg.norm(start)
        if length * np.abs(shifts).max() <= 1e-12 * (size + self.scale):
            return nothing
        try:
            space, hessenberg = self._krylov_space(lu, pivots, start, shifts, float(size))
            inverses = np.linalg.inv(np.eye(len(hessenberg)) + shifts[:, None, None] * hessenberg)
        except np.linalg.LinAlgError:
            return nothing
        x = at_pole[:, None] - space @ (shifts[:, None] * length * inverses[:, :, 0]).T
        # (A + ηB)⁻¹ = (I + (η−σ)K)⁻¹ (A + σB)⁻¹, the first factor seen through the space.
        amplification = np.maximum(np.linalg.norm(inverses, 1, axis=(1, 2)), 1.0)
        norms = self._norms[0] + etas * self._norms[1]
        condition = 1 / (amplification * inverse_norm * norms)
        return Solutions(x, self.backward_errors(etas, x), _three_digits(condition))

    def _krylov_space(
        self, lu: np.ndarray, pivots: np.ndarray, start: np.ndarray, shifts: np.ndarray, size: float
    ) -> tuple[np.ndarray, np.ndarray]:
        """Orthonormal basis (n, m) of the Krylov space of K on `start`, and K in it, (m, m).

        It grows until the residuals of the outermost shifts, which converge last, are small beside
        `size`, or to its largest dimension.
        """
        linear = self.linear[:, 1:]
        length = np.linalg.norm(start)
        outermost = np.array([shifts.min(), shifts.max()])
        largest = min(_LARGEST_SPACE, len(start))
        space = np.zeros((len(start), largest), order="F")
        hessenberg = np.zeros((largest, largest))
        space[:, 0] = start / length
        for step in range(largest):
            w, _ = lapack.dgetrs(lu, pivots, linear @ space[:, step], overwrite_b=1)
            known = space[:, : step + 1]
            for _ in range(2):  # twice is enough to stay orthogonal to rounding
                overlap = known.T @ w
                w -= known @ overlap
                hessenberg[: step + 1, step] += overlap
            beta = np.linalg.norm(w)
            m = step + 1
            if m == largest or beta <= 1e-15 * np.abs(hessenberg[:m, step]).max():
                break
            if m % _STEPS_PER_LOOK == 0:
                small = np.eye(m) + outermost[:, None, None] * hessenberg[:m, :m]
                first = np.zeros((m, 1))
                first[0] = length
                last = outermost * np.linalg.solve(small, first[None])[:, -1, 0]
                if np.all(np.abs(outermost * beta * last) <= _CONVERGED * size):
                    break
            hessenberg[m, step] = beta
            space[:, m] = w / beta
        return space[:, :m], hessenberg[:m, :m]


def _three_digits(condition: np.ndarray) -> np.ndarray:
    """Round an estimate to the digits that mean something.

    LAPACK's estimate differs in its last bits with the alignment of its work arrays, and rows must
    not.
    """
    return np.array([float(f"{value:.3g}") for value in condition])
