"""Checks, before a run has jobs, that it can use the results folder and the places in it.

Imports no NumPy, because Snakemake reads it in every job.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path


class NotWritableError(Exception):
    """The results folder cannot be written or used; the message is one line."""


def check_usable(results: str | Path) -> Path:
    """Refuse an output folder that cannot be made, without making it.

    Returns the existing folder: itself, or the folder that will contain it.
    """
    folder = Path(results).absolute()
    try:
        # A dangling link exists, and no folder can be made in its place.
        while not os.path.lexists(folder) and folder != folder.parent:
            folder = folder.parent
        folder.stat()
        with suppress(FileNotFoundError, NotADirectoryError):
            os.stat(results)  # a name too long is an error of its own
    except OSError as error:
        raise NotWritableError(f"results: {results} cannot be written ({error.strerror})") from None
    names = ("tables", "paper", "figures", "logs", "bundle", "preview", "jobs")
    inside = (Path(results) / name for name in names)
    for path in (folder, *inside):
        if os.path.lexists(path) and not path.is_dir():
            raise NotWritableError(f"results: {results} cannot be used, because {path} is a file")
        if os.path.lexists(path) and not os.access(path, os.R_OK | os.X_OK):
            raise NotWritableError(f"results: {results} cannot be read (no permission in {path})")
    return folder


def check_writable(results: str | Path) -> None:
    """Refuse an output folder that cannot be made or written, without making it."""
    folder = check_usable(results)
    if not os.access(folder, os.W_OK | os.X_OK):
        is_read_only = os.statvfs(folder).f_flag & os.ST_RDONLY
        why = "read-only file system" if is_read_only else f"no permission in {folder}"
        raise NotWritableError(f"results: {results} cannot be written ({why})")


def check_records(folder: Path) -> None:
    """Refuse a folder in which Snakemake cannot keep its records; even a dry-run needs them."""
    records = folder / ".snakemake"
    places = [records if records.exists() else folder]
    places += [*records.glob("*/"), *records.glob("iocache/latest.pkl")]
    for path in places:
        if not os.access(path, os.R_OK | os.W_OK):
            raise NotWritableError(
                f"{path}: cannot be written, but Snakemake keeps records there, even of a dry-run; "
                "run it in a project of your own, with --config results=FOLDER for these results"
            )


def check_places(folders: Iterable[Path], files: Iterable[Path]) -> None:
    """Refuse a file or link in place of a folder or file of a study; NotWritableError.

    For a file in place of a folder, or a link to itself, Snakemake would print a traceback.
    """
    for path in folders:
        if os.path.lexists(path) and not os.path.isdir(path):
            raise NotWritableError(f"{path}: is not a folder, but a study needs one; move it away")
    for path in files:
        if os.path.islink(path) and not os.path.exists(path):
            raise NotWritableError(f"{path}: is a link to a missing file; remove it")
