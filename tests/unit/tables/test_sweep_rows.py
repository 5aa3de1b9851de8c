"""Rows for a notebook: those that the sweep makes, bit by bit, and nothing that is not verified."""

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import own_study
import pytest
from studies import (
    CHAIN,
    ETAS,
    PAIR,
    STUDIES,
    Block,
    StudyOnDisk,
    block_of,
    make_results,
    put_shard,
    rows_of,
)

from syncsweep.config.analysis import MEANS
from syncsweep.config.blocks import Block as EtaBlock
from syncsweep.config.configuration import parse
from syncsweep.config.file import load_config
from syncsweep.config.messages import ConfigError
from syncsweep.config.physics import Ensemble, Physics, Spin1Chain
from syncsweep.layout import study_folder, tables_folder
from syncsweep.sample.rows import unpack_coefficients
from syncsweep.sample.sample_solver import SampleSolver
from syncsweep.tables import ResultsError
from syncsweep.tables.summary import make_tables
from syncsweep.tables.sweep_rows import read_rows, read_table, solve_samples

MORE = (1e-5, 2.0)
THREE = Physics(model=Spin1Chain(name="spin1_chain"), ensemble=Ensemble(), root_seed=1)
SHIPPED = load_config(Path(__file__).parents[3] / "config.yaml").studies


def config_of(physics, blocks=(ETAS,)):
    study = {
        "model": physics.model.model_dump(),
        "ensemble": physics.ensemble.model_dump(),
        "samples": 5,
        "eta_blocks": [{"values": list(etas)} for etas in blocks],
        "analysis": {"s_max_bins": {"low": 1e-5, "high": 1, "count": 5}},
    }
    return parse(
        {"results": "r", "root_seed": physics.root_seed, "ranks": 1, "studies": {"s": study}}
    )


def assert_same(rows, others):
    assert rows.physics == others.physics
    assert rows.frame.equals(others.frame)
    assert rows.coefficients.tobytes() == others.coefficients.tobytes()
    assert np.array_equal(rows.frequencies, others.frequencies)


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    return make_results(tmp_path_factory.mktemp("made") / "results")


@pytest.mark.parametrize("name", STUDIES)
def test_samples_are_solved_as_the_sweep_solves_them(results, name):
    solved = solve_samples(config_of(STUDIES[name]), "s", range(5))
    assert_same(solved, read_rows(results, name))


def test_rows_are_those_of_the_workers(results):
    read = read_rows(results, "pair")
    assert (read.study, read.physics) == ("pair", PAIR)
    assert list(read.frame) == ["sample", "eta", "s_max", "angle_1", "error", "status"]
    assert read.frame["sample"].tolist() == np.repeat(range(5), 3).tolist()
    assert read.frame["eta"].tolist() == list(ETAS) * 5
    assert read.frame.index.tolist() == list(range(15))
    for sample, rows in enumerate(rows_of(PAIR)):
        ours = read.frame["sample"] == sample
        assert np.array_equal(read.frame.loc[ours, "s_max"], rows.s_max)
        assert np.array_equal(read.frame.loc[ours, "angle_1"], rows.angles[:, 0])
        assert np.array_equal(read.frame.loc[ours, "error"], rows.residual / rows.condition)
        assert np.array_equal(read.coefficients[ours], unpack_coefficients(rows.s_d))
    assert set(read.frame["status"]) == {"ok"}


def test_sample_is_the_same_alone_and_in_any_order():
    config = config_of(PAIR)
    several = solve_samples(config, "s", [4, 1, 1])
    assert several.frame["sample"].tolist() == [1] * 3 + [4] * 3
    alone = solve_samples(config, "s", [4])
    assert several.coefficients[3:].tobytes() == alone.coefficients.tobytes()


def test_sample_beyond_those_of_the_study_is_solved_too():
    assert solve_samples(config_of(PAIR), "s", [10**6]).frame["sample"].tolist() == [10**6] * 3


def test_blocks_are_put_into_one_order(tmp_path):
    config = config_of(PAIR, [ETAS, MORE])
    solved = solve_samples(config, "s", [0, 1])
    assert solved.frame["eta"].tolist() == sorted(ETAS + MORE) * 2
    for etas in (ETAS, MORE):
        put_shard(tmp_path, "s", PAIR, rows_of(PAIR, etas=etas)[:2], 0, etas)
    assert_same(solved, read_rows(tmp_path, "s"))
    only = read_rows(tmp_path, "s", blocks=[EtaBlock(MORE).id])
    assert only.frame["eta"].tolist() == list(MORE) * 2


