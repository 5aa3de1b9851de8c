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
    # A minute before the end of two. With the signal Slurm wakes the rank.
    project, process, _ = stalled(runtime=2)
    project.check_stopped(project.finish(process), "SIGUSR1", undisturbed)
