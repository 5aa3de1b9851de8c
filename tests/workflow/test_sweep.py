"""What is solved, and what is made again, when one thing changes."""

from __future__ import annotations

import json
import math
import re

import pandas as pd
import pytest
from project import CHAIN, PAIR

from syncsweep.layout import BlockFolder

TABLES = ("summary", "chi_histogram", "s_max_histogram")


ANALYSIS = {**PAIR["analysis"], "maxima_bins": 9}
OTHER = {
    **PAIR,
    "by_default": False,
    "analysis": ANALYSIS,
    "figure": {"name": "other", "panels": ["chi_maxima", "differences"]},
}


def test_whole_sweep_makes_what_is_made_by_default_and_the_rest_when_asked_for(make_project):
    chain = {**CHAIN, "samples": 4, "chunk_size": 4}
    project = make_project(pair=PAIR, chain=chain, **{"other-pair": OTHER})
    project.snakemake()
    for study in ("pair", "chain"):
        for table in TABLES:
            stem = project.results / "tables" / study / table
            csv = pd.read_csv(stem.with_suffix(".csv"))
            pd.testing.assert_frame_equal(pd.read_parquet(stem.with_suffix(".parquet")), csv)
            assert len(csv) > 0
        for kind in ("pdf", "png"):
            assert (project.results / "figures" / f"{study}.{kind}").stat().st_size > 1000
    summary = pd.read_csv(project.results / "tables" / "chain" / "summary.csv")
    assert len(summary) == 29
    assert (summary.n + summary.failed == 4).all()
    columns = ["eta", "n", "failed"]
    for name in ("p1", "p2", "p3", "ratio"):
        columns += [name, f"{name}_se", f"{name}_low", f"{name}_high"]
    assert list(summary.columns) == [*columns, "s_max_mean", "s_max_se", "undefined_chi"]
    for panel in ("chi", "probabilities", "ratio", "s_max"):
        assert (project.results / "figures" / f"chain_{panel}.csv").exists()
    output = project.snakemake()
    assert "Nothing to be done" in output

    assert not project.blocks("other-pair")
    assert "plan: other-pair: 2 of 2 shards" in project.snakemake("-n", "study_other_pair")
    project.snakemake("study_other_pair")
    assert project.solved("other-pair") == 60
    assert (project.results / "figures" / "other_differences.csv").exists()
    maxima = pd.read_csv(project.results / "tables" / "other-pair" / "maxima_histogram.csv")
    assert len(maxima) == 9 * 5
    assert maxima.difference_density.sum() / 9 == pytest.approx(5)


def test_dry_run_says_what_it_costs_and_writes_nothing(make_project):
    chain = {key: value for key, value in CHAIN.items() if key != "chunk_size"}
    project = make_project(chain={**chain, "samples": 10**6})
    before = project.files()
    output = project.snakemake("-n", "--set-threads", "solve_shard=16")
    (plan,) = [line for line in output.splitlines() if line.startswith("plan: chain: ")]
    found = re.search(r"(\d+) of (\d+) shards to make, .* a job: (\d+) samples", plan)
    shards, of, samples = map(int, found.groups())
    assert shards == of == math.ceil(10**6 / samples)
    assert 10 <= shards <= 500
    assert re.search(rf"solve_shard +{shards}\n", output)
    # 0.091 core-seconds each.
    assert "about 25 core-hours;" in plan
    minutes, limit = re.search(r"about (\d+) min, time limit (\d+) min", plan).groups()
    assert 10 <= float(minutes) <= int(limit) / 3
    asked = ["--set-resources", "solve_shard:mem_mb_per_cpu=900", "solve_shard:runtime=77"]
    output = project.snakemake("-n", *asked)
    assert " of 900 MB, " in output and "time limit 77 min\n" in output
    assert project.files() == before


def test_only_missing_samples_are_solved(make_project):
    project = make_project(pair={**PAIR, "samples": 200, "chunk_size": 500})
    project.snakemake("tables")
    assert project.solved("pair") == 200
    assert "plan: pair: 0 of 1 shard to make\n" in project.snakemake("-n")
    project.snakemake("tables", "--config", "samples=1000")
    assert project.solved("pair") == 1000
    tables = project.table_bytes("pair")
    project.config["studies"]["pair"]["samples"] = 1000
    project.config["studies"]["pair"]["chunk_size"] = 250
    project.write_config()
    project.snakemake("tables")
    assert project.solved("pair") == 1000
    assert project.table_bytes("pair") == tables


