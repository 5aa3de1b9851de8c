"""Results in a folder of a group: any of its users can continue what another one made."""

from __future__ import annotations

import os
import stat

import pytest
from project import PAIR


@pytest.fixture
def _umask_of_a_group():
    before = os.umask(0o002)
    yield
    os.umask(before)


@pytest.mark.usefixtures("_umask_of_a_group")
def test_whatever_a_run_makes_is_of_the_group(make_project):
    project = make_project(pair={**PAIR, "samples": 4, "chunk_size": 2})
    project.results.mkdir()
    project.results.chmod(0o2775)
    project.snakemake("study_pair", "report", "preview")
    made = list(project.results.rglob("*"))
    assert {"lock", "log.jsonl", "report.html"} <= {path.name for path in made}
    for path in made:
        mode = path.stat().st_mode
        assert mode & stat.S_IWGRP and mode & stat.S_IRGRP, path
        assert path.is_file() or (mode & stat.S_IXGRP and mode & stat.S_ISGID), path
