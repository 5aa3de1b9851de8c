"""The figure of a sweep (Figs. 3 and 5): distributions of χ and S_max, P_a and a ratio against η.

Drawn from the Parquet tables alone; what each panel shows is beside the figure as CSV.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.patheffects import AbstractPathEffect, withStroke

from syncsweep.config.analysis import Analysis
from syncsweep.config.figure import MAXIMA_PANELS, Figure
from syncsweep.config.requests import FigureRequest
from syncsweep.figures import style
from syncsweep.figures.figure_page import new_page, save_data
from syncsweep.figures.maxima_figure import PANEL_COLUMNS, draw_maxima
from syncsweep.figures.plots import (
    draw_density,
    mark_intervals,
    mark_limit,
    note_no_locking,
    plot_column,
    plot_guide,
    plot_mean,
)
from syncsweep.figures.ratio_panel import draw_ratio
from syncsweep.figures.study_tables import read_for, stamp_of
from syncsweep.figures.style import Panel
from syncsweep.tables.reading import unit_of

if TYPE_CHECKING:
    from matplotlib.typing import LegendLocType


#: The tables whose columns the data of each panel, and those of the limit, have.
DATA = {
    "chi": ("chi_histogram",),
    "probabilities": ("summary",),
    "ratio": ("summary",),
    "s_max": ("s_max_histogram", "summary"),
    "chi_maxima": ("maxima_histogram",),
    "differences": ("maxima_histogram",),
    "limit": ("limit_law",),
}

# Panels that show means.
_MEANS = {"probabilities", "ratio", "s_max"}

# Part of the samples of one η beyond the axis of S_max from which a mark says so.
_MARKED_PART = 0.05

_OUTLINE: list[AbstractPathEffect] = [withStroke(linewidth=1.6, foreground="black")]


@dataclass(frozen=True)
class Tables:
    """The tables of a study that its panels show, and the labels that go with them.

    n_angles: number of angles of the distribution that is measured.
    """

    summary: pd.DataFrame
    analysis: Analysis
    n_sites: int
    n_angles: int
    marks_intervals: bool
    model: str
    chi_histogram: pd.DataFrame | None = None
    s_max_histogram: pd.DataFrame | None = None
    maxima_histogram: pd.DataFrame | None = None
    limit_law: pd.DataFrame | None = None

    @property
    def etas(self) -> np.ndarray:
        """All values of η (n_eta,) as configured, ascending."""
        return self.summary["eta"].to_numpy()

    @property
    def maxima(self) -> tuple[pd.DataFrame, str, int]:
        """What the panels of the maxima show: their table, the model and its number of spins."""
        assert self.maxima_histogram is not None
        return self.maxima_histogram, self.model, self.n_sites

    def exact(self, quantity: str) -> float:
        """Expectation of a quantity at η → 0⁺, NaN without a table of the limit."""
        if self.limit_law is None:
            return np.nan
        return self.limit_law.set_index("quantity")["value"].get(quantity, np.nan)


def draw(tables: Path, request: FigureRequest, stem: Path) -> None:
    """Draw the figure of the tables in a folder as <stem>.pdf and <stem>.png.

    The axis has η in the unit of the model of the tables (see `units`). The numbers of each panel
    go to <stem>_<panel>.csv with η as configured, and with analysis.limit_draws the exact values at
    η → 0⁺ to <stem>_limit.csv. Equal tables give equal files. The figure says of how many samples
    it is, loudly where the study is unfinished. Raises ResultsError if a table is missing, damaged
    or made with another analysis.
    """
    figure, analysis = request.figure, request.analysis
    assert isinstance(figure, Figure)
    # The intervals of χ mean something beside a panel that shows their probabilities.
    marks_intervals = not {"probabilities", "ratio"}.isdisjoint(figure.panels)
    limit = ["limit"] if analysis.limit_draws is not None else []
    names = {"summary": None}
    names |= {name: None for panel in (*figure.panels, *limit) for name in DATA[panel]}
    read = {name: read_for(analysis, tables / f"{name}.parquet") for name in names}
    frames = {name: table.frame for name, table in read.items()}
    data = Tables(
        **frames,
        analysis=analysis,
        n_sites=request.n_sites,
        n_angles=request.n_sites - (not read["summary"].is_absolute),
        marks_intervals=marks_intervals,
        model=request.model,
    )
    shows_exact = data.limit_law is not None and not _MEANS.isdisjoint(figure.panels)
    stamp, warns = stamp_of(read["summary"].said, int(data.summary["failed"].max()), shows_exact)
    height = style.sweep_height(len(figure.panels), stamped=True)
    with new_page(stem, style.COLUMN_WIDTH, height) as page:
        unit = unit_of(read["summary"].said)
        etas, label = np.array([*map(unit.of, data.etas)]), style.eta_label(unit)
        panels = style.lay_out(page, etas, len(figure.panels), label, stamp, warns)
        for panel, name in zip(panels, figure.panels, strict=True):
            _PANELS[name](panel, data)
            style.align_label(panel.first)
            for part in panel.parts:
                if name != "s_max" and _no_locking(data.summary[part.mask]):
                    note_no_locking(part)
    # Data of a panel that is no longer drawn would look like those of this figure.
    for panel_name in DATA:
        stem.with_name(f"{stem.name}_{panel_name}.csv").unlink(missing_ok=True)
    shown: dict[str, pd.DataFrame] = {name: _panel_data(data, name) for name in figure.panels}
    if data.limit_law is not None:
        shown["limit"] = data.limit_law
    save_data(stem, shown)


def _no_locking(summary: pd.DataFrame) -> bool:
    """Whether S_d is uniform in every sample at all η of these rows of the summary."""
    if "undefined_chi" not in summary:
        return False
    undefined = summary["undefined_chi"] == summary["n"]
    return bool(undefined.all() and (summary["n"] > 0).any())


def _panel_data(tables: Tables, panel: str) -> pd.DataFrame:
    """What a panel shows: rows of the tables, unchanged."""
    summary = tables.summary
    if panel == "chi":
        assert tables.chi_histogram is not None
        return tables.chi_histogram
    if panel == "s_max":
        assert tables.s_max_histogram is not None
        return tables.s_max_histogram.merge(
            summary[["eta", "s_max_mean", "s_max_se"]], on="eta", how="left"
        )
    if panel in MAXIMA_PANELS:
        column = PANEL_COLUMNS[panel]
        return tables.maxima[0][["eta", "low", "high", column, f"{column}_se", "maxima"]]
    names = [f"p{a}" for a in range(1, len(tables.analysis.chi_intervals) + 1)]
    if panel == "ratio":
        names = ["ratio"]
    ends = ("", "_se", "_low", "_high")
    return summary[["eta", *(f"{name}{end}" for name in names for end in ends)]]


def _draw_chi(panel: Panel, tables: Tables) -> None:
    histogram = tables.chi_histogram
    assert histogram is not None
    density = histogram["density"].to_numpy().reshape(len(tables.etas), -1)
    edges = np.append(histogram["chi_low"].to_numpy()[: density.shape[1]], 1.0)
    symbol = style.chi_symbol(tables.n_sites)
    draw_density(panel, edges, density, f"density of {symbol}")
    panel.first.set_ylim(0, 1)
    panel.first.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", "1/4", "1/2", "3/4", "1"])
    panel.first.set_ylabel(symbol)
    if tables.marks_intervals:
        mark_intervals(panel.last, tables.analysis.chi_intervals)


def _draw_probabilities(panel: Panel, tables: Tables) -> None:
    intervals = tables.analysis.chi_intervals
    for part in panel.parts:
        rows = tables.summary[part.mask]
        lines = []
        for a in range(len(intervals)):
            lines.append(plot_column(part, rows, f"p{a + 1}", style.line_colour(a)))
    for a in range(len(intervals)):
        mark_limit(panel, tables.exact(f"p{a + 1}"), style.line_colour(a))
    names = [rf"$P_{{{a + 1}}}$" for a in range(len(intervals))]
    lengths = np.array([high - low for low, high in intervals])
    if np.allclose(lengths, lengths[0], rtol=0, atol=1e-12):
        # What a uniform χ gives; beside the line it could cover the legend.
        lines.append([plot_guide(part.axes, lengths[0]) for part in panel.parts][-1])
        names.append(style.fraction(lengths[0]))
    top = panel.first.get_ylim()[1]
    panel.first.set_ylim(-0.03 * top, top)
    panel.first.set_ylabel(r"$P_a$")
    panel.last.legend(
        lines, names, loc="upper left", bbox_to_anchor=(1, 1.05), frameon=False, handlelength=1.5
    )


def _draw_s_max(panel: Panel, tables: Tables) -> None:
    histogram = tables.s_max_histogram
    assert histogram is not None
    # The outer bins reach to 0 and to infinity: they have no place on a logarithmic axis.
    density = histogram["density"].to_numpy().reshape(len(tables.etas), -1)[:, 1:-1]
    edges = histogram["s_max_high"].to_numpy()[: density.shape[1] + 1]
    draw_density(panel, edges, density, "density/decade")
    names: dict[str, Artist] = {}
    for part in panel.parts:
        rows = tables.summary[part.mask]
        mean, error = rows["s_max_mean"].to_numpy(), rows["s_max_se"].to_numpy()
        mean = np.where(mean > 0, mean, np.nan)  # a logarithmic axis cannot show 0
        if np.isfinite(mean).any():
            ends = mean - error, mean + error
            names["mean"] = plot_mean(part.axes, part.centres, mean, *ends, "white", _OUTLINE)
    mark_limit(panel, tables.exact("s_max_mean"), "white", _OUTLINE)
    panel.first.set_yscale("log")
    panel.first.set_ylim(edges[0], edges[-1])
    power = style.name_decades(panel.first)
    unit = rf"{power}rad$^{{-{tables.n_angles}}}$"
    # With a power of ten, letters of the usual size would reach the letter of the panel.
    size = style.SMALL if power else style.SETTINGS["axes.labelsize"]
    panel.first.set_ylabel(rf"$S_{{\max}}$ [{unit}]", fontsize=size)
    names |= _mark_outside(panel, histogram["count"].to_numpy().reshape(len(tables.etas), -1))
    legend = panel.last.legend(
        names.values(),
        names,
        loc=_emptiest_corner(density[panel.parts[-1].mask]),
        frameon=False,
        labelcolor="white",
        handlelength=1.5,
        labelspacing=0.2,
    )
    for text in legend.get_texts():
        text.set_path_effects(_OUTLINE)


def _emptiest_corner(density: np.ndarray) -> LegendLocType:
    """The corner of a panel, as Matplotlib names it, where the densities (n_eta, n_bins) are least.

    The lower right one if others are as empty.
    """
    across, up = -(-density.shape[0] // 2), -(-density.shape[1] // 2)
    corners: dict[LegendLocType, np.ndarray] = {
        "lower right": density[-across:, :up],
        "lower left": density[:across, :up],
        "upper right": density[-across:, -up:],
        "upper left": density[:across, -up:],
    }
    return min(corners, key=lambda corner: float(np.nansum(corners[corner])))


def _mark_outside(panel: Panel, counts: np.ndarray) -> dict[str, Artist]:
    """Mark each η of which many samples are beyond the axis; returns the marks by their names.

    counts (n_eta, n_bins): samples in each bin, the outer ones beyond the axis.
    """
    marks: dict[str, Artist] = {}
    total = counts.sum(axis=1)
    for column, marker, place, name in ((0, "v", 0.03, "below"), (-1, "^", 0.97, "above")):
        outside = counts[:, column] > _MARKED_PART * total
        for part in panel.parts:
            where = part.centres[outside[part.mask]]
            if len(where) == 0:
                continue
            (marks[f"over {100 * _MARKED_PART:g} % are {name}"],) = part.axes.plot(
                where,
                np.full(len(where), place),
                transform=part.axes.get_xaxis_transform(),
                linestyle="none",
                marker=marker,
                markersize=3.2,
                color=style.LINE_COLOURS[1],
                path_effects=_OUTLINE,
            )
    return marks


_PANELS = {
    "chi": _draw_chi,
    "probabilities": _draw_probabilities,
    "ratio": lambda panel, tables: draw_ratio(
        panel, tables.summary, tables.analysis, tables.exact("ratio")
    ),
    "s_max": _draw_s_max,
    "chi_maxima": lambda panel, tables: draw_maxima(panel, "chi_maxima", *tables.maxima),
    "differences": lambda panel, tables: draw_maxima(panel, "differences", *tables.maxima),
}
