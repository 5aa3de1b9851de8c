"""Shards dated in the future, for example by a wrong clock or a copy from elsewhere."""

from __future__ import annotations

import os
import time

from project import PAIR


def test_tables_are_made_from_shards_of_the_future(finished_copy):
    project = finished_copy("tables", pair={**PAIR, "samples": 4, "chunk_size": 2})
    tables = project.table_bytes("pair")
    shards = list(project.results.glob("pair-*/*/samples-*"))
    assert len(shards) == 2
    tomorrow = time.time() + 86400
    for path in shards:
        os.utime(path, (tomorrow, tomorrow))
    for path in (project.results / "tables/pair").iterdir():
        path.unlink()
    project.snakemake("tables", "-n")
    assert all(path.stat().st_mtime > time.time() for path in shards)
    assert "dated in the future" in project.snakemake("tables")
    assert project.table_bytes("pair") == tables
    output = project.snakemake("tables")
    assert "Nothing to be done" in output and "future" not in output
