"""Linear systems (A + ηB) x = −(a + ηb)·c for many values of η by one factorisation.

With a pole σ, K = (A + σB)⁻¹B and x = x_σ + y,

    (I + (η−σ)K) y = −(η−σ)·(K x_σ + c·(A + σB)⁻¹b),

so the Krylov space of K on one starting vector serves every η (shifted systems). Where A⁻¹ costs no
factorisation, that of A⁻¹B serves the small η better; both together make a rational Krylov space,
onto which the equation above is projected (Galerkin).
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from syncsweep.physics.affine_systems import AffineSystem, Solutions, reciprocals

#: Krylov steps between two looks at the residuals, and the largest dimension of the space.
_STEPS_PER_LOOK = 5
_LARGEST_SPACE = 160

#: Where two spaces are joined, that of the pole must do for so many times the pole above it, even
#: where no η lies there: a smaller one leaves those between the poles unserved.
_FARTHEST = 10

#: Estimated residual, relative to the solution, at which an η needs no more Krylov steps.
_CONVERGED = 1e-13

#: An orthogonalisation that leaves less than this share of a vector is done twice.
_CANCELLATION = 0.7


class Inverse(Protocol):
    """The inverse of A + σB at some pole σ."""

    def solve(self, rhs: np.ndarray) -> np.ndarray:
        """Solve for right-hand sides (n,) or (n, k)."""


def solve_krylov(
    system: AffineSystem,
    etas: np.ndarray,
    pole: float,
    at_zero: Inverse | None = None,
    reach: float = 0.0,
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
        x=np.full((len(system.linear), len(etas)), np.nan),
        residual=np.full(len(etas), np.nan),
        condition=np.zeros(len(etas)),
    )
    factors = system.factors(pole)
    if factors is None:
        return nothing
    shifts, linear = etas - pole, system.linear[:, 1:]
    at_pole, start = _start(system, factors, pole)
    size, length = float(np.linalg.norm(at_pole)), float(np.linalg.norm(start))
    if length * np.abs(shifts).max() <= 1e-12 * (size + system.scale):
        return nothing
    try:
        if at_zero is None:
            ends = np.array([shifts.min(), shifts.max()])
            space, image = _krylov_space(linear, factors, start, ends, size)
        else:
            zero, start_zero = _start(system, at_zero, 0.0)
            small, _ = _krylov_space(linear, at_zero, start_zero, np.array([reach]), size)
            end = np.array([max(shifts.max(), _FARTHEST * pole)])
            space, image = _krylov_space(linear, factors, start, end, size)
            more = _orthonormal_beside(space, np.column_stack([small, zero - at_pole]))
            # Not from the recurrence: the spaces nearly overlap, which would amplify rounding.
            more_image = factors.solve(linear @ more)
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
    return Solutions(x, system.backward_errors(etas, x), condition)


def _start(system: AffineSystem, inverse: Inverse, pole: float) -> tuple[np.ndarray, np.ndarray]:
    """Solution at the pole, and the first vector of its Krylov space."""
    at_pole = inverse.solve(system.right_hand_sides(np.array([pole]))[:, 0])
    return at_pole, inverse.solve(
        system.linear[:, 1:] @ at_pole + system.scale * system.linear[:, 0]
    )


def _krylov_space(
    linear: np.ndarray, inverse: Inverse, start: np.ndarray, ends: np.ndarray, size: float
) -> tuple[np.ndarray, np.ndarray]:
    """Orthonormal basis V (n, m) of the Krylov space of K on `start`, and KV.

    It grows until the residuals of the shifts in `ends`, which converge last, are small beside
    `size`, or to its largest dimension.
    """
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


def _probes(start: np.ndarray) -> np.ndarray:
    """Vectors (m, 3) whose images tell the 1-norm of a matrix: the start, and two as in LAPACK."""
    index = np.arange(len(start))
    alternating = (-1.0) ** index * (1 + index / max(len(start) - 1, 1))
    return np.stack([start, np.ones(len(start)), alternating], axis=1)
