"""Rows for a notebook: solve samples as the sweep does, and read rows and tables of results.

These functions write nothing, and verify all that they read. The measures of rows are computed by
the functions that make the tables.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from syncsweep.columns import Columns
from syncsweep.config.analysis import check_intervals
from syncsweep.config.axes import column_of
from syncsweep.config.configuration import Config
from syncsweep.config.physics import Physics
from syncsweep.layout import BlockFolder, block_folders, study_folders, tables_folder
from syncsweep.physics import arguments
from syncsweep.physics.chi import ChiSample, interval_probabilities
from syncsweep.physics.diagnosis import Status
from syncsweep.physics.measures import Maximum
from syncsweep.physics.phase_distribution import evaluate
from syncsweep.sample.rows import MOST_UNITS
from syncsweep.sample.sample_solver import SampleSolver
from syncsweep.sweep import description
from syncsweep.sweep.description import Description
from syncsweep.sweep.row_table import to_table
from syncsweep.tables import ResultsError
from syncsweep.tables.dataset import angle_columns, dataset_of, gathered
from syncsweep.tables.integrity import problem_of_table
from syncsweep.tables.partial import read_present
from syncsweep.tables.registry import SUMMARY, kinds_of
from syncsweep.tables.samples import SampleRows, chi_of_sample, describe, sample_rows
from syncsweep.user_code.observable_columns import columns_of

if TYPE_CHECKING:
    import xarray

_AGAIN = "run the same snakemake command again to make it"


@dataclass(frozen=True)
class SweepRows:
    """Rows of a study, one for each (sample, η), ascending in sample and then in η.

    A study with axes has them for each point; they ascend in the axes first.

    study, physics: the study, and what decides its rows.

    frame: one line for each of the n rows, numbered from 0. Its columns are sample; eta, as
    configured (0 is the limit η → 0⁺); the axes of the study; s_max [rad^{1−N}]; angle_1 …
    angle_{N−1} [rad], where S_d is largest; error, the estimated error of S_d in units of the
    uniform density; status; and the columns of the observables. You may add columns; copy the frame
    before you sort or filter it.

    coefficients: (n, n_k), complex, of S_d, in the order of the lines; frequencies: (n_k, N−1),
    integers. With `measure: absolute` these are of S of the N angles [rad^{−N}], and there is no χ.
    observables: what their columns mean.

    Only rows whose status is "ok" enter the averages of a sweep. Others may hold NaN. What the
    methods give is NaN for them, so means over samples that leave out NaN are those of the tables.

    >>> rows = sync.solve_samples(config, "spin_half_pair", range(3))
    >>> rows.frame.query("eta == 0").round(4)
        sample  eta   s_max  angle_1  error status
    0        0  0.0  0.0226   3.1416    0.0     ok
    22       1  0.0  0.0116   3.1416    0.0     ok
    44       2  0.0  0.0223   3.1416    0.0     ok
    """

    study: str
    physics: Physics
    frame: pd.DataFrame
    coefficients: np.ndarray
    frequencies: np.ndarray
    observables: Columns = ()

    def chi(self, threshold: float) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Values of χ (Eqs. 9, D6) and their weights, (n_points,) each, row by row.

        threshold: r in (0, 1), see `sample_chi`; the grid has the shift of the sample, as for the
        tables. The weights of a row add up to one. Both are one NaN where χ is undefined: where the
        status is not ok, or S_max is not above the error. ValueError.

        >>> chi, weights = next(rows.chi(threshold=0.95))
        >>> print(f"{chi @ weights:.2f}")  # the mean
        0.95
        """
        threshold = arguments.fraction("Argument `threshold`", threshold)
        return (
            (chi.chi[weights > 0], weights[weights > 0])
            if is_defined
            else (np.array([np.nan]), np.array([np.nan]))
            for _, chi, defined in self._chi(threshold)
            for weights, is_defined in zip(chi.weights, defined, strict=True)
        )

    def probabilities(
        self, threshold: float, intervals: Sequence[tuple[float, float]]
    ) -> np.ndarray:
        """P_a of each row, (n, n_intervals): the probability that χ lies in the interval a.

        threshold: as for `chi`; intervals: [low, high] within [0, 1], which do not overlap. NaN
        where χ is undefined. The means over samples are p1, p2, … of the table `summary`, if both
        arguments are those of the study's analysis. 10⁴ samples take as long as the tables do.
        ValueError.

        >>> analysis = config.studies["spin_half_pair"].analysis
        >>> p = rows.probabilities(analysis.threshold, analysis.intervals)
        >>> rows.frame[["p1", "p2", "p3"]] = p
        >>> rows.frame.groupby("eta")["p3"].mean().round(2).iloc[[0, -1]].tolist()
        [1.0, 0.08]
        """
        threshold = arguments.fraction("Argument `threshold`", threshold)
        found = arguments.numbers("Argument `intervals`", intervals, "n_intervals", 2)
        pairs = [(low, high) for low, high in found.tolist()]
        check_intervals("Argument `intervals`", pairs)
        p = np.full((len(self.frame), len(pairs)), np.nan)
        for lines, chi, defined in self._chi(threshold):
            p[lines[defined]] = interval_probabilities(chi.chi, chi.weights[defined], pairs)
        return p

    def phase_distribution(self, angles: Any) -> np.ndarray:
        """S_d of each row at `angles` (n_points, N−1) in rad, (n, n_points) in rad^{1−N} (Eq. 2).

        NaN where the status is not ok. ValueError.

        >>> rows.phase_distribution([[0], [np.pi]])[0].round(3)
        array([0.137, 0.182])
        """
        s_d = evaluate(self.coefficients, self.frequencies, angles)
        s_d[(self._frame()["status"] != Status.OK).to_numpy()] = np.nan
        return s_d

    def to_xarray(self) -> xarray.Dataset:
        """The rows as a Dataset of xarray, with dimensions sample, eta, angle and frequency.

        s_max, error, status: (sample, eta); angles: (sample, eta, angle); coefficients: (sample,
        eta, frequency), and their frequencies: (frequency, angle). Columns that you have added to
        `frame` are there too. The attributes name units, meanings and what decides the rows.

        As in the table `samples`, s_max is 0 where it is not above its error. s_max, angles and
        coefficients are NaN where the status is not ok, and where a row has not been solved yet;
        there the status is "". NetCDF 3 holds no complex numbers: leave out `coefficients` in it.
        ImportError without xarray: `pip install xarray`.

        >>> dataset = rows.to_xarray()
        >>> dict(dataset.sizes)
        {'sample': 3, 'eta': 22, 'angle': 1, 'frequency': 2}
        >>> print(f"{dataset.s_max.sel(eta=0).mean('sample'):.4f}")
        0.0188
        """
        s_max = np.concatenate([np.empty(0), *(rows.s_max for _, rows in self._samples())])
        frame = self.frame.assign(s_max=s_max)
        return dataset_of(
            self.study,
            self.physics,
            frame,
            self.coefficients,
            self.frequencies,
            self.observables,
        )

    def _frame(self) -> pd.DataFrame:
        """The frame; ValueError if its lines are no longer where their coefficients are."""
        keys = [*map(column_of, self.physics.axes), "sample", "eta"]
        kept = [*keys, "s_max", *angle_columns(self.frequencies), "error", "status"]
        for name in kept:
            if name not in self.frame:
                raise ValueError(
                    f"`frame` must keep its column {name}; copy it before you drop it."
                )
        values = [self.frame[name].to_numpy() for name in reversed(keys)]
        is_sorted = np.array_equal(np.lexsort(values), np.arange(len(self.frame)))
        is_numbered = self.frame.index.equals(pd.RangeIndex(len(self.coefficients)))
        if not (is_numbered and is_sorted):
            raise ValueError(
                "`frame` must have its lines in their order: copy it before you sort or filter it."
            )
        return self.frame

    def _samples(self) -> Iterator[tuple[np.ndarray, SampleRows]]:
        """For each sample the numbers of its lines, and its rows as tables are made from them."""
        frame = self._frame()
        angles = frame[angle_columns(self.frequencies)].to_numpy()
        status = frame["status"].to_numpy(str)
        sample, s_max, error = (frame[name].to_numpy() for name in ("sample", "s_max", "error"))
        keys = frame[[*map(column_of, self.physics.axes), "sample"]].to_numpy()
        changes = np.flatnonzero(np.any(np.diff(keys, axis=0), axis=1)) + 1
        for lines in np.split(np.arange(len(sample)), changes):
            if len(lines):
                maximum = Maximum(s_max[lines], angles[lines])
                coefficients = self.coefficients[lines]
                number = int(sample[lines[0]])
                yield lines, SampleRows(number, coefficients, maximum, status[lines], error[lines])

    def _chi(self, threshold: float) -> Iterator[tuple[np.ndarray, ChiSample, np.ndarray]]:
        """The lines of each sample, its χ, and in which lines it counts."""
        for lines, rows in self._samples():
            chi = chi_of_sample(self.physics, threshold, rows)
            yield lines, chi, rows.good & chi.is_defined


