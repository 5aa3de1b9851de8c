"""The program `syncsweep`: exit codes, one line for every wrong call, and no traceback."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from messages import assert_messages
from studies import CHAIN, PAIR, block_of, changed, make_results, put_shard, rows_of

from syncsweep.cli import verify_command as verify
from syncsweep.cli.main import main, parser


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    return make_results(tmp_path_factory.mktemp("made") / "results")


def run(*arguments, **options):
    """The installed program, as a user calls it."""
    program = Path(sys.executable).with_name("syncsweep")
    environment = {**os.environ, "OMP_NUM_THREADS": "1", **options.pop("environment", {})}
    return subprocess.run(
        [program, *map(str, arguments)],
        capture_output=True,
        text=True,
        env=environment,
        timeout=120,
        check=False,
        **options,
    )


def called(capsys, *arguments):
    """Exit code, stdout and stderr of a call in this process."""
    try:
        code = main(list(map(str, arguments)))
    except SystemExit as end:
        code = end.code
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def test_program_verifies_and_recomputes(results):
    done = run("verify", results, "--recompute", 3, "--seed", 7)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert re.fullmatch(
        r"recomputed: 3 of 30 rows \(seed 7\), largest difference \d\.\de-1\d of .*", lines[-2]
    )
    assert re.fullmatch("2 studies, 6 shards, 30 rows, [0-9]+ tables: all well", lines[-1])


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


#: A call, and what its message must name: what was given and what is allowed.
WRONG_CALLS = {
    "no command": ((), "COMMAND"),
    "unknown command": (("verfy", "RESULTS"), "'verfy'", "plan", "status", "verify"),
    "no folder": (("verify",), "RESULTS"),
    "folder that is not there": (("verify", "nowhere"), "nowhere", "No such file"),
    "file": (("verify", "file"), "file", "directory"),
    "empty folder": (("verify", "empty"), "empty", "results folder"),
    "link to itself": (("verify", "loop"), "loop", "symbolic links"),
    "name too long": (("verify", "x" * 5000), "name too long"),
    "name in two lines": (("verify", "a\nb"), r"a\nb", "No such file"),
    "unknown option": (("verify", "results", "--deep"), "--deep"),
    "abbreviation": (("verify", "results", "--rec", "3"), "--rec"),
    "no rows": (("verify", "results", "--recompute", "0"), "--recompute", "1", "'0'"),
    "negative": (("verify", "results", "--recompute", "-3"), "--recompute", "1", "'-3'"),
    "fraction": (("verify", "results", "--recompute", "1.5"), "--recompute", "integer", "'1.5'"),
    "no number": (("verify", "results", "--recompute", "many"), "--recompute", "'many'"),
    "number of very many digits": (("verify", "results", "--recompute", "9" * 5000), "integer"),
    "more rows than are counted": (
        ("verify", "results", "--recompute", "1000000001"),
        *("--recompute", "1000000000", "'1000000001'"),
    ),
    "negative seed": (("verify", "results", "--seed", "-1"), "--seed", "0", "'-1'"),
    "two folders": (("verify", "results", "results"), "results"),
    "two lines": (("verify", "results", "a\nb"), r"a\nb"),
}


def test_wrong_call_is_one_line_and_exit_code_two(results, tmp_path, monkeypatch, capsys, snapshot):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "results").symlink_to(results)
    (tmp_path / "file").touch()
    (tmp_path / "empty").mkdir()
    (tmp_path / "loop").symlink_to("loop")
    cases = {}
    for name, (arguments, *facts) in WRONG_CALLS.items():
        code, out, err = called(capsys, *arguments)
        assert (code, out) == (2, "") and err.startswith("syncsweep") and "error: " in err, name
        said = re.sub(r"(.)\1{99,}", r"\1\1\1", err.removesuffix("\n"))
        # Which quotes stand there depends on Python's version.
        said = re.sub(r"choose from .*\)", lambda choice: choice[0].replace("'", ""), said)
        cases[name] = said, facts
    assert_messages(snapshot, cases)


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

    monkeypatch.setattr(verify, "_verify", refused)  # root may enter all
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


def test_help_of_verify_explains_its_exit_codes_and_options(capsys):
    code, out, _ = called(capsys, "verify", "--help")
    assert code == 0
    for word in ("RESULTS", "--recompute K", "--seed S", "Exit code: 0", "2 if"):
        assert word in out
    assert max(map(len, out.splitlines())) <= 100


def test_terminal_without_greek_letters_gets_every_line(results, tmp_path):
    copy = shutil.copytree(results, tmp_path / "copy")
    shutil.rmtree(block_of(copy, "pair", PAIR).path)
    done = run("verify", copy, environment={"PYTHONIOENCODING": "ascii"})
    assert (done.returncode, done.stderr) == (0, "")
    assert r"holds no \u03b7-block" in done.stdout


def in_shell(call, **environment):
    """A call of the program in the words of a shell."""
    program = Path(sys.executable).with_name("syncsweep")
    return subprocess.run(
        f"{program} {call}",
        shell=True,
        capture_output=True,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1", **environment},
        timeout=120,
        check=False,
    )


@pytest.fixture
def calls(results, tmp_path, monkeypatch):
    """A call of each sub-command that is all well, as it is with an output that takes it."""
    config = {
        "results": "results",
        "root_seed": 1,
        "ranks": 1,
        "studies": {
            "pair": {
                "model": {"name": "spin_half_pair"},
                "samples": 2,
                "eta_blocks": [{"values": [0.1]}],
                "analysis": {"s_max_bins": {"low": 1e-5, "high": 1.0, "count": 5}},
            }
        },
    }
    monkeypatch.chdir(tmp_path)
    Path("config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    return {
        "help": "--help",
        "verify": f"verify {results}",
        "plan": "plan --calibrate 1",
        "status": "status",
        "json": "status --json",
    }


def told(done):
    """The lines on stderr but that of the trials."""
    return [line for line in done.stderr.splitlines() if not line.startswith("plan: trials")]


@pytest.mark.parametrize("name", ["help", "verify", "plan", "status", "json"])
def test_output_without_room_is_one_line_and_exit_code_one(calls, name):
    # Without a buffer argparse itself passes over what it cannot write.
    for unbuffered in ["", "1"] if name != "help" else [""]:
        done = in_shell(f"{calls[name]} >/dev/full", PYTHONUNBUFFERED=unbuffered)
        assert told(done) == ["syncsweep: error: cannot write the output (No space left on device)"]
        assert done.returncode == 1
        # Where that line has no room either, 120 would be of Python, which tries again at its end.
        done = in_shell(f"{calls[name]} >/dev/full 2>&1", PYTHONUNBUFFERED=unbuffered)
        assert done.returncode == 1


@pytest.mark.parametrize("name", ["help", "verify", "plan", "status", "json"])
def test_closed_streams_change_neither_output_nor_exit_code(calls, name):
    open_ = in_shell(calls[name])
    done = in_shell(f"{calls[name]} >&-")
    assert (done.returncode, told(done)) == (open_.returncode, [])
    done = in_shell(f"{calls[name]} 2>&-")
    assert done.returncode == open_.returncode
    assert done.stdout[:12] == open_.stdout[:12] != ""
    assert in_shell(f"{calls[name]} <&- >&- 2>&-").returncode == open_.returncode


def test_reader_that_stops_early_sees_no_traceback(results):
    program = Path(sys.executable).with_name("syncsweep")
    done = subprocess.run(
        f"{program} verify {results} | true", shell=True, capture_output=True, text=True
    )
    assert done.stderr == ""


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
from syncsweep.cli.main import main, parser
sys.exit(main(["--help"]))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")
