"""A number with its error: how tables hold it, how it is written, and what it agrees with."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np

from syncsweep.wording import are_even, superscript

if TYPE_CHECKING:
    import pandas as pd

#: Standard errors within which a measured number must agree with a predicted one.
SIGMAS = 4.0

#: Relative error within which an exact number must.
EXACT = 1e-9

Values = TypeVar("Values", float, np.ndarray)


@dataclass(frozen=True)
class Number(Generic[Values]):
    """A computed number with its standard error, or an array of them.

    Without an error it is exact (up to rounding). ends: of its interval of one standard error, if
    the interval may reach farther to one side.
    """

    value: Values
    error: Values | None = None
    ends: tuple[Values, Values] | None = None

    @classmethod
    def in_row(cls, row: Mapping[Any, Any] | pd.Series, name: str) -> Number[float]:
        """The number in a column of a table's row, with its error; see `columns`."""
        stem = name.removesuffix("_mean")
        error, low, high = (row.get(f"{stem}_{end}") for end in ("se", "low", "high"))
        ends = None if low is None or high is None else (float(low), float(high))
        return Number(float(row[name]), None if error is None else float(error), ends)

    def columns(self, name: str) -> dict[str, Values]:
        """The columns that hold it in a table: name, name_se, name_low and name_high."""
        columns = {name: self.value}
        if self.error is not None:
            columns[f"{name}_se"] = self.error
        if self.ends is not None:
            columns[f"{name}_low"], columns[f"{name}_high"] = self.ends
        return columns

    def agrees_with(self: Number[float], expected: float, tolerance: float = 0.0) -> bool:
        """Whether it is `expected`: exactly, or within SIGMAS errors; beside `tolerance`."""
        sides = self._sides()
        exact = sides is None
        error = 0.0 if sides is None else sides[int(expected > self.value)]
        room = EXACT * max(abs(expected), 1.0) if exact else SIGMAS * error
        return abs(self.value - expected) <= room + tolerance

    def _sides(self: Number[float]) -> tuple[float, float] | None:
        """How far its error reaches below and above it."""
        if self.ends is not None and not math.isnan(sum(self.ends)):
            return max(self.value - self.ends[0], 0.0), max(self.ends[1] - self.value, 0.0)
        return None if self.error is None else (self.error, self.error)

    def __str__(self: Number[float]) -> str:
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
        return f"({shown})·10{superscript(power)}" if power else shown


def _error(below: float, above: float, form: str) -> str:
    if below == above or are_even(below, above):
        return f"± {(below + above) / 2:{form}}"
    up, down = (f"{side:{form}}".replace("inf", "∞") for side in (above, below))
    return " ".join(
        f"{sign}{side if side.strip('0.') else 0}" for sign, side in (("+", up), ("−", down))
    )
