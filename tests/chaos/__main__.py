"""A campaign of faults against sweeps: `python tests/chaos --seed 1 --faults 200 --minutes 30`."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent / name) for name in ("workflow", "slurm")]
for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_variable] = "1"

#: Whether this process is in namespaces of its own, once that is known.
OWN_NAMESPACES = "SYNCSWEEP_CHAOS_NAMESPACES"


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="of the kinds, times and victims")
    parser.add_argument("--faults", type=int, default=200, help="faults that count, to be reached")
    parser.add_argument("--minutes", type=float, default=45, help="begin no fault after so long")
    parser.add_argument("--kinds", nargs="+", help="only kinds whose names begin so")
    parser.add_argument("--per-sweep", type=int, default=20, help="most faults of one sweep")
    parser.add_argument("--samples", type=int, default=240, help="of each sweep")
    parser.add_argument("--output", type=Path, default=Path("results/chaos.md"), help="the table")
    parser.add_argument("--slurm", action="store_true", help="on a cluster, see tests/slurm/run.sh")
    return parser.parse_args()


def enter_namespaces() -> None:
    """Start again where mounts and processes are this campaign's own, if the kernel allows it.

    The kernel ends all processes and mounts with it, and no signal can reach another process.
    """
    own = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
    if os.geteuid():
        own[1:1] = ["--user", "--map-root-user"]
    os.environ[OWN_NAMESPACES] = "no"
    try:
        if subprocess.run([*own, "true"], capture_output=True).returncode:
            return
    except FileNotFoundError:
        return
    os.environ[OWN_NAMESPACES] = "yes"
    # Process 1 is bash, because it reaps what killed processes leave.
    shell = ["bash", "-c", 'code=0; "$@" || code=$?; exit "$code"', "chaos"]
    os.execvp(own[0], [*own, *shell, sys.executable, *sys.argv])


def main() -> int:
    arguments = parse_arguments()
    if OWN_NAMESPACES not in os.environ and not arguments.slurm:
        enter_namespaces()
    may_mount = arguments.slurm or os.environ[OWN_NAMESPACES] == "yes"
    import places
    import report
    from campaign import Campaign, is_bad

    output = arguments.output.absolute()
    output.parent.mkdir(parents=True, exist_ok=True)
    log = output.with_suffix(".jsonl")
    log.unlink(missing_ok=True)
    began = time.monotonic()
    make_place = places.cluster if arguments.slurm else places.machine
    with make_place(arguments.samples, may_mount) as place:
        kinds, not_tried = place.chosen_kinds(arguments.kinds)
        if not kinds:
            sys.exit(f"error: --kinds: there are {', '.join(place.kinds)}")
        campaign = Campaign(place.make_sweep, kinds, arguments.seed, log, arguments.per_sweep)
        campaign.run(arguments.faults, began + 60 * arguments.minutes)
        minutes = (time.monotonic() - began) / 60
        text = report.table(campaign, kinds, not_tried, place, arguments.seed, minutes)
    output.write_text(text, encoding="utf-8")
    print(text)
    return int(any(is_bad(fault) for fault in campaign.faults))


if __name__ == "__main__":
    sys.exit(main())
