"""Launches of a block: told from its log, its parts and its lock, whatever of them is missing."""

import json
import platform

import pytest
from holder import held_elsewhere
from progress_block import NOON, attempt

from syncsweep.sample_range import SampleRange
from syncsweep.status.census import Kept, Problem
from syncsweep.status.launches import Launch, find_launches


def launches(sweep, attempts=None, now=NOON + 1000, sample_seconds=1.0):
    found, problems = find_launches(sweep.folder, attempts or {}, now, sample_seconds)
    assert problems == []
    return found


def test_block_without_a_log_had_no_launch(sweep):
    assert launches(sweep) == []


@pytest.mark.parametrize("event", ["end", "stop"])
def test_launch_that_ended_is_what_it_says(sweep, event):
    sweep.begins(0, 8, at=NOON, missing=6, from_parts=2)
    sweep.ends(0, 8, solved=5, at=NOON + 9, ranks=3, core_seconds=21.5, event=event)
    expected = Launch(SampleRange(0, 8), attempt(1), NOON, NOON + 9, 6, 5, 3, 21.5)
    # What its parts hold, and whether somebody has the lock, is no matter.
    assert launches(sweep, {attempt(1): Kept(4, 2, NOON + 1)}) == [expected]
    assert not expected.at_work


def test_killed_launch_ended_with_its_last_record(sweep):
    sweep.begins(0, 8, at=NOON)
    (launch,) = launches(sweep, {attempt(1): Kept(5, 2, NOON + 30)})
    assert (launch.ended, launch.solved, launch.ranks) == (NOON + 30, 5, 2)
    assert launch.core_seconds is None


def test_killed_launch_without_its_parts_left_what_the_next_took_over(sweep):
    sweep.begins(0, 8, number=1, at=NOON)
    sweep.begins(0, 8, number=2, at=NOON + 50, missing=5, from_parts=3)
    sweep.begins(0, 8, number=3, at=NOON + 90, missing=1, from_parts=7)
    sweep.ends(0, 8, solved=1, number=3, at=NOON + 99)
    found = launches(sweep)
    assert [launch.solved for launch in found] == [3, 4, 1]
    assert [launch.ended for launch in found] == [NOON, NOON + 50, NOON + 99]
    assert [launch.ranks for launch in found] == [0, 0, 2]


def test_next_launch_of_other_samples_does_not_tell(sweep):
    sweep.begins(0, 8, number=1)
    sweep.begins(0, 4, number=2, at=NOON + 50, missing=1, from_parts=3)
    assert launches(sweep)[0].solved == 0


@pytest.mark.parametrize(
    ("solved", "silent", "sample_seconds", "at_work"),
    [
        (0, 59, 1.0, True),
        (0, 61, 1.0, False),
        (3, 14, 1.0, True),
        (3, 16, 1.0, False),
        (3, 29, 10.0, True),
        (3, 31, 10.0, False),
    ],
)
def test_launch_without_a_lock_is_at_work_while_records_come(
    sweep, solved, silent, sample_seconds, at_work
):
    sweep.begins(0, 8, at=NOON)
    written = NOON + 100 if solved else NOON
    kept = {attempt(1): Kept(solved, 2, written)} if solved else {}
    (launch,) = launches(sweep, kept, written + silent, sample_seconds)
    assert launch.at_work == at_work
    assert launch.solved == solved


@pytest.mark.parametrize(
    ("host", "at_work"), [(platform.node(), False), ("another", True), (None, True)]
)
def test_launch_of_this_machine_that_holds_nothing_is_over_at_once(sweep, host, at_work):
    sweep.begins(0, 8, at=NOON, host=host)
    sweep.folder.lock.touch()
    (launch,) = launches(sweep, {attempt(1): Kept(3, 2, NOON + 5)}, NOON + 6, 1.0)
    assert launch.at_work == at_work


def test_launch_of_this_machine_whose_lock_is_gone_goes_by_its_records(sweep):
    sweep.begins(0, 8, at=NOON, host=platform.node())
    (launch,) = launches(sweep, {attempt(1): Kept(3, 2, NOON + 5)}, NOON + 6, 1.0)
    assert launch.at_work


@pytest.mark.parametrize(
    ("start", "stop", "at_work"), [(0, 4, True), (7, 12, True), (8, 12, False)]
)
def test_launch_whose_samples_are_held_is_at_work(sweep, start, stop, at_work):
    sweep.begins(0, 8)
    with held_elsewhere(sweep.folder.lock, start, stop):
        (launch,) = launches(sweep, now=NOON + 10**6)
        assert launch.at_work == at_work
    (launch,) = launches(sweep, now=NOON + 10**6)
    assert not launch.at_work


def test_launch_that_another_followed_is_not_at_work(sweep):
    sweep.begins(0, 8, number=1, at=NOON)
    sweep.begins(4, 12, number=2, at=NOON + 1)
    sweep.begins(12, 16, number=3, at=NOON + 2)
    found = launches(sweep, now=NOON + 3)
    assert [launch.at_work for launch in found] == [False, True, True]


def test_events_count_in_the_order_of_their_time(sweep):
    sweep.begins(0, 8, number=2, at=NOON + 50, missing=5, from_parts=3)
    sweep.begins(0, 8, number=1, at=NOON)
    assert [launch.attempt for launch in launches(sweep)] == [attempt(1), attempt(2)]


START = {"event": "start", "attempt": "a", "time": 1, "start": 0, "stop": 8}
START |= {"from_parts": 0, "missing": 8}

BAD_LINES = [
    b"begin 7",
    b"",
    b"[1, 2]",
    b"7",
    b"[" * 100_000,
    b"\xff\xfe",
    *(
        json.dumps({**START, **change}).encode()
        for change in (
            {"event": "pause"},
            {"event": []},
            {"event": "end"},
            {"attempt": 7},
            {"attempt": None},
            {"time": "x"},
            {"time": float("nan")},
            {"missing": -8},
            {"missing": True},
            {"missing": None},
            {"missing": 8.0},
            {"stop": 1e300},
            {"stop": 10**12},
        )
    ),
]


@pytest.mark.parametrize("line", BAD_LINES, ids=range(len(BAD_LINES)))
def test_line_that_is_no_event_is_counted_and_passed_over(sweep, line):
    sweep.begins(0, 8)
    for text in ("has a line that is not an event", "has 2 lines that are not events"):
        with sweep.folder.log.open("ab") as log:
            log.write(line + b"\n")
        found, problems = find_launches(sweep.folder, {}, NOON + 9, 1.0)
        assert problems == [Problem(sweep.folder.log, text)]
    sweep.ends(0, 8, solved=8, at=NOON + 5)
    found, _ = find_launches(sweep.folder, {}, NOON + 9, 1.0)
    assert [(launch.solved, launch.ended) for launch in found] == [(8, NOON + 5)]


def test_line_of_a_later_version_is_an_event(sweep):
    line = {**START, "more": [1], "host": ["of any kind"]}
    sweep.log(**line)
    assert [launch.missing for launch in launches(sweep)] == [8]


def test_line_that_is_being_written_is_no_damage(sweep):
    sweep.begins(0, 8)
    with sweep.folder.log.open("a", encoding="utf-8") as log:
        log.write('{"event": "end", "ti')
    assert len(launches(sweep)) == 1


def test_log_that_is_no_file_is_named(sweep):
    sweep.folder.log.mkdir()
    found, problems = find_launches(sweep.folder, {}, NOON, 1.0)
    assert found == []
    (problem,) = problems
    assert problem.path == sweep.folder.log and problem.what.startswith("cannot be read")
