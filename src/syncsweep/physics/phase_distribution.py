"""The distributions of angles S and of angle differences S_d as trigonometric polynomials.

With φ'_j = φ_j − φ_N, S_d(φ') = Σ_k s_k e^{i k·φ'} with integer frequency vectors k of N−1 entries
and s_{−k} = s_k* (Eqs. 2, A1-A3). Only k = 0 and one of each pair ±k are kept: 10 frequencies for
three spin-1s, 43 for four, 191 for five and 876 for six, which are 19, 85, 381 and 1751 real
numbers. S(φ) of the angles themselves (Eq. A3) has vectors k of N entries: 3 for one spin-1, 13 for
two, 63 for three and 313 for four. S_d is S integrated over the common angle, which keeps Σk_j = 0.

Eq. A3 integrates to one with the factor ∏_j (2S+1)/4π, so s_0 = (1/2π)^n for n angles and unit
trace.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import product
from math import comb, gamma, pi, sqrt
from typing import Any, Literal

import numpy as np
from scipy import sparse

from syncsweep.physics import arguments
from syncsweep.physics.spins import local_dimension, magnetizations, spin_tuple

#: What is measured: S_d of the N−1 angle differences, or S of the N angles themselves.
Measure = Literal["relative", "absolute"]

#: Levels of a spin up to which factorials are taken as they are.
_MOST_LEVELS = 101


def relative_frequencies(spins: Sequence[float]) -> np.ndarray:
    """Frequencies k of S_d for spins (N,), integers of shape (n_k, N−1); row 0 is k = 0.

    Of each pair ±k the one whose first non-zero entry is positive is listed, in lexicographic
    order. A frequency is k_j = m_j − m'_j on the first N−1 sites, and −Σk_j on the last.

    >>> sync.relative_frequencies([0.5, 1]).tolist()
    [[0], [1]]
    """
    return frequencies_of(spin_tuple(spins), "relative")


def phase_frequencies(spins: Sequence[float]) -> np.ndarray:
    """Frequencies k of S for spins (N,), integers of shape (n_k, N); row 0 is k = 0.

    k_j = m_j − m'_j on each site. Of each pair ±k one is listed, as in `relative_frequencies`.

    >>> sync.phase_frequencies([1]).tolist()
    [[0], [1], [2]]
    """
    return frequencies_of(spin_tuple(spins), "absolute")


@cache
def frequencies_of(spins: tuple[float, ...], measure: Measure) -> np.ndarray:
    """`relative_frequencies` or `phase_frequencies`, (n_k, n_angles); ValueError."""
    least = 2 if measure == "relative" else 1
    if len(spins) < least:
        raise ValueError(
            f"Argument `spins` must hold at least {least} {'spins' if least > 1 else 'spin'}, but "
            f"holds {len(spins)}."
        )
    largest = [local_dimension(spin) - 1 for spin in spins]
    # What is left to the last spin, if the frequencies of all spins add up to 0.
    largest_sum = largest.pop() if measure == "relative" else sum(largest)
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
    # With more levels the factorials leave the range of a float.
    if local_dimension(spin) > _MOST_LEVELS:
        return _site_weights_by_logarithms(spin)
    d = local_dimension(spin)
    twice = d - 1
    weights = np.empty((d, d))
    for row, column in product(range(d), repeat=2):
        sines = row + column
        cosines = 2 * twice - sines
        integral = 2 * gamma(cosines / 2 + 1) * gamma(sines / 2 + 1) / gamma(twice + 2)
        weights[row, column] = sqrt(comb(twice, row) * comb(twice, column)) * integral
    return d / (4 * pi) * weights


def _site_weights_by_logarithms(spin: float) -> np.ndarray:
    from scipy.special import gammaln

    d = local_dimension(spin)
    k = np.arange(d)
    half = k[:, None] / 2 + k / 2
    binomials = (gammaln(d) - gammaln(k + 1) - gammaln(d - k)) / 2
    logarithms = binomials[:, None] + binomials - gammaln(d + 1)
    logarithms += gammaln(half + 1) + gammaln(d - half)
    return d / (2 * pi) * np.exp(logarithms)


@cache
def _coefficient_map(
    spins: tuple[float, ...], measure: Measure
) -> tuple[tuple[np.ndarray, np.ndarray], sparse.csr_array]:
    """Kets and bras (n,) of the entries of ρ that are needed, and the map (n_k, n) to the s_k."""
    frequencies = frequencies_of(spins, measure)
    n_angles, turn = frequencies.shape[1], 2 * pi if measure == "relative" else 1.0
    index_of = {tuple(k): index for index, k in enumerate(frequencies.tolist())}
    m = np.array(list(product(*map(magnetizations, spins))))
    weights = [_site_weights(spin) for spin in spins]
    levels = list(product(*(range(local_dimension(spin)) for spin in spins)))
    dim = len(m)
    rows, kets, bras, values = [], [], [], []
    for bra in range(dim):
        difference = np.rint(m - m[bra]).astype(int)
        counted = np.ones(dim, dtype=bool)
        if measure == "relative":
            counted = difference.sum(axis=1) == 0
        for ket in np.flatnonzero(counted):
            row = index_of.get(tuple(difference[ket, :n_angles].tolist()))
            if row is not None:
                rows.append(row)
                kets.append(ket)
                bras.append(bra)
                of_sites = zip(weights, levels[ket], levels[bra], strict=True)
                values.append(turn * np.prod([weight[a, b] for weight, a, b in of_sites]))
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
    return coefficients_of(rho, spin_tuple(spins), "relative")


def phase_coefficients(rho: Any, spins: Sequence[float]) -> np.ndarray:
    """Fourier coefficients s_k of S (Eq. A3) at `phase_frequencies`, complex (..., n_k).

    rho: as for `relative_phase_coefficients`; ValueError. S is a density over the N angles of the
    spins (rad^{−N}), with the factor ∏_j (2S+1)/4π.

    >>> s = sync.phase_coefficients(steady.rho, pair.spins)
    >>> s.shape, sync.phase_frequencies(pair.spins).shape
    ((3, 5), (5, 2))
    """
    return coefficients_of(rho, spin_tuple(spins), "absolute")


def coefficients_of(rho: Any, spins: tuple[float, ...], measure: Measure) -> np.ndarray:
    """`relative_phase_coefficients` or `phase_coefficients` (..., n_k)."""
    rho = arguments.states("Argument `rho`", rho, spins)
    (kets, bras), matrix = _coefficient_map(spins, measure)
    entries = rho[..., kets, bras].reshape(-1, len(kets))
    return (matrix @ entries.T).T.reshape(*rho.shape[:-2], -1)


def evaluate(coefficients: Any, frequencies: Any, angles: Any) -> np.ndarray:
    """S_d at `angles`, or S with its own coefficients and frequencies.

    coefficients: (..., n_k); frequencies: (n_k, n_angles) with k = 0 first; angles: (n_points,
    n_angles) in rad. n_angles is N−1 for S_d and N for S. Returns (..., n_points). ValueError.

    >>> sync.evaluate(s_d, frequencies, angles=[[0], [np.pi]])[0].round(3)
    array([0.146, 0.172])
    """
    coefficients, frequencies = arguments.distributions(coefficients, frequencies, "...")
    angles = arguments.numbers("Argument `angles`", angles, "n_points", frequencies.shape[1])
    return coefficients[..., :1].real + deviation(coefficients, frequencies, angles)


def deviation(coefficients: np.ndarray, frequencies: np.ndarray, angles: np.ndarray) -> np.ndarray:
    """S_d or S less the uniform density at `angles`, without a difference; see `evaluate`."""
    phases = angles @ frequencies[1:].T
    tail = coefficients[..., 1:]
    return 2 * (tail.real @ np.cos(phases).T - tail.imag @ np.sin(phases).T)
