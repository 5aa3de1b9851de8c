"""A checksum of a whole Parquet file in the file itself: those of its pages leave out its footer.

The footer has the names of the columns, and statistics because of which readers skip rows. The
checksum is that of the file with zeros in its place.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import BinaryIO

import pyarrow.parquet as pq

_KEY, _ZEROS = "sha256", b"0" * 64

#: So much is read at once.
_BLOCK_BYTES = 2**20

#: The end of a file: the size of the footer, and the name of the format.
_END_BYTES = 8


def reserve(writer: pq.ParquetWriter) -> None:
    """Reserve the place of the checksum in a file that is being written."""
    writer.add_key_value_metadata({_KEY: _ZEROS.decode()})


def seal(path: Path) -> None:
    """Write the checksum into its reserved place in a whole file."""
    with path.open("r+b") as file:
        place = _place(file, _ZEROS)
        digest = _digest(file, place)
        file.seek(place)
        file.write(digest)


def is_sealed(file: BinaryIO, metadata: pq.FileMetaData) -> bool:
    """Whether an open Parquet file is as it was sealed; ValueError if it has no checksum."""
    said = (metadata.metadata or {}).get(_KEY.encode(), b"")
    return _digest(file, _place(file, said)) == said


def _place(file: BinaryIO, content: bytes) -> int:
    """Where the place of the checksum with this content begins."""
    size = file.seek(-_END_BYTES, 2)
    footer = max(0, size - int.from_bytes(file.read(4), "little"))
    file.seek(footer)
    if len(content) != len(_ZEROS):
        raise ValueError
    return footer + file.read(size - footer).index(content)


def _digest(file: BinaryIO, place: int) -> bytes:
    found = hashlib.sha256()
    file.seek(0)
    while place > file.tell():
        found.update(file.read(min(_BLOCK_BYTES, place - file.tell())))
    found.update(_ZEROS)
    file.seek(len(_ZEROS), 1)
    while block := file.read(_BLOCK_BYTES):
        found.update(block)
    return found.hexdigest().encode()
