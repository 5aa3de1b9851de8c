"""What a run refuses in one line before it has jobs, and what it mends."""

import getpass
import os
import subprocess
import sys
from pathlib import Path

import pytest
from planned import config
from studies import ETAS, PAIR, SAMPLES, StudyOnDisk, rows_of

from syncsweep.config.messages import ConfigError
from syncsweep.layout import BlockFolder
from syncsweep.tables.freshness import said_by
from syncsweep.workflow import checks
from syncsweep.workflow.errors import RunError
from syncsweep.workflow.places import NotWritableError
from syncsweep.workflow.study_outputs import StudyOutputs

BINS = {"s_max_bins": {"low": 1e-6, "high": 1.0, "count": 20}}

#: The limit of two spins that do not interact has a free angle between them, and no law.
FREE = {
    "model": {"name": "spin1_chain", "n_sites": 2, "J": 0, "delta": 0},
    "analysis": {**BINS, "limit_draws": 1000},
}


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PWD", str(tmp_path))
    return tmp_path


def put_profile(folder):
    folder.mkdir(parents=True)
    (folder / "config.yaml").touch()


@pytest.mark.parametrize("name", [None, "none", "slurm", "slurm/config.yaml", "mine", "project's"])
def test_profiles_that_are_there_are_accepted(here, name):
    put_profile(here / "slurm")
    put_profile(here / "profiles" / "mine")
    put_profile(here / "project" / "profiles" / "project's")
    checks.check_profile(name, here / "project")


def test_a_profile_is_found_where_the_command_was_called(here, monkeypatch):
    put_profile(here / "called" / "slurm")
    with pytest.raises(RunError):
        checks.check_profile("slurm", here)
    monkeypatch.setenv("PWD", str(here / "called"))
    checks.check_profile("slurm", here)


@pytest.mark.parametrize(
    ("name", "end"), [("slrum", "; did you mean slurm?"), ("else", "file else")]
)
def test_a_profile_that_is_not_there_is_named_with_one_that_is(here, name, end):
    put_profile(here / "slurm")
    with pytest.raises(RunError) as error:
        checks.check_profile(name, here)
    assert str(error.value).startswith("--workflow-profile: ") and str(error.value).endswith(end)


@pytest.mark.parametrize(("allowed", "ranks"), [(2, 2), ("16", 16)])
def test_ranks_are_those_that_are_allowed(allowed, ranks):
    assert checks.most_ranks(allowed) == ranks


@pytest.mark.parametrize("allowed", [0, -1, "x", 1.5, None, ""])
def test_ranks_that_are_no_number_are_refused(allowed):
    with pytest.raises(RunError, match=f"^set-threads: solve_shard .* but is {allowed}; see "):
        checks.most_ranks(allowed)


def test_numbers_of_cores_with_which_no_job_runs_are_refused():
    checks.check_cores(cores=1, max_threads=None)
    for said, line in (
        ({"cores": 0}, "--cores: must be a positive integer, but is 0"),
        ({"cores": 2, "max_threads": -1}, "--max-threads: must be a positive integer, but is -1"),
    ):
        with pytest.raises(RunError, match=f"^{line}$"):
            checks.check_cores(**said)


def outputs(results="results", **more):
    return StudyOutputs(config(results, samples=SAMPLES, chunk_size=2, blocks=(ETAS,), **more))


def block_path(found):
    return found.block_folders("pair")[0].path


@pytest.mark.parametrize(
    "place",
    [
        lambda found: found.folder("pair"),
        block_path,
        lambda found: BlockFolder(block_path(found)).parts,
        lambda found: Path("results/tables/pair"),
        lambda found: Path("results/logs", found.folder("pair").name),
    ],
)
def test_a_file_in_place_of_a_folder_is_refused_for_the_studies_that_need_it(here, place):
    found = outputs()
    path = place(found)
    path.parent.mkdir(parents=True)
    path.touch()
    with pytest.raises(NotWritableError, match=f"^{path}: "):
        checks.check_places(found, ["pair"])
    checks.check_places(found, [])


@pytest.mark.parametrize(
    "name", ["tables/pair/summary.csv", "figures/fig.png", "figures/fig.json", "report.html"]
)
def test_a_link_that_leads_nowhere_is_refused_in_place_of_a_result(here, name):
    path = Path("results", name)
    path.parent.mkdir(parents=True)
    path.symlink_to("nowhere")
    with pytest.raises(NotWritableError, match=f"^{path}: "):
        checks.check_places(outputs(figure={"name": "fig"}), ["pair"])
    path.unlink()
    path.touch()
    checks.check_places(outputs(figure={"name": "fig"}), ["pair"])


def test_a_law_of_the_limit_is_refused_where_there_is_none():
    free = config("results", blocks=((0.0, 1.0),), **FREE)
    with pytest.raises(RunError, match=r"studies\.pair: .* set analysis.limit_draws: null"):
        checks.check_limits(free, ["pair"])
    checks.check_limits(config("results", blocks=((0.0, 1.0),)), ["pair"])
    checks.check_limits(free, [])


