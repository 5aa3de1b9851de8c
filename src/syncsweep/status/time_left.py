"""The time left of a sweep, from the work of its launches.

Work is counted in rank-seconds (one rank busy for one second), because samples of different studies
and blocks take different times and share the ranks. While jobs run, the time left is the remaining
work divided by the average number of busy ranks in the last minutes, with pauses between jobs. It
cannot be less than the time that the longest running launch still needs for its own samples.

While no job runs, the time left counts from the start of the next job. It is then the remaining
work divided by the average number of ranks that were busy while any job ran, in the last minutes
before the last job ended. So it stays the same, however long nothing runs. Nobody but the run
itself knows which pauses are its own; if `since` tells when it began, they count here too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from syncsweep.status.expected import Expected
from syncsweep.status.launches import Launch

#: The time left follows from the last WINDOW seconds [s]. The other windows give its range.
WINDOW = 600.0
OTHER_WINDOWS = (120.0, 3600.0)

#: A longer pause ends a run [s].
_LONGEST_PAUSE = 600.0

#: Least factor of the range on both sides, because samples and machines always vary.
_LEAST_SPREAD = 1.1

#: Without a measured sample, the cost may be wrong by this factor, as the estimate for the size is.
_UNMEASURED_SPREAD = 2.0


@dataclass(frozen=True)
class Block:
    """The `missing` samples of a block, and all its launches.

    core_seconds: cost of a sample in the configuration; study: name of the block's study.
    """

    missing: int
    core_seconds: float
    launches: Sequence[Launch]
    study: str = ""


@dataclass(frozen=True)
class Cost:
    """Seconds of one sample, and whether they were measured or follow from the configuration."""

    seconds: float
    measured: bool


def _end(launch: Launch, now: float) -> float:
    """The end of a launch, or now if it runs."""
    return now if launch.ended is None else launch.ended


def in_hand(launch: Launch) -> float:
    """Samples that running ranks have in hand, each counted as half done."""
    return min(launch.ranks, launch.missing - launch.solved) / 2 if launch.at_work else 0.0


def work_of(launch: Launch, now: float) -> tuple[float, float]:
    """Rank-seconds of a launch so far, and the samples that they made."""
    seconds = max(_end(launch, now) - launch.began, 0.0)
    return launch.ranks * seconds, launch.solved + in_hand(launch)


def samples_per_second(launches: Sequence[Launch], now: float) -> float:
    """Samples that running launches solve per second, each averaged since its start."""
    rate = 0.0
    for launch in launches:
        work, samples = work_of(launch, now)
        if launch.at_work and launch.solved < launch.missing and launch.solved and work:
            rate += samples * launch.ranks / work
    return rate


def sample_costs(blocks: Sequence[Block], now: float, window: float) -> list[Cost]:
    """Rank-seconds of a sample of each block.

    They follow from the launches of the last `window` seconds, or from all if those solved nothing.
    Without a solved sample, the cost of a block is the configured one, scaled by the measured costs
    of the other blocks of its study. Other studies do not help, because in a tiny study most of the
    time goes into work that the configuration does not count.
    """
    measured = [_measured_cost(block, now, window) for block in blocks]
    ratios: dict[str, list[float]] = defaultdict(list)
    for block, cost in zip(blocks, measured, strict=True):
        if cost:
            ratios[block.study].append(cost / block.core_seconds)
    return [
        Cost(cost, True) if cost else Cost(_mean(ratios[block.study]) * block.core_seconds, False)
        for block, cost in zip(blocks, measured, strict=True)
    ]


def _mean(ratios: Sequence[float]) -> float:
    return sum(ratios) / len(ratios) if ratios else 1.0


def _measured_cost(block: Block, now: float, window: float) -> float | None:
    recent = [x for x in block.launches if x.at_work or (x.ended or 0.0) > now - window]
    for launches in (recent, block.launches):
        # A launch without a finished sample says only how long it takes to start.
        works = [work_of(launch, now) for launch in launches if launch.solved]
        samples = sum(samples for _, samples in works)
        if samples and (work := sum(work for work, _ in works)):
            return work / samples
    return None


def busy_ranks(launches: Sequence[Launch], begin: float, now: float) -> float:
    """Average number of busy ranks between two times."""
    if now <= begin:
        return 0.0
    seconds = 0.0
    for launch in launches:
        ended = min(_end(launch, now), now)
        seconds += launch.ranks * max(ended - max(launch.began, begin), 0.0)
    return seconds / (now - begin)


def run_began(launches: Sequence[Launch], now: float) -> float | None:
    """The start of the present run, the last stretch without a long pause; None without a run."""
    began = now
    for launch in sorted(launches, key=lambda launch: _end(launch, now), reverse=True):
        if began - _end(launch, now) > _LONGEST_PAUSE:
            break
        began = min(began, launch.began)
    return began if began < now else None


def first_at_work(launches: Sequence[Launch], begin: float, now: float) -> float:
    """The first time between two times when a launch ran; `now` if none ran."""
    later = (launch for launch in launches if _end(launch, now) > begin)
    return min((max(launch.began, begin) for launch in later), default=now)


def seconds_at_work(launches: Sequence[Launch], begin: float, now: float) -> float:
    """Seconds between two times in which any launch ran."""
    seconds, reached = 0.0, begin
    for launch in sorted(launches, key=lambda launch: launch.began):
        end = min(_end(launch, now), now)
        seconds += max(end - max(launch.began, reached), 0.0)
        reached = max(reached, end)
    return seconds


def time_left(blocks: Sequence[Block], now: float, since: float = 0.0) -> Expected | None:
    """Seconds until the last sample of all blocks, from the next job on if no launch runs.

    since: start of the run, if known. Only its launches say how many ranks are busy. None if no
    rank was.
    """
    launches = [launch for block in blocks for launch in block.launches]
    if not sum(block.missing for block in blocks):
        return Expected(0.0, 0.0, 0.0)
    # A pause has no end yet, and says nothing about the jobs after it.
    now = max((_end(launch, now) for launch in launches), default=now)
    began = run_began(launches, now)
    if began is None:
        return None
    pauses_count = since > 0 or any(launch.at_work for launch in launches)
    guesses = []
    for window in (WINDOW, *OTHER_WINDOWS):
        begin = first_at_work(launches, max(now - window, began, since), now)
        ranks = busy_ranks(launches, begin, now)
        if ranks:
            if not pauses_count:
                ranks *= (now - begin) / seconds_at_work(launches, begin, now)
            costs = sample_costs(blocks, now, window)
            guesses.append([_seconds_left(blocks, costs, ranks, f, now) for f in _SPREADS])
    if not guesses:
        return None
    seconds = guesses[0][0]
    low = min(guess for of_window in guesses for guess in of_window)
    high = max(guess for of_window in guesses for guess in of_window)
    return Expected(seconds, min(low, seconds / _LEAST_SPREAD), max(high, seconds * _LEAST_SPREAD))


_SPREADS = (1.0, 1 / _UNMEASURED_SPREAD, _UNMEASURED_SPREAD)


def _seconds_left(
    blocks: Sequence[Block], costs: Sequence[Cost], ranks: float, spread: float, now: float
) -> float:
    """Time left if costs that were not measured are off by a factor `spread`."""
    work = longest = 0.0
    for block, cost in zip(blocks, costs, strict=True):
        seconds = cost.seconds if cost.measured else spread * cost.seconds
        work += seconds * block.missing
        for launch in block.launches:
            if launch.at_work and launch.ranks:
                work -= seconds * in_hand(launch)
                own = launch.missing - launch.solved - in_hand(launch)
                longest = max(longest, seconds * own / launch.ranks)
    return max(work / ranks, longest)
