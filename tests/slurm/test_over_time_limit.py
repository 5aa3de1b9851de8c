"""A job over its time limit: Slurm ends it, and the next attempt goes on."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.slurm


def test_job_over_its_time_limit_is_ended_by_slurm(stalled, undisturbed):
    # With SIGTERM Slurm wakes the rank, which has some seconds until SIGKILL.
    project, process, _ = stalled(runtime=1, slurm_extra=None)
    project.check_stopped(project.finish(process), "SIGTERM", undisturbed)
