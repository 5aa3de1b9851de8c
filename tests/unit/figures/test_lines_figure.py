"""Lines against an axis: values, bands and marks against the table."""

import numpy as np
import pytest
from matplotlib.collections import FillBetweenPolyCollection
from planes import assert_letters_are_apart, data_of, page_of, summary, write
from studies import PAIR

from syncsweep.config.physics import Physics

B, EPSILON, ETAS = np.array([0.5, 1.0, 2.0]), np.linspace(-0.4, 0.4, 5), (0.0, 1e-3, 1e-2)


@pytest.fixture
def tables(tmp_path):
    return write(tmp_path, summary(ETAS, B, EPSILON))


def lines_of(page):
    """Points of the lines, without marks."""
    found = [line.get_xydata() for line in page.axes[0].lines if line.get_linestyle() == "-"]
    return [points for points in found if len(points)]


def marks_of(page, marker):
    lines = [line for line in page.axes[0].lines if line.get_marker() == marker]
    return [tuple(point) for line in lines for point in line.get_xydata().tolist()]


def bands_of(page):
    """Lower and upper ends of the bands."""
    found = []
    for one in page.axes[0].collections:
        if isinstance(one, FillBetweenPolyCollection):
            found += [path.get_extents().get_points()[:, 1].tolist() for path in one.get_paths()]
    return found


def test_lines_and_bands_are_those_of_the_table(tables):
    page = page_of(tables, "lines", x="epsilon", by="B", at={"eta": 1e-3})
    rows = summary([1e-3], B, EPSILON)
    for b, points, (low, high) in zip(B, lines_of(page), bands_of(page), strict=True):
        expected = rows[rows["B"] == b]
        np.testing.assert_array_equal(points, expected[["epsilon", "s_max_mean"]])
        assert low == pytest.approx(0.9 * expected["s_max_mean"].min())
        assert high == pytest.approx(1.1 * expected["s_max_mean"].max())
    kept = ["eta", "B", "epsilon", "s_max_mean", "s_max_se"]
    assert data_of(tables, "lines").equals(rows[kept])
    assert page.axes[0].get_xlabel() == "ε [γ₁ᵍ]"
    assert page.axes[0].get_ylabel() == r"$\langle S_{\max}\rangle$ [rad$^{-1}$]"
    (legend,) = page.legends
    assert legend.get_title().get_text() == "B [J]"
    assert [text.get_text() for text in legend.get_texts()] == ["0.5", "1", "2"]


def test_the_colour_bar_of_many_eta_has_no_number_for_the_limit(tmp_path):
    """It is apart from the others, as along an axis."""
    tables = write(tmp_path, summary([0, *np.logspace(-3, 2, 21)], B, EPSILON))
    page = page_of(tables, "lines", x="epsilon", by="eta", at={"B": 1})
    bar = page.axes[1]
    assert bar.get_ylabel() == r"$\eta$"
    low, high = bar.get_ylim()
    shown = {
        text.get_text(): place
        for place, text in zip(bar.get_yticks(), bar.get_yticklabels(), strict=True)
        if low * (1 - 1e-9) <= place <= high
    }
    assert shown.pop("0⁺") == pytest.approx(low) and low < 1e-3
    assert {float(name) for name in shown} <= set(10.0 ** np.arange(-3, 3))
    assert len(shown) >= 3
    for name, place in shown.items():
        assert place == pytest.approx(float(name))
    assert not any(low < place < 1e-3 * (1 - 1e-9) for place in bar.yaxis.get_minorticklocs())


def test_the_band_of_a_probability_is_its_interval(tables):
    page = page_of(tables, "lines", x="epsilon", column="p1", at={"eta": 0, "B": 1})
    ((low, high),) = bands_of(page)
    assert (low, high) == pytest.approx((0.16 - 0.01, 0.24 + 0.02))
    assert page.axes[0].get_title() == r"$\eta\to 0^+$, B = 1 J"


def test_one_sample_has_no_band_and_no_mean(tmp_path):
    tables = write(tmp_path, summary(ETAS, B, EPSILON, samples=1), samples=1)
    page = page_of(tables, "lines", x="epsilon", at={"eta": 0, "B": 1})
    assert bands_of(page) == []
    assert page.axes[0].get_ylabel() == r"$S_{\max}$ [rad$^{-1}$]"


