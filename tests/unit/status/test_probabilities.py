"""P_a of the samples that are there, computed from rows or taken from the table of all."""

import math
from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from studies import ANALYSIS, CHAIN, CHUNK, ETAS, SAMPLES, StudyOnDisk, block_of, rows_of

from syncsweep.config.analysis import MEANS
from syncsweep.sample_range import SampleRange
from syncsweep.status import present_probabilities, probabilities
from syncsweep.status.overview import Observer
from syncsweep.status.probabilities import Probabilities, few_etas
from syncsweep.status.requested import AskedBlock
from syncsweep.sweep.description import Description
from syncsweep.tables.reading import read_table


def asked_of(folder, etas, samples):
    ranges = (SampleRange(0, samples),)
    return AskedBlock(Description("chain", CHAIN, etas), folder, ranges, 1.0, ANALYSIS)


def blocks_of(*asked):
    return Observer(asked).look(0.0).blocks


def test_few_etas_are_the_ends_and_the_middle():
    assert few_etas([5, 1, 3, 2, 4]) == [1, 3, 5]
    assert few_etas([0, 1]) == [0, 1]
    assert few_etas([7]) == [7]


def test_estimates_of_all_samples_are_those_of_the_tables(tmp_path):
    study = StudyOnDisk(tmp_path, "chain", CHAIN, {ETAS: rows_of(CHAIN)})
    folder = block_of(tmp_path, "chain", CHAIN)
    asked = asked_of(folder, ETAS, SAMPLES)
    estimates, problems = Probabilities().of_study(blocks_of(asked))
    summary = read_table(study.tables() / "summary.parquet").to_pylist()
    assert problems == [] and len(estimates) == 3 == len(summary)
    for estimate, row in zip(estimates, summary, strict=True):
        assert (estimate.eta, estimate.samples) == (row["eta"], SAMPLES - row["undefined_chi"])
        assert list(estimate.values) == [row[f"p{k}"] for k in (1, 2, 3)]
        assert list(estimate.standard_errors) == [row[f"p{k}_se"] for k in (1, 2, 3)]
        assert list(estimate.lows) == [row[f"p{k}_low"] for k in (1, 2, 3)]
        assert list(estimate.highs) == [row[f"p{k}_high"] for k in (1, 2, 3)]


def lose_rows(path):
    """Damage the rows of a shard, and leave its footer whole."""
    data = bytearray(path.read_bytes())
    data[100:200] = bytes(100)
    path.write_bytes(data)


def test_the_table_of_all_samples_tells_the_same_without_a_row(tmp_path):
    study = StudyOnDisk(tmp_path, "chain", CHAIN, {ETAS: rows_of(CHAIN)})
    asked = asked_of(block_of(tmp_path, "chain", CHAIN), ETAS, SAMPLES)
    from_rows = Probabilities().of_study(blocks_of(asked))
    study.tables()
    lose_rows(asked.folder.shard(0, CHUNK))
    assert Probabilities().of_study(blocks_of(asked)) == from_rows


def cut(table):
    table.write_bytes(table.read_bytes()[:-100])


def change_numbers(table):
    """Other values under the same record of their origin, as bytes flipped in a page leave them."""
    whole = pq.read_table(table)
    place = whole.column_names.index("p1")
    pq.write_table(whole.set_column(place, "p1", pa.array([0.5] * whole.num_rows)), table)


