"""What a sweep has solved and where it is kept, from the witness's log and the names on the disk.

Faults tell the ledger which bytes they spoilt, so that it knows for every sample whether a copy is
left, and with that which samples may be solved again and for which fault.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from syncsweep.layout import BlockFolder


@dataclass(frozen=True)
class Record:
    """A sample's rows in a part: bytes begin … end−1, complete at a time."""

    sample: int
    begin: int
    end: int
    time: float


@dataclass
class Rank:
    """One rank of one launch, known by its part."""

    part: Path
    pid: int
    end: int  # of the part
    header: int  # end of the part's first record
    records: list[Record] = field(default_factory=list)
    synced: int = 0  # bytes that are durable
    in_hand: int | None = None
    begun: float = 0.0
    longest: float = 0.0  # seconds of a sample
    spoilt_by: int | None = None  # fault that took the part's header
    gone: bool = False

    @property
    def launch(self) -> str:
        """What the ranks of a launch have in common."""
        return self.part.name.rsplit("-", 1)[0]

    @property
    def samples(self) -> tuple[int, int]:
        """The samples of the launch, half-open."""
        _, start, stop, *_ = self.part.name.split("-")
        return int(start), int(stop)

    def is_alive(self) -> bool:
        """Whether the process is still there, and no other has got its number."""
        if not self.gone:
            try:
                process = psutil.Process(self.pid)
                ended = process.status() == psutil.STATUS_ZOMBIE
                self.gone = ended or not any("solve_shard.py" in w for w in process.cmdline())
            except psutil.NoSuchProcess:
                self.gone = True
        return not self.gone


class Ledger:
    """Of one block of one sweep; `refresh` reads what the ranks have logged since."""

    def __init__(self, log: Path, block: BlockFolder) -> None:
        self.block = block
        self.ranks: dict[Path, Rank] = {}
        self.begins: list[int] = []
        self.story: dict[int, list[str]] = defaultdict(list)  # sample -> what happened to it
        self.excuses: dict[int, list[int]] = defaultdict(list)  # sample -> faults
        self._log = log
        self._position = 0
        self._doomed: dict[str, int] = {}  # launches by what they may yet die of
        self._spoilt: set[tuple[Path, int]] = set()  # shards by path and inode

    def refresh(self) -> None:
        """Read the log on, but for a line that is not whole yet."""
        if not self._log.exists():
            return
        with self._log.open("rb") as file:
            file.seek(self._position)
            data = file.read()
        data = data[: data.rfind(b"\n") + 1]
        self._position += len(data)
        for line in data.splitlines():
            self._enter(json.loads(line))

    def _enter(self, line: dict) -> None:
        part = Path(line["part"])
        if line["event"] == "open":
            self.ranks[part] = Rank(part, line["pid"], line["end"], line["end"])
            return
        rank = self.ranks[part]
        if "sample" in line:
            self.story[line["sample"]].append(f"{line['time']:.1f} {line['event']} in {part.name}")
        if line["event"] == "begin":
            rank.in_hand, rank.begun = line["sample"], line["time"]
            self.begins.append(line["sample"])
        elif line["event"] == "kept":
            record = Record(line["sample"], rank.end, line["end"], line["time"])
            rank.longest = max(rank.longest, line["time"] - rank.begun)
            rank.in_hand, rank.end = None, line["end"]
            if rank.spoilt_by is None:
                rank.records.append(record)
            else:
                self.excuse(rank.spoilt_by, [record.sample])
        elif line["event"] == "synced":
            rank.synced = line["end"]

    def alive(self) -> list[Rank]:
        """Ranks whose processes are there, in the order of their parts."""
        alive = (rank for rank in self.ranks.values() if rank.is_alive())
        return sorted(alive, key=lambda rank: rank.part)

    def at_work(self) -> list[Rank]:
        """Ranks that have a sample in hand."""
        return [rank for rank in self.alive() if rank.in_hand is not None]

    def shards(self) -> list[tuple[int, int, Path]]:
        """Shards that no fault has spoilt, with their samples; they appear whole."""
        found = []
        for (start, stop), path in self.block.shards():
            try:
                inode = path.stat().st_ino
            except FileNotFoundError:
                continue
            if (path, inode) not in self._spoilt:
                found.append((start, stop, path))
        return found

    def parts(self) -> list[Rank]:
        """Ranks whose parts are there and hold rows."""
        return sorted(
            (rank for rank in self.ranks.values() if rank.records and rank.part.exists()),
            key=lambda rank: rank.part,
        )

    def kept(self) -> set[int]:
        """Samples of which a copy is left."""
        in_shards = {i for start, stop, _ in self.shards() for i in range(start, stop)}
        return in_shards | {record.sample for rank in self.parts() for record in rank.records}

    def spoil_shards(self, paths: Iterable[Path]) -> None:
        """Shards now hold something else than they should."""
        self._spoilt |= {(path, path.stat().st_ino) for path in paths}

    def cut(self, rank: Rank, size: int, fault: int) -> None:
        """A part was cut to a size; what is appended later follows there."""
        rank.records = [record for record in rank.records if record.end <= size]
        rank.end = rank.synced = size
        if size < rank.header:
            self._lose_header(rank, fault)

    def flip(self, rank: Rank, begin: int, end: int, fault: int) -> None:
        """Bytes begin … end−1 of a part were changed."""
        rank.records = [r for r in rank.records if r.end <= begin or end <= r.begin]
        if begin < rank.header:
            self._lose_header(rank, fault)

    def _lose_header(self, rank: Rank, fault: int) -> None:
        # Nobody can tell any more to what physics the rows belong, nor those that follow.
        rank.records, rank.spoilt_by = [], fault

    def excuse(self, fault: int, samples: Iterable[int]) -> None:
        """Each of these samples may be solved once more, because of a fault."""
        for sample in samples:
            self.excuses[sample].append(fault)
            self.story[sample].append(f"may be solved again for {fault}")

    def blame(self, fault: int, launches: Iterable[str]) -> None:
        """Should ranks of these launches die later, it is because of this fault and no other."""
        self._doomed |= {launch: fault for launch in launches}

    def charge_in_hand(self, fault: int) -> Counter[int]:
        """Excuse the samples that ranks had in hand when they died; returns how many, by fault.

        Whose death no fault is blamed for died of this one.
        """
        self.refresh()
        dead = [rank for rank in self.ranks.values() if not rank.is_alive()]
        self.refresh()  # now that they write no more
        charged: Counter[int] = Counter()
        for rank in dead:
            if rank.in_hand is not None:
                number = self._doomed.get(rank.launch, fault)
                self.excuse(number, [rank.in_hand])
                charged[number] += 1
                rank.in_hand = None
        return charged

    def solved_again(self) -> tuple[Counter[int], list[int]]:
        """Samples solved again by fault, and those that no fault excuses."""
        excuses = {sample: list(faults) for sample, faults in self.excuses.items()}
        again: Counter[int] = Counter()
        unexcused = []
        seen = set()
        for sample in self.begins:
            if sample not in seen:
                seen.add(sample)
            elif excuses.get(sample):
                again[excuses[sample].pop(0)] += 1
            else:
                unexcused.append(sample)
        return again, unexcused
