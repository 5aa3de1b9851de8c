"""Parts: whatever is cut off or damaged is left out, and every whole record is found."""

import dataclasses
import errno
import os
import random
import tracemalloc

import pytest
from studies import CHAIN, ETAS, PAIR, rows_of

from syncsweep.sweep.description import Description
from syncsweep.sweep.parts import PartWriter, Records, count_records, read_part
from syncsweep.sweep.row_table import to_table

DESCRIBED = Description("pair", PAIR, ETAS)
SAMPLES = [7, 3, 11]


@pytest.fixture(scope="module")
def rows():
    return {i: rows_of(PAIR, 12)[i] for i in SAMPLES}


@pytest.fixture
def part(tmp_path, rows):
    """A part of three samples, its bytes, and where each record ends, the header's first."""
    path = tmp_path / "part"
    writer = PartWriter(path, DESCRIBED)
    ends = [path.stat().st_size]
    for sample in rows.values():
        writer.append(sample)
        ends.append(path.stat().st_size)
    writer.close()
    return path, path.read_bytes(), ends


def assert_found(path, expected, rows):
    """Exactly the samples `expected` are found, in this order, with bit-equal rows."""
    found = list(read_part(path, DESCRIBED))
    assert [unit.sample for unit, _ in found] == expected
    for unit, table in found:
        assert table.equals(to_table([rows[unit.sample]]))


def test_rows_are_read_as_they_were_written(part, rows):
    assert_found(part[0], SAMPLES, rows)


def test_part_that_fails_to_be_synced_is_named(tmp_path, monkeypatch):
    writer = PartWriter(tmp_path / "part", DESCRIBED)

    def fails(descriptor):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(OSError) as error:
        writer.close()
    assert error.value.filename == str(tmp_path / "part")


def test_part_has_the_mode_that_the_umask_leaves(tmp_path):
    before = os.umask(0o002)
    try:
        PartWriter(tmp_path / "part", DESCRIBED).close()
    finally:
        os.umask(before)
    assert (tmp_path / "part").stat().st_mode & 0o777 == 0o664


def test_append_returns_the_rows_as_they_stand_in_a_shard(tmp_path, rows):
    writer = PartWriter(tmp_path / "part", DESCRIBED)
    table = writer.append(rows[7])
    writer.close()
    assert table.equals(to_table([rows[7]]))


def test_record_can_be_read_while_the_part_is_still_open(tmp_path, rows):
    path = tmp_path / "part"
    writer = PartWriter(path, DESCRIBED)
    assert_found(path, [], rows)
    for count, sample in enumerate(SAMPLES, 1):
        writer.append(rows[sample])
        assert_found(path, SAMPLES[:count], rows)
    writer.close()


def test_part_is_only_ever_appended_to(part, rows):
    _, data, ends = part
    assert data.startswith(b"SYNC")
    assert len(data) == ends[-1]
    assert sorted(set(ends)) == ends


def test_part_cut_off_after_any_byte_holds_the_whole_records_before(part, rows):
    path, data, ends = part
    around = {end + shift for end in ends for shift in (*range(-30, 31, 3), -1, 1)}
    positions = {*range(0, ends[0] + 30, 3), *around, *range(0, len(data), 97)}
    for position in sorted(p for p in positions if 0 <= p <= len(data)):
        path.write_bytes(data[:position])
        whole = sum(end <= position for end in ends[1:])
        assert_found(path, SAMPLES[:whole], rows)


def test_flipped_byte_costs_its_own_record_only(part, rows):
    path, data, ends = part
    rng = random.Random(1)
    bounds = list(zip([0, *ends], ends, strict=False))
    for record, (start, stop) in enumerate(bounds):
        near = [*range(start, start + 30), stop - 1]  # magic word, length, digest; last byte
        for position in [*near, *rng.sample(range(start, stop), 25)]:
            changed = bytearray(data)
            changed[position] ^= rng.randrange(1, 256)
            path.write_bytes(changed)
            # Without the header, nobody knows whose rows these are.
            kept = [] if record == 0 else [s for s in SAMPLES if s != SAMPLES[record - 1]]
            assert_found(path, kept, rows)


def test_many_flipped_bytes_never_give_wrong_rows(part, rows):
    path, data, ends = part
    rng = random.Random(2)
    for _ in range(100):
        changed = bytearray(data)
        touched = set()
        for position in rng.sample(range(len(data)), rng.choice([2, 5, 20])):
            changed[position] ^= rng.randrange(1, 256)
            touched.add(sum(end <= position for end in ends))
        path.write_bytes(changed)
        whole = [s for record, s in enumerate(SAMPLES, 1) if record not in touched]
        assert_found(path, [] if 0 in touched else whole, rows)


def test_hole_of_zeros_costs_the_records_it_touches_only(part, rows):
    """What a file system may leave of the last writes before a machine goes down."""
    path, data, ends = part
    for start, stop, kept in [
        (ends[0], ends[1], SAMPLES[1:]),
        (ends[1] - 5, ends[2] + 5, []),
        (ends[2], ends[3], SAMPLES[:2]),
        (ends[1] + 30, ends[1] + 90, [7, 11]),
    ]:
        path.write_bytes(data[:start] + bytes(stop - start) + data[stop:])
        assert_found(path, kept, rows)


def test_garbage_between_records_is_passed_over(part, rows):
    path, data, ends = part
    for garbage in (b"S", b"SYNC", b"SYNC" * 20, b"\xff" * 100, data[ends[0] : ends[1] - 1]):
        path.write_bytes(data[: ends[1]] + garbage + data[ends[1] :])
        assert_found(path, SAMPLES, rows)