CHANGES = {
    "damaged": lambda study, asked: cut(study.output / "summary.parquet"),
    "with other numbers": lambda study, asked: change_numbers(study.output / "summary.parquet"),
    "without its CSV file": lambda study, asked: (study.output / "summary.csv").unlink(),
    "of another analysis": lambda study, asked: study.tables(MEANS) and None,
    "another threshold is asked for": lambda study, asked: replace(
        asked, analysis=ANALYSIS.model_copy(update={"threshold": 0.9})
    ),
    "fewer samples are asked for": lambda study, asked: replace(
        asked, ranges=(SampleRange(0, SAMPLES - 1),)
    ),
    "a shard is gone": lambda study, asked: asked.folder.shard(CHUNK, 2 * CHUNK).unlink(),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_table_of_anything_else_tells_nothing(change, tmp_path):
    study = StudyOnDisk(tmp_path, "chain", CHAIN, {ETAS: rows_of(CHAIN)})
    study.tables()
    asked = asked_of(block_of(tmp_path, "chain", CHAIN), ETAS, SAMPLES)
    asked = change(study, asked) or asked
    lose_rows(asked.folder.shard(0, CHUNK))
    _, (problem,) = Probabilities().of_study(blocks_of(asked))  # it has read rows
    assert problem.path == asked.folder.shard(0, CHUNK)


def test_samples_in_parts_enter_and_no_more_than_some(sweep, monkeypatch):
    sweep.shard(0, 4)
    sweep.part(4, 8, [4, 5])
    blocks = blocks_of(sweep.asked())
    estimates, _ = Probabilities().of_study(blocks)
    assert [estimate.samples for estimate in estimates] == [6, 6, 6]
    monkeypatch.setattr(probabilities, "_MOST", dict.fromkeys(range(2, 7), 5))
    estimates, _ = Probabilities().of_study(blocks)
    assert [estimate.samples for estimate in estimates] == [5, 5, 5]


def test_without_samples_there_is_no_number(sweep):
    estimates, problems = Probabilities().of_study(blocks_of(sweep.asked()))
    assert problems == []
    assert all(estimate.samples == 0 and math.isnan(estimate.values[0]) for estimate in estimates)


def test_rows_are_read_again_only_when_more_can_enter(sweep, monkeypatch):
    read = []
    read_present = present_probabilities.read_present
    monkeypatch.setattr(
        present_probabilities, "read_present", lambda *a: read.append(1) or read_present(*a)
    )
    monkeypatch.setattr(probabilities, "_MOST", dict.fromkeys(range(2, 7), 5))
    of_study = Probabilities().of_study
    for stop, samples, times in ((2, 2, 1), (2, 2, 1), (4, 4, 2), (6, 5, 3), (8, 5, 3)):
        sweep.shard(stop - 2, stop)
        estimates, _ = of_study(blocks_of(sweep.asked()))
        assert (estimates[0].samples, len(read)) == (samples, times)


def test_damage_that_only_the_rows_show_is_named(sweep):
    sweep.shard(4, 8)
    path = sweep.shard(0, 4)
    lose_rows(path)
    (block,) = blocks_of(sweep.asked())
    assert block.census.problems == ()  # the footer is whole
    estimates, (problem,) = Probabilities().of_study([block])
    assert problem.path == path and problem.what.startswith("is damaged")
    assert estimates[0].samples == 4


def test_blocks_of_a_study_share_the_few_values(tmp_path):
    other = (2.0, 7.0)
    StudyOnDisk(tmp_path, "chain", CHAIN, {ETAS: rows_of(CHAIN)})
    asked = [
        asked_of(block_of(tmp_path, "chain", CHAIN, etas), etas, samples)
        for etas, samples in ((other, 4), (ETAS, CHUNK))
    ]
    estimates, _ = Probabilities().of_study(blocks_of(*asked))
    assert [(estimate.eta, estimate.samples) for estimate in estimates] == [
        (0, 2),
        (0.5, 2),
        (7, 0),
    ]


def test_a_study_without_intervals_has_no_estimates(tmp_path):
    StudyOnDisk(tmp_path, "chain", CHAIN, {ETAS: rows_of(CHAIN)})
    asked = replace(asked_of(block_of(tmp_path, "chain", CHAIN), ETAS, SAMPLES), analysis=MEANS)
    assert Probabilities().of_study(blocks_of(asked)) == ([], [])
