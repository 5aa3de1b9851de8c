"""Tables of the exact limit and of its use as a control variate, and what is drawn from them."""

from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from drawn_pages import kept_pages
from paper_results import draw_figure
from studies import StudyOnDisk, rows_of

from syncsweep.config.analysis import Analysis, LogBins, Ratio
from syncsweep.config.figure import Figure
from syncsweep.config.file import load_config
from syncsweep.config.physics import Ensemble, Physics, Spin1Chain, SpinHalfPair
from syncsweep.config.requests import FigureRequest
from syncsweep.config.user_code import EnsembleCode, ModelCode
from syncsweep.figures import sweep_figure
from syncsweep.physics.limit_distribution import limit_distribution, type_probabilities
from syncsweep.physics.sectors import sectors
from syncsweep.tables import ResultsError
from syncsweep.tables.control import control_variate, controlled_probability
from syncsweep.tables.limit_tables import limit_law, make_limit_tables
from syncsweep.tables.number import Number
from syncsweep.tables.registry import table_jobs
from syncsweep.tables.samples import Shards
from syncsweep.tables.summary import make_tables

SAMPLES, DRAWS = 300, 50_000
ETAS = (0.0, 1e-6, 1e-3, 1.0)
CHAIN = Physics(model=Spin1Chain(name="spin1_chain", n_sites=2), ensemble=Ensemble(), root_seed=11)
ANALYSIS = Analysis(
    chi_bins=16,
    s_max_bins=LogBins(low=1e-6, high=1e-1, count=10),
    intervals=((0, 1 / 8), (7 / 16, 9 / 16), (7 / 8, 1)),
    limit_draws=DRAWS,
    ratio=Ratio(numerator=2, denominator=1, weight=3, meaning="±π/2 for each (0, π)"),
)
LIMIT_TABLES = ("limit_law", "limit_control")
SCRIPT = Path(__file__).parents[3] / "scripts" / "make_tables.py"


def write_study(parent, physics, blocks, samples, chunk_size):
    """Rows of a study below `parent`; returns its shards."""
    rows = {etas: rows_of(physics, samples, etas) for etas in blocks}
    return StudyOnDisk(parent, "study", physics, rows, chunk_size).shards


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    parent = tmp_path_factory.mktemp("study")
    return write_study(parent, CHAIN, [ETAS], SAMPLES, SAMPLES)


@pytest.fixture(scope="module")
def tables(study, tmp_path_factory):
    output = tmp_path_factory.mktemp("tables")
    for job in table_jobs(ANALYSIS):
        job.make(study, ANALYSIS, output)
    return output


def read(folder, name):
    return pq.read_table(folder / f"{name}.parquet").to_pandas()


@pytest.fixture(scope="module")
def law(tables):
    return read(tables, "limit_law").set_index("quantity")


@pytest.fixture(scope="module")
def control(tables):
    return read(tables, "limit_control")


def test_the_law_of_two_spins_is_the_known_one(law):
    """r = 0.95 leaves χ₂ ∈ [0, .05] and [.95, 1] for b > 0, [.45, .55] for b < 0."""
    value, error = law["value"], law["value_se"]
    exact = {"p_b_positive": 1 / 2, "p1": 1 / 4, "p2": 1 / 2, "p3": 1 / 4, "ratio": 2 / 3}
    for quantity, expected in exact.items():
        assert abs(value[quantity] - expected) < 4 * error[quantity], quantity
        assert 0 < error[quantity] < 0.015 * expected, quantity
    assert value["p_even_above_odd"] == 1
    shares = value[["c_+2", "c_+1", "c_0+", "c_0-", "c_-1", "c_-2"]]
    np.testing.assert_allclose(shares, np.array([1, 2, 2, 1, 2, 1]) / 9, rtol=1e-3)
    assert law["draws"].unique() == [DRAWS] and law["n_sites"].unique() == [2]


