"""The rows of a study on disk, for the parts of the paper that read them."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from syncsweep.config.eta import block_id
from syncsweep.config.physics import Physics
from syncsweep.layout import BlockFolder, study_folder
from syncsweep.paper.parts.part import StudyRows
from syncsweep.sample import Rows, SampleSolver
from syncsweep.sweep import description, shard


def solve(physics: Physics, etas: Sequence[float], samples: int) -> list[Rows]:
    """The rows of the first samples at some η."""
    solver = SampleSolver(physics, tuple(etas))
    return [solver.rows(sample) for sample in range(samples)]


def write_study(
    parent: Path,
    name: str,
    physics: Physics,
    rows: Mapping[tuple[float, ...], Sequence[Rows]],
    chunk_size: int = 7,
) -> StudyRows:
    """Write shards of the rows of each block; a block without rows is described alone."""
    folder = study_folder(parent, name, physics.digest)
    description.write(folder, name, physics, list(rows))
    for etas, of_block in rows.items():
        block = BlockFolder(folder / block_id(etas))
        for start in range(0, len(of_block), chunk_size):
            chunk = of_block[start : start + chunk_size]
            stop = start + len(chunk)
            identity = shard.Identity(name, physics.digest, block.path.name, etas, start, stop)
            shard.write_shard(block.shard(start, stop), shard.to_table(chunk), identity, {})
    names = [block_id(etas) for etas in rows]
    samples = max(1, *map(len, rows.values()))
    return StudyRows(folder=folder, blocks=names, samples=samples, chunk_size=chunk_size)
