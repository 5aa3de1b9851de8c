"""A look at a study while it is solved: tables and figure from the samples that are there."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from pydantic import BaseModel, ConfigDict, Field

from syncsweep.config.analysis import Analysis
from syncsweep.config.physics import Physics
from syncsweep.figures.figure_page import save_provenance
from syncsweep.figures.sweep_figure import FigureRequest, draw
from syncsweep.sweep.description import Description
from syncsweep.tables import extent
from syncsweep.tables.limit_tables import make_limit_tables
from syncsweep.tables.maxima_table import make_maxima_table
from syncsweep.tables.partial import Present
from syncsweep.tables.summary import make_tables


class StudyRequest(BaseModel):
    """A study: its folder of rows, which need not be there, what it asks for, and where it goes.

    blocks: values of η; figure: None if it has none.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    study: str
    folder: Path
    physics: Physics
    blocks: list[tuple[float, ...]] = Field(min_length=1)
    samples: int = Field(ge=1)
    analysis: Analysis
    figure: FigureRequest | None
    output: Path


class PreviewRequest(BaseModel):
    """What `scripts/make_preview.py` is asked for."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    studies: list[StudyRequest]


def make_preview(request: StudyRequest) -> str:
    """Make the tables and the figure of a study from the samples that are valid now.

    Returns a line that says how many these are. What an earlier preview made is removed. Damaged
    shards are named on stderr and left out. Raises TablesError and FigureError as the tables and
    the figure of a whole study do.
    """
    damaged: dict[str, None] = {}
    blocks = [Description(request.study, request.physics, etas) for etas in request.blocks]
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


def _make(source: Present, request: StudyRequest, folder: Path) -> None:
    make_tables(source, request.analysis, folder)
    if request.analysis.maxima_bins is not None:
        make_maxima_table(source, request.analysis, folder)
    if request.analysis.limit_draws is not None:
        make_limit_tables(source, request.analysis, folder)
    if request.figure is not None:
        stem = folder / request.figure.figure.name
        draw(folder, **dict(request.figure), stem=stem)
        save_provenance(stem, list(folder.glob("*.parquet")))


def _move(folder: Path, output: Path) -> None:
    """Put the files of a folder into another one, and remove others there."""
    names = {path.name for path in folder.iterdir()}
    for path in output.iterdir():
        if path.name not in names:
            path.unlink(missing_ok=True)
    for name in names:
        os.replace(folder / name, output / name)
