"""The accuracy of plans: their predictions beside the runs that follow, in turns."""

from __future__ import annotations

import json
import resource
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.load import Load
from benchmarks.measure import progress
from benchmarks.runs import Bench
from benchmarks.scaling import machine
from syncsweep.config.configuration import Config
from syncsweep.config.file import load_config
from syncsweep.files import replace_atomically
from syncsweep.layout import BlockFolder, figures_folder, study_folder, tables_folder
from syncsweep.plan.calibration import cores_here
from syncsweep.plan.cost import Source, cost_of_logs
from syncsweep.plan.estimate import Means
from syncsweep.plan.plan import Calibrating, Plan, Trials, make_plan

#: A plan is good if its core time is as near as this to that of the run.
AIM = 0.25


@dataclass(frozen=True)
class Effort:
    """How much is run: rounds of plan and run; samples of each study of config.yaml."""

    rounds: int
    samples: dict[str, int]


FULL = Effort(
    3, {"spin1_chain": 600, "spin_half_pair": 6000, "spin1_chain_n2": 5000, "spin1_chain_n4": 4}
)
QUICK = Effort(1, {"spin1_chain": 60, "spin_half_pair": 600})


@dataclass(frozen=True)
class Comparison:
    """A plan beside the run that followed.

    source: of the cost of a sample. Core time is that of all processes of the run, Snakemake among
    them, time that on the clock, and sample the core time of one [s]. others: cores that others
    used during the run; None if unknown.
    """

    study: str
    samples: int
    source: str
    core_time: float
    core_time_low: float
    core_time_high: float
    core_time_measured: float
    time: float
    time_measured: float
    sample: float
    sample_measured: float
    others: float | None

    @property
    def ratio(self) -> float:
        """Predicted core time over the measured one."""
        return self.core_time / self.core_time_measured


def run(root: Path, output: Path, quick: bool) -> dict[str, Any]:
    """Measure, and write plans.json to a folder, which must exist.

    root: the folder of the Snakefile. Returns what the JSON file holds.
    """
    load, bench, effort = Load(), Bench(root, output), QUICK if quick else FULL
    found: list[Comparison] = []
    with bench.temporary() as folder:
        shutil.copy(root / "config.yaml", folder)
        for _ in range(effort.rounds):
            for study, samples in effort.samples.items():
                progress(f"plan and run of {study}, {samples} samples")
                found += turn(bench, folder, study, samples)
    comparisons = [asdict(comparison) for comparison in found]
    content = {"machine": machine() | load.summary(), "quick": quick, "plans": comparisons}
    text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"

    def fill(path: Path) -> None:
        path.write_text(text, encoding="utf-8")

    replace_atomically(output / "plans.json", fill)
    return content


def turn(bench: Bench, folder: Path, study: str, samples: int) -> Iterator[Comparison]:
    """Plans by trials and, where there is one, by the log of earlier turns; then the run.

    folder: holds config.yaml and, at the end, of the results nothing but the log.
    """
    overrides = {"samples": samples, "results": str(folder / "results")}
    config = load_config(folder / "config.yaml", overrides)
    plans = [_plan(config, study, Trials.ALWAYS)]
    logged = _plan(config, study, Trials.NEVER)
    if logged.studies[0].cost.source is Source.LOG:
        plans.append(logged)
    before, load = _children(), Load()
    options = ("--cores", str(plans[0].means.cores), "--config", f"samples={samples}")
    wall = bench.sweep(folder, *options, "results=results", "--", f"study_{study}")
    others = load.summary()["cores_used_by_others"]
    core_time = _children() - before
    own = study_folder(config.results, study, config.physics(study).digest)
    measured = cost_of_logs(config.studies[study], own)
    for plan in plans:
        yield Comparison(
            study=study,
            samples=samples,
            source=str(plan.studies[0].cost.source),
            core_time=plan.core_time.value,
            core_time_low=plan.core_time.low,
            core_time_high=plan.core_time.high,
            core_time_measured=core_time,
            time=plan.wall.value,
            time_measured=wall,
            sample=plan.studies[0].cost.core_seconds,
            sample_measured=measured.core_seconds if measured else float("nan"),
            others=others,
        )
    _clear(config, study, own)


def _plan(config: Config, study: str, trials: Trials) -> Plan:
    means = Means(config.ranks, max(cores_here(), config.ranks))
    return make_plan(config, [study], means, Calibrating(trials, None, lambda _: None))


def _children() -> float:
    """Core-seconds of all processes that this one started and that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _clear(config: Config, study: str, own: Path) -> None:
    """Remove all that the run made but its logs."""
    for path in own.glob("eta-*"):
        block = BlockFolder(path)
        for _, shard in list(block.shards()):
            shard.unlink()
        shutil.rmtree(block.parts, ignore_errors=True)
    shutil.rmtree(tables_folder(config.results, study), ignore_errors=True)
    shutil.rmtree(figures_folder(config.results), ignore_errors=True)


def table(content: dict[str, Any]) -> str:
    """Plans beside runs, as text: medians of the rounds, and the ratio of each."""
    lines = [
        f"plans: predicted core time over the measured one (aim: within {AIM:.0%})",
        f"{'study':20}{'samples':>8}  {'source':12}{'measured':>9}  {'median':>6}  "
        "each round; a sample; on the clock",
    ]
    found = [Comparison(**plan) for plan in content["plans"]]
    found.sort(key=lambda plan: (plan.study, plan.source))
    for (study, source), group in groupby(found, key=lambda plan: (plan.study, plan.source)):
        plans = list(group)
        ratio = median(plan.ratio for plan in plans)
        sample = median(plan.sample / plan.sample_measured for plan in plans)
        time = median(plan.time / plan.time_measured for plan in plans)
        measured = median(plan.core_time_measured for plan in plans)
        each = " ".join(f"{plan.ratio:.2f}" for plan in plans)
        lines.append(
            f"{study:20}{plans[0].samples:>8}  {source:12}{measured:>7.0f} s  {ratio:>6.2f}  "
            f"{each}; {sample:.2f}; {time:.2f}{'' if abs(ratio - 1) <= AIM else '  missed'}"
        )
    return "\n".join(lines)
