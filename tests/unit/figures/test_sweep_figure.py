"""Figures of a small sweep of the spin-1/2 pair: files, numbers beside them, and axes."""

import hashlib
import json
import os
import re
import runpy
import shutil
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from drawn_pages import is_within, kept_pages, overlapping
from matplotlib.image import imread
from studies import PAIR, StudyOnDisk, rows_of

from syncsweep.config.analysis import Analysis, LogBins, Ratio
from syncsweep.config.figure import Figure
from syncsweep.config.physics import Physics
from syncsweep.config.requests import FigureRequest
from syncsweep.figures import style, sweep_figure
from syncsweep.figures.figure_page import blank_page
from syncsweep.figures.maxima_figure import LIMITS
from syncsweep.physics.chi import chi, pairwise_differences
from syncsweep.physics.limit_distribution import chain_maxima
from syncsweep.tables import ResultsError
from syncsweep.tables.reading import read_table
from syncsweep.tables.registry import names_of_averages
from syncsweep.wording import superscript

ETAS = (0.0, 0.01, 0.1, 1.0, 10.0)
ANALYSIS = Analysis(
    chi_bins=16,
    s_max_bins=LogBins(low=1e-5, high=1e-1, count=12),
    maxima_bins=7,
    ratio=Ratio(numerator=2, denominator=1, weight=3, meaning="how often π/3 for each (0, π)"),
)
PANELS = ("chi", "probabilities", "ratio", "s_max", "chi_maxima", "differences")
FIGURE = Figure(name="fig", panels=PANELS)
ONLY_S_MAX = Figure(name="fig", panels=("s_max",))
SCRIPT = Path(__file__).parents[3] / "scripts" / "make_figure.py"


def make(parent, etas, samples=8):
    """Tables of a sweep over one block, in a folder below `parent`."""
    study = StudyOnDisk(parent, "pair", PAIR, {etas: rows_of(PAIR, samples, etas)})
    return study.tables(ANALYSIS, parent / "tables")


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    return make(tmp_path_factory.mktemp("sweep"), ETAS)


def draw(tables, stem, figure=FIGURE, analysis=ANALYSIS):
    request = FigureRequest(figure=figure, analysis=analysis, model="spin_half_pair", n_sites=2)
    sweep_figure.draw(tables, request, stem)


def page_of(tables, stem, figure=FIGURE):
    """The page of a figure, which is not saved."""
    with kept_pages(sweep_figure) as pages:
        draw(tables, stem, figure)
    return pages[0]


def files_of(tables):
    """The tables that a figure is made from."""
    return [tables / f"{name}.parquet" for name in names_of_averages(ANALYSIS)]


def run_script(tables, stem, figure=FIGURE):
    """Draw a figure as the rule does."""
    asked = {"figure": figure, "analysis": ANALYSIS, "model": "spin_half_pair", "n_sites": 2}
    request = FigureRequest.model_validate(asked).text
    arguments = ["--tables", *map(str, files_of(tables)), "--stem", stem]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", list(map(str, [SCRIPT, *arguments, "--request", request])))
        runpy.run_path(str(SCRIPT))


@pytest.fixture(scope="module")
def drawn(tables, tmp_path_factory):
    """Folder of a figure with all panels, which the script made."""
    folder = tmp_path_factory.mktemp("drawn") / "new"
    run_script(tables, folder / "fig")
    return folder


@pytest.fixture(scope="module")
def page(tables, tmp_path_factory):
    """The page of the same figure."""
    return page_of(tables, tmp_path_factory.mktemp("page") / "fig")


def test_figure_and_data_are_written_in_column_width(drawn):
    expected = {"fig.pdf", "fig.png", "fig.json", *(f"fig_{panel}.csv" for panel in PANELS)}
    assert {path.name for path in drawn.iterdir()} == expected
    assert (drawn / "fig.pdf").read_bytes().startswith(b"%PDF")
    assert imread(drawn / "fig.png").shape[1] == round(3.4 * 300)


def test_equal_tables_give_equal_files_whatever_the_users_settings(tables, drawn, tmp_path):
    with matplotlib.rc_context({"font.size": 20, "axes.facecolor": "red", "text.usetex": True}):
        draw(tables, tmp_path / "fig")
    made = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert made.keys() == {path.name for path in drawn.iterdir()} - {"fig.json"}
    for name, content in made.items():
        assert (drawn / name).read_bytes() == content, name


def test_only_the_panels_asked_for_are_drawn(tables, page, tmp_path):
    two = page_of(tables, tmp_path / "two", Figure(name="two", panels=("s_max", "chi")))
    assert {path.name for path in tmp_path.glob("two_*")} == {"two_s_max.csv", "two_chi.csv"}
    assert two.get_size_inches()[1] < 0.6 * page.get_size_inches()[1]


