"""What a fault on a cluster costs: per rank the sample in hand, and nothing that was kept.

Each test states what the user sees, and ends in tables equal to those of an undisturbed local run.
"""

from __future__ import annotations

import signal
import time

import psutil
import pytest
from project import Project
from slurm_project import FAULTED, SAMPLES, SlurmProject

pytestmark = pytest.mark.slurm


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory) -> dict[str, bytes]:
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


def test_killed_rank_ends_its_job_in_seconds_and_snakemake_tries_again(running, undisturbed):
    project, process = running
    job = project.shard_job()
    project.ranks()[-1].kill()
    killed = time.monotonic()
    project.cluster.wait_until("job over", lambda: job.id not in project.running_jobs(), 30)
    assert time.monotonic() - killed < 15
    output = project.finish(process)
    assert project.cluster.job_states()[job.id] == "FAILED"
    assert "Trying to restart job" in output
    assert project.table_bytes("chain") == undisturbed
    project.check_nothing_solved_twice(attempts=2)


def test_cancelled_job_stops_after_the_samples_in_hand_and_is_tried_again(running, undisturbed):
    project, process = running
    job = project.shard_job()
    project.cluster.cancel(job.id)
    output = project.finish(process)
    assert project.cluster.job_states()[job.id] == "CANCELLED"
    assert "Trying to restart job" in output
    (stop,) = project.stops()
    assert stop["why"] == "SIGTERM"
    assert project.table_bytes("chain") == undisturbed
    project.check_nothing_solved_twice(attempts=2)


def test_job_of_a_dead_node_runs_again_on_others(running, undisturbed):
    project, process = running
    job = project.shard_job()
    nodes = project.nodes_of(job)
    assert len(nodes) == 2
    project.cluster.kill_node(nodes[1])
    output = project.finish(process)
    assert project.cluster.job_states()[job.id] == "NODE_FAIL"
    assert "nodes failed during job execution" in output
    assert not set(nodes) & set(project.shard_run("chain")["hosts"])
    assert project.table_bytes("chain") == undisturbed
    project.check_nothing_solved_twice(attempts=2)
    project.cluster.restart_node(nodes[1])


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


def stall(project: SlurmProject, process: psutil.Popen, seconds: float) -> None:
    """Hold a rank for so long after the ranks began, as a node that hangs for a while."""
    rank = project.ranks()[-1]
    rank.suspend()
    time.sleep(max(rank.create_time() + seconds - time.time(), 0))
    rank.resume()


def check_stopped(project: SlurmProject, output: str, why: str) -> None:
    (stop,) = project.stops()
    assert stop["why"] == why
    assert stop["solved"] < SAMPLES
    assert "Trying to restart job" in output
    project.check_nothing_solved_twice(attempts=2)


def test_job_short_of_time_stops_by_itself_and_the_next_attempt_goes_on(
    make_slurm_project, undisturbed
):
    project = make_slurm_project(chain=FAULTED)
    project.change_profile(nodes=2, runtime=1, slurm_extra=None)
    process = project.start_sweep()
    project.wait_for_samples(process, 6)
    job = project.shard_job()
    stall(project, process, 47)  # a quarter of the minute is kept in reserve
    check_stopped(project, project.finish(process), "time limit")
    assert project.cluster.job_states()[job.id] == "FAILED"  # by its own exit code, not TIMEOUT
    assert project.table_bytes("chain") == undisturbed


def test_job_told_by_slurm_that_its_time_ends_stops_and_the_next_attempt_goes_on(
    make_slurm_project, undisturbed
):
    project = make_slurm_project(chain=FAULTED)
    project.change_profile(nodes=2, runtime=2)
    process = project.start_sweep()
    project.wait_for_samples(process, 6)
    job = project.shard_job()
    stall(project, process, 66)  # the signal comes a minute before the end of two
    check_stopped(project, project.finish(process), "SIGUSR1")
    assert project.cluster.job_states()[job.id] == "FAILED"
    assert project.table_bytes("chain") == undisturbed


def test_job_over_its_time_limit_is_killed_by_slurm_and_the_next_attempt_goes_on(
    make_slurm_project, undisturbed
):
    project = make_slurm_project(chain=FAULTED)
    project.change_profile(nodes=2, runtime=1, slurm_extra=None)
    process = project.start_sweep()
    project.wait_for_samples(process, 6)
    job = project.shard_job()
    project.ranks()[-1].suspend()  # for ever: neither deadline nor SIGTERM reaches it
    project.finish(process)
    assert project.cluster.job_states()[job.id] == "TIMEOUT"
    assert project.table_bytes("chain") == undisturbed
    project.check_nothing_solved_twice(attempts=2)
