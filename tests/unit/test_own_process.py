"""Code of the user's own is checked in another process, which it may spoil as it likes."""

import os
import time

import pytest
from own_study import TEXT, configured

from syncsweep import own_process
from syncsweep.config import parse
from syncsweep.config_messages import ConfigError


@pytest.fixture
def check(tmp_path, monkeypatch):
    """Check a study whose model has this statement in it."""
    monkeypatch.chdir(tmp_path)

    def run(statement="", head=""):
        text = TEXT.replace("    z = on", f"    {statement}\n    z = on") if statement else TEXT
        (tmp_path / "mine.py").write_text(f"import os, sys\n{head}\n{text}", encoding="utf-8")
        return own_process.check(parse(configured()), "mine")

    return run


def test_what_can_be_swept_gives_no_note(check):
    assert check() == []
    assert own_process.check(parse(configured("model", {"name": "spin1_chain"})), "mine") == []


def test_a_large_model_gives_its_note(check, monkeypatch):
    large = (
        "return sum(on_each_site(sx, spins)) + sum(z @ z for z in on_each_site(sz, spins)), "
        "[m for z in on_each_site(sz, spins) for m in (z, z @ z + on_each_site(sx, spins)[0])]"
    )
    config = configured("model", {"name": "own", "file": "mine.py", "spins": [1, 1, 1, 1]})
    check()
    with open("mine.py", "w", encoding="utf-8") as file:
        file.write(TEXT.replace("    z = on", f"    {large}\n    z = on"))
    (note,) = own_process.check(parse(config), "mine")
    assert note.startswith("studies.mine: whether coherences oscillate undamped was not checked")


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("raise ValueError('wrong')", "studies.mine: mine.py, line 10: ValueError: wrong"),
        ("raise KeyboardInterrupt", "studies.mine: mine.py: KeyboardInterrupt"),
        ("raise GeneratorExit", "studies.mine: mine.py, line 10: GeneratorExit"),
        ("sys.exit('bye')", "studies.mine: mine.py, line 10: SystemExit: bye"),
        (
            "os._exit(0)",
            "studies.mine: mine.py: the code ended its process (exit code 0) when it was checked",
        ),
        (
            "os.kill(os.getpid(), 9)",
            "studies.mine: mine.py: the code ended its process (SIGKILL) when it was checked",
        ),
        (
            "os.closerange(0, 99); os._exit(3)",
            "studies.mine: mine.py: the code ended its process (exit code 3) when it was checked",
        ),
    ],
)
def test_whatever_the_code_does_is_told_in_one_line(check, statement, says):
    with pytest.raises(ConfigError) as caught:
        check(statement)
    assert str(caught.value) == says


def test_what_it_prints_and_where_it_goes_stays_there(check, capfd):
    here = os.getcwd()
    assert check("print('a'); os.system('echo b'); os.chdir('/'); sys.stdin.read()") == []
    assert capfd.readouterr() == ("", "") and os.getcwd() == here


def test_threads_that_it_leaves_are_not_waited_for(check):
    began = time.monotonic()
    thread = "import threading, time; threading.Thread(target=time.sleep, args=(60,)).start()"
    assert check(head=thread) == []
    assert time.monotonic() - began < 50


def test_a_check_that_takes_long_is_told(check, capfd, monkeypatch):
    monkeypatch.setattr(own_process, "_PATIENCE", 0.5)
    assert check("__import__('time').sleep(1)") == []
    said = "studies.mine: mine.py: still being checked; Ctrl-C ends it\n"
    assert capfd.readouterr() == ("", said)


def test_code_that_changed_since_it_was_read_is_not_checked_in_its_place(check):
    check()
    config = parse(configured())
    with open("mine.py", "a", encoding="utf-8") as file:
        file.write("x = 1\n")
    with pytest.raises(ConfigError, match=r"^studies\.mine: its code has just changed; run the"):
        own_process.check(config, "mine")
