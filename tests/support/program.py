"""The program `syncsweep`: called in this process, as a program of its own, and on a terminal."""

import io
import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path

from studies import ETAS, PAIR

from syncsweep.cli.main import main

PROGRAM = Path(sys.executable).with_name("syncsweep")

ANALYSIS = {"s_max_bins": {"low": 1e-5, "high": 1.0, "count": 5}}

#: A configuration of the pair of `studies`, and of a study that is not made by default.
CONFIG = {
    "results": "results",
    "root_seed": PAIR.root_seed,
    "ranks": 2,
    "studies": {
        "pair": {
            "model": {"name": "spin_half_pair"},
            "samples": 12,
            "chunk_size": 6,
            "eta_blocks": [{"values": list(ETAS)}],
            "analysis": ANALYSIS,
        },
        "later": {
            "by_default": False,
            "model": {"name": "spin1_chain", "n_sites": 2},
            "samples": 10**6,
            "eta_blocks": [{"first": 0.01, "last": 10, "per_decade": 1, "limit": True}],
            "analysis": ANALYSIS,
        },
    },
}


def called(capsys, *arguments):
    """Exit code, stdout and stderr of a call in this process."""
    try:
        code = main(list(map(str, arguments)))
    except SystemExit as end:
        code = end.code
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def state_of(folder):
    """Which files there are, and whether anything has touched them."""
    found = {path: path.lstat() for path in Path(folder).rglob("*")}
    return {path: (s.st_ino, s.st_size, s.st_ctime_ns) for path, s in found.items()}


class Screen(io.StringIO):
    """Takes what is printed on a terminal of so many columns, in this process."""

    def isatty(self):
        return True


def on_screen(monkeypatch, columns, *arguments):
    """Exit code and lines of a call in this process, on a terminal of so many columns."""
    for name, value in {"TERM": "xterm", "COLUMNS": str(columns), "LINES": "30"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "stdout", screen := Screen())
    code = main(list(arguments))
    return code, screen.getvalue().split("\n")


class Terminal:
    """A call as a program of its own on a terminal; text: all that was on it so far."""

    def __init__(self, *arguments, **streams):
        """streams: those that are not the terminal's."""
        self._leader, follower = pty.openpty()
        streams = dict.fromkeys(("stdin", "stdout", "stderr"), follower) | streams
        environment = {**os.environ, "TERM": "xterm", "COLUMNS": "80", "LINES": "30"}
        self.process = subprocess.Popen([PROGRAM, *arguments], env=environment, **streams)
        os.close(follower)
        self.text = ""

    def read_until(self, words="nothing more comes"):
        """Read up to some words, or to the end of the process."""
        deadline = time.monotonic() + 60
        while words not in self.text and time.monotonic() < deadline:
            if select.select([self._leader], [], [], 0.1)[0]:
                try:
                    self.text += os.read(self._leader, 65536).decode()
                except OSError:  # the other end is closed
                    break
            elif self.process.poll() is not None:
                break
        return self.text

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()
        os.close(self._leader)
