"""Time for another sample: until the reserve before the limit, or a signal."""

import os
import signal
import time

import pytest

from syncsweep.sweep.walltime import Walltime


@pytest.fixture
def clock(monkeypatch):
    """A clock that the test sets."""
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


@pytest.fixture
def handlers():
    """The handlers of this process, put back behind the test."""
    numbers = (signal.SIGTERM, signal.SIGUSR1)
    before = [signal.getsignal(number) for number in numbers]
    yield
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


def test_without_a_limit_there_is_always_time(clock):
    walltime = Walltime(None)
    clock[0] += 1e9
    assert walltime.stop is None


@pytest.mark.parametrize(
    ("limit", "reserve"), [(3600, 60), (240, 60), (200, 50), (60, 15)], ids=lambda n: str(n)
)
def test_a_minute_or_a_quarter_of_a_short_limit_is_kept_in_reserve(clock, limit, reserve):
    walltime = Walltime(limit)
    clock[0] += limit - reserve - 0.01
    assert walltime.stop is None
    clock[0] += 0.02
    assert walltime.stop == "time limit"


def test_no_sample_begins_that_would_end_in_the_reserve(clock):
    walltime = Walltime(3600)
    walltime.batch_took(100)
    walltime.batch_took(20)  # the slowest counts, and half as much again
    clock[0] += 3600 - 60 - 150 - 0.01
    assert walltime.stop is None
    clock[0] += 0.02
    assert walltime.stop == "time limit"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGUSR1])
def test_signal_is_heeded_and_named(handlers, number):
    walltime = Walltime(None)
    walltime.heed_signals()
    assert walltime.stop is None
    os.kill(os.getpid(), number)
    assert walltime.stop == number.name
