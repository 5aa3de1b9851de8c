"""From shards to tables: averages and distributions over the realisations of a study.

Shards are read one after the other and verified; the realisations enter in the order of the
samples. So equal rows give equal files, byte by byte, whatever the chunk size.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel, ConfigDict, Field

from syncsweep.config import chunks
from syncsweep.config_physics import Physics
from syncsweep.config_results import Analysis
from syncsweep.files import replace_atomically
from syncsweep.layout import FAILURES_TABLE, TABLES, BlockFolder
from syncsweep.physics.measures import ChiSample, Maximum, sample_chi
from syncsweep.physics.phase_distribution import relative_frequencies
from syncsweep.physics.steady_state import Status
from syncsweep.provenance import code, libraries
from syncsweep.results import METADATA_KEY, ResultsError
from syncsweep.results.statistics import BlockStatistics, RunningCovariance, type_ratio
from syncsweep.sample import chi_shift, unpack_coefficients
from syncsweep.sweep import description, shard
from syncsweep.sweep.description import Description, DescriptionError
from syncsweep.sweep.shard import ShardError
from syncsweep.sweep.takeover import clear_leftovers, identity_of


class TablesError(ResultsError):
    """Tables that cannot be made; the message is one line for the user."""


class TablesRequest(BaseModel):
    """What `scripts/make_tables.py` is asked for."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    blocks: list[str] = Field(min_length=1)
    samples: int = Field(ge=1)
    chunk_size: int = Field(ge=1)
    analysis: Analysis


@dataclass(frozen=True)
class _Block:
    described: Description
    statistics: BlockStatistics


@dataclass(frozen=True)
class SampleRows:
    """The rows of one sample, all its η (n_eta,); see `sample.Rows`.

    coefficients: (n_eta, n_k), of S_d; error: the estimated error of S_d in units of the uniform
    density; status: strings.
    """

    sample: int
    coefficients: np.ndarray
    maximum: Maximum
    status: np.ndarray
    error: np.ndarray

    @property
    def good(self) -> np.ndarray:
        """Whether the status is ok, (n_eta,)."""
        return self.status == str(Status.OK)


def make_tables(
    folder: Path,
    blocks: list[str],
    samples: int,
    chunk_size: int,
    analysis: Analysis,
    output: Path,
) -> None:
    """Write the tables of samples 0 … samples−1 of a study's `blocks` into `output`.

    folder: the study's folder of rows; blocks: names of its block folders. Each name in
    `layout.TABLES` and the table of failures is written as Parquet and CSV once everything has been
    read. Raises TablesError if a shard is missing, or is damaged; a damaged one is set aside, so
    that it is computed again.
    """
    found, gathered, failures = describe(folder, blocks), [], []
    for described in found:
        statistics = BlockStatistics(len(described.etas), analysis)
        for rows in read_samples(folder, described, samples, chunk_size):
            _add_rows(statistics, described, analysis, rows)
            failures += _failures(described, rows)
        gathered.append(_Block(described, statistics))
    tables = {
        "summary": sorted_by_eta([_summary(block) for block in gathered]),
        "chi_histogram": sorted_by_eta([_chi_histogram(block) for block in gathered]),
        "s_max_histogram": sorted_by_eta([_s_max_histogram(block) for block in gathered]),
    }
    provenance = provenance_of(folder, found, samples, chunk_size, analysis)
    output.mkdir(parents=True, exist_ok=True)
    for name in TABLES:
        write_table(output / name, tables[name], provenance)
    failed = pd.DataFrame(failures, columns=["eta", "sample", "status", "error"])
    failed = failed.sort_values(["eta", "sample"], ignore_index=True)
    write_table(output / FAILURES_TABLE, failed, provenance)
    _warn_of_failures(found[0].study, failed, tables["summary"])


def describe(folder: Path, blocks: list[str]) -> list[Description]:
    """What the blocks of a study hold; TablesError if that cannot be told or an η stands in two."""
    try:
        found = [description.read(folder / block) for block in blocks]
    except DescriptionError as error:
        raise TablesError(str(error)) from None
    etas = [eta for described in found for eta in described.etas]
    for eta in etas:
        if etas.count(eta) > 1:
            raise TablesError(f"{folder}: η = {eta:g} stands in two of the blocks; name it once")
    return found