def test_errors_of_the_law_are_those_of_repetitions():
    def of_seed(seed):
        physics = CHAIN.model_copy(update={"root_seed": seed})
        return limit_law(physics, ANALYSIS, 1000)

    laws = [of_seed(seed) for seed in range(20)]
    for quantity in ("p_b_positive", "s_max_mean", "p1", "p2", "ratio", "c_0+"):
        values = [law[quantity].value for law in laws]
        stated = np.mean([law[quantity].error for law in laws])
        assert 0.6 < np.std(values, ddof=1) / stated < 1.5, quantity


@pytest.mark.parametrize(
    ("law", "s_max"),
    [({"rank": 4}, 1.72e-3), ({"kind": "bonds"}, 3.01e-4), ({"kind": "sites"}, 6.60e-4)],
)
def test_the_law_is_that_of_the_kind_and_rank_of_the_ensemble(law, s_max):
    """⟨S_max⟩ of three spins in units of the uniform density, as docs/sizes.md has it."""
    model = Spin1Chain(name="spin1_chain", n_sites=3)
    found = limit_law(Physics(model=model, ensemble=Ensemble(**law), root_seed=1), ANALYSIS, 1000)
    mean = found["s_max_mean"]
    assert abs(mean.value * (2 * np.pi) ** 2 - s_max) < 4 * mean.error * (2 * np.pi) ** 2
    assert mean.error < 0.05 * mean.value


def test_rows_at_eta_zero_agree_with_the_law(tables, law):
    at_zero = read(tables, "summary").iloc[0]
    assert at_zero["eta"] == 0
    for quantity in ("s_max_mean", "p1", "p2", "p3", "ratio"):
        name = "s_max_se" if quantity == "s_max_mean" else f"{quantity}_se"
        error = np.hypot(at_zero[name], law["value_se"][quantity])
        assert abs(at_zero[quantity] - law["value"][quantity]) < 4 * error, quantity


def test_plain_means_are_those_of_the_summary(tables, control):
    summary = read(tables, "summary").set_index("eta")
    assert list(control["eta"].unique()) == list(ETAS[1:])
    for row in control.itertuples():
        error = "s_max_se" if row.quantity == "s_max_mean" else f"{row.quantity}_se"
        assert row.n == SAMPLES
        assert row.plain == pytest.approx(summary[row.quantity][row.eta], rel=1e-12)
        assert row.plain_se == pytest.approx(summary[error][row.eta], rel=1e-9)
        if row.quantity != "s_max_mean":
            for end in ("low", "high"):
                expected = summary[f"{row.quantity}_{end}"][row.eta]
                assert getattr(row, f"plain_{end}") == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_plain_means_take_an_s_max_below_its_error_for_zero_as_the_summary_does(study, tmp_path):
    class Coarse(Shards):
        def read(self, block):
            for rows in super().read(block):
                yield replace(rows, error=np.where(rows.sample % 2, 1.0, rows.error))

    coarse = Coarse(study.folder, study.blocks, study.samples, study.chunk_size)
    for job in table_jobs(ANALYSIS):
        job.make(coarse, ANALYSIS, tmp_path)
    summary = read(tmp_path, "summary").set_index("eta")
    control = read(tmp_path, "limit_control").set_index("quantity").loc["s_max_mean"]
    assert (summary["undefined_chi"] > 0).all()
    expected = summary["s_max_mean"][control["eta"]]
    np.testing.assert_allclose(control["plain"], expected, rtol=1e-12)


