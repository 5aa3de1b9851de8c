"""Captions of the figures of the sweeps, for a reader who does not know the code.

Each has a title, a short text in place of the figure (`alt`), and texts of the panels.
"""

from __future__ import annotations

from collections.abc import Sequence

from syncsweep.config.analysis import Ratio
from syncsweep.config.figure import AnyFigure, Figure
from syncsweep.config.plane_figures import EdgeFigure, MapFigure, PlaneFigure
from syncsweep.report.report_words import ratio_symbol
from syncsweep.wording import Caption

#: Panels of the figure of a sweep.
_SWEEP_PANELS = {
    "chi": (
        "Distribution of χ, a number for a configuration of angles. It is 0 if all angles agree, "
        "and uniform if the angles are. Each column shows all realisations at one η."
    ),
    "probabilities": "Probabilities P_a that χ is in the intervals a, which are marked beside "
    "its distribution. Dashed: P_a of a uniform χ.",
    "s_max": (
        "Distribution of S_max, the height of the maximum above the uniform density, with its mean."
    ),
    "chi_maxima": "χ at the maxima of S_d themselves. Arrow heads, if there are any, mark the "
    "limit η → 0⁺.",
    "differences": "Differences |Δφ| of all pairs of angles at the maxima of S_d. Arrow heads, if "
    "there are any, mark the limit η → 0⁺.",
}


def of_figure(figure: AnyFigure, study: str, ratio: Ratio | None) -> Caption:
    """Caption of a figure of a study; ratio: that of its analysis."""
    if isinstance(figure, Figure):
        return of_sweep(figure.name, study, figure.panels, ratio)
    words = _of_map(figure) if isinstance(figure, MapFigure) else _of_lines(figure)
    if isinstance(figure, EdgeFigure):
        words = _of_edge(figure)
    fixed = ", ".join(f"{name} = {value:g}" for name, value in figure.at.items())
    text = f"{words} at {fixed}." if fixed else f"{words}."
    each = "panel" if isinstance(figure, MapFigure) else "line"
    if figure.by is not None:
        text += f" Each {each} is for one value of {figure.by}."
    if not isinstance(figure, MapFigure):
        text += " Bands are intervals of one standard error (68 %), if there are any."
    title = f"{figure.name}: {figure.tag} of {figure.column} in {study}"
    return Caption(title=title, alt=words, text=text, panels=())


def _of_map(figure: MapFigure) -> str:
    lines = ", with contours" if figure.contours else ""
    return f"Colours of {figure.column} over {figure.x} and {figure.y}{lines}"


def _of_lines(figure: PlaneFigure) -> str:
    return f"{figure.column} against {figure.x}"


def _of_edge(figure: EdgeFigure) -> str:
    less = f" less {figure.floor:g}" if figure.floor else ""
    return (
        f"The strength η at which {figure.column}{less} first has {figure.share:g} of its value in "
        f"the limit η → 0⁺, against {figure.x}"
    )


def of_sweep(name: str, study: str, panels: Sequence[str], ratio: Ratio | None) -> Caption:
    """Caption of the figure `name` of a study with these panels."""
    short, shown = dict(_SHORT), dict(_SWEEP_PANELS)
    if ratio is not None:
        symbol = ratio_symbol(ratio)
        short["ratio"] = f"ratio {symbol}"
        shown["ratio"] = f"{symbol}, {ratio.meaning}. Dashed: 1, and the value for a uniform χ."
    return Caption(
        title=f"{name}: the sweep of {study}",
        alt=f"{len(panels)} panels against the perturbation strength η: "
        + ", ".join(short[panel] for panel in panels),
        text=(
            "Locking against the strength η of the perturbation. The column at the left, if there "
            "is one, shows the exact limit η → 0⁺. Lines across this column are exact values, if "
            "its law is known. Bands are intervals of one standard error (68 %)."
        ),
        panels=tuple(shown[panel] for panel in panels),
    )


_SHORT = {
    "chi": "distribution of χ",
    "probabilities": "probabilities P_a",
    "s_max": "distribution and mean of S_max",
    "chi_maxima": "χ at the maxima",
    "differences": "differences of angles at the maxima",
}
