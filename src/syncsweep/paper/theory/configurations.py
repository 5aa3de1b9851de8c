"""Named configurations of three angles, and the two types of synchronisation they make up.

In the limit η → 0⁺ of the chain, S_d = 1/4π² + (b/16π²)·[cos 2φ'₁ + cos 2φ'₂ + cos 2(φ'₁ − φ'₂)].
All its maxima are equal. For b > 0 they are one at (0, 0, 0) and three at (0, 0, π); for b < 0 they
are six at (0, π/3, −π/3) and two at (0, 2π/3, −2π/3) (below Eq. 8, with b = c₀₊/4 − c₀₋/3 in place
of its c₀₊ − c₀₋).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations
from math import pi

import numpy as np

from syncsweep.physics.chi import chi, interval_probabilities
from syncsweep.physics.phase_distribution import relative_frequencies


@dataclass(frozen=True)
class Configuration:
    """Angles (N,) in rad that stand for all their permutations and common rotations."""

    name: str
    angles: tuple[float, ...]

    @property
    def chi(self) -> float:
        """χ of the configuration; see `measures.chi`."""
        return float(chi(np.array(self.angles)))


IN_STEP = Configuration("(0, 0, 0)", (0.0, 0.0, 0.0))
ONE_OPPOSITE = Configuration("(0, 0, π)", (0.0, 0.0, pi))
FAN = Configuration("(0, π/3, −π/3)", (0.0, pi / 3, -pi / 3))
STAR = Configuration("(0, 2π/3, −2π/3)", (0.0, 2 * pi / 3, -2 * pi / 3))

CONFIGURATIONS = (IN_STEP, ONE_OPPOSITE, FAN, STAR)

#: Any two of CONFIGURATIONS are π/3 apart, so nearer than this to one is nearer than to the others.
NEAR = pi / 6


@dataclass(frozen=True)
class SynchronizationType:
    """A type of synchronisation: the configurations of its maxima and how many each has."""

    name: str
    maxima: tuple[tuple[Configuration, int], ...]

    def interval_probabilities(self, intervals: Sequence[tuple[float, float]]) -> np.ndarray:
        """P_a of the closed `intervals` (n_a,) of χ for r → 1, where all maxima weigh the same."""
        counts = np.array([count for _, count in self.maxima])
        values = np.array([configuration.chi for configuration, _ in self.maxima])
        return interval_probabilities(values, counts / counts.sum(), intervals)


ZERO_PI = SynchronizationType("(0, π)", ((IN_STEP, 1), (ONE_OPPOSITE, 3)))
PI_THIRDS = SynchronizationType("π/3", ((FAN, 6), (STAR, 2)))

TYPES = (ZERO_PI, PI_THIRDS)


def distance(angles: np.ndarray, configuration: Configuration) -> np.ndarray:
    """How far configurations are from a named one, in [0, π).

    angles: (..., N) in rad; returns (...). It is the smallest δ for which some permutation and some
    common rotation bring every angle within δ of its place on the circle.
    """
    n = len(configuration.angles)
    if angles.shape[-1] != n:
        raise ValueError(
            f"Argument `angles` must have shape (..., {n}), but has shape {angles.shape}."
        )
    orders = np.array(list(permutations(range(n))))
    offsets = np.sort(np.mod(angles[..., orders] - np.array(configuration.angles), 2 * pi), axis=-1)
    # The best rotation lies in the middle of the shortest arc with all offsets.
    gaps = np.diff(offsets, axis=-1, append=offsets[..., :1] + 2 * pi)
    return (2 * pi - gaps.max(axis=-1)).min(axis=-1) / 2


def nearest(
    angles: np.ndarray, configurations: Sequence[Configuration]
) -> tuple[np.ndarray, np.ndarray]:
    """Which of `configurations` is nearest, and how far it is; see `distance`.

    angles: (..., N) in rad; returns its indices (...) and distances (...) in rad.
    """
    distances = np.stack([distance(angles, named) for named in configurations], axis=-1)
    return distances.argmin(axis=-1), distances.min(axis=-1)


def type_of_maxima(angles: np.ndarray) -> SynchronizationType | None:
    """The type that has just these maxima, or None.

    angles: (n, 2), the maxima's φ'_1 and φ'_2 in rad. Each must be within NEAR of a configuration
    of the type, and each configuration must occur as often as it does in the type.
    """
    indices, distances = nearest(np.column_stack([angles, np.zeros(len(angles))]), CONFIGURATIONS)
    if np.any(distances >= NEAR):
        return None
    found = Counter(CONFIGURATIONS[index] for index in indices.tolist())
    return next((kind for kind in TYPES if found == dict(kind.maxima)), None)


def limit_amplitude(coefficients: np.ndarray) -> np.ndarray:
    """The b of S_d (see above), dimensionless: its projection on the three cosines.

    coefficients: (..., 10), of three spin-1s at `relative_frequencies`; returns (...). For η > 0
    S_d has other waves too, which do not enter.
    """
    frequencies = relative_frequencies((1, 1, 1)).tolist()
    if coefficients.shape[-1] != len(frequencies):
        raise ValueError(
            f"Argument `coefficients` must have shape (..., {len(frequencies)}), but has shape "
            f"{coefficients.shape}."
        )
    waves = [frequencies.index(k) for k in ([2, 0], [0, 2], [2, -2])]
    return 32 * pi**2 * coefficients[..., waves].real.mean(axis=-1)


def type_of_amplitude(b: float) -> SynchronizationType | None:
    """The type in the limit η → 0⁺: (0, π) for b > 0, π/3 for b < 0, None where b is 0 or NaN."""
    if b > 0:
        return ZERO_PI
    return PI_THIRDS if b < 0 else None
