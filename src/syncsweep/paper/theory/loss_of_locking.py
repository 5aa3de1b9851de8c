"""The η at which a chain loses its locking: from solved samples, and to first order in η.

ℛ is the share of S_d that has the form of the zero modes of L₀, see `locking_window`. η_½ is where
Λ = (⟨ℛ⟩(η) − ⟨ℛ⟩(∞))/(1 − ⟨ℛ⟩(∞)) is 1/2, so where ⟨ℛ(η) − [1 + ℛ(∞)]/2⟩ vanishes.

To first order ρ = ρ₀ + ηρ₁. With ρ = Vc + X and c = c₀ + CX as in `physics.split_form`, ρ₀ = Vc₀
and ρ₁ = X₁ + VCX₁, where X₁ = −L₀⁻¹QL₁Vc₀. So one L₀⁻¹ gives S_d at all η. For η → ∞ it
has the form of ρ₁, so ℛ(∞) is that of ρ₁.
"""

from __future__ import annotations

import numpy as np

from syncsweep.paper.theory.locking_window import locked_share
from syncsweep.physics.dephasing import DephasingGenerator
from syncsweep.physics.generator import OperatorPerturbation
from syncsweep.physics.split_form import SplitForm

#: Relative accuracy of L₀⁻¹ in first order.
ACCURACY = 1e-5

#: Values of η per decade at which S_d is taken to first order, and powers of ten of the first and
#: of the last, in the unit of η.
_PER_DECADE, _FIRST, _LAST = 20, -12, 2


def first_order(generator: DephasingGenerator, perturbation: OperatorPerturbation) -> np.ndarray:
    """ρ₀ and ρ₁ of L₀ + ηL₁, (2, D, D); ρ₀ is NaN if L₁ does not tell the zero modes apart."""
    split = SplitForm(generator, perturbation)
    if not split.source.any():
        return np.full((2, generator.dim, generator.dim), np.nan, dtype=complex)
    x = -generator.solve(split.source, ACCURACY)
    limit = split.state(np.zeros_like(x), np.zeros(len(generator.traces)))
    return np.array([limit, split.state(x, split.rest(x)[1]) - limit])


def half_in_first_order(coefficients: np.ndarray, directions: np.ndarray) -> tuple[float, float]:
    """η_½ and its error, from the coefficients of S_d of ρ₀ and ρ₁ of n samples, (n, 2, n_k).

    directions: as `locked_directions` gives them; error and NaN: as of `half`.
    """
    known = coefficients[np.isfinite(coefficients).all(axis=(1, 2))]
    etas = np.logspace(_FIRST, _LAST, (_LAST - _FIRST) * _PER_DECADE + 1)
    limit, change = known[:, 0], known[:, 1]
    shares = [locked_share(limit + eta * change, directions) for eta in etas]
    return half(etas, np.array(shares).T, locked_share(change, directions))


def half(etas: np.ndarray, shares: np.ndarray, infinity: np.ndarray) -> tuple[float, float]:
    """η_½ and its error, from ℛ of n samples at ascending η > 0, (n, n_eta), and from ℛ(∞), (n,).

    Linear in ln η between two η. The standard error is by the delta method: that of the mean of
    ℛ − [1 + ℛ(∞)]/2 at η_½, divided by its slope. NaN if Λ does not cross 1/2 within the η.
    """
    above = shares - (1 + infinity[:, None]) / 2
    means = above.mean(axis=0) if len(above) else np.zeros(0)
    after = int(np.argmax(means < 0)) if np.any(means < 0) else 0
    if after == 0:
        return float("nan"), float("nan")
    logs = np.log(etas[after - 1 : after + 1])
    fall = means[after - 1] - means[after]
    weight = means[after - 1] / fall
    at_half = (1 - weight) * above[:, after - 1] + weight * above[:, after]
    value = float(np.exp(logs[0] + weight * (logs[1] - logs[0])))
    spread = float(at_half.std(ddof=1)) if len(at_half) > 1 else float("nan")
    error = value * spread / np.sqrt(len(at_half)) * (logs[1] - logs[0]) / fall
    return value, float(error)
