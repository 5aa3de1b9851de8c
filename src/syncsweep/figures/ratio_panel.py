"""The panel of a ratio of two P_a against η."""

from __future__ import annotations

import numpy as np
import pandas as pd

from syncsweep.config.analysis import Analysis
from syncsweep.figures import style
from syncsweep.figures.plots import mark_limit, plot_column, plot_guide
from syncsweep.figures.style import Panel


def draw_ratio(panel: Panel, summary: pd.DataFrame, analysis: Analysis, exact: float) -> None:
    """Draw the ratio of the analysis, and lines at 1 and at its value for a uniform χ.

    summary: columns ratio, ratio_low and ratio_high; exact: the ratio at η → 0⁺, or NaN.
    """
    ratio = analysis.ratio
    assert ratio is not None  # a study with this panel has one
    lengths = [high - low for low, high in analysis.chi_intervals]
    uniform = lengths[ratio.indices[0]] / (ratio.weight * lengths[ratio.indices[1]])
    top = _top(summary)
    for part in panel.parts:
        plot_column(part, summary[part.mask], "ratio", style.LINE_COLOURS[0], 2 * top)
        plot_guide(part.axes, 1)
        plot_guide(part.axes, uniform)
    mark_limit(panel, exact, style.LINE_COLOURS[0])
    panel.first.set_ylim(0, top)
    notes = sorted([(1.0, "1"), (uniform, f"{style.fraction(uniform)}: uniform")])
    (lower, below), (upper, above) = notes
    panel.note(lower, below)
    panel.note(max(upper, lower + 0.1 * top), above)  # few samples can make the ratio large
    panel.first.set_ylabel(style.ratio_symbol(ratio))


def _top(summary: pd.DataFrame) -> float:
    """Where the axis ends: above all ratios, but not above all ends of their intervals."""
    means, ends = (summary[name].to_numpy() for name in ("ratio", "ratio_high"))
    mean = np.max(means, where=np.isfinite(means), initial=0.0)
    end = np.max(ends, where=np.isfinite(ends), initial=0.0)
    return float(max(1.2, min(1.05 * end, 2 * mean)))
