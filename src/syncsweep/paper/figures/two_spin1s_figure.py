"""Fig. E: two weakly coupled spin-1s (App. E) beside the leading order of weak coupling."""

from __future__ import annotations

from math import pi
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from syncsweep.figures import figure_page as page
from syncsweep.figures import style
from syncsweep.figures.plots import plot_guide
from syncsweep.tables.reading import read_table

#: Size [in].
_WIDTH, _HEIGHT = 7.0, 4.5

#: η at which panel (a) shows what the leading order misses, if the table has it.
_FINITE = 0.1

#: Panels (b) and (c) show η = 0 and powers of ten, up to this part of a decade.
_NEAR = 1e-6

#: The largest S_max over ε in leading order.
_BOUND = r"$(9\pi/128)\,\sqrt{\gamma_1^d\gamma_2^g}\,/\,2\Gamma$"

#: How the leading order is marked, on every so many points.
_MARKS: dict[str, Any] = {
    "marker": "o",
    "markersize": 3.0,
    "markerfacecolor": "none",
    "linestyle": "none",
}


def draw(tables: Path, stem: Path) -> None:
    """Draw <stem>.pdf and .png from the tables of the part `two_spin1s`.

    (a) S_d at a few ε; (b) S_max against ε; (c) the locking angle against δ, each for the scales of
    the tables with the leading order as circles; (d) errors of the leading order against the scale.
    """
    curves = read_table(tables / "two_spin1s_distribution.parquet").to_pandas()
    plane = read_table(tables / "two_spin1s.parquet").to_pandas()
    data = {"distribution": curves, **_cuts(plane, curves)}
    with page.new_page(stem, _WIDTH, _HEIGHT) as figure:
        axes = [_axes(figure, index) for index in range(4)]
        _draw_distribution(axes[0], data["distribution"])
        _draw_s_max(axes[1], data["sweep"])
        _draw_angle(axes[2], data["detuning"])
        _draw_errors(axes[3], data["errors"])
    page.save_data(stem, data)


