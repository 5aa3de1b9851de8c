"""The unperturbed models: spins whose Liouvillian has undamped oscillating coherences.

Every energy and rate is in units of the model's own scale (ω for the spin-1 chain, J for the
spin-1/2 pair), ħ = 1; √γ is absorbed in the jump operators.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce

import numpy as np

from syncsweep.physics.spins import lowering, on_site, raising, sz


@dataclass(frozen=True)
class Model:
    """An open system of `n_sites` equal spins.

    hamiltonian: (D, D), jump_operators: (k, D, D), with D = (2·spin+1)^n_sites.
    """

    name: str
    spin: float
    n_sites: int
    hamiltonian: np.ndarray
    jump_operators: np.ndarray

    @property
    def dim(self) -> int:
        """Dimension D of the Hilbert space."""
        return len(self.hamiltonian)


def _sites(operator: np.ndarray, n_sites: int) -> list[np.ndarray]:
    return [on_site(operator, site, n_sites) for site in range(n_sites)]


def spin1_chain(
    n_sites: int = 3, omega: float = 1.0, J: float = 0.5, delta: float = 0.5, gamma: float = 2.0
) -> Model:
    """Open chain of spin-1s (Eq. 6), in units of ω.

    H = ω Σ_j S_j^z + J Σ_j (S_j⁺S_{j+1}⁻ + H.c.) + Δ Σ_j S_j^z S_{j+1}^z, with the jump operators
    L_j = √γ (S_j^z)². J = delta = 0 gives decoupled spins.
    """
    z = _sites(sz(1), n_sites)
    plus, minus = _sites(raising(1), n_sites), _sites(lowering(1), n_sites)
    hamiltonian = omega * np.sum(z, axis=0)
    for j in range(n_sites - 1):
        hop = plus[j] @ minus[j + 1]
        hamiltonian = hamiltonian + J * (hop + hop.conj().T) + delta * z[j] @ z[j + 1]
    jumps = np.array([np.sqrt(gamma) * z_j @ z_j for z_j in z])
    return Model("spin1_chain", 1, n_sites, hamiltonian, jumps)


def spin_half_pair(J: float = 1.0, delta: float = 1.0, B: float = 0.3, gamma: float = 0.5) -> Model:
    """Two spin-1/2s with collective decay (Eqs. D1, D2), in units of J.

    H = J(σ₁⁺σ₂⁻ + H.c.) + Δ σ₁^z σ₂^z + B(σ₁^z + σ₂^z) with Pauli matrices, and one jump operator
    L = γ(σ₁⁻ + σ₂⁻): γ itself, not its root.
    """
    z = _sites(2 * sz(0.5), 2)
    plus, minus = _sites(raising(0.5), 2), _sites(lowering(0.5), 2)
    hop = plus[0] @ minus[1]
    hamiltonian = J * (hop + hop.conj().T) + delta * z[0] @ z[1] + B * (z[0] + z[1])
    return Model("spin_half_pair", 0.5, 2, hamiltonian, gamma * np.array([minus[0] + minus[1]]))


#: The models by the names that a configuration uses.
MODELS: dict[str, Callable[..., Model]] = {
    "spin1_chain": spin1_chain,
    "spin_half_pair": spin_half_pair,
}


def spin_flip(model: Model) -> np.ndarray:
    """Global spin flip P = ⊗_j Σ_m |m⟩⟨−m| (below Eq. 6), shape (D, D)."""
    flip = np.fliplr(np.eye(int(2 * model.spin) + 1))
    return reduce(np.kron, [flip] * model.n_sites)


def magnetization(model: Model) -> np.ndarray:
    """Total magnetization M = Σ_j S_j^z, shape (D, D)."""
    return np.sum(_sites(sz(model.spin), model.n_sites), axis=0)
