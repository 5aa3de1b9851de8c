"""Random streams: everything that draws has its own, whatever else is drawn.

A stream is spawned from the root seed of a configuration by the key of its purpose. Changing a key
changes all numbers drawn for that purpose. Where a result does not depend on what is drawn, as in a
probe with random vectors, a fixed seed takes the place of the root seed.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, auto

import numpy as np


class Purpose(Enum):
    """What a random stream is for, and what its `number` is."""

    PERTURBATION = auto()  # L₍₁₎ of the sample `number`, on the whole space or the user's own
    CHI_SHIFT = auto()  # offset of the χ grid of the sample `number`
    LIMIT = auto()  # law of η → 0⁺, and the offsets of its χ grids; 0
    UNIFORM_ANGLES = auto()  # configurations of `number` uniform angles
    INITIAL_STATES = auto()  # states from which the dynamics start; 0
    BONDS = auto()  # terms on pairs of neighbours of the sample `number`
    SITES = auto()  # terms on single spins of the sample `number`


_KEYS: dict[Purpose, Callable[[int], tuple[int, ...]]] = {
    Purpose.PERTURBATION: lambda number: (number, 0),
    Purpose.CHI_SHIFT: lambda number: (number, 1),
    Purpose.LIMIT: lambda number: (0,),
    Purpose.UNIFORM_ANGLES: lambda number: (number,),
    Purpose.INITIAL_STATES: lambda number: (*b"dynamics",),
    Purpose.BONDS: lambda number: (number, 2),
    Purpose.SITES: lambda number: (number, 3),
}


def stream(root_seed: int, number: int, purpose: Purpose) -> np.random.Generator:
    """The random stream of one purpose; number: as `Purpose` says."""
    seed = np.random.SeedSequence(root_seed, spawn_key=_KEYS[purpose](number))
    return np.random.Generator(np.random.PCG64(seed))
