"""Make one shard: samples START … STOP−1 of an η-block. Run under MPI, see workflow/rules."""

import os

from syncsweep.environment.blas import limit_blas_threads
from syncsweep.environment.memory import keep_freed_memory

limit_blas_threads()
keep_freed_memory()
# Every rank would open a file of each installed package to look for plugins of pydantic.
os.environ["PYDANTIC_DISABLE_PLUGINS"] = "__all__"

import argparse  # noqa: E402
import math  # noqa: E402
from pathlib import Path  # noqa: E402

import numpy  # noqa: E402

# SciPy copies every name of NumPy. It would load these two, which take a tenth of the start.
UNUSED = ("f2py", "testing")
for part in UNUSED:
    setattr(numpy, part, None)

from syncsweep.sample_range import SampleRange  # noqa: E402
from syncsweep.sweep.worker import Job, end, run  # noqa: E402

for part in UNUSED:
    delattr(numpy, part)  # NumPy loads it if the user's own code asks for it


def time_limit(text: str) -> float | None:
    """Minutes, or None for an empty text."""
    if not text:
        return None
    minutes = float(text)
    if not 0 < minutes < math.inf:
        raise ValueError
    return minutes


parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--block", type=Path, required=True, help="folder of the η-block")
parser.add_argument("--start", type=int, required=True, help="first sample")
parser.add_argument("--stop", type=int, required=True, help="one behind the last sample")
parser.add_argument("--ranks", type=int, required=True, help="expected number of MPI ranks")
parser.add_argument(
    "--minutes",
    type=time_limit,
    help="minutes until the launch is killed; it stops by itself earlier; empty: no limit",
)
arguments = parser.parse_args()
seconds = None if arguments.minutes is None else 60 * arguments.minutes
samples = SampleRange(arguments.start, arguments.stop)
end(run(Job(arguments.block, samples, arguments.ranks, seconds)))
