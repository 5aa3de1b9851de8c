"""Pages: what every figure shares, from its tables to its files.

A figure is <stem>.pdf and <stem>.png with the data of each panel beside it as <stem>_<panel>.csv,
and where it comes from as <stem>.json.
Equal tables give equal files, whatever the user's settings of Matplotlib are.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as Page
from matplotlib.style import context

from syncsweep.environment.provenance import asked, code, libraries
from syncsweep.figures import style
from syncsweep.files import replace_atomically, write_text
from syncsweep.tables.freshness import MADE_FROM, digests, said_by

#: The key of the entries of the data's columns in the record of a figure's origin.
ENTRIES = "columns"


@contextmanager
def blank_page(width: float, height: float) -> Iterator[Page]:
    """A page of width × height [in] to draw on, in the house style."""
    with context(["default", style.SETTINGS]):
        page = Page(figsize=(width, height))
        FigureCanvasAgg(page)
        yield page


@contextmanager
def new_page(stem: Path, width: float, height: float) -> Iterator[Page]:
    """A page of width × height [in] to draw on, in the house style; then saved as PDF and PNG."""
    stem.parent.mkdir(parents=True, exist_ok=True)
    with blank_page(width, height) as page:
        yield page
        without = {"CreationDate": None, "Producer": None, "Creator": None}
        _save(page, stem.with_name(f"{stem.name}.pdf"), 600, without)
        _save(page, stem.with_name(f"{stem.name}.png"), 300, {"Software": None})


def save_data(stem: Path, panels: Mapping[str, pd.DataFrame]) -> None:
    """Write what each panel shows to <stem>_<panel>.csv."""
    for panel, data in panels.items():

        def write(temporary: Path, data: pd.DataFrame = data) -> None:
            data.to_csv(temporary, index=False, lineterminator="\n")

        replace_atomically(stem.with_name(f"{stem.name}_{panel}.csv"), write)


def save_provenance(
    stem: Path, tables: Sequence[Path], entries: Mapping[str, Mapping[str, str]] | None = None
) -> None:
    """Write <stem>.json: for which request a figure was drawn, by which code and from which tables.

    tables: Parquet tables of the results. Each is named relative to the results folder, with its
    SHA-256 and its record of its own origin. entries: of the columns of the data beside the figure,
    if they depend on the study.
    """
    made_from: dict[str, dict[str, Any]] = {
        name: {**digest, **said_by(path)}
        for path in tables
        for name, digest in digests([path]).items()
    }
    said = {
        **asked(),
        "figure": stem.name,
        "made_by": {"code": code(), "libraries": libraries("numpy", "pandas", "matplotlib")},
        MADE_FROM: made_from,
        **({ENTRIES: entries} if entries else {}),
    }
    text = json.dumps(said, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    write_text(stem.with_name(f"{stem.name}.json"), text)


def _save(page: Page, path: Path, dpi: int, metadata: dict[str, None]) -> None:
    """Save as PDF or PNG; metadata: what to leave out, so that equal pages are equal files."""
    ending = path.suffix[1:]

    def write(temporary: Path) -> None:
        page.savefig(temporary, format=ending, dpi=dpi, metadata=metadata)

    replace_atomically(path, write)
