"""Whatever happens to a file, its reader refuses it in one line or reads what is true."""

from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from damage import CHANGED, DAMAGES, LOST, UNREADABLE, restore
from messages import is_one_line
from own_study import TEXT
from progress_block import NOON, Sweep
from studies import ETAS, PAIR, Block, StudyOnDisk, rows_of

from syncsweep.cli.main import main
from syncsweep.config.file import load_config
from syncsweep.config.messages import ConfigError
from syncsweep.config.user_code import NoCodeError, read_text
from syncsweep.layout import study_file
from syncsweep.sample_range import SampleRange
from syncsweep.sweep import description, takeover
from syncsweep.sweep.description import Description, DescriptionError
from syncsweep.sweep.parts import Records, count_records, read_part
from syncsweep.sweep.row_table import column
from syncsweep.sweep.shard import ShardError, failed_units, read_run, read_shard
from syncsweep.tables import ResultsError
from syncsweep.tables.freshness import said_by
from syncsweep.tables.reading import read_table

SAMPLES = 5
DESCRIBED, ALL = Description("pair", PAIR, ETAS), SampleRange(0, SAMPLES)


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """A study with a shard, a part, tables and a log, a configuration and a model's code."""
    results = tmp_path_factory.mktemp("made") / "results"
    StudyOnDisk(results, "pair", PAIR, {ETAS: rows_of(PAIR)}, chunk_size=SAMPLES).tables()
    sweep = Sweep(results)
    sweep.part(*ALL, ALL.numbers())
    sweep.begins(*ALL, at=NOON)
    sweep.ends(*ALL, solved=SAMPLES, at=NOON + 9)
    study = {
        "model": {"name": "spin_half_pair"},
        "samples": SAMPLES,
        "eta_blocks": [{"values": list(ETAS)}],
        "analysis": {"s_max_bins": {"low": 1e-5, "high": 1.0, "count": 5}},
    }
    content = {"results": "r", "root_seed": 1, "ranks": 1, "studies": {"pair": study}}
    (results / "config.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    (results / "mine.py").write_text(TEXT, encoding="utf-8")
    return results


def block_folder(results):
    return Block(results, 0).folder


def part_of(results):
    return block_folder(results).part(*ALL, f"{1:012x}", 0)


def bits(table):
    """Names and values of a table, comparable."""

    def of(values):
        return values.tolist() if values.dtype == object else np.ascontiguousarray(values).tobytes()

    return [(name, of(column(table, name))) for name in table.column_names]


@dataclass(frozen=True)
class Reader:
    """How a file is read.

    place: of the file; read: from the file's path; refuses: what is raised where it is refused;
    nothing: what stands for a file that says nothing; is_part: whether what was found may be less
    than the whole; is_checked: whether what is lost or changed is noticed.
    """

    place: Callable[[Path], Path]
    read: Callable[[Path], Any]
    refuses: tuple[type[Exception], ...] = ()
    nothing: list[Any] = field(default_factory=list)
    is_part: Callable[[Any, Any], bool] = lambda found, whole: False
    is_checked: bool = True


def parts_of(found, whole):
    return found.items() < whole.items()


READERS = {
    "shard": Reader(
        lambda results: block_folder(results).shard(*ALL),
        lambda path: bits(read_shard(path, DESCRIBED, ALL)),
        (ShardError, FileNotFoundError),
    ),
    "footer of a shard": Reader(
        lambda results: block_folder(results).shard(*ALL),
        lambda path: failed_units(path, DESCRIBED, ALL),
        (ShardError, FileNotFoundError),
        is_checked=False,
    ),
    "who made a shard": Reader(
        lambda results: block_folder(results).shard(*ALL), read_run, nothing=[{}], is_checked=False
    ),
    "part": Reader(
        part_of,
        lambda path: {unit: bits(table) for unit, table in read_part(path, DESCRIBED)},
        (FileNotFoundError,),
        nothing=[{}],
        is_part=parts_of,
    ),
    "study": Reader(
        lambda results: study_file(block_folder(results).path.parent),
        lambda path: description.read(path.parent / DESCRIBED.block),
        (DescriptionError,),
    ),
    "block": Reader(
        lambda results: block_folder(results).description,
        lambda path: description.read(path.parent),
        (DescriptionError,),
    ),
    "table": Reader(
        lambda results: results / "tables" / "pair" / "summary.parquet",
        lambda path: read_table(path).num_rows,
        (ResultsError,),
        is_checked=False,
    ),
    "origin of a table": Reader(
        lambda results: results / "tables" / "pair" / "summary.parquet",
        lambda path: said_by(path)["physics_hash"] if said_by(path) else {},
        nothing=[{}],
        is_checked=False,
    ),
    "configuration": Reader(
        lambda results: results / "config.yaml", load_config, (ConfigError,), is_checked=False
    ),
    "own code": Reader(
        lambda results: results / "mine.py",
        read_text,
        (NoCodeError,),
        is_checked=False,
    ),
}


@contextmanager
def damaged(path, change):
    """A file after a damage, within the context."""
    data = path.read_bytes()
    change(path)
    try:
        yield
    finally:
        restore(path, data)


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("reader", READERS)
def test_damage_is_refused_in_one_line_or_what_is_read_is_true(results, reader, damage):
    reads = READERS[reader]
    path = reads.place(results)
    whole = reads.read(path)
    with damaged(path, DAMAGES[damage]):
        try:
            found = reads.read(path)
        except reads.refuses as error:
            assert is_one_line(str(error).replace(str(path), ""))
            return
    if found in reads.nothing or reads.is_part(found, whole):
        return
    assert damage not in UNREADABLE
    if reads.is_checked:
        assert damage in CHANGED and found == whole


@pytest.mark.parametrize("damage", DAMAGES)
def test_records_of_a_damaged_part_are_counted_no_further_than_they_are_whole(results, damage):
    path = part_of(results)
    with damaged(path, DAMAGES[damage]):
        try:
            found = count_records(path, DESCRIBED)
        except FileNotFoundError:
            return
    if damage in UNREADABLE:
        assert found.count == 0 and found.problem
    assert found == Records(SAMPLES) or found.count < SAMPLES or damage == "twice"


@pytest.mark.parametrize("damage", UNREADABLE | LOST)
@pytest.mark.parametrize("file", ["shard", "study", "block", "table"])
def test_verify_finds_what_is_lost(results, file, damage, capsys):
    path = READERS[file].place(results)
    with damaged(path, DAMAGES[damage]):
        assert main(["verify", str(results)]) == 1
    said = capsys.readouterr().out.splitlines()
    # To readers of tables a dangling link is no file, and the other of the pair lacks it.
    wrong = [line for line in said if line.startswith("  wrong: ")]
    assert len(wrong) == 1 and path.stem in wrong[0]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_job_takes_from_the_part_what_a_damaged_shard_has_lost(results, damage):
    path = READERS["shard"].place(results)
    with damaged(path, DAMAGES[damage]):
        found = takeover.find_rows(block_folder(results), DESCRIBED, ALL)
        for kept in path.parent.glob("*.damaged-*"):
            kept.rmdir() if kept.is_dir() and not kept.is_symlink() else kept.unlink()
    assert sorted(found.rows) == DESCRIBED.units(ALL)
    assert found.from_shards in (0, SAMPLES) and len(found.messages) <= 1
