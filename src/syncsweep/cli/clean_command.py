"""`syncsweep clean`: list and remove what the configuration does not use."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING

from syncsweep.cli import configured
from syncsweep.cli.command_page import HelpFormatter
from syncsweep.cli.parser import FOUND, WELL
from syncsweep.wording import number_of, printable, size

if TYPE_CHECKING:
    from syncsweep.clean.unused import Unused
    from syncsweep.cli.parser import Commands


def add(commands: Commands) -> None:
    """Add the parser of this sub-command."""
    parser = commands.add_parser(
        "clean",
        allow_abbrev=False,
        help="list rows and files of jobs that the configuration does not use, or remove them",
        formatter_class=HelpFormatter,
        description=(
            "List what the configuration does not use in the folders of its studies: shards of\n"
            "another chunk size or sample range that present shards replace, other η-blocks,\n"
            "folders with another seed, model or ensemble, damaged shards, and what killed jobs\n"
            "left. The command removes nothing unless you say --remove."
        ),
        epilog=(
            "--remove removes what is listed and has not changed since. It leaves alone blocks\n"
            "with running jobs, links, and files that the program does not know. A shard of\n"
            "another chunk size stays until the shards that replace it are there and valid,\n"
            "because the next run takes its rows over. What nothing replaces, such as another\n"
            "seed, stays until all shards of the configuration are there. So does what a running\n"
            "snakemake makes. Progress goes to stderr.\n"
            "Exit codes: 0 if all is well; 1 if something could not be removed; 2 if the call is\n"
            "wrong."
        ),
    )
    configured.add_arguments(parser)
    parser.add_argument("--remove", action="store_true", help="remove what is listed")
    parser.add_argument("--json", action="store_true", help="print one JSON object on one line")
    parser.set_defaults(run=_clean)


def _clean(parsed: argparse.Namespace) -> int:
    from syncsweep.clean.removal import Removal
    from syncsweep.clean.unused import Search
    from syncsweep.tables.rounds import decided
    from syncsweep.verify.verify_text import Report

    config = decided(configured.configuration(parsed))
    search = Search(config, configured.chosen(config, parsed), Report().progress)
    unused = search.run()
    removal = Removal()
    problems = [removal.remove(one) if parsed.remove else None for one in unused]
    stay = [problem for problem in problems if problem]
    if parsed.json:
        print(json.dumps(_as_json(unused, problems, search.notes, parsed.remove)))
    else:
        for one in unused:
            print(printable(f"{one.path}  {_size(one)}: {one.why}"))
        for note in search.notes:
            print(printable(f"note: {note}"))
        gone = [one for one, problem in zip(unused, problems, strict=True) if not problem]
        nothing = "nothing to remove" if search.notes else "no unused files"
        print(_sum(gone, parsed.remove) if unused else nothing)
    for problem in stay:
        print(printable(f"syncsweep clean: {problem}"), file=sys.stderr)
    return FOUND if stay else WELL


def _size(one: Unused) -> str:
    files = "" if one.path in one.files else f"{number_of(len(one.files), 'files')}, "
    return f"{files}{size(one.size)}"


def _sum(unused: list[Unused], remove: bool) -> str:
    files = number_of(sum(len(one.files) for one in unused), "files")
    total = f"{files}, {size(sum(one.size for one in unused))}"
    return f"{total}: removed" if remove else f"{total}: nothing was removed; --remove removes it"


def _as_json(
    unused: list[Unused], problems: list[str | None], notes: list[str], remove: bool
) -> dict[str, object]:
    return {
        "version": 1,
        "unused": [
            {
                "path": str(one.path),
                "why": one.why,
                "bytes": one.size,
                "files": [str(path) for path in one.files],
                "removed": remove and problem is None,
            }
            for one, problem in zip(unused, problems, strict=True)
        ],
        "bytes": sum(one.size for one in unused),
        "notes": notes,
    }
