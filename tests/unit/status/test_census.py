"""What lies in a block's folder: each sample counted once, and damaged files named."""

from dataclasses import replace

import numpy as np
import pytest
from damage import LOST, UNREADABLE
from program import state_of
from progress_block import NOON, SAMPLES, Sweep, attempt
from studies import PAIR, put_shard

from syncsweep.status.census import BlockCounter, Census, Kept, Problem
from syncsweep.sweep import parts


def count(sweep, samples=SAMPLES):
    return BlockCounter(sweep.asked(samples)).count()


def counted(sweep, samples=SAMPLES):
    """Samples in shards and in parts, of a folder that has nothing wrong."""
    census = count(sweep, samples)
    assert census.problems == ()
    return census.in_shards, census.in_parts


def test_folder_that_is_not_there_holds_nothing(tmp_path):
    sweep = Sweep(tmp_path / "made")
    sweep.folder.parts.rmdir()
    sweep.folder.jobs.rmdir()
    sweep.folder.path.rmdir()
    assert count(sweep) == Census(0, 0, 0, {}, ())


def test_shards_count_as_far_as_they_are_asked_for(sweep):
    sweep.shard(0, 4)
    sweep.shard(8, 12)
    assert counted(sweep) == (8, 0)
    assert counted(sweep, 10) == (6, 0)
    assert counted(sweep, 3) == (3, 0)


def test_shards_of_two_chunk_sizes_count_each_sample_once(sweep):
    sweep.shard(0, 4)
    sweep.shard(0, 6)
    sweep.shard(3, 5)
    assert counted(sweep) == (6, 0)


def test_samples_of_some_jobs_can_be_asked_for(sweep):
    sweep.shard(0, 4)
    sweep.part(4, 8, [4, 5, 6])
    sweep.part(8, 12, [8])
    census = BlockCounter(sweep.asked(ranges=((2, 6), (8, 10)))).count()
    assert (census.in_shards, census.in_parts) == (2, 3)


def test_parts_of_all_attempts_and_ranks_count(sweep):
    sweep.part(0, 6, [0, 2], number=1, rank=0, written=NOON + 5)
    sweep.part(0, 6, [1], number=1, rank=1, written=NOON + 7)
    sweep.part(0, 6, [3, 4], number=2)
    assert counted(sweep) == (0, 5)
    kept = {attempt(1): Kept(3, 2, NOON + 7), attempt(2): Kept(2, 1, NOON)}
    assert count(sweep).attempts == kept


def test_parts_that_a_shard_covers_add_nothing(sweep):
    sweep.part(0, 4, [0, 1, 2, 3])
    sweep.part(4, 8, [4, 5])
    sweep.shard(0, 4)
    assert counted(sweep) == (4, 2)
    sweep.shard(0, 8)
    assert counted(sweep) == (8, 0)


def test_sample_that_two_launches_solved_counts_once(sweep):
    """As when locks do not work: all of a job's samples at most."""
    sweep.part(0, 3, [0, 1, 2], number=1)
    sweep.part(0, 3, [1, 2], number=2)
    assert counted(sweep) == (0, 3)


def test_parts_of_another_chunk_size_count_the_samples_they_hold(sweep):
    sweep.part(0, 12, [0, 5, 6, 11], number=1)
    assert counted(sweep) == (0, 4)
    assert counted(sweep, 6) == (0, 2)
    # The job for 0 … 5 took two of them over; another is at work on the rest.
    sweep.shard(0, 6)
    assert counted(sweep) == (6, 2)
    sweep.part(6, 12, [7], number=2)
    assert counted(sweep) == (6, 3)
    sweep.part(6, 12, [6], number=3)
    assert counted(sweep) == (6, 3)


def test_rows_are_read_only_where_jobs_share_samples(sweep, monkeypatch):
    sweep.part(0, 6, [0, 1])
    sweep.part(6, 12, [6])
    monkeypatch.setattr(parts.pa.ipc, "open_stream", lambda _: pytest.fail("read"))
    assert counted(sweep) == (0, 3)


