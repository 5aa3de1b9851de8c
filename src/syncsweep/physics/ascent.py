"""Newton's method on S_d, and its slopes and curvatures at given angles."""

from __future__ import annotations

import numpy as np

#: Number of tries of one step, each a quarter as long as the one before.
_MOST_TRIES = 6

_TINY = float(np.finfo(float).tiny)

#: So many values of waves are held in memory at once.
_WAVES_AT_ONCE = 2**19


def by_row(rows: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Product of (n, m) and (m, k), row by row: no bit of a row depends on the other rows."""
    product: np.ndarray = rows[:, None] @ matrix
    return product[:, 0]


def hessian(waves: np.ndarray, k: np.ndarray) -> np.ndarray:
    """Second derivatives (n, N−1, N−1) of Σ_k Re waves, which are (n, n_k) at k (n_k, N−1)."""
    products = (k[:, :, None] * k[:, None, :]).reshape(len(k), -1)
    return -by_row(waves.real, products).reshape(-1, k.shape[1], k.shape[1])


def climb(
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
    amplitudes, ones = 2 * coefficients[:, 1:], np.ones((k.shape[1], 1))

    def waves(rows: np.ndarray, at: np.ndarray) -> np.ndarray:
        return amplitudes[rows] * np.exp(1j * by_row(at, k.T))

    angles = angles.copy()
    active = np.arange(len(angles))
    wave = waves(active, angles)
    heights = wave.real.sum(axis=1)
    for _ in range(most_steps):
        gradient = -by_row(wave[active].imag, k)
        eigenvalues, vectors = np.linalg.eigh(hessian(wave[active], k))
        # Ascent along every eigenvector, whatever the sign of its curvature.
        slopes = (gradient[:, None, :] @ vectors)[:, 0]
        scale = np.maximum(-eigenvalues[:, :1], eigenvalues[:, -1:]) + _TINY
        moves = slopes / np.maximum(np.abs(eigenvalues), 1e-8 * scale)
        step = (vectors @ moves[:, :, None])[:, :, 0]
        length = np.sqrt(by_row(step**2, ones))
        step *= np.minimum(1.0, longest_step / np.maximum(length, _TINY))
        # A step that raises nothing but the last digits is taken unseen, and is the last one.
        gain = by_row(slopes * moves, ones)[:, 0]
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


def local_shape(
    row: np.ndarray, frequencies: np.ndarray, angles: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """S_d − u (n,) of one distribution (n_k,) at `angles` (n, N−1), and its derivatives there.

    First (n, N−1) and second ones (n, N−1), ascending, along the columns of the last (n, N−1, N−1).
    """
    k, n_angles = frequencies[1:].astype(float), frequencies.shape[1]
    heights, slopes = [np.empty(0)], [np.empty((0, n_angles))]
    hessians = [np.empty((0, n_angles, n_angles))]
    for some in batches(angles, frequencies):
        waves = 2 * row[1:] * np.exp(1j * (some @ k.T))
        heights.append(waves.real.sum(axis=1))
        slopes.append(-waves.imag @ k)
        hessians.append(hessian(waves, k))
    curvatures, directions = np.linalg.eigh(np.concatenate(hessians))
    along = (np.concatenate(slopes)[:, None, :] @ directions)[:, 0]
    return np.concatenate(heights), along, curvatures, directions


def batches(items: np.ndarray, frequencies: np.ndarray) -> list[np.ndarray]:
    """Items in batches, for each of which the waves of S_d fit into memory."""
    size = max(1, _WAVES_AT_ONCE // len(frequencies))
    return [items[first : first + size] for first in range(0, len(items), size)]
