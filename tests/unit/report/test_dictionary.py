"""The data dictionary: an entry for each column of real files, and a page that is true."""

import math
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import yaml
from described import assert_described, fits
from studies import ANALYSIS, StudyOnDisk, rows_of
from types_study import PHYSICS

from syncsweep.columns import Column, entry
from syncsweep.config.configuration import parse
from syncsweep.config.eta import EtaBlock
from syncsweep.config.figure import Figure
from syncsweep.config.physics import Physics
from syncsweep.config.requests import FigureRequest
from syncsweep.figures import sweep_figure
from syncsweep.paper.paper_registry import FIGURES, PARTS
from syncsweep.physics.chi import chi, interval_probabilities
from syncsweep.physics.phase_distribution import deviation, relative_frequencies
from syncsweep.report.dictionary import columns_of, data_of_figures, page, tables
from syncsweep.sample import rows
from syncsweep.sample.rows import unpack_coefficients
from syncsweep.tables.registry import JOBS, OBSERVABLES
from syncsweep.tables.writing import write_table

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "columns.md"
ETAS = (0.0, 1e-3)
CONFIGURATIONS = ("config.yaml", "examples/mixed_pair.yaml")


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Shards, all tables, and a figure with all panels, of a chain of three."""
    folder = tmp_path_factory.mktemp("results")
    study = StudyOnDisk(folder, "spin1_chain", PHYSICS, {ETAS: rows_of(PHYSICS, 4, ETAS)})
    everything = ANALYSIS.model_copy(update={"maxima_bins": 8, "limit_draws": 1000})
    output = study.tables(everything)
    panels = tuple(name for name in sweep_figure.DATA if name != "limit")
    figure = Figure.model_construct(name="fig3", panels=panels)
    request = FigureRequest(figure=figure, analysis=everything, model="spin1_chain", n_sites=3)
    sweep_figure.draw(output, request, folder / "figures" / "fig3")
    return folder


def test_columns_of_a_sweep_are_those_of_the_dictionary(results):
    shards, figures = [*results.glob("spin1_chain-*/*/*.parquet")], [*results.glob("figures/*.csv")]
    made = [path for path in results.glob("tables/*/*") if path.suffix in (".parquet", ".csv")]
    assert {path.stem for path in made} == {name for job in JOBS for name in job.names} - {
        OBSERVABLES.name
    }
    assert len(figures) == len(sweep_figure.DATA) and len(shards) == 2
    assert_described([*made, *shards, *figures])


def test_every_table_has_entries_and_every_figure_those_of_known_tables():
    for maker in JOBS:
        assert tuple(maker.columns) == maker.names
    for part in PARTS.values():
        assert tuple(part.columns) == part.tables
    assert len(tables()) == sum(len(maker.columns) for maker in (*JOBS, *PARTS.values()))
    for figure in FIGURES.values():
        assert set(figure.data.values()) <= {"", *tables()}
        assert set(figure.columns) <= set(figure.data)
    assert all(data_of_figures().values())


def test_every_entry_can_be_read_alone():
    everything = [rows.COLUMNS, *tables().values(), *data_of_figures().values()]
    for columns in everything:
        for column in columns:
            assert column.meaning and not column.meaning.endswith(".")
            assert not re.search(r"\{\}|<", column.meaning)
            assert not column.name.startswith(("angle", "phi")) or column.unit == "rad"
    lists = {field.name: field.metadata["is_list"] for field in rows.FIELDS}
    assert {column.name: bool(column.shape) for column in rows.COLUMNS} == lists


def test_a_column_without_an_entry_and_an_entry_without_a_column_are_seen(tmp_path):
    failures = tables()["failures"]
    frame = pd.DataFrame({"eta": [0.1], "sample": [3], "status": ["failed"], "s_d_error": [1.0]})
    write_table(tmp_path / "failures", frame, {}, failures)
    assert_described(tmp_path.iterdir())
    with pytest.raises(KeyError, match="new: has no entry"):
        write_table(tmp_path / "failures", frame.assign(new=1), {}, failures)
    write_table(tmp_path / "failures", frame.drop(columns="status"), {}, failures)
    with pytest.raises(AssertionError, match="status"):
        assert_described(tmp_path.iterdir())
    write_table(tmp_path / "failures", frame, {})  # fields that carry nothing
    with pytest.raises(AssertionError, match=r"failures\.parquet"):
        assert_described(tmp_path.iterdir())
    (tmp_path / "failures.csv").write_text("eta,sample,status,s_d_error,new\n", encoding="utf-8")
    with pytest.raises(KeyError, match="new: has no entry"):
        columns_of(tmp_path / "failures.csv")


def test_families_have_the_numbers_of_their_columns():
    (p, error) = Column("p{a}", "P_{a} of {a}", source="Fig. 3b").with_errors("_se")
    assert entry("p12", (error, p)) == Column("p12", "P_12 of 12", source="Fig. 3b")
    assert entry("p2_se", (p, error)) == Column("p2_se", "standard error of p2")
    for name in ("p", "p_se", "px", "p1x", "P1"):
        assert not fits(p, name)
    mean = Column("s_max_mean", "mean", "rad").with_errors("_se")[1]
    assert mean == Column("s_max_se", "standard error of s_max_mean", "rad")


def test_page_is_current():
    assert PAGE.read_text(encoding="utf-8") == page(), "run `make docs` and commit docs/columns.md"


def test_example_of_the_page_gives_p_of_a_row(results, monkeypatch):
    """S_d and χ to rounding, and P_a as the package's functions give it on the same angles."""
    monkeypatch.chdir(results.parent)
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    made = {}
    exec(code.replace('"results/', f'"{results.name}/'), made)
    frequencies = relative_frequencies((1, 1, 1))
    assert made["k"].tolist() == frequencies.tolist()
    row, angles, inside = made["row"], made["angles"], made["inside"]
    coefficients = unpack_coefficients(np.array(row["s_d"]))
    expected = deviation(coefficients, frequencies, angles)
    np.testing.assert_allclose(made["excess"], expected, atol=1e-16)
    assert 0.95 * row["s_max"] <= made["excess"][inside].min() < 0.96 * row["s_max"]
    assert expected[~inside].max() < 0.95 * row["s_max"] < expected.max() <= row["s_max"]
    three = np.column_stack([angles[inside], np.zeros(inside.sum())])
    np.testing.assert_allclose(made["x"], chi(three), atol=1e-14)
    weights = made["weights"] / made["weights"].sum()
    known = interval_probabilities(chi(three), weights, made["intervals"])
    np.testing.assert_allclose(made["P"], known, atol=1e-3)
    assert sum(made["P"]) > 0.7


