"""The edge of a regime of weak perturbations: the η at which a mean has moved away from 0⁺.

With the mean c(η), its limit c(0⁺) and a floor f, which counts as zero, the edge at a share s is
the smallest η with c(η) = f + s·(c(0⁺) − f). Between neighbouring values of η, c is
linear in log η. The definition is ours (docs/planes.md).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Edge:
    """An edge and its standard error, both in the unit of η, and whether it was found.

    outcome: `found`; `below` the smallest or `above` the largest η > 0; `unknown` if c
    has no value at 0⁺ or at fewer than two η > 0. error: NaN if c has no errors; of_log: that of
    ln η, from which the interval follows.
    """

    eta: float = np.nan
    of_log: float = np.nan
    outcome: str = "unknown"

    @property
    def error(self) -> float:
        """Standard error, in the unit of η."""
        return self.eta * self.of_log

    @property
    def interval(self) -> tuple[float, float]:
        """Ends of one standard error of ln η."""
        return self.eta * np.exp(-self.of_log), self.eta * np.exp(self.of_log)


def find_edge(
    etas: np.ndarray, means: np.ndarray, errors: np.ndarray, share: float, floor: float = 0.0
) -> Edge:
    """The edge of means at ascending η, the first of which is 0; all (n_eta,), NaN if missing.

    The error is that of c minus its threshold, divided by the slope of c against ln η. The samples
    are the same at all η, but their covariances are not known here. The error of c between two η is
    that of fully correlated means, which is the largest possible one. The threshold counts as
    independent of c. In fact both vary together, so the error is too large.
    """
    here = np.isfinite(means)
    if not here[0] or here[1:].sum() < 2 or means[0] == floor:
        return Edge()
    limit, of_limit = means[0], errors[0]
    threshold = floor + share * (limit - floor)
    logs, values, spreads = np.log(etas[1:][here[1:]]), means[1:][here[1:]], errors[1:][here[1:]]
    # Positive on the side of 0⁺, whichever side of the threshold that is.
    height = (values - threshold) * np.sign(limit - threshold)
    beyond = np.flatnonzero(height <= 0)
    if len(beyond) == 0:
        return Edge(outcome="above")
    k = beyond[0] - 1
    if k < 0:
        return Edge(outcome="below")
    slope = (height[k + 1] - height[k]) / (logs[k + 1] - logs[k])
    part = height[k] / (height[k] - height[k + 1])
    spread = np.hypot((1 - part) * spreads[k] + part * spreads[k + 1], share * of_limit)
    eta = float(np.exp(logs[k] + part * (logs[k + 1] - logs[k])))
    return Edge(eta, float(spread / abs(slope)), "found")
