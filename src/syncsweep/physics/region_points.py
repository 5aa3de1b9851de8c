"""Random points in the region of χ, for five and more spins.

At r = 0.95 the region S_d − u ≥ r·S_max around one maximum of six spins is 1e-6 of all angles. A
regular grid with some points in it would have 10⁸ points. So points are drawn near the maxima at
which S_d − u ≥ r·S_max. Around each of them, the region is an ellipsoid in second order. Points are
drawn in this ellipsoid, and fewer of them up to 2.2 times as far from the maximum. A point in the
region then weighs S_d, divided by the density with which the ellipsoids of all maxima draw it.
Where regions overlap, or are no ellipsoids, this keeps the shares right. docs/decisions/0007 has
the numbers.
"""

from __future__ import annotations

from math import pi

import numpy as np
from scipy.spatial import cKDTree

from syncsweep.physics.measures import Maximum, curvatures, local_maxima
from syncsweep.physics.phase_distribution import deviation

#: Points drawn for each distribution.
_DRAWS = 1024

#: A point is drawn uniformly in one of these enlarged ellipsoids, with these probabilities.
_RADII = np.array([1.1, 1.35, 1.7, 2.2])
_PROBABILITIES = np.array([0.5, 0.3, 0.15, 0.05])

#: Longest semi-axis of an ellipsoid [rad]: enlarged, it must fit into the torus.
_LONGEST = 1.2

#: Pairs of points and maxima in memory at once.
_PAIRS_AT_ONCE = 2**18


def generator_of(shift: np.ndarray) -> np.random.Generator:
    """The random generator that belongs to the offset (N−1,) of a grid."""
    return np.random.default_rng(np.ascontiguousarray(shift, dtype=float).view(np.uint64))


def points_near_maxima(
    coefficients: np.ndarray,
    frequencies: np.ndarray,
    maximum: Maximum,
    level: np.ndarray,
    share: float,
    shift: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Points in the region of each distribution, and their weights.

    coefficients: (n_eta, n_k); frequencies: (n_k, N−1); level: (n_eta,), share·S_max, or NaN where
    there is no region; shift: (N−1,) in [0, 1), decides all that is random. Returns angles
    (n_points, N−1) and weights (n_eta, n_points), zero outside a distribution's own points.
    """
    known = np.flatnonzero(~np.isnan(level))
    tops = local_maxima(coefficients[known], frequencies, maximum.s_max[known], share)
    angles, weights, owner = [np.empty((0, frequencies.shape[1]))], [np.empty(0)], []
    for place, index in enumerate(known):
        # The highest maximum once more does no harm, and there is always at least one.
        own = np.vstack([maximum.angles[index], tops.angles[tops.owner == place]])
        points, weight = _draw(coefficients[index], frequencies, own, level[index], shift)
        angles.append(points)
        weights.append(weight)
        owner += [index] * len(points)
    table = np.zeros((len(coefficients), len(owner)))
    table[owner, np.arange(len(owner))] = np.concatenate(weights)
    return np.concatenate(angles), table


def _draw(
    row: np.ndarray, frequencies: np.ndarray, tops: np.ndarray, level: float, shift: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Points (n, N−1) in the region of one distribution (n_k,) with maxima `tops`; weights (n,)."""
    n_angles, rng = frequencies.shape[1], generator_of(shift)
    tops = np.mod(np.mod(tops, 2 * pi), 2 * pi)  # rounding may leave 2π after the first time
    heights, bent, axes = curvatures(row, frequencies, tops)
    above = np.maximum(heights - level, 0.0)[:, None]
    lengths = np.sqrt(2 * above / np.maximum(-bent, np.finfo(float).tiny))
    lengths = np.minimum(lengths, _LONGEST)
    shares = np.cumsum(lengths.prod(axis=1) / lengths.prod(axis=1).sum())
    even = (np.arange(_DRAWS) + rng.random()) / _DRAWS
    drawn = np.minimum(np.searchsorted(shares, even), len(tops) - 1)
    radii = rng.choice(_RADII, _DRAWS, p=_PROBABILITIES) * rng.random(_DRAWS) ** (1 / n_angles)
    steps = rng.standard_normal((_DRAWS, n_angles))
    steps *= (radii / np.linalg.norm(steps, axis=1))[:, None]
    points = tops[drawn] + (axes[drawn] @ (lengths[drawn] * steps)[:, :, None])[:, :, 0]
    points = np.mod(np.mod(points, 2 * pi), 2 * pi)
    heights = deviation(row, frequencies, points)
    inside = heights >= level
    points = points[inside]
    return points, (row[0].real + heights[inside]) / _density(points, tops, axes, lengths)


def _density(
    points: np.ndarray, tops: np.ndarray, axes: np.ndarray, lengths: np.ndarray
) -> np.ndarray:
    """Density with which the ellipsoids of all maxima draw each point, up to a factor, (n,)."""
    n_angles = points.shape[1]
    of_radius = np.append(np.cumsum((_PROBABILITIES / _RADII**n_angles)[::-1])[::-1], 0.0)
    tree, reach = cKDTree(tops, boxsize=np.full(n_angles, 2 * pi)), _RADII[-1] * lengths.max()
    size = max(1, _PAIRS_AT_ONCE // len(tops))
    density = np.empty(len(points))
    for first in range(0, len(points), size):
        some = points[first : first + size]
        near = tree.query_ball_point(some, reach)
        point = np.repeat(np.arange(len(some)), [len(one) for one in near])
        top = np.concatenate([np.array(one, dtype=int) for one in near])
        away = np.mod(some[point] - tops[top] + pi, 2 * pi) - pi
        along = (away[:, None, :] @ axes[top])[:, 0] / lengths[top]
        place = np.searchsorted(_RADII, np.linalg.norm(along, axis=1))
        density[first : first + size] = np.bincount(point, of_radius[place], len(some))
    return density