def test_record_within_a_damaged_record_is_not_lost(part, rows):
    """A header whose length reaches far beyond: the search goes on behind the magic word."""
    path, data, ends = part
    longer = data[ends[0] + 4 : ends[0] + 12]
    length = int.from_bytes(longer, "little") + (ends[2] - ends[1])
    changed = data[: ends[0] + 4] + length.to_bytes(8, "little") + data[ends[0] + 12 :]
    path.write_bytes(changed)
    assert_found(path, SAMPLES[1:], rows)


FOREIGN = [{"physics": CHAIN}, {"etas": (0.1, 3.0, 4.0)}]


@pytest.mark.parametrize("foreign", FOREIGN)
def test_part_of_another_physics_or_block_gives_nothing(part, foreign):
    assert list(read_part(part[0], dataclasses.replace(DESCRIBED, **foreign))) == []


def test_rows_without_a_header_give_nothing(part, rows):
    path, data, ends = part
    path.write_bytes(data[ends[0] :])
    assert_found(path, [], rows)
    path.write_bytes(data[ends[0] :] + data[: ends[0]])
    assert_found(path, [], rows)


def test_part_that_is_there_is_not_written_again(part, rows):
    path, data, _ = part
    with pytest.raises(FileExistsError):
        PartWriter(path, DESCRIBED)
    assert path.read_bytes() == data


def test_part_without_its_folder_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError):
        PartWriter(tmp_path / "parts" / "part", DESCRIBED)


def test_missing_part_is_not_an_empty_one(tmp_path):
    with pytest.raises(FileNotFoundError):
        list(read_part(tmp_path / "part", DESCRIBED))


def test_records_are_counted_while_the_part_grows(tmp_path, rows):
    path = tmp_path / "part"
    with pytest.raises(FileNotFoundError):
        count_records(path, DESCRIBED)
    writer = PartWriter(path, DESCRIBED)
    assert count_records(path, DESCRIBED) == Records(0)
    for count, sample in enumerate(SAMPLES, 1):
        writer.append(rows[sample])
        assert count_records(path, DESCRIBED) == Records(count)
    writer.close()


def test_record_that_is_cut_off_is_not_counted(part):
    path, data, ends = part
    for position in range(0, len(data), 41):
        path.write_bytes(data[:position])
        whole = sum(end <= position for end in ends[1:])
        assert count_records(path, DESCRIBED) == Records(whole)


def test_count_ends_at_a_damaged_record_and_says_so(part):
    path, data, ends = part
    for start, count in ((0, 0), (ends[0], 0), (ends[1], 1), (ends[2], 2)):
        path.write_bytes(data[:start] + b"HOLE" + data[start + 4 :])
        assert count_records(path, DESCRIBED) == Records(count, "has a damaged record")


def test_records_of_something_else_and_of_no_file_do_not_count(part, tmp_path):
    path, data, _ = part
    for foreign in FOREIGN:
        other = dataclasses.replace(DESCRIBED, **foreign)
        assert count_records(path, other) == Records(0, "holds rows of another study or block")
    # A first record of the right length or longer, with other bytes.
    path.write_bytes(data[:28] + b"?" + data[29:])
    assert count_records(path, DESCRIBED) == Records(0, "holds rows of another study or block")
    os.mkfifo(tmp_path / "pipe")
    found = count_records(tmp_path / "pipe", DESCRIBED)
    assert found == Records(0, "cannot be read (it is not a regular file)")


def test_record_far_behind_a_hole_is_found_and_the_hole_is_not_loaded(part, rows):
    path, data, ends = part
    tracemalloc.start()
    with open(path, "wb") as file:
        file.write(data[: ends[1]])
        for record in (data[ends[1] : ends[2]], data[ends[2] :]):
            file.seek(2**26, os.SEEK_CUR)
            file.write(b"SY" + record)
    assert_found(path, SAMPLES, rows)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 2**24


def test_record_that_claims_to_be_huge_is_passed_over_without_loading_it(part, rows):
    path, data, ends = part
    with open(path, "wb") as file:
        file.write(data[: ends[0]] + b"SYNC" + (2**40).to_bytes(8, "little") + bytes(16))
        file.write(data[ends[0] :])
        file.truncate(2**41)
    assert_found(path, SAMPLES, rows)


@pytest.mark.parametrize("shift", range(-5, 6))
def test_magic_word_is_found_wherever_blocks_meet(part, rows, shift):
    path, data, ends = part
    path.write_bytes(data[: ends[0]] + bytes(2**20 + shift) + data[ends[0] :])
    assert_found(path, SAMPLES, rows)


def test_holes_are_passed_over_unread(part, rows):
    """Reading what `truncate` can make of a part would take hours."""
    path, data, ends = part
    path.write_bytes(data)
    os.truncate(path, 2**42)
    assert_found(path, SAMPLES, rows)
    with open(path, "r+b") as file:
        file.seek(2**41 + 5)
        file.write(data[ends[0] : ends[1]])
    assert_found(path, [*SAMPLES, SAMPLES[0]], rows)
    path.write_bytes(b"")
    os.truncate(path, 2**42)
    assert_found(path, [], rows)


def test_part_is_read_where_the_file_system_tells_of_no_holes(part, rows, monkeypatch):
    path, data, ends = part
    path.write_bytes(data[: ends[1]] + bytes(100) + data[ends[1] :])

    def refused(*_):
        raise OSError(errno.EINVAL, "Invalid argument")

    monkeypatch.setattr(os, "lseek", refused)
    assert list(SAMPLES) == [unit.sample for unit, _ in read_part(path, DESCRIBED)]
