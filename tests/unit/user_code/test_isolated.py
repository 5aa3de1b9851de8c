"""Programs beside this process: what they answer, and when they end."""

import subprocess
import sys
import textwrap
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest

from syncsweep.user_code import isolated

ECHO = """
    from syncsweep.user_code import isolated

    def answer(request, say):
        print("not an answer")
        for word in request:
            say(word=word)
        {end}

    isolated.serve(answer)
"""


@pytest.fixture
def program(tmp_path, monkeypatch):
    """Start a program of this name that answers with the words of its request, and then ends so."""
    with ExitStack() as stack:

        def start(name, end="pass"):
            (tmp_path / f"{name}.py").write_text(textwrap.dedent(ECHO.format(end=end)))
            monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=":")
            return stack.enter_context(isolated.started(name))

        yield start


def test_answers_come_one_by_one_and_alone(program):
    echo = program("echo")
    assert list(isolated.ask(echo, ["a", "b\n"])) == [{"word": "a"}, {"word": "b\n"}]
    assert isolated.end_of(echo) == "exit code 0"


@pytest.mark.parametrize(
    ("end", "said"),
    [
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("raise type('E', (Exception,), {'__str__': lambda self: 1 / 0})", "E"),
        ("raise ValueError('two\\nlines')", "ValueError: two lines"),
    ],
)
def test_a_failure_is_the_last_answer_in_one_line(program, end, said):
    (error,) = isolated.ask(program("fails", end), [])
    assert error == {isolated.ERROR: said}


def test_a_program_that_is_gone_answers_nothing(program):
    gone = program("gone")
    gone.kill()
    gone.wait()
    assert list(isolated.ask(gone, ["a" * 10**6])) == []
    assert isolated.end_of(gone) == "SIGKILL"


def test_a_program_ends_with_who_started_it(tmp_path):
    Path(tmp_path, "sleeper.py").write_text(
        "import time\nfrom syncsweep.user_code import isolated\n"
        "isolated.serve(lambda _, say: (say(serves=1), time.sleep(60)))\n"
    )
    starter = (
        f"import sys, os; os.environ['PYTHONPATH'] = {str(tmp_path)!r} + ':' + "
        "os.environ.get('PYTHONPATH', '')\n"
        "from syncsweep.user_code import isolated\nwith isolated.started('sleeper') as p:\n"
        " for _ in isolated.ask(p, []): print(p.pid, flush=True)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", starter], stdout=subprocess.PIPE, text=True)
    sleeper = psutil.Process(int(process.stdout.readline()))
    assert sleeper.is_running()
    process.kill()
    process.communicate()
    sleeper.wait(timeout=20)