def test_no_samples_are_no_rows():
    nothing = solve_samples(config_of(CHAIN), "s", [])
    assert len(nothing.frame) == 0
    assert nothing.coefficients.shape == (0, len(nothing.frequencies))


def test_wrong_study_and_wrong_sample_are_refused():
    with pytest.raises(ResultsError, match="there is no study 'x'; studies are: s"):
        solve_samples(config_of(PAIR), "x", [0])
    with pytest.raises(ValueError, match="must hold numbers from 0, but holds -1"):
        solve_samples(config_of(PAIR), "s", [3, -1])


def test_first_samples_are_read(results):
    assert (
        read_rows(results, "pair", samples=3).frame["sample"].tolist()
        == [0] * 3 + [1] * 3 + [2] * 3
    )


def test_rows_of_an_unfinished_job_are_read(tmp_path):
    block = Block(tmp_path, 5)
    block.shard(0, 2)
    block.part(2, 5, [3])
    assert set(read_rows(tmp_path, "pair").frame["sample"]) == {0, 1, 3}


def test_reading_changes_nothing(results):
    def state():
        return {path: path.stat().st_mtime_ns for path in results.rglob("*")}

    before = state()
    read_rows(results, "pair")
    read_table(results, "pair", "summary")
    assert state() == before


def test_folder_must_be_named_where_there_are_several(tmp_path):
    other = Physics(model=PAIR.model, ensemble=PAIR.ensemble, root_seed=77)
    for physics in (PAIR, other):
        put_shard(tmp_path, "pair", physics, rows_of(physics)[:1], 0)
    with pytest.raises(ResultsError) as error:
        read_rows(tmp_path, "pair")
    for physics in (PAIR, other):
        assert f"pair-{physics.digest}" in str(error.value)
        assert read_rows(tmp_path, f"pair-{physics.digest}").physics == physics


def test_study_whose_name_begins_like_another_is_not_taken_for_it(results, tmp_path):
    with pytest.raises(ResultsError, match=r"no study 'pai'; its studies are: chain, pair$"):
        read_rows(results, "pai")
    put_shard(tmp_path, "pair", PAIR, rows_of(PAIR)[:1], 0)
    put_shard(tmp_path, "pair-b", CHAIN, rows_of(CHAIN)[:1], 0)
    assert read_rows(tmp_path, "pair").physics == PAIR
    assert read_rows(tmp_path, "pair-b").physics == CHAIN


def assert_refused(words, call, *arguments, **options):
    with pytest.raises(ResultsError) as error:
        call(*arguments, **options)
    assert "\n" not in str(error.value)
    assert words in str(error.value)


def test_what_cannot_be_read_is_named_in_one_line(results, tmp_path):
    assert_refused("nowhere: cannot be read (No such", read_rows, tmp_path / "nowhere", "pair")
    assert_refused("its studies are: none", read_rows, tmp_path, "pair")
    folder = study_folder(tmp_path, "pair", PAIR.digest)
    folder.mkdir()
    assert_refused("holds no rows", read_rows, tmp_path, "pair")
    copy = shutil.copytree(results, tmp_path / "copy")
    block = block_of(copy, "pair", PAIR)
    assert_refused("block.json", read_rows, copy, "pair", blocks=["eta-1-1-n1-00000000"])
    assert_refused("named twice", read_rows, copy, "pair", blocks=[block.path.name] * 2)
    shard = block.shard(2, 4)
    shard.write_bytes(shard.read_bytes()[:-9])
    assert_refused(f"{shard}: is damaged", read_rows, copy, "pair")
    assert shard.exists()
    for path in block.path.glob("*.parquet"):
        path.unlink()
    assert_refused("holds no rows", read_rows, copy, "pair")
    block.description.write_text("{")
    assert_refused("block.json: is damaged", read_rows, copy, "pair")


def test_tables_are_read_and_verified(results, tmp_path):
    summary = read_table(results, "pair", "summary")
    assert summary["eta"].tolist() == list(ETAS)
    assert summary["n"].tolist() == [5, 5, 5]
    rows = read_rows(results, "pair").frame
    means = rows.groupby("eta")["s_max"].mean()
    assert summary["s_max_mean"].tolist() == pytest.approx(means.tolist(), rel=1e-13)
    copy = shutil.copytree(results, tmp_path / "copy")
    text = tables_folder(copy, "pair") / "summary.csv"
    text.write_text(text.read_text().replace(str(ETAS[2]), "0.25", 1))
    assert_refused("summary.csv: holds other values in row", read_table, copy, "pair", "summary")
    words = "summry.parquet: is missing; existing tables: chi_histogram, failures, s_max_histogram"
    assert_refused(words, read_table, copy, "pair", "summry")
    assert_refused("existing tables: none", read_table, copy, "nothing", "summary")


