"""What the launches of a block say in its log of the cost of a sample."""

from __future__ import annotations

import time
from dataclasses import dataclass
from statistics import quantiles

from syncsweep.layout import BlockFolder
from syncsweep.status.launches import find_launches

#: Launches that count: the last ones, because code and machine may have changed since the others.
_LAST = 20

#: A launch counts if its ranks spent no more than this part of its core-seconds on their start.
_MOST_START = 0.1


@dataclass(frozen=True)
class LoggedCost:
    """Core-seconds of a sample in the last launches of a block [s].

    seconds: over all of them; low, high: quartiles of the launches.
    """

    seconds: float
    low: float
    high: float
    samples: int
    launches: int


def logged_cost(folder: BlockFolder, first_sample: float) -> LoggedCost | None:
    """What the last launches of a block say, or None if they solved too few samples to say it.

    first_sample: core-seconds of a rank's first sample beyond a later one, which a log counts in.
    """
    found, _ = find_launches(folder, {}, time.time(), 0.0)
    numbers = []
    for launch in found:
        if launch.core_seconds and launch.solved:
            once = min(launch.ranks, launch.solved) * first_sample
            if once <= _MOST_START * launch.core_seconds:
                numbers.append((launch.core_seconds - once, launch.solved))
    numbers = numbers[-_LAST:]
    if not numbers:
        return None
    each = [seconds / solved for seconds, solved in numbers]
    low, _, high = quantiles(each, n=4, method="inclusive") if len(each) > 1 else 3 * each
    solved = sum(solved for _, solved in numbers)
    return LoggedCost(
        sum(seconds for seconds, _ in numbers) / solved, low, high, solved, len(numbers)
    )
