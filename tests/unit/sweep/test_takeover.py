"""Rows that are there already: found in shards and parts of any job, and cleared when covered."""

import os
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from studies import ETAS, PAIR, Block, assert_same, rows_of

from syncsweep.config.observables import SiteObservable, StateObservable
from syncsweep.config.physics import Physics
from syncsweep.layout import BlockFolder, study_folder
from syncsweep.sample.sample_solver import SampleSolver
from syncsweep.sample_range import SampleRange
from syncsweep.sweep import description
from syncsweep.sweep.description import Description, Unit
from syncsweep.sweep.parts import PartWriter
from syncsweep.sweep.row_table import column, to_table
from syncsweep.sweep.shard import ShardError, read_shard, write_shard
from syncsweep.sweep.takeover import (
    clear_leftovers,
    find_rows,
    set_aside_damaged,
    valid_shard,
)

OTHER = Physics(model=PAIR.model, ensemble=PAIR.ensemble, root_seed=2)
ATTEMPT = "0123456789ab"


@pytest.fixture(scope="module")
def rows():
    return rows_of(PAIR, 12)


class Finding(Block):
    """A block and what a job finds there."""

    def find(self, start, stop):
        return find_rows(self.folder, self.described, SampleRange(start, stop))


@pytest.fixture
def block(tmp_path):
    block = Finding(tmp_path, 12)
    block.folder.path.mkdir(parents=True)
    block.folder.parts.mkdir(parents=True)
    return block


def damage(path):
    path.write_bytes(path.read_bytes()[:-100])


def assert_rows(found, expected, rows):
    """The samples found, each with its own rows, bit by bit."""
    assert sorted(found.rows) == [Unit((), sample) for sample in expected]
    for unit, table in found.rows.items():
        assert_same(table, to_table([rows[unit.sample]]))


def marked(rows):
    """The same rows with a residual that tells them apart."""
    return [replace(sample, residual=np.full(len(ETAS), 0.125)) for sample in rows]


def test_nothing_is_found_where_nothing_is(block):
    found = block.find(0, 12)
    assert (found.rows, found.from_shards, found.from_parts, found.messages) == ({}, 0, 0, [])


@pytest.mark.parametrize(
    ("shards", "wanted", "expected"),
    [
        ([(0, 4)], (0, 12), range(0, 4)),  # more samples, same chunk size
        ([(0, 4), (4, 8)], (0, 8), range(0, 8)),  # larger chunks
        ([(0, 8)], (0, 4), range(0, 4)),  # smaller chunks
        ([(0, 8)], (4, 8), range(4, 8)),
        ([(0, 5), (5, 10)], (3, 9), range(3, 9)),  # chunks that do not divide each other
        ([(0, 5), (3, 9), (0, 12)], (1, 12), range(1, 12)),  # shards that overlap
        ([(0, 4), (8, 12)], (2, 10), [2, 3, 8, 9]),
        ([(0, 4)], (4, 8), []),
    ],
)
def test_rows_come_from_shards_of_any_chunk_size(block, rows, shards, wanted, expected):
    for shard in shards:
        block.shard(*shard)
    found = block.find(*wanted)
    assert_rows(found, expected, rows)
    assert (found.from_shards, found.from_parts) == (len(expected), 0)
    assert found.messages == []


def test_rows_come_from_parts_of_any_job_and_rank(block, rows):
    block.part(0, 8, [0, 2], rank=0)
    block.part(0, 8, [1], rank=1)
    block.part(8, 12, [9, 8], rank=0)
    assert_rows(block.find(0, 12), [0, 1, 2, 8, 9], rows)
    found = block.find(1, 9)
    assert_rows(found, [1, 2, 8], rows)
    assert (found.from_shards, found.from_parts) == (0, 3)


def test_rows_of_shards_and_parts_make_the_same_shard_as_solving(block, rows):
    block.shard(0, 3)
    block.part(0, 12, [3, 5, 7])
    block.shard(8, 10)
    found = block.find(0, 12)
    assert_rows(found, [0, 1, 2, 3, 5, 7, 8, 9], rows)
    assert (found.from_shards, found.from_parts) == (5, 3)
    tables = [found.rows.get(Unit((), i), to_table([rows[i]])) for i in range(12)]
    paths = [block.folder.path / name for name in ("mixed", "solved")]
    write_shard(paths[0], pa.concat_tables(tables), block.described, SampleRange(0, 12), {})
    write_shard(paths[1], to_table(rows), block.described, SampleRange(0, 12), {})
    mixed, solved = (pq.read_schema(path).metadata[b"syncsweep"] for path in paths)
    assert mixed == solved


def test_shards_come_before_parts(block, rows):
    block.part(0, 4, [1, 2], rows=marked(rows))
    block.shard(0, 2)
    found = block.find(0, 4)
    assert_rows(
        replace(found, rows={Unit((), i): found.rows[Unit((), i)] for i in (0, 1)}), [0, 1], rows
    )
    assert column(found.rows[Unit((), 2)], "residual").tolist() == [0.125] * len(ETAS)
    assert (found.from_shards, found.from_parts) == (2, 1)


