"""Figure of the larger chains: Λ under each ensemble, and the η at which it is 1/2."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from syncsweep.figures import style
from syncsweep.figures.figure_page import new_page, save_data
from syncsweep.tables.reading import in_unit, read_table, read_with_unit

# Width of the page, its margins, the gap between columns, and the height of a row of Λ and of η_½
# with the room below each [in].
_WIDTH, _LEFT, _RIGHT, _TOP = 7.0, 0.55, 0.62, 0.08
_COLUMN_GAP = 0.62
_ROW, _ROW_GAP, _BELOW = 0.82, 0.09, 0.42
_LAST_ROW, _LAST_BELOW = 1.75, 0.36

#: The ensembles from top to bottom, with their names and markers.
_ENSEMBLES = {
    "full": ("full rank", "o"),
    "rank-4": ("rank 4", "s"),
    "rank-1": ("rank 1", "D"),
    "bonds": ("bonds", "^"),
    "sites": ("sites", "v"),
}

#: Lines for numbers of spins, beside their colours.
_LINES: dict[int, Any] = {
    2: "-",
    3: (0, (5, 1)),
    4: (0, (3, 1, 1, 1)),
    5: (0, (2, 1)),
    6: (0, (1, 1)),
}

_HEIGHT = _TOP + len(_ENSEMBLES) * (_ROW + _ROW_GAP) - _ROW_GAP + _BELOW + _LAST_ROW + _LAST_BELOW

#: How far the ensembles stand beside each other at one number of spins.
_OFFSET = 0.09


def draw(tables: Path, stem: Path) -> None:
    """Draw the tables `sizes`, `sizes_half` and `first_order` to <stem>.pdf and .png."""
    curves, unit = read_with_unit(tables / "sizes.parquet")
    half, first_order = (
        read_table(tables / f"{name}.parquet").to_pandas() for name in ("sizes_half", "first_order")
    )
    shown = in_unit(curves, unit)
    shown = shown[shown["eta"] > 0]
    shown = shown.assign(kappa_eta=shown["kappa"] * shown["eta"])
    over = f"/{style.symbol(unit)}" if unit.symbol else ""
    with new_page(stem, _WIDTH, _HEIGHT) as page:
        rows, last = _lay_out(page)
        for (name, (label, _)), axes in zip(_ENSEMBLES.items(), rows, strict=True):
            for panel, x in zip(axes, ("eta", "kappa_eta"), strict=True):
                _draw_locking(panel, shown[shown["ensemble"] == name], x)
            axes[0].text(0.03, 0.1, label, transform=axes[0].transAxes)
        _set_scales(rows, shown)
        for panel, name in zip(rows[-1], (r"\eta", r"\kappa\eta"), strict=True):
            panel.set_xlabel(rf"${name}{over}$", labelpad=2)
        for panel, column, name in zip(
            last, ("half", "half_kappa"), (r"\eta_{1/2}", r"\kappa\eta_{1/2}"), strict=True
        ):
            _draw_half(panel, half, first_order, column)
            panel.set_ylabel(rf"${name}{over}$")
        _add_legends(page, rows[0][1], last[1], sorted(shown["n_sites"].unique()))
    save_data(stem, {"locking": curves, "half": half, "first_order": first_order})


def _lay_out(page: Figure) -> tuple[list[list[Axes]], list[Axes]]:
    """Axes of Λ by row and column, and those of η_½."""
    width = (_WIDTH - _LEFT - _RIGHT - _COLUMN_GAP) / 2
    lefts = [_LEFT, _LEFT + width + _COLUMN_GAP]

    def add(left: float, top: float, height: float) -> Axes:
        box = (left / _WIDTH, (top - height) / _HEIGHT, width / _WIDTH, height / _HEIGHT)
        return page.add_axes(box)

    def letter(name: str, left: float, top: float) -> None:
        place = ((left - _LEFT + 0.02) / _WIDTH, top / _HEIGHT)
        page.text(*place, f"({name})", va="top", fontweight="bold")

    rows, top = [], _HEIGHT - _TOP
    for name, _ in zip("abcde", _ENSEMBLES, strict=True):
        rows.append([add(left, top, _ROW) for left in lefts])
        letter(name, _LEFT, top)
        top -= _ROW + _ROW_GAP
    top += _ROW_GAP - _BELOW
    for name, left in zip("fg", lefts, strict=True):
        letter(name, left, top)
    return rows, [add(left, top, _LAST_ROW) for left in lefts]


def _colour(n_sites: int) -> str:
    return style.line_colour(n_sites - 2)


def _draw_locking(axes: Axes, curves: pd.DataFrame, x: str) -> None:
    """Λ of each number of spins as a line, with a band of ± one standard error."""
    for value in (0.0, 0.5, 1.0):
        axes.axhline(value, color="0.85", linewidth=0.5, zorder=0)
    for n_sites, rows in curves.groupby("n_sites"):
        rows = rows.sort_values("eta")
        low, high = (rows["locking"] + sign * rows["locking_se"] for sign in (-1, 1))
        colour = _colour(int(str(n_sites)))
        axes.fill_between(rows[x], low, high, color=colour, alpha=0.25, linewidth=0)
        axes.plot(rows[x], rows["locking"], color=colour, linestyle=_LINES[int(str(n_sites))])


def _set_scales(rows: list[list[Axes]], curves: pd.DataFrame) -> None:
    for column, x in enumerate(("eta", "kappa_eta")):
        ends = (curves[x].min() / 1.5, curves[x].max() * 1.5)
        for axes in (row[column] for row in rows):
            axes.set_xscale("log")
            axes.set_xlim(*ends)
            axes.set_ylim(-0.08, 1.08)
            axes.set_yticks([0, 0.5, 1])
            axes.tick_params(labelbottom=axes is rows[-1][column])
    for row in rows:
        row[0].set_ylabel(r"$\Lambda$", labelpad=2)
        row[1].tick_params(labelleft=False)


def _draw_half(axes: Axes, half: pd.DataFrame, first_order: pd.DataFrame, column: str) -> None:
    """η_½ against N: markers for solved chains, and lines for the first order."""
    for index, (name, (_, marker)) in enumerate(_ENSEMBLES.items()):
        colour, offset = style.line_colour(index), _OFFSET * (index - 2)
        line = first_order[first_order["ensemble"] == name].sort_values("n_sites")
        look: dict[str, Any] = {"color": colour, "elinewidth": 0.6}
        axes.errorbar(
            line["n_sites"] + offset, line[column], _bars(line, column), linewidth=0.7, **look
        )
        solved = half[half["ensemble"] == name]
        axes.errorbar(
            solved["n_sites"] + offset,
            solved[column],
            _bars(solved, column),
            linestyle="none",
            marker=marker,
            markersize=3.5,
            markerfacecolor="white",
            markeredgewidth=0.8,
            **look,
        )
    axes.set_yscale("log")
    style.name_decades(axes)
    axes.set_xticks(np.unique(np.concatenate([half["n_sites"], first_order["n_sites"]])))
    axes.set_xlabel(r"$N$", labelpad=2)


def _bars(table: pd.DataFrame, column: str) -> np.ndarray:
    """Lengths of error bars below and above, (2, n): ± one standard error of the logarithm."""
    value, relative = table[column], table[f"{column}_se"] / table[column]
    return np.array([-np.expm1(-relative) * value, np.expm1(relative) * value])


def _add_legends(page: Figure, upper: Axes, lower: Axes, n_sites: list[int]) -> None:
    """Numbers of spins beside the first row, and ensembles beside the last."""
    spins = [Line2D([], [], color=_colour(n), linestyle=_LINES[n]) for n in n_sites]
    ensembles = [
        Line2D(
            [], [], color=style.line_colour(index), marker=marker, markersize=3.5,
            markerfacecolor="white", markeredgewidth=0.8, linewidth=0.7,
        )
        for index, (_, marker) in enumerate(_ENSEMBLES.values())
    ]  # fmt: skip
    names = [label for label, _ in _ENSEMBLES.values()]
    for axes, handles, labels in (
        (upper, spins, [f"$N = {n}$" for n in n_sites]),
        (lower, ensembles, names),
    ):
        place = axes.get_position()
        page.legend(
            handles, labels, loc="upper left", bbox_to_anchor=(place.x1, place.y1), frameon=False,
            borderaxespad=0.0, handlelength=1.7, handletextpad=0.4, borderpad=0.2,
        )  # fmt: skip
