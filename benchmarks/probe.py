"""A rank of a real launch with stopwatches: the worker as it is, timed at its seams.

Run under MPI as `python -m mpi4py -m benchmarks.probe BLOCK STOP OUTPUT [--replicate]`: makes
the shard of samples 0 … STOP−1 of a block, and each rank writes its times as JSON to a file in the
folder OUTPUT. With --replicate only a rank's first sample is solved, and its rows stand for all
others, so that what is not numerics can be seen at any size.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import resource
import time
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

from syncsweep.sample.rows import joined


class Stopwatch:
    """Times of one rank: the names are the keys of what is written; all in seconds."""

    def __init__(self) -> None:
        self.setup = 0.0
        self.sample_wall: list[float] = []
        self.sample_cpu: list[float] = []
        self.append: list[float] = []
        self.solving_from = 0.0
        self.solved_at = 0.0
        self.write_from = 0.0
        self.write_to = 0.0

    def summary(self) -> dict[str, Any]:
        """All times, and the largest resident memory of the process [bytes]."""
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        return {**vars(self), "peak_bytes": peak}


def _timed_solver(base: Any, watch: Stopwatch, replicate: bool) -> Any:
    class TimedSolver(base):
        def __init__(self, *arguments: Any) -> None:
            began = time.process_time()
            super().__init__(*arguments)
            watch.setup = time.process_time() - began
            self._first: Any = None

        def rows_of(self, units: Any) -> Any:
            if replicate and self._first is not None:
                copies = [
                    dataclasses.replace(self._first, sample=np.full_like(self._first.sample, one))
                    for _, one in units
                ]
                return joined(copies)
            watch.solving_from = watch.solving_from or time.time()
            wall, cpu = time.perf_counter(), time.process_time()
            rows = super().rows_of(units)
            n = len(units)
            watch.sample_wall += [(time.perf_counter() - wall) / n] * n
            watch.sample_cpu += [(time.process_time() - cpu) / n] * n
            self._first = self._first or rows
            return rows

    return TimedSolver


def _timed_parts(base: Any, watch: Stopwatch) -> Any:
    class TimedParts(base):
        def append(self, rows: Any) -> Any:
            began = time.perf_counter()
            table = super().append(rows)
            watch.append.append(time.perf_counter() - began)
            return table

        def close(self) -> None:
            super().close()
            watch.solved_at = time.time()

    return TimedParts


def main() -> None:
    """Make one shard as the worker does, and write this rank's times."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("block", type=Path)
    parser.add_argument("stop", type=int)
    parser.add_argument("output", type=Path)
    parser.add_argument("--replicate", action="store_true")
    arguments = parser.parse_args()
    # Here, because it starts MPI.
    from syncsweep.sample_range import SampleRange
    from syncsweep.sweep import worker

    watch, write_shard = Stopwatch(), worker.write_shard

    def timed_write(*of_shard: Any) -> None:
        watch.write_from = time.time()
        write_shard(*of_shard)
        watch.write_to = time.time()

    timed = {
        "SampleSolver": _timed_solver(worker.SampleSolver, watch, arguments.replicate),
        "PartWriter": _timed_parts(worker.PartWriter, watch),
        "write_shard": timed_write,
    }
    comm = worker.MPI.COMM_WORLD
    with mock.patch.multiple(worker, **timed):
        worker.run(worker.Job(arguments.block, SampleRange(0, arguments.stop), comm.size))
    path = arguments.output / f"rank-{comm.rank}-{os.getpid()}.json"
    path.write_text(json.dumps({"rank": comm.rank, **watch.summary()}), encoding="utf-8")


if __name__ == "__main__":
    main()
