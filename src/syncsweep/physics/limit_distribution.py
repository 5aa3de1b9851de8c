"""S_d in the limit η → 0⁺: one function of the angles, times one number b of the realisation.

`weak_limit` gives the state Σ_α c_α ρ_α of a realisation. This module gives its S_d, S_max and χ,
and the angles at which S_d is largest, in closed form.

**The chain.** Only the spin flip in the sectors 0± has entries off the diagonal. They are b/2 with
b = c₀₊/D₀₊ − c₀₋/D₀₋, between each |s⟩ with M = 0 and its flip. So

    S_d − u = (b/2) (2π)^{1−N} (⟨∏_j [1 + cos(θ + 2φ_j)]⟩_θ − 1),   u = (2π)^{1−N}.

With w_j = e^{2iφ_j}, 1 + cos(θ + 2φ_j) = |1 + e^{iθ}w_j|²/2. The mean over θ of the product is
therefore 2^{−N} Σ_k |e_k|², where e_k is the sum of all products of k of the w_j (Parseval). Now
|e_k| ≤ C(N, k), with equality for k = 1 only if all w_j are equal. And |e_0| = |e_N| = 1, so the
sum is at least 2, with equality only if e_1 = … = e_{N−1} = 0, that is ∏_j (x − w_j) = x^N + const.

- b > 0: S_max = (b/2)(2π)^{1−N} [C(2N, N)/2^N − 1], just where all 2φ_j are equal modulo 2π.
- b < 0: S_max = (|b|/2)(2π)^{1−N} (1 − 2^{1−N}), just where the 2φ_j are equally spaced on the
  circle, in any order.

For N = 3 these are the (0, π) and the π/3 type of the paper; this corrects Eqs. 7 and 8.

For the global ensemble with orthonormal F_n, the D_β R_αβ are Gamma variables of mean r·D_α·D_β.
In first order of their fluctuations b is normal with mean 0 and variance 2D₀/(r·D³·D₊·D₋), where D₊
and D₋ are the dimensions of 0±, and D₀ = D₊ + D₋. The F_n of Eq. F3 change little.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations, product
from math import comb, pi

import numpy as np

from syncsweep.physics.angle_lattice import MOST_ANGLES_AT_ONCE, lattice
from syncsweep.physics.chi import chi, interval_probabilities
from syncsweep.physics.chi_sampling import sample_chi
from syncsweep.physics.measures import Maximum
from syncsweep.physics.phase_distribution import relative_frequencies
from syncsweep.physics.sectors import Sector

#: Independent sets of shifts of the χ grid, whose spread gives the error of their mean.
_SETS = 16


@dataclass(frozen=True)
class LimitDistribution:
    """S_d of all states Σ_α c_α ρ_α: uniform but for b times one function of the angles.

    weights: (n,), b = Σ_α weights_α c_α. frequencies: (n_k, N−1); shape: (n_k,) real, the
    coefficients of the function, 0 at k = 0. heights: (2,), S_max/|b| for b > 0 and for b < 0
    [rad^{1−N}]; tops: (2, N−1), one maximum for each [rad].

    >>> from syncsweep.physics.sectors import sectors
    >>> limit = limit_distribution(sectors("spin1_chain", n_sites=8))
    >>> limit.heights / (2 * np.pi) ** -7  # in units of the uniform density
    array([24.63671875,  0.49609375])
    >>> limit.maximum(np.array([1e-6])).angles
    array([[0., 0., 0., 0., 0., 0., 0.]])
    """

    frequencies: np.ndarray
    weights: np.ndarray
    shape: np.ndarray
    heights: np.ndarray
    tops: np.ndarray

    def coefficients(self, b: np.ndarray) -> np.ndarray:
        """Coefficients of S_d (..., n_k) for b (...,)."""
        uniform = np.zeros(len(self.shape))
        uniform[0] = (2 * pi) ** -self.frequencies.shape[1]
        return uniform + np.asarray(b)[..., None] * self.shape

    def s_max(self, b: np.ndarray) -> np.ndarray:
        """S_max (...,) for b (...,)."""
        return np.abs(b) * np.where(b > 0, *self.heights)

    def maximum(self, b: np.ndarray) -> Maximum:
        """S_max and one of the places where S_d is largest, for b (...,)."""
        b = np.asarray(b)
        return Maximum(self.s_max(b), np.where(b[..., None] > 0, *self.tops))


def limit_distribution(sectors: Sequence[Sector]) -> LimitDistribution:
    """S_d of the sectors' steady states, with b = c₀₊/D₀₊ − c₀₋/D₀₋ (chain) or b = c₋ (pair).

    For the pair, S_d = 1/2π − (πc₋/32) cos φ'.
    """
    names = [sector.name for sector in sectors]
    weights = np.zeros(len(names))
    if names == ["+", "-"]:
        weights[1] = 1.0
        height = pi / 32
        shape = np.array([0.0, -height / 2])
        heights, tops = np.array([height, height]), np.array([[pi], [0.0]])
        return LimitDistribution(relative_frequencies((0.5, 0.5)), weights, shape, heights, tops)
    for name, sign in (("0+", 1), ("0-", -1)):
        index = names.index(name)
        weights[index] = sign / sectors[index].basis.shape[1]
    n_sites = len(names) // 2 - 1
    frequencies = relative_frequencies((1,) * n_sites)
    flips = np.column_stack([frequencies, -frequencies.sum(axis=1)]) / 2
    flipped = np.isin(flips, (-1, 0, 1)).all(axis=1)
    unit = (2 * pi) ** (1 - n_sites) / 2
    # A site that is flipped has half of the weight of one that is not.
    shape = np.where(flipped, unit * 0.5 ** np.count_nonzero(flips, axis=1), 0.0)
    shape[0] = 0.0
    heights = unit * np.array([comb(2 * n_sites, n_sites) / 2**n_sites - 1, 1 - 2 ** (1 - n_sites)])
    spaced = pi / n_sites * np.arange(1, n_sites)
    return LimitDistribution(
        frequencies, weights, shape, heights, np.stack([np.zeros(n_sites - 1), spaced])
    )


def chain_maxima(n_sites: int, sign: int) -> np.ndarray:
    """All angles φ' at which S_d of the chain is largest, for b of this sign, (n, N−1) in rad.

    b > 0: all 2^{N−1} with φ'_j = 0 or π. b < 0: all (N−1)!·2^{N−1} with the 2φ'_j at the other
    multiples of 2π/N, in any order. In [0, 2π).

    >>> chain_maxima(3, sign=1).tolist() == [[0, 0], [0, np.pi], [np.pi, 0], [np.pi, np.pi]]
    True
    >>> [len(chain_maxima(n, sign=-1)) for n in (2, 3, 4, 5)]
    [2, 8, 48, 384]
    """
    turns = pi * np.array(list(product((0, 1), repeat=n_sites - 1)))
    if sign > 0:
        return turns
    orders = pi / n_sites * np.array(list(permutations(range(1, n_sites))))
    return (orders[:, None] + turns).reshape(-1, n_sites - 1)


def probabilities_of_maxima(
    n_sites: int, sign: int, intervals: Sequence[tuple[float, float]]
) -> np.ndarray:
    """P_a of the chain for b of this sign and a threshold r → 1, (n_a,).

    All maxima weigh the same, because permutations of the spins and turns of one spin by π take
    each to any other.

    >>> probabilities_of_maxima(5, sign=1, intervals=[(0, 1 / 8), (7 / 8, 1)])
    array([0.0625, 0.9375])
    """
    maxima = chain_maxima(n_sites, sign)
    values = chi(np.column_stack([maxima, np.zeros(len(maxima))]))
    return interval_probabilities(values, np.full(len(values), 1 / len(values)), intervals)


def type_probabilities(
    distribution: LimitDistribution,
    b: np.ndarray,
    threshold: float,
    intervals: Sequence[tuple[float, float]],
    rng: np.random.Generator,
    shifts: int = 1024,
) -> np.ndarray:
    """Means of `sample_chi`'s P_a over the shifts of its grid, for b (n_b,), (n_sets, n_b, n_a).

    threshold, intervals: as for `sample_chi` and `interval_probabilities`; shifts: about how many;
    for N = 5 and 6 an eighth of them. Each of the 16 sets is a lattice of shifts with a random
    offset of its own, or independent shifts for N = 5 and 6. So the spread of their results shows
    how accurate their mean is, apart from the small bias of `sample_chi`. P_a depends on the sign
    of b. It depends only weakly on |b|, through the weights S_d.
    """
    coefficients = distribution.coefficients(b)
    maximum = distribution.maximum(b)
    n_angles = distribution.frequencies.shape[1]
    if n_angles > MOST_ANGLES_AT_ONCE:
        # Each shift draws a thousand points near the maxima, all of which are known.
        sets = rng.random((_SETS, max(1, shifts // (8 * _SETS)), n_angles))
        tops = [chain_maxima(n_angles + 1, sign) for sign in np.sign(b).astype(int).tolist()]
    else:
        per_angle = max(1, round((shifts / _SETS) ** (1 / n_angles)))
        offsets = rng.random((_SETS, n_angles)) / per_angle
        sets = offsets[:, None] + lattice(n_angles, per_angle) / (2 * pi)
        tops = None

    def probabilities(shift: np.ndarray) -> np.ndarray:
        frequencies = distribution.frequencies
        found = sample_chi(coefficients, frequencies, maximum, threshold, shift, tops=tops)
        return interval_probabilities(found.chi, found.weights, intervals)

    return np.array([np.mean([probabilities(shift) for shift in one], axis=0) for one in sets])
