"""Files that several processes share: whole or not at all, and one writer at a time."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import shutil
import stat
import struct
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from io import BufferedReader
from pathlib import Path

_LOCK_POLL_SECONDS = 0.2

#: `struct flock` of 64-bit Linux: type, whence, start, length (0: all behind the start), process.
_FLOCK = struct.Struct("hhqqi4x")

#: Errors of a file system that cannot sync folders. The user can do nothing about that.
_SYNCS_NO_FOLDERS = {errno.EINVAL, errno.EBADF, errno.ENOTSUP, errno.ENOSYS}

#: Largest number of ranges of a lock file that are distinguished.
_MOST_HELD = 10_000


def replace_atomically(
    path: Path, write: Callable[[Path], None], aside: Path | None = None
) -> None:
    """Let `write` fill a temporary file, sync it, and move it into place.

    aside: folder of the temporary file, instead of that of `path`, if both are on one file system.
    The temporary file is removed if `write` fails; `path` is then as it was.
    """
    temporary = (aside or path.parent) / f".{path.name}.{uuid.uuid4().hex[:12]}.tmp"
    try:
        write(temporary)
        descriptor = os.open(temporary, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        os.replace(temporary, path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        if error.errno == errno.EXDEV and aside:
            replace_atomically(path, write)
            return
        raise naming(error, path) from None
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def write_text(path: Path, text: str) -> None:
    """Write a text file in UTF-8, as a whole or not at all."""
    replace_atomically(path, lambda temporary: _fill(temporary, text))


def _fill(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def move(path: Path, to: Path) -> None:
    """Move a file, also to another file system: at each moment it is whole in one of the places."""
    try:
        os.replace(path, to)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        replace_atomically(to, lambda temporary: _copy(path, temporary))
        path.unlink()


def _copy(path: Path, to: Path) -> None:
    shutil.copyfile(path, to)


def naming(error: OSError, path: Path) -> OSError:
    """The same error with the name of its file."""
    return OSError(error.errno or errno.EIO, error.strerror or str(error), str(path))


def not_written(error: OSError) -> str:
    """One line: the file that could not be written, why, and what to do if it must be removed."""
    path = error.filename2 or error.filename or "results"
    in_its_place = error.errno in (errno.EEXIST, errno.EISDIR)
    advice = "; remove it" if in_its_place else ""
    return f"{path}: cannot be written ({error.strerror or error}){advice}"


def append(path: Path, text: str) -> None:
    """Append to a regular file, which need not be there; an OSError names it."""
    try:
        # To be read as well, because so a pipe opens, and shows what it is, without waiting.
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK
        with open(os.open(path, flags, 0o666), "wb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise FileExistsError(errno.EEXIST, "it is not a regular file")
            file.write(text.encode())
    except OSError as error:
        raise naming(error, path) from None


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable, if its file system can; an OSError names the folder."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _SYNCS_NO_FOLDERS:
            raise naming(error, folder) from None
    finally:
        os.close(descriptor)


def hold(
    path: Path, start: int, stop: int, on_wait: Callable[[], None], give_up: Callable[[], bool]
) -> bool:
    """Take the numbers start … stop−1 of a file until this process ends, and those that join it.

    Another process that holds some of them is waited for. Returns False if `give_up` said so while
    waiting. The kernel gives up what a process holds that dies. On a file system without locks
    there is no waiting. `on_wait` is called once before it. The numbers are bytes that need not be
    there.
    """
    # Open until the process ends: closing the file anywhere would give up the lock.
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    waited = False
    while True:
        try:
            fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, stop - start, start)
            # Now shared with processes that join. Another launch needs the numbers for itself.
            fcntl.lockf(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB, stop - start, start)
            return True
        except BlockingIOError:
            if not waited:
                on_wait()
                waited = True
            if give_up():
                os.close(descriptor)
                return False
            time.sleep(_LOCK_POLL_SECONDS)
        except OSError:
            os.close(descriptor)
            return True


@contextmanager
def joined(path: Path, start: int, stop: int) -> Iterator[None]:
    """Take the numbers too that another process has just taken with `hold`, within the context.

    Does nothing on a file system without locks.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        with suppress(OSError):
            fcntl.lockf(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB, stop - start, start)
        yield
    finally:
        os.close(descriptor)


def held(path: Path) -> list[tuple[int, int]] | None:
    """The ranges (start, stop) of a file that other processes have taken with `hold`, in order.

    Takes nothing, and waits for nobody. None where the system does not tell. Not for a process
    that holds some itself: it would lose them, as closing the file gives up all locks.
    """
    if not sys.platform.startswith("linux"):
        return None
    found: list[tuple[int, int]] = []
    unknown = [(0, 0)]
    try:
        with open_regular(path) as file:
            while unknown and len(found) < _MOST_HELD:
                start, length = unknown.pop()
                question = _FLOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, start, length, 0)
                answer = fcntl.fcntl(file.fileno(), fcntl.F_GETLK, question)
                kind, _, low, taken, _ = _FLOCK.unpack(answer)
                if kind == fcntl.F_UNLCK:
                    continue
                high = low + taken if taken else sys.maxsize
                found.append((low, high))
                if start < low:
                    unknown.append((start, low - start))
                if not length and taken:
                    unknown.append((high, 0))
                elif high < start + length:
                    unknown.append((high, start + length - high))
    except (NotReadableError, OSError):
        return None
    return sorted(found)


class NotReadableError(Exception):
    """A file cannot be read; the message is the reason, without the name of the file."""


@contextmanager
def open_regular(path: Path) -> Iterator[BufferedReader]:
    """Open a regular file for reading; NotReadableError, or FileNotFoundError.

    A later error of reading, within the context, is a NotReadableError too.
    """
    try:
        # A pipe would be waited for, and a device may never end.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        with open(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise NotReadableError("it is not a regular file")
            yield file
    except FileNotFoundError:
        raise
    except OSError as error:
        if error.errno is None:  # of a decoder within the context, and not of the system
            raise
        raise NotReadableError(error.strerror) from None


def read_regular(path: Path, most: int) -> bytes:
    """Bytes of a regular file of at most `most` bytes; NotReadableError, or FileNotFoundError."""
    with open_regular(path) as file:
        # Not `most` alone, because Python allocates all that it is asked to read.
        data = file.read(min(most, os.fstat(file.fileno()).st_size) + 1)
    if len(data) > most:
        raise NotReadableError(f"it is larger than {most} bytes")
    return data


def sha256(path: Path) -> str:
    """SHA-256 of a regular file of any size; the errors of `open_regular`."""
    with open_regular(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
