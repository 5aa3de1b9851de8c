"""What the numerics should cost, and what they cost: measured, compared with targets, and drawn."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import solver
from benchmarks.load import Load
from benchmarks.measure import progress
from benchmarks.runs import Bench, BenchError
from benchmarks.scaling import machine
from syncsweep.files import replace_atomically

#: Rows of the chain's sample.
_N_ETA = len(solver.CHAIN_ETAS)

#: Numbers of η for which a sample is timed.
GROWTH_ETAS = (1, 4, 8, 15, 29, 57)


@dataclass(frozen=True)
class Effort:
    """How much is run.

    rounds, natural: turns of what is compared, and of QuTiP from jump operators; samples: of a
    launch; launches: turns of two ranks and two processes; accuracy: samples; sweep: samples of
    each study of the whole workflow; large: turns of four to six spins.
    """

    rounds: int
    natural: int
    samples: int
    launches: int
    accuracy: int
    sweep: int
    large: int


FULL = Effort(rounds=9, natural=7, samples=40, launches=5, accuracy=100, sweep=10_000, large=3)
QUICK = Effort(rounds=3, natural=1, samples=20, launches=1, accuracy=3, sweep=100, large=1)


@dataclass(frozen=True)
class Target:
    """A line of the table: `value` should be at most, or at least, `limit`."""

    key: str
    what: str
    at_most: bool
    limit: float
    unit: str

    def holds(self, value: float) -> bool:
        """Whether a measured value is within the limit."""
        return value <= self.limit if self.at_most else value >= self.limit


TARGETS = (
    Target("cost_per_point_dgesv", f"a (sample, η), chain N = 3, {_N_ETA} η", True, 0.15, "dgesv"),
    Target("vs_qutip_tuned", "against QuTiP, Liouvillian built by hand", False, 35, "times"),
    Target("vs_qutip_natural", "against QuTiP, from jump operators", False, 1500, "times"),
    Target("worst_relative_error", "ρ against direct solves, 0⁺ and 1e-12 … 10", True, 1e-10, ""),
    Target("two_rank_efficiency", "two ranks over two processes", False, 0.95, ""),
    Target("numerics_share", "numerics of the workflow's CPU time", False, 0.90, ""),
    Target("pair_total_dgesv", "the pair, 10⁴ samples × 21 η, to S_max", True, 460, "dgesv(729)"),
    Target("n4_cost_dgesv", f"a sample of N = 4, {_N_ETA} η", True, 5, "dgesv(6561)"),
    Target("n4_peak_gib", "memory of a rank, N = 4", True, 3, "GiB"),
    Target("n4_rank_2_vs_dense", "N = 4, rank 2, against matrices", False, 12, "times"),
    Target("n4_bonds_dgesv", f"N = 4, bonds, {_N_ETA} η", True, 0.25, "dgesv(6561)"),
    Target("n5_bonds_dgesv", f"N = 5, bonds, 0⁺ and {_N_ETA} η, 1e-10", True, 1, "dgesv(6561)"),
    Target("n5_bonds_gib", "memory, N = 5, bonds", True, 0.3, "GiB"),
    Target("n6_bonds_dgesv", "N = 6, bonds, 0⁺ and η ≤ 3e-4, 1e-8", True, 2, "dgesv(6561)"),
    Target("n6_bonds_gib", "memory, N = 6, bonds", True, 1, "GiB"),
    Target("vs_qutip_weak", "against QuTiP's GMRES, bonds, η = 0.01", False, 100, "times"),
    Target("vs_qutip_strong", "against QuTiP's GMRES, bonds, η = 0.1", False, 100, "times"),
    Target("qutip_difference", "ρ against QuTiP's, N = 4, bonds", True, 1e-8, ""),
    Target("limit_draws", "law of η → 0⁺, N = 8, full rank", False, 5000, "draws/s"),
)


def run(root: Path, output: Path, quick: bool) -> dict[str, Any]:
    """Measure, and write bench.json, solver.pdf and solver.png to a folder, which must exist.

    root: the folder of the Snakefile. Returns what the JSON file holds: a value for each key in
    TARGETS, and under `breakdown` and `growth` what they are made of.
    """
    from benchmarks.solver_figure import draw

    load, bench = Load(), Bench(root, output)
    content: dict[str, Any] = measure(bench, QUICK if quick else FULL)
    content = {"machine": machine() | load.summary(), "quick": quick, **content}
    text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"

    def fill(path: Path) -> None:
        path.write_text(text, encoding="utf-8")

    replace_atomically(output / "bench.json", fill)
    draw(content, output / "solver")
    return content


def measure(bench: Bench, effort: Effort) -> dict[str, Any]:
    """All values, see `run`."""
    progress(f"a sample in parts, by size and by number of η, and dgesv; {effort.rounds} of each")
    content = _costs(bench, effort)
    progress("QuTiP")
    content |= _qutip(effort, content["cost_per_point_dgesv"])
    progress(f"accuracy of {effort.accuracy} samples")
    content["worst_relative_error"] = solver.worst_relative_error(effort.accuracy)
    progress("the law of η → 0⁺")
    content["limit_draws"] = solver.limit_draws_per_second(effort.rounds)
    progress("two ranks and two processes")
    content["two_rank_efficiency"] = _two_ranks(bench, effort)
    progress("four to six spins")
    content |= _large(effort.large)
    content["qutip_difference"] = solver.difference_from_qutip()
    progress(f"the whole workflow, {effort.sweep} samples of each study")
    return content | _workflow(bench, effort.sweep)


def _costs(bench: Bench, effort: Effort) -> dict[str, Any]:
    """Costs of the chain's sample and the pair's, in units of one dgesv(729) of the same turns."""
    dgesv, sample = solver.Dgesv(27), solver.Sample(3)
    sample(0)
    stages: list[solver.Stages] = []
    launched: list[dict[str, float]] = []

    def staged(number: int) -> float:
        stages.append(sample(number))
        return sum(asdict(stages[-1]).values())

    def launch(_: int) -> float:
        (times,) = bench.probe(1, effort.samples)
        count = effort.samples
        # The first sample of a process pays for what is done once.
        launched.append(
            {
                "rows": sum(times["sample_wall"][1:]) / (count - 1),
                "append": sum(times["append"][1:]) / (count - 1),
                "shard": (times["write_to"] - times["write_from"]) / count,
            }
        )
        return sum(launched[-1].values())

    def of_etas(count: int) -> Callable[[int], float]:
        return solver.rows_seconds(solver.chain(3), solver.spread_etas(count))

    actions: dict[str, Callable[[int], float]] = {
        "dgesv": lambda _: median(solver.seconds(dgesv) for _ in range(3)),
        "stages": staged,
        "pair": solver.rows_seconds(solver.pair(), solver.PAIR_ETAS),
        "n2": solver.rows_seconds(solver.chain(2), solver.CHAIN_ETAS),
        "launch": launch,
    } | {f"etas_{count}": of_etas(count) for count in GROWTH_ETAS}
    times = solver.medians(effort.rounds, actions)
    unit = times["dgesv"]

    def middle(parts: list[Any], name: str) -> float:
        values = [part[name] if isinstance(part, dict) else getattr(part, name) for part in parts]
        return median(values) / unit

    names = ("draw", "solve", "s_d", "s_max")
    return {
        "dgesv_seconds": unit,
        "cost_per_point_dgesv": times["launch"] / unit / _N_ETA,
        "pair_total_dgesv": 1e4 * times["pair"] / unit,
        "breakdown": {name: middle(stages, name) for name in names}
        | {name: middle(launched, name) for name in ("append", "shard")},
        "growth": {
            "n_eta": {str(count): times[f"etas_{count}"] / unit for count in GROWTH_ETAS},
            "n_sites": {"2": times["n2"] / unit, "3": times["stages"] / unit},
        },
    }


def _qutip(effort: Effort, cost: float) -> dict[str, float]:
    qutip, dgesv = solver.Qutip(), solver.Dgesv(27)
    qutip.tuned()

    def ratio(action: Callable[[], object], rounds: int) -> float:
        turns = {
            "dgesv": lambda _: solver.seconds(dgesv),
            "qutip": lambda _: solver.seconds(action),
        }
        times = solver.medians(rounds, turns)
        return times["qutip"] / times["dgesv"] / cost

    return {
        "vs_qutip_tuned": ratio(qutip.tuned, effort.rounds),
        "vs_qutip_natural": ratio(qutip.natural, effort.natural),
    }


def _two_ranks(bench: Bench, effort: Effort) -> float:
    """Rate of two ranks of one launch over that of two launches of one rank at the same time."""

    def rate(of_ranks: list[dict[str, Any]]) -> float:
        began = min(rank["solving_from"] for rank in of_ranks)
        return 1 / (max(rank["solved_at"] for rank in of_ranks) - began)

    ratios = []
    with ThreadPoolExecutor(2) as both:
        for _ in range(effort.launches):
            apart = both.map(lambda _: bench.probe(1, effort.samples)[0], range(2))
            ceiling = rate(list(apart))
            ratios.append(rate(bench.probe(2, 2 * effort.samples)) / ceiling)
    return median(ratios)


def _large(turns: int) -> dict[str, float]:
    """Costs of four to six spins in units of the dgesv(6561) of the same turns, and memory."""

    def measured(*cases: str) -> dict[str, float]:
        command = [sys.executable, "-m", "benchmarks.large", str(turns), *cases]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            reason = (done.stderr.strip().splitlines() or ["no reason"])[-1]
            raise BenchError(f"{cases[0]}: {reason}")
        found: dict[str, float] = json.loads(done.stdout)
        return found

    full, few = measured("n4_full_rank"), measured("n4_rank_2", "n4_rank_2_dense")
    bonds = {n: measured(f"n{n}_bonds") for n in (4, 5, 6)}
    qutip = measured("n4_bonds", "qutip_0.01", "qutip_0.1")
    return {
        "n4_dgesv_seconds": full["dgesv"],
        "n4_cost_dgesv": full["n4_full_rank"] / full["dgesv"],
        "n4_peak_gib": full["peak_gib"],
        "n4_rank_2_vs_dense": few["n4_rank_2_dense"] / few["n4_rank_2"],
        "n5_bonds_gib": bonds[5]["peak_gib"],
        "n6_bonds_gib": bonds[6]["peak_gib"],
        "vs_qutip_weak": _N_ETA * qutip["qutip_0.01"] / qutip["n4_bonds"],
        "vs_qutip_strong": _N_ETA * qutip["qutip_0.1"] / qutip["n4_bonds"],
    } | {f"n{n}_bonds_dgesv": found[f"n{n}_bonds"] / found["dgesv"] for n, found in bonds.items()}


def _workflow(bench: Bench, samples: int) -> dict[str, float]:
    """CPU time that ranks spend on samples, over that of the workflow with all its children.

    And how long it takes on all cores.
    """

    def children() -> float:
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        return usage.ru_utime + usage.ru_stime

    before = children()
    numerics, wall = bench.figures(samples)
    return {"numerics_share": numerics / (children() - before), "workflow_seconds": wall}


def table(content: dict[str, Any]) -> str:
    """Targets beside what was measured, as text."""
    lines = [f"{'':44}{'target':>9}  {'measured':>9}"]
    for target in TARGETS:
        value = content[target.key]
        sign = "≤" if target.at_most else "≥"
        missed = "" if target.holds(value) else "  missed"
        lines.append(
            f"{target.what:44}{sign}{target.limit:>8g}  {value:>9.3g}  {target.unit}{missed}"
        )
    if any(not target.holds(content[target.key]) for target in TARGETS):
        lines.append("missed: docs/cost.md has the profile and the reasons")
    parts = ", ".join(f"{name} {value:.2f}" for name, value in content["breakdown"].items())
    lines.append(f"parts of a sample [dgesv]: {parts}")
    if content["quick"]:
        lines.append("a quick look: few turns, and the workflow with few samples")
    return "\n".join(lines)
