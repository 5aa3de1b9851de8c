"""Files of jobs that older versions left beside the shards: read there, and moved once."""

import os
import shutil

import pytest
from damage import refuse_listing
from holder import held_elsewhere
from program import CONFIG, state_of
from studies import ETAS, PAIR, as_older_versions_left_it, block_of, put_part, put_shard, rows_of

from syncsweep.cli.main import main
from syncsweep.config.configuration import parse
from syncsweep.layout import jobs_folder, study_folder
from syncsweep.plan.inventory import take_inventory
from syncsweep.sweep import description
from syncsweep.tables.sweep_rows import read_rows
from syncsweep.workflow.errors import RunError
from syncsweep.workflow.old_places import move_old_files

ATTEMPT = "0123456789ab"


@pytest.fixture
def results(tmp_path):
    """An unfinished study: two shards, one of them damaged before, parts, and a log."""
    for start in (0, 6):
        put_shard(tmp_path, "pair", PAIR, rows_of(PAIR, 12)[start : start + 4], start)
    block = block_of(tmp_path, "pair", PAIR)
    put_part(tmp_path, "pair", PAIR, rows_of(PAIR, 12)[10:11], (6, 12))
    block.lock.touch()
    block.log.write_text('{"a": 1}\n{"b": 2}\n')
    block.damaged(block.shard(0, 4)).write_bytes(b"damaged")
    for folder, name in ((block.jobs, block.shard(0, 4).name), (block.jobs.parent, "study.json")):
        (folder / f".{name}.{ATTEMPT}.tmp").write_bytes(b"unfinished")
    return tmp_path


def content(folder):
    return {
        path.relative_to(folder): path.read_bytes()
        for path in folder.rglob("*.*")
        if path.is_file()
    }


def readings(results):
    """What those who only read say of the results."""
    config = parse({**CONFIG, "results": str(results)})
    block = block_of(results, "pair", PAIR)
    return (
        read_rows(results, "pair").frame.to_csv(),
        take_inventory(config, "pair").missing,
        description.read(block.path),
        block.log.read_text(),
        [samples for samples, _ in block.leftovers()],
        main(["verify", str(results)]),
    )


def test_old_results_are_read_where_they_lie_and_nothing_moves(results):
    before = readings(results)
    assert len(as_older_versions_left_it(results)) == 8
    state = state_of(results)
    assert readings(results) == before and before[1] == 3
    assert state_of(results) == state


def test_a_run_moves_all_files_of_jobs_and_no_shard(results):
    before = content(results), readings(results)
    as_older_versions_left_it(results)
    shards = {path: path.stat() for path in results.glob("*/*/*.parquet")}
    move_old_files(results)
    assert {path: path.stat() for path in shards} == shards
    assert (content(results), readings(results)) == before
    folder = study_folder(results, "pair", PAIR.digest)
    assert {path.suffix for path in folder.rglob("*") if path.is_file()} == {".parquet"}
    assert [path.name for path in folder.iterdir()] == [block_of(results, "pair", PAIR).path.name]
    state = state_of(results)
    move_old_files(results)
    assert state_of(results) == state


@pytest.mark.parametrize("moves", range(8))
def test_an_interrupted_move_loses_nothing_and_continues(results, monkeypatch, moves):
    before = content(results), readings(results)
    as_older_versions_left_it(results)
    replace, left = os.replace, [moves]

    def interrupt(*paths):
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        replace(*paths)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(os, "replace", interrupt)
        move_old_files(results)
    assert readings(results) == before[1]
    move_old_files(results)
    assert (content(results), readings(results)) == before


def test_jobs_of_both_versions_keep_their_records(results):
    block, folder = block_of(results, "pair", PAIR), study_folder(results, "pair", PAIR.digest)
    as_older_versions_left_it(results)
    old = shutil.copytree(folder, results / "old")
    move_old_files(results)
    block.log.write_text('{"b": 2}\n{"c": 3}\n')
    shutil.copytree(old, folder, dirs_exist_ok=True)
    put_part(results, "pair", PAIR, rows_of(PAIR, 12)[5:6], (0, 6), attempt="1" * 12)
    assert read_rows(results, "pair").frame["sample"].nunique() == 10
    move_old_files(results)
    assert block.log.read_text() == '{"a": 1}\n{"b": 2}\n{"c": 3}\n'
    assert read_rows(results, "pair").frame["sample"].nunique() == 10
    assert not [path for path in folder.rglob("*") if path.name in ("parts", "log.jsonl")]


