"""Rows of samples as Arrow tables, and their columns as NumPy arrays.

Nothing here imports pandas, which Arrow does where it is installed: every worker would wait for it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields

import numpy as np
import pyarrow as pa

from syncsweep.sample import Rows

_SAMPLES_PER_TABLE = 256


def to_table(rows: Iterable[Rows]) -> pa.Table:
    """Rows of samples as an Arrow table, in the order given; at least one sample."""
    columns: dict[str, list[np.ndarray]] = {field.name: [] for field in fields(Rows)}
    for sample_rows in rows:
        for name, column in columns.items():
            column.append(getattr(sample_rows, name))
    return pa.table({name: _arrow(np.concatenate(parts)) for name, parts in columns.items()})


class RowsBySample:
    """Rows of samples, kept in few large tables: one table each takes several times the memory."""

    def __init__(self) -> None:
        self._samples: list[int] = []
        self._tables: list[pa.Table] = []
        self._whole: list[pa.Table] = []

    def add(self, sample: int, table: pa.Table) -> None:
        """Add the rows of a sample that is not there yet."""
        self._samples.append(sample)
        self._tables.append(table)
        if len(self._tables) >= _SAMPLES_PER_TABLE:
            self._pack()

    def _pack(self) -> None:
        self._whole.append(pa.concat_tables(self._tables).combine_chunks())
        self._tables = []

    def packed(self) -> tuple[list[int], pa.Table | None]:
        """The samples, and their rows in the same order in one table; None without any."""
        if self._tables:
            self._pack()
        if not self._whole:
            return [], None
        self._whole = [pa.concat_tables(self._whole).combine_chunks()]
        return self._samples, self._whole[0]


def unpacked(samples: list[int], table: pa.Table | None) -> dict[int, pa.Table]:
    """Rows by sample, as views of what `RowsBySample.packed` gave."""
    if table is None:
        return {}
    n_eta = table.num_rows // len(samples)
    return {sample: table.slice(k * n_eta, n_eta) for k, sample in enumerate(samples)}


def _arrow(values: np.ndarray) -> pa.Array:
    # From buffers, because `pa.array` imports pandas where it is installed, in every worker.
    if values.ndim == 2:
        return pa.FixedSizeListArray.from_arrays(_arrow(values.reshape(-1)), values.shape[1])
    if values.dtype.kind == "U":
        words = [word.encode() for word in values.tolist()]
        offsets = np.cumsum([0, *map(len, words)], dtype=np.int32)
        buffers = [None, pa.py_buffer(offsets), pa.py_buffer(b"".join(words))]
        return pa.Array.from_buffers(pa.string(), len(words), buffers)
    plain = np.ascontiguousarray(values)
    kind = pa.from_numpy_dtype(plain.dtype)
    return pa.Array.from_buffers(kind, len(plain), [None, pa.py_buffer(plain)])


def column(table: pa.Table, name: str) -> np.ndarray:
    """A column as NumPy array: (rows,), or (rows, width) for a list column."""
    chunk = table.column(name).combine_chunks()
    if pa.types.is_fixed_size_list(chunk.type):
        return _numbers(chunk.flatten()).reshape(len(chunk), chunk.type.list_size)
    if pa.types.is_string(chunk.type):
        return np.array(chunk.to_pylist(), dtype=object)
    return _numbers(chunk)


def _numbers(values: pa.Array) -> np.ndarray:
    # Only a damaged file has others, for which NumPy asks Arrow twice, the second time in a
    # deprecated way.
    is_number = pa.types.is_integer(values.type) or pa.types.is_floating(values.type)
    if values.null_count or not is_number:
        raise TypeError("A column has values that are not numbers.")
    # Not `to_numpy`, which imports pandas as well.
    return np.from_dlpack(values)


def has_columns_of_rows(table: pa.Table) -> bool:
    """Whether a table has the columns of `Rows`, each once, with their types and no empty cell."""
    if sorted(table.column_names) != sorted(field.name for field in fields(Rows)):
        return False
    for field in fields(Rows):
        values = table.column(field.name).combine_chunks()
        kind, empty = values.type, values.null_count
        if field.metadata["is_list"]:
            if not pa.types.is_fixed_size_list(kind):
                return False
            kind, empty = kind.value_type, empty + values.flatten().null_count
        if kind != _KINDS[field.metadata["kind"]] or empty:
            return False
    return True


_KINDS = {int: pa.int64(), float: pa.float64(), str: pa.string()}
