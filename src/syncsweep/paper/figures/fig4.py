"""Fig. 4: √χ of three spins in the plane of the angle differences, and how uniform χ is.

(a) √χ with the triangles of Ω_1 and the square of all angle differences; (b) the empirical
distribution function of χ of uniform angles less the uniform one, with the band of 95 %. What the
panels show is in <stem>_a.csv, <stem>_a_triangles.csv and <stem>_b.csv.
"""

from __future__ import annotations

from math import pi
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Polygon
from matplotlib.patheffects import withStroke

from syncsweep.columns import Column, Columns
from syncsweep.figures import style
from syncsweep.figures.figure_page import new_page, save_data
from syncsweep.paper.theory.chi_regions import outline
from syncsweep.physics.chi import chi
from syncsweep.tables.reading import read_table

# Page, panels, and the map's colour bar [in].
_WIDTH, _HEIGHT = style.COLUMN_WIDTH, 4.14
_LEFT, _SIDE, _MAP_BOTTOM = 0.48, 2.34, 1.72
_SLIM_BOTTOM, _SLIM_HEIGHT, _BAR_GAP, _BAR_WIDTH = 0.36, 0.92, 0.08, 0.08

#: Bright where the angles agree, so that the lines stand out where l is largest.
_COLOUR_MAP = f"{style.COLOUR_MAP}_r"

#: Okabe & Ito's yellow, for the square as in the paper.
_YELLOW = "#F0E442"

#: A dark rim, with which bright lines and letters stand out anywhere.
_RIM = [withStroke(linewidth=1.7, foreground="black")]

#: Points per angle of the map, ends included; all corners of the triangles are among them.
_POINTS = 97


#: What the columns of its own hold.
COLUMNS: dict[str, Columns] = {
    "a": (
        Column("phi_{j}", "angle difference φ'_{j}, in [−2π, 2π]", "rad", source="Fig. 4"),
        Column("sqrt_chi", "l = √χ of (φ'_1, φ'_2, 0)", source="Eq. C1"),
    )
}


def draw(tables: Path, stem: Path) -> None:
    """Draw the figure of the tables of the part `chi_map` in the folder `tables`."""
    triangles, distributions = (
        read_table(tables / f"chi_map_{name}.parquet").to_pandas() for name in ("triangles", "cdf")
    )
    spread = _map()
    with new_page(stem, _WIDTH, _HEIGHT) as page:
        upper = _add_axes(page, _LEFT, _MAP_BOTTOM, _SIDE, _SIDE)
        bar = _add_axes(page, _LEFT + _SIDE + _BAR_GAP, _MAP_BOTTOM, _BAR_WIDTH, _SIDE)
        _draw_map(upper, bar, spread)
        _draw_regions(upper, triangles)
        lower = _add_axes(page, _LEFT, _SLIM_BOTTOM, _SIDE, _SLIM_HEIGHT)
        _draw_distributions(lower, distributions)
        tops = (_MAP_BOTTOM + _SIDE, _SLIM_BOTTOM + _SLIM_HEIGHT)
        for letter, top in zip("ab", tops, strict=True):
            place = (0.02 / _WIDTH, top / _HEIGHT)
            page.text(*place, f"({letter})", va="top", fontweight="bold")
    save_data(stem, {"a": spread, "a_triangles": triangles, "b": distributions})


def _add_axes(page: Figure, left: float, bottom: float, width: float, height: float) -> Axes:
    return page.add_axes((left / _WIDTH, bottom / _HEIGHT, width / _WIDTH, height / _HEIGHT))


def _map() -> pd.DataFrame:
    """√χ over [−2π, 2π]², φ'_1 varying slowest."""
    axis = np.linspace(-2 * pi, 2 * pi, _POINTS)
    first, second = (angle.ravel() for angle in np.meshgrid(axis, axis, indexing="ij"))
    values = np.sqrt(chi(np.column_stack([first, second, np.zeros(len(first))])))
    return pd.DataFrame({"phi_1": first, "phi_2": second, "sqrt_chi": values})


def _draw_map(axes: Axes, bar: Axes, spread: pd.DataFrame) -> None:
    grid = [spread[name].to_numpy().reshape(_POINTS, _POINTS) for name in spread]
    mesh = axes.pcolormesh(
        *grid, cmap=_COLOUR_MAP, vmin=0, vmax=1, shading="gouraud", rasterized=True
    )
    ticks = pi * np.arange(-2, 3)
    labels = ["−2π", "−π", "0", "π", "2π"]
    axes.set_xticks(ticks, labels)
    axes.set_yticks(ticks, labels)
    axes.set_xlabel(r"$\phi'_1$ [rad]", labelpad=1)
    axes.set_ylabel(r"$\phi'_2$ [rad]", labelpad=-2)
    colours = axes.figure.colorbar(mesh, cax=bar, ticks=np.linspace(0, 1, 5), format="%g")
    colours.outline.set_linewidth(0.4)
    bar.tick_params(length=1.5, pad=1.5)
    colours.set_label(r"$l = \sqrt{\chi}$", labelpad=2)


def _draw_regions(axes: Axes, triangles: pd.DataFrame) -> None:
    """Ω_1 dashed, its triangles dotted, and the square [0, 2π]² solid, with their names."""
    corners = triangles[["x_0", "y_0", "x_1", "y_1", "x_2", "y_2"]].to_numpy().reshape(-1, 3, 2)
    for triangle, name in zip(corners, triangles["triangle"], strict=True):
        axes.plot(*triangle[:2].T, color="black", linewidth=1.0, linestyle=":")
        # Off the middle, through which the sides of the square run.
        _name(axes, np.array([0.3, 0.22, 0.48]) @ triangle, f"$T^{name[1:]}$", "white")
    square = 2 * pi * np.array([[0, 0], [1, 0], [1, 1], [0, 1]])
    for corners_of, colour, dashes in ((square, _YELLOW, "-"), (outline(1), "white", "--")):
        axes.add_patch(
            Polygon(
                corners_of,
                fill=False,
                edgecolor=colour,
                linewidth=1.1,
                linestyle=dashes,
                clip_on=False,
                path_effects=_RIM if dashes == "-" else None,
            )
        )
    _name(axes, pi * np.array([-1.2, 0.4]), r"$\Omega_1$", "white")
    _name(axes, pi * np.array([1.6, 1.75]), r"$[0, 2\pi]^2$", _YELLOW)


def _name(axes: Axes, place: np.ndarray, name: str, colour: str) -> None:
    x, y = place
    axes.text(x, y, name, color=colour, ha="center", va="center", path_effects=_RIM)


def _draw_distributions(axes: Axes, distributions: pd.DataFrame) -> None:
    band = 1e3 * distributions["band"].iloc[0]
    axes.axhspan(-band, band, color="0.9", linewidth=0, label="95 %")
    axes.axhline(0, color=style.GUIDE_COLOUR, linewidth=0.5)
    for index, (n_spins, group) in enumerate(distributions.groupby("n_spins")):
        axes.plot(
            group["chi"],
            1e3 * group["excess"],
            color=style.line_colour(index),
            linewidth=0.8,
            label=f"$N = {n_spins}$",
        )
    highest = max(band, 1e3 * float(distributions["excess"].abs().max()))
    axes.set_xlim(0, 1)
    axes.set_ylim(-1.25 * highest, 1.25 * highest)
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", "1/4", "1/2", "3/4", "1"])
    axes.set_xlabel(r"$\chi_N$", labelpad=1)
    axes.set_ylabel(r"$10^3\,(F - \chi_N)$", labelpad=1)
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.06), frameon=False, handlelength=1.0)
