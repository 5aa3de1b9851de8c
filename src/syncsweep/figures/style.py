"""The page of a figure: a journal's single column, its panels above each other, and their look.

The panels share a logarithmic axis of η. The limit η → 0⁺ is off that axis: it has a narrow column
of its own at the left.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter
from matplotlib.transforms import blended_transform_factory

from syncsweep.config.analysis import Ratio
from syncsweep.config.units import EnergyUnit

#: Width of a journal's single column [in].
COLUMN_WIDTH = 3.4

# Margins, gap between panels and height of a panel [in]; the right margin holds what explains a
# panel (legend, colour bar), so that it never covers data.
_LEFT, _RIGHT, _TOP, _BOTTOM = 0.48, 0.66, 0.07, 0.36
_GAP, _HEIGHT = 0.11, 1.08

# Height of the strip above the panels that says of how many samples the figure is [in].
_STAMP = 0.17

# Width of the column of η → 0⁺ and its distance from the logarithmic axis [in].
_ZERO_WIDTH, _ZERO_GAP = 0.17, 0.1

# So many powers of ten can be named along the height of a panel.
_MOST_DECADES = 8

# Part of a decade by which the logarithm of a power of ten may miss a whole number.
_NEAR = 1e-9

#: Size of the smaller letters [pt].
SMALL = 6.5

#: Colours for lines (Okabe & Ito), which colour-blind people can distinguish.
LINE_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")

#: Colour of guides to the eye.
GUIDE_COLOUR = "0.35"

#: Colour map of distributions: its lightness is monotonous, so it survives grey print.
COLOUR_MAP = "cividis"

#: Colour map of angles: cyclic, and as even in lightness.
CYCLIC_MAP = "twilight"

#: Settings under which figures are drawn. The fonts come with Matplotlib, so that the letters do
#: not depend on the machine.
SETTINGS: dict[str, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 7.5,
    "mathtext.fontset": "dejavusans",
    "axes.labelsize": 7.5,
    "axes.linewidth": 0.6,
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "xtick.direction": "in",
    "ytick.direction": "in",
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "xtick.minor.size": 1.5,
    "ytick.minor.size": 1.5,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.minor.width": 0.4,
    "ytick.minor.width": 0.4,
    "lines.linewidth": 1.0,
    "lines.markersize": 2.2,
    "lines.markeredgewidth": 0.3,
    "legend.fontsize": SMALL,
    "pdf.fonttype": 42,
}


@dataclass(frozen=True)
class Part:
    """Axes for n of the η: their mask among all (n_eta,), positions (n,) and edges (n + 1,)."""

    axes: Axes
    mask: np.ndarray
    centres: np.ndarray
    edges: np.ndarray


@dataclass(frozen=True)
class Panel:
    """One panel: its parts from left to right, at most one for η → 0⁺ and one for η > 0."""

    parts: tuple[Part, ...]

    @property
    def first(self) -> Axes:
        """Leftmost axes, which carry the label and numbers of the vertical axis."""
        return self.parts[0].axes

    @property
    def last(self) -> Axes:
        """Rightmost axes, beside which the panel is explained."""
        return self.parts[-1].axes

    def beside(self, offset: float, width: float) -> Axes:
        """New axes of `width`, `offset` to the right of the panel [in], as high as the panel."""
        figure = self.last.get_figure()
        assert isinstance(figure, Figure)
        box = self.last.get_position()
        left = box.x1 + offset / COLUMN_WIDTH
        return figure.add_axes((left, box.y0, width / COLUMN_WIDTH, box.height))

    def note(self, value: float, text: str) -> None:
        """Name a value of the vertical axis beside the panel."""
        self.last.text(
            1.03,
            value,
            text,
            transform=self.last.get_yaxis_transform(),
            va="center",
            fontsize=SMALL,
            color=GUIDE_COLOUR,
            linespacing=0.9,
        )


def log_cell_edges(centres: Sequence[float] | np.ndarray) -> np.ndarray:
    """Edges (n + 1,) of cells around ascending positive centres (n,), at the logarithmic midpoints.

    The outer cells are symmetric about their centres; a single one is half a decade wide.
    """
    logs = np.log10(np.asarray(centres, dtype=float))
    if len(logs) == 1:
        return 10 ** (logs[0] + np.array([-0.25, 0.25]))
    middles = (logs[1:] + logs[:-1]) / 2
    outer = 2 * logs[[0, -1]] - middles[[0, -1]]
    return 10 ** np.concatenate([outer[:1], middles, outer[1:]])


def sweep_height(n_panels: int, stamped: bool = False) -> float:
    """Height of a figure with some panels above each other, and perhaps a stamp [in]."""
    return stamped * _STAMP + _TOP + n_panels * _HEIGHT + (n_panels - 1) * _GAP + _BOTTOM


def lay_out(
    figure: Figure,
    etas: np.ndarray,
    n_panels: int,
    eta_label: str,
    stamp: str | None = None,
    warns: bool = False,
) -> list[Panel]:
    """Add panels for ascending `etas` (n_eta,) to a figure of `sweep_height`, (a) at the top.

    stamp: a line above all panels; warns: so that nobody overlooks it.
    """
    height = sweep_height(n_panels, stamp is not None)
    top = height - _TOP - (0 if stamp is None else _add_stamp(figure, stamp, warns, height))
    panels = []
    for index in range(n_panels):
        bottom = top - (index + 1) * _HEIGHT - index * _GAP
        panel = _add_panel(figure, etas, bottom / height, _HEIGHT / height)
        panels.append(panel)
        figure.text(
            0.02 / COLUMN_WIDTH,
            (bottom + _HEIGHT) / height,
            f"({chr(ord('a') + index)})",
            va="top",
            fontweight="bold",
        )
        for part in panel.parts:
            part.axes.tick_params(labelbottom=index == n_panels - 1)
    panels[-1].last.set_xlabel(eta_label, labelpad=2)
    return panels


def _add_stamp(figure: Figure, stamp: str, warns: bool, height: float) -> float:
    """Write a stamp into the strip above the panels; returns the height of the strip [in]."""
    middle = height - _TOP / 2 - _STAMP / 2
    figure.text(
        0.5,
        middle / height,
        stamp,
        ha="center",
        va="center",
        fontweight="bold" if warns else "normal",
        color=LINE_COLOURS[1] if warns else GUIDE_COLOUR,
        fontsize=SETTINGS["font.size"] if warns else SMALL,
    )
    return _STAMP


def _add_panel(figure: Figure, etas: np.ndarray, bottom: float, height: float) -> Panel:
    """One panel at a height, both in fractions of the figure's."""
    zero, positive = etas == 0, etas > 0
    left, right = _LEFT, COLUMN_WIDTH - _RIGHT
    parts = []
    if zero.any():
        end = left + _ZERO_WIDTH if positive.any() else right
        axes = figure.add_axes((left / COLUMN_WIDTH, bottom, (end - left) / COLUMN_WIDTH, height))
        axes.set_xlim(-0.5, 0.5)
        axes.set_xticks([0], ["0⁺"])
        parts.append(Part(axes, zero, np.array([0.0]), np.array([-0.5, 0.5])))
        left = end + _ZERO_GAP
    if positive.any():
        width = (right - left) / COLUMN_WIDTH
        axes = figure.add_axes((left / COLUMN_WIDTH, bottom, width, height))
        edges = log_cell_edges(etas[positive])
        axes.set_xscale("log")
        axes.set_xlim(edges[0], edges[-1])
        _set_log_ticks(axes, etas[positive])
        if parts:
            axes.sharey(parts[0].axes)
            axes.tick_params(left=False, labelleft=False, which="both")
        parts.append(Part(axes, positive, etas[positive], edges))
    return Panel(tuple(parts))


