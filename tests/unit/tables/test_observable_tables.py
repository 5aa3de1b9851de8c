"""Observables in the tables of a small study of the pair, and in rows for a notebook."""

import filecmp
from itertools import pairwise

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from own_study import TEXT, configured
from studies import ANALYSIS, ETAS, PAIR

from syncsweep.config.analysis import Bins
from syncsweep.config.configuration import parse
from syncsweep.config.observables import OwnObservableCode, SiteObservable, StateObservable
from syncsweep.layout import BlockFolder, study_folder
from syncsweep.report import report_tables
from syncsweep.sample.sample_solver import SampleSolver
from syncsweep.sample_range import SampleRange
from syncsweep.sweep import description
from syncsweep.sweep.description import Description
from syncsweep.sweep.row_table import to_table
from syncsweep.sweep.shard import write_shard
from syncsweep.tables import ResultsError
from syncsweep.tables.observable_table import make_observable_table
from syncsweep.tables.samples import Shards
from syncsweep.tables.summary import make_tables
from syncsweep.tables.sweep_rows import read_rows, solve_samples

SAMPLES = 6

#: It has no value for states of a high purity.
SOURCE = """
def imbalance(rho, spins, limit):
    value = (rho[1, 1] - rho[2, 2]).real
    return {"imbalance": value if (abs(rho) ** 2).sum() < limit else float("nan")}
"""
OWN = OwnObservableCode(
    function="imbalance", returns=("imbalance",), parameters={"limit": 0.7}, source=SOURCE
)
CODES = (
    StateObservable(name="purity"),
    SiteObservable(name="expectation", operator="sz", site=2),
    OWN,
)
BLOCK = Description("pair", PAIR, ETAS, observables=CODES)
BINNED = ANALYSIS.model_copy(
    update={
        "observable_bins": {
            "imbalance": Bins(low=-0.5, high=0.5, count=4),
            "purity": Bins(low=0.3, high=0.6, count=3),
        }
    }
)


@pytest.fixture(scope="module")
def rows():
    solver = SampleSolver(PAIR, ETAS, CODES)
    return [solver.rows(sample) for sample in range(SAMPLES)]


def tables_of(folder, rows, chunk_size):
    """Tables of shards of so many samples; returns their folder."""
    block = BlockFolder(folder / BLOCK.block)
    block.path.mkdir(parents=True)
    for start in range(0, SAMPLES, chunk_size):
        samples = SampleRange(start, min(start + chunk_size, SAMPLES))
        table = to_table(rows[start : samples.stop])
        write_shard(block.shard(*samples), table, BLOCK, samples, {})
    source = Shards(folder, [BLOCK], SAMPLES, chunk_size)
    make_tables(source, BINNED, folder / "tables")
    make_observable_table(source, BINNED, folder / "tables")
    return folder / "tables"


@pytest.fixture(scope="module")
def tables(tmp_path_factory, rows):
    return tables_of(tmp_path_factory.mktemp("observables"), rows, 4)


@pytest.fixture(scope="module")
def values(rows):
    """Values of each column, (n_samples, n_eta)."""
    return {name: np.array([one.observables[name] for one in rows]) for name in rows[0].observables}


def read(tables, name):
    return pq.read_table(tables / f"{name}.parquet").to_pandas()


def test_some_rows_have_no_value_of_the_own_observable(values):
    for of_eta in values["imbalance_status"].T[:2]:
        assert set(of_eta) == {"ok", "failed"}
    assert np.isfinite(values["purity"]).all()


def test_summary_has_means_over_the_rows_that_have_a_value(tables, values):
    summary = read(tables, "summary")
    assert [*summary][-6:] == [
        f"{name}_{ending}" for name in ("purity", "sz_2", "imbalance") for ending in ("mean", "se")
    ]
    for name in ("purity", "sz_2", "imbalance"):
        frame = pd.DataFrame(values[name])
        np.testing.assert_allclose(summary[f"{name}_mean"], frame.mean(), rtol=1e-12, atol=1e-15)
        np.testing.assert_allclose(summary[f"{name}_se"], frame.sem(), rtol=1e-9, atol=1e-15)
    assert summary["n"].tolist() == [SAMPLES] * len(ETAS)


def test_samples_has_observables_at_its_end_and_null_where_there_is_no_value(tables, values):
    table = pq.read_table(tables / "samples.parquet")
    assert table.column_names[-4:] == ["purity", "sz_2", "imbalance", "imbalance_status"]
    for name in table.column_names[-4:]:
        assert table[name].to_pandas().tolist() == pytest.approx(
            values[name].T.ravel().tolist(), nan_ok=True
        )
    failed = values["imbalance_status"].T.ravel() == "failed"
    assert table["imbalance"].is_null().to_pylist() == failed.tolist()


def test_every_column_says_what_it_means(tables):
    samples, summary = (pq.read_schema(tables / f"{n}.parquet") for n in ("samples", "summary"))
    said = samples.field("sz_2").metadata
    assert said[b"meaning"].decode() == "expectation value of S^z of site 2"
    for name in ("purity_mean", "purity_se", "imbalance_mean", "imbalance_se"):
        assert summary.field(name).metadata[b"meaning"]
    assert b"imbalance()" in samples.field("imbalance").metadata[b"meaning"]


