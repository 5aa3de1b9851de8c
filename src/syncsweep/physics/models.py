"""The unperturbed models: spins whose Liouvillian has undamped oscillating coherences.

All energies and rates are in one unit, which the caller chooses. By default it is ω (spin-1s) or J
(the spin-1/2 pair), whose default is 1. ħ = 1, and √γ is absorbed in the jump operators.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, reduce

import numpy as np

from syncsweep.physics import arguments
from syncsweep.physics.double_double import DoubleDouble
from syncsweep.physics.lindbladian import Lindbladian, check_operators
from syncsweep.physics.spins import (
    local_dimension,
    lowering,
    on_each_site,
    on_site,
    raising,
    spin_tuple,
    sz,
)


@dataclass(frozen=True)
class Model:
    """An open system of N spins.

    spins: S of each site, (N,); hamiltonian: (D, D), Hermitian, jump_operators: (k, D, D), with
    D = ∏ (2S+1); hamiltonian_rest: (D, D) or None, the sum of H's terms minus its rounded value
    `hamiltonian`. It keeps the digits of a small term that shares entries with a large one. Lists,
    sparse matrices and operators of QuTiP become arrays; ValueError.

    >>> sz, lower = np.diag([0.5, -0.5]), [[0, 0], [1, 0]]
    >>> sync.Model("mine", spins=[0.5], hamiltonian=sz, jump_operators=[lower]).dim
    2
    """

    name: str
    spins: tuple[float, ...]
    hamiltonian: np.ndarray
    jump_operators: np.ndarray
    hamiltonian_rest: np.ndarray | None = None

    def __post_init__(self) -> None:
        """Check the arguments."""
        object.__setattr__(self, "spins", spin_tuple(self.spins))
        check_operators(self, self.spins)

    @property
    def n_sites(self) -> int:
        """Number of spins N."""
        return len(self.spins)

    @property
    def dim(self) -> int:
        """Dimension D of the Hilbert space."""
        return len(self.hamiltonian)

    @property
    def lindbladian(self) -> Lindbladian:
        """L₀ by its operators."""
        return Lindbladian(self.hamiltonian, self.jump_operators, self.hamiltonian_rest)


def _model(
    name: str, spins: tuple[float, ...], terms: list[np.ndarray], jump_operators: np.ndarray
) -> Model:
    """A model whose H is the sum of terms (D, D), in twice the working precision."""
    total = reduce(operator.add, map(DoubleDouble.of, terms))
    return Model(name, spins, total.high, jump_operators, total.low)


def _numbers(**parameters: float) -> list[float]:
    """The parameters of a model, which must be finite real numbers."""
    return [arguments.real(f"Argument `{name}`", value) for name, value in parameters.items()]


@cache
def _spin_operators(spins: tuple[float, ...]) -> list[list[np.ndarray]]:
    """S_j^z, S_j⁺ and S_j⁻ of each site; not to be changed."""
    return [on_each_site(one, spins) for one in (sz, raising, lowering)]


def spin1_chain(
    n_sites: int = 3, omega: float = 1.0, J: float = 0.5, delta: float = 0.5, gamma: float = 2.0
) -> Model:
    """Open chain of spin-1s (Eq. 6).

    H = ω Σ_j S_j^z + J Σ_j (S_j⁺S_{j+1}⁻ + H.c.) + Δ Σ_j S_j^z S_{j+1}^z, with the jump operators
    L_j = √γ (S_j^z)². J = delta = 0 gives decoupled spins.

    >>> sync.spin1_chain(n_sites=2).hamiltonian.shape
    (9, 9)
    """
    spins = (1,) * arguments.integer("Argument `n_sites`", n_sites, 1)
    omega, J, delta = _numbers(omega=omega, J=J, delta=delta)
    gamma = arguments.real("Argument `gamma`", gamma, 0)
    z, plus, minus = _spin_operators(spins)
    terms = [omega * np.sum(z, axis=0)]
    for j in range(n_sites - 1):
        hop = plus[j] @ minus[j + 1]
        terms += [J * (hop + hop.conj().T), delta * (z[j] @ z[j + 1])]
    jumps = np.array([np.sqrt(gamma) * z_j @ z_j for z_j in z])
    return _model("spin1_chain", spins, terms, jumps)


def spin_half_pair(J: float = 1.0, delta: float = 1.0, B: float = 0.3, gamma: float = 0.5) -> Model:
    """Two spin-1/2s with collective decay (Eqs. D1, D2).

    H = J(σ₁⁺σ₂⁻ + H.c.) + Δ σ₁^z σ₂^z + B(σ₁^z + σ₂^z) with Pauli matrices, and one jump operator
    L = γ(σ₁⁻ + σ₂⁻): γ itself, not its root.

    >>> sync.spin_half_pair(B=0.3).hamiltonian.real.round(1)
    array([[ 1.6,  0. ,  0. ,  0. ],
           [ 0. , -1. ,  1. ,  0. ],
           [ 0. ,  1. , -1. ,  0. ],
           [ 0. ,  0. ,  0. ,  0.4]])
    """
    spins = (0.5, 0.5)
    J, delta, B, gamma = _numbers(J=J, delta=delta, B=B, gamma=gamma)
    half_z, plus, minus = _spin_operators(spins)
    z = [2 * one for one in half_z]
    hop = plus[0] @ minus[1]
    terms = [J * (hop + hop.conj().T), delta * (z[0] @ z[1]), B * (z[0] + z[1])]
    return _model("spin_half_pair", spins, terms, gamma * np.array([minus[0] + minus[1]]))


def two_spin1s(omega: float = 1.0, gamma_1_gain: float = 1.0, gamma_2_damp: float = 1.0) -> Model:
    """Two decoupled spin-1s, one with gain and one with damping (Eq. E1).

    H = ω(S₁^z + S₂^z), with the jump operators L₁ᵍ = √(γ₁ᵍ/2) S₁⁺S₁^z = −√γ₁ᵍ |0⟩⟨−1| on site 1
    and L₂ᵈ = √(γ₂ᵈ/2) S₂⁻S₂^z = √γ₂ᵈ |0⟩⟨1| on site 2.
    """
    (omega,) = _numbers(omega=omega)
    gain = arguments.real("Argument `gamma_1_gain`", gamma_1_gain, 0)
    damping = arguments.real("Argument `gamma_2_damp`", gamma_2_damp, 0)
    terms = [omega * np.sum(_spin_operators((1, 1))[0], axis=0)]
    return _model("two_spin1s", (1, 1), terms, np.array([_gain(gain, 0), _damping(damping, 1)]))


def two_spin1s_perturbation(
    epsilon: float, delta_1: float, delta_2: float, gamma_1_damp: float, gamma_2_gain: float
) -> tuple[np.ndarray, np.ndarray]:
    """The coupling and the missing jump operators of `two_spin1s` (Eq. E2): (9, 9), (2, 9, 9).

    H₍₁₎ = (iε/2)(S₁⁺S₂⁻ − S₁⁻S₂⁺) + Δ₁S₁^z + Δ₂S₂^z, with the jump operators
    √(γ₁ᵈ/2) S₁⁻S₁^z = √γ₁ᵈ |0⟩⟨1| on site 1 and √(γ₂ᵍ/2) S₂⁺S₂^z = −√γ₂ᵍ |0⟩⟨−1| on site 2.
    """
    z, plus, minus = _spin_operators((1, 1))
    exchange = 0.5j * epsilon * (plus[0] @ minus[1] - minus[0] @ plus[1])
    hamiltonian = exchange + delta_1 * z[0] + delta_2 * z[1]
    return hamiltonian, np.array([_damping(gamma_1_damp, 0), _gain(gamma_2_gain, 1)])


def _gain(gamma: float, site: int) -> np.ndarray:
    """√(γ/2) S⁺S^z on one of two spin-1s, which leaves |−1⟩ for |0⟩ at rate γ."""
    return np.sqrt(gamma / 2) * _toward_0(site, raising)


def _damping(gamma: float, site: int) -> np.ndarray:
    """√(γ/2) S⁻S^z on one of two spin-1s, which leaves |1⟩ for |0⟩ at rate γ."""
    return np.sqrt(gamma / 2) * _toward_0(site, lowering)


@cache
def _toward_0(site: int, ladder: Callable[[float], np.ndarray]) -> np.ndarray:
    """S^±S^z on one of two spin-1s; not to be changed."""
    return on_site(ladder(1) @ sz(1), site, (1, 1))


#: The models by the names that a configuration uses.
MODELS: dict[str, Callable[..., Model]] = {
    "spin1_chain": spin1_chain,
    "spin_half_pair": spin_half_pair,
    "two_spin1s": two_spin1s,
}


def spin_flip(model: Model) -> np.ndarray:
    """Global spin flip P = ⊗_j Σ_m |m⟩⟨−m| (below Eq. 6), shape (D, D)."""
    return reduce(np.kron, [np.fliplr(np.eye(local_dimension(spin))) for spin in model.spins])


def magnetization(model: Model) -> np.ndarray:
    """Total magnetisation M = Σ_j S_j^z, shape (D, D)."""
    return np.sum(on_each_site(sz, model.spins), axis=0)
