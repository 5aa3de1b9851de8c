"""Each overhead measured by launches on this machine: medians of runs that take turns."""

from __future__ import annotations

import math
import sys
from collections import defaultdict
from dataclasses import dataclass, replace
from statistics import median
from typing import Any

from benchmarks.load import Load
from benchmarks.overhead import STUDY, chain
from benchmarks.runs import Bench
from syncsweep.config.sizing import rank_memory
from syncsweep.plan.overheads import Overheads

#: What a launch of ranks runs, from nothing to the whole worker.
_PYTHON = {
    "python": "pass",
    "mpi": "from mpi4py import MPI",
    "worker": "import syncsweep.sweep.worker",
}

RANKS = (1, 2)


@dataclass(frozen=True)
class Effort:
    """How much is run.

    repeats: of each launch; samples: that a rank solves for the numerics, for each chunk size;
    chunks: chunk sizes of the launches that the model must predict; replicated: samples of the
    shards that are only written; jobs: of the sweep that times Snakemake.
    """

    repeats: int
    samples: int
    chunks: tuple[int, ...]
    replicated: tuple[int, int]
    jobs: int


FULL = Effort(repeats=5, samples=30, chunks=(10, 40, 160), replicated=(1000, 10_000), jobs=20)
QUICK = Effort(repeats=2, samples=8, chunks=(8,), replicated=(100, 500), jobs=3)


@dataclass(frozen=True)
class Launch:
    """A real launch for the model to predict: wall time [s].

    sample: core time of a sample on one rank alone, measured just before and after, because the
    speed of a machine drifts. others: cores that others used meanwhile, of which the model knows
    nothing; None if unknown.
    """

    ranks: int
    samples: int
    measured: float
    sample: float
    others: float | None = None


@dataclass(frozen=True)
class Measured:
    """All that was measured, see the names in `Overheads`; times in seconds [s], memory in bytes.

    python, mpi, worker: a launch of Python, with MPI, with the worker, by ranks (1, 2).
    sample, contention: by core time; sample_wall: the same sample by the clock; spread: standard
    deviation of a sample over its mean. gather_row, write_row: the two parts of `end_row`.
    local_job: Snakemake's own cost of a local job. opens, opens_rank: files that a launch of one
    rank opens, and each further rank. shard_samples, peaks, estimate: of the largest shard, the
    largest resident memory of each of its ranks, and what `sizing.rank_memory` says of a rank.
    """

    python: tuple[float, ...]
    mpi: tuple[float, ...]
    worker: tuple[float, ...]
    first_sample: float
    sample: float
    sample_wall: float
    spread: float
    contention: float
    append: float
    end: float
    gather_row: float
    write_row: float
    local_job: float
    nested_start: float
    opens: int | None
    opens_rank: int | None
    shard_samples: int
    peaks: tuple[int, ...]
    estimate: int

    def overheads(self) -> Overheads:
        """The parameters of the model."""
        return Overheads(
            sample=self.sample,
            contention=max(1.0, self.contention),
            append=self.append,
            launch=self.mpi[0],
            launch_rank=max(0.0, self.mpi[1] - self.mpi[0]),
            import_alone=self.worker[0] - self.mpi[0],
            import_together=self.worker[1] - self.mpi[1],
            first_sample=self.first_sample,
            end=self.end,
            end_row=self.gather_row + self.write_row,
            rows=n_eta(),
            nested_start=self.nested_start,
        )


def n_eta() -> int:
    """Rows of a sample of the chain."""
    return len(chain(1).studies[STUDY].eta_blocks[0].etas)


def progress(text: str) -> None:
    """A line on stderr."""
    print(f"bench: {text}", file=sys.stderr, flush=True)


def measure(bench: Bench, effort: Effort) -> tuple[Measured, list[Launch]]:
    """Measure every overhead, and launches for the model to predict."""
    progress(f"launches of Python, with MPI, with the worker; {effort.repeats} of each")
    starts = _measure_starts(bench, effort)
    numerics, launches = _measure_numerics(bench, effort)
    progress(f"shards of {effort.replicated[0]} and {effort.replicated[1]} samples, only written")
    shards = _measure_shards(bench, effort)
    progress(f"Snakemake: {effort.jobs} local jobs, and its start")
    workflow = _measure_snakemake(bench, effort)
    progress("files that a rank opens")
    opens = [bench.opens(ranks) for ranks in RANKS]
    alone, both = opens
    further = None if alone is None or both is None else both - alone
    workflow |= {"opens": alone, "opens_rank": further}
    return Measured(**starts, **numerics, **shards, **workflow), launches


