"""From the exact law of η → 0⁺ to tables: what it predicts, and what it does for small η.

A sample's value x(η) at small η is nearly its value x(0⁺), whose mean over the ensemble is known
exactly. So x̄(η) − β(x̄(0⁺) − E x(0⁺)) with β = cov/var has the same mean as x̄(η) and a smaller
error: x(0⁺) is a control variate.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from pathlib import Path

import numpy as np
import pandas as pd

from syncsweep.config_physics import Ensemble, Physics
from syncsweep.config_results import Analysis
from syncsweep.layout import LIMIT_TABLES
from syncsweep.physics.limit_distribution import (
    LimitDistribution,
    limit_distribution,
    type_probabilities,
)
from syncsweep.physics.measures import interval_probabilities
from syncsweep.physics.weak_limit import RateLaw, UnknownSectorsError, sectors
from syncsweep.results.samples import Source, TablesError, chi_of_sample, provenance_of
from syncsweep.results.tables import write_table
from syncsweep.sample import build_model

#: A control whose standard deviation is this small beside its values does not vary.
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Value:
    """A number and its standard error."""

    value: float
    standard_error: float


def make_limit_tables(source: Source, analysis: Analysis, output: Path) -> None:
    """Write the tables of the limit into `output`; arguments and errors as for `make_tables`.

    limit_law: one row for each quantity of the exact law, see `limit_law`. limit_control: one row
    for each η > 0 and quantity, see `control_variate`. TablesError also if no block holds η = 0 or
    the perturbation has no dissipator.
    """
    draws = analysis.limit_draws
    if draws is None:
        raise TablesError(f"{output}: no tables of the limit without analysis.limit_draws; set it")
    study, physics = source.blocks[0].study, source.blocks[0].physics
    if not isinstance(physics.ensemble, Ensemble) or physics.is_own:
        raise TablesError(
            f"{study}: the law of η → 0⁺ is known for the models and the ensemble of syncsweep "
            "alone; leave analysis.limit_draws out"
        )
    if physics.ensemble.zeta_diss == 0:
        raise TablesError(
            f"{study}: zeta_diss is 0, so L₍₁₎ moves nothing between the sectors and η → 0⁺ has no "
            "law; leave analysis.limit_draws out"
        )
    if not any(0 in block.etas for block in source.blocks):
        raise TablesError(f"{study}: no block holds η = 0; write limit: true in the grid")
    try:
        law = limit_law(physics, analysis, draws)
    except UnknownSectorsError:
        raise TablesError(
            f"{study}: L₀ has other steady states than one in each sector with these "
            "parameters, so the law of η → 0⁺ is not known; leave analysis.limit_draws out"
        ) from None
    print(f"{study}: the exact law of η → 0⁺ by {draws} draws of it", flush=True)
    etas, values = _gather(source, analysis)
    rows = pd.DataFrame(
        {
            "study": study,
            "model": physics.model.name,
            "n_sites": physics.model.n_sites,
            "draws": draws,
            "quantity": list(law),
            "value": [entry.value for entry in law.values()],
            "value_se": [entry.standard_error for entry in law.values()],
        }
    )
    provenance = provenance_of(source, analysis)
    output.mkdir(parents=True, exist_ok=True)
    tables = (rows, _control_table(study, etas, values, law))
    for name, table in zip(LIMIT_TABLES, tables, strict=True):
        write_table(output / name, table, provenance)


def limit_law(physics: Physics, analysis: Analysis, draws: int) -> dict[str, Value]:
    """Expectations at η → 0⁺ from draws of c, with standard errors.

    p_b_positive: probability of b > 0; s_max_mean [rad^{1−N}]; p1, p2, …; ratio P₂/(3P₁), NaN
    where P₁ = 0; p_even_above_odd (chain): probability of c₀₊ > c₀₋; c_<sector>: means of c.
    """
    model = build_model(physics)
    parts = sectors(model)
    ensemble = physics.ensemble
    assert isinstance(ensemble, Ensemble)
    distribution = limit_distribution(parts, model.spins)
    rng = np.random.default_rng(np.random.SeedSequence(physics.root_seed, spawn_key=(0,)))
    c = RateLaw(parts, ensemble.basis, ensemble.rank).stationary_vectors(rng, draws)
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


def _mean(values: np.ndarray) -> Value:
    return Value(float(np.mean(values)), float(np.std(values, ddof=1) / sqrt(len(values))))


def _probabilities(
    distribution: LimitDistribution, b: np.ndarray, analysis: Analysis, rng: np.random.Generator
) -> dict[str, Value]:
    """P_a and P₂/(3P₁) for drawn b (draws,).

    Their errors are those of the shares of the two signs of b and of the P_a of each sign.
    """
    signs = [sign for sign in (b > 0, b < 0) if sign.any()]
    shares = np.array([np.mean(sign) for sign in signs])
    typical = np.array([b[sign].mean() for sign in signs])
    sets = type_probabilities(distribution, typical, analysis.threshold, analysis.intervals, rng)

    def with_ratio(p: np.ndarray) -> np.ndarray:
        first = np.where(p[..., :1] > 0, p[..., :1], np.nan)
        return np.concatenate([p, p[..., 1:2] / (3 * first)], axis=-1)

    of_sets = with_ratio(np.einsum("t,sta->sa", shares, sets))
    variance = of_sets.var(axis=0, ddof=1) / len(sets)
    probabilities = shares @ sets.mean(axis=0)
    if len(signs) == 2:
        # One share grows by what the other one loses.
        change = np.sqrt(shares[0] * shares[1] / len(b)) * np.diff(sets.mean(axis=0), axis=0)[0]
        higher, lower = with_ratio(probabilities + change), with_ratio(probabilities - change)
        variance = variance + ((higher - lower) / 2) ** 2
    names = [f"p{a + 1}" for a in range(len(probabilities))] + ["ratio"]
    columns = zip(names, with_ratio(probabilities), np.sqrt(variance), strict=True)
    return {name: Value(float(value), float(error)) for name, value, error in columns}


def _gather(source: Source, analysis: Analysis) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """All η of the blocks (n_eta,), and of each quantity its values (samples, n_eta).

    The samples are those of any block. NaN stands where a row is not there or not good, and for P_a
    also where χ is not defined.
    """
    numbers, of_blocks = [], []
    for block in source.blocks:
        in_block, values = [], []
        for rows in source.read(block):
            chi = chi_of_sample(block.physics, analysis.threshold, rows)
            p = interval_probabilities(chi.chi, chi.weights, analysis.intervals)
            values.append(np.column_stack([rows.maximum.s_max, p]))
            values[-1][~rows.good] = np.nan
            in_block.append(rows.sample)
        width = 1 + len(analysis.intervals)
        numbers.append(in_block)
        of_blocks.append(np.array(values).reshape(-1, len(block.etas), width))
    samples = np.unique(np.concatenate(numbers))
    spread = []
    for in_block, of_block in zip(numbers, of_blocks, strict=True):
        spread.append(np.full((len(samples), *of_block.shape[1:]), np.nan))
        spread[-1][np.searchsorted(samples, in_block)] = of_block
    etas = np.concatenate([block.etas for block in source.blocks])
    names = ["s_max_mean", *(f"p{a + 1}" for a in range(len(analysis.intervals)))]
    all_values = np.concatenate(spread, axis=1)
    return etas, {name: all_values[:, :, index] for index, name in enumerate(names)}


def _control_table(
    study: str, etas: np.ndarray, values: dict[str, np.ndarray], law: dict[str, Value]
) -> pd.DataFrame:
    """One row for each η > 0, ascending, and quantity; see `control_variate`."""
    at_zero = int(np.flatnonzero(etas == 0)[0])
    rows = []
    for index in np.argsort(etas, kind="stable"):
        for quantity, of_all in values.items():
            if index == at_zero:
                continue
            pairs = of_all[:, [index, at_zero]]
            x, control = pairs[np.isfinite(pairs).all(axis=1)].T
            row = control_variate(x, control, law[quantity])
            rows.append({"study": study, "eta": etas[index], "quantity": quantity} | row)
    return pd.DataFrame(rows)


def control_variate(x: np.ndarray, control: np.ndarray, expected: Value) -> dict[str, float]:
    """Mean of x (n,) by itself and with a control (n,) whose expectation is known.

    n; plain, plain_se: mean and standard error of x; control, control_se: mean(x) − β(mean(control)
    − expected) and its standard error, with that of `expected`; beta: cov/var, 0 if the control
    does not vary; gain: plain_se²/control_se², by how much fewer samples give the same error. NaN
    below three samples.
    """
    n = len(x)
    if n < 3:
        nothing = ("plain", "plain_se", "control", "control_se", "beta", "gain")
        return {"n": n} | dict.fromkeys(nothing, float("nan"))
    deviation = control - control.mean()
    varies = np.std(control) > _ROUNDING * np.abs(control).max()
    beta = deviation @ x / (deviation @ deviation) if varies else 0.0
    residual = x - x.mean() - beta * deviation
    plain_se = float(np.std(x, ddof=1) / sqrt(n))
    # β takes a degree of freedom too.
    variance = residual @ residual / (n - 1 - varies) / n + (beta * expected.standard_error) ** 2
    estimate = x.mean() - beta * (control.mean() - expected.value)
    return {
        "n": n,
        "plain": float(x.mean()),
        "plain_se": plain_se,
        "control": float(estimate),
        "control_se": sqrt(variance),
        "beta": float(beta),
        "gain": plain_se**2 / variance if variance > 0 else float("nan"),
    }
