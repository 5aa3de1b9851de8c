"""The figure of scaling: efficiency against chunk size, and against ranks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.style import context

from benchmarks.measure import Launch
from benchmarks.overhead import STUDY, automatic_ranks, chain, sweep_cost
from syncsweep.figures import style
from syncsweep.files import replace_atomically
from syncsweep.plan.overheads import Overheads

#: Ranks of the lines of the upper panel, and samples of the sweeps of the lower one.
_RANKS = (1, 2, 4, 8, 16, 64)
_SWEEPS = (10**4, 10**5, 10**6)

#: The sweeps, apart from the colours of the ranks.
_GREYS = ("0.65", "0.4", "0")

_DASHED = (0, (4, 2))
_MARKER: dict[str, Any] = {"marker": "o", "markersize": 3.5, "linestyle": "none"}
_RING = {**_MARKER, "markersize": 5, "markeredgewidth": 1.0}


def draw(overheads: Overheads, launches: list[Launch], stem: Path) -> None:
    """Draw <stem>.pdf and <stem>.png."""
    with context(["default", style.SETTINGS]):
        page = Figure(figsize=(2 * style.COLUMN_WIDTH, 2.95))
        FigureCanvasAgg(page)
        left, right = page.subplots(1, 2, sharey=True)
        page.subplots_adjust(left=0.07, right=0.99, top=0.94, bottom=0.37, wspace=0.06)
        for axes, name in ((left, "(a)"), (right, "(b)")):
            axes.set_xscale("log")
            axes.set_ylim(0, 1.15)  # a launch may beat the median sample
            axes.set_title(name, loc="left", fontsize=7.5, fontweight="bold", pad=3)
        left.set_ylabel("useful / allocated core time")
        plot_chunks(left, overheads, launches)
        plot_ranks(right, overheads)
        save(page, stem)


def plot_chunks(axes: Axes, overheads: Overheads, launches: list[Launch]) -> None:
    """Efficiency of a job against its samples.

    Solid is a launch by itself, with the measured ones as filled markers; dashed is a Slurm job.
    """
    samples = np.unique(np.geomspace(3, 3e5, 400).astype(int))
    alone = overheads.launch_only()
    for index, ranks in enumerate(_RANKS):
        colour, enough = style.line_colour(index), samples[samples >= ranks]
        if ranks <= 2:
            values = [alone.efficiency(ranks, c) for c in enough]
            axes.plot(enough, values, color=colour)
            own = [launch for launch in launches if launch.ranks == ranks]
            measured = [x.samples * x.sample / (ranks * x.measured) for x in own]
            axes.plot([x.samples for x in own], measured, color=colour, zorder=3, **_MARKER)
        if ranks >= 2:  # a Slurm job has no single rank
            values = [overheads.efficiency(ranks, c) for c in enough]
            axes.plot(enough, values, color=colour, linestyle=_DASHED)
    axes.set_xlabel("samples per job")
    colours = [Line2D([], [], color=style.line_colour(i)) for i in range(len(_RANKS))]
    title: dict[str, Any] = {"title": "ranks", "title_fontsize": style.SMALL}
    axes.add_artist(axes.legend(colours, list(map(str, _RANKS)), **title, **_below(0.0)))
    kinds = [
        Line2D([], [], color="0", **_MARKER),
        Line2D([], [], color="0"),
        Line2D([], [], color="0", linestyle=_DASHED),
    ]
    names = [
        "measured launch, 2 cores",
        "model of that launch",
        "extrapolated: Slurm job",
    ]
    axes.legend(kinds, names, **_below(0.5, 1))


def plot_ranks(axes: Axes, overheads: Overheads) -> None:
    """Efficiency of sweeps of Slurm jobs of automatic size against the ranks of each job.

    Rings are at the ranks that the workflow chooses where a profile allows enough.
    """
    ranks = np.unique(np.geomspace(2, 64, 60).astype(int))
    lines: list[Line2D] = []
    for index, samples in enumerate(_SWEEPS):
        study, colour = chain(samples).studies[STUDY], _GREYS[index]
        values = [sweep_cost(overheads, study, int(r)).efficiency for r in ranks]
        lines += axes.plot(ranks, values, color=colour, linestyle=_DASHED)
        chosen = automatic_ranks(study, int(ranks[-1]))
        value = sweep_cost(overheads, study, chosen).efficiency
        axes.plot(chosen, value, color=colour, markerfacecolor="none", zorder=3, **_RING)
    axes.set_xlabel("ranks per job")
    axes.set_xticks([2, 4, 8, 16, 32, 64], ["2", "4", "8", "16", "32", "64"])
    axes.minorticks_off()
    sizes = [chain(samples).studies[STUDY].samples_per_chunk for samples in _SWEEPS]
    names = [
        rf"$10^{round(np.log10(samples))}$ samples, {size} per job: extrapolated"
        for samples, size in zip(_SWEEPS, sizes, strict=True)
    ]
    ring = Line2D([], [], color="0", markerfacecolor="none", **_RING)
    axes.legend([*lines, ring], [*names, "ranks chosen where 64 are allowed"], **_below(0.0, 1))


def _below(left: float, columns: int = 2) -> dict[str, Any]:
    """Where a legend goes: under its panel, from a fraction of its width on."""
    return {
        "loc": "upper left",
        "bbox_to_anchor": (left, -0.21),
        "ncols": columns,
        "frameon": False,
        "borderaxespad": 0,
    }


def save(page: Figure, stem: Path) -> None:
    """Save as <stem>.pdf and <stem>.png; equal pages give equal files."""
    for ending, without in (("pdf", ("CreationDate", "Producer", "Creator")), ("png", ())):

        def write(path: Path, ending: str = ending, without: tuple[str, ...] = without) -> None:
            page.savefig(path, format=ending, dpi=300, metadata=dict.fromkeys(without))

        replace_atomically(stem.with_name(f"{stem.name}.{ending}"), write)