def test_failures_name_the_rows_and_a_line_counts_them(tmp_path, rows, values, capsys):
    failures = read(tables_of(tmp_path, rows, 4), "failures")
    failed = values["imbalance_status"].T == "failed"
    at_eta, sample = np.nonzero(failed)
    assert failures["sample"].tolist() == sample.tolist()
    assert failures["eta"].tolist() == [ETAS[k] for k in at_eta]
    assert set(failures["status"]) == {"ok"}
    assert set(failures["imbalance_status"]) == {"failed"}
    (warning,) = [line for line in capsys.readouterr().err.splitlines() if "warning" in line]
    assert f"imbalance() failed for {failed.sum()} of {failed.size} rows" in warning
    assert "failures.csv" in warning


def test_tables_do_not_depend_on_the_size_of_shards(tables, tmp_path, rows):
    other = tables_of(tmp_path, rows, 5)
    names = sorted(path.name for path in tables.iterdir())
    assert filecmp.cmpfiles(tables, other, names, shallow=False)[0] == names


@pytest.mark.parametrize("name", ["imbalance", "purity"])
def test_histogram_counts_every_value_once(tables, values, name):
    histogram = read(tables, "observable_histogram")
    assert histogram["observable"].unique().tolist() == ["imbalance", "purity"]
    bins = BINNED.observable_bins[name]
    edges = [-np.inf, *np.linspace(bins.low, bins.high, bins.count + 1), np.inf]
    for eta, found in zip(ETAS, values[name].T, strict=True):
        of_eta = histogram[(histogram["eta"] == eta) & (histogram["observable"] == name)]
        known = found[np.isfinite(found)]
        expected = [((low <= known) & (known < high)).sum() for low, high in pairwise(edges)]
        assert of_eta["count"].tolist() == expected
        assert of_eta["count"].sum() == len(known)
        inner = of_eta.iloc[1:-1]
        np.testing.assert_allclose(
            inner["density"] * (inner["high"] - inner["low"]) * len(known), inner["count"]
        )
        assert of_eta["density"].isna().tolist() == [True, *[False] * bins.count, True]


def test_rows_for_a_notebook_have_observables_with_their_units(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(TEXT + SOURCE, encoding="utf-8")
    own = {"file": "mine.py", "function": "imbalance", "returns": ["imbalance"]}
    given = ["relative_entropy_of_coherence", own | {"parameters": {"limit": 2}}]
    rows = solve_samples(parse(configured("observables", given)), "mine", [0, 3])
    names = ["relative_entropy_of_coherence", "imbalance", "imbalance_status"]
    assert [*rows.frame][-3:] == names
    dataset = rows.to_xarray()
    entropy = dataset["relative_entropy_of_coherence"]
    assert entropy.dims == ("sample", "eta")
    assert entropy.attrs["units"] == "nat"
    np.testing.assert_array_equal(entropy.to_numpy().ravel(), rows.frame[names[0]])
    assert set(dataset["imbalance_status"].to_numpy().ravel()) == {"ok"}
    assert "imbalance()" in dataset["imbalance"].attrs["long_name"]


def study_of(folder, *pairs):
    """The blocks of a study on disk, one for each pair of observables and samples."""
    blocks = [Description("pair", PAIR, ETAS, observables=codes) for codes, _ in pairs]
    study = study_folder(folder, "pair", PAIR.digest)
    description.write(study, blocks)
    for block, (_, samples) in zip(blocks, pairs, strict=True):
        solver = SampleSolver(PAIR, ETAS, block.observables)
        table = to_table([solver.rows(sample) for sample in samples])
        whole = SampleRange(samples[0], samples[-1] + 1)
        write_shard(BlockFolder(study / block.block).shard(*whole), table, block, whole, {})
    return blocks


def test_rows_with_and_without_an_observable_are_read_once(tmp_path):
    purity, sz, _ = CODES
    study_of(tmp_path, ((), range(4)), ((purity,), range(3)), ((sz,), range(2)))
    rows = read_rows(tmp_path, "pair").frame
    assert rows["sample"].tolist() == [*np.repeat(range(4), len(ETAS))]
    known = rows.groupby("sample")[["purity", "sz_2"]].count()
    assert known["purity"].tolist() == [3, 3, 3, 0]
    assert known["sz_2"].tolist() == [3, 3, 0, 0]


def test_columns_of_one_name_from_different_code_are_not_mixed(tmp_path):
    other = OWN.model_copy(update={"parameters": {"limit": 0.6}})
    one, two = study_of(tmp_path, ((OWN,), range(1)), ((other,), range(1)))
    with pytest.raises(ResultsError, match=r"imbalance is from different code in eta-0-0\.5-n3-"):
        read_rows(tmp_path, "pair")
    for block in (one, two):
        assert len(read_rows(tmp_path, "pair", blocks=[block.block]).frame) == len(ETAS)


def test_the_page_shows_means_and_failures_of_observables(tables, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.py").write_text(SOURCE, encoding="utf-8")
    own = {"file": "own.py", "function": "imbalance", "returns": ["imbalance"]}
    sz = {"name": "expectation", "operator": "sz", "sites": [2]}
    data = configured("model", {"name": "spin_half_pair"})
    data["studies"]["mine"]["observables"] = ["purity", sz, own]
    study = parse(data).studies["mine"]
    summary, failures = report_tables.of_study(tables, study)
    heads = ["⟨purity⟩", "⟨sz_2⟩", "⟨imbalance⟩"]
    assert [head for head in summary.heads if head in heads] == heads
    place = summary.heads.index("⟨purity⟩")
    shown = [row[place].order for row in summary.rows]
    assert shown == read(tables, "summary")["purity_mean"].tolist()
    assert failures.heads[-1] == "imbalance() status"
    assert {row[-1].text for row in failures.rows} == {"failed"}
    assert not failures.numeric[-1]
