"""Put into the ranks of a campaign: an append-only log of what they begin, keep and make durable.

It is written beside the results, not in them, and knows nothing of how rows are found again: what
was solved twice is counted from it and from nothing that is under test.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

from syncsweep.sample.sample_solver import SampleSolver
from syncsweep.sweep import parts
from syncsweep.sweep.parts import PartWriter

#: Instead of 10 s, so that a launch of some seconds flushes more than once.
parts.FLUSH_SECONDS = 2.0

#: In the working folder; this file is a module of its `src`.
LOG = Path(__file__).parents[1] / "witness.jsonl"

_log = os.open(LOG, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
_part = ""

_open, _rows, _append, _fsync = (
    PartWriter.__init__,
    SampleSolver.rows_of,
    PartWriter.append,
    os.fsync,
)


def _say(event: str, **what: object) -> None:
    line = {"event": event, "time": time.time(), "part": _part, **what}
    os.write(_log, (json.dumps(line) + "\n").encode())  # whole: one write to a file of appends


def _opened(self, path, identity):
    global _part
    _open(self, path, identity)
    _part = os.path.realpath(path)
    _say("open", pid=os.getpid(), end=os.path.getsize(_part))


def _begun(self, units):
    ((_, sample),) = units  # samples of three spins are solved one by one
    _say("begin", sample=sample)
    return _rows(self, units)


def _kept(self, rows):
    table = _append(self, rows)
    _say("kept", sample=int(rows.sample[0]), end=os.path.getsize(_part))
    return table


def _synced(descriptor):
    path = os.readlink(f"/proc/self/fd/{descriptor}")
    # Before, because the other processes of the campaign may change the file meanwhile.
    end = os.fstat(descriptor).st_size
    _fsync(descriptor)
    if path == _part:
        _say("synced", end=end)


PartWriter.__init__ = _opened
SampleSolver.rows_of = _begun
PartWriter.append = _kept
os.fsync = _synced
