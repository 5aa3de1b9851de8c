"""`syncsweep plan`: what a run has to do and what it costs, before it runs."""

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
from syncsweep.cli.parser import FOUND, WELL, positive
from syncsweep.wording import number_of, printable

if TYPE_CHECKING:
    from syncsweep.cli.parser import Commands
    from syncsweep.config.study import Config
    from syncsweep.plan.estimate import Means
    from syncsweep.plan.plan import Calibrating, Plan


def add(commands: Commands) -> None:
    """Add the parser of this sub-command."""
    parser = commands.add_parser(
        "plan",
        allow_abbrev=False,
        help="say what a run has to do and what it costs, before it runs",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description=(
            "Say what a run has to do for some studies and what that costs: samples, shards and\n"
            "jobs, core-hours, time, memory and disk, each with a range, and what to write into\n"
            "the configuration. Some samples are solved for it, each in a process of its own, and\n"
            "thrown away, unless jobs have logged what samples cost. Nothing is written."
        ),
        epilog=(
            "The estimate holds for this machine: on a cluster, plan on a compute node.\n"
            "docs/planning.md explains the numbers, how good they are, and the keys of --json.\n"
            "Exit code: 0 with a plan, 1 if solving a sample failed, 2 if the call is wrong, 130\n"
            "after Ctrl-C."
        ),
    )
    configured.add_arguments(parser)
    _add_means(parser)
    how = parser.add_mutually_exclusive_group()
    how.add_argument(
        "--calibrate",
        type=positive,
        metavar="N",
        help="solve N samples of each block in each process, also if jobs have logged their cost",
    )
    how.add_argument(
        "--no-calibration", action="store_true", help="solve no sample: what is known must do"
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one JSON object in a line")
    form.add_argument(
        "--fragment",
        choices=("config", "profile"),
        help="print only the YAML to put over config.yaml, or to compare with a profile",
    )
    parser.set_defaults(run=_plan)


def _add_means(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--ranks",
        type=positive,
        metavar="R",
        help="most MPI ranks of a job; default: what the profile allows, or else the configuration",
    )
    parser.add_argument(
        "--cores",
        type=positive,
        metavar="C",
        help="cores that jobs use at once; default: those of the profile or of the jobs that it "
        "has at once, or else of this machine (within Slurm: those that it allots)",
    )
    parser.add_argument(
        "--profile",
        type=Path,
        metavar="DIR",
        help="profile of the run, as for snakemake --workflow-profile: slurm",
    )


def _plan(parsed: argparse.Namespace) -> int:
    from syncsweep.plan.calibration import CalibrationError
    from syncsweep.plan.plan import make_plan

    config = configured.configuration(parsed)
    studies = list(dict.fromkeys(configured.chosen(config, parsed)))
    means = _means(parsed, config.ranks)
    if not parsed.no_calibration:
        _check_own_code(config, studies)
    try:
        with _calibrating(parsed) as calibrating:
            plan = make_plan(config, studies, means, calibrating)
    except CalibrationError as error:
        hint = "--no-calibration does without"
        print(printable(f"syncsweep plan: error: {error}; {hint}"), file=sys.stderr)
        return FOUND
    _show(parsed, plan)
    return WELL


def _check_own_code(config: Config, studies: list[str]) -> None:
    """ConfigError if code of the user's own cannot be swept: a trial would not say where."""
    from syncsweep.user_code.process import check

    for study in studies:
        for note in check(config, study):
            print(f"note: {note}", file=sys.stderr)


def _means(parsed: argparse.Namespace, ranks: int) -> Means:
    """What the run may use, by the arguments, a profile, the configuration and this machine."""
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
            f"{parsed.profile}: sets no limit to the jobs at once, so say with --cores how many "
            "cores they may use"
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
    """What tells of the trials: a line that is drawn anew and goes away, or else one at the start.

    samples: of each block and trial; None: as many as take some seconds.
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
            print(
                f"plan: trials of some samples, {_how_long(samples)}", file=sys.stderr, flush=True
            )
        is_said = True

    yield say


def _how_long(samples: int | None) -> str:
    from syncsweep.plan.calibration import SECONDS

    if samples:
        return f"in each process {number_of(samples + 1, 'samples')} of each block"
    return (
        f"for each study {SECONDS:g} core-seconds and at least three samples of each block in each "
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
        for line in plan_text.as_text(plan):
            print(line)
