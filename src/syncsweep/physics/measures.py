"""Measures of S_d: the maximum S_max (Eq. 3), χ of an angle configuration (Eqs. 9, D6), and P_a."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import pi

import numpy as np

from syncsweep.physics import arguments

#: Points per angle where the search for S_max starts: at least the first, or the second per wave.
_START_GRID, _START_GRID_PER_WAVE = 24, 12

#: Largest number of Newton steps to the highest maximum, and of steps to any maximum along a bent
#: ridge; and number of tries of one step, each a quarter as long as the one before.
_MOST_STEPS, _MOST_STEPS_TO_ANY, _MOST_TRIES = 40, 1000, 6

#: A curvature below this share of the largest one may vanish somewhere in a cell of the grid.
_SOFT = 0.1

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


def lattice_indices(n_angles: int, points: int) -> np.ndarray:
    """Integers 0 … points−1 along each angle, the last one fastest, (points^n_angles, n_angles)."""
    return np.indices((points,) * n_angles).reshape(n_angles, -1).T


def lattice(n_angles: int, points: int) -> np.ndarray:
    """Regular grid over [0, 2π)^n_angles, shape (points^n_angles, n_angles)."""
    return 2 * pi * lattice_indices(n_angles, points) / points


def lattice_waves(frequencies: np.ndarray, points: int) -> np.ndarray:
    """cos(k·φ) and −sin(k·φ) of all k ≠ 0 on a lattice, (2(n_k − 1), points^n_angles)."""
    return _lattice_waves(tuple(map(tuple, frequencies.tolist())), points)


@cache
def _lattice_waves(frequencies: tuple[tuple[int, ...], ...], points: int) -> np.ndarray:
    k = np.array(frequencies[1:])
    phases = k @ lattice(k.shape[1], points).T
    return np.vstack([np.cos(phases), -np.sin(phases)])


def heights_on_lattice(
    coefficients: np.ndarray, frequencies: np.ndarray, points: int
) -> np.ndarray:
    """S_d − u of (n_eta, n_k) coefficients on a lattice, (n_eta, points^n_angles)."""
    tail = coefficients[:, 1:]
    return 2 * np.hstack([tail.real, tail.imag]) @ lattice_waves(frequencies, points)


def s_max_on_lattice(coefficients: np.ndarray, frequencies: np.ndarray) -> np.ndarray:
    """Largest S_d − u on the grid where the search for S_max starts, (n_eta,); at most S_max."""
    return heights_on_lattice(coefficients, frequencies, _start_grid(frequencies)).max(axis=1)


def s_max(coefficients: np.ndarray, frequencies: np.ndarray) -> Maximum:
    """Maximum of S_d − (1/2π)^{N−1} over all angles (Eq. 3).

    coefficients: (n_eta, n_k) complex; frequencies: (n_k, N−1) with k = 0 first. Every local
    maximum of a coarse grid that could hold the global one is refined by Newton's method; S_max is
    the largest. NaN coefficients give NaN. Angles lie in [0, 2π].

    >>> sync.s_max(s_d, frequencies).s_max.round(4)
    array([0.0132, 0.0129, 0.0054])
    """
    coefficients, frequencies = arguments.distributions(coefficients, frequencies, "n_eta")
    n_angles = frequencies.shape[1]
    owner, refined, heights, _ = _climb(coefficients, frequencies, None)
    best = np.full(len(coefficients), np.nan)
    where = np.full((len(coefficients), n_angles), np.nan)
    # Ascending order: the last one written for each η is its largest.
    for index in np.argsort(heights, kind="stable"):
        best[owner[index]] = heights[index]
        where[owner[index]] = refined[index]
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
    arrived[arrived] = _is_top(coefficients[owner[arrived]], frequencies, angles[arrived])
    owner, angles = owner[arrived], np.mod(angles[arrived], 2 * pi)
    spacing = 2 * pi / _start_grid(frequencies)
    kept: list[int] = []
    first = 0
    for index in range(len(owner)):
        if kept and owner[kept[-1]] != owner[index]:
            first = len(kept)
        rivals = kept[first:]
        apart = np.abs(np.mod(angles[rivals] - angles[index] + pi, 2 * pi) - pi)
        if not np.any(apart.max(axis=1, initial=0.0) < 0.1 * spacing):
            kept.append(index)
    return LocalMaxima(owner[kept], angles[kept])


def _start_grid(frequencies: np.ndarray) -> int:
    return max(_START_GRID, _START_GRID_PER_WAVE * int(np.abs(frequencies).max()))


def _hessian(waves: np.ndarray, k: np.ndarray) -> np.ndarray:
    """Second derivatives (n, N−1, N−1) of Σ_k Re waves, which are (n, n_k) at k (n_k, N−1)."""
    products = (k[:, :, None] * k[:, None, :]).reshape(len(k), -1)
    return -(waves.real @ products).reshape(-1, k.shape[1], k.shape[1])


def _is_top(coefficients: np.ndarray, frequencies: np.ndarray, angles: np.ndarray) -> np.ndarray:
    """Whether S_d curves upwards in no direction at stationary points: not at a saddle.

    coefficients: (n, n_k), angles: (n, N−1); returns (n,).
    """
    k = frequencies[1:].astype(float)
    curvatures = np.linalg.eigvalsh(_hessian(coefficients[:, 1:] * np.exp(1j * (angles @ k.T)), k))
    return curvatures[:, -1] <= 1e-6 * np.abs(curvatures).max(axis=1)


def _is_beside_a_top(
    coefficients: np.ndarray, frequencies: np.ndarray, angles: np.ndarray, spacing: float
) -> np.ndarray:
    """Whether S_d may have a maximum within `spacing`: zero slope and no upward curvature.

    coefficients: (n, n_k), angles: (n, N−1); returns (n,). If a narrow ridge is oblique to the
    grid, none of the grid points beside its maximum may be above its own neighbours.
    """
    k = frequencies[1:].astype(float)
    waves = coefficients[:, 1:] * np.exp(1j * (angles @ k.T))
    curvatures, directions = np.linalg.eigh(_hessian(waves, k))
    slopes = ((-waves.imag @ k)[:, None, :] @ directions)[:, 0]
    size = np.abs(curvatures)
    soft = _SOFT * size.max(axis=1, keepdims=True)
    close = np.all(np.abs(slopes) <= spacing * np.maximum(size, soft), axis=1)
    return close & (curvatures[:, -1] <= soft[:, 0])


def _climb(
    coefficients: np.ndarray, frequencies: np.ndarray, lowest: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Maxima reached from all points of a coarse grid that could lead to one above `lowest`.

    lowest: (n_eta,), heights above the uniform density, or None for the highest points of the grid.
    Returns for each the index of its distribution, ascending, its angles (N−1,), its height above
    the uniform density, and whether the search arrived at a maximum.
    """
    n_angles = frequencies.shape[1]
    points = _start_grid(frequencies)
    angles = lattice(n_angles, points)
    values = heights_on_lattice(coefficients, frequencies, points)
    # |S_d(φ) − S_d(φ*)| ≤ ½|φ−φ*|² Σ|k|²|s_k|: no maximum is higher above its nearest grid point.
    half_step = pi / points
    curvature = 2 * np.abs(coefficients) @ np.sum(frequencies**2, axis=1)
    slack = curvature * n_angles * half_step**2 / 2
    high = values >= ((values.max(axis=1) if lowest is None else lowest) - slack)[:, None]
    candidates = high & _maxima_of_grid(values, n_angles, points)
    most_steps = _MOST_STEPS
    if lowest is not None:
        most_steps = _MOST_STEPS_TO_ANY
        owner, point = np.nonzero(high & ~candidates)
        beside = _is_beside_a_top(coefficients[owner], frequencies, angles[point], 2 * half_step)
        candidates[owner[beside], point[beside]] = True
    owner, point = np.nonzero(candidates)
    return owner, *_newton(
        coefficients[owner], frequencies, angles[point], 2 * half_step, most_steps
    )


