"""What the figures of the sweeps show, in words for a reader who has not read the code.

Of each figure: a title, a short text in its place (`alt`), and what its panels show.
"""

from __future__ import annotations

from collections.abc import Sequence

from syncsweep.config.analysis import Ratio
from syncsweep.report.report_words import ratio_symbol
from syncsweep.wording import Caption

#: Panels of the figure of a sweep.
_SWEEP_PANELS = {
    "chi": (
        "Distribution of χ, a number for a configuration of angles: it is 0 if all angles agree, "
        "and uniform if the angles are. Each column is one η and all its realisations."
    ),
    "probabilities": "Probabilities P_a that χ lies in the intervals a, which are marked beside "
    "its distribution; dashed: for a uniform χ.",
    "s_max": (
        "Distribution of S_max, the height of the maximum of S_d above the uniform density, with "
        "its mean."
    ),
    "chi_maxima": "χ at the maxima of S_d themselves; arrow heads mark the limit η → 0⁺.",
    "differences": "Differences |Δφ| of all pairs of angles at the maxima of S_d; arrow heads mark "
    "the limit η → 0⁺.",
}


def of_sweep(name: str, study: str, panels: Sequence[str], ratio: Ratio | None) -> Caption:
    """Caption of the figure `name` of a study with these panels."""
    short, shown = dict(_SHORT), dict(_SWEEP_PANELS)
    if ratio is not None:
        symbol = ratio_symbol(ratio)
        short["ratio"] = f"ratio {symbol}"
        shown["ratio"] = f"{symbol}, {ratio.meaning}; dashed: 1, and the value for a uniform χ."
    return Caption(
        title=f"{name}: the sweep of {study}",
        alt=f"{len(panels)} panels against the perturbation strength η: "
        + ", ".join(short[panel] for panel in panels),
        text=(
            "How the locking changes with the strength η of the perturbation, from the exact limit "
            "η → 0⁺ (the column at the left, if the sweep has it) to strong perturbations. Lines "
            "across that column are exact values, if its law is known. Bands are intervals of one "
            "standard error (68 %)."
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
