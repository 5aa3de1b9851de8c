"""Measure the numerics against targets, how a sweep scales, and how good predictions of time are.

Run as `python -m benchmarks` in the folder of the project.
"""

from syncsweep.environment.blas import limit_blas_threads

limit_blas_threads()

import argparse  # noqa: E402
import signal  # noqa: E402
import sys  # noqa: E402
import tempfile  # noqa: E402
from pathlib import Path  # noqa: E402

from benchmarks import against, planes, plans, scaling, targets, time_left_errors  # noqa: E402
from benchmarks.runs import BenchError  # noqa: E402

#: What is measured, by name.
PARTS = {
    "targets": targets,
    "scaling": scaling,
    "time-left": time_left_errors,
    "plans": plans,
    "planes": planes,
}

parser = argparse.ArgumentParser(
    prog="python -m benchmarks", description=(__doc__ or "").partition("\n")[0]
)
parser.add_argument(
    "--output",
    type=Path,
    default=Path("results/bench"),
    help="folder of the JSON files and the figures; launches write there too",
)
parser.add_argument(
    "--only",
    choices=[*PARTS, *against.CASES],
    metavar="PART",
    help=f"one part instead of all: {', '.join(PARTS)}; with --against {', '.join(against.CASES)}",
)
parser.add_argument(
    "--against",
    metavar="REF",
    help="measure only how fast this commit is beside another, built in the output folder",
)
parser.add_argument("--quick", action="store_true", help="fewer and smaller launches")
arguments = parser.parse_args()
parts = PARTS if arguments.against is None else against.CASES
if arguments.only and arguments.only not in parts:
    parser.error(f"--only {arguments.only}: choose from {', '.join(parts)}")
try:
    arguments.output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=arguments.output):
        pass
except OSError as error:
    sys.exit(f"error: {arguments.output}: cannot be written ({error.strerror})")
# So that launches end and temporary folders go, as after Ctrl-C.
signal.signal(signal.SIGTERM, lambda *_: sys.exit("error: stopped by a signal"))
root = Path(__file__).parents[1]
try:
    if arguments.against is not None:
        asked = (arguments.quick, arguments.against, arguments.only)
        print(against.table(against.run(root, arguments.output, *asked)))
    else:
        for part in [PARTS[arguments.only]] if arguments.only else PARTS.values():
            print(part.table(part.run(root, arguments.output, arguments.quick)), flush=True)
except (BenchError, OSError) as error:
    sys.exit(f"error: {error}")
except KeyboardInterrupt:
    sys.exit("error: interrupted")
