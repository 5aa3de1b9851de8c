"""Files dated in the future, as by a clock that was wrong: Snakemake makes nothing of them."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path


class FutureError(Exception):
    """A file dated in the future that cannot be dated anew; the message is one line."""


def bring_back(files: Iterable[Path], folder: Path) -> list[Path]:
    """Date files that are dated in the future as of now, and return them; FutureError.

    Now is what the file system of `folder` says, which must be there and may be another machine's.
    The files keep the order of their dates, so that what was up to date remains so.
    """
    with tempfile.TemporaryFile(dir=folder) as file:
        now = os.fstat(file.fileno()).st_mtime_ns
    dates = {path: _date(path) for path in files}
    late = sorted((path for path in dates if dates[path] > now), key=lambda path: dates[path])
    for path in late:
        try:
            os.utime(path)
        except FileNotFoundError:  # another run has just taken it away
            pass
        except OSError as error:
            raise FutureError(
                f"{path}: is dated in the future and so of no use to snakemake, and cannot be "
                f"dated anew ({error.strerror}); let its owner `touch` it, or copy it"
            ) from None
    return late


def _date(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return 0
