"""Core time, time on the clock, memory and disk of a study, against sums done by hand."""

from dataclasses import replace

import pytest
from planned import config, cost_of
from studies import PAIR, put_shard, rows_of

from syncsweep.config import sizing
from syncsweep.plan.estimate import Means, estimate, whole_run
from syncsweep.plan.inventory import take_inventory
from syncsweep.plan.overheads import REFERENCE

TWO_CORES = Means(most_ranks=2, cores=2)

#: Of a row of the pair in memory, over that by which the reference was measured.
ROW = 120 / 304


def estimated(settings, means=TWO_CORES, **cost):
    found = take_inventory(settings, "pair")
    return estimate(settings, "pair", found, cost_of(settings, **cost), means)


def job_core_seconds(samples, missing, ranks=2, others=1.0):
    """One local job, without its samples' own time: start and end."""
    first = min(ranks, missing) * 0.5
    start = ranks * (0.146 + 0.9) + 0.164
    return first, others * start, others * (0.255 + samples * 3 * 9e-6 * ROW)


def test_core_time_is_the_sum_of_its_parts(tmp_path):
    found = estimated(config(tmp_path))
    jobs = [job_core_seconds(samples, samples) for samples in (4, 4, 2)]
    assert found.core_time["samples"].value == pytest.approx(10 * 2.0)
    start = sum(first + start for first, start, _ in jobs)
    assert found.core_time["start"].value == pytest.approx(start)
    assert found.core_time["shards"].value == pytest.approx(sum(end for _, _, end in jobs))
    tables = 0.8 + 30 * sizing.table_row_seconds((0.5, 0.5)) + 0.164
    assert found.core_time["tables"].value == pytest.approx(tables)
    whole = sum(part.value for part in found.core_time.values())
    assert found.whole_core_time.value == pytest.approx(whole)


def test_only_what_is_missing_is_solved(tmp_path):
    settings = config(tmp_path)
    put_shard(tmp_path, "pair", PAIR, rows_of(PAIR)[:5], 0)
    found = estimated(settings)
    # 0 of 4, 3 of 4 and 2 of 2.
    assert found.core_time["samples"].value == pytest.approx(5 * 2.0)
    jobs = [job_core_seconds(*job) for job in ((4, 0), (4, 3), (2, 2))]
    start = sum(first + start for first, start, _ in jobs)
    assert found.core_time["start"].value == pytest.approx(start)
    assert found.core_time["shards"].value == pytest.approx(sum(end for _, _, end in jobs))


def test_range_is_that_of_samples_and_of_all_else(tmp_path):
    found = estimated(config(tmp_path))
    samples, shards = found.core_time["samples"], found.core_time["shards"]
    assert (samples.low, samples.high) == pytest.approx((0.9 * 20, 1.2 * 20))
    # Nothing tells how fast this machine loads libraries.
    assert (shards.low, shards.high) == pytest.approx((shards.value / 2, shards.value * 2))
    found = estimated(config(tmp_path), start=0.65)
    shards = found.core_time["shards"]
    assert (shards.low, shards.high) == pytest.approx((shards.value / 1.3, shards.value * 1.3))
    assert found.wall.low < found.wall.value < found.wall.high


def test_a_slow_machine_takes_longer_for_all_that_is_not_a_sample(tmp_path):
    usual, slow = (estimated(config(tmp_path), start=start, first=0.0) for start in (0.65, 1.3))
    for part in ("start", "shards", "tables"):
        twice = 2 * usual.core_time[part].value
        assert slow.core_time[part].value == pytest.approx(twice), part
    assert slow.core_time["samples"] == usual.core_time["samples"]


def test_time_is_that_of_the_jobs_one_after_the_other_on_their_ranks(tmp_path):
    found = estimated(config(tmp_path))
    alone = 0.146 + 0.0024 + 0.9 + 0.255 + 0.164 + 0.5
    rows = 10 * 3 * 9e-6 * ROW
    tables = 0.8 + 30 * sizing.table_row_seconds((0.5, 0.5)) + 0.164
    # 2, 2 and 1 samples on the rank that has most.
    assert found.wall.value == pytest.approx(3 * alone + 5 * 2.0 + rows + tables)
    assert found.job.seconds.value == pytest.approx(alone + 2 * 2.0 + 4 * 3 * 9e-6 * ROW)
    assert found.job.size.ranks == 2


