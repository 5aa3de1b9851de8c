"""How the samples of a study are cut: into rounds, if it has `until`, and into chunks.

Imports no NumPy, because Snakemake reads it in every job.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise

from syncsweep.sample_range import SampleRange

#: The preferred numbers R10 of ISO 3, for a decade of totals. A study with `until` has no fewer
#: samples than the first of them.
_SERIES = (200, 250, 315, 400, 500, 630, 800, 1000, 1250, 1600)
FEWEST = _SERIES[0]


def totals(most: int) -> Iterator[int]:
    """The numbers of samples at which a study looks at its errors: 200, 250, 315 … and `most`.

    They depend neither on the rows nor on the size of chunks. So the same configuration stops at
    the same number of samples.
    """
    decade = 1
    while True:
        for number in _SERIES:
            if number * decade >= most:
                yield most
                return
            yield number * decade
        decade *= 10


def _rounds(samples: int, in_rounds: bool) -> list[SampleRange]:
    """The samples that are solved before each look at the errors."""
    edges = [0, *totals(samples)] if in_rounds else [0, samples]
    return [SampleRange(*edge) for edge in pairwise(edges)]


def number_of_chunks(samples: int, chunk_size: int, in_rounds: bool = False) -> int:
    """The number of ranges that `chunks` returns."""
    return sum(math.ceil(one.size / chunk_size) for one in _rounds(samples, in_rounds))


def chunks(samples: int, chunk_size: int, in_rounds: bool = False) -> tuple[SampleRange, ...]:
    """Ranges that cover the samples 0 … samples−1, each of chunk_size but the last.

    in_rounds: each round of a study with `until` is cut by itself, into equal ranges.
    """
    found = []
    for start, stop in _rounds(samples, in_rounds):
        size = chunk_size
        if in_rounds:
            size = math.ceil((stop - start) / math.ceil((stop - start) / chunk_size))
        found += [SampleRange(one, min(one + size, stop)) for one in range(start, stop, size)]
    return tuple(found)
