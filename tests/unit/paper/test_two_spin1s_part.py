"""The part `two_spin1s`: the rows of App. E beside its leading order, and the figure."""

from dataclasses import replace
from itertools import product
from math import pi

import numpy as np
import pytest
from paper_results import draw_figure, make_part

from syncsweep.config.physics import Physics, TwoSpin1s, TwoSpin1sPerturbation
from syncsweep.layout import BlockFolder, study_folder
from syncsweep.paper.parts.part import StudyRows
from syncsweep.paper.parts.two_spin1s import Request
from syncsweep.paper.theory.weak_coupling import largest_coherence, leading_coherence
from syncsweep.sample.sample_solver import SampleSolver
from syncsweep.sample_range import SampleRange
from syncsweep.sweep import description
from syncsweep.sweep.description import Description
from syncsweep.sweep.row_table import to_table
from syncsweep.sweep.shard import write_shard

DELTAS = (-2.25, -1.0, -0.5, 0.0, 0.5, 1.0, 2.25)
EPSILONS = (-1.6, -0.4, -0.1, 0.0, 0.1, 0.4, 1.6)
POINTS = tuple(product(DELTAS, EPSILONS))
ETAS = (0.0, 1e-3, 1e-2, 0.03, 1e-1, 1.0)
RATES = (1.0, 0.5)
PER_COHERENCE = 9 * pi / 128
PHYSICS = Physics(
    model=TwoSpin1s(name="two_spin1s"),
    ensemble=TwoSpin1sPerturbation(kind="two_spin1s"),
    root_seed=1,
).with_axes(["ensemble.epsilon", "ensemble.delta"])
#: The row of this point, and of this η, is not ok.
BAD = (POINTS.index((2.25, 1.6)), 5)


def request_for(folder):
    """The rows of a plane, solved and written as a job leaves them."""
    described = Description("two_spin1s", PHYSICS, ETAS, POINTS)
    solver = SampleSolver(PHYSICS, ETAS)
    rows = [solver.rows(0, point) for point in POINTS]
    place, eta = BAD
    status = rows[place].status.copy()
    status[eta] = "inaccurate"
    rows[place] = replace(rows[place], status=status)
    of_study = study_folder(folder, "two_spin1s", PHYSICS.digest)
    description.write(of_study, [described])
    samples = SampleRange(0, 1)
    path = BlockFolder(of_study / described.block).shard(*samples)
    write_shard(path, to_table(rows), described, samples, {"numpy": "2"})
    return Request(
        study=StudyRows(folder=of_study, blocks=[described.block], samples=1, chunk_size=1)
    )


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    request = request_for(tmp_path_factory.mktemp("study"))
    return make_part("two_spin1s", request, tmp_path_factory.mktemp("tables"))


@pytest.fixture(scope="module")
def plane(tables):
    return tables["two_spin1s"]


@pytest.fixture(scope="module")
def drawn(tables, tmp_path_factory):
    return draw_figure("figE", tables.folder, tmp_path_factory.mktemp("drawn"))


def test_all_rows_are_there_in_the_order_of_their_axes(plane):
    order = list(map(tuple, plane[["eta", "delta", "epsilon"]].to_numpy()))
    assert order == list(product(ETAS, DELTAS, EPSILONS))


def test_limit_is_the_leading_order(plane):
    limit = plane[(plane["eta"] == 0) & (plane["epsilon"] != 0)]
    expected = PER_COHERENCE * abs(leading_coherence(limit["epsilon"], limit["delta"], *RATES))
    np.testing.assert_allclose(limit["s_max"], expected, rtol=1e-12)
    np.testing.assert_allclose(limit["s_max_predicted"], expected, rtol=1e-14)
    assert limit["s_max_error"].abs().max() < 1e-12
    angle = np.arctan(2 * limit["delta"] / sum(RATES)) + pi * (limit["epsilon"] < 0)
    for column in ("angle", "angle_predicted"):
        np.testing.assert_allclose(np.cos(limit[column] - angle), 1, atol=1e-12)
    assert limit["angle_error"].abs().max() < 1e-7


