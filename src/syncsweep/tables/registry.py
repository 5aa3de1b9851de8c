"""The tables of a study: their names, the jobs that make them, and their captions.

A new table needs an entry here and a module with the function that writes it and its `COLUMNS`.
Imports no NumPy, because Snakemake reads this module in every job.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from syncsweep.columns import Columns
from syncsweep.config.analysis import Analysis

if TYPE_CHECKING:
    from syncsweep.tables.samples import Source


@dataclass(frozen=True)
class Table:
    """A table of a study.

    name: name of its files, without ending; title: heading in the report, empty if people see the
    table only in a figure; caption: text of the report about it; kinds: endings of its files;
    setting: key of the analysis without which a study does not have this table.
    """

    name: str
    title: str = ""
    caption: str = ""
    kinds: tuple[str, ...] = ("parquet", "csv")
    setting: str | None = None

    def is_asked_for(self, analysis: Analysis) -> bool:
        """Whether a study with this analysis has this table."""
        return self.setting is None or getattr(analysis, self.setting) is not None


@dataclass(frozen=True)
class TableJob:
    """Tables that one job makes from all rows of a study.

    name: name of the rule, and of the function that makes the tables; module: its module in this
    package; kind: argument of the rule's program, and name of its log; message: what the job
    makes; row_cost: core-seconds per row, relative to the first job; reads: names of the tables
    that it reads instead of rows.
    """

    name: str
    module: str
    kind: str
    message: str
    tables: tuple[Table, ...]
    row_cost: float = 1.0
    reads: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Names of its tables."""
        return tuple(table.name for table in self.tables)

    def tables_of(self, analysis: Analysis) -> tuple[Table, ...]:
        """Those of its tables that a study with this analysis has."""
        return tuple(table for table in self.tables if table.is_asked_for(analysis))

    @property
    def columns(self) -> dict[str, Columns]:
        """What the columns of its tables hold, by table."""
        columns: dict[str, Columns] = self._load().COLUMNS
        return columns

    def make(self, source: Source, analysis: Analysis, output: Path) -> None:
        """Write its tables into `output`; raises ResultsError."""
        getattr(self._load(), self.name)(source, analysis, output)

    def _load(self) -> ModuleType:
        return import_module(f"syncsweep.tables.{self.module}")


SUMMARY = Table(
    "summary",
    "Averages",
    "Averages over the n good realisations at each η, with intervals of one standard error (68 %). "
    "0⁺ is the exact limit of weak perturbations.",
)
FAILURES = Table("failures", "Failed rows", "Rows that do not enter the averages.")
#: It has a row for each row of the study, too many for a CSV file, a figure or a page.
SAMPLES = Table("samples", kinds=("parquet",))
CHI = Table("chi_histogram", setting="chi_bins")
S_MAX = Table("s_max_histogram", setting="s_max_bins")
MAXIMA = Table("maxima_histogram", setting="maxima_bins")
OBSERVABLES = Table("observable_histogram", setting="observable_bins")
LIMIT_LAW = Table("limit_law", "The law of the limit", setting="limit_draws")
LIMIT_CONTROL = Table(
    "limit_control",
    "With the limit as control",
    "Averages with the limit η → 0⁺ as a control variate. The gain is the factor by which a plain "
    "mean would need more samples for the same error.",
    setting="limit_draws",
)

#: All tables, by the jobs that make them.
JOBS = (
    TableJob(
        "make_tables",
        "summary",
        "tables",
        "tables from the shards",
        (SUMMARY, CHI, S_MAX, FAILURES, SAMPLES),
    ),
    TableJob(
        "make_maxima_table",
        "maxima_table",
        "maxima",
        "table of the maxima from the shards",
        (MAXIMA,),
        row_cost=3.0,
    ),
    TableJob(
        "make_observable_table",
        "observable_table",
        "observables",
        "histograms of the observables from the shards",
        (OBSERVABLES,),
        row_cost=0.1,
    ),
    TableJob(
        "make_limit_tables",
        "limit_tables",
        "limit",
        "tables of the limit η → 0⁺",
        (LIMIT_LAW, LIMIT_CONTROL),
        row_cost=0.1,
        reads=(SAMPLES.name,),
    ),
)


def table_jobs(analysis: Analysis) -> list[TableJob]:
    """The jobs that make the tables of a study with this analysis."""
    return [job for job in JOBS if job.tables_of(analysis)]


def tables_of_study(analysis: Analysis) -> list[Table]:
    """The tables of a study with this analysis."""
    return [table for job in JOBS for table in job.tables_of(analysis)]


def table_names(analysis: Analysis) -> list[str]:
    """Names of the tables of a study with this analysis."""
    return [table.name for table in tables_of_study(analysis)]


def names_of_averages(analysis: Analysis) -> list[str]:
    """Names of those tables of a study that figures and pages are made from."""
    return [table.name for table in tables_of_study(analysis) if "csv" in table.kinds]


def kinds_of(name: str) -> tuple[str, ...]:
    """Endings of the files of a table, of a study or of the paper."""
    kinds = {table.name: table.kinds for job in JOBS for table in job.tables}
    return kinds.get(name, Table.kinds)
