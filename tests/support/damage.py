"""Damage to files, for all readers: bytes changed in every way, and other things in their place."""

import os
import random
from pathlib import Path

KINDS = ("flip", "flips", "cut", "zeros", "swap", "repeat")


def damaged(data, trials, seed, last=2048):
    """Copies of some bytes, each with one kind of damage, every other one among its last bytes."""
    rng = random.Random(seed)
    for trial in range(trials):
        changed = bytearray(data)
        low = max(len(data) - last, 0) if trial % 2 else 0
        at = rng.randrange(low, len(data))
        kind = KINDS[trial // 2 % len(KINDS)]
        if kind == "flip":
            changed[at] ^= 1 << rng.randrange(8)
        elif kind == "flips":
            for _ in range(rng.choice([2, 5, 20])):
                changed[rng.randrange(low, len(data))] ^= rng.randrange(1, 256)
        elif kind == "cut":
            del changed[at:]
        elif kind == "zeros":
            stop = min(at + rng.randrange(1, 300), len(data))
            changed[at:stop] = bytes(stop - at)
        elif kind == "swap":
            other = rng.randrange(low, len(data))
            changed[at], changed[other] = changed[other], changed[at]
        else:
            changed[at:at] = changed[at : at + rng.randrange(1, 50)]
        yield kind, bytes(changed)


def _make_huge(path):
    with open(path, "wb") as file:
        file.truncate(2**40)


#: What may stand in place of a file that is to be read.
IN_PLACE = {
    "folder": Path.mkdir,
    "pipe": os.mkfifo,
    "dangling link": lambda path: path.symlink_to("nowhere"),
    "link to itself": lambda path: path.symlink_to(path),
    "empty file": Path.touch,
    "huge file": _make_huge,
}


def put_in_place_of(path, kind):
    path.unlink(missing_ok=True)
    IN_PLACE[kind](path)
