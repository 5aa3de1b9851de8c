"""A rank, a job or a node that ends: the job is tried again and solves only the rest."""

from __future__ import annotations

import time

import pytest

pytestmark = pytest.mark.slurm


def test_killed_rank_ends_its_job_in_seconds_and_snakemake_tries_again(running, undisturbed):
    project, process = running
    job = project.shard_job()
    project.ranks()[-1].kill()
    killed = time.monotonic()
    project.cluster.wait_until("job over", lambda: job.id not in project.running_jobs(), 30)
    assert time.monotonic() - killed < 15
    output = project.finish(process)
    project.expect_state(job.id, "FAILED")
    assert "Trying to restart job" in output
    # Only memory grows with the attempt.
    memory, *others = project.limits_of(job.id)
    assert project.limits_of(max(project.cluster.job_states())) == [2 * memory, *others]
    project.check(undisturbed, attempts=2)


def test_cancelled_job_stops_after_the_samples_in_hand_and_is_tried_again(running, undisturbed):
    project, process = running
    job = project.shard_job()
    project.cluster.cancel(job.id)
    output = project.finish(process)
    project.expect_state(job.id, "CANCELLED")
    assert "Trying to restart job" in output
    (stop,) = project.stops()
    assert stop["stopped_by"] == "SIGTERM"
    project.check(undisturbed, attempts=2)


def test_job_of_a_dead_node_runs_again_on_others(running, undisturbed):
    project, process = running
    job = project.shard_job()
    nodes = project.nodes_of(job)
    assert len(nodes) == 2
    project.cluster.kill_node(nodes[1])
    output = project.finish(process)
    project.expect_state(job.id, "NODE_FAIL")
    assert "nodes failed during job execution" in output
    assert not set(nodes) & set(project.shard_run("chain")["hosts"])
    project.check(undisturbed, attempts=2)
    project.cluster.restart_node(nodes[1])
