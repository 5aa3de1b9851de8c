"""Steady states of L₀ + ηL₁ for every η, down to the limit η → 0⁺.

In the Hermitian operator basis both generators are real and their first row vanishes, so the
identity component of ρ is 1/√D and n−1 = D²−1 real unknowns remain. L₀ alone is singular on them:
its left zero modes W (beside the trace) leave as many equations undetermined at η = 0, and nearly
so at small η. Those equations are exchanged for Wᵀ(L₀ + ηL₁)ρ/η = WᵀL₁ρ = 0, which says the same
for η > 0 and is first-order degenerate perturbation theory (Eq. 4) for η → 0⁺. With
s ~ ‖L₀‖/‖L₁‖ the system

    (A + ηB) x = −(a + ηb)/√D,  [a A] = [s·WᵀL₁; L₀ without its redundant rows],  [b B] = [0; L₁ …]

is affine in η and well conditioned for all η ≥ 0, so that one Krylov space serves all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from scipy.linalg import qr

from syncsweep.physics.affine_systems import AffineSystem
from syncsweep.physics.superoperators import hermitian_basis, to_real, unvectorize

#: An estimated error (relative backward error over reciprocal condition number) above this, or a
#: smallest eigenvalue of ρ below minus this, makes a steady state `inaccurate`.
ACCURACY = 1e-9

#: A shared Krylov space pays for at least so many unknowns and values of η.
_KRYLOV_UNKNOWNS = 200
_KRYLOV_ETAS = 4

#: Its pole, in units of ‖L₀‖/‖L₁‖ (Frobenius norms): between the small η and the large.
_POLE = 0.8

#: Weight of the exchanged rows, in the same unit: that of ηL₁ at the large end of a usual range.
_EXCHANGED_ROWS = 10.0

#: Largest relative backward error of an η that is not solved again directly.
_KRYLOV_RESIDUAL = 1e-13

#: Reciprocal condition numbers below this mean that the steady state is not unique in double
#: precision.
SINGULAR = 1e-13


class Status(StrEnum):
    """What may be said of one steady state."""

    OK = "ok"
    DEGENERATE = "degenerate"  # several steady states, or L₁ does not lift them in first order
    INACCURATE = "inaccurate"  # residual or positivity outside ACCURACY


class Method(StrEnum):
    """How one steady state was computed."""

    DIRECT = "direct"  # one LU factorisation of the real system
    KRYLOV = "krylov"  # one factorisation and one Krylov space for all η of the sample


@dataclass(frozen=True)
class SteadyStates:
    """Steady states of one L₀ + ηL₁ for n_eta values of η.

    rho: (n_eta, D, D), NaN where the status is `degenerate`. All others have shape (n_eta,):
    residual, the relative backward error of the real linear system; condition, its reciprocal
    condition number in the 1-norm; trace_error |Tr ρ − 1|; hermiticity_error max|ρ − ρ†|;
    smallest_eigenvalue of ρ; status and method, arrays of str.
    """

    etas: np.ndarray
    rho: np.ndarray
    residual: np.ndarray
    condition: np.ndarray
    trace_error: np.ndarray
    hermiticity_error: np.ndarray
    smallest_eigenvalue: np.ndarray
    status: np.ndarray
    method: np.ndarray


class SteadyStateSolver:
    """Solve L₀ + ηL₁ for many L₁ and η at fixed L₀; the work on L₀ is done once."""

    def __init__(self, L0: np.ndarray) -> None:
        """L0: column-stacking superoperator (D², D²), a Lindblad generator."""
        self.dim = int(np.sqrt(len(L0)))
        if L0.shape != (self.dim**2, self.dim**2):
            raise ValueError(f"Argument `L0` must have shape (D², D²), but has shape {L0.shape}.")
        self._basis = hermitian_basis(self.dim)
        generator = _without_trace_row(to_real(L0), "L0")
        self._left_zero_modes = _left_kernel(generator)
        # The rows on which the left zero modes are best told apart are the redundant ones.
        _, _, order = qr(self._left_zero_modes.T, mode="economic", pivoting=True)
        self._redundant = np.sort(order[: self._left_zero_modes.shape[1]])
        self._constant = np.asfortranarray(generator)
        self._norm = float(np.linalg.norm(generator))

    def solve(self, L1: np.ndarray, etas: Sequence[float] | np.ndarray) -> SteadyStates:
        """Steady states for all `etas` ≥ 0 (0 is the limit η → 0⁺); L1 like L0."""
        etas = np.asarray(etas, dtype=float)
        if etas.ndim != 1 or not np.all(np.isfinite(etas)) or np.any(etas < 0):
            raise ValueError("Argument `etas` must be a list of finite numbers ≥ 0.")
        if L1.shape != (self.dim**2, self.dim**2):
            raise ValueError(
                f"Argument `L1` must have shape ({self.dim**2}, {self.dim**2}), "
                f"but has shape {L1.shape}."
            )
        linear = np.asfortranarray(_without_trace_row(to_real(L1), "L1"))
        linear_norm = float(np.linalg.norm(linear))
        constant = self._constant.copy(order="F")
        # A scale without which the condition would depend on the size of L₁.
        both = self._norm > 0 and linear_norm > 0
        scale = _EXCHANGED_ROWS * self._norm / linear_norm if both else 1.0
        constant[self._redundant] = scale * (self._left_zero_modes.T @ linear)
        linear[self._redundant] = 0.0
        system = AffineSystem(constant, linear, 1 / np.sqrt(self.dim))

        direct = np.ones(len(etas), dtype=bool)
        x = np.empty((len(linear), len(etas)))
        residual, condition = np.empty(len(etas)), np.empty(len(etas))
        if len(linear) >= _KRYLOV_UNKNOWNS and len(etas) >= _KRYLOV_ETAS and linear_norm > 0:
            shared = system.solve_krylov(etas, _POLE * self._norm / linear_norm)
            x[:], residual[:], condition[:] = shared.x, shared.residual, shared.condition
            reliable = (residual <= _KRYLOV_RESIDUAL) & (residual <= ACCURACY * condition)
            direct = ~reliable
        if direct.any():
            single = system.solve_direct(etas[direct])
            x[:, direct], residual[direct] = single.x, single.residual
            condition[direct] = single.condition
        return self._diagnose(etas, x, residual, condition, direct)

    def _diagnose(
        self,
        etas: np.ndarray,
        x: np.ndarray,
        residual: np.ndarray,
        condition: np.ndarray,
        direct: np.ndarray,
    ) -> SteadyStates:
        unique = condition > SINGULAR
        identity = np.full((1, len(etas)), 1 / np.sqrt(self.dim))
        rho = unvectorize((self._basis @ np.vstack([identity, x])).T)
        smallest = np.full(len(etas), np.nan)
        smallest[unique] = np.linalg.eigvalsh(rho[unique])[:, 0]
        rho[~unique] = np.nan
        with np.errstate(divide="ignore", invalid="ignore"):
            accurate = (residual / condition <= ACCURACY) & (smallest >= -ACCURACY)
        status = np.where(
            unique, np.where(accurate, Status.OK, Status.INACCURATE), Status.DEGENERATE
        )
        return SteadyStates(
            etas=etas,
            rho=rho,
            residual=residual,
            condition=condition,
            trace_error=np.abs(np.trace(rho, axis1=1, axis2=2) - 1),
            hermiticity_error=np.abs(rho - np.conj(np.swapaxes(rho, 1, 2))).max(axis=(1, 2)),
            smallest_eigenvalue=smallest,
            status=status.astype(str),
            method=np.where(direct, Method.DIRECT, Method.KRYLOV).astype(str),
        )


def steady_states(
    L0: np.ndarray, L1: np.ndarray, etas: Sequence[float] | np.ndarray
) -> SteadyStates:
    """Steady states of L₀ + ηL₁ for every η ≥ 0; 0 means the limit η → 0⁺ (Eq. 4).

    L0, L1: column-stacking superoperators (D², D²) that preserve trace and Hermiticity. Where the
    steady state is not unique the status says so and ρ is NaN. For many L1 at the same L0, keep a
    `SteadyStateSolver`.
    """
    return SteadyStateSolver(L0).solve(L1, etas)


def _without_trace_row(generator: np.ndarray, name: str) -> np.ndarray:
    """Drop row 0 of a real generator (n, n), which must vanish, and return (n−1, n)."""
    scale = np.abs(generator).max(initial=0.0)
    if np.abs(generator[0]).max() > 1e-10 * scale:
        raise ValueError(f"Argument `{name}` must preserve the trace, but does not.")
    return generator[1:]


def _left_kernel(generator: np.ndarray) -> np.ndarray:
    """Orthonormal left null vectors of a real matrix (n−1, n), as columns (n−1, k)."""
    q, r, _ = qr(generator, pivoting=True)
    diagonal = np.abs(np.diag(r))
    rank = int(np.sum(diagonal > 1e-10 * max(diagonal[0], np.finfo(float).tiny)))
    return q[:, rank:]
