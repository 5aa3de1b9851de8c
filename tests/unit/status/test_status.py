"""`syncsweep status`: tables, JSON, exit codes, and that it looks on without touching anything."""

import json
import os
import re
import signal
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from messages import wording
from program import CONFIG, PROGRAM, Terminal, called, on_screen, state_of
from progress_block import NOON, Sweep
from studies import ETAS, PAIR

from syncsweep.config.configuration import parse
from syncsweep.status.expected import Expected
from syncsweep.status.status_text import time_left_text


@pytest.fixture
def sweep(tmp_path, monkeypatch):
    """A project whose working folder the test is in, with eight of twelve samples."""
    assert parse(CONFIG).physics("pair") == PAIR
    monkeypatch.chdir(tmp_path)
    Path("config.yaml").write_text(yaml.safe_dump(CONFIG), encoding="utf-8")
    sweep = Sweep(Path("results"))
    sweep.begins(0, 6, number=1, at=NOON)
    sweep.ends(0, 6, number=1, at=NOON + 9, solved=6, core_seconds=36.0)
    sweep.shard(0, 6)
    sweep.begins(6, 12, number=2, at=NOON + 9)
    sweep.part(6, 12, [6], number=2, rank=0, written=NOON + 12)
    sweep.part(6, 12, [7], number=2, rank=1, written=NOON + 12)
    return sweep


def finish(sweep):
    sweep.shard(6, 12)
    sweep.ends(6, 12, number=2, at=NOON + 30, solved=6, core_seconds=36.0)


def status(capsys, *arguments):
    """Exit code, stdout and stderr of a call."""
    return called(capsys, "status", *arguments)


def test_unfinished_sweep_is_told_in_tables(sweep, capsys, snapshot):
    code, out, err = status(capsys)
    assert (code, err) == (1, "")
    lines = out.splitlines()
    words = [line.split() for line in lines]
    assert " ".join(words[1]) == "pair 0, 0.001, 0.5 12 8 66 % 0 4 0"
    # 6 s a sample: eight of them, and four more.
    assert words[4][:4] == ["pair", "–", "0.0133", "0.00667"]
    assert [line[:2] + line[-1:] for line in words[7:10]] == [
        ["pair", "0", "8"],
        ["pair", "0.001", "8"],
        ["pair", "0.5", "8"],
    ]
    assert "8 of 12" in lines[-1]
    assert "later" not in out
    assert max(map(len, lines[:-1])) <= 80
    assert wording(out) == snapshot


def test_named_studies_are_told_once_each(sweep, capsys):
    code, out, _ = status(capsys, "later", "pair", "later")
    assert code == 1
    assert [line.split()[0] for line in out.splitlines()[:3]] == ["study", "later", "pair"]
    assert "0, 0.01 … 10" in out
    # Nothing of it was measured, and the other study says nothing of it.
    seconds = 10**6 * parse(CONFIG).studies["later"].sample_seconds(5)
    assert f"≈ {seconds / 3600:.3g}" in out


def test_complete_sweep_has_exit_code_zero(sweep, capsys):
    finish(sweep)
    code, out, _ = status(capsys)
    assert code == 0
    assert out.splitlines()[-1].endswith("12 of 12 samples, all in shards")


def test_samples_in_parts_only_are_not_complete(sweep, capsys):
    sweep.part(6, 12, [8, 9, 10, 11], number=3)
    code, out, _ = status(capsys)
    assert code == 1
    assert out.splitlines()[-1].endswith("12 of 12 samples, no running job, nothing left to solve")


def test_other_configuration_is_asked_as_snakemake_does(sweep, capsys):
    code, out, _ = status(capsys, "--config", "samples=6")
    assert code == 0
    assert "6 of 6 samples, all in shards" in out


def test_damaged_files_are_named(sweep, capsys):
    finish(sweep)
    assert status(capsys)[0] == 0
    for k in range(12):
        os.mkfifo(sweep.folder.shard(k, 13))
    code, out, _ = status(capsys)
    assert code == 1
    damaged = [line for line in out.splitlines() if line.startswith("damaged: ")]
    assert damaged[0] == (
        f"damaged: {sweep.folder.shard(0, 13)}: cannot be read (it is not a regular file)"
    )
    assert len(damaged) == 11
    assert damaged[-1] == "damaged: 2 other files; --json names all of them"
    assert len(json.loads(status(capsys, "--json")[1])["problems"]) == 12


