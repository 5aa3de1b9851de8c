"""S_d on regular grids of the angles."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from math import ceil, pi

import numpy as np

#: With more angles than this, S_d on a grid is computed one angle after the other, and for one
#: distribution at a time. The matrix of all waves would be too large: 24⁴ · 380 for five spin-1s.
MOST_ANGLES_AT_ONCE = 3

#: With fewer angles too, if that matrix would have more entries than this, as for four spin-3/2s.
_MOST_WAVES = 10**7


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
    """S_d − u of (..., n_eta, n_k) coefficients on a lattice, (..., n_eta, points^n_angles).

    Each leading index has a product of its own, so that its bits do not depend on the others.
    """
    n_k, n_angles = frequencies.shape
    if 2 * n_k * points**n_angles > _MOST_WAVES:
        grid, rows = (points,) * n_angles, coefficients.reshape(-1, n_k)
        heights = np.array([heights_by_angle(row, frequencies, grid) for row in rows])
        return heights.reshape(*coefficients.shape[:-1], -1)
    tail = coefficients[..., 1:]
    parts = np.concatenate([tail.real, tail.imag], axis=-1)
    heights = 2 * parts @ lattice_waves(frequencies, points)
    return heights


def points_of_angles(frequencies: np.ndarray, per_wave: float) -> tuple[int, ...]:
    """Points along each angle, (N−1,): so many for each turn of its shortest wave in S_d."""
    largest = np.maximum(np.abs(frequencies).max(axis=0), 1)
    return tuple(ceil(per_wave * most) for most in largest.tolist())


def heights_by_angle(row: np.ndarray, frequencies: np.ndarray, points: Sequence[int]) -> np.ndarray:
    """S_d − u of one distribution (n_k,) on a grid with `points` (N−1,) along the angles, flat.

    The sum over the entries k_j of k is done for one angle after the other. k_1 is never negative.
    """
    largest = np.abs(frequencies).max(axis=0)
    lowest = np.array([0, *-largest[1:]])
    spectrum = np.zeros([largest[0] + 1, *2 * largest[1:] + 1], dtype=complex)
    spectrum[tuple((frequencies[1:] - lowest).T)] = 2 * row[1:]
    for most, n in zip(largest[1:], points[1:], strict=True):
        spectrum = np.tensordot(spectrum, _turns(-most, most, n), axes=(1, 0))
    spectrum, first = spectrum.reshape(largest[0] + 1, -1), _turns(0, largest[0], points[0])
    waves = np.vstack([first.real, -first.imag])
    return (waves.T @ np.vstack([spectrum.real, spectrum.imag])).ravel()


def _turns(first: int, last: int, points: int) -> np.ndarray:
    """exp(ikφ) for k from `first` to `last`, at φ = 0 … 2π, (n_k, points)."""
    return np.exp(2j * pi / points * np.outer(np.arange(first, last + 1), np.arange(points)))