def test_against_eta_the_limit_is_apart_with_an_error_bar(tables):
    page = page_of(tables, "lines", x="eta", by="B", at={"epsilon": 0})
    limits = [points for points in lines_of(page) if len(points) == 1]
    others = [points for points in lines_of(page) if len(points) == 2]
    assert len(limits) == len(others) == len(bands_of(page)) == 3
    assert {points[0, 1] for points in limits} == {2.0}
    assert all(points[0, 0] < 1e-3 for points in limits)


def test_more_lines_than_colours_have_a_colour_bar(tmp_path):
    b = np.linspace(1, 3, 9)
    page = page_of(
        write(tmp_path, summary(ETAS, b, EPSILON)), "lines", x="epsilon", by="B", at={"eta": 0.01}
    )
    assert len(lines_of(page)) == 9 and not page.legends
    assert page.axes[1].get_ylabel() == "B [J]"
    colours = {line.get_color() for line in page.axes[0].lines if line.get_linestyle() == "-"}
    assert len(colours) == 9


def test_points_without_a_value_are_gaps_with_a_mark(tmp_path):
    frame = summary(ETAS, B, EPSILON)
    frame.loc[(frame["B"] == 1) & (frame["epsilon"] == EPSILON[3]), "s_max_mean"] = np.nan
    page = page_of(write(tmp_path, frame), "lines", x="epsilon", by="B", at={"eta": 0})
    assert marks_of(page, "x") == [(EPSILON[3], 0.03)]
    assert page.get_suptitle() == "200 samples; ×: no value"


def test_an_angle_has_no_line_across_the_turn(tmp_path):
    tables = write(tmp_path, summary(ETAS, B, np.linspace(-0.9, 0.9, 7)))
    page = page_of(tables, "lines", x="epsilon", column="angle_1_mean", at={"eta": 0, "B": 1})
    (points,) = lines_of(page)
    steps = np.abs(np.diff(points[:, 1]))
    assert np.isnan(points[:, 1]).sum() == 1 and np.nanmax(steps) < 1
    assert page.axes[0].get_ylim() == (0, 2 * np.pi)


@pytest.mark.parametrize(
    ("measure", "unit", "angle"),
    [("relative", "rad$^{-1}$", r"$\phi_1-\phi_2$"), ("absolute", "rad$^{-2}$", r"$\phi_1$")],
)
def test_labels_know_whether_angles_or_their_differences_are_measured(
    tmp_path, measure, unit, angle
):
    physics = Physics.model_validate({**PAIR.model_dump(), "measure": measure})
    said = {"physics": physics.model_dump(mode="json")}
    tables = write(tmp_path, summary(ETAS, B, EPSILON), **said)
    for column, part in (("s_max_mean", unit), ("angle_1_mean", angle)):
        page = page_of(tables, "lines", x="epsilon", column=column, at={"eta": 0, "B": 1})
        assert part in page.axes[0].get_ylabel()


def test_what_is_not_positive_has_no_place_on_a_logarithmic_scale(tmp_path):
    frame = summary(ETAS, B, EPSILON)
    frame.loc[frame["epsilon"] == EPSILON[0], "s_max_mean"] = 0
    page = page_of(write(tmp_path, frame), "lines", x="epsilon", at={"eta": 0, "B": 1}, scale="log")
    assert marks_of(page, "x") == [(EPSILON[0], 0.03)]


@pytest.mark.parametrize(
    "keys",
    [
        {"x": "eta", "by": "B", "at": {"epsilon": 0}},
        {"x": "eta", "by": "epsilon", "at": {"B": 1}, "scale": "log"},
        {"x": "epsilon", "by": "eta", "at": {"B": 1}, "unit": "a unit of some length"},
        {"x": "B", "by": "epsilon", "at": {"eta": 0}, "column": "angle_1_mean"},
    ],
)
def test_letters_are_apart(tmp_path, keys):
    etas = [0, *np.logspace(-6, 1, 29)]
    frame = summary(etas, B, EPSILON)
    frame[["s_max_mean", "s_max_se"]] *= 1e-6
    frame.loc[7, "s_max_mean"] = np.nan
    tables = write(tmp_path, frame, present={"a": 20, "b": 30})
    assert_letters_are_apart(page_of(tables, "lines", **keys))