def test_samples_are_the_same_where_blas_has_more_threads(tmp_path):
    """A notebook does not limit them, as workers do; products of three spins are large enough."""
    code = (
        "import sys, numpy, threadpoolctl\n"
        "assert max(pool['num_threads'] for pool in threadpoolctl.threadpool_info()) == 2\n"
        "from syncsweep import load_config, solve_samples\n"
        "rows = solve_samples(load_config('config.yaml'), 's', [3])\n"
        "assert max(pool['num_threads'] for pool in threadpoolctl.threadpool_info()) == 2\n"
        "print(rows.coefficients.tobytes().hex())"
    )
    config = config_of(THREE, [(0.0, 1e-4, 1e-2, 1.0)])
    (tmp_path / "config.yaml").write_text(config.model_dump_json())
    environment = {**os.environ, **dict.fromkeys(THREADS, "2")}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == solve_samples(config, "s", [3]).coefficients.tobytes().hex()


THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def test_code_of_the_users_own_is_run_to_solve_but_not_to_read(tmp_path, monkeypatch):
    """Were it run, the file would be there."""
    monkeypatch.chdir(tmp_path)
    witness = tmp_path / "witness"
    (tmp_path / "mine.py").write_text(f"open({str(witness)!r}, 'w').close()\n{own_study.TEXT}")
    config = parse(own_study.configured())
    physics, (block,) = config.physics("mine"), config.studies["mine"].eta_blocks
    rows = [SampleSolver(physics, block.etas).rows(0)]
    put_shard(tmp_path / "results", "mine", physics, rows, 0, block.etas)
    witness.unlink()
    read = read_rows("results", "mine")
    assert len(read.frame) == 3
    assert not witness.exists()
    assert_same(read, solve_samples(config, "mine", [0]))
    assert witness.exists()


def test_mistake_in_code_of_the_users_own_is_told_in_one_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text("def model(spins):\n    return 1 / 0\n")
    with pytest.raises(ConfigError, match="ZeroDivisionError") as error:
        solve_samples(parse(own_study.configured()), "mine", [0])
    assert "\n" not in str(error.value)


def spoilt(samples):
    """Rows of samples of which one has failed, and one has an S_max below its error: both at η₀."""
    first, second, *others = samples
    status = np.array(["failed", *first.status[1:]])
    rough = second.condition * 2 * second.s_max / second.s_d[:, 0]
    residual = np.concatenate([rough[:1], second.residual[1:]])
    return [replace(first, status=status), replace(second, residual=residual), *others]


@pytest.fixture(scope="module", params=["spin_half_pair", "spin1_chain"])
def averaged(request, tmp_path_factory):
    """Rows of two blocks that were read, and the analysis and the results of their tables."""
    results, name = tmp_path_factory.mktemp("averaged"), request.param
    physics = {"spin_half_pair": PAIR, "spin1_chain": THREE}[name]
    rows = {ETAS: spoilt(rows_of(physics)), MORE: rows_of(physics, etas=MORE)}
    study, analysis = StudyOnDisk(results, name, physics, rows), SHIPPED[name].analysis
    make_tables(study.shards, analysis, study.output)
    return read_rows(results, name), analysis, results


def test_means_over_samples_are_those_of_the_summary(averaged):
    rows, analysis, results = averaged
    summary = read_table(results, rows.study, "summary").set_index("eta")
    names = ["p1", "p2", "p3"]
    p = rows.frame.assign(**dict(zip(names, rows.probabilities(*asked(analysis)).T, strict=True)))
    means = p.groupby("eta")[names].mean()
    np.testing.assert_allclose(means, summary[names], rtol=0, atol=1e-15)
    undefined = p["p1"].isna().groupby(p["eta"]).sum()
    assert undefined.tolist() == (summary["failed"] + summary["undefined_chi"]).tolist()
    assert undefined[0.0] == 2
    s_max = rows.to_xarray()["s_max"].mean("sample")
    np.testing.assert_allclose(s_max, summary["s_max_mean"], rtol=1e-15)


def asked(analysis):
    return analysis.threshold, analysis.intervals


