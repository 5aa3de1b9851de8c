"""The table of rows that enter no average, and a line about them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from syncsweep.physics.diagnosis import Status
from syncsweep.sweep.description import Description
from syncsweep.tables.samples import SampleRows
from syncsweep.user_code.observable_columns import FAILED


def failures_of(
    described: Description, rows: SampleRows, words: Sequence[str]
) -> list[tuple[Any, ...]]:
    """η, axes, sample, status and estimated error of S_d of the rows that are not good.

    Rows for which a function of the user's own failed are there too, with its status; words: the
    columns of these.
    """
    statuses = [rows.observables[name] for name in words]
    failed = np.any([~rows.good, *(status == FAILED for status in statuses)], axis=0)
    return [
        (
            described.etas[k],
            *rows.point,
            rows.sample,
            str(rows.status[k]),
            float(rows.error[k]),
            *(str(status[k]) for status in statuses),
        )
        for k in np.flatnonzero(failed)
    ]


def warn_of_failures(
    study: str, failed: pd.DataFrame, summary: pd.DataFrame, words: Sequence[str]
) -> None:
    """Print one line on stderr about the rows that are not in the averages, for each reason."""
    total = int((summary["n"] + summary["failed"]).sum())
    bad = failed[failed["status"] != Status.OK]
    if len(bad):
        status = bad["status"].iloc[0]
        _warn(
            f"{study}: {len(bad)} of {total} rows failed, {_first(bad)} ({status}); they do not "
            "enter the averages"
        )
    for name in words:
        bad = failed[failed[name] == FAILED]
        if len(bad):
            _warn(
                f"{study}: {name.removesuffix('_status')}() failed for {len(bad)} of {total} rows, "
                f"{_first(bad)}; they do not enter averages of its numbers"
            )


def _first(rows: pd.DataFrame) -> str:
    return f"first sample {rows['sample'].iloc[0]} at η = {rows['eta'].iloc[0]:g}"


def _warn(said: str) -> None:
    print(f"warning: {said}, and failures.csv names them", file=sys.stderr)
