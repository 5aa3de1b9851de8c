"""P_a at a few η: from the table of a finished study, or else from the existing samples."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from syncsweep.layout import tables_folder
from syncsweep.status.census import Problem
from syncsweep.status.overview import BlockStatus
from syncsweep.status.requested import AskedBlock
from syncsweep.tables import ResultsError
from syncsweep.tables.freshness import said_by
from syncsweep.tables.integrity import problem_of_table
from syncsweep.tables.reading import read_table

#: Without the table, the largest number of samples by number of spins. With these P_a takes only
#: seconds: χ of a row takes up to 5 ms for four spins, and 0.1 s for six.
_MOST = {2: 2000, 3: 2000, 4: 50, 5: 50, 6: 20}


@dataclass(frozen=True)
class Estimate:
    """P_a of a study at one η with their errors, one for each interval, from `samples` samples.

    lows, highs: ends of intervals of one standard error. All are NaN without a sample. The standard
    errors are NaN with one sample too.
    """

    eta: float
    samples: int
    values: tuple[float, ...]
    standard_errors: tuple[float, ...]
    lows: tuple[float, ...]
    highs: tuple[float, ...]


def few_etas(etas: Sequence[float]) -> list[float]:
    """The smallest, the middle and the largest."""
    ordered = sorted(etas)
    return sorted({ordered[0], ordered[len(ordered) // 2], ordered[-1]})


class Probabilities:
    """Estimates of P_a, computed again only after new samples that can enter them."""

    def __init__(self) -> None:
        self._known: dict[Path, tuple[int, list[Estimate], list[Problem]]] = {}

    def of_study(self, blocks: Sequence[BlockStatus]) -> tuple[list[Estimate], list[Problem]]:
        """Estimates at a few η of a study's blocks, ascending in η, and what is damaged.

        There are none without intervals of χ, or for a study with axes. If they come from the
        study's table, no row is read.
        """
        blocks = [
            block
            for block in blocks
            if block.asked.analysis.chi_intervals and not block.asked.described.axes
        ]
        if not blocks:
            return [], []
        chosen = few_etas([eta for block in blocks for eta in block.asked.described.etas])
        if from_table := _from_table(blocks, chosen):
            return from_table, []
        estimates: list[Estimate] = []
        problems: list[Problem] = []
        for block in blocks:
            etas = [eta for eta in chosen if eta in block.asked.described.etas]
            if etas:
                of_block, damaged = self._of_block(block, etas)
                estimates += of_block
                problems += damaged
        return sorted(estimates, key=lambda estimate: estimate.eta), problems

    def _of_block(
        self, block: BlockStatus, etas: list[float]
    ) -> tuple[list[Estimate], list[Problem]]:
        folder, usable = block.asked.folder.path, min(block.done, _most(block.asked))
        if folder not in self._known or self._known[folder][0] != usable:
            from syncsweep.status.present_probabilities import estimate  # loads much

            self._known[folder] = (usable, *estimate(block.asked, etas, _most(block.asked)))
        return self._known[folder][1:]


def _most(asked: AskedBlock) -> int:
    return _MOST[len(asked.described.physics.model.spins)]


def _from_table(blocks: Sequence[BlockStatus], etas: list[float]) -> list[Estimate]:
    """Estimates from `summary`, if it is of all the study's samples and these are in shards.

    The CSV file beside it must hold the same, because Parquet may not notice a damaged number.
    """
    asked = blocks[0].asked
    physics, study = asked.described.physics, asked.described.study
    path = tables_folder(asked.folder.path.parents[1], study) / "summary.parquet"
    wanted = {
        "study": study,
        "physics_hash": physics.digest,
        "samples": asked.ranges[-1].stop,
        "analysis": asked.analysis.model_dump(mode="json"),
    }
    if not all(block.census.in_shards == block.asked.samples for block in blocks):
        return []
    said = said_by(path)
    if any(said.get(name) != value for name, value in wanted.items()):
        return []
    if problem_of_table(path.with_suffix("")):
        return []
    try:
        rows = {row["eta"]: row for row in read_table(path).to_pylist()}
        return [_in_row(rows[eta], len(asked.analysis.chi_intervals)) for eta in etas]
    except (ResultsError, LookupError, TypeError):  # another version made it, or it is damaged
        return []


def _in_row(row: dict[str, Any], width: int) -> Estimate:
    """The estimate in a row of `summary`; width: number of intervals."""
    columns = (
        tuple(
            math.nan if row[f"p{a + 1}{end}"] is None else row[f"p{a + 1}{end}"]
            for a in range(width)
        )
        for end in ("", "_se", "_low", "_high")
    )
    return Estimate(row["eta"], row["n"] - row["undefined_chi"], *columns)
