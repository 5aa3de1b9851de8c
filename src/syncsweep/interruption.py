"""What an interrupt does to a run of Snakemake: it ends soon, in plain words, and leaves no lock.

An interrupt is Ctrl-C (SIGINT), or that the terminal is closed (SIGHUP).

Snakemake itself prints a traceback before its first job and at a second interrupt. One that reaches
its process alone, as `kill -INT` does, would leave the ranks at work until their shards are whole.
"""

from __future__ import annotations

import os
import signal
import stat
import sys
from pathlib import Path
from types import FrameType
from typing import NoReturn

_INTERRUPTS = (signal.SIGINT, signal.SIGHUP)

#: What the ranks of a shard run.
_WORKER = "solve_shard.py"


def heed() -> None:
    """Have an interrupt end a run that has no jobs yet."""
    _on_interrupt(_end)


def heed_with_jobs() -> None:
    """Have an interrupt end a run and its ranks, which keep what they have solved."""
    _on_interrupt(_end_jobs)


def _on_interrupt(handler: signal._HANDLER) -> None:
    # A shell has what it starts with `&` ignore Ctrl-C, and `nohup` the end of the terminal.
    for number in _INTERRUPTS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, handler)


def _end(number: int, _frame: FrameType | None) -> NoReturn:
    _on_interrupt(signal.SIG_IGN)
    _leave_closed_terminal()
    print("stopped before the first job", file=sys.stderr)
    sys.exit(128 + number)  # as a shell has it


def _end_jobs(_number: int, _frame: FrameType | None) -> NoReturn:
    _on_interrupt(_say_again)
    _leave_closed_terminal()
    _end_ranks()
    raise KeyboardInterrupt


def _say_again(_number: int, _frame: FrameType | None) -> None:
    _leave_closed_terminal()
    print("stopping already: the jobs at work are about to end", file=sys.stderr)


def _leave_closed_terminal() -> None:
    """Send nowhere what is still written to a closed terminal: writing to that would fail."""
    for stream in (1, 2):
        if stat.S_ISCHR(os.fstat(stream).st_mode) and not os.isatty(stream):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream)


def _end_ranks() -> None:
    """Ask the ranks on this machine to stop after the sample in hand."""
    import psutil

    for process in psutil.Process().children(recursive=True):
        try:
            program, *arguments = process.cmdline() or [""]
            is_rank = Path(program).name.startswith("python")
            if is_rank and any(Path(argument).name == _WORKER for argument in arguments):
                process.terminate()
        except psutil.Error:  # it has just ended
            continue
