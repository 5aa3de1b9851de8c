"""A campaign: sweep after sweep, each hit by many faults and then let finish and judged."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import psutil
from judge import Reference, Verdict, judge, reference_of
from kinds import Kind, Missed, choose
from sweep import Sweep, SweepError

#: Part of a sweep within which a fault counts.
FIRST, LAST = 0.05, 0.95

#: Commands that a sweep may need after its last fault, `--unlock` apart: one that goes on, one that
#: makes again what only the tables' job noticed, and one more.
MOST_COMMANDS = 3


@dataclass
class Fault:
    """One fault: what landed when, and what came of it."""

    number: int
    sweep: int
    kind: str
    time: float
    progress: float
    what: str = ""
    ranks: int = 0
    destroyed: int = 0
    in_hand: int = 0
    again: int = 0
    verdict: Verdict = field(default_factory=Verdict)
    problems: list[str] = field(default_factory=list)

    @property
    def allowed(self) -> int:
        """Samples that may be solved again because of this fault."""
        return self.ranks + self.destroyed

    @property
    def counted(self) -> bool:
        return FIRST <= self.progress <= LAST


class Campaign:
    """Faults of some kinds in random order, at random times of sweeps."""

    def __init__(
        self,
        make_sweep: Callable[[], Sweep],
        kinds: list[Kind],
        seed: int,
        log: Path,
        per_sweep: int,
    ) -> None:
        self.faults: list[Fault] = []
        self.sweeps = 0
        self.samples_begun = self.samples_needed = self.commands = 0
        self.stood_still = 0.0
        self._make_sweep, self._kinds, self._log = make_sweep, kinds, log
        self._rng = np.random.default_rng(seed)
        self._per_sweep = per_sweep
        self._waiting: list[Kind] = []
        self._reference: Reference | None = None

    def run(self, count: int, until: float) -> None:
        """Land so many faults that count, but begin none after a time (monotonic)."""
        self._make_reference()
        while (missing := count - sum(fault.counted for fault in self.faults)) > 0:
            if time.monotonic() > until:
                break
            self._disturb(min(missing, self._per_sweep), until)

    def _make_reference(self) -> None:
        sweep = self._make_sweep()
        began = time.monotonic()
        code = sweep.finish(sweep.start_again(sweep.first))
        if code:
            raise SweepError(f"the undisturbed sweep failed\n{sweep.printed()}")
        self._reference = reference_of(sweep)
        print(f"undisturbed: {time.monotonic() - began:.0f} s", flush=True)

    def _disturb(self, count: int, until: float) -> None:
        sweep = self._make_sweep()
        self.sweeps += 1
        sweep.set_chunk_size(choose(self._rng, sweep.chunk_sizes))
        ours: list[Fault] = []
        try:
            for threshold in np.sort(self._rng.uniform(FIRST + 0.01, LAST - 0.05, count)):
                if time.monotonic() > until or not self._land(sweep, ours, threshold):
                    break
            self._finish(sweep)
            self._account(sweep, ours, judge(sweep, self._reference))
        except SweepError as error:
            # A sweep that does not end has lost everything.
            self._account(sweep, ours, Verdict(lost=sweep.samples))
            for fault in ours[-1:]:
                fault.problems.append(str(error))
        finally:
            sweep.end()
            for fault in ours:
                self._write(fault)
        bad = [fault for fault in ours if is_bad(fault)]
        print(
            f"sweep {self.sweeps}: {len(ours)} faults, {len(sweep.commands)} commands, "
            f"{len(sweep.ledger.begins)} samples begun of {sweep.samples}, "
            f"none for {sweep.stood_still:.0f} s at most"
            + "".join(f"\n  BAD {fault}" for fault in bad),
            flush=True,
        )

    def _land(self, sweep: Sweep, ours: list[Fault], threshold: float) -> bool:
        """Land the next fault that is possible behind a point of the sweep; False if none is."""
        while not self._may_land(sweep, threshold):
            if not sweep.running(sweep.first):
                if sweep.is_whole():
                    return False
                sweep.start_again(sweep.first)
            sweep.wait(
                "a fault can land",
                lambda: self._may_land(sweep, threshold) or not sweep.running(sweep.first),
            )
        progress = sweep.progress()
        if progress > LAST:
            return False
        kind = self._next_kind(sweep)
        if ours:
            self._charge(sweep, ours[-1])
        number = len(self.faults)
        fault = Fault(number, self.sweeps, kind.name, time.time(), round(progress, 4))
        self.faults.append(fault)
        ours.append(fault)
        try:
            hit = kind.strike(sweep, self._rng, number)
        except (Missed, psutil.NoSuchProcess):
            self.faults.pop()
            ours.pop()
            self._waiting.append(kind)
            return True
        fault.what, fault.ranks, fault.destroyed = hit.what, hit.ranks, len(hit.destroyed)
        fault.problems += [hit.problem] if hit.problem else []
        print(f"  {progress:3.0%} {kind.name}: {hit.what}", flush=True)
        sweep.ledger.excuse(number, hit.destroyed)
        self._charge(sweep, fault)
        return True

    def _may_land(self, sweep: Sweep, threshold: float) -> bool:
        return sweep.progress() >= threshold and bool(sweep.ledger.at_work())

    def _next_kind(self, sweep: Sweep) -> Kind:
        """The first of the kinds in random order that is possible now."""
        while True:
            for kind in self._waiting:
                if kind.is_possible(sweep):
                    self._waiting.remove(kind)
                    return kind
            order = self._rng.permutation(len(self._kinds))
            self._waiting += [self._kinds[k] for k in order]

    def _charge(self, sweep: Sweep, last: Fault) -> None:
        """Find who died, and of which fault."""
        for number, samples in sweep.ledger.charge_in_hand(last.number).items():
            self.faults[number].in_hand += samples

    def _finish(self, sweep: Sweep) -> None:
        """Run the same command until it has ended well behind the last fault."""
        last = sweep.running(sweep.first)
        for command in last:
            sweep.finish(command)
        for _ in range(MOST_COMMANDS):
            if sweep.finish(sweep.start_again(sweep.first)) == 0:
                break
        else:
            raise SweepError(f"not whole after {MOST_COMMANDS} commands\n{sweep.printed()}")
        for command in sweep.running():
            sweep.finish(command)

    def _account(self, sweep: Sweep, ours: list[Fault], verdict: Verdict) -> None:
        """Say of each fault of a sweep what was solved again for it, and how the sweep ended."""
        if not ours:
            return
        self._charge(sweep, ours[-1])
        again, unexcused = sweep.ledger.solved_again()
        for fault in ours:
            fault.again, fault.verdict = again[fault.number], verdict
            if fault.in_hand > fault.ranks:
                fault.problems.append(f"{fault.in_hand} in hand were lost of {fault.ranks}")
            if fault.again > fault.allowed:
                fault.problems.append(f"{fault.again} samples solved again for {fault.allowed}")
        if unseen := sweep.samples - len(set(sweep.ledger.begins)):
            ours[-1].problems.append(f"{unseen} samples were never begun")
        if unexcused:
            stories = {sample: sweep.ledger.story[sample] for sample in unexcused}
            ours[-1].problems.append(f"solved again without a reason: {stories}")
        self.samples_begun += len(sweep.ledger.begins)
        self.samples_needed += sweep.samples
        self.commands += len(sweep.commands)
        self.stood_still = max(self.stood_still, sweep.stood_still)

    def _write(self, fault: Fault) -> None:
        line = {**asdict(fault), "allowed": fault.allowed, "counted": fault.counted}
        with self._log.open("a", encoding="utf-8") as log:
            log.write(json.dumps(line, ensure_ascii=False) + "\n")


def is_bad(fault: Fault) -> bool:
    """Whether a fault was followed by anything that must not be."""
    return bool(fault.problems) or fault.verdict != Verdict()
