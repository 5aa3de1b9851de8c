"""An overview as tables for people and as JSON for programs."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from syncsweep.progress import words
from syncsweep.progress.overview import BlockStatus, Overview, disk_bytes
from syncsweep.verification.report import one_line

#: Longer names of studies are cut on a terminal.
_LONGEST_NAME = 24

#: No more damaged files are named in the tables; JSON has them all.
_MOST_NAMED = 10


@dataclass(frozen=True)
class StudyStatus:
    """The blocks of one study, and what its folder takes on the disk [bytes]."""

    study: str
    folder: Path
    blocks: tuple[BlockStatus, ...]
    disk_bytes: int


def by_study(overview: Overview) -> list[StudyStatus]:
    """The studies of an overview in its order."""
    found = []
    for study, of_study in groupby(overview.blocks, key=lambda block: block.asked.study):
        blocks = tuple(of_study)
        folder = blocks[0].asked.folder.path.parent
        found.append(StudyStatus(study, folder, blocks, disk_bytes(folder)))
    return found


def as_json(overview: Overview) -> dict[str, Any]:
    """What `syncsweep status --json` prints; docs/planning.md explains every key."""
    return {
        "version": 1,
        "time": overview.time,
        "complete": overview.in_shards,
        "samples": overview.samples,
        "done": overview.done,
        "missing": overview.samples - overview.done,
        "time_left": asdict(overview.time_left) if overview.time_left else None,
        "studies": [_study_as_json(status) for status in by_study(overview)],
        "problems": [{"file": str(p.path), "problem": p.what} for p in overview.problems],
    }


def _study_as_json(status: StudyStatus) -> dict[str, Any]:
    blocks = status.blocks
    return {
        "study": status.study,
        "folder": str(status.folder),
        "disk_bytes": status.disk_bytes,
        "samples_per_second": sum(block.samples_per_second for block in blocks),
        "core_hours_used": sum(block.core_seconds_used for block in blocks) / 3600,
        "core_hours_left": sum(block.core_seconds_left for block in blocks) / 3600,
        "blocks": [_block_as_json(block) for block in blocks],
    }


def _block_as_json(block: BlockStatus) -> dict[str, Any]:
    return {
        "block": block.asked.folder.path.name,
        "etas": list(block.asked.etas),
        "samples": block.asked.samples,
        "done": block.done,
        "in_shards": block.census.in_shards,
        "in_parts": block.census.in_parts,
        "failed": block.census.failed,
        "missing": block.missing,
        "core_seconds_per_sample": block.core_seconds_per_sample,
        "measured": block.cost.measured,
        "jobs": [
            {
                "start": launch.start,
                "stop": launch.stop,
                "began": launch.began,
                "ranks": launch.ranks,
                "to_solve": launch.missing,
                "solved": launch.solved,
            }
            for launch in block.at_work
        ],
    }


def as_tables(overview: Overview, on_terminal: bool) -> RenderableType:
    """The overview for people: samples, cost, what is damaged, and the time left."""
    studies = by_study(overview)
    return Group(
        _samples(studies, on_terminal),
        Text(),
        _costs(studies, on_terminal),
        Text(),
        *(Text(line) for line in _problems(overview)),
        Text(_sum(overview)),
    )


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for place, column in enumerate(columns):
        is_number = place > 0 and column != "η"
        table.add_column(column, justify="right" if is_number else "left", no_wrap=True)
    return table


def _name(study: str, on_terminal: bool) -> str:
    if on_terminal and len(study) > _LONGEST_NAME:
        return f"{study[: _LONGEST_NAME - 1]}…"
    return study


def _samples(studies: Sequence[StudyStatus], on_terminal: bool) -> Table:
    table = _table("study", "η", "samples", "done", "", "failed", "missing", "jobs")
    for status in studies:
        for block in status.blocks:
            table.add_row(
                _name(status.study, on_terminal),
                words.eta_range(block.asked.etas),
                str(block.asked.samples),
                str(block.done),
                words.percent(block.done, block.asked.samples),
                str(block.census.failed),
                str(block.missing),
                str(len(block.at_work)),
            )
    return table


def _costs(studies: Sequence[StudyStatus], on_terminal: bool) -> Table:
    table = _table("study", "samples/s", "core-hours used", "core-hours left", "disk")
    for status in studies:
        rate = sum(block.samples_per_second for block in status.blocks)
        left = sum(block.core_seconds_left for block in status.blocks) / 3600
        is_measured = all(block.cost.measured or not block.missing for block in status.blocks)
        table.add_row(
            _name(status.study, on_terminal),
            f"{rate:.3g}" if rate else "–",
            f"{sum(block.core_seconds_used for block in status.blocks) / 3600:.3g}",
            f"{'' if is_measured else '≈ '}{left:.3g}",
            words.size(status.disk_bytes),
        )
    return table


def _problems(overview: Overview) -> Iterator[str]:
    for problem in overview.problems[:_MOST_NAMED]:
        yield one_line(f"damaged: {problem.path}: {problem.what}")
    others = len(overview.problems) - _MOST_NAMED
    if others > 0:
        yield f"damaged: {words.number_of(others, 'other file')}; --json names all"


def _sum(overview: Overview) -> str:
    launches = [launch for block in overview.blocks for launch in block.at_work]
    ranks = sum(launch.ranks for launch in launches)
    at_work = "no job at work"
    if launches:
        at_work = f"{words.number_of(len(launches), 'job')} at work"
        at_work += f" on {words.number_of(ranks, 'rank')}" if ranks else ", beginning"
    done = f"{overview.done} of {overview.samples} samples"
    parts = [time.strftime("%H:%M:%S", time.localtime(overview.time)), done, at_work]
    if overview.in_shards:
        parts[2:] = ["all in shards"]
    elif overview.time_left:
        parts.append(words.time_left(overview.time_left))
    return ", ".join(parts)
