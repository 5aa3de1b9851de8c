"""Whether the columns of real files are those of the data dictionary."""

from collections import defaultdict

import pyarrow.parquet as pq

from syncsweep.columns import entry
from syncsweep.paper.paper_registry import FIGURES
from syncsweep.report.dictionary import columns_named, columns_of, tables
from syncsweep.sample import rows
from syncsweep.sweep import description, shard


def fits(column, name):
    """Whether an entry is that of a column by its name in a file."""
    try:
        entry(name, (column,))
    except KeyError:
        return False
    return True


def assert_described(files):
    """Assert that each column of files has one entry, and each of their entries a column.

    Of the data of a figure these are the entries of its own. The fields of Parquet files carry
    theirs.
    """
    found = defaultdict(set)
    for path in files:
        is_shard = path.stem.startswith("samples-")
        of_block = shard.columns_of(description.read(path.parent)) if is_shard else ()
        known = of_block or columns_named(path.stem)
        if is_shard:
            columns = tuple(entry(name, known) for name in pq.read_schema(path).names)
        else:
            columns = columns_of(path)
        for column in columns:
            entries = {one for one in known if fits(one, column.name)}
            assert len(entries) == 1, (path.name, column.name)
        if path.suffix == ".parquet":
            fields = pq.read_schema(path)
            said = [_text(field.metadata) for field in fields]
            assert said == [column.record for column in columns], path.name
        found["shard" if is_shard else path.stem] |= set(columns)
    for stem, columns in found.items():
        names = [column.name for column in columns]
        unused = [one.name for one in _own(stem) if not any(fits(one, name) for name in names)]
        assert unused == [], f"{stem}: {unused}"


def _text(metadata):
    return {
        key.decode(): value.decode()
        for key, value in (metadata or {}).items()
        if key[:8] != b"PARQUET:"
    }


def _own(stem):
    """The entries that each file of this name, taken together, must have."""
    of_figures = {
        f"{figure.name}_{ending}": columns
        for figure in FIGURES.values()
        for ending, columns in figure.columns.items()
    }
    return ({"shard": rows.COLUMNS} | tables() | of_figures).get(stem, ())
