"""Tables of a small sweep of the spin-1/2 pair, made from shards written here."""

import csv
import json
import runpy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from damage import place_of_values
from studies import StudyOnDisk, rows_of

from syncsweep.config.analysis import MEANS, Analysis, LogBins, Ratio
from syncsweep.config.blocks import Block as EtaBlock
from syncsweep.config.physics import Ensemble, Physics, Spin1Chain, SpinHalfPair
from syncsweep.config.requests import TablesRequest
from syncsweep.environment.provenance import code, libraries
from syncsweep.files import sha256
from syncsweep.layout import BlockFolder
from syncsweep.physics import operator_solver
from syncsweep.physics.chi import interval_probabilities
from syncsweep.physics.chi_sampling import sample_chi
from syncsweep.physics.measures import Maximum
from syncsweep.physics.phase_distribution import relative_frequencies
from syncsweep.sample.rows import unpack_coefficients
from syncsweep.sample.sample_solver import FAILED, SampleSolver, chi_shift
from syncsweep.tables import METADATA_KEY, ResultsError, parse_request
from syncsweep.tables.registry import JOBS
from syncsweep.tables.samples import Shards, describe
from syncsweep.tables.summary import make_tables

SAMPLES = 12
BLOCKS = ((0.01, 0.1, 1.0), (0.0,))
BLOCK_NAMES = [EtaBlock(etas).id for etas in BLOCKS]
PHYSICS = Physics(model=SpinHalfPair(name="spin_half_pair"), ensemble=Ensemble(), root_seed=5)
ANALYSIS = Analysis(chi_bins=32, s_max_bins=LogBins(low=3e-3, high=2e-2, count=5))
SCRIPT = Path(__file__).parents[3] / "scripts" / "make_tables.py"
TABLES = ("summary", "chi_histogram", "s_max_histogram")


@pytest.fixture(scope="module")
def rows():
    """Rows of every sample, for each block."""
    return {etas: list(rows_of(PHYSICS, SAMPLES, etas)) for etas in BLOCKS}


def write_study(parent, rows, chunk_size):
    """Write the rows as shards of `chunk_size`; returns the study's folder."""
    return StudyOnDisk(parent, "pair", PHYSICS, rows, chunk_size).folder


def shards_of(folder, names, chunk_size=5):
    return Shards(folder, describe(folder, names), SAMPLES, chunk_size)


def tables_of(parent, rows, chunk_size=5, blocks=None, analysis=ANALYSIS):
    """Shards and tables of `rows` below `parent`; returns the folder of the tables."""
    folder = write_study(parent, rows, chunk_size)
    names = BLOCK_NAMES if blocks is None else blocks
    make_tables(shards_of(folder, names, chunk_size), analysis, parent / "tables")
    return parent / "tables"


@pytest.fixture(scope="module")
def tables(tmp_path_factory, rows):
    return tables_of(tmp_path_factory.mktemp("tables"), rows)


def read(tables, name):
    return pq.read_table(tables / f"{name}.parquet").to_pandas()


def chi_samples(rows):
    """χ of each of a block's samples, without the program under test."""
    frequencies = relative_frequencies((0.5, 0.5))
    for sample, sample_rows in enumerate(rows):
        yield sample_chi(
            unpack_coefficients(sample_rows.s_d),
            frequencies,
            Maximum(sample_rows.s_max, sample_rows.angles),
            ANALYSIS.threshold,
            chi_shift(PHYSICS.root_seed, sample, 1),
        )


