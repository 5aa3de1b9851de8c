"""The data dictionary of all files: the entries of the columns of each, by its name."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

from syncsweep import sample
from syncsweep.columns import Column, Columns, entry
from syncsweep.figures import sweep_figure
from syncsweep.paper.paper_registry import FIGURES, PARTS
from syncsweep.tables.reading import open_table
from syncsweep.tables.registry import JOBS


@cache
def tables() -> dict[str, Columns]:
    """The columns of each table of a study and of the paper's parts, by the name of its files."""
    makers = (*(job.columns for job in JOBS), *(part.columns for part in PARTS.values()))
    return {name: found for maker in makers for name, found in maker.items()}


@cache
def data_of_figures() -> dict[str, Columns]:
    """The columns of each file with data of a figure of the paper, by its name."""
    return {
        f"{figure.name}_{ending}": (*figure.columns.get(ending, ()), *tables().get(table, ()))
        for figure in FIGURES.values()
        for ending, table in figure.data.items()
    }


def data_of_sweep(panel: str) -> Columns:
    """The columns of the data of a panel of a study's figure, and `limit`."""
    return tuple(column for table in sweep_figure.DATA[panel] for column in tables()[table])


def columns_named(stem: str) -> Columns:
    """The columns that a file may have, by its name without ending; KeyError for other files."""
    if stem.startswith("samples-"):
        return sample.COLUMNS
    for known in (tables(), data_of_figures()):
        if stem in known:
            return known[stem]
    for panel in sweep_figure.DATA:
        if stem.endswith(f"_{panel}"):
            return data_of_sweep(panel)
    raise KeyError(f"{stem}: is no table, shard or data of a figure")


def columns_of(path: Path) -> tuple[Column, ...]:
    """The entries of the columns that a Parquet or CSV file has, in their order; KeyError."""
    known = columns_named(path.stem)
    return tuple(entry(name, known) for name in _names(path))


def _names(path: Path) -> list[str]:
    if path.suffix == ".parquet":
        names: list[str] = open_table(path).schema_arrow.names
        return names
    with open(path, newline="", encoding="utf-8") as file:
        return next(csv.reader(file))
