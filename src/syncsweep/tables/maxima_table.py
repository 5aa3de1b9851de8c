"""From shards to the table of the maxima of S_d: how χ and the pairs' angles are distributed there.

In the limit η → 0⁺ of a chain S_d has several equal maxima; every local maximum above the threshold
r·S_max counts the same, and every realisation has the same weight.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from syncsweep.columns import ETA, Column, Columns
from syncsweep.config.analysis import Analysis
from syncsweep.physics.chi import chi, pairwise_differences
from syncsweep.physics.measures import is_resolved, local_maxima
from syncsweep.physics.phase_distribution import relative_frequencies
from syncsweep.sweep.description import Description
from syncsweep.tables import ResultsError
from syncsweep.tables.samples import Source, provenance_of
from syncsweep.tables.statistics import RunningMean, chi_edges
from syncsweep.tables.writing import bin_columns, sorted_by_eta, write_tables

#: What the columns of the table hold.
COLUMNS: dict[str, Columns] = {
    "maxima_histogram": (
        ETA,
        Column("low", "lower edge of the bin, of χ and of |Δφ|/π, both in [0, 1]"),
        Column("high", "upper edge of the bin, of χ and of |Δφ|/π, both in [0, 1]"),
        *Column(
            "chi_density",
            "probability density of χ at the maxima of S_d that are at least r·S_max above the "
            "uniform density; each realisation weighs the same",
            source="Eqs. 9, D6",
        ).with_errors("_se"),
        *Column(
            "difference_density",
            "probability density of |Δφ|/π of all pairs of spins at these maxima",
        ).with_errors("_se"),
        Column(
            "maxima", "mean number of these maxima of a realisation, the same in all bins of an η"
        ),
    )
}


def make_maxima_table(source: Source, analysis: Analysis, output: Path) -> None:
    """Write the table of the maxima into `output`; arguments and errors as for `make_tables`.

    One row for each η and bin, counted from 0 to 1: densities of χ over [0, 1] and of |Δφ|/π over
    [0, 1] with their standard errors (suffix _se), and beside them the mean number of maxima.
    """
    bins = analysis.maxima_bins
    if bins is None:
        raise ResultsError(
            f"{output}: the table of maxima needs analysis.maxima_bins; set it to a number of bins"
        )
    frames = [_histograms(block, _gather(source, block, analysis, bins)) for block in source.blocks]
    tables = {"maxima_histogram": sorted_by_eta(frames)}
    write_tables(output, tables, COLUMNS, provenance_of(source, analysis))


def _gather(source: Source, block: Description, analysis: Analysis, bins: int) -> RunningMean:
    """Means over realisations: shares of χ by bin, of |Δφ|/π by bin, and the number of maxima."""
    model = block.physics.model
    frequencies = relative_frequencies(model.spins)
    statistics = RunningMean(len(block.etas), 2 * bins + 1)
    for rows in source.read(block):
        resolved = rows.good & is_resolved(rows.coefficients, rows.maximum, rows.error)
        shares = np.zeros((len(resolved), 2 * bins + 1))
        shares[resolved] = _shares(
            rows.coefficients[resolved],
            frequencies,
            rows.maximum.s_max[resolved],
            analysis.threshold,
            bins,
        )
        statistics.add(shares, resolved)
    return statistics


def _shares(
    coefficients: np.ndarray,
    frequencies: np.ndarray,
    s_max: np.ndarray,
    threshold: float,
    bins: int,
) -> np.ndarray:
    """What one realisation adds to the means, (n, 2·bins + 1), for n of its values of η."""
    found = local_maxima(coefficients, frequencies, s_max, threshold)
    configurations = np.hstack([found.angles, np.zeros((len(found.angles), 1))])
    of_pairs = pairwise_differences(configurations) / np.pi
    chi_values = np.broadcast_to(chi(configurations)[:, None], of_pairs.shape)
    shares = np.zeros((len(s_max), 2 * bins + 1))
    for index in range(len(s_max)):
        own = found.owner == index
        if own.any():
            for first, values in ((0, chi_values), (bins, of_pairs)):
                counts, _ = np.histogram(values[own], chi_edges(bins))
                shares[index, first : first + bins] = counts / values[own].size
            shares[index, -1] = own.sum()
    return shares


def _histograms(described: Description, statistics: RunningMean) -> pd.DataFrame:
    bins = (statistics.mean.shape[1] - 1) // 2
    mean, error = statistics.mean, statistics.standard_error
    return pd.DataFrame(
        {
            **bin_columns(described.etas, chi_edges(bins)),
            "chi_density": bins * mean[:, :bins].ravel(),
            "chi_density_se": bins * error[:, :bins].ravel(),
            "difference_density": bins * mean[:, bins:-1].ravel(),
            "difference_density_se": bins * error[:, bins:-1].ravel(),
            "maxima": np.repeat(mean[:, -1], bins),
        }
    )
