"""When a launch must stop: before its time limit, or on a signal.

Solved samples are kept, so stopping between two batches costs nothing. The next launch for the same
samples continues.
"""

from __future__ import annotations

import signal
import time
from types import FrameType

#: Exit code of a launch that stopped early with all its rows kept (EX_TEMPFAIL: try again).
STOPPED = 75

#: Reserve for the start of the job and for its shard: this part of the limit, and at most this time
#: [s].
_RESERVE_PART, _RESERVE_SECONDS = 0.25, 60.0

#: A batch may take this factor longer than the slowest one so far.
_SLOWER = 1.5

_SIGNALS = (signal.SIGTERM, signal.SIGUSR1)


class Walltime:
    """Whether there is time for another batch of samples."""

    def __init__(self, limit: float | None) -> None:
        """limit: seconds from now until the launch will be killed; None if it will not."""
        self._end = None
        if limit is not None:
            reserve = min(_RESERVE_PART * limit, _RESERVE_SECONDS)
            self._end = time.monotonic() + limit - reserve
        self._slowest = 0.0
        self._signal: str | None = None

    def heed_signals(self) -> None:
        """Take SIGTERM and SIGUSR1 for a request to stop after the batch in hand."""
        for number in _SIGNALS:
            signal.signal(number, self._on_signal)

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        self._signal = signal.Signals(number).name

    def batch_took(self, seconds: float) -> None:
        """Learn from the time of a batch of samples."""
        self._slowest = max(self._slowest, seconds)

    @property
    def stop(self) -> str | None:
        """Why no other batch may begin, or None."""
        if self._signal:
            return self._signal
        if self._end is not None and time.monotonic() + _SLOWER * self._slowest >= self._end:
            return "time limit"
        return None
