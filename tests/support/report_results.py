"""A results folder from which the report can be made: two, three and four spins, few samples."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from math import pi
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from studies import StudyOnDisk
from studies import rows_of as solved_rows

from syncsweep.config.configuration import Config, parse
from syncsweep.config.requests import FigureRequest
from syncsweep.figures.figure_page import save_provenance
from syncsweep.figures.study_figure import draw_figure
from syncsweep.layout import (
    figures_folder,
    paper_folder,
    tables_folder,
)
from syncsweep.paper.figures import limit_figure
from syncsweep.paper.paper_registry import PARTS
from syncsweep.physics.measures import s_max
from syncsweep.physics.phase_distribution import relative_frequencies
from syncsweep.sample.rows import Rows, pack_coefficients
from syncsweep.tables.registry import names_of_averages
from syncsweep.tables.writing import write_table

CITATION = Path(__file__).parents[2] / "CITATION.cff"

#: A row of the chain that failed, and one of the pair whose S_d is uniform: sample, η.
FAILED, UNIFORM = (2, 1e-3), (1, 0.5)

#: What a user, or a table, might say.
HOSTILE = "</script><img src=\"https://example.org/x.png\"> & 'S_d'"

_BINS = {"low": 1e-9, "high": 1.0, "count": 9}
_RATIO = {"numerator": 2, "denominator": 1, "weight": 3, "meaning": "π/3 for each (0, π)"}
_STUDIES = {
    "chain": {
        "model": {"name": "spin1_chain"},
        "samples": 6,
        "chunk_size": 4,
        "eta_blocks": [{"values": [0.5]}, {"values": [0, 1e-3]}],
        "analysis": {"s_max_bins": _BINS, "limit_draws": 1000, "ratio": _RATIO},
        "figure": {"name": "chain", "panels": ["chi", "ratio"]},
    },
    "pair": {
        "model": {"name": "spin_half_pair"},
        "samples": 15,
        "chunk_size": 15,
        "eta_blocks": [{"values": [1e-3, 0.5]}],
        "analysis": {"s_max_bins": _BINS},
        "figure": {"name": "the-pair", "panels": ["s_max"]},
    },
    "four": {
        "model": {"name": "spin1_chain", "n_sites": 4},
        "samples": 2,
        "chunk_size": 2,
        "eta_blocks": [{"values": [1e-4]}],
        "analysis": {"s_max_bins": _BINS},
        "by_default": False,
    },
}


def configuration(results: Path) -> Config:
    return parse(
        {"results": str(results), "root_seed": 3, "ranks": 2, "studies": _STUDIES}
        | {"paper": {"chain": "chain", "pair": "pair"}}
    )


def make_results(results: Path) -> dict[str, Any]:
    """Rows, tables and figures in a folder; returns what a page of all of them is asked for."""
    settings = configuration(results)
    stored = {}
    for name, study in settings.studies.items():
        rows = {block.etas: rows_of(name, block.etas) for block in study.eta_blocks}
        chunk_size = study.samples_per_chunk
        made = StudyOnDisk(results, name, settings.physics(name), rows, chunk_size, run_of)
        made.tables(study.analysis)
        tables = [
            tables_folder(results, name) / f"{table}.parquet"
            for table in names_of_averages(study.analysis)
        ]
        for figure in study.figures:
            request = FigureRequest.of(settings, name, figure)
            draw_figure(request, tables, figures_folder(results) / figure.name)
        stored[name] = {
            "folder": str(made.folder),
            "blocks": made.blocks,
            "samples": made.samples,
            "chunk_size": chunk_size,
        }
    _put_paper(results)
    return {
        "config": settings.model_dump(mode="json"),
        "studies": stored,
        "figures": ["figS_limit"],
        "parts": ["types", "validation"],
    }


def run_of(start: int) -> dict[str, Any]:
    """What the shard that begins with a sample says of its making."""
    return {
        "began": 1.7e9 + start,
        "ended": 1.7e9 + 100 + start,
        "core_seconds": 1800.0,
        "hosts": [f"node{start}"],
        "code": {"version": "0.1.0", "commit": "c0ffee", "source": "abc", "lock": "def"},
        "libraries": {"numpy": "2", "scipy": "1"},
    }


@cache
def rows_of(name: str, etas: tuple[float, ...]) -> tuple[Rows, ...]:
    """The rows of all samples of a study, those of four spins drawn and not solved."""
    settings = configuration(Path("unused"))
    study = settings.studies[name]
    if name == "four":
        return tuple(_drawn(sample, etas) for sample in range(study.samples))
    rows = list(solved_rows(settings.physics(name), study.samples, etas))
    for sample, eta in [FAILED] if name == "chain" else [UNIFORM]:
        if eta in etas:
            rows[sample] = _changed(rows[sample], etas.index(eta), name)
    return tuple(rows)


def _changed(rows: Rows, index: int, name: str) -> Rows:
    """Rows of which one failed, or one has no S_max."""
    if name == "chain":
        status = rows.status.copy()
        status[index] = "degenerate"
        return replace(rows, status=status)
    s_d, heights = rows.s_d.copy(), rows.s_max.copy()
    s_d[index, 1:], heights[index] = 0.0, 0.0
    return replace(rows, s_d=s_d, s_max=heights)


def _drawn(sample: int, etas: tuple[float, ...]) -> Rows:
    """Some S_d of four spins."""
    frequencies = relative_frequencies((1.0,) * 4)
    rng = np.random.default_rng(sample)
    shape = (len(etas), len(frequencies))
    coefficients = 1e-6 * (rng.normal(size=shape) + 1j * rng.normal(size=shape))
    coefficients[:, 0] = (2 * pi) ** -3
    found = s_max(coefficients, frequencies)
    small = np.full(len(etas), 1e-15)
    return Rows(
        sample=np.full(len(etas), sample),
        eta=np.array(etas),
        s_d=pack_coefficients(coefficients),
        s_max=found.s_max,
        angles=found.angles,
        residual=small,
        condition=np.ones(len(etas)),
        trace_error=small,
        hermiticity_error=small,
        smallest_eigenvalue=small,
        status=np.full(len(etas), "ok"),
        method=np.full(len(etas), "direct"),
    )


def _put_paper(results: Path) -> None:
    """A figure of the paper, and tables of two of its parts, one of them with hostile text."""
    chain = tables_folder(results, "chain")
    stem = figures_folder(results) / "figS_limit"
    limit_figure.draw(chain, stem)
    save_provenance(stem, [chain / f"{table}.parquet" for table in ("limit_law", "limit_control")])
    folder = paper_folder(results)
    folder.mkdir()
    realisations = pd.DataFrame({"type": ["(0, π)", "π/3"], "sample": [4, 1], "eta": [1e-3, 1e-3]})
    for table in PARTS["types"].tables:
        write_table(folder / table, realisations, {})
    verdicts = ["agrees", "corrected", "differs", "agrees"]
    validation = pd.DataFrame(
        {
            "source": ["App. B", "Eq. 8", "Fig. 5a", "Fig. 3"],
            "statement": ["⟨(S_j^x)²⟩ oscillates", HOSTILE, "one", "two"],
            "printed": ["2ω", "1", "1", "1"],
            "found": ["2.0ω", "2", "0.58", "0"],
            "numbers": ["[]"] * 4,
            "verdict": verdicts,
            "holds": [True, True, True, False],
        }
    )
    write_table(folder / "validation", validation, {"samples": {"chain": 40, "pair": 60}})
