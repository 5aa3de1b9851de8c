"""S_d on regular grids of the angles."""

from __future__ import annotations

from functools import cache
from math import pi

import numpy as np

#: With more angles than this, S_d on a grid is computed one angle after the other, and for one
#: distribution at a time. The matrix of all waves would be too large: 24⁴ · 380 for five spin-1s.
MOST_ANGLES_AT_ONCE = 3


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
    if frequencies.shape[1] > MOST_ANGLES_AT_ONCE:
        return np.array([heights_by_angle(row, frequencies, points) for row in coefficients])
    tail = coefficients[:, 1:]
    return 2 * np.hstack([tail.real, tail.imag]) @ lattice_waves(frequencies, points)


def heights_by_angle(row: np.ndarray, frequencies: np.ndarray, points: int) -> np.ndarray:
    """S_d − u of one distribution (n_k,) on a lattice, (points^n_angles,).

    The sum over the entries k_j of k is done for one angle after the other. k_1 is never negative.
    """
    n_angles, largest = frequencies.shape[1], int(np.abs(frequencies).max())
    lowest = np.array([0] + [-largest] * (n_angles - 1))
    spectrum = np.zeros((largest + 1, *[2 * largest + 1] * (n_angles - 1)), dtype=complex)
    spectrum[tuple((frequencies[1:] - lowest).T)] = 2 * row[1:]
    steps = np.outer(np.arange(-largest, largest + 1), np.arange(points))
    turns = np.exp(2j * pi / points * steps)
    for _ in range(n_angles - 1):
        spectrum = np.tensordot(spectrum, turns, axes=(1, 0))
    spectrum, first = spectrum.reshape(largest + 1, -1), turns[largest:]
    waves = np.vstack([first.real, -first.imag])
    return (waves.T @ np.vstack([spectrum.real, spectrum.imag])).ravel()