def test_more_cores_take_less_time_and_the_same_core_time(tmp_path):
    few = estimated(config(tmp_path))
    many = estimated(config(tmp_path), Means(most_ranks=2, cores=6))
    assert many.wall.value == pytest.approx(
        few.job.seconds.value + few.core_time["tables"].value, rel=1e-3
    )
    assert many.core_time == few.core_time


def test_ranks_follow_from_what_the_profile_allows(tmp_path):
    settings = config(tmp_path, samples=1000, chunk_size=1000, core_seconds=36)
    assert estimated(settings, Means(64, 64)).job.size.ranks == 60
    assert estimated(settings, Means(16, 64)).job.size.ranks == 16
    assert estimated(settings, Means(2, 64)).job.size.ranks == 2


def test_a_slurm_job_starts_snakemake_twice_and_waits_for_the_scheduler(tmp_path):
    local = estimated(config(tmp_path))
    slurm = estimated(config(tmp_path), Means(2, 2, slurm=True))
    nested = 2 * REFERENCE.nested_start
    difference = slurm.job.seconds.value - local.job.seconds.value
    assert difference == pytest.approx(5.0 + nested)
    more = slurm.whole_core_time.value - local.whole_core_time.value
    assert more == pytest.approx(3 * nested + nested)
    assert slurm.wall.value - local.wall.value == pytest.approx(4 * (5.0 + nested))


def test_nothing_to_do_costs_nothing(tmp_path):
    settings = config(tmp_path, samples=4)
    put_shard(tmp_path, "pair", PAIR, rows_of(PAIR)[:4], 0)
    (tmp_path / "tables" / "pair").mkdir(parents=True)
    (tmp_path / "tables" / "pair" / "summary.parquet").touch()
    found = estimated(settings)
    assert found.whole_core_time.value == found.wall.value == found.disk.high == 0
    assert found.job is None


def test_memory_without_a_trial_is_what_is_asked_for(tmp_path):
    found = estimated(config(tmp_path))
    asked = sizing.rank_memory(sizing.DenseCost(4).memory(3), 4 * 3 * 120, 2)
    assert found.job.size.rank_memory == asked == found.job.memory.value
    assert found.job.memory.low < asked < found.job.memory.high


def test_memory_with_a_trial_is_that_of_the_trial_and_the_rows(tmp_path):
    settings = config(tmp_path, samples=10**6, chunk_size=10**6)
    found = estimated(settings, peak=120 * 10**6)
    # Four copies of the rows, shared by two ranks.
    rows = 4 * 10**6 * 3 * 120 / 2 / 1e6
    assert found.job.memory.value == pytest.approx(120 + rows, abs=2)
    assert found.job.memory.low == pytest.approx(120)


def test_disk_is_that_of_the_shards_and_for_a_while_of_the_parts(tmp_path):
    found = estimated(config(tmp_path))
    shards = 10 * 3 * (0.93 * 120 - 60)
    assert found.disk.value == pytest.approx(shards)
    assert found.disk.low == pytest.approx(0.8 * shards)
    assert found.disk.high == pytest.approx(1.2 * shards + 10 * 2000)


def test_one_run_for_two_studies_starts_snakemake_once(tmp_path):
    one = estimated(config(tmp_path))
    core_time, wall = whole_run([one, one], TWO_CORES)
    assert core_time.value == pytest.approx(2 * one.whole_core_time.value + 2.3)
    assert wall.value == pytest.approx(2 * one.wall.value + 2.3)
    core_time, wall = whole_run([one, one], replace(TWO_CORES, cores=64))
    assert wall.value < one.wall.value + 2.3


def test_the_disk_of_a_shard_is_what_is_foretold(tmp_path):
    """Within the range, for a shard large enough that its footer does not count."""
    rows = rows_of(PAIR, samples=200)
    path = put_shard(tmp_path, "pair", PAIR, rows, 0)
    settings = config(tmp_path / "none", samples=200, chunk_size=200)
    found = estimated(settings)
    size = path.stat().st_size - 10_000  # of the footer
    assert found.disk.low < size < found.disk.high - 200 * 2000