def read_samples(
    folder: Path, described: Description, samples: int, chunk_size: int
) -> Iterator[SampleRows]:
    """The samples 0 … samples−1 of a block in order, from its shards, which are read one by one."""
    block = BlockFolder(folder / described.block)
    n_eta = len(described.etas)
    for start, stop in chunks(samples, chunk_size):
        table = _read(block, described, start, stop)
        clear_leftovers(block, start, stop)  # a valid shard makes them needless
        coefficients = unpack_coefficients(shard.column(table, "s_d"))
        sample_of = shard.column(table, "sample")
        s_max, angles = shard.column(table, "s_max"), shard.column(table, "angles")
        status = shard.column(table, "status")
        with np.errstate(divide="ignore", invalid="ignore"):
            error = shard.column(table, "residual") / shard.column(table, "condition")
        for first in range(0, len(sample_of), n_eta):
            rows = slice(first, first + n_eta)
            maximum = Maximum(s_max[rows], angles[rows])
            yield SampleRows(
                int(sample_of[first]), coefficients[rows], maximum, status[rows], error[rows]
            )
        print(f"{described.study}: {stop} of {samples} samples ({described.block})", flush=True)


def _read(block: BlockFolder, described: Description, start: int, stop: int) -> pa.Table:
    path = block.shard(start, stop)
    again = "run the same snakemake command again to compute it"
    try:
        return shard.read_shard(path, identity_of(described, start, stop))
    except FileNotFoundError:
        raise TablesError(f"{path}: is missing; {again}") from None
    except ShardError as error:
        try:
            kept = shard.set_aside(path)
        except FileNotFoundError:  # another reader was faster
            raise TablesError(f"{error}; set aside; {again}") from None
        except OSError as failure:
            raise TablesError(
                f"{error}; cannot be set aside ({failure.strerror}): remove it, then {again}"
            ) from None
        raise TablesError(f"{error}; set aside as {kept}; {again}") from None


def _add_rows(
    statistics: BlockStatistics, described: Description, analysis: Analysis, rows: SampleRows
) -> None:
    chi = chi_of_sample(described.physics, analysis.threshold, rows)
    statistics.add(rows.good, rows.maximum.s_max, chi)


def chi_of_sample(physics: Physics, threshold: float, rows: SampleRows) -> ChiSample:
    """χ of one sample at each of its η, on the shifted grid that belongs to the sample."""
    frequencies = relative_frequencies(physics.model.spins)
    shift = chi_shift(physics.root_seed, rows.sample, frequencies.shape[1])
    return sample_chi(rows.coefficients, frequencies, rows.maximum, threshold, shift, rows.error)


def sorted_by_eta(frames: list[pd.DataFrame]) -> pd.DataFrame:
    """One table of all blocks, ascending in η; bins keep their order."""
    return pd.concat(frames).sort_values("eta", kind="stable", ignore_index=True)


def _summary(block: _Block) -> pd.DataFrame:
    """One row for each η: counts, means and standard errors (suffix _se); S_max in rad^−(N−1)."""
    statistics = block.statistics
    probabilities, s_max = statistics.probabilities, statistics.s_max
    return pd.DataFrame(
        {
            "eta": block.described.etas,
            "n": statistics.n,
            "failed": statistics.failed,
            **probability_columns(probabilities),
            "s_max_mean": s_max.mean[:, 0],
            "s_max_se": s_max.standard_error[:, 0],
            "undefined_chi": statistics.undefined_chi,
        }
    )


def probability_columns(probabilities: RunningCovariance) -> dict[str, np.ndarray]:
    """P_a and P₂/(3P₁) with their standard errors, as columns (n_eta,): p1, p1_se, … ratio_se."""
    mean, error = probabilities.mean, probabilities.standard_error
    columns: dict[str, np.ndarray] = {}
    for a in range(mean.shape[1]):
        columns |= {f"p{a + 1}": mean[:, a], f"p{a + 1}_se": error[:, a]}
    ratio = type_ratio(probabilities)
    return columns | {"ratio": ratio.value, "ratio_se": ratio.standard_error}


