"""A spin 1 and a spin 1/2 that decay together; energies and rates in units of the exchange J.

H = J S₁·S₂ + B (S₁ᶻ + S₂ᶻ), with one jump operator L = √γ (S₁⁻ + S₂⁻).

Both keep the total spin, S = 3/2 or S = 1/2, and L lowers the magnetization until it can no more:
each S ends in its lowest state |S, −S⟩. Between these two states, which L turns into nothing, a
coherence is never damped: it oscillates at ω = 3J/2 − B.
"""

import numpy as np

from syncsweep.physics.spins import lowering, on_each_site, on_site, raising, sz


def model(spins, B=0.3, gamma=0.5):
    """H and the list of jump operators of the unperturbed model."""
    z, plus, minus = (on_each_site(operator, spins) for operator in (sz, raising, lowering))
    exchange = z[0] @ z[1] + (plus[0] @ minus[1] + minus[0] @ plus[1]) / 2
    hamiltonian = exchange + B * (z[0] + z[1])
    return hamiltonian, [np.sqrt(gamma) * (minus[0] + minus[1])]


def perturbation(rng, spins, strength=1.0):
    """Each spin by itself: a random field, and a random jump operator."""
    field, jumps = 0, []
    for site, spin in enumerate(spins):
        shape = (round(2 * spin) + 1,) * 2
        m, jump = (rng.standard_normal(shape) + 1j * rng.standard_normal(shape) for _ in range(2))
        field = field + on_site((m + m.conj().T) / np.sqrt(2), site, spins)
        jumps.append(np.sqrt(strength) * on_site(jump, site, spins))
    return strength * field, jumps