def test_failed_units_are_those_asked_for(sweep):
    bad = [
        replace(rows, status=np.array(["ok", "failed" if k % 2 else "ok", "ok"]))
        for k, rows in enumerate(sweep.rows)
    ]
    put_shard(sweep.results, "pair", PAIR, bad[:6], 0)
    put_shard(sweep.results, "pair", PAIR, bad[4:8], 4)
    assert count(sweep).failed == 4
    assert count(sweep, 4).failed == 2


def damaged_shard(sweep):
    path = sweep.shard(0, 4)
    path.write_bytes(path.read_bytes()[:-1])
    return path, "is damaged (ArrowInvalid)"


def shard_of_others(sweep):
    path = sweep.folder.shard(0, 4)
    sweep.shard(4, 8).rename(path)
    return path, "does not hold the rows that its name says"


def part_of_others(sweep):
    path = sweep.part(0, 4, [0, 1], number=9)
    path.write_bytes(path.read_bytes().replace(PAIR.digest.encode(), b"0" * 12))
    return path, "holds rows of another study or block"


#: What a file is named for that is something else.
WHAT = {
    "pipe": "cannot be read (it is not a regular file)",
    "dangling link": "is a dangling link",
    "link to itself": "cannot be read (Too many levels of symbolic links)",
}


def in_place(kind, of):
    def put(sweep):
        path = sweep.folder.shard(0, 4) if of == "shard" else sweep.folder.part(0, 4, attempt(9), 0)
        (UNREADABLE | LOST)[kind](path)
        return path, WHAT[kind]

    return put


@pytest.mark.parametrize(
    "damage",
    [
        damaged_shard,
        shard_of_others,
        part_of_others,
        *(in_place(kind, of) for kind in WHAT for of in ("shard", "part")),
    ],
)
def test_damaged_file_is_named_and_holds_nothing(sweep, damage):
    sweep.shard(8, 12)
    sweep.part(0, 8, [5], number=1)
    path, what = damage(sweep)
    census = count(sweep)
    assert census.problems == (Problem(path, what),)
    assert (census.in_shards, census.in_parts) == (4, 1)


def test_part_with_a_damaged_record_counts_as_far_as_it_is_whole(sweep):
    path = sweep.part(0, 4, [0, 1, 2])
    data = path.read_bytes()
    path.write_bytes(data[: data.rindex(b"SYNC")] + bytes(50))
    census = count(sweep)
    assert (census.in_parts, census.problems) == (2, (Problem(path, "has a damaged record"),))


def test_folder_that_cannot_be_read_is_named(sweep, monkeypatch):
    sweep.shard(0, 4)

    def refuse(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(type(sweep.folder.path), "iterdir", refuse)
    problem = Problem(sweep.folder.parts, "cannot be read (Permission denied)")
    assert count(sweep) == Census(0, 0, 0, {}, (problem,))


def test_next_count_sees_what_is_new_and_reads_nothing_twice(sweep, monkeypatch):
    sweep.shard(0, 4)
    growing = sweep.part(4, 8, [4])
    counter = BlockCounter(sweep.asked())
    read = []
    monkeypatch.setattr(
        "syncsweep.status.census.failed_units", lambda path, *_: read.append(path) or set()
    )
    count_records = parts.count_records
    monkeypatch.setattr(
        "syncsweep.status.census.count_records",
        lambda path, identity: read.append(path) or count_records(path, identity),
    )
    counter.count()
    assert read == [growing, sweep.folder.shard(0, 4)]
    counter.count()
    assert len(read) == 2
    growing.unlink()
    sweep.part(4, 8, [4, 5], written=NOON + 1)
    sweep.shard(8, 12)
    census = counter.count()
    assert (census.in_shards, census.in_parts) == (8, 2)
    assert read[2:] == [growing, sweep.folder.shard(8, 12)]


def test_nothing_is_written(sweep):
    damaged_shard(sweep)
    sweep.part(4, 8, [4])

    before = state_of(sweep.results)
    count(sweep)
    assert state_of(sweep.results) == before
