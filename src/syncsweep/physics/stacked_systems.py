"""Steady states of many samples of a small model at once, in stacked arrays.

They are those that `SteadyStateSolver` finds for up to 99 unknowns. Each η is solved directly. All
operations treat each sample by itself, so the size of a stack changes no bit of a sample. A sample
that needs more than one solution, for example a refinement, is left to `SteadyStateSolver`.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from syncsweep.physics.affine_systems import Solutions, lost_digits, reciprocals
from syncsweep.physics.diagnosis import SINGULAR, Method, SteadyStates, diagnosed
from syncsweep.physics.steady_state import REFINED, SteadyStateSolver
from syncsweep.physics.superoperators import diagonal_operators

#: Most entries of L₁ in a stack, and most steady states: larger stacks save no time.
_MOST_ENTRIES, _MOST_STATES = 2**18, 2**11

#: Largest number of entries of the matrices that are solved at once: they stay in the cache.
_AT_ONCE = 2**16

#: Vectors whose images estimate the ∞-norm of an inverse.
_N_PROBES = 3

_EPSILON = float(np.finfo(float).eps)


@dataclass(frozen=True)
class Stack:
    """Steady states of n samples, each at n_eta values of η.

    states: of all, sample after sample, (n · n_eta,); solved: (n,), which samples are known. The
    others have no meaning.
    """

    states: SteadyStates
    solved: np.ndarray


class StackedSolver:
    """Solve L₀ + ηL₁ for stacks of L₁ and some η ≥ 0; solver: of L₀, of up to 99 unknowns."""

    def __init__(self, solver: SteadyStateSolver, etas: np.ndarray) -> None:
        """etas: (n_eta,)."""
        self._solver, self._etas = solver, etas
        self._scale = 1 / np.sqrt(solver.dim)
        assert isinstance(solver.constant, np.ndarray)
        self._constant = solver.constant
        #: How many samples to solve together.
        self.at_once = max(1, min(_MOST_ENTRIES // solver.dim**4, _MOST_STATES // len(etas)))
        self._probes = _probes(solver.dim**2 - 1)

    def solve(self, generators: np.ndarray, terms: np.ndarray | None = None) -> Stack:
        """Steady states of n samples.

        generators: their L₁ in the Hermitian basis (n, D², D²), overwritten; terms: see
        `Perturbation.terms`, (n, D²), or None if only the entries are known.
        """
        modes, etas = self._solver.modes, self._etas
        linear, conserved = generators[:, 1:], modes.conserved[:, None]
        largest = np.maximum(linear.max(axis=2), -linear.min(axis=2))
        keeps_trace = np.abs(generators[:, 0]).max(axis=1) <= 1e-10 * largest.max(axis=1)
        of_modes = modes.left.T @ linear
        # [a A] and [b B] of each equation, one under the other.
        both = np.empty((len(linear), linear.shape[1], 2, linear.shape[2]))
        constant, both[:, :, 1] = both[:, :, 0], linear
        constant[:] = self._constant
        constant[:, modes.redundant] = np.where(conserved, of_modes, modes.rows)
        both[:, modes.redundant, 1] = np.where(conserved, 0.0, of_modes)
        sizes = self._at_etas(np.abs(both).sum(axis=3))
        weights = np.ldexp(1.0, -np.frexp(np.where(sizes > 0, sizes, 1.0))[1])
        rhs = -self._scale * self._at_etas(both[..., 0])
        x, inverse_norms = self._solutions(both, rhs, weights)
        lost = self._lost(largest if terms is None else terms[:, 1:], weights)
        residual = np.maximum(self._residuals(both, rhs, weights, x), lost)
        condition = reciprocals(inverse_norms)
        known = (residual <= REFINED * condition) & (condition > SINGULAR)
        found = Solutions(x, residual.ravel(), condition.ravel())
        method = np.full(residual.size, Method.DIRECT)
        states = diagnosed(np.tile(etas, len(x)), self._states(x), found, method)
        return Stack(states, keeps_trace & known.all(axis=1))

    def _solutions(
        self, both: np.ndarray, rhs: np.ndarray, weights: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Solutions (n, n_eta, D²−1), and estimates of ∞-norms of the inverses (n, n_eta).

        Both are NaN for all η of a sample if one of its matrices is singular.
        """
        n, n_eta, size = rhs.shape
        x, norms = np.full(rhs.shape, np.nan), np.full((n, n_eta), np.nan)
        sides = np.empty((n, n_eta, size, 1 + _N_PROBES))
        sides[..., 0], sides[..., 1:] = rhs * weights, self._probes
        # Row by row, the matrices of all η are a product: those of [w, wη] with [A, B].
        factors = np.stack([weights, weights * self._etas[:, None]], axis=3).swapaxes(1, 2)
        at_once = max(1, _AT_ONCE // (n_eta * size**2))
        rows = np.empty((at_once, size, n_eta, size))

        def put(some: slice) -> None:
            matrices = np.matmul(
                factors[some], both[some, :, :, 1:], out=rows[: some.stop - some.start]
            )
            found = np.linalg.solve(matrices.swapaxes(1, 2), sides[some])
            x[some] = found[..., 0]
            norms[some] = np.abs(found[..., 1:]).max(axis=(2, 3))

        for first in range(0, n, at_once):
            end = min(first + at_once, n)
            try:
                put(slice(first, end))
            except np.linalg.LinAlgError:
                for one in range(first, end):
                    with suppress(np.linalg.LinAlgError):
                        put(slice(one, one + 1))
        return x, norms

    def _residuals(
        self, both: np.ndarray, rhs: np.ndarray, weights: np.ndarray, x: np.ndarray
    ) -> np.ndarray:
        """See `Solutions`; (n, n_eta)."""
        n, size = both.shape[:2]
        images = (x @ both[..., 1:].reshape(n, 2 * size, size).swapaxes(1, 2)).reshape(
            *x.shape[:2], size, 2
        )
        defects = rhs - images[..., 0] - images[..., 1] * self._etas[:, None]
        rounding = _EPSILON * (np.abs(x).max(axis=2) + np.abs(rhs * weights).max(axis=2))
        return np.maximum(np.abs(defects * weights).max(axis=2), rounding) / self._scale

    def _lost(self, of_linear: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """See `lost_digits`; of_linear: terms of the rows of L₁ (n, D²−1)."""
        modes = self._solver.modes
        of_constant = np.broadcast_to(self._solver.terms[1:], of_linear.shape)
        terms = self._at_etas(np.stack([of_constant, of_linear], axis=2))
        of_modes = (np.abs(modes.left.T) @ of_linear[:, :, None])[:, None, :, 0]
        slow = np.abs(modes.rows).max(axis=1) + of_modes * self._etas[:, None]
        terms[:, :, modes.redundant] = np.where(modes.conserved, of_modes, slow)
        return lost_digits((terms * weights).max(axis=2))

    def _at_etas(self, both: np.ndarray) -> np.ndarray:
        """Vectors a + ηb at all η (n, n_eta, k), of a and b (n, k, 2)."""
        return both[:, None, :, 0] + both[:, None, :, 1] * self._etas[:, None]

    def _states(self, x: np.ndarray) -> np.ndarray:
        """ρ (n · n_eta, D, D) of solutions (n, n_eta, D²−1)."""
        dim = self._solver.dim
        x = x.reshape(-1, dim**2 - 1)
        upper, lower = np.triu_indices(dim, 1)
        diagonal = np.arange(dim)
        rho = np.empty((len(x), dim, dim), dtype=complex)
        populations = np.full((len(x), dim), 1 / dim)
        for k, operator in enumerate(diagonal_operators(dim).T[1:]):
            populations += x[:, k, None] * operator
        rho[:, diagonal, diagonal] = populations
        real, imaginary = np.split(x[:, dim - 1 :] / np.sqrt(2), 2, axis=1)
        # The basis has (|j⟩⟨k| + |k⟩⟨j|)/√2 and i(|k⟩⟨j| − |j⟩⟨k|)/√2 for j < k.
        rho[:, upper, lower] = real - 1j * imaginary
        rho[:, lower, upper] = real + 1j * imaginary
        return rho


def _probes(size: int) -> np.ndarray:
    """Vectors (size, `_N_PROBES`) with entries of ½ to 1 in absolute value.

    If one mode is damped much less than the others, all rows of the inverse are nearly parallel,
    and some may be orthogonal to any one vector. To three unlike vectors they hardly ever are.
    """
    places = np.arange(size)[:, None] * np.sqrt([2, 3, 5]) % 1
    signs = np.where(np.arange(size)[:, None] * np.sqrt([0, 7, 11]) % 1 < 0.5, 1.0, -1.0)
    probes: np.ndarray = signs * (1 + places) / 2
    return probes
