"""Verification of tables: each Parquet file and the CSV file beside it must hold the same.

The table `samples` has no CSV file: its checksum must be the one that `summary` records.
"""

from __future__ import annotations

import os
from pathlib import Path

from syncsweep.layout import CLAIMS_PAGE, paper_folder, tables_folder
from syncsweep.tables.integrity import problem_of_table
from syncsweep.tables.registry import kinds_of
from syncsweep.verify.study_files import AGAIN, entries, note_entry
from syncsweep.verify.verify_text import Report
from syncsweep.wording import number_of


def verify_tables(results: Path, report: Report) -> None:
    """Verify all tables of studies and of the paper below `results`."""
    of_studies = tables_folder(results, "")
    folders = [path for path in entries(of_studies, report) if os.path.isdir(path)]
    for folder in [*folders, paper_folder(results)]:
        stems = set()
        for path in entries(folder, report):
            if path.suffix[1:] in kinds_of(path.stem):
                stems.add(path.with_suffix(""))
            elif path != paper_folder(results) / CLAIMS_PAGE:
                note_entry(path, report)
        for stem in sorted(stems):
            problem = problem_of_table(stem)
            if problem:
                report.finding(f"{problem}; {AGAIN}")
        if stems:
            report.say(f"{folder.relative_to(results)}: {number_of(len(stems), 'tables')}")
            report.count("tables", len(stems))
