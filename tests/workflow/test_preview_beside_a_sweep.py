"""`snakemake preview`: tables and figures while another snakemake solves the rest."""

from __future__ import annotations

import re
import time

import pandas as pd
import psutil
from project import CHAIN, PAIR

SWEEP = {**CHAIN, "samples": 60, "chunk_size": 20}


def previewed(project, output):
    """Of how many samples the preview of the chain is, by the line and by the table."""
    (line,) = re.findall(r"^chain: (\d+) of 60 samples: (.*)$", output, re.MULTILINE)
    folder = project.path / line[1]
    summary = pd.read_csv(folder / "summary.csv")
    assert (folder / "chain.png").stat().st_size > 1000
    assert (summary.n + summary.failed == int(line[0])).all()
    return int(line[0])


def test_previews_grow_while_the_sweep_runs_and_change_nothing_of_it(make_project, finished):
    undisturbed = finished("tables", chain=SWEEP)
    project = make_project(chain=SWEEP)
    sweep = project.start("tables", "--cores", "2")
    while not any(event["event"] == "end" for event in project.events("chain")):
        assert sweep.poll() is None
        time.sleep(0.05)
    psutil.wait_procs(project.ranks(), timeout=60)  # of the job that has ended
    # Stopped, so that the sweep does not end before the preview on a slow machine.
    while not (stopped := project.ranks()):
        assert sweep.poll() is None
    for process in stopped:
        process.suspend()
    shards = {path for path in project.results.rglob("samples-*") if path.is_file()}
    first = previewed(project, project.snakemake("preview"))
    assert 20 <= first < 60
    assert sweep.poll() is None
    assert {path for path in project.results.rglob("samples-*") if path.is_file()} >= shards
    assert "LockException" in project.snakemake("tables", code=1)
    for process in stopped:
        if process.is_running():
            process.resume()
    output, _ = sweep.communicate(timeout=600)
    assert sweep.returncode == 0, output
    assert project.solved("chain") == 60
    assert project.table_bytes("chain") == undisturbed.table_bytes("chain")
    assert previewed(project, project.snakemake("preview")) == 60
    for table in ("summary", "chi_histogram", "s_max_histogram", "failures"):
        whole = project.results / "tables" / "chain" / f"{table}.csv"
        preview = project.results / "preview" / "chain" / f"{table}.csv"
        assert preview.read_bytes() == whole.read_bytes()
    assert "Nothing to be done" in project.snakemake("tables")


def test_preview_solves_nothing_and_leaves_damaged_shards_to_the_sweep(make_project):
    other = {**PAIR, "by_default": False, "figure": {"name": "other"}}
    project = make_project(pair=PAIR, **{"other-pair": other})
    output = project.snakemake("preview")
    assert "pair: none of 60 samples is solved yet" in output
    assert "other-pair" not in output
    assert {path.name for path in project.results.iterdir()} == {"logs"}
    assert "plan: " not in project.snakemake("-n", "preview")
    project.snakemake("tables", "study_other_pair")
    shard, _ = sorted(project.results.glob("pair-*/eta-*/samples-*.parquet"))
    damaged = shard.read_bytes()[:-100]
    shard.write_bytes(damaged)
    output = project.snakemake("preview")
    assert f"warning: {shard.relative_to(project.path)}: is damaged" in output
    assert "pair: 30 of 60 samples" in output
    assert shard.read_bytes() == damaged
    assert "other-pair: 60 of 60 samples" in project.snakemake("preview_other_pair")
    assert (project.results / "preview" / "other-pair" / "other.png").exists()
    assert project.solved("pair") == 60