def _chi_histogram(block: _Block) -> pd.DataFrame:
    """One row for each η and bin: probability density of χ, with its standard error."""
    statistics = block.statistics
    edges, n_eta = statistics.chi_edges, len(block.described.etas)
    widths = np.diff(edges)
    return pd.DataFrame(
        {
            "eta": np.repeat(block.described.etas, len(widths)),
            "chi_low": np.tile(edges[:-1], n_eta),
            "chi_high": np.tile(edges[1:], n_eta),
            "density": (statistics.chi.mean / widths).ravel(),
            "density_se": (statistics.chi.standard_error / widths).ravel(),
        }
    )


def _s_max_histogram(block: _Block) -> pd.DataFrame:
    """One row for each η and bin [low, high) of S_max: good rows, and their share per decade.

    The first and last bin of an η reach from 0 and to infinity, so the counts add up to n; a share
    per decade has no meaning there and is NaN, as it is where no row is good.
    """
    statistics = block.statistics
    edges = np.concatenate([[0.0], statistics.s_max_edges, [np.inf]])
    decades = np.full(len(edges) - 1, np.nan)
    decades[1:-1] = np.diff(np.log10(statistics.s_max_edges))
    n = np.where(statistics.n > 0, statistics.n, np.nan)[:, None]
    n_eta = len(block.described.etas)
    return pd.DataFrame(
        {
            "eta": np.repeat(block.described.etas, len(decades)),
            "s_max_low": np.tile(edges[:-1], n_eta),
            "s_max_high": np.tile(edges[1:], n_eta),
            "count": statistics.s_max_counts.ravel(),
            "density": (statistics.s_max_counts / n / decades).ravel(),
        }
    )


def provenance_of(
    folder: Path, found: list[Description], samples: int, chunk_size: int, analysis: Analysis
) -> dict[str, object]:
    """What decides the content of the tables, and what made their rows: no time, no machine.

    The arguments are those of `make_tables`, with the blocks as `describe` gives them.
    """
    runs = [
        shard.read_run(BlockFolder(folder / described.block).shard(*range_of_samples))
        for described in found
        for range_of_samples in chunks(samples, chunk_size)
    ]
    kept = ("code", "libraries", "blas", "mpi")
    made_rows = {json.dumps({name: run.get(name) for name in kept}, sort_keys=True) for run in runs}
    physics = found[0].physics
    return {
        "study": found[0].study,
        "physics": physics.model_dump(mode="json"),
        "physics_hash": physics.digest,
        "samples": samples,
        "analysis": analysis.model_dump(mode="json"),
        "rows_made_by": [json.loads(run) for run in sorted(made_rows)],
    }


def write_table(stem: Path, frame: pd.DataFrame, provenance: dict[str, object]) -> None:
    """Write one table as <stem>.parquet and <stem>.csv, each atomically.

    provenance: what the table was made from; the code and the libraries that made it are added.
    """
    made_by = {"code": code(), "libraries": libraries("numpy", "scipy", "pandas", "pyarrow")}
    said = json.dumps({**provenance, "made_by": made_by}, sort_keys=True, ensure_ascii=False)
    metadata = {METADATA_KEY: said.encode()}
    table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(metadata)
    replace_atomically(
        stem.with_name(f"{stem.name}.parquet"),
        lambda path: pq.write_table(table, path.absolute(), compression="zstd"),
    )
    replace_atomically(
        stem.with_name(f"{stem.name}.csv"),
        lambda path: frame.to_csv(path, index=False, lineterminator="\n"),
    )


def _failures(described: Description, rows: SampleRows) -> list[tuple[float, int, str, float]]:
    """η, sample, status and estimated error of S_d, of the rows that are not good."""
    return [
        (described.etas[k], rows.sample, str(rows.status[k]), float(rows.error[k]))
        for k in np.flatnonzero(~rows.good)
    ]


def _warn_of_failures(study: str, failed: pd.DataFrame, summary: pd.DataFrame) -> None:
    """Say on stderr, in one line, which rows are not in the averages."""
    if len(failed):
        total = int((summary["n"] + summary["failed"]).sum())
        first = failed.iloc[0]
        print(
            f"warning: {study}: {len(failed)} of {total} rows failed, the first of them sample "
            f"{first['sample']} at η = {first['eta']:g} ({first['status']}); averages are over the "
            f"others, and {FAILURES_TABLE}.csv names them",
            file=sys.stderr,
        )
