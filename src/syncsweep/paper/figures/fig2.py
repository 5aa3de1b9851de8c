"""Fig. 2: S_d of one realisation of each type, the configurations at its maxima, and P_a.

A row of panels for each type. The window of the angles is [−π/2, 3π/2], in which all maxima of both
types lie off the edge. The data of the panels are <stem>_a.csv … <stem>_f.csv, and those of the
marks in the heat maps <stem>_a_maxima.csv and <stem>_d_maxima.csv.
"""

from __future__ import annotations

from fractions import Fraction
from math import pi
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, ScalarFormatter

from syncsweep.columns import CHI, CONFIGURATION, Column, Columns
from syncsweep.config.units import EnergyUnit
from syncsweep.figures import style
from syncsweep.figures.figure_page import new_page, save_data
from syncsweep.paper.theory.configurations import CONFIGURATIONS, Configuration
from syncsweep.physics.phase_distribution import deviation
from syncsweep.tables.reading import read_with_unit

_TABLES = ("realisations", "distribution", "maxima", "probabilities")

# Page, rows and columns of panels [in]; of a row its lower edge.
_WIDTH, _HEIGHT, _ROWS, _SIDE = 7.0, 4.56, (2.62, 0.38), 1.72
_MAP_LEFT, _BAR_LEFT, _CIRCLES_LEFT, _PROBABILITIES_LEFT = 0.56, 2.36, 3.1, 5.44
_BAR_WIDTH, _CIRCLES_WIDTH, _PROBABILITIES_WIDTH = 0.07, 1.8, 1.48

_LETTERS = (("a", "b", "c"), ("d", "e", "f"))

#: Points per angle of the heat maps, ends included.
_POINTS = 73

#: How the maxima of each configuration are marked.
_MARKERS = dict(zip((named.name for named in CONFIGURATIONS), "osD^", strict=True))
_FILLS = dict(
    zip(
        (named.name for named in CONFIGURATIONS),
        ("white", style.LINE_COLOURS[1], "white", style.LINE_COLOURS[1]),
        strict=True,
    )
)


_ANGLE = Column("phi_{j}", "angle difference φ'_{j}, in [−π/2, 3π/2]", "rad", source="Eq. 2")
_MAP = (_ANGLE, Column("excess", "S_d minus the uniform density there", "rad^(-2)", source="Eq. 2"))
_CIRCLES = (
    CONFIGURATION,
    Column("phi_{j}", "angle of spin {j} in this configuration", "rad"),
    CHI,
    Column("maxima", "number of maxima of S_d in this configuration"),
)

#: What the columns of its own hold.
COLUMNS: dict[str, Columns] = {"a": _MAP, "b": _CIRCLES, "d": _MAP, "e": _CIRCLES}


def draw(tables: Path, stem: Path) -> None:
    """Draw the figure of the tables of the part `types` in the folder `tables`."""
    read = {name: read_with_unit(tables / f"types_{name}.parquet") for name in _TABLES}
    frames = {name: frame for name, (frame, _) in read.items()}
    unit = read["realisations"][1]
    data: dict[str, pd.DataFrame] = {}
    with new_page(stem, _WIDTH, _HEIGHT) as page:
        for row, kind in enumerate(frames["realisations"]["type"]):
            of_kind = {name: frame[frame["type"] == kind] for name, frame in frames.items()}
            data |= _draw_row(page, _ROWS[row], _LETTERS[row], of_kind, unit)
    save_data(stem, data)


