"""Verification that results belong together: tables, figures and pages against their sources."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from syncsweep.layout import (
    BUNDLE_MANIFEST,
    bundle_folder,
    figures_folder,
    paper_folder,
    report_file,
    study_folder,
    tables_folder,
)
from syncsweep.paper.paper_registry import FIGURES, PARTS
from syncsweep.tables.freshness import MADE_FROM, changed_sources, said_by
from syncsweep.tables.registry import SAMPLES, SUMMARY
from syncsweep.verify.study_files import AGAIN, entries
from syncsweep.verify.verify_text import Report
from syncsweep.wording import number_of

#: The entries in which all tables of a study must agree.
_SETTINGS = ("study", "physics_hash", "samples", "analysis")

(_VALIDATION,) = PARTS["validation"].tables


def verify_origins(results: Path, report: Report) -> None:
    """Compare the tables of each study with each other, and other results with their tables."""
    for folder in entries(tables_folder(results, ""), report):
        if os.path.isdir(folder):
            _compare_tables(results, folder, report)
    found = list(_made_of_tables(results, report))
    for path in found:
        said = said_by(path)
        changed = changed_sources(said, results)
        if changed:
            more = f" and {number_of(len(changed) - 1, 'more files')}" if len(changed) > 1 else ""
            again = _command(results, path)
            report.finding(f"{path}: was made from another version of {changed[0]}{more}; {again}")
        elif MADE_FROM not in said:
            report.note(f"{path}: does not record what it was made from, so it was not compared")
    if found:
        report.say(f"made from tables: {number_of(len(found), 'files')}")


def _command(results: Path, path: Path) -> str:
    """The command that replaces a result of older tables."""
    targets = {
        report_file(results): "report",
        bundle_folder(results) / BUNDLE_MANIFEST: "bundle",
        paper_folder(results) / f"{_VALIDATION}.parquet": "validate",
        **{figures_folder(results) / f"{name}.json": "paper" for name in FIGURES},
    }
    command = f"`snakemake {targets[path]}`" if path in targets else "the snakemake command for it"
    return f"to replace it, run {command} again with the same --config and --configfile"


def _compare_tables(results: Path, folder: Path, report: Report) -> None:
    said = {path: said_by(path) for path in entries(folder, report) if path.suffix == ".parquet"}
    first = said.get(folder / f"{SUMMARY.name}.parquet")
    if not first:
        return
    for path, of_table in said.items():
        if path.stem == SAMPLES.name:
            continue  # `summary` records its checksum
        other = [name for name in _SETTINGS if of_table.get(name) != first.get(name)]
        if of_table and other:
            report.finding(
                f"{path}: was not made with the same settings ({', '.join(other)}) as "
                f"{SUMMARY.name}.parquet; {AGAIN}"
            )
    rows = study_folder(results, str(first.get("study")), str(first.get("physics_hash")))
    if not rows.is_dir():
        report.note(f"{folder}: was made from the rows in {rows.name}, which does not exist here")


def _made_of_tables(results: Path, report: Report) -> Iterator[Path]:
    """The files that should record their sources."""
    yield from (p for p in entries(figures_folder(results), report) if p.suffix == ".json")
    others = (
        paper_folder(results) / f"{_VALIDATION}.parquet",
        report_file(results),
        bundle_folder(results) / BUNDLE_MANIFEST,
    )
    yield from filter(os.path.isfile, others)
