"""S_d in the limit η → 0⁺: one function of the angles, times one number b of the realisation.

`weak_limit` gives the state Σ_α c_α ρ_α of a realisation. This module gives its S_d, S_max and χ.
The sign of b decides the type of synchronisation: (0, π) for b > 0 and π/3 for b < 0 in the chain
of three.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import pi

import numpy as np

from syncsweep.physics.angle_lattice import lattice
from syncsweep.physics.chi import interval_probabilities
from syncsweep.physics.chi_sampling import sample_chi
from syncsweep.physics.measures import s_max
from syncsweep.physics.phase_distribution import relative_frequencies, relative_phase_coefficients
from syncsweep.physics.weak_limit import Sector

#: Coefficients of S_d below this are rounding.
_ROUNDING = 1e-12

#: Independent sets of shifts of the χ grid, whose spread gives the error of their mean.
_SETS = 16


@dataclass(frozen=True)
class LimitDistribution:
    """S_d of all states Σ_α c_α ρ_α: uniform but for b times one function of the angles.

    weights: (n,), b = Σ_α weights_α c_α. frequencies: (n_k, N−1); shape: (n_k,) complex, the
    coefficients of the function, 0 at k = 0. heights: (2,), S_max/|b| for b > 0 and for b < 0
    [rad^{1−N}].
    """

    frequencies: np.ndarray
    weights: np.ndarray
    shape: np.ndarray
    heights: np.ndarray

    def coefficients(self, b: np.ndarray) -> np.ndarray:
        """Coefficients of S_d (..., n_k) for b (...,)."""
        uniform = np.zeros(len(self.shape))
        uniform[0] = (2 * pi) ** -self.frequencies.shape[1]
        return uniform + np.asarray(b)[..., None] * self.shape

    def s_max(self, b: np.ndarray) -> np.ndarray:
        """S_max (...,) for b (...,)."""
        return np.abs(b) * np.where(b > 0, *self.heights)


def limit_distribution(sectors: Sequence[Sector], spins: tuple[float, ...]) -> LimitDistribution:
    """S_d of the sectors' steady states, with b = c₀₊/D₀₊ − c₀₋/D₀₋ (chain) or b = c₋ (pair).

    For the chain of three this corrects Eqs. 7 and 8: S_max = 3b/16π² for b > 0 and 3|b|/32π² for
    b < 0. ValueError if the steady states' distributions differ in more than one function.
    """
    states = np.stack([sector.steady_state for sector in sectors])
    deviations = relative_phase_coefficients(states, spins)
    deviations[:, 0] = 0
    sizes = np.linalg.norm(deviations, axis=1)
    first = int(np.argmax(sizes > _ROUNDING))
    shape = deviations[first] * sectors[first].support.shape[1]
    weights = (deviations @ shape.conj()).real / np.vdot(shape, shape).real
    if not np.allclose(deviations, weights[:, None] * shape, rtol=0, atol=_ROUNDING):
        raise ValueError("Argument `sectors` must differ in one function of the angles only.")
    frequencies = relative_frequencies(spins)
    heights = s_max(np.stack([shape, -shape]), frequencies).s_max
    return LimitDistribution(frequencies, weights, shape, heights)


def type_probabilities(
    distribution: LimitDistribution,
    b: np.ndarray,
    threshold: float,
    intervals: Sequence[tuple[float, float]],
    rng: np.random.Generator,
    shifts: int = 1024,
) -> np.ndarray:
    """Means of `sample_chi`'s P_a over the shifts of its grid, for b (n_b,), (n_sets, n_b, n_a).

    threshold, intervals: as for `sample_chi` and `interval_probabilities`; shifts: about how many.
    Each of the 16 sets is a lattice of shifts with a random offset of its own. So the spread of
    their results shows how accurate their mean is, apart from the small bias of `sample_chi`. P_a
    depends on the sign of b. It depends only weakly on |b|, through the weights S_d.
    """
    coefficients = distribution.coefficients(b)
    maximum = s_max(coefficients, distribution.frequencies)
    n_angles = distribution.frequencies.shape[1]
    per_angle = max(1, round((shifts / _SETS) ** (1 / n_angles)))
    offsets = rng.random((_SETS, n_angles)) / per_angle
    sets = offsets[:, None] + lattice(n_angles, per_angle) / (2 * pi)

    def probabilities(shift: np.ndarray) -> np.ndarray:
        chi = sample_chi(coefficients, distribution.frequencies, maximum, threshold, shift)
        return interval_probabilities(chi.chi, chi.weights, intervals)

    return np.array([np.mean([probabilities(shift) for shift in one], axis=0) for one in sets])
