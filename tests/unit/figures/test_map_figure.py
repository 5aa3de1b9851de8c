"""Maps: their cells, contours and colours against the table, and letters that are apart."""

import numpy as np
import pytest
from matplotlib.collections import FillBetweenPolyCollection, QuadMesh
from matplotlib.contour import ContourSet
from planes import (
    ANALYSIS,
    AXES,
    assert_letters_are_apart,
    cells_of,
    data_of,
    page_of,
    request,
    summary,
    write,
)

from syncsweep.figures import map_figure, style
from syncsweep.tables import ResultsError

B, EPSILON, ETAS = np.array([0.5, 1.0, 2.0, 3.0]), np.linspace(-0.4, 0.4, 5), (0.0, 1e-3, 1e-2)
OVER = {"x": "epsilon", "y": "B"}


@pytest.fixture
def tables(tmp_path):
    return write(tmp_path, summary(ETAS, B, EPSILON))


def panels(page):
    return [axes for axes in page.axes if cells_of(axes) and axes.get_xlim() != (0, 1)]


def test_cells_are_the_rows_of_the_table_and_so_are_the_data(tables):
    page = page_of(tables, "map", **OVER, at={"eta": 1e-3})
    (values,) = cells_of(panels(page)[0])
    rows = summary([1e-3], B, EPSILON)
    np.testing.assert_array_equal(values.ravel(), rows["s_max_mean"])
    kept = ["eta", "B", "epsilon", "s_max_mean", "s_max_se"]
    assert data_of(tables, "map").equals(rows[kept])
    (mesh,) = (c for c in panels(page)[0].collections if isinstance(c, QuadMesh))
    np.testing.assert_allclose(mesh.get_coordinates()[0, :, 0], np.linspace(-0.5, 0.5, 6))
    np.testing.assert_allclose(mesh.get_coordinates()[:, 0, 1], [0.25, 0.75, 1.5, 2.5, 3.5])
    assert page.get_supxlabel() == "ε [γ₁ᵍ]" and page.get_supylabel() == "B [J]"


def test_each_value_of_a_third_axis_has_a_panel_in_the_same_colours(tables):
    page = page_of(tables, "map", **OVER, by="eta")
    shown = panels(page)
    for axes, eta in zip(shown, ETAS, strict=True):
        rows = summary([eta], B, EPSILON)
        np.testing.assert_array_equal(cells_of(axes)[0].ravel(), rows["s_max_mean"])
    ends = {(axes.collections[0].norm.vmin, axes.collections[0].norm.vmax) for axes in shown}
    every = summary(ETAS, B, EPSILON)["s_max_mean"]
    assert ends == {(every.min(), every.max())}
    assert [axes.get_title() for axes in shown] == [
        r"$\eta\to 0^+$", r"$\eta$ = 0.001", r"$\eta$ = 0.01"
    ]  # fmt: skip


def test_the_limit_of_eta_is_apart_from_the_others(tables):
    page = page_of(tables, "map", x="eta", y="epsilon", at={"B": 2})
    limit, others = (c for c in panels(page)[0].collections if isinstance(c, QuadMesh))
    assert (limit.get_array().shape, others.get_array().shape) == ((5, 1), (5, 2))
    assert limit.get_coordinates()[0, -1, 0] < others.get_coordinates()[0, 0, 0]
    names = [text.get_text() for text in panels(page)[0].get_xticklabels()]
    assert names == ["0⁺", "0.001", "0.01"]


def test_points_without_a_value_are_hatched_and_the_figure_says_so(tables, tmp_path):
    frame = summary(ETAS, B, EPSILON)
    missing = (frame["B"] == 1) & frame["epsilon"].isin(EPSILON[[1, 3]])
    frame.loc[missing, ["s_max_mean", "s_max_se"]] = np.nan
    frame.loc[missing, ["n", "failed"]] = 0, 200
    page = page_of(write(tmp_path, frame), "map", **OVER, at={"eta": 0})
    hatched = [c for c in panels(page)[0].collections if isinstance(c, FillBetweenPolyCollection)]
    places = {
        tuple(np.round(c.get_paths()[0].get_extents().get_points().mean(axis=0), 9))
        for c in hatched
    }
    assert places == {(-0.2, 1.125), (0.2, 1.125)}
    assert page.get_suptitle() == "200 samples (200 failed); hatched: no value"


def contours(axes):
    """The points of the lines of equal value."""
    found = [c for c in axes.collections if isinstance(c, ContourSet)]
    return [path.vertices for one in found for path in one.get_paths() if len(path.vertices)]


def test_contours_are_where_the_column_has_their_values(tables):
    page = page_of(tables, "map", **OVER, at={"eta": 0}, contours=[1.9, 2.3])
    first, second = contours(panels(page)[0])  # the mean is 2 + ε there
    np.testing.assert_allclose(first[:, 0], -0.1, atol=1e-12)
    np.testing.assert_allclose(second[:, 0], 0.3, atol=1e-12)
    (bar,) = (axes for axes in page.axes if axes not in panels(page))
    marked = [line.get_ydata()[0] for line in bar.lines]
    assert marked == [1.9, 2.3]


