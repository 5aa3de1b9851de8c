"""The place of the progress: one changing line on a terminal, else a line from time to time."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress

#: Time between two lines of progress where no line can be drawn again [s].
SECONDS_BETWEEN_LINES = 30.0


@dataclass(frozen=True)
class Line:
    """What runs now, the done part, the whole, both in words, and the time left in words."""

    what: str
    done: float
    total: float
    counted: str
    left: str


class Terminal:
    """One line at the bottom of a terminal, which is drawn repeatedly."""

    #: How often what it shows should be looked up again [s].
    seconds = 2.0

    def __init__(self, colors: bool) -> None:
        from rich.console import Console

        # Whether it is a terminal is not rich's to decide: variables of the environment mislead it.
        self._console = Console(
            stderr=True, force_terminal=True, no_color=not colors or None, highlight=False
        )
        self._progress: Progress | None = None

    def show(self, line: Line) -> None:
        """Draw the line again."""
        if self._progress is None:
            self._progress = self._begin()
        self._progress.update(
            self._progress.task_ids[0],
            description=line.what,
            completed=line.done,
            total=line.total or 1,
            counted=line.counted,
            left=line.left,
            refresh=True,
        )

    def _begin(self) -> Progress:
        from rich.progress import BarColumn, Progress, TextColumn

        progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=None),
            TextColumn("{task.fields[counted]}", markup=False),
            TextColumn("{task.fields[left]}", markup=False),
            console=self._console,
            auto_refresh=False,
            expand=True,
            transient=True,
            redirect_stdout=sys.stdout.isatty(),
        )
        progress.add_task("", counted="", left="")
        progress.start()
        return progress

    def say(self, text: str, style: str = "") -> None:
        """Print lines above the progress."""
        from rich.text import Text

        # A style of `print` itself would be that of the progress below it too.
        self._console.print(Text(text, style), soft_wrap=True)

    def stage(self, text: str) -> None:
        """Nothing: the progress shows it."""

    def pause(self) -> None:
        """Remove the line."""
        if self._progress is not None:
            self._progress.stop()
            self._progress = None


class Lines:
    """Whole lines, each with the time: for files, pipes and the logs of other programs."""

    seconds = SECONDS_BETWEEN_LINES

    def __init__(self) -> None:
        self._shown: Line | None = None

    def show(self, line: Line) -> None:
        """Print the line if it differs from the last one."""
        if line != self._shown:
            self._shown = line
            told = [line.what, line.counted, line.left]
            self.stage(", ".join(part for part in told if part))

    def say(self, text: str, style: str = "") -> None:
        """Print lines."""
        # One write with its newline, so that it does not run together with what jobs print.
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()

    def stage(self, text: str) -> None:
        """Print it with the time."""
        self.say(f"{time.strftime('%H:%M:%S')} {text}")

    def pause(self) -> None:
        """Nothing: there is no line to take away."""


#: Shows one line of progress, and lines that stay.
Screen = Terminal | Lines
