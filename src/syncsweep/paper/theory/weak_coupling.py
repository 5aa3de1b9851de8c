"""Two weakly coupled spin-1s to leading order: the state in which App. E's perturbation locks them.

All perturbations ε, Δ₁, Δ₂, γ₁ᵈ, γ₂ᵍ of Eq. E2 are small of the same order beside ω, γ₁ᵍ, γ₂ᵈ of
Eq. E1. Only their ratios enter the limit, so they may be given in any common unit.

Derivation. Without the perturbation the populations of |1,0⟩, |1,−1⟩, |0,0⟩, |0,−1⟩ and the
coherence c = ⟨0,0|ρ|1,−1⟩ (Eq. E4) are stationary; Eq. E2 moves them slowly, with
⟨1,−1|H₍₁₎|0,0⟩ = iε:

- ċ = ε(p₀₀ − p₁₋₁) − (Γ/2 − iδ)c, with Γ = γ₁ᵈ + γ₂ᵍ and δ = Δ₁ − Δ₂;
- ṗ₁₋₁ = 2ε Re c − Γp₁₋₁, and what leaves |1,−1⟩ returns to |0,0⟩ by way of |0,−1⟩, where it
  stays with p₀₋₁ = (γ₁ᵈ/γ₂ᵍ)p₁₋₁, or of |1,0⟩, with p₁₀ = (γ₂ᵍ/γ₁ᵈ)p₁₋₁.

At rest p₁₋₁ = κ(p₀₀ − p₁₋₁) with κ = ε²/(Γ²/4 + δ²), and the four populations add up to one.
"""

from __future__ import annotations

from math import pi, sqrt

import numpy as np
from numpy.typing import ArrayLike

#: S_max/|c|: twice 2π times the weights 3/(16√2) of |0⟩⟨1| and of |0⟩⟨−1| on the two sites.
S_MAX_PER_COHERENCE = 9 * pi / 128


def leading_coherence(
    epsilon: ArrayLike, delta: ArrayLike, gamma_1_damp: float, gamma_2_gain: float
) -> np.ndarray:
    """⟨0,0|ρ|1,−1⟩ = c = [ε/(Γ/2 − iδ)]/[1 + κΓ²/(γ₁ᵈγ₂ᵍ)], in the limit of weak coupling.

    epsilon: ε and delta: δ = Δ₁ − Δ₂, of shapes that broadcast to that of c, which is complex;
    gamma_1_damp: γ₁ᵈ and gamma_2_gain: γ₂ᵍ, positive. Γ and κ as at the head of this module.
    """
    total = _total_rate(gamma_1_damp, gamma_2_gain)
    epsilon, delta = np.asarray(epsilon, dtype=float), np.asarray(delta, dtype=float)
    kappa = epsilon**2 / (total**2 / 4 + delta**2)
    saturation = 1 + kappa * total**2 / (gamma_1_damp * gamma_2_gain)
    return epsilon / (total / 2 - 1j * delta) / saturation


def leading_distribution(coherence: complex, phi: np.ndarray) -> np.ndarray:
    """S_d(φ′) = 1/2π + (9π/128)|c| cos(φ′ − arg c) in rad⁻¹ at angles φ′ = `phi` (...) in rad."""
    amplitude = S_MAX_PER_COHERENCE * abs(coherence)
    return 1 / (2 * pi) + amplitude * np.cos(phi - np.angle(coherence))


def locking_angle(
    epsilon: ArrayLike, delta: ArrayLike, gamma_1_damp: float, gamma_2_gain: float
) -> np.ndarray:
    """φ′ at the maximum of S_d: arctan(2δ/Γ), plus π if ε < 0; in [0, 2π), NaN where ε = 0.

    The arguments are those of `leading_coherence`, whose argument this is.
    """
    total = _total_rate(gamma_1_damp, gamma_2_gain)
    epsilon, delta = np.asarray(epsilon, dtype=float), np.asarray(delta, dtype=float)
    turn = np.select([epsilon > 0, epsilon < 0], [0.0, pi], np.nan)
    return np.mod(np.arctan(2 * delta / total) + turn, 2 * pi)


def largest_coherence(gamma_1_damp: float, gamma_2_gain: float) -> float:
    """Largest |c| over all ε, √(γ₁ᵈγ₂ᵍ)/(2Γ) ≤ 1/4, whatever δ is."""
    return sqrt(gamma_1_damp * gamma_2_gain) / (2 * _total_rate(gamma_1_damp, gamma_2_gain))


def best_coupling(delta: float, gamma_1_damp: float, gamma_2_gain: float) -> float:
    """The ε > 0 of the largest |c|: κ = γ₁ᵈγ₂ᵍ/Γ², so ε = √(γ₁ᵈγ₂ᵍ(1/4 + δ²/Γ²))."""
    total = _total_rate(gamma_1_damp, gamma_2_gain)
    return sqrt(gamma_1_damp * gamma_2_gain * (0.25 + (delta / total) ** 2))


def _total_rate(gamma_1_damp: float, gamma_2_gain: float) -> float:
    """Γ; ValueError unless both rates are positive."""
    for name, rate in (("gamma_1_damp", gamma_1_damp), ("gamma_2_gain", gamma_2_gain)):
        if not rate > 0:
            raise ValueError(f"Argument `{name}` must be positive, but is {rate!r}.")
    return gamma_1_damp + gamma_2_gain
