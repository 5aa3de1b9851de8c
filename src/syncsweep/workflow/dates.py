"""Files dated in the future, for example by a wrong clock: Snakemake cannot use them."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from syncsweep.layout import made_files
from syncsweep.wording import number_of
from syncsweep.workflow.errors import RunError


class FutureError(RunError):
    """A file is dated in the future and its date cannot be changed; the message is one line."""


def bring_back_results(results: Path) -> None:
    """Give files of a results folder that are dated in the future the present date; FutureError.

    A warning on stderr says how many these are. Call it before Snakemake looks for files.
    """
    late = bring_back(made_files(results), results) if results.exists() else []
    if late:
        print(
            f"warning: {results}: {number_of(len(late), 'files')} dated in the future, for example "
            f"{late[-1]}; they now have the present date",
            file=sys.stderr,
        )


def bring_back(files: Iterable[Path], folder: Path) -> list[Path]:
    """Give files that are dated in the future the present date, and return them; FutureError.

    folder: an existing folder. Its file system, perhaps on another machine, tells the present date.
    The files keep the order of their dates, so files that were up to date stay up to date.
    """
    with tempfile.TemporaryFile(dir=folder) as file:
        now = os.fstat(file.fileno()).st_mtime_ns
    dates = {path: _date(path) for path in files}
    late = sorted((path for path in dates if dates[path] > now), key=lambda path: dates[path])
    for path in late:
        try:
            os.utime(path)
        except FileNotFoundError:  # another run has just removed it
            pass
        except OSError as error:
            raise FutureError(
                f"{path}: has a date in the future, so Snakemake cannot use it, and this user "
                f"cannot change it ({error.strerror}); ask the owner to `touch` it, or copy it"
            ) from None
    return late


def _date(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return 0
