"""Do the paper's results depend on its choices? Other ensembles, thresholds and readings of r.

All tables are about the chain of three spin-1s, with one row for each choice and η as configured:
other ensembles, other thresholds r, and other readings of the threshold. The ensembles lie on axes,
and the chain's own is the default on each.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args

import numpy as np
import pandas as pd
from pydantic import Field

from syncsweep.config.analysis import Ratio
from syncsweep.config.configuration import Config
from syncsweep.config.physics import Ensemble, Physics
from syncsweep.paper import compared_studies
from syncsweep.paper.parts import part
from syncsweep.paper.parts.ablation_columns import COLUMNS
from syncsweep.paper.parts.paired import (
    Intervals,
    average,
    difference,
    probabilities_of,
    probability_differences,
    samples_at,
)
from syncsweep.paper.parts.part import StudyRows, write_tables
from syncsweep.paper.theory.thresholds import chi_above, grid_maximum
from syncsweep.physics.chi import ChiSample
from syncsweep.physics.chi_sampling import chi_grid_points
from syncsweep.physics.diagnosis import Status
from syncsweep.physics.limit_distribution import limit_distribution, type_probabilities
from syncsweep.physics.perturbation import OPERATOR_BASES
from syncsweep.physics.phase_distribution import relative_frequencies
from syncsweep.physics.random_streams import Purpose, stream
from syncsweep.physics.sectors import sectors
from syncsweep.sample.sample_solver import chi_shift
from syncsweep.tables import ResultsError
from syncsweep.tables.samples import SampleRows, chi_of_sample
from syncsweep.tables.summary import probability_columns

Axis = Literal["basis", "weights", "rank"]

#: Other thresholds r, in ascending order.
_THRESHOLDS = (0.8, 0.82, 0.84, 0.86, 0.88, 0.9, 0.92, 0.93, 0.94, 0.95, 0.96, 0.97, 0.98, 0.99)

#: Points per angle of the grids that are not shifted.
_GRIDS = (48, 96)

#: Shifts of the grid behind the P_a of η → 0⁺, which make their random error 5e-4 at most.
_LIMIT_SHIFTS = 512

#: The ratio of the two types of three spins.
_RATIO = Ratio(numerator=2, denominator=1, weight=3.0, meaning="π/3 for each (0, π)")

_FREQUENCIES = relative_frequencies((1, 1, 1))


class AblationsError(ResultsError):
    """The ablations cannot be made; the message is one line for the user."""


class Variant(part.Request):
    """An ensemble that differs from the chain's in one choice."""

    axis: Axis
    rows: StudyRows


class Request(part.OfChain):
    """The chain, other ensembles for it, and what is varied in its analysis.

    samples: of the chain, for other thresholds and readings.
    """

    variants: list[Variant] = Field(min_length=1)
    etas: list[float] = Field(min_length=1)
    thresholds: tuple[Annotated[float, Field(gt=0, lt=1)], ...] = _THRESHOLDS
    samples: int = Field(1000, ge=2)

    @classmethod
    def of(cls, config: Config, **more: Any) -> Self:
        """The chain of the paper, with the studies that `snakemake paper` has for this part."""
        variants = [
            Variant(axis=variant.axis, rows=StudyRows.of(config, variant.study))
            for variant in compared_studies.variants(config)
        ]
        etas = list(compared_studies.ablation_etas(config))
        return super().of(config, variants=variants, etas=etas, **more)


@dataclass(frozen=True)
class _Realisations:
    """Samples of one ensemble: P_a (n, n_eta, n_a) and S_max (n, n_eta, 1), NaN where not counted.

    degenerate: (n, n_eta).
    """

    probabilities: np.ndarray
    s_max: np.ndarray
    degenerate: np.ndarray