def test_one_eta_is_found_as_the_page_says():
    """By what logspace or 10**x give, rounded to twelve digits, and by what a CSV file prints."""
    files = [yaml.safe_load((ROOT / name).read_text(encoding="utf-8")) for name in CONFIGURATIONS]
    studies = [study for data in files for study in data["studies"].values()]
    grids = [block for study in studies for block in study["eta_blocks"] if "first" in block]
    grids += [{"first": 1e-7, "last": 1e3, "per_decade": n} for n in (1, 3, 7, 10, 12, 50, 64, 100)]
    grids += [{"first": 0.3, "last": 30, "per_decade": 9}]
    assert len(grids) > 10
    for grid in grids:
        block = EtaBlock.model_validate(grid)
        low, high = math.log10(grid["first"]), math.log10(grid["last"])
        steps = round((high - low) * grid["per_decade"])
        positive = [eta for eta in block.etas if eta]
        spaced = np.logspace(low, high, steps + 1)
        powers = [10 ** (low + k / grid["per_decade"]) for k in range(steps + 1)]
        for values in (spaced, powers):
            assert [float(f"{x:.12g}") for x in values] == positive
        printed = pd.DataFrame({"eta": block.etas}).to_csv(index=False).split()[1:]
        assert tuple(map(float, printed)) == block.etas


def test_value_that_the_page_shows_is_one_of_the_configuration():
    (shown,) = re.findall(r"`eta == (.*?)`", PAGE.read_text(encoding="utf-8"))
    config = parse(yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8")))
    etas = {eta for block in config.studies["spin1_chain"].eta_blocks for eta in block.etas}
    assert float(shown) in etas and repr(float(shown)) == shown
    assert not {eta for eta in np.logspace(-6, 1, 29)} >= etas - {0.0}


def test_a_shard_alone_says_of_which_physics_it_is(results):
    path = next(results.glob("spin1_chain-*/*/*.parquet"))
    said = pq.read_schema(path).metadata[b"syncsweep.physics"]
    assert Physics.model_validate_json(said) == PHYSICS


def test_histograms_add_up_as_the_page_says(results):
    chis = pd.read_parquet(results / "tables/spin1_chain/chi_histogram.parquet")
    shares = (chis["density"] * (chis["chi_high"] - chis["chi_low"])).groupby(chis["eta"]).sum()
    np.testing.assert_allclose(shares, 1, atol=1e-12)
    of_s_max = pd.read_parquet(results / "tables/spin1_chain/s_max_histogram.parquet")
    for _, bins in of_s_max.groupby("eta"):
        assert bins["density"].isna().tolist() == [True, *[False] * (len(bins) - 2), True]
        inner = bins.iloc[1:-1]
        decades = np.log10(inner["s_max_high"] / inner["s_max_low"])
        expected = inner["count"].sum() / bins["count"].sum()
        assert (inner["density"] * decades).sum() == pytest.approx(expected, abs=1e-12)
