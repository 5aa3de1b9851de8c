"""What the report is asked for: made by Snakemake's rules, and read by the job that makes it."""

from __future__ import annotations

from typing import Any

from syncsweep.paper.parts import part
from syncsweep.paper.parts.part import StudyRows


class ReportRequest(part.Request):
    """What the page is to hold.

    config: the resolved configuration; studies: where the rows of each study on the page lie;
    figures, parts: names of the figures of the paper and of the parts whose tables are there.
    """

    config: dict[str, Any]
    studies: dict[str, StudyRows]
    figures: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