def _cuts(plane: pd.DataFrame, curves: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The rows of panels (b) to (d): along ε and δ at some η, and along η at some ε."""
    delta, epsilons = curves["delta"].iloc[0], np.sort(curves["epsilon"].unique())
    best = epsilons[len(epsilons) // 2]
    decades = np.log10(plane["eta"].where(plane["eta"] > 0, 1.0))
    shown = plane[(decades - decades.round()).abs() < _NEAR]
    at_delta = plane[plane["delta"] == delta]
    return {
        "sweep": shown[shown["delta"] == delta],
        "detuning": shown[shown["epsilon"].abs() == best],
        "errors": at_delta[at_delta["epsilon"].isin(epsilons) & (at_delta["eta"] > 0)],
    }


def _axes(figure: Figure, index: int) -> Axes:
    """Axes of the index-th of four panels, with its letter."""
    row, column = divmod(index, 2)
    left, bottom = 0.085 + 0.5 * column, 0.59 - 0.5 * row
    axes = figure.add_axes((left, bottom, 0.4, 0.385))
    figure.text(left - 0.075, bottom + 0.385, f"({'abcd'[index]})", va="top", fontweight="bold")
    return axes


def _draw_distribution(axes: Axes, table: pd.DataFrame) -> None:
    scales = table["eta"].unique()
    finite = scales[np.argmin(np.abs(np.log(scales[1:] / _FINITE))) + 1]
    for index, epsilon in enumerate(table["epsilon"].unique()):
        colour = style.line_colour(index)
        for scale, line in ((0.0, "-"), (finite, "--")):
            curve = table[(table["epsilon"] == epsilon) & (table["eta"] == scale)]
            axes.plot(curve["phi"], curve["s_d"], color=colour, linestyle=line)
        axes.plot(curve["phi"], curve["s_d_predicted"], color=colour, markevery=8, **_MARKS)
    plot_guide(axes, 1 / (2 * pi))
    axes.set_xlim(-pi, pi)
    axes.set_xticks([-pi, -pi / 2, 0, pi / 2, pi], ["−π", "−π/2", "0", "π/2", "π"])
    axes.set_xlabel(r"$\phi'=\phi_1-\phi_2$")
    axes.set_ylabel(r"$S_d(\phi')$ [rad$^{-1}$]")
    low, high = axes.get_ylim()
    axes.set_ylim(low, high + 0.4 * (high - low))
    colours = [
        Line2D([], [], color=style.line_colour(index), label=rf"$\epsilon/s={epsilon:g}$")
        for index, epsilon in enumerate(table["epsilon"].unique())
    ]
    kinds = [
        Line2D([], [], color="0.2", label=r"$s\to$0⁺"),
        Line2D([], [], color="0.2", linestyle="--", label=f"$s={finite:g}$"),
        _leading_order(),
    ]
    axes.legend(handles=[*colours, *kinds], ncols=2, loc="upper center", frameon=False)


def _draw_s_max(axes: Axes, table: pd.DataFrame) -> None:
    handles = _draw_scales(axes, table, "epsilon", "s_max")
    largest = table["s_max_bound"].iloc[0]
    plot_guide(axes, largest)
    low = table["epsilon"].min()
    axes.text(0.98 * low, 1.03 * largest, _BOUND, va="bottom", fontsize=style.SMALL)
    axes.set_xlim(low, -low)
    axes.set_ylim(0, 1.5 * largest)
    axes.set_xlabel(r"$\epsilon/s$ [$\gamma_1^g$]")
    axes.set_ylabel(r"$S_{\max}$ [rad$^{-1}$]")
    axes.legend(handles=handles, ncols=3, loc="upper center", frameon=False)


def _draw_angle(axes: Axes, table: pd.DataFrame) -> None:
    low = -pi / 2
    shifted = table.assign(
        angle=np.mod(table["angle"] - low, 2 * pi) + low,
        angle_predicted=np.mod(table["angle_predicted"] - low, 2 * pi) + low,
    )
    for sign, name in ((1, r"$\epsilon>0$"), (-1, r"$\epsilon<0$")):
        _draw_scales(axes, shifted[shifted["epsilon"] * sign > 0], "delta", "angle", pi / 2)
        axes.text(0.03, 0.2 if sign > 0 else 0.7, name, transform=axes.transAxes)
    axes.set_xlim(table["delta"].min(), table["delta"].max())
    axes.set_ylim(low, low + 2 * pi)
    ticks = ["−π/2", "0", "π/2", "π", "3π/2"]
    axes.set_yticks(low + pi / 2 * np.arange(5), ticks)
    axes.set_xlabel(r"$\delta/s$ [$\gamma_1^g$]")
    axes.set_ylabel(r"$\phi'$ at maximum")


def _draw_scales(
    axes: Axes, table: pd.DataFrame, x: str, y: str, jump: float = np.inf
) -> list[Line2D]:
    """Lines of y against x, one for each scale, broken at a `jump`, and circles: leading order."""
    scales = table["eta"].unique()
    colours = colormaps[style.COLOUR_MAP](np.linspace(0, 0.88, len(scales)))
    handles = []
    for scale, colour in zip(scales, colours, strict=True):
        curve = table[table["eta"] == scale]
        # Where the highest of several maxima becomes another one, the line breaks.
        jumps = np.flatnonzero(curve[y].diff().abs() > jump)
        heights = np.insert(curve[y].to_numpy(), jumps, np.nan)
        places = np.insert(curve[x].to_numpy(), jumps, np.nan)
        label = f"$s={scale:g}$" if scale else r"$s\to$0⁺"
        handles += axes.plot(places, heights, color=colour, label=label)
    first = table[table["eta"] == scales[0]]
    axes.plot(first[x], first[f"{y}_predicted"], color="0.2", markevery=4, **_MARKS)
    return [*handles, _leading_order()]


def _draw_errors(axes: Axes, table: pd.DataFrame) -> None:
    for index, epsilon in enumerate(table["epsilon"].unique()):
        curve = table[table["epsilon"] == epsilon]
        colour = style.line_colour(index)
        axes.plot(curve["eta"], curve["s_max_error"].abs(), color=colour, marker="o")
    scales = table["eta"].unique()
    axes.plot(scales, scales, color=style.GUIDE_COLOUR, linewidth=0.7, linestyle=(0, (3, 2)))
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(scales[0], scales[-1])
    axes.set_xlabel(r"$s$")
    axes.set_ylabel("relative error")
    kinds = [
        Line2D([], [], color="0.2", marker="o", label=r"of $S_{\max}$"),
        Line2D([], [], color=style.GUIDE_COLOUR, linestyle=(0, (3, 2)), label=r"$s$"),
    ]
    axes.legend(handles=kinds, loc="lower right", frameon=False)


def _leading_order() -> Line2D:
    return Line2D([], [], color="0.2", label="leading order", **_MARKS)
