"""Random streams: each purpose of each sample has its own, whatever else is drawn."""

from __future__ import annotations

from enum import IntEnum

import numpy as np


class Purpose(IntEnum):
    """What a random stream of a sample is for."""

    PERTURBATION = 0
    CHI_SHIFT = 1


def stream(root_seed: int, sample: int, purpose: Purpose) -> np.random.Generator:
    """The random stream of one sample and purpose."""
    seed = np.random.SeedSequence(root_seed, spawn_key=(sample, int(purpose)))
    return np.random.default_rng(seed)
