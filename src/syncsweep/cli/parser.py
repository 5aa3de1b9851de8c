"""The sub-commands of the program `syncsweep`, one module each.

Each module has `add`, which adds its parser, and a function that runs it and returns an exit code.
Slow imports are inside that function, because `--help` should not wait for them.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, NoReturn

from syncsweep.wording import printable

#: Exit codes: all well, something was found, and a call that cannot be answered.
WELL, FOUND, WRONG_CALL = 0, 1, 2


class Parser(argparse.ArgumentParser):
    """A parser that explains a wrong call in one line."""

    def error(self, message: str) -> NoReturn:  # noqa: D102
        # argparse would print the usage before it.
        self.exit(WRONG_CALL, printable(f"{self.prog}: error: {message} (--help says more)") + "\n")


class Version(argparse.Action):
    """Print which code this is, and end."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:  # noqa: D102
        from syncsweep.environment import provenance

        print(f"{parser.prog} {provenance.in_words()}")
        parser.exit()


#: What `add_subparsers` gives, and each sub-command adds its parser to.
if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[Parser]


#: A count, or seconds to wait: the clock of the system takes no more than some 10 times as many.
_MOST = 10**9

#: That of `root_seed` too.
_MOST_SEED = 2**63 - 1


def seed(text: str) -> int:
    """An argument that seeds a draw: an integer from 0."""
    return _integer(text, 0, _MOST_SEED)


def positive(text: str) -> int:
    """An argument that is an integer from 1."""
    return _integer(text, 1, _MOST)


def _integer(text: str, least: int, most: int) -> int:
    try:
        number = int(text)
    except ValueError:
        number = least - 1
    if not least <= number <= most:
        raise argparse.ArgumentTypeError(f"must be an integer from {least} to {most}, not {text!r}")
    return number
