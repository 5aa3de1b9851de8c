"""Claims of the paper held against what was computed: how one is written down and judged."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import pandas as pd

from syncsweep.wording import are_even

#: A sentence on the version of the paper that is compared with our numbers.
PAPER = (
    "The paper is arXiv:2510.11601v1 (October 2025); its v2 (30 June 2026) has not been compared."
)

#: Standard errors within which a measured number must agree with a predicted one.
SIGMAS = 4.0

#: Relative error within which an exact number must.
EXACT = 1e-9

_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")

#: A function that gives a table by its name, such as `modes_counts` or `chain/summary`, with η in
#: units of ω (of the chain) or J (of the pair).
Tables = Callable[[str], pd.DataFrame]


class Verdict(StrEnum):
    """What becomes of a statement of the paper."""

    AGREES = "agrees"
    CORRECTED = "corrected"  # not as printed: a corrected statement holds instead
    DIFFERS = "differs"  # what was computed says something else


@dataclass(frozen=True)
class Number:
    """A computed number with its standard error. Without one it is exact (up to rounding).

    ends: of its interval of one standard error, if the interval may reach farther to one side.
    """

    value: float
    error: float | None = None
    ends: tuple[float, float] | None = None

    def agrees_with(self, expected: float, tolerance: float = 0.0) -> bool:
        """Whether it is `expected`: exactly, or within SIGMAS errors; beside `tolerance`."""
        sides = self._sides()
        exact = sides is None
        error = 0.0 if sides is None else sides[int(expected > self.value)]
        room = EXACT * max(abs(expected), 1.0) if exact else SIGMAS * error
        return abs(self.value - expected) <= room + tolerance

    def _sides(self) -> tuple[float, float] | None:
        """How far its error reaches below and above it."""
        if self.ends is not None and not math.isnan(sum(self.ends)):
            return max(self.value - self.ends[0], 0.0), max(self.ends[1] - self.value, 0.0)
        return None if self.error is None else (self.error, self.error)

    def __str__(self) -> str:
        if not math.isfinite(self.value):
            return "undefined"
        sides = self._sides()
        if sides is None or max(sides) <= EXACT * abs(self.value):
            return f"{self.value:.6g}"
        if not math.isfinite(sum(sides)):
            return f"{self.value:.4g} {_error(*sides, '.2g')}"
        power = math.floor(math.log10(abs(self.value))) if self.value else 0
        if -3 <= power <= 4:
            power = 0
        # Two digits of the error decide how many of the value are shown.
        value, (below, above) = self.value / 10.0**power, (side / 10.0**power for side in sides)
        digits = max(0, 1 - math.floor(math.log10(max(below, above))))
        shown = f"{value:.{digits}f} {_error(below, above, f'.{digits}f')}"
        return f"({shown})·10{str(power).translate(_SUPERSCRIPTS)}" if power else shown


def _error(below: float, above: float, form: str) -> str:
    if below == above or are_even(below, above):
        return f"± {(below + above) / 2:{form}}"
    up, down = (f"{side:{form}}".replace("inf", "∞") for side in (above, below))
    return " ".join(
        f"{sign}{side if side.strip('0.') else 0}" for sign, side in (("+", up), ("−", down))
    )


@dataclass(frozen=True)
class Claim:
    """One statement of the paper, and what was computed about it.

    printed: the paper's own words, number or formula, or `–` if it has none; found: our result, in
    words; numbers: the number or numbers in it; verdict: on the statement, if `holds`; holds:
    whether the numbers support this verdict.
    """

    source: str
    statement: str
    printed: str
    found: str
    numbers: tuple[Number, ...]
    verdict: Verdict
    holds: bool


def column(table: pd.DataFrame, name: str, **where: object) -> float:
    """The one value of a column in the row that satisfies `where`; KeyError unless it is one."""
    rows = table
    for key, value in where.items():
        rows = rows[rows[key] == value]
    if len(rows) != 1:
        raise KeyError(f"{len(rows)} rows with {where}")
    return float(rows[name].iloc[0])


def number(table: pd.DataFrame, name: str, **where: object) -> Number:
    """The one value of a column with its error, from the columns with suffixes _se, _low, _high."""
    stem = name.removesuffix("_mean")
    errors = {
        end: column(table, f"{stem}_{end}", **where)
        for end in ("se", "low", "high")
        if f"{stem}_{end}" in table
    }
    ends = (errors["low"], errors["high"]) if "low" in errors else None
    return Number(column(table, name, **where), errors.get("se"), ends)
