"""Results that were made for other settings are made again, whatever Snakemake records."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path

import pytest
from project import PAIR, Project

SAMPLES = 4


def study(threshold: float) -> dict:
    analysis = {"threshold": threshold, "maxima_bins": 8, "limit_draws": 1000}
    return {
        **PAIR,
        "samples": SAMPLES,
        "chunk_size": 2,
        "eta_blocks": [{"first": 1e-2, "last": 1.0, "per_decade": 1, "limit": True}],
        "analysis": {**PAIR["analysis"], **analysis},
    }


OLD, NEW = study(0.9), study(0.5)


@pytest.fixture
def made(finished):
    """Tables, figure and report of a study, which no test changes."""
    return lambda study: finished("all", "report", pair=study)


def records_lost(project: Project, old: Project) -> list[str]:
    shutil.copytree(old.results, project.results)
    return []


def records_and_times_lost(project: Project, old: Project) -> list[str]:
    shutil.copytree(old.results, project.results)
    lose_times(project)
    return []


def lose_times(project: Project) -> None:
    """Give all files one time, like an archive without times. A copy gives them new times."""
    for path in project.results.rglob("*"):
        os.utime(path, (1e9, 1e9))


def triggers_of_times_alone(project: Project, old: Project) -> list[str]:
    project.take(old)
    return ["--rerun-triggers", "mtime", "--"]


def touched(project: Project, old: Project) -> list[str]:
    project.take(old)
    project.snakemake("--touch", "tables")
    return []


def another_spelling(project: Project, old: Project) -> list[str]:
    project.take(old)
    project.config["results"] = "workflow/.././results"
    project.write_config()
    return []


def absolute_path(project: Project, old: Project) -> list[str]:
    project.take(old)
    project.config["results"] = str(project.results)
    project.write_config()
    return []


def link(project: Project, old: Project) -> list[str]:
    project.take(old)
    (project.path / "link").symlink_to("results")
    project.config["results"] = "link"
    project.write_config()
    return []


@pytest.mark.parametrize("situation", [records_and_times_lost, triggers_of_times_alone, touched])
def test_tables_of_another_setting_become_those_of_a_fresh_run(make_project, made, situation):
    project = make_project(pair=NEW)
    arguments = situation(project, made(OLD))
    assert project.table_bytes("pair") == made(OLD).table_bytes("pair")
    project.snakemake(*arguments, "tables")
    assert project.table_bytes("pair") == made(NEW).table_bytes("pair")
    assert project.solved("pair") == SAMPLES
    assert "Nothing to be done" in project.snakemake(*arguments, "tables")


def profile_that_looks_at_times_alone(project: Project, old: Project) -> list[str]:
    project.take(old)
    profile = project.path / "of-mine"
    profile.mkdir()
    (profile / "config.yaml").write_text("rerun-triggers: [mtime]\n", encoding="utf-8")
    return ["--profile", "of-mine", "--"]


@pytest.mark.parametrize(
    "situation",
    [records_lost, another_spelling, absolute_path, link, profile_that_looks_at_times_alone],
)
def test_tables_of_another_setting_are_planned_and_no_sample(make_project, made, situation):
    project = make_project(pair=NEW)
    arguments = situation(project, made(OLD))
    planned = project.snakemake("-n", *arguments, "tables")
    for rule in ("make_tables", "make_maxima_table", "make_limit_tables"):
        assert re.search(rf"^{rule} +1$", planned, re.MULTILINE)
    assert not re.search(r"^solve_shard ", planned, re.MULTILINE)


@pytest.mark.parametrize("situation", [records_and_times_lost, touched, link])
def test_nothing_is_made_again_where_nothing_changed(make_project, made, situation):
    project = make_project(pair=OLD)
    arguments = situation(project, made(OLD))
    assert "Nothing to be done" in project.snakemake(*arguments, "all")


def state(folder: Path) -> dict[Path, tuple[int, bytes]]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in files}


def test_figure_and_report_follow_and_a_dry_run_says_so_and_writes_nothing(make_project, made):
    project = make_project(pair=NEW)
    records_lost(project, made(OLD))
    before = state(project.results)
    planned = project.snakemake("-n", "all", "report")
    for rule in ("make_tables", "make_maxima_table", "make_limit_tables", "draw_pair"):
        assert f"{rule} " in planned
    assert "make_report" in planned and "solve_shard" not in planned.split("Reasons")[0]
    assert state(project.results) == before
    refused = project.snakemake("all", "--report", "snakemake.html", code=1)
    assert "was made with other settings" in refused and "Traceback" not in refused

    project.snakemake("all", "report")
    fresh = made(NEW).results
    figures = {path.name: path.read_bytes() for path in (fresh / "figures").iterdir()}
    assert {p.name: p.read_bytes() for p in (project.results / "figures").iterdir()} == figures
    page = (project.results / "report.html").read_text(encoding="utf-8")
    assert "is at least 0.5·S" in page and "is at least 0.9·S" not in page
    assert project.solved("pair") == SAMPLES


def test_a_figure_of_other_tables_is_drawn_again_alone(make_project, made):
    project = make_project(pair=NEW)
    records_lost(project, made(NEW))
    figure = project.results / "figures" / "pair.json"
    # The same, except for the tables that it records as its sources.
    said = json.loads(figure.read_text(encoding="utf-8"))
    said["made_from"]["tables/pair/summary.parquet"]["sha256"] = "0" * 64
    figure.write_text(json.dumps(said), encoding="utf-8")
    lose_times(project)
    output = project.snakemake("all")
    assert "draw_pair" in output and "make_tables" not in output
    expected = (made(NEW).results / "figures" / "pair.json").read_bytes()
    assert figure.read_bytes() == expected


def test_a_damaged_table_is_made_again(make_project, made):
    project = make_project(pair=OLD)
    records_lost(project, made(OLD))
    table = project.results / "tables" / "pair" / "summary.parquet"
    table.write_bytes(table.read_bytes()[:-100])
    project.snakemake("tables")
    assert project.table_bytes("pair") == made(OLD).table_bytes("pair")