def align_label(axes: Axes) -> None:
    """Put the label of the vertical axis where those of the other panels are."""
    figure = axes.get_figure()
    assert isinstance(figure, Figure)
    place = blended_transform_factory(figure.transFigure, axes.transAxes)
    axes.yaxis.set_label_coords(0.16 / COLUMN_WIDTH, 0.5, place)


def name_decades(axes: Axes) -> str:
    """Name powers of ten of a logarithmic vertical axis, as long as there is room.

    If only one is on the axis, 2 and 5 times a power of ten are named by their digit. If none
    is on it, the numbers count a power of ten, which is returned for the label; else "".
    """
    low, high = sorted(axes.get_ylim())
    first, last = np.ceil(np.log10(low) - _NEAR), np.floor(np.log10(high) + _NEAR)
    if first > last:
        return _name_multiples(axes, low, high, 10.0**last, int(last))
    axes.yaxis.set_major_locator(LogLocator(numticks=_MOST_DECADES + 1))
    axes.yaxis.set_minor_locator(LogLocator(subs=range(2, 10), numticks=_MOST_DECADES + 1))
    axes.yaxis.set_minor_formatter(FuncFormatter(_digit) if first == last else NullFormatter())
    axes.tick_params(axis="y", which="minor", labelsize=SMALL)
    return ""


