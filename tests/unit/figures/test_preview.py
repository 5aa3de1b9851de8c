"""Previews of unfinished studies: the same tables and figures, of the samples that are there."""

import json
import runpy
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from drawn_pages import is_within, kept_pages, overlapping
from studies import PAIR, block_of, put_shard, rows_of

from syncsweep.config.analysis import Analysis, LogBins, Ratio
from syncsweep.config.blocks import Block as EtaBlock
from syncsweep.config.figure import Figure
from syncsweep.config.requests import FigureRequest, StudyPreview
from syncsweep.figures import sweep_figure
from syncsweep.figures.preview import make_preview
from syncsweep.layout import preview_folder, study_folder
from syncsweep.tables import METADATA_KEY, ResultsError, extent
from syncsweep.tables.registry import table_jobs, table_names
from syncsweep.tables.samples import Shards, describe

SAMPLES = 8
BLOCKS = ((0.0, 1e-3), (0.5, 1.0))
PANELS = ("chi", "probabilities", "ratio", "s_max", "chi_maxima")
ANALYSIS = Analysis(
    chi_bins=16,
    s_max_bins=LogBins(low=1e-5, high=1e-1, count=12),
    maxima_bins=7,
    limit_draws=1000,
    ratio=Ratio(numerator=2, denominator=1, weight=3, meaning="how often π/3 for each (0, π)"),
)
#: Without the tables that take longest.
FEW_TABLES = ANALYSIS.model_copy(update={"maxima_bins": None, "limit_draws": None})
SCRIPT = Path(__file__).parents[3] / "scripts" / "make_preview.py"


FIGURE = FigureRequest(
    figure=Figure(name="fig", panels=PANELS), analysis=ANALYSIS, model="spin_half_pair", n_sites=2
)
ONLY_S_MAX = FIGURE.model_copy(update={"figure": Figure(name="fig", panels=("s_max",))})


def request(results, **changes):
    asked = {
        "study": "pair",
        "folder": study_folder(results, "pair", PAIR.digest),
        "physics": PAIR,
        "blocks": [*map(EtaBlock, BLOCKS)],
        "samples": SAMPLES,
        "analysis": FEW_TABLES,
        "figures": (),
        "output": preview_folder(results, "pair"),
    }
    if "figures" in changes:
        asked["analysis"] = ANALYSIS
    return StudyPreview(**asked | changes)


def solve(results, etas, start, stop):
    return put_shard(results, "pair", PAIR, rows_of(PAIR, SAMPLES, etas)[start:stop], start, etas)


def read(results, name):
    return pq.read_table(preview_folder(results, "pair") / f"{name}.parquet").to_pandas()


def said(results, name):
    schema = pq.read_schema(preview_folder(results, "pair") / f"{name}.parquet")
    return json.loads(schema.metadata[METADATA_KEY])


@pytest.fixture
def pages():
    """The pages that are drawn, which are not saved."""
    with kept_pages(sweep_figure) as drawn:
        yield drawn


def test_preview_of_a_whole_study_holds_its_tables(tmp_path):
    for etas in BLOCKS:
        for start in range(0, SAMPLES, 4):
            solve(tmp_path, etas, start, start + 4)
    with kept_pages(sweep_figure, saved=True) as pages:
        line = make_preview(request(tmp_path, figures=[ONLY_S_MAX]))
    folder = preview_folder(tmp_path, "pair")
    assert line == f"pair: 8 of 8 samples: {folder}"
    study = study_folder(tmp_path, "pair", PAIR.digest)
    whole = Shards(study, describe(study, [EtaBlock(etas).id for etas in BLOCKS]), SAMPLES, 4)
    for job in table_jobs(ANALYSIS):
        job.make(whole, ANALYSIS, tmp_path / "tables")
    tables = sorted((tmp_path / "tables").glob("*.csv"))
    assert len(tables) == 7
    for table in tables:
        assert (folder / table.name).read_bytes() == table.read_bytes()
    files = {f"fig.{kind}" for kind in ("pdf", "png", "json")}
    files |= {"fig_s_max.csv", "fig_limit.csv"}
    files |= {f"{table.stem}.{kind}" for table in tables for kind in ("csv", "parquet")}
    files |= {"samples.parquet"}
    assert {path.name for path in folder.iterdir()} == files
    made_from = json.loads((folder / "fig.json").read_text())["made_from"]
    assert made_from.keys() == {f"pair/{table.stem}.parquet" for table in tables}
    assert "preview: 8 of 8 samples" in [text.get_text() for text in pages[0].texts]


