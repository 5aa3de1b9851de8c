"""Figs. 2 and 4: files, the data beside them, equal bytes, and letters that lie apart."""

from itertools import combinations
from math import pi

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib.image import imread
from types_study import FREQUENCIES, solve, write_study

from syncsweep.figures import figure_page as page
from syncsweep.paper.figures import fig2, fig4
from syncsweep.paper.parts import chi_map, types
from syncsweep.physics.measures import chi
from syncsweep.physics.phase_distribution import deviation
from syncsweep.tables import ResultsError

MODULES = {"fig2": fig2, "fig4": fig4}
PANELS = {
    "fig2": ["a", "a_maxima", "b", "c", "d", "d_maxima", "e", "f"],
    "fig4": ["a", "a_triangles", "b"],
}
WIDTHS = {"fig2": 7.0, "fig4": 3.4}


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    parent = tmp_path_factory.mktemp("paper")
    study = write_study(parent, solve(samples=5), 5)  # with one of each type
    types.make(types.Request(chain=study, threshold=0.95), parent / "tables")
    chi_map.make(chi_map.Request(root_seed=1, draws=2000), parent / "tables")
    return parent / "tables"


@pytest.fixture(scope="module")
def drawn(tables, tmp_path_factory):
    folder = tmp_path_factory.mktemp("drawn")
    for name, module in MODULES.items():
        module.draw(tables, folder / name)
    return folder


def table(tables, name):
    return pd.read_parquet(tables / f"{name}.parquet")


def data(drawn, name):
    return pd.read_csv(drawn / f"{name}.csv")


@pytest.mark.parametrize("name", MODULES)
def test_figure_and_the_data_of_its_panels_are_written(drawn, name):
    endings = {".pdf", ".png", *(f"_{panel}.csv" for panel in PANELS[name])}
    assert {path.name for path in drawn.glob(f"{name}*")} == {name + end for end in endings}
    assert (drawn / f"{name}.pdf").read_bytes().startswith(b"%PDF")
    assert imread(drawn / f"{name}.png").shape[1] == round(300 * WIDTHS[name])


@pytest.mark.parametrize("name", MODULES)
def test_equal_tables_give_equal_files(tables, drawn, tmp_path, name):
    with matplotlib.rc_context({"font.size": 20, "axes.facecolor": "red"}):
        MODULES[name].draw(tables, tmp_path / name)
    for path in tmp_path.iterdir():
        assert path.read_bytes() == (drawn / path.name).read_bytes(), path.name


@pytest.mark.parametrize("name", MODULES)
def test_a_missing_table_is_named(tmp_path, name):
    with pytest.raises(ResultsError, match="is missing"):
        MODULES[name].draw(tmp_path, tmp_path / name)


def boxes_of_texts(figure):
    """The page's box, and those of all texts that are drawn, in pixels."""
    figure.draw_without_rendering()
    texts = list(figure.texts)
    for axes in figure.axes:
        legend = axes.get_legend()
        texts += [*axes.texts, *(legend.get_texts() if legend else [])]
        if axes.axison:
            texts += [axes.title, axes.xaxis.label, axes.yaxis.label]
            for axis in (axes.xaxis, axes.yaxis):
                low, high = sorted(axis.get_view_interval())
                ticks = [tick for tick in axis.get_major_ticks() if low <= tick.get_loc() <= high]
                texts += [label for tick in ticks for label in (tick.label1, tick.label2)]
    renderer = figure.canvas.get_renderer()
    shown = [text for text in texts if text.get_visible() and text.get_text()]
    return figure.bbox, {text: text.get_window_extent(renderer) for text in shown}


