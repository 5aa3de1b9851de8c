"""The tables of a study: which there are, and that people find words about those that they read."""

from pathlib import Path

from syncsweep.config.analysis import Analysis, LogBins
from syncsweep.tables.registry import JOBS, table_names

CAPTIONS = Path(__file__).parents[3] / "workflow" / "report"
PLAIN = Analysis(s_max_bins=LogBins(low=1e-6, high=1.0, count=20))


def test_tables_are_those_that_are_asked_for():
    usual = ["summary", "chi_histogram", "s_max_histogram", "failures", "samples"]
    assert table_names(PLAIN) == usual
    with_maxima = PLAIN.model_copy(update={"maxima_bins": 9})
    assert table_names(with_maxima) == [*usual, "maxima_histogram"]
    with_limit = PLAIN.model_copy(update={"limit_draws": 1000})
    assert table_names(with_limit) == [*usual, "limit_law", "limit_control"]


def test_names_are_unique_and_tables_for_people_have_a_caption():
    tables = [table for job in JOBS for table in job.tables]
    for names in ([table.name for table in tables], [job.name for job in JOBS]):
        assert len(set(names)) == len(names)
    for table in tables:
        assert (CAPTIONS / f"{table.name}.rst").exists() == bool(table.title), table.name
