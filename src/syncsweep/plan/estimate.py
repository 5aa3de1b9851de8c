"""The cost of a run of a study: core time by parts, wall time, memory and disk.

Each number is computed three times: as expected, and with all measured and assumed values at the
low and at the high end of their ranges.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from syncsweep.config import sizing
from syncsweep.config.configuration import Config
from syncsweep.config.study import Study
from syncsweep.plan.cost import BlockCost, SampleCost
from syncsweep.plan.followups import FollowUps, follow_ups
from syncsweep.plan.inventory import Inventory, ShardJob
from syncsweep.plan.overheads import (
    LOCAL_JOB,
    NESTED_STARTS,
    REFERENCE,
    REFERENCE_LOADING,
    REFERENCE_ROW_BYTES,
    SNAKEMAKE_START,
    Overheads,
)
from syncsweep.plan.schedule import Job, Stages, makespan
from syncsweep.status.expected import Expected, within

#: Costs other than those of samples may be wrong by this factor: with a trial here, and without.
_OTHERS, _OTHERS_UNMEASURED = 1.3, 2.0

#: Parts of the core time: solving; ranks and jobs getting ready; gathering, writing and verifying
#: shards; what follows the shards.
PARTS = ("samples", "start", "shards", "tables")


@dataclass(frozen=True)
class Means:
    """The resources of a run.

    most_ranks: most ranks of a job; cores: most cores at once; slurm: whether each job is a Slurm
    job; asked: the resources of a shard's job that a profile fixes, by name.
    """

    most_ranks: int
    cores: int
    slurm: bool = False
    asked: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class JobEstimate:
    """The size of a job, its time [s], and the memory that each rank needs [MB]."""

    size: sizing.JobSize
    seconds: Expected
    memory: Expected


@dataclass(frozen=True)
class StudyEstimate:
    """The cost of a study.

    job: the largest one, or None. core_time: by part [s]; wall: of the study alone [s]; disk:
    additional space [bytes]. stages: the jobs, as expected and at both ends of the range.
    """

    study: str
    found: Inventory
    cost: SampleCost
    job: JobEstimate | None
    core_time: dict[str, Expected]
    wall: Expected
    disk: Expected
    stages: tuple[Stages, Stages, Stages]

    @property
    def whole_core_time(self) -> Expected:
        """Core-seconds of all parts [s]."""
        return sum(self.core_time.values(), Expected(0.0, 0.0, 0.0))


def estimate(
    config: Config, study: str, found: Inventory, cost: SampleCost, means: Means
) -> StudyEstimate:
    """The work for a study, and its cost."""
    after = follow_ups(config, study, shards_change=bool(found.jobs))
    models = [_Model(config, study, cost, means, *factors) for factors in _ends(cost)]
    stages = tuple(model.stages(found.jobs, after) for model in models)
    walls = [makespan([of_model], means.cores) for of_model in stages]
    parts = [model.core_time(found.jobs, after) for model in models]
    largest = max(found.jobs, key=lambda job: job.units * job.n_eta, default=None)
    return StudyEstimate(
        study=study,
        found=found,
        cost=cost,
        job=_job(models, largest) if largest else None,
        core_time={name: Expected(*(part[name] for part in parts)) for name in PARTS},
        wall=Expected(*walls),
        disk=_disk(config.studies[study], found, cost),
        stages=(stages[0], stages[1], stages[2]),
    )


def whole_run(estimates: Sequence[StudyEstimate], means: Means) -> tuple[Expected, Expected]:
    """Core-seconds and seconds of one run for some studies, with the start of Snakemake."""
    start = within(SNAKEMAKE_START, _OTHERS_UNMEASURED)
    core_time = sum((study.whole_core_time for study in estimates), start)
    ends = zip(*(study.stages for study in estimates), strict=True)
    return core_time, Expected(*(makespan(list(stages), means.cores) for stages in ends)) + start


def _ends(cost: SampleCost) -> list[tuple[float, float]]:
    """Factors on samples and on other costs: as expected, at the low and at the high end."""
    others = _OTHERS if cost.start else _OTHERS_UNMEASURED
    return [(1.0, 1.0), (cost.low, 1 / others), (cost.high, others)]


@dataclass(frozen=True)
class _Model:
    """The model of a study's jobs, with a factor on the time of samples and one on other times."""

    config: Config
    study: str
    cost: SampleCost
    means: Means
    samples: float
    others: float

    @property
    def settings(self) -> Study:
        return self.config.studies[self.study]

    @property
    def slowness(self) -> float:
        """Time of Python's own work, relative to the machine where it was measured."""
        measured = self.cost.start / REFERENCE_LOADING if self.cost.start else 1.0
        return measured * self.others

    def size(self, job: ShardJob) -> sizing.JobSize:
        least, most = self.config.ranks, self.means.most_ranks
        return self.settings.job_size(job.units, job.n_eta, least, most)

    def overheads(self, job: ShardJob) -> Overheads:
        block: BlockCost = self.cost.blocks[job.described.block]
        model = replace(
            REFERENCE.scaled(self.slowness),
            sample=self.samples * block.seconds,
            first_sample=self.samples * block.first,
            rows=job.n_eta,
        )
        row = self.settings.row_bytes / REFERENCE_ROW_BYTES
        model = replace(model, end_row=row * model.end_row)
        return model if self.means.slurm else model.launch_only()

    def job_seconds(self, job: ShardJob) -> float:
        seconds = self.overheads(job).wall(self.size(job).ranks, job.units, job.missing)
        return seconds + self.slowness * LOCAL_JOB

    def core_time(self, jobs: Sequence[ShardJob], after: FollowUps) -> dict[str, float]:
        parts = dict.fromkeys(PARTS, 0.0)
        for job in jobs:
            model, ranks = self.overheads(job), self.size(job).ranks
            whole = model.core_time(ranks, job.units, job.missing) + self.slowness * LOCAL_JOB
            solving, writing = job.missing * model.sample, model.ending(job.units)
            parts["samples"] += solving
            parts["shards"] += writing
            parts["start"] += whole - solving - writing
        rules = len(after.tables) + len(after.figures)
        parts["tables"] = self.slowness * (after.core_time + rules * self._of_snakemake)
        return parts

    @property
    def _of_snakemake(self) -> float:
        """Core-seconds that Snakemake takes for a job of one core."""
        return LOCAL_JOB + (NESTED_STARTS * REFERENCE.nested_start if self.means.slurm else 0.0)

    def stages(self, jobs: Sequence[ShardJob], after: FollowUps) -> Stages:
        waiting = REFERENCE.scheduler if self.means.slurm else 0.0

        def single(seconds: float) -> Job:
            return Job(1, waiting + self.slowness * (seconds + self._of_snakemake))

        return (
            [Job(self.size(job).ranks, self.job_seconds(job)) for job in jobs],
            [single(seconds) for seconds in after.tables],
            [single(seconds) for seconds in after.figures],
        )


