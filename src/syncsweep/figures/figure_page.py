"""Pages: what every figure shares, from its tables to its files.

A figure is <stem>.pdf and <stem>.png with the data of each panel beside it as <stem>_<panel>.csv,
and where it comes from as <stem>.json.
Equal tables give equal files, whatever the user's settings of Matplotlib are.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as Page
from matplotlib.style import context

from syncsweep.config.physics import Physics
from syncsweep.config.units import EnergyUnit, energy_unit
from syncsweep.environment.provenance import asked, code, libraries
from syncsweep.figures import style
from syncsweep.files import NotReadableError, open_regular, replace_atomically
from syncsweep.layout import name_in_results
from syncsweep.tables import METADATA_KEY, ResultsError


class FigureError(ResultsError):
    """A figure that cannot be drawn; the message is one line for the user."""


def read_table(path: Path) -> pa.Table:
    """Read one Parquet table of the results; FigureError if it is missing or damaged."""
    try:
        with open_regular(path) as file:
            try:
                # One thread, because Arrow's others sometimes crash a process that ends.
                return pq.ParquetFile(file).read(use_threads=False)
            except (OSError, pa.ArrowException, ValueError):
                raise unusable(path, "is damaged") from None
    except FileNotFoundError:
        raise FigureError(
            f"{path}: is missing; run the same snakemake command again to make the tables"
        ) from None
    except NotReadableError as error:
        raise unusable(path, f"cannot be read ({error})") from None


def read_with_unit(path: Path) -> tuple[pd.DataFrame, EnergyUnit]:
    """Read one table of the results as `read_table` does, and the unit in which its η is shown.

    The unit is that of the model that the table records. If the table records no model, the unit
    has no name. This is so for tables at the paper's parameters.
    """
    table = read_table(path)
    try:
        said = json.loads((table.schema.metadata or {}).get(METADATA_KEY, b"{}"))
        return table.to_pandas(), unit_of(said)
    except (ValueError, KeyError, TypeError):
        raise unusable(path, "is damaged") from None


def unit_of(said: Mapping[str, Any]) -> EnergyUnit:
    """The unit in which η is shown, from what a table records of itself."""
    if "physics" not in said:
        return EnergyUnit()
    return energy_unit(Physics.model_validate(said["physics"]).model)


def in_unit(frame: pd.DataFrame, unit: EnergyUnit) -> pd.DataFrame:
    """A table with η as configured, converted to η in a unit."""
    return frame.assign(eta=frame["eta"].map(unit.of))


def unusable(path: Path, reason: str) -> FigureError:
    """The error of a table that exists but cannot be used."""
    return FigureError(f"{path}: {reason}; remove it and run the same snakemake command again")


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


def save_provenance(stem: Path, tables: Sequence[Path]) -> None:
    """Write <stem>.json: for which request a figure was drawn, by which code and from which tables.

    tables: Parquet tables of the results. Each is named relative to the results folder, with its
    SHA-256 and its record of its own origin.
    """
    made_from = {}
    for path in sorted(tables):
        metadata = read_table(path).schema.metadata or {}
        made_from[name_in_results(path)] = {
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            **json.loads(metadata.get(METADATA_KEY, b"{}")),
        }
    said = {
        **asked(),
        "figure": stem.name,
        "made_by": {"code": code(), "libraries": libraries("numpy", "pandas", "matplotlib")},
        "made_from": made_from,
    }
    text = json.dumps(said, indent=1, sort_keys=True, ensure_ascii=False) + "\n"

    def write(temporary: Path) -> None:
        temporary.write_text(text, encoding="utf-8")

    replace_atomically(stem.with_name(f"{stem.name}.json"), write)


def _save(page: Page, path: Path, dpi: int, metadata: dict[str, None]) -> None:
    """Save as PDF or PNG; metadata: what to leave out, so that equal pages are equal files."""
    ending = path.suffix[1:]

    def write(temporary: Path) -> None:
        page.savefig(temporary, format=ending, dpi=dpi, metadata=metadata)

    replace_atomically(path, write)