def test_summary_holds_means_and_standard_errors_over_samples(tables, rows):
    summary = read(tables, "summary").set_index("eta")
    for etas, samples in rows.items():
        chis = list(chi_samples(samples))
        p = np.array([interval_probabilities(c.chi, c.weights, ANALYSIS.intervals) for c in chis])
        s_max = np.array([sample_rows.s_max for sample_rows in samples])
        for index, eta in enumerate(etas):
            row = summary.loc[eta]
            for a in range(3):
                assert row[f"p{a + 1}"] == pytest.approx(p[:, index, a].mean(), abs=1e-14)
                error = p[:, index, a].std(ddof=1) / np.sqrt(SAMPLES)
                assert row[f"p{a + 1}_se"] == pytest.approx(error, abs=1e-14)
            assert row["s_max_mean"] == pytest.approx(s_max[:, index].mean(), rel=1e-13)
            error = s_max[:, index].std(ddof=1) / np.sqrt(SAMPLES)
            assert row["s_max_se"] == pytest.approx(error, rel=1e-12)
            assert (row["n"], row["failed"], row["undefined_chi"]) == (SAMPLES, 0, 0)
            assert row["p1_low"] <= row["p1"] < row["p1_high"]
    # In the limit the two spins always differ by about π, but twelve samples do not prove it.
    assert summary.loc[0.0, "p3"] == pytest.approx(1.0)
    none = 1 - 0.158655 ** (1 / SAMPLES)  # at this P_a, the probability of no hit is 16 %
    assert summary.loc[0.0, ["p1_low", "p1_high"]].to_list() == pytest.approx([0, none], abs=1e-6)
    assert summary.loc[0.0, "p3_low"] == pytest.approx(1 - none, abs=1e-3)
    assert not any(column.startswith("ratio") for column in summary)


def test_a_ratio_has_columns_where_the_analysis_names_it(tmp_path, rows):
    ratio = Ratio(numerator=3, denominator=2, weight=4, meaning="π for each π/4")
    tables = tables_of(tmp_path, rows, analysis=ANALYSIS.model_copy(update={"ratio": ratio}))
    summary = read(tables, "summary").set_index("eta")
    above = summary[summary["p2"] > 0]
    assert len(above) > 0
    for _, row in above.iterrows():
        assert row["ratio"] == pytest.approx(row["p3"] / (4 * row["p2"]), rel=1e-13)
        assert row["ratio_low"] < row["ratio"] < row["ratio_high"]
    # Without a hit in the denominator there is no ratio, but it cannot be small.
    limit = summary.loc[0.0]
    assert np.isnan(limit["ratio"]) and limit["ratio_high"] == np.inf
    assert limit["ratio_low"] > 1.5


def test_tables_do_not_depend_on_the_chunk_size_in_a_single_byte(tmp_path, tables, rows):
    for chunk_size in (1, 12):
        parent = tmp_path / str(chunk_size)
        parent.mkdir()
        other = tables_of(parent, rows, chunk_size)
        names = sorted(path.name for path in other.iterdir())
        assert names == sorted(
            f"{table.name}.{end}" for table in JOBS[0].tables for end in table.kinds
        )
        for name in names:
            assert (other / name).read_bytes() == (tables / name).read_bytes(), name


def test_blocks_in_any_order_are_sorted_by_eta(tmp_path, tables, rows):
    other = tables_of(tmp_path, rows, blocks=BLOCK_NAMES[::-1])
    assert read(other, "summary")["eta"].tolist() == [0.0, 0.01, 0.1, 1.0]
    for name in TABLES:
        assert (other / f"{name}.csv").read_bytes() == (tables / f"{name}.csv").read_bytes()


def test_an_eta_of_two_blocks_is_refused(tmp_path, rows):
    doubled = {(0.1,): rows_of(PHYSICS, SAMPLES, (0.1,)), **rows}
    with pytest.raises(ResultsError, match=r"η = 0\.1 is in two"):
        tables_of(tmp_path, doubled, blocks=[EtaBlock(etas).id for etas in doubled])
    assert not (tmp_path / "tables").exists()


def test_densities_of_chi_integrate_to_one_and_to_the_probabilities(tables):
    summary, histogram = read(tables, "summary"), read(tables, "chi_histogram")
    histogram["mass"] = histogram["density"] * (histogram["chi_high"] - histogram["chi_low"])
    np.testing.assert_allclose(histogram.groupby("eta")["mass"].sum(), 1.0, rtol=1e-13)
    for a, (low, high) in enumerate(ANALYSIS.intervals):
        # Each interval consists of whole bins, of 1/32.
        inside = histogram[(histogram["chi_low"] >= low) & (histogram["chi_high"] <= high)]
        mass = inside.groupby("eta")["mass"].sum()
        np.testing.assert_allclose(mass, summary[f"p{a + 1}"], atol=1e-13)


