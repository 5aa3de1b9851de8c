"""A claim of the paper, our result about it, and the verdict."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import pandas as pd

from syncsweep.tables.number import Number

#: A sentence on the version of the paper that is compared with our numbers.
PAPER = (
    "The paper is arXiv:2510.11601v1 (October 2025); its v2 (30 June 2026) has not been compared."
)

#: A function that gives a table by its name, such as `modes_counts` or `chain/summary`, with η in
#: units of ω (of the chain) or J (of the pair).
Tables = Callable[[str], pd.DataFrame]


class Verdict(StrEnum):
    """The verdict on a statement of the paper."""

    AGREES = "agrees"
    CORRECTED = "corrected"  # not as printed: a corrected statement holds instead
    DIFFERS = "differs"  # what was computed says something else


@dataclass(frozen=True)
class Claim:
    """One statement of the paper, and our result about it.

    printed: the paper's own words, number or formula, or `–` if it has none; found: our result, in
    words; numbers: the numbers in it; verdict: on the statement; holds: whether the numbers support
    this verdict.
    """

    source: str
    statement: str
    printed: str
    found: str
    numbers: tuple[Number[float], ...]
    verdict: Verdict
    holds: bool


def column(table: pd.DataFrame, name: str, **where: object) -> float:
    """The one value of a column in the row that satisfies `where`; KeyError unless it is one."""
    return float(_row(table, **where)[name])


def number(table: pd.DataFrame, name: str, **where: object) -> Number[float]:
    """The one value of a column with its error, from the columns with suffixes _se, _low, _high."""
    return Number.in_row(_row(table, **where), name)


def _row(table: pd.DataFrame, **where: object) -> pd.Series:
    """The row that satisfies `where`; KeyError unless it is one."""
    rows = table
    for key, value in where.items():
        rows = rows[rows[key] == value]
    if len(rows) != 1:
        raise KeyError(f"{len(rows)} rows with {where}")
    return rows.iloc[0]
