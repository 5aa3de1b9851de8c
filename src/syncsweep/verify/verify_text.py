"""The output of a verification: a line for each study or folder, its findings, and a summary."""

from __future__ import annotations

import sys
import time
from collections import Counter

from syncsweep.wording import number_of, printable

_PROGRESS_SECONDS = 5.0


class Report:
    """Findings (errors), notes (no errors), and counts for the last line."""

    def __init__(self) -> None:
        self.findings = 0
        self.notes = 0
        self.counts: Counter[str] = Counter()
        self._waiting: list[str] = []
        self._said_at = time.monotonic()

    def finding(self, line: str) -> None:
        """Add an error: the line names the file and says what to do."""
        self.findings += 1
        self._waiting.append(f"  wrong: {line}")

    def note(self, line: str) -> None:
        """Add a note about something that is neither an error nor a part of the results."""
        self.notes += 1
        self._waiting.append(f"  note: {line}")

    def say(self, line: str) -> None:
        """Print a line on stdout, and below it all findings and notes since the last."""
        print(printable(line), flush=True)
        self._flush()

    def _flush(self) -> None:
        for line in self._waiting:
            print(printable(line), flush=True)
        self._waiting = []

    def count(self, what: str, number: int = 1) -> None:
        """Add to a number of the last line; `what` is a regular plural."""
        self.counts[what] += number

    def progress(self, line: str) -> None:
        """Print the progress on stderr, at most once every few seconds."""
        now = time.monotonic()
        if now - self._said_at >= _PROGRESS_SECONDS:
            self._said_at = now
            print(printable(line), file=sys.stderr, flush=True)

    def sum_up(self) -> None:
        """Print the waiting lines and the last line."""
        self._flush()
        counted = ", ".join(number_of(n, what) for what, n in self.counts.items())
        verdict = number_of(self.findings, "findings") if self.findings else "all well"
        notes = f", {number_of(self.notes, 'notes')}" if self.notes else ""
        self.say(f"{counted}: {verdict}{notes}")
