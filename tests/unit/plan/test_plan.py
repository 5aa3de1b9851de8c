"""`syncsweep plan`: text, JSON, fragments, exit codes, and that it writes nothing."""

import json
import os
import signal
import subprocess
import sys
import time
from copy import deepcopy
from pathlib import Path

import own_study
import psutil
import pytest
import yaml
from program import CONFIG, PROGRAM, Terminal, called, state_of
from progress_block import NOON, Sweep
from studies import PAIR

from syncsweep.cli import plan_command
from syncsweep.config.configuration import parse
from syncsweep.layout import tables_folder
from syncsweep.tables.registry import table_names


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project whose working folder the test is in, without results."""
    assert parse(CONFIG).physics("pair") == PAIR
    monkeypatch.chdir(tmp_path)
    Path("config.yaml").write_text(yaml.safe_dump(CONFIG), encoding="utf-8")
    return tmp_path


def plan(capsys, *arguments, code=0):
    """What a call prints on stdout and stderr."""
    found, out, err = called(capsys, "plan", *arguments)
    assert found == code
    return out, err


def planned(capsys, *arguments):
    """The plan of one study as JSON."""
    whole = json.loads(plan(capsys, *arguments, "--json")[0])
    (study,) = whole["studies"]
    return whole, study


def log(solved=6, core_seconds=60.0):
    sweep = Sweep(Path("results"))
    sweep.begins(0, 6, at=NOON)
    sweep.ends(0, 6, at=NOON + 9, solved=solved, core_seconds=core_seconds)
    sweep.shard(0, 6)


def test_trials_give_the_cost_and_nothing_is_written(project, capsys):
    """Where they are asked for, although jobs have logged what samples cost."""
    log()
    before = state_of(".")
    whole, study = planned(capsys, "--calibrate", "2", "--cores", "2")
    assert state_of(".") == before
    assert study["sample"]["source"] == "calibration"
    assert study["sample"]["basis"] == "4 samples solved just now in 2 trials"
    cost = study["sample"]["core_seconds"]
    assert 0 < cost["low"] < cost["value"] < cost["high"]
    assert study["parts"]["samples"]["value"] == pytest.approx(6 * cost["value"], rel=1e-3)
    # Memory of a process, and not the estimate.
    assert study["rank_memory_mb"]["low"] > 50
    fragment = whole["fragments"]["config"]["studies"]["pair"]
    assert fragment["core_seconds"] == pytest.approx(cost["value"], rel=5e-3)
    assert fragment["chunk_size"] == 6


def test_progress_is_on_stderr_and_trials_are_at_most_the_ranks(project, capsys):
    out, err = plan(capsys, "--calibrate", "1", "--ranks", "1", "--cores", "1")
    assert err == "plan: solving a few samples, 2 samples of each block in each process\n"
    assert "from 1 sample solved just now in 1 trial\n" in out


def test_trials_of_several_studies_are_one_line(capsys):
    with plan_command._progress(None) as progress:
        progress("pair: 1 sample solved in trials")
        progress("later: 1 sample solved in trials")
    assert capsys.readouterr().err == (
        "plan: solving a few samples, 3 core-seconds per study, and at least three samples "
        "of each block in each process\n"
    )


def test_trials_on_a_terminal_are_one_line_that_goes_away(project):
    arguments = ("plan", "--calibrate", "3", "--ranks", "1", "--cores", "1")
    with Terminal(*arguments, stdout=subprocess.PIPE) as terminal:
        text = terminal.read_until()
        out, _ = terminal.process.communicate(timeout=60)
    assert out.startswith(b"pair: 12 of 12 samples to solve")
    assert "plan: pair: solving a few samples in 1 trial at once" in text
    assert "plan: pair: 1 sample solved in trials" in text
    # Every line that was begun is left upwards, where it is erased; the cursor is shown again.
    drawn, _, end = text.rpartition("plan: pair: 4 samples solved in trials")
    assert "\n" not in drawn and end.count("\n") == end.count("\x1b[1A\x1b[2K") == 1, repr(text)
    assert "\x1b[?25h" in end


def test_jobs_that_have_logged_their_cost_spare_the_trials(project, capsys):
    log()
    _, study = planned(capsys)
    assert study["sample"]["source"] == "log"
    assert study["sample"]["basis"] == "6 samples solved in 1 job"
    assert study["sample"]["core_seconds"]["value"] == pytest.approx(10, rel=0.01)
    assert (study["missing"], study["samples"]) == (6, 12)
    assert (study["jobs"], study["shards"]) == (1, 2)


def test_without_log_and_trials_the_configuration_must_do(project, capsys):
    _, study = planned(capsys, "--no-calibration")
    assert study["sample"]["source"] == "formula"
    assert study["proposal"]["core_seconds"] is None
    _, study = planned(capsys, "--no-calibration", "--config", "studies={pair: {core_seconds: 7}}")
    assert study["sample"] == {
        "core_seconds": {"value": 7.0, "low": 4.9, "high": 9.1},
        "source": "core_seconds",
        "basis": "the configuration",
    }


def test_nothing_to_do_starts_no_trial(project, capsys):
    sweep = Sweep(Path("results"))
    sweep.shard(0, 6)
    sweep.shard(6, 12)
    whole, study = planned(capsys)
    assert (study["jobs"], study["missing"]) == (0, 0)
    assert study["job"] is study["proposal"] is study["rank_memory_mb"] is None
    assert whole["fragments"] == {"config": {}, "profile": {}}
    text = plan(capsys)[0]
    assert text.startswith("pair: 0 of 12 samples to solve, 0 of 2 shards to make\n")
    assert "core_seconds" not in text and "nothing to do" not in text  # the tables are missing
    study = parse(CONFIG).studies["pair"]
    for name in table_names(study.analysis):
        path = tables_folder(Path("results"), "pair") / f"{name}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    lines = plan(capsys)[0].splitlines()
    assert lines[:2] == [
        "pair: 0 of 12 samples to solve, 0 of 2 shards to make",
        "  nothing to do",
    ]


def test_parts_of_the_core_time_add_up(project, capsys):
    log()
    whole, study = planned(capsys)
    for end in ("value", "low", "high"):
        parts = sum(part[end] for part in study["parts"].values())
        assert study["core_seconds"][end] == pytest.approx(parts, rel=1e-3)
    assert whole["core_seconds"]["value"] > study["core_seconds"]["value"]


def test_profile_gives_ranks_cores_and_slurm(project, capsys):
    Path("slurm").mkdir()
    text = "executor: slurm\njobs: 5\nset-threads: {solve_shard: 8}\n"
    Path("slurm/config.yaml").write_text(text)
    slow = ("--no-calibration", "--config", "studies={later: {core_seconds: 3}}")
    whole, study = planned(capsys, "later", "--profile", "slurm", *slow)
    assert (whole["most_ranks"], whole["cores"], study["job"]["ranks"]) == (8, 40, 8)
    # Given by themselves, they win.
    given = ("--ranks", 4, "--cores", 12)
    whole, study = planned(capsys, "later", "--profile", "slurm", *given, *slow)
    assert (whole["most_ranks"], whole["cores"], study["job"]["ranks"]) == (4, 12, 4)


def test_profile_of_jobs_that_are_not_slurm_s_gives_its_cores(project, capsys):
    Path("mine").mkdir()
    Path("mine/config.yaml").write_text("cores: 7\njobs: 3\n")
    whole, _ = planned(capsys, "later", "--profile", "mine", "--no-calibration")
    assert whole["cores"] == 7


def test_profile_without_a_limit_of_jobs_asks_for_cores(project, capsys):
    Path("slurm.yaml").write_text("executor: slurm\njobs: unlimited\n")
    asked = ("later", "--profile", "slurm.yaml", "--no-calibration")
    assert "number of cores that they may use with --cores" in plan(capsys, *asked, code=2)[1]
    assert planned(capsys, *asked, "--cores", 12)[0]["cores"] == 12


def test_profile_s_own_memory_and_time_limit_are_named(project, capsys):
    log()
    resources = "set-resources: {solve_shard: {runtime: 77, mem_mb_per_cpu: 901}}\n"
    Path("profile.yaml").write_text(f"executor: slurm\njobs: 1\n{resources}")
    out = plan(capsys, "--profile", "profile.yaml")[0]
    assert "; time limit 77 min\n" in out and "; jobs request 901 MB\n" in out


def test_fragments_are_printed_alone(project, capsys):
    log()
    whole, study = planned(capsys, "--ranks", 4)
    for name in ("config", "profile"):
        out, err = plan(capsys, "--fragment", name, "--ranks", 4)
        assert yaml.safe_load(out) == whole["fragments"][name] != {}
        assert err == ""
    assert whole["fragments"]["config"] == {
        "studies": {"pair": {"chunk_size": 6, "core_seconds": pytest.approx(9.99, abs=0.02)}}
    }
    of_rule = whole["fragments"]["profile"]["set-resources"]["solve_shard"]
    assert of_rule["runtime"] == study["proposal"]["time_limit_minutes"]
    assert of_rule["mem_mb_per_cpu"] == study["proposal"]["memory_mb"]
    assert whole["fragments"]["profile"]["set-threads"] == {"solve_shard": 4}


def test_text_has_the_numbers_and_the_fragment(project, capsys):
    log()
    out = plan(capsys, "--cores", 2)[0]
    lines = out.splitlines()
    assert lines[0] == "pair: 6 of 12 samples to solve, 1 of 2 shards to make"
    labels = [line.split("  ")[1] for line in lines[1:7]]
    assert labels == ["sample", "core time", "time", "a job", "memory", "disk"]
    assert "from 6 samples solved in 1 job" in lines[1]
    assert " on 2 cores" in lines[3]
    assert "time limit" not in out
    assert yaml.safe_load(out[out.index("studies:") :])["studies"]["pair"]["chunk_size"] == 6
    assert max(map(len, lines)) <= 120


def test_a_proposal_for_a_trial_size_is_not_one_for_the_file(project, capsys):
    log()
    whole = "To keep this cost, add this to config.yaml (--fragment config prints only this):"
    trial = "Only with --config {}, this keeps the cost (--fragment config prints only this):"
    for value in ("samples=8", "studies={pair: {samples: 8}}"):
        lines = plan(capsys, "--config", value)[0].splitlines()
        assert trial.format(value) in lines and whole not in lines
    for others in ([], ["--config", "results=other"]):
        assert whole in plan(capsys, *others, "--no-calibration")[0].splitlines()


def test_samples_of_a_job_are_counted_at_each_point_like_all_others(project, capsys):
    config = deepcopy(CONFIG)
    config["studies"]["pair"] |= {"axes": {"model.B": {"values": [0.1, 0.2, 0.3]}}, "samples": 4}
    config["studies"]["pair"].pop("analysis")
    Path("config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    _, study = planned(capsys, "--no-calibration")
    assert study["samples"] == study["job"]["samples"] == 12
    assert ": 12 samples on " in plan(capsys, "--no-calibration")[0]


def test_several_studies_have_a_sum(project, capsys):
    out = plan(capsys, "pair", "later", "--no-calibration")[0]
    assert "\nall in one run: " in out
    whole = json.loads(plan(capsys, "pair", "later", "--no-calibration", "--json")[0])
    assert [study["study"] for study in whole["studies"]] == ["pair", "later"]
    assert whole["core_seconds"]["value"] == pytest.approx(
        sum(study["core_seconds"]["value"] for study in whole["studies"]) + 2.3, rel=1e-3
    )
    # A study named twice is planned once.
    again = json.loads(plan(capsys, "pair", "pair", "--no-calibration", "--json")[0])
    assert len(again["studies"]) == 1


def test_notes_say_what_to_look_at(project, capsys, monkeypatch):
    log()
    notes = planned(capsys, "--config", "studies={pair: {core_seconds: 0.001}}")[0]["notes"]
    assert notes == ["pair: core_seconds is 0.001 in the configuration, but a sample takes 9.99"]
    Path("slurm.yaml").write_text("executor: slurm\njobs: 1\n")
    change = "studies={pair: {core_seconds: 0.001, samples: 6000, chunk_size: 6000}}"
    notes = planned(capsys, "--profile", "slurm.yaml", "--config", change)[0]["notes"]
    assert any("jobs may exceed their time limit of 9 min" in note for note in notes)
    assert planned(capsys)[0]["notes"] == []
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 1000}))
    (note,) = planned(capsys)[0]["notes"]
    assert note.startswith("the disk of results has 1 kB left, but ")


def test_a_failing_trial_is_one_line_and_exit_code_one(project, capsys, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    out, err = plan(capsys, "--calibrate", "1", code=1)
    assert out == ""
    assert err.splitlines()[-1] == (
        "syncsweep plan: error: pair: a trial ended with exit code 1; "
        "--no-calibration plans without trials"
    )


def test_own_code_that_cannot_be_swept_is_told_before_the_trials(project, capsys):
    text = own_study.TEXT.replace("    return omega", "    return undefined")
    Path("mine.py").write_text(text, encoding="utf-8")
    Path("own.yaml").write_text(yaml.safe_dump(own_study.CONFIG), encoding="utf-8")
    asked = ("mine", "--configfile", "own.yaml")
    (line,) = plan(capsys, *asked, code=2)[1].splitlines()
    assert line.startswith("syncsweep plan: error: studies.mine: mine.py, line 9: NameError: ")
    assert "mine: 4 of 4 samples to solve" in plan(capsys, *asked, "--no-calibration")[0]


def test_ctrl_c_ends_the_trials(project):
    command = [PROGRAM, "plan", "--calibrate", "1000000"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        assert "solving a few samples" in process.stderr.readline()
        deadline = time.monotonic() + 120
        while not (trials := psutil.Process(process.pid).children()):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        os.kill(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=120)
    finally:
        process.kill()
    assert (process.returncode, out) == (130, "")
    assert "Traceback" not in err
    psutil.wait_procs(trials, timeout=60)
    assert not any(trial.is_running() for trial in trials)


#: The keys that docs/planning.md promises.
KEYS = {
    "": {
        "version", "cores", "most_ranks", "core_seconds", "seconds", "studies", "notes",
        "fragments",
    },
    "study": {
        "study", "samples", "missing", "again", "shards", "jobs", "job", "sample", "core_seconds",
        "parts", "seconds", "rank_memory_mb", "disk_bytes", "proposal",
    },
    "job": {"samples", "ranks", "seconds", "memory_mb", "time_limit_minutes"},
    "sample": {"core_seconds", "source", "basis"},
    "parts": {"samples", "start", "shards", "tables"},
    "proposal": {
        "chunk_size", "core_seconds", "jobs", "ranks", "memory_mb", "time_limit_minutes",
    },
}  # fmt: skip


def test_keys_of_json_are_those_that_are_documented(project, capsys):
    log()
    whole, study = planned(capsys)
    assert (whole.keys(), whole["version"]) == (KEYS[""], 1)
    assert study.keys() == KEYS["study"]
    for name in ("job", "sample", "parts", "proposal"):
        assert study[name].keys() == KEYS[name], name
    text = (Path(__file__).parents[3] / "docs" / "planning.md").read_text(encoding="utf-8")
    section = text[text.index("\n## Plan\n") : text.index("\n## Status\n")]
    for keys in KEYS.values():
        for key in keys:
            assert f"`{key}`" in section, key
