"""Programs of the package that run the user's own code, each in a separate process.

That code may end its process, hang, or close its streams. None of this affects the process here.
Such a program is a module with a function that it passes to `serve`.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from syncsweep.config.messages import ConfigError
from syncsweep.wording import one_line

#: How often a program looks whether who started it is there [s].
_LOOK_SECONDS = 1.0

#: With this variable, all Python processes iterate over a set of text in the same order. Python
#: reads it when it starts. So draws that depend on this order are the same in all processes.
HASH_SEED = {"PYTHONHASHSEED": "0"}

#: The answer of a program that failed.
ERROR = "error"


@contextmanager
def started(module: str, variables: Mapping[str, str] = {}) -> Iterator[subprocess.Popen[str]]:
    """Start a program with additional environment variables.

    It ends with the context, or when this process ends.
    """
    with subprocess.Popen(
        [sys.executable, "-P", "-m", module],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, **HASH_SEED, **variables},
    ) as program:
        try:
            yield program
        finally:
            program.kill()


def ask(program: subprocess.Popen[str], request: Any) -> Iterator[dict[str, Any]]:
    """Send a program its request, as JSON, and give what it answers as it comes."""
    assert program.stdin and program.stdout
    # Where it has ended already, its exit code says how.
    with suppress(BrokenPipeError), program.stdin as pipe:
        pipe.write(json.dumps(request))
    for line in program.stdout:
        yield json.loads(line)


def end_of(program: subprocess.Popen[str]) -> str:
    """How a program ended that has: `SIGKILL`, or `exit code 1`."""
    code = program.wait()
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"


def serve(answer: Callable[[Any, Callable[..., None]], None]) -> None:
    """Be such a program: call `answer` with the request and with what sends an answer.

    A failure is answered as the error, in one line. Nothing else that is printed gets out.
    """
    # It is not Ctrl-C that ends this, but who started it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    request = json.load(sys.stdin)
    output = os.dup(sys.stdout.fileno())
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)

    def say(**said: Any) -> None:
        os.write(output, f"{json.dumps(said)}\n".encode())

    try:
        answer(request, say)
    except BaseException as error:  # also what the user's own code raises
        say(**{ERROR: _words(error)})


def _words(error: BaseException) -> str:
    try:
        said = str(error)
    except BaseException:  # it may be the user's own, and fail in whatever way
        said = ""
    if not isinstance(error, ConfigError):
        said = f"{type(error).__name__}: {said}".removesuffix(": ")
    return one_line(said)


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOK_SECONDS)
    os._exit(1)
