"""`syncsweep status`: how far the sweeps are, and how long they still take."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from syncsweep.cli import configured
from syncsweep.cli.parser import FOUND, WELL, positive

if TYPE_CHECKING:
    from syncsweep.cli.parser import Commands
    from syncsweep.status.overview import Observer
    from syncsweep.status.status_text import Status

_SECONDS = 5

#: Rows of a table that goes into a file or a pipe are never cut or broken.
_WIDTH_OF_FILE = 1000


def add(commands: Commands) -> None:
    """Add the parser of this sub-command."""
    parser = commands.add_parser(
        "status",
        allow_abbrev=False,
        help="say how far the sweeps are, and how long they still take",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description=(
            "Say how far the sweeps are: samples done, failed and missing, jobs at work, samples\n"
            "per second, core-hours, disk and the time left until the last sample, all from\n"
            "config.yaml and the files of the results folder. Needs no running snakemake, on any\n"
            "machine that sees the folder. Nothing is written."
        ),
        epilog=(
            "Samples are done once a rank has kept them; shards count by their footers, without\n"
            "verification (syncsweep verify does that). docs/planning.md explains the numbers and\n"
            "the keys of --json.\n"
            "Exit code: 0 if all samples are in shards and none failed, 1 if not, or a file is\n"
            "damaged, 2 if the call is wrong, 130 after Ctrl-C."
        ),
    )
    configured.add_arguments(parser)
    parser.add_argument(
        "--watch",
        nargs="?",
        type=positive,
        const=_SECONDS,
        metavar="SECONDS",
        help=f"say it again every so many seconds (default {_SECONDS}) until all is in shards; "
        "Ctrl-C ends it",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object in a line, each time")
    parser.set_defaults(run=_status)


def _status(parsed: argparse.Namespace) -> int:
    from syncsweep.status.overview import Observer
    from syncsweep.status.requested import asked_blocks

    config = configured.configuration(parsed)
    studies = configured.chosen(config, parsed)
    looks = _looks(Observer(asked_blocks(config, dict.fromkeys(studies))), parsed.watch)
    last = _show_json(looks) if parsed.json else _show_tables(looks, parsed.watch is not None)
    return WELL if last.is_well else FOUND


def _looks(observer: Observer, seconds: int | None) -> Iterator[Status]:
    """How far it is, once or every so many seconds until all samples are in shards."""
    from syncsweep.status.probabilities import Probabilities
    from syncsweep.status.status_text import status_of

    probabilities = Probabilities()
    while True:
        overview = observer.look()
        yield status_of(overview, probabilities)
        if seconds is None or overview.in_shards:
            return
        time.sleep(seconds)


def _show_json(looks: Iterator[Status]) -> Status:
    from syncsweep.status.status_text import as_json

    for status in looks:
        print(json.dumps(as_json(status), ensure_ascii=False), flush=True)
    return status


def _show_tables(looks: Iterator[Status], redraw: bool) -> Status:
    from rich.console import Console
    from rich.live import Live

    from syncsweep.status.status_text import as_tables

    console = Console(highlight=False)
    if console.is_terminal and redraw:
        with Live(console=console, auto_refresh=False) as live:
            for status in looks:
                live.update(as_tables(status, on_terminal=True), refresh=True)
        return status
    if not console.is_terminal:
        console = Console(highlight=False, color_system=None, width=_WIDTH_OF_FILE)
    for status in looks:
        console.print(as_tables(status, console.is_terminal))
    return status
