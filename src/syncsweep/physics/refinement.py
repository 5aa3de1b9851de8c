"""Steady states corrected by residuals in twice the working precision (iterative refinement).

The residual L₀[ρ] + ηL₁[ρ] is computed from the operators, so it does not contain the rounding of
any matrix. The factorised system turns it into a correction of ρ, which need not be accurate. Each
step gains digits: the better the condition of the system, the more (Demmel et al., ACM Trans. Math.
Softw. 32, 325 (2006)).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse

from syncsweep.physics.affine_systems import AffineSystem, Factors, Solutions
from syncsweep.physics.double_double import DoubleDouble, product
from syncsweep.physics.lindbladian import Lindbladian, Perturbation
from syncsweep.physics.slow_modes import SlowModes
from syncsweep.physics.sparse_blocks import CompletedInverse, PartialInverse
from syncsweep.physics.superoperators import to_components, to_operators

#: Number of steps at most. Each correction must be at most this share of the one before.
_MOST_STEPS, _CONTRACTION = 30, 0.5

#: Reciprocal condition numbers below which an inverse has no right digit: of one factorisation, and
#: of two that are applied one after the other.
_SINGULAR, _SINGULAR_TWICE = 1e-16, 1e-26

_EPSILON = float(np.finfo(float).eps)

#: Rounding error of an equation, in units of the sum of its absolute terms.
_EQUATION_ROUNDING = 4 * _EPSILON

#: The rounding of the residuals. Divided by the condition, it bounds the final error from below.
_RESIDUAL_ROUNDING = 1e3 * _EPSILON**2

#: Rounding that changes ρ by less than this is too small to hide a second steady state.
_CERTAIN = 1e-3

#: The steps end when a correction is below this many roundings of the largest component.
_ROUNDINGS = 4


@dataclass(frozen=True)
class Refinement:
    """All that is needed to refine the steady states of one L₀ + ηL₁ at some values of η.

    etas: (n_eta,); rough: (n_eta,), which steady states are not known well enough; sizes: those of
    L₀ (n, n+1), see `Lindbladian.sizes`; terms: of the equations (n, n_eta), see `SlowModes.terms`.
    """

    lindbladian: Lindbladian
    perturbation: Perturbation
    modes: SlowModes
    system: AffineSystem
    at_zero: PartialInverse | None
    sizes: sparse.csr_array | np.ndarray
    etas: np.ndarray
    rough: np.ndarray
    terms: np.ndarray

    @cached_property
    def _inverses(self) -> dict[int, Factors | CompletedInverse]:
        """Inverses at the η of rough steady states, if they have a right digit."""
        inverses = {int(k): self._inverse(self.etas[k]) for k in np.flatnonzero(self.rough)}
        return {k: one for k, one in inverses.items() if one}

    def judge_by_component(self, found: Solutions) -> None:
        """Lower the residuals of rough solutions by a bound that treats each equation by itself.

        |x − x̂| ≤ |(A + ηB)⁻¹|·(|defect of each equation at x̂| + rounding of its terms)
        (Skeel, J. ACM 26, 494 (1979)). NaN stays NaN.
        """
        of_second = self.perturbation.sizes()[1:]
        for k, inverse in self._inverses.items():
            x, eta = found.x[:, [k]], self.etas[[k]]
            state = np.abs(np.concatenate([[self.system.scale], x[:, 0]]))
            of_rows = np.abs(self.modes.rows) @ state
            terms = self.modes.terms(self.sizes @ state, of_second @ state, of_rows, eta)
            rounding = _EQUATION_ROUNDING * terms[:, 0]
            lacking = np.abs(self.system.defects(eta, x)[:, 0]) + rounding
            errors = np.abs(inverse.solve(np.diag(lacking))).sum(axis=1)
            error = float(errors.max()) / self.system.scale
            found.residual[k] = min(found.residual[k], error * found.condition[k])

    def refine(self, found: Solutions, rough: np.ndarray) -> np.ndarray:
        """Correct in place the solutions that are still `rough` (n_eta,).

        Returns where this converged (n_eta,). There, `condition` and `residual` are replaced, so
        that residual/condition is the error that is left. Where several states solve the equations,
        `condition` becomes 0.
        """
        etas, inverses = self.etas, self._inverses
        unique = {k: self._is_unique(k) for k in inverses if rough[k]}
        active = [k for k, one in unique.items() if one]
        found.condition[[k for k, one in unique.items() if not one]] = 0.0
        converged = np.zeros(len(etas), dtype=bool)
        if not active:
            return converged
        for k in active:
            if not np.isfinite(found.x[:, k]).all():
                found.x[:, k] = inverses[k].solve(self.system.right_hand_sides(etas[[k]])[:, 0])
        # ρ needs twice the working precision too: a large H₍₁₎ amplifies the rounding of ρ.
        rho = DoubleDouble.of(self._states(found.x))
        last = np.full(len(etas), np.inf)
        for _ in range(_MOST_STEPS):
            corrections = np.zeros_like(found.x)
            states = DoubleDouble(rho.high[:, :, active], rho.low[:, :, active])
            corrections[:, active] = self._corrections(states, active)
            sizes = np.abs(corrections).max(axis=0) / self.system.scale
            smaller = sizes <= _CONTRACTION * last
            rho = rho + DoubleDouble.of(self._operators(np.where(smaller, corrections, 0.0), 0.0))
            largest = np.maximum(1.0, np.abs(found.x).max(axis=0) / self.system.scale)
            small = smaller & (sizes <= _ROUNDINGS * _EPSILON * largest)
            for k in active:
                if small[k]:
                    converged[k] = True
                    condition = found.condition[k] = inverses[k].condition
                    error = max(float(sizes[k]), _EPSILON, _RESIDUAL_ROUNDING / condition)
                    found.residual[k] = error * condition
            active = [k for k in active if smaller[k] and not small[k]]
            if not active:
                break
            last = sizes
        if converged.any():
            found.x[:, converged] = to_components(rho.rounded()[:, :, converged])[1:]
        return converged

    def _is_unique(self, k: int) -> bool:
        """Whether the steady state at one η is unique, though rounding may have made it so.

        The steps converge also if there are several steady states: to one of them. These differ by
        what the inverse makes of rounding. If they do, their difference is no error for the steps.
        """
        index = np.arange(len(self.terms))
        signs = (-1.0) ** index * (1 + index / len(index))
        x = self._inverses[k].solve(signs * _EPSILON * self.terms[:, k])
        size = float(np.abs(x).max())
        if size <= _CERTAIN * self.system.scale:
            return True
        change = DoubleDouble.of(self._operators(x[:, None], 0.0))
        return float(np.abs(x + self._corrections(change, [k])[:, 0]).max()) <= _CONTRACTION * size

    def _inverse(self, eta: float) -> Factors | CompletedInverse | None:
        """The inverse of A + ηB, or None if it has no right digit.

        At η = 0 it is made in blocks, so that neither L₀ nor L₁ hides the other.
        """
        if eta > 0:
            factors = self.system.factors(eta, balanced=True)
            return factors if factors and factors.condition > _SINGULAR else None
        if self.at_zero is None:
            return None
        exchanged = self.system.rows_at_zero(self.modes.redundant)
        completed = self.at_zero.complete(exchanged, _SINGULAR)
        return completed if completed and completed.condition > _SINGULAR_TWICE else None

    def _states(self, x: np.ndarray) -> np.ndarray:
        """ρ (D, D, n) of solutions (n, n_eta), zero where they are not finite."""
        return self._operators(np.where(np.isfinite(x), x, 0.0), self.system.scale)

    @staticmethod
    def _operators(x: np.ndarray, identity: float) -> np.ndarray:
        return to_operators(np.vstack([np.full((1, x.shape[1]), identity), x]))

    def _corrections(self, states: DoubleDouble, active: list[int]) -> np.ndarray:
        """Corrections (n, n_active) of the states (D, D, n_active) of active solutions."""
        strengths = self.etas[active]
        by_first = self.lindbladian.apply(states)
        by_second = self.perturbation.apply(states)
        both = by_first + by_second.scaled(strengths)
        lack = -to_components(both.rounded())[1:]
        # For conserved modes Wᵀ(L₀ + ηL₁)ρ/η = WᵀL₁ρ, at η → 0⁺ too.
        of_modes = np.where(
            self.modes.conserved[:, None], -self._overlaps(by_second), self.modes.left.T @ lack
        )
        lack[self.modes.redundant] = of_modes
        solved = [self._inverses[k].solve(lack[:, i]) for i, k in enumerate(active)]
        return np.stack(solved, axis=1)

    def _overlaps(self, operators: DoubleDouble) -> np.ndarray:
        """Tr(XR) of all modes X and operators R (D, D, n), in twice the working precision.

        So the large contributions of H₍₁₎ cancel to zero, and not to their rounding.
        """
        dim = len(operators.high)
        modes = self.modes.observables
        flat = DoubleDouble(*(part.reshape(dim**2, -1) for part in (operators.high, operators.low)))
        # X and R are Hermitian: Σ conj(X_jk) R_jk.
        high, low = (part.reshape(dim**2, -1).conj().T for part in (modes.high, modes.low))
        exact = product(high, flat)
        return (exact.rounded() + low @ flat.high).real
