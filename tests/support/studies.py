"""Small studies on disk as the workflow leaves them: descriptions, shards, parts and tables."""

import shutil
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path

import numpy as np

from syncsweep.config.analysis import Analysis, LogBins, Ratio
from syncsweep.config.blocks import Block as EtaBlock
from syncsweep.config.physics import Ensemble, Physics, Spin1Chain, SpinHalfPair
from syncsweep.layout import BlockFolder, paper_folder, study_folder, tables_folder
from syncsweep.paper.parts.part import StudyRows
from syncsweep.sample.rows import FIELDS, Rows
from syncsweep.sample.sample_solver import SampleSolver
from syncsweep.sample_range import SampleRange
from syncsweep.sweep import description
from syncsweep.sweep.description import Description
from syncsweep.sweep.parts import PartWriter
from syncsweep.sweep.row_table import column, to_table
from syncsweep.sweep.shard import write_shard
from syncsweep.tables.registry import table_jobs
from syncsweep.tables.samples import Shards, describe

ETAS = (0.0, 1e-3, 0.5)
SAMPLES, CHUNK = 5, 2
PAIR = Physics(model=SpinHalfPair(name="spin_half_pair"), ensemble=Ensemble(), root_seed=3)
CHAIN = Physics(
    model=Spin1Chain(name="spin1_chain", n_sites=2),
    ensemble=Ensemble(basis="orthonormal", rank=7, zeta_coh=0.5),
    root_seed=4,
)
STUDIES = {"chain": CHAIN, "pair": PAIR}

#: With a ratio that is NaN at small η, where P₁ of the pair is 0.
ANALYSIS = Analysis(
    chi_bins=32,
    s_max_bins=LogBins(low=1e-5, high=1e-1, count=5),
    ratio=Ratio(numerator=2, denominator=1, meaning="how often χ is in 𝓘₂ for each time in 𝓘₁"),
)


@cache
def _solver(physics, etas):
    return SampleSolver(physics, etas)


@cache
def _rows_of_sample(physics, etas, sample):
    return _solver(physics, etas).rows(sample)


def rows_of(physics, samples=SAMPLES, etas=ETAS):
    """The rows of samples, one `Rows` each; solved once in each process."""
    return tuple(_rows_of_sample(physics, etas, sample) for sample in range(samples))


def changed(rows, index, **columns):
    """Rows with an amount added to a column's last entry at one η."""
    values = {name: array.copy() for name, array in asdict(rows).items() if name in columns}
    for name, amount in columns.items():
        values[name].reshape(len(rows.eta), -1)[index, -1] += amount
    return replace(rows, **values)


def blocks_of(study, physics, etas):
    """Blocks of a study without axes, one for each tuple of η."""
    return [Description(study, physics, of_block) for of_block in etas]


def block_of(results, study, physics, etas=ETAS):
    return BlockFolder(study_folder(results, study, physics.digest) / EtaBlock(etas).id)


def put_shard(results, study, physics, rows, start, etas=ETAS, run=None):
    """Write rows of consecutive samples as a shard, which is described and whole."""
    description.write(
        study_folder(results, study, physics.digest), blocks_of(study, physics, [etas])
    )
    samples = SampleRange(start, start + len(rows))
    path = block_of(results, study, physics, etas).shard(*samples)
    described = Description(study, physics, etas)
    write_shard(path, to_table(rows), described, samples, run or {"numpy": "2"})
    return path


def put_part(results, study, physics, rows, job, attempt="0" * 12, rank=0, etas=ETAS, of=None):
    """Write rows of samples as the part of a rank; job: the samples of its shard, (start, stop).

    of: the block that the file says it is of, if that is another one.
    """
    path = block_of(results, study, physics, etas).part(*job, attempt, rank)
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = PartWriter(path, of or Description(study, physics, etas))
    for sample in rows:
        writer.append(sample)
    writer.close()
    return path


