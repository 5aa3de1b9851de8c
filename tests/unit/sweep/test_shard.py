"""Shards: what is written is read bit by bit, and what is damaged or foreign raises ShardError."""

import json
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from studies import CHAIN, ETAS, PAIR, assert_same, rows_of

from syncsweep.config.blocks import Block as EtaBlock
from syncsweep.config.sizing import row_bytes
from syncsweep.layout import BlockFolder
from syncsweep.sample.rows import FIELDS
from syncsweep.sample_range import SampleRange
from syncsweep.sweep.description import Description, Unit
from syncsweep.sweep.row_table import RowsByUnit, column, to_table, unpacked
from syncsweep.sweep.shard import (
    ShardError,
    _digest,
    _statement,
    failed_units,
    most_bytes,
    read_run,
    read_shard,
    set_aside,
    write_shard,
)

DESCRIBED = Description("pair", PAIR, ETAS)
WHICH = DESCRIBED, SampleRange(2, 6)
NAMES = [field.name for field in FIELDS]


@pytest.fixture(scope="module")
def rows():
    return list(rows_of(PAIR, 6)[2:])


@pytest.fixture(scope="module")
def table(rows):
    return to_table(rows)


@pytest.fixture
def written(tmp_path, table):
    """A whole shard and its bytes."""
    path = tmp_path / "samples-000000002-000000006.parquet"
    write_shard(path, table, *WHICH, {"host": "here"})
    return path, path.read_bytes()


def bits(values):
    return np.ascontiguousarray(values).tobytes()


def stated(path):
    return json.loads(pq.read_schema(path).metadata[b"syncsweep"])


def forge(path, table, **changed):
    """A shard whose digest fits what it holds, whatever that is."""
    states = {**_statement(*WHICH), **changed}
    digest = _digest(table, states)
    metadata = {"syncsweep": json.dumps({**states, "digest": digest}), "syncsweep.run": "{}"}
    pq.write_table(table.replace_schema_metadata(metadata), path)


def test_rows_of_samples_are_read_as_they_were_written(written, rows):
    read = read_shard(written[0], *WHICH)
    assert set(read.column_names) == set(NAMES)
    assert read.num_rows == len(rows) * len(ETAS)
    for name in NAMES:
        expected = np.concatenate([getattr(sample, name) for sample in rows])
        values = column(read, name)
        assert values.shape == expected.shape
        if expected.dtype.kind == "U":
            assert values.tolist() == expected.tolist()
        else:
            assert values.dtype == expected.dtype
            assert bits(values) == bits(expected)


def test_rows_are_sorted_by_sample_and_eta(written):
    read = read_shard(written[0], *WHICH)
    assert column(read, "sample").tolist() == np.repeat(range(2, 6), len(ETAS)).tolist()
    assert column(read, "eta").tolist() == list(ETAS) * 4


def test_nan_infinity_and_negative_zero_survive(tmp_path, rows):
    strange = np.array([np.nan, -np.inf, -0.0])
    changed = [replace(sample, s_max=strange, residual=-strange) for sample in rows]
    path = tmp_path / "shard"
    write_shard(path, to_table(changed), *WHICH, {})
    assert_same(read_shard(path, *WHICH), to_table(changed))


def test_slices_and_chunks_make_the_same_shard(tmp_path, written, table):
    pieces = [table.slice(start, 3) for start in range(0, 12, 3)]
    read = read_shard(written[0], *WHICH)
    pieces[1] = read.slice(3, 3)
    path = tmp_path / "pieces"
    write_shard(path, pa.concat_tables(pieces), *WHICH, {})
    assert stated(path) == stated(written[0])
    assert_same(read_shard(path, *WHICH), table)


def test_what_belongs_to_a_run_is_not_part_of_the_identity(tmp_path, table):
    paths = [tmp_path / "one", tmp_path / "other"]
    runs = [{"host": "here", "began": 1.5}, {"host": "there", "ranks": 64, "note": "a" * 500}]
    for path, run in zip(paths, runs, strict=True):
        write_shard(path, table, *WHICH, run)
        assert read_run(path) == run
    assert stated(paths[0]) == stated(paths[1])
    assert_same(*(read_shard(path, *WHICH) for path in paths))


def test_shard_says_what_it_holds(written):
    says = stated(written[0])
    assert len(says.pop("digest")) == 64
    assert says == {
        "format": 1,
        "study": "pair",
        "physics_hash": PAIR.digest,
        "block": EtaBlock(ETAS).id,
        "etas": list(ETAS),
        "start": 2,
        "stop": 6,
    }


