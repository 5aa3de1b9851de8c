"""Sets of sample numbers as ranges, against sets of numbers."""

import random
from itertools import pairwise

from syncsweep.status.sample_ranges import common, union


def numbers(ranges):
    return {k for start, stop in ranges for k in range(start, stop)}


def test_union_and_common_are_those_of_sets():
    rng = random.Random(1)
    for _ in range(500):
        ranges = [(a, a + rng.randrange(6)) for a in rng.choices(range(30), k=rng.randrange(8))]
        merged = union(ranges)
        assert numbers(merged) == numbers(ranges)
        assert all(one[1] < other[0] for one, other in pairwise(merged))
        start, stop = rng.randrange(30), rng.randrange(36)
        assert common(merged, start, stop) == len(numbers(merged) & set(range(start, stop)))
