"""What the campaign's accounts excuse, and what they do not."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from ledger import Ledger

from syncsweep.layout import BlockFolder

PART = "part-000000000-000000004-0123456789ab-0.rows"


@pytest.fixture
def sweep(tmp_path):
    """A ledger and a function that lets a rank that is dead by now say something."""
    block = BlockFolder(tmp_path / "chain-0" / "eta-1-1-n1-01234567")
    block.path.mkdir(parents=True)
    block.parts.mkdir(parents=True)
    log = tmp_path / "witness.jsonl"
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()

    def say(event, part=PART, **what):
        line = {"event": event, "time": 0.0, "part": str(block.parts / part), **what}
        if event == "open":
            line |= {"pid": dead.pid, "end": 100}
            (block.parts / part).touch()
        with log.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    return Ledger(log, block), say


def solve(say, sample, end, part=PART):
    say("begin", part, sample=sample)
    say("kept", part, sample=sample, end=end)


def test_sample_in_hand_of_a_dead_rank_may_be_solved_again_once(sweep):
    ledger, say = sweep
    say("open")
    solve(say, 0, 200)
    say("begin", sample=1)
    assert ledger.charge_in_hand(7) == {7: 1}
    assert ledger.kept() == {0}
    other = PART.replace("-0.rows", "-1.rows")
    say("open", other)
    solve(say, 1, 200, other)
    ledger.refresh()
    assert ledger.kept() == {0, 1}
    assert ledger.solved_again() == ({7: 1}, [])
    say("begin", other, sample=1)
    ledger.refresh()
    assert ledger.solved_again() == ({7: 1}, [1])


def test_death_is_charged_to_the_fault_that_is_to_blame(sweep):
    ledger, say = sweep
    say("open")
    say("begin", sample=0)
    ledger.refresh()
    ledger.blame(3, [rank.launch for rank in ledger.ranks.values()])
    assert ledger.charge_in_hand(7) == {3: 1}
    assert ledger.charge_in_hand(8) == {}


def test_kept_sample_must_not_be_solved_again(sweep):
    ledger, say = sweep
    say("open")
    solve(say, 0, 200)
    solve(say, 0, 300)
    ledger.refresh()
    assert ledger.solved_again() == ({}, [0])


@pytest.mark.parametrize(
    ("cut", "left"), [(400, {0, 1, 2}), (399, {0, 1}), (200, {0}), (100, set()), (99, set())]
)
def test_cut_part_keeps_its_whole_records(sweep, cut, left):
    ledger, say = sweep
    say("open")
    for sample in range(3):
        solve(say, sample, 200 + 100 * sample)
    ledger.refresh()
    (rank,) = ledger.parts()
    ledger.cut(rank, cut, fault=5)
    assert ledger.kept() == left
    # What follows stands behind the cut, and is lost without a header.
    solve(say, 3, cut + 100)
    ledger.refresh()
    assert ledger.kept() == (left | {3} if cut >= 100 else set())
    assert ledger.excuses.get(3, []) == ([] if cut >= 100 else [5])


@pytest.mark.parametrize(
    ("begin", "end", "left"),
    [(150, 151, {1, 2}), (199, 201, {2}), (200, 300, {0, 2}), (99, 100, set())],
)
def test_changed_bytes_spoil_the_records_that_hold_them(sweep, begin, end, left):
    ledger, say = sweep
    say("open")
    for sample in range(3):
        solve(say, sample, 200 + 100 * sample)
    ledger.refresh()
    (rank,) = ledger.parts()
    ledger.flip(rank, begin, end, fault=5)
    assert ledger.kept() == left


def test_spoilt_shard_holds_nothing_until_it_is_made_again(sweep):
    ledger, _ = sweep
    shard = ledger.block.shard(0, 4)
    shard.write_bytes(b"whole")
    assert ledger.kept() == {0, 1, 2, 3}
    shard.write_bytes(b"spoilt")
    ledger.spoil_shards([shard])
    assert ledger.kept() == set()
    shard.rename(shard.with_name("aside"))
    shard.write_bytes(b"again")
    assert ledger.kept() == {0, 1, 2, 3}