def test_the_control_leaves_nothing_of_the_error_at_tiny_eta_and_no_bias_anywhere(law, control):
    tiny = control[control["eta"] == 1e-6].set_index("quantity")
    s_max = tiny.loc["s_max_mean"]
    assert s_max["beta"] == pytest.approx(1, abs=1e-3)
    assert s_max["control"] == pytest.approx(law["value"]["s_max_mean"], rel=1e-3)
    # The error that is left is that of the law's own draws.
    reach = (s_max["control_high"] - s_max["control_low"]) / 2
    assert reach == pytest.approx(law["value_se"]["s_max_mean"], rel=0.05)
    assert s_max["gain"] == pytest.approx(DRAWS / SAMPLES, rel=0.2)
    # If none of 300 samples locks in the other way, the probability of this is below about 1/300.
    p1 = tiny.loc["p1"]
    assert 1.5 / SAMPLES < p1["control_high"] - p1["control_low"] < 5 / SAMPLES
    assert (tiny["gain"] > 9).all()
    apart = np.abs(control["control"] - control["plain"])
    reach = (control["control_high"] - control["control_low"]) / 2
    spread = np.sqrt(np.maximum(control["plain_se"] ** 2 - reach**2, 0))
    assert (apart < 4 * spread + 0.2 * control["plain_se"]).all()
    large = control[control["eta"] == 1]
    assert ((large["gain"] > 0.9) & (large["gain"] < 1.3)).all()


def test_a_control_variate_is_unbiased_and_knows_its_error_and_its_gain():
    rng = np.random.default_rng(1)
    n, slope, expected = 200, 2.0, Number(3.0)
    rows = []
    for _ in range(1500):
        control = 3 + rng.standard_normal(n)
        x = 7 + slope * (control - 3) + 0.5 * rng.standard_normal(n)
        rows.append(control_variate(x, control, expected))
    table = pd.DataFrame(rows)
    exact_error = 0.5 / np.sqrt(n)
    assert abs(table["control"].mean() - 7) < 4 * exact_error / np.sqrt(1500)
    assert table["control"].std() == pytest.approx(exact_error, rel=0.08)
    for side in (table["control"] - table["control_low"], table["control_high"] - table["control"]):
        assert side.mean() == pytest.approx(exact_error, rel=0.01)
    assert table["plain_se"].mean() == pytest.approx(np.sqrt(4.25 / n), rel=0.01)
    assert table["beta"].mean() == pytest.approx(slope, rel=0.01)
    assert table["gain"].median() == pytest.approx(17, rel=0.03)


def test_the_error_of_the_expectation_enters_with_the_slope():
    rng = np.random.default_rng(2)
    control = rng.standard_normal(50)
    found = control_variate(3 * control + 1, control, Number(0.0, 0.1))
    ends = [found[name] for name in ("control_low", "control", "control_high")]
    assert ends == pytest.approx([0.7, 1.0, 1.3])


def test_a_control_that_does_not_vary_changes_nothing():
    x = np.random.default_rng(3).random(40)
    for constant, estimate in product((0.0, 1.0), (control_variate, controlled_probability)):
        control = np.full(40, constant)
        control[::2] *= 1 - 1e-15
        found = estimate(x, control, Number(0.9, 0.1))
        assert found["beta"] == 0 and found["gain"] == pytest.approx(1)
        for end in ("", "_low", "_high"):
            assert found[f"control{end}"] == pytest.approx(found[f"plain{end}"])


def test_below_three_samples_nothing_is_stated():
    for estimate in (control_variate, controlled_probability):
        found = estimate(np.ones(2), np.ones(2), Number(1.0, 0.1))
        assert found.pop("n") == 2 and np.isnan(list(found.values())).all()


def test_an_error_of_a_controlled_probability_knows_of_flips_that_did_not_happen():
    """200 samples that lock as in the limit: a probability of about 1/200 to flip is possible."""
    control = np.zeros(200)
    control[:70] = 1.0
    found = controlled_probability(control, control, Number(0.4))
    assert found["control"] == pytest.approx(0.4) and found["beta"] == pytest.approx(1)
    for end in ("control_low", "control_high"):
        assert abs(found[end] - 0.4) == pytest.approx(1.84 / 200, rel=0.1)


