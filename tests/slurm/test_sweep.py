"""The sweep on a cluster: the same tables as on a laptop, in each way to run it."""

from __future__ import annotations

import pytest
from project import CHAIN, PAIR, Project

pytestmark = pytest.mark.slurm


def local_tables(tmp_path_factory, **studies: dict) -> dict[str, dict[str, bytes]]:
    project = Project(tmp_path_factory.mktemp("local"), **studies)
    project.snakemake("tables")
    return {study: project.table_bytes(study) for study in studies}


THOUSAND = {key: value for key, value in CHAIN.items() if key != "chunk_size"} | {"samples": 1000}


def test_thousand_samples_of_the_chain_by_the_profile_alone(make_slurm_project, tmp_path_factory):
    project = make_slurm_project(chain=THOUSAND)
    process = project.start("--workflow-profile", "slurm")
    expected = local_tables(tmp_path_factory, chain=THOUSAND)
    project.finish(process)
    assert project.table_bytes("chain") == expected["chain"]
    assert (project.results / "figures" / "chain.pdf").exists()
    ends = [event for event in project.events("chain") if event["event"] == "end"]
    assert sum(end["solved"] for end in ends) == 1000
    assert all(end["ranks"] >= 2 and "openblas" in end["blas"] for end in ends)
    # Every job ran once, within its limits, and as a job of its own.
    states = project.cluster.job_states()
    assert set(states.values()) == {"COMPLETED"}
    assert len(states) == len(ends) + 2  # tables and figure


SMALL = {"chain": {**CHAIN, "chunk_size": 20}, "pair": PAIR}


@pytest.fixture(scope="module")
def small_tables(tmp_path_factory):
    return local_tables(tmp_path_factory, **SMALL)


@pytest.mark.parametrize(
    ("mode", "options"), [("head", []), ("onejob", ["--ntasks=4"])], ids=["head", "onejob"]
)
def test_snakemake_inside_slurm(make_slurm_project, small_tables, mode, options):
    project = make_slurm_project(**SMALL)
    project.change_profile()
    said = project.submit(mode, *options, "--", "tables")
    job = int(said.split()[-1])
    project.cluster.wait_until("job over", lambda: job not in project.running_jobs(), 240)
    (log,) = project.path.glob(f"slurm-syncsweep-{mode}-*.log")
    assert project.cluster.job_states()[job] == "COMPLETED", log.read_text()
    for study, tables in small_tables.items():
        assert project.table_bytes(study) == tables
    others = [name for name, state in project.cluster.job_states().items() if name > job]
    assert bool(others) == (mode == "head")


def test_submit_script_refuses_an_unknown_mode_in_one_line(make_slurm_project):
    project = make_slurm_project(**SMALL)
    said = project.submit("laptop", code=1)
    assert said.startswith("error: usage: slurm/submit.sh head|onejob")
    assert len(said.splitlines()) == 1


def test_interrupted_allocation_keeps_what_is_solved_and_leaves_no_lock(
    make_slurm_project, tmp_path_factory
):
    project = make_slurm_project(chain={**CHAIN, "samples": 80, "chunk_size": 80})
    job = int(project.submit("onejob", "--ntasks=2", "--", "tables").split()[-1])
    project.cluster.wait_until("samples", lambda: project.kept("chain") >= 6, 60)
    # What Slurm does two minutes before the end of the allocation.
    project.cluster.run("scancel", "--batch", "--signal=INT", str(job))
    project.cluster.wait_until("job over", lambda: job not in project.running_jobs(), 60)
    kept = project.kept("chain")
    assert 6 <= kept < 80
    project.snakemake("tables")
    (last,) = [e for e in project.events("chain") if e["event"] == "start"][1:]
    assert (last["from_parts"], last["missing"]) == (kept, 80 - kept)
    expected = local_tables(tmp_path_factory, chain={**CHAIN, "samples": 80, "chunk_size": 80})
    assert project.table_bytes("chain") == expected["chain"]