@pytest.mark.parametrize(
    ("change", "served"),
    [
        ({}, True),
        ({"J": 0, "delta": 0}, False),
        ({"gamma": 0, "n_sites": 4}, True),  # matrices serve it
    ],
)
def test_large_models_that_no_solver_serves_are_refused_before_any_job(change, served):
    model = {"name": "spin1_chain", "n_sites": 5, **change}
    large = config("results", model=model, ensemble={"kind": "bonds"})
    if served:
        checks.check_large_models(large, ["pair"])
        return
    with pytest.raises(RunError, match=r"studies\.pair\.model: more than 81 dimensions"):
        checks.check_large_models(large, ["pair"])
    checks.check_large_models(large, [])


def test_large_models_of_the_users_own_do_not_run_in_the_main_process(here):
    (here / "own.py").write_text(OWN + "\nraise SystemExit\n", encoding="utf-8")
    model = {"name": "own", "file": "own.py", "spins": [1] * 5}
    own = config("results", model=model, ensemble={"rank": 1})
    checks.check_large_models(own, ["pair"])


OWN = """
import numpy as np

def model():
    return {"hamiltonian": np.diag([1.0, -1.0]), "jump_operators": [], "spins": [0.5]}
"""


def test_code_of_the_users_own_is_checked_for_the_studies_that_have_it(here, capfd, monkeypatch):
    monkeypatch.setattr("syncsweep.user_code.process._PATIENCE", 600)
    (here / "own.py").write_text(OWN.replace("[0.5]", "[7]"), encoding="utf-8")
    own = config("results", model={"name": "own", "file": "own.py", "spins": [0.5, 0.5]})
    with pytest.raises(ConfigError, match=r"studies\.pair: own\.py: "):
        checks.check_own_code(own, ["pair"])
    checks.check_own_code(own, [])
    checks.check_own_code(config("results"), ["pair"])
    assert capfd.readouterr().err == ""


def test_a_damaged_shard_is_set_aside_once_it_changed_after_the_tables(tmp_path, capfd):
    found = outputs(str(tmp_path / "results"))
    checks.set_aside_damaged_shards(found, ["pair"])  # nothing is there yet
    study = StudyOnDisk(Path(found.config.results), "pair", PAIR, {ETAS: rows_of(PAIR)})
    shard = min(study.folder.glob("eta-*/*.parquet"))
    assert shard in found.shards("pair")
    checks.set_aside_damaged_shards(found, ["pair"])
    assert shard.exists() and capfd.readouterr().err == ""
    shard.write_bytes(shard.read_bytes()[:-50])
    checks.set_aside_damaged_shards(found, [])
    assert shard.exists()
    checks.set_aside_damaged_shards(found, ["pair"])
    assert not shard.exists()
    (line,) = capfd.readouterr().err.splitlines()
    assert line.startswith(f"warning: {shard}") and "set aside" in line


def test_results_of_other_settings_are_stale_and_no_report_is_made_of_them(tmp_path, monkeypatch):
    monkeypatch.setenv("SYNCSWEEP_ASKED", "a" * 12)
    study = StudyOnDisk(tmp_path, "pair", PAIR, {ETAS: rows_of(PAIR)})
    table = study.tables() / "summary.parquet"
    missing = tmp_path / "tables" / "pair" / "missing.parquet"
    assert said_by(table)["asked"] == "a" * 12
    for makes_report in (False, True):
        assert not checks.stale_files([table, missing], "a" * 12, tmp_path, makes_report)
        assert not checks.stale_files([missing], "b" * 12, tmp_path, makes_report)
    both = [table, missing]
    assert list(checks.stale_files(both, "b" * 12, tmp_path, False)) == both
    with pytest.raises(RunError, match=r"summary\.parquet: was made with other settings"):
        checks.stale_files(both, "b" * 12, tmp_path, True)


def test_a_dry_run_may_look_at_results_of_others_and_a_run_may_not(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    for is_dry_run in (True, False):
        checks.check_folders("results", is_dry_run)
        with pytest.raises(NotWritableError, match="file"):
            checks.check_folders("file/results", is_dry_run)


#: Where snakemake reads modules in every job.
LIGHT = """
import sys
from syncsweep.config import file, requests
from syncsweep.environment import checkout, source
from syncsweep.paper import paper_registry, paper_studies
from syncsweep.workflow import (
    announce, checks, dates, errors, interruption, job_shell, paper_jobs, report_flags, report_jobs,
    study_outputs, targets
)
print(*{name.partition(".")[0] for name in sys.modules})
"""


def test_what_the_rules_import_is_light():
    done = subprocess.run([sys.executable, "-c", LIGHT], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "syncsweep" in loaded
    heavy = {"numpy", "scipy", "pyarrow", "pandas", "matplotlib", "snakemake", "psutil"}
    assert loaded & heavy == set()


def test_user_whom_the_machine_does_not_know_gets_a_name(monkeypatch):
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 54321)
    with pytest.raises((KeyError, OSError)):
        getpass.getuser()
    checks.name_user()
    assert getpass.getuser() == "uid54321"
    monkeypatch.setenv("LOGNAME", "ada")
    checks.name_user()
    assert getpass.getuser() == "ada"
