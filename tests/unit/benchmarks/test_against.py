"""The bench against another commit: its copy and environment, what is counted, and its table."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import against, builds
from benchmarks.runs import BenchError, spent

ROOT = Path(__file__).parents[3]

GOOD = {row.key: 0.5 * (row.limit or 1) for row in against.ROWS}


def content(**reached):
    """What `run` returns: for each row a ratio, or the new value where the limit is for that."""
    rows = {}
    for row in against.ROWS:
        value = (GOOD | reached)[row.key] * (2 if row.of_ratio else 1)
        rows[row.key] = {"old": [2.0] * 3, "new": [value] * 3}
    return {"quick": False, "commits": {"old": "a" * 40, "new": "b" * 40}, "rows": rows}


@pytest.mark.parametrize("missed", [None, *against.ROWS], ids=lambda row: row and row.key)
def test_table_shows_every_row_and_says_which_targets_are_missed(missed):
    worse = {} if missed is None else {missed.key: 2 * (missed.limit or 1)}
    lines = against.table(content(**worse)).splitlines()[2:]
    for line, row in zip(lines, against.ROWS, strict=True):
        assert line.startswith(row.what)
        assert line.endswith("missed") == (row == missed and row.limit is not None)


def test_a_ratio_is_of_one_turn_and_their_median_counts():
    found = content()
    # The machine is half as fast in the second turn.
    found["rows"] = {"pair": {"old": [1.0, 2.0, 1.0], "new": [0.1, 0.2, 0.3]}}
    (line,) = against.table(found).splitlines()[2:]
    assert "0.100 (0.100, 0.300)" in line and not line.endswith("missed")


def test_every_case_has_turns_and_a_row():
    assert all({case, "figures"} & {row.key for row in against.ROWS} for case in against.CASES)
    assert all(0 < study.few <= study.many for study in against.STUDIES.values())


def test_a_command_is_charged_with_what_it_starts(tmp_path):
    work = (
        "import time; memory = b'x' * 2**27\n"
        "while time.process_time() < 0.2: pass\n"
        "open('here', 'w').close()"
    )
    started = f"import subprocess; subprocess.run([{sys.executable!r}, '-c', {work!r}])"
    found = spent([sys.executable, "-c", started], tmp_path, sys.executable)
    assert found.cpu >= 0.2 and found.wall > 0 and 0.125 < found.peak < 10
    assert (tmp_path / "here").exists()


def test_a_command_that_fails_is_one_line(tmp_path):
    command = ["sh", "-c", "echo one >&2; echo two >&2; exit 3"]
    with pytest.raises(BenchError, match=r"^sh ended with exit code 3: two$"):
        spent(command, tmp_path, sys.executable)


def test_both_launches_solve_other_samples_in_each_turn(tmp_path, monkeypatch):
    study = replace(against.STUDIES["pair"], few=2, many=5)
    monkeypatch.setattr(against, "STUDIES", {"pair": study})
    build = builds.here(ROOT)
    against._prepare(build, ROOT, tmp_path, ["pair"])
    for turn in range(2):
        assert set(against._measure("pair", build, tmp_path, turn, quick=True)) == {"pair"}
    shards = sorted(path.stem for path in tmp_path.glob("results/pair-*/eta-*/*.parquet"))
    ranges = [tuple(map(int, shard.split("-")[1:])) for shard in shards]
    assert ranges == [(0, 1), (1, 3), (3, 8), (8, 10), (10, 15)]


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A repository of two commits: `good` has an environment, `bad` has none that can be built."""
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "A")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "a@example.org")
    root = tmp_path / "project"
    root.mkdir()

    def git(*arguments):
        subprocess.run(["git", "-C", str(root), *arguments], check=True, capture_output=True)

    git("init", "--quiet")
    for tag, recipe in (("good", "echo made >> made"), ("bad", "echo reason >&2; exit 1")):
        (root / "Makefile").write_text(f"env:\n\t{recipe}\n", encoding="utf-8")
        git("add", ".")
        git("commit", "--quiet", "-m", tag)
        git("tag", tag)
    return root


def test_another_commit_is_built_once(project, tmp_path):
    built = builds.other(project, "good", tmp_path / "commits")
    assert (built.root / "made").exists()
    assert [path.name for path in (tmp_path / "commits").iterdir()] == [built.commit[:12]]
    (built.root / "kept").touch()
    assert builds.other(project, "good", tmp_path / "commits") == built
    assert (built.root / "kept").exists()
    assert Path(built.python).is_relative_to(built.root)


@pytest.mark.parametrize("ref", ["nonesuch", "", "-x", "good:Makefile", "two\nlines"])
def test_a_commit_that_git_does_not_know_is_one_line(project, tmp_path, ref):
    with pytest.raises(BenchError, match=r"^--against [^\n]*no such commit[^\n]*$"):
        builds.other(project, ref, tmp_path / "commits")
    assert not (tmp_path / "commits").exists()


def test_a_folder_without_git_is_one_line(tmp_path):
    with pytest.raises(BenchError, match=r"^--against main: [^\n]*not a git repository[^\n]*$"):
        builds.other(tmp_path, "main", tmp_path / "commits")


def test_a_machine_without_git_is_one_line(project, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BenchError, match=r"^--against needs Git: [^\n]*$"):
        builds.other(project, "good", tmp_path / "commits")


def test_an_environment_that_is_not_built_is_one_line_and_is_tried_again(project, tmp_path):
    for _ in range(2):
        with pytest.raises(
            BenchError, match=r"^--against bad: its environment was not built[^\n]*$"
        ):
            builds.other(project, "bad", tmp_path / "commits")


def test_script_ends_in_one_line_without_traceback(tmp_path):
    command = [
        sys.executable,
        "-m",
        "benchmarks",
        "--output",
        str(tmp_path),
        "--against",
        "nonesuch",
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=os.environ)
    assert done.returncode == 1
    assert done.stderr.startswith("error: --against nonesuch: ") and done.stderr.count("\n") == 1