def _draw_row(
    page: Figure,
    bottom: float,
    letters: tuple[str, str, str],
    tables: dict[str, pd.DataFrame],
    unit: EnergyUnit,
) -> dict[str, pd.DataFrame]:
    """The panels of one type with the given letters; returns what they show, by name."""
    heat_map, maxima = _heat_map(tables["distribution"]), _into_window(tables["maxima"])
    configurations = _configurations(maxima)
    first, second, third = letters
    axes = _add_axes(page, _MAP_LEFT, bottom, _SIDE)
    bar = _add_axes(page, _BAR_LEFT, bottom, _BAR_WIDTH)
    _draw_heat_map(axes, bar, heat_map, maxima)
    kind, eta = tables["realisations"][["type", "eta"]].iloc[0]
    value = ScalarFormatter(useMathText=True).format_data(unit.of(eta))
    axes.set_title(f"{kind} type, {style.eta_label(unit)} = ${value}$", fontsize=7.5, pad=4)
    _draw_configurations(_add_axes(page, _CIRCLES_LEFT, bottom, _CIRCLES_WIDTH), configurations)
    probabilities = _add_axes(page, _PROBABILITIES_LEFT, bottom, _PROBABILITIES_WIDTH)
    threshold = tables["realisations"]["threshold"].iloc[0]
    _draw_probabilities(probabilities, tables["probabilities"], threshold)
    lefts = (0.05, _CIRCLES_LEFT - 0.1, _PROBABILITIES_LEFT - 0.5)
    for left, letter in zip(lefts, letters, strict=True):
        place = (left / _WIDTH, (bottom + _SIDE + 0.05) / _HEIGHT)
        page.text(*place, f"({letter})", fontweight="bold")
    return {
        first: heat_map,
        f"{first}_maxima": maxima,
        second: configurations,
        third: tables["probabilities"],
    }


def _add_axes(page: Figure, left: float, bottom: float, width: float) -> Axes:
    return page.add_axes((left / _WIDTH, bottom / _HEIGHT, width / _WIDTH, _SIDE / _HEIGHT))


def _heat_map(distribution: pd.DataFrame) -> pd.DataFrame:
    """S_d − 1/4π² [rad⁻²] on the points of the window, φ'_1 varying slowest."""
    axis = np.linspace(-pi / 2, 3 * pi / 2, _POINTS)
    angles = np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1).reshape(-1, 2)
    coefficients = (distribution["s_real"] + 1j * distribution["s_imag"]).to_numpy()
    frequencies = distribution[["k_1", "k_2"]].to_numpy()
    excess = deviation(coefficients, frequencies, angles)
    return pd.DataFrame({"phi_1": angles[:, 0], "phi_2": angles[:, 1], "excess": excess})


def _into_window(maxima: pd.DataFrame) -> pd.DataFrame:
    """The maxima with their angles in [−π/2, 3π/2)."""
    moved = {name: np.mod(maxima[name] + pi / 2, 2 * pi) - pi / 2 for name in ("phi_1", "phi_2")}
    return maxima.assign(**moved)


def _configurations(maxima: pd.DataFrame) -> pd.DataFrame:
    """The configurations that occur, their angles [rad] and χ, and how many maxima they have."""
    counts = maxima["configuration"].value_counts()
    records = [
        {
            "configuration": named.name,
            **{f"phi_{site + 1}": angle for site, angle in enumerate(named.angles)},
            "chi": named.chi,
            "maxima": int(counts[named.name]),
        }
        for named in CONFIGURATIONS
        if named.name in counts
    ]
    return pd.DataFrame(records)


def _draw_heat_map(axes: Axes, bar: Axes, heat_map: pd.DataFrame, maxima: pd.DataFrame) -> None:
    grid = [heat_map[name].to_numpy().reshape(_POINTS, _POINTS) for name in heat_map]
    mesh = axes.pcolormesh(
        grid[0],
        grid[1],
        1e6 * grid[2],
        cmap=style.COLOUR_MAP,
        shading="gouraud",
        rasterized=True,
    )
    for name, group in maxima.groupby("configuration"):
        _mark(axes, group["phi_1"], group["phi_2"], str(name))
    ticks = pi * np.array([-0.5, 0, 0.5, 1, 1.5])
    labels = ["−π/2", "0", "π/2", "π", "3π/2"]
    axes.set_xticks(ticks, labels)
    axes.set_yticks(ticks, labels)
    axes.set_xlabel(r"$\phi'_1$ [rad]", labelpad=1)
    axes.set_ylabel(r"$\phi'_2$ [rad]", labelpad=0)
    colours = axes.figure.colorbar(mesh, cax=bar, ticks=MaxNLocator(5))
    colours.outline.set_linewidth(0.4)
    bar.tick_params(length=1.5, pad=1.5)
    colours.set_label(r"$S_d - 1/4\pi^2$ [$10^{-6}$ rad$^{-2}$]", fontsize=style.SMALL)
    bar.yaxis.set_label_coords(5.2, 0.5)


