"""Points in the region of χ, for five and more spins.

A shifted grid has enough points in the region S_d − u ≥ r·S_max, if the region is large. But at
r = 0.95 the region around one maximum of six spins may be 1e-6 of all angles. Then random points
are drawn near all maxima at which S_d − u ≥ r·S_max. In second order, the region around each of
them is an ellipsoid. Points are drawn in this ellipsoid, and fewer of them up to 2.2 times as far
from the maximum. A point in the region then weighs S_d, divided by the density with which the
ellipsoids of all maxima draw it. Where regions overlap, or are not ellipsoids, this keeps the
shares right. docs/decisions/0007 has the numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import pi

import numpy as np
from scipy.spatial import cKDTree

from syncsweep.physics.angle_lattice import heights_by_angle, points_of_angles
from syncsweep.physics.ascent import local_shape
from syncsweep.physics.measures import Maximum, local_maxima
from syncsweep.physics.phase_distribution import deviation

#: Points of the grid along each angle and wave, by number of angles: 21 and 17 for spin-1s. It is
#: used where the region has at least so many of its points. At most so many are kept.
_GRID_PER_WAVE = {4: 10.5, 5: 8.5}
MOST_ANGLES = max(_GRID_PER_WAVE)
_FEWEST, _MOST = 2**8, 2**11

#: Points drawn for each other distribution.
_DRAWS = 1024

#: A point is drawn uniformly in one of these enlarged ellipsoids, with these probabilities.
_RADII = np.array([1.1, 1.35, 1.7, 2.2])
_PROBABILITIES = np.array([0.5, 0.3, 0.15, 0.05])

#: Longest semi-axis of an ellipsoid [rad]: enlarged, it must fit into the torus.
_LONGEST = 1.2

#: Pairs of points and maxima in memory at once.
_PAIRS_AT_ONCE = 2**18


def points_in_region(
    coefficients: np.ndarray,
    frequencies: np.ndarray,
    maximum: Maximum,
    level: np.ndarray,
    shift: np.ndarray,
    tops: Sequence[np.ndarray] | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Points in the region of each distribution, and their weights.

    coefficients: (n_eta, n_k); frequencies: (n_k, N−1), N = 5 or 6; level: (n_eta,), height above
    the uniform density at which the region ends, or NaN where there is none; shift: (N−1,) in
    [0, 1), the offset of the grid in units of its spacing. It decides all random numbers. tops: all
    maxima (n, N−1) in the region of each distribution, if they are known. Returns angles
    (n_points, N−1) and weights (n_eta, n_points), zero but at a distribution's own points.
    """
    angles, weights = [np.empty((0, frequencies.shape[1]))], [np.empty(0)]
    owner: list[int] = []
    for index in np.flatnonzero(~np.isnan(level)).tolist():
        row = coefficients[index]
        found = _on_grid(row, frequencies, level[index], shift)
        if found is None:
            one = Maximum(maximum.s_max[[index]], maximum.angles[[index]])
            known = tops[index] if tops else _tops(row, frequencies, one, level[index])
            found = _near_maxima(row, frequencies, known, level[index], shift)
        angles.append(found[0])
        weights.append(found[1])
        owner += [index] * len(found[0])
    table = np.zeros((len(coefficients), len(owner)))
    table[owner, np.arange(len(owner))] = np.concatenate(weights)
    return np.concatenate(angles), table


def _generator(shift: np.ndarray) -> np.random.Generator:
    """The random generator that belongs to the offset (N−1,) of a grid."""
    return np.random.default_rng(np.ascontiguousarray(shift, dtype=float).view(np.uint64))


def _on_grid(
    row: np.ndarray, frequencies: np.ndarray, level: float, shift: np.ndarray
) -> tuple[np.ndarray, np.ndarray] | None:
    """Points (n, N−1) of a grid in the region of one distribution (n_k,), and S_d there (n,).

    None if they are too few.
    """
    points = points_of_angles(frequencies, _GRID_PER_WAVE[frequencies.shape[1]])
    spacing = 2 * pi / np.array(points)
    offset = spacing * shift
    heights = heights_by_angle(row * np.exp(1j * (frequencies @ offset)), frequencies, points)
    inside = np.flatnonzero(heights >= level)
    if len(inside) < _FEWEST:
        return None
    if len(inside) > _MOST:
        inside = _generator(shift).choice(inside, _MOST, replace=False)
    angles = spacing * np.stack(np.unravel_index(inside, points), axis=-1) + offset
    return angles, row[0].real + heights[inside]


def _tops(row: np.ndarray, frequencies: np.ndarray, maximum: Maximum, level: float) -> np.ndarray:
    """The maxima (n, N−1) in the region of one distribution (n_k,)."""
    share = float(level / maximum.s_max[0])
    found = local_maxima(row[None], frequencies, maximum.s_max, share)
    # The highest maximum once more does no harm, and there is always at least one.
    return np.vstack([maximum.angles, found.angles])


def _near_maxima(
    row: np.ndarray, frequencies: np.ndarray, tops: np.ndarray, level: float, shift: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Random points (n, N−1) in the region of one distribution (n_k,), and their weights (n,)."""
    n_angles, rng = frequencies.shape[1], _generator(shift)
    tops = np.mod(np.mod(tops, 2 * pi), 2 * pi)  # rounding may leave 2π after the first time
    heights, _, bent, axes = local_shape(row, frequencies, tops)
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
