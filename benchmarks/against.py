"""The speed of this commit beside another: both run in turns, and ratios compare them."""

from __future__ import annotations

import json
import shutil
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from benchmarks import builds
from benchmarks.builds import Build
from benchmarks.load import Load
from benchmarks.measure import progress
from benchmarks.scaling import machine
from benchmarks.solver import Dgesv
from syncsweep.files import write_text
from syncsweep.wording import three_digits

_PAIR_ETAS = {"first": 1e-4, "last": 10, "per_decade": 4, "limit": True}
_CHAIN_ETAS = {"first": 1e-6, "last": 10, "per_decade": 4, "limit": True}
_FEW_ETAS = {"values": [0, 1e-6, 1e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 1, 10]}


@dataclass(frozen=True)
class Study:
    """A study whose samples are timed.

    Two launches of one rank solve `few` and `many` samples, and their difference contains no start.
    dim: D, if the time is also given in units of dgesv(D²).
    """

    model: dict[str, Any]
    etas: dict[str, Any]
    few: int = 1
    many: int = 1
    dim: int | None = None


def _chain(n_sites: int) -> dict[str, Any]:
    return {"name": "spin1_chain", "n_sites": n_sites}


_PAIR = {"name": "spin_half_pair"}
_OWN = {"name": "own", "file": "mixed_pair.py", "spins": [1, 0.5]}

STUDIES = {
    "start": Study(_PAIR, _PAIR_ETAS),
    "pair": Study(_PAIR, _PAIR_ETAS, few=200, many=4200),
    "mixed": Study(_OWN, _PAIR_ETAS, few=200, many=2200),
    "n2": Study(_chain(2), _FEW_ETAS, few=200, many=2200),
    "n3": Study(_chain(3), _CHAIN_ETAS, few=10, many=130, dim=27),
    "n4": Study(_chain(4), _FEW_ETAS, few=1, many=3, dim=81),
}

#: What `run` can measure by itself: the studies, and the default sweeps with `syncsweep status`.
CASES = (*STUDIES, "sweeps")

#: Turns of both commits.
_TURNS = dict.fromkeys(CASES, 5) | {"start": 9, "n4": 2, "sweeps": 2}

#: Samples of each default sweep in a quick look.
_QUICK_SWEEP = 200


@dataclass(frozen=True)
class Row:
    """A line of the table; limit: of the ratio of both commits, or of the value of this one."""

    key: str
    what: str
    unit: str
    limit: float | None = None
    of_ratio: bool = True


ROWS = (
    Row("pair", "pair, 22 η: a sample, from the draw to its row", "ms", 1 / 8),
    Row("mixed", "own model, spins 1 and 1/2, 22 η", "ms", 1 / 5),
    Row("n2", "chain, N = 2, 12 η", "ms", 1 / 4),
    Row("n3", "chain, N = 3, 30 η", "ms", 0.70),
    Row("n3_dgesv", "  the same", "dgesv(729)", 4.5, of_ratio=False),
    Row("n4", "chain, N = 4, 12 η, dense", "s", 0.60),
    Row("n4_dgesv", "  the same", "dgesv(6561)"),
    Row("n4_peak", "  memory of its rank", "GiB", 0.9, of_ratio=False),
    Row("start", "worker of one rank, one sample of the pair", "s", 0.5),
    Row("start_wall", "  by the clock", "s"),
    Row("figures", "make figures, environment built", "s", 0.65),
    Row("status", "syncsweep status of these sweeps", "s", 0.6, of_ratio=False),
)


def run(root: Path, output: Path, quick: bool, ref: str, only: str | None) -> dict[str, Any]:
    """Measure, and write against.json to a folder, which must exist.

    root: the folder of the project; ref: the other commit; only: one of CASES, or None for all.
    Returns what the JSON file holds: for each row the values of all turns, `old` and `new`.
    """
    load = Load()
    sides = {"old": builds.other(root, ref, output / "commits"), "new": builds.here(root)}
    cases = [only] if only else list(CASES)
    rows: dict[str, dict[str, list[float]]] = {}
    with ExitStack() as stack:
        folders = {}
        for side, build in sides.items():
            progress(f"prepares {build.commit}")
            made = TemporaryDirectory(prefix=f"bench-{side}-", dir=output)
            folders[side] = Path(stack.enter_context(made)).absolute()
            _prepare(build, root, folders[side], [case for case in cases if case in STUDIES])
        for case in cases:
            for turn in range(1 if quick else _TURNS[case]):
                for side in sorted(sides, reverse=turn % 2 == 0):
                    progress(f"{case}, turn {turn + 1}: {side}")
                    measured = _measure(case, sides[side], folders[side], turn, quick)
                    for key, value in measured.items():
                        rows.setdefault(key, {"old": [], "new": []})[side].append(value)
    commits = {side: build.commit for side, build in sides.items()}
    about = {"machine": machine() | load.summary(), "quick": quick, "commits": commits}
    content = about | {"rows": rows}
    write_text(output / "against.json", json.dumps(content, indent=1, ensure_ascii=False) + "\n")
    return content


