"""Whether a sweep that was hit ended as one that was not: the same rows, once each, and tables."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import pyarrow.parquet as pq
from project import Project
from sweep import Sweep

Rows = dict[tuple[int, float], list[str]]


@dataclass(frozen=True)
class Reference:
    """What an undisturbed sweep ends in."""

    rows: Rows
    tables: dict[str, bytes]


@dataclass(frozen=True)
class Verdict:
    """Rows lost, doubled, and with other values; tables with other bytes count among the wrong."""

    lost: int = 0
    doubled: int = 0
    wrong: int = 0


def rows_of(sweep: Sweep) -> Rows:
    """All rows of the shards that the configuration names, by sample and η, to the last bit."""
    rows: Rows = defaultdict(list)
    for start, stop in sweep.chunks():
        path = sweep.block.shard(start, stop)
        # Without the digest that the readers under test rely on.
        for row in pq.ParquetFile(path).read().to_pylist() if path.is_file() else []:
            rows[row["sample"], row["eta"]].append(repr(row))
    return rows


def tables_of(project: Project) -> dict[str, bytes]:
    """The tables by file name, without what crashes may have left beside them."""
    folder = project.results / "tables" / "chain"
    found = sorted(folder.iterdir()) if folder.is_dir() else []
    return {path.name: path.read_bytes() for path in found if not path.name.startswith(".")}


def reference_of(sweep: Sweep) -> Reference:
    """What a sweep ended in that nothing happened to; each sample was solved once."""
    rows = rows_of(sweep)
    assert len(rows) == sweep.samples * 8
    assert sorted(sweep.ledger.begins) == list(range(sweep.samples))
    return Reference(rows, tables_of(sweep.first))


def judge(sweep: Sweep, reference: Reference) -> Verdict:
    """Compare what a sweep ended in with an undisturbed one."""
    rows, tables = rows_of(sweep), tables_of(sweep.first)
    names = reference.tables.keys() | tables.keys()
    other = sum(tables.get(name) != reference.tables.get(name) for name in names)
    return Verdict(
        lost=len(reference.rows.keys() - rows.keys()),
        doubled=sum(len(copies) - 1 for copies in rows.values()),
        wrong=other + sum(copies[:1] != reference.rows.get(key) for key, copies in rows.items()),
    )
