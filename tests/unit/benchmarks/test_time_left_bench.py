"""The table of what was foretold, from moments made up; `make bench` makes a real one."""

import pytest

from benchmarks.time_left_errors import Foretold, Moment, foretold, table
from syncsweep.status.expected import Expected

BEGAN, ENDED = 1000.0, 1200.0


def moment(seconds, said):
    left = None if said is None else Expected(said, said / 2, said * 2)
    return Moment(BEGAN + seconds, left)


def test_next_moment_that_said_something_is_taken():
    moments = [moment(0, None), moment(19, None), moment(24, 300), moment(49, 140), moment(52, 1)]
    moments += [moment(100, 101), moment(149, 2), moment(151, 3), moment(180, 21), moment(200, 0)]
    rows = foretold(moments, BEGAN, ENDED)
    assert [row.said for row in rows] == [300, 140, 101, 2, 21]
    assert [row.passed for row in rows] == [176, 151, 100, 51, 20]
    assert [row.place for row in rows] == pytest.approx([0.12, 0.245, 0.5, 0.745, 0.9])
    assert rows[0] == Foretold(0.12, 300, 150, 600, 176)


def test_table_holds_what_was_said_beside_what_passed():
    row = {"place": 0.25, "said": 140.2, "low": 100.0, "high": 180.0, "passed": 151.4}
    text = table({"seconds": 200.4, "foretold": [row]})
    assert " ".join(text.splitlines()[-1].split()) == "25 % 140 s 100 to 180 s 151 s"
