"""An edge: the η at which a column of the summary has fallen to a share of its value at 0⁺."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from syncsweep.columns import ENERGY, Column, Columns
from syncsweep.config.plane_figures import ETA, EdgeFigure
from syncsweep.config.requests import FigureRequest
from syncsweep.config.units import EnergyUnit
from syncsweep.figures import style
from syncsweep.figures.figure_page import new_page, save_data
from syncsweep.figures.lines_figure import PAGE, colours_of, draw_line, mark, name_lines
from syncsweep.figures.plane import (
    Plane,
    error_of,
    find_places,
    number,
    read_plane,
    with_unit,
)
from syncsweep.tables.edge import Edge, find_edge

#: What the columns of the data beside the figure hold, apart from the axes.
COLUMNS: Columns = (
    *Column(
        "edge",
        "η at which the column has fallen to the share of its value at η → 0⁺; empty if it is not "
        "found",
        ENERGY,
        source="docs/planes.md",
    ).with_errors("_se", "_low", "_high"),
    Column(
        "outcome",
        "found; below or above, if the edge is below the smallest or above the largest η > 0; "
        "or unknown",
    ),
)

#: Marks of edges that are not found, the height of that of the first line, and steps to the next.
_MARKS = {"below": ("v", 0.03, 0.03), "above": ("^", 0.97, -0.03), "unknown": ("x", 0.03, 0.03)}
#: What the marks mean.
_NOTES = {"below": "▼: below all η", "above": "▲: above all η", "unknown": "×: no value"}


def draw(tables: Path, request: FigureRequest, stem: Path) -> dict[str, dict[str, str]]:
    """Draw the edge of a column of the table `summary` in a folder as <stem>.pdf and <stem>.png.

    The numbers go to <stem>_edge.csv, with η as configured; returns the entries of their columns.
    ResultsError if the table is missing, damaged or made with another analysis.
    """
    plane = read_plane(tables, request)
    figure = plane.figure
    assert isinstance(figure, EdgeFigure)
    x, by = plane.axis(figure.x), None if figure.by is None else plane.axis(figure.by)
    edges = _edges(plane, figure)
    with new_page(stem, *PAGE) as page:
        find_places(page)
        axes = page.subplots()
        x.set_up(axes, "x")
        axes.set_xlabel(x.label)
        axes.set_yscale("log")
        axes.set_ylim(*_limits(edges, plane))
        power = style.name_decades(axes)
        axes.set_ylabel(with_unit(f"edge {style.eta_label(plane.unit)}", power.strip()))
        lines, outcomes = [], np.array([[edge.outcome for edge in line] for line in edges])
        colours = colours_of(by)
        for k, (of_line, colour) in enumerate(zip(edges, colours, strict=True)):
            eta, low, high = _values(of_line, plane.unit)
            lines.append(draw_line(axes, x, eta, low, high, colour))
            for which, (marker, height, step) in _MARKS.items():
                here = outcomes[k] == which
                before = (outcomes[:k, here] == which).sum(axis=0)
                # Few lines have their marks above each other; the colours of many are alike.
                rank = before if len(edges) <= len(style.LINE_COLOURS) else 0 * before
                mark(axes, x.places[here], marker, colour, height + step * rank)
        if by is not None:
            name_lines(page, axes, by, lines)
        notes = "; ".join(note for which, note in _NOTES.items() if which in outcomes)
        plane.stamp(page, axes, notes, _definition(plane, figure))
    data = _data(figure, plane, edges)
    save_data(stem, {"edge": data})
    return plane.entries(data) | {column.name: column.record for column in COLUMNS}


def _edges(plane: Plane, figure: EdgeFigure) -> list[list[Edge]]:
    """The edges of each line, at each value of x."""
    names = [figure.by, figure.x, ETA] if figure.by is not None else [figure.x, ETA]
    etas = np.unique(plane.rows[ETA].to_numpy(dtype=float))
    mean = plane.values(figure.column, *names)
    error = np.full_like(mean, np.nan)
    if error_of(figure.column) in plane.rows:
        error = plane.values(error_of(figure.column), *names)
    mean, error = (values.reshape(-1, *values.shape[-2:]) for values in (mean, error))
    return [
        [find_edge(etas, *point, figure.share, figure.floor) for point in zip(*line, strict=True)]
        for line in zip(mean, error, strict=True)
    ]


def _values(edges: Sequence[Edge], unit: EnergyUnit) -> list[np.ndarray]:
    """Edges (n_x,) and the ends of their intervals, in a unit."""
    values = [(edge.eta, *edge.interval) for edge in edges]
    return list(np.array(values).T / unit.value)


def _limits(edges: Sequence[Sequence[Edge]], plane: Plane) -> tuple[float, float]:
    """Ends of the axis of η: around the edges that are found, or else around all η > 0."""
    ends = [_values(line, plane.unit) for line in edges]
    found = np.concatenate([np.ravel(values) for values in ends])
    found = found[np.isfinite(found)]
    if len(found) == 0:
        found = plane.axis(ETA).values[1:]
    margin = max(0.08 * np.log(found.max() / found.min()), 0.1)
    return found.min() * np.exp(-margin), found.max() * np.exp(margin)


def _definition(plane: Plane, figure: EdgeFigure) -> str:
    """The definition of the edge, in a few words."""
    floor = f" − {number(figure.floor)}" if figure.floor else ""
    return f"edge: {plane.symbol}{floor} is {number(figure.share)} of its 0⁺ value"


def _data(figure: EdgeFigure, plane: Plane, edges: Sequence[Sequence[Edge]]) -> pd.DataFrame:
    """A row for each edge: its axes, its η as configured with errors, and its outcome."""
    names = [name for name in (figure.by, figure.x) if name is not None]
    points = plane.rows[names].drop_duplicates().sort_values(names, ignore_index=True)
    found = [edge for line in edges for edge in line]
    return points.assign(
        edge=[edge.eta for edge in found],
        edge_se=[edge.error for edge in found],
        edge_low=[edge.interval[0] for edge in found],
        edge_high=[edge.interval[1] for edge in found],
        outcome=[edge.outcome for edge in found],
    )
