"""How far a block is at one moment: counts, CPU time used and left, and the sum over blocks."""

import os

import pytest
from program import CONFIG
from progress_block import NOON, SAMPLES, attempt

from syncsweep.config.configuration import parse
from syncsweep.layout import study_folder
from syncsweep.sample_range import SampleRange
from syncsweep.status.overview import Observer, disk_bytes
from syncsweep.status.requested import asked_blocks, asked_of_jobs


def look(sweep, now=NOON + 100, samples=SAMPLES):
    return Observer([sweep.asked(samples)]).look(now)


def two_launches(sweep, second):
    """One ended ten seconds after noon; the other began at `second` and solved four of eight."""
    sweep.shard(0, 4)
    sweep.begins(0, 4, number=1, at=NOON)
    sweep.ends(0, 4, number=1, at=NOON + 10, solved=4, ranks=2, core_seconds=18.0)
    sweep.begins(4, 12, number=2, at=second)
    sweep.part(4, 12, [4, 6], number=2, rank=0, written=second + 9)
    sweep.part(4, 12, [5, 7], number=2, rank=1, written=second + 10)


def test_empty_folder_is_all_missing(sweep):
    overview = look(sweep)
    (block,) = overview.blocks
    assert (block.done, block.missing, overview.done, overview.samples) == (0, 12, 0, 12)
    assert overview.time_left is None and not overview.in_shards and not overview.problems
    # What the configuration expects.
    assert (block.core_seconds_used, block.core_seconds_left) == (0, 12)


def test_launch_at_work_is_seen_with_its_rate_and_the_time_left(sweep):
    two_launches(sweep, NOON + 10)
    overview = look(sweep, NOON + 22.5)
    (block,) = overview.blocks
    assert (block.census.in_shards, block.census.in_parts, block.missing) == (4, 4, 4)
    (launch,) = block.at_work
    assert (launch.attempt, launch.solved, launch.ranks) == (attempt(2), 4, 2)
    assert block.samples_per_second == pytest.approx(5 / 12.5)
    assert block.cost.seconds == pytest.approx((20 + 25) / (4 + 5)) and block.cost.measured
    assert overview.time_left.value == pytest.approx((4 - 1) * 5 / 2)
    # CPU time is what launches say: 4.5 s a sample, also for one that has not said it yet.
    assert block.core_seconds_used == pytest.approx(18 + 4 * 4.5)
    assert block.core_seconds_left == pytest.approx(4 * 4.5)


def test_a_pause_before_a_run_is_no_part_of_it(sweep):
    two_launches(sweep, NOON + 210)
    of_all, of_run = (
        Observer([sweep.asked(SAMPLES)], since).look(NOON + 222.5).time_left.value
        for since in (0.0, NOON + 205)
    )
    assert of_run == pytest.approx((4 - 1) * 5 / 2)
    assert of_all == pytest.approx(of_run * 222.5 / 22.5)


def test_attempts_that_were_killed_cost_what_they_left(sweep):
    sweep.begins(0, 12, number=1, at=NOON)
    sweep.begins(0, 12, number=2, at=NOON + 50, missing=7, from_parts=5)
    sweep.ends(0, 12, number=2, at=NOON + 90, solved=3, core_seconds=6.0, event="stop")
    sweep.begins(0, 12, number=3, at=NOON + 95, missing=4, from_parts=8)
    sweep.ends(0, 12, number=3, at=NOON + 99, solved=4, core_seconds=8.0)
    sweep.shard(0, 12)
    overview = look(sweep)
    assert overview.blocks[0].core_seconds_used == pytest.approx(14 + 5 * 2)
    assert overview.in_shards and not overview.problems
    assert overview.time_left.value == 0


def test_samples_in_parts_are_done_but_not_complete(sweep):
    sweep.shard(0, 8)
    sweep.part(8, 12, [8, 9, 10, 11])
    overview = look(sweep)
    assert overview.done == 12 and not overview.in_shards


def test_more_samples_asked_for_are_missing(sweep):
    sweep.shard(0, 12)
    overview = look(sweep, samples=1000)
    assert (overview.done, overview.samples, overview.in_shards) == (12, 1000, False)


def test_damaged_files_are_gathered(sweep):
    os.mkfifo(sweep.folder.shard(0, 4))
    with sweep.folder.log.open("w") as log:
        log.write("?\n")
    overview = look(sweep)
    assert [problem.path for problem in overview.problems] == [
        sweep.folder.shard(0, 4),
        sweep.folder.log,
    ]


PAIR_STUDY = CONFIG["studies"]["pair"]
TWO_BLOCKS = {"eta_blocks": [{"values": [0.1, 1]}, {"values": [0, 0.5, 2]}]}
ASKED = parse(
    {
        **CONFIG,
        "studies": {
            "one": {**PAIR_STUDY, **TWO_BLOCKS, "samples": 10},
            "other": {**PAIR_STUDY, **TWO_BLOCKS, "samples": 7, "core_seconds": 3.0},
        },
    }
)


def test_jobs_ask_for_their_samples_only():
    first, second = (block.id for block in ASKED.studies["one"].blocks)
    jobs = [
        ("one", second, SampleRange(4, 6)),
        ("one", first, SampleRange(0, 2)),
        ("one", second, SampleRange(2, 4)),
        ("one", second, SampleRange(8, 9)),
    ]
    blocks = asked_of_jobs(ASKED, jobs)
    assert [block.ranges for block in blocks] == [((0, 2),), ((2, 6), (8, 9))]
    assert [block.described.etas for block in blocks] == [(0.1, 1), (0, 0.5, 2)]
    assert blocks[1].samples == 5
    assert blocks[1].count([SampleRange(0, 3), SampleRange(5, 20)]) == 3
    assert asked_of_jobs(ASKED, []) == []


def test_what_is_asked_for_is_what_the_configuration_says():
    blocks = asked_blocks(ASKED, ["other", "one"])
    assert [block.described.study for block in blocks] == ["other", "other", "one", "one"]
    assert [block.samples for block in blocks] == [7, 7, 10, 10]
    assert [block.described.etas for block in blocks[:2]] == [(0.1, 1), (0, 0.5, 2)]
    assert sum(block.core_seconds for block in blocks[:2]) == pytest.approx(3)
    physics_hash = ASKED.physics("one").digest
    assert blocks[2].folder.path.parent == study_folder("results", "one", physics_hash)
    assert blocks[2].described.block == ASKED.studies["one"].blocks[0].id


def test_disk_is_that_of_all_files(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "file").write_bytes(bytes(100_000))
    (tmp_path / "other").write_bytes(bytes(50_000))
    (tmp_path / "link").symlink_to("/")
    found = disk_bytes(tmp_path)
    assert 150_000 <= found < 200_000
    assert disk_bytes(tmp_path / "nowhere") == 0
