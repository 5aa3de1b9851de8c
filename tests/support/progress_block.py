"""A block of the pair while it is solved: shards, parts, a log, and what is asked of it."""

import json
import os

from studies import ANALYSIS, Block

from syncsweep.sample_range import SampleRange
from syncsweep.status.requested import AskedBlock

SAMPLES = 12

#: When everything happened [s since the epoch].
NOON = 1_700_000_000.0


def attempt(number):
    """The name of an attempt."""
    return f"{number:012x}"


class Sweep(Block):
    """The block and what jobs did there."""

    def __init__(self, results):
        super().__init__(results, SAMPLES)
        self.folder.path.mkdir(parents=True, exist_ok=True)
        self.folder.parts.mkdir(parents=True, exist_ok=True)

    def asked(self, samples=SAMPLES, ranges=None):
        """All samples or those of some ranges are asked for; each should take a second."""
        return AskedBlock(
            described=self.described,
            folder=self.folder,
            ranges=tuple(SampleRange(*one) for one in ranges or ((0, samples),)),
            core_seconds=1.0,
            analysis=ANALYSIS,
        )

    def part(self, start, stop, samples, number=1, rank=0, written=NOON):
        """What one rank of an attempt has solved of the samples start … stop−1."""
        path = super().part(start, stop, samples, attempt=attempt(number), rank=rank)
        os.utime(path, (written, written))
        return path

    def log(self, **event):
        with self.folder.log.open("a", encoding="utf-8") as log:
            log.write(json.dumps(event) + "\n")

    def begins(self, start, stop, number=1, at=NOON, missing=None, from_parts=0, host=None):
        missing = stop - start if missing is None else missing
        self.log(
            event="start",
            time=at,
            start=start,
            stop=stop,
            attempt=attempt(number),
            host=host,
            from_shards=stop - start - missing - from_parts,
            from_parts=from_parts,
            missing=missing,
        )

    def ends(self, start, stop, solved, number=1, at=NOON, ranks=2, core_seconds=1.0, event="end"):
        self.log(
            event=event,
            time=at,
            start=start,
            stop=stop,
            attempt=attempt(number),
            solved=solved,
            ranks=ranks,
            core_seconds=core_seconds,
        )