def _measure_starts(bench: Bench, effort: Effort) -> dict[str, Any]:
    seconds: dict[tuple[str, int], list[float]] = defaultdict(list)
    for _ in range(effort.repeats):
        for name, code in _PYTHON.items():
            for ranks in RANKS:
                seconds[name, ranks].append(bench.python(ranks, code))
    return {name: tuple(median(seconds[name, ranks]) for ranks in RANKS) for name in _PYTHON}


def _measure_numerics(bench: Bench, effort: Effort) -> tuple[dict[str, Any], list[Launch]]:
    """Samples on one rank and on two at once, in turns with the launches to predict.

    By core time, of which others on this machine take nothing.
    """
    launches: list[Launch] = []
    alone: list[dict[str, Any]] = []
    ratios = []
    for chunk in effort.chunks:
        progress(f"numerics on 1 and 2 ranks, and launches of {chunk} samples")
        # There and back, so that a drift of the machine's speed weighs on all alike.
        one, two = bench.probe(1, effort.samples), bench.probe(2, 2 * effort.samples)
        walls = [_launch(bench, ranks, chunk) for ranks in RANKS]
        two += bench.probe(2, 2 * effort.samples)
        one += bench.probe(1, effort.samples)
        sample = median(_later(*one))
        ratios.append(median(_later(*two)) / sample)
        launches += [replace(launch, sample=sample) for launch in walls]
        alone += one
    sample = median(_later(*alone))
    firsts = [rank["setup"] + rank["sample_cpu"][0] - median(_later(rank)) for rank in alone]
    deviation = median(abs(seconds - sample) for seconds in _later(*alone))
    return {
        "first_sample": max(0.0, median(firsts)),
        "sample": sample,
        "sample_wall": median(t for rank in alone for t in rank["sample_wall"][1:]),
        "spread": 1.4826 * deviation / sample,  # of a normal distribution: no hiccup counts
        "contention": median(ratios),
    }, launches


def _later(*ranks: dict[str, Any]) -> list[float]:
    """Core-seconds of the samples of ranks, each without its first."""
    return [seconds for rank in ranks for seconds in rank["sample_cpu"][1:]]


def _launch(bench: Bench, ranks: int, samples: int) -> Launch:
    load = Load()
    seconds = bench.solve(ranks, samples)
    others = load.summary()["cores_used_by_others"]
    return Launch(ranks, samples, seconds, sample=math.nan, others=others)


def _measure_shards(bench: Bench, effort: Effort) -> dict[str, Any]:
    """Appending, gathering, writing and verifying rows that are copies of one sample's."""
    few, many = effort.replicated
    times = [bench.probe(2, samples, replicate=True) for samples in (few, many)]
    solved = [max(rank["solved_at"] for rank in ranks) for ranks in times]
    gather = [ranks[0]["write_from"] - end for ranks, end in zip(times, solved, strict=True)]
    write = [ranks[0]["write_to"] - ranks[0]["write_from"] for ranks in times]
    rows = n_eta() * (many - few)
    gather_row, write_row = (max(0.0, (b - a) / rows) for a, b in (gather, write))
    end = gather[0] + write[0] - n_eta() * few * (gather_row + write_row)
    study = chain(many).studies[STUDY]
    return {
        "append": median(t for rank in times[1] for t in rank["append"]),
        "end": max(0.0, end),
        "gather_row": gather_row,
        "write_row": write_row,
        "shard_samples": many,
        "peaks": tuple(rank["peak_bytes"] for rank in times[1]),
        "estimate": 10**6
        * rank_memory(study.cost.memory(n_eta()), many * n_eta() * study.row_bytes, 2),
    }


def _measure_snakemake(bench: Bench, effort: Effort) -> dict[str, Any]:
    """What a job more costs beside its launch, and a start of Snakemake within a Slurm job."""
    again = effort.repeats // 2
    one, launches_of_one = bench.snakemake(1, effort.jobs, again)
    many, launches_of_many = bench.snakemake(effort.jobs, effort.jobs, again)
    launch = median(launches_of_one + launches_of_many)
    nested = [bench.nested_start() for _ in range(again + 1)]
    return {
        "local_job": (many - one) / (effort.jobs - 1) - launch,
        "nested_start": median(nested),
    }
