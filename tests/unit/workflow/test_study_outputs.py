"""The files of a study, and what its jobs ask for."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from planned import config

from syncsweep.layout import size_of_block
from syncsweep.tables.registry import JOBS
from syncsweep.workflow.study_outputs import StudyOutputs
from syncsweep.workflow.targets import of_studies

FIGURE = {"name": "my-fig", "panels": ["chi", "s_max"]}
BINS = {"s_max_bins": {"low": 1e-6, "high": 1.0, "count": 20}}
BLOCKS = ((0.0, 0.1), (1.0,))
ANALYSES = {
    "all": BINS,
    "means": {"intervals": None, "chi_bins": None},
    "chi": {},
    "maxima": {**BINS, "maxima_bins": 4},
}


def outputs(**more):
    return StudyOutputs(config("r", samples=10, chunk_size=4, blocks=BLOCKS, **more))


def test_shards_are_all_chunks_of_all_blocks():
    shards = outputs().shards("pair")
    assert len({path.parent for path in shards}) == len(BLOCKS)
    ranges = ["000000000-000000004", "000000004-000000008", "000000008-000000010"]
    assert [path.name for path in shards] == [f"samples-{r}.parquet" for r in ranges] * 2
    folder = Path("r") / f"pair-{outputs().config.physics('pair').digest}"
    assert all(path.parents[1] == folder == outputs().folder("pair") for path in shards)


@pytest.mark.parametrize(
    ("analysis", "more"),
    [
        ({}, []),
        ({"maxima_bins": 4}, ["maxima_histogram"]),
        ({"limit_draws": 1000}, ["limit_law", "limit_control"]),
    ],
)
def test_tables_are_those_that_the_analysis_asks_for(analysis, more):
    tables = outputs(analysis={**BINS, **analysis}).tables("pair")
    names = ["summary", "chi_histogram", "s_max_histogram", "failures", *more]
    folder = Path("r/tables/pair")
    expected = {folder / f"{n}.{kind}" for n in names for kind in ("parquet", "csv")}
    assert set(tables) == {*expected, folder / "samples.parquet"}


def test_a_figure_is_not_made_from_the_rows_of_all_samples():
    names = {path.name for path in outputs().averages("pair")}
    assert "summary.parquet" in names and "samples.parquet" not in names


def test_a_figure_has_data_for_each_panel_and_for_the_limit():
    names = ["my-fig.pdf", "my-fig.png", "my-fig.json", "my-fig_chi.csv", "my-fig_s_max.csv"]
    assert outputs().figures("pair") == []
    assert [p.name for p in outputs(figure=FIGURE).figures("pair")] == names
    limit = outputs(figure=FIGURE, analysis={**BINS, "limit_draws": 1000})
    assert [p.name for p in limit.figures("pair")] == [*names, "my-fig_limit.csv"]
    every = limit.all("pair")
    assert set(every) == {*limit.shards("pair"), *limit.tables("pair"), *limit.figures("pair")}


def test_each_figure_of_a_list_has_its_files_and_its_target():
    lines = {"kind": "lines", "name": "line", "x": "eta", "column": "s_max_mean"}
    both = outputs(figure=[FIGURE, lines])
    names = [path.name for path in both.figures("pair")]
    assert names[-4:] == ["line.pdf", "line.png", "line.json", "line_lines.csv"]
    assert names[:-4] == [path.name for path in outputs(figure=FIGURE).figures("pair")]
    study = of_studies(both)[0]
    assert study.rules == ("draw_my_fig", "draw_line")
    assert both.made("pair") == "r/figures/my-fig.png and r/figures/line.png and r/tables/pair"


def test_the_user_is_told_where_the_results_are():
    assert outputs().made("pair") == "r/tables/pair"
    assert outputs(figure=FIGURE).made("pair") == "r/figures/my-fig.png and r/tables/pair"


def test_a_job_is_as_large_as_its_wildcards_say():
    found = outputs()
    shard = found.shards("pair")[0]
    _, start, stop = shard.stem.split("-")
    wildcards = SimpleNamespace(study="pair", block=shard.parent.name, start=start, stop=stop)
    assert size_of_block(wildcards.block) == (2, 1)
    expected = found.config.studies["pair"].job_size(4, 2, least=2, most=16)
    assert found.shard_size(wildcards, 16) == expected


def test_tables_of_more_rows_get_more_time():
    few, many = (
        StudyOutputs(config("r", samples=samples, chunk_size=10**6, blocks=BLOCKS))
        for samples in (10, 10**7)
    )
    assert 0 < few.table_minutes("pair") < many.table_minutes("pair")


def test_studies_with_the_same_tables_share_a_rule():
    studies = {name: outputs(analysis=one).config.studies["pair"] for name, one in ANALYSES.items()}
    found = StudyOutputs(outputs().config.model_copy(update={"studies": studies}))
    first, maxima, observables, limit = JOBS
    assert {name: one.studies for name, one in found.variants(first).items()} == {
        "make_tables": ["all", "maxima"],
        "make_tables_without_chi_histogram_without_s_max_histogram": ["means"],
        "make_tables_without_s_max_histogram": ["chi"],
    }
    for one in found.variants(first).values():
        for study in one.studies:
            expected = found.tables(study)
            assert {*found.named_tables(study, one.names)} <= {*expected}
    # A rule of all others says what is missing.
    assert [one.studies for one in found.variants(maxima).values()] == [list(ANALYSES)]
    for job in (observables, limit):
        assert [one.studies for one in found.variants(job).values()] == [list(ANALYSES)]
