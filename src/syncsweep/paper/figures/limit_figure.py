"""The figure of the limit η → 0⁺: small η beside the exact law, with and without control variate.

Drawn from the tables of `tables.limit_tables` of one study, all of them in its folder of tables.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.container import Container

from syncsweep.figures import style
from syncsweep.figures.figure_page import new_page, save_data
from syncsweep.figures.plots import plot_guide
from syncsweep.tables.reading import in_unit, read_with_unit
from syncsweep.tables.registry import LIMIT_CONTROL, LIMIT_LAW

#: Part of S_max(η)/S_max(0⁺) that is shown: larger η are those of the sweep's own figure.
_SHOWN = (0.97, 1.12)

_S_MAX_COLOUR = style.LINE_COLOURS[3]


def draw(tables: Path, stem: Path) -> None:
    """Draw S_max and P_a at small η beside their exact limits, and the control variate's gain.

    tables: folder with the tables of `tables.limit_tables`. (a) ⟨S_max⟩ in units of the exact limit
    and (b) P_a, as plain means (bands of one standard error) and with the control variate (points
    with error bars); (c) the ratio of the squares of both errors.
    """
    (law, unit), (control, _) = (
        read_with_unit(tables / f"{name}.parquet") for name in (LIMIT_LAW.name, LIMIT_CONTROL.name)
    )
    exact = law.set_index("quantity")["value"]
    of_p = [name for name in control["quantity"].unique() if name != "s_max_mean"]
    shown = in_unit(control, unit)
    with new_page(stem, style.COLUMN_WIDTH, style.sweep_height(3)) as page:
        panels = style.lay_out(page, np.unique(shown["eta"]), 3, style.eta_label(unit))
        _draw_s_max(panels[0].first, _rows(shown, "s_max_mean"), exact["s_max_mean"])
        _draw_probabilities(panels[1].first, shown, exact[of_p])
        _draw_gains(panels[2].first, shown, of_p)
        for panel in panels:
            style.align_label(panel.first)
    means, gains = control.drop(columns="gain"), control[["eta", "quantity", "gain"]]
    data = {
        "s_max": _rows(means, "s_max_mean"),
        "probabilities": means[means["quantity"].isin(of_p)],
        "gain": gains,
        "law": law,
    }
    save_data(stem, data)


def _rows(table: pd.DataFrame, quantity: str) -> pd.DataFrame:
    return table[table["quantity"] == quantity]


def _draw_means(
    axes: Axes, rows: pd.DataFrame, unit: float, colour: str
) -> tuple[Artist, Container]:
    """Plain means as a band, those with the control variate as points with error bars."""
    eta = rows["eta"].to_numpy()
    names = ("plain_low", "plain_high", "control", "control_low", "control_high")
    low, high, mean, *ends = (rows[name].to_numpy() / unit for name in names)
    band = axes.fill_between(eta, low, high, color=colour, alpha=0.25, linewidth=0)
    errors = np.abs(np.array(ends) - mean)
    return band, axes.errorbar(eta, mean, errors, color=colour, fmt="o", elinewidth=0.7)


def _draw_s_max(axes: Axes, rows: pd.DataFrame, exact: float) -> None:
    shown: list[Any] = [*_draw_means(axes, rows, exact, _S_MAX_COLOUR), plot_guide(axes, 1)]
    axes.set_ylim(*_SHOWN)
    axes.set_ylabel(r"$\langle S_{\max}\rangle$ / limit")
    names = ["plain mean, 1 s.e.", "with control variate", r"exact, $\eta\to$0⁺"]
    axes.legend(shown, names, loc="upper right", frameon=False, handlelength=1.5)


def _draw_probabilities(axes: Axes, means: pd.DataFrame, exact: pd.Series) -> None:
    shown = []
    for a, (name, value) in enumerate(exact.items()):
        colour = style.line_colour(a)
        shown.append(_draw_means(axes, _rows(means, str(name)), 1, colour)[1])
        axes.axhline(value, color=colour, linewidth=0.7, linestyle=(0, (3, 2)), zorder=0)
    axes.set_ylabel(r"$P_a$")
    _name_beside(axes, shown, [_symbol(name) for name in exact.index])


def _draw_gains(axes: Axes, gains: pd.DataFrame, of_p: list[str]) -> None:
    lines = []
    colours = [_S_MAX_COLOUR, *map(style.line_colour, range(len(of_p)))]
    for name, colour in zip(["s_max_mean", *of_p], colours, strict=True):
        rows = _rows(gains, name)
        lines += axes.plot(rows["eta"], rows["gain"], marker="o", color=colour)
    plot_guide(axes, 1)
    axes.set_yscale("log")
    axes.set_ylabel("gain in samples")
    names = [r"$\langle S_{\max}\rangle$", *map(_symbol, of_p)]
    _name_beside(axes, lines, names)


def _symbol(name: object) -> str:
    return rf"$P_{{{str(name)[1:]}}}$"


def _name_beside(axes: Axes, artists: list[Any], names: list[str]) -> None:
    axes.legend(
        artists, names, loc="upper left", bbox_to_anchor=(1, 1.05), frameon=False, handlelength=1.5
    )
