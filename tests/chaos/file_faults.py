"""Shards and parts cut, changed, swapped or emptied, and files that other crashes left."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
from kinds import NO_COPY, NOTHING, Hit, choose, kind
from ledger import Rank
from sweep import Sweep

Change = Callable[[Path, np.random.Generator], str]


def has_shard(sweep: Sweep) -> bool:
    return bool(sweep.ledger.shards())


def has_two_shards(sweep: Sweep) -> bool:
    return len(sweep.ledger.shards()) > 1


def has_part(sweep: Sweep) -> bool:
    return bool(sweep.ledger.parts())


def cut(path: Path, size: int) -> None:
    with path.open("r+b") as file:
        file.truncate(size)


def flip_bits(path: Path, begin: int, end: int, rng: np.random.Generator) -> None:
    """Change each of the bytes begin … end−1."""
    with path.open("r+b") as file:
        file.seek(begin)
        data = np.frombuffer(file.read(end - begin), dtype=np.uint8)
        file.seek(begin)
        file.write((data ^ rng.integers(1, 256, len(data), dtype=np.uint8)).tobytes())


def spoil_shards(sweep: Sweep, rng: np.random.Generator, count: int, change: Callable) -> Hit:
    """Change intact shards; every other time their parts are gone too, as after the tables."""
    with sweep.held():
        shards = sweep.ledger.shards()
        chosen = [shards[k] for k in rng.choice(len(shards), count, replace=False)]
        before = sweep.ledger.kept()
        what = change([path for _, _, path in chosen])
        sweep.ledger.spoil_shards(path for _, _, path in chosen)
        if rng.random() < 0.5:
            what += ", its parts gone"
            for rank in sweep.ledger.parts():
                covered = any(a <= rank.samples[0] and rank.samples[1] <= b for a, b, _ in chosen)
                if covered and not rank.is_alive():
                    rank.part.unlink()
        destroyed = tuple(sorted(before - sweep.ledger.kept()))
    names = " and ".join(path.name for _, _, path in chosen)
    return Hit(f"{names}: {what}", destroyed=destroyed)


@kind("shard truncated at any byte", NO_COPY, has_shard)
def truncate_shard(sweep, rng, number):
    def change(paths):
        old = paths[0].stat().st_size
        size = int(rng.integers(1, old))
        cut(paths[0], size)
        return f"{size} of {old} bytes left"

    return spoil_shards(sweep, rng, 1, change)


@kind("shard with flipped bits", NO_COPY, has_shard)
def flip_bits_of_shard(sweep, rng, number):
    def change(paths):
        length = int(rng.choice([1, 1, 2, 64]))
        begin = int(rng.integers(0, paths[0].stat().st_size - length))
        flip_bits(paths[0], begin, begin + length, rng)
        return f"bytes {begin} to {begin + length - 1}"

    return spoil_shards(sweep, rng, 1, change)


@kind("two shards swapped", NO_COPY, has_two_shards)
def swap_shards(sweep, rng, number):
    def change(paths):
        first, second = paths
        aside = first.with_name("aside")
        os.rename(first, aside)
        os.rename(second, first)
        os.rename(aside, second)
        return "swapped"

    return spoil_shards(sweep, rng, 2, change)


@kind("empty file in place of a shard", NO_COPY, has_shard)
def empty_shard(sweep, rng, number):
    def change(paths):
        paths[0].unlink()
        paths[0].touch()
        return "empty"

    return spoil_shards(sweep, rng, 1, change)


def choose_part(sweep: Sweep, rng: np.random.Generator) -> Rank:
    """A part, three times of four one of an unfinished shard, where there is one."""
    parts = sweep.ledger.parts()
    done = [(start, stop) for start, stop, _ in sweep.ledger.shards()]
    needed = [rank for rank in parts if rank.samples not in done]
    return choose(rng, needed if needed and rng.random() < 0.75 else parts)


def spoil_part(sweep: Sweep, rng: np.random.Generator, change: Callable[[Rank], str]) -> Hit:
    with sweep.held():
        rank = choose_part(sweep, rng)
        before = sweep.ledger.kept()
        what = change(rank)
        destroyed = before - sweep.ledger.kept()
        # What it has in hand may be in the file already, and not in the witness's log yet.
        in_hand = {rank.in_hand} - {None}
    return Hit(f"{rank.part.name}: {what}", destroyed=tuple(sorted(destroyed | in_hand)))


@kind("part truncated at any byte", NO_COPY, has_part)
def truncate_part(sweep, rng, number):
    def change(rank):
        size = int(rng.integers(0, rank.end))
        cut(rank.part, size)
        what = f"{size} of {rank.end} bytes left"
        sweep.ledger.cut(rank, size, number)
        return what

    return spoil_part(sweep, rng, change)


@kind("part with flipped bits", NO_COPY, has_part)
def flip_bits_of_part(sweep, rng, number):
    def change(rank):
        length = int(rng.choice([1, 1, 2, 64]))
        begin = int(rng.integers(0, rank.end - length))
        flip_bits(rank.part, begin, begin + length, rng)
        sweep.ledger.flip(rank, begin, begin + length, number)
        return f"bytes {begin} to {begin + length - 1}"

    return spoil_part(sweep, rng, change)


@kind("stale temporary files", NOTHING)
def leave_stale_files(sweep, rng, number):
    """Temporary files, locks and parts such as crashes leave: cut, empty, foreign and doubled."""
    block = sweep.block
    block.parts.mkdir(parents=True, exist_ok=True)
    start, stop = choose(rng, sweep.chunks())
    token = rng.bytes(6).hex()
    noise = rng.bytes(1000)
    tables = sweep.first.results / "tables" / "chain"
    tables.mkdir(parents=True, exist_ok=True)
    (block.jobs / f".{block.shard(start, stop).name}.{token}.tmp").write_bytes(noise)
    (tables / f".summary.parquet.{token}.tmp").write_bytes(noise)
    (sweep.first.results / f".study.json.{token}.tmp").write_bytes(noise)
    block.lock.touch()
    block.part(start, stop, token, 0).touch()
    block.part(start, stop, token, 1).write_bytes(noise)
    what = f"of samples {start} to {stop - 1}"
    parts = sweep.ledger.parts()
    if parts:
        data = choose(rng, parts).part.read_bytes()
        block.part(start, stop, token, 2).write_bytes(data)
        block.part(start, stop, token, 3).write_bytes(data[: int(rng.integers(len(data)))])
        what += ", a part doubled"
    return Hit(what)
