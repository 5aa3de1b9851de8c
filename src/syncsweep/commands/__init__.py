"""The sub-commands of the program `syncsweep`, one module each.

A module has `add`, which adds its parser, and a function that answers the call with an exit code.
What takes long to import is imported there, because `--help` should not wait for it.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, NoReturn

from syncsweep.verification.report import one_line

#: Exit codes: all well, something was found, and a call that cannot be answered.
WELL, FOUND, WRONG_CALL = 0, 1, 2


class Parser(argparse.ArgumentParser):
    """A parser that explains a wrong call in one line."""

    def error(self, message: str) -> NoReturn:  # noqa: D102
        # argparse would print the usage before it.
        self.exit(WRONG_CALL, one_line(f"{self.prog}: error: {message} (--help says more)") + "\n")


#: What `add_subparsers` gives, and each sub-command adds its parser to.
if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[Parser]


def natural(text: str) -> int:
    """An argument that is an integer from 0."""
    return _integer(text, 0)


def positive(text: str) -> int:
    """An argument that is an integer from 1."""
    return _integer(text, 1)


def _integer(text: str, least: int) -> int:
    try:
        number = int(text)
    except ValueError:
        number = least - 1
    if number < least:
        raise argparse.ArgumentTypeError(f"must be an integer of at least {least}, not {text!r}")
    return number