def test_standard_errors_of_the_histogram_are_those_over_samples(tables, rows):
    histogram = read(tables, "chi_histogram").set_index("eta")
    edges = np.arange(33) / 32
    for etas, samples in rows.items():
        for index, eta in enumerate(etas):
            counts = [
                np.histogram(c.chi, bins=edges, weights=c.weights[index], density=True)[0]
                for c in chi_samples(samples)
            ]
            table = histogram.loc[eta]
            np.testing.assert_allclose(table["density"], np.mean(counts, axis=0), atol=1e-12)
            error = np.std(counts, axis=0, ddof=1) / np.sqrt(SAMPLES)
            np.testing.assert_allclose(table["density_se"], error, atol=1e-12)


def test_histogram_of_s_max_counts_every_good_row(tables, rows):
    histogram = read(tables, "s_max_histogram")
    assert histogram.groupby("eta")["count"].sum().tolist() == [SAMPLES] * 4
    s_max = np.array([sample_rows.s_max[1] for sample_rows in rows[BLOCKS[0]]])
    table = histogram[histogram["eta"] == 0.1]
    below, above = table.iloc[0], table.iloc[-1]
    assert (below["s_max_low"], below["s_max_high"]) == (0.0, 3e-3)
    assert (above["s_max_low"], above["s_max_high"]) == (2e-2, np.inf)
    assert below["count"] == np.sum(s_max < 3e-3) > 0
    inside = table.iloc[1:-1]
    per_decade = inside["density"] * np.log10(inside["s_max_high"] / inside["s_max_low"])
    assert per_decade.sum() == pytest.approx(1 - (below["count"] + above["count"]) / SAMPLES)
    assert np.isnan([below["density"], above["density"]]).all()


@pytest.mark.parametrize("name", TABLES)
def test_csv_and_parquet_hold_the_same(tables, name):
    parquet = read(tables, name)
    with open(tables / f"{name}.csv", encoding="utf-8", newline="") as file:
        header, *lines = csv.reader(file)
    assert header == list(parquet.columns)
    values = np.array([[float(cell or "nan") for cell in line] for line in lines])
    # Equal to the last bit, with an empty cell for NaN.
    np.testing.assert_array_equal(values, parquet.to_numpy(dtype=float))


def test_provenance_says_what_decides_the_tables_and_nothing_else(tables):
    for name in TABLES:
        metadata = pq.read_schema(tables / f"{name}.parquet").metadata
        assert list(metadata) == [METADATA_KEY]
        provenance = json.loads(metadata[METADATA_KEY])
        assert Analysis.model_validate(provenance.pop("analysis")) == ANALYSIS
        assert provenance.pop("checksums") == {"samples": sha256(tables / "samples.parquet")}
        assert provenance == {
            "study": "pair",
            "physics": PHYSICS.model_dump(mode="json"),
            "physics_hash": PHYSICS.digest,
            "samples": SAMPLES,
            "rows_made_by": [{"code": None, "libraries": None, "blas": None, "mpi": None}],
            "made_by": {
                "code": code(),
                "libraries": libraries("numpy", "scipy", "pandas", "pyarrow"),
            },
        }


def planted(rows, sample, index, **values):
    """Copy of the first block's rows with other values in one of them."""
    original = rows[BLOCKS[0]][sample]
    changed = {}
    for name, value in values.items():
        column = getattr(original, name).astype(object if name == "status" else None, copy=True)
        column[index] = value
        changed[name] = column.astype(str) if name == "status" else column
    samples = list(rows[BLOCKS[0]])
    samples[sample] = replace(original, **changed)
    return {**rows, BLOCKS[0]: samples}


