"""The files that studies are asked to make, and the sizes of the jobs that make them.

Imports no NumPy, because Snakemake reads it in every job.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from syncsweep import layout
from syncsweep.config import sizing
from syncsweep.config.configuration import Config
from syncsweep.config.figure import AnyFigure
from syncsweep.sample_range import SampleRange
from syncsweep.tables import rounds
from syncsweep.tables.registry import (
    Table,
    TableJob,
    kinds_of,
    names_of_averages,
    table_names,
)


class ShardWildcards(Protocol):
    """The wildcards of the rule that solves a shard, as in the path of its output."""

    study: str
    block: str
    start: str
    stop: str


@dataclass(frozen=True)
class Variant:
    """The tables that a rule makes, and the studies for which it makes them."""

    tables: tuple[Table, ...]
    studies: list[str]

    @property
    def names(self) -> list[str]:
        """Names of the tables."""
        return [table.name for table in self.tables]


@dataclass(frozen=True)
class StudyOutputs:
    """The files of each study of a configuration, by the study's name."""

    config: Config

    @property
    def decided(self) -> Config:
        """The configuration with the samples that the errors of studies have decided so far."""
        return rounds.decided(self.config)

    def samples_to_look_at(self, study: str) -> int | None:
        """The samples at which a job has to find the errors next; None if the study needs none."""
        if self.config.studies[study].until is None:
            return None
        last = rounds.last_round(self.config, study)
        return None if last.is_decided else last.samples

    def at(self, study: str, samples: int) -> Config:
        """The configuration with so many samples of a study that has `until`."""
        return rounds.with_samples(self.config, {study: samples})

    def errors_file(self, study: str, samples: int) -> Path:
        """The largest errors of a study with `until` at a number of samples."""
        return layout.errors_file(self.folder(study), samples)

    def folder(self, study: str) -> Path:
        """Folder of the rows."""
        return layout.study_folder(self.config.results, study, self.config.physics(study).digest)

    def block_folders(self, study: str) -> list[layout.BlockFolder]:
        """Folders of the η-blocks."""
        folder, blocks = self.folder(study), self.config.studies[study].blocks
        return [layout.BlockFolder(folder / block.id) for block in blocks]

    def shards(self, study: str) -> list[Path]:
        """All shards of the samples that are decided so far, block by block."""
        return self._shards(study, rounds.decided(self.config, [study]).studies[study].chunks)

    def shards_until(self, study: str, samples: int) -> list[Path]:
        """The shards of so many samples of a study that has `until`."""
        return self._shards(study, self.at(study, samples).studies[study].chunks)

    def _shards(self, study: str, chunks: Sequence[SampleRange]) -> list[Path]:
        return [
            block.shard(start, stop)
            for block in self.block_folders(study)
            for start, stop in chunks
        ]

    def tables(self, study: str) -> list[Path]:
        """All tables, each in all of its kinds."""
        return self.named_tables(study, table_names(self.config.studies[study].analysis))

    def variants(self, job: TableJob) -> dict[str, Variant]:
        """The rules of a job of tables, by name: all studies of a rule have the same tables.

        Studies without any table of the job belong to the rule of all of them, which says why it
        cannot make them.
        """
        studies: dict[tuple[Table, ...], list[str]] = {job.tables: []}
        for name, study in self.config.studies.items():
            studies.setdefault(job.tables_of(study.analysis) or job.tables, []).append(name)
        found = {}
        for tables, names in studies.items():
            lacking = [table.name for table in job.tables if table not in tables]
            rule = "_without_".join([job.name, *lacking])
            if names:
                found[rule] = Variant(tables, names)
        return found

    def averages(self, study: str) -> list[Path]:
        """The tables that a figure is made from."""
        names = names_of_averages(self.config.studies[study].analysis)
        return self.named_tables(study, names, ["parquet"])

    def named_tables(
        self, study: str, names: Sequence[str], kinds: Sequence[str] = ()
    ) -> list[Path]:
        """Tables by name, each in all of its kinds or in those given; study: may be a wildcard."""
        folder = layout.tables_folder(self.config.results, study)
        return [folder / f"{table}.{kind}" for table in names for kind in kinds or kinds_of(table)]

    def figure(self, study: str, figure: AnyFigure) -> list[Path]:
        """A figure of a study, its origin and the data of its panels."""
        data = figure.data(self.config.studies[study].analysis)
        ends = [".pdf", ".png", ".json", *(f"_{panel}.csv" for panel in data)]
        folder = layout.figures_folder(self.config.results)
        return [folder / f"{figure.name}{end}" for end in ends]

    def figures(self, study: str) -> list[Path]:
        """All figures of a study, with their origins and data."""
        all_figures = self.config.studies[study].figures
        return [file for figure in all_figures for file in self.figure(study, figure)]

    def all(self, study: str) -> list[Path]:
        """All that a study is asked to make.

        The shards are among them, because a missing shard does not trouble Snakemake once there
        are tables.
        """
        return self.shards(study) + self.results(study)

    def results(self, study: str) -> list[Path]:
        """All files that are made from the shards of a study."""
        return self.tables(study) + self.figures(study)

    def made(self, study: str) -> str:
        """Where a user finds what a study was run for."""
        figures = [file for file in self.figures(study) if file.suffix == ".png"]
        return " and ".join(map(str, [*figures, layout.tables_folder(self.config.results, study)]))

    def shard_size(self, shard: ShardWildcards, most_ranks: int) -> sizing.JobSize:
        """Ranks, time and memory of the job of a shard."""
        n_eta, n_points = layout.size_of_block(shard.block)
        samples = n_points * (int(shard.stop) - int(shard.start))
        study = self.config.studies[shard.study]
        return study.job_size(samples, n_eta, self.config.ranks, most_ranks)

    def table_minutes(self, study: str) -> int:
        """Time limit of a job that makes tables of all rows [min]."""
        settings = self.config.studies[study]
        return sizing.tables_time_limit(settings.rows, settings.model.spins)
