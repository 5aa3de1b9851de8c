"""The summary, the axes and the labels that figures over the axes of a study share."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.axis import Axis as MatplotlibAxis
from matplotlib.axis import XAxis
from matplotlib.figure import Figure as Page
from matplotlib.ticker import FixedLocator, LogLocator, MaxNLocator, NullFormatter, ScalarFormatter

from syncsweep.columns import DENSITY
from syncsweep.config.plane_figures import ETA, PlaneFigure, is_angle, is_same
from syncsweep.config.requests import FigureRequest
from syncsweep.config.units import EnergyUnit
from syncsweep.figures import style
from syncsweep.figures.study_tables import StudyTable, read_for, stamp_of
from syncsweep.tables.reading import unit_of

#: Most values of an axis that are named one by one, and most letters of their names.
_FEW, _FEW_LETTERS = 6, 22

#: Width of the cell of η → 0⁺ and of the gap beside it, as parts of the other values' width.
_ZERO_CELL, _ZERO_GAP = 0.08, 0.03

#: Steps between round numbers, apart from powers of ten.
ROUND = [1, 2, 2.5, 5, 10]

#: Names of the quarters of a turn, 0 to 2π.
QUARTERS = ["0", "π/2", "π", "3π/2", "2π"]

#: Least distance between the names of 0⁺ and of another value [in].
_NEXT_TO_ZERO = 0.19

#: Symbols of columns whose names are no words.
_SYMBOLS = {
    "s_max_mean": r"$\langle S_{\max}\rangle$",
    "s_max_se": r"standard error of $\langle S_{\max}\rangle$",
    "n": "number of samples",
    "failed": "failed samples",
    "undefined_chi": r"samples without $\chi$",
}


@dataclass(frozen=True)
class PlaneAxis:
    """An axis of a study as it is drawn: its values (n,), ascending, its words and its scale.

    A logarithmic axis has no place for η → 0⁺: it is at the left of the others, apart from them.
    """

    name: str
    values: np.ndarray
    symbol: str
    unit: str = ""
    log: bool = False

    @property
    def label(self) -> str:
        """Symbol and unit."""
        return with_unit(self.symbol, self.unit)

    @property
    def has_zero(self) -> bool:
        """Whether the first value is apart from the others, which are logarithmic."""
        return self.log and len(self.values) > 1 and self.values[0] == 0

    @cached_property
    def _of_zero(self) -> tuple[float, float]:
        """Lower and upper edge of the cell of η → 0⁺."""
        edges = np.log10(style.log_cell_edges(self.values[1:]))
        width = max(edges[1] - edges[0], _ZERO_CELL * np.ptp(edges))
        high = edges[0] - max(_ZERO_GAP * np.ptp(edges), 0.4 * width)
        return 10 ** (high - width), 10**high

    @property
    def places(self) -> np.ndarray:
        """Where the values are drawn (n,)."""
        if not self.has_zero:
            return self.values
        return np.concatenate([[np.sqrt(np.prod(self._of_zero))], self.values[1:]])

    @property
    def cells(self) -> list[tuple[slice, np.ndarray]]:
        """Groups of values beside one another, with the edges of their cells."""
        if self.has_zero:
            apart = slice(0, 1), np.array(self._of_zero)
            return [apart, (slice(1, None), style.log_cell_edges(self.values[1:]))]
        if self.log and self.values[0] > 0:
            return [(slice(None), style.log_cell_edges(self.values))]
        return [(slice(None), _cell_edges(self.values))]

    def text(self, value: float) -> str:
        """A value, as a title or a legend names it."""
        if self.name == ETA and value == 0:
            return "0⁺"
        return number(value)

    def named(self, value: float) -> str:
        """A value with the axis's symbol and unit."""
        if self.name == ETA and value == 0:
            return r"$\eta\to 0^+$"
        return f"{self.symbol} = {self.text(value)} {self.unit}".rstrip()

    def set_up(self, axes: Axes, which: str) -> None:
        """Give axes the scale, limits and ticks of this axis; which: `x` or `y`."""
        edges = np.concatenate([edges for _, edges in self.cells])
        getattr(axes, f"set_{which}scale")("log" if self.log and edges[0] > 0 else "linear")
        getattr(axes, f"set_{which}lim")(edges[0], edges[-1])
        self.set_ticks(getattr(axes, f"{which}axis"))

    def set_ticks(self, axis: MatplotlibAxis) -> None:
        """Name values along an axis, or a colour bar, that has its scale and limits already."""
        names = [self.text(value) for value in self.values]
        if len(names) <= _FEW and len("".join(names)) <= _FEW_LETTERS:
            axis.set_ticks(self.places, names)
            axis.set_minor_formatter(NullFormatter())
            axis.set_minor_locator(FixedLocator([]))
        elif axis.get_scale() == "log":
            low, high = axis.get_view_interval()
            side = getattr(axis.axes.bbox, "width" if isinstance(axis, XAxis) else "height")
            self._set_decades(axis, np.log(high / low) * axis.axes.figure.dpi / side)
        else:
            set_linear(axis)

    def _set_decades(self, axis: MatplotlibAxis, per_inch: float) -> None:
        """Name powers of ten; per_inch: how much the logarithm grows along an inch."""
        positive = self.values[self.values > 0]
        places = LogLocator(numticks=7).tick_values(positive[0], positive[-1])
        shown = [v for v in places if positive[0] * (1 - 1e-9) <= v <= positive[-1] * (1 + 1e-9)]
        if len(shown) < 2:  # too narrow for two powers of ten: name some values themselves
            shown = list(np.unique(positive[[0, len(positive) // 2, -1]]))
        zero = [self.places[0]] if self.has_zero else []
        shown = [v for v in shown if not zero or np.log(v / zero[0]) > _NEXT_TO_ZERO * per_inch]
        axis.set_ticks([*zero, *shown], [*("0⁺" for _ in zero), *numbers(shown)])
        minor = LogLocator(subs=range(1, 10), numticks=200).tick_values(positive[0], positive[-1])
        inside = [v for v in minor if positive[0] <= v <= positive[-1]]
        axis.set_minor_locator(FixedLocator(inside if len(inside) <= 100 else []))
        axis.set_minor_formatter(NullFormatter())


@dataclass(frozen=True)
class Plane:
    """The summary of a study, with only the rows that a figure shows.

    `eta` is in the unit of the model; `rows` has it as configured.
    """

    request: FigureRequest
    figure: PlaneFigure
    table: StudyTable
    rows: pd.DataFrame

    @property
    def unit(self) -> EnergyUnit:
        """The unit in which η is shown, which must be the same at all points."""
        return unit_of(self.table.said)

    def axis(self, name: str) -> PlaneAxis:
        """An axis by its name."""
        values = np.unique(self.rows[name].to_numpy(dtype=float))
        if name == ETA:
            in_unit = np.array([self.unit.of(value) for value in values])
            return PlaneAxis(ETA, in_unit, style.eta_label(self.unit), log=True)
        label = next((axis for axis in self.request.axes if axis.name == name), None)
        assert label is not None
        return PlaneAxis(name, values, literal(label.symbol), literal(label.unit), label.log)

    @property
    def symbol(self) -> str:
        """Symbol of the column: that of the configuration, or its usual one."""
        if self.figure.symbol is not None:
            return literal(self.figure.symbol)
        last = None if self.table.is_absolute else self.request.n_sites
        symbol = _symbol(self.figure.column, self.request, last)
        if self.table.said["samples"] == 1:  # the mean of one sample is its value
            symbol = symbol.replace(r"\langle ", "").replace(r"\rangle", "")
        return symbol

    @property
    def label(self) -> str:
        """Symbol and unit of the column."""
        unit = self.table.entries[self.figure.column].get("unit", "")
        if self.figure.unit is not None:
            unit = literal(self.figure.unit)
        elif unit == DENSITY:
            unit = rf"rad$^{{-{self.request.n_sites - (not self.table.is_absolute)}}}$"
        return with_unit(self.symbol, unit)

    def values(self, column: str, *names: str) -> np.ndarray:
        """A column over axes, as an array with one dimension for each; NaN where there is none."""
        axes = [np.unique(self.rows[name].to_numpy(dtype=float)) for name in names]
        found = np.full([len(axis) for axis in axes], np.nan)
        places = [
            np.searchsorted(axis, self.rows[name].to_numpy(dtype=float))
            for axis, name in zip(axes, names, strict=True)
        ]
        found[tuple(places)] = self.rows[column].to_numpy(dtype=float)
        return found

    def errors(self, *names: str) -> tuple[np.ndarray, np.ndarray] | None:
        """Ends of the intervals of one standard error of the column; None if it has none."""
        column = self.figure.column
        if f"{column}_low" in self.rows:
            return self.values(f"{column}_low", *names), self.values(f"{column}_high", *names)
        error = error_of(column)
        if error not in self.rows or error == column:
            return None
        mean, spread = self.values(column, *names), self.values(error, *names)
        return mean - spread, mean + spread

    @property
    def data(self) -> pd.DataFrame:
        """The numbers that are drawn, as the table has them, with those of their errors."""
        column = self.figure.column
        errors = [error_of(column), f"{column}_low", f"{column}_high"]
        axes = [ETA, *(axis.name for axis in self.request.axes)]
        kept = dict.fromkeys([*axes, column, *errors])
        return self.rows[[name for name in kept if name in self.rows]]

    def entries(self, data: pd.DataFrame) -> dict[str, dict[str, str]]:
        """What the columns of the data beside the figure hold, with the user's units of axes."""
        units = {axis.name: axis.unit for axis in self.request.axes if axis.unit}
        found = {name: self.table.entries[name] for name in data if name in self.table.entries}
        return {
            name: record | ({"unit": units[name]} if name in units else {})
            for name, record in found.items()
        }

    def stamp(self, page: Page, axes: Axes | None, notes: str = "", says: str = "") -> None:
        """Write above all panels the number of samples, and the axes that are fixed.

        axes: the only panel, or None if there are several; notes: how points without
        a value are marked, if there are any; says: what else the panel shows.
        """
        text, warns = stamp_of(self.table.said, int(self.table.frame["failed"].max()))
        text = "; ".join(filter(None, [text, notes]))
        fixed = ", ".join(self.axis(name).named(self.axis(name).values[0]) for name in self._fixed)
        about = "\n".join(filter(None, [says, fixed]))
        if axes is None:
            text = "\n".join(filter(None, [text, about]))
        elif about:
            axes.set_title(about, fontsize=style.SMALL, pad=4)
        page.suptitle(
            text,
            fontsize=style.SMALL,
            fontweight="bold" if warns else "normal",
            color=style.LINE_COLOURS[1] if warns else style.GUIDE_COLOUR,
        )

    @property
    def _fixed(self) -> list[str]:
        names = [ETA, *(axis.name for axis in self.request.axes)]
        return [name for name in names if self.rows[name].nunique() == 1]


def read_plane(tables: Path, request: FigureRequest) -> Plane:
    """The rows of `summary` in a folder that a figure shows; ResultsError, see `read_for`."""
    figure = request.figure
    assert isinstance(figure, PlaneFigure)
    table = read_for(request.analysis, tables / "summary.parquet")
    rows = table.frame
    for name, value in figure.at.items():
        rows = rows[[is_same(value, other) for other in rows[name]]]
    return Plane(request, figure, table, rows.reset_index(drop=True))


def set_linear(axis: MatplotlibAxis) -> None:
    """Give an axis some round numbers, with a common power of ten if they are small or large."""
    axis.set_major_locator(MaxNLocator(5, steps=ROUND))
    formatter = ScalarFormatter(useMathText=True)
    formatter.set_powerlimits((-3, 4))
    axis.set_major_formatter(formatter)


def find_places(page: Page) -> None:
    """Let a page find places where no letters overlap."""
    page.set_layout_engine("constrained", w_pad=0.03, h_pad=0.03, hspace=0.03, wspace=0.03)


def error_of(column: str) -> str:
    """The name of a column's standard error."""
    return f"{column.removesuffix('_mean')}_se"


def with_unit(symbol: str, unit: str) -> str:
    """A label of an axis."""
    return f"{symbol} [{unit}]" if unit else symbol


def literal(text: str) -> str:
    """A user's text, in which Matplotlib finds no formula."""
    return text.replace("$", r"\$")


def numbers(values: Sequence[float]) -> list[str]:
    """Numbers along an axis, all with a power of ten if one of them is very small or large."""
    return [number(value, any(_is_extreme(each) for each in values)) for value in values]


def _is_extreme(value: float) -> bool:
    return value != 0 and not 1e-3 <= abs(value) < 1e4


def number(value: float, with_power: bool = False) -> str:
    """A number in a few letters, with a power of ten if it is very small or large."""
    if _is_extreme(value) or (with_power and value):
        digits, power = f"{value:.2e}".split("e")
        digits = digits.rstrip("0").rstrip(".").replace("-", "−")
        raised = rf"$10^{{{int(power)}}}$"
        return raised if digits == "1" else rf"{digits}×{raised}"
    return f"{value:.4g}".replace("-", "−")


def _symbol(column: str, request: FigureRequest, last: int | None) -> str:
    """The usual symbol of a column; last: the spin whose angle the others are less, if any."""
    if column in _SYMBOLS:
        return _SYMBOLS[column]
    if found := re.fullmatch(r"p(\d)", column):
        return f"$P_{found[1]}$"
    if found := re.fullmatch(r"angle_(\d)_mean", column):
        return rf"$\phi_{found[1]}$" if last is None else rf"$\phi_{found[1]}-\phi_{last}$"
    if column == "ratio" and request.analysis.ratio is not None:
        return style.ratio_symbol(request.analysis.ratio)
    return literal(column.removesuffix("_mean").replace("_", " "))


def _cell_edges(centres: np.ndarray) -> np.ndarray:
    """Edges (n + 1,) of cells around ascending centres (n,), at the midpoints."""
    if len(centres) == 1:
        return centres[0] + np.array([-0.5, 0.5])
    middles = (centres[1:] + centres[:-1]) / 2
    outer = 2 * centres[[0, -1]] - middles[[0, -1]]
    return np.concatenate([outer[:1], middles, outer[1:]])


def is_periodic(figure: PlaneFigure) -> bool:
    """Whether the column of a figure is an angle."""
    return is_angle(figure.column)
