"""The study whose overheads are measured, and what its sweeps cost by the model of a job."""

from __future__ import annotations

from dataclasses import dataclass

from syncsweep.config.configuration import Config, parse
from syncsweep.config.study import Study
from syncsweep.plan.overheads import Overheads

#: Name of the study that is measured.
STUDY = "chain"

#: Ranks of the shipped config.yaml: the fewest of a job.
LEAST_RANKS = 2


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
    return parse(settings)


def automatic_ranks(study: Study, most: int) -> int:
    """Ranks that the workflow gives the jobs of a study of one block, where `most` are allowed."""
    n_eta = len(study.eta_blocks[0].etas)
    return study.job_size(study.samples_per_chunk, n_eta, LEAST_RANKS, most).ranks


def sweep_cost(overheads: Overheads, study: Study, ranks: int) -> SweepCost:
    """The cost of a study of one block at its chunk size, with `ranks` for each job."""
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
