"""The rules that follow the shards of a study (tables and figure), and their cost.

Imports no NumPy, because Snakemake reads it in every job.
"""

from __future__ import annotations

from dataclasses import dataclass

from syncsweep import layout
from syncsweep.config import sizing
from syncsweep.config.configuration import Config
from syncsweep.tables.registry import LIMIT_LAW, table_jobs

#: Core-seconds to load what a table needs, and to load what a figure needs and draw it [s].
_TABLE, _FIGURE = 0.8, 3.4

#: Core-seconds of a draw of the limit's law, for two spin-1/2s, and for a larger Hilbert space [s].
_SMALL_DRAW, _DRAW = 2e-7, 1.5e-6


@dataclass(frozen=True)
class FollowUps:
    """Rules that follow the shards of a study: core-seconds of each table's rule and each figure's.

    The plan takes the tables' rules to run beside one another, and the figures' after them.
    """

    tables: tuple[float, ...]
    figures: tuple[float, ...]

    @property
    def core_time(self) -> float:
        """Core-seconds of all of them [s]."""
        return sum(self.tables) + sum(self.figures)


def follow_ups(config: Config, name: str, shards_change: bool) -> FollowUps:
    """All rules that follow the shards if these change, else the rules whose files are missing."""
    study = config.studies[name]
    folder = layout.tables_folder(config.results, name)
    reading = study.rows * sizing.table_row_seconds(study.model.spins)
    tables = []
    for job in table_jobs(study.analysis):
        if shards_change or not (folder / f"{job.names[0]}.parquet").exists():
            draws = (study.analysis.limit_draws or 0) if LIMIT_LAW in job.tables else 0
            draw = _SMALL_DRAW if study.dim <= 4 else _DRAW
            tables.append(_TABLE + job.row_cost * reading + draw * draws)
    folder = layout.figures_folder(config.results)
    drawn = [f for f in study.figures if tables or not (folder / f"{f.name}.pdf").exists()]
    return FollowUps(tuple(tables), (_FIGURE,) * len(drawn))
