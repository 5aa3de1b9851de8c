"""From rows to tables: averages and distributions over the realisations of a study.

The realisations enter one by one in the order of the samples. So equal rows give equal files, byte
by byte, whatever the chunk size.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from syncsweep.columns import (
    CHI_HIGH,
    CHI_LOW,
    DENSITY,
    ETA,
    FAILED,
    RATIO,
    S_D_ERROR,
    S_MAX_MEAN,
    SAMPLE,
    STATUS,
    UNDEFINED_CHI,
    Column,
    Columns,
    N,
    P,
    axis_columns,
    entry,
)
from syncsweep.config.analysis import Analysis, Ratio
from syncsweep.files import replace_atomically, sha256
from syncsweep.physics.chi import ChiSample, interval_probabilities
from syncsweep.sweep.description import Description
from syncsweep.tables import CHECKSUMS, samples_table
from syncsweep.tables.failures import failures_of, warn_of_failures
from syncsweep.tables.number import Number
from syncsweep.tables.registry import SAMPLES
from syncsweep.tables.samples import SampleRows, Source, chi_of_sample, provenance_of
from syncsweep.tables.samples_table import SamplesTable
from syncsweep.tables.statistics import (
    BlockStatistics,
    RunningCovariance,
    RunningMean,
    places_of,
    type_ratio,
)
from syncsweep.tables.writing import (
    at_points,
    bin_columns,
    file_schema,
    sorted_by_eta,
    write_tables,
)
from syncsweep.user_code.observable_columns import columns_of, names_of_columns

Etas = tuple[float, ...]

_BINS = (ETA, CHI_LOW, CHI_HIGH)

#: What the columns of each table hold.
COLUMNS: dict[str, Columns] = {
    "summary": (
        ETA,
        N,
        FAILED,
        *P.with_errors("_se", "_low", "_high"),
        *RATIO.with_errors("_se", "_low", "_high"),
        *S_MAX_MEAN.with_errors("_se"),
        UNDEFINED_CHI,
    ),
    "chi_histogram": (
        *_BINS,
        *Column(
            "density",
            "probability density of χ in the bin: the mean over realisations with a χ",
            source="Fig. 3a",
        ).with_errors("_se"),
    ),
    "s_max_histogram": (
        ETA,
        Column("s_max_low", "lower edge of the bin of S_max; 0 for the first bin", DENSITY),
        Column("s_max_high", "upper edge of the bin of S_max; inf for the last bin", DENSITY),
        Column("count", "number of realisations with status ok whose S_max is in the bin"),
        Column(
            "density",
            "share of these realisations per decade of S_max; empty in the first and last bin, "
            "which have no width in decades",
            "decade^(-1)",
            source="Fig. 3d",
        ),
    ),
    "failures": (ETA, SAMPLE, STATUS, S_D_ERROR),
    SAMPLES.name: samples_table.COLUMNS,
}


#: Columns of `summary` that only a study with axes has.
OF_ANGLES: Columns = (
    Column(
        "angle_{j}_mean",
        "mean direction of the angle difference φ'_{j} = φ_{j} − φ_N at the maximum of S_d, in "
        "[0, 2π], over the realisations with S_max > 0; of φ_{j} itself with measure: absolute",
        "rad",
        source="Eq. 2",
    ),
    Column(
        "resultant_{j}", "length of the mean of e^(iφ) of this angle over them; 1 if all are equal"
    ),
)


def make_tables(source: Source, analysis: Analysis, output: Path) -> None:
    """Write the tables of a study into `output`.

    Each is written once everything has been read: `samples` as Parquet, and the others also as CSV.
    Raises the ResultsError of the source.
    """
    failures: list[tuple[Any, ...]] = []
    first = source.blocks[0]
    axes, n_angles = first.axes, first.physics.n_angles
    numbers, words = names_of_columns(first.observables)
    places, etas, points = places_of(source.blocks)
    every = BlockStatistics(len(etas), analysis, n_angles, numbers)
    of_points = {key: every.part(rows) for key, rows in places.items()}
    output.parent.mkdir(parents=True, exist_ok=True)
    with SamplesTable(first, analysis, output.parent) as of_samples:
        for block in source.blocks:
            for rows in source.read(block):
                chi, p = _chi(block, analysis, rows)
                angles = rows.maximum.angles if axes else None
                statistics = of_points[block.etas, rows.point]
                statistics.add(rows.good, rows.s_max, chi, p, angles, rows.observables)
                of_samples.add(block.etas, rows, chi, p)
                failures += failures_of(block, rows, words)
        provenance = provenance_of(source, analysis)
        columns = columns_of_study(first)
        schema = file_schema(of_samples.schema, provenance, columns[SAMPLES.name])
        output.mkdir(exist_ok=True)
        all_samples = output / f"{SAMPLES.name}.parquet"
        replace_atomically(all_samples, lambda path: of_samples.write(path, schema))

    def whole(frame: Callable[[Etas, BlockStatistics], pd.DataFrame]) -> pd.DataFrame:
        """One table of all blocks, ascending in η and then in the axes; bins keep their order."""
        return sorted_by_eta([at_points(frame(etas, every), axes, points)], axes)

    failed = pd.DataFrame(failures, columns=["eta", *axes, "sample", "status", "s_d_error", *words])
    tables = {"summary": whole(partial(_summary, analysis=analysis, has_angles=bool(axes)))}
    if analysis.chi_bins is not None:
        tables["chi_histogram"] = whole(_chi_histogram)
    if analysis.s_max_bins is not None:
        tables["s_max_histogram"] = whole(_s_max_histogram)
    tables["failures"] = failed.sort_values(["eta", *axes, "sample"], ignore_index=True)
    checksums = {SAMPLES.name: sha256(all_samples)}
    write_tables(output, tables, columns, {**provenance, CHECKSUMS: checksums})
    # Those of an earlier analysis would look like tables of this one.
    for name in COLUMNS.keys() - {*tables, SAMPLES.name}:
        for kind in ("parquet", "csv"):
            (output / f"{name}.{kind}").unlink(missing_ok=True)
    warn_of_failures(first.study, tables["failures"], tables["summary"], words)


def _chi(
    block: Description, analysis: Analysis, rows: SampleRows
) -> tuple[ChiSample | None, np.ndarray]:
    """χ of a sample, None if no table shows it; and its P_a (n_eta, n_a)."""
    if not analysis.samples_chi:
        return None, np.empty((len(rows.status), 0))
    chi = chi_of_sample(block.physics, analysis.threshold, rows)
    if not analysis.chi_intervals:
        return chi, np.empty((len(rows.status), 0))
    return chi, interval_probabilities(chi.chi, chi.weights, analysis.chi_intervals)


def columns_of_study(block: Description) -> dict[str, Columns]:
    """The entries of the columns of each table of a study; block: any block of it."""
    axes, observables = axis_columns(block.physics.axes), columns_of(block.observables)
    more = dict.fromkeys(COLUMNS, axes)
    more["summary"] += OF_ANGLES if axes else ()
    numbers, words = names_of_columns(block.observables)
    for name in numbers:
        mean = entry(name, observables).beside("_mean", "mean of {} over the rows that have it")
        more["summary"] += mean.with_errors("_se")
    more["failures"] += tuple(entry(name, observables) for name in words)
    more[SAMPLES.name] += observables
    return {name: (*columns, *more[name]) for name, columns in COLUMNS.items()}


def _summary(
    etas: Etas, statistics: BlockStatistics, analysis: Analysis, has_angles: bool
) -> pd.DataFrame:
    """One row for each η: counts, means and their errors."""
    s_max = statistics.s_max
    undefined = {"undefined_chi": statistics.undefined_chi} if analysis.samples_chi else {}
    angles: dict[str, np.ndarray] = {}
    if has_angles:  # of a random sweep alone, whose angles have no preferred direction
        both = zip(statistics.angles.direction.T, statistics.angles.resultant.T, strict=True)
        for j, (direction, resultant) in enumerate(both, start=1):
            angles |= {f"angle_{j}_mean": direction, f"resultant_{j}": resultant}
    return pd.DataFrame(
        {
            "eta": etas,
            "n": statistics.n,
            "failed": statistics.failed,
            **probability_columns(statistics.probabilities, analysis.ratio),
            "s_max_mean": s_max.mean[:, 0],
            "s_max_se": s_max.standard_error[:, 0],
            **angles,
            **undefined,
            **observable_columns(statistics.observables),
        }
    )


def observable_columns(observables: Mapping[str, RunningMean]) -> dict[str, np.ndarray]:
    """Means of observables with their standard errors, as columns (n_eta,): purity_mean, …"""
    return {
        f"{name}_{ending}": values[:, 0]
        for name, mean in observables.items()
        for ending, values in (("mean", mean.mean), ("se", mean.standard_error))
    }


def probability_columns(
    probabilities: RunningCovariance, ratio: Ratio | None
) -> dict[str, np.ndarray]:
    """P_a with its standard error and interval, as columns (n_eta,): p1, p1_se, p1_low, p1_high, …

    If the analysis has a ratio: ratio, ratio_se, ratio_low and ratio_high too.
    """
    mean, error = probabilities.mean, probabilities.standard_error
    low, high = probabilities.probability_interval()
    columns: dict[str, np.ndarray] = {}
    for a in range(mean.shape[1]):
        p = Number(mean[:, a], error[:, a], (low[:, a], high[:, a]))
        columns |= p.columns(f"p{a + 1}")
    return columns if ratio is None else columns | type_ratio(probabilities, ratio).columns("ratio")


def _chi_histogram(etas: Etas, statistics: BlockStatistics) -> pd.DataFrame:
    """One row for each η and bin: probability density of χ, with its standard error."""
    widths = np.diff(statistics.chi_edges)
    return pd.DataFrame(
        {
            **bin_columns(etas, statistics.chi_edges, "chi_low", "chi_high"),
            "density": (statistics.chi.mean / widths).ravel(),
            "density_se": (statistics.chi.standard_error / widths).ravel(),
        }
    )


def _s_max_histogram(etas: Etas, statistics: BlockStatistics) -> pd.DataFrame:
    """One row for each η and bin [low, high) of S_max: good rows, and their share per decade.

    The first bin of an η begins at 0, and the last one ends at infinity, so the counts add up to n.
    A share per decade has no meaning in these bins and is NaN. It is also NaN if no row is good.
    """
    edges = np.concatenate([[0.0], statistics.s_max_edges, [np.inf]])
    decades = np.full(len(edges) - 1, np.nan)
    decades[1:-1] = np.diff(np.log10(statistics.s_max_edges))
    n = np.where(statistics.n > 0, statistics.n, np.nan)[:, None]
    return pd.DataFrame(
        {
            **bin_columns(etas, edges, "s_max_low", "s_max_high"),
            "count": statistics.s_max_counts.ravel(),
            "density": (statistics.s_max_counts / n / decades).ravel(),
        }
    )