def solve_samples(config: Config, study: str, samples: Iterable[int]) -> SweepRows:
    """Solve samples of a study of a configuration exactly as the sweep does, for all its η.

    config: as `load_config` returns it. Sample i is the same for any number of samples, even if the
    study has fewer. On the same machine and with the same libraries, its rows are bit for bit those
    of the shards. If your own draws depend on the order of a set of text, start Python with
    PYTHONHASHSEED=0, as ranks do. A sample of three spin-1s takes a tenth of a second, after half a
    second for the model.

    Raises ResultsError if there is no such study, and ValueError for a negative sample. The code of
    your own model is run; if it fails, ConfigError says why in one line.

    >>> rows = sync.solve_samples(config, "spin_half_pair", samples=[7])
    >>> print(f"{rows.frame['s_max'].iloc[0]:.4f}")
    0.0219
    """
    if study not in config.studies:
        raise ResultsError(f"there is no study {study!r}; studies are: {', '.join(config.studies)}")
    wanted = sorted(set(samples))
    if wanted and wanted[0] < 0:
        raise ValueError(f"Argument `samples` must hold numbers from 0, but holds {wanted[0]}.")
    physics, found = config.physics(study), []
    # Workers have one BLAS thread; with more, the last bits of a product may differ.
    with threadpool_limits(1, "blas"):
        for block in description.describe(config, study):
            solver = SampleSolver(physics, block.etas, block.observables)
            units = [*product(block.points, wanted)]
            for first in range(0, len(units), MOST_UNITS):
                table = to_table([solver.rows_of(units[first : first + MOST_UNITS])])
                found += [(block.etas, one) for one in sample_rows(table, block)]
    return SweepRows(
        study, physics, *gathered(physics, found), columns_of(config.observables(study))
    )


