"""What the solver without matrices (D², D²) needs of L₀, and how it packs operators."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np


class UnservedModelError(ValueError):
    """An L₀ that a solver without matrices does not serve; the message says what it would need."""


def pack(rho: np.ndarray) -> np.ndarray:
    """Hermitian operators (..., D, D) as real matrices of the same norm."""
    return rho.real + rho.imag


def unpack(packed: np.ndarray) -> np.ndarray:
    """Inverse of `pack`."""
    transposed = packed.swapaxes(-1, -2)
    rho = np.empty(packed.shape, np.result_type(packed, np.complex64))
    np.add(packed, transposed, out=rho.real)
    np.subtract(packed, transposed, out=rho.imag)
    rho *= 0.5
    return rho


def refined(
    apply: Callable[[np.ndarray], np.ndarray],
    roughly: Callable[[np.ndarray, float], np.ndarray],
    rhs: np.ndarray,
    accuracy: float,
) -> np.ndarray:
    """X with apply(X) = rhs up to accuracy·‖rhs‖, from rough solutions; packed operators (D, D).

    roughly: the solution for a right-hand side of norm 1, to about the accuracy given, or less.
    """
    x, rest = np.zeros_like(rhs), rhs
    norm = size = float(np.linalg.norm(rhs))
    while size > accuracy * norm:
        x = x + size * roughly(rest / size, accuracy * norm / size)
        rest = rhs - apply(x)
        before, size = size, float(np.linalg.norm(rest))
        if not size < before / 2:  # rounding, or what `roughly` cannot invert
            break
    return x


class OperatorPerturbation(Protocol):
    """L₁ as a linear map of operators: mean_decay is κ = −Tr L₁/D²."""

    @property
    def dim(self) -> int:
        """D."""

    @property
    def mean_decay(self) -> float:
        """κ."""

    def apply(self, rho: np.ndarray) -> np.ndarray:
        """L₁ρ of Hermitian operators (..., D, D)."""


class Generator(Protocol):
    """L₀ on packed operators (D, D), with its zero modes V and W: L₀V = 0, WᵀL₀ = 0, WᵀV = 1.

    order: (D,), the model's basis states in the order of packed operators; zero_modes, left_modes:
    V and W as sparse rows (n_modes, D²), those of V of length one; traces: (n_modes,), of V; norm:
    at least ‖L₀‖; rounding: the largest norm of what is left of a mode in L₀V.
    """

    dim: int
    order: np.ndarray
    zero_modes: Any
    traces: np.ndarray
    norm: float
    rounding: float

    @property
    def left_modes(self) -> Any:
        """W."""

    @property
    def inverse_norm(self) -> float:
        """‖L₀⁻¹‖ (2-norm) beside the zero modes, to some 10 %."""

    def apply(self, packed: np.ndarray) -> np.ndarray:
        """L₀ of a packed operator (D, D)."""

    def without_zero_modes(self, packed: np.ndarray) -> np.ndarray:
        """(1 − VWᵀ) of a packed operator (D, D)."""

    def solve(self, rhs: np.ndarray, accuracy: float) -> np.ndarray:
        """X with L₀X = rhs up to accuracy·‖rhs‖ and WᵀX = 0, for rhs (D, D) with Wᵀrhs = 0."""

    def preconditioner(
        self, perturbation: OperatorPerturbation, eta: float
    ) -> Callable[[np.ndarray], np.ndarray]:
        """About the inverse of L₀ + ηL₁, of packed operators (D, D)."""
