"""Files that several processes share: whole or not at all, and one writer at a time."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import time
import uuid
from collections.abc import Callable
from pathlib import Path

_LOCK_POLL_SECONDS = 0.2


def replace_atomically(path: Path, write: Callable[[Path], None]) -> None:
    """Let `write` fill a temporary file beside `path`, sync it, and move it into place.

    The temporary file is removed if `write` fails; `path` is then as it was.
    """
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex[:12]}.tmp")
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
        raise naming(error, path) from None
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def naming(error: OSError, path: Path) -> OSError:
    """The same error with the name of the file that it is about."""
    return OSError(error.errno or errno.EIO, error.strerror or str(error), str(path))


def sync_folder(folder: Path) -> None:
    """Make the names in a folder as durable as the files."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def hold(
    path: Path, start: int, stop: int, on_wait: Callable[[], None], give_up: Callable[[], bool]
) -> bool:
    """Take the numbers start … stop−1 of a file until this process ends.

    Another process that holds some of them is waited for. Returns False if `give_up` said so while
    waiting. The kernel gives up what a process holds that dies. On a file system without locks
    there is no waiting. `on_wait` is called once before it. The numbers are bytes that need not be
    there.
    """
    # Open until the process ends: closing the file anywhere would give up the lock.
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    waited = False
    while True:
        try:
            fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, stop - start, start)
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


class NotReadableError(Exception):
    """A file of which the bytes cannot be had; the message is why, without its name."""


def read_regular(path: Path, most: int) -> bytes:
    """Bytes of a regular file of at most `most` bytes; NotReadableError, or FileNotFoundError."""
    try:
        # A pipe would be waited for, and a device may never end.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise NotReadableError("it is not a regular file")
            with open(descriptor, "rb", closefd=False) as file:
                data = file.read(most + 1)
        finally:
            os.close(descriptor)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise NotReadableError(error.strerror) from None
    if len(data) > most:
        raise NotReadableError(f"it is larger than {most} bytes")
    return data