def test_equal_bytes_of_another_name_type_or_shape_have_another_digest():
    zeros = pa.array([0, 0, 0, 0])
    pairs = pa.FixedSizeListArray.from_arrays(zeros, 2)
    columns = [("a", zeros), ("b", zeros), ("a", zeros.cast("float64")), ("a", pairs)]
    tables = [pa.table({name: values}) for name, values in columns]
    assert len({bits(column(one, one.column_names[0])) for one in tables}) == 1
    assert len({_digest(one, {}) for one in tables}) == len(tables)


def test_digest_moves_with_the_last_bit_of_any_number(tmp_path, rows, written):
    floats = [name for name in NAMES if getattr(rows[0], name).dtype == float and name != "eta"]
    digests = {stated(written[0])["digest"]}
    for name in floats:
        values = getattr(rows[0], name).copy()
        values.reshape(-1)[-1] = np.nextafter(values.reshape(-1)[-1], np.inf)
        path = tmp_path / name
        write_shard(path, to_table([replace(rows[0], **{name: values}), *rows[1:]]), *WHICH, {})
        digests.add(stated(path)["digest"])
    assert len(digests) == len(floats) + 1


def test_digest_tells_where_one_word_ends(rows, tmp_path):
    digests = set()
    for words in (["ab", "c", "d"], ["a", "bc", "d"], ["a", "b", "cd"]):
        changed = replace(rows[0], status=np.array(words))
        write_shard(tmp_path / "shard", to_table([changed, *rows[1:]]), *WHICH, {})
        digests.add(stated(tmp_path / "shard")["digest"])
    assert len(digests) == 3


