"""Digest of the package's own source, for rules that must notice when their code changes."""

from __future__ import annotations

import hashlib
from pathlib import Path

_PACKAGE = Path(__file__).parent

#: The modules that decide what the tables hold, given the shards.
TABLES = (
    "results/__init__.py",
    "results/tables.py",
    "results/statistics.py",
    "sweep/shard.py",
    "physics/measures.py",
    "physics/phase_distribution.py",
    "sample.py",
)

#: The modules that decide what the table of the maxima holds.
MAXIMA = (*TABLES, "results/maxima.py")

#: The modules that decide what the figures look like, given the tables.
FIGURES = (
    "results/__init__.py",
    "results/figures/sweep.py",
    "results/figures/maxima.py",
    "results/figures/plots.py",
    "results/figures/style.py",
)


def digest(modules: tuple[str, ...]) -> str:
    """12 hexadecimal digits over the text of modules, named relative to the package."""
    total = hashlib.sha256()
    for module in modules:
        total.update(hashlib.sha256((_PACKAGE / module).read_bytes()).digest())
    return total.hexdigest()[:12]
