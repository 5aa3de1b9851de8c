from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from cluster import Cluster
from project import Project
from slurm_project import FAULTED, SlurmProject


@contextmanager
def cluster_of_its_own(accounting: bool) -> Iterator[Cluster]:
    # Not pytest's tmp_path: munged is another user, and must be able to enter the folder.
    with tempfile.TemporaryDirectory(prefix="slurm-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        with Cluster(folder, accounting) as cluster:
            yield cluster


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    with cluster_of_its_own(accounting=True) as cluster:
        yield cluster


@pytest.fixture
def plain_cluster(cluster: Cluster) -> Iterator[Cluster]:
    """Without accounting; on the same ports, and so in place of the other."""
    cluster.stop()
    try:
        with cluster_of_its_own(accounting=False) as plain:
            yield plain
    finally:
        cluster.start()


@pytest.fixture
def make_slurm_project(
    tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Callable[..., SlurmProject]]:
    """Make projects that run on a cluster and end with the test, and their jobs with them."""
    projects: list[SlurmProject] = []

    def make(*, on: Cluster | None = None, **studies: dict) -> SlurmProject:
        path = tmp_path / f"project{len(projects)}"
        path.mkdir()
        cluster = on or request.getfixturevalue("cluster")
        projects.append(SlurmProject(path, cluster, **json.loads(json.dumps(studies))))
        return projects[-1]

    yield make
    for project in projects:
        project.end_all()
        project.cluster.run("scancel", "--user=root")
        project.cluster.wait_idle()


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory) -> dict[str, bytes]:
    """Tables of a local run that nothing happened to."""
    project = Project(tmp_path_factory.mktemp("local"), chain=FAULTED)
    project.snakemake("tables")
    return project.table_bytes("chain")


@pytest.fixture
def running(make_slurm_project) -> tuple[SlurmProject, psutil.Popen]:
    """A sweep at work on two nodes, one rank on each, with some samples solved."""
    project = make_slurm_project(chain=FAULTED)
    project.change_profile(nodes=2)
    process = project.start_sweep()
    project.wait_for_samples(process, 6)
    return project, process


@pytest.fixture
def stalled(make_slurm_project) -> Callable[..., tuple[SlurmProject, psutil.Popen, psutil.Process]]:
    """Start a sweep on two nodes and hold one of its ranks, as a node that hangs."""

    def start(**resources: object) -> tuple[SlurmProject, psutil.Popen, psutil.Process]:
        project = make_slurm_project(chain=FAULTED)
        project.change_profile(nodes=2, **resources)
        process = project.start_sweep()
        project.wait_for_samples(process, 6)
        rank = project.ranks()[-1]
        rank.suspend()
        return project, process, rank

    return start