def test_missing_shard_is_not_a_damaged_one(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_shard(tmp_path / "none", *WHICH)


def test_parquet_file_without_identity_is_refused(tmp_path, table):
    path = tmp_path / "shard"
    pq.write_table(table, path)
    with pytest.raises(ShardError, match="is damaged"):
        read_shard(path, *WHICH)


WRONG_TABLES = {
    "column missing": lambda t: t.drop_columns(["residual"]),
    "column in excess": lambda t: t.append_column("note", pa.array([0.0] * len(t))),
    "column renamed": lambda t: t.rename_columns(
        ["smax" if name == "s_max" else name for name in t.column_names]
    ),
    "column doubled": lambda t: t.append_column("s_max", t.column("s_max")),
    "single precision": lambda t: cast(t, "s_max", pa.float32()),
    "single precision in lists": lambda t: cast(
        t, "s_d", pa.list_(pa.float32(), t.schema.field("s_d").type.list_size)
    ),
    "short samples": lambda t: cast(t, "sample", pa.int32()),
    "lists of any length": lambda t: cast(t, "s_d", pa.list_(pa.float64())),
    "flat coefficients": lambda t: t.set_column(
        t.column_names.index("s_d"), "s_d", t.column("s_max")
    ),
    "words as numbers": lambda t: t.set_column(
        t.column_names.index("status"), "status", t.column("s_max")
    ),
    "row missing": lambda t: t.slice(1),
    "row missing in the middle": lambda t: pa.concat_tables([t.slice(0, 4), t.slice(5)]),
    "sample missing": lambda t: t.slice(0, 9),
    "no rows": lambda t: t.slice(0, 0),
    "row doubled": lambda t: pa.concat_tables([t.slice(0, 1), t]),
    "sample doubled": lambda t: pa.concat_tables([t, t.slice(9)]),
    "row doubled for another": lambda t: t.take([0, 1, 1, *range(3, 12)]),
    "sample doubled for another": lambda t: t.take([0, 1, 2, 0, 1, 2, *range(6, 12)]),
    "rows exchanged": lambda t: t.take([0, 2, 1, *range(3, 12)]),
    "samples exchanged": lambda t: t.take([3, 4, 5, 0, 1, 2, *range(6, 12)]),
    "rows reversed": lambda t: t.take(list(range(11, -1, -1))),
    "empty cell": lambda t: with_null(t, "s_max"),
    "empty list": lambda t: with_null(t, "s_d"),
    "empty word": lambda t: with_null(t, "method"),
    "empty cell in a list": lambda t: with_null_in_list(t),
}


def cast(table, name, kind):
    place = table.column_names.index(name)
    return table.set_column(place, name, table.column(name).cast(kind))


def with_null(table, name):
    place = table.column_names.index(name)
    kind = table.schema.field(name).type
    values = [*table.column(name).to_pylist()[:-1], None]
    return table.set_column(place, name, pa.array(values, kind))


def with_null_in_list(table):
    place = table.column_names.index("s_d")
    values = table.column("s_d").to_pylist()
    values[3][1] = None
    return table.set_column(place, "s_d", pa.array(values, table.schema.field("s_d").type))


@pytest.mark.parametrize("kind", WRONG_TABLES)
def test_wrong_table_is_not_written(tmp_path, table, kind):
    path = tmp_path / "shard"
    path.write_bytes(b"old")
    wrong = WRONG_TABLES[kind](table)
    assert not wrong.equals(table)
    with pytest.raises(ShardError) as error:
        write_shard(path, wrong, *WHICH, {})
    assert "\n" not in str(error.value)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


# A forged digest, for tables of which one can be computed at all.
@pytest.mark.parametrize(
    "kind",
    [
        name
        for name in WRONG_TABLES
        if not name.startswith("empty") and name not in ("column doubled", "lists of any length")
    ],
)
def test_wrong_table_with_a_digest_that_fits_is_not_read(tmp_path, table, kind):
    path = tmp_path / "shard"
    forge(path, table)
    assert_same(read_shard(path, *WHICH), table)
    forge(path, WRONG_TABLES[kind](table))
    with pytest.raises(ShardError) as error:
        read_shard(path, *WHICH)
    assert str(error.value).startswith(f"{path}: ")
    assert "\n" not in str(error.value)


FOREIGN = {
    "study": (replace(DESCRIBED, study="other"), WHICH[1]),
    "physics": (replace(DESCRIBED, physics=CHAIN), WHICH[1]),
    "start": (DESCRIBED, SampleRange(1, 6)),
    "stop": (DESCRIBED, SampleRange(2, 7)),
    "shifted": (DESCRIBED, SampleRange(3, 7)),
    "values of η": (replace(DESCRIBED, etas=(0.0, 1e-3, 0.25)), WHICH[1]),
    "fewer values of η": (replace(DESCRIBED, etas=(0.0, 1e-3)), WHICH[1]),
}


@pytest.mark.parametrize("which", FOREIGN.values(), ids=FOREIGN)
def test_shard_of_something_else_is_refused(written, which):
    for reader in (read_shard, failed_units):
        with pytest.raises(ShardError, match="does not hold the rows that its name says") as error:
            reader(written[0], *which)
        assert str(written[0]) in str(error.value)


@pytest.mark.parametrize("which", FOREIGN.values(), ids=FOREIGN)
def test_shard_that_says_it_is_something_else_is_refused(tmp_path, table, which):
    path = tmp_path / "shard"
    forge(path, table, **_statement(*which))
    with pytest.raises(ShardError, match="does not hold the rows that its name says"):
        read_shard(path, *WHICH)


@pytest.mark.parametrize("said", [{"format": 2}, {"block": "eta-0-1-n3-01234567"}])
def test_shard_of_another_format_or_block_is_refused(tmp_path, table, said):
    forge(tmp_path / "shard", table, **said)
    with pytest.raises(ShardError, match="does not hold the rows"):
        read_shard(tmp_path / "shard", *WHICH)


def test_shard_under_the_name_of_another_is_refused(tmp_path, rows):
    """Two shards whose files were exchanged."""
    halves = [SampleRange(2, 4), SampleRange(4, 6)]
    for half in halves:
        table = to_table(rows[half.start - 2 : half.stop - 2])
        write_shard(tmp_path / f"{half.start}", table, DESCRIBED, half, {})
    for name, half in zip(("4", "2"), halves, strict=True):
        with pytest.raises(ShardError, match="does not hold the rows that its name says"):
            read_shard(tmp_path / name, DESCRIBED, half)


def test_failure_while_writing_leaves_the_old_shard_and_no_temporary_file(
    written, table, monkeypatch
):
    path, data = written
    whole = pq.write_table

    def cut_off(table, where, **options):
        whole(table, where, **options)
        where.truncate(where.tell() - 100)

    monkeypatch.setattr(pq, "write_table", cut_off)
    with pytest.raises(ShardError, match="is damaged"):
        write_shard(path, table, *WHICH, {})
    assert path.read_bytes() == data
    assert list(path.parent.iterdir()) == [path]


def test_disk_that_changes_a_number_is_noticed_before_the_old_shard_goes(
    written, table, monkeypatch
):
    path, data = written
    whole = pq.write_table

    def changed(table, where, **options):
        values = column(table, "s_max").copy()
        values[5] = np.nextafter(values[5], 1)
        place = table.column_names.index("s_max")
        whole(table.set_column(place, "s_max", pa.array(values)), where, **options)

    monkeypatch.setattr(pq, "write_table", changed)
    with pytest.raises(ShardError, match="its digest does not match its rows"):
        write_shard(path, table, *WHICH, {})
    assert path.read_bytes() == data
    assert list(path.parent.iterdir()) == [path]


def test_file_set_aside_keeps_its_bytes_under_its_own_name(written):
    path, data = written
    block = BlockFolder(path.parent)
    kept = [set_aside(block, path)]
    assert not path.exists()
    path.write_bytes(b"again")
    kept.append(set_aside(block, path))
    assert kept[0] != kept[1]
    assert [file.read_bytes() for file in kept] == [data, b"again"]
    for file in kept:
        assert file.parent == block.jobs
        assert file.name.startswith(f"{path.name}.damaged-")
    with pytest.raises(FileNotFoundError):
        set_aside(block, path)


@pytest.mark.parametrize("per_table", [1, 2, 3, 100])
def test_rows_by_sample_give_back_what_was_added(rows, monkeypatch, per_table):
    monkeypatch.setattr("syncsweep.sweep.row_table._TABLES_AT_ONCE", per_table)
    kept = RowsByUnit()
    assert unpacked(*kept.packed()) == {}
    order = [Unit((), sample) for sample in (5, 2, 4, 3)]
    for unit in order:
        kept.add([unit], to_table([rows[unit.sample - 2]]))
    units, whole = kept.packed()
    assert units == order
    assert all(column.num_chunks == 1 for column in whole.columns)
    found = unpacked(units, whole)
    assert list(found) == order
    for unit, table in found.items():
        assert_same(table, to_table([rows[unit.sample - 2]]))


def test_footer_of_good_rows_tells_that_none_failed(written, monkeypatch):
    monkeypatch.setattr(pq.ParquetFile, "read", lambda *_, **__: pytest.fail("rows are read"))
    assert failed_units(written[0], *WHICH) == []


@pytest.mark.parametrize("statistics", [True, False])
def test_samples_with_a_row_that_is_not_ok_are_told(tmp_path, rows, monkeypatch, statistics):
    path = tmp_path / "shard"
    bad = [replace(r, status=np.array(["ok", s, "ok"])) for r, s in zip(rows, WORDS, strict=True)]
    write = pq.write_table

    def write_table(*arguments, **options):
        write(*arguments, **{**options, "write_statistics": statistics})

    monkeypatch.setattr(pq, "write_table", write_table)
    write_shard(path, to_table(bad), *WHICH, {})
    assert failed_units(path, *WHICH) == [Unit((), 3), Unit((), 5)]


@pytest.mark.parametrize("etas", [(0.0,), (0.0, 0.5), (0.1,)])
def test_filters_find_the_rows_of_an_eta(tmp_path, etas):
    """Arrow misreads the statistics of a row group of zeros, so there must be none."""
    path, described = tmp_path / "shard.parquet", Description("pair", PAIR, etas)
    write_shard(path, to_table(rows_of(PAIR, 4, etas)), described, SampleRange(0, 4), {})
    for eta in etas:
        for condition in (ds.field("eta") == eta, ds.field("eta").isin([eta])):
            assert ds.dataset(path).to_table(filter=condition).num_rows == 4
    statistics = pq.read_metadata(path).row_group(0).column(1).statistics
    assert (statistics is None) == (etas == (0.0,))
    assert failed_units(path, described, SampleRange(0, 4)) == []


WORDS = ("ok", "degenerate", "ok", "inaccurate")


def test_footer_that_is_cut_off_is_refused(written):
    path, data = written
    for size in range(0, len(data), 97):
        path.write_bytes(data[:size])
        with pytest.raises(ShardError, match="is damaged"):
            failed_units(path, *WHICH)
    path.unlink()
    with pytest.raises(FileNotFoundError):
        failed_units(path, *WHICH)


def test_a_whole_shard_of_six_spins_is_not_too_large_to_be_read():
    assert most_bytes(10**6) > 10**6 * row_bytes((1.0,) * 6)
