"""Scaling of the sweep: measurements, the model based on them, its test, and its predictions."""

from __future__ import annotations

import json
import os
import platform
import time
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks import measure
from benchmarks.load import Load
from benchmarks.measure import Launch, Measured
from benchmarks.overhead import (
    STUDY,
    SweepCost,
    automatic_ranks,
    chain,
    sweep_cost,
)
from benchmarks.runs import Bench
from syncsweep.environment.blas import blas_description
from syncsweep.files import replace_atomically
from syncsweep.plan.overheads import Overheads

#: Samples of the predicted sweeps, and the most ranks of a job that a profile may allow.
SWEEPS = (10**4, 10**5, 10**6)
LIMITS = (2, 16, 64)

_PACKAGES = ("numpy", "scipy", "pyarrow", "mpi4py", "mpich", "snakemake")


@dataclass(frozen=True)
class Stage:
    """A line of the table."""

    stage: str
    measured: float | None
    unit: str
    note: str


def run(root: Path, output: Path, quick: bool) -> dict[str, Any]:
    """Measure, and write scaling.json, .pdf and .png to a folder, which must exist.

    root: the folder of the Snakefile. Returns what the JSON file holds.
    """
    from benchmarks.figure import draw

    effort = measure.QUICK if quick else measure.FULL
    load = Load()
    measured, launches = measure.measure(Bench(root, output), effort)
    content = report(measured, launches, machine() | load.summary(), quick)
    text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"

    def fill(path: Path) -> None:
        path.write_text(text, encoding="utf-8")

    replace_atomically(output / "scaling.json", fill)
    draw(measured.overheads(), launches, output / "scaling")
    return content


def machine() -> dict[str, Any]:
    """What was measured on: processor, cores, versions and date."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return {
        "date": time.strftime("%Y-%m-%d"),
        "cpu": (names or [platform.processor() or platform.machine()])[0],
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "blas": blas_description(),
        "versions": {name: _version(name) for name in _PACKAGES},
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except ImportError:  # a site may have an MPI library of its own
        return None


def report(
    measured: Measured, launches: list[Launch], on: dict[str, Any], quick: bool
) -> dict[str, Any]:
    """All numbers as JSON values."""
    overheads = measured.overheads()
    return {
        "machine": on,
        "quick": quick,
        "stages": [asdict(stage) for stage in stages(measured)],
        "measured": asdict(measured),
        "overheads": asdict(overheads),
        "validation": [asdict(launch) | foretold(overheads, launch) for launch in launches],
        "extrapolated": [asdict(cost) for cost in predictions(overheads)],
    }


def foretold(overheads: Overheads, launch: Launch) -> dict[str, float]:
    """The model's prediction for a launch [s], and its relative error."""
    model = replace(overheads.launch_only(), sample=launch.sample)
    wall = model.wall(launch.ranks, launch.samples)
    return {"predicted": wall, "relative_error": wall / launch.measured - 1}


def predictions(overheads: Overheads) -> list[SweepCost]:
    """10⁶ samples in Slurm jobs, with the automatic sizes at each limit of ranks."""
    study = chain(SWEEPS[-1]).studies[STUDY]
    return [sweep_cost(overheads, study, automatic_ranks(study, limit)) for limit in LIMITS]


def stages(measured: Measured) -> list[Stage]:
    """The table of what was measured."""
    model, rows = measured.overheads(), measure.n_eta()
    peak, estimate = sum(measured.peaks), 2 * measured.estimate
    size = f"shard of {measured.shard_samples} samples, 2 ranks"
    serial = f"the first rank alone; {rows} rows per sample; {size}"
    return [
        Stage("Python, 1 rank", measured.python[0], "s", "mpiexec -n 1 python -c pass"),
        Stage("launch, 1 rank", model.launch, "s", "mpiexec, Python, MPI_Init"),
        Stage("launch, each further rank", model.launch_rank, "s", "from 1 to 2 ranks"),
        Stage("import, 1 rank", model.import_alone, "s", "the worker and its libraries"),
        Stage("import, 2 ranks at once", model.import_together, "s", "the same"),
        Stage("first sample", model.first_sample, "s", "beyond a later one, per rank"),
        Stage("numerics, 1 rank", model.sample, "core-s/sample", f"N = 3, {rows} η; CPU time"),
        Stage("numerics, 1 rank", measured.sample_wall, "s/sample", "the same by the clock"),
        Stage("spread of a sample", 100 * measured.spread, "%", "standard deviation over mean"),
        Stage("numerics, 2 ranks at once", measured.contention, "ratio", "CPU time, over 1 rank"),
        Stage("append to a part", 1e3 * model.append, "ms/sample", "on every rank"),
        Stage("gather", 1e6 * measured.gather_row, "µs/row", serial),
        Stage("write and verify", 1e6 * measured.write_row, "µs/row", serial),
        Stage("end of a job", model.end, "s", "the part that does not grow with rows"),
        Stage(
            "local job of Snakemake", measured.local_job, "s", "beside its launch; 0.1 s is noise"
        ),
        Stage("start of Snakemake", model.nested_start, "s", "a Slurm job has two"),
        Stage("scheduler", model.scheduler, "s", "ASSUMED: an idle cluster; not measured"),
        Stage("files opened, 1 rank", measured.opens, "files", "launcher included"),
        Stage("files opened, further rank", measured.opens_rank, "files", "from 1 to 2 ranks"),
        Stage("memory", peak / 1e6, "MB", f"{size}; {peak / estimate:.2f} of what sizing says"),
    ]


def table(content: dict[str, Any]) -> str:
    """A report as text: the measurements, the test of the model, and its predictions."""
    on = content["machine"]
    lines = [f"{on['cpu']}, {on['cores']} cores, {on['date']}"]
    others, stolen = on["cores_used_by_others"], on["cores_stolen"]
    if others is not None:
        lines.append(f"meanwhile others used {others:.2f} cores, the hypervisor {stolen:.2f}")
    lines.append("")
    lines.append(f"{'stage':28}{'measured':>9}  {'unit':14}note")
    for stage in content["stages"]:
        value = "-" if stage["measured"] is None else f"{stage['measured']:.3g}"
        lines.append(f"{stage['stage']:28}{value:>9}  {stage['unit']:14}{stage['note']}")
    lines += ["", "test of the model: real launches on this machine, without Slurm"]
    for launch in content["validation"]:
        lines.append(
            f"  {launch['ranks']} rank(s), {launch['samples']:4d} samples: "
            f"measured {launch['measured']:6.2f} s, predicted {launch['predicted']:6.2f} s, "
            f"relative error {100 * launch['relative_error']:+.0f} %"
            + ("" if launch["others"] is None else f" (others used {launch['others']:.2f} cores)")
        )
    lines += ["", "extrapolated: Slurm jobs at automatic sizes"]
    for limit, cost in zip(LIMITS, content["extrapolated"], strict=True):
        lines.append(
            f"  {cost['samples']} samples, at most {limit:2d} ranks: {cost['jobs']} jobs of "
            f"{cost['ranks']} ranks and {cost['job_minutes']:.0f} min, "
            f"{cost['core_hours']:.1f} core-hours, efficiency {cost['efficiency']:.2f}"
        )
    return "\n".join(lines)
