"""Writing Parquet files: the entries of their columns, and statistics that do not mislead."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa

from syncsweep.columns import Columns, entry
from syncsweep.sweep.row_table import column


def described_schema(schema: pa.Schema, columns: Columns) -> pa.Schema:
    """A schema with the entries of its columns in its fields; KeyError if a column has none."""
    fields = (one.with_metadata(entry(one.name, columns).record) for one in schema)
    return pa.schema(fields, schema.metadata)


def write_parquet(path: Path, table: pa.Table) -> None:
    """Write a table into a file."""
    import pyarrow.parquet as pq

    # Not by its name: pyarrow takes a name with a colon for an address, and assumes UTF-8.
    with open(path, "wb") as file:
        options = {"write_statistics": statistics_of(table.column_names, _is_of_limit(table))}
        # A dictionary of numbers that differ from row to row takes time and space for nothing.
        repeated = [one.name for one in table.schema if one.name == "eta" or not _is_real(one.type)]
        pq.write_table(table, file, compression="zstd", use_dictionary=repeated, **options)


def _is_real(kind: pa.DataType) -> bool:
    return pa.types.is_floating(kind) or pa.types.is_nested(kind)


def _is_of_limit(table: pa.Table) -> bool:
    """Whether a table has rows of η = 0 and no others."""
    if "eta" not in table.column_names or not len(table) or table["eta"].null_count:
        return False
    return not np.any(column(table, "eta"))


def statistics_of(names: list[str], is_of_limit: bool) -> bool | list[str]:
    """For which columns a Parquet file has statistics: all, or all but `eta` if all η are 0.

    Parquet gives a row group of zeros a minimum of −0.0. Arrow's filter `isin([0.0])` then finds
    no row of it, because it takes −0.0 and 0.0 for two values.
    """
    return [name for name in names if name != "eta"] if is_of_limit else True
