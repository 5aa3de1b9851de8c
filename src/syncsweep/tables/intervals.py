"""Intervals of means over realisations that stay right where events are rare.

P_a is the mean over realisations of a number in [0, 1]. In most of them the number is nearly 0. The
others are called hits. If there are few hits, the error of P_a is not symmetric, and their spread
is a poor estimate of it. If there is no hit, the error is not 0.

There are three estimators. `probability_interval` is for a mean and any number of standard errors,
`sigmas`. `combined` and `quotient` make intervals of sums and ratios from those of their parts.
docs/statistics.md explains them and says how often they contain the true value.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.special import betainc, ndtr

#: Halvings of [0, 1] until an end is found to rounding.
_HALVINGS = 52

#: The weight c of P(K = k) is 1 without a hit. Its excess over 1/2 falls by a factor e with this
#: many hits.
_FEW = 3.0

#: Beta distributions are at least as wide as those of this many trials. A mean that is this near to
#: 0 or 1 has no Beta distribution.
_MOST_TRIALS, _ROUNDING = 1e12, 1e-15


class Ends(NamedTuple):
    """Lower and upper ends of intervals, arrays of one shape; NaN where they are not known."""

    low: np.ndarray
    high: np.ndarray


def hit_size(
    total: np.ndarray, squares: np.ndarray, largest: float | np.ndarray = 1.0
) -> np.ndarray:
    """The size of a hit: Σx²/Σx of numbers x ≥ 0 and an additional one of size `largest`."""
    return np.asarray((squares + np.square(largest)) / (total + largest))


def probability_interval(
    count: np.ndarray,
    total: np.ndarray,
    squares: np.ndarray,
    sigmas: float = 1.0,
    largest: float | np.ndarray = 1.0,
) -> Ends:
    """Interval of the mean of numbers in [0, 1] from their count, sum and sum of squares.

    sigmas: number of standard errors, 68.27 % for 1, 95.45 % for 2; largest: a size that no hit
    exceeds.

    For k whole hits of n, the ends p solve P(K > k) + c·P(K = k) = α and
    P(K < k) + c·P(K = k) = α with c = (1 + e^{−k/3})/2. Clopper and Pearson's interval has c = 1,
    and the mid-P interval has c = 1/2. If there are fewer misses than hits, c has the number of
    misses in place of k. As a function of p, P(K ≥ k) is the distribution function of a Beta
    variable. This variable is the mean, under random weights (Dirichlet's), of the n numbers and an
    additional 0. P(K > k) is the same with an additional 1.

    For numbers that are not whole, the Beta variables have the mean and the variance of such
    weighted means. The additional number is then 1 minus the size of a miss, or the size of a hit
    (see `hit_size`). In c, the hits or misses are counted in units of their size.
    """
    n, total, squares = np.broadcast_arrays(
        *(np.asarray(values, dtype=float) for values in (count, total, squares))
    )
    misses, squared_misses = n - total, n - 2 * total + squares
    hit, miss = hit_size(total, squares, largest), hit_size(misses, squared_misses)
    few = np.exp(-np.minimum(total / hit, misses / miss) / _FEW)
    own = (1 + few) / 2
    below = _mean_with(n, total, squares, 1 - miss)
    above = _mean_with(n, total, squares, hit)
    alpha = ndtr(-sigmas)
    low = _where_reached(lambda p: own * below(p) + (1 - own) * above(p), alpha, n.shape)
    high = _where_reached(lambda p: (1 - own) * below(p) + own * above(p), 1 - alpha, n.shape)
    return Ends(np.where(n > 0, low, np.nan), np.where(n > 0, high, np.nan))


def _mean_with(
    n: np.ndarray, total: np.ndarray, squares: np.ndarray, more: np.ndarray
) -> Callable[[np.ndarray], np.ndarray]:
    """Distribution function of the mean, under random weights, of n numbers and `more`."""
    mean = (total + more) / (n + 1)
    variance = np.maximum((squares + more**2) / (n + 1) - mean**2, 0) / (n + 2)
    spread = mean * (1 - mean)
    trials = spread / np.maximum(variance, spread / _MOST_TRIALS + np.finfo(float).tiny) - 1
    # A distribution that is concentrated at 0 or at 1 is no Beta distribution.
    is_zero, is_one = mean <= _ROUNDING, mean >= 1 - _ROUNDING
    inside = ~(is_zero | is_one)
    a, b = np.where(inside, mean * trials, 1.0), np.where(inside, (1 - mean) * trials, 1.0)

    def distribution(p: np.ndarray) -> np.ndarray:
        return np.where(inside, betainc(a, b, p), np.where(is_zero, 1.0, p >= 1))

    return distribution


def _where_reached(
    distribution: Callable[[np.ndarray], np.ndarray], level: float, shape: tuple[int, ...]
) -> np.ndarray:
    """The p in [0, 1] where a distribution function reaches a level; exactly 0 or 1 at the ends."""
    low, high = np.zeros(shape), np.ones(shape)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        is_reached = distribution(middle) >= level
        low, high = np.where(is_reached, low, middle), np.where(is_reached, middle, high)
    return np.where(low == 0, 0.0, np.where(high == 1, 1.0, middle))


def combined(
    coefficients: np.ndarray, values: np.ndarray, ends: Ends, correlations: np.ndarray
) -> tuple[float, float]:
    """How far the interval of Σ aᵢvᵢ reaches below and above it, from the intervals of the vᵢ.

    coefficients a, values v, ends: (n,); correlations of the estimates: (n, n). For each side, the
    distances from the vᵢ to those ends that matter are added as standard errors are (Zou and
    Donner, Stat. Med. 27, 1693 (2008)).
    """
    below, above = values - ends.low, ends.high - values
    reach = []
    for one, other in ((below, above), (above, below)):
        distances = coefficients * np.where(coefficients > 0, one, other)
        reach.append(float(np.sqrt(max(distances @ correlations @ distances, 0.0))))
    return reach[0], reach[1]


def quotient(
    top: np.ndarray, top_ends: Ends, bottom: np.ndarray, bottom_ends: Ends, correlation: np.ndarray
) -> Ends:
    """Interval of the ratio top/bottom of two numbers ≥ 0 from their intervals; all of one shape.

    At each end R, the difference top − R·bottom is as far from 0 as its own interval reaches. This
    is Fieller's method with one distance below and another above (Donner and Zou, Stat. Methods
    Med. Res. 21, 347 (2012)). If the interval of bottom reaches 0, the upper end is infinite.
    """
    low = _quotient_end(top, top - top_ends.low, bottom, bottom_ends.high - bottom, correlation, -1)
    high = _quotient_end(top, top_ends.high - top, bottom, bottom - bottom_ends.low, correlation, 1)
    known = np.isfinite(top + bottom)
    return Ends(np.where(known, low, np.nan), np.where(known, high, np.nan))


def _quotient_end(
    top: np.ndarray,
    top_distance: np.ndarray,
    bottom: np.ndarray,
    bottom_distance: np.ndarray,
    correlation: np.ndarray,
    side: int,
) -> np.ndarray:
    """The lower (side < 0) or upper root R of (top − R·bottom)² = t² + R²b² − 2R·ρ·t·b.

    t, b: distances of top and bottom; ρ: correlation.
    """
    square = bottom**2 - bottom_distance**2
    half = top * bottom - correlation * top_distance * bottom_distance
    constant = top**2 - top_distance**2
    root = half + np.sqrt(np.maximum(half**2 - square * constant, 0))
    with np.errstate(divide="ignore", invalid="ignore"):
        if side < 0:
            return np.where((constant > _ROUNDING * top**2) & (root > 0), constant / root, 0.0)
        return np.where(square > _ROUNDING * bottom**2, root / square, np.inf)
