"""A job that is short of time: it stops by itself, is told to, or is killed; the next goes on."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress

import psutil
import pytest
from slurm_project import FAULTED, SlurmProject

pytestmark = pytest.mark.slurm


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


def check_resumed(project: SlurmProject, output: str, state: str) -> None:
    """The first attempt ended so, and the second solved the rest."""
    first = min(project.cluster.job_states())
    assert project.cluster.job_states()[first] == state
    assert "Trying to restart job" in output
    project.check_nothing_solved_twice(attempts=2)


def test_job_short_of_time_stops_by_itself(stalled, undisturbed):
    project, process, rank = stalled(runtime=1, slurm_extra=None)
    # A quarter of the minute is kept in reserve.
    time.sleep(max(rank.create_time() + 47 - time.time(), 0))
    rank.resume()
    check_resumed(project, project.finish(process), "FAILED")  # by its own code, not TIMEOUT
    (stop,) = project.stops()
    assert stop["why"] == "time limit"
    assert project.table_bytes("chain") == undisturbed


def test_job_told_by_slurm_that_its_time_ends_stops(stalled, undisturbed):
    # A minute before the end of two. With the signal Slurm wakes the rank.
    project, process, _ = stalled(runtime=2)
    check_resumed(project, project.finish(process), "FAILED")
    (stop,) = project.stops()
    assert stop["why"] == "SIGUSR1"
    assert project.table_bytes("chain") == undisturbed


def test_job_that_does_not_stop_is_killed_at_its_time_limit(stalled, undisturbed):
    project, process, rank = stalled(runtime=1, slurm_extra=None)

    def holds_still() -> bool:
        # SIGTERM wakes the rank, so hold it again until SIGKILL ends it.
        with suppress(psutil.NoSuchProcess):
            rank.suspend()
        return not rank.is_running()

    project.cluster.wait_until("rank killed", holds_still, timeout=150)
    check_resumed(project, project.finish(process), "TIMEOUT")
    assert not project.stops()
    assert project.table_bytes("chain") == undisturbed
