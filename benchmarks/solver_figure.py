"""The figure of the solver's cost: where the time of a sample goes, and how it grows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.style import context

from benchmarks.figure import save
from syncsweep.figures import style

_NAMES = {
    "draw": r"draw $L_1$",
    "solve": r"$\rho(\eta)$, all $\eta$",
    "s_d": r"$S_d$",
    "s_max": r"$S_{\max}$",
    "append": "keep",
    "shard": "shard",
}


def draw(content: dict[str, Any], stem: Path) -> None:
    """Draw <stem>.pdf and <stem>.png from the content of bench.json."""
    with context(["default", style.SETTINGS]):
        page = Figure(figsize=(2 * style.COLUMN_WIDTH, 1.9))
        FigureCanvasAgg(page)
        parts, by_eta, by_size = page.subplots(1, 3)
        page.subplots_adjust(left=0.1, right=0.99, top=0.9, bottom=0.22, wspace=0.35)
        plot_parts(parts, content["breakdown"])
        plot_growth_with_etas(by_eta, content["growth"]["n_eta"])
        plot_growth_with_size(by_size, content)
        for axes, name in ((parts, "(a)"), (by_eta, "(b)"), (by_size, "(c)")):
            axes.set_title(name, loc="left", fontsize=7.5, fontweight="bold", pad=3)
        save(page, stem)


def plot_parts(axes: Axes, breakdown: dict[str, float]) -> None:
    """Bars: cost of each part of a sample of the chain, N = 3."""
    names = [_NAMES[name] for name in breakdown]
    bars = axes.barh(names, list(breakdown.values()), color=style.line_colour(0), height=0.65)
    axes.bar_label(bars, fmt="%.2f", fontsize=style.SMALL, padding=2)
    # A tick before the number of a short bar looks like a minus sign.
    axes.tick_params(axis="y", length=0)
    axes.invert_yaxis()
    axes.margins(x=0.2)
    axes.set_xlabel("cost of a sample [dgesv]")


def plot_growth_with_etas(axes: Axes, growth: dict[str, float]) -> None:
    """Cost of a sample (N = 3) against the number of η, beside one dgesv for each."""
    counts = [int(count) for count in growth]
    axes.plot(counts, list(growth.values()), color=style.line_colour(0), marker="o", label="ours")
    axes.plot(
        counts, counts, color=style.GUIDE_COLOUR, linestyle=(0, (3, 2)), label="one dgesv each"
    )
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xticks(counts, list(growth))
    axes.minorticks_off()
    axes.set_xlabel(r"number of $\eta$")
    axes.set_ylabel("cost of a sample [dgesv]")
    axes.legend(frameon=False, loc="upper left")


def plot_growth_with_size(axes: Axes, content: dict[str, Any]) -> None:
    """Seconds of a sample, 29 η, against N, beside one dgesv of the same size where measured."""
    unit = content["dgesv_seconds"]
    ours = {int(n): cost * unit for n, cost in content["growth"]["n_sites"].items()}
    ours[4] = content["n4_cost_dgesv"] * content["n4_dgesv_seconds"]
    solves = {3: unit, 4: content["n4_dgesv_seconds"]}
    axes.plot(list(ours), list(ours.values()), color=style.line_colour(0), marker="o", label="ours")
    guide: dict[str, Any] = {"color": style.GUIDE_COLOUR, "linestyle": (0, (3, 2)), "marker": "o"}
    axes.plot(list(solves), list(solves.values()), label="one dgesv", **guide)
    axes.set_yscale("log")
    axes.set_xticks([2, 3, 4])
    axes.set_xlabel("spins $N$")
    axes.set_ylabel("seconds per sample")
    axes.legend(frameon=False, loc="upper left")
