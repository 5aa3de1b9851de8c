"""Rows that a mean over whole folders would count twice, or mix: notes, as no file is damaged."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from syncsweep.config.axes import Point
from syncsweep.layout import STUDY_FOLDER, block_folders, paper_folder, tables_folder
from syncsweep.sweep import description
from syncsweep.sweep.description import DescriptionError
from syncsweep.tables.freshness import said_by
from syncsweep.tables.registry import SUMMARY
from syncsweep.verify.verify_text import Report
from syncsweep.wording import number_of

_CLEAN = "`syncsweep clean` lists what the configuration does not use"


def note_mixed_rows(results: Path, folders: Sequence[Path], report: Report) -> None:
    """Add notes about rows that a mean over a folder, or over several, would get wrong.

    folders: those of the rows of all studies.
    """
    for folder in folders:
        _note_repeated_rows(folder, report)
    by_study = defaultdict(list)
    for folder in folders:
        by_study[folder.name.rpartition("-")[0]].append(folder.name)
    for study, names in by_study.items():
        if len(names) > 1:
            report.note(
                f"{results}: {', '.join(names)} have rows of {study} with different physics "
                f"or seeds, which no mean may mix; {_CLEAN}"
            )
    used = _folders_of_tables(results)
    for folder in folders:
        if used and folder.name not in used:
            report.note(
                f"{folder}: no table of these results uses its rows; make its tables, or leave "
                f"it out of means; {_CLEAN}"
            )


def _note_repeated_rows(folder: Path, report: Report) -> None:
    blocks_of_eta: dict[float, list[str]] = defaultdict(list)
    points_of_eta: dict[float, set[Point]] = defaultdict(set)
    repeated_etas: set[float] = set()
    for block in block_folders(folder):
        repeated, end = [], 0
        for samples, path in block.shards():
            if samples.start < end:
                repeated.append(path.name)
            end = max(end, samples.stop)
        if repeated:
            report.note(
                f"{block.path}: samples in {number_of(len(repeated), 'shards')} (the first is "
                f"{repeated[0]}) are in other shards too; a mean over the folder would count them "
                f"twice; {_CLEAN}"
            )
        with suppress(DescriptionError):
            described = description.read(block.path)
            for eta in described.etas if end else ():
                blocks_of_eta[eta].append(block.path.name)
                if not points_of_eta[eta].isdisjoint(described.points):
                    repeated_etas.add(eta)
                points_of_eta[eta].update(described.points)
    etas = sorted(repeated_etas)
    if etas:
        report.note(
            f"{folder}: {len(etas)} η are in several blocks ({etas[0]:g} in "
            f"{' and '.join(blocks_of_eta[etas[0]])}), so a mean over the folder counts their rows "
            f"twice; {_CLEAN}"
        )


def _folders_of_tables(results: Path) -> set[str]:
    """Names of the folders of rows that the tables of studies and of the paper name."""
    used = set()
    for path in tables_folder(results, "").glob(f"*/{SUMMARY.name}.parquet"):
        said = said_by(path)
        used.add(f"{said.get('study')}-{said.get('physics_hash')}")
    for path in paper_folder(results).glob("*.parquet"):
        words = re.findall(r'"([^"/]+)"', json.dumps(said_by(path).get("request")))
        used.update(word for word in words if STUDY_FOLDER.fullmatch(word))
    return used
