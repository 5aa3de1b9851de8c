"""A trial: a separate program that solves some samples as a rank does, and discards them.

Started and asked through `syncsweep.user_code.isolated`; see `main`. Writes no file.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from itertools import count, islice
from pathlib import Path
from typing import Any

from syncsweep.environment.blas import limit_blas_threads
from syncsweep.environment.memory import keep_freed_memory
from syncsweep.user_code import isolated

#: Samples of a block that are timed, if their number is not given: at least and at most.
_LEAST, _MOST = 2, 1000


def main() -> None:
    """Time samples of each block of a study; the answers are in core-seconds [s] and bytes.

    The request: physics, blocks (a list of η and points of each), observables, of_point (samples of
    a point), first and stride (the units of a block, point by point, are first, first + stride, …),
    samples (of each block, or null) and seconds (of each block, if the number of samples is null).
    The answers: `start` (Python and the libraries); for each block `once` (the first sample, with
    what all share); for each later sample `sample` with the `bytes` of its rows in a part; at the
    end `peak` (resident memory). A failure is an `error` of one line.
    """
    limit_blas_threads()
    keep_freed_memory()
    os.environ["PYDANTIC_DISABLE_PLUGINS"] = "__all__"
    isolated.serve(_time)


def _time(request: dict[str, Any], say: Callable[..., None]) -> None:
    # Imported here, because a BLAS reads its limit when NumPy is loaded. A rank also loads MPI.
    from syncsweep.config.physics import Physics
    from syncsweep.environment import blas

    blas.blas_description()
    physics = Physics.model_validate(request["physics"])
    say(start=time.process_time())
    for number, (etas, points) in enumerate(request["blocks"]):
        _time_block(number, physics, tuple(etas), [*map(tuple, points)], request, say)
    say(peak=_peak_bytes())


def _peak_bytes() -> int:
    # Not ru_maxrss, which on Linux begins with what the process held that started this one.
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    found = re.search(r"^VmHWM:\s*(\d+) kB$", status, re.MULTILINE)
    assert found, "Linux says the peak of the resident memory"
    return int(found[1]) * 1024


def _time_block(
    number: int,
    physics: Any,
    etas: tuple[float, ...],
    points: list[tuple[float, ...]],
    request: dict[str, Any],
    say: Callable[..., None],
) -> None:
    from pydantic import TypeAdapter

    from syncsweep.config.observables import ObservableCode
    from syncsweep.sample.sample_solver import SampleSolver
    from syncsweep.sweep.parts import encoded

    codes = TypeAdapter(tuple[ObservableCode, ...]).validate_python(request["observables"])
    wanted = request["samples"]
    units = count(request["first"], request["stride"])

    def solve(size: int) -> tuple[float, int]:
        """Core-seconds of so many units, and bytes of their rows."""
        began, batch = time.process_time(), []
        for k in islice(units, size):
            # The only point of a study without axes has as many samples as are wanted.
            place, sample = divmod(k, request["of_point"]) if physics.axes else (0, k)
            batch.append((points[place % len(points)], sample))
        payload = encoded(solver.rows_of(batch))[1]
        return time.process_time() - began, len(payload)

    began = time.process_time()
    solver = SampleSolver(physics, etas, codes)
    solve(1)
    now = time.process_time()
    say(block=number, once=now - began)
    end, solved, size = now + request["seconds"], 0, 1
    while solved < (wanted or _LEAST) or (not wanted and now < end and solved < _MOST):
        size = min(size, (wanted or (_MOST if now < end else _LEAST)) - solved)
        seconds, n_bytes = solve(size)
        for _ in range(size):
            say(block=number, sample=seconds / size, bytes=n_bytes // size)
        now, solved = time.process_time(), solved + size
        size = solver.batch_size(seconds / size)  # as a rank does


if __name__ == "__main__":
    main()
