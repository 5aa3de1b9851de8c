"""Files dated in the future get the present date and keep their order; others do not change."""

import os
import time
from pathlib import Path

import pytest

from syncsweep.workflow.dates import FutureError, bring_back

DAY = 86400


@pytest.fixture
def files(tmp_path):
    """Files by their dates [s from now]."""

    def make(**dates):
        made = {name: tmp_path / name for name in dates}
        for name, path in made.items():
            path.touch()
            os.utime(path, (time.time() + dates[name],) * 2)
        return made

    return make


def test_files_of_the_future_are_dated_now_in_their_order(files, tmp_path):
    made = files(table=2 * DAY, figure=3 * DAY, shard=DAY, old=-DAY)
    before = made["old"].stat()
    late = bring_back([*made.values(), tmp_path / "gone"], tmp_path)
    assert [path.name for path in late] == ["shard", "table", "figure"]
    dates = [path.stat().st_mtime_ns for path in late]
    assert dates == sorted(dates)
    (new := tmp_path / "new").touch()
    assert dates[-1] <= new.stat().st_mtime_ns
    assert time.time_ns() - dates[0] < 60e9
    assert made["old"].stat() == before
    assert bring_back(made.values(), tmp_path) == []


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
def test_file_of_somebody_else_is_named(files, tmp_path, monkeypatch):
    files(shard=DAY)
    tmp_path.chmod(0o777)
    monkeypatch.chdir(tmp_path)
    child = os.fork()
    if not child:
        os.setuid(65534)
        try:
            bring_back([Path("shard")], Path("."))
        except FutureError as error:
            os._exit(0 if str(error).startswith("shard: has a date in the future") else 1)
        os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
