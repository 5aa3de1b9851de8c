"""Properties of what reads files: any bytes are refused in one line, or mean what was written."""

import contextlib
import hashlib
import io
import json
import shutil
import struct
from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from studies import CHAIN, ETAS, PAIR, Block, StudyOnDisk, blocks_of, rows_of

from syncsweep.cli.main import main
from syncsweep.config.blocks import Block as EtaBlock
from syncsweep.layout import (
    BlockFolder,
    shard_name,
    study_file,
    study_folder,
    tables_folder,
)
from syncsweep.sample_range import SampleRange
from syncsweep.sweep import description
from syncsweep.sweep.description import Description, DescriptionError
from syncsweep.sweep.parts import read_part
from syncsweep.sweep.row_table import to_table
from syncsweep.sweep.shard import ShardError, read_run, read_shard, write_shard
from syncsweep.sweep.takeover import find_rows
from syncsweep.tables import ResultsError
from syncsweep.tables.reading import read_table
from syncsweep.tables.registry import JOBS

SAMPLES = 5
BLOCK = EtaBlock(ETAS).id
DESCRIBED, ALL = Description("pair", PAIR, ETAS), SampleRange(0, SAMPLES)
TABLE = to_table(rows_of(PAIR))

FEW = settings(deadline=None, max_examples=60)
MANY = settings(deadline=None, max_examples=120)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where files are put that nobody has made with care."""
    return tmp_path_factory.mktemp("files")


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """A results folder of one study with a part and tables."""
    made = tmp_path_factory.mktemp("made") / "results"
    StudyOnDisk(made, "pair", PAIR, {ETAS: rows_of(PAIR)}).tables()
    Block(made, SAMPLES).part(*ALL, ALL.numbers())
    return made


def assert_one_line(error, path):
    message = str(error).replace(str(path), "PATH")
    assert message.isprintable()
    assert 0 < len(message) <= 300


@st.composite
def damaged(draw, data):
    """Bytes with up to three places changed, as disks, networks and editors do it."""
    changed = bytearray(data)
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(changed)))
        length = draw(st.integers(1, 40))
        action = draw(st.sampled_from(["flip", "cut", "remove", "zero", "repeat", "insert"]))
        if action == "flip":
            changed[at : at + 1] = bytes(b ^ 1 << length % 8 for b in changed[at : at + 1])
        elif action == "cut":
            del changed[at:]
        elif action == "remove":
            del changed[at : at + length]
        elif action == "zero":
            changed[at : at + length] = bytes(len(changed[at : at + length]))
        elif action == "repeat":
            changed[at:at] = changed[at : at + length]
        else:
            changed[at:at] = draw(st.binary(max_size=9))
    return bytes(changed)


ANY_BYTES = st.binary(max_size=300) | st.binary(max_size=300).map(
    lambda data: b"PAR1" + data + b"PAR1"
)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters())
    | st.sampled_from([10**400, 1e308, "x" * 5000, "a\nb", "\x1b[2J", "../x", "pair", PAIR.digest]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


@st.composite
def edited(draw, content):
    """JSON with one value at any depth replaced, removed or added."""
    content = json.loads(json.dumps(content))
    at = content
    while True:
        keys = list(at) if isinstance(at, dict) else list(range(len(at)))
        if not keys:
            return content
        key = draw(st.sampled_from(keys))
        if isinstance(at[key], dict | list) and draw(st.booleans()):
            at = at[key]
            continue
        action = draw(st.sampled_from(["replace", "remove", "add"]))
        if action == "replace":
            at[key] = draw(ANY_JSON)
        elif action == "remove":
            del at[key]
        elif isinstance(at, dict):
            at[draw(st.text())] = draw(ANY_JSON)
        else:
            at.append(draw(ANY_JSON))
        return content


# Parts


def record(payload):
    digest = hashlib.blake2b(payload, digest_size=16).digest()
    return struct.pack("<4sQ16s", b"SYNC", len(payload), digest) + payload


def stream(table):
    buffer = io.BytesIO()
    with pa.ipc.new_stream(buffer, table.schema) as writer:
        writer.write_table(table)
    return buffer.getvalue()


HEADER = record(json.dumps([PAIR.digest, BLOCK]).encode())
RECORDS = [record(stream(to_table([rows]))) for rows in rows_of(PAIR)]
#: Records that are whole, and of no use to anyone.
STRANGE = [
    record(b""),
    record(b"null"),
    record(stream(pa.table({"x": [1.5]}))),
    record(stream(TABLE.slice(0, 0))),
    record(stream(pa.table({"sample": pa.nulls(3)}))),
    record(stream(pa.table({"sample": ["0"]}))),
    record(stream(to_table(rows_of(PAIR)))[:-300]),
]
WHOLE = st.sampled_from([HEADER, *RECORDS])
BROKEN = (
    st.binary(min_size=1, max_size=60)
    | WHOLE.flatmap(lambda data: st.integers(1, len(data) - 1).map(lambda n: data[:n]))
    | WHOLE.flatmap(
        lambda data: st.integers(0, len(data) - 1).map(
            lambda n: data[:n] + bytes([data[n] ^ 0x55]) + data[n + 1 :]
        )
    )
    | st.sampled_from([b"SYNC" * 50, b"SYNC" + b"\xff" * 40, b"SYNC" + bytes(8) + bytes(16)])
)
PIECES = st.lists(WHOLE | WHOLE | BROKEN | st.sampled_from(STRANGE), max_size=7)


@MANY
@given(PIECES)
@example([HEADER, *STRANGE, *RECORDS])
def test_part_gives_its_whole_records_and_nothing_else(folder, pieces):
    path = folder / "part"
    path.write_bytes(b"".join(pieces))
    whole = [piece for piece in pieces if piece in (HEADER, *RECORDS, *STRANGE)]
    expected = []
    if whole and whole[0] == HEADER:
        expected = [RECORDS.index(piece) for piece in whole if piece in RECORDS]
    found = list(read_part(path, DESCRIBED))
    assert [unit.sample for unit, _ in found] == expected
    assert all(table.equals(to_table([rows_of(PAIR)[unit.sample]])) for unit, table in found)


# Shards


OTHER = st.fixed_dictionaries(
    {},
    optional={
        "study": st.text(),
        "physics": st.sampled_from([PAIR, CHAIN]),
    },
)


@FEW
@given(OTHER, ANY_JSON)
@example({"study": "a\0b\n\ud800"}, {})
def test_shard_is_read_by_its_own_identity_only(folder, changes, run):
    path = folder / "shard"
    other = replace(DESCRIBED, **changes)
    write_shard(path, TABLE, other, ALL, run)
    assert read_shard(path, other, ALL).equals(TABLE)
    said = read_run(path)
    assert json.dumps(said) == json.dumps(run if isinstance(run, dict) else {})
    if other != DESCRIBED:
        with pytest.raises(ShardError, match="does not hold the rows that its name says"):
            read_shard(path, DESCRIBED, ALL)


@FEW
@given(edited({"format": 1, "study": "pair", "etas": [0.0], "digest": "0"}))
def test_what_a_shard_says_may_be_any_json(folder, stated):
    path = folder / "shard"
    pq.write_table(TABLE.replace_schema_metadata({"syncsweep": json.dumps(stated)}), path)
    with pytest.raises(ShardError) as error:
        read_shard(path, DESCRIBED, ALL)
    assert_one_line(error.value, path)


# Descriptions

STUDY_JSON = {"study": "pair", "physics": PAIR.model_dump(mode="json")}
BLOCK_JSON = {"etas": list(ETAS)}


def texts_of(content):
    text = json.dumps(content, indent=1)
    return (
        (edited(content) | ANY_JSON).map(lambda data: json.dumps(data).encode())
        | damaged(text.encode())
        | st.binary(max_size=60)
    )


@MANY
@given(texts_of(STUDY_JSON), texts_of(BLOCK_JSON), st.sampled_from(["study", "block"]))
def test_description_is_that_of_its_folder_or_refused_in_one_line(folder, study, block, which):
    path = study_folder(folder, "pair", PAIR.digest)
    description.write(path, blocks_of("pair", PAIR, [ETAS]))
    whole = description.read(path / BLOCK)
    file = study_file(path) if which == "study" else BlockFolder(path / BLOCK).description
    file.write_bytes(study if which == "study" else block)
    try:
        assert description.read(path / BLOCK) == whole
    except DescriptionError as error:
        assert_one_line(error, folder)


# Tables


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_damaged_table_is_read_or_refused_in_one_line(folder, results, data):
    whole = tables_folder(results, "pair") / f"{data.draw(st.sampled_from(JOBS[0].names))}.parquet"
    path = folder / "table.parquet"
    path.write_bytes(data.draw(damaged(whole.read_bytes()) | ANY_BYTES))
    try:
        read_table(path)
    except ResultsError as error:
        assert_one_line(error, path)


# Whole folders


@settings(deadline=None, max_examples=50)
@given(st.data())
def test_damaged_results_are_told_from_whole_ones_and_give_true_rows(
    tmp_path_factory, results, data
):
    copy = tmp_path_factory.mktemp("copy") / "results"
    shutil.copytree(results, copy)
    files = sorted(path for path in copy.rglob("*") if path.is_file())
    path = data.draw(st.sampled_from(files))
    before = path.read_bytes()
    changes = damaged(before) | ANY_BYTES
    if path.suffix == ".json":
        changes |= edited(json.loads(before)).map(lambda content: json.dumps(content).encode())
    path.write_bytes(data.draw(changes))
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        code = main(["verify", str(copy)])
    assert code in (0, 1)
    assert all(line.isprintable() for line in printed.getvalue().split("\n"))
    block = BlockFolder(study_folder(copy, "pair", PAIR.digest) / BLOCK)
    try:
        described = description.read(block.path)
    except DescriptionError:
        assert code == 1
        return
    found = find_rows(block, described, ALL)
    assert sorted(found.rows) == described.units(ALL)  # the part holds what a shard has lost
    for unit, table in found.rows.items():
        assert table.equals(to_table([rows_of(PAIR)[unit.sample]]))


# Names


@given(st.integers(0, 10**9 - 1), st.integers(0, 10**9 - 1), st.integers(0, 4096))
@example(0, 10**9 - 1, 0)
def test_names_of_shards_and_parts_say_their_samples(folder, start, stop, rank):
    block = BlockFolder(folder / "names" / BLOCK)
    block.path.mkdir(parents=True, exist_ok=True)
    block.parts.mkdir(parents=True, exist_ok=True)
    shard, part = block.shard(start, stop), block.part(start, stop, "0123456789ab", rank)
    shard.touch()
    part.touch()
    assert shard.name == shard_name(start, stop)
    assert list(block.shards()) == [((start, stop), shard)]
    assert list(block.part_files()) == [((start, stop), part)]
    shard.unlink()
    part.unlink()
