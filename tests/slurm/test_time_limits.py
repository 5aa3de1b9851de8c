"""A job that is short of time stops by itself, or is told to; the next attempt goes on."""

from __future__ import annotations

import time

import pytest

pytestmark = pytest.mark.slurm


def test_job_short_of_time_stops_by_itself(stalled, undisturbed):
    project, process, rank = stalled(runtime=1, slurm_extra=None)
    # A quarter of the minute is kept in reserve.
    time.sleep(max(rank.create_time() + 47 - time.time(), 0))
    rank.resume()
    project.check_stopped(project.finish(process), "time limit", undisturbed)


def test_job_told_by_slurm_that_its_time_ends_stops(stalled, undisturbed):
    # Within the first minute of twenty. Slurm wakes the rank just before, and a rank whose slowest
    # sample took as long as the sleep must not find by itself that there is no time for another.
    project, process, _ = stalled(runtime=20, slurm_extra="'--signal=USR1@1140'")
    project.check_stopped(project.finish(process), "SIGUSR1", undisturbed)
