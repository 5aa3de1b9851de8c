"""The part `two_spin1s`: App. E beside its leading order, at all scales, and the figure."""

from math import pi

import numpy as np
import pytest
from paper_results import draw_figure, make_part
from pydantic import ValidationError
from scipy.linalg import null_space

from syncsweep.paper.parts.two_spin1s import Request, TwoSpin1sError, make
from syncsweep.paper.theory.weak_coupling import best_coupling, largest_coherence, leading_coherence
from syncsweep.physics.models import two_spin1s, two_spin1s_perturbation
from syncsweep.physics.superoperators import liouvillian, unvectorize

NAMES = ("sweep", "detuning", "errors", "distribution", "summary")
REQUEST = Request()
RATES = (REQUEST.gamma_1_damp, REQUEST.gamma_2_gain)
SCALES = [0.0, 1e-3, 1e-2, 1e-1, 1.0]
PER_COHERENCE = 9 * pi / 128


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    return make_part("two_spin1s", REQUEST, tmp_path_factory.mktemp("two_spin1s"))


@pytest.fixture(scope="module")
def drawn(tables, tmp_path_factory):
    return draw_figure("figE", tables.folder, tmp_path_factory.mktemp("drawn"))


def of_limit(table):
    return table[table["scale"] == 0]


def test_sweeps_cover_their_grids(tables):
    sweep, detuning = tables["sweep"], tables["detuning"]
    best = best_coupling(REQUEST.delta, *RATES)
    for table in (sweep, detuning):
        assert table["scale"].unique().tolist() == SCALES
        assert len(table) == len(SCALES) * len(of_limit(table))
    epsilons = of_limit(sweep)["epsilon"].to_numpy()
    np.testing.assert_allclose(epsilons, 4 * best * np.arange(-40, 41) / 40, atol=1e-12)
    assert set(sweep["delta"]) == {REQUEST.delta}
    assert set(np.round(detuning["epsilon"], 12)) == {round(-best, 12), round(best, 12)}
    assert detuning["delta"].min() == -detuning["delta"].max() == -1.5 * sum(RATES)


@pytest.mark.parametrize("name", ["sweep", "detuning"])
def test_limit_is_the_leading_order(tables, name):
    limit = of_limit(tables[name])
    c = limit["c_re"] + 1j * limit["c_im"]
    expected = leading_coherence(limit["epsilon"], limit["delta"], *RATES)
    np.testing.assert_allclose(c, expected, rtol=0, atol=1e-12)
    np.testing.assert_allclose(limit["s_max"], PER_COHERENCE * abs(expected), rtol=0, atol=1e-12)
    apart = limit[limit["epsilon"] != 0]
    assert apart["s_max_error"].abs().max() < 1e-10
    assert apart["c_error"].max() < 1e-10
    assert apart["angle_error"].abs().max() < 1e-7


def test_locking_angle_follows_the_detuning_and_turns_by_pi_with_the_coupling(tables):
    limit = of_limit(tables["detuning"])
    expected = np.arctan(2 * limit["delta"] / sum(RATES)) + pi * (limit["epsilon"] < 0)
    for column in ("angle", "angle_predicted"):
        np.testing.assert_allclose(np.cos(limit[column] - expected), 1, atol=1e-12)


def test_uncoupled_spins_are_not_locked_and_have_no_angle(tables):
    uncoupled = tables["sweep"][tables["sweep"]["epsilon"] == 0]
    assert len(uncoupled) == len(SCALES)
    assert uncoupled["s_max"].abs().max() < 1e-12
    undefined = ["angle", "angle_predicted", "angle_error", "s_max_error", "c_error"]
    assert uncoupled[undefined].isna().all(axis=None)
    assert not tables["sweep"].drop(uncoupled.index).isna().any(axis=None)


def test_errors_are_proportional_to_the_scale_where_it_is_small(tables):
    errors = tables["errors"]
    assert errors["scale"].min() == pytest.approx(1e-3)
    assert errors["scale"].max() == pytest.approx(1)
    for epsilon in REQUEST.epsilons:
        of_epsilon = errors[errors["epsilon"] == epsilon].set_index("scale")
        assert len(of_epsilon) == 13
        first, fourth = (of_epsilon.iloc[[0, 4]][n].abs() for n in ("s_max_error", "c_error"))
        assert first.iloc[1] / first.iloc[0] == pytest.approx(10, rel=0.02)
        assert fourth.iloc[1] / fourth.iloc[0] == pytest.approx(10, rel=0.12)
    best = errors[errors["epsilon"] == 0.4].set_index("scale")["s_max_error"]
    np.testing.assert_allclose(best.iloc[[0, 4, 8]], [-0.00157, -0.0157, -0.1562], rtol=0.01)


def test_summary_has_the_errors_of_the_sweep(tables):
    sweep, summary = tables["sweep"], tables["summary"].set_index("scale")
    assert summary.index.tolist() == SCALES
    for name in ("s_max_error", "angle_error", "c_error"):
        sizes = sweep.assign(size=sweep[name].abs()).groupby("scale")["size"]
        np.testing.assert_allclose(summary[f"{name}_median"], sizes.median())
        np.testing.assert_allclose(summary[f"{name}_largest"], sizes.max())
    assert np.all(np.diff(summary["s_max_error_median"]) > 0)
    assert summary["s_max_error_median"][1e-2] == pytest.approx(0.0316, rel=0.01)


