"""What is drawn into panels: heat maps of distributions, means with their errors, guides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.colors import Normalize, PowerNorm
from matplotlib.patheffects import AbstractPathEffect

from syncsweep.figures import style
from syncsweep.figures.style import Panel, Part

if TYPE_CHECKING:
    from matplotlib.typing import ColorType

# Least distance of two ticks of a colour bar, as a part of its length.
_TICK_GAP = 0.12

# Least density at which a colour bar ends; that of a uniform χ is 1.
_LEAST_END = 3.0


def plot_density(
    axes: Axes, x_edges: np.ndarray, y_edges: np.ndarray, density: np.ndarray, norm: Normalize
) -> QuadMesh:
    """Heat map of density (n_x, n_y) over cells with edges (n_x + 1,) and (n_y + 1,)."""
    return axes.pcolormesh(
        x_edges, y_edges, density.T, cmap=style.COLOUR_MAP, norm=norm, rasterized=True
    )


def plot_mean(
    axes: Axes,
    x: np.ndarray,
    mean: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    colour: ColorType,
    outline: Sequence[AbstractPathEffect] = (),
) -> Artist:
    """Means (n,) at x (n,) with a band from low to high (n,); a single one with an error bar."""
    if len(x) == 1:
        axes.vlines(x, low, high, color=colour, linewidth=0.8, path_effects=outline)
    else:
        axes.fill_between(x, low, high, color=colour, alpha=0.3, linewidth=0)
    (line,) = axes.plot(x, mean, marker="o", color=colour, path_effects=outline)
    return line


def plot_column(
    part: Part, rows: pd.DataFrame, name: str, colour: str, top: float = np.inf
) -> Artist:
    """The means of a column with their intervals, which are cut at `top`."""
    mean, low, high = (rows[column].to_numpy() for column in (name, f"{name}_low", f"{name}_high"))
    return plot_mean(part.axes, part.centres, mean, low, np.minimum(high, top), colour)


def plot_guide(axes: Axes, value: float) -> Artist:
    """Dashed horizontal line at a value to compare with."""
    return axes.axhline(
        value, color=style.GUIDE_COLOUR, linewidth=0.7, linestyle=(0, (3, 2)), zorder=0
    )


def mark_limit(
    panel: Panel, value: float, colour: str, outline: Sequence[AbstractPathEffect] = ()
) -> None:
    """Line across the column of η → 0⁺ at the exact value, below its mean; nothing for NaN."""
    if np.isfinite(value):
        panel.first.axhline(value, color=colour, linewidth=0.8, path_effects=outline, zorder=1.5)


def mark_intervals(axes: Axes, intervals: tuple[tuple[float, float], ...]) -> None:
    """Bars labelled 𝓘₁, 𝓘₂, … at the right side of axes whose vertical axis is χ."""
    for a, (low, high) in enumerate(intervals):
        axes.plot(
            [1.03, 1.03],
            [low, high],
            color=style.line_colour(a),
            linewidth=2.0,
            solid_capstyle="butt",
            transform=axes.get_yaxis_transform(),
            clip_on=False,
        )
        axes.text(
            1.05,
            (low + high) / 2,
            rf"$\mathcal{{I}}_{{{a + 1}}}$",
            transform=axes.get_yaxis_transform(),
            va="center",
            fontsize=style.SMALL,
        )


def draw_density(panel: Panel, edges: np.ndarray, density: np.ndarray, label: str) -> None:
    """Heat map of density (n_eta, n_bins) over the parts of a panel, with its colour bar."""
    # A root shows narrow peaks and, beside them, the broad distributions of other η.
    # The bar ends at the highest density, so that its last colour hides nothing, unless that is so
    # near to a uniform one that noise would look like peaks.
    highest = _round_above(max(float(np.nanmax(density, initial=0.0)), _LEAST_END))
    norm = PowerNorm(0.5, vmin=0, vmax=highest)
    for part in panel.parts:
        mesh = plot_density(part.axes, part.edges, edges, density[part.mask], norm)
    axes = panel.beside(0.24, 0.07)
    bar = panel.last.figure.colorbar(mesh, cax=axes, ticks=_root_ticks(highest), format="%g")
    bar.outline.set_linewidth(0.4)
    bar.minorticks_off()
    axes.tick_params(length=1.5, pad=1.5)
    bar.set_label(f"{label} (√ scale)", fontsize=style.SMALL, labelpad=2)


def note_no_locking(part: Part) -> None:
    """Say in a part of a panel why it is empty."""
    part.axes.text(
        0.5,
        0.5,
        "no locking",
        transform=part.axes.transAxes,
        ha="center",
        va="center",
        rotation="vertical" if len(part.centres) == 1 else "horizontal",
        fontsize=style.SMALL,
        color=style.GUIDE_COLOUR,
    )


def _round_above(value: float) -> float:
    """The least number of two digits that is not below a positive value."""
    rounded = float(f"{value:.1e}")
    unit = float(f"1e{int(np.floor(np.log10(value))) - 1}")
    return rounded if rounded >= value else float(f"{rounded + unit:.1e}")


def _root_ticks(highest: float) -> list[float]:
    """0, 1 as of a uniform density, `highest`, and some of 1, 2, 5 × 10ⁿ, well apart.

    A tick too near to one before it is left out.
    """
    top = int(np.floor(np.log10(highest)))
    steps = [float(f"{factor}e{top - n}") for n in range(4) for factor in (5, 2, 1)]
    ticks = [0.0]
    for value in (1.0, highest, *(step for step in steps if step <= highest)):
        if np.abs(np.sqrt(value / highest) - np.sqrt(np.divide(ticks, highest))).min() >= _TICK_GAP:
            ticks.append(value)
    return sorted(ticks)
