"""Linear systems (A + ηB) x = −(a + ηb)·c for many values of η without a factorisation.

A generator L[ρ] = Gρ + ρG† + Σ L_μρL_μ† is mostly its drift, Gρ + ρG†, if it has many jump
operators at random: what they return to ρ is a small share 1/D of what they take. The drift of
L₀ + ηL₁ is inverted by the eigenvectors of one matrix (D, D), and so corrects the error of a
solution at large η. The Krylov space of A⁻¹B, which takes no factorisation either, is good for
small η. One space joins both, and each η takes from it the solution with the smallest residual.
All η grow the space together, so that each step reads B once for all of them.
"""

from __future__ import annotations

import math
from itertools import count
from typing import Any

import numpy as np
from scipy import sparse
from scipy.linalg import qr

from syncsweep.physics.affine_systems import AffineSystem, Solutions, norm_estimate, reciprocals
from syncsweep.physics.krylov import krylov_space, orthonormal_beside, solve_within
from syncsweep.physics.lindbladian import to_components, to_operators
from syncsweep.physics.slow_modes import SlowModes
from syncsweep.physics.sparse_blocks import CompletedInverse
from syncsweep.physics.superoperators import hermitian_basis

#: Below this share of its size, what a vector adds to a space is rounding.
_ROUNDING = 1e-15

#: Most steps, and the largest dimension.
_MOST_STEPS, _LARGEST_SPACE = 40, 300

#: An η with this residual needs no more steps. A step must leave less than this share of it.
_CONVERGED, _PROGRESS = 2e-15, 0.9

#: Largest residual of a solution.
_GOOD = 1e-13


def drift(generator: np.ndarray | sparse.csr_array) -> np.ndarray:
    """G (D, D) of a real generator (D², D²), exact if its jump operators have no trace.

    The sum over a of the entry from |k⟩⟨a| to |j⟩⟨a| is D·G_jk, plus conj(Tr G) where j = k.
    """
    dim = math.isqrt(generator.shape[0])
    basis, sums = hermitian_basis(dim), np.zeros((dim, dim), dtype=complex)
    for a in range(dim):
        column = basis[a * dim : (a + 1) * dim]
        which = np.unique(column.indices)
        block: Any = generator[which][:, which]
        of_block = column[:, which]
        sums += of_block @ (block @ of_block.conj().T.toarray())
    return (sums - np.eye(dim) * np.trace(sums).real / (2 * dim)) / dim


class DriftInverse:
    """The inverse of Gρ + ρG† on Hermitian ρ, in components without that of the identity."""

    def __init__(self, drift: np.ndarray) -> None:
        """drift: G (D, D); LinAlgError."""
        self._rates, self._vectors = np.linalg.eig(drift)
        self._inverse = np.linalg.inv(self._vectors)

    def solve(self, rhs: np.ndarray) -> np.ndarray:
        """Solve for one right-hand side (D² − 1,)."""
        operator = to_operators(np.concatenate([[0.0], rhs])[:, None])[:, :, 0]
        of_pairs = self._inverse @ operator @ self._inverse.conj().T
        of_pairs /= self._rates[:, None] + self._rates.conj()
        solution = self._vectors @ of_pairs @ self._vectors.conj().T
        return to_components(solution[:, :, None])[1:, 0]


def solve_by_drift(
    system: AffineSystem,
    etas: np.ndarray,
    at_zero: CompletedInverse,
    modes: SlowModes,
    drifts: tuple[np.ndarray, np.ndarray],
    reach: float,
) -> Solutions | None:
    """Solutions for all η from one space, or None if it is not good for all.

    modes: those whose equations stand in place of redundant ones; drifts: of L₀ and of L₁; reach:
    η up to which the Krylov space of A⁻¹B must converge. The condition is an estimate.
    """
    try:
        found = _solved(system, etas, at_zero, modes, drifts, reach)
    except np.linalg.LinAlgError:  # a matrix is singular
        return None
    return found if (found.residual <= _GOOD).all() else None


def _solved(
    system: AffineSystem,
    etas: np.ndarray,
    at_zero: CompletedInverse,
    modes: SlowModes,
    drifts: tuple[np.ndarray, np.ndarray],
    reach: float,
) -> Solutions:
    """As `solve_by_drift`, but LinAlgError; NaN and large residuals show a bad space."""
    space = _Space(system, at_zero, reach)
    weights, inverses = system.row_weights(etas), dict[int, DriftInverse]()
    pending, last = np.arange(len(etas)), np.full(len(etas), np.inf)
    for step in count():
        _, lacking = space.nearest(etas[pending])
        errors = np.abs(lacking * weights[:, pending]).max(axis=0) / system.scale
        lacks = dict(zip(pending.tolist(), lacking.T, strict=True))
        active = pending[(errors > _CONVERGED) & (errors < _PROGRESS * last)].tolist()
        pending, last = pending[errors > _CONVERGED], errors[errors > _CONVERGED]
        dimension = space.vectors.shape[1] + len(active)
        if not active or step == _MOST_STEPS or dimension > _LARGEST_SPACE:
            break
        for k in active:
            if k not in inverses:
                inverses[k] = DriftInverse(drifts[0] + etas[k] * drifts[1])
        more = [inverses[k].solve(_of_generator(lacks[k], modes, etas[k])) for k in active]
        space.add(orthonormal_beside(space.vectors, np.stack(more, axis=1)))
    y, _ = space.nearest(etas)
    x = space.at_zero[:, None] + space.vectors @ y
    by_linear = at_zero.solve(space.by_linear)
    # (A + ηB)⁻¹ = (I + ηA⁻¹B)⁻¹ A⁻¹.
    _, growth = solve_within(space.vectors, by_linear, space.start, etas)
    of_reach = system.row_weights(np.array([reach]))[:, 0]
    inverse_norm = norm_estimate(
        lambda v: at_zero.solve_transposed(v) / of_reach,
        lambda v: at_zero.solve(v / of_reach),
        len(x),
    )
    return Solutions(x, system.backward_errors(etas, x), reciprocals(growth * inverse_norm))