def test_contours_by_themselves_are_at_the_numbers_of_the_colour_bar(tables):
    page = page_of(tables, "map", **OVER, at={"eta": 0}, contours=True)
    (bar,) = (axes for axes in page.axes if axes not in panels(page))
    marked = [line.get_ydata()[0] for line in bar.lines]
    assert len(marked) > 2 and marked == bar.get_yticks().tolist()


def test_an_angle_has_cyclic_colours_and_no_contour_where_it_passes_a_turn(tmp_path):
    epsilon = np.linspace(-0.9, 0.9, 19)
    tables = write(tmp_path, summary(ETAS, B, epsilon))
    page = page_of(
        tables, "map", **OVER, at={"eta": 0}, column="angle_1_mean", contours=[0, np.pi / 2]
    )
    (axes,) = panels(page)
    mesh = axes.collections[0]
    assert mesh.cmap.name == style.CYCLIC_MAP
    assert (mesh.norm.vmin, mesh.norm.vmax) == (0, 2 * np.pi)
    ends = mesh.cmap([0.0, 1.0])
    np.testing.assert_allclose(ends[0], ends[1], atol=0.02)
    # The angle is πε: it is 0 at ε = 0, where the numbers jump from 2π.
    where = [np.unique(np.round(points[:, 0], 9)).tolist() for points in contours(axes)]
    assert where == [[0.0], [0.5]]
    assert page.axes[-1].get_ylabel() == r"$\phi_1-\phi_2$ [rad]"


def test_what_is_not_positive_is_below_a_logarithmic_scale(tables, tmp_path):
    frame = summary(ETAS, B, EPSILON)
    frame.loc[frame["B"] == 3, "s_max_mean"] = 0
    page = page_of(write(tmp_path, frame), "map", **OVER, at={"eta": 0}, scale="log")
    mesh = panels(page)[0].collections[0]
    assert mesh.norm.vmin == pytest.approx(1.6) and not np.isnan(mesh.get_array()).any()
    assert (mesh.get_array()[-1] == mesh.norm.vmin).all()
    assert len(page.axes[-1].patches) == 1  # the lower end of the colour bar says so
    page = page_of(tables, "map", **OVER, at={"eta": 0})
    assert len(page.axes[-1].patches) == 0


@pytest.mark.parametrize(
    "keys",
    [
        {**OVER, "at": {"eta": 0}, "contours": True},
        {**OVER, "by": "eta", "scale": "log"},
        {"x": "eta", "y": "epsilon", "by": "B"},
        {"x": "B", "y": "eta", "by": "epsilon", "column": "angle_1_mean"},
        {
            **OVER,
            "at": {"eta": 0},
            "symbol": "a symbol of about forty letters $_{",
            "unit": "10⁻³ rad",
        },
    ],
)
def test_letters_are_apart(tmp_path, keys):
    etas = [0, *np.logspace(-6, 1, 29)]
    tables = write(tmp_path, summary(etas, B, EPSILON), present={"a": 20, "b": 30})
    assert_letters_are_apart(page_of(tables, "map", **keys))


@pytest.mark.parametrize("n", [1, 2, 41])
def test_many_and_few_values_can_be_drawn(tmp_path, n):
    tables = write(tmp_path, summary([1e-3], np.linspace(1, 3, n), np.linspace(-1, 1, n)), 1)
    page = page_of(tables, "map", **OVER, contours=True)
    assert cells_of(panels(page)[0])[0].shape == (n, n)
    assert page.get_suptitle() == "1 sample"


def test_without_any_value_there_is_no_colour_bar(tmp_path):
    frame = summary([1e-3], B, EPSILON).assign(s_max_mean=np.nan, n=0, failed=200)
    page = page_of(write(tmp_path, frame), "map", **OVER)
    assert len(page.axes) == 1


def test_equal_tables_give_equal_files(tables, tmp_path):
    for name in ("one", "two"):
        map_figure.draw(tables, request("map", **OVER, by="eta"), tmp_path / name)
    for end in (".pdf", ".png", "_map.csv"):
        one, two = ((tmp_path / f"{name}{end}").read_bytes() for name in ("one", "two"))
        assert one == two and len(one) > 100


def test_a_table_of_another_analysis_is_refused(tables):
    other = request("map", **OVER, at={"eta": 0}).model_copy(
        update={"analysis": ANALYSIS.model_copy(update={"threshold": 0.9})}
    )
    with pytest.raises(ResultsError, match="another analysis"):
        map_figure.draw(tables, other, tables / "fig")
    assert AXES and not (tables / "fig.png").exists()
