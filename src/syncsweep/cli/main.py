"""The program `syncsweep`; its sub-commands are beside it."""

from __future__ import annotations

import errno
import os
import sys
from typing import TYPE_CHECKING

# The rest is imported within `main`, which ends quietly with Ctrl-C.
if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

#: What only writing says, and the sub-commands write nothing but their output.
_UNWRITABLE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `syncsweep` with the arguments of the command line; returns the exit code."""
    try:
        _prepare_streams()
        return _answer(arguments)
    except KeyboardInterrupt:
        return 130


def _prepare_streams() -> None:
    from syncsweep.wording import write_anything

    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # it was closed before the start
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
    write_anything(sys.stdout, sys.stderr)


def _answer(arguments: Sequence[str] | None) -> int:
    from syncsweep.cli.parser import FOUND, WRONG_CALL
    from syncsweep.environment.checkout import ForeignCodeError

    try:
        return _run(arguments)
    except ForeignCodeError as error:
        print(f"syncsweep: error: {error}", file=sys.stderr)
        return WRONG_CALL
    except BrokenPipeError:
        # Whoever read the output has read enough.
        _end_output()
    except OSError as error:
        _say_unanswered(error)
    return FOUND


def _run(arguments: Sequence[str] | None) -> int:
    from pathlib import Path

    from syncsweep.environment import checkout

    try:
        parsed = parser().parse_args(arguments)
        if Path("Snakefile").exists():  # perhaps that of a project with code of its own
            checkout.check(Path())
        return _run_command(parsed)
    finally:
        sys.stdout.flush()  # --help, which ends by itself, may have no room either


def _run_command(parsed: argparse.Namespace) -> int:
    """Run a sub-command; print one line if it cannot be run."""
    from syncsweep.clean import CleanError
    from syncsweep.cli.parser import WRONG_CALL
    from syncsweep.config.messages import ConfigError
    from syncsweep.verify import VerificationError
    from syncsweep.wording import printable

    try:
        code: int = parsed.run(parsed)
        return code
    except (CleanError, ConfigError, VerificationError) as error:
        print(printable(f"syncsweep {parsed.command}: error: {error}"), file=sys.stderr)
        return WRONG_CALL


def _say_unanswered(error: OSError) -> None:
    """One line about a folder that cannot be entered, a full disk, or the like."""
    from contextlib import suppress

    from syncsweep.wording import one_line

    if error.filename is not None:
        line = f"{error.filename}: cannot be read ({error.strerror})"
    elif error.errno in _UNWRITABLE:
        line = f"cannot write the output ({error.strerror})"
    else:
        raise error
    with suppress(OSError):  # stderr may be what is full
        print(one_line(f"syncsweep: error: {line}"), file=sys.stderr)
    if error.filename is None:
        _end_output()


def _end_output() -> None:
    """Discard unwritten output: at its end, Python would try to write it once more, and fail."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(nowhere, stream.fileno())


def parser() -> argparse.ArgumentParser:
    """The parser of the command line."""
    from syncsweep.cli import clean_command, plan_command, status_command, verify_command
    from syncsweep.cli.command_page import HelpFormatter, usage
    from syncsweep.cli.parser import Parser, Version

    whole = Parser(
        prog="syncsweep",
        description=(
            "Plan sweeps, watch them, verify and clean their results. snakemake runs them,\n"
            "for which it needs a checkout: snakemake --snakefile CHECKOUT/Snakefile."
        ),
        epilog=(
            "Exit codes: 0 all is well; 1 something is wrong, unfinished or failed; 2 the call\n"
            "is wrong; 130 stopped by Ctrl-C."
        ),
        formatter_class=HelpFormatter,
        allow_abbrev=False,
    )
    whole.add_argument(
        "--version",
        nargs=0,
        action=Version,
        help="show the version, a digest of the source text and the commit of a checkout, and exit",
    )
    commands = whole.add_subparsers(
        required=True, dest="command", metavar="COMMAND", title="commands"
    )
    # In the order of the help.
    for command in (plan_command, status_command, verify_command, clean_command):
        command.add(commands)
    for sub in commands.choices.values():
        # The usage of argparse has the operands last.
        sub.usage = usage(sub)
    return whole
