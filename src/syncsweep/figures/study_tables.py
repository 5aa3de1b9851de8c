"""The tables that the figures of a study share, and the number of samples in them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from syncsweep.config.analysis import Analysis
from syncsweep.tables import METADATA_KEY, PRESENT_KEY, ResultsError, extent
from syncsweep.tables.reading import entries_of, read_table, unit_of, unusable


@dataclass(frozen=True)
class StudyTable:
    """A table, its record of its origin, and the entries of its columns in the data dictionary."""

    frame: pd.DataFrame
    said: dict[str, Any]
    entries: dict[str, dict[str, str]]

    @property
    def is_absolute(self) -> bool:
        """Whether it is about the angles themselves, and not about their differences."""
        return bool(self.said.get("physics", {}).get("measure") == "absolute")


def read_for(analysis: Analysis, path: Path) -> StudyTable:
    """Read a table of a study; ResultsError if it was made with another analysis."""
    table = read_table(path)
    try:
        said = json.loads(table.schema.metadata[METADATA_KEY])
        made_with = Analysis.model_validate(said["analysis"])
        unit_of(said)
        entries = entries_of(table.schema)
        frame = table.to_pandas()
    except (ValueError, KeyError, TypeError):
        raise unusable(path, "is damaged") from None
    if made_with != analysis:
        raise ResultsError(f"{path}: was made with another analysis than the figure asks for")
    return StudyTable(frame, said, entries)


def stamp_of(said: Mapping[str, Any], failed: int, shows_exact: bool = False) -> tuple[str, bool]:
    """The number of samples in a table, in words that say whether some are missing.

    failed: most samples of one η that are not in it; shows_exact: whether there are lines at 0⁺.
    """
    present, samples = said.get(PRESENT_KEY), said["samples"]
    if present is not None:
        return f"preview: {extent(present, samples)}", True
    number = f"{samples} samples" if samples != 1 else "1 sample"
    if failed:
        number += f" ({failed} failed)"
    return f"{number}; lines at 0⁺: exact" if shows_exact else number, False
