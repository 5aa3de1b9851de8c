"""Tables to publish, described for machines: as a Frictionless Data Package, and one by one.

`frictionless validate datapackage.json` compares each table with its description, and its bytes
with their hash. The package follows version 1 of the standard, because version 2 has no word for a
file that is to be hashed and not to be read.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import csv

from syncsweep.columns import Column
from syncsweep.paper.paper_registry import FIGURES, PARTS
from syncsweep.report.citation import Software
from syncsweep.report.dictionary import columns_of
from syncsweep.report.embedded import damaged
from syncsweep.tables.freshness import MADE_FROM, said_by
from syncsweep.tables.registry import JOBS

#: Media types of what is published, by the ending of the file.
MEDIA_TYPES = {
    ".cff": "application/yaml",
    ".csv": "text/csv",
    ".json": "application/json",
    ".md": "text/markdown",
    ".parquet": "application/vnd.apache.parquet",
    ".pdf": "application/pdf",
    ".png": "image/png",
}


_DESCRIPTION = (
    "COLUMNS.md explains columns, and what an average must leave out. A `source` is an equation "
    "or a figure of the paper. All random numbers follow from the `seed`. The file <table>.json "
    "beside a table has the physics of its `physics_hash`: model, parameters, ensemble and seed."
)

#: Size in bytes and SHA-256 of files, by their path in the folder.
Digests: TypeAlias = dict[str, tuple[int, str]]


def _is_table(path: Path) -> bool:
    """Whether a file holds a table."""
    return path.suffix in (".csv", ".parquet")


def companions(files: Mapping[str, Path]) -> dict[str, dict[str, Any]]:
    """What to write beside the files of tables, by path in the folder: origin and columns.

    files: those to publish, by path in the folder. The data of figures have no companion, because
    the figure's own <name>.json says all that. ResultsError if a table is damaged.
    """
    return {
        str(Path(name).with_suffix(".json")): {
            **_origin(table),
            **said_by(table),
            "columns": fields(table),
        }
        for name, table in files.items()
        if table.suffix == ".parquet"
    }


def data_package(
    files: Mapping[str, Path], digests: Digests, title: str, program: Software
) -> dict[str, Any]:
    """The descriptor of all tables among the files to publish; ResultsError if one is damaged."""
    resources: dict[str, dict[str, Any]] = {}
    for path in filter(_is_table, map(Path, sorted(files))):
        table, (size, sha256) = files[str(path)], digests[str(path)]
        name = "-".join(path.with_suffix("").parts).lower()
        name += "-parquet" if path.suffix == ".parquet" else ""
        # Two studies may differ by capital letters only, which no name of a resource has.
        name += f"-{len(resources)}" if name in resources else ""
        resources[name] = {
            "name": name,
            "title": _titles().get((path.parts[0], path.stem)) or path.stem,
            "path": str(path),
            **_kind(path),
            "mediatype": MEDIA_TYPES[path.suffix],
            "bytes": size,
            "hash": f"sha256:{sha256}",
            **_origin(table),
            "schema": {"fields": fields(table), "missingValues": [""]},
        }
    return {
        "profile": "data-package",
        "name": "syncsweep-results",
        "title": title,
        "description": _DESCRIPTION,
        "licenses": [{"name": program.license, "path": "LICENSE"}],
        "contributors": [
            {"title": author.full_name, "role": "author"} for author in program.authors
        ],
        "sources": [
            {"title": work.title, "path": work.url} for work in program.references if work.url
        ],
        "resources": list(resources.values()),
    }


@cache
def _titles() -> dict[tuple[str, str], str]:
    """What tables are about, by folder and name, where the report or a figure says so."""
    titles = {("tables", table.name): table.title for job in JOBS for table in job.tables}
    for part in PARTS.values():
        titles |= {("paper", table): part.figure.title for table in part.tables if part.figure}
    for figure in FIGURES.values():
        titles |= {("figures", f"{figure.name}_{data}"): figure.title for data in figure.data}
    return titles


def _kind(path: Path) -> dict[str, str]:
    if path.suffix == ".csv":
        return {"profile": "tabular-data-resource", "format": "csv", "encoding": "utf-8"}
    # Of a table in Parquet, Frictionless finds neither size nor hash, and so calls both wrong.
    return {"profile": "data-resource", "type": "file", "format": "parquet"}


def _origin(path: Path) -> dict[str, Any]:
    """Study, physics hash and root seed of a table, as far as all that it is made from agree."""
    said = _records(path)
    found = {
        "study": {record.get("study") for record in said},
        "physics_hash": {record.get("physics_hash") for record in said},
        "seed": {_seed(record) for record in said},
    }
    return {
        key: value
        for key, values in found.items()
        if len(values) == 1 and (value := values.pop()) is not None
    }


def _seed(record: Mapping[str, Any]) -> int | None:
    """The root seed in the record of a table; None if nothing in it is random."""
    settings = (record.get("physics", {}), record.get("request", {}))
    return next((one["root_seed"] for one in settings if "root_seed" in one), None)


def _records(path: Path) -> list[dict[str, Any]]:
    """What a table says of itself; for the data of a figure, what its tables say."""
    table = path.with_suffix(".parquet")
    if table.exists():
        return [said_by(table)]
    figures = [file for file in path.parent.glob("*.json") if path.stem.startswith(f"{file.stem}_")]
    if not figures:
        return []
    figure = max(figures, key=lambda file: len(file.stem))
    return list(said_by(figure).get(MADE_FROM, {}).values())


def fields(path: Path) -> list[dict[str, str]]:
    """The columns of a table as fields of a Table Schema, with their entries of the dictionary.

    ResultsError if the table is damaged, or has a column without an entry.
    """
    try:
        return [
            _field(column, kind)
            for column, kind in zip(columns_of(path), _types(path), strict=True)
        ]
    except (pa.ArrowException, OSError, ValueError, LookupError):
        raise damaged(path) from None


def _types(path: Path) -> list[pa.DataType]:
    """The types of columns, for a CSV file those of the Parquet file beside it, if there is one."""
    table = path.with_suffix(".parquet")
    if table.exists():
        types: list[pa.DataType] = pq.read_schema(table).types
        return types
    # One thread, because Arrow's others sometimes crash a process that ends.
    return list(csv.read_csv(path, csv.ReadOptions(use_threads=False)).schema.types)


def _field(column: Column, kind: pa.DataType) -> dict[str, str]:
    said = column.record
    described = {"description": said.pop("meaning")} | said
    return {"name": column.name, "type": _type(kind)} | {k: v for k, v in described.items() if v}


def _type(kind: pa.DataType) -> str:
    """The type of a field of a Table Schema, in which a number may also be `inf`."""
    if pa.types.is_boolean(kind):
        return "boolean"
    if pa.types.is_integer(kind):
        return "integer"
    if pa.types.is_floating(kind):
        return "number"
    return "any" if pa.types.is_null(kind) else "string"
