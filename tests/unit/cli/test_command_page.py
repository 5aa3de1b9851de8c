"""The page about the program is current, and holds every sub-command, argument and exit code."""

import argparse
from pathlib import Path

import pytest

from syncsweep.cli import main
from syncsweep.cli.command_page import page, usage
from syncsweep.cli.parser import FOUND, WELL, WRONG_CALL

PAGE = Path(__file__).parents[3] / "docs" / "command-line.md"


def parsers():
    (commands,) = (
        action
        for action in main.parser()._actions
        if isinstance(action, argparse._SubParsersAction)
    )
    return commands.choices


def test_page_is_that_of_the_parsers(monkeypatch):
    text = PAGE.read_text(encoding="utf-8")
    for columns in ("40", "200"):  # of the terminal, which is no matter
        monkeypatch.setenv("COLUMNS", columns)
        assert text == page(main.parser()), "run `make docs` and commit docs/command-line.md"


def test_every_command_has_a_section_with_all_its_options():
    assert set(parsers()) == {"plan", "status", "verify", "clean"}
    sections = PAGE.read_text(encoding="utf-8").split("\n## ")
    for section, (name, parser) in zip(sections[1:], parsers().items(), strict=True):
        assert section.startswith(f"syncsweep {name}\n")
        assert f"\n    {name} " in sections[0]
        for action in parser._actions:
            assert action.help
            for option in set(action.option_strings) - {"-h", "--help"}:
                assert option in section


@pytest.mark.parametrize("name", parsers())
def test_every_command_says_how_it_is_called_what_it_is_for_and_its_exit_codes(name):
    parser = parsers()[name]
    operand = {"verify": "RESULTS"}.get(name, "[STUDY ...]")
    assert parser.format_help().startswith(f"usage: syncsweep {name} {operand} [--")
    assert parser.description.strip()
    said = parser.epilog.partition("Exit code")[2]
    assert all(str(code) in said for code in (WELL, FOUND, WRONG_CALL))
    assert max(map(len, parser.format_help().splitlines())) <= 100


@pytest.mark.parametrize(
    ("names", "options", "call"),
    [
        (["file"], {}, "prog FILE"),
        (["x"], {"nargs": "*", "metavar": "X"}, "prog [X ...]"),
        (["-k", "--keys"], {"nargs": "+", "metavar": "K"}, "prog [--keys K [K ...]]"),
        (["--how"], {"choices": ["a", "b"]}, "prog [--how {a,b}]"),
        (["--often"], {"nargs": "?"}, "prog [--often [OFTEN]]"),
        (["--yes"], {"action": "store_true"}, "prog [--yes]"),
    ],
)
def test_argument_is_written_as_in_a_call(names, options, call):
    parser = argparse.ArgumentParser(prog="prog")
    parser.add_argument(*names, **options)
    assert usage(parser) == call
