"""Check a table: its Parquet file, and the CSV file, which must hold the same."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from syncsweep.files import NotReadableError, read_regular, sha256
from syncsweep.tables import CHECKSUMS, METADATA_KEY
from syncsweep.tables.freshness import said_by
from syncsweep.tables.reading import MOST_BYTES, open_table
from syncsweep.tables.registry import SUMMARY, kinds_of
from syncsweep.wording import number_of


class _WrongTableError(Exception):
    pass


def problem_of_table(stem: Path) -> str | None:
    """What is wrong with a table, beginning with the name of the file, or None.

    For a table without a CSV file, `summary` beside it records a checksum.
    """
    parquet, text = (stem.with_name(f"{stem.name}{ending}") for ending in (".parquet", ".csv"))
    path = parquet
    try:
        if "csv" not in kinds_of(stem.name):
            _compare_checksum(parquet)
            return None
        table = _read_parquet(parquet)
        path = text
        _compare(table, read_regular(text, MOST_BYTES))
    except FileNotFoundError:
        other = text if path == parquet else parquet
        return f"{other}: has no {path.name} beside it"
    except NotReadableError as error:
        return f"{path}: cannot be read ({error})"
    except _WrongTableError as error:
        return f"{path}: {error}"
    # A damaged file can fail anywhere in a decoder, in whatever way.
    except Exception as error:
        return f"{path}: is damaged ({type(error).__name__})"
    return None


def _read_parquet(path: Path) -> pa.Table:
    file = open_table(path)
    groups = [file.metadata.row_group(k) for k in range(file.num_row_groups)]
    if sum(group.total_byte_size for group in groups) > MOST_BYTES:
        raise _WrongTableError("is larger than a table can be")
    table = file.read(use_threads=False)
    if not isinstance(json.loads((table.schema.metadata or {})[METADATA_KEY]), dict):
        raise ValueError
    return table


def _compare_checksum(path: Path) -> None:
    """_WrongTableError unless a table has the checksum that `summary` beside it records.

    If `summary` cannot be read, its own check finds that.
    """
    said = said_by(path.with_name(f"{SUMMARY.name}.parquet"))
    if said and said.get(CHECKSUMS, {}).get(path.stem) != sha256(path):
        raise _WrongTableError(
            f"is damaged, or was not made with {SUMMARY.name}.parquet (it has another checksum)"
        )


def _compare(table: pa.Table, text: bytes) -> None:
    """_WrongTableError unless a CSV file has the names, the rows and every value of a table."""
    header, *lines = csv.reader(io.StringIO(text.decode("utf-8"), newline=""))
    if header != table.column_names:
        raise _WrongTableError("has other columns than the Parquet file beside it")
    if len(lines) != table.num_rows:
        raise _WrongTableError(
            f"has {number_of(len(lines), 'rows')}, but the Parquet file beside it has "
            f"{table.num_rows}"
        )
    for number, (line, values) in enumerate(zip(lines, _rows(table), strict=True), 1):
        if len(line) != len(values) or not all(map(_same, line, values)):
            raise _WrongTableError(
                f"holds other values in row {number} than the Parquet file beside it"
            )


def _rows(table: pa.Table) -> Iterator[tuple[object, ...]]:
    if not table.num_columns:
        return iter([()] * table.num_rows)
    return zip(*(column.to_pylist() for column in table.columns), strict=True)


def _same(cell: str, value: object) -> bool:
    """Whether a cell equals a value: numbers to the last bit, an empty cell for NaN."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return cell == ""
    if isinstance(value, float):
        return float(cell) == value
    return cell == str(value)