def test_damaged_shard_is_set_aside_with_a_message_and_the_rest_is_taken(block, rows):
    damaged = block.shard(0, 4)
    block.shard(4, 8)
    block.part(0, 4, [2])
    damage(damaged)
    data = damaged.read_bytes()
    found = block.find(0, 8)
    assert_rows(found, [2, 4, 5, 6, 7], rows)
    assert (found.from_shards, found.from_parts) == (4, 1)
    (message,) = found.messages
    assert "\n" not in message
    assert message.startswith(f"{damaged}: is damaged")
    assert not damaged.exists()
    (kept,) = block.folder.jobs.glob("*.damaged-*")
    assert message.endswith(f"set aside as {kept}")
    assert kept.name.startswith(damaged.name)
    assert kept.read_bytes() == data
    # The next job finds the same rows and has nothing to say.
    again = block.find(0, 8)
    assert_rows(again, [2, 4, 5, 6, 7], rows)
    assert again.messages == []


def test_rows_of_a_damaged_shard_are_taken_from_another_that_holds_them(block, rows):
    damage(block.shard(0, 4))
    block.shard(0, 8)
    found = block.find(0, 4)
    assert_rows(found, range(4), rows)
    assert len(found.messages) == 1


def test_damaged_shard_that_is_not_needed_is_left_alone(block):
    damaged = block.shard(8, 12)
    damage(damaged)
    assert block.find(0, 8).messages == []
    assert damaged.exists()


def test_shard_of_other_samples_under_a_wrong_name_gives_nothing(block):
    os.replace(block.shard(0, 4), block.folder.shard(4, 8))
    found = block.find(0, 12)
    assert found.rows == {}
    assert "does not hold the rows that its name says" in found.messages[0]


def test_shard_and_part_of_another_physics_give_nothing(block):
    foreign = replace(block.described, physics=OTHER)
    samples = SampleRange(0, 4)
    write_shard(block.folder.shard(*samples), to_table(block.rows[:4]), foreign, samples, {})
    block.part(0, 12, [5], of=foreign)
    block.part(0, 12, [6], of=replace(block.described, etas=(0.1,)), rank=1)
    found = block.find(0, 12)
    assert found.rows == {}
    assert len(found.messages) == 1


def test_damaged_part_gives_its_whole_records(block, rows):
    path = block.part(0, 4, [0, 1, 2])
    path.write_bytes(path.read_bytes()[:-3])
    found = block.find(0, 4)
    assert_rows(found, [0, 1], rows)
    assert found.messages == []


def test_part_with_columns_of_another_version_does_not_spoil_the_shard(block, rows):
    """Part and shard must concatenate, whatever version of the code has written the part."""
    table = to_table([rows[1]])
    path = block.folder.part(0, 4, ATTEMPT, 0)
    older = PartWriter(path, block.described)
    buffer = pa.BufferOutputStream()
    with pa.ipc.new_stream(buffer, table.drop_columns(["condition"]).schema) as stream:
        stream.write_table(table.drop_columns(["condition"]))
    older._write(buffer.getvalue().to_pybytes())
    older.close()
    block.shard(2, 4)
    found = block.find(0, 4)
    tables = [found.rows.get(Unit((), i), to_table([rows[i]])) for i in range(4)]
    samples = SampleRange(0, 4)
    write_shard(
        block.folder.shard(*samples), pa.concat_tables(tables), block.described, samples, {}
    )
    assert valid_shard(block.folder, block.described, samples)


def test_valid_shard_is_seen_and_what_it_covers_is_cleared(block):
    assert valid_shard(block.folder, block.described, SampleRange(0, 4)) is False
    part = block.part(0, 4, [0])
    assert valid_shard(block.folder, block.described, SampleRange(0, 4)) is False
    assert part.exists()
    block.shard(0, 4)
    assert valid_shard(block.folder, block.described, SampleRange(0, 4)) is True
    assert not part.exists()


def test_damaged_shard_is_not_valid_and_clears_nothing(block):
    part = block.part(0, 4, [0])
    damage(block.shard(0, 4))
    with pytest.raises(ShardError):
        valid_shard(block.folder, block.described, SampleRange(0, 4))
    assert part.exists()
    assert block.folder.shard(0, 4).exists()