@pytest.mark.parametrize("name", MODULES)
def test_no_text_lies_on_another_or_off_the_page(tables, tmp_path, monkeypatch, name):
    seen = []
    monkeypatch.setattr(page, "_save", lambda figure, *_: seen.append(boxes_of_texts(figure)))
    MODULES[name].draw(tables, tmp_path / name)
    size, boxes = seen[0]
    assert len(boxes) > 25
    for text, box in boxes.items():
        inside = box.x0 >= 0 and box.y0 >= 0 and box.x1 <= size.x1 and box.y1 <= size.y1
        assert inside, text
    for (first, one), (second, other) in combinations(boxes.items(), 2):
        across = min(one.x1, other.x1) - max(one.x0, other.x0)
        along = min(one.y1, other.y1) - max(one.y0, other.y0)
        # Boxes are a little larger than their letters [px].
        assert min(across, along) < 2, (first, second)


@pytest.mark.parametrize(("row", "first"), [(0, "a"), (1, "d")])
def test_heat_maps_and_marks_of_fig2_are_those_of_the_realisations(tables, drawn, row, first):
    kind = table(tables, "types_realisations")["type"][row]
    of_kind = {
        name: found[found["type"] == kind]
        for name in ("distribution", "maxima", "probabilities")
        for found in [table(tables, f"types_{name}")]
    }
    shown = data(drawn, f"fig2_{first}")
    angles = shown[["phi_1", "phi_2"]].to_numpy()
    assert (angles.min(), angles.max()) == pytest.approx((-pi / 2, 3 * pi / 2))
    coefficients = of_kind["distribution"]["s_real"] + 1j * of_kind["distribution"]["s_imag"]
    expected = deviation(coefficients.to_numpy(), FREQUENCIES, angles)
    np.testing.assert_allclose(shown["excess"], expected, atol=1e-18)
    marks, maxima = data(drawn, f"fig2_{first}_maxima"), of_kind["maxima"]
    moved = marks[["phi_1", "phi_2"]].to_numpy()
    assert np.all((moved >= -pi / 2) & (moved < 3 * pi / 2))
    turns = (moved - maxima[["phi_1", "phi_2"]].to_numpy()) / (2 * pi)
    np.testing.assert_allclose(turns, np.rint(turns), atol=1e-12)
    assert marks["configuration"].tolist() == maxima["configuration"].tolist()


@pytest.mark.parametrize(("row", "second", "third"), [(0, "b", "c"), (1, "e", "f")])
def test_configurations_and_bars_of_fig2_are_those_of_the_tables(tables, drawn, row, second, third):
    kind = table(tables, "types_realisations")["type"][row]
    maxima = table(tables, "types_maxima")
    shown = data(drawn, f"fig2_{second}")
    counts = maxima[maxima["type"] == kind]["configuration"].value_counts()
    assert dict(zip(shown["configuration"], shown["maxima"], strict=True)) == counts.to_dict()
    three = shown[["phi_1", "phi_2", "phi_3"]].to_numpy()
    np.testing.assert_allclose(shown["chi"], chi(three), atol=1e-15)
    probabilities = table(tables, "types_probabilities")
    expected = probabilities[probabilities["type"] == kind].to_csv(index=False, lineterminator="\n")
    assert (drawn / f"fig2_{third}.csv").read_text(encoding="utf-8") == expected


def test_data_of_fig4_are_those_of_the_tables_and_of_the_physics(tables, drawn):
    for panel, name in (("a_triangles", "triangles"), ("b", "cdf")):
        original = (tables / f"chi_map_{name}.csv").read_bytes()
        assert (drawn / f"fig4_{panel}.csv").read_bytes() == original
    shown = data(drawn, "fig4_a")
    angles = shown[["phi_1", "phi_2"]].to_numpy()
    assert (angles.min(), angles.max()) == pytest.approx((-2 * pi, 2 * pi))
    expected = chi(np.column_stack([angles, np.zeros(len(angles))]))
    np.testing.assert_allclose(shown["sqrt_chi"] ** 2, expected, atol=1e-12)
    # The corners of the triangles are points of the map, and there χ is 1.
    assert shown["sqrt_chi"].max() == pytest.approx(1, abs=1e-12)
