"""Errors that are meant for the user end a program in one line; others keep their traceback."""

import pytest

from syncsweep.config.messages import ConfigError
from syncsweep.environment.checkout import ForeignCodeError
from syncsweep.tables import ResultsError
from syncsweep.workflow.dates import FutureError
from syncsweep.workflow.errors import RunError, ends_in_one_line, not_read, not_used, not_written
from syncsweep.workflow.places import NotWritableError


@pytest.mark.parametrize(
    "kind",
    [RunError, ConfigError, ForeignCodeError, NotWritableError, ResultsError, FutureError],
)
def test_errors_for_the_user_become_the_last_line(kind):
    with pytest.raises(SystemExit) as end, ends_in_one_line():
        raise kind("results: cannot be used")
    assert end.value.code == "error: results: cannot be used"


def test_each_line_says_that_it_is_an_error():
    with pytest.raises(SystemExit) as end, ends_in_one_line():
        raise ResultsError("one claim\nanother claim")
    assert end.value.code == "error: one claim\nerror: another claim"


@pytest.mark.parametrize("said_of", [not_written, not_read, not_used])
def test_files_that_cannot_be_used_are_named_with_the_reason(tmp_path, said_of):
    path = tmp_path / "none" / "file"
    with pytest.raises(SystemExit) as end, ends_in_one_line(said_of):
        path.write_text("text")
    assert str(end.value.code).startswith(f"error: {path}: ")
    assert "No such file or directory" in end.value.code


def test_other_errors_pass():
    with pytest.raises(ZeroDivisionError), ends_in_one_line():
        1 / 0  # noqa: B018