def _mark(axes: Axes, x: pd.Series | float, y: pd.Series | float, name: str) -> None:
    """The mark of a configuration's maxima."""
    axes.plot(
        x,
        y,
        linestyle="none",
        marker=_MARKERS[name],
        markersize=5,
        markerfacecolor=_FILLS[name],
        markeredgecolor="black",
        markeredgewidth=0.7,
        clip_on=False,
    )


def _draw_configurations(axes: Axes, configurations: pd.DataFrame) -> None:
    """Each configuration on a circle, and beside it its mark and name, its maxima and χ."""
    axes.set_axis_off()
    axes.set_xlim(0, _CIRCLES_WIDTH)
    axes.set_ylim(0, _SIDE)
    height = _SIDE / len(configurations)
    counts = dict(zip(configurations["configuration"], configurations["maxima"], strict=True))
    shown = [named for named in CONFIGURATIONS if named.name in counts]
    for index, named in enumerate(shown):
        middle = _SIDE - (index + 0.5) * height
        _draw_circle(axes, (0.33, middle), 0.28, named)
        _mark(axes, 0.97, middle + 0.14, named.name)
        axes.text(1.06, middle + 0.135, named.name, va="center")
        chi = Fraction(named.chi).limit_denominator(100)
        about = f"maxima: {counts[named.name]}\n$\\chi = {chi}$"
        axes.text(0.93, middle - 0.12, about, va="center", fontsize=style.SMALL)


def _draw_circle(
    axes: Axes, centre: tuple[float, float], radius: float, configuration: Configuration
) -> None:
    """Spins as arrows from the centre; dots of equal angles lie one outside the other."""
    turn = np.linspace(0, 2 * pi, 181)
    x, y = centre
    axes.plot(x + radius * np.cos(turn), y + radius * np.sin(turn), color="0.5", linewidth=0.6)
    seen: list[float] = []
    for angle in configuration.angles:
        out = radius + 0.085 * seen.count(angle)
        seen.append(angle)
        direction = np.array([np.cos(angle), np.sin(angle)])
        end = np.array(centre) + out * direction
        axes.plot([x, end[0]], [y, end[1]], color=style.LINE_COLOURS[0], linewidth=0.8)
        axes.plot(*end, marker="o", markersize=4.2, color=style.LINE_COLOURS[0])


def _draw_probabilities(axes: Axes, probabilities: pd.DataFrame, threshold: float) -> None:
    low, high = probabilities["chi_low"], probabilities["chi_high"]
    axes.bar(
        low,
        probabilities["p"],
        width=high - low,
        align="edge",
        color=style.LINE_COLOURS[5],
        label=f"$r = {threshold:g}$",
    )
    axes.bar(
        low,
        probabilities["p_predicted"],
        width=high - low,
        align="edge",
        fill=False,
        linewidth=0.8,
        linestyle=(0, (2, 1)),
        edgecolor="black",
        label=r"$r \to 1$, predicted",
    )
    axes.set_xlim(-0.03, 1.03)
    axes.set_ylim(0, 1.08)
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", "1/4", "1/2", "3/4", "1"])
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", "1/4", "1/2", "3/4", "1"])
    axes.set_xlabel(r"$\chi$", labelpad=1)
    axes.set_ylabel(r"$P_a$", labelpad=1)
    axes.legend(loc="upper center", frameon=False, ncols=1, handlelength=1.4, borderaxespad=0.2)
