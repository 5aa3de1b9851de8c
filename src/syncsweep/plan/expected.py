"""Estimates, which are numbers with the range they are expected in."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Range:
    """A number that is expected between low and high."""

    value: float
    low: float
    high: float

    def __add__(self, other: Range) -> Range:
        """The sum of two numbers that are wrong in the same direction."""
        return Range(self.value + other.value, self.low + other.low, self.high + other.high)

    def over(self, unit: float) -> Range:
        """The same in another unit."""
        return Range(self.value / unit, self.low / unit, self.high / unit)


def within(value: float, factor: float) -> Range:
    """A number that may be wrong by a factor."""
    return Range(value, value / factor, value * factor)
