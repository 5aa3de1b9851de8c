"""Reading the rows of a study, sample by sample, for the tables."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pyarrow as pa

from syncsweep.config.analysis import Analysis
from syncsweep.config.axes import Point
from syncsweep.config.chunks import chunks
from syncsweep.config.observables import ObservableCode
from syncsweep.config.physics import Physics
from syncsweep.layout import BlockFolder
from syncsweep.physics.chi import ChiSample
from syncsweep.physics.chi_sampling import sample_chi
from syncsweep.physics.diagnosis import Status
from syncsweep.physics.measures import Maximum
from syncsweep.physics.phase_distribution import frequencies_of
from syncsweep.sample.rows import FIELDS, Rows, unpack_coefficients
from syncsweep.sample.sample_solver import chi_shift
from syncsweep.sample_range import SampleRange
from syncsweep.sweep import description, row_table, shard
from syncsweep.sweep.description import Description, DescriptionError
from syncsweep.sweep.shard import ShardError
from syncsweep.sweep.takeover import clear_leftovers
from syncsweep.tables import ResultsError
from syncsweep.user_code.observable_columns import columns_of


@dataclass(frozen=True)
class SampleRows:
    """The rows of one sample at one point, all its η (n_eta,); see `rows.Rows`.

    coefficients: (n_eta, n_k), of S_d; error: the estimated error of S_d in units of the uniform
    density; status: strings; point: values of the axes; observables: values (n_eta,) by column,
    numbers or words.
    """

    sample: int
    coefficients: np.ndarray
    maximum: Maximum
    status: np.ndarray
    error: np.ndarray
    point: Point = ()
    observables: Mapping[str, np.ndarray] = field(default_factory=dict)

    @classmethod
    def from_rows(cls, rows: Rows) -> SampleRows:
        """Take what tables need from the rows of a sample."""
        return cls(
            int(rows.sample[0]),
            unpack_coefficients(rows.s_d),
            Maximum(rows.s_max, rows.angles),
            rows.status,
            _error(rows.residual, rows.condition),
            tuple(float(values[0]) for values in rows.axes.values()),
            rows.observables,
        )

    @cached_property
    def good(self) -> np.ndarray:
        """Whether the status is ok, (n_eta,)."""
        return self.status == str(Status.OK)

    @cached_property
    def s_max(self) -> np.ndarray:
        """S_max (n_eta,), and 0 where it is not larger than the estimated error of S_d."""
        is_error = self.maximum.s_max <= self.error * self.coefficients[:, 0].real
        return np.where(is_error, 0.0, self.maximum.s_max)


class Source(Protocol):
    """A source of the rows for tables.

    blocks: those of a study, with no η of a point in two of them; samples: number of its samples.
    """

    @property
    def blocks(self) -> list[Description]: ...  # noqa: D102

    @property
    def samples(self) -> int: ...  # noqa: D102

    def read(self, block: Description) -> Iterator[SampleRows]:
        """The rows of a block, those of each point in the order of the samples that exist."""

    def origin(self) -> dict[str, Any]:
        """What tables record about these rows, beside study, samples and physics; JSON values."""


@dataclass(frozen=True)
class Shards:
    """The samples 0 … samples−1 of a study, all of them, from its shards of one size.

    folder: folder of the study's rows; blocks: as `describe` returns them. A missing or damaged
    shard is a ResultsError. A damaged one is set aside, so that the next run makes it again.
    """

    folder: Path
    blocks: list[Description]
    samples: int
    chunk_size: int
    in_rounds: bool = False

    def read(self, block: Description) -> Iterator[SampleRows]:
        """All samples of a block in order."""
        return read_samples(
            self.folder, block, chunks(self.samples, self.chunk_size, self.in_rounds)
        )

    def origin(self) -> dict[str, Any]:
        """The code and the libraries that made the rows."""
        runs = [
            shard.read_run(BlockFolder(self.folder / block.block).shard(*range_of_samples))
            for block in self.blocks
            for range_of_samples in chunks(self.samples, self.chunk_size, self.in_rounds)
        ]
        kept = ("code", "libraries", "blas", "mpi")
        made_by = {
            json.dumps({name: run.get(name) for name in kept}, sort_keys=True) for run in runs
        }
        return {"rows_made_by": [json.loads(run) for run in sorted(made_by)]}


def describe(folder: Path, blocks: list[str]) -> list[Description]:
    """The descriptions of a study's blocks; ResultsError if one is unreadable or an η is in two.

    Points of a study may be in two: in blocks of a grid, and of a finer one. So may all its rows:
    with and without an observable, but not with two of one name.
    """
    try:
        found = [description.read(folder / block) for block in blocks]
    except DescriptionError as error:
        raise ResultsError(str(error)) from None
    for name in blocks:
        if blocks.count(name) > 1:
            raise ResultsError(f"{folder}: the block {name} is named twice; name it once")
    blocks_of_etas = dict.fromkeys(block.etas for block in found if not block.axes)
    etas = [eta for of_block in blocks_of_etas for eta in of_block]
    for eta in etas:
        if etas.count(eta) > 1:
            raise ResultsError(f"{folder}: η = {eta:g} is in two of the blocks; name it once")
    owners: dict[str, tuple[ObservableCode, str]] = {}
    for block in found:
        for code in block.observables:
            for name in code.columns:
                known, other = owners.setdefault(name, (code, block.block))
                if known != code:
                    raise ResultsError(
                        f"{folder}: {name} is from different code in {other} and {block.block}; "
                        "name the blocks that you want, or remove others with `syncsweep clean`"
                    )
    return found


def read_samples(
    folder: Path, described: Description, shards: Sequence[SampleRange]
) -> Iterator[SampleRows]:
    """The samples of some shards of a block; the shards are read one by one.

    The samples of each point are in order.
    """
    block = BlockFolder(folder / described.block)
    for chunk in shards:
        table = _read(block, described, chunk)
        clear_leftovers(block, chunk)  # a valid shard replaces them
        yield from sample_rows(table, described)
        print(
            f"{described.study}: {chunk.stop} of {shards[-1].stop} samples ({described.block})",
            flush=True,
        )


def sample_rows(table: pa.Table, described: Description) -> Iterator[SampleRows]:
    """The units of a table of rows of a block, in its order; each has n_eta consecutive rows."""
    columns = {column.name: row_table.column(table, column.name) for column in FIELDS}
    coefficients = unpack_coefficients(columns["s_d"])
    error = _error(columns["residual"], columns["condition"])
    axes = [row_table.column(table, name) for name in described.axes]
    names = (one.name for one in columns_of(described.observables))
    observables = {name: row_table.column(table, name) for name in names}
    n_eta = len(described.etas)
    for first in range(0, table.num_rows, n_eta):
        mine = slice(first, first + n_eta)
        yield SampleRows(
            int(columns["sample"][first]),
            coefficients[mine],
            Maximum(columns["s_max"][mine], columns["angles"][mine]),
            columns["status"][mine],
            error[mine],
            tuple(float(values[first]) for values in axes),
            {name: values[mine] for name, values in observables.items()},
        )


def _error(residual: np.ndarray, condition: np.ndarray) -> np.ndarray:
    """The estimated error of S_d of rows in units of the uniform density."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(residual / condition)


