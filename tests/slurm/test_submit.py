"""Snakemake itself inside Slurm: as a job that submits others, or within one allocation."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from project import CHAIN, PAIR, Project

pytestmark = pytest.mark.slurm


def local_tables(tmp_path_factory, **studies: dict) -> dict[str, dict[str, bytes]]:
    project = Project(tmp_path_factory.mktemp("local"), **studies)
    project.snakemake("tables")
    return {study: project.table_bytes(study) for study in studies}


SMALL = {"chain": {**CHAIN, "chunk_size": 20}, "pair": PAIR}


@pytest.fixture(scope="module")
def small_tables(tmp_path_factory):
    return local_tables(tmp_path_factory, **SMALL)


#: The environment of a job that is told to take none, but for what chooses the kernels of OpenBLAS:
#: they decide the last digit, and the local run has them.
KERNELS = [name for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE") if name in os.environ]
NO_ENVIRONMENT = f"--export={','.join(KERNELS) or 'NONE'}"


@pytest.mark.parametrize(
    ("mode", "options"),
    [("head", [NO_ENVIRONMENT]), ("onejob", ["--ntasks=4"])],
    ids=["head", "onejob"],
)
def test_snakemake_inside_slurm(make_slurm_project, small_tables, mode, options):
    project = make_slurm_project(**SMALL)
    project.change_profile()
    said = project.submit(mode, *options, "--", "tables")
    job = int(said.split()[-1])
    project.cluster.wait_until("job over", lambda: job not in project.running_jobs(), 240)
    project.expect_state(job, "COMPLETED")
    for study, tables in small_tables.items():
        assert project.table_bytes(study) == tables
    others = [name for name, state in project.cluster.job_states().items() if name > job]
    assert bool(others) == (mode == "head")


def test_submit_script_refuses_an_unknown_mode_in_one_line(make_slurm_project):
    project = make_slurm_project(**SMALL)
    said = project.submit("laptop", code=1)
    assert said.startswith("error: usage: slurm/submit.sh head|onejob")
    assert len(said.splitlines()) == 1


def test_allocation_without_a_size_is_refused_in_one_line(make_slurm_project):
    said = make_slurm_project(**SMALL).submit("onejob", "--", "tables", code=1)
    assert said == "error: say how many ranks the allocation holds, as in onejob --ntasks=64\n"


def test_submit_script_names_what_the_profile_lacks(make_slurm_project):
    project = make_slurm_project(**SMALL)
    file = project.path / "slurm" / "config.yaml"
    file.write_text(file.read_text().replace("slurm_account", "account"))
    said = project.submit("head", code=1)
    lacking = "default-resources.slurm_account"
    assert said == f"error: slurm/config.yaml: cannot be read, or has no text as {lacking}\n"


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


def test_plain_snakemake_runs_in_an_interactive_shell(make_slurm_project):
    """Ranks are not job steps of Slurm there: they would wait for the step that the shell is."""
    project = make_slurm_project(pair={**PAIR, "samples": 4, "chunk_size": 4})
    shell = ["srun", "--ntasks=1", "--cpus-per-task=2", "--mem=1500", "bash", "-c"]
    done = subprocess.run(
        [*shell, f"{sys.executable} -m snakemake tables --cores 2"],
        cwd=project.path,
        env={**os.environ, "PYTHONPATH": str(project.path / "src")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=180,
    )
    assert done.returncode == 0, done.stdout
    assert project.solved("pair") == 4


@pytest.mark.parametrize(
    ("tasks", "options", "at_once"),
    [("2", [], True), ("1", [], False), ("1", ["--cores", "2"], True)],
    ids=["two", "one", "command line"],
)
def test_plain_snakemake_uses_the_cores_that_slurm_allots(
    make_slurm_project, tasks, options, at_once
):
    """Of a machine with two or more, to none of which the cluster binds a job."""
    project = make_slurm_project(chain={**CHAIN, "chunk_size": 20})
    project.config["ranks"] = 1
    project.write_config()
    command = " ".join([".venv/bin/snakemake", "tables", *options])
    size = ["--nodes=1", f"--ntasks={tasks}", "--mem=1500"]
    submit = ["sbatch", "--parsable", *size, "--wrap", command]
    environment = {**os.environ, "PYTHONPATH": str(project.path / "src")}
    job = int(subprocess.check_output(submit, cwd=project.path, env=environment, timeout=60))
    project.cluster.wait_until("job over", lambda: job not in project.running_jobs(), 120)
    project.expect_state(job, "COMPLETED")
    times = {"start": [], "end": []}
    for event in project.events("chain"):
        times[event["event"]].append(event["time"])
    assert len(times["end"]) == 2
    assert (max(times["start"]) < min(times["end"])) == at_once, times
