"""App. E: how two weakly coupled spin-1s lock, and where the leading order ceases to hold.

The rows are those of a study over the coupling ε and the detuning δ = Δ₁ − Δ₂. η is the scale s of
the whole perturbation, and η = 0 the limit s → 0⁺, which the leading order describes.
"""

from __future__ import annotations

from math import pi
from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd

from syncsweep.columns import ETA, Column, Columns
from syncsweep.config.configuration import Config
from syncsweep.config.physics import TwoSpin1sPerturbation
from syncsweep.paper.compared_studies import two_spin1s
from syncsweep.paper.parts import part
from syncsweep.paper.parts.part import StudyRows, write_tables
from syncsweep.paper.theory.weak_coupling import (
    S_MAX_PER_COHERENCE,
    best_coupling,
    largest_coherence,
    leading_coherence,
    leading_distribution,
    locking_angle,
)
from syncsweep.physics.phase_distribution import evaluate, relative_frequencies
from syncsweep.tables.samples import SampleRows

#: Detuning of single curves in units of Γ, and their couplings in units of the best one.
_SHOWN_DELTA = 1 / 3
_SHOWN_EPSILONS = (0.25, 1.0, 4.0)

#: Number of angles φ′ of a curve of S_d.
_ANGLES = 121

_EPSILON = Column("epsilon", "ε/η, the coupling at η = 1", "γ₁ᵍ", source="Eq. E2")
_DELTA = Column("delta", "δ/η = (Δ₁ − Δ₂)/η, the detuning at η = 1", "γ₁ᵍ", source="App. E")
_LEADING = "the leading order in η"

#: What the columns of each table hold.
COLUMNS: dict[str, Columns] = {
    "two_spin1s": (
        ETA,
        _DELTA,
        _EPSILON,
        *Column("s_max", "S_max", "rad^(-1)", source="Eq. 3").with_prediction(_LEADING),
        Column("s_max_error", "s_max/s_max_predicted − 1; empty at ε = 0, where S_d is uniform"),
        Column("s_max_bound", "largest S_max over all ε to leading order", "rad^(-1)"),
        *Column(
            "angle", "φ' = φ₁ − φ₂ at the maximum of S_d, modulo 2π; empty at ε = 0", "rad"
        ).with_prediction(_LEADING),
        Column("angle_error", "angle − angle_predicted, in [−π, π); empty at ε = 0", "rad"),
    ),
    "two_spin1s_distribution": (
        ETA,
        _DELTA,
        _EPSILON,
        Column("phi", "φ' = φ₁ − φ₂, in [−π, π]", "rad", source="Eq. 2"),
        *Column("s_d", "S_d at φ'", "rad^(-1)", source="Eq. 2").with_prediction(_LEADING),
    ),
}


class Request(part.Request):
    """The rows of the study, over ε and δ."""

    study: StudyRows

    @classmethod
    def of(cls, config: Config) -> Self:
        """As `snakemake paper` asks for it, see `part.Request`."""
        return cls(study=StudyRows.of(config, two_spin1s(config)))


def make(request: Request, output: Path) -> None:
    """Write `two_spin1s`, a row for each η, δ and ε, and S_d at a few of them, from the rows."""
    described = request.study.describe()
    ensemble = described[0].physics.ensemble
    assert isinstance(ensemble, TwoSpin1sPerturbation)
    rates = ensemble.gamma_1_damp, ensemble.gamma_2_gain
    found = [(block.etas, rows) for block in described for rows in request.study.read(block)]
    shown = _shown([rows.point for _, rows in found], rates)
    curves = [_curves(etas, rows, rates) for etas, rows in found if rows.point in shown]
    order = ["eta", "delta", "epsilon"]
    tables = {
        "two_spin1s": _rows(found, rates),
        "two_spin1s_distribution": pd.concat(curves),
    }
    for name, table in tables.items():
        tables[name] = table.sort_values(order, kind="stable", ignore_index=True)
    write_tables(output, tables, COLUMNS, request, described[0].physics)


def _shown(points: list[tuple[float, ...]], rates: tuple[float, float]) -> set[tuple[float, ...]]:
    """The points (δ, ε) of single curves: those nearest to the wanted ones."""
    wanted = _SHOWN_DELTA * sum(rates)
    delta = min((delta for delta, _ in points), key=lambda one: abs(one - wanted))
    best = best_coupling(delta, *rates)
    epsilons = [epsilon for one, epsilon in points if one == delta]
    return {
        (delta, min(epsilons, key=lambda one: abs(one - share * best))) for share in _SHOWN_EPSILONS
    }


def _rows(
    found: list[tuple[tuple[float, ...], SampleRows]], rates: tuple[float, float]
) -> pd.DataFrame:
    """S_max and its angle with the leading order beside them; empty where a row is not ok."""
    sizes = [len(etas) for etas, _ in found]
    delta, epsilon = np.repeat([rows.point for _, rows in found], sizes, axis=0).T
    good = np.concatenate([rows.good for _, rows in found])
    s_max = np.concatenate([rows.s_max for _, rows in found])
    angle = np.concatenate([rows.maximum.angles[:, 0] for _, rows in found])
    expected = S_MAX_PER_COHERENCE * np.abs(leading_coherence(epsilon, delta, *rates))
    expected_angle = locking_angle(epsilon, delta, *rates)
    error = np.full(len(s_max), np.nan)
    np.divide(s_max, expected, out=error, where=expected > 0)
    table = pd.DataFrame(
        {
            "eta": np.concatenate([etas for etas, _ in found]),
            "delta": delta,
            "epsilon": epsilon,
            "s_max": s_max,
            "s_max_predicted": expected,
            "s_max_error": error - 1,
            "s_max_bound": S_MAX_PER_COHERENCE * largest_coherence(*rates),
            "angle": np.where(epsilon == 0, np.nan, angle),
            "angle_predicted": expected_angle,
            "angle_error": np.mod(angle - expected_angle + pi, 2 * pi) - pi,
        }
    )
    measured = ["s_max", "s_max_error", "angle", "angle_error"]
    table.loc[~good, measured] = np.nan
    return table


def _curves(etas: tuple[float, ...], rows: SampleRows, rates: tuple[float, float]) -> pd.DataFrame:
    """S_d at angles φ′ in [−π, π] of a point for each η, with its leading order."""
    delta, epsilon = rows.point
    phi = np.linspace(-pi, pi, _ANGLES)
    s_d = evaluate(rows.coefficients, relative_frequencies((1, 1)), phi[:, None])
    expected = leading_distribution(complex(leading_coherence(epsilon, delta, *rates)), phi)
    return pd.DataFrame(
        {
            "eta": np.repeat(etas, _ANGLES),
            "delta": delta,
            "epsilon": epsilon,
            "phi": np.tile(phi, len(etas)),
            "s_d": s_d.ravel(),
            "s_d_predicted": np.tile(expected, len(etas)),
        }
    )
