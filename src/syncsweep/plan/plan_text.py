"""A plan as text for people, as JSON for programs, and as YAML for configuration files."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from syncsweep.config.sizing import JobSize
from syncsweep.plan import proposal
from syncsweep.plan.estimate import StudyEstimate
from syncsweep.plan.inventory import said_again
from syncsweep.plan.plan import Plan
from syncsweep.status.expected import Expected
from syncsweep.wording import duration, number_of, size, three_digits

#: A note names a cost in the configuration that is wrong by more than this factor.
_WRONG = 1.5


def as_json(plan: Plan) -> dict[str, Any]:
    """What `syncsweep plan --json` prints; docs/planning.md explains every key."""
    return {
        "version": 1,
        "cores": plan.means.cores,
        "most_ranks": plan.means.most_ranks,
        "core_seconds": _json(plan.core_time),
        "seconds": _json(plan.wall),
        "studies": [_study_as_json(plan, study) for study in plan.studies],
        "notes": list(notes(plan)),
        "fragments": {
            "config": proposal.configuration(plan.proposals),
            "profile": proposal.profile(plan.proposals, plan.means),
        },
    }


def _study_as_json(plan: Plan, study: StudyEstimate) -> dict[str, Any]:
    found, cost, job = study.found, study.cost, study.job
    proposed = {of.study: of for of in plan.proposals}.get(study.study)
    return {
        "study": study.study,
        "samples": found.samples,
        "missing": found.missing,
        "again": found.again,
        "shards": found.shards,
        "jobs": len(found.jobs),
        "job": job
        and {
            "samples": _most_samples(study),
            "seconds": _json(job.seconds),
            **_size_as_json(job.size),
        },
        "sample": {
            "core_seconds": _json(_per_sample(study)),
            "source": str(cost.source),
            "basis": cost.basis,
        },
        "core_seconds": _json(study.whole_core_time),
        "parts": {name: _json(part) for name, part in study.core_time.items()},
        "seconds": _json(study.wall),
        "rank_memory_mb": job and _json(job.memory),
        "disk_bytes": _json(study.disk),
        "proposal": proposed
        and {
            "chunk_size": proposed.chunk_size,
            "core_seconds": proposed.core_seconds,
            "jobs": proposed.jobs,
            **_size_as_json(proposed.size),
        },
    }


def _size_as_json(size: JobSize) -> dict[str, int]:
    return {
        "ranks": size.ranks,
        "memory_mb": size.rank_memory,
        "time_limit_minutes": size.time_limit,
    }


def _most_samples(study: StudyEstimate) -> int:
    return max(job.units for job in study.found.jobs)


def _json(number: Expected) -> dict[str, float]:
    return {name: float(f"{value:.4g}") for name, value in vars(number).items()}


def _per_sample(study: StudyEstimate) -> Expected:
    cost = study.cost
    seconds = cost.core_seconds
    return Expected(seconds, cost.low * seconds, cost.high * seconds)


def as_text(plan: Plan, trial: str = "") -> Iterator[str]:
    """The lines for people.

    trial: what --config says of the number of samples, for which alone the proposal is.
    """
    for study in plan.studies:
        yield from _study_as_text(plan, study)
        yield ""
    if len(plan.studies) > 1:
        hours, time = plan.core_time.over(3600).words(three_digits), plan.wall.words(duration)
        yield f"all in one run: {hours} core-hours, {time} on {_cores(plan)}"
        yield ""
    for note in notes(plan):
        yield f"note: {note}"
    if plan.proposals:
        to_keep = "To keep this cost, add this to config.yaml"
        if trial:
            to_keep = f"Only with --config {trial}, this keeps the cost"
        yield f"{to_keep} (--fragment config prints only this):"
        yield fragment(proposal.configuration(plan.proposals)).rstrip("\n")


def _study_as_text(plan: Plan, study: StudyEstimate) -> Iterator[str]:
    found, cost, job = study.found, study.cost, study.job
    yield (
        f"{study.study}: {found.missing} of {number_of(found.samples, 'samples')} to solve, "
        f"{len(found.jobs)} of {number_of(found.shards, 'shards')} to make"
    )
    if found.again:
        yield f"  again      {said_again(found)}"
    if study.whole_core_time.high == 0:
        yield "  nothing to do"
        return
    yield f"  sample     {_per_sample(study).words(three_digits)} core-seconds, from {cost.basis}"
    hours = ", ".join(
        f"{name} {part.value / 3600:.2g}" for name, part in study.core_time.items() if part.value
    )
    whole = study.whole_core_time.over(3600).words(three_digits)
    yield f"  core time  {whole} core-hours" + (f": {hours}" if hours else "")
    yield f"  time       {study.wall.words(duration)} on {_cores(plan)}"
    if job:
        limit = plan.means.asked.get("runtime", job.size.time_limit)
        memory = plan.means.asked.get("mem_mb_per_cpu", job.size.rank_memory)
        samples = number_of(_most_samples(study), "samples")
        yield (
            f"  a job      {job.seconds.words(duration)}: {samples} on "
            f"{number_of(job.size.ranks, 'ranks')}"
            + (f"; time limit {limit} min" if plan.means.slurm else "")
        )
        needed = job.memory.words(three_digits)
        yield f"  memory     {needed} MB per rank; jobs request {memory} MB"
        yield f"  disk       {study.disk.words(size)}"


def notes(plan: Plan) -> Iterator[str]:
    """Warnings to read before the run."""
    for study in plan.studies:
        until = plan.config.studies[study.study].until
        if until and study.found.missing:
            yield (
                f"{study.study}: this is the cost of all {until.most_samples} samples; with until, "
                "the study may stop earlier"
            )
        job = study.job
        if not job:
            continue
        settings = plan.config.studies[study.study]
        ratio = study.cost.core_seconds / (settings.core_seconds or study.cost.core_seconds)
        if not 1 / _WRONG <= ratio <= _WRONG:
            yield (
                f"{study.study}: core_seconds is {settings.core_seconds:g} in the configuration, "
                f"but a sample takes {study.cost.core_seconds:.3g}"
            )
        if plan.means.slurm and job.seconds.high > 60 * job.size.time_limit:
            yield (
                f"{study.study}: jobs may exceed their time limit of {job.size.time_limit} min; "
                f"set core_seconds to the cost of a sample"
            )
        if job.memory.value > job.size.rank_memory:
            yield (
                f"{study.study}: a rank needs more than the {job.size.rank_memory} MB that jobs "
                "request; set mem_mb_per_cpu in the profile"
            )
    needed = sum(study.disk.high for study in plan.studies)
    free = _free_bytes(Path(plan.config.results))
    if needed > free:
        yield (
            f"the disk of {plan.config.results} has {size(free)} left, but the run may need "
            f"{size(needed)}"
        )


def _free_bytes(folder: Path) -> int:
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return shutil.disk_usage(folder).free


def fragment(content: dict[str, Any]) -> str:
    """YAML text for a file."""
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True)


def _cores(plan: Plan) -> str:
    return number_of(plan.means.cores, "cores")
