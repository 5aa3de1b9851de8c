"""The program `syncsweep`: exit codes, one line for every wrong call, and no traceback."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from messages import assert_messages
from program import CONFIG, PROGRAM, called, state_of
from studies import CHAIN, PAIR, block_of, changed, make_results, put_shard, rows_of

from syncsweep.cli import verify_command
from syncsweep.cli.main import parser
from syncsweep.environment import provenance

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    return make_results(tmp_path_factory.mktemp("made") / "results")


def run(*arguments, program=PROGRAM, environment=None):
    """The installed program, as a user calls it."""
    return subprocess.run(
        [program, *map(str, arguments)],
        capture_output=True,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1", **(environment or {})},
        timeout=120,
        check=False,
    )


def test_program_verifies_and_recomputes(results):
    done = run("verify", results, "--recompute", 3, "--seed", 7)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert re.fullmatch(
        r"recomputed: 3 of 30 rows \(seed 7\); largest difference \d\.\de-1\d of .*", lines[-2]
    )
    assert re.fullmatch("2 studies, 6 shards, 30 rows, [0-9]+ tables: all well", lines[-1])


def test_version_is_one_line_about_the_code_of_the_checkout():
    done = run("--version")
    code, of_git = provenance.code(), provenance.commit(ROOT)
    commit = "" if of_git == provenance.UNKNOWN else f", commit {of_git}"
    line = f"syncsweep {code['version']}, source {code['source']}{commit}\n"
    assert (done.returncode, done.stdout, done.stderr) == (0, line, "")


def test_version_of_a_copy_within_a_checkout_names_no_commit(tmp_path):
    """The repository around an environment is not that of the code in it."""
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    packages = tmp_path / "lib" / "python3" / "site-packages"
    shutil.copytree(ROOT / "src" / "syncsweep", packages / "syncsweep")
    done = run("--version", environment={"PYTHONPATH": str(packages)})
    line = f"syncsweep {provenance.code()['version']}, source {provenance.code()['source']}\n"
    assert (done.returncode, done.stdout, done.stderr) == (0, line, "")


def test_same_call_prints_the_same(results, capsys):
    calls = [called(capsys, "verify", results, "--recompute", 5) for _ in range(2)]
    assert calls[0] == calls[1]
    assert "(seed 0)" in calls[0][1]


def test_without_recompute_nothing_is_recomputed(results, capsys):
    code, out, err = called(capsys, "verify", results)
    assert (code, err) == (0, "")
    assert "recomputed" not in out


def test_more_rows_than_there_are_means_all(results, capsys):
    code, out, _ = called(capsys, "verify", results, "--recompute", 10**9)
    assert code == 0
    assert "recomputed: 30 of 30 rows" in out


def test_findings_make_the_exit_code_one(results, tmp_path, capsys):
    copy = shutil.copytree(results, tmp_path / "copy")
    path = block_of(copy, "pair", PAIR).shard(0, 2)
    path.write_bytes(path.read_bytes()[:-1])
    code, out, err = called(capsys, "verify", copy)
    assert (code, err) == (1, "")
    assert f"wrong: {path}: is damaged" in out
    assert out.endswith(": 1 finding\n")


def test_wrong_row_is_found_by_recomputing_only(tmp_path, capsys):
    rows = [changed(rows_of(CHAIN)[0], 1, s_d=1e-6 / 6.2832)]
    put_shard(tmp_path, "chain", CHAIN, rows, 0)
    assert called(capsys, "verify", tmp_path)[0] == 0
    code, out, _ = called(capsys, "verify", tmp_path, "--recompute", 3)
    assert code == 1
    assert "differs from its recomputation by 1.0e-06 in S_d" in out


def test_folder_is_named_as_in_a_configuration(results, monkeypatch, capsys):
    plain = called(capsys, "verify", results)
    monkeypatch.setenv("SCRATCH", str(results.parent))
    assert called(capsys, "verify", f"$SCRATCH/{results.name}") == plain
    assert plain[0] == 0
    _, _, err = called(capsys, "verify", "$SYNCSWEEP_UNSET/x")
    assert "the variable SYNCSWEEP_UNSET is not set" in err


#: The words of a call, and what its message must name: what was given and what is allowed.
WRONG_CALLS = [
    ("", "COMMAND"),
    ("verfy results", "'verfy'", "plan", "status", "verify"),
    ("verify", "RESULTS"),
    ("verify nowhere", "nowhere", "No such file"),
    ("verify file", "file", "directory"),
    ("verify empty", "empty", "results folder"),
    ("verify loop", "loop", "symbolic links"),
    ("verify results --deep", "--deep"),
    ("verify results --rec 3", "--rec"),
    ("verify results --recompute 1.5", "--recompute", "integer", "'1.5'"),
    ("verify results --recompute many", "--recompute", "integer", "'many'"),
    ("verify results results", "results"),
    ("status paar", "'paar'", "'pair'"),
    ("status --config smaples=3", "smaples", "'samples'"),
    ("status --config samples", "--config", "'samples'", "KEY=VALUE"),
    ("status --config samples=1 samples=2", "--config", "'samples'", "twice"),
    ("status --config 'studies={pair: {samples: 3, samples: 4}}'", "studies", "samples", "twice"),
    ("status --config results={", "--config", "results", "line 1"),
    ("status --config results=2025-99-99", "--config", "results", "YAML"),
    ("status --configfile nowhere.yaml", "nowhere.yaml", "No such file"),
    ("status --configfile config.yaml pair", "pair", "--configfile", "--config"),
    ("status --configfile config.yaml --config samples=3 pair", "'pair'", "--configfile"),
    ("status --watch pair", "--watch", "integer", "'pair'"),
    ("status --jsn", "--jsn"),
    ("plan piar", "'piar'", "pair"),
    ("plan --configfile none.yaml", "none.yaml", "No such file"),
    ("plan --configfile bad.yaml", "bad.yaml", "line 1"),
    ("plan --config samples=0", "samples", "0", "1"),
    ("plan --profile none", "none", "No such file"),
    ("plan --profile bad.yaml", "bad.yaml"),
    ("plan --cores some", "--cores", "integer", "'some'"),
    ("plan --calibrate 2 --no-calibration", "--calibrate", "--no-calibration"),
    ("plan --json --fragment config", "--json", "--fragment"),
    ("plan --fragment slurm", "--fragment", "'slurm'", "config", "profile"),
    ("plan --calib 2", "--calib"),
]


@pytest.fixture
def place(results, tmp_path, monkeypatch):
    """A working folder with a configuration and other things."""
    monkeypatch.chdir(tmp_path)
    Path("config.yaml").write_text(yaml.safe_dump(CONFIG), encoding="utf-8")
    Path("bad.yaml").write_text("[")
    Path("results").symlink_to(results)
    Path("file").touch()
    Path("empty").mkdir()
    Path("loop").symlink_to("loop")


def refusal(capsys, *words):
    """The message of a wrong call, which changes nothing."""
    before = state_of(".")
    code, out, err = called(capsys, *words)
    assert (code, out) == (2, ""), words
    assert len(err.splitlines()) == 1 and err.startswith("syncsweep") and "error: " in err
    assert state_of(".") == before
    # Which quotes stand around choices depends on Python's version.
    return re.sub(r"choose from .*\)", lambda found: found[0].replace("'", ""), err.strip())


@pytest.mark.usefixtures("place")
def test_wrong_call_is_one_line_and_exit_code_two(capsys, snapshot):
    cases = {call: (refusal(capsys, *shlex.split(call)), facts) for call, *facts in WRONG_CALLS}
    assert_messages(snapshot, cases)


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize(
    ("words", "fact"),
    [
        (("verify", "x" * 5000), "File name too long"),
        (("verify", "a\nb"), r"a\nb"),
        (("verify", "results", "--recompute", "9" * 5000), "--recompute"),
        (("verify", "results", "a\nb"), r"a\nb"),
    ],
    ids=range(4),
)
def test_strange_words_are_refused_in_one_line(capsys, words, fact):
    assert fact in refusal(capsys, *words)


@pytest.mark.parametrize(
    ("arguments", "least", "most"),
    [
        (("status", "--watch"), 1, 10**9),
        (("plan", "--cores"), 1, 10**9),
        (("plan", "--ranks"), 1, 10**9),
        (("plan", "--calibrate"), 1, 10**9),
        (("verify", "results", "--recompute"), 1, 10**9),
        (("verify", "results", "--seed"), 0, 2**63 - 1),
    ],
)
def test_integer_has_a_least_and_a_largest_value(arguments, least, most, capsys):
    for number in (least, most):
        parsed = parser().parse_args([*arguments, str(number)])
        assert number in vars(parsed).values()
    for number in (least - 1, most + 1, 10**25):
        code, _, err = called(capsys, *arguments[:-1], f"{arguments[-1]}={number}")
        assert code == 2
        assert f"{arguments[-1]}: must be an integer from {least} to {most}, not '{number}'" in err


def test_folder_that_may_not_be_entered_is_one_line(results, monkeypatch, capsys):
    def refused(_):
        raise PermissionError(13, "Permission denied", "else\nwhere")

    monkeypatch.setattr(verify_command, "_verify", refused)  # root may enter all
    code, out, err = called(capsys, "verify", results)
    assert (code, out) == (1, "")
    assert err.startswith("syncsweep: error: else") and len(err.splitlines()) == 1
    assert err.endswith("where: cannot be read (Permission denied)\n")


def test_folder_of_a_study_is_told_from_the_results_folder(results, capsys):
    code, _, err = called(capsys, "verify", results / f"pair-{PAIR.digest}")
    assert code == 2
    assert "is the folder of one study" in err


@pytest.mark.parametrize("command", [(), ("verify",)])
def test_help_is_printed_without_loading_the_libraries(command):
    done = run(*command, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("usage: syncsweep")
    assert "verify" in done.stdout
    code = (
        "import sys; from syncsweep.cli.main import parser; parser(); "
        "print('numpy' in sys.modules or 'pyarrow' in sys.modules)"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert loaded.stdout.strip() == "False"


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("verify", ["RESULTS", "--recompute K", "--seed S", "Exit codes: 0", "2 if"]),
        (
            "plan",
            ["--calibrate N", "--no-calibration", "--ranks R", "Exit codes: 0", "--fragment"],
        ),
        ("status", ["--watch [SECONDS]", "--json", "Exit codes: 0"]),
    ],
)
def test_help_explains_exit_codes_and_options(capsys, command, words):
    code, out, _ = called(capsys, command, "--help")
    assert code == 0
    assert all(word in out for word in words)
    assert max(map(len, out.splitlines())) <= 100


def test_terminal_without_greek_letters_gets_every_line(results, tmp_path):
    copy = shutil.copytree(results, tmp_path / "copy")
    for folder in (block_of(copy, "pair", PAIR).path, block_of(copy, "pair", PAIR).jobs):
        shutil.rmtree(folder)
    done = run("verify", copy, environment={"PYTHONIOENCODING": "ascii"})
    assert (done.returncode, done.stderr) == (0, "")
    assert r"holds no \u03b7-block" in done.stdout


def in_shell(call, **environment):
    """A call of the program in the words of a shell."""
    return run("-c", f"{PROGRAM} {call}", program="sh", environment=environment)


@pytest.fixture
def calls(results, tmp_path, monkeypatch):
    """A call of each sub-command, and its exit code where it can print."""
    study = {**CONFIG["studies"]["pair"], "samples": 2, "eta_blocks": [{"values": [0.1]}]}
    monkeypatch.chdir(tmp_path)
    text = yaml.safe_dump({**CONFIG, "studies": {"pair": study}})
    Path("config.yaml").write_text(text, encoding="utf-8")
    return {
        "help": ("--help", 0),
        "verify": (f"verify {results}", 0),
        "plan": ("plan --calibrate 1 --cores 1", 0),
        "status": ("status", 1),
    }


def told(done):
    """The lines on stderr but that of the trials."""
    return [line for line in done.stderr.splitlines() if not line.startswith("plan: solving")]


@pytest.mark.parametrize(
    ("name", "unbuffered"),
    # Without a buffer argparse itself passes over what it cannot write.
    [("help", ""), ("verify", "1"), ("plan", ""), ("status", ""), ("status", "1")],
)
def test_output_without_room_is_one_line_and_exit_code_one(calls, name, unbuffered):
    done = in_shell(f"{calls[name][0]} >/dev/full", PYTHONUNBUFFERED=unbuffered)
    assert told(done) == ["syncsweep: error: cannot write the output (No space left on device)"]
    assert done.returncode == 1


@pytest.mark.parametrize("name", ["help", "verify"])
def test_output_and_errors_without_room_have_exit_code_one(calls, name):
    """And not 120, which would be of Python, which tries again at its end."""
    done = in_shell(f"{calls[name][0]} >/dev/full 2>&1", PYTHONUNBUFFERED="")
    assert done.returncode == 1


@pytest.mark.parametrize(
    ("name", "closed"),
    [
        *(("help", closed) for closed in (">&-", "2>&-", "<&- >&- 2>&-")),
        ("verify", "2>&-"),
        ("status", ">&-"),
        ("plan", "<&- >&- 2>&-"),
    ],
)
def test_closed_streams_change_neither_output_nor_exit_code(calls, name, closed):
    call, code = calls[name]
    done = in_shell(f"{call} {closed}")
    assert (done.returncode, told(done)) == (code, [])
    assert bool(done.stdout) == (">&-" not in closed.split())


def test_reader_that_stops_early_sees_no_traceback(results):
    assert in_shell(f"verify {results} | true").stderr == ""


@pytest.mark.parametrize(
    "module", ["argparse", "syncsweep.cli.parser", "syncsweep.cli.status_command"]
)
def test_ctrl_c_while_the_program_is_loaded_ends_it_quietly(module):
    code = f"""
import sys

class Interrupted:
    @staticmethod
    def find_spec(name, *_):
        if name == "{module}":
            raise KeyboardInterrupt

sys.meta_path.insert(0, Interrupted)
from syncsweep.cli.main import main
sys.exit(main(["--help"]))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")
