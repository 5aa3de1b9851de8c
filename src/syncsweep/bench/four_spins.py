"""Time and memory of a sample of four spins, and of dgesv of its size, in a process of its own.

Run as `python -m syncsweep.bench.four_spins`: prints JSON with `sample` and `dgesv` in seconds (the
faster of two each, which take turns), and the process's largest memory before the first dgesv.
"""

from syncsweep.sweep.blas import limit_blas_threads

limit_blas_threads()

import json  # noqa: E402
import resource  # noqa: E402

from syncsweep.bench.solver import CHAIN_ETAS, Dgesv, chain, rows_seconds, seconds  # noqa: E402


def main() -> None:
    """Measure and print."""
    rows = rows_seconds(chain(4), CHAIN_ETAS)  # solves sample 0 already
    samples = [rows(1)]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    dgesv = Dgesv(81)
    solves = [seconds(dgesv)]
    samples.append(rows(2))
    solves.append(seconds(dgesv))
    print(json.dumps({"sample": min(samples), "dgesv": min(solves), "peak_gib": peak}))


if __name__ == "__main__":
    main()
