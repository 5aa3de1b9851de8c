"""Fig. 1, measured: where oscillations live, and how far locking reaches, for spin-1 chains.

(a) Q(η): how often a perturbed system still oscillates, and as thin lines Q₁ of the modes that
carry (S^x)², in first order of η. (b) Λ(η): how much of the locking of η → 0⁺ is left.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from syncsweep.figures import style
from syncsweep.figures.figure_page import new_page, save_data
from syncsweep.figures.plots import plot_guide
from syncsweep.figures.style import Panel
from syncsweep.tables.reading import in_unit, read_with_unit

#: Colour and size of markers by kind of chain, so that equal values show both, and marker and line
#: by number of spins.
_KINDS = {"coupled": (style.line_colour(0), 2.0), "decoupled": (style.line_colour(1), 3.6)}
_SITES = {2: ("s", "--"), 3: ("o", "-"), 4: ("^", ":")}

#: Colour and width [pt] of lines for what is not measured but first order.
_DARK, _THIN = "0.1", 0.5

#: Below this Q, |Re λ| is larger than |Im λ|.
_OVERDAMPED = 0.5

_LEGEND: dict[str, Any] = {
    "frameon": False,
    "borderpad": 0.1,
    "labelspacing": 0.25,
    "handlelength": 2.2,
}


def draw(tables: Path, stem: Path) -> None:
    """Draw Fig. 1 from the tables `quality` and `locking`; its data go beside it, by panel."""
    quality, unit = read_with_unit(tables / "quality.parquet")
    locking, _ = read_with_unit(tables / "locking.parquet")
    shown = [in_unit(table, unit) for table in (quality, locking)]
    etas = np.unique(np.concatenate([table["eta"] for table in shown]))
    with new_page(stem, style.COLUMN_WIDTH, style.sweep_height(2)) as page:
        upper, lower = style.lay_out(page, etas, 2, style.eta_label(unit))
        _draw_quality(upper, shown[0])
        _draw_locking(lower, shown[1])
        for panel in (upper, lower):
            style.align_label(panel.first)
    save_data(stem, {"quality": quality, "locking": locking})


def _draw_quality(panel: Panel, quality: pd.DataFrame) -> None:
    axes = panel.last
    axes.set_yscale("log")
    measured = {}
    for kind, n_sites, rows in _chains(quality):
        measured[f"{kind}, $N = {n_sites}$"] = _plot(axes, rows, "q", kind, n_sites)
        # Further on the shift would be no smaller than the frequency that it shifts.
        valid = rows[rows["q1"] > _OVERDAMPED]
        axes.plot(
            valid["eta"],
            valid["q1"],
            color=_DARK,
            linewidth=_THIN,
            linestyle=_SITES[n_sites][1],
            zorder=3,
        )
    plot_guide(axes, _OVERDAMPED)
    panel.note(_OVERDAMPED, r"$Q = 1/2$")
    if len(panel.parts) > 1:
        place = panel.first.get_xaxis_transform()
        panel.first.text(0, 0.93, "∞", ha="center", va="top", transform=place)
    panel.first.set_ylabel(r"$Q$")
    names, handles = list(measured)[::-1], list(measured.values())[::-1]
    axes.add_artist(axes.legend(handles, names, loc="upper right", **_LEGEND))
    kinds = [
        Line2D([], [], color=_DARK, marker="o", linewidth=0.8),
        Line2D([], [], color=_DARK, linewidth=_THIN),
    ]
    labels = ["$Q$", "$Q_1$ of $(S^x)^2$"]
    axes.legend(kinds, labels, loc="lower left", bbox_to_anchor=(0, 0.07), **_LEGEND)


def _draw_locking(panel: Panel, locking: pd.DataFrame) -> None:
    for part in panel.parts:
        for value in (0.0, 1.0):
            plot_guide(part.axes, value)
        for kind, n_sites, rows in _chains(locking):
            _plot(part.axes, rows[rows["eta"].isin(part.centres)], "locking", kind, n_sites)
    panel.note(1, r"$\eta\to$0⁺")
    panel.note(0, r"$\mathcal{L}_{(1)}$ alone")
    panel.first.set_ylim(-0.08, 1.08)
    panel.first.set_yticks([0, 0.5, 1])
    panel.first.set_ylabel(r"$\Lambda$")


def _chains(table: pd.DataFrame) -> Iterator[tuple[str, int, pd.DataFrame]]:
    """Kind, number of spins and rows of every chain, ascending in η; small markers come last."""
    for kind in ("decoupled", "coupled"):
        for n_sites in (4, 3, 2):
            rows = table[(table["model"] == kind) & (table["n_sites"] == n_sites)]
            if len(rows):
                yield kind, n_sites, rows.sort_values("eta")


def _plot(axes: Axes, rows: pd.DataFrame, name: str, kind: str, n_sites: int) -> Line2D:
    """Means of a column against η with bars of ± one standard error."""
    (colour, size), (marker, line) = _KINDS[kind], _SITES[n_sites]
    drawn = axes.errorbar(
        rows["eta"],
        rows[name],
        rows[f"{name}_se"],
        color=colour,
        marker=marker,
        markersize=size,
        linestyle=line,
        linewidth=0.8,
        elinewidth=0.8,
    )
    (line_of_means, *_) = drawn.lines
    assert isinstance(line_of_means, Line2D)
    return line_of_means
