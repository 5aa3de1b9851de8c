"""The rows of a study on disk, for the parts of the paper that read them."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from studies import StudyOnDisk, rows_of

from syncsweep.config.physics import Physics
from syncsweep.paper.parts.part import StudyRows
from syncsweep.sample import Rows


def solve(physics: Physics, etas: Sequence[float], samples: int) -> list[Rows]:
    """The rows of the first samples at some η."""
    return list(rows_of(physics, samples, tuple(etas)))


def write_study(
    parent: Path,
    name: str,
    physics: Physics,
    rows: Mapping[tuple[float, ...], Sequence[Rows]],
    chunk_size: int = 7,
) -> StudyRows:
    """Write shards of the rows of each block; a block without rows is described alone."""
    return StudyOnDisk(parent, name, physics, rows, chunk_size).request
