"""What a run will find: shards by name, samples in shards of another size and in parts."""

import subprocess
import sys

import pytest
from planned import config
from studies import CHAIN, ETAS, PAIR, Block, put_shard, rows_of

from syncsweep.config.configuration import parse
from syncsweep.layout import study_folder
from syncsweep.plan.inventory import ShardJob, take_inventory
from syncsweep.plan.outline import outlines
from syncsweep.sample_range import SampleRange
from syncsweep.sweep.description import Description


def put_samples(results, start, stop, samples, attempt="a" * 12, physics=PAIR, cut=0):
    """A part of the job start … stop−1 that holds some samples, the last perhaps cut off."""
    block = Block(results, 6)
    described = Description("pair", physics, ETAS)
    path = block.part(start, stop, samples, attempt=attempt, of=described)
    if cut:
        path.write_bytes(path.read_bytes()[:-cut])


def missing(results, **settings):
    found = take_inventory(config(results, **settings), "pair")
    return {job.samples: job.missing for job in found.jobs}


def test_without_results_all_is_missing(tmp_path):
    found = take_inventory(config(tmp_path / "none"), "pair")
    found_of = {job.samples: job.missing for job in found.jobs}
    assert found_of == {(0, 4): 4, (4, 8): 4, (8, 10): 2}
    assert (found.shards, found.samples, found.missing) == (3, 10, 10)
    assert {job.n_eta for job in found.jobs} == {3}
    assert not (tmp_path / "none").exists()


def test_blocks_count_apart(tmp_path):
    settings = config(tmp_path, blocks=[ETAS, (2.0,)])
    put_shard(tmp_path, "pair", PAIR, rows_of(PAIR)[:4], 0)
    found = take_inventory(settings, "pair")
    assert (len(found.jobs), found.shards, found.samples, found.missing) == (5, 6, 20, 16)
    one, other = Description("pair", PAIR, ETAS), Description("pair", PAIR, (2.0,))
    assert ShardJob(other, SampleRange(0, 4), 4) in found.jobs
    assert ShardJob(one, SampleRange(4, 8), 4) in found.jobs
    assert ShardJob(one, SampleRange(0, 4), 4) not in found.jobs


def test_shards_of_another_size_are_taken_over(tmp_path):
    put_shard(tmp_path, "pair", PAIR, rows_of(PAIR)[:5], 0)
    assert missing(tmp_path) == {(0, 4): 0, (4, 8): 3, (8, 10): 2}
    put_shard(tmp_path, "pair", PAIR, rows_of(PAIR)[3:5], 3)
    assert missing(tmp_path) == {(0, 4): 0, (4, 8): 3, (8, 10): 2}


def test_of_other_physics_nothing_is_taken_over(tmp_path):
    put_shard(tmp_path, "pair", CHAIN, rows_of(CHAIN)[:4], 0)
    assert missing(tmp_path) == {(0, 4): 4, (4, 8): 4, (8, 10): 2}


def test_samples_in_parts_are_there(tmp_path):
    put_samples(tmp_path, 0, 4, [0, 2])
    put_samples(tmp_path, 0, 4, [1], attempt="b" * 12)
    assert missing(tmp_path) == {(0, 4): 1, (4, 8): 4, (8, 10): 2}


def test_parts_of_another_chunk_size_are_there(tmp_path):
    put_samples(tmp_path, 0, 6, [0, 2, 4, 5])
    put_samples(tmp_path, 0, 3, [0, 1], attempt="b" * 12)
    assert missing(tmp_path) == {(0, 4): 1, (4, 8): 2, (8, 10): 2}


def test_samples_in_a_shard_and_a_part_count_once(tmp_path):
    put_shard(tmp_path, "pair", PAIR, rows_of(PAIR)[:2], 0)
    put_samples(tmp_path, 0, 4, [1, 2])
    assert missing(tmp_path) == {(0, 4): 1, (4, 8): 4, (8, 10): 2}


@pytest.mark.parametrize("job", [(0, 4), (0, 5)])
def test_a_record_that_was_cut_off_is_missing(tmp_path, job):
    put_samples(tmp_path, *job, [0, 2], cut=10)
    assert missing(tmp_path)[0, 4] == 3


@pytest.mark.parametrize("job", [(0, 4), (0, 5)])
def test_parts_of_other_physics_count_nothing(tmp_path, job):
    put_samples(tmp_path, *job, [0, 2], physics=CHAIN)
    assert missing(tmp_path)[0, 4] == 4


def only_line(settings, most_ranks, asked):
    (line,) = outlines(settings, ["pair"], most_ranks, asked)
    return line


def test_outline_of_several_studies_ends_with_their_sum(tmp_path):
    pair = config(tmp_path, core_seconds=3600, samples=10, chunk_size=10)
    both = config(tmp_path, core_seconds=3600, samples=10, chunk_size=10).model_dump(mode="json")
    both["studies"]["other"] = both["studies"]["pair"] | {"samples": 20, "figure": None}
    lines = list(outlines(parse(both), ["pair", "other"], 2, {}))
    assert lines[:1] == [only_line(pair, 2, {})]
    assert lines[2:] == ["plan: about 30 core-hours for all samples, without tables and figures"]


def test_outline_names_what_is_missing_and_its_cost(tmp_path):
    put_shard(tmp_path, "pair", PAIR, rows_of(PAIR)[:5], 0)
    settings = config(tmp_path, core_seconds=3600, samples=2000, chunk_size=1000)
    line = only_line(settings, 2, {})
    # An hour each; 500 on each rank.
    assert line.startswith(
        "plan: pair: 2 of 2 shards to make, 1995 of 2000 samples to solve, about 2000 core-hours; "
        "a job: 1000 samples on 2 ranks of "
    )
    assert line.endswith(" MB, about 20 d 20 h, time limit 90008 min")
    settings = config(tmp_path, core_seconds=3600, samples=20, chunk_size=10)
    assert "15 of 20 samples to solve, about 15 core-hours;" in only_line(settings, 2, {})


def test_outline_gives_a_job_more_ranks_where_a_profile_allows_them(tmp_path):
    settings = config(tmp_path, core_seconds=36, samples=1000, chunk_size=500)
    assert "about 10 core-hours; a job: 500 samples on 16 ranks of" in only_line(settings, 16, {})
    assert "500 samples on 30 ranks of" in only_line(settings, 64, {})


def test_outline_says_what_a_profile_fixes(tmp_path):
    line = only_line(config(tmp_path), 2, {"mem_mb_per_cpu": 900, "runtime": 77})
    assert " of 900 MB, " in line and line.endswith("time limit 77 min")


def test_outline_of_a_finished_study_names_no_jobs(tmp_path):
    put_shard(tmp_path, "pair", PAIR, rows_of(PAIR)[:4], 0)
    line = only_line(config(tmp_path, samples=4), 2, {})
    assert line == "plan: pair: 0 of 1 shard to make"


def test_a_dry_run_need_not_load_the_libraries(tmp_path):
    """Unless there are parts."""
    code = f"""
import sys
from syncsweep.config.file import load_config
from syncsweep.plan.outline import outlines
config = load_config("config.yaml", {{"results": {str(tmp_path)!r}}})
print(*outlines(config, ["spin1_chain"], 2, {{}}))
print(sorted({{"numpy", "pyarrow"}} & sys.modules.keys()))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.splitlines()[1:] == ["[]"], done.stderr


def test_folder_of_the_study_may_be_a_file(tmp_path):
    study_folder(tmp_path, "pair", PAIR.digest).touch()
    assert missing(tmp_path) == {(0, 4): 4, (4, 8): 4, (8, 10): 2}
