"""The cluster that the tests of the workflow run on is what they take it for."""

from __future__ import annotations

import sys

import pytest
from cluster import NODES, Cluster

pytestmark = pytest.mark.slurm

MPI_RANKS = """
from mpi4py import MPI
world = MPI.COMM_WORLD
print(world.size, world.allreduce(world.rank))
"""


def submit(cluster: Cluster, command: str, *options: str) -> int:
    output = f"--output={cluster.folder}/job.txt"
    shell = ("--parsable", "--mem=100", output, f"--wrap={command}")
    return int(cluster.run("sbatch", *options, *shell))


def wait_for_states(cluster: Cluster, expected: dict[int, str], accounted: bool) -> None:
    def are_reached() -> bool:
        states = cluster.accounted_states() if accounted else cluster.job_states()
        return states.items() >= expected.items()

    cluster.wait_until(f"jobs {expected}", are_reached, timeout=20)


def test_has_four_idle_nodes(cluster):
    assert cluster.node_states() == dict.fromkeys(NODES, "idle")
    assert cluster.jobs() == []


def test_step_runs_on_two_nodes(cluster):
    output = cluster.run("srun", "-N2", "-n4", "--mem=100", "printenv", "SLURMD_NODENAME")
    assert len(output.split()) == 4
    assert set(output.split()) == {"n1", "n2"}


def test_mpi_ranks_on_two_nodes_find_each_other(cluster):
    launch = ("srun", "--mpi=pmi2", "-N2", "-n4", "--mem=100")
    output = cluster.run(*launch, sys.executable, "-c", MPI_RANKS)
    assert output.splitlines() == ["4 6"] * 4


def test_job_is_listed_and_then_accounted_for(cluster):
    job = submit(cluster, "sleep 60", "--job-name=sleeper", "--comment=a|b")
    cluster.wait_until("job runs", lambda: [j for j in cluster.jobs() if j.state == "RUNNING"])
    (listed,) = cluster.jobs()
    assert (listed.id, listed.name, listed.comment) == (job, "sleeper", "a|b")
    assert listed.nodes == "n1"
    good, bad = submit(cluster, "true"), submit(cluster, "false")
    cluster.cancel(job)
    expected = {job: "CANCELLED", good: "COMPLETED", bad: "FAILED"}
    wait_for_states(cluster, expected, accounted=False)
    wait_for_states(cluster, expected, accounted=True)
    cluster.wait_idle()


def test_killed_node_is_missed_and_comes_back(cluster):
    command = "srun -N2 -n2 sleep 300"
    job = submit(cluster, command, "-N2", "-n2", "--nodelist=n3,n4", "--no-requeue")

    def names_on_n4() -> set[str]:
        return {process.name() for process in cluster.processes_on("n4")}

    cluster.wait_until("task runs", lambda: names_on_n4() == {"sleep"})
    cluster.kill_node("n4")
    assert cluster.processes_on("n4") == cluster.slurmstepds_on("n4") == []
    assert cluster.processes_on("n3")
    cluster.wait_until("n4 down", lambda: cluster.node_states()["n4"] == "down*")
    wait_for_states(cluster, {job: "NODE_FAIL"}, accounted=False)
    cluster.restart_node("n4")
    cluster.wait_idle()
    assert cluster.processes_on("n3") == []


def test_works_without_accounting(plain_cluster):
    good, bad = submit(plain_cluster, "true"), submit(plain_cluster, "false")
    wait_for_states(plain_cluster, {good: "COMPLETED", bad: "FAILED"}, accounted=False)