def test_only_leftovers_that_a_shard_covers_are_cleared(block):
    def temporary(start, stop):
        return block.folder.jobs / f".{block.folder.shard(start, stop).name}.{ATTEMPT}.tmp"

    covered = [
        block.part(2, 6, []),
        block.part(2, 4, [], rank=1),
        block.part(4, 6, []),
        temporary(2, 6),
        temporary(3, 4),
    ]
    kept = [
        block.part(0, 4, []),  # overlaps
        block.part(4, 8, []),
        block.part(0, 8, []),  # holds it
        block.part(6, 8, []),  # elsewhere
        temporary(0, 8),
        block.shard(2, 6),
        block.shard(2, 4),
        block.folder.parts / "notes.txt",
        block.folder.damaged(block.folder.shard(2, 6)),
        block.folder.description,
    ]
    for path in covered + kept:
        path.touch()
    clear_leftovers(block.folder, SampleRange(2, 6))
    assert [path for path in covered if path.exists()] == []
    assert [path for path in kept if not path.exists()] == []


def set_aside(block, chunks, newer_than):
    ranges = [SampleRange(*chunk) for chunk in chunks]
    set_aside_damaged(block.folder.path.parent, block.described, ranges, newer_than)


def test_damaged_shards_newer_than_a_file_are_set_aside(block, tmp_path, capsys):
    tables = tmp_path / "summary.parquet"
    tables.touch()
    # In the future, so that what happens to the shards now is older by time of change as well.
    at = tables.stat().st_mtime_ns + 3600 * 10**9
    os.utime(tables, ns=(at, at))
    chunks = [(0, 4), (4, 8), (8, 12)]
    paths = [block.shard(*chunk) for chunk in chunks]
    for path, shift in zip(paths, (-1000, 0, 1000), strict=True):
        damage(path)
        os.utime(path, ns=(at + shift, at + shift))
    set_aside(block, chunks, newer_than=tables)
    assert [path.exists() for path in paths] == [True, False, False]
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    for line, path in zip(lines, paths[1:], strict=True):
        (kept,) = block.folder.jobs.glob(f"{path.name}.damaged-*")
        assert line.startswith(f"warning: {path}: is damaged")
        assert line.endswith(f"set aside as {kept}, and will be made again")


def test_without_the_file_all_shards_are_looked_at(block, tmp_path, capsys):
    chunks = [(0, 4), (4, 8)]
    paths = [block.shard(*chunk) for chunk in chunks]
    damage(paths[0])
    os.utime(paths[0], ns=(0, 0))
    set_aside(block, chunks, newer_than=tmp_path / "none")
    assert [path.exists() for path in paths] == [False, True]
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_whole_missing_and_unwanted_shards_are_left_alone(block, tmp_path, capsys):
    whole, unwanted = block.shard(0, 4), block.shard(0, 8)
    damage(unwanted)
    before = sorted(block.folder.path.iterdir())
    set_aside(block, [(0, 4), (4, 8)], newer_than=tmp_path / "none")
    assert sorted(block.folder.path.iterdir()) == before
    read_shard(whole, block.described, SampleRange(0, 4))
    assert capsys.readouterr().err == ""


def test_a_copy_that_kept_an_old_time_is_looked_at(block, tmp_path, capsys):
    tables = tmp_path / "summary.parquet"
    tables.touch()
    path = block.shard(0, 4)
    damage(path)
    os.utime(path, ns=(0, 0))
    set_aside(block, [(0, 4)], newer_than=tables)
    assert not path.exists()
    assert "made again" in capsys.readouterr().err


def test_a_dangling_link_is_set_aside(block, tmp_path, capsys):
    path = block.shard(0, 4)
    path.unlink()
    path.symlink_to(tmp_path / "nowhere")
    set_aside(block, [(0, 4)], newer_than=tmp_path / "none")
    assert not path.is_symlink()
    assert f"warning: {path}: is a dangling link" in capsys.readouterr().err


def test_rows_of_a_block_with_more_observables_serve_one_with_fewer(tmp_path):
    purity = StateObservable(name="purity")
    sz = SiteObservable(name="expectation", operator="sz", site=1)
    solver = SampleSolver(PAIR, ETAS, (sz, purity))
    rows = [solver.rows(sample) for sample in range(3)]
    rich, plain, poor, other = (
        Description("pair", PAIR, ETAS, observables=codes)
        for codes in ((sz, purity), (), (purity,), (purity, StateObservable(name="l1_coherence")))
    )
    study = study_folder(tmp_path, "pair", PAIR.digest)
    description.write(study, [rich, plain, poor, other])
    folder = BlockFolder(study / rich.block)
    shard, job = SampleRange(0, 2), SampleRange(0, 3)
    write_shard(folder.shard(*shard), to_table(rows[:2]), rich, shard, {})
    folder.parts.mkdir(parents=True)
    writer = PartWriter(folder.part(*job, ATTEMPT, 0), rich)
    writer.append(rows[2])
    writer.close()
    for block, names in ((poor, ["purity"]), (plain, [])):
        found = find_rows(BlockFolder(study / block.block), block, job)
        assert (found.from_shards, found.from_parts) == (2, 1)
        for unit, table in found.rows.items():
            observables = {name: rows[unit.sample].observables[name] for name in names}
            assert_same(table, to_table([replace(rows[unit.sample], observables=observables)]))
    assert find_rows(BlockFolder(study / other.block), other, job).rows == {}