def test_chunks_change_no_byte_and_blocks_nothing_but_rounding(tmp_path):
    analysis = ANALYSIS.model_copy(update={"limit_draws": 1000})
    etas = (0.0, 1e-3)
    studies = {"whole": ([etas], 7), "chunks": ([etas], 3), "blocks": ([etas[1:], etas[:1]], 7)}
    for name, (blocks, chunk_size) in studies.items():
        study = write_study(tmp_path / name, CHAIN, blocks, 7, chunk_size)
        make_tables(study, analysis, tmp_path / name)
        make_limit_tables(study, analysis, tmp_path / name)
    for name in LIMIT_TABLES:
        for kind in ("csv", "parquet"):
            whole, chunks = (tmp_path / study / f"{name}.{kind}" for study in ("whole", "chunks"))
            assert whole.read_bytes() == chunks.read_bytes()
        whole, blocks = (read(tmp_path / study, name) for study in ("whole", "blocks"))
        pd.testing.assert_frame_equal(whole, blocks, rtol=1e-6)


@pytest.mark.parametrize(
    ("model", "ensemble", "etas", "draws", "message"),
    [
        ({}, {}, (0.0, 0.1), None, "need analysis.limit_draws"),
        ({}, {"zeta_diss": 0}, (0.0, 0.1), 1000, "zeta_diss is 0"),
        ({}, {}, (0.1,), 1000, "limit: true"),
        ({"J": 0, "delta": 0}, {}, (0.0, 0.1), 1000, "exactly one steady state"),
    ],
)
def test_what_has_no_law_is_refused_in_one_line(tmp_path, model, ensemble, etas, draws, message):
    physics = Physics(
        model=Spin1Chain(name="spin1_chain", n_sites=2, **model),
        ensemble=Ensemble(**ensemble),
        root_seed=1,
    )
    study = StudyOnDisk(tmp_path, "study", physics, {etas: []}).shards
    analysis = ANALYSIS.model_copy(update={"limit_draws": draws})
    with pytest.raises(ResultsError, match=message) as error:
        make_limit_tables(study, analysis, tmp_path / "tables")
    assert "\n" not in str(error.value)
    assert not (tmp_path / "tables").exists()


def test_samples_of_other_rows_are_refused(tmp_path):
    study = write_study(tmp_path, CHAIN, [ETAS], 3, 3)
    with pytest.raises(ResultsError, match=r"samples\.parquet: is missing; run the same"):
        make_limit_tables(study, ANALYSIS, tmp_path / "tables")
    make_tables(study, ANALYSIS.model_copy(update={"threshold": 0.9}), tmp_path / "tables")
    with pytest.raises(ResultsError, match=r"samples\.parquet: was not made .* \(analysis\)"):
        make_limit_tables(study, ANALYSIS, tmp_path / "tables")


@pytest.mark.parametrize("change", ["other numbers", "no rows", "no summary"])
def test_samples_that_are_not_those_of_the_summary_are_refused(tmp_path, change):
    study = write_study(tmp_path, CHAIN, [ETAS], 3, 3)
    make_tables(study, ANALYSIS, tmp_path)
    path = tmp_path / "samples.parquet"
    if change == "no summary":
        (tmp_path / "summary.parquet").unlink()
    else:
        rows = pq.read_table(path)
        place = rows.column_names.index("s_max")
        other = rows.set_column(place, rows.field(place), [[0.25] * rows.num_rows])
        pq.write_table(rows.slice(0, 0) if change == "no rows" else other, path)
    with pytest.raises(ResultsError, match="run the same snakemake command again"):
        make_limit_tables(study, ANALYSIS, tmp_path)


@pytest.mark.parametrize("part", ["model", "ensemble"])
def test_models_and_ensembles_of_ones_own_have_no_law_and_are_not_run(tmp_path, part):
    model, ensemble = Spin1Chain(name="spin1_chain", n_sites=2), Ensemble()
    if part == "model":
        model = ModelCode(name="own", source="no Python", spins=(1, 1), parameters={})
    else:
        ensemble = EnsembleCode(source="no Python", parameters={})
    physics = Physics(model=model, ensemble=ensemble, root_seed=1)
    study = StudyOnDisk(tmp_path, "study", physics, {(0.0, 0.1): []}).shards
    with pytest.raises(ResultsError, match="the law of η → 0⁺ is known"):
        make_limit_tables(study, ANALYSIS, tmp_path / "tables")


