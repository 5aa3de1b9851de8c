"""The table `samples`: one row for each (η, point, sample), with the numbers that are averaged.

Rows come sample by sample, but the table is sorted by η. Until all are there, they wait in a
temporary file without a name, so that the memory holds a batch of samples, and then one η.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryFile
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from syncsweep.columns import ETA, S_D_ERROR, S_MAX, SAMPLE, STATUS, STUDY, Column, Columns
from syncsweep.config.analysis import Analysis
from syncsweep.config.axes import Point
from syncsweep.physics.chi import ChiSample
from syncsweep.sweep.description import Description
from syncsweep.sweep.parquet import statistics_of
from syncsweep.tables.samples import SampleRows
from syncsweep.user_code.observable_columns import names_of_columns

#: Number of rows that the memory holds before they go to the temporary file.
_WAITING_ROWS = 2**18

#: Number of rows of a row group: the most, except in the group of η = 0, and the fewest. A large
#: table has larger ones, because readers refuse a footer that lists too many.
_MOST_IN_GROUP, _FEWEST_IN_GROUP, _MOST_GROUPS = 2**17, 2**13, 2**11

#: Columns with few different values; an encoding by dictionary would make the others larger.
_FEW_VALUES = ["study", "n_spins", "sample", "eta", "status"]


#: What the columns of the table hold.
COLUMNS: Columns = (
    STUDY,
    Column("n_spins", "number of spins N"),
    SAMPLE,
    ETA,
    STATUS,
    S_MAX,
    Column(
        "angle_{j}",
        "angle difference φ'_{j} = φ_{j} − φ_N (absolute: angle φ_{j}) at the maximum, in [0, 2π]; "
        "if there are several maxima, that of one of them",
        "rad",
        source="Eq. 2",
    ),
    Column(
        "p{a}",
        "probability that χ of this realisation is in the interval 𝓘_{a}; empty if it has no χ",
        source="Fig. 3b",
    ),
    Column("chi_mean", "mean of χ of this realisation; empty if it has no χ", source="Eqs. 9, D6"),
    replace(S_D_ERROR, name="error"),
)


class SamplesTable:
    """The rows of the table `samples`, added sample by sample and then written in the order of η.

    A context, which closes the temporary file. schema: names and types of the columns; a number
    that does not enter an average is null.
    """

    def __init__(self, block: Description, analysis: Analysis, folder: Path) -> None:
        """block: any of the study; folder: of the temporary file."""
        self._study, self._n_spins = block.study, block.physics.model.n_sites
        angles = [f"angle_{j + 1}" for j in range(block.physics.n_angles)]
        of_chi = [f"p{a + 1}" for a in range(len(analysis.chi_intervals))]
        of_chi += ["chi_mean"] if analysis.samples_chi else []
        self._numbers = ["s_max", *angles, *of_chi, "error"]
        self._ends = [1 + len(angles), 1 + len(angles) + len(of_chi)]
        self._axes = block.axes
        self._observables, self._words = names_of_columns(block.observables)
        self.schema = pa.schema(
            {
                "study": pa.string(),
                "n_spins": pa.int64(),
                "sample": pa.int64(),
                "eta": pa.float64(),
                **dict.fromkeys(self._axes, pa.float64()),
                "status": pa.string(),
                **dict.fromkeys([*self._numbers, *self._observables], pa.float64()),
                **dict.fromkeys(self._words, pa.string()),
            }
        )
        self._file = TemporaryFile(dir=folder)  # noqa: SIM115
        self._writer = pa.ipc.new_file(self._file, self.schema)
        self._etas: tuple[float, ...] = ()
        #: Samples, with their words by column (n_eta,), and their numbers (n_eta, n_columns).
        self._waiting: list[tuple[int, Point, list[np.ndarray], np.ndarray]] = []
        #: η of each batch in the file, and number of all their rows.
        self._eta_of: list[float] = []
        self._n_rows = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(
        self,
        etas: tuple[float, ...],
        rows: SampleRows,
        chi: ChiSample | None,
        probabilities: np.ndarray,
    ) -> None:
        """Add a sample of a block, after its point's earlier samples; see `BlockStatistics.add`."""
        if etas != self._etas:
            self._put_aside()
            self._etas = etas
        numbers = np.empty((len(etas), len(self._numbers) + len(self._observables)))
        of_maximum, of_chi, others = np.split(numbers, self._ends, axis=1)
        of_maximum[:, 0], of_maximum[:, 1:] = rows.s_max, rows.maximum.angles
        of_maximum[~rows.good] = np.nan
        if chi is not None:
            of_chi[:, :-1] = probabilities
            of_chi[:, -1] = np.minimum(
                chi.weights @ chi.chi, 1.0
            )  # weights add up to one up to rounding
            of_chi[~(rows.good & chi.is_defined)] = np.nan
        others[:, 0] = rows.error
        for place, name in enumerate(self._observables, start=1):
            others[:, place] = rows.observables[name]
        words = [rows.status, *(rows.observables[name] for name in self._words)]
        self._waiting.append((rows.sample, rows.point, words, numbers))
        if len(self._waiting) * len(etas) >= _WAITING_ROWS:
            self._put_aside()

    def _put_aside(self) -> None:
        """Write the rows that wait in memory to the temporary file, a batch for each η."""
        if not self._waiting:
            return
        samples, points, texts, numbers = zip(*self._waiting, strict=True)
        self._waiting = []
        words = [np.stack(column) for column in zip(*texts, strict=True)]
        values = np.stack(numbers, axis=-1)
        self._n_rows += len(samples) * len(self._etas)
        start = [pa.repeat(one, len(samples)) for one in (self._study, self._n_spins)]
        start.append(pa.array(samples))
        axes = [pa.array(map(float, axis)) for axis in zip(*points, strict=True)]
        for k, eta in enumerate(self._etas):
            columns = [
                *start,
                pa.repeat(eta, len(samples)),
                *axes,
                _texts(words[0][:, k]),
                *(pa.array(column, mask=np.isnan(column)) for column in values[k]),
                *(_texts(column[:, k]) for column in words[1:]),
            ]
            self._writer.write_batch(pa.record_batch(columns, schema=self.schema))
            self._eta_of.append(eta)

    def write(self, path: Path, schema: pa.Schema) -> None:
        """Write all rows, sorted by η and then by sample; schema: with metadata, see `schema`.

        To be called once, after all rows. Snappy, because every reader knows it. Pages have
        checksums.
        """
        self._put_aside()
        self._writer.close()
        writer_options = {
            "compression": "snappy",
            "use_dictionary": [*_FEW_VALUES, *self._axes, *self._words],
            "write_page_checksum": True,
            "write_statistics": statistics_of(schema.names, not any(self._eta_of)),
        }
        # Not by its name: pyarrow takes a name with a colon for an address, and assumes UTF-8.
        with open(path, "wb") as file, pq.ParquetWriter(file, schema, **writer_options) as writer:
            for table in self._groups():
                # Not split, if it begins with η = 0: no row group may hold that alone.
                most = _MOST_IN_GROUP if table["eta"][0].as_py() else len(table)
                writer.write_table(table.cast(schema), row_group_size=most)

    def _groups(self) -> Iterator[pa.Table]:
        """Tables to write one after the other: of one η, or of some if these have few rows.

        With axes, shards of several chunks give their points again and again.

        The first one has η = 0 and the next η, because of what `parquet.statistics_of` says.
        """
        order = sorted(range(len(self._eta_of)), key=self._eta_of.__getitem__)
        fewest = max(_FEWEST_IN_GROUP, self._n_rows // _MOST_GROUPS)
        with pa.ipc.open_file(self._file) as reader:
            batches, n_rows = [], 0
            for eta, places in groupby(order, self._eta_of.__getitem__):
                of_eta = [reader.get_batch(k) for k in places]
                batches += of_eta
                n_rows += sum(map(len, of_eta))
                if eta > 0 and n_rows >= fewest:
                    yield self._sorted(batches)
                    batches, n_rows = [], 0
            if batches:
                yield self._sorted(batches)

    def _sorted(self, batches: list[pa.RecordBatch]) -> pa.Table:
        table = pa.Table.from_batches(batches)
        if not self._axes:
            return table
        return table.sort_by([(name, "ascending") for name in ("eta", *self._axes, "sample")])


def _texts(words: np.ndarray) -> pa.Array:
    return pa.array(words.tolist(), pa.string())
