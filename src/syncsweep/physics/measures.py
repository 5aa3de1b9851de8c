"""Measures of S_d: the maximum S_max (Eq. 3), χ of an angle configuration (Eqs. 9, D6), and P_a."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import ceil, pi, sqrt

import numpy as np

from syncsweep.physics import arguments

#: Points per angle on which the search for S_max starts: at least so many, and so many per wave.
_START_GRID, _START_GRID_PER_WAVE = 24, 12

#: Newton steps from a point of the grid, and tries of a step, each a quarter of the one before.
_MOST_STEPS, _MOST_TRIES = 40, 6

#: Points per angle for sampling χ at threshold 0.95, by number of angles N−1, where no wave is
#: shorter than π.
_CHI_GRID = {1: 2304, 2: 48, 3: 24}
_FINEST_CHI_GRID = {1: 65536, 2: 480, 3: 72}

#: Below this multiple of the uniform density an S_max is rounding, and χ has no meaning.
RESOLUTION = 1e-11


@dataclass(frozen=True)
class Maximum:
    """Maximum of S_d: `s_max` (...,) above the uniform density, at `angles` (..., N−1) in rad."""

    s_max: np.ndarray
    angles: np.ndarray


def lattice(n_angles: int, points: int) -> np.ndarray:
    """Regular grid over [0, 2π)^n_angles, shape (points^n_angles, n_angles)."""
    axis = 2 * pi * np.arange(points) / points
    return np.stack(np.meshgrid(*[axis] * n_angles, indexing="ij"), axis=-1).reshape(-1, n_angles)


@cache
def _lattice_waves(frequencies: tuple[tuple[int, ...], ...], points: int) -> np.ndarray:
    """cos(k·φ) and −sin(k·φ) of all k ≠ 0 on a lattice, (2(n_k − 1), points^n_angles)."""
    k = np.array(frequencies[1:])
    phases = k @ lattice(k.shape[1], points).T
    return np.vstack([np.cos(phases), -np.sin(phases)])


def _on_lattice(coefficients: np.ndarray, frequencies: np.ndarray, points: int) -> np.ndarray:
    """S_d − u of (n_eta, n_k) coefficients on a lattice, (n_eta, points^n_angles)."""
    waves = _lattice_waves(tuple(map(tuple, frequencies.tolist())), points)
    tail = coefficients[:, 1:]
    return 2 * np.hstack([tail.real, tail.imag]) @ waves


def s_max(coefficients: np.ndarray, frequencies: np.ndarray) -> Maximum:
    """Maximum of S_d − (1/2π)^{N−1} over all angles (Eq. 3).

    coefficients: (n_eta, n_k) complex; frequencies: (n_k, N−1) with k = 0 first. Every local
    maximum of a coarse grid that could hold the global one is refined by Newton's method; S_max is
    the largest. NaN coefficients give NaN. Angles lie in [0, 2π).
    """
    coefficients, frequencies = arguments.distributions(coefficients, frequencies, "n_eta")
    n_angles = frequencies.shape[1]
    owner, refined, heights = _climb(coefficients, frequencies, None)
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
    """Maxima of S_d at which S_d − u is at least `share` of S_max, each once.

    coefficients: (n_eta, n_k); frequencies: (n_k, N−1) with k = 0 first; s_max: (n_eta,). Those are
    found to which the points of a grid lead that are not below any neighbour; maxima nearer than a
    tenth of its spacing count as one. NaN gives none.
    """
    lowest = share * s_max
    owner, angles, heights = _climb(coefficients, frequencies, lowest)
    kept_points = (heights >= lowest[owner]) & _is_top(coefficients[owner], frequencies, angles)
    owner, angles = owner[kept_points], np.mod(angles[kept_points], 2 * pi)
    spacing = 2 * pi / _start_grid(frequencies)
    kept: list[int] = []
    for index in range(len(owner)):
        rivals = [other for other in kept if owner[other] == owner[index]]
        apart = np.abs(np.mod(angles[rivals] - angles[index] + pi, 2 * pi) - pi)
        if not np.any(apart.max(axis=1, initial=0.0) < 0.1 * spacing):
            kept.append(index)
    return LocalMaxima(owner[kept], angles[kept])


def _start_grid(frequencies: np.ndarray) -> int:
    return max(_START_GRID, _START_GRID_PER_WAVE * int(np.abs(frequencies).max()))


def _is_top(coefficients: np.ndarray, frequencies: np.ndarray, angles: np.ndarray) -> np.ndarray:
    """Whether S_d curves upwards in no direction at stationary points: not at a saddle.

    coefficients: (n, n_k), angles: (n, N−1); returns (n,).
    """
    k = frequencies[1:].astype(float)
    wave = (2 * coefficients[:, 1:] * np.exp(1j * (angles @ k.T))).real
    hessian = -np.einsum("cf,fa,fb->cab", wave, k, k)
    curvatures = np.linalg.eigvalsh(hessian)
    return curvatures[:, -1] <= 1e-6 * np.abs(curvatures).max(axis=1)


def _climb(
    coefficients: np.ndarray, frequencies: np.ndarray, lowest: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Maxima reached from all points of a coarse grid that could lead to one above `lowest`.

    lowest: (n_eta,), heights above uniform, or None for the highest points of the grid. Returns of
    each the distribution's index, the angles (N−1,), and the height above uniform.
    """
    n_angles = frequencies.shape[1]
    points = _start_grid(frequencies)
    values = _on_lattice(coefficients, frequencies, points)
    # |S_d(φ) − S_d(φ*)| ≤ ½|φ−φ*|² Σ|k|²|s_k|: no maximum is higher above its nearest grid point.
    half_step = pi / points
    curvature = 2 * np.abs(coefficients) @ np.sum(frequencies**2, axis=1)
    slack = curvature * n_angles * half_step**2 / 2
    candidates = _maxima_of_grid(values, n_angles, points)
    candidates &= values >= ((values.max(axis=1) if lowest is None else lowest) - slack)[:, None]
    owner, point = np.nonzero(candidates)
    angles = lattice(n_angles, points)[point]
    return owner, *_newton(coefficients[owner], frequencies, angles, 2 * half_step)


