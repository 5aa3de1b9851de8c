"""The launches of an η-block, past and present, from its log, its parts and its lock."""

from __future__ import annotations

import platform
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from syncsweep.files import NotReadableError, held, read_regular
from syncsweep.layout import BlockFolder
from syncsweep.sample_range import SampleRange
from syncsweep.status.census import Kept, Problem

#: A log takes no more bytes than these: 10⁴ shards need some 10⁷.
_MOST_BYTES = 2**28

#: Its lock may be invisible, for example on another machine. Then a launch counts as running for
#: this time after its last record [s], or for this multiple of the time of a sample.
_SILENT_SECONDS, _SILENT_SAMPLES = 15.0, 3.0

#: The same after its start, before the first record [s].
_STARTUP_SECONDS = 60.0

#: Counts and times of a log, limited so that arithmetic does not overflow.
_Count = Annotated[int, Field(ge=0, lt=10**12)]
_Seconds = Annotated[float, Field(ge=0, lt=1e12)]


class _Event(BaseModel):
    """A line of the log, which is about the samples start … stop−1."""

    model_config = ConfigDict(frozen=True, strict=True, allow_inf_nan=False)

    attempt: str
    time: _Seconds
    start: _Count
    stop: _Count

    @property
    def samples(self) -> SampleRange:
        return SampleRange(self.start, self.stop)


class _Start(_Event):
    event: Literal["start"]
    from_parts: _Count
    missing: _Count
    host: Any = None


class _End(_Event):
    event: Literal["end", "stop"]
    solved: _Count
    ranks: _Count
    core_seconds: _Seconds


_event = TypeAdapter[_Start | _End](
    Annotated[_Start | _End, Field(discriminator="event")]
).validate_json


@dataclass(frozen=True)
class Launch:
    """One MPI launch for some samples.

    began, ended: seconds since the epoch; ended is None while it runs, and the time of its last
    record if it was killed. missing: samples to solve at its start; solved: solved ones among them;
    ranks: their number, 0 if unknown; core_seconds: CPU time, None unless it ended by itself.
    """

    samples: SampleRange
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
    starts = [event for event in events if isinstance(event, _Start)]
    ends = {event.attempt: event for event in events if isinstance(event, _End)}
    launches = []
    for place, start in enumerate(starts):
        end = ends.get(start.attempt)
        if end:
            said = {name: getattr(end, name) for name in ("solved", "ranks", "core_seconds")}
            launches.append(replace(_begun(start), ended=max(end.time, start.time), **said))
            continue
        later = (one for one in starts[place + 1 :] if one.samples.overlaps(start.samples))
        followed = next(later, None)
        launch = _without_end(start, attempts.get(start.attempt), followed)
        if start.host == platform.node() and in_hand is not None:
            is_at_work = bool(launch.samples.common(in_hand))
        else:
            is_at_work = _is_at_work(launch, in_hand or [], now, sample_seconds)
        if followed is None and is_at_work:
            launch = replace(launch, ended=None)
        launches.append(launch)
    return launches, problems


def _without_end(start: _Start, kept: Kept | None, followed: _Start | None) -> Launch:
    """A launch that runs or was killed, from the content of its parts.

    If its parts are gone, the next launch for the same samples says how many it took over.
    """
    launch = _begun(start)
    if kept:
        solved, ended = min(kept.samples, start.missing), max(kept.written, start.time)
        return replace(launch, ended=ended, solved=solved, ranks=kept.ranks)
    if followed and followed.samples == start.samples:
        taken_over = max(followed.from_parts - start.from_parts, 0)
        return replace(launch, solved=min(taken_over, start.missing))
    return launch


def _begun(start: _Start) -> Launch:
    """A launch from the record of its start, as if it had ended at once."""
    return Launch(
        samples=start.samples,
        attempt=start.attempt,
        began=start.time,
        ended=start.time,
        missing=start.missing,
        solved=0,
        ranks=0,
        core_seconds=None,
    )


def _is_at_work(
    launch: Launch, in_hand: list[tuple[int, int]], now: float, sample_seconds: float
) -> bool:
    if launch.samples.common(in_hand):
        return True
    assert launch.ended is not None
    patience = _STARTUP_SECONDS
    if launch.solved:
        patience = max(_SILENT_SECONDS, _SILENT_SAMPLES * sample_seconds)
    return now - launch.ended < patience


def _read(log: Path) -> tuple[list[_Start | _End], list[Problem]]:
    """The events of a log in the order of their time, and what is wrong with it."""
    try:
        data = read_regular(log, _MOST_BYTES)
    except FileNotFoundError:
        return [], []
    except NotReadableError as error:
        return [], [Problem(log, f"cannot be read ({error})")]
    events: list[_Start | _End] = []
    bad = 0
    for line in data.split(b"\n")[:-1]:  # a line without its end is being written
        try:
            events.append(_event(line))
        except ValidationError:
            bad += 1
    events.sort(key=lambda event: event.time)
    what = "has a line that is not an event" if bad == 1 else f"has {bad} lines that are not events"
    return events, [Problem(log, what)] if bad else []
