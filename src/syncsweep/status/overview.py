"""The progress of studies at one moment: counts, launches, costs and the time left."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from syncsweep.status.census import BlockCounter, Census, Problem
from syncsweep.status.expected import Expected
from syncsweep.status.launches import Launch, find_launches
from syncsweep.status.requested import AskedBlock
from syncsweep.status.time_left import (
    WINDOW,
    Block,
    Cost,
    sample_costs,
    samples_per_second,
    time_left,
)


@dataclass(frozen=True)
class BlockStatus:
    """The progress of a block; cost: rank-seconds of a sample."""

    asked: AskedBlock
    census: Census
    launches: tuple[Launch, ...]
    cost: Cost
    samples_per_second: float

    @property
    def done(self) -> int:
        """Samples in shards and in parts."""
        return self.census.in_shards + self.census.in_parts

    @property
    def missing(self) -> int:
        """Samples still to be solved."""
        return self.asked.samples - self.done

    @property
    def at_work(self) -> list[Launch]:
        """The launches that have not ended."""
        return [launch for launch in self.launches if launch.at_work]

    @property
    def core_seconds_used(self) -> float:
        """CPU time of all launches, with those that were killed."""
        said = sum(launch.core_seconds or 0.0 for launch in self.launches)
        silent = (launch.solved for launch in self.launches if launch.core_seconds is None)
        return said + self.core_seconds_per_sample * sum(silent)

    @property
    def core_seconds_left(self) -> float:
        """CPU time that the missing samples should take."""
        return self.core_seconds_per_sample * self.missing

    @property
    def core_seconds_per_sample(self) -> float:
        """CPU time of a sample from the records of launches, or else its rank-seconds."""
        said = [launch for launch in self.launches if launch.core_seconds is not None]
        solved = sum(launch.solved for launch in said)
        if not solved:
            return self.cost.seconds
        return sum(launch.core_seconds or 0.0 for launch in said) / solved


@dataclass(frozen=True)
class Overview:
    """The progress of all blocks at a time [s since the epoch].

    time_left: seconds until the last sample, see `time_left`; None if no rank has worked yet.
    """

    time: float
    blocks: tuple[BlockStatus, ...]
    time_left: Expected | None
    problems: tuple[Problem, ...]

    @property
    def samples(self) -> int:
        """Number of requested samples; a sample of two blocks counts twice."""
        return sum(block.asked.samples for block in self.blocks)

    @property
    def done(self) -> int:
        """Number of the existing ones among them."""
        return sum(block.done for block in self.blocks)

    @property
    def work(self) -> float:
        """CPU time that all samples should take by the configuration [s]."""
        return sum(block.asked.core_seconds * block.asked.samples for block in self.blocks)

    @property
    def work_done(self) -> float:
        """The same for the existing samples; equal to `work` if all exist."""
        return sum(block.asked.core_seconds * block.done for block in self.blocks)

    @property
    def in_shards(self) -> bool:
        """Whether all are in shards."""
        return all(block.census.in_shards == block.asked.samples for block in self.blocks)


class Observer:
    """Looks at blocks repeatedly, and reads only files that changed since the last look."""

    def __init__(self, blocks: Sequence[AskedBlock], since: float = 0.0) -> None:
        """since: start of the observed run [s since the epoch], if known."""
        self._since = since
        self._asked = list(blocks)
        self._counters = [BlockCounter(asked) for asked in blocks]

    def look(self, now: float | None = None) -> Overview:
        """The present progress; now: seconds since the epoch, None for the present."""
        now = time.time() if now is None else now
        problems: list[Problem] = []
        censuses, of_blocks = [], []
        for asked, counter in zip(self._asked, self._counters, strict=True):
            census = counter.count()
            launches, wrong = find_launches(asked.folder, census.attempts, now, asked.core_seconds)
            problems += [*census.problems, *wrong]
            missing = asked.samples - census.in_shards - census.in_parts
            censuses.append(census)
            of_blocks.append(Block(missing, asked.core_seconds, launches, asked.described.study))
        costs = sample_costs(of_blocks, now, WINDOW)
        blocks = tuple(
            BlockStatus(
                asked=asked,
                census=census,
                launches=tuple(block.launches),
                cost=cost,
                samples_per_second=samples_per_second(block.launches, now),
            )
            for asked, census, block, cost in zip(
                self._asked, censuses, of_blocks, costs, strict=True
            )
        )
        return Overview(now, blocks, time_left(of_blocks, now, self._since), tuple(problems))


def disk_bytes(*folders: Path) -> int:
    """Size of the files of some folders on the disk; files that cannot be read do not count."""
    total = 0
    for path, _, names in chain.from_iterable(map(os.walk, folders)):
        for name in names:
            try:
                total += os.lstat(os.path.join(path, name)).st_blocks * 512
            except OSError:  # it has just been cleared away
                continue
    return total
