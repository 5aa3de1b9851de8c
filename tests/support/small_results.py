"""A results folder of two small studies with tables, as the workflow leaves it."""

from dataclasses import asdict, replace
from functools import cache
from pathlib import Path

import numpy as np

from syncsweep.config.analysis import Analysis, LogBins, Ratio
from syncsweep.config.eta import block_id
from syncsweep.config.physics import Ensemble, Physics, Spin1Chain, SpinHalfPair
from syncsweep.layout import BlockFolder, paper_folder, study_folder, tables_folder
from syncsweep.sample import SampleSolver
from syncsweep.sample_range import SampleRange
from syncsweep.sweep import description
from syncsweep.sweep.description import Description
from syncsweep.sweep.parts import PartWriter
from syncsweep.sweep.shard import column, to_table, write_shard
from syncsweep.tables.samples import Shards, describe
from syncsweep.tables.summary import make_tables

ETAS = (0.0, 1e-3, 0.5)
SAMPLES, CHUNK = 5, 2
PAIR = Physics(model=SpinHalfPair(name="spin_half_pair"), ensemble=Ensemble(), root_seed=3)
CHAIN = Physics(
    model=Spin1Chain(name="spin1_chain", n_sites=2),
    ensemble=Ensemble(basis="orthonormal", rank=7, zeta_coh=0.5),
    root_seed=4,
)
STUDIES = {"chain": CHAIN, "pair": PAIR}


@cache
def rows_of(physics, samples=SAMPLES, etas=ETAS):
    """The rows of samples, one `Rows` each."""
    solver = SampleSolver(physics, etas)
    return tuple(solver.rows(sample) for sample in range(samples))


def block_of(results, study, physics, etas=ETAS):
    return BlockFolder(study_folder(results, study, physics.digest) / block_id(etas))


def put_shard(results, study, physics, rows, start, etas=ETAS):
    """Write rows of consecutive samples as a shard, which is described and whole."""
    description.write(study_folder(results, study, physics.digest), study, physics, [etas])
    samples = SampleRange(start, start + len(rows))
    path = block_of(results, study, physics, etas).shard(*samples)
    described = Description(study, physics, etas)
    write_shard(path, to_table(rows), described, samples, {"numpy": "2"})
    return path


def put_rows(results, study, physics, rows, chunk_size, etas=ETAS):
    """Write the rows of samples 0, 1, … as shards of a size, of which the last may be smaller."""
    return [
        put_shard(results, study, physics, rows[start : start + chunk_size], start, etas)
        for start in range(0, len(rows), chunk_size)
    ]


def put_part(results, study, physics, rows, job, attempt="0" * 12, rank=0, etas=ETAS):
    """Write rows of samples as the part of a rank; job: the samples of its shard, (start, stop)."""
    path = block_of(results, study, physics, etas).part(*job, attempt, rank)
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = PartWriter(path, Description(study, physics, etas))
    for sample in rows:
        writer.append(sample)
    writer.close()
    return path


def put_study(results, study, physics, samples=SAMPLES):
    return put_rows(results, study, physics, rows_of(physics)[:samples], CHUNK)


def put_tables(results, study, physics):
    bins = LogBins(low=1e-5, high=1e-1, count=5)
    # NaN at small η, where P₁ of the pair is 0.
    ratio = Ratio(numerator=2, denominator=1, meaning="how often χ is in 𝓘₂ for each time in 𝓘₁")
    analysis = Analysis(chi_bins=32, s_max_bins=bins, ratio=ratio)
    folder = study_folder(results, study, physics.digest)
    output = tables_folder(results, study)
    blocks = describe(folder, [block_id(ETAS)])
    make_tables(Shards(folder, blocks, SAMPLES, CHUNK), analysis, output)
    return output


def make_results(results: Path) -> Path:
    """Both studies, with tables of one of them also in place of a part of the paper."""
    for study, physics in STUDIES.items():
        put_study(results, study, physics)
        output = put_tables(results, study, physics)
    paper_folder(results).mkdir()
    for path in output.iterdir():
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


def changed(rows, index, **columns):
    """Rows with an amount added to a column's first entry at one η."""
    values = {name: array.copy() for name, array in asdict(rows).items() if name in columns}
    for name, amount in columns.items():
        values[name].reshape(len(ETAS), -1)[index, -1] += amount
    return replace(rows, **values)