def test_chi_of_rows_has_the_histogram_of_the_tables(averaged):
    rows, analysis, results = averaged
    drawn = list(rows.chi(analysis.threshold))
    assert len(drawn) == len(rows.frame)
    bins = np.linspace(0, 1, analysis.chi_bins + 1)
    histogram = read_table(results, rows.study, "chi_histogram")
    for eta, table in histogram.groupby("eta"):
        ours = [drawn[line] for line in np.flatnonzero(rows.frame["eta"] == eta)]
        defined = [(chi, weights) for chi, weights in ours if not np.isnan(weights).any()]
        assert len(defined) == (3 if eta == 0 else 5)
        densities = [np.histogram(chi, bins, weights=w)[0] / bins[1] for chi, w in defined]
        np.testing.assert_allclose(np.mean(densities, axis=0), table["density"], atol=1e-12)
        assert all(np.isnan([chi, weights]).all() for chi, weights in ours if len(chi) == 1)


def test_phase_distribution_of_rows_has_its_maximum_at_their_angles(averaged):
    rows, *_ = averaged
    n_angles = rows.frequencies.shape[1]
    angles = rows.frame[[f"angle_{j + 1}" for j in range(n_angles)]].to_numpy()
    heights = np.diag(rows.phase_distribution(angles))
    good = rows.frame["status"] == "ok"
    expected = (rows.frame["s_max"] + (2 * np.pi) ** -n_angles).where(good)
    np.testing.assert_allclose(heights, expected, rtol=1e-12)
    assert (~good).sum() == 1


def test_dataset_holds_each_row_at_its_sample_and_eta(averaged):
    rows, *_ = averaged
    n, n_angles = len(rows.frame), rows.frequencies.shape[1]
    rows.frame["twice"] = 2 * rows.frame["sample"]
    dataset = rows.to_xarray()
    del rows.frame["twice"]
    assert dict(dataset.sizes) == {
        "sample": 5,
        "eta": 5,
        "angle": n_angles,
        "frequency": len(rows.frequencies),
    }
    assert dataset["frequencies"].values.tolist() == rows.frequencies.tolist()
    for line in range(n):
        row, there = (
            rows.frame.loc[line],
            dataset.sel(sample=line // 5, eta=rows.frame["eta"][line]),
        )
        assert (there["status"], there["error"]) == (row["status"], row["error"])
        assert there["twice"] == 2 * row["sample"]
        if row["status"] == "ok":
            found = there["angles"].values.tolist()
            assert found == [row[f"angle_{j + 1}"] for j in range(n_angles)]
            assert there["coefficients"].values.tolist() == rows.coefficients[line].tolist()
            assert there["s_max"] == (row["s_max"] if line != 5 else 0)
        else:
            for name in ("s_max", "angles", "coefficients"):
                assert there[name].isnull().all()
    assert dataset.attrs["physics_hash"] == rows.physics.digest
    assert Physics.model_validate_json(dataset.attrs["physics"]) == rows.physics
    assert dataset["s_max"].attrs["units"] == f"rad^-{n_angles}"
    described = set(dataset.variables) - {"twice"}
    assert {name for name in described if dataset[name].attrs.get("long_name")} == described


def test_rows_that_are_not_solved_yet_are_missing_in_the_dataset(tmp_path):
    put_shard(tmp_path, "s", PAIR, rows_of(PAIR)[:2], 0)
    put_shard(tmp_path, "s", PAIR, rows_of(PAIR, etas=MORE)[:1], 0, MORE)
    rows = read_rows(tmp_path, "s")
    assert len(rows.frame) == 2 * 3 + 2
    missing = rows.to_xarray().sel(sample=1, eta=list(MORE))
    assert missing["status"].values.tolist() == ["", ""]
    for name in ("s_max", "angles", "coefficients", "error"):
        assert missing[name].isnull().all()
    assert np.isnan(rows.probabilities(0.9, [(0, 1)])).sum() == 0


def test_no_rows_have_no_measures():
    rows = solve_samples(config_of(PAIR), "s", [])
    assert list(rows.chi(0.5)) == []
    assert rows.probabilities(0.5, [(0, 0.5), (0.5, 1)]).shape == (0, 2)
    assert rows.phase_distribution([[0.0]]).shape == (0, 1)
    assert rows.to_xarray().sizes["sample"] == 0


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda rows: rows.chi(0), "Argument `threshold` must be above 0 and below 1, but is 0."),
        (lambda rows: rows.probabilities(1.0, [(0, 1)]), "Argument `threshold` .* but is 1.0."),
        (lambda rows: rows.chi("r"), "Argument `threshold` must hold real numbers"),
        (lambda rows: rows.probabilities(0.9, (0, 1)), r"Argument `intervals` .* shape \(2,\)"),
        (lambda rows: rows.probabilities(0.9, [(0.5, 0.2)]), r"Argument `intervals` .*0.5, 0.2\]"),
        (lambda rows: rows.probabilities(0.9, [(0.5, 1.2)]), r"Argument `intervals` .*0.5, 1.2\]"),
        (
            lambda rows: rows.probabilities(0.9, [(0.4, 1), (0, 0.5)]),
            r"Argument `intervals` must not overlap, but \[0.0, 0.5\] and \[0.4, 1.0\] do",
        ),
        (lambda rows: rows.phase_distribution([[0, 0]]), r"Argument `angles` .* shape \(1, 2\)"),
    ],
)
def test_wrong_arguments_are_named_in_one_line(results, ask, words):
    with pytest.raises(ValueError, match=words) as error:
        ask(read_rows(results, "pair"))
    assert "\n" not in str(error.value)


