"""Figs. 2 and 4: files, the data beside them, equal bytes, and letters that lie apart."""

from math import pi

import numpy as np
import pandas as pd
import pytest
from paper_results import draw_figure
from types_study import FREQUENCIES, solve, write_chain

from syncsweep.paper.parts import chi_map, types
from syncsweep.physics.chi import chi
from syncsweep.physics.phase_distribution import deviation


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    parent = tmp_path_factory.mktemp("paper")
    study = write_chain(parent, solve(samples=5), 5)  # with one of each type
    types.make(types.Request(chain=study, threshold=0.95), parent / "tables")
    chi_map.make(chi_map.Request(root_seed=1, draws=2000), parent / "tables")
    return parent / "tables"


@pytest.fixture(scope="module")
def drawn(tables, tmp_path_factory):
    return {
        name: draw_figure(name, tables, tmp_path_factory.mktemp(name), pdf=name == "fig4")
        for name in ("fig2", "fig4")
    }


@pytest.mark.parametrize("name", ["fig2", "fig4"])
def test_figure_keeps_what_all_figures_promise(drawn, tmp_path, name):
    drawn[name].check(tmp_path, texts=25)


def table(tables, name):
    return pd.read_parquet(tables / f"{name}.parquet")


@pytest.mark.parametrize(("row", "first"), [(0, "a"), (1, "d")])
def test_heat_maps_and_marks_of_fig2_are_those_of_the_realisations(tables, drawn, row, first):
    kind = table(tables, "types_realisations")["type"][row]
    of_kind = {
        name: found[found["type"] == kind]
        for name in ("distribution", "maxima", "probabilities")
        for found in [table(tables, f"types_{name}")]
    }
    shown = drawn["fig2"].data(f"{first}")
    angles = shown[["phi_1", "phi_2"]].to_numpy()
    assert (angles.min(), angles.max()) == pytest.approx((-pi / 2, 3 * pi / 2))
    coefficients = of_kind["distribution"]["s_real"] + 1j * of_kind["distribution"]["s_imag"]
    expected = deviation(coefficients.to_numpy(), FREQUENCIES, angles)
    np.testing.assert_allclose(shown["excess"], expected, atol=1e-18)
    marks, maxima = drawn["fig2"].data(f"{first}_maxima"), of_kind["maxima"]
    moved = marks[["phi_1", "phi_2"]].to_numpy()
    assert np.all((moved >= -pi / 2) & (moved < 3 * pi / 2))
    turns = (moved - maxima[["phi_1", "phi_2"]].to_numpy()) / (2 * pi)
    np.testing.assert_allclose(turns, np.rint(turns), atol=1e-12)
    assert marks["configuration"].tolist() == maxima["configuration"].tolist()


@pytest.mark.parametrize(("row", "second", "third"), [(0, "b", "c"), (1, "e", "f")])
def test_configurations_and_bars_of_fig2_are_those_of_the_tables(tables, drawn, row, second, third):
    kind = table(tables, "types_realisations")["type"][row]
    maxima = table(tables, "types_maxima")
    shown = drawn["fig2"].data(f"{second}")
    counts = maxima[maxima["type"] == kind]["configuration"].value_counts()
    assert dict(zip(shown["configuration"], shown["maxima"], strict=True)) == counts.to_dict()
    three = shown[["phi_1", "phi_2", "phi_3"]].to_numpy()
    np.testing.assert_allclose(shown["chi"], chi(three), atol=1e-15)
    probabilities = table(tables, "types_probabilities")
    expected = probabilities[probabilities["type"] == kind].to_csv(index=False, lineterminator="\n")
    assert drawn["fig2"].text(third) == expected


def test_data_of_fig4_are_those_of_the_tables_and_of_the_physics(tables, drawn):
    for panel, name in (("a_triangles", "triangles"), ("b", "cdf")):
        original = (tables / f"chi_map_{name}.csv").read_text(encoding="utf-8")
        assert drawn["fig4"].text(panel) == original
    shown = drawn["fig4"].data("a")
    angles = shown[["phi_1", "phi_2"]].to_numpy()
    assert (angles.min(), angles.max()) == pytest.approx((-2 * pi, 2 * pi))
    expected = chi(np.column_stack([angles, np.zeros(len(angles))]))
    np.testing.assert_allclose(shown["sqrt_chi"] ** 2, expected, atol=1e-12)
    # The corners of the triangles are points of the map, and there χ is 1.
    assert shown["sqrt_chi"].max() == pytest.approx(1, abs=1e-12)
