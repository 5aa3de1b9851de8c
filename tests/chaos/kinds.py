"""What a fault is, and the kinds that there are, by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from sweep import Sweep

T = TypeVar("T")

#: What a fault of a kind may cause to be solved again, as the table says it.
NOTHING = "nothing"
LAUNCH = "the sample in hand of each rank of the launch"
LAUNCHES = "the sample in hand of each rank of all launches"
NO_COPY = "rows of which no other copy was left"
UNSYNCED = f"{LAUNCHES}, and what it kept in its last interval between flushes"


class Missed(Exception):
    """What was to be hit has ended a moment before."""


@dataclass(frozen=True)
class Hit:
    """What a fault did.

    ranks: so many may lose the sample in hand; destroyed: samples whose last copy it took;
    problem: what must not be, beside rows solved again.
    """

    what: str
    ranks: int = 0
    destroyed: tuple[int, ...] = ()
    problem: str = ""


@dataclass(frozen=True)
class Kind:
    """A way to disturb a sweep.

    strike: does it, given the sweep, random numbers and the fault's number, and returns when
    all that dies of it is dead; it may only be called where `is_possible`.
    """

    name: str
    allowed: str
    is_possible: Callable[[Sweep], bool]
    strike: Callable[[Sweep, np.random.Generator, int], Hit]


KINDS: dict[str, Kind] = {}
SLURM_KINDS: dict[str, Kind] = {}

Strike = Callable[[Sweep, np.random.Generator, int], Hit]


def kind(
    name: str,
    allowed: str,
    is_possible: Callable[[Sweep], bool] = lambda sweep: True,
    among: dict[str, Kind] = KINDS,
) -> Callable[[Strike], Strike]:
    """Make a function one of the kinds."""

    def add(strike: Strike) -> Strike:
        among[name] = Kind(name, allowed, is_possible, strike)
        return strike

    return add


def choose(rng: np.random.Generator, things: Sequence[T]) -> T:
    """One of these; Missed if there is none any more."""
    if not things:
        raise Missed
    return things[int(rng.integers(len(things)))]
