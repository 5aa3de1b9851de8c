"""Results that an older version has made are taken over as they are.

`old_results` holds what commit d4d00fc made with `snakemake` from the configuration beside it: a
pair in two blocks, a chain of two spins with its maxima and the exact limit, and a model of one's
own of which some samples fail.
"""

from __future__ import annotations

import os
import re
import shutil
import tarfile
from pathlib import Path

import pandas as pd
import pytest
from project import Project

from syncsweep.cli.main import main
from syncsweep.config.file import load_config
from syncsweep.layout import study_folder

OLD = Path(__file__).parent / "old_results"

#: What may be made again: its code has changed on purpose.
MAY_BE_MADE = {"make_tables", "make_maxima_table", "make_limit_tables", "draw_pair", "all", "total"}


def unpack(folder: Path) -> Path:
    """The old results in a folder, with dates of now: Git keeps none."""
    with tarfile.open(OLD / "results.tar.xz") as archive:
        archive.extractall(folder, filter="data")
    for path in sorted((folder / "results").rglob("*")):
        os.utime(path)
    return folder / "results"


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Project:
    project = Project(tmp_path_factory.mktemp("project"))
    for name in ("config.yaml", "mine.py"):
        shutil.copy(OLD / name, project.path)
    unpack(project.path)
    return project


def test_no_sample_is_to_be_solved(project):
    output = project.snakemake("-n")
    for study, shards in (("pair", 4), ("chain", 1), ("mine", 1)):
        assert f"plan: {study}: 0 of {shards} shard" in output
    assert set(re.findall(r"^(\w+) +\d+$", output, re.MULTILINE)) <= MAY_BE_MADE


def test_physics_hashes_are_the_names_of_the_folders(project, monkeypatch):
    monkeypatch.chdir(project.path)
    config = load_config(project.path / "config.yaml")
    for study in config.studies:
        folder = study_folder(project.results, study, config.physics(study).digest)
        assert folder.is_dir(), folder


def test_verify_finds_nothing_and_the_same_rows(tmp_path, capsys):
    assert main(["verify", str(unpack(tmp_path)), "--recompute", "10"]) == 0
    assert "recomputed: 10 of 54 rows" in capsys.readouterr().out


def test_tables_made_again_hold_the_same_numbers(project, tmp_path):
    solved = {study: project.solved(study) for study in ("pair", "chain", "mine")}
    assert solved == {"pair": 12, "chain": 6, "mine": 6}
    project.snakemake("tables")
    old = unpack(tmp_path) / "tables"
    names = {path.relative_to(old) for path in old.glob("*/*.csv")}
    assert names == {
        path.relative_to(project.results / "tables")
        for path in project.results.glob("tables/*/*.csv")
    }
    assert len(names) == 15
    for name in names:
        new = pd.read_csv(project.results / "tables" / name)
        pd.testing.assert_frame_equal(new, pd.read_csv(old / name), rtol=1e-12, atol=1e-15)
    assert solved == {study: project.solved(study) for study in solved}