def test_json_has_the_documented_keys(sweep, capsys):
    code, out, err = status(capsys, "--json")
    assert (code, err) == (1, "")
    (line,) = out.splitlines()
    told = json.loads(line)
    assert (told["version"], told["complete"]) == (1, False)
    assert (told["samples"], told["done"], told["missing"]) == (12, 8, 4)
    # 18 rank-seconds of the first job and 6 of the second, which ended with its last record.
    assert told["time_left"]["seconds"] == pytest.approx(4 * (18 + 6) / 8 / 2)
    assert abs(told["time"] - time.time()) < 60
    (study,) = told["studies"]
    assert study["study"] == "pair" and study["folder"] == str(sweep.folder.path.parent)
    assert study["core_hours_used"] == pytest.approx(48 / 3600)
    assert study["core_hours_left"] == pytest.approx(24 / 3600)
    assert study["samples_per_second"] == 0 and study["disk_bytes"] > 0
    (block,) = study["blocks"]
    counts = ("samples", "done", "in_shards", "in_parts", "failed", "missing")
    assert [block[name] for name in counts] == [12, 8, 6, 2, 0, 4]
    assert block["block"] == sweep.folder.path.name and block["etas"] == list(ETAS)
    assert (block["core_seconds_per_sample"], block["measured"], block["jobs"]) == (6, True, [])
    assert [estimate["eta"] for estimate in study["estimates"]] == [0, 0.001, 0.5]
    assert {estimate["samples"] for estimate in study["estimates"]} == {8}
    assert {len(estimate["p"]) for estimate in study["estimates"]} == {3}
    assert sum(study["estimates"][-1]["p_se"]) > 0.01
    for estimate in study["estimates"]:
        each = zip(estimate["p_low"], estimate["p"], estimate["p_high"], strict=True)
        assert all(low <= p <= high and low < high for low, p, high in each)
    page = (Path(__file__).parents[3] / "docs" / "planning.md").read_text(encoding="utf-8")
    inner = ("file", "problem", "low", "high", "began", "ranks", "to_solve", "solved", "p", "p_se")
    inner += ("p_low", "p_high")
    for name in {*told, *study, *block, *inner}:
        assert f"`{name}`" in page, name


def test_numbers_without_samples_are_null_and_not_shown(sweep, capsys):
    told = json.loads(status(capsys, "--json", "later")[1])
    estimates = told["studies"][0]["estimates"]
    assert [estimate["samples"] for estimate in estimates] == [0, 0, 0]
    assert estimates[0]["p"] == [None] * 3 == estimates[0]["p_se"]
    assert "P₁" not in status(capsys, "later")[1]


def test_dash_stands_where_no_sample_has_a_probability(sweep, capsys):
    flat = Sweep(Path("flat"))
    flat.rows = [
        replace(rows, s_d=rows.s_d * [[0], [1], [1]], s_max=rows.s_max * [0, 1, 1])
        for rows in flat.rows
    ]
    flat.shard(0, 6)
    rows = [line.split() for line in status(capsys, "--config", "results=flat")[1].splitlines()]
    assert rows[7] == ["pair", "0", "–", "–", "–", "0"]
    assert rows[8][:2] + rows[8][-1:] == ["pair", "0.001", "6"] and "–" not in rows[8]


def test_job_at_work_is_told(sweep, capsys):
    finish(sweep)
    now = time.time()
    sweep.begins(12, 20, number=3, at=now - 10)
    sweep.part(12, 20, [], number=3, rank=0, written=now)
    asked = ("--config", "samples=20")
    code, out, _ = status(capsys, *asked)
    assert code == 1
    assert out.splitlines()[1].split()[-1] == "1"
    assert "12 of 20 samples, 1 running job on 1 rank, " in out
    assert " left (" in out.splitlines()[-1]
    told = json.loads(status(capsys, "--json", *asked)[1])
    (job,) = told["studies"][0]["blocks"][0]["jobs"]
    assert {**job, "began": 0} == {
        "start": 12, "stop": 20, "began": 0, "ranks": 1, "to_solve": 8, "solved": 0
    }  # fmt: skip
    left = told["time_left"]
    assert 0 < left["low"] < left["seconds"] < left["high"]


def test_between_two_jobs_the_time_left_counts_from_the_next(sweep, capsys):
    now = time.time()
    sweep.begins(6, 12, number=3, at=now - 8, missing=4, from_parts=2)
    sweep.ends(6, 12, number=3, at=now - 1, solved=4)
    sweep.shard(6, 12)
    code, out, _ = status(capsys, "--config", "samples=20")
    assert code == 1
    last = out.splitlines()[-1]
    assert "12 of 20 samples, no running job, " in last
    assert " left (" in last and last.endswith(") once a job runs again")


