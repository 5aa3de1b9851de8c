"""A preview of a study while it is being solved: tables and figure of the existing samples."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from syncsweep.config.requests import StudyPreview
from syncsweep.figures.study_figure import draw_figure
from syncsweep.sweep.description import of_block
from syncsweep.tables import extent
from syncsweep.tables.partial import Present
from syncsweep.tables.registry import names_of_averages, table_jobs


def make_preview(request: StudyPreview) -> str:
    """Make the tables and the figures of a study from the samples that are valid now.

    Returns a line with the number of samples. Files of an earlier preview are removed. Damaged
    shards are named on stderr and left out. Raises ResultsError like the tables and the figures
    of a whole study.
    """
    damaged: dict[str, None] = {}
    blocks = [of_block(request.study, request.physics, block) for block in request.blocks]
    source = Present(request.folder, blocks, request.samples, damaged.setdefault)
    if source.any():
        request.output.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=".", dir=request.output.parent) as temporary:
            folder = Path(temporary, request.output.name)
            _make(source, request, folder)
            _move(folder, request.output)
        line = f"{extent(source.present(), request.samples)}: {request.output}"
    else:
        shutil.rmtree(request.output, ignore_errors=True)
        line = f"none of {request.samples} samples is solved yet"
    for message in damaged:
        print(f"warning: {message}; left out", file=sys.stderr)
    return f"{request.study}: {line}"


def _make(source: Present, request: StudyPreview, folder: Path) -> None:
    for job in table_jobs(request.analysis):
        job.make(source, request.analysis, folder)
    averages = [folder / f"{name}.parquet" for name in names_of_averages(request.analysis)]
    for figure in request.figures:
        draw_figure(figure, averages, folder / figure.figure.name)


def _move(folder: Path, output: Path) -> None:
    """Put the files of a folder into another one, and remove others there."""
    names = {path.name for path in folder.iterdir()}
    for path in output.iterdir():
        if path.name not in names:
            path.unlink(missing_ok=True)
    for name in names:
        os.replace(folder / name, output / name)
