"""What an interrupt (Ctrl-C, SIGINT) does to a run of Snakemake: it ends soon, in plain words.

Snakemake itself prints a traceback before its first job and at a second interrupt. One that reaches
its process alone, as `kill -INT` does, would leave the ranks at work until their shards are whole.
"""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from types import FrameType
from typing import NoReturn

#: What a shell gives a command that an interrupt has ended.
_INTERRUPTED = 128 + signal.SIGINT

#: What the ranks of a shard run.
_WORKER = "solve_shard.py"


def heed() -> None:
    """Have an interrupt end a run that has no jobs yet."""
    _on_interrupt(_end)


def heed_with_jobs() -> None:
    """Have an interrupt end a run and its ranks, which keep what they have solved."""
    _on_interrupt(_end_jobs)


def _on_interrupt(handler: signal._HANDLER) -> None:
    # A shell has what it starts with `&` ignore interrupts.
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, handler)


def _end(_number: int, _frame: FrameType | None) -> NoReturn:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    print("stopped before the first job", file=sys.stderr)
    sys.exit(_INTERRUPTED)


def _end_jobs(_number: int, _frame: FrameType | None) -> NoReturn:
    signal.signal(signal.SIGINT, _say_again)
    _end_ranks()
    raise KeyboardInterrupt


def _say_again(_number: int, _frame: FrameType | None) -> None:
    print("stopping already: the jobs at work are about to end", file=sys.stderr)


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
