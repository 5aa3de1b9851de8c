"""Damage of every kind to a file, for all that reads files."""

import os
import random
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq


def _bytes(change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    return lambda path: path.write_bytes(change(path.read_bytes()))


def _flipped(at: float) -> Callable[[Path], None]:
    """One byte flipped, at a fraction of the file's length."""

    def change(data: bytes) -> bytes:
        index = int(at * (len(data) - 1))
        return data[:index] + bytes([data[index] ^ 0x55]) + data[index + 1 :]

    return _bytes(change)


def _hole(data: bytes) -> bytes:
    """Zeros in the middle third: what a file system may leave of the last writes."""
    third = len(data) // 3
    return data[:third] + bytes(third) + data[2 * third :]


def _in_its_place(make: Callable[[Path], object]) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        path.unlink(missing_ok=True)
        make(path)

    return change


def _sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(2**40)


#: Nothing can be read.
UNREADABLE = {
    "folder": _in_its_place(Path.mkdir),
    "pipe": _in_its_place(os.mkfifo),
    "dangling link": _in_its_place(lambda path: path.symlink_to("nowhere")),
    "link to itself": _in_its_place(lambda path: path.symlink_to(path)),
    "endless device": _in_its_place(lambda path: path.symlink_to("/dev/zero")),
    "huge": _sparse,
}

#: Something of the file is no longer there.
LOST = {
    "empty": _bytes(lambda data: b""),
    "cut after a byte": _bytes(lambda data: data[:1]),
    "cut in half": _bytes(lambda data: data[: len(data) // 2]),
    "cut by eight bytes": _bytes(lambda data: data[:-8]),
    "hole of zeros": _bytes(_hole),
    "zeros": _bytes(lambda data: bytes(len(data))),
    "something else": _bytes(lambda data: b"sample,eta\n0,1\n"),
}

#: Readers may notice this or not; what they read must be true.
CHANGED = {
    **{f"byte flipped at {at:.0%}": _flipped(at) for at in (0, 0.1, 0.3, 0.5, 0.7, 0.9, 1)},
    "bytes in excess": _bytes(lambda data: data + b"\0\0"),
    "another encoding": _bytes(lambda data: b"\xff\xfe" + data),
    "twice": _bytes(lambda data: data + data),
}

DAMAGES = UNREADABLE | LOST | CHANGED


def restore(path: Path, data: bytes) -> None:
    """Put the bytes of a file back, whatever is in its place."""
    if path.is_dir() and not path.is_symlink():
        path.rmdir()
    else:
        path.unlink(missing_ok=True)
    path.write_bytes(data)


#: What `damaged` does to bytes.
KINDS = ("flip", "flips", "cut", "zeros", "swap", "repeat")


def damaged(data, trials, seed, last=2048):
    """Copies of some bytes, each with one kind of damage, every other one among its last bytes."""
    rng = random.Random(seed)
    for trial in range(trials):
        changed = bytearray(data)
        low = max(len(data) - last, 0) if trial % 2 else 0
        at = rng.randrange(low, len(data))
        kind = KINDS[trial // 2 % len(KINDS)]
        if kind == "flip":
            changed[at] ^= 1 << rng.randrange(8)
        elif kind == "flips":
            for _ in range(rng.choice([2, 5, 20])):
                changed[rng.randrange(low, len(data))] ^= rng.randrange(1, 256)
        elif kind == "cut":
            del changed[at:]
        elif kind == "zeros":
            stop = min(at + rng.randrange(1, 300), len(data))
            changed[at:stop] = bytes(stop - at)
        elif kind == "swap":
            other = rng.randrange(low, len(data))
            changed[at], changed[other] = changed[other], changed[at]
        else:
            changed[at:at] = changed[at : at + rng.randrange(1, 50)]
        yield kind, bytes(changed)


def refuse_listing(monkeypatch, refused: Path) -> None:
    """Refuse the listing of a folder as to another user; root may read everything."""
    listing = type(refused).iterdir

    def refuse(folder):
        if folder == refused:
            raise PermissionError(13, "Permission denied", str(folder))
        return listing(folder)

    monkeypatch.setattr(type(refused), "iterdir", refuse)


def place_of_values(path: Path, name: str) -> int:
    """Position of a byte of the values of a column in a Parquet file."""
    footer = pq.read_metadata(path)
    (place,) = [k for k in range(footer.num_columns) if footer.schema.column(k).path == name]
    chunk = footer.row_group(0).column(place)
    return chunk.data_page_offset + chunk.total_compressed_size - 8
