"""Snakemake interrupted, killed, or given a launcher that does not fit."""

from __future__ import annotations

import signal

import pytest
from slurm_project import FAULTED

pytestmark = pytest.mark.slurm


def test_interrupted_snakemake_cancels_its_jobs_and_the_same_command_goes_on(running, undisturbed):
    project, process = running
    job = project.shard_job()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 1
    project.cluster.wait_until("no ranks", lambda: not project.ranks(), 30)
    assert project.cluster.job_states()[job.id] == "CANCELLED"
    project.finish(project.start_sweep())
    assert project.table_bytes("chain") == undisturbed
    project.check_nothing_solved_twice(attempts=2)


def test_killed_snakemake_leaves_a_lock_and_a_job_that_is_waited_for(running, undisturbed):
    project, process = running
    first = project.shard_job()
    process.kill()
    process.wait()
    assert "--unlock" in project.finish(project.start_sweep(), code=1)
    project.snakemake("--unlock")
    project.finish(project.start_sweep())
    assert project.cluster.job_states()[first.id] == "COMPLETED"
    assert project.table_bytes("chain") == undisturbed
    project.check_nothing_solved_twice(attempts=1)


def test_launcher_that_makes_single_processes_is_refused(make_slurm_project):
    project = make_slurm_project(chain=FAULTED)
    project.change_profile(mpi="'srun --mpi=none'")
    output = project.finish(project.start_sweep("--retries", "0"), code=1)
    (log,) = (project.results / "logs").rglob("*.log")
    message = "error: this launch has 1 rank(s) instead of 2"
    assert message in log.read_text(encoding="utf-8")
    assert str(log.relative_to(project.path)) in output
    assert not project.events("chain")
