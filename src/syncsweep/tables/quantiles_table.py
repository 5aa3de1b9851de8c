"""From rows to the table of the quantiles of S_max at each η."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from syncsweep.config.analysis import Analysis
from syncsweep.tables.samples import Source, provenance_of
from syncsweep.tables.summary import sorted_by_eta, write_tables

_SHARES = (0.05, 0.25, 0.5, 0.75, 0.95)


def make_quantiles_table(source: Source, analysis: Analysis, output: Path) -> None:
    """Write quantiles of S_max over the good realisations, one row for each η."""
    frames = []
    for block in source.blocks:
        values = [np.where(rows.good, rows.s_max, np.nan) for rows in source.read(block)]
        found = np.nanquantile(np.reshape(values, (-1, len(block.etas))), _SHARES, axis=0)
        columns = {f"q{100 * share:g}": row for share, row in zip(_SHARES, found, strict=True)}
        frames.append(pd.DataFrame({"eta": block.etas, **columns}))
    tables = {"s_max_quantiles": sorted_by_eta(frames)}
    write_tables(output, tables, provenance_of(source, analysis))
