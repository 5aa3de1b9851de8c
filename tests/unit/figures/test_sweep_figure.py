"""Figures of a small sweep of the spin-1/2 pair: files, numbers beside them, and axes."""

import hashlib
import json
import os
import re
import runpy
import shutil
from itertools import combinations, pairwise
from pathlib import Path

import matplotlib
import matplotlib.style
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from drawn_pages import kept_pages
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as Page
from matplotlib.image import imread
from small_results import put_rows, rows_of

from syncsweep.config.analysis import Analysis, Figure, LogBins, Ratio
from syncsweep.config.physics import Ensemble, Physics, SpinHalfPair
from syncsweep.figures import style
from syncsweep.figures import sweep_figure as sweep
from syncsweep.figures.figure_page import read_table, save_provenance
from syncsweep.figures.maxima_figure import LIMITS, draw_maxima
from syncsweep.figures.plots import (
    _root_ticks,
    _round_above,
    draw_density,
    plot_density,
    plot_mean,
)
from syncsweep.figures.sweep_figure import FigureError, draw
from syncsweep.layout import TABLES
from syncsweep.tables.maxima_table import make_maxima_table
from syncsweep.tables.samples import Shards, describe
from syncsweep.tables.summary import make_tables

PHYSICS = Physics(model=SpinHalfPair(name="spin_half_pair"), ensemble=Ensemble(), root_seed=5)
ANALYSIS = Analysis(
    chi_bins=16,
    s_max_bins=LogBins(low=1e-5, high=1e-1, count=12),
    maxima_bins=7,
    ratio=Ratio(numerator=2, denominator=1, weight=3, meaning="how often π/3 for each (0, π)"),
)
PANELS = ("chi", "probabilities", "ratio", "s_max", "chi_maxima", "differences")
FIGURE = Figure(name="fig", panels=PANELS)
SCRIPT = Path(__file__).parents[3] / "scripts" / "make_figure.py"


def make(parent, etas, samples=8):
    """Tables of a sweep over one block, in a folder below `parent`."""
    rows = rows_of(PHYSICS, samples, etas)
    (path,) = put_rows(parent, "pair", PHYSICS, rows, samples, etas)
    folder = path.parents[1]
    shards = Shards(folder, describe(folder, [path.parent.name]), samples, samples)
    for make_them in (make_tables, make_maxima_table):
        make_them(shards, ANALYSIS, parent / "tables")
    return parent / "tables"


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    return make(tmp_path_factory.mktemp("sweep"), (0.0, 0.01, 0.1, 1.0, 10.0))


def pair_figure(tables, stem, figure=FIGURE):
    draw(tables, figure, ANALYSIS, "spin_half_pair", 2, stem)


@pytest.fixture(scope="module")
def drawn(tables, tmp_path_factory):
    """Folder of a figure with all panels."""
    folder = tmp_path_factory.mktemp("drawn") / "new"
    pair_figure(tables, folder / "fig")
    return folder


def test_figure_and_data_are_written_in_column_width(drawn):
    expected = {"fig.pdf", "fig.png", *(f"fig_{panel}.csv" for panel in PANELS)}
    assert {path.name for path in drawn.iterdir()} == expected
    assert (drawn / "fig.pdf").read_bytes().startswith(b"%PDF")
    assert imread(drawn / "fig.png").shape[1] == round(3.4 * 300)


def test_equal_tables_give_equal_files_whatever_the_users_settings(tables, drawn, tmp_path):
    with matplotlib.rc_context({"font.size": 20, "axes.facecolor": "red", "text.usetex": True}):
        pair_figure(tables, tmp_path / "fig")
    for path in drawn.iterdir():
        assert (tmp_path / path.name).read_bytes() == path.read_bytes(), path.name


def test_only_the_panels_asked_for_are_drawn(tables, drawn, tmp_path):
    pair_figure(tables, tmp_path / "two", Figure(name="two", panels=("s_max", "chi")))
    assert {path.name for path in tmp_path.glob("two_*")} == {"two_s_max.csv", "two_chi.csv"}
    height = imread(drawn / "fig.png").shape[0]
    assert imread(tmp_path / "two.png").shape[0] < 0.6 * height


