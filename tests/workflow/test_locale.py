"""Runs in a locale without Greek letters, in folders whose names it cannot write."""

from __future__ import annotations

import os

import pytest
from project import PAIR, Project

#: The plain C locale: by default Python would treat it as UTF-8.
C_LOCALE = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}

WITH_LIMIT = {
    **PAIR,
    "samples": 4,
    "chunk_size": 4,
    "eta_blocks": [{"first": 0.1, "last": 1.0, "per_decade": 1, "limit": True}],
    "analysis": {**PAIR["analysis"], "limit_draws": 1000},
}


@pytest.fixture
def project(tmp_path, monkeypatch):
    path = tmp_path / "jürgen"
    path.mkdir()
    project = Project(path, pair=WITH_LIMIT)
    for name, value in C_LOCALE.items():
        monkeypatch.setenv(name, value)
    yield project
    project.end_all()


def test_all_is_made_and_said_without_greek_letters(project):
    output = project.snakemake("study_pair", "preview", "report")
    assert "pair: drew the exact law of η" in output  # what jobs print is UTF-8
    assert "Traceback" not in output and "Logging error" not in output
    (log,) = (project.path / ".snakemake/log").iterdir()
    assert "the limit \\u03b7 \\u2192 0" in log.read_text(encoding="ascii", errors="replace")
    assert (project.results / "tables/pair/limit_law.parquet").exists()
    assert (project.results / "preview/pair/limit_law.parquet").exists()
    assert "the limit \\u03b7" in project.snakemake("-n", "-F", "--printshellcmds")


def test_folder_that_the_locale_has_no_letters_for_is_refused(project):
    project.config["results"] = "ergebnis-ü"
    project.write_config()
    *_, line = project.snakemake(code=1).splitlines()
    assert line.startswith("error: config: results: ") and "set LC_ALL=C.UTF-8" in line
    assert not [name for name in os.listdir(project.path) if name.startswith("ergebnis")]


def test_answer_of_a_cluster_in_another_encoding_is_told(make_project, monkeypatch):
    project = make_project(pair=PAIR)
    (squeue := project.path / "squeue").write_bytes(
        b"#!/bin/sh\necho '\xe9chec: no slurm' >&2; exit 1\n"
    )
    squeue.chmod(0o755)
    monkeypatch.setenv("PATH", f"{project.path}:{os.environ['PATH']}")
    output = project.snakemake(
        "--executor", "slurm", "--jobs", "1", "--set-threads", "solve_shard=2", code=1
    )
    assert "error: the Slurm cluster does not answer: " in output and "chec: no slurm" in output