def test_tables_and_figure_say_how_many_samples_they_are_of(tmp_path, pages):
    solve(tmp_path, BLOCKS[0], 0, 4)
    solve(tmp_path, BLOCKS[0], 6, 7)
    solve(tmp_path, BLOCKS[1], 2, 4)
    made = make_preview(request(tmp_path, figures=[FIGURE]))
    assert made.startswith("pair: 2 to 5 of 8 samples: ")
    assert read(tmp_path, "summary")["n"].tolist() == [5, 5, 2, 2]
    present = {EtaBlock(BLOCKS[0]).id: 5, EtaBlock(BLOCKS[1]).id: 2}
    for name in table_names(ANALYSIS):
        assert (said(tmp_path, name)["present"], said(tmp_path, name)["samples"]) == (present, 8)
    assert pages[0].texts[0].get_text() == "preview: 2 to 5 of 8 samples"


def test_a_block_without_samples_leaves_its_place_empty(tmp_path):
    solve(tmp_path, BLOCKS[1], 0, 3)
    assert make_preview(request(tmp_path)).startswith("pair: 0 to 3 of 8 samples: ")
    summary = read(tmp_path, "summary")
    assert summary["n"].tolist() == [0, 0, 3, 3]
    assert summary["s_max_mean"].isna().tolist() == [True, True, False, False]


def test_a_control_is_of_the_same_samples(tmp_path):
    solve(tmp_path, BLOCKS[0], 0, 5)
    solve(tmp_path, BLOCKS[1], 1, 8)
    make_preview(request(tmp_path, analysis=ANALYSIS))
    control = read(tmp_path, "limit_control")
    rows = control[(control["eta"] == 0.5) & (control["quantity"] == "s_max_mean")].iloc[0]
    both = [rows_of(PAIR, SAMPLES, BLOCKS[1])[sample].s_max[0] for sample in range(1, 5)]
    assert rows["n"] == 4
    assert rows["plain"] == pytest.approx(np.mean(both), rel=1e-12)


def test_one_sample_gives_a_figure_with_wide_intervals(tmp_path, pages):
    for etas in BLOCKS:
        solve(tmp_path, etas, 0, 1)
    made = make_preview(request(tmp_path, figures=[FIGURE]))
    pages[0].canvas.draw()  # without a warning, which would be an error here
    assert made.startswith("pair: 1 of 8 samples: ")
    summary = read(tmp_path, "summary")
    assert summary["s_max_mean"].notna().all() and summary["s_max_se"].isna().all()
    assert (summary["p3_high"] - summary["p3_low"] > 0.5).all()


def test_without_samples_there_is_a_line_and_no_preview_of_other_rows(tmp_path):
    output = preview_folder(tmp_path, "pair")
    assert make_preview(request(tmp_path)) == "pair: none of 8 samples is solved yet"
    assert not output.exists()
    solve(tmp_path, BLOCKS[0], 0, 1)
    make_preview(request(tmp_path))
    assert output.exists()
    other = study_folder(tmp_path, "pair", "0" * 12)
    assert "none of 8" in make_preview(request(tmp_path, folder=other))
    assert not output.exists()


def test_files_of_an_earlier_preview_do_not_stay(tmp_path, pages):
    solve(tmp_path, BLOCKS[0], 0, 1)
    make_preview(request(tmp_path, figures=[ONLY_S_MAX]))
    make_preview(request(tmp_path))
    folder = preview_folder(tmp_path, "pair")
    stems = {path.stem for path in folder.iterdir()}
    assert stems == set(table_names(FEW_TABLES))
    assert list(folder.parent.iterdir()) == [folder]


