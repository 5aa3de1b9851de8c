"""Files of jobs that an older version left beside the shards: a run moves them to their place."""

from __future__ import annotations

import errno
import os
import stat
import sys
from contextlib import suppress
from pathlib import Path

from syncsweep.files import held, move, replace_atomically
from syncsweep.layout import OldStudy, old_studies
from syncsweep.workflow.errors import RunError

#: Errors in folders of other users, or on a file system that is mounted read-only.
_REFUSED = {errno.EACCES, errno.EPERM, errno.EROFS}


def move_old_files(results: str | Path) -> None:
    """Move the files of jobs of all studies of a results folder; shards stay where they are.

    RunError if a launch of an older version holds samples of a study, or if something else lies
    where a file belongs. What another user owns stays, with a warning on stderr, because it is read
    there too. Interrupted, the next run continues.
    """
    for study in old_studies(results):
        if any(map(held, study.locks)):
            raise RunError(
                f"{study.folder}: jobs that an older version started are running here; wait until "
                "they have ended, and run the same command again"
            )
        try:
            _move(study)
        except OSError as error:
            if error.errno not in _REFUSED:
                raise
            print(
                f"warning: {study.folder}: its owner must run snakemake once, which moves files of "
                f"jobs out of it; this user cannot ({error.strerror}: {error.filename})",
                file=sys.stderr,
            )


def _move(study: OldStudy) -> None:
    for old, new in study.files:
        try:
            new.parent.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError) as error:
            raise RunError(
                f"{error.filename}: is not a folder, but files of jobs belong there; move it away"
            ) from None
        with suppress(FileNotFoundError):  # another run was faster
            _move_file(old, new)
    for lock in study.locks:
        with suppress(OSError):  # its folder holds files that are not ours
            lock.parent.rmdir()


def _move_file(old: Path, new: Path) -> None:
    if not os.path.lexists(new):
        move(old, new)
        return
    if not stat.S_ISREG(new.lstat().st_mode):
        raise RunError(f"{new}: is in the way of {old}, which belongs there; move it away")
    if new.suffix == ".jsonl":
        _add_lines(old, new)
    # A part only grows, so the smaller one is a copy of its beginning.
    elif old.stat().st_size > new.stat().st_size:
        move(old, new)
        return
    old.unlink()


def _add_lines(old: Path, new: Path) -> None:
    """Add the lines of an old log to that of later jobs, unless they are there."""
    later = new.read_bytes().splitlines(keepends=True)
    there = set(later)
    missing = [line for line in old.read_bytes().splitlines(keepends=True) if line not in there]
    replace_atomically(new, lambda temporary: _fill(temporary, [*missing, *later]))


def _fill(path: Path, lines: list[bytes]) -> None:
    path.write_bytes(b"".join(lines))
