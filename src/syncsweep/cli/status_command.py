"""`syncsweep status`: show the progress of the sweeps and the time left."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from syncsweep.cli import configured
from syncsweep.cli.command_page import HelpFormatter
from syncsweep.cli.parser import FOUND, WELL, positive

if TYPE_CHECKING:
    from syncsweep.cli.parser import Commands
    from syncsweep.status.overview import Observer
    from syncsweep.status.status_text import Status

_SECONDS = 5

#: In a file or a pipe, rows of a table are never cut or broken.
_WIDTH_OF_FILE = 1000


def add(commands: Commands) -> None:
    """Add the parser of this sub-command."""
    parser = commands.add_parser(
        "status",
        allow_abbrev=False,
        help="show the progress of the sweeps and the time left",
        formatter_class=HelpFormatter,
        description=(
            "Show the progress of the sweeps: samples done, failed and missing, running jobs,\n"
            "samples per second, core-hours, disk, and the time left. The command reads only\n"
            "config.yaml and the results folder, so it works on any machine that sees them, also\n"
            "while snakemake does not run. It writes no file."
        ),
        epilog=(
            "A sample is done when a rank has saved it. The command reads only the footers of\n"
            "shards; syncsweep verify checks their rows. docs/planning.md explains the numbers\n"
            "and the keys of --json.\n"
            "Exit codes: 0 if all samples are in shards and none failed; 1 if not, or if a file\n"
            "is damaged; 2 if the call is wrong; 130 after Ctrl-C."
        ),
    )
    configured.add_arguments(parser)
    parser.add_argument(
        "--watch",
        nargs="?",
        type=positive,
        const=_SECONDS,
        metavar="SECONDS",
        help=f"repeat every SECONDS (default {_SECONDS}) until all samples are in shards, or until "
        "Ctrl-C",
    )
    parser.add_argument(
        "--json", action="store_true", help="print one JSON object on one line, each time"
    )
    parser.set_defaults(run=_status)


def _status(parsed: argparse.Namespace) -> int:
    from syncsweep.status.overview import Observer
    from syncsweep.status.requested import asked_blocks
    from syncsweep.tables.rounds import decided

    config = decided(configured.configuration(parsed))
    studies = configured.chosen(config, parsed)
    looks = _looks(Observer(asked_blocks(config, dict.fromkeys(studies))), parsed.watch)
    last = _show_json(looks) if parsed.json else _show_tables(looks, parsed.watch is not None)
    return WELL if last.is_well else FOUND


def _looks(observer: Observer, seconds: int | None) -> Iterator[Status]:
    """The status, once, or at intervals of `seconds` until all samples are in shards."""
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