def _digit(value: float, _: int | None) -> str:
    """Name 2 and 5 times a power of ten: a longer name would reach the label of the axis."""
    digit = round(value / 10 ** np.floor(np.log10(value) + _NEAR))
    return str(digit) if digit in (2, 5) else ""


def _name_multiples(axes: Axes, low: float, high: float, unit: float, power: int) -> str:
    values = MaxNLocator(nbins=4, steps=[1, 2, 5, 10]).tick_values(low / unit, high / unit)
    shown = [value for value in values if low <= value * unit <= high]
    axes.set_yticks([value * unit for value in shown], [f"{value:g}" for value in shown])
    axes.yaxis.set_minor_formatter(NullFormatter())
    return rf"10$^{{{power}}}$ "


def eta_label(unit: EnergyUnit) -> str:
    """η in a unit, for the horizontal axis."""
    return rf"$\eta/{symbol(unit)}$" if unit.symbol else r"$\eta$"


def symbol(unit: EnergyUnit) -> str:
    """The symbol of a unit within a formula."""
    return unit.symbol.replace("ω", r"\omega").replace("γ₁ᵍ", r"\gamma_1^g")


def chi_symbol(n_sites: int) -> str:
    """χ, with the number of spins where that is not three."""
    return r"$\chi$" if n_sites == 3 else rf"$\chi_{{{n_sites}}}$"


def ratio_symbol(ratio: Ratio) -> str:
    """A ratio of two P_a."""
    below = f"P_{ratio.denominator}"
    if ratio.weight != 1:
        below = f"({ratio.weight:g}{below})"
    return f"$P_{ratio.numerator}/{below}$"


def fraction(value: float) -> str:
    """A number as a fraction of small integers."""
    return str(Fraction(value).limit_denominator(1000))


def line_colour(a: int) -> str:
    """Colour of the a-th line."""
    return LINE_COLOURS[a % len(LINE_COLOURS)]


def _set_log_ticks(axes: Axes, etas: np.ndarray) -> None:
    low, high = axes.get_xlim()
    if np.floor(np.log10(high)) - np.ceil(np.log10(low)) >= 1:
        axes.xaxis.set_major_locator(LogLocator(numticks=10))
        axes.xaxis.set_minor_locator(LogLocator(subs=range(2, 10), numticks=200))
        axes.xaxis.set_minor_formatter(NullFormatter())
        return
    # Too narrow for two powers of ten: name values of η themselves.
    shown = np.unique(etas[[0, len(etas) // 2, -1]]) if len(etas) > 3 else etas
    axes.set_xticks(shown, [f"${_scientific(eta)}$" for eta in shown])
    axes.xaxis.set_minor_formatter(NullFormatter())


def _scientific(value: float) -> str:
    digits, power = f"{value:.2e}".split("e")
    digits = digits.rstrip("0").rstrip(".")
    factor = "" if digits == "1" else rf"{digits}\times"
    return rf"{factor}10^{{{int(power)}}}"
