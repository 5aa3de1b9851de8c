"""Tables as files: their rows in order, and each written as Parquet and CSV with its origin."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from syncsweep.columns import Columns
from syncsweep.environment.provenance import asked, code, libraries
from syncsweep.files import replace_atomically
from syncsweep.sweep.parquet import described_schema, write_parquet
from syncsweep.tables import METADATA_KEY


def at_points(frame: pd.DataFrame, axes: Sequence[str], points: np.ndarray) -> pd.DataFrame:
    """A table with the values of the axes in columns after η.

    points: (k, n_axes), of k equal parts of the table.
    """
    values = np.repeat(points, len(frame) // len(points), axis=0)
    for place, name in enumerate(axes):
        frame.insert(place + 1, name, values[:, place])
    return frame


def sorted_by_eta(frames: list[pd.DataFrame], axes: Sequence[str] = ()) -> pd.DataFrame:
    """One table of several, ascending in η and then in the axes; bins keep their order."""
    order = ["eta", *axes]
    return pd.concat(frames).sort_values(order, kind="stable", ignore_index=True)


def bin_columns(
    etas: tuple[float, ...], edges: np.ndarray, low: str = "low", high: str = "high"
) -> dict[str, np.ndarray]:
    """The first columns of a table with a row for each η and each bin between edges (n + 1,)."""
    return {
        "eta": np.repeat(etas, len(edges) - 1),
        low: np.tile(edges[:-1], len(etas)),
        high: np.tile(edges[1:], len(etas)),
    }


def write_tables(
    output: Path,
    tables: Mapping[str, pd.DataFrame],
    columns: Mapping[str, Columns],
    provenance: dict[str, object],
) -> None:
    """Write tables by name into a folder, see `write_table`; columns: what those of each hold."""
    output.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        write_table(output / name, table, provenance, columns[name])


def write_table(
    stem: Path,
    frame: pd.DataFrame,
    provenance: dict[str, object],
    columns: Columns | None = None,
) -> None:
    """Write one table as <stem>.parquet and <stem>.csv, each atomically; see `file_schema`."""
    table = pa.Table.from_pandas(frame, preserve_index=False)
    table = table.cast(file_schema(table.schema, provenance, columns))
    replace_atomically(
        stem.with_name(f"{stem.name}.parquet"),
        lambda path: write_parquet(path, table),
    )
    replace_atomically(
        stem.with_name(f"{stem.name}.csv"),
        lambda path: frame.to_csv(path, index=False, lineterminator="\n"),
    )


def file_schema(
    schema: pa.Schema, provenance: dict[str, object], columns: Columns | None = None
) -> pa.Schema:
    """The schema of a table's Parquet file, with the entries of its columns and its origin.

    provenance: what the table was made from. This function adds what the workflow asked for, and
    the code and the libraries that made the table. columns: what its columns hold; KeyError if one
    has no entry.
    """
    if columns is not None:
        schema = described_schema(schema, columns)
    made_by = {"code": code(), "libraries": libraries("numpy", "scipy", "pandas", "pyarrow")}
    said = json.dumps(
        {**asked(), **provenance, "made_by": made_by}, sort_keys=True, ensure_ascii=False
    )
    return schema.with_metadata({METADATA_KEY: said.encode()})