def make(request: Request, output: Path) -> None:
    """Write the tables of the ablations into `output`.

    Raises AblationsError if rows are not of the chain of three spins or lack an η, or if those of a
    variant have another model or seed than the chain.
    """
    for rows in (request.chain, *(variant.rows for variant in request.variants)):
        _check(rows, request)
    tables = {
        "ablations": _ensembles(request),
        "ablations_threshold": _thresholds(request),
        "ablations_reading": _readings(request),
    }
    write_tables(output, tables, COLUMNS, request, request.chain.physics)


def _check(rows: StudyRows, request: Request) -> None:
    physics, default = rows.physics, request.chain.physics
    if physics.model.name != "spin1_chain" or physics.model.n_sites != 3:
        raise AblationsError(f"{rows.folder}: ablations need a spin1_chain of three spins")
    if (physics.model, physics.root_seed) != (default.model, default.root_seed):
        raise AblationsError(
            f"{rows.folder}: must have the model and root_seed of {request.chain.folder}"
        )
    held = [eta for described in rows.describe() for eta in described.etas]
    for eta in request.etas:
        if eta not in held:
            raise AblationsError(f"{rows.folder}: has no η = {eta:g}; add it to its eta_blocks")


def _limit(physics: Physics, threshold: float, intervals: Intervals) -> np.ndarray:
    """P_a of both types for η → 0⁺, (2, n_a), first (0, π)."""
    distribution = limit_distribution(sectors(**physics.model.model_dump()))
    rng = stream(physics.root_seed, 0, Purpose.LIMIT)
    small = np.array([1e-5, -1e-5])
    sets = type_probabilities(distribution, small, threshold, intervals, rng, _LIMIT_SHIFTS)
    return sets.mean(axis=0)


def _limit_columns(types: np.ndarray) -> dict[str, float]:
    """P_a and P₂/(3P₁) of η → 0⁺, where both types (2, n_a) are equally frequent."""
    mean = types.mean(axis=0)
    columns = {f"p{a + 1}_limit": value for a, value in enumerate(mean.tolist())}
    return columns | {"ratio_limit": mean[1] / (3 * mean[0])}


def _realise(rows: StudyRows, request: Request) -> _Realisations:
    physics = rows.physics
    probabilities, s_max, degenerate = [], [], []
    for one in samples_at(rows, request.etas, None):
        chi = chi_of_sample(physics, request.threshold, one)
        probabilities.append(probabilities_of(one, chi, request.intervals))
        s_max.append(np.where(one.good, one.s_max, np.nan)[:, None])
        degenerate.append(one.status == str(Status.DEGENERATE))
    return _Realisations(np.array(probabilities), np.array(s_max), np.array(degenerate))


def _drawn_from(rows: StudyRows) -> Ensemble:
    ensemble = rows.physics.ensemble
    if not isinstance(ensemble, Ensemble):
        raise AblationsError(f"{rows.folder}: ablations need the ensemble of App. F")
    return ensemble


def _ensembles(request: Request) -> pd.DataFrame:
    """The table `ablations`."""
    default = _realise(request.chain, request)
    usual = _drawn_from(request.chain)
    frames = []
    for axis in get_args(Axis):
        members = [(usual, default)]
        for variant in request.variants:
            if variant.axis == axis:
                members.append((_drawn_from(variant.rows), _realise(variant.rows, request)))
        for ensemble, realisations in sorted(members, key=lambda one: _place(axis, one[0])[0]):
            value, label = _place(axis, ensemble)
            is_default = ensemble == usual
            place = {"axis": axis, "label": label, "value": value, "is_default": is_default}
            columns = _ensemble(realisations, default, request.etas)
            frames.append(pd.DataFrame(place | columns))
    table = pd.concat(frames, ignore_index=True)
    widths = [high - low for low, high in request.intervals]
    expected = _limit_columns(_limit(request.chain.physics, request.threshold, request.intervals))
    expected |= {f"p{a + 1}_uniform": width for a, width in enumerate(widths)}
    return table.assign(**expected, ratio_uniform=widths[1] / (3 * widths[0]))


