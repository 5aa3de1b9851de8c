"""Sets of sample numbers as half-open ranges: a sweep may have 10⁹ samples."""

from __future__ import annotations

from collections.abc import Iterable

Range = tuple[int, int]


def union(ranges: Iterable[Range]) -> list[Range]:
    """The same numbers in ascending ranges that do not touch."""
    merged: list[Range] = []
    for start, stop in sorted(r for r in ranges if r[0] < r[1]):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], stop))
        else:
            merged.append((start, stop))
    return merged


def common(ranges: Iterable[Range], start: int, stop: int) -> int:
    """How many of the numbers start … stop−1 lie in ranges that do not overlap."""
    return sum(max(min(high, stop) - max(low, start), 0) for low, high in ranges)
