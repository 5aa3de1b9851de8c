"""Estimates, which are numbers with the range they are expected in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Expected:
    """A number that is expected between low and high."""

    value: float
    low: float
    high: float

    def __add__(self, other: Expected) -> Expected:
        """The sum of two numbers that are wrong in the same direction."""
        return Expected(self.value + other.value, self.low + other.low, self.high + other.high)

    def over(self, unit: float) -> Expected:
        """The same in another unit."""
        return Expected(self.value / unit, self.low / unit, self.high / unit)

    def between(self, in_words: Callable[[float], str]) -> str:
        """`(10 min to 15 min)`."""
        return f"({in_words(self.low)} to {in_words(self.high)})"

    def words(self, in_words: Callable[[float], str]) -> str:
        """`12 min (10 min to 15 min)`."""
        return f"{in_words(self.value)} {self.between(in_words)}"


def within(value: float, factor: float) -> Expected:
    """A number that may be wrong by a factor."""
    return Expected(value, value / factor, value * factor)
