"""χ of an angle configuration (Eqs. 9, D6), its samples, and P_a."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import pi

import numpy as np

from syncsweep.physics import arguments


def chi(angles: np.ndarray) -> np.ndarray:
    """χ_N of angle configurations, in [0, 1] and uniform there for uniform angles.

    angles: (..., N) in rad, N ≥ 2; only differences modulo 2π matter. With w = φ − mean(φ) on each
    of the N cuts of the sorted circle,
    χ_N = {min over cuts of max_k N·(sum of the k largest w)/[πk(N−k)]}^{N−1}, k = 1 … N−1,
    which is Eq. D6 for N = 2 and Eq. 9 for N = 3.
    """
    n = angles.shape[-1]
    if n < 2:
        raise ValueError(f"Argument `angles` must have shape (..., N ≥ 2), but has {angles.shape}.")
    # Few angles of many configurations: each step is for all configurations at once.
    ordered = np.moveaxis(np.sort(np.mod(angles, 2 * pi), axis=-1), -1, 0).copy()
    turned = ordered + 2 * pi
    smallest = np.full(angles.shape[:-1], np.inf)
    for cut in range(n):
        # Cutting the circle behind angle `cut` moves the first `cut` angles one turn up.
        unrolled = [*ordered[cut:], *turned[:cut]]
        mean = sum(unrolled) / n
        largest_sum = spread = np.zeros(angles.shape[:-1])
        for k in range(1, n):
            largest_sum = largest_sum + (unrolled[-k] - mean)
            spread = np.maximum(spread, n * largest_sum / (pi * k * (n - k)))
        smallest = np.minimum(smallest, spread)
    return np.clip(smallest, 0.0, 1.0) ** (n - 1)


@dataclass(frozen=True)
class ChiSample:
    """χ values drawn from the region where S_d − u ≥ r·S_max, for each of n_eta distributions.

    chi: (n_points,) at the points of the grid in the region of at least one of them; weights:
    (n_eta, n_points), zero outside its own region; rows sum to one, or are NaN without locking.

    >>> (chi.weights @ chi.chi).round(2)  # the mean of χ
    array([0.95, 0.95, 0.12])
    """

    chi: np.ndarray
    weights: np.ndarray

    @cached_property
    def is_defined(self) -> np.ndarray:
        """Which distributions have a χ at all, (n_eta,)."""
        return self.weights.sum(axis=1) > 0


def pairwise_differences(angles: np.ndarray) -> np.ndarray:
    """|φ_j − φ_k| on the circle, in [0, π], for all pairs j < k: (..., N) to (..., N(N−1)/2)."""
    j, k = np.triu_indices(angles.shape[-1], 1)
    return np.abs(np.mod(angles[..., j] - angles[..., k] + pi, 2 * pi) - pi)


def interval_probabilities(
    chi_values: np.ndarray, weights: np.ndarray, intervals: Sequence[tuple[float, float]]
) -> np.ndarray:
    """Probability P_a that χ lies in the closed interval a.

    chi_values: (n_points,); weights: (..., n_points), rows summing to one; returns (..., n_a).

    >>> sync.interval_probabilities(chi.chi, chi.weights, [(0, 0.5), (0.5, 1)]).round(2).tolist()
    [[0.0, 1.0], [0.0, 1.0], [1.0, 0.0]]
    """
    chi_values = arguments.numbers("Argument `chi_values`", chi_values, "n_points")
    weights = arguments.numbers("Argument `weights`", weights, "...", len(chi_values))
    low, high = arguments.numbers("Argument `intervals`", intervals, "n_a", 2).T[:, :, None]
    inside = (chi_values >= low) & (chi_values <= high)
    # Sums of weights may exceed one by their rounding; a probability must not.
    return np.minimum(weights @ inside.astype(float).T, 1.0)
