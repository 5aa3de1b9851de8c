"""Read the rows that are valid now, while a sweep runs or after it was stopped; write nothing.

It reads shards of any chunk size and the parts of unfinished jobs, while workers write. Parts grow,
and shards appear as a whole. A part disappears only after a valid shard holds its rows.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa

from syncsweep.layout import BlockFolder
from syncsweep.sample_range import SampleRange
from syncsweep.sweep.description import Description, Unit
from syncsweep.sweep.parts import read_part
from syncsweep.sweep.row_table import RowsByUnit, unpacked
from syncsweep.sweep.shard import ShardError, read_shard
from syncsweep.tables import PRESENT_KEY
from syncsweep.tables.samples import SampleRows, sample_rows

#: A shard or a part, with the samples of its job.
_File = tuple[SampleRange, Path]


def read_present(
    folder: Path,
    described: Description,
    samples: int,
    on_damaged: Callable[[str], None],
    most: int | None = None,
) -> Iterator[SampleRows]:
    """Those of the samples 0 … samples−1 of a block that are valid now, each once.

    Those of each point are in order.

    folder: the study's folder of rows, which need not be there; most: read no more than these.
    `on_damaged` gets a line about each damaged shard; its rows are not there, unless another
    file holds them. At any time the rows of one shard are held.
    """
    return islice(_Reader(folder, described, on_damaged).samples(samples), most)


class _Reader:
    def __init__(
        self, folder: Path, described: Description, on_damaged: Callable[[str], None]
    ) -> None:
        self._described, self._on_damaged = described, on_damaged
        self._block = BlockFolder(folder / described.block)
        # Before the shards, so that a part that goes in between is replaced by a shard.
        self._parts = list(self._block.part_files())
        self._useless: set[Path] = set()
        self._list_shards()

    def _list_shards(self) -> None:
        shards = (shard for shard in self._block.shards() if shard[1] not in self._useless)
        self._waiting: deque[_File] = deque(shards)
        self._open: list[_File] = []

    def samples(self, stop: int) -> Iterator[SampleRows]:
        position = 0
        while position < stop:
            self._open_shards(position)
            if self._open:
                chosen = max(self._open, key=lambda shard: shard[0].stop)
                low, high = chosen[0]
                table = self._rows_of(chosen)
                if table is None:
                    self._open.remove(chosen)
                    continue
                high = min(high, stop)
                units = unpacked(self._described.units(SampleRange(low, chosen[0].stop)), table)
                ours = {unit: one for unit, one in units.items() if position <= unit.sample < high}
            else:
                high = self._next_edge(position, stop)
                found = self._rows_of_parts(position, high)
                if found is None:
                    self._list_shards()
                    continue
                ours = found
            if ours:
                together = pa.concat_tables([ours[unit] for unit in sorted(ours)])
                yield from sample_rows(together, self._described)
            position = high

    def _open_shards(self, position: int) -> None:
        """Have those shards in `_open` that hold the sample `position`."""
        while self._waiting and self._waiting[0][0].start <= position:
            self._open.append(self._waiting.popleft())
        self._open = [shard for shard in self._open if shard[0].stop > position]

    def _next_edge(self, position: int, stop: int) -> int:
        """Where the next shard begins, or a part does or ends, or all samples end."""
        shards = [self._waiting[0][0].start] if self._waiting else []
        of_parts = (edge for of_job, _ in self._parts for edge in of_job if edge > position)
        return min([stop, *shards, *of_parts])

    def _rows_of(self, shard: _File) -> pa.Table | None:
        """Rows of a shard; None if it is damaged or gone."""
        samples, path = shard
        try:
            return read_shard(path, self._described, samples)
        except ShardError as error:
            self._on_damaged(str(error))
        except FileNotFoundError:
            pass
        self._useless.add(path)
        return None

    def _rows_of_parts(self, start: int, stop: int) -> dict[Unit, pa.Table] | None:
        """Rows by unit of the parts of all jobs over these samples; None if a part is gone."""
        rows: dict[Unit, pa.Table] = {}
        for part in [part for part in self._parts if start in part[0].numbers()]:
            new, taken = RowsByUnit(), set(rows)
            try:
                for unit, table in read_part(part[1], self._described):
                    if start <= unit.sample < stop and unit not in taken:
                        new.add([unit], table)
                        taken.add(unit)
            except FileNotFoundError:
                self._parts.remove(part)
                return None
            rows |= unpacked(*new.packed())
        return rows


class Present:
    """The samples of a study that are valid now, as a source of tables.

    The first reading of a block decides which samples these are, so that all tables made of them
    are of the same ones.
    """

    def __init__(
        self,
        folder: Path,
        blocks: list[Description],
        samples: int,
        on_damaged: Callable[[str], None],
    ) -> None:
        """blocks: what the study asks for; see `read_present` for the others."""
        self.blocks, self.samples = blocks, samples
        self._folder, self._on_damaged = folder, on_damaged
        self._found: dict[str, set[Unit]] = {}

    def read(self, block: Description) -> Iterator[SampleRows]:
        """The samples of a block that were there at its first reading, in order."""
        before = self._found.get(block.block)
        found: set[Unit] = set()
        for rows in read_present(self._folder, block, self.samples, self._on_damaged):
            unit = Unit(rows.point, rows.sample)
            if before is None or unit in before:
                found.add(unit)
                yield rows
        self._found.setdefault(block.block, found)

    def any(self) -> bool:
        """Whether there is a sample in any block."""
        return any(
            True
            for block in self.blocks
            for _ in read_present(self._folder, block, self.samples, self._on_damaged, most=1)
        )

    def present(self) -> dict[str, int]:
        """Number of samples by name of the block, of the blocks that have been read.

        In a block of several points it is their mean, rounded down.
        """
        points = {block.block: len(block.points) for block in self.blocks}
        return {name: len(found) // points[name] for name, found in self._found.items()}

    def origin(self) -> dict[str, Any]:
        """That the rows are not all, and how many they are."""
        return {PRESENT_KEY: self.present()}
