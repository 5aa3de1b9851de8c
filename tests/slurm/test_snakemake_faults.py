"""Snakemake interrupted, killed, or given a launcher that does not fit."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from slurm_project import FAULTED, SAMPLES

pytestmark = pytest.mark.slurm


def test_interrupted_snakemake_cancels_its_jobs_and_the_same_command_goes_on(running, undisturbed):
    project, process = running
    job = project.shard_job()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 1
    project.cluster.wait_until("no ranks", lambda: not project.ranks(), 30)
    project.expect_state(job.id, "CANCELLED")
    project.finish(project.start_sweep())
    project.check(undisturbed, attempts=2)


def test_killed_snakemake_leaves_a_lock_and_a_job_that_is_waited_for(running, undisturbed):
    project, process = running
    first = project.shard_job()
    rank = project.ranks()[-1]
    rank.suspend()  # so that the job is still at work when the next begins
    process.kill()
    process.wait()
    assert "--unlock" in project.finish(project.start_sweep(), code=1)
    project.snakemake("--unlock")
    process = project.start_sweep()
    project.cluster.wait_until("a launch waits", lambda: project.logs_say("waiting for it"), 60)
    rank.resume()
    project.finish(process)
    project.expect_state(first.id, "COMPLETED")
    # The job that was left behind solved all, and the new one nothing.
    assert [event["event"] for event in project.events("chain")] == ["start", "end"]
    assert project.solved("chain") == SAMPLES
    project.snakemake("tables")
    assert project.table_bytes("chain") == undisturbed


def test_launcher_that_makes_single_processes_is_refused(make_slurm_project):
    project = make_slurm_project(chain=FAULTED)
    # It names no type, so the cluster's own is asked for, and this is none.
    project.change_profile(mpi="'srun --kill-on-bad-exit=1'")
    output = project.finish(project.start_sweep("--retries", "0"), code=1)
    (log,) = (project.results / "logs").rglob("*.log")
    message = (
        "error: this launch has 1 rank(s) instead of 2: srun --mpi=none does not start ranks of"
    )
    assert message in log.read_text(encoding="utf-8")
    assert str(log.relative_to(project.path)) in output
    assert not project.events("chain")


def test_cluster_that_does_not_answer_costs_one_line(make_slurm_project, monkeypatch):
    project = make_slurm_project(chain=FAULTED)
    # A controller that is down: nothing listens on this port.
    settings = Path("/etc/slurm/slurm.conf").read_text(encoding="utf-8")
    (project.path / "slurm.conf").write_text(f"{settings}\nSlurmctldPort=1\n")
    monkeypatch.setenv("SLURM_CONF", str(project.path / "slurm.conf"))
    output = project.finish(project.start_sweep("--quiet", "all"), code=1)
    (error,) = [line for line in output.splitlines() if "rror" in line]
    assert error.startswith("error: the Slurm cluster does not answer: ")
    assert not project.events("chain")
