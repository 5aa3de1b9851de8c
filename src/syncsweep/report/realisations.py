"""Single realisations for the report: the Fourier coefficients of S_d or S, from which it draws.

The page evaluates S_d − (1/2π)^{N−1} = 2 Σ_k [Re s_k cos(k·φ') − Im s_k sin(k·φ')] and χ (Eqs. 9,
D6) by itself; see `physics.phase_distribution` and `physics.measures`.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from syncsweep.config.axes import Axis, Point, column_of
from syncsweep.config.study import Study
from syncsweep.config.units import energy_unit
from syncsweep.paper.parts.part import StudyRows
from syncsweep.physics.measures import is_resolved, local_maxima
from syncsweep.physics.phase_distribution import frequencies_of
from syncsweep.report.report_words import density_unit, eta, excess, scientific
from syncsweep.sample.rows import pack_coefficients
from syncsweep.tables.samples import SampleRows

#: The first samples of each study, which the page holds: fewer if their S_d have more numbers than
#: the second, some 5 MB. One of six spins at 30 η has 53 000.
SHOWN, _MOST_NUMBERS = 12, 250_000

#: Maxima of a row that the page holds. In the limit η → 0⁺ six spins have up to 3840.
_MOST_MAXIMA = 64

#: Digits of angles of maxima; nothing is computed from them.
_ANGLE_DIGITS = 9


def of_study(
    name: str, study: Study, stored: StudyRows, named: Mapping[int, str]
) -> dict[str, Any]:
    """A study's realisations as JSON values: its first samples, and the named ones.

    `axes` has the values of each axis that the page shows. Each sample has, for each of their
    points, and at each for each η in ascending order: `s_d`, see `rows.pack_coefficients`;
    `count`, the number of maxima of S_d above the threshold; and `maxima`, the angles (rad) of at
    most 64 of them. There are none if S_max is only rounding. A failed row is null.
    """
    model = study.model
    frequencies = frequencies_of(model.spins, study.measure)
    unit = energy_unit(model, study.axes)
    n_eta = sum(len(block.etas) for block in study.eta_blocks)
    per_point = n_eta * (2 * len(frequencies) - 1)
    axes = _shown_axes(study.axes, _MOST_NUMBERS // per_point)
    points = list(itertools.product(*axes.values()))
    places = set(points)
    shown = min(SHOWN, max(1, _MOST_NUMBERS // (per_point * len(points))))
    most = max(shown, *(sample + 1 for sample in named)) if named else shown
    by_sample: dict[int, dict[tuple[Point, float], Any]] = {}
    for described in stored.describe():
        for rows in stored.read(described, most):
            if (rows.sample < shown or rows.sample in named) and rows.point in places:
                found = _rows(rows, frequencies, study.analysis.threshold)
                keys = ((rows.point, value) for value in described.etas)
                by_sample.setdefault(rows.sample, {}).update(zip(keys, found, strict=True))
    etas = sorted(eta for block in study.eta_blocks for eta in block.etas)
    return {
        "name": name,
        "sites": model.n_sites,
        "measure": study.measure,
        "excess": excess(study),
        "unit": density_unit(study),
        "threshold": study.analysis.threshold,
        "frequencies": frequencies[1:].tolist(),
        "axes": [_axis(path, study.axes[path], values) for path, values in axes.items()],
        "etas": [{"text": e.text, "spoken": e.spoken} for e in (eta(v, unit) for v in etas)],
        "samples": [
            {
                "sample": sample,
                "name": f"sample {sample}" + (f" ({named[sample]})" if sample in named else ""),
                "rows": [found[point, value] for point in points for value in etas],
            }
            for sample, found in sorted(by_sample.items())
        ],
    }


def _shown_axes(axes: Mapping[str, Axis], most: int) -> dict[str, tuple[float, ...]]:
    """Values of each axis, by its path: all, or every second, third … if they have most points."""
    for step in itertools.count(1):
        shown = {path: axes[path].grid[::step] for path in sorted(axes)}
        if math.prod(map(len, shown.values())) <= most or all(len(v) == 1 for v in shown.values()):
            break
    return shown


def _axis(path: str, axis: Axis, values: Sequence[float]) -> dict[str, Any]:
    """An axis for the page: its parameter, and a label for each value."""
    name, unit = axis.symbol or column_of(path), axis.unit or ""
    some = "" if len(values) == len(axis.grid) else f" ({len(values)} of {len(axis.grid)} values)"
    return {
        "name": path + some,
        "values": [f"{name} = {scientific(value)} {unit}".rstrip() for value in values],
    }


def _rows(rows: SampleRows, frequencies: np.ndarray, threshold: float) -> list[Any]:
    """The data of one sample for the page, at each η of a block."""
    resolved = is_resolved(rows.coefficients, rows.maximum, rows.error)
    heights = np.where(resolved, rows.maximum.s_max, np.nan)
    found = local_maxima(rows.coefficients, frequencies, heights, threshold)
    packed = pack_coefficients(rows.coefficients)

    def of_row(k: int) -> dict[str, Any]:
        maxima = np.round(found.angles[found.owner == k], _ANGLE_DIGITS)
        some = maxima[:: max(1, -(-len(maxima) // _MOST_MAXIMA))]
        return {"s_d": packed[k].tolist(), "count": len(maxima), "maxima": some.tolist()}

    return [of_row(k) if rows.good[k] else None for k in range(len(rows.status))]
