"""`syncsweep verify`: whether results are whole, and whether some rows come out again."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from syncsweep.cli.parser import FOUND, WELL, positive, seed

if TYPE_CHECKING:
    from syncsweep.cli.parser import Commands


def add(commands: Commands) -> None:
    """Add the parser of this sub-command."""
    parser = commands.add_parser(
        "verify",
        allow_abbrev=False,
        help="check that results are whole, and recompute some rows",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description=(
            "Check that results are whole: every study's description against its folder's name,\n"
            "every shard against its digest, its name and its study, every table against the CSV\n"
            "file beside it, and the figures, the report and the bundle against the tables that\n"
            "they were made from. Nothing is written."
        ),
        epilog=(
            "Output: one line for each study and folder of tables, below it what is wrong and\n"
            "what to do, and left-over files as notes; at the end a sum. Progress is on stderr.\n"
            "Exit code: 0 if all is well, 1 if something is wrong, 2 if the call is."
        ),
    )
    parser.add_argument("results", type=_folder, metavar="RESULTS", help="the results folder")
    parser.add_argument(
        "--recompute",
        type=positive,
        metavar="K",
        help="compute K rows, drawn at random from all studies, again by another way, and compare "
        "them; about half a second for a row of three spin-1s",
    )
    parser.add_argument("--seed", type=seed, default=0, metavar="S", help="of that draw; default 0")
    parser.set_defaults(run=_verify)


def _folder(text: str) -> Path:
    """A folder as `results` of a configuration names it."""
    from syncsweep.config.fields import expanded

    try:
        return Path(expanded(text))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text}: {error}") from None


def _verify(parsed: argparse.Namespace) -> int:
    from syncsweep.verify.origins import verify_origins
    from syncsweep.verify.recompute import recompute
    from syncsweep.verify.study_files import study_folders, verify_study
    from syncsweep.verify.table_files import verify_tables
    from syncsweep.verify.verify_text import Report

    report = Report()
    folders = study_folders(parsed.results)
    shards = [shard for folder in folders for shard in verify_study(folder, report)]
    verify_tables(parsed.results, report)
    verify_origins(parsed.results, report)
    if parsed.recompute is not None:
        recompute(shards, parsed.recompute, parsed.seed, report)
    report.sum_up()
    return FOUND if report.findings else WELL
