"""Errors that end a run or one of its programs: one line for the user and no traceback."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from syncsweep.config.messages import ConfigError
from syncsweep.environment.checkout import ForeignCodeError
from syncsweep.files import not_written
from syncsweep.tables import ResultsError
from syncsweep.workflow.places import NotWritableError


class RunError(Exception):
    """A run cannot start or continue; the message is one line for the user."""


def not_read(error: OSError) -> str:
    """One line: what could not be read, and why."""
    return f"{error.filename}: cannot be read ({error.strerror})"


def not_used(error: OSError) -> str:
    """One line: which file is in the way, read or written, and why."""
    return f"{error.filename}: {error.strerror}"


@contextmanager
def ends_in_one_line(said_of: Callable[[OSError], str] = not_written) -> Iterator[None]:
    """End the process with `error: …` at an error that is meant for the user.

    said_of: what to say of a file that cannot be used. Each line of an error becomes one of these.
    """
    try:
        yield
    except (RunError, ConfigError, ForeignCodeError, NotWritableError, ResultsError) as error:
        sys.exit("\n".join(f"error: {line}" for line in str(error).splitlines()))
    except OSError as error:
        sys.exit(f"error: {said_of(error)}")
