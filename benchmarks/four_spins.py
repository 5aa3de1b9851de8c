"""Time and memory of a sample of four spins, and of dgesv of its size, in a process of its own.

Run as `python -m benchmarks.four_spins TURNS`: prints JSON with `sample` and `dgesv` [s], the
fastest of so many turns each, and the process's largest memory before the first dgesv.
"""

from syncsweep.environment.blas import limit_blas_threads

limit_blas_threads()

import json  # noqa: E402
import resource  # noqa: E402
import sys  # noqa: E402
from functools import partial  # noqa: E402

from benchmarks.solver import CHAIN_ETAS, Dgesv, chain, seconds  # noqa: E402
from syncsweep.sample import SampleSolver  # noqa: E402


def main(turns: int) -> None:
    """Measure and print."""
    solver = SampleSolver(chain(4), CHAIN_ETAS)
    samples = [seconds(partial(solver.rows, 0))]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    dgesv = Dgesv(81)
    solves = [seconds(dgesv)]
    for turn in range(1, turns):
        samples.append(seconds(partial(solver.rows, turn)))
        solves.append(seconds(dgesv))
    print(json.dumps({"sample": min(samples), "dgesv": min(solves), "peak_gib": peak}))


if __name__ == "__main__":
    main(int(sys.argv[1]))
