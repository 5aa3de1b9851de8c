"""Readings of "S_d above r·S_max" (below Eq. 9) that differ from that of `measures.sample_chi`.

`sample_chi` samples χ where S_d − u ≥ r·S_max with the refined maximum. One may also take the
maximum of the grid on which χ is sampled, or S_d ≥ r·max S_d, which leaves the uniform background
u = (1/2π)^{N−1} in.
"""

from __future__ import annotations

from math import pi

import numpy as np

from syncsweep.physics.angle_lattice import lattice
from syncsweep.physics.chi import ChiSample, chi
from syncsweep.physics.phase_distribution import deviation


def chi_above(
    coefficients: np.ndarray,
    frequencies: np.ndarray,
    level: np.ndarray,
    points: int,
    shift: np.ndarray,
) -> ChiSample:
    """χ on a grid where S_d − u ≥ `level`, weighted by S_d.

    coefficients: (n_eta, n_k), at `frequencies` (n_k, N−1); level: (n_eta,); points: per angle;
    shift: (N−1,), offset of the grid in units of its spacing. Weights are NaN where no point lies
    above the level.
    """
    n_angles = frequencies.shape[1]
    angles = lattice(n_angles, points) + 2 * pi / points * np.asarray(shift)
    heights = deviation(coefficients, frequencies, angles)
    inside = heights >= level[:, None]
    used = inside.any(axis=0)
    weights = np.where(inside[:, used], coefficients[:, :1].real + heights[:, used], 0.0)
    total = weights.sum(axis=1, keepdims=True)
    weights /= np.where(total > 0, total, np.nan)
    last = np.zeros((int(used.sum()), 1))
    return ChiSample(chi(np.hstack([angles[used], last])), weights)


def grid_maximum(coefficients: np.ndarray, frequencies: np.ndarray, points: int) -> np.ndarray:
    """Largest S_d − u on the grid from φ' = 0 with so many points per angle, (n_eta,)."""
    angles = lattice(frequencies.shape[1], points)
    return deviation(coefficients, frequencies, angles).max(axis=1)