def read_rows(
    results: str | Path,
    study: str,
    samples: int | None = None,
    blocks: Sequence[str] | None = None,
) -> SweepRows:
    """Read all rows of a study that are valid now, while its sweep runs or afterwards.

    results: the results folder; study: its name, or the name of its folder, `<name>-<hash>`. Give
    the latter if several folders have one name, for example with several seeds.

    samples: read only the samples 0 … samples−1; None means all. blocks: names of the folders of
    its η-blocks; None means all. No two blocks may share an η.

    Shards and the parts of unfinished jobs are read one by one and verified against their digests.
    The code of your own model is not run. ResultsError, in one line that names the file, if a file
    is damaged or unreadable, or if there are no rows. The 10⁴ samples of the chain take 70 MB, and
    three times as much while they are read.

    >>> rows = sync.read_rows("results", "spin_half_pair", samples=3)
    >>> len(rows.frame)
    66
    """
    folder = _folder_of(Path(results), study)
    names = _blocks_of(folder) if blocks is None else list(blocks)
    described = describe(folder, names)
    found = [row for block in described for row in _read_block(folder, block, samples)]
    if not found:
        raise ResultsError(f"{folder}: holds no rows; {_AGAIN}")
    first = described[0]
    rows = gathered(first.physics, found)
    columns = dict.fromkeys(one for block in described for one in columns_of(block.observables))
    return SweepRows(first.study, first.physics, *rows, tuple(columns))


def read_table(results: str | Path, study: str, name: str) -> pd.DataFrame:
    """Read a table of a study, such as `summary`, and verify it against its CSV file.

    The table `samples` has none. It is verified against the checksum that `summary` records.

    ResultsError, in one line that names the file, if it is missing, damaged or changed.

    >>> summary = sync.read_table("results", "spin_half_pair", "summary")
    >>> print(f"{summary['p3'].iloc[0]:.2f}")  # P₃ at η → 0⁺
    1.00
    """
    stem = tables_folder(results, study) / name
    path = stem.with_name(f"{name}.parquet")
    if not path.exists():
        there = sorted(other.stem for other in stem.parent.glob("*.parquet"))
        raise ResultsError(f"{path}: is missing; existing tables: {', '.join(there) or 'none'}")
    verified = [stem] if "csv" in kinds_of(name) else [stem.with_name(SUMMARY.name), stem]
    for problem in filter(None, map(problem_of_table, verified)):
        raise ResultsError(f"{problem}; {_AGAIN}")
    return pd.read_parquet(path)


def _folder_of(results: Path, study: str) -> Path:
    """The one folder of a study in a results folder."""
    try:
        names = [folder.name for folder in study_folders(results)]
    except OSError as error:
        raise ResultsError(f"{results}: cannot be read ({error.strerror})") from None
    of_study = [name for name in names if study in (name, name.rpartition("-")[0])]
    if len(of_study) == 1:
        return results / of_study[0]
    if of_study:
        raise ResultsError(
            f"{results}: has several folders of {study}; give one of them: {', '.join(of_study)}"
        )
    there = ", ".join(sorted({name.rpartition("-")[0] for name in names})) or "none"
    raise ResultsError(f"{results}: holds no study {study!r}; its studies are: {there}")


def _blocks_of(folder: Path) -> list[str]:
    names = [block.path.name for block in block_folders(folder)]
    if not names:
        raise ResultsError(f"{folder}: holds no rows; {_AGAIN}")
    return names


def _read_block(
    folder: Path, block: Description, samples: int | None
) -> Iterator[tuple[tuple[float, ...], SampleRows]]:
    """The rows of a block by sample, with its values of η."""

    def refuse(damage: str) -> None:
        raise ResultsError(f"{damage}; {_AGAIN}")

    lying = BlockFolder(folder / block.block)
    ends = [of_job.stop for of_job, _ in (*lying.shards(), *lying.part_files())]
    most = max(ends, default=0) if samples is None else samples
    for rows in read_present(folder, block, most, refuse):
        yield block.etas, rows