def _job(models: Sequence[_Model], job: ShardJob) -> JobEstimate:
    return JobEstimate(
        size=models[0].size(job),
        seconds=Expected(*(model.job_seconds(job) for model in models)),
        memory=_rank_memory(models[0], job),
    )


def _rank_memory(model: _Model, job: ShardJob) -> Expected:
    """Memory of each rank [MB]: from a trial and the shard's rows, or from the estimate only."""
    size, study = model.size(job), model.settings
    if model.cost.peak is None:
        return Expected(size.rank_memory, 0.6 * size.rank_memory, 1.2 * size.rank_memory)
    # The trial holds the matrices, but no shard.
    rows = size.rank_memory - sizing.rank_memory(study.cost.memory(job.n_eta), 0, size.ranks)
    alone = 1e-6 * model.cost.peak
    return Expected(alone + rows, alone, 1.2 * (alone + rows))


def _disk(study: Study, found: Inventory, cost: SampleCost) -> Expected:
    """Additional bytes: the shards, and until the tables are made also the parts."""
    # Random coefficients do not compress. The rest of a row does.
    row = 0.93 * study.row_bytes - 60
    shards = row * sum(job.units * job.n_eta for job in found.jobs)
    parts = sum(job.missing * cost.blocks[job.described.block].part_bytes for job in found.jobs)
    return Expected(shards, 0.8 * shards, 1.2 * shards + parts)
