"""Ranges of sample numbers, half-open: a sweep may have 10⁹ samples."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class SampleRange(NamedTuple):
    """The samples start … stop−1."""

    start: int
    stop: int

    @property
    def size(self) -> int:
        """How many samples these are."""
        return self.stop - self.start

    def numbers(self) -> range:
        """The samples one by one."""
        return range(self.start, self.stop)

    def overlaps(self, other: SampleRange) -> bool:
        """Whether there is a sample in both."""
        return self.start < other.stop and other.start < self.stop

    def common(self, ranges: Iterable[tuple[int, int]]) -> int:
        """How many of these samples lie in some ranges, of which no two overlap."""
        return sum(max(min(self.stop, stop) - max(self.start, start), 0) for start, stop in ranges)


def contain(ranges: Iterable[SampleRange], sample: int) -> bool:
    """Whether a sample lies in one of some ranges."""
    return any(start <= sample < stop for start, stop in ranges)


def union(ranges: Iterable[SampleRange]) -> list[SampleRange]:
    """The same samples in ascending ranges that do not touch."""
    merged: list[SampleRange] = []
    for start, stop in sorted(one for one in ranges if one.size > 0):
        if merged and start <= merged[-1].stop:
            merged[-1] = SampleRange(merged[-1].start, max(merged[-1].stop, stop))
        else:
            merged.append(SampleRange(start, stop))
    return merged
