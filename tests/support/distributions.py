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
