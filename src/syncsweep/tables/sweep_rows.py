"""Rows for a notebook: solve samples as the sweep does, and read rows and tables of results.

These functions write nothing, and verify all that they read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from syncsweep.config.physics import Physics
from syncsweep.config.study import Config
from syncsweep.layout import BlockFolder, block_folders, study_folders, tables_folder
from syncsweep.physics.phase_distribution import relative_frequencies
from syncsweep.sample import SampleSolver
from syncsweep.sweep.description import Description
from syncsweep.tables import ResultsError
from syncsweep.tables.integrity import problem_of_table
from syncsweep.tables.partial import read_present
from syncsweep.tables.samples import SampleRows, describe

_AGAIN = "run the same snakemake command again to make it"


@dataclass(frozen=True)
class SweepRows:
    """Rows of a study, one for each (sample, η), ascending in sample and then in η.

    study, physics: the study, and what decides its rows.

    frame: one line for each of the n rows, numbered from 0. Its columns are sample; eta, as
    configured (0 is the limit η → 0⁺); s_max [rad^{1−N}]; angle_1 … angle_{N−1} [rad], where S_d is
    largest; error, the estimated error of S_d in units of the uniform density; and status. Only
    rows whose status is "ok" enter the averages of a sweep. Others may hold NaN.

    coefficients: (n, n_k), complex, of S_d, in the order of the lines; frequencies: (n_k, N−1),
    integers.
    """

    study: str
    physics: Physics
    frame: pd.DataFrame
    coefficients: np.ndarray
    frequencies: np.ndarray


def solve_samples(config: Config, study: str, samples: Iterable[int]) -> SweepRows:
    """Solve samples of a study of a configuration exactly as the sweep does, for all its η.

    config: as `load_config` returns it. Sample i is the same for any number of samples, even if the
    study has fewer. On the same machine and with the same libraries, its rows are bit for bit those
    of the shards. If your own draws depend on the order of a set of text, start Python with
    PYTHONHASHSEED=0, as ranks do. A sample of three spin-1s takes a tenth of a second, after half a
    second for the model.

    Raises ResultsError if there is no such study, and ValueError for a negative sample. The code of
    your own model is run; if it fails, ConfigError says why in one line.
    """
    if study not in config.studies:
        raise ResultsError(f"there is no study {study!r}; studies are: {', '.join(config.studies)}")
    wanted = sorted(set(samples))
    if wanted and wanted[0] < 0:
        raise ValueError(f"Argument `samples` must hold numbers from 0, but holds {wanted[0]}.")
    physics, found = config.physics(study), []
    # Workers have one BLAS thread; with more, the last bits of a product may differ.
    with threadpool_limits(1, "blas"):
        for block in config.studies[study].eta_blocks:
            solver = SampleSolver(physics, block.etas)
            for sample in wanted:
                found.append((block.etas, SampleRows.from_rows(solver.rows(sample))))
    return _gather(study, physics, found)


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
    """
    folder = _folder_of(Path(results), study)
    names = _blocks_of(folder) if blocks is None else list(blocks)
    described = describe(folder, names)
    found = [row for block in described for row in _read_block(folder, block, samples)]
    if not found:
        raise ResultsError(f"{folder}: holds no rows; {_AGAIN}")
    return _gather(described[0].study, described[0].physics, found)


def read_table(results: str | Path, study: str, name: str) -> pd.DataFrame:
    """Read a table of a study, such as `summary`, and verify it against its CSV file.

    The table `samples` has none, and is verified against its checksums.

    ResultsError, in one line that names the file, if it is missing, damaged or changed.
    """
    stem = tables_folder(results, study) / name
    path = stem.with_name(f"{name}.parquet")
    if not path.exists():
        there = sorted(other.stem for other in stem.parent.glob("*.parquet"))
        raise ResultsError(f"{path}: is missing; existing tables: {', '.join(there) or 'none'}")
    problem = problem_of_table(stem)
    if problem:
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


def _gather(
    study: str, physics: Physics, found: list[tuple[tuple[float, ...], SampleRows]]
) -> SweepRows:
    """Put rows of samples, each with its values of η, into one order."""
    frequencies = relative_frequencies(physics.model.spins)
    n_k, n_angles = frequencies.shape
    angles = np.concatenate([np.empty((0, n_angles)), *(rows.maximum.angles for _, rows in found)])
    columns = {
        "sample": np.repeat([rows.sample for _, rows in found], [len(etas) for etas, _ in found]),
        "eta": np.concatenate([np.empty(0), *(etas for etas, _ in found)]),
        "s_max": np.concatenate([np.empty(0), *(rows.maximum.s_max for _, rows in found)]),
        **{f"angle_{j + 1}": angles[:, j] for j in range(n_angles)},
        "error": np.concatenate([np.empty(0), *(rows.error for _, rows in found)]),
        "status": np.concatenate([np.empty(0, object), *(rows.status for _, rows in found)]),
    }
    coefficients = np.concatenate(
        [np.empty((0, n_k), complex), *(rows.coefficients for _, rows in found)]
    )
    order = np.lexsort((columns["eta"], columns["sample"]))
    frame = pd.DataFrame({name: values[order] for name, values in columns.items()})
    return SweepRows(study, physics, frame, coefficients[order], frequencies)
