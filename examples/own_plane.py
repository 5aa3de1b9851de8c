"""A spin 1 and a spin 1/2 with exchange J and field B, and an observable of their state."""

import numpy as np

from syncsweep.physics.spins import lowering, on_each_site, raising, sz


def model(spins, J=1.0, B=0.3):
    """H and the jump operator, which conserve the total spin. The decay rate is the unit."""
    z, plus, minus = (on_each_site(operator, spins) for operator in (sz, raising, lowering))
    exchange = z[0] @ z[1] + (plus[0] @ minus[1] + minus[0] @ plus[1]) / 2
    return J * exchange + B * (z[0] + z[1]), [minus[0] + minus[1]]


def total_spin(rho, spins):
    """Probability that the total spin is 1/2, from ⟨S²⟩ of total spins 3/2 and 1/2."""
    z, plus, minus = (sum(on_each_site(one, spins)) for one in (sz, raising, lowering))
    square = z @ z + (plus @ minus + minus @ plus) / 2
    return {"spin_half": (15 / 4 - np.trace(square @ rho).real) / 3}
