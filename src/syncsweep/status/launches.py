"""The launches of an η-block, past and present, from its log, its parts and its lock."""

from __future__ import annotations

import json
import platform
from dataclasses import dataclass, replace
from pathlib import Path

from syncsweep.files import NotReadableError, held, read_regular
from syncsweep.layout import BlockFolder
from syncsweep.status.census import Kept, Problem
from syncsweep.status.sample_ranges import Range, common

#: A log takes no more bytes than these: 10⁴ shards need some 10⁷.
_MOST_BYTES = 2**28

#: Where its lock may not be seen, as on another machine, a launch counts as at work so long after
#: its last record [s], or so many times what a sample takes.
_SILENT_SECONDS, _SILENT_SAMPLES = 15.0, 3.0

#: And so long after its begin, before the first record [s].
_STARTUP_SECONDS = 60.0


@dataclass(frozen=True)
class Launch:
    """One MPI launch for samples start … stop−1.

    began, ended: seconds since the epoch; ended is None while it is at work, and the time of its
    last record if it was killed. missing: samples to solve at its begin; solved: how many of them
    are solved; ranks: at work on them, 0 if nothing tells; core_seconds: CPU time, None unless it
    ended by itself.
    """

    start: int
    stop: int
    attempt: str
    began: float
    ended: float | None
    missing: int
    solved: int
    ranks: int
    core_seconds: float | None

    @property
    def at_work(self) -> bool:
        """Whether it has not ended."""
        return self.ended is None


def find_launches(
    folder: BlockFolder, attempts: dict[str, Kept], now: float, sample_seconds: float
) -> tuple[list[Launch], list[Problem]]:
    """All launches in the order of their begin, and what is wrong with the log.

    attempts: what the parts of each attempt hold; now: seconds since the epoch; sample_seconds:
    what a sample takes a rank, roughly.
    """
    events, problems = _read(folder.log)
    in_hand = held(folder.lock)
    starts = [event for event in events if event.kind == "start"]
    ends = {event.attempt: event for event in events if event.kind != "start"}
    launches = []
    for place, start in enumerate(starts):
        end = ends.get(start.attempt)
        if end:
            launches.append(_ended(start, end))
            continue
        followed = next((later for later in starts[place + 1 :] if _overlap(later, start)), None)
        launch = _without_end(start, attempts.get(start.attempt), followed)
        if start.host == platform.node() and in_hand is not None:
            is_at_work = bool(common(in_hand, launch.start, launch.stop))
        else:
            is_at_work = _is_at_work(launch, in_hand or [], now, sample_seconds)
        if followed is None and is_at_work:
            launch = replace(launch, ended=None)
        launches.append(launch)
    return launches, problems


@dataclass(frozen=True)
class _Event:
    """A line of the log; what other kinds of events say is 0."""

    kind: str
    attempt: str
    time: float
    start: int
    stop: int
    from_parts: int = 0
    missing: int = 0
    solved: int = 0
    ranks: int = 0
    core_seconds: float = 0.0
    host: str | None = None


def _ended(start: _Event, end: _Event) -> Launch:
    return Launch(
        start=start.start,
        stop=start.stop,
        attempt=start.attempt,
        began=start.time,
        ended=max(end.time, start.time),
        missing=start.missing,
        solved=end.solved,
        ranks=end.ranks,
        core_seconds=end.core_seconds,
    )


def _without_end(start: _Event, kept: Kept | None, followed: _Event | None) -> Launch:
    """A launch that is at work or was killed, by what its parts hold.

    Its parts may be cleared away: then the next launch for the same samples tells how many it took
    over.
    """
    solved = ranks = 0
    ended = start.time
    if kept:
        solved, ranks, ended = kept.samples, kept.ranks, max(kept.written, start.time)
    elif followed and (followed.start, followed.stop) == (start.start, start.stop):
        solved = max(followed.from_parts - start.from_parts, 0)
    return Launch(
        start=start.start,
        stop=start.stop,
        attempt=start.attempt,
        began=start.time,
        ended=ended,
        missing=start.missing,
        solved=min(solved, start.missing),
        ranks=ranks,
        core_seconds=None,
    )


def _is_at_work(launch: Launch, in_hand: list[Range], now: float, sample_seconds: float) -> bool:
    if common(in_hand, launch.start, launch.stop):
        return True
    assert launch.ended is not None
    patience = _STARTUP_SECONDS
    if launch.solved:
        patience = max(_SILENT_SECONDS, _SILENT_SAMPLES * sample_seconds)
    return now - launch.ended < patience


def _overlap(one: _Event, other: _Event) -> bool:
    return one.start < other.stop and other.start < one.stop


def _read(log: Path) -> tuple[list[_Event], list[Problem]]:
    """The events of a log in the order of their time, and what is wrong with it."""
    try:
        text = read_regular(log, _MOST_BYTES).decode(errors="replace")
    except FileNotFoundError:
        return [], []
    except NotReadableError as error:
        return [], [Problem(log, f"cannot be read ({error})")]
    # A line without its end is being written.
    found = [_event(line) for line in text.split("\n")[:-1]]
    events = sorted((event for event in found if event), key=lambda event: event.time)
    bad = len(found) - len(events)
    what = "has a line that is no event" if bad == 1 else f"has {bad} lines that are no events"
    return events, [Problem(log, what)] if bad else []


_COUNTS = {"start", "stop", "from_parts", "missing", "solved", "ranks"}
_OF_START = ("time", "start", "stop", "from_parts", "missing")
_OF_END = ("time", "start", "stop", "solved", "ranks", "core_seconds")
_OF_KIND = {"start": _OF_START, "end": _OF_END, "stop": _OF_END}


def _event(line: str) -> _Event | None:
    """What a line says, or None if it is no event."""
    try:
        said = json.loads(line)
        kind, attempt = said["event"], said["attempt"]
        numbers = {name: said[name] for name in _OF_KIND[kind]}
    except (ValueError, LookupError, TypeError, RecursionError):
        return None
    for name, number in numbers.items():
        kinds = (int,) if name in _COUNTS else (int, float)
        # Not a Boolean, no NaN, and nothing that the arithmetic cannot bear.
        if type(number) not in kinds or not 0 <= number < 1e12:
            return None
    if not isinstance(attempt, str):
        return None
    return _Event(kind, attempt, **numbers, host=said.get("host"))
