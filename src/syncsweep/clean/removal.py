"""Removal of what was listed, and of nothing that has changed since."""

from __future__ import annotations

import os
from contextlib import suppress

from syncsweep.clean.in_work import in_work
from syncsweep.clean.unused import State, Unused, has_jobs
from syncsweep.files import hold
from syncsweep.layout import BlockFolder

#: No sample has this number.
_ALL = 10**9


class Removal:
    """Removes one after the other. Until this process ends, no job starts in blocks that it met."""

    def __init__(self) -> None:
        self._is_ours: dict[BlockFolder, bool] = {}

    def remove(self, unused: Unused) -> str | None:
        """Remove the files of a listed item; returns why some of them stay, or None."""
        if os.path.abspath(unused.path) in in_work():
            return f"{unused.path}: stays, because a snakemake has started there"
        try:
            if not all([self._take(block) for block in unused.blocks]):
                return f"{unused.path}: stays, because a job has started there"
        except OSError as error:
            return f"{unused.path}: stays ({error.strerror}: {error.filename})"
        if any(State.of(path) != state for path, state in unused.instead.items()):
            return f"{unused.path}: stays, because a shard that replaces it has changed"
        for path, state in unused.files.items():
            if State.of(path) != state:
                return f"{path}: stays, because it has changed"
            try:
                path.unlink()
            except OSError as error:
                return f"{path}: cannot be removed ({error.strerror})"
        for folder in unused.folders:
            with suppress(OSError):  # it holds files that are not ours
                folder.rmdir()
        return None

    def _take(self, block: BlockFolder) -> bool:
        """Whether no job runs in a block, and none can start there from now on."""
        if block not in self._is_ours:
            self._is_ours[block] = not has_jobs(block) and (
                not block.lock.is_file()
                or hold(block.lock, 0, _ALL, on_wait=lambda: None, give_up=lambda: True)
            )
        return self._is_ours[block]
