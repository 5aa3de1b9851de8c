"""A block of the pair on disk as jobs leave it: shards, parts, a log, and what is asked of it."""

import json
import os

from small_results import ETAS, PAIR, block_of, put_part, put_shard, rows_of

from syncsweep.config.analysis import Analysis, LogBins
from syncsweep.sample_range import SampleRange
from syncsweep.status.requested import AskedBlock
from syncsweep.sweep.description import Description

SAMPLES = 12

#: When everything happened [s since the epoch].
NOON = 1_700_000_000.0


def attempt(number):
    """The name of an attempt."""
    return f"{number:012x}"


class Sweep:
    """The block and what jobs did there; samples are those of `rows_of`."""

    def __init__(self, results):
        self.folder = block_of(results, "pair", PAIR)
        self.results = results
        self.folder.parts.mkdir(parents=True)
        self.rows = rows_of(PAIR, SAMPLES)

    def asked(self, samples=SAMPLES, ranges=None):
        """All samples or those of some ranges are asked for; each should take a second."""
        return AskedBlock(
            described=Description("pair", PAIR, ETAS),
            folder=self.folder,
            ranges=tuple(SampleRange(*one) for one in ranges or ((0, samples),)),
            core_seconds=1.0,
            analysis=Analysis(s_max_bins=LogBins(low=1e-5, high=1.0, count=5)),
        )

    def shard(self, start, stop):
        return put_shard(self.results, "pair", PAIR, self.rows[start:stop], start)

    def part(self, start, stop, samples, number=1, rank=0, written=NOON):
        """What one rank of an attempt has solved of the samples start … stop−1."""
        rows = [self.rows[sample] for sample in samples]
        path = put_part(self.results, "pair", PAIR, rows, (start, stop), attempt(number), rank)
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
