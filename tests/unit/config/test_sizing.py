"""Jobs of ten minutes where the sweep is long enough, 10 to 500 of them, and what each may use."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncsweep.config import sizing
from syncsweep.physics.phase_distribution import relative_frequencies


def jobs(samples: int, seconds: float, n_blocks: int = 1, sample_bytes: int = 1) -> int:
    size = -(-samples // sizing.n_chunks(samples, seconds, n_blocks, sample_bytes))
    return math.ceil(samples / size) * n_blocks


@given(
    samples=st.integers(1, 10**8),
    seconds=st.floats(1e-3, 1e3),
    sample_bytes=st.integers(100, 10**5),
)
def test_jobs_are_at_most_500_and_never_smaller_than_a_minute(samples, seconds, sample_bytes):
    count = jobs(samples, seconds, sample_bytes=sample_bytes)
    for_memory = math.ceil(samples * sample_bytes / 250e6)
    assert 1 <= count <= max(500, for_memory)
    if count > for_memory:
        assert samples * seconds / count >= 60 - 1e-6


@given(samples=st.integers(10_000, 10**7), seconds=st.floats(1e-3, 1e3))
def test_long_sweeps_have_ten_jobs_at_least_each_of_ten_minutes_of_16_ranks(samples, seconds):
    total = samples * seconds
    count = jobs(samples, seconds)
    if total >= 10 * 60:
        assert count >= 10
    if count > 10:
        assert total / count >= 16 * 600 - 1e-6


def test_jobs_of_the_chain():
    seconds = sizing.DenseCost(27).seconds(29)
    # Between what was measured on two machines.
    assert 0.08 < seconds < 0.13
    assert jobs(10**4, seconds) == 10
    assert jobs(200, seconds) == 1
    assert jobs(10**6, seconds, sample_bytes=29 * sizing.row_bytes((1.0,) * 3)) == 36


def test_no_shard_is_too_large_for_memory():
    sample_bytes = 29 * sizing.row_bytes((1.0,) * 3)
    size = -(-(10**6) // sizing.n_chunks(10**6, 1e-3, 1, sample_bytes))
    assert size * sample_bytes <= 250e6 * 1.01


def test_blocks_share_the_jobs():
    assert jobs(10**4, 0.1, n_blocks=5) == 10
    assert jobs(100, 0.1, n_blocks=29) == 29


@pytest.mark.parametrize(
    ("samples", "seconds", "least", "most", "expected"),
    [
        (100, 0.1, 2, 16, 2),  # a small job: the ranks of the configuration
        (6000, 1, 2, 16, 10),  # ten minutes of ten ranks
        (10**6, 1e3, 2, 16, 16),  # as many as a profile allows
        (10**6, 1e3, 2, 2, 2),  # a laptop: those of the configuration
        (10**6, 1e3, 1, 1, 1),
        (100, 0.1, 1, 16, 2),  # Slurm's executor takes no MPI job of one rank
        (20, 0.1, 64, 64, 20),  # no rank without a sample
        (1, 7200, 2, 16, 2),
    ],
)
def test_ranks_grow_with_the_job(samples, seconds, least, most, expected):
    assert sizing.ranks(samples, seconds, least, most) == expected


@given(samples=st.integers(1, 10**6), seconds=st.floats(1e-3, 1e4), ranks=st.integers(1, 64))
def test_time_limit_is_three_times_the_job_and_its_start(samples, seconds, ranks):
    minutes = sizing.job_minutes(samples, seconds, ranks)
    # No rank has less than its share, nor less than one sample.
    assert minutes >= max(samples * seconds / ranks, seconds) / 60 * (1 - 1e-12)
    assert minutes <= (samples / ranks + 1) * seconds / 60 * (1 + 1e-12)
    assert 3 * minutes + 8 <= sizing.time_limit(minutes) <= 3 * minutes + 9


def test_memory_holds_the_matrices_and_the_rows():
    # 27 bytes for each entry of a matrix of 729 rows, and of 6561.
    assert sizing.DenseCost(27).memory(29) == pytest.approx(14e6, rel=0.03)
    assert sizing.DenseCost(81).memory(29) == pytest.approx(1162e6, rel=1e-3)
    # K of lower rank lies beside its factor: 35 bytes.
    assert sizing.DenseCost(81, full_rank=False).memory(29) == pytest.approx(1507e6, rel=1e-3)
    assert sizing.rank_memory(14_300_000, 0, 2) == 300 + 15
    assert sizing.rank_memory(0, 10**8, 2) == 300 + 200
    assert sizing.rank_memory(0, 10**8, 4) == 300 + 100


@pytest.mark.parametrize(
    # CPU seconds and the whole process's memory [GiB], measured with 30 η, of which 8 to 12 are
    # large; with 11 η up to 3e-4 for six spins.
    ("dim", "n_eta", "n_large", "rank", "seconds", "memory"),
    [
        (81, 30, 10, 0, 0.38, 0.09),
        (81, 30, 12, 1, 0.77, 0.09),
        (81, 30, 12, 16, 1.10, 0.09),
        (81, 30, 12, 40, 1.97, 0.10),
        (243, 30, 11, 0, 2.96, 0.23),
        (243, 30, 12, 1, 13.2, 0.26),
        (243, 30, 12, 4, 11.9, 0.26),
        (729, 11, 0, 0, 3.65, 0.62),
        (729, 11, 0, 1, 13.6, 0.63),
        (729, 11, 0, 4, 23.4, 0.65),
        (729, 10, 1, 0, 11.0, 1.14),
        (729, 30, 12, 0, 54.0, 1.16),
    ],
)
def test_operators_cost_what_was_measured(dim, n_eta, n_large, rank, seconds, memory):
    cost = sizing.OperatorCost(dim, rank, n_large / n_eta)
    assert 0.4 < cost.seconds(n_eta) / seconds < 2.5
    asked = sizing.rank_memory(cost.memory(n_eta), 0, 2) / 1074
    assert memory < asked < max(0.5, 2.2 * memory)


def test_tables_of_four_spins_have_more_time():
    assert sizing.tables_time_limit(10**6, (1.0,) * 3) == 10 + 5
    assert sizing.tables_time_limit(10**6, (1.0,) * 4) == 10 + 500


@pytest.mark.parametrize("spins", [(1.0,) * 5, (1.0,) * 6, (0.5, 1.5, 1.0, 1.0, 0.5)])
def test_row_of_many_spins_has_as_many_numbers_as_its_s_d(spins):
    n_k = len(relative_frequencies(spins))
    assert sizing.row_bytes(spins) == 8 * (2 * n_k - 1 + len(spins) + 10)
