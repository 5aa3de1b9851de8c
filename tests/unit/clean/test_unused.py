"""What a configuration does not use is listed, and removed when told; all else stays."""

import copy
import json
import os
import re
import shutil
import subprocess
import sys

import pytest
import yaml
from holder import held_elsewhere
from program import CONFIG, called, state_of
from studies import (
    ETAS,
    PAIR,
    as_older_versions_left_it,
    block_of,
    put_part,
    put_shard,
    rows_of,
)

from syncsweep.clean.removal import Removal
from syncsweep.clean.unused import Search
from syncsweep.config.configuration import parse
from syncsweep.config.physics import Physics, digest_of
from syncsweep.files import hold
from syncsweep.layout import jobs_folder, study_folder, tables_folder


def with_seed(seed):
    return Physics.model_validate({**PAIR.model_dump(), "root_seed": seed})


OTHER = with_seed(PAIR.root_seed + 1)
FEWER = ETAS[1:]
ATTEMPT = "0123456789ab"


@pytest.fixture
def results(tmp_path, monkeypatch):
    """The pair of 12 samples in two shards of 6, as the configuration asks for it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(CONFIG), encoding="utf-8")
    for start in (0, 6):
        shard("results", start, start + 6)
    return tmp_path / "results"


def shard(results, start, stop, physics=PAIR, etas=ETAS):
    return put_shard(results, "pair", physics, rows_of(physics, stop, etas)[start:], start, etas)


@pytest.fixture
def block(results):
    return block_of(results, "pair", PAIR)


@pytest.fixture
def listed(results, capsys):
    """What the command lists, and what it notes."""

    def of(*arguments):
        _, out, _ = called(capsys, "clean", "--json", *arguments)
        content = json.loads(out)
        for one in content["unused"]:
            assert one["bytes"] == 0 or one["files"]
        return [one["path"].removeprefix("results/") for one in content["unused"]], content["notes"]

    return of


def relative(results, *paths):
    return [path.relative_to(results).as_posix() for path in paths]


def test_nothing_is_listed_where_all_is_used(results, listed):
    assert listed() == ([], [])


def test_results_that_are_not_there_are_named(results, listed):
    shutil.rmtree(results)
    assert listed() == ([], ["results: there is no such folder"])


def test_shards_of_another_chunk_size_are_listed_once_they_are_replaced(results, block, listed):
    old = [shard("results", 0, 4), shard("results", 4, 12)]
    old = relative(results, *(block.shard(0, 4), block.shard(4, 12)))
    assert listed()[0] == old
    block.shard(6, 12).unlink()
    assert listed()[0] == old[:1]
    block.shard(0, 6).write_bytes(block.shard(0, 6).read_bytes()[:-9])
    assert listed()[0] == []


def test_shards_beyond_the_sample_range_are_listed(results, block, listed):
    shard("results", 12, 14)
    shard("results", 10, 16)
    assert listed()[0] == relative(results, block.shard(10, 16), block.shard(12, 14))
    put_part(results, "pair", PAIR, rows_of(PAIR, 15)[14:], (14, 15))
    assert len(listed()[0]) == 3
    block.shard(0, 6).unlink()  # the number of samples is perhaps wrong
    assert listed()[0] == relative(results, block.shard(10, 16))


def test_parts_are_listed_once_present_shards_hold_their_samples(results, block, listed):
    part = put_part(results, "pair", PAIR, rows_of(PAIR)[3:5], (3, 9))
    assert listed()[0] == relative(results, part)
    block.shard(0, 6).unlink()
    assert listed()[0] == []


def test_damaged_shards_and_unfinished_files_are_listed(results, block, listed):
    paths = [block.jobs / f".{block.shard(0, 6).name}.{ATTEMPT}.tmp"]
    paths += [block.damaged(block.shard(0, 6))]
    for path in paths:
        path.write_bytes(b"x")
    assert listed()[0] == relative(results, *paths)


def test_other_blocks_and_other_seeds_are_listed_with_their_files_of_jobs(results, listed, capsys):
    shard("results", 0, 4, etas=FEWER)
    shard("results", 0, 4, physics=OTHER)
    put_part(results, "pair", OTHER, rows_of(OTHER)[4:5], (4, 12))
    other = block_of(results, "pair", OTHER)
    other.lock.touch()
    fewer = block_of(results, "pair", PAIR, FEWER)
    places = {fewer.path, other.path.parent}
    assert set(listed()[0]) == set(relative(results, *places))
    code, out, _ = called(capsys, "clean", "--remove")
    assert code == 0 and out.splitlines()[-1].endswith(": removed")
    gone = {*places, fewer.jobs, jobs_folder(other.path.parent)}
    assert [path for path in gone if path.exists()] == []
    assert listed() == ([], [])


def test_what_is_removed_is_what_was_listed_and_nothing_else(results, block, capsys):
    shard("results", 0, 4)
    shard("results", 0, 4, physics=OTHER)
    put_shard(results, "chain", OTHER, rows_of(OTHER)[:2], 0)
    tables_folder(results, "pair").mkdir(parents=True)
    (tables_folder(results, "pair") / "summary.csv").touch()
    before = state_of(results)
    code, out, _ = called(capsys, "clean", "--json")
    assert code == 0 and state_of(results) == before
    content = json.loads(out)
    files = {os.path.abspath(path) for one in content["unused"] for path in one["files"]}
    code, out, _ = called(capsys, "clean", "--json", "--remove")
    assert all(one["removed"] for one in json.loads(out)["unused"])
    gone = {str(path) for path in before if not os.path.lexists(path)}
    folders = {path for path in gone if path not in files}
    assert gone - folders == files
    assert all("pair-" + OTHER.digest in path for path in folders)
    assert study_folder(results, "chain", OTHER.digest).is_dir()


def test_foreign_files_and_links_stay(results, block, listed, capsys, tmp_path):
    outside = tmp_path / "outside.parquet"
    outside.write_bytes(b"rows")
    (block.path / "samples-000000000-000000004.parquet").symlink_to(outside)
    (block.path / "notes.parquet").touch()
    other = block_of(results, "pair", OTHER)
    shard("results", 0, 4, physics=OTHER)
    (other.path / "mine.csv").write_text("kept")
    third = with_seed(99)
    behind = tmp_path / "behind"
    shard(tmp_path / "far", 0, 4, physics=third)
    study_folder(tmp_path / "far", "pair", third.digest).rename(behind)
    link = study_folder(results, "pair", third.digest)
    link.symlink_to(behind)
    before = state_of(behind)
    found, notes = listed()
    assert found == relative(results, other.path.parent)
    assert any(f"{other.path.name}/mine.csv" in note for note in notes)
    assert any(link.name in note and "link" in note for note in notes)
    assert called(capsys, "clean", "--remove")[0] == 0
    assert (other.path / "mine.csv").read_text() == "kept"
    assert [path.name for path in other.path.iterdir()] == ["mine.csv"]
    assert state_of(behind) == before and outside.read_bytes() == b"rows"
    assert (block.path / "notes.parquet").exists() and link.is_symlink()


@pytest.mark.parametrize("physics", [PAIR, OTHER], ids=["present", "other"])
def test_blocks_with_running_jobs_are_left_alone(results, listed, capsys, physics):
    shard("results", 0, 4, physics=physics)
    block = block_of(results, "pair", physics)
    block.parts.mkdir(exist_ok=True)
    block.lock.touch()
    with held_elsewhere(block.lock, 20, 21):
        found, notes = listed()
        assert found == [] and "running" in notes[0]
        before = state_of(results)
        assert called(capsys, "clean", "--remove")[0] == 0
        assert state_of(results) == before
    assert len(listed()[0]) == 1


def test_what_changes_after_it_was_listed_stays(results, block):
    old = [shard("results", 0, 4), shard("results", 6, 8), shard("results", 8, 12)]
    config = parse({**CONFIG, "results": str(results)})
    first, second, third = Search(config, ["pair"], lambda line: None).run()
    old[0].write_bytes(b"other")
    block.shard(6, 12).unlink()
    removal = Removal()
    assert "has changed" in removal.remove(first)
    assert "replaces it has changed" in removal.remove(second)
    assert all(path.exists() for path in old)
    shard("results", 6, 12)
    (second, third) = Search(config, ["pair"], lambda line: None).run()[1:]
    assert Removal().remove(third) is None and not old[2].exists()
    block.parts.mkdir()
    block.lock.touch()
    with held_elsewhere(block.lock, 0, 1):
        assert "a job has started" in Removal().remove(second)
    assert old[1].exists()


def test_files_of_an_older_version_are_to_be_moved_first(results, capsys):
    as_older_versions_left_it(results)
    code, out, err = called(capsys, "clean", "--remove")
    assert code == 2 and out == ""
    assert len(err.splitlines()) == 1 and "run snakemake first" in err


def test_output_for_people(results, block, capsys, snapshot):
    shard("results", 0, 4)
    shard("results", 0, 4, physics=OTHER)

    def said(*arguments):
        code, out, err = called(capsys, "clean", *arguments)
        return code, re.sub(r"[\d.]+ kB", "SIZE", out), err

    assert said() == snapshot(name="listed")
    assert said("--remove") == snapshot(name="removed")
    assert said() == snapshot(name="nothing")
    assert said("par") == snapshot(name="wrong")


def test_no_job_starts_while_files_are_removed(results, block):
    put_part(results, "pair", PAIR, rows_of(PAIR)[3:5], (3, 9))
    block.lock.touch()
    (part,) = Search(parse({**CONFIG, "results": str(results)}), ["pair"], lambda line: None).run()
    assert Removal().remove(part) is None
    ask = "import sys, syncsweep.files as f; print(f.held(f.Path(sys.argv[1])))"
    asked = subprocess.run([sys.executable, "-c", ask, block.lock], capture_output=True, text=True)
    assert asked.stdout == f"[(0, {10**9})]\n"


@pytest.mark.parametrize(
    ("name", "value"),
    [("root_seed", 99), ("samples", 4), ("eta_blocks", [{"values": [7.0]}])],
)
def test_a_configuration_without_rows_of_its_own_removes_nothing(results, capsys, name, value):
    shard("results", 12, 14)
    config = copy.deepcopy(CONFIG)
    of_pair = config["studies"]["pair"]
    (config if name in config else of_pair)[name] = value
    (results.parent / "config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    before = state_of(results)
    code, out, _ = called(capsys, "clean", "--remove")
    assert code == 0 and out.splitlines()[-1] == "nothing to remove"
    assert state_of(results) == before


def test_a_copy_under_another_name_and_an_unknown_study_stay(results, listed, capsys):
    study = study_folder(results, "pair", PAIR.digest)
    backup = shutil.copytree(study, results / "pair-202601312359")
    shutil.copytree(jobs_folder(study), jobs_folder(backup))
    undescribed = shutil.copytree(study, results / "pair-202601312358")
    renamed = shutil.copytree(study, results / f"old_name-{PAIR.digest}")
    before = state_of(results)
    found, notes = listed("--remove")
    assert found == [] and state_of(results) == before
    for path in (backup, undescribed, renamed):
        assert [note for note in notes if note.startswith(f"results/{path.name}: ")]


def test_folders_of_older_versions_are_listed(results, listed):
    """Their physics may have fields that this version does not know."""
    fields = {"no_such_field": 1, "zeta": 0.1}
    other = study_folder(results, "pair", digest_of(fields))
    jobs_folder(other).mkdir()
    text = json.dumps({"study": "pair", "physics": fields})
    (jobs_folder(other) / "study.json").write_text(text)
    assert listed() == (relative(results, other), [])


def test_what_a_running_snakemake_makes_stays_between_its_jobs(results, block, listed, tmp_path):
    shard("results", 0, 4, physics=OTHER)
    old, other = shard("results", 0, 4), block_of(results, "pair", OTHER)
    assert len(listed()[0]) == 2
    unused = Search(parse({**CONFIG, "results": str(results)}), ["pair"], lambda line: None).run()
    locks = tmp_path / ".snakemake" / "locks"
    locks.mkdir(parents=True)
    wanted = [f"results/{other.path.parent.name}/{block.path.name}/samples-x.parquet", old]
    (locks / "0.output.lock").write_text("\n".join(map(str, wanted)))
    before = state_of(results)
    found, notes = listed("--remove")
    assert found == [] and len([note for note in notes if "--unlock" in note]) == 2
    assert all("a snakemake has started" in Removal().remove(one) for one in unused)
    assert state_of(results) == before
    (locks / "0.output.lock").unlink()
    assert len(listed("--remove")[0]) == 2 and not old.exists()


def test_a_folder_of_foreign_files_alone_is_not_listed(results, listed):
    shard("results", 0, 4, physics=OTHER)
    other = block_of(results, "pair", OTHER)
    (other.path / "mine.csv").write_text("kept")
    listed("--remove")
    found, notes = listed("--remove")
    assert found == [] and len(notes) == 1
    assert [path.name for path in other.path.iterdir()] == ["mine.csv"]


def test_a_lock_that_cannot_be_taken_hides_nothing_that_was_removed(
    results, block, capsys, monkeypatch
):
    old = shard("results", 0, 4)
    other = block_of(results, "pair", OTHER)
    kept = shard("results", 0, 4, physics=OTHER)
    for lock in (block.lock, other.lock):
        lock.parent.mkdir(parents=True)
        lock.touch()

    def refuse(path, *arguments, **options):
        if path.samefile(other.lock):
            raise PermissionError(13, "Permission denied", str(path))
        return hold(path, *arguments, **options)

    monkeypatch.setattr("syncsweep.clean.removal.hold", refuse)
    code, out, err = called(capsys, "clean", "--remove")
    assert code == 1 and not old.exists() and kept.exists()
    assert out.splitlines()[-1].startswith("1 file, ") and out.endswith(": removed\n")
    assert err.splitlines()[-1].endswith("parts/lock)") and "Permission denied" in err
