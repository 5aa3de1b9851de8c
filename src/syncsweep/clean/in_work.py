"""What a running Snakemake makes, from the locks that it keeps until it ends."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


def in_work(project: Path = Path()) -> set[str]:
    """Files that a running Snakemake of a project makes, and the folders around them, absolute.

    A Snakemake that was killed counts as running until `snakemake --unlock`.
    """
    found = set()
    for lock in (project / ".snakemake" / "locks").glob("*.output.lock"):
        with suppress(OSError):  # it ends just now
            for line in lock.read_text(encoding="utf-8", errors="surrogateescape").splitlines():
                path = Path(os.path.abspath(project / line))
                found |= {str(path), *map(str, path.parents[:2])}
    return found
