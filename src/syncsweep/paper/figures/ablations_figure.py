"""Figure of the ablations: other ensembles, thresholds and readings, a column for each η."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import ArrayLike

from syncsweep.figures import style
from syncsweep.figures.figure_page import new_page, save_data
from syncsweep.tables.reading import read_with_unit

# Width of the page, its margins, the gap beside a panel, and how far its letters stand from the
# left [in].
_WIDTH, _LEFT, _RIGHT, _TOP = 7.0, 0.5, 0.08, 0.46
_PANEL_GAP = 0.09
_LABELS = 0.15

#: Height of each row of panels and the room below it [in].
_ROWS = {
    "probabilities": (1.35, 0.09),
    "ratio": (0.9, 0.09),
    "s_max": (1.05, 0.72),
    "thresholds": (1.05, 0.42),
    "readings": (1.05, 0.55),
}
_HEIGHT = _TOP + sum(height + below for height, below in _ROWS.values())

#: Room between the axes of a sweep of ensembles, in units of the distance of two ensembles.
_AXIS_GAP = 0.6

_AXIS_NAMES = {"basis": "$F_n$", "weights": r"$\zeta_{diss}/\zeta_{coh}$", "rank": "rank of K"}
_BASIS_NAMES = {"paper": "Eq. F3", "orthonormal": "orthon."}
_READING_NAMES = {"refined": "refined", "grid": "grid {}²", "background": "max $S_d$"}

_PROBABILITIES = ("p1", "p2", "p3")

#: How the P_a of one place stand beside each other.
_OFFSETS = (-0.2, 0.0, 0.2)


def draw(tables: Path, stem: Path) -> None:
    """Draw the tables of the ablations in the folder `tables` to <stem>.pdf and .png."""
    (ensembles, unit), (thresholds, _), (readings, _) = (
        read_with_unit(tables / f"{name}.parquet")
        for name in ("ablations", "ablations_threshold", "ablations_reading")
    )
    etas = np.unique(ensembles["eta"])
    with new_page(stem, _WIDTH, _HEIGHT) as page:
        rows = _lay_out(page, [_eta_name(unit.of(eta), style.symbol(unit)) for eta in etas])
        for column, eta in enumerate(etas):
            here = ensembles[ensembles["eta"] == eta]
            places = _places(here)
            panels = {name: axes[column] for name, axes in rows.items()}
            _draw_probabilities(panels["probabilities"], places, here)
            _draw_ratio(panels["ratio"], places, here)
            _draw_s_max(panels["s_max"], places, here)
            for name in ("probabilities", "ratio", "s_max"):
                _set_places(panels[name], places, here, named=name == "s_max")
            _draw_thresholds(panels["thresholds"], thresholds[thresholds["eta"] == eta])
            _draw_readings(panels["readings"], readings[readings["eta"] == eta])
            for name in ("probabilities", "thresholds", "readings"):
                for value in {here[f"{p}_uniform"].iloc[0] for p in _PROBABILITIES}:
                    _draw_uniform(panels[name], value)
        _set_scales(rows)
        _add_legend(page)
    save_data(stem, _data(ensembles, thresholds, readings))


def _lay_out(page: Figure, titles: list[str]) -> dict[str, list[Axes]]:
    """Axes by row and column; rows are the panels (a), (b) …, columns the values of η."""
    width = (_WIDTH - _LEFT - _RIGHT - (len(titles) - 1) * _PANEL_GAP) / len(titles)
    rows: dict[str, list[Axes]] = {}
    top = _HEIGHT - _TOP
    for letter, (name, (height, below)) in zip("abcde", _ROWS.items(), strict=True):
        rows[name] = []
        for column in range(len(titles)):
            left = _LEFT + column * (width + _PANEL_GAP)
            box = (left / _WIDTH, (top - height) / _HEIGHT, width / _WIDTH, height / _HEIGHT)
            axes = page.add_axes(box, sharey=rows[name][0] if column else None)
            axes.tick_params(labelleft=column == 0)
            rows[name].append(axes)
        page.text(0.02 / _WIDTH, top / _HEIGHT, f"({letter})", va="top", fontweight="bold")
        top -= height + below
    for axes, title in zip(rows["probabilities"], titles, strict=True):
        axes.set_title(title, fontsize=style.SETTINGS["font.size"], pad=3)
    return rows


def _eta_name(eta: float, unit: str) -> str:
    """η in a unit, which may have no name."""
    if eta == 0:
        return r"$\eta \to$0⁺"
    power = np.log10(eta)
    if abs(power - round(power)) < 1e-9:
        one = unit or "1"
        return rf"$\eta = {one}$" if eta == 1 else rf"$\eta = 10^{{{round(power)}}}\,{unit}$"
    return rf"$\eta = {eta:.3g}\,{unit}$"


def _places(ensembles: pd.DataFrame) -> np.ndarray:
    """Place of each ensemble of one η, (n,): evenly spaced, with gaps between the axes."""
    new_axis = (ensembles["axis"] != ensembles["axis"].shift()).to_numpy()
    return np.arange(len(ensembles)) + _AXIS_GAP * (np.cumsum(new_axis) - 1)


def _set_places(axes: Axes, places: np.ndarray, ensembles: pd.DataFrame, named: bool) -> None:
    """Ticks for the ensembles, in bold letters for the default, and lines between their axes."""
    axes.set_xlim(places[0] - 0.6, places[-1] + 0.6)
    labels = [_BASIS_NAMES.get(label, label) for label in ensembles["label"]]
    axes.set_xticks(places, labels if named else [""] * len(places), rotation=90)
    for end in np.flatnonzero(np.diff(places) > 1):
        axes.axvline(places[end : end + 2].mean(), color="0.8", linewidth=0.5, zorder=0)
    if not named:
        return
    for tick, is_default in zip(axes.get_xticklabels(), ensembles["is_default"], strict=True):
        tick.set_fontweight("bold" if is_default else "normal")
    for name, of_axis in ensembles.assign(place=places).groupby("axis", sort=False):
        axes.annotate(
            _AXIS_NAMES[str(name)],
            (of_axis["place"].mean(), 0),
            (0, -33),
            xycoords=axes.get_xaxis_transform(),
            textcoords="offset points",
            ha="center",
            va="top",
            fontsize=style.SMALL,
        )


def _error_bars(axes: Axes, x: np.ndarray, mean: pd.Series, error: ArrayLike, colour: str) -> None:
    axes.errorbar(x, mean, error, linestyle="none", marker="o", color=colour, elinewidth=0.7)


def _sides(table: pd.DataFrame, name: str) -> np.ndarray:
    """How far the intervals of a column reach below and above it, (2, n); NaN for infinite ends."""
    distances = np.array([table[name] - table[f"{name}_low"], table[f"{name}_high"] - table[name]])
    return np.where(np.isfinite(distances), np.maximum(distances, 0), np.nan)


def _draw_limit(axes: Axes, x: ArrayLike, values: ArrayLike, colour: str) -> None:
    """Values of η → 0⁺ over x."""
    axes.plot(x, values, color=colour, linewidth=0.6, dashes=(4, 2), zorder=0)


def _draw_uniform(axes: Axes, value: float) -> None:
    """A value of η → ∞."""
    axes.axhline(value, color=style.GUIDE_COLOUR, linewidth=0.7, linestyle=":", zorder=0)


def _draw_probabilities(axes: Axes, places: np.ndarray, ensembles: pd.DataFrame) -> None:
    for a, name in enumerate(_PROBABILITIES):
        colour = style.line_colour(a)
        _error_bars(axes, places + _OFFSETS[a], ensembles[name], _sides(ensembles, name), colour)
        _draw_limit(
            axes, places[[0, -1]] + [-1, 1], [ensembles[f"{name}_limit"].iloc[0]] * 2, colour
        )
    missing = ensembles["p1"].isna().to_numpy()
    for place, degenerate in zip(
        places[missing], ensembles["degenerate"][missing].to_numpy() > 0, strict=True
    ):
        # Upright, so that it needs no more room than a point.
        text = "degenerate in 1st order" if degenerate else r"$S_{max} = 0$: no χ"
        axes.text(
            place,
            0.98,
            text,
            transform=axes.get_xaxis_transform(),
            rotation=90,
            ha="center",
            va="top",
            fontsize=style.SMALL,
            color=style.GUIDE_COLOUR,
            bbox={"color": "white", "pad": 0.5},
        )


def _draw_ratio(axes: Axes, places: np.ndarray, ensembles: pd.DataFrame) -> None:
    colour = style.line_colour(3)
    _error_bars(axes, places, ensembles["ratio"], _sides(ensembles, "ratio"), colour)
    _draw_limit(axes, places[[0, -1]] + [-1, 1], [ensembles["ratio_limit"].iloc[0]] * 2, colour)
    _draw_uniform(axes, ensembles["ratio_uniform"].iloc[0])


def _draw_s_max(axes: Axes, places: np.ndarray, ensembles: pd.DataFrame) -> None:
    resolved = ensembles["n"] > ensembles["undefined_chi"]
    shown = ensembles[resolved]
    mean, error = shown["s_max_mean"], shown["s_max_se"]
    _error_bars(axes, places[resolved], mean, error, style.line_colour(4))
    ranks = (ensembles["axis"] == "rank").to_numpy()
    default = ensembles[ranks & ensembles["is_default"]].iloc[0]
    # What locks is the spread of K about its mean, which falls with the root of the rank.
    law = default["s_max_mean"] * np.sqrt(default["value"] / ensembles["value"][ranks])
    axes.plot(places[ranks], law, color=style.GUIDE_COLOUR, linewidth=0.7, zorder=0)


def _draw_thresholds(axes: Axes, thresholds: pd.DataFrame) -> None:
    r = thresholds["threshold"].to_numpy()
    for a, name in enumerate(_PROBABILITIES):
        colour = style.line_colour(a)
        _error_bars(axes, r, thresholds[name], _sides(thresholds, name), colour)
        _draw_limit(axes, r, thresholds[f"{name}_limit"], colour)
    axes.set_xticks([0.8, 0.85, 0.9, 0.95, 1.0], ["0.8", "", "0.9", "", "1"])
    axes.set_xlim(r.min() - 0.01, 1.0)
    axes.set_xlabel("threshold $r$", labelpad=1)


def _draw_readings(axes: Axes, readings: pd.DataFrame) -> None:
    places = np.arange(len(readings))
    for a, name in enumerate(_PROBABILITIES):
        colour = style.line_colour(a)
        _error_bars(axes, places + _OFFSETS[a], readings[name], _sides(readings, name), colour)
    labels = [
        _READING_NAMES[reading].format(points)
        for reading, points in zip(readings["reading"], readings["points"], strict=True)
    ]
    axes.set_xticks(places, labels, rotation=90)
    axes.set_xlim(-0.6, len(places) - 0.4)


def _set_scales(rows: dict[str, list[Axes]]) -> None:
    labels = {
        "probabilities": "$P_a$",
        "ratio": "$P_2/(3P_1)$",
        "s_max": r"$\langle S_{max} \rangle$ [rad$^{-2}$]",
        "thresholds": "$P_a$",
        "readings": "$P_a$",
    }
    for name, label in labels.items():
        first = rows[name][0]
        first.set_ylabel(label)
        width = first.get_position().width * _WIDTH
        # A long one must not reach the letter of its panel.
        height = 0.42 if name == "s_max" else 0.5
        first.yaxis.set_label_coords((_LABELS - _LEFT) / width, height)
        if label == "$P_a$":
            first.set_ylim(0, 0.65)
    rows["ratio"][0].set_ylim(0, 1.6)
    rows["s_max"][0].set_yscale("log")


def _add_legend(page: Figure) -> None:
    handles = [
        Line2D(
            [], [], color=style.line_colour(a), marker="o", linestyle="none", label=f"$P_{a + 1}$"
        )
        for a in range(len(_PROBABILITIES))
    ]
    handles += [
        Line2D([], [], color=style.GUIDE_COLOUR, linewidth=0.6, dashes=(4, 2),
               label=r"exact, $\eta \to$0⁺"),
        Line2D([], [], color=style.GUIDE_COLOUR, linewidth=0.7, linestyle=":",
               label=r"exact, $\eta \to \infty$"),
        Line2D([], [], color=style.GUIDE_COLOUR, linewidth=0.7,
               label=r"(c): $\propto$ rank$^{-1/2}$"),
    ]  # fmt: skip
    page.legend(
        handles=handles,
        loc="upper center",
        bbox_to_anchor=(0.5, 1 - 0.03 / _HEIGHT),
        ncols=len(handles),
        frameon=False,
        handletextpad=0.4,
        columnspacing=1.6,
        borderaxespad=0.0,
    )


def _data(
    ensembles: pd.DataFrame, thresholds: pd.DataFrame, readings: pd.DataFrame
) -> dict[str, pd.DataFrame]:
    """What each panel shows: rows of the tables, unchanged."""

    def with_errors(*names: str) -> list[str]:
        ends = ("", "_se", "_low", "_high")
        return [f"{name}{end}" for name in names for end in ends]

    def limits(*names: str) -> list[str]:
        return [f"{name}_{which}" for name in names for which in ("limit", "uniform")]

    place = ["axis", "label", "value", "is_default", "eta", "n", "degenerate", "undefined_chi"]
    p = with_errors(*_PROBABILITIES)
    return {
        "a": ensembles[place + p + limits(*_PROBABILITIES)],
        "b": ensembles[[*place, *with_errors("ratio"), *limits("ratio")]],
        "c": ensembles[[*place, "s_max_mean", "s_max_se"]],
        "d": thresholds[
            ["threshold", "eta", "n", *p, *(f"{name}_limit" for name in _PROBABILITIES)]
        ],
        "e": readings[["reading", "points", "eta", "n", *p]],
    }
