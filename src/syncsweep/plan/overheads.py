"""The model: how long a job of R ranks and c samples takes, and how much of it is numerics.

    wall(R, c) = scheduler + 2·nested_start + launch + (R−1)·launch_rank + import + first_sample
                 + ⌈c/R⌉·(contention·sample + append) + end + c·rows·end_row

    core_time(R, c) = 2·nested_start + R·(launch + import + first_sample)
                      + c·(contention·sample + append) + end + c·rows·end_row

    efficiency(R, c) = c·sample / (R·wall(R, c))

The first rank alone ends a job (it gathers, writes and verifies) while the others wait, so that
term does not shrink with R; they sleep meanwhile, and use no core. In the efficiency, seconds in
the queue count as if the cores were held.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

# ASSUME: an idle cluster starts a job so long after its submission; nothing here measures it. [s]
SCHEDULER_SECONDS = 5.0

#: Snakemake starts twice within a Slurm job: as the job, and for the job's one rule.
NESTED_STARTS = 2


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

    def scaled(self, factor: float) -> Overheads:
        """The same with all times multiplied by `factor`, except samples, append and scheduler."""
        slower = (
            "launch", "launch_rank", "import_alone", "import_together", "end", "end_row",
            "nested_start",
        )  # fmt: skip
        return replace(self, **{name: factor * getattr(self, name) for name in slower})

    def start(self, ranks: int) -> float:
        """Seconds from the submission of a job to its first sample."""
        before = self.scheduler + NESTED_STARTS * self.nested_start
        return before + self.launch + (ranks - 1) * self.launch_rank + self._loading(ranks)

    def wall(self, ranks: int, samples: int, missing: int | None = None) -> float:
        """Seconds of a job.

        missing: number of its samples that must be solved; None means all.
        """
        solved = samples if missing is None else missing
        solving = math.ceil(solved / ranks) * self._sample(ranks)
        first = self.first_sample if solved else 0.0
        return self.start(ranks) + first + solving + self.ending(samples)

    def core_time(self, ranks: int, samples: int, missing: int | None = None) -> float:
        """Core-seconds of a job; arguments as for `wall`."""
        solved = samples if missing is None else missing
        start = ranks * (self.launch + self._loading(ranks))
        first = min(ranks, solved) * self.first_sample
        before = NESTED_STARTS * self.nested_start + start + first
        return before + solved * self._sample(ranks) + self.ending(samples)

    def efficiency(self, ranks: int, samples: int) -> float:
        """Useful core time over allocated core time of a job."""
        return samples * self.sample / (ranks * self.wall(ranks, samples))

    def _loading(self, ranks: int) -> float:
        return self.import_alone if ranks == 1 else self.import_together

    def _sample(self, ranks: int) -> float:
        contention = 1.0 if ranks == 1 else self.contention
        return contention * self.sample + self.append

    def ending(self, samples: int) -> float:
        """Seconds of the end of a job, on the first rank."""
        return self.end + samples * self.rows * self.end_row


#: What was measured on the machine of docs/scaling.md, but for samples, which differ by study.
REFERENCE = Overheads(
    sample=0.0,
    contention=1.0,
    append=0.0,
    launch=0.146,
    launch_rank=0.0024,
    import_alone=0.9,
    import_together=0.9,
    first_sample=0.0,
    end=0.255,
    end_row=9.0e-6,
    rows=0,
    nested_start=2.3,
)

#: Memory of a row of that study, by which `end_row` grows [bytes].
REFERENCE_ROW_BYTES = 304

#: Core-seconds there to load the libraries of a rank but MPI: the speed of Python's own work [s].
REFERENCE_LOADING = 0.65

#: Snakemake's own start, and what a local job costs it beside its launch [s].
SNAKEMAKE_START, LOCAL_JOB = 2.3, 0.164