def test_running_jobs_of_an_older_version_are_left_alone(results):
    as_older_versions_left_it(results)
    state = state_of(results)
    lock = block_of(results, "pair", PAIR).path / "parts" / "lock"
    with held_elsewhere(lock, 6, 12), pytest.raises(RunError, match=r"wait until[^\n]*$"):
        move_old_files(results)
    assert state_of(results) == state
    move_old_files(results)
    assert jobs_folder(study_folder(results, "pair", PAIR.digest)).is_dir()


def test_foreign_files_stay(results):
    as_older_versions_left_it(results)
    block = block_of(results, "pair", PAIR).path
    foreign = [results / "pair-x" / "study.json", block / "parts" / "notes", block / "notes.json"]
    for path in foreign:
        path.parent.mkdir(exist_ok=True)
        path.touch()
    move_old_files(results)
    assert all(path.exists() for path in foreign)


def test_what_another_user_owns_stays_and_is_read(results, monkeypatch, capsys):
    as_older_versions_left_it(results)
    before = content(results)

    def refuse(path, to):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("syncsweep.workflow.old_places.move", refuse)
    move_old_files(results)
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"warning: {study_folder(results, 'pair', PAIR.digest)}: ")
    assert content(results) == before
    assert description.read(block_of(results, "pair", PAIR).path).etas == ETAS


@pytest.fixture
def old_part(results):
    """A part of three samples where an older version left it, and where it belongs."""
    put_part(results, "pair", PAIR, rows_of(PAIR, 14)[11:14], (11, 14))
    as_older_versions_left_it(results)
    block = block_of(results, "pair", PAIR)
    (old,) = block.path.rglob("part-000000011-*.rows")
    block.parts.mkdir(parents=True)
    return old, block.parts / old.name


def test_a_part_that_grew_after_it_was_copied_loses_no_sample(results, old_part):
    old, new = old_part
    whole, before = old.read_bytes(), readings(results)
    new.write_bytes(whole[: len(whole) // 2])
    move_old_files(results)
    assert new.read_bytes() == whole and readings(results) == before


def test_a_copy_of_the_beginning_of_a_part_is_not_moved_over_it(results, old_part):
    old, new = old_part
    whole = old.read_bytes()
    new.write_bytes(whole)
    old.write_bytes(whole[: len(whole) // 2])
    move_old_files(results)
    assert new.read_bytes() == whole and not old.exists()


@pytest.mark.parametrize("put", [os.mkdir, lambda path: os.symlink("nowhere", path)])
def test_what_lies_where_a_part_belongs_is_named_and_no_sample_is_lost(results, old_part, put):
    old, new = old_part
    whole = old.read_bytes()
    put(new)
    with pytest.raises(RunError, match=r"in the way of [^\n]*; move it away$") as refused:
        move_old_files(results)
    assert str(refused.value).startswith(f"{new}: ")
    assert old.read_bytes() == whole


def test_a_file_where_a_folder_of_jobs_belongs_is_named(results):
    as_older_versions_left_it(results)
    state = state_of(study_folder(results, "pair", PAIR.digest))
    jobs = jobs_folder(study_folder(results, "pair", PAIR.digest))
    jobs.parent.mkdir()
    jobs.write_text("mine")
    with pytest.raises(RunError, match=r"is not a folder[^\n]*; move it away$") as refused:
        move_old_files(results)
    assert str(refused.value).startswith(f"{jobs}: ")
    assert state_of(study_folder(results, "pair", PAIR.digest)) == state


def test_a_study_that_may_not_be_read_stops_no_run(results, monkeypatch):
    refused = results / "other-0123456789ab"
    refused.mkdir()
    as_older_versions_left_it(results)
    refuse_listing(monkeypatch, refused)
    move_old_files(results)
    assert jobs_folder(study_folder(results, "pair", PAIR.digest)).is_dir()
