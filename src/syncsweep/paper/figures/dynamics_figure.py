"""Figure of dynamical synchronisation: local observables of the chain and of the pair in time.

A row for each model. Without a perturbation: from a random state into the oscillation, and that
oscillation for all initial states, as computed and as predicted. With one: the decay of the
oscillation within the predicted envelope.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from syncsweep.columns import Column, Columns
from syncsweep.figures import figure_page as page
from syncsweep.figures import style
from syncsweep.tables.reading import read_table

#: Size of the page, and its margins and gaps between panels [in].
_WIDTH, _HEIGHT = 7.0, 3.3
_LEFT, _RIGHT, _TOP, _BOTTOM, _ACROSS, _DOWN = 0.62, 0.08, 0.2, 0.4, 0.58, 0.42

#: How wide a column is beside the others.
_SHARES = (1.15, 0.95, 1.3)

#: Periods that are shown of the beginning and of late times, and lifetimes of the decay.
_EARLY, _LATE, _LIFETIMES = 12, 2, 4

#: Line widths of the sites; the last is above the others.
_LINE_WIDTHS = {3: (1.9, 1.2, 0.6), 2: (0.9, 0.9)}

#: Markers of the sites, and times from one to the next, of which the sites take turns.
_MARKERS, _APART = ("o", "s", "^"), 2

_LEGEND: dict[str, Any] = {
    "loc": "upper right",
    "frameon": False,
    "handlelength": 1.2,
    "columnspacing": 0.9,
    "borderaxespad": 0.1,
    "handletextpad": 0.4,
}

#: Observable of site j and unit of frequency, by model.
_OBSERVABLES = {
    "spin1_chain": (r"\langle (S_j^x)^2\rangle", r"\omega"),
    "spin_half_pair": (r"\langle\sigma_j^x\rangle", "J"),
}


_LATE_COLUMNS = (
    Column("oscillation", "value − background"),
    Column("predicted", "late − background"),
)

#: What the columns of its own hold.
COLUMNS: dict[str, Columns] = {"b": _LATE_COLUMNS, "e": _LATE_COLUMNS}


def draw(tables: Path, stem: Path) -> None:
    """Draw the tables dynamics_series and dynamics_fits; data of the panels beside the figure."""
    series = read_table(tables / "dynamics_series.parquet").to_pandas()
    fits = read_table(tables / "dynamics_fits.parquet").to_pandas()
    data = {}
    with page.new_page(stem, _WIDTH, _HEIGHT) as p:
        for row, model in enumerate(_OBSERVABLES):
            of_model, its_fits = (table[table["model"] == model] for table in (series, fits))
            free, damped = (its_fits[its_fits["eta"] == eta] for eta in _etas(its_fits))
            # The initial state that excites the oscillation most.
            shown = int(free.loc[free["amplitude"].idxmax(), "initial_state"])
            panels = (
                _early(of_model, free, shown),
                _late(of_model, free),
                _damped(of_model, damped, shown),
            )
            for column, (panel, plot) in enumerate(
                zip(panels, (_draw_early, _draw_late, _draw_damped), strict=True)
            ):
                letter = "abcdef"[3 * row + column]
                box = _box(row, column)
                axes = p.add_axes(box)
                p.text(
                    box[0] - 0.5 / _WIDTH,
                    box[1] + box[3] + 0.04 / _HEIGHT,
                    f"({letter})",
                    fontweight="bold",
                )
                plot(axes, panel)
                if column == 2:
                    _note_rates(axes, damped, shown)
                _label(axes, model, column, damped["eta"].iloc[0])
                data[letter] = panel
    page.save_data(stem, data)


def _etas(fits: pd.DataFrame) -> list[float]:
    return sorted(fits["eta"].unique().tolist())


def _box(row: int, column: int) -> tuple[float, float, float, float]:
    """Place of a panel: left, bottom, width and height in fractions of the page."""
    width = (_WIDTH - _LEFT - _RIGHT - 2 * _ACROSS) / sum(_SHARES)
    height = (_HEIGHT - _TOP - _BOTTOM - _DOWN) / 2
    left = _LEFT + column * _ACROSS + width * sum(_SHARES[:column])
    bottom = _BOTTOM + (1 - row) * (height + _DOWN)
    size = (width * _SHARES[column] / _WIDTH, height / _HEIGHT)
    return (left / _WIDTH, bottom / _HEIGHT, *size)


def _early(series: pd.DataFrame, free: pd.DataFrame, shown: int) -> pd.DataFrame:
    """The first periods of one initial state without a perturbation."""
    stop = _EARLY * 2 * np.pi / free["frequency"].mean()
    kept = (series["eta"] == 0) & (series["initial_state"] == shown) & (series["time"] <= stop)
    return series.loc[kept, ["site", "time", "value", "late"]]


def _late(series: pd.DataFrame, free: pd.DataFrame) -> pd.DataFrame:
    """A few late periods of all initial states without a perturbation, less their background."""
    start = free["fit_start"].iloc[0]
    stop = start + _LATE * 2 * np.pi / free["frequency"].mean()
    kept = (series["eta"] == 0) & (series["time"] >= start) & (series["time"] <= stop)
    rows = series.loc[kept, ["initial_state", "site", "time", "value", "late", "background"]]
    return rows.assign(
        oscillation=rows["value"] - rows["background"],
        predicted=rows["late"] - rows["background"],
    )


def _damped(series: pd.DataFrame, damped: pd.DataFrame, shown: int) -> pd.DataFrame:
    """One initial state and site with the perturbation, until the oscillation is gone."""
    stop = _LIFETIMES / damped["decay_rate_predicted"].iloc[0]
    kept = (series["eta"] > 0) & (series["initial_state"] == shown) & (series["site"] == 1)
    kept &= series["time"] <= stop
    return series.loc[kept, ["time", "value", "background", "envelope"]]


def _draw_early(axes: Axes, panel: pd.DataFrame) -> None:
    lines = list(panel.groupby("site"))
    for index, (site, line) in enumerate(lines):
        axes.plot(
            line["time"],
            line["value"],
            color=style.line_colour(index),
            linewidth=_LINE_WIDTHS[len(lines)][index],
            label=f"$j={site}$",
        )
    axes.set_xlim(0, panel["time"].max())
    _make_room(axes, panel["value"].min(), panel["value"].max(), 0.24)
    axes.legend(ncols=3, **_LEGEND)


def _draw_late(axes: Axes, panel: pd.DataFrame) -> None:
    for state, lines in panel.groupby("initial_state"):
        sites = list(lines.groupby("site"))
        for index, (site, line) in enumerate(sites):
            axes.plot(
                line["time"], line["predicted"], color=style.GUIDE_COLOUR, linewidth=0.5, zorder=1
            )
            seen = line.iloc[index * _APART :: len(sites) * _APART]
            axes.plot(
                seen["time"],
                seen["oscillation"],
                linestyle="none",
                marker=_MARKERS[index],
                color=style.line_colour(index),
                label=f"$j={site}$" if state == panel["initial_state"].min() else None,
            )
    axes.set_xlim(panel["time"].min(), panel["time"].max())
    _make_room(axes, panel["oscillation"].min(), panel["oscillation"].max(), 0.24)
    axes.legend(ncols=3, **_LEGEND)


def _draw_damped(axes: Axes, panel: pd.DataFrame) -> None:
    axes.plot(
        panel["time"], panel["value"], color=style.line_colour(0), linewidth=0.6, label="$j=1$"
    )
    for sign, label in ((1, "predicted envelope"), (-1, None)):
        edge = panel["background"] + sign * panel["envelope"]
        axes.plot(panel["time"], edge, color=style.line_colour(1), linewidth=0.9, label=label)
    # The first moments, before the modes of L₀ have decayed, may leave the frame.
    low = (panel["background"] - panel["envelope"]).min()
    high = (panel["background"] + panel["envelope"]).max()
    _make_room(axes, low, high, 0.5)
    axes.set_xlim(0, panel["time"].max())
    axes.legend(ncols=2, **_LEGEND)


def _note_rates(axes: Axes, fits: pd.DataFrame, shown: int) -> None:
    """Write the fitted and the predicted decay rate of what is shown below the legend."""
    fit = fits[(fits["initial_state"] == shown) & (fits["site"] == 1)].iloc[0]
    axes.text(
        0.97,
        0.83,
        f"fitted rate {fit['decay_rate']:.5f}\npredicted {fit['decay_rate_predicted']:.5f}",
        transform=axes.transAxes,
        ha="right",
        va="top",
        fontsize=style.SMALL,
    )


def _make_room(axes: Axes, low: float, high: float, above: float) -> None:
    """Vertical limits with room for a legend above the data, as a share of their height."""
    axes.set_ylim(low - 0.07 * (high - low), high + above * (high - low))


def _label(axes: Axes, model: str, column: int, eta: float) -> None:
    symbol, unit = _OBSERVABLES[model]
    names = (f"${symbol}$", f"${symbol}$ $-$ mean", f"${symbol.replace('_j', '_1')}$")
    axes.set_ylabel(names[column], labelpad=2)
    axes.set_xlabel(f"time $t$ [$1/{unit}$]", labelpad=2)
    title = rf"$\eta/{unit} = 0$" if column < 2 else rf"$\eta/{unit} = {eta:g}$"
    axes.set_title(title, fontsize=style.SMALL, pad=3)
