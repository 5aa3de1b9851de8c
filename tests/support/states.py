"""Random states, and the sectors of the chain's strong symmetry."""

import numpy as np

from syncsweep.physics.models import Model, magnetization, spin_flip


def random_state(dim: int, seed: int = 1) -> np.ndarray:
    """A state (D, D) of full rank."""
    rng = np.random.default_rng(seed)
    m = rng.standard_normal((dim, dim)) + 1j * rng.standard_normal((dim, dim))
    rho = m @ m.conj().T
    return rho / np.trace(rho).real


def sector_projectors(model: Model) -> dict[str | int, np.ndarray]:
    """Projectors on the sectors 0+, 0−, and M = −N … N without 0, of the spin-1 chain."""
    m = np.rint(np.diag(magnetization(model)).real).astype(int)
    zero, flip = np.diag((m == 0).astype(float)), spin_flip(model)
    sectors = {"0+": (zero + zero @ flip) / 2, "0-": (zero - zero @ flip) / 2}
    others = {int(value): np.diag((m == value).astype(float)) for value in np.unique(m[m != 0])}
    return sectors | others
