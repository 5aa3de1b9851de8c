"""Arnoldi's recurrence without a matrix: one space for many shifts, or for GMRES."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

#: If orthogonalisation leaves less than this share of a vector, it is done twice.
_CANCELLATION = 0.5

#: A residual that is smaller than the start by this factor counts as zero.
_LARGE = 1e150


class KrylovSpace:
    """The Krylov space of a real linear map T on one starting vector, grown step by step.

    TV_m = V_{m+1}H with orthonormal rows in V (n of them at most) and H upper Hessenberg.
    """

    def __init__(self, start: np.ndarray, steps: int) -> None:
        """start: (n,), not zero; steps: how often the space can be extended."""
        self.length = float(np.linalg.norm(start))
        self.steps = 0
        self._space = np.empty((steps + 1, len(start)), start.dtype)
        self._space[0] = start / self.length
        self._hessenberg = np.zeros((steps + 1, steps))

    @property
    def newest(self) -> np.ndarray:
        """The last vector of the space (n,), whose image extends it."""
        return self._space[self.steps]

    @property
    def vectors(self) -> np.ndarray:
        """V (m, n), the vectors whose images are known."""
        return self._space[: self.steps]

    @property
    def hessenberg(self) -> np.ndarray:
        """H (m+1, m)."""
        return self._hessenberg[: self.steps + 1, : self.steps]

    @property
    def is_full(self) -> bool:
        """Whether the space cannot be extended."""
        return self.steps == self._hessenberg.shape[1]

    def extend(self, image: np.ndarray) -> bool:
        """Add the image (n,) of the newest vector; False if the space holds it already."""
        known, column = self._space[: self.steps + 1], self._hessenberg[:, self.steps]
        w, size = image, float(np.linalg.norm(image))
        before = size
        for _ in range(2):
            overlap = known @ w
            w = w - overlap @ known
            column[: self.steps + 1] += overlap
            previous, size = size, float(np.linalg.norm(w))
            if size > _CANCELLATION * previous:
                break
        self.steps += 1
        column[self.steps] = size
        if size <= 10 * np.finfo(w.dtype).eps * before:
            column[self.steps] = 0.0
            return False
        self._space[self.steps] = w / size
        return True

    def shifted(self, shift: float) -> np.ndarray:
        """1 + shift·H (m+1, m)."""
        return np.eye(self.steps + 1, self.steps) + shift * self.hessenberg

    def residuals(self, shifts: np.ndarray) -> np.ndarray:
        """The smallest ‖start − (1 + shift·T)Vz‖ in the space, for all shifts > 0.

        It is ‖start‖/‖u‖ for the vector u with u(1 + shift·H) = 0 and u_0 = 1.
        """
        u = np.ones((len(shifts), self.steps + 1))
        for k in range(self.steps):
            image = u[:, k] + shifts * (u[:, : k + 1] @ self._hessenberg[: k + 1, k])
            with np.errstate(divide="ignore", over="ignore"):
                u[:, k + 1] = -image / (shifts * self._hessenberg[k + 1, k])
            np.clip(u[:, k + 1], -_LARGE, _LARGE, out=u[:, k + 1])
        return self.length / np.linalg.norm(u, axis=1)

    def mixture(self, shift: float) -> np.ndarray:
        """The z (m,) with the smallest residual of (1 + shift·T)Vz = start."""
        first = np.zeros(self.steps + 1)
        first[0] = self.length
        return np.linalg.lstsq(self.shifted(shift), first, rcond=None)[0]


def solve_gmres(
    apply: Callable[[np.ndarray], np.ndarray], rhs: np.ndarray, accuracy: float, steps: int
) -> np.ndarray:
    """One cycle of GMRES: x like rhs with ‖apply(x) − rhs‖ ≤ accuracy·‖rhs‖, if steps suffice."""
    space = KrylovSpace(rhs.ravel(), steps)
    squares, u = 1.0, [1.0]
    while not space.is_full:
        if not space.extend(apply(space.newest.reshape(rhs.shape)).ravel()):
            break
        column = space.hessenberg[:, -1]
        # As in `residuals`, without the identity.
        u.append(-float(np.dot(u, column[:-1])) / column[-1])
        squares += u[-1] ** 2
        if squares * accuracy**2 >= 1:
            break
    first = np.zeros(space.steps + 1)
    first[0] = space.length
    mixture = np.linalg.lstsq(space.hessenberg, first, rcond=None)[0].astype(rhs.dtype)
    return (mixture @ space.vectors).reshape(rhs.shape)
