"""Projects that end with the test that made them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from project import Project


@pytest.fixture
def make_project(tmp_path: Path) -> Iterator[Callable[..., Project]]:
    """Make projects that end with the test."""
    projects: list[Project] = []

    def make(**studies: dict) -> Project:
        path = tmp_path / f"project{len(projects)}"
        path.mkdir()
        projects.append(Project(path, **json.loads(json.dumps(studies))))
        return projects[-1]

    yield make
    for project in projects:
        project.end_all()
