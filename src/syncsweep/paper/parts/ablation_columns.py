"""What the columns of the tables of the ablations hold."""

from __future__ import annotations

from syncsweep.columns import (
    ETA,
    FAILED,
    RATIO,
    S_MAX,
    S_MAX_MEAN,
    THRESHOLD,
    UNDEFINED_CHI,
    Column,
    Columns,
    N,
    P,
)

_N_WITH_CHI = Column("n", "number of realisations in P_a: those with status ok that have a χ")
_MEANS = (*P.with_errors("_se", "_low", "_high"), *RATIO.with_errors("_se", "_low", "_high"))
_PAIRED = "mean difference of {} from the default, over the first `paired` samples if both have it"
_READ = "mean difference of {} from the first reading, over the samples that have both"
_LIMITS = tuple(
    column.beside("_limit", "exact {} in the limit η → 0⁺, for the default ensemble")
    for column in (P, RATIO)
)

#: What the columns of each table hold.
COLUMNS: dict[str, Columns] = {
    "ablations": (
        Column("axis", "what differs from the default: basis F_n, weights, or rank of K"),
        Column("label", "name of the ensemble on this axis"),
        Column(
            "value",
            "its place there: number of the basis, ζ_diss/ζ_coh (inf for ζ_coh = 0), or rank of K",
            source="App. F",
        ),
        Column("is_default", "whether it is the ensemble of the chain's own study"),
        ETA,
        N,
        FAILED,
        Column(
            "degenerate", "how many of the failed have several steady states in first order of η"
        ),
        UNDEFINED_CHI,
        *_MEANS,
        *S_MAX_MEAN.with_errors("_se"),
        Column(
            "paired",
            "number of samples behind the differences: their random draws are those "
            "of the default, as far as the ensembles allow",
        ),
        *(
            found
            for column in (P, RATIO, S_MAX)
            for found in column.beside("_difference", _PAIRED).with_errors("_se")
        ),
        *_LIMITS,
        *(column.beside("_uniform", "exact {} for η → ∞") for column in (P, RATIO)),
    ),
    "ablations_threshold": (
        THRESHOLD,
        ETA,
        _N_WITH_CHI,
        *_MEANS,
        P.beside("_zero_pi", "exact {} of the (0, π) type in the limit η → 0⁺"),
        P.beside("_pi_third", "exact {} of the π/3 type in the limit η → 0⁺"),
        *_LIMITS,
    ),
    "ablations_reading": (
        Column(
            "reading",
            "refined: S_d − u ≥ r·S_max, with u the uniform density; grid: the same with the "
            "maximum of an unshifted grid as S_max; background: S_d ≥ r·max S_d",
            source="below Eq. 9",
        ),
        Column("points", "points of the grid per angle"),
        ETA,
        _N_WITH_CHI,
        *_MEANS,
        *(
            found
            for column in (P, RATIO)
            for found in column.beside("_difference", _READ).with_errors("_se")
        ),
    ),
}
