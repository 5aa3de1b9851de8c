"""Reading tables: their rows, the record of their origin, and the unit of their η."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from syncsweep.config.physics import Physics
from syncsweep.config.units import EnergyUnit, energy_unit
from syncsweep.files import NotReadableError, open_regular, read_regular
from syncsweep.tables import METADATA_KEY, ResultsError

if TYPE_CHECKING:
    import pandas as pd

#: No file that holds a table, or records its origin, is larger [bytes].
MOST_BYTES = 2**28

# No list in the footer of a table is longer.
_MOST_IN_FOOTER = 4096


def open_table(path: Path) -> pq.ParquetFile:
    """Open a table and read its footer; raises the errors of files and of Arrow."""
    content = pa.BufferReader(read_regular(path, MOST_BYTES))
    return pq.ParquetFile(content, thrift_container_size_limit=_MOST_IN_FOOTER)


def record_of(path: Path) -> Any:
    """What a table records of its origin, from its footer; raises the errors of all decoders."""
    with open_regular(path) as opened:
        file = pq.ParquetFile(opened, thrift_container_size_limit=_MOST_IN_FOOTER)
        return json.loads(file.schema_arrow.metadata[METADATA_KEY])


def read_table(path: Path) -> pa.Table:
    """Read one Parquet table of the results; ResultsError if it is missing or damaged."""
    with _named_errors(path):
        # One thread, because Arrow's others sometimes crash a process that ends.
        return open_table(path).read(use_threads=False)


def read_columns(path: Path, names: Sequence[str]) -> pa.Table:
    """Some columns of a table, which may be of any size; ResultsError as of `read_table`."""
    options = {"thrift_container_size_limit": _MOST_IN_FOOTER, "page_checksum_verification": True}
    with _named_errors(path), open_regular(path) as opened:
        return pq.ParquetFile(opened, **options).read(list(names), use_threads=False)


@contextmanager
def _named_errors(path: Path) -> Iterator[None]:
    """Turn the errors of reading a table into a ResultsError with its name."""
    try:
        yield
    except FileNotFoundError:
        raise ResultsError(
            f"{path}: is missing; run the same snakemake command again to make the tables"
        ) from None
    except NotReadableError as error:
        raise unusable(path, f"cannot be read ({error})") from None
    except (OSError, pa.ArrowException, ValueError):
        raise unusable(path, "is damaged") from None


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
    physics = Physics.model_validate(said["physics"])
    return energy_unit(physics.model, physics.axes)


def entries_of(schema: pa.Schema) -> dict[str, dict[str, str]]:
    """The entries of a table's columns in the data dictionary, as its fields carry them."""
    return {
        field.name: {k.decode(): v.decode() for k, v in (field.metadata or {}).items()}
        for field in schema
    }


def in_unit(frame: pd.DataFrame, unit: EnergyUnit) -> pd.DataFrame:
    """A table with η as configured, converted to η in a unit."""
    return frame.assign(eta=frame["eta"].map(unit.of))


def unusable(path: Path, reason: str) -> ResultsError:
    """The error of a table that exists but cannot be used."""
    return ResultsError(f"{path}: {reason}; remove it and run the same snakemake command again")
