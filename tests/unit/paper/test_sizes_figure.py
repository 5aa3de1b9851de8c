"""The figure of larger chains from tables of the shape that the parts give."""

import numpy as np
import pandas as pd
import pytest
from paper_results import draw_figure

from syncsweep.tables.writing import write_table

ENSEMBLES = {"full": 4, "rank-4": 6, "rank-1": 6, "bonds": 6, "sites": 6}
FIRST_ORDER = {**dict.fromkeys(ENSEMBLES, 7), "rank-4": 6}
ETAS = {
    n: np.geomspace(1e-6, 10, 29).round(12) if n < 6 else np.geomspace(1e-7, 1e-3, 9).round(12)
    for n in range(2, 7)
}


def kappa_of(name, n):
    return {"bonds": 9.8 * (n - 1), "sites": 3.3 * n}.get(name, 3.0**n)


def curves():
    frames = []
    for index, (name, most) in enumerate(ENSEMBLES.items()):
        for n in range(2, most + 1):
            eta = np.concatenate([[0], ETAS[n]])
            columns = {"ensemble": name, "n_sites": n, "eta": eta, "kappa": kappa_of(name, n)}
            locking = (1 / (1 + eta / 10.0 ** (1 - n + index / 10))).round(9)
            columns |= {"r_mean": locking, "r_se": 0.01, "locking": locking, "locking_se": 0.03}
            frames.append(pd.DataFrame(columns | {"n": 20}))
    return pd.concat(frames, ignore_index=True)


def half(most):
    rows = []
    for index, name in enumerate(ENSEMBLES):
        for n in range(2, most[name] + 1):
            value, kappa = 10.0 ** (1 - n + index / 10), kappa_of(name, n)
            rows.append(
                {"ensemble": name, "n_sites": n, "kappa": kappa, "half": value}
                | {"half_se": value / 5, "half_kappa": kappa * value}
                | {"half_kappa_se": kappa * value / 5, "n": 20}
            )
    return pd.DataFrame(rows)


def write(folder, **tables):
    folder.mkdir(parents=True)
    known = {"sizes": curves(), "sizes_half": half(ENSEMBLES), "first_order": half(FIRST_ORDER)}
    for name, table in (known | tables).items():
        write_table(folder / name, table, {})
    return folder


@pytest.fixture(scope="module")
def figure(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sizes")
    return draw_figure("figS_sizes", write(folder / "tables"), folder / "figures")


def lines_of(axes):
    return [line for line in axes.lines if len(line.get_xdata()) > 2]


def test_figure_keeps_what_all_figures_promise(figure, tmp_path):
    figure.check(tmp_path)


def test_panels_show_each_chain_against_eta_and_kappa_eta(figure):
    table = curves().query("eta > 0")
    for index, name in enumerate(ENSEMBLES):
        of_ensemble = table[table["ensemble"] == name]
        for in_kappa, axes in enumerate(figure.page.axes[2 * index : 2 * index + 2]):
            lines = dict(zip(of_ensemble["n_sites"].unique(), lines_of(axes), strict=True))
            for n_sites, rows in of_ensemble.groupby("n_sites"):
                expected = rows["eta"] * (rows["kappa"] if in_kappa else 1)
                drawn, locking = lines[n_sites].get_data()
                np.testing.assert_allclose(drawn, expected, rtol=1e-9)
                np.testing.assert_array_equal(locking, rows["locking"])
            looks = [(line.get_color(), line.get_linestyle()) for line in lines_of(axes)]
            assert len(set(looks)) == len(lines) == len(axes.collections)


def test_last_row_shows_solved_and_first_order_values_with_their_errors(figure):
    for axes, column in zip(figure.page.axes[-2:], ("half", "half_kappa"), strict=True):
        drawn = {(line.get_marker() != "None", tuple(line.get_ydata())) for line in lines_of(axes)}
        expected = {
            (is_solved, tuple(rows[column]))
            for is_solved, table in ((True, half(ENSEMBLES)), (False, half(FIRST_ORDER)))
            for _, rows in table.groupby("ensemble")
        }
        assert drawn == expected
        for container in axes.containers:
            (bars,) = container.lines[2]
            for segment in bars.get_segments():
                assert segment[1, 1] / segment[0, 1] == pytest.approx(np.exp(2 / 5))


def test_ensembles_that_have_no_rows_yet_leave_empty_panels(tmp_path):
    some = ["full", "sites"]
    shown, solved = curves(), half(ENSEMBLES)
    tables = write(
        tmp_path / "tables",
        sizes=shown[shown["ensemble"].isin(some) & (shown["n_sites"] < 5)],
        sizes_half=solved[solved["ensemble"].isin(some)],
    )
    drawn = draw_figure("figS_sizes", tables, tmp_path / "figures")
    assert [len(lines_of(axes)) for axes in drawn.page.axes[:10:2]] == [3, 0, 0, 0, 3]