def _prepare(build: Build, root: Path, folder: Path, studies: list[str]) -> None:
    """Solve the first sample of some studies in a folder, so that later launches continue."""
    if not studies:
        return
    settings = {
        name: {
            "model": STUDIES[name].model,
            "samples": 1,
            "eta_blocks": [STUDIES[name].etas],
            "analysis": {"s_max_bins": {"low": 1e-9, "high": 1.0, "count": 20}},
            "figure": {"name": name, "panels": ["chi"]},
        }
        for name in studies
    }
    shutil.copy(root / "examples" / "mixed_pair.py", folder)
    text = yaml.safe_dump({"results": "results", "root_seed": 7, "ranks": 1, "studies": settings})
    write_text(folder / "config.yaml", text)
    build.snakemake(folder, "--cores", "1", "--until", "solve_shard")


def _measure(case: str, build: Build, folder: Path, turn: int, quick: bool) -> dict[str, float]:
    if case == "sweeps":
        return _sweeps(build, folder / f"sweeps-{turn}", quick)
    study = STUDIES[case]
    (block,) = (folder / "results").glob(f"{case}-*/eta-*")
    if case == "start":
        first = build.worker(block, range(turn + 1, turn + 2))
        return {"start": first.cpu, "start_wall": first.wall}
    begin = 1 + turn * (study.few + study.many)
    middle, end = begin + study.few, begin + study.few + study.many
    few, many = build.worker(block, range(begin, middle)), build.worker(block, range(middle, end))
    cpu = (many.cpu - few.cpu) / (study.many - study.few)
    found = {case: cpu}
    if study.dim:
        found |= {f"{case}_dgesv": cpu / _dgesv(study.dim), f"{case}_peak": many.peak}
    return found


def _dgesv(dim: int) -> float:
    """CPU seconds of dgesv(D²), in a process of its own, so that its memory counts for no other."""
    with ProcessPoolExecutor(1, mp_context=get_context("fork")) as process:
        return process.submit(_warm_dgesv, dim).result()


def _warm_dgesv(dim: int) -> float:
    dgesv, times = Dgesv(dim), [time.process_time()]
    for _ in range(1 if dim > 27 else 25):
        dgesv()
        times.append(time.process_time())
    return median(after - before for before, after in pairwise(times))


def _sweeps(build: Build, folder: Path, quick: bool) -> dict[str, float]:
    """The default sweeps of a commit, from nothing, and the status of their results."""
    text = (build.root / "config.yaml").read_text(encoding="utf-8")
    folder.mkdir()
    write_text(folder / "config.yaml", text + (f"\nsamples: {_QUICK_SWEEP}\n" if quick else ""))
    figures = build.snakemake(folder, "--cores", "all")
    status = [build.syncsweep(folder, "status").cpu for _ in range(3)]
    shutil.rmtree(folder)
    return {"figures": figures.cpu, "status": median(status)}


def table(content: dict[str, Any]) -> str:
    """The results beside their targets, as text: medians of turns, and the range of ratios."""
    commits = content["commits"]
    lines = [
        f"old: {commits['old']}, new: {commits['new']}; CPU time, medians of turns",
        f"{'':48}{'old':>8}{'new':>8}  {'':12}{'new/old (least, most)':24}target",
    ]
    for row in ROWS:
        if row.key not in content["rows"]:
            continue
        old, new = (content["rows"][row.key][side] for side in ("old", "new"))
        ratios = [after / before for before, after in zip(old, new, strict=True)]
        scale = 1e3 if row.unit == "ms" else 1
        values = "".join(f"{three_digits(scale * median(turns)):>8}" for turns in (old, new))
        spread = f"{median(ratios):.3f} ({min(ratios):.3f}, {max(ratios):.3f})"
        line = f"{row.what:48}{values}  {row.unit:12}{spread:24}"
        if row.limit:
            reached = median(ratios) if row.of_ratio else median(new)
            missed = "" if reached <= row.limit else "  missed"
            line += f"≤ {row.limit:g}{'' if row.of_ratio else ' ' + row.unit}{missed}"
        lines.append(line.rstrip())
    if content["quick"]:
        lines.append(f"a quick look: one turn, and default sweeps of {_QUICK_SWEEP} samples")
    return "\n".join(lines)