def _place(axis: str, ensemble: Ensemble) -> tuple[float, str]:
    """The place and the name of an ensemble on an axis."""
    if axis == "basis":
        return float(OPERATOR_BASES.index(ensemble.basis)), ensemble.basis
    if axis == "rank":
        rank = ensemble.rank or 27**2 - 1
        return float(rank), str(rank)
    if ensemble.zeta_coh == 0:
        return math.inf, "∞"
    ratio = ensemble.zeta_diss / ensemble.zeta_coh
    return ratio, f"{ratio:g}"


def _ensemble(
    own: _Realisations, default: _Realisations, etas: Sequence[float]
) -> dict[str, object]:
    """Columns of one ensemble, with an entry for each η."""
    s_max, probabilities = average(own.s_max), average(own.probabilities)
    paired = min(len(own.s_max), len(default.s_max))
    return {
        "eta": etas,
        "n": s_max.count,
        "failed": len(own.s_max) - s_max.count,
        "degenerate": own.degenerate.sum(axis=0),
        "undefined_chi": s_max.count - probabilities.count,
        **probability_columns(probabilities, _RATIO),
        "s_max_mean": s_max.mean[:, 0],
        "s_max_se": s_max.standard_error[:, 0],
        "paired": paired,
        **probability_differences(own.probabilities[:paired], default.probabilities[:paired]),
        **difference("s_max", own.s_max[:paired, :, 0], default.s_max[:paired, :, 0]),
    }


def _thresholds(request: Request) -> pd.DataFrame:
    """The table `ablations_threshold`."""
    physics, found = request.chain.physics, []
    for rows in samples_at(request.chain, request.etas, request.samples):
        chis = (chi_of_sample(physics, r, rows) for r in request.thresholds)
        found.append([probabilities_of(rows, chi, request.intervals) for chi in chis])
    frames = []
    for index, r in enumerate(request.thresholds):
        running = average(np.array([one[index] for one in found]))
        types = _limit(physics, r, request.intervals)
        of_types = {
            f"p{a + 1}_{name}": value
            for name, kind in zip(("zero_pi", "pi_third"), types.tolist(), strict=True)
            for a, value in enumerate(kind)
        }
        columns = {"threshold": r, "eta": request.etas, "n": running.count}
        columns |= probability_columns(running, _RATIO) | of_types | _limit_columns(types)
        frames.append(pd.DataFrame(columns))
    return pd.concat(frames, ignore_index=True)


def _readings(request: Request) -> pd.DataFrame:
    """The table `ablations_reading`."""
    physics = request.chain.physics
    usual = chi_grid_points(_FREQUENCIES, request.threshold)
    names = [("refined", usual), *(("grid", points) for points in _GRIDS), ("background", usual)]
    found = []
    for rows in samples_at(request.chain, request.etas, request.samples):
        chis = [
            chi_of_sample(physics, request.threshold, rows),
            *(_with_grid_maximum(rows, request.threshold, points) for points in _GRIDS),
            _with_background(physics, rows, request.threshold, usual),
        ]
        found.append([probabilities_of(rows, chi, request.intervals) for chi in chis])
    values = np.array(found)
    frames = []
    for index, (reading, points) in enumerate(names):
        running = average(values[:, index])
        columns = {"reading": reading, "points": points, "eta": request.etas, "n": running.count}
        columns |= probability_columns(running, _RATIO)
        columns |= probability_differences(values[:, index], values[:, 0])
        frames.append(pd.DataFrame(columns))
    return pd.concat(frames, ignore_index=True)


def _with_grid_maximum(rows: SampleRows, threshold: float, points: int) -> ChiSample:
    level = threshold * grid_maximum(rows.coefficients, _FREQUENCIES, points)
    return chi_above(rows.coefficients, _FREQUENCIES, level, points, np.zeros(2))


def _with_background(
    physics: Physics, rows: SampleRows, threshold: float, points: int
) -> ChiSample:
    uniform = rows.coefficients[:, 0].real
    level = threshold * (uniform + rows.maximum.s_max) - uniform
    shift = chi_shift(physics.root_seed, rows.sample, 2)
    return chi_above(rows.coefficients, _FREQUENCIES, level, points, shift)
