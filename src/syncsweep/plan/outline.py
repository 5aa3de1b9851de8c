"""The plan of each study in one line, as a dry-run prints it, from files and sizes only.

Imports no NumPy, because a dry-run of Snakemake calls it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from syncsweep.config.configuration import Config
from syncsweep.plan.inventory import said_again, take_inventory
from syncsweep.tables.rounds import last_round
from syncsweep.wording import duration, number_of


def outlines(
    config: Config, studies: Sequence[str], most_ranks: int, asked: Mapping[str, object]
) -> Iterator[str]:
    """The work of a run for each study, and its cost as the configuration estimates it.

    most_ranks: most ranks of a job; asked: resources of a shard's job that a profile fixes, by
    name. With several studies to solve, a last line has the sum.
    """
    hours = []
    for study in studies:
        line, core_hours = _outline(config, study, most_ranks, asked)
        yield line
        hours.append(core_hours)
    if sum(map(bool, hours)) > 1:
        yield f"plan: about {_hours(sum(hours))} for all samples, without tables and figures"


def _outline(
    config: Config, study: str, most_ranks: int, asked: Mapping[str, object]
) -> tuple[str, float]:
    """One study's line, and the core-hours of its samples."""
    settings = config.studies[study]
    found = take_inventory(config, study)
    line = f"plan: {study}: {len(found.jobs)} of {number_of(found.shards, 'shards')} to make"
    if settings.until and not last_round(config, study).is_decided:
        most = number_of(settings.until.most_samples, "samples")
        line += f" before the next look at the errors (until they hold, or {most})"
    if not found.jobs:
        return line, 0.0
    seconds = sum(job.missing * settings.sample_seconds(job.n_eta) for job in found.jobs)
    n_eta = max(len(block.etas) for block in settings.eta_blocks)
    n_points = max(len(block.points) for block in settings.blocks)
    samples = n_points * min(settings.samples_per_chunk, settings.samples)
    size = settings.job_size(samples, n_eta, config.ranks, most_ranks)
    memory = asked.get("mem_mb_per_cpu", size.rank_memory)
    limit = asked.get("runtime", size.time_limit)
    minutes = duration(max(60 * size.minutes, 1.0))
    line += (
        f", {found.missing} of {number_of(found.samples, 'samples')} to solve, about "
        f"{_hours(seconds / 3600)}; a job: {number_of(samples, 'samples')} on "
        f"{number_of(size.ranks, 'ranks')} of {memory} MB, about {minutes}, "
        f"time limit {limit} min"
    )
    if found.again:
        line += f"; {said_again(found)}"
    return line, seconds / 3600


def _hours(core_hours: float) -> str:
    return f"{float(f'{core_hours:.2g}'):g} core-hours"
