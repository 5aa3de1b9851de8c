"""Lines: a column of the summary against an axis, a line for each value of another."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from matplotlib import colormaps
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import ListedColormap, LogNorm, Normalize
from matplotlib.figure import Figure as Page

from syncsweep.config.plane_figures import LinesFigure
from syncsweep.config.requests import FigureRequest
from syncsweep.figures import style
from syncsweep.figures.figure_page import new_page, save_data
from syncsweep.figures.plane import (
    QUARTERS,
    PlaneAxis,
    find_places,
    is_periodic,
    read_plane,
    set_linear,
)
from syncsweep.figures.plots import plot_mean

if TYPE_CHECKING:
    from matplotlib.typing import ColorType

#: Width and height of the page [in].
PAGE = (style.COLUMN_WIDTH, 2.4)


def draw(tables: Path, request: FigureRequest, stem: Path) -> dict[str, dict[str, str]]:
    """Draw lines of the table `summary` in a folder as <stem>.pdf and <stem>.png.

    Bands are intervals of one standard error. The numbers go to <stem>_lines.csv, with η as
    configured; returns the entries of their columns. ResultsError if the table is missing, damaged
    or made with another analysis.
    """
    plane = read_plane(tables, request)
    figure = plane.figure
    assert isinstance(figure, LinesFigure)
    x = plane.axis(figure.x)
    by = None if figure.by is None else plane.axis(figure.by)
    names = [figure.x] if figure.by is None else [figure.by, figure.x]
    n_lines = 1 if by is None else len(by.values)
    mean = plane.values(figure.column, *names).reshape(n_lines, -1)
    ends = [end.reshape(n_lines, -1) for end in plane.errors(*names) or ()]
    if figure.scale == "log":  # values ≤ 0 have no place
        mean, *ends = (np.where(values > 0, values, np.nan) for values in (mean, *ends))
    with new_page(stem, *PAGE) as page:
        find_places(page)
        axes = page.subplots()
        x.set_up(axes, "x")
        axes.set_xlabel(x.label)
        axes.set_ylabel(plane.label)
        axes.set_yscale(figure.scale)
        if figure.scale == "linear":
            set_linear(axes.yaxis)
        lines = []
        for k, colour in enumerate(colours_of(by)):
            low, high = [end[k] for end in ends] if ends else [mean[k]] * 2
            lines.append(draw_line(axes, x, mean[k], low, high, colour, is_periodic(figure)))
            mark(axes, x.places[np.isnan(mean[k])], "x", colour)
        if is_periodic(figure):
            axes.set_yticks(np.arange(5) * np.pi / 2, QUARTERS)
            axes.set_ylim(0, 2 * np.pi)
        if by is not None:
            name_lines(page, axes, by, lines)
        plane.stamp(page, axes, "×: no value" if np.isnan(mean).any() else "")
    save_data(stem, {"lines": plane.data})
    return plane.entries(plane.data)


def colours_of(by: PlaneAxis | None) -> list[ColorType]:
    """A colour for each line: few differ as much as they can, and many follow their values."""
    if by is None or len(by.values) <= len(style.LINE_COLOURS):
        return [style.line_colour(k) for k in range(1 if by is None else len(by.values))]
    return [tuple(colour) for colour in _scale_of(by).to_rgba(by.places)]


def _scale_of(by: PlaneAxis) -> ScalarMappable:
    low, high = by.places[[0, -1]]
    kind = LogNorm if by.log and low > 0 else Normalize
    # The last colours are too light for lines.
    colours = ListedColormap(colormaps[style.COLOUR_MAP](np.linspace(0, 0.88, 256)))
    return ScalarMappable(kind(low, high), colours)


def draw_line(
    axes: Axes,
    x: PlaneAxis,
    mean: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    colour: ColorType,
    periodic: bool = False,
) -> Artist:
    """A line of means (n_x,) with its band from low to high; η → 0⁺ is apart. Returns the line."""
    for group, _ in x.cells:
        places, values, ends = x.places[group], mean[group], (low[group], high[group])
        if periodic:  # no line across the figure where an angle passes 2π
            jumps = np.flatnonzero(np.abs(np.diff(values)) > np.pi) + 1
            places, values = (np.insert(part, jumps, np.nan) for part in (places, values))
            ends = values, values
        line = plot_mean(axes, places, values, *ends, colour)
    return line


def mark(
    axes: Axes,
    places: np.ndarray,
    marker: str,
    colour: ColorType,
    height: float | np.ndarray = 0.03,
) -> None:
    """Marks at places (n,) of the horizontal axis, at parts of the height: one, or (n,)."""
    axes.plot(
        places,
        np.broadcast_to(height, len(places)),
        transform=axes.get_xaxis_transform(),
        linestyle="none",
        marker=marker,
        markersize=3.2,
        markeredgewidth=0.9,
        color=colour,
    )


def name_lines(page: Page, axes: Axes, by: PlaneAxis, lines: Sequence[Artist]) -> None:
    """Name the lines beside the panel: few in a legend, many by a colour bar."""
    if len(by.values) <= len(style.LINE_COLOURS):
        names = [by.text(value) for value in by.values]
        page.legend(
            lines,
            names,
            title=by.label,
            loc="outside right center",
            frameon=False,
            handlelength=1.2,
        ).get_title().set_fontsize(style.SMALL)
        return
    bar = page.colorbar(_scale_of(by), ax=axes, aspect=25, pad=0.02)
    by.set_ticks(bar.ax.yaxis)
    bar.outline.set_linewidth(0.4)
    bar.ax.tick_params(length=1.5, pad=1.5, which="both")
    bar.set_label(by.label, labelpad=4)
