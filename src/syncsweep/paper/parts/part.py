"""Shared by the parts: their requests, reading rows, and writing tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Self, TypeAlias

import pandas as pd
from pydantic import Field, SerializationInfo, field_serializer

from syncsweep.columns import Columns
from syncsweep.config import requests
from syncsweep.config.analysis import Analysis
from syncsweep.config.configuration import Config
from syncsweep.config.physics import Physics
from syncsweep.sweep.description import Description
from syncsweep.tables import summary
from syncsweep.tables.samples import SampleRows, describe, read_samples

#: Context in which folders are written down by their names alone.
_RECORD = "record"


class Request(requests.Request):
    """The request of a part, as JSON; each part adds its own fields."""

    @classmethod
    def of(cls, config: Config) -> Self:
        """The request of `snakemake paper`, for a configuration with all that the paper needs."""
        return cls()

    def recorded(self) -> dict[str, Any]:
        """The request as results record it, without the places of folders."""
        return self.model_dump(mode="json", context=_RECORD)


def folder_name(folder: Path, info: SerializationInfo) -> str:
    """A folder in a request: its path; in a record: its name, which has the physics hash."""
    return folder.name if info.context == _RECORD else str(folder)


class Seeded(Request):
    """A part that draws at random: the root seed of all studies."""

    root_seed: int = Field(ge=0)

    @classmethod
    def of(cls, config: Config) -> Self:
        """The root seed of the configuration."""
        return cls(root_seed=config.root_seed)


class StudyRows(requests.Rows):
    """The rows of a study, and how to read them."""

    _folder = field_serializer("folder")(folder_name)

    def describe(self) -> list[Description]:
        """The descriptions of the blocks in their folder; ResultsError if one is unreadable."""
        return describe(self.folder, self.blocks)

    @property
    def physics(self) -> Physics:
        """What decided the rows."""
        return self.describe()[0].physics

    def read(self, described: Description, most: int | None = None) -> Iterator[SampleRows]:
        """The first samples of a block in order, at most so many; only their shards are read."""
        rows = read_samples(self.folder, described, self.chunks)
        if most is None:
            return rows
        wanted = min(most, self.samples)
        first = (one for one in rows if one.sample < wanted)
        return islice(first, wanted * len(described.points))


class OfChain(Request):
    """A part about the chain of three spins: its rows, r, and the intervals of χ."""

    chain: StudyRows
    threshold: float = Field(gt=0, lt=1)
    intervals: tuple[tuple[float, float], ...] = Analysis.model_fields["intervals"].default

    @classmethod
    def of(cls, config: Config, **more: Any) -> Self:
        """The chain of the paper, analysed as its study is; more: what a subclass has beside it."""
        assert config.paper
        analysis = config.studies[config.paper.chain].analysis
        return cls(
            chain=StudyRows.of(config, config.paper.chain),
            threshold=analysis.threshold,
            intervals=analysis.intervals,
            **more,
        )


#: A table of a part, or several, which come one below the other.
Table: TypeAlias = pd.DataFrame | Sequence[pd.DataFrame]


def write_tables(
    output: Path,
    tables: Mapping[str, Table],
    columns: Mapping[str, Columns],
    request: Request,
    physics: Physics | None = None,
    said: Mapping[str, object] | None = None,
) -> None:
    """Write tables by name as Parquet and CSV into `output`, with what they were made from.

    columns: what those of each table hold; physics: of a study; all η are shown in the unit of its
    model. The tables hold η as configured.
    said: what else the tables say of themselves.
    """
    record = {**(said or {}), "request": request.recorded()}
    if physics is not None:
        record["physics"] = physics.model_dump(mode="json")
    whole = {
        name: found if isinstance(found, pd.DataFrame) else pd.concat(found, ignore_index=True)
        for name, found in tables.items()
    }
    summary.write_tables(output, whole, columns, record)
