"""Maxima of S_d, or of S: the highest, S_max (Eq. 3), and all above a share of it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import pi

import numpy as np

from syncsweep.physics import arguments
from syncsweep.physics.angle_lattice import (
    MOST_ANGLES_AT_ONCE,
    heights_by_angle,
    heights_on_lattice,
    lattice,
    points_of_angles,
)
from syncsweep.physics.ascent import batches, by_row, climb, hessian, local_shape

#: Points per angle where the search for S_max starts: at least the first, or the second per wave.
_START_GRID, _START_GRID_PER_WAVE = 24, 12

#: Points per angle and wave with more than three angles: for S_max of five and more angles, and
#: otherwise. For spin-1s these are 12 and 16 points per angle. With 12, a sixth of the 3840 maxima
#: of six spins in the limit η → 0⁺ may be missed, but not S_max.
_START_GRID_OF_FIVE, _START_GRID_OF_MANY = 6, 8

#: With more than three angles, S_max is sought from so many of the most promising points. Of 680
#: random S_d of five and six spins, 8 are enough for all, and 4 for all but 11. No more than the
#: second number of points of the grid are considered. S_d has more only if it is flat along angles.
_MOST_CLIMBS, _MOST_STARTS = 16, 2**15

#: Largest number of Newton steps to the highest maximum, and of steps to any maximum along a bent
#: ridge.
_MOST_STEPS, _MOST_STEPS_TO_ANY = 40, 1000

#: A curvature below this share of the largest one may vanish somewhere in a cell of the grid.
_SOFT = 0.1

#: Most values of S_d on grids that are in memory at once, unless those of one index are more.
_HEIGHTS_AT_ONCE = 2**17

#: A maximum that reaches this share of the highest one differs from it only by rounding.
HIGHEST_SHARE = 1 - 1e-8

#: Below this multiple of the uniform density an S_max is rounding, and χ has no meaning.
RESOLUTION = 1e-11


@dataclass(frozen=True)
class Maximum:
    """Maximum of S_d: `s_max` (...,) above the uniform density, at `angles` (..., N−1) in rad.

    >>> (maximum.angles / np.pi).round(2).ravel()
    array([1.  , 1.  , 0.12])
    """

    s_max: np.ndarray
    angles: np.ndarray


def s_max_on_lattice(coefficients: np.ndarray, frequencies: np.ndarray) -> np.ndarray:
    """Largest S_d − u of (n_eta, n_k) coefficients on the grid where the search for S_max starts.

    Returns (n_eta,), at most S_max.
    """
    if frequencies.shape[1] > MOST_ANGLES_AT_ONCE:
        points = _start_points(frequencies, False)
        return np.array([heights_by_angle(r, frequencies, points).max() for r in coefficients])
    return heights_on_lattice(coefficients, frequencies, _start_grid(frequencies)).max(axis=1)


def s_max(coefficients: np.ndarray, frequencies: np.ndarray) -> Maximum:
    """Maximum of S_d − (1/2π)^{N−1} over all angles (Eq. 3), or of S − (1/2π)^N.

    coefficients: (..., n_eta, n_k) complex; frequencies: (n_k, N−1), or (n_k, N) of S, with k = 0
    first. Every local maximum of a coarse grid that could hold the global one is refined by
    Newton's method; S_max is the largest. NaN coefficients give NaN. Angles lie in [0, 2π]. The
    leading indices are for samples: no bit of a sample depends on the others.

    >>> sync.s_max(s_d, frequencies).s_max.round(4)
    array([0.0132, 0.0129, 0.0054])
    """
    coefficients, frequencies = arguments.distributions(coefficients, frequencies, "...", "n_eta")
    shape, n_angles = coefficients.shape[:-1], frequencies.shape[1]
    stack = coefficients.reshape(-1, *coefficients.shape[-2:])
    heights, angles = [np.empty(0)], [np.empty((0, n_angles))]
    at_once = max(1, _HEIGHTS_AT_ONCE // (max(1, shape[-1]) * _start_grid(frequencies) ** n_angles))
    for first in range(0, len(stack), at_once):
        highest = _highest(stack[first : first + at_once], frequencies)
        heights.append(highest.s_max)
        angles.append(highest.angles)
    best, where = np.concatenate(heights), np.concatenate(angles)
    return Maximum(best.reshape(shape), where.reshape(*shape, n_angles))


def _highest(coefficients: np.ndarray, frequencies: np.ndarray) -> Maximum:
    """The maximum of each of (..., n_k), in a list of them."""
    n_k, n_angles = frequencies.shape
    n = coefficients.size // n_k
    owner, refined, heights, _ = _climb(coefficients, frequencies, None)
    best, where = np.full(n, np.nan), np.full((n, n_angles), np.nan)
    # Ascending heights: the last of each owner is its largest.
    order = np.lexsort((heights, owner))
    last = order[np.diff(owner[order], append=-1) != 0]
    best[owner[last]], where[owner[last]] = heights[last], refined[last]
    return Maximum(best, np.mod(where, 2 * pi))


@dataclass(frozen=True)
class LocalMaxima:
    """Local maxima of n_eta distributions: `angles` (n, N−1) in rad, each of the one at `owner`."""

    owner: np.ndarray
    angles: np.ndarray


def local_maxima(
    coefficients: np.ndarray, frequencies: np.ndarray, s_max: np.ndarray, share: float
) -> LocalMaxima:
    """Maxima of S_d at which S_d − u is at least `share` (at most 1 − 1e-8) of S_max, each once.

    coefficients: (n_eta, n_k); frequencies: (n_k, N−1) with k = 0 first; s_max: (n_eta,). The
    search starts at those points of a grid that are not below any neighbour, and at those within
    one step of a point where the slope may vanish. Maxima that are nearer to each other than a
    tenth of the spacing are one. A distribution with NaN has no maxima.
    """
    lowest = min(share, HIGHEST_SHARE) * s_max
    owner, angles, heights, arrived = _climb(coefficients, frequencies, lowest)
    arrived &= heights >= lowest[owner]
    places = np.flatnonzero(arrived)
    for some in batches(places, frequencies):
        arrived[some] = _is_top(coefficients[owner[some]], frequencies, angles[some])
    owner, angles = owner[arrived], np.mod(angles[arrived], 2 * pi)
    bounds = np.searchsorted(owner, np.arange(len(s_max) + 1)).tolist()
    near = 0.1 * _start_spacing(frequencies)
    kept = np.ones(len(owner), dtype=bool)
    for first, end in pairwise(bounds):
        kept[first:end] = _first_of_each(angles[first:end], near)
    return LocalMaxima(owner[kept], angles[kept])


def _first_of_each(angles: np.ndarray, near: float) -> np.ndarray:
    """Mask of those of `angles` (n, N−1) that are not within `near` of one before them."""
    first = np.ones(len(angles), dtype=bool)
    if len(angles):
        from scipy.spatial import cKDTree  # loads much, and S_max alone does not need it

        # Rounding may leave 2π, which is outside the torus.
        inside = np.mod(angles, 2 * pi)
        tree = cKDTree(inside, boxsize=np.full(angles.shape[1], 2 * pi))
        for index in range(len(angles)):
            if first[index]:
                around = np.array(tree.query_ball_point(inside[index], near, p=np.inf))
                first[around[around > index]] = False
    return first


def _start_grid(frequencies: np.ndarray) -> int:
    """Points along each angle where the search starts, for at most three angles."""
    return max(_START_GRID, _START_GRID_PER_WAVE * int(np.abs(frequencies).max()))


def _start_points(frequencies: np.ndarray, all_maxima: bool) -> tuple[int, ...]:
    """The same for more angles, by angle."""
    is_fine = all_maxima or frequencies.shape[1] == MOST_ANGLES_AT_ONCE + 1
    return points_of_angles(frequencies, _START_GRID_OF_MANY if is_fine else _START_GRID_OF_FIVE)


def _start_spacing(frequencies: np.ndarray) -> float:
    """Smallest spacing of the grid where the search for all maxima starts [rad]."""
    if frequencies.shape[1] > MOST_ANGLES_AT_ONCE:
        return 2 * pi / max(_start_points(frequencies, True))
    return 2 * pi / _start_grid(frequencies)


def _is_top(coefficients: np.ndarray, frequencies: np.ndarray, angles: np.ndarray) -> np.ndarray:
    """Whether S_d curves upwards in no direction at stationary points: not at a saddle.

    coefficients: (n, n_k), angles: (n, N−1); returns (n,).
    """
    k = frequencies[1:].astype(float)
    curvatures = np.linalg.eigvalsh(
        hessian(coefficients[:, 1:] * np.exp(1j * by_row(angles, k.T)), k)
    )
    return curvatures[:, -1] <= 1e-6 * np.abs(curvatures).max(axis=1)


def _is_beside_a_top(
    coefficients: np.ndarray, frequencies: np.ndarray, angles: np.ndarray, spacing: float
) -> np.ndarray:
    """Whether S_d may have a maximum within `spacing`: zero slope and no upward curvature.

    coefficients: (n, n_k), angles: (n, N−1); returns (n,). If a narrow ridge is oblique to the
    grid, none of the grid points beside its maximum may be above its own neighbours.
    """
    k = frequencies[1:].astype(float)
    waves = coefficients[:, 1:] * np.exp(1j * by_row(angles, k.T))
    curvatures, directions = np.linalg.eigh(hessian(waves, k))
    slopes = (-by_row(waves.imag, k)[:, None, :] @ directions)[:, 0]
    size = np.abs(curvatures)
    soft = _SOFT * size.max(axis=1, keepdims=True)
    close = np.all(np.abs(slopes) <= spacing * np.maximum(size, soft), axis=1)
    return close & (curvatures[:, -1] <= soft[:, 0])


def _climb(
    coefficients: np.ndarray, frequencies: np.ndarray, lowest: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Maxima reached from all points of a coarse grid that could lead to one above `lowest`.

    coefficients: (..., n_k); lowest: (n_eta,), heights above the uniform density, or None for the
    highest points of the grid. Returns for each the index of its distribution, ascending, its
    angles (N−1,), its height above the uniform density, and whether the search arrived at a
    maximum.
    """
    n_k, n_angles = frequencies.shape
    if n_angles > MOST_ANGLES_AT_ONCE:
        return _climb_one_by_one(coefficients.reshape(-1, n_k), frequencies, lowest)
    points = _start_grid(frequencies)
    angles = lattice(n_angles, points)
    values = heights_on_lattice(coefficients, frequencies, points).reshape(-1, len(angles))
    coefficients = coefficients.reshape(-1, n_k)
    # |S_d(φ) − S_d(φ*)| ≤ ½|φ−φ*|² Σ|k|²|s_k|: no maximum is higher above its nearest grid point.
    half_step = pi / points
    curvature = 2 * (np.abs(coefficients) * np.sum(frequencies**2, axis=1)).sum(axis=1)
    slack = curvature * n_angles * half_step**2 / 2
    high = values >= ((values.max(axis=1) if lowest is None else lowest) - slack)[:, None]
    candidates = high & _maxima_of_grid(values, (points,) * n_angles)
    most_steps = _MOST_STEPS
    if lowest is not None:
        most_steps = _MOST_STEPS_TO_ANY
        owner, point = np.nonzero(high & ~candidates)
        beside = _is_beside_a_top(coefficients[owner], frequencies, angles[point], 2 * half_step)
        candidates[owner[beside], point[beside]] = True
    owner, point = np.nonzero(candidates)
    return owner, *climb(coefficients[owner], frequencies, angles[point], 2 * half_step, most_steps)