def test_a_failure_leaves_the_earlier_preview(tmp_path):
    solve(tmp_path, BLOCKS[0], 0, 1)
    make_preview(request(tmp_path))
    folder = preview_folder(tmp_path, "pair")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    solve(tmp_path, BLOCKS[0], 1, 2)
    other = ANALYSIS.model_copy(update={"threshold": 0.5})
    wrong = FIGURE.model_copy(update={"analysis": other})
    with pytest.raises(ResultsError, match="another analysis"):
        make_preview(request(tmp_path, figures=[wrong]))
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert list(folder.parent.iterdir()) == [folder]


def test_a_damaged_shard_is_named_once_and_stays(tmp_path, capsys):
    solve(tmp_path, BLOCKS[0], 0, 2)
    path = solve(tmp_path, BLOCKS[0], 2, 4)
    path.write_bytes(path.read_bytes()[:-100])
    assert make_preview(request(tmp_path)).startswith("pair: 0 to 2 of 8 samples: ")
    (warning,) = capsys.readouterr().err.splitlines()
    assert warning.startswith(f"warning: {path}: is damaged") and warning.endswith("; left out")
    names = {entry.name for entry in block_of(tmp_path, "pair", PAIR, BLOCKS[0]).path.iterdir()}
    assert names == {path.name, "samples-000000000-000000002.parquet"}


def test_the_stamp_is_on_the_page_and_covers_nothing(tmp_path, pages):
    solve(tmp_path, BLOCKS[0], 0, 4)
    solve(tmp_path, BLOCKS[1], 0, 3)
    make_preview(request(tmp_path, samples=10**9 - 1, figures=[FIGURE]))
    (page,) = pages
    stamp, *letters = page.texts
    assert stamp.get_text().startswith("preview: ")
    assert is_within(stamp, page)
    assert stamp not in [one for one, _ in overlapping([stamp, *letters, *page.axes])]


def test_extent_names_the_least_and_the_most():
    assert extent({"a": 3, "b": 3}, 10) == "3 of 10 samples"
    assert extent({"a": 7, "b": 0, "c": 3}, 10) == "0 to 7 of 10 samples"


def run_script(monkeypatch, *studies):
    asked = json.dumps({"studies": [json.loads(study.model_dump_json()) for study in studies]})
    monkeypatch.setattr(sys, "argv", ["make_preview.py", "--request", asked])
    runpy.run_path(str(SCRIPT), run_name="__main__")


def test_the_script_says_a_line_for_each_study(tmp_path, monkeypatch, capsys):
    solve(tmp_path, BLOCKS[0], 0, 1)
    output = tmp_path / "preview" / "other"
    plain = request(tmp_path, samples=7, output=output)
    run_script(monkeypatch, request(tmp_path, study="other"), plain)
    lines = capsys.readouterr().out.splitlines()
    assert lines == [
        "other: none of 8 samples is solved yet",
        f"pair: 0 to 1 of 7 samples: {output}",
    ]
    summary = pd.read_csv(output / "summary.csv")
    assert summary["n"].tolist() == [1, 1, 0, 0]


def test_the_script_names_what_lies_in_place_of_its_files(tmp_path, monkeypatch):
    solve(tmp_path, BLOCKS[0], 0, 1)
    asked = request(tmp_path)
    asked.output.parent.mkdir()
    asked.output.write_text("kept")
    with pytest.raises(SystemExit) as caught:
        run_script(monkeypatch, asked)
    why = "cannot be written (File exists); remove it"
    assert caught.value.code == f"error: {asked.output}: {why}"
    assert asked.output.read_text() == "kept"
    asked.output.unlink()
    wrong = asked.output / "summary.csv"
    wrong.mkdir(parents=True)
    with pytest.raises(SystemExit) as caught:
        run_script(monkeypatch, asked)
    why = "cannot be written (Is a directory); remove it"
    assert caught.value.code == f"error: {wrong}: {why}"
