"""Settings for the configuration and a profile that give jobs a suitable size."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from syncsweep.config.configuration import RESERVED, Config
from syncsweep.config.sizing import JobSize
from syncsweep.config.study import Study
from syncsweep.plan.cost import Source
from syncsweep.plan.estimate import Means, StudyEstimate
from syncsweep.plan.inventory import take_inventory
from syncsweep.plan.profile import RULE

#: Sources that a configuration can learn from.
_MEASURED = (Source.CALIBRATION, Source.LOG)


@dataclass(frozen=True)
class Proposal:
    """Settings for a study, and the jobs that they give.

    core_seconds: None if nothing was measured; why: reason for the chunk size, in a few words.
    jobs: number of shards to make; size: of a full one. Its memory is larger than the workflow's
    own request if a trial used more.
    """

    study: str
    chunk_size: int
    core_seconds: float | None
    why: str
    jobs: int
    size: JobSize


def propose(config: Config, estimate: StudyEstimate, means: Means) -> Proposal | None:
    """The proposal for a study of the user's that has jobs to run, or else None."""
    study = estimate.study
    if not estimate.found.jobs or study.startswith(RESERVED):
        return None
    settings = config.studies[study]
    measured = estimate.cost.source in _MEASURED
    cost = float(f"{estimate.cost.core_seconds:.3g}") if measured else settings.core_seconds
    chunk_size, why = _chunk_size(settings, estimate, cost)
    proposed = _changed(config, study, {"core_seconds": cost, "chunk_size": chunk_size})
    changed = proposed.studies[study]
    n_eta = max(len(block.etas) for block in changed.eta_blocks)
    samples = min(chunk_size, changed.samples) * max(len(block.points) for block in changed.blocks)
    size = changed.job_size(samples, n_eta, config.ranks, means.most_ranks)
    return Proposal(
        study=study,
        chunk_size=chunk_size,
        core_seconds=cost if measured else None,
        why=why,
        jobs=len(take_inventory(proposed, study).jobs),
        size=replace(size, rank_memory=size.rank_memory + _beyond(estimate)),
    )


def _beyond(estimate: StudyEstimate) -> int:
    """Memory that a rank needs beyond the workflow's request, from a trial [MB]."""
    assert estimate.job
    return max(0, math.ceil(estimate.job.memory.value - estimate.job.size.rank_memory))


def _chunk_size(settings: Study, estimate: StudyEstimate, cost: float | None) -> tuple[int, str]:
    if settings.chunk_size is not None:
        return settings.chunk_size, "from the configuration"
    if len(estimate.found.jobs) < estimate.found.shards:
        # Another one would write all shards again, though it would solve no sample twice.
        return settings.samples_per_chunk, "as in the existing shards"
    changed = _study_with(settings, {"core_seconds": cost})
    return changed.samples_per_chunk, "for this cost"


def _changed(config: Config, study: str, change: dict[str, Any]) -> Config:
    changed = _study_with(config.studies[study], change)
    return config.model_copy(update={"studies": {**config.studies, study: changed}})


def _study_with(settings: Study, change: dict[str, Any]) -> Study:
    # Not a copy: values derived from the fields must be derived again.
    fields = {name: getattr(settings, name) for name in Study.model_fields}
    changed = Study(**{**fields, **change})
    changed._codes = settings._codes
    return changed


def configuration(proposals: Sequence[Proposal]) -> dict[str, Any]:
    """Values for config.yaml."""
    studies: dict[str, dict[str, float]] = {}
    for proposal in proposals:
        studies[proposal.study] = {"chunk_size": proposal.chunk_size}
        if proposal.core_seconds is not None:
            studies[proposal.study]["core_seconds"] = proposal.core_seconds
    return {"studies": studies} if studies else {}


def profile(proposals: Sequence[Proposal], means: Means) -> dict[str, Any]:
    """Values for a profile, for the largest job of all studies.

    Without a profile, the rules request the same or less. Values in a profile do not grow when a
    job is tried again.
    """
    if not proposals:
        return {}
    return {
        "set-threads": {RULE: means.most_ranks},
        "set-resources": {
            RULE: {
                "mem_mb_per_cpu": max(proposal.size.rank_memory for proposal in proposals),
                "runtime": max(proposal.size.time_limit for proposal in proposals),
            }
        },
    }
