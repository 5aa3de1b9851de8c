"""A run is about what the command line asks for, and says what it names but does not find."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest
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


def test_profile_that_names_no_rule_is_refused_and_a_misspelt_resource_is_told(make_project):
    project = make_project(pair=SMALL)
    shutil.copytree(ROOT / "slurm", project.path / "slurm")
    profile = project.path / "slurm" / "config.yaml"
    text = profile.read_text(encoding="utf-8")
    profile.write_text(text.replace("  solve_shard:", "  solve_shards:"), encoding="utf-8")
    said = "set-threads, set-resources: there is no rule solve_shards; did you mean solve_shard?"
    for arguments in (["-n"], []):
        output = project.snakemake("--workflow-profile", "slurm", *arguments, code=1)
        assert output.splitlines()[1:] == [f"error: {said}"]
    (line,) = messages(project.snakemake("-n", "--groups", "make_tabels=a", code=1))
    assert line == "error: groups: there is no rule make_tabels; did you mean make_tables?"
    said = project.snakemake("-n", "--set-resources", "solve_shard:mpl=1", "paper_sizes:runtime=9")
    (line,) = [line for line in said.splitlines() if line.startswith("warning: ")]
    assert line.endswith("nothing here knows a resource mpl; did you mean mpi?")
    assert not project.results.exists()


@pytest.mark.parametrize("launcher", ["mpirun_xy", "/nowhere/mpiexec", "env A=b nowhere/mpiexec"])
def test_launcher_that_is_not_there_is_refused_on_one_machine(make_project, launcher):
    project = make_project(pair=SMALL)
    mpi = f"solve_shard:mpi='{launcher}'"
    output = project.snakemake("--set-resources", mpi, code=1)
    (line,) = [line for line in output.splitlines() if line.startswith("error: ")]
    assert f"mpi: there is no program {launcher.split()[-1]} here" in line
    assert "failed: " not in output and "Traceback" not in output
    assert not list(project.results.rglob("*.log"))


@pytest.mark.parametrize("launcher", ["PATH", "exec env A=b mpiexec", "~/bin/mpiexec"])
def test_launchers_that_are_there_start_the_ranks(make_project, monkeypatch, launcher):
    there = Path(sys.executable).parent / "mpiexec"
    project = make_project(pair={**SMALL, "samples": 3})
    home = project.path / "home"
    (home / "bin").mkdir(parents=True)
    (home / "bin" / "mpiexec").write_text(f'#!/bin/sh\nexec "{there}" "$@"\n')
    (home / "bin" / "mpiexec").chmod(0o755)
    monkeypatch.setenv("HOME", str(home))
    mpi = launcher.replace("PATH", str(there))
    project.snakemake("tables", "--set-resources", f"solve_shard:mpi='{mpi}'")


def test_booleans_and_null_are_taken_within_a_mapping(make_project):
    project = make_project(pair=SMALL, other=OTHER)
    assert planned(project, "--config", "studies={other: {by_default: no, figure: }}") == ["pair"]
    config = ["--config", "studies={other: {by_default: false, figure: null}}"]
    project.snakemake("study_other", *config)  # its jobs read the same
    assert (project.results / "tables" / "other" / "summary.csv").exists()
    assert not (project.results / "figures").exists()
