"""How quiet the machine was: what others used of its cores while something ran."""

from __future__ import annotations

import os
import resource
import time
from pathlib import Path

_STAT = Path("/proc/stat")


class Load:
    """Started when made; times are core-seconds since the machine's start."""

    def __init__(self) -> None:
        self._began = time.perf_counter()
        self._busy, self._stolen = _machine_seconds()
        self._own = _own_seconds()

    def summary(self) -> dict[str, float | None]:
        """Cores that others used on average, and that the hypervisor took; None if unknown."""
        elapsed = time.perf_counter() - self._began
        busy, stolen = _machine_seconds()
        if busy == 0:
            return {"cores_used_by_others": None, "cores_stolen": None}
        others = busy - self._busy - (_own_seconds() - self._own)
        return {
            "cores_used_by_others": max(0.0, others / elapsed),
            "cores_stolen": (stolen - self._stolen) / elapsed,
        }


def _machine_seconds() -> tuple[float, float]:
    """Busy and stolen core-seconds of all cores; zeros if Linux does not report them."""
    try:
        words = _STAT.read_text(encoding="utf-8").splitlines()[0].split()
    except OSError:
        return 0.0, 0.0
    user, nice, system, _, _, irq, softirq, stolen = map(int, words[1:9])
    tick = os.sysconf("SC_CLK_TCK")
    return (user + nice + system + irq + softirq) / tick, stolen / tick


def _own_seconds() -> float:
    """Core-seconds of this process and of those that it started and that have ended."""
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)
