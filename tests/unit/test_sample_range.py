"""Sets of sample numbers as ranges, against sets of numbers."""

import random
from itertools import pairwise

from syncsweep.sample_range import SampleRange, contain, union


def numbers(ranges):
    return {k for start, stop in ranges for k in range(start, stop)}


def test_ranges_are_those_of_sets():
    rng = random.Random(1)
    for _ in range(500):
        starts = rng.choices(range(30), k=rng.randrange(8))
        ranges = [SampleRange(start, start + rng.randrange(6)) for start in starts]
        merged = union(ranges)
        assert numbers(merged) == numbers(ranges)
        assert all(one[1] < other[0] for one, other in pairwise(merged))
        one = SampleRange(rng.randrange(30), rng.randrange(36))
        assert one.common(merged) == len(numbers(merged) & set(one.numbers()))
        for other in ranges:
            if one.size > 0 < other.size:
                assert one.overlaps(other) == bool(set(one.numbers()) & set(other.numbers()))
        for sample in range(36):
            assert contain(ranges, sample) == (sample in numbers(ranges))
