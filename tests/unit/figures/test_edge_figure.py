"""Edges against an axis: values, bands and marks against the definition."""

import numpy as np
import pytest
from planes import assert_letters_are_apart, data_of, page_of, summary, write

from syncsweep.config.physics import Ensemble, Physics, SpinHalfPair
from syncsweep.tables.edge import find_edge

B, EPSILON = np.array([0.5, 1.0, 2.0]), np.linspace(-0.4, 0.4, 5)
ETAS = np.array([0, *np.logspace(-5, 1, 25)])


@pytest.fixture
def tables(tmp_path):
    return write(tmp_path, summary(ETAS, B, EPSILON))


def test_edges_are_those_of_the_definition_with_their_errors(tables):
    page_of(tables, "edge", x="B", by="epsilon", share=0.4, floor=0.1)
    data = data_of(tables, "edge")
    assert list(data)[:3] == ["epsilon", "B", "edge"] and len(data) == 15
    rows = summary(ETAS, B, EPSILON)
    for _, point in data.iterrows():
        here = rows[(rows["B"] == point["B"]) & np.isclose(rows["epsilon"], point["epsilon"])]
        found = find_edge(ETAS, *here[["s_max_mean", "s_max_se"]].to_numpy().T, 0.4, 0.1)
        values = point[["edge", "edge_se", "edge_low", "edge_high"]].astype(float)
        expected = [found.eta, found.error, *found.interval]
        np.testing.assert_allclose(values, expected, rtol=1e-12)
        assert point["outcome"] == "found" and values["edge_low"] < values["edge"]


def test_half_of_the_limit_is_where_eta_is_the_rate(tables):
    """The mean is that of 0⁺ over 1 + η/(0.01·B), up to the steps of the grid of η."""
    page = page_of(tables, "edge", x="B", at={"epsilon": 0})
    data = data_of(tables, "edge")
    np.testing.assert_allclose(data["edge"], 0.01 * B, rtol=0.02)
    (line,) = (line for line in page.axes[0].lines if line.get_linestyle() == "-")
    np.testing.assert_allclose(line.get_xydata(), data[["B", "edge"]])
    said = "edge: $\\langle S_{\\max}\\rangle$ is 0.5 of its 0⁺ value\nε = 0 γ₁ᵍ"
    assert page.axes[0].get_title() == said


def test_eta_is_in_the_unit_of_the_model_and_the_data_are_as_configured(tmp_path):
    model = SpinHalfPair(name="spin_half_pair", J=5.0)
    physics = Physics(model=model, ensemble=Ensemble(), root_seed=1).model_dump(mode="json")
    tables = write(tmp_path, summary(ETAS, B, EPSILON), physics=physics)
    page = page_of(tables, "edge", x="B", at={"epsilon": 0})
    (line,) = (line for line in page.axes[0].lines if line.get_linestyle() == "-")
    np.testing.assert_allclose(5 * line.get_ydata(), data_of(tables, "edge")["edge"])
    assert page.axes[0].get_ylabel() == r"edge $\eta/J$"


def marks_of(page, marker):
    lines = [line for line in page.axes[0].lines if line.get_marker() == marker]
    return [tuple(point) for line in lines for point in line.get_xydata().tolist()]


def test_edges_that_are_not_found_are_marked(tmp_path):
    frame = summary(ETAS, B, EPSILON)
    small, large = frame["eta"].between(1e-9, 1), frame["eta"] > 0
    frame.loc[(frame["B"] == 0.5) & large, "s_max_mean"] = 0.1
    frame.loc[(frame["B"] == 1) & large, "s_max_mean"] = 3.0
    frame.loc[(frame["B"] == 2) & ~small, "s_max_mean"] = np.nan
    tables = write(tmp_path, frame)
    page = page_of(tables, "edge", x="B", at={"epsilon": 0})
    assert data_of(tables, "edge")["outcome"].tolist() == ["below", "above", "unknown"]
    assert marks_of(page, "v") == [(0.5, 0.03)]
    assert marks_of(page, "^") == [(1.0, 0.97)]
    assert marks_of(page, "x") == [(2.0, 0.03)]
    assert page.get_suptitle() == "200 samples; ▼: below all η; ▲: above all η; ×: no value"


def test_marks_of_few_lines_do_not_hide_each_other(tmp_path):
    frame = summary(ETAS, B, EPSILON)
    frame.loc[(frame["B"] == 0.5) & (frame["eta"] > 0), "s_max_mean"] = 3.0
    page = page_of(write(tmp_path, frame), "edge", x="B", by="epsilon")
    marks = marks_of(page, "^")
    assert len(set(marks)) == len(EPSILON) and {place for place, _ in marks} == {0.5}


def test_one_sample_has_no_band(tmp_path):
    tables = write(tmp_path, summary(ETAS, B, EPSILON, samples=1), samples=1)
    page_of(tables, "edge", x="B", at={"epsilon": 0})
    data = data_of(tables, "edge")
    assert np.isfinite(data["edge"]).all() and data["edge_se"].isna().all()


@pytest.mark.parametrize(
    "keys", [{"x": "B", "by": "epsilon", "floor": 0.125}, {"x": "epsilon", "at": {"B": 2}}]
)
def test_letters_are_apart(tables, keys):
    assert_letters_are_apart(page_of(tables, "edge", **keys))
