"""The help of the program, on the terminal and on its page of the documentation."""

from __future__ import annotations

import argparse
import textwrap

_HEAD = """\
# The program syncsweep

<!-- Made from the help by `make docs`: change that. -->

`make env` installs it as `.venv/bin/syncsweep`.
"""


class HelpFormatter(argparse.RawDescriptionHelpFormatter):
    """Lays help out for 80 columns on every terminal, so that the page is the same everywhere."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=80)


def page(whole: argparse.ArgumentParser) -> str:
    """Markdown about a program and all its sub-commands: the help of each."""
    (commands,) = (a for a in whole._actions if isinstance(a, argparse._SubParsersAction))
    sections = [_HEAD.rstrip(), f"```\n{whole.format_help()}```"]
    for name, parser in commands.choices.items():
        sections += [f"## {whole.prog} {name}", f"```\n{parser.format_help()}```"]
    return "\n\n".join(sections) + "\n"


def usage(parser: argparse.ArgumentParser) -> str:
    """How a command is called; operands first, because an option of many values would take them."""
    asked = [a for a in parser._actions if not isinstance(a, argparse._HelpAction)]
    operands = [_values(a) for a in asked if not a.option_strings]
    options = [
        f"[{a.option_strings[-1]} {_values(a)}".rstrip() + "]" for a in asked if a.option_strings
    ]
    # No line ends within an argument.
    line = " ".join(words.replace(" ", "\0") for words in [parser.prog, *operands, *options])
    lines = textwrap.fill(line, 72, subsequent_indent="    ", break_on_hyphens=False)
    return lines.replace("\0", " ")


def _values(action: argparse.Action) -> str:
    """The values of an argument as they are written in a call."""
    return HelpFormatter("")._format_args(action, action.dest.upper())