def _maxima_of_grid(values: np.ndarray, n_angles: int, points: int) -> np.ndarray:
    """Mask of the points of a periodic grid that are not below any nearest neighbour."""
    grid = values.reshape(-1, *[points] * n_angles)
    mask = np.ones(grid.shape, dtype=bool)
    for axis in range(1, n_angles + 1):
        mask &= grid >= np.roll(grid, 1, axis)
        mask &= grid >= np.roll(grid, -1, axis)
    return mask.reshape(values.shape)


def _newton(
    coefficients: np.ndarray,
    frequencies: np.ndarray,
    angles: np.ndarray,
    longest_step: float,
    most_steps: int,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Climb from each of `angles` (c, N−1) on its own row of coefficients (c, n_k).

    Returns the angles reached (c, N−1), the heights above the uniform density there (c,), and
    whether the steps were enough to arrive (c,).
    """
    k = frequencies[1:].astype(float)
    amplitudes = 2 * coefficients[:, 1:]

    def waves(rows: np.ndarray, at: np.ndarray) -> np.ndarray:
        return amplitudes[rows] * np.exp(1j * (at @ k.T))

    angles = angles.copy()
    active = np.arange(len(angles))
    wave = waves(active, angles)
    heights = wave.real.sum(axis=1)
    for _ in range(most_steps):
        gradient = -wave[active].imag @ k
        eigenvalues, vectors = np.linalg.eigh(_hessian(wave[active], k))
        # Ascent along every eigenvector, whatever the sign of its curvature.
        slopes = (gradient[:, None, :] @ vectors)[:, 0]
        scale = np.abs(eigenvalues).max(axis=1, keepdims=True) + np.finfo(float).tiny
        moves = slopes / np.maximum(np.abs(eigenvalues), 1e-8 * scale)
        step = (vectors @ moves[:, :, None])[:, :, 0]
        length = np.linalg.norm(step, axis=1, keepdims=True)
        step *= np.minimum(1.0, longest_step / np.maximum(length, np.finfo(float).tiny))
        # A step that raises nothing but the last digits is taken unseen, and is the last one.
        gain = np.sum(slopes * moves, axis=1)
        negligible = ~(gain > 1e-15 * np.abs(heights[active]))
        angles[active[negligible]] += step[negligible]
        active, step = active[~negligible], step[~negligible]
        trying = np.arange(len(active))
        for _ in range(_MOST_TRIES):
            if not len(trying):
                break
            rows = active[trying]
            trial = angles[rows] + step[trying]
            trial_wave = waves(rows, trial)
            trial_heights = trial_wave.real.sum(axis=1)
            higher = trial_heights > heights[rows]
            angles[rows[higher]] = trial[higher]
            wave[rows[higher]] = trial_wave[higher]
            heights[rows[higher]] = trial_heights[higher]
            trying = trying[~higher]
            step[trying] /= 4
        active = np.delete(active, trying)  # no step raises them: they are at the top
        if not len(active):
            break
    arrived = np.ones(len(angles), dtype=bool)
    arrived[active] = False
    return angles, heights, arrived


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
    ordered = np.sort(np.mod(angles, 2 * pi), axis=-1)
    k = np.arange(1, n)
    smallest = np.full(angles.shape[:-1], np.inf)
    for cut in range(n):
        # Cutting the circle behind angle `cut` moves the first `cut` angles one turn up.
        unrolled = np.concatenate([ordered[..., cut:], ordered[..., :cut] + 2 * pi], axis=-1)
        centred = unrolled - unrolled.mean(axis=-1, keepdims=True)
        largest_sums = np.cumsum(centred[..., :0:-1], axis=-1)
        spread = (n * largest_sums / (pi * k * (n - k))).max(axis=-1)
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

    @property
    def is_defined(self) -> np.ndarray:
        """Which distributions have a χ at all, (n_eta,)."""
        return self.weights.sum(axis=1) > 0


def pairwise_differences(angles: np.ndarray) -> np.ndarray:
    """|φ_j − φ_k| on the circle, in [0, π], for all pairs j < k: (..., N) to (..., N(N−1)/2)."""
    j, k = np.triu_indices(angles.shape[-1], 1)
    return np.abs(np.mod(angles[..., j] - angles[..., k] + pi, 2 * pi) - pi)


def is_resolved(
    coefficients: np.ndarray, maximum: Maximum, error: np.ndarray | float = 0.0
) -> np.ndarray:
    """Whether S_max is larger than rounding and than `error`, (n_eta,).

    error: (n_eta,), of the distributions in units of the uniform density.
    """
    lowest = np.maximum(RESOLUTION, error) * coefficients[:, 0].real
    return maximum.s_max > lowest


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
