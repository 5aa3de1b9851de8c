"""Handling of interrupts: a run of Snakemake ends soon, with a plain message, and leaves no lock.

An interrupt comes from Ctrl-C (SIGINT), or when the terminal is closed (SIGHUP).

Snakemake by itself prints a traceback after an interrupt before its first job, and after any second
interrupt. An interrupt that reaches only its process, for example from `kill -INT`, would let the
ranks work until their shards are complete.
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
    # Programs started with `&` ignore Ctrl-C, and programs under `nohup` ignore SIGHUP. Keep this.
    for number in _INTERRUPTS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, handler)


def _end(number: int, _frame: FrameType | None) -> NoReturn:
    _on_interrupt(signal.SIG_IGN)
    _leave_closed_terminal()
    print("stopped before the first job", file=sys.stderr)
    sys.exit(128 + number)  # the exit code that a shell gives after a signal


def _end_jobs(_number: int, _frame: FrameType | None) -> NoReturn:
    _on_interrupt(_say_again)
    _leave_closed_terminal()
    _end_ranks()
    raise KeyboardInterrupt


def _say_again(_number: int, _frame: FrameType | None) -> None:
    _leave_closed_terminal()
    print("already stopping: the running jobs are about to end", file=sys.stderr)


def _leave_closed_terminal() -> None:
    """If the terminal is closed, discard all further output: writing to it would fail."""
    for stream in (1, 2):
        if stat.S_ISCHR(os.fstat(stream).st_mode) and not os.isatty(stream):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream)


def _end_ranks() -> None:
    """Ask the ranks on this machine to stop after the samples in hand."""
    import psutil

    for process in psutil.Process().children(recursive=True):
        try:
            program, *arguments = process.cmdline() or [""]
            is_rank = Path(program).name.startswith("python")
            if is_rank and any(Path(argument).name == _WORKER for argument in arguments):
                process.terminate()
        except psutil.Error:  # it has just ended
            continue
