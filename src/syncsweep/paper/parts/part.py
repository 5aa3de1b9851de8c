"""What the parts share: how they are asked, how they read rows, and how they write tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, Self

import pandas as pd
from pydantic import SerializationInfo, field_serializer

from syncsweep.config import requests
from syncsweep.config.physics import Physics
from syncsweep.config.study import Config
from syncsweep.sweep.description import Description
from syncsweep.tables.samples import SampleRows, describe, read_samples
from syncsweep.tables.summary import write_table

#: Context in which folders are written down by their names alone.
_RECORD = "record"


class Request(requests.Request):
    """What a part is asked for, as JSON; each part says more."""

    @classmethod
    def of(cls, config: Config) -> Self:
        """What `snakemake paper` asks for. The configuration must have all that the paper needs."""
        return cls()

    def recorded(self) -> dict[str, Any]:
        """The request as results record it: where folders are decides nothing."""
        return self.model_dump(mode="json", context=_RECORD)


def folder_name(folder: Path, info: SerializationInfo) -> str:
    """A folder in a request: its path, and in a record its name, which has the physics hash."""
    return folder.name if info.context == _RECORD else str(folder)


class StudyRows(requests.Rows):
    """The rows of a study, and how to read them."""

    _folder = field_serializer("folder")(folder_name)

    def describe(self) -> list[Description]:
        """The blocks, as their folder describes them; TablesError if that cannot be told."""
        return describe(self.folder, self.blocks)

    @property
    def physics(self) -> Physics:
        """What decided the rows."""
        return self.describe()[0].physics

    def read(self, described: Description, most: int | None = None) -> Iterator[SampleRows]:
        """The first samples of a block in order, at most so many; only their shards are read."""
        wanted = self.samples if most is None else min(most, self.samples)
        rows = read_samples(self.folder, described, self.samples, self.chunk_size)
        return islice(rows, wanted)


def write_tables(
    output: Path,
    tables: dict[str, pd.DataFrame],
    request: Request,
    physics: Physics | None = None,
    said: Mapping[str, object] | None = None,
) -> None:
    """Write tables by name as Parquet and CSV into `output`, with what they were made from.

    physics: of a study; all η are shown in the unit of its model. The tables hold η as configured.
    said: what else the tables say of themselves.
    """
    output.mkdir(parents=True, exist_ok=True)
    record = {**(said or {}), "request": request.recorded()}
    if physics is not None:
        record["physics"] = physics.model_dump(mode="json")
    for name, table in tables.items():
        write_table(output / name, table, record)
