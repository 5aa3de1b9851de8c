"""The program `syncsweep`; each sub-command is one function here."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from syncsweep.verification.report import one_line

#: Exit codes: all well, something was found, and a call that cannot be answered.
WELL, FOUND, WRONG_CALL = 0, 1, 2


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        # One line; argparse would print the usage before it.
        self.exit(WRONG_CALL, one_line(f"{self.prog}: error: {message} (--help says more)") + "\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `syncsweep` with the arguments of the command line; returns the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # not every terminal has an η
    parsed = _parser().parse_args(arguments)
    try:
        code: int = parsed.run(parsed)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read the output has read enough. At its end Python would flush it once more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FOUND
    except KeyboardInterrupt:
        return 130
    return code


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="syncsweep",
        description="What can be done with the results of sweeps; snakemake makes them.",
        allow_abbrev=False,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND", title="commands")
    _add_verify(commands)
    return parser


def _add_verify(commands: argparse._SubParsersAction[_Parser]) -> None:
    parser = commands.add_parser(
        "verify",
        allow_abbrev=False,
        help="check that results are whole, and recompute some rows",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description=(
            "Check that results are whole: every study's description against its folder's name,\n"
            "every shard against its digest, its name and its study, and every table against\n"
            "the CSV file beside it. Nothing is written."
        ),
        epilog=(
            "Output: one line for each study and folder of tables, below it what is wrong and\n"
            "what to do, and left-over files as notes; at the end a sum. Progress is on stderr.\n"
            "Exit code: 0 if all is well, 1 if something is wrong, 2 if the call is."
        ),
    )
    parser.add_argument("results", type=Path, metavar="RESULTS", help="the results folder")
    parser.add_argument(
        "--recompute",
        type=_positive,
        metavar="K",
        help="compute K rows, drawn at random from all studies, again by another way, and compare "
        "them; about half a second for a row of three spin-1s",
    )
    parser.add_argument(
        "--seed", type=_natural, default=0, metavar="S", help="of that draw; default 0"
    )
    parser.set_defaults(run=_verify)


def _verify(parsed: argparse.Namespace) -> int:
    # Here, because `--help` should not wait for pyarrow and scipy.
    from syncsweep.verification import VerificationError
    from syncsweep.verification.recompute import recompute
    from syncsweep.verification.report import Report
    from syncsweep.verification.studies import study_folders, verify_study
    from syncsweep.verification.tables import verify_tables

    report = Report()
    try:
        folders = study_folders(parsed.results)
    except VerificationError as error:
        print(one_line(f"syncsweep verify: error: {error}"), file=sys.stderr)
        return WRONG_CALL
    shards = [shard for folder in folders for shard in verify_study(folder, report)]
    verify_tables(parsed.results, report)
    if parsed.recompute is not None:
        recompute(shards, parsed.recompute, parsed.seed, report)
    report.sum_up()
    return FOUND if report.findings else WELL


def _natural(text: str) -> int:
    return _integer(text, 0)


def _positive(text: str) -> int:
    return _integer(text, 1)


def _integer(text: str, least: int) -> int:
    try:
        number = int(text)
    except ValueError:
        number = least - 1
    if number < least:
        raise argparse.ArgumentTypeError(f"must be an integer of at least {least}, not {text!r}")
    return number
