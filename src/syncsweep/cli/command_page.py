"""The page of the program in the documentation, made from its parsers so that nothing is missing.

The layout of argparse's own help differs between versions of Python; this does not.
"""

from __future__ import annotations

import argparse
import re
import textwrap

_HEAD = """\
# The program syncsweep

<!-- Made from the parsers by `make docs`: change those. -->
"""


def page(whole: argparse.ArgumentParser) -> str:
    """Markdown about a program and all its sub-commands: arguments, exit codes, what they do."""
    (commands,) = (a for a in whole._actions if isinstance(a, argparse._SubParsersAction))
    meaning = {choice.dest: choice.help for choice in commands._choices_actions}
    listed = [("command", "what it does")]
    listed += [(f"[`{name}`](#{_anchor(whole, name)})", str(meaning[name])) for name in meaning]
    sections = [_HEAD.rstrip(), *_paragraphs(whole.description), _table(listed)]
    sections += _paragraphs(whole.epilog)
    for name, parser in commands.choices.items():
        sections += [f"## {whole.prog} {name}", f"```\n{usage(parser)}\n```"]
        sections += _paragraphs(parser.description)
        arguments = [("argument", "meaning")]
        arguments += [(f"`{_spelt(action)}`", _help(parser, action)) for action in _asked(parser)]
        sections += [_table(arguments), *_paragraphs(parser.epilog)]
    return "\n\n".join(sections) + "\n"


def usage(parser: argparse.ArgumentParser) -> str:
    """How a command is called; operands first, because an option of many values would take them."""
    operands = [_values(a) for a in _asked(parser) if not a.option_strings]
    options = [f"[{_spelt(a)}]" for a in _asked(parser) if a.option_strings]
    # No line ends within an argument.
    line = " ".join(words.replace(" ", "\0") for words in [parser.prog, *operands, *options])
    lines = textwrap.fill(line, 88, subsequent_indent="    ", break_on_hyphens=False)
    return lines.replace("\0", " ")


def _anchor(whole: argparse.ArgumentParser, name: str) -> str:
    """The anchor that GitHub gives the section of a command."""
    return f"{whole.prog} {name}".replace(" ", "-")


def _asked(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    """All arguments but --help, as they are added."""
    return [a for a in parser._actions if not isinstance(a, argparse._HelpAction)]


def _spelt(action: argparse.Action) -> str:
    """An argument as it is written in a call."""
    names = ", ".join(action.option_strings)
    return " ".join(part for part in (names, _values(action)) if part)


def _values(action: argparse.Action) -> str:
    return argparse.HelpFormatter("")._format_args(action, action.dest.upper())


def _help(parser: argparse.ArgumentParser, action: argparse.Action) -> str:
    if not action.help:
        raise ValueError(f"{parser.prog}: the argument {_spelt(action)} has no help")
    return parser._get_formatter()._expand_help(action)


def _paragraphs(text: str | None) -> list[str]:
    """Paragraphs, each on one line; one that speaks of exit codes begins anew."""
    flat = re.sub(r"\n(?=Exit codes?:)", "\n\n", text or "")
    return [_plain(" ".join(part.split())) for part in re.split(r"\n\s*\n", flat) if part.strip()]


def _table(rows: list[tuple[str, str]]) -> str:
    head, *body = rows
    lines = [f"| {left} | {_plain(right)} |" for left, right in body]
    return "\n".join([f"| {head[0]} | {head[1]} |", "|---|---|", *lines])


def _plain(text: str) -> str:
    """Text without what Markdown would take for a tag or the border of a cell."""
    return text.replace("<", "&lt;").replace("|", "\\|")