def test_largest_s_max_is_the_bound_in_the_limit_and_nowhere_above(tables):
    summary = tables["summary"].set_index("scale")
    bound = PER_COHERENCE * largest_coherence(*RATES)
    np.testing.assert_allclose(summary["best_s_max_predicted"], bound)
    assert summary["best_s_max"][0.0] == pytest.approx(bound, rel=1e-10)
    best = best_coupling(REQUEST.delta, *RATES)
    assert summary["best_epsilon"][0.0] == pytest.approx(best, rel=1e-4)
    np.testing.assert_allclose(summary["best_epsilon_predicted"], best)
    highest = tables["sweep"].groupby("scale")["s_max"].max()
    assert np.all(summary["best_s_max"] >= highest * (1 - 1e-6))
    np.testing.assert_allclose(summary["best_s_max"], highest, rtol=0.01)
    assert tables["sweep"]["s_max"].max() <= bound * (1 + 1e-12)


def test_distributions_integrate_to_one_and_are_the_leading_order_in_the_limit(tables):
    table = tables["distribution"]
    assert sorted(table["epsilon"].unique()) == sorted(REQUEST.epsilons)
    for _, curve in table.groupby(["scale", "epsilon"]):
        assert curve["phi"].iloc[0] == -pi and curve["phi"].iloc[-1] == pi
        assert np.trapezoid(curve["s_d"], curve["phi"]) == pytest.approx(1, abs=1e-12)
    limit = of_limit(table)
    np.testing.assert_allclose(limit["s_d"], limit["s_d_predicted"], rtol=0, atol=1e-12)
    finite = table[table["scale"] == 0.1]
    assert np.abs(finite["s_d"] - finite["s_d_predicted"]).max() > 1e-3


def test_parameters_enter(tmp_path):
    request = Request(
        gamma_2_damp=2.0,
        gamma_1_damp=0.3,
        gamma_2_gain=1.2,
        delta=-1.0,
        epsilons=(0.7,),
        scales=(1e-3, 1e-2),
    )
    tables = make_part("two_spin1s", request, tmp_path)
    table = tables["distribution"]
    c = complex(leading_coherence(0.7, -1.0, 0.3, 1.2))
    highest = table.loc[of_limit(table)["s_d"].idxmax()]
    assert highest["s_d"] == pytest.approx(1 / (2 * pi) + PER_COHERENCE * abs(c), rel=1e-3)
    assert highest["phi"] == pytest.approx(np.angle(c), abs=0.03)
    draw_figure("figE", tmp_path, tmp_path / "drawn")

    # The null vector of the whole Liouvillian, whatever ω and the mean of Δ₁ and Δ₂ are.
    row = tables["errors"].iloc[-1]
    model = two_spin1s(omega=1.7, gamma_2_damp=2.0)
    scaled = 1e-2 * np.array([0.7, -0.1, 0.9, 0.3, 1.2])
    hamiltonian, jumps = two_spin1s_perturbation(*scaled)
    whole = liouvillian(
        model.hamiltonian + hamiltonian, np.concatenate([model.jump_operators, jumps])
    )
    rho = unvectorize(null_space(whole.toarray(), rcond=1e-8)[:, 0])
    c = rho[4, 2] / np.trace(rho)
    assert row["scale"] == pytest.approx(1e-2)
    assert complex(row["c_re"], row["c_im"]) == pytest.approx(c, abs=1e-12)


@pytest.mark.parametrize(
    "wrong",
    [
        {"gamma_1_damp": 0},
        {"gamma_2_damp": -1},
        {"scales": (0.0, 0.1)},
        {"scales": (0.1,)},
        {"delta": np.inf},
        {"epsilons": ()},
        {"omega": 1},
    ],
)
def test_requests_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ValidationError):
        Request(**wrong)


def test_steady_state_that_is_not_unique_is_named(tmp_path):
    with pytest.raises(TwoSpin1sError, match=r"two_spin1s: the steady state at scale 0, .* degen"):
        make(Request(gamma_1_damp=1e-15, gamma_2_gain=1e-15), tmp_path)


def test_tables_keep_what_all_parts_promise(tables, tmp_path):
    tables.check(tmp_path)


def test_figure_keeps_what_all_figures_promise(drawn, tmp_path):
    drawn.check(tmp_path, texts=50)


def test_figure_shows_the_tables(drawn, tables):
    figure = drawn.page
    for name in ("distribution", "sweep", "detuning", "errors"):
        original = (tables.folder / f"two_spin1s_{name}.csv").read_text(encoding="utf-8")
        assert drawn.text(name) == original
    limit = of_limit(tables["sweep"])
    of_s_max = figure.axes[1].lines
    np.testing.assert_array_equal(of_s_max[0].get_ydata(), limit["s_max"])
    np.testing.assert_array_equal(of_s_max[5].get_ydata(), limit["s_max_predicted"])
    errors = tables["errors"]
    first = errors[errors["epsilon"] == 0.1]
    np.testing.assert_array_equal(figure.axes[3].lines[0].get_ydata(), first["s_max_error"].abs())


def test_lines_are_broken_where_another_maximum_becomes_the_highest(drawn):
    """No segment of panel (c) goes further than a quarter of a turn."""
    for line in drawn.page.axes[2].lines:
        steps = np.abs(np.diff(np.asarray(line.get_ydata(), dtype=float)))
        if line.get_linestyle() != "None":
            assert np.nanmax(steps) <= pi / 2
