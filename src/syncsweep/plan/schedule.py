"""The time of jobs on a number of cores, if each starts as soon as its cores are free."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Job:
    """A job that uses `cores` for `seconds` [s]."""

    cores: int
    seconds: float


#: Stages of a study, one after the other; the jobs of each run beside one another.
Stages = Sequence[Sequence[Job]]


def makespan(studies: Sequence[Stages], cores: int) -> float:
    """Time until all jobs are done on `cores` cores [s].

    Jobs start in their order. The jobs of a study's next stage are short and start before those
    that wait. A job that wants more cores than there are gets all of them.
    """
    left = [deque(stage for stage in stages if stage) for stages in studies]
    at_work = [0] * len(studies)
    waiting: deque[tuple[int, Job]] = deque()
    running: list[tuple[float, int, int]] = []  # end, study, cores
    for study in range(len(studies)):
        _enter_stage(study, left, at_work, waiting, first=False)
    now, free = 0.0, cores
    while waiting or running:
        while waiting and min(waiting[0][1].cores, cores) <= free:
            study, job = waiting.popleft()
            taken = min(job.cores, cores)
            heapq.heappush(running, (now + job.seconds, study, taken))
            free -= taken
        now, study, given_back = heapq.heappop(running)
        free += given_back
        at_work[study] -= 1
        if not at_work[study]:
            _enter_stage(study, left, at_work, waiting, first=True)
    return now


def _enter_stage(
    study: int,
    left: list[deque[Sequence[Job]]],
    at_work: list[int],
    waiting: deque[tuple[int, Job]],
    first: bool,
) -> None:
    """Let the jobs of a study's next stage wait, before all others or behind them."""
    if not left[study]:
        return
    jobs = [(study, job) for job in left[study].popleft()]
    at_work[study] = len(jobs)
    if first:
        waiting.extendleft(reversed(jobs))
    else:
        waiting.extend(jobs)
