"""How samples are cut: whole, in order, and at the totals at which a study looks at its errors."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from syncsweep.config.chunks import FEWEST, chunks, number_of_chunks, totals


@given(st.integers(FEWEST, 3000), st.integers(1, 3000))
def test_rounds_are_cut_into_equal_chunks_that_end_at_each_total(samples, chunk_size):
    found = chunks(samples, chunk_size, in_rounds=True)
    assert [number for chunk in found for number in chunk.numbers()] == list(range(samples))
    assert number_of_chunks(samples, chunk_size, in_rounds=True) == len(found)
    assert set(totals(samples)) <= {chunk.stop for chunk in found}
    for start, stop in pairwise([0, *totals(samples)]):
        sizes = [one.size for one in found if start <= one.start < stop]
        assert max(sizes) <= chunk_size
        assert len(sizes) == -(-(stop - start) // chunk_size)
        assert max(sizes) - min(sizes) < len(sizes)


@given(st.integers(FEWEST, 10**6), st.integers(FEWEST, 10**6))
def test_totals_depend_on_the_most_samples_only_at_their_end(one, other):
    *first, last = totals(min(one, other))
    assert first == list(totals(max(one, other)))[: len(first)]
    assert last == min(one, other) and first == [n for n in first if n < last]


def test_ten_totals_a_decade_lie_a_quarter_apart():
    found = list(totals(200_000))
    assert found[:3] == [200, 250, 315] and found[-1] == 200_000 and len(found) == 31
    assert all(1.2 < after / before < 1.3 for before, after in pairwise(found))


@given(st.integers(1, 2000), st.integers(1, 2000))
def test_a_fixed_number_of_samples_is_cut_as_before(samples, chunk_size):
    found = chunks(samples, chunk_size)
    assert number_of_chunks(samples, chunk_size) == len(found)
    assert [chunk.start for chunk in found] == list(range(0, samples, chunk_size))
    assert found[-1].stop == samples
