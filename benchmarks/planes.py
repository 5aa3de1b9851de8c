"""The cost of studies with axes beyond their numerics, against targets."""

from __future__ import annotations

import json
import resource
import time
from pathlib import Path
from statistics import median
from typing import Any

import yaml

from benchmarks.load import Load
from benchmarks.measure import progress
from benchmarks.runs import Bench
from benchmarks.scaling import machine
from syncsweep.config.configuration import parse
from syncsweep.files import write_text
from syncsweep.sample.sample_solver import SampleSolver
from syncsweep.sample_range import SampleRange
from syncsweep.sweep.description import describe

#: Values of each axis of the small plane and of the large one, and samples of each point.
_SMALL, _LARGE = 11, 41
_FEW, _MANY = 4, 100

#: Units whose numerics are timed.
_TIMED = 400


def _tongue(count: int) -> dict[str, Any]:
    """The plane of App. E over detuning and coupling, with its figure."""
    return {
        "model": {"name": "two_spin1s"},
        "ensemble": {"kind": "two_spin1s"},
        "axes": {
            "ensemble.delta": {"first": -2, "last": 2, "count": count},
            "ensemble.epsilon": {"first": -1.6, "last": 1.6, "count": count},
        },
        "samples": 1,
        "eta_blocks": [{"values": [0]}],
        "figure": {
            "name": "tongue", "kind": "map", "x": "delta", "y": "epsilon", "column": "s_max_mean",
        },
    }  # fmt: skip


def _pair(samples: int, points: int = 5) -> dict[str, Any]:
    """Planes of the pair under random perturbations, at the 22 η of the paper."""
    return {
        "model": {"name": "spin_half_pair"},
        "axes": {
            "model.delta": {"first": -2, "last": 2, "count": points},
            "model.B": {"first": 0, "last": 2, "count": points},
        },
        "samples": samples,
        "eta_blocks": [{"first": 1e-4, "last": 10, "per_decade": 4, "limit": True}],
    }


def _settings(study: dict[str, Any]) -> dict[str, Any]:
    return {"results": "results", "root_seed": 7, "ranks": 2, "studies": {"plane": study}}


def _numerics(study: dict[str, Any]) -> float:
    """CPU seconds of a unit: its perturbation, steady states, S_d and S_max."""
    (block, *_) = describe(parse(_settings(study)), "plane")
    solver = SampleSolver(block.physics, block.etas)
    units = block.units(SampleRange(0, study["samples"]))[:_TIMED]
    solver.rows_of(units[:1])
    size = solver.batch_size(1e-9)  # as a rank does
    began = time.process_time()
    for first in range(0, len(units), size):
        solver.rows_of(units[first : first + size])
    return (time.process_time() - began) / len(units)


def _run(bench: Bench, study: dict[str, Any]) -> tuple[float, float]:
    """CPU seconds of all processes of a whole run on two cores, and seconds of the clock."""
    with bench.temporary() as folder:
        (folder / "config.yaml").write_text(yaml.safe_dump(_settings(study)), encoding="utf-8")
        before = _children()
        wall = bench.sweep(folder, "--cores", "2")
        return _children() - before, wall


def _children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def run(root: Path, output: Path, quick: bool) -> dict[str, Any]:
    """Measure, and write planes.json to a folder, which must exist.

    root: the folder of the Snakefile. Returns what the JSON file holds.
    """
    load, bench = Load(), Bench(root, output)
    rounds: dict[str, list[float]] = {"plane_seconds": [], "overhead": [], "share": [], "plan": []}
    for number in range(1 if quick else 3):
        progress(f"planes: round {number + 1}")
        numerics = _numerics(_tongue(_SMALL))
        small, _ = _run(bench, _tongue(_SMALL))
        large, wall = _run(bench, _tongue(_LARGE))
        rounds["plane_seconds"].append(wall)
        rounds["overhead"].append((large - small) / (_LARGE**2 - _SMALL**2) - numerics)
        numerics = _numerics(_pair(_TIMED))
        few, many = (_run(bench, _pair(samples))[0] for samples in (_FEW, _MANY))
        rounds["share"].append(numerics * 25 * (_MANY - _FEW) / (many - few))
        rounds["plan"].append(_plan(bench))
    content = {"machine": machine() | load.summary(), "quick": quick, **rounds}
    text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
    write_text(output / "planes.json", text)
    return content


def _plan(bench: Bench) -> float:
    """Seconds in which Snakemake plans 1000 points of 200 samples."""
    study = _pair(200)
    study["axes"]["model.delta"]["count"] = 40
    study["axes"]["model.B"]["count"] = 25
    with bench.temporary() as folder:
        (folder / "config.yaml").write_text(yaml.safe_dump(_settings(study)), encoding="utf-8")
        return bench.sweep(folder, "-n", "--cores", "2")


def table(content: dict[str, Any]) -> str:
    """The results beside their targets, as text: medians of the rounds."""
    lines = ["planes: medians of the rounds"]
    for key, what, factor, unit, target, at_most in (
        ("plane_seconds", "41 × 41 points of App. E, with figure", 1, "s", 60, True),
        ("overhead", "CPU of a point beyond its numerics", 1e3, "ms", 1, True),
        ("share", "numerics in the CPU of a sample more of the pair", 100, "%", 80, False),
        ("plan", "dry-run of 1000 points × 200 samples", 1, "s", 15, True),
    ):
        value = factor * median(content[key])
        missed = "" if (value <= target) == at_most else "  missed"
        sign = "≤" if at_most else "≥"
        lines.append(f"{what:52}{value:8.2f} {unit:3} (target {sign} {target} {unit}){missed}")
    return "\n".join(lines)