def test_a_failed_row_is_counted_and_left_out(tmp_path, tables, rows, capsys):
    failed = planted(rows, 4, 1, status=FAILED, s_d=np.nan, s_max=np.nan, angles=np.nan)
    summary = read(tables_of(tmp_path, failed), "summary").set_index("eta")
    assert (summary["n"] + summary["failed"] == SAMPLES).all()
    assert summary["failed"].to_dict() == {0.0: 0, 0.01: 0, 0.1: 1, 1.0: 0}
    s_max = [sample_rows.s_max[1] for i, sample_rows in enumerate(rows[BLOCKS[0]]) if i != 4]
    assert summary.loc[0.1, "s_max_mean"] == pytest.approx(np.mean(s_max), rel=1e-13)
    untouched = read(tables, "summary").set_index("eta").drop(0.1)
    pd.testing.assert_frame_equal(summary.drop(0.1), untouched, rtol=1e-12, atol=1e-14)
    warning = capsys.readouterr().err.splitlines()
    assert len(warning) == 1
    assert "pair: 1 of 48 rows failed, first sample 4 at η = 0.1 (failed)" in warning[0]
    (failure,) = read(tmp_path / "tables", "failures").to_dict("records")
    assert (failure["eta"], failure["sample"], failure["status"]) == (0.1, 4, FAILED)


def test_solves_that_do_not_converge_are_counted_and_enter_no_number(tmp_path, monkeypatch):
    for limit in ("_GMRES_VECTORS", "_GMRES_STEPS", "_MORE_STEPS"):
        monkeypatch.setattr(operator_solver, limit, 4)
    model = Spin1Chain(name="spin1_chain", n_sites=4)
    few_terms = Physics(model=model, ensemble=Ensemble(kind="bonds"), root_seed=1)
    etas = (0.0, 1e-4, 1.0)
    solver = SampleSolver(few_terms, etas)
    study = StudyOnDisk(tmp_path, "few", few_terms, {etas: [solver.rows(0), solver.rows(1)]})
    study.tables(ANALYSIS)
    summary = read(study.output, "summary").set_index("eta")
    assert summary["n"].tolist() == [2, 2, 0] and summary["failed"].tolist() == [0, 0, 2]
    unknown = summary.loc[1.0, ["s_max_mean", "p1", "p2", "p3"]]
    assert unknown.isna().all()
    assert np.isfinite(summary.loc[1e-4, "s_max_mean"])
    failures = read(study.output, "failures")
    assert failures[["eta", "sample", "status"]].values.tolist() == [
        [1.0, 0, "inaccurate"],
        [1.0, 1, "inaccurate"],
    ]


def test_a_row_without_resolved_s_max_has_no_chi(tmp_path, rows):
    flat = planted(rows, 4, 1, s_max=0.0)
    tables = tables_of(tmp_path, flat)
    row = read(tables, "summary").set_index("eta").loc[0.1]
    assert (row["n"], row["failed"], row["undefined_chi"]) == (SAMPLES, 0, 1)
    p3 = [
        interval_probabilities(c.chi, c.weights, ANALYSIS.intervals)[1, 2]
        for i, c in enumerate(chi_samples(rows[BLOCKS[0]]))
        if i != 4
    ]
    assert row["p3"] == pytest.approx(np.mean(p3), rel=1e-13)
    histogram = read(tables, "s_max_histogram")
    assert histogram.groupby("eta")["count"].sum().tolist() == [SAMPLES] * 4


def test_where_nothing_locks_the_averages_of_s_max_are_zero(tmp_path):
    """Without dissipation in L₁ the state of the chain is 1/D, up to rounding."""
    physics = Physics(
        model=Spin1Chain(name="spin1_chain", n_sites=2),
        ensemble=Ensemble(zeta_diss=0.0),
        root_seed=5,
    )
    etas = (0.01, 1.0)
    made = list(rows_of(physics, 4, etas))
    assert not any(rows.s_max.any() for rows in made)
    rounding = {"s_max": np.full(2, 1e-17), "residual": 1e-15 * made[0].condition}
    made[2:] = [replace(rows, **rounding) for rows in made[2:]]
    summary = read(
        StudyOnDisk(tmp_path, "chain", physics, {etas: made}).tables(ANALYSIS), "summary"
    )
    assert summary["s_max_mean"].tolist() == [0, 0] == summary["s_max_se"].tolist()
    assert summary["undefined_chi"].tolist() == [4, 4] == summary["n"].tolist()


