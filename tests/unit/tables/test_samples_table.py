"""The table `samples`: its plain averages are those of `summary`, and how its file is made."""

import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from studies import ANALYSIS, CHAIN, ETAS, PAIR, StudyOnDisk, rows_of

import syncsweep as sync
from syncsweep.config.physics import Physics
from syncsweep.files import replace_atomically, sha256
from syncsweep.sample.sample_solver import FAILED
from syncsweep.tables import ResultsError, samples_table
from syncsweep.tables.reading import record_of
from syncsweep.tables.statistics import RunningCovariance, RunningMean
from syncsweep.tables.summary import make_tables

SHARES = ["p1", "p2", "p3"]


def tables_of(results, physics=PAIR, rows=None, chunk_size=2, name="pair"):
    """Shards and tables of a study; returns the folder of the tables."""
    rows = {ETAS: rows_of(physics)} if rows is None else rows
    study = StudyOnDisk(results, name, physics, rows, chunk_size)
    make_tables(study.shards, ANALYSIS, study.output)
    return study.output


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    return tables_of(tmp_path_factory.mktemp("results"))


def samples(tables):
    return pd.read_parquet(tables / "samples.parquet")


def assert_plain_means_are_those_of_summary(frame, tables):
    """Means that know nothing of status, of undefined χ and of old shards."""
    summary = pd.read_parquet(tables / "summary.parquet").set_index("eta")
    means = frame.groupby("eta")[["s_max", *SHARES]].mean()
    expected = summary[["s_max_mean", *SHARES]].set_axis(means.columns, axis=1)
    pd.testing.assert_frame_equal(means, expected, rtol=1e-12, atol=1e-15, check_exact=False)
    counts = frame.groupby("eta")[["s_max", "p1"]].count()
    assert counts["s_max"].tolist() == summary["n"].tolist()
    assert counts["p1"].tolist() == (summary["n"] - summary["undefined_chi"]).tolist()
    assert frame.groupby("eta").size().tolist() == (summary["n"] + summary["failed"]).tolist()


def physics_with(physics, **changes):
    return Physics.model_validate({**physics.model_dump(), **changes})


def not_ok(rows, sample, index, status, **values):
    """Rows of samples with another status, and other values, at one η of one of them."""
    changed = {"status": rows[sample].status.astype(object)}
    changed |= {name: getattr(rows[sample], name).copy() for name in values}
    for name, value in {"status": status, **values}.items():
        changed[name][index] = value
    changed["status"] = changed["status"].astype(str)
    return (*rows[:sample], replace(rows[sample], **changed), *rows[sample + 1 :])


def test_a_row_says_what_was_measured(tables):
    frame = samples(tables)
    rows = rows_of(PAIR)
    assert frame["eta"].tolist() == np.repeat(ETAS, len(rows)).tolist()
    assert frame["sample"].tolist() == list(range(len(rows))) * len(ETAS)
    assert set(frame["study"]) == {"pair"} and set(frame["n_spins"]) == {2}
    assert set(frame["status"]) == {"ok"}
    np.testing.assert_array_equal(frame["s_max"], np.ravel([r.s_max for r in rows], "F"))
    angles = np.ravel([r.angles[:, 0] for r in rows], "F")
    np.testing.assert_array_equal(frame["angle_1"], angles)
    error = np.ravel([r.residual / r.condition for r in rows], "F")
    np.testing.assert_array_equal(frame["error"], error)
    # The intervals of the pair divide [0, 1], and χ is in them.
    assert frame["chi_mean"].between(0, 1).all()
    in_last = frame["p3"] > 1 - 1e-12
    assert in_last.any() and (frame["chi_mean"][in_last] >= ANALYSIS.intervals[2][0]).all()


def test_averages_in_the_order_of_summary_have_the_same_bits(tables):
    frame = samples(tables)
    s_max, shares = RunningMean(len(ETAS), 1), RunningCovariance(len(ETAS), 3)
    for _, rows in frame.groupby("sample"):
        s_max.add(rows[["s_max"]].to_numpy(), rows["s_max"].notna().to_numpy())
        shares.add(rows[SHARES].to_numpy(), rows["p1"].notna().to_numpy())
    summary = pd.read_parquet(tables / "summary.parquet")
    np.testing.assert_array_equal(s_max.mean[:, 0], summary["s_max_mean"])
    np.testing.assert_array_equal(s_max.standard_error[:, 0], summary["s_max_se"])
    np.testing.assert_array_equal(shares.mean, summary[SHARES])
    assert_plain_means_are_those_of_summary(frame, tables)


