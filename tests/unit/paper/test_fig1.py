"""Fig. 1 from tables of the shape that the parts give: files, data, and nothing in the way."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.path import Path
from paper_results import draw_figure

from syncsweep.tables.writing import write_table

CHAINS = [("coupled", 2), ("coupled", 3), ("decoupled", 2), ("decoupled", 3)]
WITH_LIMIT = np.array([0.0, *np.logspace(-6, 1, 15)])


def quality_table():
    eta = np.logspace(-6, 1, 15)
    frames = []
    for kind, n_sites in CHAINS:
        q = n_sites / (3**n_sites * eta) + 1.4 / n_sites
        q1 = 1 / ((n_sites**3 + 1) * eta)
        columns = {"model": kind, "n_sites": n_sites, "eta": eta, "q": q, "q_se": 0.05 * q}
        frames.append(pd.DataFrame(columns | {"q1": q1, "q1_se": 0.01 * q1, "samples": 8}))
    return pd.concat(frames, ignore_index=True)


def locking_table(eta=WITH_LIMIT):
    frames = []
    for kind, n_sites in CHAINS:
        half = {"coupled": 1e-1, "decoupled": 1.0}[kind] * 10.0**-n_sites
        columns = {"model": kind, "n_sites": n_sites, "eta": eta}
        columns |= {"r_mean": 0.5, "r_se": 0.01, "r_infinity": 0.1, "r_infinity_se": 0.01}
        columns |= {"locking": 1 / (1 + eta / half), "locking_se": 0.02, "n": 100}
        frames.append(pd.DataFrame(columns))
    return pd.concat(frames, ignore_index=True)


def write(folder, quality=None, locking=None):
    folder.mkdir(parents=True)
    write_table(folder / "quality", quality_table() if quality is None else quality, {})
    write_table(folder / "locking", locking_table() if locking is None else locking, {})
    return folder


@pytest.fixture(scope="module")
def figure(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fig1")
    return draw_figure("fig1", write(folder / "tables"), folder / "figures", pdf=True)


@pytest.fixture(scope="module")
def drawn(figure):
    return figure.page


def test_figure_keeps_what_all_figures_promise(figure, tmp_path):
    figure.check(tmp_path)


def test_data_are_the_tables(figure):
    for name in ("quality", "locking"):
        assert figure.text(name) == (figure.tables / f"{name}.csv").read_text(encoding="utf-8")


def curves(axes):
    return [line for line in axes.lines if len(line.get_xdata()) > 2]


def test_panels_show_the_values_of_the_tables(drawn):
    limit_of_q, quality, limit, locking = drawn.axes
    assert [text.get_text() for text in limit_of_q.texts] == ["∞"]
    q, table = curves(quality), quality_table()
    measured = [line for line in q if line.get_marker() != "None"]
    first_order = [line for line in q if line.get_marker() == "None"]
    expected = {tuple(rows["q"]) for _, rows in table.groupby(["model", "n_sites"])}
    assert {tuple(line.get_ydata()) for line in measured} == expected
    assert len(measured) == len(first_order) == len(CHAINS)
    # First order is shown as long as there is an oscillation.
    shown = table[table["q1"] > 0.5]
    expected = {tuple(rows["q1"]) for _, rows in shown.groupby(["model", "n_sites"])}
    assert {tuple(line.get_ydata()) for line in first_order} == expected
    table = locking_table()
    expected = {
        tuple(r["locking"]) for _, r in table[table["eta"] > 0].groupby(["model", "n_sites"])
    }
    assert {tuple(line.get_ydata()) for line in curves(locking)} == expected
    points = [line for line in limit.lines if line.get_marker() in ("o", "s")]
    assert [tuple(line.get_ydata()) for line in points] == [(1.0,)] * 4


def test_error_bars_are_one_standard_error(drawn):
    bars = drawn.axes[3].containers
    assert len(bars) == len(CHAINS)
    for container in bars:
        (collection,) = container.lines[2]
        lengths = [np.ptp(segment[:, 1]) for segment in collection.get_segments()]
        np.testing.assert_allclose(lengths, 0.04, rtol=1e-9)


def test_legend_names_every_chain_with_a_look_of_its_own(drawn):
    axes = drawn.axes[1]
    (legend,) = axes.artists
    assert [text.get_text() for text in legend.get_texts()] == [
        f"{kind}, $N = {n_sites}$" for kind, n_sites in CHAINS
    ]
    looks = [look(line) for line in legend.get_lines()]
    assert len(set(looks)) == len(CHAINS)
    table = quality_table()
    for (kind, n_sites), expected in zip(CHAINS, looks, strict=True):
        rows = table[(table["model"] == kind) & (table["n_sites"] == n_sites)]
        same = [line for line in curves(axes) if tuple(line.get_ydata()) == tuple(rows["q"])]
        assert expected in map(look, same)


def look(line):
    return line.get_color(), line.get_marker(), line.get_linestyle()


def test_legends_are_clear_of_the_data(drawn):
    axes = drawn.axes[1]
    legends = [*axes.artists, axes.get_legend()]
    assert len(legends) == 2
    boxes = [legend.get_window_extent(drawn.canvas.get_renderer()) for legend in legends]
    for line in curves(axes):
        points = axes.transData.transform(np.column_stack(line.get_data(orig=False)))
        path = Path(points)
        assert not any(path.intersects_bbox(box, filled=False) for box in boxes)


def test_without_the_limit_there_is_no_column_for_it(tmp_path):
    tables = write(tmp_path / "tables", locking=locking_table(np.logspace(-3, 0, 4)))
    page = draw_figure("fig1", tables, tmp_path / "figures").page
    assert [len(axes.containers) for axes in page.axes] == [len(CHAINS)] * 2
