"""Linear systems (A + ηB) x = −(a + ηb)·c for many values of η from one factorisation.

With a pole σ, K = (A + σB)⁻¹B and x = x_σ + y,

    (I + (η−σ)K) y = −(η−σ)·(K x_σ + c·(A + σB)⁻¹b),

so the Krylov space of K on one starting vector is good for every η (shifted systems). If A⁻¹ costs
no factorisation, the Krylov space of A⁻¹B is better for small η. Both spaces together make a
rational Krylov space, onto which the equation above is projected (Galerkin).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Protocol

import numpy as np

from syncsweep.physics.affine_systems import AffineSystem, Solutions, reciprocals

#: Krylov steps between two looks at the residuals, and the largest dimension of the space.
_STEPS_PER_LOOK = 5
_LARGEST_SPACE = 160

#: Where two spaces are joined, that of the pole must converge for the shift η − σ of this many
#: poles, even if no η is so large. A smaller space is not accurate for the η between both poles.
_FARTHEST = 10

#: Estimated residual, relative to the solution, at which an η needs no more Krylov steps.
_CONVERGED = 1e-13

#: If orthogonalisation leaves less than this share of a vector, it is done twice.
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

    Without `at_zero`, it is the Krylov space of K, grown until all η have converged. If A⁻¹ is
    known (`at_zero`), it joins two smaller spaces, which together are good for the η between too.
    One is the Krylov space of K, grown until the largest η has converged, or one far above the pole
    if that is larger. The other is that of A⁻¹B, grown until η = `reach` has converged.

    If the space is not good for an η, the residual of this η is large. The space says nothing if a
    matrix is singular at the pole or in the space, or if the starting vector is zero. Then
    condition is 0, and x and residual are NaN, for all η. The condition is an estimate, usually a
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

    def of_pole(v: np.ndarray) -> np.ndarray:
        """Kv for vectors (n,) or (n, k): A is sparse, so that B need not be read."""
        return (v - factors.solve(system.matrix @ v)) / pole

    at_pole, start = _start(system, factors, pole)
    size, length = float(np.linalg.norm(at_pole)), float(np.linalg.norm(start))
    if length * np.abs(shifts).max() <= 1e-12 * (size + system.scale):
        return nothing
    try:
        if at_zero is None:
            ends = np.array([shifts.min(), shifts.max()])
            space, image = krylov_space(of_pole, start, ends, size)
        else:
            zero, start_zero = _start(system, at_zero, 0.0)
            of_zero = lambda v: at_zero.solve(linear @ v)  # noqa: E731
            small, _ = krylov_space(of_zero, start_zero, np.array([reach]), size)
            end = np.array([max(shifts.max(), _FARTHEST * pole)])
            space, image = krylov_space(of_pole, start, end, size)
            more = orthonormal_beside(space, np.column_stack([small, zero - at_pole]))
            # The recurrence would amplify rounding here, because the spaces nearly overlap.
            more_image = of_pole(more)
            space, image = np.hstack([space, more]), np.hstack([image, more_image])
        solved, growth = solve_within(space, image, start, shifts)
    except np.linalg.LinAlgError:
        return nothing
    x = at_pole[:, None] - (space @ solved) * shifts
    # (A + ηB)⁻¹ = (I + (η−σ)K)⁻¹ (A + σB)⁻¹.
    condition = reciprocals(growth * factors.inverse_norm())
    return Solutions(x, system.backward_errors(etas, x), condition)


def _start(system: AffineSystem, inverse: Inverse, pole: float) -> tuple[np.ndarray, np.ndarray]:
    """Solution x_σ at the pole, and the first vector of its Krylov space, K x_σ + c·(A + σB)⁻¹b."""
    at_pole = inverse.solve(system.right_hand_sides(np.array([pole]))[:, 0])
    return at_pole, inverse.solve(
        system.linear[:, 1:] @ at_pole + system.scale * system.linear[:, 0]
    )


def krylov_space(
    image_of: Callable[[np.ndarray], np.ndarray], start: np.ndarray, ends: np.ndarray, size: float
) -> tuple[np.ndarray, np.ndarray]:
    """Orthonormal basis V (n, m) of the Krylov space of K on `start`, and KV.

    The shifts in `ends` converge last. The space grows until their residuals are small compared
    with `size`, or until it has its largest dimension.

    Arnoldi's recurrence is KV = VH + βve_mᵀ, with the next vector v. For a shift s, Galerkin's
    condition gives y = −s·Vz with (I + sH)z = ‖start‖e₁. What (I + sK)y lacks is then s²β z_m v.
    """
    length = np.linalg.norm(start)
    largest = min(_LARGEST_SPACE, len(start))
    space = np.zeros((len(start), largest), order="F")
    hessenberg = np.zeros((largest, largest))
    space[:, 0] = start / length
    for step in range(largest):
        w = image_of(space[:, step])
        known = space[:, : step + 1]
        beta = math.sqrt(w @ w)
        for _ in range(2):  # twice makes vectors orthogonal up to rounding
            before = beta
            overlap = known.T @ w
            w -= known @ overlap
            hessenberg[: step + 1, step] += overlap
            beta = math.sqrt(w @ w)
            if beta >= _CANCELLATION * before:
                break
        m = step + 1
        # Without a next vector the space holds its own image, and every solution.
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
    image[:, -1] += w  # βv of the last step
    return space[:, :m], image


def orthonormal_beside(basis: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """Orthonormal vectors (n, m), orthogonal to `basis`, that span `vectors` (n, m) with it."""
    for _ in range(2):  # after one round, cancellation may have amplified rounding
        vectors, _ = np.linalg.qr(vectors - basis @ (basis.T @ vectors))
    return vectors


def solve_within(
    space: np.ndarray, image: np.ndarray, start: np.ndarray, shifts: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients (m, n_eta) of (I + shift·K)⁻¹·`start` in a space V (n, m) with `image` = KV.

    Also estimates (n_eta,), at least 1, of how much (I + shift·K)⁻¹ amplifies in the space.
    """
    projected, probes = space.T @ image, _probes(space.T @ start)
    images = np.linalg.solve(np.eye(len(projected)) + shifts[:, None, None] * projected, probes)
    growth = np.abs(images).sum(axis=1) / np.abs(probes).sum(axis=0)
    return images[:, :, 0].T, np.maximum(growth.max(axis=1), 1.0)


def _probes(start: np.ndarray) -> np.ndarray:
    """Vectors (m, 3) whose images estimate a matrix's 1-norm: `start`, and two as in LAPACK."""
    index = np.arange(len(start))
    alternating = (-1.0) ** index * (1 + index / max(len(start) - 1, 1))
    return np.stack([start, np.ones(len(start)), alternating], axis=1)
