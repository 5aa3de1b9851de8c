"""Rows of samples as Arrow tables, and their columns as NumPy arrays.

Nothing here imports pandas, which Arrow does where it is installed: every worker would wait for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import pyarrow as pa

from syncsweep.config.observables import OwnObservableCode
from syncsweep.sample.rows import FIELDS, Rows
from syncsweep.sweep.description import Description, Unit

_TABLES_AT_ONCE = 256


def to_table(rows: Iterable[Rows]) -> pa.Table:
    """Rows of units as an Arrow table, in the order given; at least one unit.

    The axes of the study follow `sample`.
    """
    columns: dict[str, list[np.ndarray]] = {}
    for sample_rows in rows:
        for name, values in _columns(sample_rows):
            columns.setdefault(name, []).append(values)
    return pa.table({name: _arrow(np.concatenate(parts)) for name, parts in columns.items()})


def _columns(rows: Rows) -> Iterator[tuple[str, np.ndarray]]:
    for field in FIELDS:
        yield field.name, getattr(rows, field.name)
        if field.name == "sample":
            yield from rows.axes.items()
    yield from rows.observables.items()


class RowsByUnit:
    """Rows of units, kept in few large tables: one table each takes several times the memory."""

    def __init__(self) -> None:
        self._units: list[Unit] = []
        self._tables: list[pa.Table] = []
        self._whole: list[pa.Table] = []

    def add(self, units: Sequence[Unit], table: pa.Table) -> None:
        """Add the rows of units that are not there yet."""
        self._units += units
        self._tables.append(table)
        if len(self._tables) >= _TABLES_AT_ONCE:
            self._pack()

    def _pack(self) -> None:
        self._whole.append(pa.concat_tables(self._tables).combine_chunks())
        self._tables = []

    def packed(self) -> tuple[list[Unit], pa.Table | None]:
        """The units, and their rows in the same order in one table; None without any."""
        if self._tables:
            self._pack()
        if not self._whole:
            return [], None
        self._whole = [pa.concat_tables(self._whole).combine_chunks()]
        return self._units, self._whole[0]


def unpacked(units: list[Unit], table: pa.Table | None) -> dict[Unit, pa.Table]:
    """Rows by unit, as views of what `RowsByUnit.packed` gave."""
    if table is None:
        return {}
    n_eta = table.num_rows // len(units)
    return {unit: table.slice(k * n_eta, n_eta) for k, unit in enumerate(units)}


def ordered(
    units: Sequence[Unit], known: Iterable[tuple[Sequence[Unit], pa.Table | None]]
) -> pa.Table:
    """The rows of some units in one table; known: tables with the rows of units, all of them."""
    pairs = [(some, table) for some, table in known if table is not None]
    table = pa.concat_tables([one for _, one in pairs]).combine_chunks()
    place = {unit: k for k, unit in enumerate(unit for some, _ in pairs for unit in some)}
    wanted = np.array([place[unit] for unit in units])
    if np.array_equal(wanted, np.arange(len(place))):
        return table
    n_eta = table.num_rows // len(place)
    return table.take((wanted[:, None] * n_eta + np.arange(n_eta)).ravel())


def _arrow(values: np.ndarray) -> pa.Array:
    # From buffers, because `pa.array` imports pandas where it is installed, in every worker.
    if values.ndim == 2:
        return pa.FixedSizeListArray.from_arrays(_arrow(values.reshape(-1)), values.shape[1])
    if values.dtype.kind == "U":
        words = values.tolist()
        encoded = {word: word.encode() for word in set(words)}
        words = [encoded[word] for word in words]
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
        if chunk.null_count:
            return np.array(chunk.to_pylist(), dtype=object)
        # Of many rows with few words, each word becomes a Python object once.
        encoded = chunk.dictionary_encode()
        return np.array(encoded.dictionary.to_pylist(), dtype=object)[_numbers(encoded.indices)]
    return _numbers(chunk)


def _numbers(values: pa.Array) -> np.ndarray:
    # Only a damaged file has others, for which NumPy asks Arrow twice, the second time in a
    # deprecated way.
    is_number = pa.types.is_integer(values.type) or pa.types.is_floating(values.type)
    if values.null_count or not is_number:
        raise TypeError("A column has values that are not numbers.")
    # Not `to_numpy`, which imports pandas as well.
    return np.from_dlpack(values)


def column_names(described: Description) -> list[str]:
    """Names of the columns of a block, in the order of `to_table`."""
    return [*_kinds(described)]


def _kinds(described: Description) -> dict[str, tuple[type, bool]]:
    """Type of the values of each column of a block, and whether each row has a list of them."""
    kinds: dict[str, tuple[type, bool]] = {}
    for field in FIELDS:
        kinds[field.name] = (field.metadata["kind"], field.metadata["is_list"])
        if field.name == "sample":
            kinds |= dict.fromkeys(described.axes, (float, False))
    for code in described.observables:
        kinds |= dict.fromkeys(code.columns, (float, False))
        if isinstance(code, OwnObservableCode):
            kinds[code.status] = (str, False)
    return kinds


def has_columns_of_rows(table: pa.Table, described: Description) -> bool:
    """Whether a table has the columns of a block, each once, with their types and no empty cell."""
    kinds = _kinds(described)
    if sorted(table.column_names) != sorted(kinds):
        return False
    for name, (wanted, is_list) in kinds.items():
        values = table.column(name).combine_chunks()
        kind, empty = values.type, values.null_count
        if is_list:
            if not pa.types.is_fixed_size_list(kind):
                return False
            kind, empty = kind.value_type, empty + values.flatten().null_count
        if kind != _KINDS[wanted] or empty:
            return False
    return True


_KINDS = {int: pa.int64(), float: pa.float64(), str: pa.string()}