def _maxima_of_grid(values: np.ndarray, n_angles: int, points: int) -> np.ndarray:
    """Mask of the points of a periodic grid that are not below any nearest neighbour."""
    grid = values.reshape(-1, *[points] * n_angles)
    mask = np.ones(grid.shape, dtype=bool)
    for axis in range(1, n_angles + 1):
        mask &= grid >= np.roll(grid, 1, axis)
        mask &= grid >= np.roll(grid, -1, axis)
    return mask.reshape(values.shape)


def _newton(
    coefficients: np.ndarray, frequencies: np.ndarray, angles: np.ndarray, longest_step: float
) -> tuple[np.ndarray, np.ndarray]:
    """Climb from each of `angles` (c, N−1) on its own row of coefficients (c, n_k).

    Returns the angles reached (c, N−1) and the heights above uniform there (c,).
    """
    k = frequencies[1:].astype(float)
    amplitudes = 2 * coefficients[:, 1:]
    products = (k[:, :, None] * k[:, None, :]).reshape(len(k), -1)

    def waves(rows: np.ndarray, at: np.ndarray) -> np.ndarray:
        return amplitudes[rows] * np.exp(1j * (at @ k.T))

    angles = angles.copy()
    active = np.arange(len(angles))
    wave = waves(active, angles)
    heights = wave.real.sum(axis=1)
    for _ in range(_MOST_STEPS):
        gradient = -wave[active].imag @ k
        hessian = -(wave[active].real @ products).reshape(-1, k.shape[1], k.shape[1])
        eigenvalues, vectors = np.linalg.eigh(hessian)
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
    return angles, heights


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

    chi: (n_points,) at the points of the shifted grid that lie in the region of at least one of
    them; weights: (n_eta, n_points), zero outside a distribution's own region, each row summing to
    one, or NaN where S_max is not resolved.
    """

    chi: np.ndarray
    weights: np.ndarray


def pairwise_differences(angles: np.ndarray) -> np.ndarray:
    """|φ_j − φ_k| on the circle, in [0, π], for all pairs j < k: (..., N) to (..., N(N−1)/2)."""
    j, k = np.triu_indices(angles.shape[-1], 1)
    return np.abs(np.mod(angles[..., j] - angles[..., k] + pi, 2 * pi) - pi)


def is_resolved(
    coefficients: np.ndarray, maximum: Maximum, error: np.ndarray | float = 0.0
) -> np.ndarray:
    """Whether S_max stands out from rounding and from `error`, (n_eta,); see `sample_chi`."""
    lowest = np.maximum(RESOLUTION, error) * coefficients[:, 0].real
    return maximum.s_max > lowest


def chi_grid_points(frequencies: np.ndarray, threshold: float) -> int:
    """Points per angle for `sample_chi`: the region shrinks with 1 − r and with the waves."""
    n_angles = frequencies.shape[1]
    finer = max(1.0, sqrt(0.05 / (1 - threshold))) * max(1.0, np.abs(frequencies).max() / 2)
    points = ceil(_CHI_GRID[n_angles] * finer)
    return min(points, _FINEST_CHI_GRID[n_angles])


def sample_chi(
    coefficients: np.ndarray,
    frequencies: np.ndarray,
    maximum: Maximum,
    threshold: float,
    shift: np.ndarray,
    error: np.ndarray | float = 0.0,
) -> ChiSample:
    """Sample χ where S_d − u ≥ r·S_max, weighted by S_d (below Eq. 9); u = (1/2π)^{N−1}.

    coefficients: (n_eta, n_k); frequencies: (n_k, N−1); maximum: theirs, as `s_max` gives it;
    threshold: r in (0, 1); shift: (N−1,) in [0, 1), the random offset of the grid in units of its
    spacing; error: (n_eta,), the estimated error of the distributions in units of the uniform
    density. The maximum is the refined one, not the grid's, and the offset is random, so that
    neither the grid's maximum nor its lattice biases χ.
    Where no grid point lies in the region, the maximum itself stands for it.
    """
    coefficients, frequencies = arguments.distributions(coefficients, frequencies, "n_eta")
    n_angles = frequencies.shape[1]
    points = chi_grid_points(frequencies, threshold)
    offset = 2 * pi / points * np.asarray(shift)
    shifted = coefficients * np.exp(1j * (frequencies @ offset))
    heights = _on_lattice(shifted, frequencies, points)
    inside = heights >= threshold * maximum.s_max[:, None]
    used = np.flatnonzero(inside.any(axis=0))
    weights = np.where(inside[:, used], coefficients[:, :1].real + heights[:, used], 0.0)
    index = np.stack(np.unravel_index(used, (points,) * n_angles), axis=-1)
    angles = 2 * pi / points * index + offset
    total = weights.sum(axis=1)
    missed = np.flatnonzero(total == 0)
    angles = np.concatenate([angles, np.nan_to_num(maximum.angles[missed])])
    weights = np.hstack([weights, np.zeros((len(weights), len(missed)))])
    weights[missed, len(used) + np.arange(len(missed))] = 1.0
    total[missed] = 1.0
    weights /= total[:, None]
    weights[~is_resolved(coefficients, maximum, error)] = np.nan
    last = np.zeros((len(angles), 1))
    return ChiSample(chi(np.hstack([angles, last])), weights)


def interval_probabilities(
    chi_values: np.ndarray, weights: np.ndarray, intervals: Sequence[tuple[float, float]]
) -> np.ndarray:
    """Probability P_a that χ lies in the closed interval a.

    chi_values: (n_points,); weights: (..., n_points), rows summing to one; returns (..., n_a).
    """
    chi_values = arguments.numbers("Argument `chi_values`", chi_values, "n_points")
    weights = arguments.numbers("Argument `weights`", weights, "...", len(chi_values))
    inside = [(chi_values >= low) & (chi_values <= high) for low, high in intervals]
    # Sums of weights may exceed one by their rounding; a probability must not.
    return np.minimum(weights @ np.array(inside, dtype=float).T, 1.0)
