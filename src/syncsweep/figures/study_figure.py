"""A figure of a study of any kind, with the record of its origin."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from syncsweep.config.requests import FigureRequest
from syncsweep.figures.figure_page import save_provenance


def draw_figure(request: FigureRequest, tables: Sequence[Path], stem: Path) -> None:
    """Draw a figure from tables in one folder, with <stem>.json beside it; raises ResultsError."""
    module = import_module(f"syncsweep.figures.{request.module}")
    entries = module.draw(tables[0].parent, request, stem)
    save_provenance(stem, tables, entries)
