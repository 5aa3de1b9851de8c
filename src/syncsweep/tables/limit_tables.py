"""Tables from the exact law of η → 0⁺: its predictions, and better averages at small η.

A sample's value at small η is nearly its value at η → 0⁺, whose mean is known: see `control`.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt
from pathlib import Path

import numpy as np
import pandas as pd

from syncsweep.columns import ETA, MODEL, N_SITES, STUDY, Column, Columns
from syncsweep.config.analysis import Analysis, Ratio
from syncsweep.config.physics import Ensemble, Physics
from syncsweep.physics.limit_distribution import (
    LimitDistribution,
    limit_distribution,
    type_probabilities,
)
from syncsweep.physics.local_rates import rate_law
from syncsweep.physics.random_streams import Purpose, stream
from syncsweep.physics.sectors import UnknownSectorsError, sectors
from syncsweep.tables import ResultsError
from syncsweep.tables.control import control_variate, controlled_probability
from syncsweep.tables.freshness import refuse_other_settings
from syncsweep.tables.integrity import problem_of_table
from syncsweep.tables.number import Number
from syncsweep.tables.reading import read_columns
from syncsweep.tables.registry import SAMPLES, SUMMARY
from syncsweep.tables.samples import Source, provenance_of
from syncsweep.tables.writing import write_tables

#: What the columns of each table hold.
COLUMNS: dict[str, Columns] = {
    "limit_law": (
        STUDY,
        MODEL,
        N_SITES,
        Column(
            "draws", "number of draws from the exact law of η → 0⁺, over which values are means"
        ),
        Column(
            "quantity",
            "s_max_mean [rad^(1-N)], p1, p2, … and ratio as in `summary`; p_b_positive, the "
            "probability of b > 0 (the sign of b decides where S_d is largest); c_0+, c_0-, …, the "
            "mean weights c_α of Eq. 4; p_even_above_odd, the probability of c₀₊ > c₀₋",
            source="Eqs. 4, 7, 8; docs/errata.md",
        ),
        *Column("value", "mean of the quantity over the draws", "that of the quantity").with_errors(
            "_se"
        ),
    ),
    "limit_control": (
        STUDY,
        ETA,
        Column("quantity", "s_max_mean [rad^(1-N)] or p1, p2, …, as in `summary`"),
        Column("n", "number of samples that have the quantity both at this η and at η = 0"),
        *Column(
            "plain", "mean of the quantity over the n samples", "that of the quantity"
        ).with_errors("_se", "_low", "_high"),
        *Column(
            "control",
            "the same mean with the value of each sample at η → 0⁺ as a control variate",
            "that of the quantity",
            source="docs/statistics.md",
        ).with_errors("_low", "_high"),
        Column("beta", "factor β of the control variate"),
        Column("gain", "factor by which a plain mean would need more samples for the same error"),
    ),
}


def make_limit_tables(source: Source, analysis: Analysis, output: Path) -> None:
    """Write the tables of the limit into `output`; arguments and errors as for `make_tables`.

    limit_law: one row for each quantity of the exact law, see `limit_law`. limit_control: one row
    for each η > 0 and quantity, see `control_variate` and `controlled_probability`, from the table
    `samples` in `output`. ResultsError also if this table is of other rows or does not fit
    `summary`, if no block holds η = 0 or if the perturbation has no dissipator.
    """
    draws = analysis.limit_draws
    if draws is None or analysis.intervals is None:
        raise ResultsError(
            f"{output}: tables of the limit need analysis.limit_draws, a number of draws, and "
            "analysis.intervals; set them"
        )
    study, physics = source.blocks[0].study, source.blocks[0].physics
    if not isinstance(physics.ensemble, Ensemble) or physics.is_own:
        raise ResultsError(
            f"{study}: the law of η → 0⁺ is known only for the models and the ensemble of "
            "syncsweep; leave analysis.limit_draws out"
        )
    if physics.ensemble.zeta_diss == 0:
        raise ResultsError(
            f"{study}: zeta_diss is 0, so L₍₁₎ does not couple the sectors, and η → 0⁺ has no law; "
            "leave analysis.limit_draws out"
        )
    if not any(0 in block.etas for block in source.blocks):
        raise ResultsError(f"{study}: no block holds η = 0; write limit: true in the grid")
    provenance = provenance_of(source, analysis)
    try:
        law = limit_law(physics, analysis, draws)
    except UnknownSectorsError:
        raise ResultsError(
            f"{study}: with these parameters L₀ does not have exactly one steady state in each "
            "sector, so the law of η → 0⁺ is not known; leave analysis.limit_draws out"
        ) from None
    print(f"{study}: drew the exact law of η → 0⁺ {draws} times", flush=True)
    etas = np.sort(np.concatenate([block.etas for block in source.blocks]))
    values = _values(output / f"{SAMPLES.name}.parquet", etas, analysis, provenance)
    rows = pd.DataFrame(
        {
            "study": study,
            "model": physics.model.name,
            "n_sites": physics.model.n_sites,
            "draws": draws,
            "quantity": list(law),
            "value": [entry.value for entry in law.values()],
            "value_se": [entry.error for entry in law.values()],
        }
    )
    tables = {"limit_law": rows, "limit_control": _control_table(study, etas, values, law)}
    write_tables(output, tables, COLUMNS, provenance)


def limit_law(physics: Physics, analysis: Analysis, draws: int) -> dict[str, Number[float]]:
    """Expectations at η → 0⁺ from draws of c, with standard errors.

    p_b_positive: probability of b > 0; s_max_mean [rad^{1−N}]; p1, p2, …; ratio, if the analysis
    has one, NaN where its denominator is 0; p_even_above_odd (chain): probability of c₀₊ > c₀₋;
    c_<sector>: means of c.
    """
    parts = sectors(**physics.model.model_dump())
    ensemble = physics.ensemble
    assert isinstance(ensemble, Ensemble)
    distribution = limit_distribution(parts)
    rng = stream(physics.root_seed, 0, Purpose.LIMIT)
    law_of_rates = rate_law(parts, ensemble.kind, ensemble.basis, ensemble.rank)
    c = law_of_rates.stationary_vectors(rng, draws)
    b = c @ distribution.weights
    names = [part.name for part in parts]
    law = {
        "p_b_positive": _mean(b > 0),
        "s_max_mean": _mean(distribution.s_max(b)),
        **_probabilities(distribution, b, analysis, rng),
    }
    if "0+" in names:
        law["p_even_above_odd"] = _mean(c[:, names.index("0+")] > c[:, names.index("0-")])
    return law | {f"c_{name}": _mean(c[:, index]) for index, name in enumerate(names)}


def _mean(values: np.ndarray) -> Number[float]:
    return Number(float(np.mean(values)), float(np.std(values, ddof=1) / sqrt(len(values))))


def _probabilities(
    distribution: LimitDistribution, b: np.ndarray, analysis: Analysis, rng: np.random.Generator
) -> dict[str, Number[float]]:
    """P_a, and the ratio of the analysis, for drawn b (draws,).

    Their errors are those of the shares of the two signs of b and of the P_a of each sign.
    """
    signs = [sign for sign in (b > 0, b < 0) if sign.any()]
    shares = np.array([np.mean(sign) for sign in signs])
    typical = np.array([b[sign].mean() for sign in signs])
    sets = type_probabilities(
        distribution, typical, analysis.threshold, analysis.chi_intervals, rng
    )
    of_sets = _with_ratio(np.einsum("t,sta->sa", shares, sets), analysis.ratio)
    variance = of_sets.var(axis=0, ddof=1) / len(sets)
    probabilities = shares @ sets.mean(axis=0)
    if len(signs) == 2:
        # One share grows by what the other one loses.
        change = np.sqrt(shares[0] * shares[1] / len(b)) * np.diff(sets.mean(axis=0), axis=0)[0]
        higher, lower = (
            _with_ratio(probabilities + one, analysis.ratio) for one in (change, -change)
        )
        variance = variance + ((higher - lower) / 2) ** 2
    names = [f"p{a + 1}" for a in range(len(probabilities))]
    names += ["ratio"] if analysis.ratio is not None else []
    values = _with_ratio(probabilities, analysis.ratio)
    columns = zip(names, values, np.sqrt(variance), strict=True)
    return {name: Number(float(value), float(error)) for name, value, error in columns}


def _with_ratio(p: np.ndarray, ratio: Ratio | None) -> np.ndarray:
    """P_a (..., n_a), followed by their ratio if there is one."""
    if ratio is None:
        return p
    a, b = ratio.indices
    below = np.where(p[..., b] > 0, p[..., b], np.nan)
    return np.concatenate([p, (p[..., a] / (ratio.weight * below))[..., None]], axis=-1)


def _values(
    path: Path, etas: np.ndarray, analysis: Analysis, provenance: Mapping[str, object]
) -> dict[str, np.ndarray]:
    """The values of each quantity (samples, n_eta), from the table `samples`.

    The samples are those of any η. A value is NaN if its row is missing or not good, and a P_a also
    if χ is not defined.
    """
    refuse_other_settings([path], **provenance)
    names = ["s_max", *(f"p{a + 1}" for a in range(len(analysis.chi_intervals)))]
    frame = read_columns(path, ["sample", "eta", *names]).to_pandas()
    for stem in (path.with_name(SUMMARY.name), path.with_suffix("")):
        if problem := problem_of_table(stem):
            raise ResultsError(f"{problem}; remove it and run the same snakemake command again")
    wide = frame.pivot(index="sample", columns="eta")
    return {
        name.replace("s_max", "s_max_mean"): wide[name].reindex(columns=etas).to_numpy()
        for name in names
    }


def _control_table(
    study: str, etas: np.ndarray, values: dict[str, np.ndarray], law: dict[str, Number[float]]
) -> pd.DataFrame:
    """One row for each η > 0, ascending, and quantity; etas: from 0, as of `_values`."""
    rows = []
    for index in range(1, len(etas)):
        for quantity, of_all in values.items():
            pairs = of_all[:, [index, 0]]
            x, control = pairs[np.isfinite(pairs).all(axis=1)].T
            estimate = control_variate if quantity == "s_max_mean" else controlled_probability
            row = estimate(x, control, law[quantity])
            rows.append({"study": study, "eta": etas[index], "quantity": quantity} | row)
    return pd.DataFrame(rows)
