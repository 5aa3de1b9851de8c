"""The distribution S_d of angle differences (Eqs. 2, A1-A3) as a trigonometric polynomial.

With φ'_j = φ_j − φ_N, S_d(φ') = Σ_k s_k e^{i k·φ'} with integer frequency vectors k of N−1 entries
and s_{−k} = s_k*. Only k = 0 and one of each pair ±k are kept: 10 frequencies for three spin-1s,
43 for four, 191 for five and 876 for six, which are 19, 85, 381 and 1751 real numbers.

Eq. A3 integrates to one with the factor ∏_j (2S+1)/4π, so s_0 = (2π)^{−(N−1)} for unit trace.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import product
from math import comb, gamma, pi, sqrt
from typing import Any

import numpy as np
from scipy import sparse

from syncsweep.physics import arguments
from syncsweep.physics.spins import local_dimension, magnetizations, spin_tuple


def relative_frequencies(spins: Sequence[float]) -> np.ndarray:
    """Frequencies k of S_d for spins (N,), integers of shape (n_k, N−1); row 0 is k = 0.

    Of each pair ±k the one whose first non-zero entry is positive is listed, in lexicographic
    order. A frequency is k_j = m_j − m'_j on the first N−1 sites, and −Σk_j on the last.

    >>> sync.relative_frequencies([0.5, 1]).tolist()
    [[0], [1]]
    """
    spins = spin_tuple(spins)
    if len(spins) < 2:
        raise ValueError(f"Argument `spins` must hold at least 2 spins, but holds {len(spins)}.")
    return _frequencies(spins)


@cache
def _frequencies(spins: tuple[float, ...]) -> np.ndarray:
    *largest, largest_sum = (local_dimension(spin) - 1 for spin in spins)
    kept = [
        k
        for k in product(*(range(-most, most + 1) for most in largest))
        if abs(sum(k)) <= largest_sum and next((entry > 0 for entry in k if entry), False)
    ]
    return np.array([(0,) * len(largest), *kept], dtype=int)


@cache
def _site_weights(spin: float) -> np.ndarray:
    """(2S+1)/4π ∫ sinθ d_m(θ) d_m'(θ) dθ with d_m = ⟨m|e^{−iθS^y}|S⟩, shape (2S+1, 2S+1).

    d_m = √C(2S, S+m) cos(θ/2)^{S+m} sin(θ/2)^{S−m}, so the integral is a beta function.
    """
    d = local_dimension(spin)
    twice = d - 1
    weights = np.empty((d, d))
    for row, column in product(range(d), repeat=2):
        sines = row + column
        cosines = 2 * twice - sines
        integral = 2 * gamma(cosines / 2 + 1) * gamma(sines / 2 + 1) / gamma(twice + 2)
        weights[row, column] = sqrt(comb(twice, row) * comb(twice, column)) * integral
    return d / (4 * pi) * weights


@cache
def _coefficient_map(
    spins: tuple[float, ...],
) -> tuple[tuple[np.ndarray, np.ndarray], sparse.csr_array]:
    """Kets and bras (n,) of the entries of ρ that S_d needs, and the map (n_k, n) to the s_k."""
    frequencies = relative_frequencies(spins)
    index_of = {tuple(k): index for index, k in enumerate(frequencies.tolist())}
    m = np.array(list(product(*map(magnetizations, spins))))
    weights = [_site_weights(spin) for spin in spins]
    levels = list(product(*(range(local_dimension(spin)) for spin in spins)))
    dim = len(m)
    rows, kets, bras, values = [], [], [], []
    for bra in range(dim):
        difference = np.rint(m - m[bra]).astype(int)
        for ket in np.flatnonzero(difference.sum(axis=1) == 0):
            row = index_of.get(tuple(difference[ket, :-1].tolist()))
            if row is not None:
                rows.append(row)
                kets.append(ket)
                bras.append(bra)
                of_sites = zip(weights, levels[ket], levels[bra], strict=True)
                values.append(2 * pi * np.prod([weight[a, b] for weight, a, b in of_sites]))
    n = len(rows)
    matrix = sparse.coo_array((values, (rows, np.arange(n))), shape=(len(frequencies), n)).tocsr()
    return (np.array(kets), np.array(bras)), matrix


def relative_phase_coefficients(rho: Any, spins: Sequence[float]) -> np.ndarray:
    """Fourier coefficients s_k of S_d (Eq. 2) at `relative_frequencies`, complex (..., n_k).

    rho: (..., D, D) of the `spins` (N,), as an array, an operator of QuTiP, a sparse matrix, or a
    list of them; ValueError. S_d is a density over N−1 angles (rad^{1−N}).

    >>> sync.relative_phase_coefficients(steady.rho, pair.spins).shape
    (3, 2)
    """
    spins = spin_tuple(spins)
    rho = arguments.states("Argument `rho`", rho, spins)
    (kets, bras), matrix = _coefficient_map(spins)
    entries = rho[..., kets, bras].reshape(-1, len(kets))
    return (matrix @ entries.T).T.reshape(*rho.shape[:-2], -1)


def evaluate(coefficients: Any, frequencies: Any, angles: Any) -> np.ndarray:
    """S_d at `angles`.

    coefficients: (..., n_k); frequencies: (n_k, N−1) with k = 0 first; angles: (n_points, N−1) in
    rad. Returns (..., n_points). ValueError.

    >>> sync.evaluate(s_d, frequencies, angles=[[0], [np.pi]])[0].round(3)
    array([0.146, 0.172])
    """
    coefficients, frequencies = arguments.distributions(coefficients, frequencies, "...")
    angles = arguments.numbers("Argument `angles`", angles, "n_points", frequencies.shape[1])
    return coefficients[..., :1].real + deviation(coefficients, frequencies, angles)


def deviation(coefficients: np.ndarray, frequencies: np.ndarray, angles: np.ndarray) -> np.ndarray:
    """S_d − (1/2π)^{N−1} at `angles`, without subtracting nearly equal numbers; see `evaluate`."""
    phases = angles @ frequencies[1:].T
    tail = coefficients[..., 1:]
    return 2 * (tail.real @ np.cos(phases).T - tail.imag @ np.sin(phases).T)
