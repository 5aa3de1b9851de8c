"""χ drawn from the region where S_d stands within a share r of its maximum (below Eq. 9).

The region is sampled on a regular grid with a random offset. Its width shrinks with √(1−r), and the
spacing of the grid with it. Of a fine grid only points that can lie in the region are looked at.
√(S_max + u − S_d) rises no faster than √(curvature/2) anywhere, because S_d has no point above its
maximum. So the height at the centre of a cell tells whether the cell can hold a point of the
region. Cells that can are split into 3^{N−1}, and so on; docs/decisions/0007 has the numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, log, pi, sqrt

import numpy as np

from syncsweep.physics import arguments
from syncsweep.physics.measures import (
    HIGHEST_SHARE,
    ChiSample,
    Maximum,
    chi,
    heights_on_lattice,
    is_resolved,
    lattice_indices,
    lattice_waves,
)

#: By number of angles N−1, where no wave is shorter than π: the points per angle of the grid of
#: which all points are looked at, the threshold up to which it is fine enough, and the points per
#: angle that any other grid has at threshold 0.95.
_GRIDS = {1: (2304, 0.95, 2304), 2: (48, 0.95, 96), 3: (21, 0.5, 63)}

#: Each cell that can hold a point of the region is split into so many along each angle. Odd, so
#: that its centre stays a point of the grid.
_SPLIT = 3

#: No more cells of one distribution are split at a time, and no more points are kept. If it is flat
#: along an angle, its region has very many.
_MOST_CELLS = 2**14

#: Digits of the offset that this brings before the point are too small to move the grid, so that
#: those behind it can pick cells.
_UNFELT = 2.0**24


@dataclass(frozen=True)
class _Grid:
    """Regular grid of `coarse` points per angle all over the torus, split `levels` times."""

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
    # Maxima half a turn apart are usual. An even grid gives each of them exactly the same share.
    # Of four spins their regions hold few points, whose numbers would all rise and fall together
    # and bias the shares. An odd grid lies differently to each maximum.
    odd = n_angles == 3
    return _Grid(coarse + (coarse % 2 != odd), levels)


def chi_grid_points(frequencies: np.ndarray, threshold: float) -> int:
    """Points per angle for `sample_chi`: the region shrinks with 1 − r and with the waves."""
    return _grid(frequencies, threshold).points


def sample_chi(
    coefficients: np.ndarray,
    frequencies: np.ndarray,
    maximum: Maximum,
    threshold: float,
    shift: np.ndarray,
    error: np.ndarray | float = 0.0,
) -> ChiSample:
    """Sample χ where S_d − u ≥ r·S_max, weighted by S_d (below Eq. 9); u = (1/2π)^{N−1}.

    coefficients: (n_eta, n_k); frequencies: (n_k, N−1), N ≤ 4; maximum: theirs, as `s_max` gives
    it; threshold: r in (0, 1), of which more than 1 − 1e-8 counts as that; shift: (N−1,) in [0, 1),
    the random offset of the grid in units of its spacing, see `chi_grid_points`; error: (n_eta,),
    the estimated error of the distributions in units of the uniform density.

    The maximum is the refined one, not the grid's, and all points of the grid in the region count,
    whichever maximum they are near. P_a is a ratio of two numbers of points. So it has a random
    error in one sample, and a small bias when averaged over the offset: below 1e-3 for any one
    distribution, but up to 7e-3 (6e-4 r.m.s., of either sign) for N = 3 and 0.8 < r ≤ 0.95.
    """
    coefficients, frequencies = arguments.distributions(coefficients, frequencies, "n_eta")
    grid = _grid(frequencies, threshold)
    resolved = is_resolved(coefficients, maximum, error)
    level = np.where(resolved, min(threshold, HIGHEST_SHARE) * maximum.s_max, np.nan)
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
    """Points of the grid in the region of any distribution, and S_d at those in its own.

    level: (n_eta,), height above uniform at which a region ends; NaN is no region. Returns angles
    (n_points, N−1) and weights (n_eta, n_points), zero outside.
    """
    n_angles = frequencies.shape[1]
    offset = 2 * pi / grid.points * np.asarray(shift)
    shifted = coefficients * np.exp(1j * (frequencies @ offset))
    heights = heights_on_lattice(shifted, frequencies, grid.coarse)
    uniform = coefficients[:, :1].real
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
    """Points of the finest grid in the region of one distribution, and how high it is there.

    shifted: (n_k,), its coefficients about the origin of the grid; heights: on the coarse grid;
    pick: in [0, 1), which of too many cells are kept. Returns flat indices (n,) on the finest grid
    and S_d − u (n,).
    """
    k, n_angles = frequencies[1:], frequencies.shape[1]
    tail = 2 * shifted[1:]
    steps = lattice_indices(n_angles, _SPLIT) - _SPLIT // 2
    spacing = 2 * pi / grid.coarse
    rise = _steepest_rise(tail, k) * spacing / 2

    def lowest(rise: float) -> float:
        """Height at the centre below which a cell holds no point of the region."""
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
    """By how much √(max S_d − S_d) changes at most from the centre of a cube, per half its side.

    amplitudes: (n,), 2|s_k| at k (n, N−1). Second derivatives along δ are Σ 2|s_k| (k·δ)² = q at
    most. S_d has nothing above its maximum, so the root changes by √(q/2) at most.
    """
    corners = 2 * lattice_indices(k.shape[1], 2) - 1
    return sqrt((np.abs(amplitudes) @ (k @ corners.T) ** 2).max() / 2)


def _thinned(n: int, pick: float) -> slice:
    """Evenly spaced ones of n, as a slice, so that no more than `_MOST_CELLS` are left."""
    every = -(-n // _MOST_CELLS)
    return slice(int(pick * every), None, max(every, 1))