def test_frame_whose_lines_were_moved_is_refused(results):
    rows = read_rows(results, "pair")
    for frame in (
        rows.frame.sort_values("eta"),
        rows.frame[rows.frame["eta"] > 0],
        rows.frame.sort_values("s_max", ignore_index=True),
        rows.frame.sort_values(["eta", "sample"], ignore_index=True),
        rows.frame.sort_values("eta", ascending=False, ignore_index=True),
    ):
        for measure in (
            lambda rows: list(rows.chi(0.9)),
            lambda rows: rows.phase_distribution([[0.0]]),
            lambda rows: rows.to_xarray(),
        ):
            with pytest.raises(ValueError, match="`frame` must have its lines in their order"):
                measure(replace(rows, frame=frame))


def test_dataset_without_xarray_says_what_to_install(results, monkeypatch):
    monkeypatch.setitem(sys.modules, "xarray", None)
    with pytest.raises(ImportError, match="run `pip install xarray`") as error:
        read_rows(results, "pair").to_xarray()
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["sample", "eta", "s_max", "angle_1", "error", "status"])
def test_frame_without_one_of_its_columns_is_refused(results, name):
    rows = read_rows(results, "pair")
    less = replace(rows, frame=rows.frame.drop(columns=name))
    for measure in (
        lambda: list(less.chi(0.9)),
        lambda: less.phase_distribution([[0.0]]),
        lambda: less.to_xarray(),
    ):
        with pytest.raises(ValueError, match=f"^`frame` must keep its column {name}; "):
            measure()


def test_absolute_angles_have_s_of_each_and_no_chi(tmp_path):
    physics = Physics.model_validate({**CHAIN.model_dump(), "measure": "absolute"})
    study = StudyOnDisk(tmp_path, "chain", physics, {ETAS: rows_of(physics, 2)})
    rows = read_rows(tmp_path, "chain")
    assert rows.physics == physics
    assert rows.frequencies.shape == (13, 2)
    angles = rows.frame[["angle_1", "angle_2"]].to_numpy()
    excess = rows.phase_distribution(angles)[range(6), range(6)] - (2 * np.pi) ** -2
    np.testing.assert_allclose(excess, rows.frame["s_max"], rtol=1e-9, atol=1e-16)
    # The same states as those of S_d, which S gives where its frequencies add up to 0.
    of_differences = rows.frequencies.sum(axis=1) == 0
    s_d = np.array([unpack_coefficients(one.s_d) for one in rows_of(CHAIN, 2)]).reshape(6, -1)
    found = 2 * np.pi * rows.coefficients[:, of_differences]
    np.testing.assert_allclose(found, s_d, rtol=1e-12, atol=1e-18)
    for ask in (lambda: next(rows.chi(0.95)), lambda: rows.probabilities(0.95, [(0, 0.5)])):
        with pytest.raises(ValueError, match="χ needs angle differences"):
            ask()
    dataset = rows.to_xarray()
    assert dict(dataset.sizes) == {"sample": 2, "eta": 3, "angle": 2, "frequency": 13}
    assert (dataset.measure, dataset.s_max.units) == ("absolute", "rad^-2")
    table = read_table(tmp_path, "chain", "samples") if study.tables(MEANS) else None
    assert [name for name in table if name.startswith("angle")] == ["angle_1", "angle_2"]
    np.testing.assert_array_equal(table.sort_values(["sample", "eta"])["angle_2"], angles[:, 1])
