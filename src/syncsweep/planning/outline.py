"""The plan of a study in one line, as a dry-run prints it; from the files and sizes alone.

Imports no NumPy, because a dry-run of Snakemake calls it.
"""

from __future__ import annotations

from collections.abc import Mapping

from syncsweep.config import Config
from syncsweep.planning.inventory import take_inventory
from syncsweep.verification.report import number_of


def outline(config: Config, study: str, most_ranks: int, asked: Mapping[str, object]) -> str:
    """What a run has to do for a study, and what that costs by the estimate of its configuration.

    most_ranks: of a job; asked: resources of a shard's job that a profile fixes, by name.
    """
    settings = config.studies[study]
    found = take_inventory(config, study)
    line = f"plan: {study}: {len(found.jobs)} of {found.shards} shards to solve"
    if not found.jobs:
        return line
    seconds = sum(job.missing * settings.sample_seconds(job.n_eta) for job in found.jobs)
    n_eta = max(len(block.etas) for block in settings.eta_blocks)
    samples = min(settings.samples_per_chunk, settings.samples)
    size = settings.job_size(samples, n_eta, config.ranks, most_ranks)
    memory = asked.get("mem_mb_per_cpu", size.rank_memory)
    limit = asked.get("runtime", size.time_limit)
    return (
        f"{line}, {number_of(samples, 'samples')} each, about {seconds / 3600:.2g} core-hours in "
        f"all; per job {number_of(size.ranks, 'ranks')} of {memory} MB, about {size.minutes:.2g} "
        f"min, time limit {limit} min"
    )
