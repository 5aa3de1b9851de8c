"""Code of the user's own is checked in another process, which it may spoil as it likes."""

import os
import subprocess
import sys
import time
from pathlib import Path

import own_study
import pytest
from own_study import TEXT, configured

from syncsweep.config.configuration import parse
from syncsweep.config.messages import ConfigError
from syncsweep.user_code import isolated, process


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """The working folder, with the file of the study in it."""
    monkeypatch.chdir(tmp_path)
    write()


def write(statement="", head=""):
    """Write the file of the study, with a statement in its model."""
    text = TEXT.replace("    z = on", f"    {statement}\n    z = on") if statement else TEXT
    Path("mine.py").write_text(f"import os, sys\n{head}\n{text}", encoding="utf-8")


def check(statement="", head=""):
    """Check a study whose model has this statement in it."""
    write(statement, head)
    return process.check(parse(configured()), "mine")


def test_what_can_be_swept_gives_no_note():
    assert check() == []
    assert process.check(parse(configured("model", {"name": "spin1_chain"})), "mine") == []


def test_a_study_that_is_not_made_by_default_is_checked_too():
    data = configured("by_default", False)
    data["studies"]["pair"] = {**own_study.STUDY, "model": {"name": "spin_half_pair"}}
    assert process.check(parse(data), "mine") == []


def test_a_large_model_gives_its_note():
    large = (
        "return sum(on_each_site(sx, spins)) + sum(z @ z for z in on_each_site(sz, spins)), "
        "[m for z in on_each_site(sz, spins) for m in (z, z @ z + on_each_site(sx, spins)[0])]"
    )
    config = configured("model", {"name": "own", "file": "mine.py", "spins": [1, 1, 1, 1]})
    write(large)
    (note,) = process.check(parse(config), "mine")
    assert note.startswith("studies.mine: did not check whether coherences oscillate undamped")


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("raise ValueError('wrong')", "studies.mine: mine.py, line 10: ValueError: wrong"),
        ("raise KeyboardInterrupt", "studies.mine: mine.py: KeyboardInterrupt"),
        ("sys.exit('bye')", "studies.mine: mine.py, line 10: SystemExit: bye"),
        (
            "os.kill(os.getpid(), 9)",
            "studies.mine: mine.py: the code ended its process (SIGKILL) during the check",
        ),
        (
            "os.closerange(0, 99); os._exit(3)",
            "studies.mine: mine.py: the code ended its process (exit code 3) during the check",
        ),
    ],
)
def test_whatever_the_code_does_is_told_in_one_line(statement, says):
    with pytest.raises(ConfigError) as caught:
        check(statement)
    assert str(caught.value) == says


def test_what_it_prints_and_where_it_goes_stays_there(capfd, monkeypatch):
    monkeypatch.setattr(process, "_PATIENCE", 600)
    here = os.getcwd()
    assert check("print('a'); os.system('echo b'); os.chdir('/'); sys.stdin.read()") == []
    assert capfd.readouterr() == ("", "") and os.getcwd() == here


def test_threads_that_it_leaves_are_not_waited_for():
    began = time.monotonic()
    thread = "import threading, time; threading.Thread(target=time.sleep, args=(60,)).start()"
    assert check(head=thread) == []
    assert time.monotonic() - began < 50


def test_a_check_that_takes_long_is_told(capfd, monkeypatch):
    monkeypatch.setattr(process, "_PATIENCE", 0.01)
    assert check() == []
    said = "studies.mine: mine.py: the check still runs; Ctrl-C ends it\n"
    assert capfd.readouterr() == ("", said)


def test_code_that_changed_since_it_was_read_is_not_checked_in_its_place():
    config = parse(configured())
    write("x = 1")
    with pytest.raises(ConfigError, match=r"^studies\.mine: its code has just changed; run this"):
        process.check(config, "mine")


#: Spins under perturbations whose strength is drawn in whatever way.
STRENGTH = """import numpy as np, os
from syncsweep.physics.spins import on_each_site, sz
{head}
def perturbation(rng, spins):
    strength = {strength}
    m = rng.standard_normal((6, 6))
    return strength * (m + m.T), [m]
"""


def drawn_with(strength, head=""):
    """The configuration of an ensemble with this strength, in random.py."""
    Path("random.py").write_text(STRENGTH.format(strength=strength, head=head), encoding="utf-8")
    return parse(configured("ensemble", {"file": "random.py"}))


@pytest.mark.parametrize(
    ("strength", "head"),
    [
        ("SEED", "SEED = 1 + os.getpid()"),
        (
            "1 + [term.size for term in TERMS].index(0) + 10 * next(iter(TERMS)).size",
            "class Term:\n    def __init__(self, size): self.size = size\n"
            "TERMS = {Term(size) for size in range(200)}",
        ),
        # Two calls with the same rng agree, but the draws depend on the order of the samples.
        (
            "STATE.setdefault(rng.integers(2**60), len(STATE))",
            "STATE = {}",
        ),
    ],
    ids=["process", "order of objects", "order of samples"],
)
def test_draws_that_differ_between_processes_are_refused(strength, head):
    with pytest.raises(ConfigError) as caught:
        process.check(drawn_with(strength, head), "mine")
    said = str(caught.value)
    assert said.startswith(
        "studies.mine: random.py: perturbation() returns different operators in ano"
    )
    assert said.isprintable()


def test_a_model_that_differs_between_processes_is_refused():
    with pytest.raises(ConfigError, match=r"^studies.mine: mine.py: model\(\) returns different"):
        check("omega = 1 + os.getpid()")


def test_draws_may_follow_the_order_of_a_set_of_text():
    """The two processes of a check and all ranks have the same order; other processes do not."""
    follows = "next(iter({'x', 'y', 'z', 'exchange', 'field'})).__len__() + hash('x') % 997"
    config = drawn_with(follows)
    assert process.check(config, "mine") == []
    program = """if True:
        from own_study import configured
        from syncsweep.config.configuration import parse
        from syncsweep.sample.sample_solver import SampleSolver
        config = parse(configured("ensemble", {"file": "random.py"}))
        print(SampleSolver(config.physics("mine"), (1.0,)).rows(0).s_d.tolist())
    """
    tests = os.path.dirname(own_study.__file__)
    seeds = [isolated.HASH_SEED["PYTHONHASHSEED"], "1"]
    rows = [
        subprocess.run(
            [sys.executable, "-P", "-c", program],
            env={**os.environ, "PYTHONPATH": tests, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in seeds
    ]
    assert rows[0] != rows[1]
