"""Averages of rows at some η only, and differences of two averages over the same realisations.

Realisation by realisation the difference of two analyses, or of two ensembles that share their
random draws, varies less than either.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from syncsweep.paper.parts.part import StudyRows
from syncsweep.physics.chi import ChiSample, interval_probabilities
from syncsweep.physics.measures import Maximum, is_resolved
from syncsweep.tables.samples import SampleRows
from syncsweep.tables.statistics import RunningCovariance

Intervals = Sequence[tuple[float, float]]


def samples_at(rows: StudyRows, etas: Sequence[float], most: int | None) -> Iterator[SampleRows]:
    """The first samples of a study at `etas`, from whichever blocks these are in."""
    held = [described for described in rows.describe() if set(etas) & set(described.etas)]
    all_etas = [eta for described in held for eta in described.etas]
    places = [all_etas.index(eta) for eta in etas]
    for parts in zip(*(rows.read(described, most) for described in held), strict=True):
        maxima = [one.maximum for one in parts]
        yield SampleRows(
            parts[0].sample,
            np.concatenate([one.coefficients for one in parts])[places],
            Maximum(
                np.concatenate([maximum.s_max for maximum in maxima])[places],
                np.concatenate([maximum.angles for maximum in maxima])[places],
            ),
            np.concatenate([one.status for one in parts])[places],
            np.concatenate([one.error for one in parts])[places],
        )


def probabilities_of(rows: SampleRows, chi: ChiSample, intervals: Intervals) -> np.ndarray:
    """P_a (n_eta, n_a) of one sample; NaN where the row is not good or has no resolved maximum."""
    counted = rows.good & is_resolved(rows.coefficients, rows.maximum, rows.error)
    found = interval_probabilities(chi.chi, chi.weights, intervals)
    return np.where(counted[:, None], found, np.nan)


def average(values: np.ndarray) -> RunningCovariance:
    """Averages over n realisations of values (n, n_eta, width); those with NaN do not count."""
    running = RunningCovariance(*values.shape[1:])
    for one in values:
        running.add(one, ~np.isnan(one).any(axis=1))
    return running


def difference(name: str, changed: np.ndarray, default: np.ndarray) -> dict[str, np.ndarray]:
    """Columns of the mean difference of values (n, n_eta) over the realisations that have both."""
    running = average((changed - default)[:, :, None])
    return {
        f"{name}_difference": running.mean[:, 0],
        f"{name}_difference_se": running.standard_error[:, 0],
    }


def probability_differences(changed: np.ndarray, default: np.ndarray) -> dict[str, np.ndarray]:
    """Columns of the differences of P_a and P₂/(3P₁) of two analyses (n, n_eta, n_a)."""
    columns: dict[str, np.ndarray] = {}
    for a in range(changed.shape[2]):
        columns |= difference(f"p{a + 1}", changed[:, :, a], default[:, :, a])
    both = ~np.isnan(changed + default).any(axis=2)
    terms = [_ratio_terms(values, both) for values in (changed, default)]
    return columns | difference("ratio", *terms)


def _ratio_terms(probabilities: np.ndarray, counted: np.ndarray) -> np.ndarray:
    """P₂/(3P₁) as a mean over realisations, to first order in their deviations: (n, n_eta).

    probabilities: (n, n_eta, n_a); counted: (n, n_eta). With the means P_a of p_a it is the mean of
    x/3 + (p₂ − x·p₁)/(3P₁), x = P₂/P₁: the delta method, as in `type_ratio`.
    """
    running = average(np.where(counted[:, :, None], probabilities, np.nan))
    p1, p2 = running.mean[:, 0], running.mean[:, 1]
    p1 = np.where(p1 > 0, p1, np.nan)
    x = p2 / p1
    return x / 3 + (probabilities[:, :, 1] - x * probabilities[:, :, 0]) / (3 * p1)
