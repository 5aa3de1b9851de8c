"""Figure of the spectra of all models, with their steady states and oscillating coherences.

The axis of Re λ is linear near the imaginary axis and logarithmic away from it, so the gap to the
decaying modes is visible. Numbers beside the decay-free modes are their multiplicities. At 0 they
are the multiplicity of the steady states plus the multiplicity of the coherences.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Page
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from syncsweep.figures import figure_page as page
from syncsweep.figures import style
from syncsweep.tables.reading import read_table

#: Size of the page, and its margins and gaps between panels [in].
_WIDTH, _HEIGHT = 7.0, 3.9
_LEFT, _RIGHT, _TOP, _BOTTOM, _ACROSS, _DOWN = 0.42, 0.06, 0.2, 0.38, 0.42, 0.5
_COLUMNS = 4

#: Place of the legend among the panels: behind the three chains.
_LEGEND = 3

#: Where the axis of Re λ becomes logarithmic, and its ends.
_LINEAR, _LOWEST, _HIGHEST = 0.1, -5.0, 0.25

#: Colour of the line of the slowest decay, on which modes must be seen.
_GAP_COLOUR = style.LINE_COLOURS[2]

#: Size of the marks of modes that decay where there are many [pt], and how many are many.
_SMALL_MARK, _MANY = 1.2, 300

#: Marker, size [pt] and colour of each kind of mode; later kinds are above the earlier.
_MARKS = {
    "decaying": ("o", 2.0, "0.45"),
    "oscillating coherence": ("D", 3.4, style.LINE_COLOURS[1]),
    "steady state": ("o", 4.6, style.LINE_COLOURS[0]),
    "zero-frequency coherence": ("P", 3.4, style.LINE_COLOURS[4]),
}

_TITLES = {
    "spin1_chain": "spin-1 chain, $N={}$",
    "spin1_decoupled": "decoupled spin-1s, $N={}$",
    "spin_half_pair": "spin-1/2 pair",
    "two_spin1s": "spin-1 pair, App. E",
}


def draw(tables: Path, stem: Path) -> None:
    """Draw the tables modes_eigenvalues and modes_counts; data of the panels beside the figure."""
    eigenvalues = read_table(tables / "modes_eigenvalues.parquet").to_pandas()
    counts = read_table(tables / "modes_counts.parquet").to_pandas()
    data = {}
    with page.new_page(stem, _WIDTH, _HEIGHT) as p:
        for place, (_, count) in enumerate(counts.iterrows()):
            same = (eigenvalues["model"] == count["model"]) & (
                eigenvalues["n_sites"] == count["n_sites"]
            )
            panel = eigenvalues.loc[same, ["re", "im", "kind"]]
            letter = chr(ord("a") + place)
            title = _TITLES[count["model"]].format(count["n_sites"])
            axes = _add_axes(p, place + (place >= _LEGEND), letter, title)
            _draw_spectrum(axes, panel, count["slowest_decay"])
            unit = "J" if count["model"] == "spin_half_pair" else r"\omega"  # both are 1 here
            axes.set_xlabel(rf"Re $\lambda/{unit}$", labelpad=1)
            axes.set_ylabel(rf"Im $\lambda/{unit}$", labelpad=1)
            data[letter] = panel
        _add_legend(p)
    page.save_data(stem, data)


def _box(place: int) -> tuple[float, float, float, float]:
    """Place of a panel: left, bottom, width and height in fractions of the page."""
    row, column = divmod(place, _COLUMNS)
    width = (_WIDTH - _LEFT - _RIGHT - (_COLUMNS - 1) * _ACROSS) / _COLUMNS
    height = (_HEIGHT - _TOP - _BOTTOM - _DOWN) / 2
    left = _LEFT + column * (width + _ACROSS)
    bottom = _BOTTOM + (1 - row) * (height + _DOWN)
    return (left / _WIDTH, bottom / _HEIGHT, width / _WIDTH, height / _HEIGHT)


def _add_axes(p: Page, place: int, letter: str, title: str) -> Axes:
    left, bottom, width, height = _box(place)
    axes = p.add_axes((left, bottom, width, height))
    axes.set_xscale("symlog", linthresh=_LINEAR, linscale=0.6)
    axes.set_xlim(_LOWEST, _HIGHEST)
    axes.set_xticks([-1, -0.1, 0], ["−1", "−0.1", "0"])
    decades = [np.arange(2, 10) * size for size in (0.01, 0.1, 1)]
    ticks = -np.concatenate(decades)
    axes.set_xticks(ticks[ticks > _LOWEST], minor=True)
    over = bottom + height + 0.05 / _HEIGHT
    p.text(left - 0.34 / _WIDTH, over, f"({letter})", fontweight="bold")
    p.text(left + width / 2, over, title, ha="center", fontsize=style.SMALL)
    return axes


def _draw_spectrum(axes: Axes, panel: pd.DataFrame, slowest_decay: float) -> None:
    for depth, (kind, (marker, size, colour)) in enumerate(_MARKS.items(), 2):
        modes = panel[panel["kind"] == kind]
        decays = kind == "decaying"
        distinct = len(modes[["re", "im"]].round(6).drop_duplicates())
        axes.plot(
            modes["re"] if decays else np.zeros(len(modes)),
            modes["im"],
            linestyle="none",
            marker=marker,
            markersize=_SMALL_MARK if decays and distinct > _MANY else size,
            markeredgewidth=0,
            color=colour,
            zorder=depth,
            rasterized=decays,
        )
    axes.axvline(-slowest_decay, color=_GAP_COLOUR, linewidth=0.6, linestyle=(0, (3, 2)), zorder=1)
    free = panel[panel["kind"] != "decaying"]
    frequencies = free["im"].round(6) + 0.0  # −0 is 0
    for frequency, modes in free.groupby(frequencies):
        coherences = (modes["kind"] == "zero-frequency coherence").sum()
        axes.annotate(
            f"{len(modes) - coherences}+{coherences}" if coherences else str(len(modes)),
            (0, float(str(frequency))),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=style.SMALL,
        )
    highest = 1.18 * panel["im"].abs().max()
    axes.set_ylim(-highest, highest)
    axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))


def _add_legend(p: Page) -> None:
    """What the marks are, in a place of its own."""
    left, bottom, width, height = _box(_LEGEND)
    handles = [
        Line2D([], [], linestyle="none", marker=marker, markersize=max(size, 3), markeredgewidth=0,
               color=colour, label=kind)
        for kind, (marker, size, colour) in _MARKS.items()
    ]  # fmt: skip
    handles.append(
        Line2D([], [], color=_GAP_COLOUR, linewidth=0.6, linestyle=(0, (3, 2)),
               label="slowest decay")
    )  # fmt: skip
    p.legend(
        handles=handles,
        loc="center left",
        bbox_to_anchor=(left - 0.3 / _WIDTH, bottom, width, height),
        frameon=False,
        handlelength=1.6,
        labelspacing=0.8,
    )
