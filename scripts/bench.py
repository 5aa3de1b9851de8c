"""Measure what a sweep costs beside its numerics, and foretell how it scales."""

from syncsweep.sweep.blas import limit_blas_threads

limit_blas_threads()

import argparse  # noqa: E402
import signal  # noqa: E402
import sys  # noqa: E402
import tempfile  # noqa: E402
from pathlib import Path  # noqa: E402

from syncsweep.bench.launches import BenchError  # noqa: E402
from syncsweep.bench.scaling import run, table  # noqa: E402

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument(
    "--output",
    type=Path,
    default=Path("results/bench"),
    help="folder of scaling.json, .pdf and .png; launches write there too",
)
parser.add_argument("--quick", action="store_true", help="fewer and smaller launches")
arguments = parser.parse_args()
try:
    arguments.output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=arguments.output):
        pass
except OSError as error:
    sys.exit(f"error: {arguments.output}: cannot be written ({error.strerror})")
# So that launches end and temporary folders go, as after Ctrl-C.
signal.signal(signal.SIGTERM, lambda *_: sys.exit("error: told to stop"))
try:
    print(table(run(Path(__file__).parents[1], arguments.output, arguments.quick)))
except (BenchError, OSError) as error:
    sys.exit(f"error: {error}")
except KeyboardInterrupt:
    sys.exit("error: interrupted")
