"""What the figures show, in words for a reader who has not read the code.

Of each figure: a title, a short text in its place (`alt`), and what its panels show.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from syncsweep.config.analysis import Ratio
from syncsweep.report.report_words import ratio_symbol


@dataclass(frozen=True)
class Caption:
    """Words of a figure; `panels` are those of its panels in their order."""

    title: str
    alt: str
    text: str
    panels: tuple[str, ...]


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

#: Figures of the paper that are not one of a sweep, by name.
OF_PAPER = {
    "fig1": Caption(
        title="Fig. 1, measured: oscillation and locking",
        alt="Two panels against η for two and three spins, coupled and decoupled: the quality "
        "factor Q falls as 1/η; the locking Λ falls from 1 to 0",
        text="An oscillation remains at every η, but the locking is lost above a certain η.",
        panels=(
            "Quality factor Q: how many periods the longest-lived oscillation lasts, mean over "
            "realisations. Thin lines: first order, for the modes in (S^x)².",
            "Λ, the share of S_d that has the form of the zero modes of the unperturbed model: 1 "
            "in the limit η → 0⁺, 0 for the perturbation alone.",
        ),
    ),
    "fig2": Caption(
        title="Fig. 2: the two types of synchronisation",
        alt="Two rows, (0, π) type and π/3 type: heat map of S_d with its maxima marked, the "
        "angles at the maxima drawn on circles, and bars of P_a",
        text="One realisation of each type at the smallest η > 0 of the sweep.",
        panels=(
            "S_d of a realisation of the (0, π) type minus its uniform value, over the two angle "
            "differences; its maxima are marked.",
            "The configurations of the angles at these maxima, and their χ.",
            "Probability P_a that χ lies in the intervals a, measured (bars) and predicted.",
            "S_d of a realisation of the π/3 type.",
            "The configurations at its maxima.",
            "P_a of the π/3 type.",
        ),
    ),
    "fig4": Caption(
        title="Fig. 4: what χ measures",
        alt="Map of the root of χ over the plane of the two angle differences, with a hexagon of "
        "six triangles; below it, how far the distribution of χ is from uniform",
        text="χ turns a configuration of angles into one number that is uniform if the angles are.",
        panels=(
            "√χ over the plane of angle differences, with the regions of App. C (T³ corrected).",
            "Distribution function of χ for uniformly drawn angles, minus that of a uniform "
            "number; grey: the region of 95 % of such curves.",
        ),
    ),
    "figE": Caption(
        title="App. E: two weakly coupled spin-1s",
        alt="Four panels: S_d at three couplings, S_max against the coupling, the locking angle "
        "against the detuning, and relative errors of the leading order",
        text="Full solutions beside the leading order of weak coupling (circles).",
        panels=(
            "S_d at three couplings ε, in the weak limit (solid) and at scale s = 0.1 (dashed).",
            "S_max against the coupling for several scales s.",
            "The angle at which the spins lock, against the detuning δ.",
            "Relative errors of the leading order against the scale; colours as in (a).",
        ),
    ),
    "figS_modes": Caption(
        title="Spectra of the models",
        alt="Seven panels with eigenvalues of the unperturbed Liouvillians in the complex plane: "
        "steady states, oscillating coherences, and what decays",
        text=(
            "Eigenvalues λ of the unperturbed Liouvillians. Undamped ones lie at Re λ = 0; the "
            "numbers count them."
        ),
        panels=(
            "Chain of two spin-1s.",
            "Chain of three.",
            "Chain of four.",
            "Two decoupled spin-1s.",
            "Three decoupled spin-1s.",
            "Pair of spin-1/2s.",
            "Two spin-1s of App. E.",
        ),
    ),
    "figS_dynamics": Caption(
        title="Oscillations in time",
        alt="Six panels of local observables against time: the three spins of the chain swing in "
        "step, the two of the pair in antiphase, and a perturbation damps them",
        text="Above: the chain of three spin-1s. Below: the pair of spin-1/2s.",
        panels=(
            "The chain without perturbation: after different starts, all sites oscillate together.",
            "Three initial states at late times: amplitudes differ, the sites stay in step.",
            "With a perturbation the oscillation decays at the predicted rate.",
            "The pair without perturbation: the two spins oscillate in antiphase.",
            "Three initial states of the pair at late times.",
            "The pair with a perturbation.",
        ),
    ),
    "figS_limit": Caption(
        title="Small η against the exact limit",
        alt="Three panels against η: mean S_max, probabilities P_a, and the gain in samples, with "
        "and without control variate, beside the exact law of η → 0⁺",
        text=(
            "At small η, the value of a sample is close to its value at η → 0⁺, whose mean is "
            "known exactly. With the latter as a control variate the errors are smaller."
        ),
        panels=(
            "⟨S_max⟩ as plain mean (band) and with control variate (points).",
            "P_a in the same way; dashed: the exact law.",
            "How many times as many samples the plain mean would need for the same error.",
        ),
    ),
    "figS_ablations": Caption(
        title="Is it generic?",
        alt="Rows of panels for four η: P_a, P₂/(3P₁) and mean S_max under other ensembles of "
        "perturbations, P_a against the threshold, and three readings of the threshold",
        text="What changes with another ensemble of perturbations or another analysis; columns: η.",
        panels=(
            "P_a for other operators F_n, weights ζ_diss/ζ_coh and ranks of the Kossakowski "
            "matrix; bold: the paper's choice.",
            "P₂/(3P₁) of the same ensembles.",
            "⟨S_max⟩ of the same ensembles.",
            "P_a against the threshold r; dashed: the exact law of η → 0⁺.",
            "Three readings of the threshold.",
        ),
    ),
    "figS_ensemble": Caption(
        title="The ensemble of perturbations",
        alt="Eigenvalues of random dissipators in the complex plane, which fill a lemon-shaped "
        "region whose boundary is drawn",
        text=(
            "Eigenvalues of random dissipators at D = 27 with orthonormal operators, in the units "
            "of Ref. 57, and the boundary of the universal region."
        ),
        panels=(),
    ),
}
