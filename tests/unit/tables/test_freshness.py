"""Whether results are what is asked for: their records decide, not their times or names."""

import hashlib
import json
import os
import shutil

import pandas as pd
import pytest
from report_results import CITATION

from syncsweep.figures.figure_page import save_provenance
from syncsweep.layout import BUNDLE_MANIFEST, bundle_folder, paper_folder, tables_folder
from syncsweep.paper.parts.validation import demand
from syncsweep.report.bundle import make_bundle, refuse_stale
from syncsweep.tables import ResultsError
from syncsweep.tables.freshness import (
    MADE_FROM,
    changed_sources,
    digests,
    is_stale,
    refuse_other_settings,
    said_by,
)
from syncsweep.tables.writing import write_table

SETTINGS = {"samples": 7, "analysis": {"threshold": 0.9}}


@pytest.fixture
def asked(monkeypatch):
    monkeypatch.setenv("SYNCSWEEP_ASKED", "123456789abc")
    return "123456789abc"


@pytest.fixture
def results(tmp_path, asked):
    """Two tables of a study, a figure of them, and claims checked with one of them."""
    folder = tables_folder(tmp_path, "pair")
    for path in (folder, paper_folder(tmp_path), tmp_path / "figures"):
        path.mkdir(parents=True)
    for name in ("summary", "failures"):
        write_table(folder / name, pd.DataFrame({"eta": [1.0]}), SETTINGS)
    tables = sorted(folder.glob("*.parquet"))
    save_provenance(tmp_path / "figures" / "fig", tables)
    claims = pd.DataFrame({"verdict": ["agrees"], "holds": [True]})
    origin = {"samples": {"chain": 10**4, "pair": 10**4}, MADE_FROM: digests(tables[:1])}
    write_table(paper_folder(tmp_path) / "validation", claims, origin)
    return tmp_path


def other_table(results, name="failures"):
    write_table(tables_folder(results, "pair") / name, pd.DataFrame({"eta": [2.0]}), SETTINGS)


def that_say(results):
    return [
        tables_folder(results, "pair") / "summary.parquet",
        results / "figures" / "fig.json",
        paper_folder(results) / "validation.parquet",
    ]


def test_what_says_the_same_is_fresh_and_anything_else_is_not(results, asked):
    for path in that_say(results):
        assert not is_stale(path, asked, results)
        assert is_stale(path, "another", results)
    assert not is_stale(results / "missing.parquet", asked, results)


def test_what_was_made_by_older_code_is_stale(tmp_path, asked, monkeypatch):
    monkeypatch.delenv("SYNCSWEEP_ASKED")
    write_table(tmp_path / "summary", pd.DataFrame({"eta": [1.0]}), SETTINGS)
    assert is_stale(tmp_path / "summary.parquet", asked, tmp_path)


def test_times_and_places_decide_nothing(results, asked, tmp_path_factory):
    copy = shutil.copytree(results, tmp_path_factory.mktemp("copy") / "elsewhere")
    for path in that_say(copy):
        os.utime(path, (1, 1))
        assert not is_stale(path, asked, copy)


def test_what_was_made_from_another_table_is_stale(results, asked):
    other_table(results)
    table, figure, claims = that_say(results)
    assert not is_stale(table, asked, results)
    assert is_stale(figure, asked, results) and is_stale(claims, asked, results)
    assert changed_sources(said_by(figure), results) == ["tables/pair/failures.parquet"]


@pytest.mark.parametrize("content", [b"", b"PAR1", b"[1]", b'{"made_from": [{}]}', b"\xff{"])
@pytest.mark.parametrize("name", ["fig.json", "t.parquet", "report.html", BUNDLE_MANIFEST])
def test_what_cannot_be_read_is_stale(tmp_path, content, name):
    (tmp_path / name).write_bytes(content)
    assert is_stale(tmp_path / name, "asked", tmp_path)


def test_a_pipe_in_place_of_a_table_is_stale_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "t.parquet")
    assert is_stale(tmp_path / "t.parquet", "asked", tmp_path)


def test_tables_of_other_settings_are_refused_and_named(results):
    table = tables_folder(results, "pair") / "summary.parquet"
    refuse_other_settings([table], **SETTINGS)
    with pytest.raises(ResultsError, match=r"summary\.parquet: .*\(analysis\).* run the same"):
        refuse_other_settings([table], **SETTINGS | {"analysis": {"threshold": 0.5}})


def test_claims_checked_with_other_tables_are_refused(results):
    assert "1 claims: 1 agrees" in demand(paper_folder(results))
    other_table(results)
    with pytest.raises(
        ResultsError, match=r"version of tables/pair/failures\.parquet; run the same"
    ):
        demand(paper_folder(results))


def test_a_bundle_is_of_one_configuration_and_its_files_of_each_other(results, asked):
    files = sorted(path for path in results.rglob("*") if path.is_file())
    config = {"studies": {"pair": SETTINGS}}
    refuse_stale(results, files, config)
    with pytest.raises(ResultsError, match="samples"):
        refuse_stale(results, files, {"studies": {"pair": SETTINGS | {"samples": 8}}})
    bundle = bundle_folder(results)
    named = {str(path.relative_to(results)): path for path in files}
    named |= {"CITATION.cff": CITATION, "requirements.lock": CITATION}
    make_bundle(named, config, bundle)
    assert not is_stale(bundle / BUNDLE_MANIFEST, asked, results)
    other_table(results)
    assert is_stale(bundle / BUNDLE_MANIFEST, asked, results)
    with pytest.raises(ResultsError, match="was made from another version of tables/pair/failures"):
        refuse_stale(results, files, config)


def test_digests_are_those_of_the_files(results):
    table = tables_folder(results, "pair") / "summary.parquet"
    digest = hashlib.sha256(table.read_bytes()).hexdigest()
    assert digests([table]) == {"tables/pair/summary.parquet": {"sha256": digest}}
    said = json.loads((results / "figures" / "fig.json").read_text(encoding="utf-8"))
    assert said[MADE_FROM]["tables/pair/summary.parquet"]["sha256"] == digest