def test_data_beside_the_figure_are_those_of_the_tables(tables, drawn):
    chi = (tables / "chi_histogram.csv").read_bytes()
    assert (drawn / "fig_chi.csv").read_bytes() == chi
    maxima = pq.read_table(tables / "maxima_histogram.parquet").to_pandas()
    for panel, column in (("chi_maxima", "chi_density"), ("differences", "difference_density")):
        names = ["eta", "low", "high", column, f"{column}_se", "maxima"]
        expected = maxima[names].to_csv(index=False, lineterminator="\n")
        assert (drawn / f"fig_{panel}.csv").read_text() == expected
    summary = pq.read_table(tables / "summary.parquet").to_pandas()
    columns = {
        "probabilities": ["p1", "p2", "p3"],
        "ratio": ["ratio"],
    }
    for panel, names in columns.items():
        shown = [f"{name}{end}" for name in names for end in ("", "_se", "_low", "_high")]
        expected = summary[["eta", *shown]].to_csv(index=False, lineterminator="\n")
        assert (drawn / f"fig_{panel}.csv").read_text() == expected
    lines = (drawn / "fig_s_max.csv").read_text().splitlines()
    originals = (tables / "s_max_histogram.csv").read_text().splitlines()
    assert len(lines) == len(originals)
    means = {
        repr(eta): f"{mean!r},{error!r}"
        for eta, mean, error in summary[["eta", "s_max_mean", "s_max_se"]].to_numpy().tolist()
    }
    for line, original in zip(lines[1:], originals[1:], strict=True):
        assert line == f"{original},{means[original.split(',')[0]]}"


def test_the_limit_has_a_column_of_its_own_off_the_logarithmic_axis():
    page = Page()
    (panel,) = style.lay_out(page, np.array([0.0, 1e-3, 1e-2, 1e-1]), 1, "x")
    limit, positive = panel.parts
    assert limit.mask.tolist() == [True, False, False, False]
    assert [label.get_text() for label in limit.axes.get_xticklabels()] == ["0⁺"]
    assert limit.axes.get_xscale() == "linear" and positive.axes.get_xscale() == "log"
    np.testing.assert_allclose(positive.edges, 10.0 ** np.array([-3.5, -2.5, -1.5, -0.5]))
    left, right = limit.axes.get_position(), positive.axes.get_position()
    assert left.x1 < right.x0 and left.width < 0.2 * right.width


def test_panels_share_their_width_and_lie_on_the_page_apart():
    page = Page()
    panels = style.lay_out(page, np.array([1e-3, 1e-2]), 4, "x")
    boxes = [panel.first.get_position() for panel in panels]
    assert len({(box.x0, box.x1) for box in boxes}) == 1
    for above, below in pairwise(boxes):
        assert below.y1 < above.y0
    assert boxes[0].y1 < 1 and boxes[-1].y0 > 0
    assert [text.get_text() for text in page.texts] == ["(a)", "(b)", "(c)", "(d)"]


