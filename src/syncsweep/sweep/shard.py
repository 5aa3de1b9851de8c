"""Shards: Parquet files of verified rows, one (sample, η) each, sorted by sample and η.

A shard says of itself which rows it holds and carries a digest over them and over what it says.
Readers and the writer verify both; what does not agree raises ShardError and enters nothing.
Time, machine and versions stand under `run`, outside the digest: they do not belong to identity. So
do the whole physics, which the identity names by its hash, and what each column means.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from syncsweep.columns import Columns, entry
from syncsweep.files import NotReadableError, open_regular, read_regular, replace_atomically
from syncsweep.layout import BlockFolder
from syncsweep.physics.diagnosis import Status
from syncsweep.sample import COLUMNS, Rows
from syncsweep.sample_range import SampleRange
from syncsweep.sweep.description import Description

_IDENTITY_KEY = b"syncsweep"
_RUN_KEY = b"syncsweep.run"
_PHYSICS_KEY = b"syncsweep.physics"
_FORMAT = 1

_SAMPLES_PER_TABLE = 256

#: No shard takes more bytes than these, for each row and beside them, written or decoded.
_MOST_ROW_BYTES, _MOST_OTHER_BYTES = 2**12, 2**24

#: No list in a shard's footer is longer; the depth of a hostile schema can crash a decoder.
_MOST_IN_FOOTER = 4096


class ShardError(Exception):
    """A shard that is not what its name says; the message is one line and names the file."""


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


def _digest(table: pa.Table, identity: dict[str, Any]) -> str:
    """SHA-256 over the identity, the columns' names, types and shapes, and the decoded values."""
    digest = hashlib.sha256(json.dumps(identity, sort_keys=True).encode())
    for name in table.column_names:
        values = column(table, name)
        digest.update(f"{name}:{values.dtype}:{values.shape}\n".encode())
        if values.dtype == object:
            digest.update("\0".join(values.tolist()).encode())
        else:
            digest.update(np.ascontiguousarray(values).tobytes())
    return digest.hexdigest()


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


def _check_rows(table: pa.Table, described: Description, samples: SampleRange) -> str | None:
    """What is wrong with the rows of a table, or None."""
    if not has_columns_of_rows(table):
        return "does not have the columns of a shard, or has empty cells"
    if table.num_rows != _n_rows(described, samples):
        return f"has {table.num_rows} rows instead of {_n_rows(described, samples)}"
    expected = np.repeat(np.arange(*samples), len(described.etas))
    if not np.array_equal(column(table, "sample"), expected):
        return "does not have the samples that its name says"
    if not np.array_equal(column(table, "eta"), np.tile(described.etas, samples.size)):
        return "does not have the values of η of its block"
    return None


def write_shard(
    path: Path,
    table: pa.Table,
    described: Description,
    samples: SampleRange,
    run: dict[str, Any],
    aside: Path | None = None,
) -> None:
    """Write the shard of some samples atomically: complete and verified, or not at all.

    run: records that are not part of its identity (time, machine, versions); JSON values.
    aside: folder of the unfinished file, see `replace_atomically`.
    """
    problem = _check_rows(table, described, samples)
    if problem:
        raise ShardError(f"{path}: not written, because the table {problem}")
    stated = _statement(described, samples)
    metadata = {
        _IDENTITY_KEY: json.dumps({**stated, "digest": _digest(table, stated)}),
        _RUN_KEY: json.dumps(run),
        _PHYSICS_KEY: described.physics.model_dump_json(),
    }
    whole = table.cast(described_schema(table.schema, COLUMNS)).replace_schema_metadata(metadata)

    def fill(temporary: Path) -> None:
        write_parquet(temporary, whole)
        read_shard(temporary, described, samples)

    replace_atomically(path, fill, aside)


def described_schema(schema: pa.Schema, columns: Columns) -> pa.Schema:
    """A schema with the entries of its columns in its fields; KeyError if a column has none."""
    fields = (one.with_metadata(entry(one.name, columns).record) for one in schema)
    return pa.schema(fields, schema.metadata)


def write_parquet(path: Path, table: pa.Table) -> None:
    """Write a table into a file."""
    # Not by its name: pyarrow takes a name with a colon for an address, and assumes UTF-8.
    with open(path, "wb") as file:
        options = {"write_statistics": statistics_of(table.column_names, _is_of_limit(table))}
        pq.write_table(table, file, compression="zstd", **options)


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


