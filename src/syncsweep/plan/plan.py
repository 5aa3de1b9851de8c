"""The plan of a run: missing shards and samples of each study, their cost, and what follows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

from syncsweep.config.configuration import Config
from syncsweep.layout import study_folder
from syncsweep.plan.calibration import CalibrationError, TrialRequest, calibrate, most_processes
from syncsweep.plan.cost import SampleCost, calibrated_cost, configured_cost, cost_of_logs
from syncsweep.plan.estimate import Means, StudyEstimate, estimate, whole_run
from syncsweep.plan.inventory import Inventory, take_inventory
from syncsweep.plan.proposal import Proposal, propose
from syncsweep.status.expected import Expected
from syncsweep.wording import number_of


class Trials(Enum):
    """When samples are solved to see what they cost."""

    ALWAYS = "always"
    WITHOUT_LOG = "if no job has logged it"
    NEVER = "never"


@dataclass(frozen=True)
class Calibrating:
    """When samples are solved; how many in each trial, or None for as many as take some seconds.

    progress: a function that shows a line of progress.
    """

    trials: Trials
    samples: int | None
    progress: Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """The work of a run for some studies; core_time, wall: of all studies in one run [s]."""

    config: Config
    means: Means
    studies: tuple[StudyEstimate, ...]
    proposals: tuple[Proposal, ...]
    core_time: Expected
    wall: Expected


def make_plan(
    config: Config, studies: Sequence[str], means: Means, calibrating: Calibrating
) -> Plan:
    """Look at the files that exist, and estimate the rest; CalibrationError if a trial fails."""
    estimates = []
    for study in studies:
        found = take_inventory(config, study)
        cost = find_cost(config, study, found, means, calibrating)
        estimates.append(estimate(config, study, found, cost, means))
    proposals = [propose(config, of_study, means) for of_study in estimates]
    core_time, wall = whole_run(estimates, means)
    return Plan(
        config,
        means,
        tuple(estimates),
        tuple(proposal for proposal in proposals if proposal),
        core_time,
        wall,
    )


def find_cost(
    config: Config, study: str, found: Inventory, means: Means, calibrating: Calibrating
) -> SampleCost:
    """The cost of a sample, from a trial, from the logs of jobs, or from the configuration.

    Logs of real jobs are better than a trial. So a trial runs only without logs, or on request.
    """
    settings = config.studies[study]
    if calibrating.trials is Trials.ALWAYS and found.jobs:
        return _by_trials(config, study, found, means, calibrating)
    folder = study_folder(config.results, study, config.physics(study).digest)
    logged = cost_of_logs(settings, folder)
    if logged:
        return logged
    if calibrating.trials is Trials.NEVER or not found.jobs:
        return configured_cost(settings)
    return _by_trials(config, study, found, means, calibrating)


def _by_trials(
    config: Config, study: str, found: Inventory, means: Means, calibrating: Calibrating
) -> SampleCost:
    settings = config.studies[study]
    wanted = {job.described.block for job in found.jobs}
    blocks = [block for block in settings.blocks if block.id in wanted]
    processes = _trials_at_once(config, study, found, means)
    samples = 0

    def on_sample() -> None:
        nonlocal samples
        samples += 1
        calibrating.progress(f"{study}: {number_of(samples, 'samples')} solved in trials")

    calibrating.progress(
        f"{study}: solving a few samples in {number_of(processes, 'trials')} at once"
    )
    request = TrialRequest(
        physics=config.physics(study),
        blocks=blocks,
        processes=processes,
        samples=calibrating.samples,
        of_point=settings.samples,
    )
    try:
        found_times = calibrate(request, on_sample)
    except CalibrationError as error:
        raise CalibrationError(f"{study}: {error}") from None
    return calibrated_cost(settings, blocks, found_times)


def _trials_at_once(config: Config, study: str, found: Inventory, means: Means) -> int:
    """As many as ranks will work on this machine, or on a node of its kind."""
    job = max(found.jobs, key=lambda job: job.units)
    size = config.studies[study].job_size(job.units, job.n_eta, config.ranks, means.most_ranks)
    jobs = 1 if means.slurm else max(1, min(len(found.jobs), means.cores // size.ranks))
    return min(jobs * size.ranks, job.missing or 1, most_processes(size.rank_memory))
