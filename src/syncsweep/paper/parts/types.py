"""The two types of synchronisation at small η (Fig. 2a-f): one realisation of each, and counts.

The realisations are the first samples of each type at the smallest positive η of the study. S_d of
such a sample has the maxima of the type, and its b has the type's sign (see
`theory.configurations`). Only samples that were solved and whose S_max is resolved count.

types_realisations has a row for each type. types_counts has a further one for samples of neither.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import pi, sqrt
from pathlib import Path

import numpy as np
import pandas as pd

from syncsweep.columns import CHI, CHI_HIGH, CHI_LOW, CONFIGURATION, ETA, THRESHOLD, Column, Columns
from syncsweep.config.physics import Physics
from syncsweep.paper.parts import part
from syncsweep.paper.parts.part import StudyRows, write_tables
from syncsweep.paper.theory.configurations import (
    CONFIGURATIONS,
    TYPES,
    SynchronizationType,
    limit_amplitude,
    nearest,
    type_of_amplitude,
    type_of_maxima,
)
from syncsweep.physics.angle_lattice import lattice
from syncsweep.physics.chi import chi, interval_probabilities
from syncsweep.physics.measures import Maximum, is_resolved, local_maxima
from syncsweep.physics.phase_distribution import deviation, relative_frequencies
from syncsweep.sample.sample_solver import chi_shift
from syncsweep.sweep.description import Description
from syncsweep.tables import ResultsError
from syncsweep.tables.samples import SampleRows, chi_of_sample

#: Samples whose maxima are found together.
_BATCH = 50

#: Points per angle for the P_a of one realisation.
_FINE_GRID = 512

_FREQUENCIES = relative_frequencies((1, 1, 1))


_TYPE = Column("type", "type of synchronisation: (0, π) or π/3", source="below Eq. 8")
_DENSITY = "rad^(-2)"

#: What the columns of each table hold.
COLUMNS: dict[str, Columns] = {
    "types_realisations": (
        _TYPE,
        Column("sample", "number of the first sample of this type", source="App. F"),
        ETA,
        Column("s_max", "S_max of the sample at this η", _DENSITY, source="Eq. 3"),
        Column(
            "b",
            "coefficient of the three cosines of Eq. 8 in S_d, in units of 1/16π² rad^(-2); in the "
            "limit η → 0⁺ its sign decides the type",
            source="Eq. 8; docs/errata.md",
        ),
        THRESHOLD,
        Column("maxima", "number of maxima of S_d at least r·S_max above the uniform density"),
    ),
    "types_distribution": (
        _TYPE,
        Column("k_{j}", "entry {j} of the frequency vector k"),
        Column(
            "s_real", "real part of the Fourier coefficient s_k of S_d", _DENSITY, source="Eq. 2"
        ),
        Column("s_imag", "imaginary part of s_k", _DENSITY, source="Eq. 2"),
    ),
    "types_maxima": (
        _TYPE,
        Column("phi_{j}", "φ'_{j} of a maximum of S_d, modulo 2π", "rad", source="Figs. 2a, 2d"),
        Column("height", "S_d minus the uniform density at the maximum", _DENSITY),
        CONFIGURATION,
        Column("distance", "the most by which an angle differs from this configuration", "rad"),
        CHI,
    ),
    "types_probabilities": (
        _TYPE,
        CHI_LOW,
        CHI_HIGH,
        Column(
            "p",
            "P_a, the probability that χ of the realisation is in the interval, on a fine grid",
            source="Figs. 2c, 2f",
        ),
        Column("p_sampled", "the same on the grid of the sweep, as it enters the averages"),
        Column("p_predicted", "P_a of the type for r → 1", source="Figs. 2c, 2f"),
    ),
    "types_counts": (
        Column("type", "type of synchronisation: (0, π) or π/3; other: neither"),
        Column("by_sign", "number of samples of the type by the sign of b"),
        Column("by_maxima", "number of samples whose S_d has the maxima of the type"),
        Column("by_both", "number of samples of the type by both"),
        *Column("share_by_sign", "by_sign/samples").with_errors("_se"),
        *Column("share_by_maxima", "by_maxima/samples").with_errors("_se"),
        Column("samples", "number of samples that were solved and whose S_max is resolved"),
        Column("left_out", "number of the other samples"),
    ),
}


class Request(part.OfChain):
    """The chain, as it is analysed."""


@dataclass(frozen=True)
class _Realisation:
    """One sample at one η: coefficients (n_k,), its maxima above r·S_max (n, 2), and its type.

    kind: by the maxima; None for neither type.
    """

    rows: SampleRows
    index: int
    maxima: np.ndarray
    kind: SynchronizationType | None

    @property
    def coefficients(self) -> np.ndarray:
        return self.rows.coefficients[self.index]

    @property
    def s_max(self) -> float:
        return float(self.rows.maximum.s_max[self.index])

    @property
    def b(self) -> float:
        return float(limit_amplitude(self.coefficients))


def make(request: Request, output: Path) -> None:
    """Write the tables of the types into `output`.

    Raises ResultsError if the rows are not those of three spins of the chain, have no positive η,
    or hold no sample of one of the types.
    """
    described, index = _smallest_eta(request.chain)
    rows = list(request.chain.read(described))
    counted = [row for row in rows if _counts(row, index)]
    eta, threshold, physics = described.etas[index], request.threshold, described.physics
    realisations = _classify(counted, index, threshold)
    chosen = {kind: _first(realisations, kind, eta) for kind in TYPES}
    tables = {
        "types_realisations": [_summary(*item, eta, threshold) for item in chosen.items()],
        "types_distribution": [_distribution(*item) for item in chosen.items()],
        "types_maxima": [_maxima(*item) for item in chosen.items()],
        "types_probabilities": [_probabilities(*item, request, physics) for item in chosen.items()],
        "types_counts": [_counts_of_types(realisations, len(rows) - len(counted))],
    }
    write_tables(output, tables, COLUMNS, request, physics)


def _smallest_eta(chain: StudyRows) -> tuple[Description, int]:
    """The block with the smallest positive η, and which of its η that is."""
    found = chain.describe()
    model = found[0].physics.model
    if model.name != "spin1_chain" or model.n_sites != 3:
        raise ResultsError(f"{chain.folder}: types need a spin1_chain of three spins; name one")
    positive = [
        (eta, block, index)
        for block, described in enumerate(found)
        for index, eta in enumerate(described.etas)
        if eta > 0
    ]
    if not positive:
        raise ResultsError(f"{chain.folder}: has no positive η; add one to the study's eta_blocks")
    _, block, index = min(positive)
    return found[block], index


def _counts(rows: SampleRows, index: int) -> bool:
    """Whether the sample was solved at an η and its S_max there is more than an error."""
    maximum = Maximum(rows.maximum.s_max[[index]], rows.maximum.angles[[index]])
    resolved = is_resolved(rows.coefficients[[index]], maximum, rows.error[[index]])
    return bool(rows.good[index] and resolved[0])


def _classify(samples: list[SampleRows], index: int, threshold: float) -> list[_Realisation]:
    """The samples with their maxima and types."""
    classified = []
    for first in range(0, len(samples), _BATCH):
        batch = samples[first : first + _BATCH]
        coefficients = np.array([rows.coefficients[index] for rows in batch])
        s_max = np.array([rows.maximum.s_max[index] for rows in batch])
        found = local_maxima(coefficients, _FREQUENCIES, s_max, threshold)
        for owner, rows in enumerate(batch):
            maxima = found.angles[found.owner == owner]
            classified.append(_Realisation(rows, index, maxima, type_of_maxima(maxima)))
    return classified


def _first(
    realisations: Iterable[_Realisation], kind: SynchronizationType, eta: float
) -> _Realisation:
    for realisation in realisations:
        if realisation.kind is kind and type_of_amplitude(realisation.b) is kind:
            return realisation
    raise ResultsError(
        f"no sample has the {kind.name} type at η = {eta:g}; use more samples or a smaller η"
    )


def _summary(
    kind: SynchronizationType, realisation: _Realisation, eta: float, threshold: float
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "type": [kind.name],
            "sample": [realisation.rows.sample],
            "eta": [eta],
            "s_max": [realisation.s_max],
            "b": [realisation.b],
            "threshold": [threshold],
            "maxima": [len(realisation.maxima)],
        }
    )


def _distribution(kind: SynchronizationType, realisation: _Realisation) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "type": kind.name,
            "k_1": _FREQUENCIES[:, 0],
            "k_2": _FREQUENCIES[:, 1],
            "s_real": realisation.coefficients.real,
            "s_imag": realisation.coefficients.imag,
        }
    )


def _maxima(kind: SynchronizationType, realisation: _Realisation) -> pd.DataFrame:
    angles = realisation.maxima
    three = np.column_stack([angles, np.zeros(len(angles))])
    indices, distances = nearest(three, CONFIGURATIONS)
    return pd.DataFrame(
        {
            "type": kind.name,
            "phi_1": angles[:, 0],
            "phi_2": angles[:, 1],
            "height": deviation(realisation.coefficients, _FREQUENCIES, angles),
            "configuration": [CONFIGURATIONS[index].name for index in indices.tolist()],
            "distance": distances,
            "chi": chi(three),
        }
    )


def _probabilities(
    kind: SynchronizationType, realisation: _Realisation, request: Request, physics: Physics
) -> pd.DataFrame:
    sample = chi_of_sample(physics, request.threshold, realisation.rows)
    weights = sample.weights[realisation.index]
    shift = chi_shift(physics.root_seed, realisation.rows.sample, 2)
    low, high = np.array(request.intervals).T
    return pd.DataFrame(
        {
            "type": kind.name,
            "chi_low": low,
            "chi_high": high,
            "p": _fine_probabilities(realisation, request, shift),
            "p_sampled": interval_probabilities(sample.chi, weights, request.intervals),
            "p_predicted": kind.interval_probabilities(request.intervals),
        }
    )


def _fine_probabilities(
    realisation: _Realisation, request: Request, shift: np.ndarray
) -> np.ndarray:
    """P_a on a grid so fine that a single realisation's region has thousands of points."""
    angles = lattice(2, _FINE_GRID) + 2 * pi / _FINE_GRID * shift
    heights = deviation(realisation.coefficients, _FREQUENCIES, angles)
    inside = heights >= request.threshold * realisation.s_max
    weights = realisation.coefficients[0].real + heights[inside]
    three = np.column_stack([angles[inside], np.zeros(len(weights))])
    return interval_probabilities(chi(three), weights / weights.sum(), request.intervals)


def _counts_of_types(realisations: list[_Realisation], left_out: int) -> pd.DataFrame:
    samples = len(realisations)
    signs = [type_of_amplitude(realisation.b) for realisation in realisations]
    kinds = [realisation.kind for realisation in realisations]
    records = []
    for kind in (*TYPES, None):
        by_sign, by_maxima = signs.count(kind), kinds.count(kind)
        records.append(
            {
                "type": kind.name if kind else "other",
                "by_sign": by_sign,
                "by_maxima": by_maxima,
                "by_both": list(zip(signs, kinds, strict=True)).count((kind, kind)),
                "share_by_sign": by_sign / samples,
                "share_by_sign_se": _binomial_error(by_sign, samples),
                "share_by_maxima": by_maxima / samples,
                "share_by_maxima_se": _binomial_error(by_maxima, samples),
                "samples": samples,
                "left_out": left_out,
            }
        )
    return pd.DataFrame(records)


def _binomial_error(count: int, samples: int) -> float:
    share = count / samples
    return sqrt(share * (1 - share) / samples)