def test_only_studies_of_the_configuration_are_named_where_one_is_unknown(capsys, monkeypatch):
    monkeypatch.chdir(Path(__file__).parents[3])
    code, _, err = status(capsys, "nosuch")
    studies = yaml.safe_load(Path("config.yaml").read_text(encoding="utf-8"))["studies"]
    assert code == 2
    assert err.endswith(f"there is no study 'nosuch'; studies are: {', '.join(studies)}\n")


def test_results_folder_that_is_not_there_is_all_missing(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("config.yaml").write_text(yaml.safe_dump(CONFIG), encoding="utf-8")
    code, out, _ = status(capsys)
    assert code == 1
    assert "0 of 12 samples, no running job" in out
    assert not Path("results").exists()


def test_nothing_is_written_set_aside_or_locked(sweep, capsys):
    path = sweep.folder.shard(6, 12)
    path.write_bytes(b"PAR1")
    sweep.folder.lock.touch()

    before = state_of(".")
    status(capsys)
    status(capsys, "--json")
    assert state_of(".") == before


def test_watching_ends_when_all_is_in_shards(sweep):
    process = subprocess.Popen(
        [PROGRAM, "status", "--watch", "1", "--json"], stdout=subprocess.PIPE, text=True
    )
    first = json.loads(process.stdout.readline())
    assert first["done"] == 8
    finish(sweep)
    others = [json.loads(line) for line in process.communicate(timeout=30)[0].splitlines()]
    assert process.returncode == 0
    assert others[-1]["complete"] and not any(told["complete"] for told in others[:-1])


def test_watching_on_a_terminal_is_drawn_anew_and_ends_quietly_with_ctrl_c(sweep):
    with Terminal("status", "--watch=1") as terminal:
        before = len(terminal.read_until("8 of 12"))
        sweep.part(6, 12, [8], number=3)
        text = terminal.read_until("9 of 12")
        assert "\x1b[" in text[before : text.index("9 of 12")]  # moves the cursor up
        terminal.process.send_signal(signal.SIGINT)
        rest = terminal.read_until()[len(text) :]
        assert terminal.process.wait(timeout=30) == 130
    assert "Traceback" not in rest and "\x1b[?25h" in rest  # the cursor is shown again


def test_narrow_terminal_keeps_its_rows(sweep, monkeypatch):
    config = {
        **CONFIG,
        "studies": {"a-study-of-a-very-long-name-indeed": CONFIG["studies"]["pair"]},
    }
    Path("config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    code, lines = on_screen(monkeypatch, 80, "status")
    assert code == 1
    assert all(f"m{word}\x1b" in lines[0] for word in ("done", "failed", "jobs"))  # none is cut
    assert lines[1].startswith("a-study-of-a-very-l…")
    assert lines[1].split()[1:] == ["0,", "0.001,", "0.5", "12", "0", "0", "%", "0", "12", "0"]


def test_terminal_narrower_than_a_table_has_lines_that_lose_no_number(sweep, monkeypatch):
    finish(sweep)
    code, lines = on_screen(monkeypatch, 20, "status")
    assert code == 0
    assert max(map(len, lines)) <= 20
    said = " ".join(" ".join(lines).split())
    assert "pair: η 0, 0.001, 0.5; samples 12; done 12, 100 %; failed 0; missing 0; jobs 0" in said
    assert re.search(
        r"pair: samples/s –; core-hours used 0\.02; core-hours left 0; disk \S+ kB", said
    )
    assert re.search(r"pair: at η 0\.5; P₁ 0\.\S+\); P₂ \S+; P₃ \S+; of samples 12 ", said)
    assert said.endswith("12 of 12 samples, all in shards")


def test_a_table_that_fits_stays_a_table_beside_one_that_does_not(sweep, monkeypatch):
    _, lines = on_screen(monkeypatch, 60, "status")
    text = "\n".join(lines)
    assert "pair: η 0, 0.001, 0.5; samples 12;" in text
    assert "pair           –           0.0133" in text


def test_time_left_is_told_with_its_range():
    assert time_left_text(Expected(720, 600, 900)) == "12 min left (10 min to 15 min)"
    assert time_left_text(Expected(3.1, 2.9, 3.4)) == "3 s left"
    assert time_left_text(Expected(0, 0, 0)) == "nothing left to solve"
