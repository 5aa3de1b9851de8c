"""Whoever opens a folder of rows, without this code, gets its shards and nothing else."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pandas as pd
import pyarrow.dataset as ds
from project import CHAIN, PAIR, Project
from studies import as_older_versions_left_it

from syncsweep.layout import BlockFolder
from syncsweep.tables.sweep_rows import read_rows

TWO = {**PAIR, "eta_blocks": [*PAIR["eta_blocks"], {"values": [0, 3.0]}]}


def endings(project: Project, study: str) -> set[str]:
    """Endings of the files in the folder of a study."""
    files = [path for block in project.blocks(study) for path in block.parent.rglob("*")]
    return {path.suffix for path in files if path.is_file()}


def opened(project: Project, study: str) -> list[tuple[int, float]]:
    """The rows that pandas and pyarrow find in the folder of a study, and in each of its blocks."""
    assert endings(project, study) == {".parquet"}
    (folder,) = {block.parent for block in project.blocks(study)}
    found = rows_in(folder)
    assert sorted(row for block in project.blocks(study) for row in rows_in(block)) == found
    return found


def rows_in(folder: Path) -> list[tuple[int, float]]:
    frame = pd.read_parquet(folder)
    other = ds.dataset(folder).to_table(columns=["sample", "eta"]).to_pandas()
    found = sorted(zip(frame["sample"], frame["eta"], strict=True))
    assert sorted(zip(other["sample"], other["eta"], strict=True)) == found
    return found


def every_row(project: Project, study: str) -> list[tuple[int, float]]:
    summary = pd.read_csv(project.results / "tables" / study / "summary.csv")
    samples = range(project.config["studies"][study]["samples"])
    return sorted((sample, eta) for sample in samples for eta in summary.eta)


def test_folders_of_a_sweep_hold_its_rows_after_a_damaged_shard(make_project):
    project = make_project(pair=TWO)
    project.snakemake("tables")
    assert opened(project, "pair") == every_row(project, "pair")
    shard = BlockFolder(project.blocks("pair")[0]).shard(0, 30)
    shard.write_bytes(shard.read_bytes()[:-100])
    assert "set aside" in project.snakemake("tables")
    assert opened(project, "pair") == every_row(project, "pair")
    assert list((project.results / "jobs").rglob(f"{shard.name}.damaged-*"))


def test_an_interrupted_sweep_of_an_older_version_is_continued(make_project, finished):
    project = make_project(chain=CHAIN)
    process = project.start("tables")
    project.wait_for_samples(process, 8)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert not project.blocks("chain")  # Snakemake has removed the empty folder
    assert read_rows(project.results, "chain").frame["sample"].nunique() >= 8
    assert "1 study" in project.syncsweep("verify", "results")
    kept = project.kept("chain")
    as_older_versions_left_it(project.results)
    assert endings(project, "chain") == {"", ".json", ".jsonl", ".rows"}

    # Whoever only reads counts the same samples, and moves nothing.
    assert project.kept("chain") == kept
    assert f" {40 - kept} of 40 samples" in project.snakemake("-n")
    plan = json.loads(project.syncsweep("plan", "--json", "--no-calibration"))
    assert plan["studies"][0]["missing"] == 40 - kept
    assert not (project.results / "jobs").exists()
    project.snakemake("tables")
    starts = [event for event in project.events("chain") if event["event"] == "start"]
    assert [event["from_parts"] for event in starts] == [0, kept]
    assert opened(project, "chain") == every_row(project, "chain")
    assert project.table_bytes("chain") == finished("tables", chain=CHAIN).table_bytes("chain")


def test_a_rank_that_is_killed_while_it_writes_a_shard_leaves_nothing_beside_shards(make_project):
    project = make_project(pair=PAIR)
    module = project.path / "src" / "syncsweep" / "sweep" / "shard.py"
    text = module.read_text(encoding="utf-8")
    write = "        write_parquet(temporary, whole)\n"
    assert write in text
    killed = f"{write}        import os; os.kill(os.getpid(), 9)\n"
    module.write_text(text.replace(write, killed), encoding="utf-8")
    project.snakemake("tables", code=1)
    assert endings(project, "pair") == set()
    assert list((project.results / "jobs").rglob(".samples-*.tmp"))
    module.write_text(text, encoding="utf-8")
    project.snakemake("tables")
    assert opened(project, "pair") == every_row(project, "pair")
    assert not list((project.results / "jobs").rglob(".samples-*.tmp"))
