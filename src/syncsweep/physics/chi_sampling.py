"""χ sampled in the region where S_d − u is at least r times its maximum S_max (below Eq. 9).

The region is sampled on a regular grid with a random offset. The width of the region shrinks with
√(1−r), and so does the spacing of the grid. On a fine grid, S_d is computed only at points that can
lie in the region. For this, a coarse grid of cells is made first. The slope of √(S_max + u − S_d)
is nowhere larger than √(curvature/2), because S_d is nowhere above its maximum. So the height at
the centre of a cell shows whether the cell can contain a point of the region. If it can, the cell
is split into 3^{N−1} cells, and so on. docs/decisions/0007 has the numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, log, pi, sqrt

import numpy as np

from syncsweep.physics import arguments
from syncsweep.physics.angle_lattice import (
    MOST_ANGLES_AT_ONCE,
    heights_on_lattice,
    lattice_indices,
    lattice_waves,
)
from syncsweep.physics.chi import ChiSample, chi
from syncsweep.physics.measures import HIGHEST_SHARE, Maximum, is_resolved
from syncsweep.physics.region_points import MOST_ANGLES, points_in_region

#: By number of angles N−1, for S_d without waves shorter than π: the points per angle of the grid
#: at all of whose points S_d is computed; the threshold up to which this grid is fine enough; and
#: the points per angle that a grid for larger thresholds would have at threshold 0.95.
_GRIDS = {1: (2304, 0.95, 2304), 2: (48, 0.95, 96), 3: (21, 0.5, 63)}

#: A cell is split into this many cells along each angle. The number is odd, so that the centre of a
#: cell stays a point of the grid.
_SPLIT = 3

#: At most this many cells of one distribution are split at a time, and at most this many points are
#: kept. If S_d is flat along an angle, its region has very many.
_MOST_CELLS = 2**14

#: The offset is multiplied by this. The fractional part of the product comes from digits of the
#: offset that are too small to move the grid. So these digits can choose cells at random.
_UNFELT = 2.0**24


@dataclass(frozen=True)
class _Grid:
    """Regular grid on the torus with `coarse` points per angle, split `levels` times."""

    coarse: int
    levels: int

    @property
    def points(self) -> int:
        """Points per angle of the finest grid."""
        return self.coarse * _SPLIT**self.levels


def _grid(frequencies: np.ndarray, threshold: float) -> _Grid:
    n_angles = frequencies.shape[1]
    waves = max(1.0, np.abs(frequencies).max() / 2)
    everywhere, enough_up_to, at_95 = _GRIDS[n_angles]
    if threshold <= enough_up_to:
        return _Grid(ceil(everywhere * waves), 0)
    points = at_95 * waves * sqrt(0.05 / (1 - min(threshold, HIGHEST_SHARE)))
    levels = max(1, ceil(log(points / (everywhere * waves), _SPLIT)))
    coarse = ceil(points / _SPLIT**levels)
    # Often maxima lie half a turn apart. An even grid then gives all of them the same share.
    # But for four spins few points lie near each maximum. On an even grid, the numbers of points
    # near all maxima would rise and fall together, and this would bias the shares. On an odd grid,
    # they do not.
    odd = n_angles == 3
    return _Grid(coarse + (coarse % 2 != odd), levels)


def chi_grid_points(frequencies: np.ndarray, threshold: float) -> int:
    """Points per angle in `sample_chi`: more for r near 1, and more for shorter waves of S_d."""
    return _grid(frequencies, threshold).points


def sample_chi(
    coefficients: np.ndarray,
    frequencies: np.ndarray,
    maximum: Maximum,
    threshold: float,
    shift: np.ndarray,
    error: np.ndarray | float = 0.0,
    tops: Sequence[np.ndarray] | None = None,
) -> ChiSample:
    """Sample χ where S_d − u ≥ r·S_max, weighted by S_d (below Eq. 9); u = (1/2π)^{N−1}.

    coefficients: (n_eta, n_k); frequencies: (n_k, N−1), N ≤ 6; maximum: of these distributions, as
    `s_max` returns it; threshold: r in (0, 1), where any r above 1 − 1e-8 counts as 1 − 1e-8;
    shift: (N−1,) in [0, 1), the random offset of the grid in units of its spacing, see
    `chi_grid_points`; error: (n_eta,), the estimated error of the distributions in units of the
    uniform density; tops: the angles (n, N−1) of all maxima in the region of each distribution, if
    they are known. Only N = 5 and 6 use them.

    S_max is the maximum found by Newton's method, not that of the grid. All points of the grid in
    the region count, whichever maximum they are near. P_a is a ratio of two numbers of points. So
    it has a random error in one sample. Averaged over the offset, it has a small bias. For a single
    distribution the bias is below 1e-3, but for N = 3 and 0.8 < r ≤ 0.95 it is up to 7e-3
    (6e-4 r.m.s., of either sign). For N = 5 and 6, regions with few points of a grid are sampled by
    random points, see `region_points`. The offset decides these too.

    >>> chi = sync.sample_chi(s_d, frequencies, maximum, threshold=0.95, shift=[0.5])
    >>> chi.weights.shape == (3, len(chi.chi))
    True
    """
    coefficients, frequencies = arguments.distributions(coefficients, frequencies, "n_eta")
    threshold = arguments.fraction("Argument `threshold`", threshold)
    resolved = is_resolved(coefficients, maximum, error)
    level = np.where(resolved, min(threshold, HIGHEST_SHARE) * maximum.s_max, np.nan)
    if frequencies.shape[1] > MOST_ANGLES:
        raise ValueError(
            f"Argument `frequencies` must be of at most {MOST_ANGLES + 1} spins, but is of "
            f"{frequencies.shape[1] + 1}."
        )
    if frequencies.shape[1] > MOST_ANGLES_AT_ONCE:
        angles, weights = points_in_region(coefficients, frequencies, maximum, level, shift, tops)
    else:
        grid = _grid(frequencies, threshold)
        angles, weights = _in_region(coefficients, frequencies, maximum.s_max, level, grid, shift)
    total = weights.sum(axis=1, keepdims=True)
    weights /= np.where(total > 0, total, np.nan)
    return ChiSample(chi(np.hstack([angles, np.zeros((len(angles), 1))])), weights)


def _in_region(
    coefficients: np.ndarray,
    frequencies: np.ndarray,
    s_max: np.ndarray,
    level: np.ndarray,
    grid: _Grid,
    shift: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Points of the grid in the region of at least one distribution, and S_d at these points.

    level: (n_eta,), height above the uniform density at which the region ends; NaN means that there
    is no region. Returns angles (n_points, N−1) and weights (n_eta, n_points): S_d at points in the
    distribution's own region, and zero elsewhere.
    """
    n_angles = frequencies.shape[1]
    offset = 2 * pi / grid.points * np.asarray(shift)
    shifted = coefficients * np.exp(1j * (frequencies @ offset))
    uniform = coefficients[:, :1].real
    heights = heights_on_lattice(shifted, frequencies, grid.coarse)
    if grid.levels:
        pick = float(_UNFELT * shift[0] % 1)
        rows = zip(shifted, heights, s_max, level, strict=True)
        found = [_split(*row, frequencies, grid, pick) for row in rows]
        used, place = np.unique(np.concatenate([one[0] for one in found]), return_inverse=True)
        owner = np.repeat(np.arange(len(found)), [len(one[0]) for one in found])
        weights = np.zeros((len(found), len(used)))
        weights[owner, place] = uniform[owner, 0] + np.concatenate([one[1] for one in found])
    else:
        inside = heights >= level[:, None]
        used = np.flatnonzero(inside.any(axis=0))
        weights = np.where(inside[:, used], uniform + heights[:, used], 0.0)
    index = np.stack(np.unravel_index(used, (grid.points,) * n_angles), axis=-1)
    return 2 * pi / grid.points * index + offset, weights


