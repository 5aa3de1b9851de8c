"""Means at small η with the exact limit as a control variate.

At small η, the value x(η) of a sample is close to its value x(0⁺) in the limit. The mean E x(0⁺)
over the ensemble is known exactly. So x̄(η) − β(x̄(0⁺) − E x(0⁺)) with β = cov/var has the same mean
as x̄(η) and a smaller error: x(0⁺) is a control variate.

For P_a this estimate is (1 − β)·x̄(η) + β·(E x(0⁺) + mean of d) with d = x(η) − x(0⁺). At small η, d
is nearly 0, except in the few samples that lock in the other way. So the rises (d > 0) and the
falls (d < 0) each have an interval of their own. It is right for few such samples and for none.
"""

from __future__ import annotations

from math import hypot, sqrt

import numpy as np

from syncsweep.tables.intervals import combined, hit_size, probability_interval
from syncsweep.tables.number import Number

#: A control counts as constant if its standard deviation is below this share of its values.
_ROUNDING = 1e-9


def control_variate(
    x: np.ndarray, control: np.ndarray, expected: Number[float], sigmas: float = 1.0
) -> dict[str, float]:
    """Mean of x (n,) by itself, and with a control (n,) whose expectation is known.

    n; plain, plain_se: mean and standard error of x; control: mean(x) − β(mean(control) −
    expected); beta: cov/var, 0 if the control is constant; _low, _high: ends of intervals of
    `sigmas` standard errors, which include that of `expected`; gain: the square of the ratio of the
    two lengths, so 1/gain of the samples give the same error. NaN below three samples.
    """
    n = len(x)
    if n < 3:
        return _unknown(n)
    beta, varies = _slope(x, control)
    residual = x - x.mean() - beta * (control - control.mean())
    # β takes a degree of freedom too.
    variance = residual @ residual / (n - 1 - varies) / n
    reach = sigmas * _standard_error(x)
    controlled = sigmas * sqrt(variance)
    return _estimates(x, control, expected, beta, sigmas, (reach, reach), (controlled, controlled))


def controlled_probability(
    x: np.ndarray, control: np.ndarray, expected: Number[float], sigmas: float = 1.0
) -> dict[str, float]:
    """`control_variate` for numbers in [0, 1], with intervals that are right for rare events.

    beta is between 0 and 1 here. The interval combines those of x, of the rises and of the falls
    from the control to x; see the docstring of the module.
    """
    n = len(x)
    if n < 3:
        return _unknown(n)
    beta = min(max(_slope(x, control)[0], 0.0), 1.0)
    change = x - control
    parts = np.array([x, np.maximum(change, 0.0), np.maximum(-change, 0.0)])
    # A rise is no larger than a hit of x, and a fall no larger than one of the control.
    largest = np.array([1.0, *(hit_size(one.sum(), one @ one) for one in (x, control))])
    sums, squares = parts.sum(axis=1), (parts**2).sum(axis=1)
    ends = probability_interval(np.array(n), sums, squares, sigmas, largest)
    means = parts.mean(axis=1)
    plain = float(means[0] - ends.low[0]), float(ends.high[0] - means[0])
    controlled = combined(np.array([1 - beta, beta, -beta]), means, ends, _correlations(parts))
    return _estimates(x, control, expected, beta, sigmas, plain, controlled)


def _slope(x: np.ndarray, control: np.ndarray) -> tuple[float, bool]:
    """cov/var, or 0 if the control is constant; and whether it varies."""
    deviation = control - control.mean()
    varies = bool(np.std(control) > _ROUNDING * np.abs(control).max())
    return float(deviation @ x / (deviation @ deviation)) if varies else 0.0, varies


def _correlations(parts: np.ndarray) -> np.ndarray:
    """Sample correlations of quantities (k, n); 0 between a constant quantity and another one."""
    deviations = parts - parts.mean(axis=1, keepdims=True)
    products = deviations @ deviations.T
    sizes = np.sqrt(np.diagonal(products))
    scale = np.where(sizes > 0, sizes, 1.0)
    correlations: np.ndarray = products / np.outer(scale, scale)
    np.fill_diagonal(correlations, 1.0)
    return correlations


def _standard_error(x: np.ndarray) -> float:
    return float(np.std(x, ddof=1) / sqrt(len(x)))


def _estimates(
    x: np.ndarray,
    control: np.ndarray,
    expected: Number[float],
    beta: float,
    sigmas: float,
    plain: tuple[float, float],
    controlled: tuple[float, float],
) -> dict[str, float]:
    """The columns; plain, controlled: how far the two intervals reach below and above."""
    known = beta * sigmas * (expected.error or 0.0)
    below, above = (hypot(reach, known) for reach in controlled)
    mean = float(x.mean())
    estimate = mean - beta * (float(control.mean()) - expected.value)
    gain = (sum(plain) / (below + above)) ** 2 if below + above > 0 else float("nan")
    return _columns(
        len(x),
        Number(mean, _standard_error(x), (mean - plain[0], mean + plain[1])),
        Number(estimate, ends=(estimate - below, estimate + above)),
        beta,
        gain,
    )


def _unknown(n: int) -> dict[str, float]:
    """The columns of too few samples."""
    nan = float("nan")
    return _columns(n, Number(nan, nan, (nan, nan)), Number(nan, ends=(nan, nan)), nan, nan)


def _columns(
    n: int, plain: Number[float], controlled: Number[float], beta: float, gain: float
) -> dict[str, float]:
    columns = {"n": n, **plain.columns("plain"), **controlled.columns("control")}
    return {**columns, "beta": beta, "gain": gain}