def test_a_new_block_solves_only_itself_and_other_physics_keeps_the_old_rows(finished_copy):
    project = finished_copy("tables", pair=PAIR)
    old = {path: path.read_bytes() for path in project.results.glob("pair-*/eta-*/*.parquet")}
    assert len(old) == 2
    project.config["studies"]["pair"]["eta_blocks"].append({"values": [0, 3e-3]})
    project.write_config()
    project.snakemake("tables")
    assert project.solved("pair") == 120
    by_block = {}
    for block in project.blocks("pair"):
        lines = [json.loads(line) for line in BlockFolder(block).log.read_text().splitlines()]
        by_block[block.name] = sum(e["solved"] for e in lines if e["event"] == "end")
    assert sorted(by_block.values()) == [60, 60]
    summary = pd.read_csv(project.results / "tables" / "pair" / "summary.csv")
    assert summary.eta.tolist() == [0, 1e-4, 1e-3, 3e-3, 1e-2, 1e-1, 1.0]

    project.config["studies"]["pair"]["eta_blocks"].pop()
    project.config["studies"]["pair"]["model"]["B"] = 0.4
    project.write_config()
    project.snakemake("tables")
    assert len(project.blocks("pair")) == 3
    assert project.solved("pair") == 180
    assert all(path.read_bytes() == content for path, content in old.items())


def test_analysis_and_figure_settings_and_the_text_of_rules_solve_nothing(finished_copy):
    project = finished_copy("all", pair=PAIR)
    rule = project.path / "workflow" / "rules" / "shards.smk"
    text = rule.read_text()
    changed = text.replace("python -m mpi4py", "python  -m mpi4py").replace("# One job", "# A job")
    assert changed != text
    rule.write_text(changed)
    tables = project.table_bytes("pair")
    pair = project.config["studies"]["pair"]
    for change in (
        {"threshold": 0.9},
        {"chi_bins": 16},
        {"intervals": [[0, 0.25], [0.25, 0.5], [0.5, 1]]},
    ):
        pair["analysis"].update(change)
        project.write_config()
        project.snakemake("tables")
        assert project.table_bytes("pair") != tables
        tables = project.table_bytes("pair")
    project.snakemake()
    pair["figure"]["panels"] = ["s_max"]
    project.write_config()
    output = project.snakemake()
    assert "draw_pair" in output and "make_tables" not in output
    assert project.solved("pair") == 60
    assert project.table_bytes("pair") == tables


def test_changed_table_and_figure_code_remake_exactly_those(finished_copy):
    project = finished_copy("all", pair=PAIR)
    package = project.path / "src" / "syncsweep"
    for module, made, not_made in (
        ("figures/sweep_figure.py", {"draw_pair"}, {"make_tables", "solve_shard"}),
        ("tables/summary.py", {"draw_pair", "make_tables"}, {"solve_shard"}),
    ):
        with (package / module).open("a") as file:
            file.write("\n# another comment\n")
        output = project.snakemake()
        assert all(rule in output for rule in made)
        assert not any(rule in output for rule in not_made)
    with (package / "physics" / "steady_state.py").open("a") as file:
        file.write("\n# another comment\n")
    assert "Nothing to be done" in project.snakemake()
    assert project.solved("pair") == 60


def test_editing_the_configuration_changes_nothing_in_waiting_jobs(make_project, finished):
    project = make_project(pair=PAIR)
    process = project.start("tables", "--cores", "2")  # so that the second job waits
    while not any(event["event"] == "end" for event in project.events("pair")):
        assert process.poll() is None
    assert not (project.results / "tables").exists()
    project.config["studies"]["pair"]["model"]["B"] = 0.9
    project.config["root_seed"] = 8
    project.write_config()
    output, _ = process.communicate(timeout=300)
    assert process.returncode == 0, output
    assert len(project.blocks("pair")) == 1
    assert project.table_bytes("pair") == finished("tables", pair=PAIR).table_bytes("pair")