class _Space:
    """Vectors V (n, m), and coefficients of AV and BV in orthonormal vectors that span both.

    With x = x(0) + Vy, the equations are AVy + η(BVy + f) = 0, f = Bx(0) + c·b.
    """

    def __init__(self, system: AffineSystem, inverse: CompletedInverse, reach: float) -> None:
        """V is at first the Krylov space of A⁻¹B on A⁻¹f, grown until η = `reach` has converged."""
        self._system, self._linear = system, system.linear[:, 1:]
        self._weights = system.row_weights(np.array([reach]))
        self.at_zero = inverse.solve(system.right_hand_sides(np.zeros(1))[:, 0])
        first = self._linear @ self.at_zero + system.scale * system.linear[:, 0]
        self.start = inverse.solve(first)
        images: list[np.ndarray] = []

        def image_of(v: np.ndarray) -> np.ndarray:
            images.append(self._linear @ v)
            return inverse.solve(images[-1])

        size = float(np.linalg.norm(self.at_zero))
        self.vectors, _ = krylov_space(image_of, self.start, np.array([reach]), size)
        self.by_linear = np.stack(images, axis=1)
        self._basis = np.empty((len(first), 0))
        self._of_first = self._coefficients(first[:, None])
        both = self._coefficients(np.hstack([system.matrix @ self.vectors, self.by_linear]))
        self._of_matrix, self._of_linear = np.hsplit(both, 2)

    def _coefficients(self, vectors: np.ndarray) -> np.ndarray:
        """Coefficients of weighted vectors. What the basis lacks of them is added to it first."""
        vectors = vectors * self._weights
        rest, size = vectors, np.linalg.norm(vectors, axis=0).max()
        for _ in range(2):  # after one round, cancellation may have amplified rounding
            rest = rest - self._basis @ (self._basis.T @ rest)
        q, r, _ = qr(rest, mode="economic", pivoting=True)
        q = q[:, np.abs(np.diag(r)) > _ROUNDING * size]
        q, _ = np.linalg.qr(q - self._basis @ (self._basis.T @ q))
        self._basis = np.hstack([self._basis, q])
        return self._basis.T @ vectors

    def add(self, vectors: np.ndarray) -> None:
        """Add orthonormal vectors (n, k), orthogonal to those of the space."""
        by_linear = self._linear @ vectors
        self.vectors = np.hstack([self.vectors, vectors])
        self.by_linear = np.hstack([self.by_linear, by_linear])
        both = self._coefficients(np.hstack([self._system.matrix @ vectors, by_linear]))
        of_matrix, of_linear = np.hsplit(both, 2)
        self._of_matrix = np.hstack([_lengthened(self._of_matrix, len(both)), of_matrix])
        self._of_linear = np.hstack([_lengthened(self._of_linear, len(both)), of_linear])

    def nearest(self, etas: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The y (m, n_eta) with the smallest residuals, and what they lack (n, n_eta)."""
        rhs = -etas[:, None, None] * _lengthened(self._of_first, len(self._of_matrix))
        pencils = self._of_matrix + etas[:, None, None] * self._of_linear
        q, r = np.linalg.qr(pencils)
        y = np.linalg.solve(r, q.swapaxes(1, 2) @ rhs)
        lacking = self._basis @ (rhs - pencils @ y)[:, :, 0].T
        return y[:, :, 0].T, lacking / self._weights


def _lengthened(columns: np.ndarray, length: int) -> np.ndarray:
    return np.pad(columns, ((0, length - len(columns)), (0, 0)))


def _of_generator(lacking: np.ndarray, modes: SlowModes, eta: float) -> np.ndarray:
    """What ρ lacks of (L₀ + ηL₁)ρ = 0 (n,), from what x lacks of the equations of modes too."""
    result = lacking.copy()
    result[modes.redundant] = 0.0
    of_modes = np.where(modes.conserved, eta, 1.0) * lacking[modes.redundant]
    missing = of_modes - modes.left.T @ result
    result[modes.redundant] = np.linalg.solve(modes.left[modes.redundant].T, missing)
    return result
