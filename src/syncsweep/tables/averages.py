"""Comparison of the table `samples` with `summary`: its plain averages must be those."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from syncsweep.files import open_regular
from syncsweep.tables.reading import MOST_IN_FOOTER, read_table
from syncsweep.tables.registry import SAMPLES, SUMMARY

#: The same means may differ by this share of them, because they are added in another order.
_ROUNDING = 1e-9

_P = re.compile(r"p\d+")


def other_averages(folder: Path) -> list[float]:
    """Values of η at which the averages of `samples` are not those of `summary`, ascending.

    Empty if one of the files cannot be read: their own checks find that.
    """
    try:
        found = _of_samples(folder / f"{SAMPLES.name}.parquet")
        expected = _of_summary(folder / f"{SUMMARY.name}.parquet")
    # A damaged file can fail anywhere in a decoder, in whatever way.
    except Exception:
        return []
    found, expected = found.align(expected, join="outer")
    values = found.to_numpy(), expected.to_numpy()
    same: np.ndarray = np.isclose(*values, rtol=_ROUNDING, atol=0, equal_nan=True).all(axis=1)
    return found.index.to_numpy()[~same].tolist()


def _of_summary(path: Path) -> pd.DataFrame:
    """By η: number of rows, of good ones and of those with χ; and the means."""
    summary = read_table(path).to_pandas().set_index("eta")
    counts = {
        "rows": summary["n"] + summary["failed"],
        "good": summary["n"],
        "with_chi": summary["n"] - summary["undefined_chi"],
    }
    means = {name: summary[name] for name in summary if _P.fullmatch(name)}
    return pd.DataFrame({**counts, "s_max": summary["s_max_mean"], **means})


def _of_samples(path: Path) -> pd.DataFrame:
    """The same as in `_of_summary`; one row group after the other is in the memory."""
    rows, counts, sums = [], [], []
    with open_regular(path) as opened:
        file = pq.ParquetFile(
            opened, thrift_container_size_limit=MOST_IN_FOOTER, page_checksum_verification=True
        )
        names = ["s_max", *filter(_P.fullmatch, file.schema_arrow.names)]
        for k in range(file.num_row_groups):
            table = file.read_row_group(k, columns=["eta", *names], use_threads=False)
            of_eta = table.to_pandas().groupby("eta")
            rows.append(of_eta.size())
            counts.append(of_eta.count())
            sums.append(of_eta.sum())
    n, count, total = (pd.concat(each).groupby(level=0).sum() for each in (rows, counts, sums))
    numbers = {"rows": n, "good": count["s_max"], "with_chi": count["p1"]}
    return pd.DataFrame(numbers).join(total / count)
