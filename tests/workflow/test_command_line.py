"""A run is about what the command line asks for, and says what it names but does not find."""

from __future__ import annotations

import os
import shutil

from project import PAIR, ROOT, Project
from test_bad_input import messages

SMALL = {**PAIR, "samples": 6, "chunk_size": 3}
OTHER = {**SMALL, "figure": {"name": "of-other", "panels": ["chi"]}}


def planned(project: Project, *arguments: str) -> list[str]:
    """Studies for which a dry-run prints a plan."""
    lines = project.snakemake("-n", *arguments).splitlines()
    return [line.split(":")[1].strip() for line in lines if line.startswith("plan: ")]


def test_plan_is_of_what_files_and_rules_are_asked_for(make_project):
    """tests/unit/workflow/test_targets.py has all kinds of words."""
    project = make_project(pair=SMALL, other=OTHER)
    assert planned(project)[:2] == ["pair", "other"]  # and their sum
    assert planned(project, "./results/figures/of-other.png", "study_other") == ["other"]
    assert planned(project, "--until", "draw_of_other") == ["other"]
    project.snakemake("results/tables/other/summary.csv")
    (block,) = project.blocks("other")
    (shard, _) = sorted(block.glob("*.parquet"))
    assert planned(project, os.path.relpath(shard, project.path)) == ["other"]


def test_plan_is_of_what_parts_of_the_paper_are_asked_for(make_project):
    project = make_project()
    shutil.copy(ROOT / "config.yaml", project.path)
    assert planned(project, "draw_figS_limit") == ["spin1_chain"]


def test_profile_that_is_not_there_is_refused(make_project):
    """Snakemake would run the sweep on this machine, which may be a login node."""
    project = make_project(pair=SMALL)
    shutil.copytree(ROOT / "slurm", project.path / "slurm")
    before = project.files()
    misspelt = ["--workflow-profile", "slrum", "--cores", "1"]
    (line,) = messages(project.snakemake(*misspelt, code=1))
    assert line.startswith("error: --workflow-profile: ") and "did you mean slurm?" in line
    assert project.files() == before
    assert planned(project, "--workflow-profile", "slurm") == ["pair"]


def test_booleans_and_null_are_taken_within_a_mapping(make_project):
    project = make_project(pair=SMALL, other=OTHER)
    assert planned(project, "--config", "studies={other: {by_default: no, figure: }}") == ["pair"]
    config = ["--config", "studies={other: {by_default: false, figure: null}}"]
    project.snakemake("study_other", *config)  # its jobs read the same
    assert (project.results / "tables" / "other" / "summary.csv").exists()
    assert not (project.results / "figures").exists()
