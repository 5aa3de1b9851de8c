"""The parts of the paper: an entry for each, with its tables, its figure and their inputs.

A new part needs an entry here, a module in `paper/parts/` with a `Request` and `make`, and a module
in `paper/figures/` with `draw`. Rules, the report and `syncsweep verify` use these entries.
Snakemake reads this module in every job, so modules of parts and figures are loaded on demand.
"""

from __future__ import annotations

from syncsweep.config.configuration import Config
from syncsweep.layout import CLAIMS_PAGE
from syncsweep.paper.compared_studies import (
    DECOUPLED,
    coupled_and_alone,
    sizes,
    two_spin1s,
    variants,
)
from syncsweep.paper.part_entry import Figure, Part


def _chain(config: Config) -> list[str]:
    assert config.paper
    return [config.paper.chain]


def _locking(config: Config) -> list[str]:
    pairs = coupled_and_alone(config).values()
    return list(dict.fromkeys(study for pair in pairs for study in pair))


def _ablations(config: Config) -> list[str]:
    return [*_chain(config), *(variant.study for variant in variants(config))]


_PARTS = (
    Part(
        "modes",
        ("modes_counts", "modes_eigenvalues", "modes_symmetries"),
        figure=Figure(
            name="figS_modes",
            module="modes_figure",
            parts=("modes",),
            data=dict.fromkeys("abcdefg", "modes_eigenvalues"),
            title="Spectra of the models",
            alt="Seven panels with eigenvalues of the unperturbed Liouvillians in the complex "
            "plane: steady states, oscillating coherences, and decaying modes",
            text="Eigenvalues λ of the unperturbed Liouvillians. Undamped modes have Re λ = 0, and "
            "the numbers count them.",
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
    ),
    Part(
        "dynamics",
        ("dynamics_series", "dynamics_fits"),
        figure=Figure(
            name="figS_dynamics",
            module="dynamics_figure",
            parts=("dynamics",),
            data=dict.fromkeys("abcdef", "dynamics_series"),
            title="Oscillations in time",
            alt="Six panels of local observables against time: the three spins of the chain "
            "oscillate in phase, the two of the pair in antiphase, and a perturbation damps them",
            text="Above: the chain of three spin-1s. Below: the pair of spin-1/2s.",
            panels=(
                "The chain without perturbation: after different starts, all sites oscillate "
                "together.",
                "Three initial states at late times: the amplitudes differ, but the sites stay in "
                "phase.",
                "With a perturbation the oscillation decays at the predicted rate.",
                "The pair without perturbation: the two spins oscillate in antiphase.",
                "Three initial states of the pair at late times.",
                "The pair with a perturbation.",
            ),
        ),
    ),
    Part(
        "quality",
        ("quality", "quality_shifts"),
    ),
    Part(
        "locking",
        ("locking",),
        figure=Figure(
            name="fig1",
            module="fig1",
            parts=("quality", "locking"),
            data={"quality": "quality", "locking": "locking"},
            title="Fig. 1, measured: oscillation and locking",
            alt="Two panels against η for two and three spins, coupled and decoupled: the "
            "quality factor Q falls as 1/η; the locking Λ falls from 1 to 0",
            text="An oscillation remains at every η, but the locking is lost above a certain η. "
            "Small markers show coupled spins, large ones decoupled spins.",
            panels=(
                "Quality factor Q: number of periods that the longest-lived oscillation lasts, "
                "averaged over realisations. Thin lines: first order, for the modes in (S^x)².",
                "Λ, the share of S_d that has the form of the zero modes of the unperturbed "
                "model. It is 1 in the limit η → 0⁺, and 0 for the perturbation alone.",
            ),
        ),
        studies=_locking,
    ),
    Part(
        "coherences",
        ("coherences",),
        studies=lambda config: DECOUPLED,
    ),
    Part(
        "types",
        (
            "types_realisations",
            "types_distribution",
            "types_maxima",
            "types_probabilities",
            "types_counts",
        ),
        figure=Figure(
            name="fig2",
            module="fig2",
            parts=("types",),
            data={
                "a": "",
                "a_maxima": "types_maxima",
                "b": "",
                "c": "types_probabilities",
                "d": "",
                "d_maxima": "types_maxima",
                "e": "",
                "f": "types_probabilities",
            },
            title="Fig. 2: the two types of synchronisation",
            alt="Two rows, (0, π) type and π/3 type: heat map of S_d with its maxima marked, the "
            "angles at the maxima drawn on circles, and bars of P_a",
            text="One realisation of each type at the smallest η > 0 of the sweep.",
            panels=(
                "S_d of a realisation of the (0, π) type minus its uniform value, against the two "
                "angle differences, with its maxima.",
                "The configurations of the angles at these maxima, and their χ.",
                "Probability P_a that χ is in the intervals a, measured (bars) and predicted.",
                "S_d of a realisation of the π/3 type.",
                "The configurations at its maxima.",
                "P_a of the π/3 type.",
            ),
        ),
        studies=_chain,
    ),
    Part(
        "chi_map",
        ("chi_map_triangles", "chi_map_uniformity", "chi_map_cdf"),
        figure=Figure(
            name="fig4",
            module="fig4",
            parts=("chi_map",),
            data={"a": "", "a_triangles": "chi_map_triangles", "b": "chi_map_cdf"},
            title="Fig. 4: what χ measures",
            alt="Map of the root of χ over the plane of the two angle differences, with a "
            "hexagon of six triangles; below it, how far the distribution of χ is from uniform",
            text="χ is a number for a configuration of angles. It is uniform if the angles are.",
            panels=(
                "√χ over the plane of angle differences, with the regions of App. C (T³ "
                "corrected).",
                "Distribution function of χ for uniformly drawn angles, minus the function of a "
                "uniform number. Grey: the region of 95 % of such curves.",
            ),
        ),
    ),
    Part(
        "two_spin1s",
        (
            "two_spin1s",
            "two_spin1s_distribution",
        ),
        figure=Figure(
            name="figE",
            module="two_spin1s_figure",
            parts=("two_spin1s",),
            data={
                "distribution": "two_spin1s_distribution",
                **dict.fromkeys(("sweep", "detuning", "errors"), "two_spin1s"),
            },
            title="App. E: two weakly coupled spin-1s",
            alt="Four panels: S_d at three couplings, S_max against the coupling, the locking "
            "angle against the detuning, and the relative error of the leading order",
            text="Full solutions beside the leading order of weak coupling (circles).",
            panels=(
                "S_d at three couplings ε, in the weak limit (solid) and at scale s = 0.1 "
                "(dashed).",
                "S_max against the coupling for several scales s.",
                "The angle at which the spins lock, against the detuning δ.",
                "Relative error of the leading order against the scale, with the colours of (a).",
            ),
        ),
        studies=lambda config: [two_spin1s(config)],
    ),
    Part(
        "ablations",
        ("ablations", "ablations_threshold", "ablations_reading"),
        figure=Figure(
            name="figS_ablations",
            module="ablations_figure",
            parts=("ablations",),
            data={
                **dict.fromkeys("abc", "ablations"),
                "d": "ablations_threshold",
                "e": "ablations_reading",
            },
            title="Is it generic?",
            alt="Rows of panels for four η: P_a, P₂/(3P₁) and mean S_max under other ensembles "
            "of perturbations, P_a against the threshold, and three readings of the threshold",
            text="Results for other ensembles of perturbations and other analyses. Each column is "
            "one η.",
            panels=(
                "P_a for other operators F_n, weights ζ_diss/ζ_coh and ranks of the Kossakowski "
                "matrix. Bold: the paper's choice.",
                "P₂/(3P₁) of the same ensembles.",
                "⟨S_max⟩ of the same ensembles.",
                "P_a against the threshold r. Dashed: the exact law of η → 0⁺.",
                "Three readings of the threshold.",
            ),
        ),
        studies=_ablations,
    ),
    Part(
        "ensemble",
        ("ensemble_eigenvalues", "ensemble_boundary", "ensemble_summary"),
        figure=Figure(
            name="figS_ensemble",
            module="ensemble_figure",
            parts=("ensemble",),
            data={
                "eigenvalues": "ensemble_eigenvalues",
                "boundary": "ensemble_boundary",
                "summary": "ensemble_summary",
            },
            title="The ensemble of perturbations",
            alt="Eigenvalues of random dissipators in the complex plane, which fill a lemon-shaped "
            "region, and its boundary",
            text="Eigenvalues of random dissipators at D = 27 with orthonormal operators, in the "
            "units of Ref. 57, and the boundary of the universal region.",
            panels=(),
        ),
    ),
    Part(
        "first_order",
        ("first_order",),
        memory=6000,
        minutes=240,
        on_request=True,
    ),
    Part(
        "sizes",
        ("sizes", "sizes_half"),
        figure=Figure(
            name="figS_sizes",
            module="sizes_figure",
            parts=("first_order", "sizes"),
            data={"locking": "sizes", "half": "sizes_half", "first_order": "first_order"},
            title="Larger chains",
            alt="Rows of panels for five ensembles of perturbations: locking Λ against η and "
            "against κη for two to six spins; below, the η at which Λ is 1/2 against the number of "
            "spins",
            text="Two to six spins. κ is the mean decay rate of L₁, and bands are ± one standard "
            "error.",
            panels=(
                "Λ of chains under a global perturbation of full rank.",
                "The same at rank 4.",
                "The same at rank 1.",
                "The same with random terms on the bonds.",
                "The same with random terms on the sites.",
                "η_½, where Λ is 1/2, in units of ω: solved (markers) and to first order in η "
                "(lines), with bars of ± one standard error of ln η_½.",
                "The same in units of ω/κ.",
            ),
        ),
        studies=lambda config: [size.study for size in sizes(config)],
        minutes=30,
        on_request=True,
    ),
    Part(
        "validation",
        ("validation",),
        pages=(CLAIMS_PAGE,),
        minutes=10,
    ),
)

_LIMIT = Figure(
    name="figS_limit",
    module="limit_figure",
    parts=(),
    data={**dict.fromkeys(("s_max", "probabilities", "gain"), "limit_control"), "law": "limit_law"},
    title="Small η against the exact limit",
    alt="Three panels against η: mean S_max, probabilities P_a, and the gain in samples, with "
    "and without control variate, beside the exact law of η → 0⁺",
    text="At small η, the value of a sample is close to its value at η → 0⁺, whose mean is known "
    "exactly. As a control variate, the latter makes the errors smaller.",
    panels=(
        "⟨S_max⟩ as plain mean (band) and with control variate (points).",
        "P_a in the same way. Dashed: the exact law.",
        "The factor by which a plain mean would need more samples for the same error.",
    ),
)

#: The parts by name, in the order in which they are made. The last one checks the claims against
#: the tables of all others.
PARTS = {part.name: part for part in _PARTS}

#: The figures by name.
FIGURES = {
    figure.name: figure for figure in (*(part.figure for part in _PARTS if part.figure), _LIMIT)
}

#: Names of the parts and figures that `snakemake paper` makes, and of those that only
#: `snakemake larger_chains` makes.
PAPER_PARTS = [part.name for part in _PARTS if not part.on_request]
LARGER_PARTS = [part.name for part in _PARTS if part.on_request]
LARGER_FIGURES = [part.figure.name for part in _PARTS if part.on_request and part.figure]
PAPER_FIGURES = [name for name in FIGURES if name not in LARGER_FIGURES]
