"""`syncsweep verify`: check that results are complete and undamaged, and recompute some rows."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from syncsweep.cli.command_page import HelpFormatter
from syncsweep.cli.parser import FOUND, WELL, positive, seed

if TYPE_CHECKING:
    from syncsweep.cli.parser import Commands


def add(commands: Commands) -> None:
    """Add the parser of this sub-command."""
    parser = commands.add_parser(
        "verify",
        allow_abbrev=False,
        help="check that results are undamaged, and recompute some rows",
        formatter_class=HelpFormatter,
        description=(
            "Check that results are undamaged and belong together. The command compares each\n"
            "study's description with the name of its folder, each shard with its digest, name\n"
            "and study, each table with its CSV file, and `samples` with `summary`. It also\n"
            "compares figures, report and bundle with the tables that they were made from, and\n"
            "the files of the bundle with their checksums. It writes no file."
        ),
        epilog=(
            "The output has one line for each study and each folder of tables. Below that line\n"
            "it names errors and what to do about them. It also notes left-over files, and rows\n"
            "that a mean over whole folders would count twice or mix. The last line sums up.\n"
            "Progress goes to stderr.\n"
            "Exit codes: 0 if all is well; 1 if something is wrong; 2 if the call is wrong."
        ),
    )
    parser.add_argument("results", type=_folder, metavar="RESULTS", help="the results folder")
    parser.add_argument(
        "--recompute",
        type=positive,
        metavar="K",
        help="recompute K randomly chosen rows of all studies with independent code, and compare "
        "them; a row of three spin-1s takes about half a second, one of four half a minute and "
        "4 GB, one of five some seconds, and one of six up to two minutes",
    )
    parser.add_argument(
        "--seed", type=seed, default=0, metavar="S", help="seed of the random choice; default 0"
    )
    parser.set_defaults(run=_verify)


def _folder(text: str) -> Path:
    """A folder, written as `results` in a configuration may be."""
    from syncsweep.config.fields import expanded

    try:
        return Path(expanded(text))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text}: {error}") from None


def _verify(parsed: argparse.Namespace) -> int:
    from syncsweep.verify.bundle_files import verify_bundle
    from syncsweep.verify.mixed_rows import note_mixed_rows
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
    verify_bundle(parsed.results, report)
    note_mixed_rows(parsed.results, folders, report)
    if parsed.recompute is not None:
        recompute(shards, parsed.recompute, parsed.seed, report)
    report.sum_up()
    return FOUND if report.findings else WELL
