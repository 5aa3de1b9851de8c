"""What the parts share: how they are asked, how they read rows, and how they write tables."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, field_serializer

from syncsweep.config.physics import Physics
from syncsweep.sweep.description import Description
from syncsweep.tables import summary
from syncsweep.tables.samples import SampleRows, describe, read_samples


class Request(BaseModel):
    """What a part is asked for, as JSON; each part says more."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class StudyRows(Request):
    """The rows of a study: its folder, the names of its η-blocks, and how its shards are cut."""

    folder: Path
    blocks: list[str] = Field(min_length=1)
    samples: int = Field(ge=1)
    chunk_size: int = Field(ge=1)

    @field_serializer("folder")
    def _its_name(self, folder: Path) -> str:
        # It has the study and its physics hash; where it lies decides nothing.
        return folder.name

    def describe(self) -> list[Description]:
        """The blocks, as their folder describes them; ResultsError if that cannot be told."""
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
) -> None:
    """Write tables by name as Parquet and CSV into `output`, with what they were made from.

    physics: of a study; all η are shown in the unit of its model. The tables hold η as configured.
    """
    said: dict[str, object] = {"request": json.loads(request.model_dump_json())}
    if physics is not None:
        said["physics"] = physics.model_dump(mode="json")
    summary.write_tables(output, tables, said)