def test_the_pair_has_a_law_without_a_ratio():
    physics = Physics(
        model=SpinHalfPair(name="spin_half_pair"),
        ensemble=Ensemble(basis="orthonormal"),
        root_seed=1,
    )
    law = limit_law(physics, ANALYSIS, 20_000)
    assert (law["p1"].value, law["p3"].value) == pytest.approx((0, 1), abs=1e-12)
    assert np.isnan(law["ratio"].value)
    without = ANALYSIS.model_copy(update={"ratio": None})
    assert "ratio" not in limit_law(physics, without, 1000)
    assert "p_even_above_odd" not in law
    assert law["c_-"].value == pytest.approx(1 / 4, abs=4 * law["c_-"].error)
    assert law["s_max_mean"].value == pytest.approx(np.pi / 32 * law["c_-"].value, rel=1e-9)


@pytest.mark.parametrize("name", ["spin1_chain_n2", "spin1_chain", "spin1_chain_n4"])
def test_shipped_intervals_hold_the_peaks_of_the_limit_whole(name):
    """Their edges lie between the peaks, so P_a is the share of the maxima in each interval."""
    config = load_config(SCRIPT.parents[1] / "config.yaml")
    study = config.studies[name]
    distribution = limit_distribution(sectors(**config.physics(name).model.model_dump()))
    rng, b = np.random.default_rng(1), np.array([1e-6, -1e-6])
    threshold, intervals = study.analysis.threshold, study.analysis.intervals
    sets = type_probabilities(distribution, b, threshold, intervals, rng, shifts=16)
    expected = {
        2: [[1 / 2, 0, 1 / 2], [0, 1, 0]],
        3: [[1 / 4, 0, 3 / 4], [0, 3 / 4, 1 / 4]],
        4: [[1 / 8, 0, 0, 7 / 8], [0, 1 / 2, 1 / 2, 0]],
    }[study.model.n_sites]
    # The paper's 𝓘₂ of three spins misses 2 % of its peak, and the grid of χ is coarse.
    np.testing.assert_allclose(sets.mean(axis=0), expected, atol=0.03)


def test_the_figure_of_the_limit_shows_the_tables(tables, control, tmp_path):
    drawn = draw_figure("figS_limit", tables, tmp_path / "drawn")
    drawn.check(tmp_path)
    assert drawn.text("law") == (tables / "limit_law.csv").read_text(encoding="utf-8")
    means = control.drop(columns="gain")
    is_s_max = control["quantity"] == "s_max_mean"
    shown = {
        "s_max": means[is_s_max],
        "probabilities": means[~is_s_max],
        "gain": control[["eta", "quantity", "gain"]],
    }
    for panel, expected in shown.items():
        assert drawn.text(panel) == expected.to_csv(index=False, lineterminator="\n")


def draw(tables, figure, analysis, stem):
    request = FigureRequest(figure=figure, analysis=analysis, model="spin1_chain", n_sites=2)
    sweep_figure.draw(tables, request, stem)


def test_a_sweeps_figure_has_the_exact_values_beside_it_if_they_are_asked_for(tables, tmp_path):
    figure = Figure(name="fig", panels=("probabilities", "ratio", "s_max"))
    with kept_pages(sweep_figure) as pages:
        draw(tables, figure, ANALYSIS, tmp_path / "fig")
    assert pages[0].texts[0].get_text().endswith(" samples; lines at 0⁺: exact")
    law = (tables / "limit_law.csv").read_bytes()
    assert (tmp_path / "fig_limit.csv").read_bytes() == law
    without = ANALYSIS.model_copy(update={"limit_draws": None})
    with pytest.raises(ResultsError, match="another analysis"):
        draw(tables, figure, without, tmp_path / "fig")


def test_a_missing_table_of_the_limit_is_named(study, tmp_path):
    make_tables(study, ANALYSIS, tmp_path)
    figure = Figure(name="fig", panels=("s_max",))
    with pytest.raises(ResultsError, match=r"limit_law\.parquet: is missing"):
        draw(tmp_path, figure, ANALYSIS, tmp_path / "fig")