def damage(path):
    data = bytearray(path.read_bytes())
    data[place_of_values(path, "s_max")] ^= 0xFF
    path.write_bytes(data)


def test_a_damaged_shard_is_set_aside_and_named(tmp_path, rows):
    folder = write_study(tmp_path, rows, 5)
    path = BlockFolder(folder / BLOCK_NAMES[0]).shard(5, 10)
    damage(path)
    with pytest.raises(ResultsError) as caught:
        make_tables(shards_of(folder, BLOCK_NAMES), ANALYSIS, tmp_path / "tables")
    (kept,) = BlockFolder(path.parent).jobs.glob(f"{path.name}.damaged-*")
    assert not path.exists()
    message = str(caught.value)
    assert str(path) in message and str(kept) in message and "same snakemake command" in message
    assert "\n" not in message
    assert not (tmp_path / "tables").exists()


def test_a_missing_shard_is_named(tmp_path, rows):
    folder = write_study(tmp_path, rows, 5)
    path = BlockFolder(folder / BLOCK_NAMES[1]).shard(10, 12)
    path.unlink()
    with pytest.raises(ResultsError) as caught:
        make_tables(shards_of(folder, BLOCK_NAMES), ANALYSIS, tmp_path / "tables")
    assert f"{path}: is missing" in str(caught.value) and "\n" not in str(caught.value)


def test_an_unknown_block_is_one_line(tmp_path, rows):
    folder = write_study(tmp_path, rows, 5)
    with pytest.raises(ResultsError, match=r"eta-nowhere.*is missing"):
        shards_of(folder, ["eta-nowhere"])


def test_only_leftovers_that_a_valid_shard_covers_are_removed(tmp_path, rows):
    folder = write_study(tmp_path, rows, 5)
    block = BlockFolder(folder / BLOCK_NAMES[0])
    block.parts.mkdir(parents=True, exist_ok=True)
    covered = [
        block.part(0, 5, "0" * 12, 0),
        block.part(6, 9, "0" * 12, 1),
        block.jobs / f".samples-000000005-000000010.parquet.{'0' * 12}.tmp",
    ]
    needed = [block.part(10, 15, "0" * 12, 0), block.part(0, 500, "0" * 12, 0)]
    for path in covered + needed:
        path.touch()
    make_tables(shards_of(folder, BLOCK_NAMES), ANALYSIS, tmp_path / "tables")
    assert [path for path in covered if path.exists()] == []
    assert all(path.exists() for path in needed)


def test_leftovers_of_a_damaged_shard_stay(tmp_path, rows):
    folder = write_study(tmp_path, rows, 5)
    block = BlockFolder(folder / BLOCK_NAMES[0])
    block.parts.mkdir(parents=True, exist_ok=True)
    part = block.part(0, 5, "0" * 12, 0)
    part.touch()
    damage(block.shard(0, 5))
    with pytest.raises(ResultsError):
        make_tables(shards_of(folder, BLOCK_NAMES), ANALYSIS, tmp_path / "tables")
    assert part.exists()


def script_arguments(folder, output):
    request = {
        "folder": str(folder),
        "blocks": BLOCK_NAMES,
        "samples": SAMPLES,
        "chunk_size": 12,
        "analysis": ANALYSIS.model_dump(mode="json"),
    }
    arguments = [SCRIPT, "tables", "--output", output, "--request", json.dumps(request)]
    return list(map(str, arguments))


