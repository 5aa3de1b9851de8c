"""The accuracy of the time left: watch a sweep, and compare what was shown with what it took."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.load import Load
from benchmarks.runs import Bench, BenchError
from benchmarks.scaling import machine
from syncsweep.config.file import load_config
from syncsweep.files import replace_atomically
from syncsweep.status.expected import Expected
from syncsweep.status.overview import Observer
from syncsweep.status.requested import asked_blocks

#: Samples of each study that plain snakemake makes.
_SAMPLES, _QUICK_SAMPLES = 3000, 300

#: Where in the run the table looks, in parts of its time.
PLACES = (0.1, 0.25, 0.5, 0.75, 0.9)


@dataclass(frozen=True)
class Moment:
    """What was said of the time left at a time [s]; None before the first sample."""

    time: float
    left: Expected | None


@dataclass(frozen=True)
class Foretold:
    """At a part of a run: what time left was said, its range, and what then passed [s]."""

    place: float
    said: float
    low: float
    high: float
    passed: float


def run(root: Path, output: Path, quick: bool) -> dict[str, Any]:
    """Watch a sweep, and write time_left.json to a folder, which must exist.

    root: the folder of the Snakefile. Returns what the JSON file holds.
    """
    samples = _QUICK_SAMPLES if quick else _SAMPLES
    moments: list[Moment] = []
    done: list[float] = []
    observers: list[Observer] = []

    def look(results: Path) -> None:
        if not observers:
            overrides = {"samples": samples, "results": str(results)}
            config = load_config(root / "config.yaml", overrides)
            studies = [name for name, study in config.studies.items() if study.by_default]
            observers.append(Observer(asked_blocks(config, studies)))
        overview = observers[0].look()
        if overview.done == overview.samples:
            done.append(overview.time)
        moments.append(Moment(overview.time, overview.time_left))

    load, began = Load(), time.time()
    Bench(root, output).watched(samples, look)
    if not done:
        raise BenchError("the sweep ended without all its samples")
    content = {
        "machine": machine() | load.summary(),
        "samples": samples,
        "quick": quick,
        "seconds": done[0] - began,
        "foretold": [asdict(found) for found in foretold(moments, began, done[0])],
    }
    text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"

    def fill(path: Path) -> None:
        path.write_text(text, encoding="utf-8")

    replace_atomically(output / "time_left.json", fill)
    return content


def foretold(moments: Sequence[Moment], began: float, ended: float) -> list[Foretold]:
    """What was said at some places of a run, from the moment next to each that said something."""
    said = [(moment.time, moment.left) for moment in moments if moment.left]
    found = []
    for place in PLACES:
        wanted = began + place * (ended - began)
        at, left = min(said, key=lambda moment: abs(moment[0] - wanted))
        found.append(
            Foretold((at - began) / (ended - began), left.value, left.low, left.high, ended - at)
        )
    return found


def table(content: dict[str, Any]) -> str:
    """The time left as it was said beside what then passed, as text."""
    seconds = f"{content['seconds']:.0f} s"
    lines = [f"time left, as status said it in a sweep of {seconds}, and as it was:"]
    lines.append(f"{'at':>6}  {'said':>7}  {'range':>15}  {'was':>7}")
    for row in content["foretold"]:
        reach = f"{row['low']:.0f} to {row['high']:.0f}"
        said, passed = f"{row['said']:.0f}", f"{row['passed']:.0f}"
        lines.append(f"{100 * row['place']:4.0f} %  {said:>5} s  {reach:>13} s  {passed:>5} s")
    return "\n".join(lines)
