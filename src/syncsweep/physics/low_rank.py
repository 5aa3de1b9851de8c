"""Perturbations by their few operators, applied in products of (D, D) matrices."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy import sparse

from syncsweep.physics import arguments
from syncsweep.physics.lindbladian import Perturbation
from syncsweep.physics.perturbation import perturbation_of

#: Operators with a smaller share of entries than this are multiplied as sparse matrices.
_SPARSE = 1 / 32


@dataclass(frozen=True)
class LowRank:
    """L₁ = −i[V, ·] + Σ_μ (L_μ·L_μ† − ½{L_μ†L_μ, ·}), for which no (D², D²) matrix is needed.

    hamiltonian: V (D, D), Hermitian; jump_operators: L_μ (r, D, D), r ≥ 0. They may have any form
    that a `Lindbladian` takes; ArgumentError.
    """

    hamiltonian: np.ndarray
    jump_operators: np.ndarray

    def __post_init__(self) -> None:
        """Check the arguments."""
        hamiltonian = arguments.hermitian("Argument `hamiltonian`", self.hamiltonian)
        name, dim = "Argument `jump_operators`", len(hamiltonian)
        jumps = arguments.operators(name, self.jump_operators, dim)
        object.__setattr__(self, "hamiltonian", hamiltonian)
        object.__setattr__(self, "jump_operators", jumps)

    @property
    def dim(self) -> int:
        """Dimension D of the Hilbert space."""
        return len(self.hamiltonian)

    @cached_property
    def mean_decay(self) -> float:
        """κ = −Tr L₁/D² = Σ_μ ‖L_μ − Tr L_μ/D‖²/D (Frobenius norm)."""
        jumps = self.jump_operators.copy()
        places = np.arange(self.dim)
        jumps[:, places, places] -= np.trace(jumps, axis1=1, axis2=2)[:, None] / self.dim
        return float(np.vdot(jumps, jumps).real / self.dim)

    @cached_property
    def _products(self) -> tuple[Any, list[Any]]:
        """−iV − ½Σ L_μ†L_μ and the L_μ, each dense or sparse."""
        jumps = [_quickest(jump) for jump in self.jump_operators]
        drift = -1j * self.hamiltonian
        for jump in jumps:
            rate: Any = jump.conj().T @ jump
            drift -= (rate.toarray() if sparse.issparse(jump) else rate) / 2
        return _quickest(drift), jumps

    def apply(self, rho: np.ndarray) -> np.ndarray:
        """L₁[ρ] of Hermitian operators ρ (..., D, D), Hermitian to the last bit."""
        if rho.ndim > 2:
            flat = [self.apply(one) for one in rho.reshape(-1, self.dim, self.dim)]
            return np.array(flat, complex).reshape(rho.shape)
        drift, jumps = self._products
        half = drift @ rho
        for jump in jumps:
            half += jump @ (jump @ rho).conj().T / 2
        return half + half.conj().T

    def dense(self) -> Perturbation:
        """The same with a real (D², D²) matrix of its dissipator, for small D."""
        return perturbation_of(self.hamiltonian, self.jump_operators)

    def matrix(self) -> np.ndarray:
        """L₁, real (D², D²) in the Hermitian basis, for small D."""
        return self.dense().matrix()


def _quickest(operator: np.ndarray) -> Any:
    """An operator (D, D) in the form in which its products with dense matrices take least time."""
    few = np.count_nonzero(operator) < _SPARSE * operator.size
    return sparse.csr_array(operator) if few else operator
