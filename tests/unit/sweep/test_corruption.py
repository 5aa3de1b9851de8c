"""Whatever happens to the bytes of a shard, it is refused, or it holds the same rows as before."""

import json
from collections import Counter

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from damage import damaged
from studies import ETAS, PAIR, put_shard, rows_of

from syncsweep.sample_range import SampleRange
from syncsweep.sweep.description import Description
from syncsweep.sweep.row_table import column
from syncsweep.sweep.shard import ShardError, failed_units, read_run, read_shard

WHICH = Description("pair", PAIR, ETAS), SampleRange(0, 4)


@pytest.fixture(scope="module")
def shard(tmp_path_factory):
    return put_shard(tmp_path_factory.mktemp("whole"), "pair", PAIR, rows_of(PAIR)[:4], 0)


@pytest.fixture
def place(tmp_path):
    """Where the corrupted shard goes."""
    return tmp_path / "samples-000000000-000000004.parquet"


def content(table):
    """All that the digest covers: the identity, and the columns with their types and bits."""
    identity = json.loads(table.schema.metadata[b"syncsweep"])
    columns = []
    for name in table.column_names:
        values = column(table, name)
        bits = values.tolist() if values.dtype == object else values.tobytes()
        columns.append((name, table.schema.field(name).type, values.shape, bits))
    return identity, columns


def flipped(data):
    """Copies with one bit changed, of every 29th byte, one after the other."""
    for index in range(0, len(data), 29):
        changed = bytearray(data)
        changed[index] ^= 1 << index % 8
        yield "bit", bytes(changed)


def test_corrupted_shards_are_refused_or_hold_the_same(shard, place):
    """And so are their footers, which are read alone too."""
    data, expected = shard.read_bytes(), content(read_shard(shard, *WHICH))
    assert len(data) > 2 * 2048
    trials, refused, of_footer = Counter(), Counter(), 0
    pool = pa.default_memory_pool()
    most = max(pool.max_memory(), 2**24)
    for kind, changed in (*damaged(data, 600, seed=2024), *flipped(data)):
        place.write_bytes(changed)
        trials[kind] += 1
        try:
            table = read_shard(place, *WHICH)
        except ShardError as error:
            assert str(error).startswith(f"{place}: ") and "\n" not in str(error)
            refused[kind] += 1
        else:
            assert content(table) == expected, kind
        assert pool.max_memory() <= most, kind
        try:
            assert set(failed_units(place, *WHICH)) <= set(WHICH[0].units(WHICH[1]))
        except ShardError as error:
            assert str(error).startswith(f"{place}: ") and "\n" not in str(error)
            of_footer += 1
    # The other bits are of words that the digest does not cover, such as what the columns mean.
    assert refused["bit"] > 0.5 * trials["bit"]
    assert refused.total() - refused["bit"] > 0.85 * 600 and of_footer > 600 // 3
    # Nothing that is cut off is whole.
    assert refused["cut"] == trials["cut"] > 0


def written(place, table, metadata=None, **options):
    identity = json.dumps(metadata) if metadata is not None else "{}"
    pq.write_table(table.replace_schema_metadata({"syncsweep": identity}), place, **options)


def whole_table(shard):
    return read_shard(shard, *WHICH)


def with_column(table, name, values):
    return table.set_column(table.column_names.index(name), name, values)


HOSTILE_TABLES = {
    "another schema": lambda t: pa.table({"x": [1.5] * 12}),
    "no columns": lambda t: t.select([]),
    "no rows": lambda t: t.slice(0, 0),
    "structures": lambda t: with_column(t, "s_max", pa.array([{"a": [{"b": 1.5}]}] * 12)),
    "lists of lists": lambda t: with_column(t, "s_d", pa.array([[[1.0], [2.0]]] * 12)),
    "maps": lambda t: with_column(
        t, "status", pa.array([[("a", 1)]] * 12, pa.map_(pa.string(), pa.int64()))
    ),
    "a huge word": lambda t: with_column(t, "status", pa.array(["x" * 2**25] + ["ok"] * 11)),
    "many columns": lambda t: pa.table({f"c{k}": [0.0] * 12 for k in range(5000)}),
    "times": lambda t: with_column(t, "eta", pa.array([0] * 12, pa.timestamp("ns", "Mars/Base"))),
    "decimals": lambda t: with_column(t, "eta", pa.array([1] * 12).cast(pa.decimal128(38, 9))),
    "nothing but nulls": lambda t: with_column(t, "s_max", pa.nulls(12)),
}


@pytest.mark.parametrize("kind", HOSTILE_TABLES)
def test_other_parquet_files_are_refused(shard, place, kind):
    written(place, HOSTILE_TABLES[kind](whole_table(shard)))
    assert_refused(place)


def test_file_of_very_many_row_groups_is_refused(shard, place):
    table = pa.concat_tables([whole_table(shard).select(["sample"])] * 500)
    written(place, table, row_group_size=1)
    assert_refused(place)


STATED = [
    None,
    0,
    [],
    "digest",
    {},
    {"digest": None},
    {"digest": ["x"]},
    {"digest": {"a": 1}, "etas": "x"},
]


@pytest.mark.parametrize("stated", STATED, ids=repr)
def test_metadata_of_wrong_types_is_refused(shard, place, stated):
    table = whole_table(shard).replace_schema_metadata({"syncsweep": json.dumps(stated)})
    pq.write_table(table, place)
    assert_refused(place)


@pytest.mark.parametrize("text", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b"1" * 5000])
def test_metadata_that_is_no_json_is_refused(shard, place, text):
    pq.write_table(whole_table(shard).replace_schema_metadata({b"syncsweep": text}), place)
    assert_refused(place)


def assert_refused(place):
    with pytest.raises(ShardError) as caught:
        read_shard(place, *WHICH)
    assert str(caught.value).startswith(f"{place}: ") and "\n" not in str(caught.value)
    assert len(str(caught.value)) < len(str(place)) + 100


def test_dangling_link_is_a_missing_file(place):
    place.symlink_to(place.parent / "nowhere")
    with pytest.raises(FileNotFoundError):
        read_shard(place, *WHICH)


def test_link_to_a_whole_shard_is_read(shard, place):
    place.symlink_to(shard)
    assert content(read_shard(place, *WHICH)) == content(whole_table(shard))


@pytest.mark.parametrize("run", [None, b"{", b"[1]", b"[" * 10**5])
def test_a_shard_that_cannot_say_who_made_it_says_nothing(shard, place, run):
    table = pq.read_table(shard)
    metadata = {b"syncsweep.run": run} if run else {}
    pq.write_table(table.replace_schema_metadata(metadata), place)
    assert read_run(place) == {}
