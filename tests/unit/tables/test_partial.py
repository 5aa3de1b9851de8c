"""The samples that are valid now, read while workers write, and nothing changed."""

import os

import pytest
from studies import Block, changed

from syncsweep.sample.rows import unpack_coefficients
from syncsweep.sample_range import SampleRange
from syncsweep.sweep.takeover import valid_shard
from syncsweep.tables import partial
from syncsweep.tables.partial import Present, read_present

SAMPLES = 12


@pytest.fixture
def block(tmp_path):
    return Reading(tmp_path, SAMPLES)


class Reading(Block):
    """A block and what is read of it."""

    @property
    def study_folder(self):
        return self.folder.path.parent

    def read(self, samples=SAMPLES, most=None):
        """The samples that are read, each with its own rows, and what is said of damage."""
        said = []
        found = list(read_present(self.study_folder, self.described, samples, said.append, most))
        for one in found:
            expected = self.rows[one.sample]
            assert one.coefficients.tobytes() == unpack_coefficients(expected.s_d).tobytes()
            assert one.maximum.s_max.tobytes() == expected.s_max.tobytes()
            assert one.status.tolist() == expected.status.tolist()
        return [one.sample for one in found], said


def damage(path):
    path.write_bytes(path.read_bytes()[:-100])


def state(folder):
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in files}


def test_nothing_is_read_where_no_folder_is(block):
    assert block.read() == ([], [])
    assert not block.study_folder.exists()


@pytest.mark.parametrize(
    ("shards", "samples", "expected"),
    [
        ([(0, 4), (4, 8), (8, 12)], 12, range(12)),
        ([(0, 4), (8, 12)], 12, [0, 1, 2, 3, 8, 9, 10, 11]),
        ([(2, 5), (4, 9), (0, 3)], 12, range(9)),  # other chunk sizes, which overlap
        ([(0, 12), (3, 6)], 12, range(12)),
        ([(0, 8), (8, 12)], 6, range(6)),  # fewer samples are asked for
        ([(8, 12)], 6, []),
    ],
)
def test_each_sample_of_the_shards_comes_once_and_in_order(block, shards, samples, expected):
    for shard in shards:
        block.shard(*shard)
    assert block.read(samples) == (list(expected), [])


def test_parts_of_all_jobs_ranks_and_attempts_fill_the_gaps(block):
    block.shard(4, 6)
    block.part(0, 4, [2, 0], rank=0)
    block.part(0, 4, [1], rank=1)
    block.part(0, 4, [2, 3], attempt="1" * 12)
    block.part(0, 12, [7, 4, 11])  # of a larger chunk
    block.part(6, 9, [8, 7])
    assert block.read() == ([0, 1, 2, 3, 4, 5, 7, 8, 11], [])
    assert block.read(8) == ([0, 1, 2, 3, 4, 5, 7], [])


def test_of_several_rows_of_a_sample_the_first_count_as_for_workers(block):
    block.part(0, 4, [1, 2])
    other = [changed(rows, 0, s_max=1.0) for rows in block.rows]
    block.part(0, 4, [2, 3, 3], attempt="1" * 12)
    block.part(0, 4, [1, 2, 3], attempt="2" * 12, rows=other)
    assert block.read() == ([1, 2, 3], [])


def test_no_more_samples_are_read_than_asked_for(block):
    block.shard(0, 4)
    damage(block.shard(4, 8))
    assert block.read(most=3) == ([0, 1, 2], [])
    assert block.read(most=0) == ([], [])


def test_a_part_that_is_being_written_gives_its_whole_records(block):
    path = block.part(0, 12, [5, 3, 9])
    path.write_bytes(path.read_bytes()[:-1])
    assert block.read() == ([3, 5], [])


def test_a_damaged_shard_is_named_and_its_rows_come_from_elsewhere(block):
    path = block.shard(0, 8)
    block.shard(2, 4)
    block.part(0, 8, [6, 0])
    damage(path)
    found, (said,) = block.read()
    assert found == [0, 2, 3, 6]
    assert said.startswith(f"{path}: is damaged") and "\n" not in said


def test_nothing_is_changed(block):
    damage(block.shard(0, 4))
    block.shard(4, 8)
    block.part(4, 8, [5])  # a reader of the tables would clear it
    block.part(8, 12, [9])
    before = state(block.results)
    assert len(before) == 6
    assert block.read()[0] == [4, 5, 6, 7, 9]
    assert state(block.results) == before


def test_only_one_shard_is_held_at_a_time(block, monkeypatch):
    for start in (0, 4, 8):
        block.shard(start, start + 4)
    opened = []
    read_shard = partial.read_shard
    monkeypatch.setattr(
        partial,
        "read_shard",
        lambda path, *which: opened.append(path) or read_shard(path, *which),
    )
    reading = read_present(block.study_folder, block.described, SAMPLES, print)
    for sample in range(SAMPLES):
        assert next(reading).sample == sample
        assert len(opened) == sample // 4 + 1


def test_a_file_that_vanishes_is_not_there(block):
    block.shard(0, 4)
    gone = block.shard(4, 8)
    block.part(8, 12, [8])
    reading = read_present(block.study_folder, block.described, SAMPLES, pytest.fail)
    assert next(reading).sample == 0
    gone.unlink()
    assert [rows.sample for rows in reading] == [1, 2, 3, 8]


def test_parts_that_a_shard_replaces_meanwhile_are_missed_by_nobody(block):
    block.shard(0, 4)
    block.part(4, 8, [4, 6])
    block.part(4, 8, [5], rank=1)
    reading = read_present(block.study_folder, block.described, SAMPLES, pytest.fail)
    assert next(reading).sample == 0
    block.shard(4, 8)
    assert valid_shard(block.folder, block.described, SampleRange(4, 8))  # which clears the parts
    assert list(block.folder.part_files()) == []
    assert [rows.sample for rows in reading] == [1, 2, 3, 4, 5, 6, 7]


def test_a_damaged_shard_is_named_once_whatever_happens_meanwhile(block):
    damaged = block.shard(0, 8)
    damaged.write_bytes(damaged.read_bytes()[:-100])
    block.shard(0, 4)
    block.part(4, 8, [5])
    said = []
    reading = read_present(block.study_folder, block.described, SAMPLES, said.append)
    assert next(reading).sample == 0
    block.shard(4, 8)
    assert valid_shard(block.folder, block.described, SampleRange(4, 8))
    assert [rows.sample for rows in reading] == [1, 2, 3, 4, 5, 6, 7]
    assert len(said) == 1


def test_a_link_that_leads_nowhere_ends(block):
    block.part(0, 12, [3])
    block.folder.path.mkdir(parents=True)
    os.symlink(block.results / "nowhere", block.folder.shard(0, 12))
    os.symlink(block.results / "nowhere", block.folder.part(0, 12, "2" * 12, 0))
    assert block.read() == ([3], [])


def test_all_readings_of_a_source_are_of_the_same_samples(block):
    block.part(0, 4, [1])
    source = Present(block.study_folder, [block.described], SAMPLES, pytest.fail)
    assert [rows.sample for rows in source.read(block.described)] == [1]
    block.shard(0, 4)
    assert [rows.sample for rows in source.read(block.described)] == [1]
    assert source.present() == {block.described.block: 1}
    later = Present(block.study_folder, [block.described], SAMPLES, pytest.fail)
    assert [rows.sample for rows in later.read(block.described)] == [0, 1, 2, 3]
