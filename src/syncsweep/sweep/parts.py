"""Parts: the rows that one rank has solved so far, kept against whatever may kill it.

A part is a file that only grows: a header record and then records of units, samples at points.
A record is a magic word, its sizes, a digest of the payload, and the payload, so that a record cut
off by a kill is recognised and left out. Each record is handed to the operating system at once, and
made durable every FLUSH_SECONDS: a killed process loses the units in hand, a machine that goes down
the last seconds too.
"""

from __future__ import annotations

import errno
import hashlib
import io
import json
import os
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from syncsweep.files import NotReadableError, naming, open_regular
from syncsweep.sample.rows import MOST_UNITS, Rows
from syncsweep.sweep.description import Description, Unit
from syncsweep.sweep.row_table import column, has_columns_of_rows, to_table
from syncsweep.sweep.shard import most_bytes

FLUSH_SECONDS = 10.0

#: A header holds the magic word, the sizes and the digest. The sizes are the length of the payload
#: and `_UNIT` for each unit but the first.
_MAGIC = b"SYNC"
_HEADER = struct.Struct("<4sQ16s")
_UNIT = 2**48

#: So much is read at once where a record is looked for.
_BLOCK_BYTES = 2**20


@dataclass(frozen=True)
class Records:
    """Number of units in a part, and what is wrong with the part, in some words, or None."""

    count: int
    problem: str | None = None


def _header(described: Description) -> bytes:
    """Payload of a part's first record, which says whose rows the others hold."""
    return json.dumps([described.physics.digest, described.block]).encode()


def _record(payload: bytes, units: int = 1) -> bytes:
    digest = hashlib.blake2b(payload, digest_size=16).digest()
    return _HEADER.pack(_MAGIC, len(payload) + (units - 1) * _UNIT, digest) + payload


def encoded(rows: Rows) -> tuple[pa.Table, bytes]:
    """The rows of units as a table, and as the payload of a record."""
    table = to_table([rows])
    buffer = io.BytesIO()
    with pa.ipc.new_stream(buffer, table.schema) as stream:
        stream.write_table(table)
    return table, buffer.getvalue()


class PartWriter:
    """Append the rows of samples to a new part."""

    def __init__(self, path: Path, described: Description) -> None:
        """path: must not exist; its folder must."""
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o666)
        self._path, self._n_eta = path, len(described.etas)
        self._synced = time.monotonic()
        self._write(_header(described))

    def append(self, rows: Rows) -> pa.Table:
        """Add the rows of units; returns them as a table."""
        table, payload = encoded(rows)
        self._write(payload, table.num_rows // self._n_eta)
        if time.monotonic() - self._synced >= FLUSH_SECONDS:
            self._sync()
        return table

    def close(self) -> None:
        """Make everything durable and close the file."""
        self._sync()
        os.close(self._descriptor)

    def _sync(self) -> None:
        try:
            os.fsync(self._descriptor)
        except OSError as error:
            raise naming(error, self._path) from None
        self._synced = time.monotonic()

    def _write(self, payload: bytes, units: int = 1) -> None:
        data = memoryview(_record(payload, units))
        try:
            while data:
                data = data[os.write(self._descriptor, data) :]
        except OSError as error:
            raise naming(error, self._path) from None


def read_part(path: Path, described: Description) -> Iterator[tuple[Unit, pa.Table]]:
    """Units of a block's part with their rows; damaged records and foreign parts give nothing.

    Nor does what cannot be read; FileNotFoundError if it is missing.
    """
    try:
        with open_regular(path) as file:
            records = _records(file.fileno(), _most_bytes(described))
            if next(records, (1, b"")) != (1, _header(described)):
                return
            for units, payload in records:
                found = _units(payload, described)
                if len(found) == units:
                    yield from found
    except NotReadableError:
        return


def _units(payload: bytes, described: Description) -> list[tuple[Unit, pa.Table]]:
    """Units and their rows; none if the record holds something else."""
    n_eta = len(described.etas)
    try:
        table = pa.ipc.open_stream(payload).read_all()
        if not has_columns_of_rows(table, described) or table.num_rows % n_eta:
            return []
        columns = [column(table, name).reshape(-1, n_eta) for name in (*described.axes, "sample")]
        if any(np.any(values != values[:, :1]) for values in columns):
            return []
        *axes, samples = (values[:, 0].tolist() for values in columns)
        points = list(zip(*axes, strict=True)) if axes else [()] * len(samples)
        return [
            (Unit(point, sample), table.slice(k * n_eta, n_eta))
            for k, (point, sample) in enumerate(zip(points, samples, strict=True))
        ]
    # What another version of the code has written can fail in whatever way.
    except Exception:
        return []


def count_records(path: Path, described: Description) -> Records:
    """How many units a part holds, by the sizes that its records state; FileNotFoundError.

    It reads neither rows nor digests, because it counts while ranks run. An incomplete record ends
    the count.
    """
    count, header = 0, _header(described)
    try:
        with open_regular(path) as file:
            part = file.fileno()
            size = os.fstat(part).st_size
            position = 0
            while position + _HEADER.size <= size:
                magic, sizes, _ = _HEADER.unpack(os.pread(part, _HEADER.size, position))
                units, length = divmod(sizes, _UNIT)
                payload = position + _HEADER.size
                if magic != _MAGIC or units >= MOST_UNITS:
                    return Records(count, "has a damaged record")
                if payload + length > size:
                    break
                if position:
                    count += 1 + units
                elif os.pread(part, min(length, 1024), payload) != header:
                    return Records(0, "holds rows of another study or block")
                position = payload + length
    except NotReadableError as error:
        return Records(0, f"cannot be read ({error})")
    return Records(count)


def _most_bytes(described: Description) -> int:
    """More than any record takes."""
    return most_bytes(MOST_UNITS * len(described.etas))


def _records(part: int, most: int) -> Iterator[tuple[int, bytes]]:
    """Numbers of units and payloads of all whole records, also of those behind a damaged one.

    part: the descriptor of the open file; most: the most bytes of a payload.
    """
    position = 0
    while True:
        header = os.pread(part, _HEADER.size, position)
        if not header.startswith(_MAGIC):
            found = _find_magic(part, position)
            if found is None:
                return
            position = found
            continue
        if len(header) < _HEADER.size:
            return
        _, sizes, digest = _HEADER.unpack(header)
        units, length = divmod(sizes, _UNIT)
        payload = os.pread(part, length, position + _HEADER.size) if length <= most else b""
        if len(payload) == length and hashlib.blake2b(payload, digest_size=16).digest() == digest:
            yield 1 + units, payload
            position += _HEADER.size + length
        else:
            position += 1


def _find_magic(part: int, position: int) -> int | None:
    """Position of the next magic word from `position` on."""
    while (data := _next_data(part, position)) is not None:
        block = os.pread(part, _BLOCK_BYTES, data)
        place = block.find(_MAGIC)
        if place != -1:
            return data + place
        if len(block) < _BLOCK_BYTES:
            return None
        position = data + len(block) - len(_MAGIC) + 1
    return None


def _next_data(part: int, position: int) -> int | None:
    """Position of the first byte from `position` on that is not in a hole, which may be huge."""
    try:
        return os.lseek(part, position, os.SEEK_DATA)
    except OSError as error:
        # Not every file system reports its holes.
        return None if error.errno == errno.ENXIO else position