def _read(block: BlockFolder, described: Description, samples: SampleRange) -> pa.Table:
    path = block.shard(*samples)
    again = "run the same snakemake command again to compute it"
    try:
        return shard.read_shard(path, described, samples)
    except FileNotFoundError:
        raise ResultsError(f"{path}: is missing; {again}") from None
    except ShardError as error:
        try:
            kept = shard.set_aside(block, path)
        except FileNotFoundError:  # another reader was faster
            raise ResultsError(f"{error}; set aside; {again}") from None
        except OSError as failure:
            raise ResultsError(
                f"{error}; cannot be set aside ({failure.strerror}): remove it, then {again}"
            ) from None
        raise ResultsError(f"{error}; set aside as {kept}; {again}") from None


def chi_of_sample(physics: Physics, threshold: float, rows: SampleRows) -> ChiSample:
    """χ of one sample at each of its η, on the shifted grid that belongs to the sample.

    ValueError with `measure: absolute`.
    """
    if physics.measure == "absolute":
        raise ValueError("χ needs angle differences, but the measure of this study is absolute.")
    frequencies = frequencies_of(physics.model.spins, physics.measure)
    shift = chi_shift(physics.root_seed, rows.sample, frequencies.shape[1])
    return sample_chi(rows.coefficients, frequencies, rows.maximum, threshold, shift, rows.error)


def provenance_of(source: Source, analysis: Analysis) -> dict[str, object]:
    """What decides the content of tables, and what made their rows, without time and machine."""
    block = source.blocks[0]
    return {
        "study": block.study,
        "physics": block.physics.model_dump(mode="json"),
        "physics_hash": block.physics.digest,
        "samples": source.samples,
        "analysis": analysis.model_dump(mode="json"),
        **source.origin(),
    }