def _climb_one_by_one(
    coefficients: np.ndarray, frequencies: np.ndarray, lowest: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """As `_climb`, for many angles: one distribution at a time, from its most promising points."""
    n_angles, points = frequencies.shape[1], _start_points(frequencies, lowest is not None)
    spacings = 2 * pi / np.array(points)
    # In the limit η → 0⁺ S_d has many mirror planes. A climb from a point in such a plane stays
    # there, and may end at a saddle. So no point of this grid lies in one.
    offset = spacings * np.sqrt(np.arange(2, n_angles + 2) + 1 / pi)
    turned = coefficients * np.exp(1j * (frequencies @ offset))
    most_steps = _MOST_STEPS if lowest is None else _MOST_STEPS_TO_ANY
    none = np.empty(0)
    found = [(none.astype(int), np.empty((0, n_angles)), none, none.astype(bool))]
    for index, row in enumerate(coefficients):
        values = heights_by_angle(turned[index], frequencies, points)
        tops = np.flatnonzero(_maxima_of_grid(values, points))
        tops = tops[:: max(1, -(-len(tops) // _MOST_STARTS))]
        starts = spacings * np.stack(np.unravel_index(tops, points), axis=-1) + offset
        starts = _promising(row, frequencies, starts, None if lowest is None else lowest[index])
        for some in batches(starts, frequencies):
            rows = np.tile(row, (len(some), 1))
            climbed = climb(rows, frequencies, some, spacings.min(), most_steps)
            found.append((np.full(len(some), index), *climbed))
    owner, angles, heights, arrived = map(np.concatenate, zip(*found, strict=True))
    return owner, angles, heights, arrived


def _promising(
    row: np.ndarray, frequencies: np.ndarray, angles: np.ndarray, lowest: float | None
) -> np.ndarray:
    """Those of `angles` (n, N−1) from which a climb may lead above `lowest`, or the best of them.

    The gain of a climb is half of slope²/curvature along each direction, if S_d is a parabola. We
    allow for four times as much.
    """
    height, slopes, curvatures, _ = local_shape(row, frequencies, angles)
    size = np.abs(curvatures)
    size = np.maximum(size, _SOFT * size.max(axis=1, keepdims=True) + np.finfo(float).tiny)
    gain = np.sum(slopes**2 / size, axis=1)
    if lowest is not None:
        return angles[height + 2 * gain >= lowest]
    return angles[np.argsort(-(height + gain / 2), kind="stable")[:_MOST_CLIMBS]]


def _maxima_of_grid(values: np.ndarray, points: tuple[int, ...]) -> np.ndarray:
    """Mask of the points of a periodic grid that are not below any nearest neighbour."""
    grid = values.reshape(-1, *points)
    mask = np.ones(grid.shape, dtype=bool)
    for axis in range(1, grid.ndim):
        mask &= grid >= np.roll(grid, 1, axis)
        mask &= grid >= np.roll(grid, -1, axis)
    return mask.reshape(values.shape)


def is_resolved(
    coefficients: np.ndarray, maximum: Maximum, error: np.ndarray | float = 0.0
) -> np.ndarray:
    """Whether S_max is larger than rounding and than `error`, (n_eta,).

    error: (n_eta,), of the distributions in units of the uniform density.
    """
    lowest = np.maximum(RESOLUTION, error) * coefficients[:, 0].real
    return maximum.s_max > lowest