def as_older_versions_left_it(results):
    """Put what jobs keep beside the shards, as older versions did; returns these files."""
    jobs = Path(results) / "jobs"
    moved = []
    for path in sorted(path for path in jobs.rglob("*") if path.is_file()):
        old = Path(results) / path.relative_to(jobs)
        old.parent.mkdir(parents=True, exist_ok=True)
        moved.append(path.rename(old))
    shutil.rmtree(jobs)
    return moved


class StudyOnDisk:
    """A study whose blocks are solved: described, in shards of `chunk_size` samples.

    rows: of the samples of each block, by its values of η; a block without rows has no shards.
    run_of: what the shard from a sample on says of its making.
    """

    def __init__(self, results, name, physics, rows, chunk_size=CHUNK, run_of=None):
        self.results, self.chunk_size = Path(results), chunk_size
        self.folder = study_folder(results, name, physics.digest)
        self.blocks = [EtaBlock(etas).id for etas in rows]
        self.samples = max(1, *map(len, rows.values()))
        description.write(self.folder, blocks_of(name, physics, list(rows)))
        for etas, samples in rows.items():
            for start in range(0, len(samples), chunk_size):
                chunk = samples[start : start + chunk_size]
                run = run_of(start) if run_of else None
                put_shard(results, name, physics, chunk, start, etas, run)
        self.output = tables_folder(results, name)

    @property
    def shards(self):
        """Its rows as tables are made from them."""
        return Shards(
            self.folder, describe(self.folder, self.blocks), self.samples, self.chunk_size
        )

    @property
    def request(self):
        """Its rows as a part of the paper asks for them."""
        return StudyRows(
            folder=self.folder,
            blocks=self.blocks,
            samples=self.samples,
            chunk_size=self.chunk_size,
        )

    def tables(self, analysis=ANALYSIS, output=None):
        """Every table that an analysis asks for; returns their folder."""
        output = output or self.output
        for job in table_jobs(analysis):
            job.make(self.shards, analysis, output)
        return output


class Block:
    """A block of the pair and what jobs have left there of its rows."""

    def __init__(self, results, samples):
        self.results, self.rows = results, rows_of(PAIR, samples)
        self.folder = block_of(results, "pair", PAIR)
        self.described = Description("pair", PAIR, ETAS)

    def shard(self, start, stop):
        return put_shard(self.results, "pair", PAIR, self.rows[start:stop], start)

    def part(self, start, stop, samples, rows=None, **options):
        """What one rank of an attempt has solved of the samples start … stop−1; see `put_part`."""
        chosen = [(rows or self.rows)[sample] for sample in samples]
        return put_part(self.results, "pair", PAIR, chosen, (start, stop), **options)


def make_results(results: Path) -> Path:
    """Both studies, with tables of one of them also in place of a part of the paper."""
    for study, physics in STUDIES.items():
        output = StudyOnDisk(results, study, physics, {ETAS: rows_of(physics)}).tables()
    paper_folder(results).mkdir()
    for path in sorted({*output.iterdir()} - {output / "samples.parquet"}):
        (paper_folder(results) / path.name).write_bytes(path.read_bytes())
    return results


def assert_same(one, other):
    """Assert that two tables of rows have equal columns, bit by bit."""
    assert one.column_names == other.column_names
    for name in one.column_names:
        left, right = column(one, name), column(other, name)
        assert (left.dtype, left.shape) == (right.dtype, right.shape)
        if left.dtype == object:
            assert left.tolist() == right.tolist()
        else:
            assert np.ascontiguousarray(left).tobytes() == np.ascontiguousarray(right).tobytes()


def assert_bit_equal(one: Rows, other: Rows) -> None:
    """Two rows with the same types, shapes and bits."""
    for field in FIELDS:
        left, right = getattr(one, field.name), getattr(other, field.name)
        assert (left.dtype, left.shape) == (right.dtype, right.shape), field.name
        assert left.tobytes() == right.tobytes(), field.name
