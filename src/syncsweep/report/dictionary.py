"""The data dictionary of all files, by their names, and its page."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from string import Template

import pyarrow.parquet as pq

from syncsweep.columns import Column, Columns, entry
from syncsweep.figures import edge_figure, sweep_figure
from syncsweep.figures.figure_page import ENTRIES
from syncsweep.files import open_regular
from syncsweep.paper.paper_registry import FIGURES, PARTS
from syncsweep.physics.phase_distribution import relative_frequencies
from syncsweep.sample import rows
from syncsweep.tables.freshness import said_by
from syncsweep.tables.reading import entries_of
from syncsweep.tables.registry import JOBS
from syncsweep.tables.summary import OF_ANGLES
from syncsweep.user_code import observable_columns


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


def columns_named(stem: str) -> Columns:
    """The columns that a file may have, by its name without ending; KeyError for other files."""
    for known in (tables(), data_of_figures()):
        if stem in known:
            return known[stem]
    for panel, names in sweep_figure.DATA.items():
        if stem.endswith(f"_{panel}"):
            return tuple(column for name in names for column in tables()[name])
    raise KeyError(f"{stem}: is neither a table nor data of a figure")


def columns_of(path: Path) -> tuple[Column, ...]:
    """The entries of the columns that a Parquet or CSV file has, in their order; KeyError.

    Those of axes, of observables and of figures over axes are what the files say of themselves.
    """
    try:
        known = columns_named(path.stem)
    except KeyError:
        known = ()
    recorded = _recorded(path)
    return tuple(
        Column(name, **recorded[name]) if name in recorded else entry(name, known)
        for name in _names(path)
    )


def _recorded(path: Path) -> dict[str, dict[str, str]]:
    """The entries in the Parquet file of a table, or beside the figure of some data; {} if none."""
    table = path.with_suffix(".parquet")
    if table.exists():
        with open_regular(table) as opened:
            return {k: v for k, v in entries_of(pq.read_schema(opened)).items() if v}
    stems = [stem for stem in path.parent.glob("*.json") if path.stem.startswith(f"{stem.stem}_")]
    if not stems:
        return {}
    figure = max(stems, key=lambda file: len(file.stem))
    found: dict[str, dict[str, str]] = said_by(figure).get(ENTRIES, {})
    return found


def _names(path: Path) -> list[str]:
    if path.suffix == ".parquet":
        with open_regular(path) as opened:  # its footer only: a table may be large
            names: list[str] = pq.read_schema(opened).names
        return names
    with open(path, newline="", encoding="utf-8") as file:
        return next(csv.reader(file))


def page() -> str:
    """The data dictionary as a page in Markdown."""
    text = Path(__file__).with_name("columns.md").read_text(encoding="utf-8")
    of_studies = {name: columns for job in JOBS for name, columns in job.columns.items()}
    of_paper = {name: found for name, found in tables().items() if name not in of_studies}
    of_figures = (
        (f"{figure.name}_{ending}", columns)
        for figure in FIGURES.values()
        for ending, columns in figure.columns.items()
    )
    frequencies = (f"({', '.join(map(str, k))})" for k in relative_frequencies((1, 1, 1)).tolist())
    return Template(text).substitute(
        shards=_table(rows.COLUMNS),
        observables=_table(observable_columns.COLUMNS),
        frequencies=", ".join(frequencies),
        studies=_sections(of_studies.items()),
        paper=_sections(of_paper.items()),
        figures="\n".join(_origins()),
        axes=_table(OF_ANGLES),
        own=_sections([("<figure>_edge", edge_figure.COLUMNS), *of_figures]),
    )


def _origins() -> list[str]:
    """Lines of the table that says of which tables the files of figures have columns."""
    lines = [
        f"| `<figure>_{panel}` of a study | {' and '.join(f'`{name}`' for name in names)} |"
        for panel, names in sweep_figure.DATA.items()
    ]
    for figure in FIGURES.values():
        for table in dict.fromkeys(filter(None, figure.data.values())):
            files = (f"`{figure.name}_{end}`" for end, of in figure.data.items() if of == table)
            lines.append(f"| {', '.join(files)} | `{table}` |")
    return lines


def _sections(files: Iterable[tuple[str, Columns]]) -> str:
    """A heading and a table for all files that have the same columns."""
    names: dict[Columns, list[str]] = {}
    for name, columns in files:
        names.setdefault(columns, []).append(f"`{name}`")
    return "\n\n".join(
        f"### {', '.join(found)}\n\n{_table(columns)}" for columns, found in names.items()
    )


def _table(columns: Columns) -> str:
    """A row for each column, which names those of its errors too."""
    has_shape = any(column.shape for column in columns)
    keys = ["meaning", "unit", *(["shape"] if has_shape else []), "source"]
    lines = [f"| column | {' | '.join(keys)} |", "|---" * (len(keys) + 1) + "|"]
    errors = {one: [other for other in columns if one.has_error(other)] for one in columns}
    for column in columns:
        if any(column in found for found in errors.values()):
            continue
        names = ", ".join(f"`{one.name}`" for one in (column, *errors[column]))
        cells = (_escaped(getattr(column, key)) for key in keys)
        lines.append(f"| {names} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _escaped(text: str) -> str:
    """Text in which Markdown sees no marks, but for code between backticks."""
    parts = text.split("`")
    parts[::2] = (re.sub(r"([|<*_])", r"\\\1", part) for part in parts[::2])
    return "`".join(parts)
