"""`syncsweep plan`: estimate the work and the cost of a run before it starts."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from syncsweep.cli import configured
from syncsweep.cli.command_page import HelpFormatter
from syncsweep.cli.parser import FOUND, WELL, positive
from syncsweep.wording import number_of, printable

if TYPE_CHECKING:
    from syncsweep.cli.parser import Commands
    from syncsweep.config.configuration import Config
    from syncsweep.plan.estimate import Means
    from syncsweep.plan.plan import Calibrating, Plan


def add(commands: Commands) -> None:
    """Add the parser of this sub-command."""
    parser = commands.add_parser(
        "plan",
        allow_abbrev=False,
        help="estimate the work and the cost of a run before it starts",
        formatter_class=HelpFormatter,
        description=(
            "Estimate the work and the cost of a run before it starts. The plan shows samples,\n"
            "shards, jobs, core-hours, time, memory and disk, with ranges. It also proposes\n"
            "settings for the configuration. If no job has logged the cost of a sample, the plan\n"
            "solves a few samples in separate processes and discards them. It writes no file."
        ),
        epilog=(
            "The estimate is for this machine. On a cluster, plan on a compute node.\n"
            "docs/planning.md explains the numbers, their accuracy, and the keys of --json.\n"
            "Exit codes: 0 with a plan; 1 if solving a sample failed; 2 if the call is wrong;\n"
            "130 after Ctrl-C."
        ),
    )
    configured.add_arguments(parser)
    _add_means(parser)
    how = parser.add_mutually_exclusive_group()
    how.add_argument(
        "--calibrate",
        type=positive,
        metavar="N",
        help="solve N samples of each block in each process, even if jobs have logged their cost",
    )
    how.add_argument(
        "--no-calibration", action="store_true", help="solve no sample; use the known costs"
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print one JSON object on one line")
    form.add_argument(
        "--fragment",
        choices=("config", "profile"),
        help="print only YAML: the proposed values for config.yaml, or for a profile",
    )
    parser.set_defaults(run=_plan)


def _add_means(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--ranks",
        type=positive,
        metavar="R",
        help="largest number of MPI ranks of a job; default: the number in the profile, or else "
        "in the configuration",
    )
    parser.add_argument(
        "--cores",
        type=positive,
        metavar="C",
        help="cores that all jobs together use at once; default: as many as the profile allows, or "
        "else the cores of this machine; within a Slurm job, its allotted cores",
    )
    parser.add_argument(
        "--profile",
        type=Path,
        metavar="DIR",
        help="profile of the run, as in snakemake --workflow-profile; example: slurm",
    )


def _plan(parsed: argparse.Namespace) -> int:
    from syncsweep.plan.calibration import CalibrationError
    from syncsweep.plan.plan import make_plan
    from syncsweep.tables.rounds import at_most

    config = at_most(configured.configuration(parsed))
    studies = list(dict.fromkeys(configured.chosen(config, parsed)))
    means = _means(parsed, config.ranks)
    if not parsed.no_calibration:
        _check_own_code(config, studies)
    try:
        with _calibrating(parsed) as calibrating:
            plan = make_plan(config, studies, means, calibrating)
    except CalibrationError as error:
        hint = "--no-calibration plans without trials"
        print(printable(f"syncsweep plan: error: {error}; {hint}"), file=sys.stderr)
        return FOUND
    _show(parsed, plan)
    return WELL


def _check_own_code(config: Config, studies: list[str]) -> None:
    """ConfigError if the user's own code cannot be swept; a trial would not name the place."""
    from syncsweep.user_code.process import check

    for study in studies:
        for note in check(config, study):
            print(f"note: {note}", file=sys.stderr)


def _means(parsed: argparse.Namespace, ranks: int) -> Means:
    """Ranks and cores that the run may use: arguments first, then profile, then this machine."""
    from syncsweep.config.messages import ConfigError
    from syncsweep.plan.calibration import cores_here
    from syncsweep.plan.estimate import Means
    from syncsweep.plan.profile import Profile, read_profile

    profile = Profile(None, None, None, False, {})
    if parsed.profile:
        profile = read_profile(parsed.profile)
    most = parsed.ranks or profile.most_ranks or ranks
    if profile.slurm and profile.jobs is None and not parsed.cores:
        raise ConfigError(
            f"{parsed.profile}: does not limit how many jobs run at once; give the number of "
            "cores that they may use with --cores"
        )
    of_profile = most * (profile.jobs or 1) if profile.slurm else profile.cores
    cores = parsed.cores or of_profile or cores_here()
    return Means(most, cores, profile.slurm, profile.asked)


@contextmanager
def _calibrating(parsed: argparse.Namespace) -> Iterator[Calibrating]:
    from syncsweep.plan.plan import Calibrating, Trials

    trials = Trials.WITHOUT_LOG
    if parsed.no_calibration:
        trials = Trials.NEVER
    elif parsed.calibrate:
        trials = Trials.ALWAYS
    with _progress(parsed.calibrate) as progress:
        yield Calibrating(trials, parsed.calibrate, progress)


@contextmanager
def _progress(samples: int | None) -> Iterator[Callable[[str], None]]:
    """Show the progress of the trials: a changing line on a terminal, else one line at the start.

    samples: per block and trial; None: as many as take some seconds.
    """
    if sys.stderr.isatty() and os.environ.get("TERM") != "dumb":
        from rich.console import Console
        from rich.live import Live
        from rich.text import Text

        console = Console(stderr=True, force_terminal=True, highlight=False)

        def show(line: str) -> None:
            text = Text(printable(f"plan: {line}"), no_wrap=True, overflow="ellipsis")
            live.update(text, refresh=True)

        with Live(console=console, auto_refresh=False, transient=True) as live:
            yield show
        return
    is_said = False

    def say(line: str) -> None:
        nonlocal is_said
        if not is_said:
            print(f"plan: solving a few samples, {_how_long(samples)}", file=sys.stderr, flush=True)
        is_said = True

    yield say


def _how_long(samples: int | None) -> str:
    from syncsweep.plan.calibration import SECONDS

    if samples:
        return f"{number_of(samples + 1, 'samples')} of each block in each process"
    return (
        f"{SECONDS:g} core-seconds per study, and at least three samples of each block in each "
        "process"
    )


def _show(parsed: argparse.Namespace, plan: Plan) -> None:
    from syncsweep.plan import plan_text, proposal

    if parsed.json:
        print(json.dumps(plan_text.as_json(plan), ensure_ascii=False))
    elif parsed.fragment == "config":
        print(plan_text.fragment(proposal.configuration(plan.proposals)), end="")
    elif parsed.fragment == "profile":
        print(plan_text.fragment(proposal.profile(plan.proposals, plan.means)), end="")
    else:
        trial = " ".join(pair for pair in parsed.config if "samples" in pair)
        for line in plan_text.as_text(plan, trial):
            print(line)
