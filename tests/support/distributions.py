"""Coefficients of distributions S_d that tests of its measures share."""

from math import pi

import numpy as np

from syncsweep.physics.phase_distribution import relative_frequencies

#: I_1, I_2, I_3 of Fig. 3b.
INTERVALS = [(0.0, 2 / 16), (3 / 16, 5 / 16), (14 / 16, 1.0)]


def random_coefficients(seed, n_rows, frequencies, size=1e-3):
    """Rows of s_k with the uniform s_0 and complex normal s_k."""
    rng = np.random.default_rng(seed)
    shape = (n_rows, len(frequencies))
    rows = size * (rng.standard_normal(shape) + 1j * rng.standard_normal(shape))
    rows[:, 0] = (2 * pi) ** -frequencies.shape[1]
    return rows


def limit_coefficients(b):
    """Coefficients of 1/4π² + (b/16π²)·(cos 2φ'₁ + cos 2φ'₂ + cos 2(φ'₁ − φ'₂))."""
    frequencies = relative_frequencies((1, 1, 1))
    coefficients = np.zeros(len(frequencies), dtype=complex)
    coefficients[0] = 1 / (4 * pi**2)
    for k in ([2, 0], [0, 2], [2, -2]):
        coefficients[frequencies.tolist().index(k)] = b / (32 * pi**2)
    return coefficients


def four_site_coefficients(b):
    frequencies = relative_frequencies((1, 1, 1, 1)).tolist()
    coefficients = np.zeros(len(frequencies), dtype=complex)
    coefficients[0] = (2 * pi) ** -3
    for k in ([2, 0, 0], [0, 2, 0], [0, 0, 2], [2, -2, 0], [2, 0, -2], [0, 2, -2]):
        coefficients[frequencies.index(k)] = b / (64 * pi**3)
    for k in ([2, 2, -2], [2, -2, 2], [2, -2, -2]):
        coefficients[frequencies.index(k)] = b / (256 * pi**3)
    return coefficients


def chain_limit_coefficients(n_sites, b, moved=None):
    """Those of u + (b/2)(2π)^{1−N}·{mean_θ ∏_j [1 + cos(θ + 2φ_j)] − 1}, moved by angles (N−1,)."""
    frequencies = relative_frequencies((1,) * n_sites)
    of_all = np.hstack([frequencies, -frequencies.sum(axis=1, keepdims=True)])
    size = b / 2 * 0.5 ** np.count_nonzero(of_all, axis=1)
    coefficients = np.where(np.any(of_all % 2, axis=1), 0, size).astype(complex)
    coefficients[0] = 1
    if moved is not None:
        coefficients = coefficients * np.exp(-1j * (frequencies @ moved))
    return coefficients * (2 * pi) ** (1 - n_sites)
