"""Shards: Parquet files of verified rows, one for each point, sample and η, in this order.

A shard says of itself which rows it holds and carries a digest over them and over what it says.
Readers and the writer verify both; what does not agree raises ShardError and enters nothing.
Time, machine and versions stand under `run`, outside the digest: they do not belong to identity.
The entries of the columns are outside too, and so is the physics: the identity has its hash.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from syncsweep.columns import Columns, axis_columns
from syncsweep.files import NotReadableError, open_regular, read_regular, replace_atomically
from syncsweep.layout import BlockFolder
from syncsweep.physics.diagnosis import Status
from syncsweep.sample.rows import COLUMNS
from syncsweep.sample_range import SampleRange
from syncsweep.sweep.description import Description, Unit
from syncsweep.sweep.parquet import described_schema, write_parquet
from syncsweep.sweep.row_table import column, has_columns_of_rows
from syncsweep.user_code import observable_columns

if TYPE_CHECKING:
    import pyarrow.parquet as pq

_IDENTITY_KEY = b"syncsweep"
_RUN_KEY = b"syncsweep.run"
_PHYSICS_KEY = b"syncsweep.physics"
_FORMAT = 1

#: No shard takes more bytes than these, for each row and beside them, written or decoded.
_MOST_ROW_BYTES, _MOST_OTHER_BYTES = 2**15, 2**24

#: No list in a shard's footer is longer; the depth of a hostile schema can crash a decoder.
_MOST_IN_FOOTER = 4096


class ShardError(Exception):
    """A shard that is not what its name says; the message is one line and names the file."""


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


def _check_rows(table: pa.Table, described: Description, samples: SampleRange) -> str | None:
    """What is wrong with the rows of a table, or None."""
    if not has_columns_of_rows(table, described):
        return "does not have the columns of a shard, or has empty cells"
    if table.num_rows != _n_rows(described, samples):
        return f"has {table.num_rows} rows instead of {_n_rows(described, samples)}"
    n_eta, n_points = len(described.etas), len(described.points)
    expected = np.tile(np.repeat(np.arange(*samples), n_eta), n_points)
    if not np.array_equal(column(table, "sample"), expected):
        return "does not have the samples that its name says"
    if not np.array_equal(column(table, "eta"), np.tile(described.etas, samples.size * n_points)):
        return "does not have the values of η of its block"
    for name, values in zip(described.axes, zip(*described.points, strict=True), strict=False):
        if not np.array_equal(column(table, name), np.repeat(values, samples.size * n_eta)):
            return f"does not have the values of {name} of its block"
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
    whole = table.cast(
        described_schema(table.schema, columns_of(described))
    ).replace_schema_metadata(metadata)

    def fill(temporary: Path) -> None:
        write_parquet(temporary, whole)
        read_shard(temporary, described, samples)

    replace_atomically(path, fill, aside)


def columns_of(described: Description) -> Columns:
    """The entries of the columns of a block's shards."""
    observables = observable_columns.columns_of(described.observables)
    return (*COLUMNS, *axis_columns(described.physics.axes), *observables)


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


def failed_units(path: Path, described: Description, samples: SampleRange) -> list[Unit]:
    """The units of a shard that have a row that is not ok, according to its footer.

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
            return []
        rows = file.read(columns=["status"], use_threads=False)
        good = column(rows, "status").reshape(-1, len(described.etas)) == str(Status.OK)
        units = described.units(samples)
        return [units[k] for k in np.flatnonzero(~good.all(axis=1))]


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
    return len(described.etas) * len(described.points) * samples.size


def most_bytes(n_rows: int) -> int:
    """More than any file of so many rows takes, written or decoded."""
    return n_rows * _MOST_ROW_BYTES + _MOST_OTHER_BYTES


def _statement(described: Description, samples: SampleRange) -> dict[str, Any]:
    """What a shard says of itself, beside its digest."""
    stated = {
        "format": _FORMAT,
        "study": described.study,
        "physics_hash": described.physics.digest,
        "block": described.block,
        "etas": list(described.etas),
        **samples._asdict(),
    }
    if described.axes:
        stated["axes"] = list(described.physics.axes)
        stated["points"] = [list(point) for point in described.points]
    if described.observables:
        stated["observables"] = [code.model_dump(mode="json") for code in described.observables]
    return stated


def _parquet(source: Any) -> pq.ParquetFile:
    import pyarrow.parquet as pq  # among the ranks, only the first one uses it, and at the end

    return pq.ParquetFile(source, thrift_container_size_limit=_MOST_IN_FOOTER)


def _open_parquet(source: Any, n_rows: int) -> pq.ParquetFile:
    file = _parquet(source)
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
            said = json.loads(_parquet(opened).schema_arrow.metadata[_RUN_KEY])
    except Exception:  # a damaged file can fail anywhere in the decoder, in whatever way
        return {}
    return said if isinstance(said, dict) else {}


def set_aside(block: BlockFolder, path: Path) -> Path:
    """Move a shard that must not be used to the files of the block's jobs; returns its new path."""
    kept = block.damaged(path)
    kept.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(path, kept)  # a link or a folder too, and between file systems
    return kept
