"""Projects that end with the test that made them, and finished ones that tests copy."""

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


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Project]]:
    """Projects that have made some targets, once for each configuration; do not change them."""
    projects: dict[str, Project] = {}

    def finish(*targets: str, **studies: dict) -> Project:
        key = json.dumps([targets, studies])
        if key not in projects:
            projects[key] = Project(tmp_path_factory.mktemp("finished"), **studies)
            projects[key].snakemake(*targets)
        return projects[key]

    yield finish
    for project in projects.values():
        project.end_all()


@pytest.fixture
def finished_copy(
    make_project: Callable[..., Project], finished: Callable[..., Project]
) -> Callable[..., Project]:
    """Copies of finished projects, which a test may change."""

    def copy(*targets: str, **studies: dict) -> Project:
        return make_project(**studies).take(finished(*targets, **studies))

    return copy