def test_data_beside_the_figure_are_those_of_the_tables(tables, drawn):
    def read(name):
        return pq.read_table(tables / f"{name}.parquet").to_pandas()

    summary, maxima = read("summary"), read("maxima_histogram")
    means = summary[["eta", "s_max_mean", "s_max_se"]]
    bins = ["eta", "low", "high"]
    shown = {
        "chi": read("chi_histogram"),
        "s_max": read("s_max_histogram").merge(means, on="eta", how="left"),
        "chi_maxima": maxima[[*bins, "chi_density", "chi_density_se", "maxima"]],
        "differences": maxima[[*bins, "difference_density", "difference_density_se", "maxima"]],
    }
    for panel, names in {"probabilities": ["p1", "p2", "p3"], "ratio": ["ratio"]}.items():
        columns = [f"{name}{end}" for name in names for end in ("", "_se", "_low", "_high")]
        shown[panel] = summary[["eta", *columns]]
    for panel, expected in shown.items():
        text = expected.to_csv(index=False, lineterminator="\n")
        assert (drawn / f"fig_{panel}.csv").read_text() == text
    assert (drawn / "fig_chi.csv").read_bytes() == (tables / "chi_histogram.csv").read_bytes()


def test_origin_of_a_figure_names_its_tables_with_their_digests(tables, drawn):
    said = json.loads((drawn / "fig.json").read_text(encoding="utf-8"))
    assert said["figure"] == "fig" and said["made_by"]["code"]["version"]
    paths = files_of(tables)
    assert len(said["made_from"]) == len(paths) == 5
    for path in paths:
        origin = said["made_from"][f"{path.parent.name}/{path.name}"]
        assert origin["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
        assert origin["physics"]["model"]["name"] == "spin_half_pair"
        assert origin["samples"] == 8


@pytest.mark.parametrize(
    ("etas", "samples"),
    [((0.1,), 3), ((0.0,), 3), ((0.0, 0.1), 3), ((0.02, 0.03), 3), ((0.1, 1.0), 1)],
)
def test_few_etas_and_one_sample_can_be_drawn(tmp_path, etas, samples):
    page = page_of(make(tmp_path, etas, samples), tmp_path / "fig")
    page.canvas.draw()
    # The heat map at the top is coloured, from the left of the panel to its right.
    image = np.asarray(page.canvas.buffer_rgba())[:, :, :3]
    width, row = image.shape[1], image[round(110 / 300 * page.dpi)]
    coloured = np.ptp(row[width * 3 // 10 : width * 7 // 10].astype(int), axis=1) > 0
    assert coloured.any()
    said = "1 sample" if samples == 1 else f"{samples} samples"
    assert page.texts[0].get_text() == said
    assert page.texts[0].get_fontweight() == "normal"


def changed_tables(tables, folder, **columns):
    """Copy tables; columns: what to put into the one of each name, by a function of its frame."""
    shutil.copytree(tables, folder, dirs_exist_ok=True)
    for name, change in columns.items():
        table = pq.read_table(tables / f"{name}.parquet")
        frame = table.to_pandas()
        change(frame)
        changed = pa.Table.from_pandas(frame, preserve_index=False)
        pq.write_table(
            changed.replace_schema_metadata(table.schema.metadata), folder / f"{name}.parquet"
        )
    return folder


def letters_of(page):
    return [text.get_text() for axes in page.axes for text in axes.texts]


def test_a_column_of_the_limit_without_locking_says_so(tables, page, tmp_path):
    def undefined(column, value):
        return lambda frame: frame.__setitem__(column, frame[column].mask(frame["eta"] == 0, value))

    changed_tables(
        tables,
        tmp_path,
        summary=undefined("undefined_chi", 8),
        chi_histogram=undefined("density", np.nan),
    )
    assert letters_of(page).count("no locking") == 0
    assert letters_of(page_of(tmp_path, tmp_path / "fig")).count("no locking") == 5  # of six panels


def test_without_locking_at_any_eta_no_mean_is_drawn(tables, tmp_path):
    def nothing(frame):
        frame["undefined_chi"] = frame["n"]
        frame["s_max_mean"] = frame["s_max_se"] = 0.0

    page = page_of(changed_tables(tables, tmp_path, summary=nothing), tmp_path / "fig")
    assert letters_of(page).count("no locking") == 2 * 5  # for 0⁺ and for η > 0
    with_s_max = [axes for axes in page.axes if axes.get_yscale() == "log"]
    assert with_s_max
    # It is not named, and it is not at the lower end of the axis.
    lines = [line for axes in with_s_max for line in axes.lines if line.get_marker() == "o"]
    assert not any(np.isfinite(line.get_ydata()).any() for line in lines)
    legends = [axes.get_legend() for axes in with_s_max if axes.get_legend()]
    assert "mean" not in [text.get_text() for legend in legends for text in legend.get_texts()]


def marks(page, marker):
    """Places (η, part of the height) of the marks of the panel of S_max."""
    lines = [line for axes in page.axes for line in axes.lines if line.get_marker() == marker]
    return [tuple(place) for line in lines for place in line.get_xydata().tolist()]


def test_samples_beyond_the_axis_of_s_max_are_marked(tables, tmp_path):
    def move(frame):
        """All samples of the limit to below the axis, and one of 100 or six at others."""
        for eta, column, count in ((0, 0, 100), (0.01, 0, 5), (0.1, 0, 6), (1, -1, 6), (10, -1, 5)):
            rows = frame.index[frame["eta"] == eta]
            frame.loc[rows, "count"] = 0
            frame.loc[rows[5], "count"] = 100 - count
            frame.loc[rows[column], "count"] = count

    changed_tables(tables, tmp_path, s_max_histogram=move)
    page, whole = (page_of(t, tmp_path / "fig", ONLY_S_MAX) for t in (tmp_path, tables))
    assert marks(page, "v") == [(0, 0.03), (0.1, 0.03)]
    assert marks(page, "^") == [(1, 0.97)]
    legend = page.axes[1].get_legend()
    names = [text.get_text() for text in legend.get_texts()]
    assert names == ["mean", "over 5 % are below", "over 5 % are above"]
    page.canvas.draw()
    assert is_within(legend, page.axes[1])
    assert marks(whole, "v") == marks(whole, "^") == []
    assert [text.get_text() for text in whole.axes[1].get_legend().get_texts()] == ["mean"]


def test_a_figure_says_how_many_samples_failed(tables, tmp_path):
    failed = [0, 2, 3, 0, 1]
    changed_tables(tables, tmp_path, summary=lambda frame: frame.__setitem__("failed", failed))
    page = page_of(tmp_path, tmp_path / "fig", ONLY_S_MAX)
    assert page.texts[0].get_text() == "8 samples (3 failed)"


def test_no_letter_is_smaller_than_readable():
    sizes = [value for key, value in style.SETTINGS.items() if key.endswith("size")]
    letters = [size for size in sizes if size > 4]
    assert len(letters) == 5 and min(letters) >= 6.5


def test_tables_of_another_analysis_are_refused(tables, tmp_path):
    other = ANALYSIS.model_copy(update={"threshold": 0.9})
    with pytest.raises(ResultsError, match="another analysis"):
        draw(tables, tmp_path / "fig", analysis=other)
    assert list(tmp_path.iterdir()) == []


def test_missing_and_damaged_tables_are_one_line(tables, tmp_path):
    again = "run the same snakemake command again"
    missing = rf"summary\.parquet: is missing; {again} to make the tables$"
    with pytest.raises(ResultsError, match=missing):
        draw(tmp_path, tmp_path / "fig")
    whole = (tables / "summary.parquet").read_bytes()
    names_no_text = whole.replace(b"eta", b"\xff\xfe\xfd")
    # Snakemake makes no file again that is there.
    damaged = rf"summary\.parquet: is damaged; remove it and {again}$"
    for data in (b"", b"PAR1 this is no table PAR1", whole[:-50], names_no_text):
        (tmp_path / "summary.parquet").write_bytes(data)
        with pytest.raises(ResultsError, match=damaged):
            draw(tmp_path, tmp_path / "fig")
    says_nothing = pq.read_table(tables / "summary.parquet").replace_schema_metadata({})
    pq.write_table(says_nothing, tmp_path / "summary.parquet")
    with pytest.raises(ResultsError, match=damaged):
        draw(tmp_path, tmp_path / "fig")


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_table_that_is_no_file_is_refused_and_not_waited_for(tmp_path, make):
    path = tmp_path / "summary.parquet"
    make(path)
    refused = r"summary\.parquet: cannot be read \([^\n]+\); remove it and run the same snake"
    with pytest.raises(ResultsError, match=refused):
        read_table(path)


def test_script_names_the_folder_in_place_of_a_file_of_the_figure(tables, tmp_path):
    (tmp_path / "fig.png").mkdir()
    with pytest.raises(SystemExit) as caught:
        run_script(tables, tmp_path / "fig", ONLY_S_MAX)
    written = "cannot be written (Is a directory); remove it"
    assert caught.value.code == f"error: {tmp_path / 'fig.png'}: {written}"


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
def test_numbers_of_s_max_are_clear_of_the_label(tables, low, high, names, label):
    summary, chi = (
        read_table(tables / f"{name}.parquet").to_pandas() for name in ("summary", "chi_histogram")
    )
    histogram = pd.DataFrame(
        {
            "eta": np.repeat(summary["eta"], 5),
            "s_max_high": np.tile([*np.geomspace(low, high, 4), np.inf], len(summary)),
            "density": 1.0,
            "count": 1,
        }
    )
    data = sweep_figure.Tables(summary, ANALYSIS, 2, 1, False, "spin_half_pair", chi, histogram)
    with blank_page(style.COLUMN_WIDTH, style.sweep_height(1)) as page:
        (panel,) = style.lay_out(page, data.etas, 1, "x")
        sweep_figure._PANELS["s_max"](panel, data)
        style.align_label(panel.first)
        page.draw_without_rendering()
        numbers = [
            text
            for text in panel.first.get_yticklabels(which="both")
            if text.get_text() and low / 1.001 <= text.get_position()[1] <= high * 1.001
        ]
        axis_label = panel.first.yaxis.label
        assert overlapping([axis_label, *page.texts, *numbers]) == []
    numbers.sort(key=lambda text: text.get_position()[1])
    assert [_plain(text.get_text()) for text in numbers] == names
    assert label in axis_label.get_text()


def _plain(name):
    """10 and its power as letters, from the notation of formulas."""
    power = re.search(r"10\^\{(-?\d+)\}", name)
    return f"10{superscript(int(power[1]))}" if power else name


@pytest.mark.parametrize("ratio", [0.5, 1.0, 8.0, 100.0])
def test_notes_beside_the_ratio_do_not_cover_each_other(ratio):
    summary = pd.DataFrame(
        {"eta": [0.1, 1.0], "ratio": ratio, "ratio_low": 0.0, "ratio_high": np.inf}
    )
    tables = sweep_figure.Tables(summary, ANALYSIS, 2, 1, True, "spin_half_pair")
    with blank_page(style.COLUMN_WIDTH, style.sweep_height(1)) as page:
        (panel,) = style.lay_out(page, tables.etas, 1, "x")
        sweep_figure._PANELS["ratio"](panel, tables)
        notes = panel.last.texts
        assert [text.get_text() for text in notes] == ["1/3: uniform", "1"]
        assert overlapping(notes) == []


@pytest.mark.parametrize("corner", ["lower right", "lower left", "upper right", "upper left"])
def test_the_legend_of_s_max_is_where_least_is_drawn(corner):
    density = np.ones((5, 9))
    columns = slice(-3, None) if "right" in corner else slice(3)
    bins = slice(5) if "lower" in corner else slice(-5, None)
    density[columns, bins] = [0.0, *[np.nan] * 3, 0.5]
    assert sweep_figure._emptiest_corner(density) == corner
    assert sweep_figure._emptiest_corner(np.zeros((1, 1))) == "lower right"


@pytest.mark.parametrize(("name", "values"), [("chi_maxima", 0), ("differences", 1)])
def test_arrow_heads_are_at_the_limits_of_the_chain(name, values):
    histogram = pd.DataFrame(
        {"eta": [0.1] * 2, "low": [0.0, 0.5], "chi_density": [1.0] * 2}
    ).assign(difference_density=1.0)
    for model, expected in (("spin1_chain", LIMITS[4][values]), ("spin_half_pair", None)):
        with blank_page(3, 2) as page:
            (panel,) = style.lay_out(page, np.array([0.1]), 1, "x")
            sweep_figure.draw_maxima(panel, name, histogram, model, 4)
        drawn = [tuple(line.get_ydata()) for line in panel.last.lines]
        assert drawn == ([] if expected is None else [expected])


@pytest.mark.parametrize("n_sites", range(2, 7))
def test_arrow_heads_are_where_the_limit_has_its_maxima(n_sites):
    angles = np.concatenate([chain_maxima(n_sites, sign) for sign in (1, -1)])
    angles = np.pad(angles, [(0, 0), (0, 1)])  # the last spin
    found = chi(angles), pairwise_differences(angles) / np.pi
    for values, marks in zip(found, LIMITS[n_sites], strict=True):
        distances = np.abs(values[..., np.newaxis] - marks)
        assert distances.min(axis=-1).max() < 1e-6
        assert distances.reshape(-1, len(marks)).min(axis=0).max() < 1e-6


def test_s_max_of_absolute_angles_is_a_density_over_all_of_them(tmp_path):
    physics = Physics.model_validate({**PAIR.model_dump(), "measure": "absolute"})
    analysis = Analysis(intervals=None, chi_bins=None, s_max_bins=ANALYSIS.s_max_bins)
    study = StudyOnDisk(tmp_path, "pair", physics, {ETAS: rows_of(physics, 1, ETAS)})
    tables = study.tables(analysis, tmp_path / "tables")
    with kept_pages(sweep_figure) as pages:
        draw(tables, tmp_path / "fig", ONLY_S_MAX, analysis)
    assert r"rad$^{-2}$]" in pages[0].axes[0].get_ylabel()
    shown = pd.read_csv(tmp_path / "fig_s_max.csv")
    assert shown["s_max_se"].isna().all()
