"""Calibration: solve some samples now, in as many processes at once as ranks will run here.

Ranks on one machine share caches and memory bandwidth, so all trials run at the same time. The
first sample of a block warms a trial up and is timed separately. Of the later ones the median
counts. Times are CPU times, so other programs on this machine change them only through the caches.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain, repeat
from statistics import mean, median, quantiles
from typing import Any

from syncsweep.config.blocks import Block
from syncsweep.config.physics import Physics
from syncsweep.sweep.launcher import allotted_cores
from syncsweep.user_code import isolated

#: The program that solves samples.
_TRIAL = "syncsweep.plan.trial"

#: Core-seconds in which each trial times samples of a study, if their number is not given [s].
SECONDS = 3.0


class CalibrationError(Exception):
    """A calibration that failed; the message is one line for the user."""


@dataclass(frozen=True)
class BlockTimes:
    """Results of the trials of a block, in core-seconds [s] and bytes.

    samples: all samples but the first of each trial; once: the first samples, which also prepare
    what the others share; part_bytes: size of a sample's rows in a part.
    """

    samples: list[float]
    once: list[float]
    part_bytes: int

    @property
    def sample(self) -> float:
        """Core-seconds of a sample: the median."""
        return median(self.samples)

    @property
    def first(self) -> float:
        """Core-seconds that a rank's first sample costs more than a later one."""
        return max(0.0, mean(self.once) - self.sample)

    @property
    def quartiles(self) -> tuple[float, float]:
        """A quarter of the samples took less than the first, and a quarter more than the second."""
        if len(self.samples) < 4:
            return min(self.samples), max(self.samples)
        low, _, high = quantiles(self.samples, n=4)
        return low, high


@dataclass(frozen=True)
class Calibration:
    """Results of the trials of a study.

    start: core-seconds to load the libraries [s], the mean of the trials; peak: the largest
    resident memory of a trial [bytes].
    """

    blocks: list[BlockTimes]
    start: float
    peak: int
    processes: int


@dataclass(frozen=True)
class TrialRequest:
    """The blocks to time, and the number of processes at once.

    samples: per block and process; None: as many as fit into SECONDS, shared among the blocks;
    of_point: samples of a point.
    """

    physics: Physics
    blocks: list[Block]
    processes: int
    samples: int | None
    of_point: int = 1

    def of_process(self, number: int) -> dict[str, Any]:
        """The request of one trial, which solves the samples that a rank of a launch would."""
        return {
            "physics": self.physics.model_dump(mode="json"),
            "blocks": [(block.etas, block.points) for block in self.blocks],
            "observables": [code.model_dump(mode="json") for code in self.blocks[0].observables],
            "of_point": self.of_point,
            "first": number,
            "stride": self.processes,
            "samples": self.samples,
            "seconds": SECONDS / len(self.blocks),
        }


def calibrate(request: TrialRequest, on_sample: Callable[[], None]) -> Calibration:
    """Run the trials; CalibrationError if one fails. `on_sample` is called after each sample."""
    requests = [request.of_process(number) for number in range(request.processes)]
    with ExitStack() as stack:
        trials = [stack.enter_context(isolated.started(_TRIAL)) for _ in requests]
        readers = stack.enter_context(ThreadPoolExecutor(len(requests)))
        # Leaving waits for the readers, which wait for the trials.
        for trial in trials:
            stack.callback(trial.kill)
        said = list(readers.map(_follow, trials, requests, repeat(on_sample)))
    return _gathered(said, len(request.blocks))


def _follow(
    trial: subprocess.Popen[str], request: dict[str, Any], on_sample: Callable[[], None]
) -> list[dict[str, Any]]:
    """All lines of a trial."""
    said = []
    for line in isolated.ask(trial, request):
        said.append(line)
        if "sample" in line or "once" in line:
            on_sample()
        if isolated.ERROR in line:
            raise CalibrationError(f"a trial failed: {line[isolated.ERROR]}")
        if "peak" in line:
            return said
    raise CalibrationError(f"a trial ended with {isolated.end_of(trial)}")


def _gathered(said: list[list[dict[str, Any]]], n_blocks: int) -> Calibration:
    lines = list(chain.from_iterable(said))

    def of_block(number: int, name: str) -> list[Any]:
        return [line[name] for line in lines if line.get("block") == number and name in line]

    return Calibration(
        blocks=[
            BlockTimes(
                of_block(number, "sample"),
                of_block(number, "once"),
                max(of_block(number, "bytes")),
            )
            for number in range(n_blocks)
        ],
        start=mean(line["start"] for line in lines if "start" in line),
        peak=max(line["peak"] for line in lines if "peak" in line),
        processes=len(said),
    )


def most_processes(rank_megabytes: int) -> int:
    """Number of trials that this machine can run at once, by its cores and its memory."""
    memory = 0.8e-6 * os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return max(1, min(cores_here(), int(memory / rank_megabytes)))


def cores_here() -> int:
    """Cores of this machine that this process may use."""
    return allotted_cores(len(os.sched_getaffinity(0)))
