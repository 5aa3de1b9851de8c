"""The page about the program is current, and holds every sub-command, argument and exit code."""

import argparse
from pathlib import Path

import pytest

from syncsweep.cli import main as cli
from syncsweep.cli.command_page import page
from syncsweep.cli.parser import FOUND, WELL, WRONG_CALL, Parser

PAGE = Path(__file__).parents[3] / "docs" / "command-line.md"


def parsers():
    (commands,) = (
        action for action in cli.parser()._actions if isinstance(action, argparse._SubParsersAction)
    )
    return commands.choices


def test_page_is_that_of_the_parsers():
    text = PAGE.read_text(encoding="utf-8")
    assert text == page(cli.parser()), "run `make docs` and commit docs/command-line.md"


def test_every_command_has_a_section_with_all_its_options():
    assert set(parsers()) == {"plan", "status", "verify"}
    sections = PAGE.read_text(encoding="utf-8").split("\n## ")
    for section, (name, parser) in zip(sections[1:], parsers().items(), strict=True):
        assert section.startswith(f"syncsweep {name}\n")
        assert f"(#syncsweep-{name})" in sections[0]
        for action in parser._actions:
            for option in set(action.option_strings) - {"-h", "--help"}:
                assert option in section


@pytest.mark.parametrize("name", parsers())
def test_operands_come_first_in_the_help_and_on_the_page(name):
    parser = parsers()[name]
    operand = {"verify": "RESULTS"}.get(name, "[STUDY ...]")
    assert parser.format_help().startswith(f"usage: syncsweep {name} {operand} [--")
    assert f"\nsyncsweep {name} {operand} [--" in PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", parsers())
def test_every_command_says_what_it_is_for_and_its_exit_codes(name):
    parser = parsers()[name]
    assert parser.description.strip()
    said = parser.epilog.partition("Exit code")[2]
    assert all(str(code) in said for code in (WELL, FOUND, WRONG_CALL))
    assert max(map(len, parser.format_help().splitlines())) <= 100


def program(**argument):
    whole = Parser(prog="prog", description="All.", epilog="Exit codes: 0 well.")
    commands = whole.add_subparsers(metavar="COMMAND")
    formatter = argparse.RawDescriptionHelpFormatter
    parser = commands.add_parser(
        "do",
        help="does it",
        formatter_class=formatter,
        description="One\nline.\n\nAnother.",
        epilog="More.\nExit code: 0.",
    )
    parser.add_argument(*argument.pop("names"), **argument)
    return page(whole)


@pytest.mark.parametrize(
    ("argument", "line", "usage"),
    [
        ({"names": ["file"], "help": "it"}, "| `FILE` | it |", "prog do FILE"),
        (
            {"names": ["x"], "nargs": "*", "metavar": "X", "help": "a|b"},
            r"| `[X ...]` | a\|b |",
            "prog do [X ...]",
        ),
        (
            {"names": ["-k", "--keys"], "nargs": "+", "metavar": "K", "help": "<k>"},
            "| `-k, --keys K [K ...]` | &lt;k> |",
            "prog do [-k, --keys K [K ...]]",
        ),
        (
            {"names": ["--how"], "choices": ["a", "b"], "default": "a", "help": "is %(default)s"},
            "| `--how {a,b}` | is a |",
            "prog do [--how {a,b}]",
        ),
        (
            {"names": ["--often"], "nargs": "?", "help": "5 %%"},
            "| `--often [OFTEN]` | 5 % |",
            "prog do [--often [OFTEN]]",
        ),
        (
            {"names": ["--yes"], "action": "store_true", "help": "it is"},
            "| `--yes` | it is |",
            "prog do [--yes]",
        ),
    ],
)
def test_argument_is_written_as_in_a_call(argument, line, usage):
    lines = program(**argument).splitlines()
    assert line in lines
    assert usage in lines


def test_paragraphs_are_lines_and_exit_codes_stand_alone():
    lines = program(names=["file"], help="it").splitlines()
    for line in ("One line.", "Another.", "More.", "Exit code: 0.", "Exit codes: 0 well."):
        assert line in lines
    assert "| [`do`](#prog-do) | does it |" in lines


def test_argument_without_help_is_refused():
    with pytest.raises(ValueError, match="the argument --odd ODD has no help"):
        program(names=["--odd"])