def test_origin_of_a_figure_names_its_tables_with_their_digests(tmp_path):
    tables = make(tmp_path, (0.1, 1.0), samples=2)
    paths = [tables / f"{name}.parquet" for name in ("summary", "chi_histogram")]
    save_provenance(tmp_path / "fig", paths)
    said = json.loads((tmp_path / "fig.json").read_text(encoding="utf-8"))
    assert said["figure"] == "fig" and said["made_by"]["code"]["version"]
    assert len(said["made_from"]) == 2
    for path in paths:
        origin = said["made_from"][f"{path.parent.name}/{path.name}"]
        assert origin["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
        assert origin["physics"]["model"]["name"] == "spin_half_pair"
        assert origin["samples"] == 2


@pytest.mark.parametrize("etas", [(0.1,), (0.0,), (0.0, 0.1), (0.02, 0.03)])
def test_single_and_few_etas_can_be_drawn(tmp_path, etas):
    tables = make(tmp_path, etas, samples=3)
    pair_figure(tables, tmp_path / "fig")
    image = imread(tmp_path / "fig.png")[:, :, :3]
    # The heat map at the top is coloured, from the left of the panel to its right.
    row = image[110, 300:700]
    assert (np.ptp(row, axis=1) > 0).any()


def test_one_sample_can_be_drawn(tmp_path):
    pair_figure(make(tmp_path, (0.1, 1.0), samples=1), tmp_path / "fig")
    assert (tmp_path / "fig.pdf").exists()


def test_cell_edges_are_logarithmic_midpoints():
    edges = style.log_cell_edges([1e-3, 1e-1, 1.0])
    np.testing.assert_allclose(edges, 10.0 ** np.array([-4, -2, -0.5, 0.5]))
    np.testing.assert_allclose(style.log_cell_edges([1.0]), 10.0 ** np.array([-0.25, 0.25]))


def test_band_reaches_from_the_lower_to_the_upper_end():
    axes = Page().add_subplot()
    x, mean = np.array([1.0, 2.0]), np.array([3.0, 5.0])
    line = plot_mean(axes, x, mean, np.array([2.5, 4.75]), np.array([3.75, 5.25]), "k")
    np.testing.assert_array_equal(line.get_ydata(), mean)
    (path,) = axes.collections[0].get_paths()
    corners = {tuple(corner) for corner in path.vertices.tolist()}
    assert corners == {(1.0, 2.5), (1.0, 3.75), (2.0, 4.75), (2.0, 5.25)}


def test_heat_map_has_eta_across_and_bins_upwards():
    axes = Page().add_subplot()
    density = np.arange(6.0).reshape(2, 3)
    mesh = plot_density(axes, np.arange(3), np.arange(4), density, matplotlib.colors.Normalize())
    np.testing.assert_array_equal(np.asarray(mesh.get_array()), density.T)


@pytest.mark.parametrize(
    ("low", "high", "names"),
    [(1e-8, 1e-3, 6), (1e-8, 1, 9), (1e-12, 1, (4, 7)), (2e-3, 6e-3, (2, 5))],
)
def test_powers_of_ten_are_named_as_long_as_there_is_room(low, high, names):
    page = Page(figsize=(3, 1.08))
    axes = page.add_subplot()
    axes.set_yscale("log")
    axes.set_ylim(low, high)
    style.name_decades(axes)
    page.draw_without_rendering()
    ticks = [*axes.yaxis.get_major_ticks(), *axes.yaxis.get_minor_ticks()]
    shown = [tick for tick in ticks if low <= tick.get_loc() <= high and tick.label1.get_text()]
    least, most = names if isinstance(names, tuple) else (names, names)
    assert least <= len(shown) <= most


@pytest.mark.parametrize("corner", ["lower right", "lower left", "upper right", "upper left"])
def test_the_legend_of_s_max_stands_where_least_is_drawn(corner):
    density = np.ones((5, 9))
    columns = slice(-3, None) if "right" in corner else slice(3)
    bins = slice(5) if "lower" in corner else slice(-5, None)
    density[columns, bins] = [0.0, *[np.nan] * 3, 0.5]
    assert sweep._emptiest_corner(density) == corner
    assert sweep._emptiest_corner(np.zeros((1, 1))) == "lower right"


def test_the_colours_of_a_uniform_density_do_not_depend_on_its_noise():
    page = Page()
    (panel,) = style.lay_out(page, np.array([0.1]), 1, "x")
    draw_density(panel, np.linspace(0, 1, 5), np.array([[0.9, 1.0, 1.1, 1.0]]), "density")
    (mesh,) = panel.last.collections
    assert (mesh.norm.vmin, mesh.norm.vmax) == (0, 3)


@pytest.mark.parametrize("highest", [1.0, 1.04, 1.3, 2.7, 4.2, 8.085, 9.96, 11.0, 64.0, 999.0])
def test_colour_bars_end_at_the_highest_density_with_round_ticks_well_apart(highest):
    end = _round_above(highest)
    assert highest <= end <= 1.1 * highest and end == float(f"{end:.1e}")
    ticks = _root_ticks(end)
    assert ticks[0] == 0 and len(ticks) >= 4
    round_ones = [tick for tick in ticks[1:] if tick != end]
    assert {f"{tick:e}"[:9] for tick in round_ones} <= {f"{n}.000000e"[:9] for n in (1, 2, 5)}
    assert np.diff(np.sqrt(ticks) / np.sqrt(end)).min() >= 0.12
    # What a uniform χ gives is named as long as it can be told from 0, and the end if not so near.
    assert (1 in ticks) == (end < 1 / 0.12**2)
    assert (end in ticks) == (end == 1 or end >= 1 / 0.88**2)


@pytest.fixture
def pages():
    """The pages of the figures that are drawn."""
    with kept_pages(sweep) as drawn:
        yield drawn


def letters_of(page):
    return [text.get_text() for axes in page.axes for text in axes.texts]


def changed_tables(tables, folder, **columns):
    """Copy tables; columns: what to put into the one of each name, by a function of its frame."""
    shutil.copytree(tables, folder, dirs_exist_ok=True)
    for name, change in columns.items():
        table = pq.read_table(tables / f"{name}.parquet")
        frame = table.to_pandas()
        change(frame)
        changed = pa.Table.from_pandas(frame, preserve_index=False)
        changed = changed.replace_schema_metadata(table.schema.metadata)
        pq.write_table(changed, folder / f"{name}.parquet")


def test_a_column_of_the_limit_without_locking_says_so(tables, pages, tmp_path):
    def undefined(column, value):
        return lambda frame: frame.__setitem__(column, frame[column].mask(frame["eta"] == 0, value))

    changed_tables(
        tables,
        tmp_path,
        summary=undefined("undefined_chi", 8),
        chi_histogram=undefined("density", np.nan),
    )
    for folder, said in ((tables, 0), (tmp_path, 5)):  # of six panels
        pair_figure(folder, tmp_path / "fig")
        assert letters_of(pages.pop()).count("no locking") == said


def test_without_locking_at_any_eta_no_mean_is_drawn(tables, pages, tmp_path):
    def nothing(frame):
        frame["undefined_chi"] = frame["n"]
        frame["s_max_mean"] = frame["s_max_se"] = 0.0

    changed_tables(tables, tmp_path, summary=nothing)
    pair_figure(tmp_path, tmp_path / "fig")
    page = pages.pop()
    assert letters_of(page).count("no locking") == 2 * 5  # for 0⁺ and for η > 0
    of_s_max = [axes for axes in page.axes if axes.get_yscale() == "log"]
    assert of_s_max
    # It is not named, and it is not at the lower end of the axis.
    heights = [
        line.get_ydata() for axes in of_s_max for line in axes.lines if line.get_marker() == "o"
    ]
    assert not np.isfinite(np.concatenate([[], *heights])).any()
    legends = [axes.get_legend() for axes in of_s_max if axes.get_legend()]
    assert "mean" not in [text.get_text() for legend in legends for text in legend.get_texts()]


def marks(page, marker):
    """Places (η, part of the height) of the marks of the panel of S_max."""
    return [
        tuple(place)
        for axes in page.axes
        for line in axes.lines
        if line.get_marker() == marker
        for place in line.get_xydata().tolist()
    ]


def test_samples_beyond_the_axis_of_s_max_are_marked(tables, pages, tmp_path):
    def move(frame):
        """All samples of the limit to below the axis, and one of 100 or six at others."""
        for eta, column, count in ((0, 0, 100), (0.01, 0, 5), (0.1, 0, 6), (1, -1, 6), (10, -1, 5)):
            rows = frame.index[frame["eta"] == eta]
            frame.loc[rows, "count"] = 0
            frame.loc[rows[5], "count"] = 100 - count
            frame.loc[rows[column], "count"] = count

    changed_tables(tables, tmp_path, s_max_histogram=move)
    only = Figure(name="fig", panels=("s_max",))
    pair_figure(tmp_path, tmp_path / "fig", only)
    page = pages.pop()
    assert marks(page, "v") == [(0, 0.03), (0.1, 0.03)]
    assert marks(page, "^") == [(1, 0.97)]
    legend = page.axes[1].get_legend()
    names = [text.get_text() for text in legend.get_texts()]
    assert names == ["mean", "over 5 % lie below", "over 5 % lie above"]
    renderer = page.canvas.get_renderer()
    axes, box = (part.get_window_extent(renderer) for part in (page.axes[1], legend))
    assert axes.containsx(box.x0) and axes.containsx(box.x1)
    assert axes.containsy(box.y0) and axes.containsy(box.y1)
    pair_figure(tables, tmp_path / "whole", only)
    assert marks(pages[0], "v") == marks(pages[0], "^") == []
    assert [text.get_text() for text in pages[0].axes[1].get_legend().get_texts()] == ["mean"]


@pytest.mark.parametrize(("samples", "said"), [(1, "1 sample"), (3, "3 samples")])
def test_a_figure_says_of_how_many_samples_it_is(tmp_path, pages, samples, said):
    pair_figure(make(tmp_path, (0.1, 1.0), samples), tmp_path / "fig")
    assert pages[0].texts[0].get_text() == f"{said}; bands if visible: 1 s.e."
    assert pages[0].texts[0].get_fontweight() == "normal"


def test_a_figure_says_how_many_samples_failed(tables, pages, tmp_path):
    failed = [0, 2, 3, 0, 1]
    changed_tables(tables, tmp_path, summary=lambda frame: frame.__setitem__("failed", failed))
    pair_figure(tmp_path, tmp_path / "fig")
    assert pages[0].texts[0].get_text() == "8 samples (3 failed); bands if visible: 1 s.e."


def test_a_figure_speaks_of_no_bands_that_it_does_not_show(tables, pages, tmp_path):
    pair_figure(tables, tmp_path / "fig", Figure(name="fig", panels=("chi", "differences")))
    assert pages[0].texts[0].get_text() == "8 samples"


def test_no_letter_is_smaller_than_readable():
    sizes = [value for key, value in style.SETTINGS.items() if key.endswith("size")]
    letters = [size for size in sizes if size > 4]
    assert len(letters) == 5 and min(letters) >= 6.5


def test_tables_of_another_analysis_are_refused(tables, tmp_path):
    other = ANALYSIS.model_copy(update={"threshold": 0.9})
    with pytest.raises(FigureError, match="another analysis"):
        draw(tables, FIGURE, other, "spin_half_pair", 2, tmp_path / "fig")
    assert list(tmp_path.iterdir()) == []


def test_missing_and_damaged_tables_are_one_line(tables, tmp_path):
    again = "run the same snakemake command again"
    missing = rf"summary\.parquet: is missing; {again} to make the tables$"
    with pytest.raises(FigureError, match=missing):
        pair_figure(tmp_path, tmp_path / "fig")
    whole = (tables / "summary.parquet").read_bytes()
    names_no_text = whole.replace(b"eta", b"\xff\xfe\xfd")
    # Snakemake makes no file again that is there.
    damaged = rf"summary\.parquet: is damaged; remove it and {again}$"
    for data in (b"", b"PAR1 this is no table PAR1", whole[:-50], names_no_text):
        (tmp_path / "summary.parquet").write_bytes(data)
        with pytest.raises(FigureError, match=damaged):
            pair_figure(tmp_path, tmp_path / "fig")
    says_nothing = pq.read_table(tables / "summary.parquet").replace_schema_metadata({})
    pq.write_table(says_nothing, tmp_path / "summary.parquet")
    with pytest.raises(FigureError, match=damaged):
        pair_figure(tmp_path, tmp_path / "fig")


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_table_that_is_no_file_is_refused_and_not_waited_for(tmp_path, make):
    path = tmp_path / "summary.parquet"
    make(path)
    refused = r"summary\.parquet: cannot be read \([^\n]+\); remove it and run the same snake"
    with pytest.raises(FigureError, match=refused):
        read_table(path)


def run_script(monkeypatch, tables, stem):
    request = {
        "figure": FIGURE.model_dump(mode="json"),
        "analysis": ANALYSIS.model_dump(mode="json"),
        "model": "spin_half_pair",
        "n_sites": 2,
    }
    files = sorted(tables.glob("*.parquet"))
    arguments = ["--tables", *files, "--stem", stem, "--request", json.dumps(request)]
    monkeypatch.setattr("sys.argv", list(map(str, [SCRIPT, *arguments])))
    runpy.run_path(str(SCRIPT))


def test_script_draws_the_figure(monkeypatch, tables, drawn, tmp_path):
    run_script(monkeypatch, tables, tmp_path / "fig")
    assert (tmp_path / "fig.pdf").read_bytes() == (drawn / "fig.pdf").read_bytes()
    made_from = json.loads((tmp_path / "fig.json").read_text())["made_from"]
    assert {f"{tables.name}/{name}.parquet" for name in TABLES} <= set(made_from)


def test_script_ends_with_one_line(monkeypatch, tables, tmp_path):
    shutil.copytree(tables, tmp_path / "tables")
    (tmp_path / "tables" / "chi_histogram.parquet").unlink()
    with pytest.raises(SystemExit) as caught:
        run_script(monkeypatch, tmp_path / "tables", tmp_path / "fig")
    assert isinstance(caught.value.code, str)
    assert "chi_histogram" in caught.value.code and "\n" not in caught.value.code


def test_script_names_the_folder_in_place_of_a_file_of_the_figure(monkeypatch, tables, tmp_path):
    (tmp_path / "fig.png").mkdir()
    with pytest.raises(SystemExit) as caught:
        run_script(monkeypatch, tables, tmp_path / "fig")
    written = "cannot be written (Is a directory); remove it"
    assert caught.value.code == f"error: {tmp_path / 'fig.png'}: {written}"


@pytest.mark.parametrize(("name", "values"), [("chi_maxima", 0), ("differences", 1)])
def test_arrow_heads_are_at_the_limits_of_the_chain(name, values):
    histogram = pd.DataFrame(
        {"eta": [0.1] * 2, "low": [0.0, 0.5], "chi_density": [1.0] * 2}
    ).assign(difference_density=1.0)
    for model, expected in (("spin1_chain", LIMITS[4][values]), ("spin_half_pair", None)):
        page = Page()
        (panel,) = style.lay_out(page, np.array([0.1]), 1, "x")
        draw_maxima(panel, name, histogram, model, 4)
        drawn = [tuple(line.get_ydata()) for line in panel.last.lines]
        assert drawn == ([] if expected is None else [expected])


@pytest.mark.parametrize(
    ("low", "high", "names", "label"),
    [
        (2e-2, 1e-1, ["2", "5", "10⁻¹"], "[rad"),
        (1e-2, 1e-1, ["10⁻²", "10⁻¹"], "[rad"),
        (5e-3, 8e-2, ["5", "10⁻²", "2", "5"], "[rad"),
        (2e-8, 8e-8, ["2", "4", "6", "8"], "[10$^{-8}$ rad"),
        (1.1e-10, 1.9e-10, ["1.2", "1.4", "1.6", "1.8"], "[10$^{-10}$ rad"),
        (1e-9, 1e-5, ["10⁻⁹", "10⁻⁸", "10⁻⁷", "10⁻⁶", "10⁻⁵"], "[rad"),
    ],
)
def test_numbers_of_s_max_are_clear_of_the_label(tables, tmp_path, low, high, names, label):
    bins = LogBins(low=low, high=high, count=3)
    analysis = ANALYSIS.model_copy(update={"s_max_bins": bins})
    summary, chi, _ = (read_table(tables / f"{name}.parquet").to_pandas() for name in TABLES)
    edges = np.geomspace(low, high, 4)
    histogram = pd.DataFrame(
        {
            "eta": np.repeat(summary["eta"], 5),
            "s_max_high": np.tile([*edges, np.inf], len(summary)),
            "density": 1.0,
            "count": 1,
        }
    )
    data = sweep.Tables(summary, chi, histogram, analysis, 2, False, "spin_half_pair")
    with matplotlib.style.context(["default", style.SETTINGS]):
        page = Page(figsize=(style.COLUMN_WIDTH, style.sweep_height(1)))
        renderer = FigureCanvasAgg(page).get_renderer()
        (panel,) = style.lay_out(page, data.etas, 1, "x")
        sweep._PANELS["s_max"](panel, data)
        style.align_label(panel.first)
        page.draw_without_rendering()
        axis = panel.first.yaxis
        numbers = [
            text
            for text in panel.first.get_yticklabels(which="both")
            if text.get_text() and low / 1.001 <= text.get_position()[1] <= high * 1.001
        ]
        boxes = [text.get_window_extent(renderer) for text in (axis.label, *page.texts, *numbers)]
    shown = [_plain(text.get_text()) for text in sorted(numbers, key=lambda t: t.get_position()[1])]
    assert shown == names
    assert label in axis.label.get_text()
    for one, other in combinations(boxes, 2):
        assert not one.overlaps(other), (one, other)


def _plain(name: str) -> str:
    """10 and its power as letters, from the notation of formulas."""
    power = re.search(r"10\^\{(-?\d+)\}", name)
    return f"10{power[1].translate(_RAISED)}" if power else name


_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
