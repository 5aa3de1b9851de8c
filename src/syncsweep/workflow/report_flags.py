"""The results that `snakemake --report` shows, with their captions and labels."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from syncsweep.tables.registry import Table
from syncsweep.workflow.study_outputs import StudyOutputs


def reported(
    files: Iterable[Path],
    endings: str | tuple[str, ...],
    caption: str,
    category: str,
    **labels: str,
) -> list[object]:
    """The files, of which those with some endings are flagged for the report under labels.

    caption: name of a file in workflow/report. To be called from a file in workflow/rules.
    """
    from snakemake.io import report

    def flagged(file: Path) -> object:
        if not str(file).endswith(endings):
            return file
        kind = {"file": file.suffix[1:].upper()}
        return report(
            str(file), caption=f"../report/{caption}.rst", category=category, labels=labels | kind
        )

    return [flagged(file) for file in files]


def reported_tables(outputs: StudyOutputs, tables: Sequence[Table]) -> list[object]:
    """Files of tables of any study; those that people read are flagged."""
    return [
        file
        for table in tables
        for file in reported(
            outputs.named_tables("{study}", [table.name]),
            ".csv" if table.title else (),
            table.name,
            "Tables",
            study="{study}",
            table=table.name,
        )
    ]
