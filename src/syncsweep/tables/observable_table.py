"""From shards to the table of histograms of observables: equal bins of the columns asked for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from syncsweep.columns import ETA, Column, Columns, axis_columns
from syncsweep.config.analysis import Analysis, Bins
from syncsweep.tables import ResultsError
from syncsweep.tables.samples import Source, provenance_of
from syncsweep.tables.writing import at_points, bin_columns, sorted_by_eta, write_tables

#: What the columns of the table hold.
COLUMNS: dict[str, Columns] = {
    "observable_histogram": (
        ETA,
        Column("observable", "name of the observable's column", source="docs/observables.md"),
        Column(
            "low",
            "lower edge of the bin, in the observable's unit; -inf for the observable's first bin",
        ),
        Column(
            "high",
            "upper edge of the bin, in the same unit; inf for the observable's last bin",
        ),
        Column("count", "number of realisations with a value in the bin"),
        Column(
            "density",
            "probability density of the observable in the bin, per its unit; empty in the "
            "observable's first and last bin, which have no width",
        ),
    )
}


def make_observable_table(source: Source, analysis: Analysis, output: Path) -> None:
    """Write the histograms of observables into `output`; arguments and errors as `make_tables`.

    One row for each η, point, observable and bin.
    """
    asked = analysis.observable_bins
    if not asked:
        raise ResultsError(f"{output}: this table needs analysis.observable_bins; set it")
    frames, axes = [], source.blocks[0].axes
    for block in source.blocks:
        counts = {
            point: {name: _Counts(len(block.etas), bins) for name, bins in asked.items()}
            for point in block.points
        }
        for rows in source.read(block):
            for name, of_name in counts[rows.point].items():
                of_name.add(rows.observables[name])
        frames += [
            at_points(of_name.frame(block.etas, name), axes, np.array([point]))
            for point, of_point in counts.items()
            for name, of_name in of_point.items()
        ]
    (name, known), *_ = COLUMNS.items()
    columns = {name: (*known, *axis_columns(source.blocks[0].physics.axes))}
    tables = {name: sorted_by_eta(frames, axes)}
    write_tables(output, tables, columns, provenance_of(source, analysis))


class _Counts:
    """How many values of an observable are in each bin [low, high), for n_eta values of η."""

    def __init__(self, n_eta: int, bins: Bins) -> None:
        inner = np.linspace(bins.low, bins.high, bins.count + 1)
        self._edges = np.concatenate([[-np.inf], inner, [np.inf]])
        self._counts = np.zeros((n_eta, bins.count + 2), dtype=np.int64)

    def add(self, values: np.ndarray) -> None:
        """Count one realisation of values (n_eta,); NaN is in no bin."""
        known = np.flatnonzero(np.isfinite(values))
        bins = np.searchsorted(self._edges, values[known], side="right") - 1
        self._counts[known, bins] += 1

    def frame(self, etas: tuple[float, ...], name: str) -> pd.DataFrame:
        """One row for each η and bin."""
        n = self._counts.sum(axis=1, keepdims=True)
        widths = np.diff(self._edges)
        widths[[0, -1]] = np.nan
        columns = bin_columns(etas, self._edges)
        return pd.DataFrame(
            {
                "eta": columns.pop("eta"),
                "observable": name,
                **columns,
                "count": self._counts.ravel(),
                "density": (self._counts / np.where(n > 0, n, np.nan) / widths).ravel(),
            }
        )
