"""Tables of the page: their cells as text to read and numbers to sort by."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from syncsweep.columns import entry
from syncsweep.config.axes import column_of
from syncsweep.config.observables import OwnObservable, columns_of_numbers
from syncsweep.config.study import Study
from syncsweep.config.units import EnergyUnit, energy_unit
from syncsweep.paper.claims import PAPER
from syncsweep.paper.parts.validation import ERRORS, checked_with, samples_of
from syncsweep.report.embedded import Download, download
from syncsweep.report.report_words import (
    count,
    density_unit,
    grouped,
    ratio_symbol,
    scientific,
)
from syncsweep.tables import registry
from syncsweep.tables.number import Number
from syncsweep.tables.reading import read_table
from syncsweep.user_code import observable_columns
from syncsweep.wording import subscript

#: Rows of a table that the page shows; all are in the file to download.
MOST_ROWS = 1000

#: Numbers that are none sort before all others.
_LOWEST = -1e308


@dataclass(frozen=True)
class Cell:
    """What a cell shows; a number to sort by, if not its text; a name for its look."""

    text: str
    order: float | None = None
    look: str = ""


@dataclass(frozen=True)
class Table:
    """A table to sort.

    name: its file without ending; caption: what it says; numeric: whether each column holds
    numbers; download: all its rows.
    """

    name: str
    title: str
    caption: str
    heads: tuple[str, ...]
    numeric: tuple[bool, ...]
    rows: tuple[tuple[Cell, ...], ...]
    download: Download


def of_study(folder: Path, study: Study) -> list[Table]:
    """The tables of a study in the folder of its tables."""
    tables = [_summary(folder, study), _failures(folder, study)]
    if study.analysis.limit_draws is not None:
        tables.append(_limit_control(folder, study))
    return tables


def rows_of_study(folder: Path) -> tuple[int, int]:
    """How many rows of a study are in its averages, and how many failed."""
    frame = read_table(folder / "summary.parquet").to_pandas()
    return int(frame["n"].sum()), int(frame["failed"].sum())


def _summary(folder: Path, study: Study) -> Table:
    columns: dict[str, Callable[[pd.Series], Cell]] = {
        **_point_columns(study),
        "n": lambda row: _integer(row["n"]),
        "failed": lambda row: _integer(row["failed"]),
    }
    for a in range(1, len(study.analysis.chi_intervals) + 1):
        columns[f"P{subscript(a)}"] = _measured(f"p{a}")
    if study.analysis.ratio is not None:
        columns[ratio_symbol(study.analysis.ratio)] = _measured("ratio")
    columns[f"⟨S_max⟩ [{density_unit(study)}]"] = _measured("s_max_mean")
    for j in range(1, study.n_angles + 1 if study.axes else 1):
        less = f" − φ{subscript(study.model.n_sites)}" if study.measure == "relative" else ""
        columns[f"⟨φ{subscript(j)}{less}⟩ [rad]"] = _value(f"angle_{j}_mean")
    for name in columns_of_numbers(study.observables, study.model.spins):
        columns[f"⟨{name}⟩{_unit(name)}"] = _measured(f"{name}_mean")
    if study.analysis.samples_chi:
        columns["χ undefined"] = lambda row: _integer(row["undefined_chi"])
    return _table(folder, registry.SUMMARY, columns)


def _point_columns(study: Study) -> dict[str, Callable[[pd.Series], Cell]]:
    """η and the values of the axes."""
    labels = {path: axis.symbol or column_of(path) for path, axis in sorted(study.axes.items())}
    units = {path: f" [{axis.unit}]" if axis.unit else "" for path, axis in study.axes.items()}
    return {
        **_eta_column(energy_unit(study.model, study.axes)),
        **{f"{label}{units[path]}": _value(column_of(path)) for path, label in labels.items()},
    }


def _unit(observable: str) -> str:
    """The unit of an observable in brackets, if it has one that is known."""
    try:
        unit = entry(observable, observable_columns.COLUMNS).unit
    except KeyError:  # of the user's own
        return ""
    return f" [{unit}]" if unit else ""


def _value(column: str) -> Callable[[pd.Series], Cell]:
    return lambda row: _plain(row[column])


def _word(column: str) -> Callable[[pd.Series], Cell]:
    return lambda row: Cell(str(row[column]))


def _failures(folder: Path, study: Study) -> Table:
    columns: dict[str, Callable[[pd.Series], Cell]] = {
        **_point_columns(study),
        "sample": lambda row: _integer(row["sample"]),
        "status": _word("status"),
        "estimated error of S_d": lambda row: _plain(row["s_d_error"]),
    }
    for one in study.observables:
        if isinstance(one, OwnObservable):
            columns[f"{one.function}() status"] = _word(one.status)
    return _table(folder, registry.FAILURES, columns)


def _limit_control(folder: Path, study: Study) -> Table:
    columns: dict[str, Callable[[pd.Series], Cell]] = {
        **_eta_column(energy_unit(study.model, study.axes)),
        "quantity": lambda row: Cell(_quantity(row["quantity"])),
        "plain mean": _measured("plain"),
        "with control variate": _measured("control"),
        # A few hundred samples give no more digits.
        "gain in samples": lambda row: _plain(float(f"{row['gain']:.2g}")),
    }
    return _table(folder, registry.LIMIT_CONTROL, columns)


def _table(
    folder: Path, known: registry.Table, columns: dict[str, Callable[[pd.Series], Cell]]
) -> Table:
    frame = read_table(folder / f"{known.name}.parquet").to_pandas()
    caption = known.caption
    shown = frame.head(MOST_ROWS)
    rows = tuple(tuple(make(row) for make in columns.values()) for _, row in shown.iterrows())
    if len(frame) > MOST_ROWS:
        caption += f" Here are the first {grouped(MOST_ROWS)} of {count(len(frame), 'row')}."
    numeric = tuple(not head.endswith(("status", "quantity")) for head in columns)
    data = download(folder / f"{known.name}.csv")
    return Table(known.name, known.title, caption, tuple(columns), numeric, rows, data)


def claims(folder: Path) -> tuple[Table, dict[str, int]]:
    """The checked claims in the folder of the paper's tables, and the number of each verdict."""
    read = read_table(folder / "validation.parquet")
    frame = read.to_pandas()
    verdicts = [
        verdict if holds else "does not hold"
        for verdict, holds in zip(frame["verdict"], frame["holds"], strict=True)
    ]
    rows = tuple(
        (Cell(verdict, look=verdict.replace(" ", "-")), *(Cell(str(text)) for text in texts))
        for *texts, verdict in zip(
            *(frame[name] for name in ("source", "statement", "printed", "found")),
            verdicts,
            strict=True,
        )
    )
    heads = ("verdict", "source", "statement", "printed", "found")
    caption = (
        f"{PAPER} {checked_with(samples_of(read))} {ERRORS} "
        "“Corrected” means that the printed statement does not hold, but another one does."
    )
    data = download(folder / "validation.csv")
    table = Table(
        "validation", "The paper's claims", caption, heads, (False,) * len(heads), rows, data
    )
    return table, Counter(verdicts)


def _eta_column(unit: EnergyUnit) -> dict[str, Callable[[pd.Series], Cell]]:
    """The column of η in a unit, by its head."""

    def cell(row: pd.Series) -> Cell:
        value = unit.of(row["eta"])
        return Cell("0⁺" if value == 0 else scientific(value), value)

    return {f"η [{unit.symbol}]" if unit.symbol else "η": cell}


def _integer(value: float) -> Cell:
    return Cell(grouped(int(value)), float(value))


def _plain(value: float) -> Cell:
    return Cell(scientific(value), float(value)) if math.isfinite(value) else Cell("–", _LOWEST)


def _measured(name: str) -> Callable[[pd.Series], Cell]:
    def cell(row: pd.Series) -> Cell:
        if not math.isfinite(row[name]):
            return Cell("–", _LOWEST)
        number = Number.in_row(row, name)
        if number.ends is None and number.error is not None and math.isnan(number.error):
            return _plain(number.value)  # one sample has no error
        return Cell(str(number), number.value)

    return cell


def _quantity(name: str) -> str:
    return "⟨S_max⟩" if name == "s_max_mean" else f"P{subscript(int(name.removeprefix('p')))}"
