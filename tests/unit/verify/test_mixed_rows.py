"""Rows that a mean over folders would count twice or mix are noted, each in one line."""

import shutil

import pandas as pd
import pytest
from studies import ETAS, PAIR, put_shard, rows_of

from syncsweep.config.physics import Physics
from syncsweep.layout import paper_folder, tables_folder
from syncsweep.tables.writing import write_table
from syncsweep.verify.mixed_rows import note_mixed_rows
from syncsweep.verify.study_files import study_folders
from syncsweep.verify.verify_text import Report

OTHER = Physics.model_validate({**PAIR.model_dump(), "root_seed": 4})


@pytest.fixture
def notes(results, capsys):
    def of():
        report = Report()
        note_mixed_rows(results, study_folders(results), report)
        report.sum_up()
        assert not report.findings
        *lines, _ = capsys.readouterr().out.splitlines()
        return [line.replace(str(results), "RESULTS") for line in lines]

    return of


def test_rows_that_tables_are_made_of_are_not_noted(results, notes):
    assert notes() == []


def test_samples_in_several_shards_are_noted(results, notes, snapshot):
    put_shard(results, "pair", PAIR, rows_of(PAIR)[1:4], 1)
    assert notes() == snapshot


def test_etas_in_several_blocks_are_noted(results, notes, snapshot):
    put_shard(results, "pair", PAIR, rows_of(PAIR, etas=ETAS[1:])[:2], 0, etas=ETAS[1:])
    assert notes() == snapshot


def test_other_physics_of_a_study_is_noted_and_that_no_table_is_made_of_it(
    results, notes, snapshot
):
    put_shard(results, "pair", OTHER, rows_of(OTHER)[:2], 0)
    said = notes()
    assert said == snapshot
    assert sum(f"pair-{OTHER.digest}: no table" in line for line in said) == 1


def test_rows_of_a_study_without_tables_are_noted_unless_there_are_none(results, notes, snapshot):
    shutil.rmtree(tables_folder(results, "pair"))
    assert notes() == snapshot
    shutil.rmtree(tables_folder(results, ""))
    shutil.rmtree(paper_folder(results))
    assert notes() == []


def test_rows_that_a_part_of_the_paper_is_made_of_are_not_noted(results, notes):
    shutil.rmtree(tables_folder(results, "pair"))
    assert len(notes()) == 1
    request = {"chain": {"folder": f"pair-{PAIR.digest}", "samples": 5}}
    write_table(paper_folder(results) / "t", pd.DataFrame({"eta": [0.0]}), {"request": request})
    assert notes() == []
