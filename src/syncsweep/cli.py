"""The program `syncsweep`; its sub-commands are in `syncsweep.commands`."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Sequence

from syncsweep.commands import FOUND, Parser, plan, status, verify
from syncsweep.commands.page import usage
from syncsweep.text import one_line

#: The sub-commands in the order of the help.
COMMANDS = (plan, status, verify)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `syncsweep` with the arguments of the command line; returns the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # not every terminal has an η
    parsed = parser().parse_args(arguments)
    try:
        code: int = parsed.run(parsed)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read the output has read enough. At its end Python would flush it once more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FOUND
    except OSError as error:  # of a folder that cannot be entered, or the like
        if error.filename is None:
            raise
        line = f"syncsweep: error: {error.filename}: cannot be read ({error.strerror})"
        print(one_line(line), file=sys.stderr)
        return FOUND
    except KeyboardInterrupt:
        return 130
    return code


def parser() -> argparse.ArgumentParser:
    """The parser of the command line."""
    whole = Parser(
        prog="syncsweep",
        description="What can be done with sweeps beside running them, which snakemake does.",
        epilog=(
            "Exit codes: 0 all well, 1 something was found or failed, 2 the call is wrong, "
            "130 stopped by Ctrl-C."
        ),
        allow_abbrev=False,
    )
    commands = whole.add_subparsers(required=True, metavar="COMMAND", title="commands")
    for command in COMMANDS:
        command.add(commands)
    for sub in commands.choices.values():
        # That of argparse has the operands last.
        sub.usage = usage(sub)
    return whole
