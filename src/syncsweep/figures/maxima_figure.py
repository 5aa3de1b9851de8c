"""Panels of the maxima of S_d against η: χ there, and the differences of all pairs of angles."""

from __future__ import annotations

import numpy as np
import pandas as pd

from syncsweep.figures import style
from syncsweep.figures.plots import draw_density
from syncsweep.figures.style import Panel

#: What the panels show of the table of `maxima_table`.
PANEL_COLUMNS = {"chi_maxima": "chi_density", "differences": "difference_density"}

#: Where the chain's maxima are in the limit η → 0⁺, by number of spins: values of χ, and of |Δφ|/π.
LIMITS = {
    2: ((0, 1 / 2, 1), (0, 1 / 2, 1)),
    3: ((0, 1 / 4, 1), (0, 1 / 3, 2 / 3, 1)),
    4: ((0, 1 / 8, (5 / 6) ** 3, 1), (0, 1 / 4, 1 / 2, 3 / 4, 1)),
    5: ((0, 1 / 16, (3 / 4) ** 4, 1), (0, 1 / 5, 2 / 5, 3 / 5, 4 / 5, 1)),
    6: ((0, 1 / 32, 0.7**5, 0.9**5, 1), (0, 1 / 6, 1 / 3, 1 / 2, 2 / 3, 5 / 6, 1)),
}


def draw_maxima(panel: Panel, name: str, histogram: pd.DataFrame, model: str, n_sites: int) -> None:
    """Draw the panel `name` of PANEL_COLUMNS; histogram: the table of `maxima_table`."""
    of_chi = name == "chi_maxima"
    symbol = style.chi_symbol(n_sites) if of_chi else r"$|\Delta\phi|$"
    density = f"density of {symbol}" if of_chi else r"density of $|\Delta\phi|/\pi$"
    bins = int(np.sum(histogram["eta"] == histogram["eta"].iloc[0]))
    edges = np.append(histogram["low"].to_numpy()[:bins], 1.0)
    draw_density(panel, edges, histogram[PANEL_COLUMNS[name]].to_numpy().reshape(-1, bins), density)
    panel.first.set_ylim(0, 1)
    ticks = ["0", "1/4", "1/2", "3/4", "1"] if of_chi else ["0", "π/4", "π/2", "3π/4", "π"]
    panel.first.set_yticks([0, 0.25, 0.5, 0.75, 1], ticks)
    panel.first.set_ylabel(f"{symbol} at maxima")
    if model == "spin1_chain" and n_sites in LIMITS:
        _mark(panel, LIMITS[n_sites][0 if of_chi else 1])


def _mark(panel: Panel, values: tuple[float, ...]) -> None:
    """Arrow heads at the right side, which point at values of the vertical axis."""
    panel.last.plot(
        np.full(len(values), 1.035),
        values,
        marker=(3, 0, 90),
        markersize=4,
        linestyle="none",
        color=style.LINE_COLOURS[1],
        transform=panel.last.get_yaxis_transform(),
        clip_on=False,
    )