def test_errors_are_proportional_to_the_scale_where_it_is_small(plane):
    found = plane.set_index(["delta", "epsilon", "eta"])["s_max_error"].sort_index()
    for epsilon in (0.1, 0.4, 1.6):
        of_epsilon = found[0.5, epsilon]
        assert of_epsilon[1e-2] / of_epsilon[1e-3] == pytest.approx(10, rel=0.02)
    best = found[0.5, 0.4].loc[[1e-3, 1e-2, 1e-1]]
    np.testing.assert_allclose(best, [-0.00157, -0.0157, -0.1562], rtol=0.01)


def test_uncoupled_spins_are_not_locked_and_have_no_angle(plane):
    uncoupled = plane[plane["epsilon"] == 0]
    assert len(uncoupled) == len(ETAS) * len(DELTAS)
    assert uncoupled["s_max"].max() == 0
    undefined = ["angle", "angle_predicted", "angle_error", "s_max_error"]
    assert uncoupled[undefined].isna().all(axis=None)


def test_rows_that_are_not_ok_have_predictions_alone(plane):
    place, eta = BAD
    delta, epsilon = POINTS[place]
    bad = (plane["delta"] == delta) & (plane["epsilon"] == epsilon) & (plane["eta"] == ETAS[eta])
    measured = ["s_max", "s_max_error", "angle", "angle_error"]
    assert plane[bad][measured].isna().all(axis=None)
    assert not plane[~bad & (plane["epsilon"] != 0)].isna().any(axis=None)
    assert plane[bad]["s_max_predicted"].item() > 0


def test_no_s_max_is_above_the_bound_of_the_leading_order(plane):
    bound = PER_COHERENCE * largest_coherence(*RATES)
    np.testing.assert_allclose(plane["s_max_bound"], bound, rtol=1e-14)
    assert 0.99 * bound < plane["s_max"].max() <= bound


def test_curves_are_of_the_points_next_to_the_wanted_ones(tables):
    table = tables["distribution"]
    assert table["delta"].unique().tolist() == [0.5]
    assert table["epsilon"].unique().tolist() == [0.1, 0.4, 1.6]
    for _, curve in table.groupby(["eta", "epsilon"]):
        assert curve["phi"].iloc[0] == -pi and curve["phi"].iloc[-1] == pi
        assert np.trapezoid(curve["s_d"], curve["phi"]) == pytest.approx(1, abs=1e-12)
    limit = table[table["eta"] == 0]
    np.testing.assert_allclose(limit["s_d"], limit["s_d_predicted"], rtol=0, atol=1e-12)
    finite = table[table["eta"] == 0.1]
    assert np.abs(finite["s_d"] - finite["s_d_predicted"]).max() > 1e-3


def test_tables_keep_what_all_parts_promise(tables, tmp_path):
    tables.check(tmp_path)


def test_figure_keeps_what_all_figures_promise(drawn, tmp_path):
    drawn.check(tmp_path, texts=45)


def test_figure_shows_the_tables(drawn, plane):
    powers = plane[plane["eta"] != 0.03]
    shown = {
        "sweep": powers[powers["delta"] == 0.5],
        "detuning": powers[powers["epsilon"].abs() == 0.4],
        "errors": plane[
            (plane["delta"] == 0.5) & plane["epsilon"].isin([0.1, 0.4, 1.6]) & (plane["eta"] > 0)
        ],
    }
    for panel, expected in shown.items():
        np.testing.assert_allclose(drawn.data(panel), expected, rtol=1e-12)
    of_s_max = drawn.page.axes[1].lines
    limit = shown["sweep"][shown["sweep"]["eta"] == 0]
    np.testing.assert_array_equal(of_s_max[0].get_ydata(), limit["s_max"])
    np.testing.assert_array_equal(of_s_max[5].get_ydata(), limit["s_max_predicted"])
    first = shown["errors"][shown["errors"]["epsilon"] == 0.1]
    errors = drawn.page.axes[3].lines[0].get_ydata()
    np.testing.assert_array_equal(errors, first["s_max_error"].abs())


def test_lines_are_broken_where_another_maximum_becomes_the_highest(drawn):
    """No segment of panel (c) goes further than a quarter of a turn."""
    for line in drawn.page.axes[2].lines:
        steps = np.abs(np.diff(np.asarray(line.get_ydata(), dtype=float)))
        if line.get_linestyle() != "None":
            assert np.nanmax(steps) <= pi / 2