def _split(
    shifted: np.ndarray,
    heights: np.ndarray,
    s_max: float,
    level: float,
    frequencies: np.ndarray,
    grid: _Grid,
    pick: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Points of the finest grid in the region of one distribution, and its heights there.

    shifted: (n_k,), the coefficients relative to the origin of the grid; heights: S_d − u on the
    coarse grid; pick: in [0, 1), decides which cells are kept if there are too many. Returns flat
    indices (n,) on the finest grid and S_d − u (n,).
    """
    k, n_angles = frequencies[1:], frequencies.shape[1]
    tail = 2 * shifted[1:]
    steps = lattice_indices(n_angles, _SPLIT) - _SPLIT // 2
    spacing = 2 * pi / grid.coarse
    rise = _steepest_rise(tail, k) * spacing / 2

    def lowest(rise: float) -> float:
        """A cell whose height at the centre is below this contains no point of the region."""
        return s_max - (sqrt(s_max - level) + rise) ** 2

    cells = np.flatnonzero(heights >= lowest(rise))
    cells = cells[_thinned(len(cells), pick)]
    index = np.stack(np.unravel_index(cells, (grid.coarse,) * n_angles), axis=-1)
    cosines, minus_sines = np.split(lattice_waves(frequencies, grid.coarse)[:, cells], 2)
    waves = tail * (cosines - 1j * minus_sines).T
    for left in reversed(range(grid.levels)):
        spacing, rise = spacing / _SPLIT, rise / _SPLIT
        turns = np.exp(1j * spacing * (k @ steps.T))
        heights = waves.real @ turns.real - waves.imag @ turns.imag
        parent, child = np.nonzero(heights >= (lowest(rise) if left else level))
        kept = _thinned(len(parent), pick)
        parent, child = parent[kept], child[kept]
        index = _SPLIT * index[parent] + steps[child]
        if left:
            waves = waves[parent] * turns[:, child].T
    shape = (grid.points,) * n_angles
    flat = np.asarray(np.ravel_multi_index(tuple(index.T), shape, mode="wrap"))
    return flat, heights[parent, child]


def _steepest_rise(amplitudes: np.ndarray, k: np.ndarray) -> float:
    """Largest change of √(max S_d − S_d) from the centre to a point of a cube, per half its side.

    amplitudes: (n,), 2|s_k| at k (n, N−1). The second derivative along δ is at most
    Σ 2|s_k| (k·δ)² = q. S_d is nowhere above its maximum, so the root changes by at most √(q/2).
    """
    corners = 2 * lattice_indices(k.shape[1], 2) - 1
    return sqrt((np.abs(amplitudes) @ (k @ corners.T) ** 2).max() / 2)


def _thinned(n: int, pick: float) -> slice:
    """A slice that takes evenly spaced items out of n, at most `_MOST_CELLS` of them."""
    every = -(-n // _MOST_CELLS)
    return slice(int(pick * every), None, max(every, 1))
