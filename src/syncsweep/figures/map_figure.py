"""A map: colours of a column of the summary over two axes, a panel for each value of a third."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure as Page
from matplotlib.ticker import Locator, LogLocator, MaxNLocator, NullFormatter

from syncsweep.config.plane_figures import MapFigure
from syncsweep.config.requests import FigureRequest
from syncsweep.figures import style
from syncsweep.figures.figure_page import new_page, save_data
from syncsweep.figures.plane import (
    QUARTERS,
    ROUND,
    Plane,
    PlaneAxis,
    find_places,
    is_periodic,
    numbers,
    read_plane,
)

# Width and height of the page of a single map, and those of a panel among several [in].
_SINGLE = (style.COLUMN_WIDTH, 2.9)
_PANEL, _MARGINS = (1.85, 1.85), (1.1, 0.65)

#: How cells without a value look.
_HATCHED: dict[str, Any] = {
    "facecolor": "0.9",
    "edgecolor": "0.5",
    "hatch": "//////",
    "linewidth": 0,
}

_TURN = 2 * np.pi


def draw(tables: Path, request: FigureRequest, stem: Path) -> dict[str, dict[str, str]]:
    """Draw a map of the table `summary` in a folder as <stem>.pdf and <stem>.png.

    The numbers go to <stem>_map.csv, with η as configured; returns the entries of their columns.
    ResultsError if the table is missing, damaged or made with another analysis.
    """
    plane = read_plane(tables, request)
    figure = plane.figure
    assert isinstance(figure, MapFigure)
    x, y = plane.axis(figure.x), plane.axis(figure.y)
    names = [figure.y, figure.x] if figure.by is None else [figure.by, figure.y, figure.x]
    values = plane.values(figure.column, *names).reshape(-1, len(y.values), len(x.values))
    scale = _scale(figure, values)
    levels = _levels(figure, scale)
    with new_page(stem, *_page_size(len(values))) as page:
        find_places(page)
        axes = _panels(page, len(values))
        for one, panel in zip(axes, values, strict=True):
            _fill(one, x, y, panel, scale)
            _mark_levels(one, x, y, panel, levels, scale.periodic)
        if figure.by is not None:
            by = plane.axis(figure.by)
            for one, value in zip(axes, by.values, strict=True):
                one.set_title(by.named(value), fontsize=style.SMALL, pad=3)
        page.supxlabel(x.label, fontsize=style.SETTINGS["axes.labelsize"])
        page.supylabel(y.label, fontsize=style.SETTINGS["axes.labelsize"])
        if np.isfinite(values).any():
            _add_bar(page, axes, scale, levels, plane)
        notes = "hatched: no value" if np.isnan(values).any() else ""
        plane.stamp(page, axes[0] if figure.by is None else None, notes)
    save_data(stem, {"map": plane.data})
    return plane.entries(plane.data)


def _page_size(n_panels: int) -> tuple[float, float]:
    if n_panels == 1:
        return _SINGLE
    across = _columns(n_panels)
    counts = (across, -(-n_panels // across))
    width, height = (
        n * size + margin for n, size, margin in zip(counts, _PANEL, _MARGINS, strict=True)
    )
    return width, height


def _columns(n_panels: int) -> int:
    """Number of panels in a row."""
    return 2 if n_panels in (2, 4) else min(n_panels, 3)


def _panels(page: Page, n_panels: int) -> list[Axes]:
    """Panels in rows from the top; only the outer ones have numbers."""
    across = _columns(n_panels)
    grid = page.subplots(-(-n_panels // across), across, squeeze=False)
    for k, axes in enumerate(grid.flat):
        if k >= n_panels:
            axes.remove()
        axes.tick_params(labelleft=k % across == 0, labelbottom=k + across >= n_panels)
    return list(grid.flat[:n_panels])


@dataclass(frozen=True)
class _Scale:
    """The range of values that the colours cover, and their scale.

    has_below: whether some values are ≤ 0, which have no place on a logarithmic scale.
    """

    low: float
    high: float
    log: bool = False
    periodic: bool = False
    has_below: bool = False

    @property
    def norm(self) -> Normalize:
        """Places of values among the colours."""
        return (LogNorm if self.log else Normalize)(self.low, self.high)

    @property
    def colours(self) -> str:
        """Name of the colour map."""
        return style.CYCLIC_MAP if self.periodic else style.COLOUR_MAP

    @property
    def ticks(self) -> list[float]:
        """Round values, at which the colour bar has numbers."""
        if self.periodic:
            return [k * _TURN / 4 for k in range(5)]
        locator: Locator = MaxNLocator(6, steps=ROUND)
        if self.log:
            few = np.log10(self.high / self.low) < 2
            locator = LogLocator(subs=(1, 2, 5) if few else (1,), numticks=7)
        return [v for v in locator.tick_values(self.low, self.high) if self.low <= v <= self.high]


def _scale(figure: MapFigure, values: np.ndarray) -> _Scale:
    """The scale of all panels together."""
    if is_periodic(figure):
        return _Scale(0, _TURN, periodic=True)
    log = figure.scale == "log"
    shown = values[np.isfinite(values) & ((values > 0) | (not log))]
    low, high = (float(shown.min()), float(shown.max())) if len(shown) else (0.5, 1.0)
    if low == high:  # one value has the colour in the middle
        low, high = (low / 2, 2 * low) if log else (low - abs(low) / 2, low + (abs(low) / 2 or 1))
    return _Scale(low, high, log, has_below=log and bool((values <= 0).any()))


def _levels(figure: MapFigure, scale: _Scale) -> list[float]:
    """Values of the contours; none without contours."""
    if isinstance(figure.contours, tuple):
        return list(figure.contours)
    return scale.ticks[:4] if scale.periodic and figure.contours else scale.ticks * figure.contours


def _fill(axes: Axes, x: PlaneAxis, y: PlaneAxis, values: np.ndarray, scale: _Scale) -> None:
    """Colour the cells of a panel (n_y, n_x), and hatch those without a value."""
    norm = scale.norm
    if scale.log:  # values ≤ 0 have the lowest colour
        values = np.maximum(values, scale.low)
    for across, x_edges in x.cells:
        for up, y_edges in y.cells:
            part = values[up, across]
            axes.pcolormesh(x_edges, y_edges, part, cmap=scale.colours, norm=norm, rasterized=True)
            for j, i in np.argwhere(np.isnan(part)):
                axes.fill_between(x_edges[i : i + 2], *y_edges[j : j + 2], **_HATCHED)
    x.set_up(axes, "x")
    y.set_up(axes, "y")


def _mark_levels(
    axes: Axes,
    x: PlaneAxis,
    y: PlaneAxis,
    values: np.ndarray,
    levels: Sequence[float],
    periodic: bool,
) -> None:
    """Contour lines; the cells of 0⁺ are apart and have none."""
    for across, _ in x.cells:
        for up, _ in y.cells:
            part = values[up, across]
            if min(part.shape) < 2:
                continue
            places = x.places[across], y.places[up]
            for level in levels:
                # An angle jumps by a turn somewhere; its distance from the level does not.
                height = _from_level(part, level) if periodic else part - level
                if np.nanmin(height, initial=np.inf) < 0 < np.nanmax(height, initial=-np.inf):
                    axes.contour(*places, height, [0], colors="white", linewidths=0.7)


def _from_level(angles: np.ndarray, level: float) -> np.ndarray:
    """Angles less a level, in (−π/2, π/2); NaN where they are farther from it."""
    distance = (angles - level + np.pi) % _TURN - np.pi
    return np.where(np.abs(distance) < np.pi / 2, distance, np.nan)


def _add_bar(
    page: Page, axes: Sequence[Axes], scale: _Scale, levels: Sequence[float], plane: Plane
) -> None:
    """The colour bar of all panels, with a line at each contour."""
    bar = page.colorbar(
        ScalarMappable(scale.norm, scale.colours),
        ax=list(axes),
        aspect=25,
        pad=0.02,
        extend="min" if scale.has_below else "neither",
    )
    bar.outline.set_linewidth(0.4)
    bar.set_label(plane.label, labelpad=4)
    bar.ax.tick_params(length=1.5, pad=1.5)
    bar.set_ticks(scale.ticks, labels=QUARTERS if scale.periodic else numbers(scale.ticks))
    bar.ax.yaxis.set_minor_formatter(NullFormatter())
    for level in levels:
        bar.ax.axhline(level, color="white", linewidth=0.7)
