"""The output of `syncsweep status`: tables for people, and JSON for programs."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from syncsweep import wording
from syncsweep.layout import jobs_folder
from syncsweep.status.census import Problem
from syncsweep.status.expected import Expected
from syncsweep.status.overview import BlockStatus, Overview, disk_bytes
from syncsweep.status.probabilities import Estimate, Probabilities
from syncsweep.wording import printable

#: Longer names of studies are cut on a terminal, so that the tables mostly fit into 80 columns.
_LONGEST_NAME = 20

#: No more damaged files are named in the tables; JSON has them all.
_MOST_NAMED = 10


@dataclass(frozen=True)
class StudyStatus:
    """The blocks of one study, what its folder takes on the disk [bytes], and its P_a."""

    study: str
    folder: Path
    blocks: tuple[BlockStatus, ...]
    disk_bytes: int
    estimates: tuple[Estimate, ...]


@dataclass(frozen=True)
class Status:
    """An overview by study, and every file that is damaged, once."""

    overview: Overview
    studies: tuple[StudyStatus, ...]
    problems: tuple[Problem, ...]

    @property
    def is_well(self) -> bool:
        """Whether all samples are in shards, none failed and no file is damaged."""
        failed = any(block.census.failed for block in self.overview.blocks)
        return self.overview.in_shards and not failed and not self.problems


def time_left_text(left: Expected) -> str:
    """`12 min left (10 min to 15 min)`."""
    if left.high == 0:
        return "nothing left to solve"
    ends = {wording.duration(left.low), wording.duration(left.high)}
    between = f" {left.between(wording.duration)}" if len(ends) > 1 else ""
    return f"{wording.duration(left.value)} left{between}"


def status_of(overview: Overview, probabilities: Probabilities) -> Status:
    """An overview, completed with sizes, P_a and damaged files, which need more reading."""
    studies = []
    problems = {problem.path: problem for problem in overview.problems}
    for study, of_study in groupby(overview.blocks, key=lambda block: block.asked.described.study):
        blocks = tuple(of_study)
        folder = blocks[0].asked.folder.path.parent
        estimates, damaged = probabilities.of_study(blocks)
        for problem in damaged:
            problems.setdefault(problem.path, problem)
        disk = disk_bytes(folder, jobs_folder(folder))
        studies.append(StudyStatus(study, folder, blocks, disk, tuple(estimates)))
    return Status(overview, tuple(studies), tuple(problems.values()))


def as_json(status: Status) -> dict[str, Any]:
    """What `syncsweep status --json` prints; docs/planning.md explains every key."""
    overview, left = status.overview, status.overview.time_left
    return {
        "version": 1,
        "time": overview.time,
        "complete": overview.in_shards,
        "samples": overview.samples,
        "done": overview.done,
        "missing": overview.samples - overview.done,
        "time_left": left and {"seconds": left.value, "low": left.low, "high": left.high},
        "studies": [_study_as_json(study) for study in status.studies],
        "problems": [{"file": str(p.path), "problem": p.what} for p in status.problems],
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
        "estimates": [
            {
                "eta": estimate.eta,
                "samples": estimate.samples,
                "p": [_number(value) for value in estimate.values],
                "p_se": [_number(error) for error in estimate.standard_errors],
                "p_low": [_number(end) for end in estimate.lows],
                "p_high": [_number(end) for end in estimate.highs],
            }
            for estimate in status.estimates
        ],
    }


def _number(value: float) -> float | None:
    # JSON has no NaN.
    return value if math.isfinite(value) else None


def _block_as_json(block: BlockStatus) -> dict[str, Any]:
    return {
        "block": block.asked.folder.path.name,
        "etas": list(block.asked.described.etas),
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
                **launch.samples._asdict(),
                "began": launch.began,
                "ranks": launch.ranks,
                "to_solve": launch.missing,
                "solved": launch.solved,
            }
            for launch in block.at_work
        ],
    }


def as_tables(status: Status, on_terminal: bool) -> RenderableType:
    """For people: samples, cost, P_a, what is damaged, and the time left."""
    tables = [
        _samples(status.studies, on_terminal),
        _costs(status.studies, on_terminal),
        _probabilities(status.studies, on_terminal),
    ]
    return Group(
        *(part for table in tables if table.rows for part in (table, Text())),
        *(Text(line) for line in _problems(status.problems)),
        Text(_sum(status.overview)),
    )


class _Table:
    """A table or, where it is wider than the terminal, a line for each row, which wraps."""

    def __init__(self, *columns: str) -> None:
        self._columns = columns
        self.rows: list[tuple[str, ...]] = []

    def add_row(self, *cells: str) -> None:
        self.rows.append(cells)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        table = self._as_table()
        # Within the width that there is, it would be cut to it.
        unbounded = options.update(width=sys.maxsize)
        if Measurement.get(console, unbounded, table).maximum <= options.max_width:
            yield table
        else:
            yield from (Text(self._as_line(row)) for row in self.rows)

    def _as_table(self) -> Table:
        table = Table(box=None, pad_edge=False, header_style="bold")
        for place, column in enumerate(self._columns):
            is_number = place > 0 and column != "η"
            table.add_column(column, justify="right" if is_number else "left", no_wrap=True)
        for row in self.rows:
            table.add_row(*row)
        return table

    def _as_line(self, row: tuple[str, ...]) -> str:
        """`pair: samples 12; done 8, 66 %`: a column without a name says more of the one before."""
        parts: list[str] = []
        for column, cell in zip(self._columns[1:], row[1:], strict=True):
            if not column:
                parts[-1] += f", {cell}"
            elif cell:
                parts.append(f"{column} {cell}")
        return f"{row[0]}: {'; '.join(parts)}"


def _name(study: str, on_terminal: bool) -> str:
    if on_terminal and len(study) > _LONGEST_NAME:
        return f"{study[: _LONGEST_NAME - 1]}…"
    return study


def _samples(studies: Sequence[StudyStatus], on_terminal: bool) -> _Table:
    table = _Table("study", "η", "samples", "done", "", "failed", "missing", "jobs")
    for status in studies:
        for block in status.blocks:
            table.add_row(
                _name(status.study, on_terminal),
                wording.eta_range(block.asked.described.etas),
                str(block.asked.samples),
                str(block.done),
                wording.percent(block.done, block.asked.samples),
                str(block.census.failed),
                str(block.missing),
                str(len(block.at_work)),
            )
    return table


def _costs(studies: Sequence[StudyStatus], on_terminal: bool) -> _Table:
    table = _Table("study", "samples/s", "core-hours used", "core-hours left", "disk")
    for status in studies:
        rate = sum(block.samples_per_second for block in status.blocks)
        left = sum(block.core_seconds_left for block in status.blocks) / 3600
        is_measured = all(block.cost.measured or not block.missing for block in status.blocks)
        table.add_row(
            _name(status.study, on_terminal),
            f"{rate:.3g}" if rate else "–",
            f"{sum(block.core_seconds_used for block in status.blocks) / 3600:.3g}",
            f"{'' if is_measured else '≈ '}{left:.3g}",
            wording.size(status.disk_bytes),
        )
    return table


def _probabilities(studies: Sequence[StudyStatus], on_terminal: bool) -> _Table:
    shown = [(study, estimate) for study in studies for estimate in study.estimates]
    # If no sample has a P_a, because χ does not exist where S_max is 0, the table shows a dash.
    shown = [(s, e) for s, e in shown if any(block.done for block in s.blocks)]
    width = max((len(estimate.values) for _, estimate in shown), default=0)
    table = _Table("study", "at η", *(f"P{_BELOW[k]}" for k in range(width)), "of samples")
    for study, estimate in shown:
        each = zip(estimate.values, estimate.lows, estimate.highs, strict=True)
        cells = [wording.with_interval(*one) for one in each]
        table.add_row(
            _name(study.study, on_terminal),
            f"{estimate.eta:g}",
            *cells,
            *[""] * (width - len(cells)),
            str(estimate.samples),
        )
    return table


_BELOW = "₁₂₃₄₅₆"


def _problems(problems: Sequence[Problem]) -> Iterator[str]:
    for problem in problems[:_MOST_NAMED]:
        yield printable(f"damaged: {problem.path}: {problem.what}")
    others = len(problems) - _MOST_NAMED
    if others > 0:
        yield f"damaged: {wording.number_of(others, 'other files')}; --json names all of them"


def _sum(overview: Overview) -> str:
    launches = [launch for block in overview.blocks for launch in block.at_work]
    ranks = sum(launch.ranks for launch in launches)
    running = "no running job"
    if launches:
        running = wording.number_of(len(launches), "running jobs")
        running += f" on {wording.number_of(ranks, 'ranks')}" if ranks else ", starting"
    done = f"{overview.done} of {overview.samples} samples"
    parts = [time.strftime("%H:%M:%S", time.localtime(overview.time)), done, running]
    if overview.in_shards:
        parts[2:] = ["all in shards"]
    elif overview.time_left:
        left = time_left_text(overview.time_left)
        # While no job runs, the time counts from the next one.
        goes_on = launches or overview.time_left.high == 0
        parts.append(left if goes_on else f"{left} once a job runs again")
    return ", ".join(parts)