def test_script_writes_tables_with_a_line_per_shard(tmp_path, tables, rows, monkeypatch, capsys):
    folder = write_study(tmp_path, rows, 12)
    monkeypatch.setattr("sys.argv", script_arguments(folder, tmp_path / "tables"))
    runpy.run_path(str(SCRIPT))
    printed = capsys.readouterr()
    assert (len(printed.out.splitlines()), printed.err) == (2, "")
    written = tmp_path / "tables" / "summary.csv"
    assert written.read_bytes() == (tables / "summary.csv").read_bytes()


def test_script_ends_with_one_line_where_a_shard_is_damaged(tmp_path, rows, monkeypatch):
    folder = write_study(tmp_path, rows, 12)
    damage(BlockFolder(folder / BLOCK_NAMES[0]).shard(0, 12))
    monkeypatch.setattr("sys.argv", script_arguments(folder, tmp_path / "tables"))
    with pytest.raises(SystemExit) as caught:
        runpy.run_path(str(SCRIPT))
    assert len(caught.value.code.splitlines()) == 1 and "set aside as" in caught.value.code


def test_a_wrong_request_is_one_line_that_names_the_key():
    request = {"folder": "f", "blocks": ["b"], "samples": 0, "chunk_size": 1, "analysis": {}}
    with pytest.raises(ResultsError, match=r"^--request: samples: input should be [^\n]*$"):
        parse_request(TablesRequest, json.dumps(request))
    with pytest.raises(ResultsError, match=r"^--request: the object: invalid JSON[^\n]*$"):
        parse_request(TablesRequest, "{")


def test_without_intervals_and_bins_there_are_means_of_s_max_alone(tmp_path, tables, rows):
    tables_of(tmp_path, rows)  # of an earlier analysis, which had histograms
    means = tables_of(tmp_path, rows, analysis=MEANS)
    assert {path.stem for path in means.iterdir()} == {"summary", "failures", "samples"}
    of_all = read(tables, "summary")
    expected = of_all[["eta", "n", "failed", "s_max_mean", "s_max_se"]]
    pd.testing.assert_frame_equal(read(means, "summary"), expected, check_exact=True)
    left_out = ["p1", "p2", "p3", "chi_mean"]
    expected = read(tables, "samples").drop(columns=left_out)
    pd.testing.assert_frame_equal(read(means, "samples"), expected, check_exact=True)


@pytest.mark.parametrize(
    ("left_out", "table", "columns"),
    [("chi_bins", "chi_histogram", []), ("intervals", None, ["p1", "p2", "p3"])],
)
def test_what_is_left_out_changes_nothing_else(tmp_path, tables, rows, left_out, table, columns):
    some = tables_of(tmp_path, rows, analysis=ANALYSIS.model_copy(update={left_out: None}))
    lacking = {path.stem for path in tables.iterdir()} - {path.stem for path in some.iterdir()}
    assert lacking == ({table} if table else set())
    for name in {path.stem for path in some.iterdir()}:
        of_all = read(tables, name)
        gone = [one for one in of_all if one.partition("_")[0] in columns]
        assert bool(gone) == (bool(columns) and name in ("summary", "samples"))
        pd.testing.assert_frame_equal(read(some, name), of_all.drop(columns=gone), check_exact=True)


def test_one_sample_has_no_standard_errors(tmp_path, rows):
    """Null in Parquet and empty in CSV, and NumPy warns of nothing."""
    one = {etas: samples[:1] for etas, samples in rows.items()}
    folder = StudyOnDisk(tmp_path, "pair", PHYSICS, one, 5).folder
    make_tables(Shards(folder, describe(folder, BLOCK_NAMES), 1, 5), ANALYSIS, tmp_path / "t")
    summary = pq.read_table(tmp_path / "t" / "summary.parquet")
    names = [name for name in summary.column_names if name.endswith("_se")]
    assert names == ["p1_se", "p2_se", "p3_se", "s_max_se"]
    assert all(summary[name].null_count == len(summary) for name in names)
    with open(tmp_path / "t" / "summary.csv", encoding="utf-8") as file:
        assert {line[name] for line in csv.DictReader(file) for name in names} == {""}
    assert (summary["s_max_mean"].to_numpy() > 0).all()