def test_old_shards_of_another_chunk_size_are_not_counted_twice(tmp_path):
    rows = rows_of(PAIR, 300)
    tables_of(tmp_path, rows={ETAS: rows[:100]}, chunk_size=30)
    tables = tables_of(tmp_path, rows={ETAS: rows}, chunk_size=70)
    assert len(samples(tables)) == 300 * len(ETAS)
    assert_plain_means_are_those_of_summary(samples(tables), tables)
    shards = pd.concat(
        pd.read_parquet(path, columns=["eta", "s_max"])
        for path in tmp_path.glob("pair-*/eta-*/samples-*.parquet")
    )
    with pytest.raises(AssertionError):  # this is the average that the table saves people from
        np.testing.assert_allclose(
            shards.groupby("eta")["s_max"].mean(), samples(tables).groupby("eta")["s_max"].mean()
        )


def test_after_another_seed_there_are_rows_of_that_seed_only(tmp_path):
    other = physics_with(PAIR, root_seed=PAIR.root_seed + 1)
    tables_of(tmp_path)
    tables = tables_of(tmp_path, other)
    assert_plain_means_are_those_of_summary(samples(tables), tables)
    expected = np.mean([rows.s_max for rows in rows_of(other)], axis=0)
    np.testing.assert_allclose(samples(tables).groupby("eta")["s_max"].mean(), expected)
    said = record_of(tables / "samples.parquet")
    checksum = sha256(tables / "samples.parquet")
    of_summary = record_of(tables / "summary.parquet")
    assert of_summary == said | {"checksums": {"samples": checksum}}
    assert said["physics"]["root_seed"] == other.root_seed


def test_two_and_three_spins_are_told_apart_under_one_glob(tmp_path):
    three = physics_with(CHAIN, model={"name": "spin1_chain", "n_sites": 3})
    folders = {
        "two": tables_of(tmp_path, CHAIN, name="two"),
        "three": tables_of(tmp_path, three, {ETAS: rows_of(three, 3)}, name="three"),
    }
    together = pd.concat(map(pd.read_parquet, tmp_path.glob("tables/*/samples.parquet")))
    assert together.groupby("study")["n_spins"].unique().map(list).to_dict() == {
        "two": [2],
        "three": [3],
    }
    for study, frame in together.groupby("study"):
        assert_plain_means_are_those_of_summary(frame, folders[study])
    assert together["angle_2"].notna().equals(together["n_spins"] == 3)


def test_rows_that_do_not_enter_the_averages_are_null(tmp_path):
    rows = rows_of(PAIR)
    nothing = dict.fromkeys(("s_d", "s_max", "angles", "residual", "condition"), np.nan)
    rows = not_ok(rows, 1, 2, FAILED, **nothing)
    rows = not_ok(rows, 3, 2, "inaccurate")
    rows = not_ok(rows, 4, 1, "ok", s_max=1e-20)
    tables = tables_of(tmp_path, rows={ETAS: rows})
    frame = samples(tables).set_index(["eta", "sample"])
    assert_plain_means_are_those_of_summary(samples(tables), tables)
    measures = ["s_max", "angle_1", *SHARES, "chi_mean"]
    for sample, status in ((1, FAILED), (3, "inaccurate")):
        row = frame.loc[(ETAS[2], sample)]
        assert row["status"] == status and row[measures].isna().all()
    unresolved = frame.loc[(ETAS[1], 4)]
    assert unresolved["s_max"] == 0 and unresolved[[*SHARES, "chi_mean"]].isna().all()
    others = frame.drop([(ETAS[2], 1), (ETAS[2], 3), (ETAS[1], 4)])
    assert others.notna().all(axis=None)
    # Null, and not NaN, which DuckDB and Polars would average.
    columns = pq.read_table(tables / "samples.parquet").columns
    assert sum(column.null_count for column in columns) == 2 * len(measures) + 4 + 1
    assert not any(np.isnan(column.drop_null().to_numpy()).any() for column in columns[5:])


def test_a_sample_in_which_nothing_locks_has_no_chi(tmp_path):
    rows = rows_of(PAIR)
    flat = (replace(rows[0], s_max=np.zeros(len(ETAS))), *rows[1:])
    tables = tables_of(tmp_path, rows={ETAS: flat})
    assert_plain_means_are_those_of_summary(samples(tables), tables)
    frame = samples(tables).set_index("sample")
    assert frame.loc[0, "s_max"].eq(0).all()
    assert frame.loc[0, [*SHARES, "chi_mean"]].isna().all(axis=None)


