"""The ablations, on a few real samples of the chain, against the rows themselves."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from paper_results import draw_figure, make_part
from studies import StudyOnDisk, rows_of

from syncsweep.config.analysis import Analysis, LogBins
from syncsweep.config.physics import Ensemble, Physics, Spin1Chain, SpinHalfPair
from syncsweep.paper.parts.ablations import AblationsError, Request, make
from syncsweep.paper.parts.paired import probabilities_of
from syncsweep.physics.angle_lattice import lattice
from syncsweep.physics.chi import ChiSample, chi, interval_probabilities
from syncsweep.physics.measures import s_max
from syncsweep.physics.phase_distribution import evaluate, relative_frequencies
from syncsweep.tables import ResultsError
from syncsweep.tables.samples import SampleRows, Shards, chi_of_sample
from syncsweep.tables.summary import make_tables

ETAS = (0.0, 1e-3, 1.0)
BLOCKS = ((0.0, 1e-3, 10.0), (1.0,))
CHUNK = 8
INTERVALS = ((0.0, 0.125), (0.1875, 0.3125), (0.875, 1.0))
ENSEMBLES = {
    "chain": (Ensemble(), 20),
    "orthonormal": (Ensemble(basis="orthonormal"), 8),
    "weak": (Ensemble(zeta_diss=0.1), 12),
    "dissipative": (Ensemble(zeta_coh=0.0), 3),
    "coherent": (Ensemble(zeta_diss=0.0), 3),
    "rank3": (Ensemble(rank=3), 16),
}
AXES = {"orthonormal": "basis", "rank3": "rank"}

#: A row that is made to look as if its solution were not accurate: study, sample, η.
SPOILT = ("dissipative", 1, 1e-3)


def chain_physics(ensemble, **change):
    model = Spin1Chain(name="spin1_chain", n_sites=3)
    return Physics(**{"model": model, "ensemble": ensemble, "root_seed": 11, **change})


@pytest.fixture(scope="module")
def studies(tmp_path_factory):
    parent, written = tmp_path_factory.mktemp("rows"), {}
    for name, (ensemble, samples) in ENSEMBLES.items():
        physics = chain_physics(ensemble)
        blocks = BLOCKS if name == "chain" else (ETAS,)
        rows = {etas: list(rows_of(physics, samples, etas)) for etas in blocks}
        if name == SPOILT[0]:
            one = rows[ETAS][SPOILT[1]]
            status = np.where(one.eta == SPOILT[2], "inaccurate", one.status)
            rows[ETAS][SPOILT[1]] = replace(one, status=status)
        written[name] = StudyOnDisk(parent, name, physics, rows, CHUNK).request
    return written


def request_of(studies, **change):
    variants = [
        {"axis": AXES.get(name, "weights"), "rows": rows}
        for name, rows in studies.items()
        if name != "chain"
    ]
    asked = {"chain": studies["chain"], "variants": variants, "etas": ETAS, "threshold": 0.95}
    return Request.model_validate({**asked, "thresholds": (0.8, 0.95), "samples": 10, **change})


@pytest.fixture(scope="module")
def tables(studies, tmp_path_factory):
    return make_part("ablations", request_of(studies), tmp_path_factory.mktemp("tables"))


def entry(table, eta, **choice):
    """The one row of a choice at an η."""
    chosen = table[(table[list(choice)] == pd.Series(choice)).all(axis=1) & (table["eta"] == eta)]
    assert len(chosen) == 1
    return chosen.iloc[0]


def values_of(rows, eta, quantity, threshold=0.95):
    """One number of each sample of a study with η in one block, read row by row."""
    (described,) = [one for one in rows.describe() if eta in one.etas]
    place, found = described.etas.index(eta), []
    for one in rows.read(described):
        drawn = chi_of_sample(described.physics, threshold, one)
        p = interval_probabilities(drawn.chi, drawn.weights, INTERVALS)[place]
        found.append(one.maximum.s_max[place] if quantity == "s_max" else p[int(quantity[1]) - 1])
    return np.array(found)


def test_every_ensemble_has_its_place_and_the_default_is_on_each_axis(tables):
    table = tables["ablations"]
    at_zero = table[table["eta"] == 0]
    places = list(zip(at_zero["axis"], at_zero["label"], at_zero["value"], strict=True))
    assert places == [
        ("basis", "paper", 0),
        ("basis", "orthonormal", 1),
        ("weights", "0", 0),
        ("weights", "0.1", 0.1),
        ("weights", "1", 1),
        ("weights", "∞", np.inf),
        ("rank", "3", 3),
        ("rank", "728", 728),
    ]
    assert at_zero["label"][at_zero["is_default"]].tolist() == ["paper", "1", "728"]
    assert at_zero["paired"].tolist() == [20, 8, 3, 12, 20, 3, 16, 20]


def test_the_default_is_the_summary_of_its_study_and_differs_by_nothing(studies, tables, tmp_path):
    chain = studies["chain"]
    analysis = Analysis(s_max_bins=LogBins(low=1e-8, high=1e-3, count=5))
    shards = Shards(chain.folder, chain.describe(), chain.samples, CHUNK)
    make_tables(shards, analysis, tmp_path)
    summary = pd.read_parquet(tmp_path / "summary.parquet")
    for axis, label in (("basis", "paper"), ("weights", "1"), ("rank", "728")):
        for eta in ETAS:
            found = entry(tables["ablations"], eta, axis=axis, label=label)
            expected = entry(summary, eta)
            pd.testing.assert_series_equal(
                found[summary.columns].astype(float), expected, check_names=False, rtol=1e-12
            )
            assert (found[[name for name in found.index if "_difference" in name]] == 0).all()


@pytest.mark.parametrize("quantity", ["p1", "p2", "p3", "s_max"])
@pytest.mark.parametrize("eta", ETAS)
def test_differences_are_those_of_the_same_samples(studies, tables, eta, quantity):
    for name, axis, label in (("orthonormal", "basis", "orthonormal"), ("rank3", "rank", "3")):
        own = values_of(studies[name], eta, quantity)
        gain = own - values_of(studies["chain"], eta, quantity)[: len(own)]
        found = entry(tables["ablations"], eta, axis=axis, label=label)
        assert found[f"{quantity}_difference"] == pytest.approx(gain.mean(), rel=1e-9)
        error = gain.std(ddof=1) / np.sqrt(len(gain))
        assert found[f"{quantity}_difference_se"] == pytest.approx(error, rel=1e-9)
        mean = found["s_max_mean" if quantity == "s_max" else quantity]
        assert mean == pytest.approx(own.mean(), rel=1e-9)


def test_difference_of_ratios_has_the_error_of_the_delta_method(studies, tables):
    eta = 1e-3
    own = [values_of(studies["orthonormal"], eta, name) for name in ("p1", "p2")]
    default = [values_of(studies["chain"], eta, name)[:8] for name in ("p1", "p2")]
    samples = np.array([*own, *default])
    p1, p2, q1, q2 = samples.mean(axis=1)
    found = entry(tables["ablations"], eta, axis="basis", label="orthonormal")
    assert found["ratio_difference"] == pytest.approx(p2 / (3 * p1) - q2 / (3 * q1), rel=1e-9)
    gradient = np.array([-p2 / p1**2, 1 / p1, q2 / q1**2, -1 / q1]) / 3
    error = np.sqrt(gradient @ np.cov(samples) @ gradient / 8)
    assert found["ratio_difference_se"] == pytest.approx(error, rel=1e-9)


def test_weights_do_not_matter_in_the_limit_and_do_beyond_it(tables):
    for label in ("0.1", "∞"):
        found = entry(tables["ablations"], 0.0, axis="weights", label=label)
        for name in ("p1", "p2", "p3"):
            assert abs(found[f"{name}_difference"]) < 1e-9
        assert abs(found["s_max_difference"]) < 1e-9 * found["s_max_mean"]
    weak = entry(tables["ablations"], 1.0, axis="weights", label="0.1")
    assert weak["s_max_difference"] < -5 * weak["s_max_difference_se"]


def test_purely_coherent_perturbations_are_counted_as_degenerate_or_without_chi(tables):
    limit = entry(tables["ablations"], 0.0, axis="weights", label="0")
    counts = ["n", "failed", "degenerate", "undefined_chi"]
    assert limit[counts].tolist() == [0, 3, 3, 0]
    for eta in ETAS[1:]:
        found = entry(tables["ablations"], eta, axis="weights", label="0")
        assert found[counts].tolist() == [3, 0, 0, 3]
        assert found["s_max_mean"] < 1e-12
        assert found[["p1", "p2", "p3", "ratio", "p2_difference"]].isna().all()
    others = tables["ablations"][~tables["ablations"]["label"].isin(["0", "∞"])]
    assert (others[counts[1:]] == 0).all().all()


def test_a_row_that_is_not_good_is_counted_and_enters_no_average(studies, tables):
    found = entry(tables["ablations"], 1e-3, axis="weights", label="∞")
    assert found[["n", "failed", "degenerate", "undefined_chi"]].tolist() == [2, 1, 0, 0]
    for quantity, name in (("s_max", "s_max_mean"), ("p3", "p3")):
        own = values_of(studies["dissipative"], 1e-3, quantity)[[0, 2]]
        default = values_of(studies["chain"], 1e-3, quantity)[[0, 2]]
        assert found[name] == pytest.approx(own.mean(), rel=1e-12)
        gain = (own - default).mean()
        assert found[f"{quantity}_difference"] == pytest.approx(gain, rel=1e-9)


def test_a_reading_that_finds_points_in_rounding_is_not_counted():
    coefficients = np.zeros((3, 10), dtype=complex)
    coefficients[:, 0], coefficients[:, 2] = 1 / (4 * np.pi**2), [1e-6, 1e-6, 1e-16]
    rows = SampleRows(
        sample=0,
        coefficients=coefficients,
        maximum=s_max(coefficients, relative_frequencies((1, 1, 1))),
        status=np.array(["ok", "inaccurate", "ok"]),
        error=np.full(3, 1e-14),
    )
    drawn = ChiSample(np.array([0.1, 0.9]), np.tile([0.25, 0.75], (3, 1)))
    found = probabilities_of(rows, drawn, INTERVALS)
    np.testing.assert_array_equal(found, [[0.25, 0, 0.75], [np.nan] * 3, [np.nan] * 3])


def test_low_rank_raises_s_max_by_the_root_of_728_over_the_rank(tables):
    found = entry(tables["ablations"], 1.0, axis="rank", label="3")
    default = entry(tables["ablations"], 1.0, axis="rank", label="728")
    gain = found["s_max_mean"] / default["s_max_mean"]
    error = found["s_max_se"] / default["s_max_mean"]
    assert gain == pytest.approx(np.sqrt(728 / 3), abs=4 * error)
    assert error < 0.15 * gain


def test_predictions_are_those_of_the_types(tables):
    # r, then P₁, P₂, P₃ of the (0, π) type and of the π/3 type, to three digits.
    expected = {
        0.8: ((0.25, 0, 0.465), (0, 0.481, 0.167), 0.641),
        0.95: ((0.25, 0, 0.75), (0, 0.735, 0.25), 0.980),
    }
    for r, (in_step, frustrated, ratio) in expected.items():
        found = entry(tables["ablations_threshold"], 1.0, threshold=r)
        for kind, values in (("zero_pi", in_step), ("pi_third", frustrated)):
            p = [found[f"p{a}_{kind}"] for a in (1, 2, 3)]
            np.testing.assert_allclose(p, values, rtol=0, atol=0.003)
        mean = (np.array(in_step) + frustrated) / 2
        p = [found[f"p{a}_limit"] for a in (1, 2, 3)]
        np.testing.assert_allclose(p, mean, rtol=0, atol=0.002)
        assert found["ratio_limit"] == pytest.approx(ratio, abs=0.005)
    default = entry(tables["ablations"], 0.0, axis="rank", label="728")
    usual = entry(tables["ablations_threshold"], 0.0, threshold=0.95)
    names = ["p1_limit", "p2_limit", "p3_limit", "ratio_limit"]
    np.testing.assert_array_equal(default[names].tolist(), usual[names].tolist())
    assert default[["p1_uniform", "p2_uniform", "p3_uniform"]].tolist() == [1 / 8] * 3
    assert default["ratio_uniform"] == 1 / 3


@pytest.mark.parametrize("eta", ETAS)
def test_thresholds_and_readings_are_of_the_first_samples(studies, tables, eta):
    for r in (0.8, 0.95):
        p2 = values_of(studies["chain"], eta, "p2", r)[:10]
        found = entry(tables["ablations_threshold"], eta, threshold=r)
        assert found["n"] == 10
        assert found["p2"] == pytest.approx(p2.mean(), rel=1e-12)
        assert found["p2_se"] == pytest.approx(p2.std(ddof=1) / np.sqrt(10), rel=1e-9)
    refined = entry(tables["ablations_reading"], eta, reading="refined")
    for name in ("n", "p1", "p1_se", "p2", "p3", "ratio", "ratio_se"):
        assert refined[name] == found[name]


def test_readings_differ_as_they_should(tables):
    table = tables["ablations_reading"]
    assert list(zip(table["reading"], table["points"], strict=True))[:: len(ETAS)] == [
        ("refined", 48), ("grid", 48), ("grid", 96), ("background", 48),
    ]  # fmt: skip
    for eta in ETAS:
        # Uniform at every η, whatever the type: the background hides all.
        background = entry(table, eta, reading="background")
        np.testing.assert_allclose(background[["p1", "p2", "p3"]].tolist(), 1 / 8, atol=0.002)
        # On average over ten samples the finer grid is nearer.
        for points, most in ((48, 0.05), (96, 0.025)):
            grid = entry(table, eta, reading="grid", points=points)
            assert 0 < abs(grid["p2_difference"]) < most
    limit = entry(table, 0.0, reading="refined")
    assert limit["p2"] > 0.2 and limit["p3"] > 0.3


@pytest.mark.parametrize("points", [48, 96])
def test_grid_reading_is_that_of_a_search_on_the_grid(studies, tables, points):
    frequencies, eta = relative_frequencies((1, 1, 1)), 1e-3
    (described,) = [one for one in studies["chain"].describe() if eta in one.etas]
    place, angles, found = described.etas.index(eta), lattice(2, points), []
    for rows in studies["chain"].read(described, 10):
        density = evaluate(rows.coefficients[place], frequencies, angles)
        excess = density - 1 / (4 * np.pi**2)
        inside = excess >= 0.95 * excess.max()
        values = chi(np.column_stack([angles, np.zeros(len(angles))]))[inside]
        weights = density[inside] / density[inside].sum()
        found.append(interval_probabilities(values, weights, INTERVALS))
    expected = entry(tables["ablations_reading"], eta, reading="grid", points=points)
    mean = np.mean(found, axis=0)
    np.testing.assert_allclose(expected[["p1", "p2", "p3"]].tolist(), mean, rtol=1e-6)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"etas": (0.0, 2.0)}, r"has no η = 2; add it to its eta_blocks"),
        ({"chain": "pair"}, r"ablations need a spin1_chain of three spins"),
        ({"chain": "seed"}, r"must have the model and root_seed of"),
    ],
)
def test_what_cannot_be_compared_is_refused_in_one_line(studies, tmp_path, change, message):
    if "chain" in change:
        physics = {
            "pair": chain_physics(Ensemble(), model=SpinHalfPair(name="spin_half_pair")),
            "seed": chain_physics(Ensemble(), root_seed=12),
        }[change["chain"]]
        other = StudyOnDisk(tmp_path, "other", physics, {ETAS: rows_of(physics, 1, ETAS)})
        change = {"chain": other.request}
    with pytest.raises(AblationsError, match=message) as caught:
        make(request_of(studies, **change), tmp_path / "tables")
    assert isinstance(caught.value, ResultsError) and "\n" not in str(caught.value)
    assert not (tmp_path / "tables").exists()


def test_tables_keep_what_all_parts_promise(tables, tmp_path):
    tables.check(tmp_path)


@pytest.fixture(scope="module")
def drawn(tables, tmp_path_factory):
    return draw_figure("figS_ablations", tables.folder, tmp_path_factory.mktemp("figure"))


def test_figure_keeps_what_all_figures_promise(drawn, tmp_path):
    drawn.check(tmp_path, texts=60)


def test_panels_show_the_rows_of_the_tables(drawn, tables):
    sources = ["ablations"] * 3 + ["ablations_threshold", "ablations_reading"]
    for panel, source in zip("abcde", sources, strict=True):
        shown = tables[source][drawn.data(panel).columns]
        assert len(shown.columns) >= 8 and "eta" in shown
        assert shown.to_csv(index=False, lineterminator="\n") == drawn.text(panel)