def read_shard(path: Path, described: Description, samples: SampleRange) -> pa.Table:
    """Rows of a shard, verified against its digest, its block and the samples of its name.

    Raises ShardError if the file is damaged or holds anything else, FileNotFoundError if missing.
    """
    n_rows = _n_rows(described, samples)
    with _named_errors(path):
        table = _decode(read_regular(path, most_bytes(n_rows)), n_rows)
        stated = json.loads(table.schema.metadata[_IDENTITY_KEY])
        digest = stated.pop("digest")
        actual = _digest(table, stated)
    if digest != actual:
        raise ShardError(f"{path}: is damaged (its digest does not match its rows)")
    if stated != _statement(described, samples):
        raise ShardError(f"{path}: does not hold the rows that its name says")
    problem = _check_rows(table, described, samples)
    if problem:
        raise ShardError(f"{path}: {problem}")
    return table


def failed_samples(path: Path, described: Description, samples: SampleRange) -> set[int]:
    """The samples of a shard that have a row that is not ok, according to its footer.

    Raises the errors of `read_shard` if the footer names other samples. For counting thousands of
    shards: it does not verify rows, and reads them only if some are not ok.
    """
    with _named_errors(path), open_regular(path) as opened:
        file = _open_parquet(opened, _n_rows(described, samples))
        stated = json.loads(file.schema_arrow.metadata[_IDENTITY_KEY])
        del stated["digest"]
        if stated != _statement(described, samples):
            raise _OtherRowsError
        if _all_ok(file.metadata):
            return set()
        rows = file.read(columns=["sample", "status"], use_threads=False)
        failed = column(rows, "sample")[column(rows, "status") != str(Status.OK)]
        return set(failed.tolist()).intersection(samples.numbers())


def _all_ok(footer: pq.FileMetaData) -> bool:
    """Whether the footer's own statistics say that every row is ok."""
    (place,) = [k for k in range(footer.num_columns) if footer.schema.column(k).path == "status"]
    of_groups = [footer.row_group(k).column(place).statistics for k in range(footer.num_row_groups)]
    return all(s and s.has_min_max and s.min == s.max == str(Status.OK) for s in of_groups)


@contextmanager
def _named_errors(path: Path) -> Iterator[None]:
    """Turn all errors of reading a file into a ShardError with the file's name."""
    try:
        yield
    except FileNotFoundError:
        raise
    except NotReadableError as error:
        raise ShardError(f"{path}: cannot be read ({error})") from None
    except _OtherRowsError:
        raise ShardError(f"{path}: does not hold the rows that its name says") from None
    # A damaged file can make the decoder fail anywhere, with any error.
    except Exception as error:
        raise ShardError(f"{path}: is damaged ({type(error).__name__})") from None


class _OtherRowsError(Exception):
    pass


def _n_rows(described: Description, samples: SampleRange) -> int:
    return len(described.etas) * samples.size


def most_bytes(n_rows: int) -> int:
    """More than any file of so many rows takes, written or decoded."""
    return n_rows * _MOST_ROW_BYTES + _MOST_OTHER_BYTES


def _statement(described: Description, samples: SampleRange) -> dict[str, Any]:
    """What a shard says of itself, beside its digest."""
    return {
        "format": _FORMAT,
        "study": described.study,
        "physics_hash": described.physics.digest,
        "block": described.block,
        "etas": list(described.etas),
        **samples._asdict(),
    }


def _open_parquet(source: Any, n_rows: int) -> pq.ParquetFile:
    file = pq.ParquetFile(source, thrift_container_size_limit=_MOST_IN_FOOTER)
    groups = [file.metadata.row_group(k) for k in range(file.num_row_groups)]
    if file.metadata.num_rows != n_rows or sum(group.num_rows for group in groups) != n_rows:
        raise _OtherRowsError
    if sum(group.total_byte_size for group in groups) > most_bytes(n_rows):
        raise ValueError
    return file


def _decode(data: bytes, n_rows: int) -> pa.Table:
    # Not `read_table`, which imports pandas where it is installed. One thread, because a rank
    # has one core, and Arrow's others sometimes crash a process that ends (arrow#34314).
    return _open_parquet(pa.BufferReader(data), n_rows).read(use_threads=False)


def read_run(path: Path) -> dict[str, Any]:
    """What a shard says of the run that made it; nothing if it says nothing that can be read."""
    try:
        with open_regular(path) as opened:
            file = pq.ParquetFile(opened, thrift_container_size_limit=_MOST_IN_FOOTER)
            said = json.loads(file.schema_arrow.metadata[_RUN_KEY])
    except Exception:  # a damaged file can fail anywhere in the decoder, in whatever way
        return {}
    return said if isinstance(said, dict) else {}


def set_aside(block: BlockFolder, path: Path) -> Path:
    """Move a shard that must not be used to the files of the block's jobs; returns its new path."""
    kept = block.damaged(path)
    kept.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(path, kept)  # a link or a folder too, and between file systems
    return kept
