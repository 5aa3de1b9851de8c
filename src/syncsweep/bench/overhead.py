"""The model: how long a job of R ranks and c samples takes, and how much of it is numerics.

    wall(R, c) = scheduler + 2·nested_start + launch + (R−1)·launch_rank + import + first_sample
                 + ⌈c/R⌉·(contention·sample + append) + end + c·rows·end_row

    efficiency(R, c) = c·sample / (R·wall(R, c))

The first rank alone ends a job (it gathers, writes and verifies) while the others wait, so that
term does not shrink with R. Seconds in the queue count as if the cores were held meanwhile.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from syncsweep import config, sizing
from syncsweep.config import Config, Study

# ASSUME: an idle cluster starts a job so long after its submission; nothing here measures it. [s]
SCHEDULER_SECONDS = 5.0

#: Snakemake starts twice within a Slurm job: as the job, and for the job's one rule.
NESTED_STARTS = 2

#: Name of the study that is measured.
STUDY = "chain"

#: Ranks of the shipped config.yaml: the fewest of a job.
LEAST_RANKS = 2


@dataclass(frozen=True)
class Overheads:
    """What a job costs; each time in seconds [s].

    sample: core time of one sample of the study, all its η, on one rank alone.
    contention: core time of a sample while other ranks work too, over that alone (a ratio, ≥ 1).
    append: keeping the rows of a sample in a part.
    launch: MPI launcher, Python and MPI_Init for one rank.
    launch_rank: the same for each rank more.
    import_alone, import_together: loading the worker, on one rank, and on ranks at once.
    first_sample: what a rank's first sample takes beyond a later one, with what all share.
    end, end_row: gathering, writing and verifying a shard, and each of its rows.
    rows: rows of a sample, the number of its η.
    nested_start: one start of Snakemake within a Slurm job.
    scheduler: from submission to start of a Slurm job, assumed.
    """

    sample: float
    contention: float
    append: float
    launch: float
    launch_rank: float
    import_alone: float
    import_together: float
    first_sample: float
    end: float
    end_row: float
    rows: int
    nested_start: float
    scheduler: float = SCHEDULER_SECONDS

    def launch_only(self) -> Overheads:
        """The same without Slurm and Snakemake: an MPI launch by itself."""
        return replace(self, nested_start=0.0, scheduler=0.0)

    def start(self, ranks: int) -> float:
        """Seconds from the submission of a job to its first sample."""
        together = self.import_alone if ranks == 1 else self.import_together
        before = self.scheduler + NESTED_STARTS * self.nested_start
        return before + self.launch + (ranks - 1) * self.launch_rank + together

    def wall(self, ranks: int, samples: int) -> float:
        """Seconds of a job of so many ranks and samples."""
        contention = 1.0 if ranks == 1 else self.contention
        solving = math.ceil(samples / ranks) * (contention * self.sample + self.append)
        ending = self.end + samples * self.rows * self.end_row
        return self.start(ranks) + self.first_sample + solving + ending

    def efficiency(self, ranks: int, samples: int) -> float:
        """Useful core time over allocated core time of a job."""
        return samples * self.sample / (ranks * self.wall(ranks, samples))


@dataclass(frozen=True)
class SweepCost:
    """A sweep in Slurm jobs of equal ranks; hours are of allocated cores, minutes of the clock."""

    samples: int
    chunk_size: int
    jobs: int
    ranks: int
    job_minutes: float
    core_hours: float
    efficiency: float


def chain(samples: int, folder: str = "results") -> Config:
    """The spin-1 chain of the shipped config.yaml: N = 3, 29 values of η and the limit."""
    study = {
        "model": {"name": "spin1_chain", "n_sites": 3},
        "samples": samples,
        "eta_blocks": [{"first": 1e-6, "last": 10.0, "per_decade": 4, "limit": True}],
        "analysis": {"s_max_bins": {"low": 1e-8, "high": 1e-3, "count": 60}},
        "figure": {"name": "chain"},
    }
    settings = {"results": folder, "root_seed": 7, "ranks": LEAST_RANKS, "studies": {STUDY: study}}
    return config.parse(settings)


def automatic_ranks(study: Study, most: int) -> int:
    """Ranks that the workflow gives the jobs of a study of one block, where `most` are allowed."""
    seconds = study.sample_seconds(len(study.eta_blocks[0].etas))
    return sizing.ranks(study.samples_per_chunk, seconds, LEAST_RANKS, most)


def sweep_cost(overheads: Overheads, study: Study, ranks: int) -> SweepCost:
    """What a study of one block costs at its chunk size, with so many ranks for each job."""
    sizes = [stop - start for start, stop in study.chunks]
    allocated = sum(ranks * overheads.wall(ranks, size) for size in sizes)
    return SweepCost(
        samples=study.samples,
        chunk_size=sizes[0],
        jobs=len(sizes),
        ranks=ranks,
        job_minutes=overheads.wall(ranks, sizes[0]) / 60,
        core_hours=allocated / 3600,
        efficiency=study.samples * overheads.sample / allocated,
    )