def test_bytes_do_not_depend_on_how_many_rows_wait_in_memory(tmp_path, tables, monkeypatch):
    for waiting in (1, 4 * len(ETAS)):
        monkeypatch.setattr(samples_table, "_WAITING_ROWS", waiting)
        other = tables_of(tmp_path / str(waiting))
        expected = (tables / "samples.parquet").read_bytes()
        assert (other / "samples.parquet").read_bytes() == expected


def small_groups(monkeypatch, fewest, most):
    monkeypatch.setattr(samples_table, "_FEWEST_IN_GROUP", fewest)
    monkeypatch.setattr(samples_table, "_MOST_IN_GROUP", most)


def groups(path):
    """Smallest and largest η, and number of rows, of each row group."""
    file = pq.ParquetFile(path)
    found = [file.read_row_group(k, ["eta"])["eta"].to_numpy() for k in range(file.num_row_groups)]
    return [(eta.min(), eta.max(), len(eta)) for eta in found]


def test_a_filter_on_eta_finds_its_rows_and_reads_few_others(tmp_path, monkeypatch):
    small_groups(monkeypatch, 5, 3)
    path = tables_of(tmp_path) / "samples.parquet"
    # Never one of zeros alone, whose statistics Arrow misreads.
    assert groups(path) == [(0.0, 1e-3, 10), (0.5, 0.5, 3), (0.5, 0.5, 2)]
    for eta in ETAS:
        for condition in (ds.field("eta") == eta, ds.field("eta").isin([eta])):
            assert ds.dataset(path).to_table(filter=condition).num_rows == 5
        assert len(pd.read_parquet(path, filters=[("eta", "in", [eta])])) == 5
    (fragment,) = ds.dataset(path).get_fragments()
    read = fragment.split_by_row_group(ds.field("eta") == 0.5)
    assert [group.id for one in read for group in one.row_groups] == [1, 2]


@pytest.mark.parametrize("name", ["samples", "summary"])
def test_eta_0_alone_is_found_by_all_filters(tmp_path, name):
    path = tables_of(tmp_path, rows={(0.0,): rows_of(PAIR, etas=(0.0,))}) / f"{name}.parquet"
    whole = pq.read_metadata(path).num_rows
    for condition in (ds.field("eta") == 0, ds.field("eta").isin([0.0])):
        assert ds.dataset(path).to_table(filter=condition).num_rows == whole > 0


def test_blocks_are_put_into_one_order(tmp_path):
    blocks = {etas: rows_of(PAIR, etas=etas) for etas in ((1e-3, 0.5), (0.1,), (0.0,))}
    tables = tables_of(tmp_path, rows=blocks)
    frame = samples(tables)
    assert frame["eta"].unique().tolist() == [0.0, 1e-3, 0.1, 0.5]
    assert frame.equals(frame.sort_values(["eta", "sample"], ignore_index=True))
    assert_plain_means_are_those_of_summary(frame, tables)


def test_nothing_stays_of_a_table_that_could_not_be_made(tmp_path, monkeypatch):
    study = StudyOnDisk(tmp_path, "pair", PAIR, {ETAS: rows_of(PAIR)})
    monkeypatch.setattr(samples_table, "_WAITING_ROWS", 1)
    last = max(study.folder.glob("*/samples-*.parquet"))
    kept = last.rename(tmp_path / "kept")
    with pytest.raises(ResultsError, match="is missing"):
        make_tables(study.shards, ANALYSIS, study.output)
    assert list((tmp_path / "tables").iterdir()) == []
    shutil.copy(kept, last)
    make_tables(study.shards, ANALYSIS, study.output)
    before = (study.output / "samples.parquet").read_bytes()

    def fails_late(path, write):
        def fill(temporary):
            write(temporary)
            raise OSError(28, "No space left on device")

        replace_atomically(path, fill)

    monkeypatch.setattr("syncsweep.tables.summary.replace_atomically", fails_late)
    with pytest.raises(OSError, match=r"samples\.parquet"):
        make_tables(study.shards, ANALYSIS, study.output)
    assert (study.output / "samples.parquet").read_bytes() == before
    assert [path.name for path in study.output.glob(".*")] == []


def test_the_library_reads_and_verifies_it(tmp_path):
    path = tables_of(tmp_path) / "samples.parquet"
    whole = sync.read_table(tmp_path, "pair", "samples")
    assert whole.equals(pd.read_parquet(path))
    data = bytearray(path.read_bytes())
    column = pq.read_metadata(path).row_group(0).column(5)
    data[column.data_page_offset + column.total_compressed_size - 5] ^= 1
    path.write_bytes(data)
    assert not pd.read_parquet(path).equals(whole)  # no reader notices that by itself
    with pytest.raises(ResultsError, match=r"samples\.parquet: is damaged"):
        sync.read_table(tmp_path, "pair", "samples")
