"""Spins in a Heisenberg chain that decay together; energies and rates in units of the exchange J.

H = J Σ_j S_j·S_{j+1} + B Σ_j S_jᶻ, with one jump operator L = √γ Σ_j S_j⁻.

H and L keep the total spin S, and L lowers the magnetization until it can no more. Five spins 1/2
have ten multiplets: one of S = 5/2, four of 3/2 and five of 1/2. Each ends in its lowest state
|S, −S⟩, and a coherence between two of these states is never damped.
"""

import numpy as np

from syncsweep.physics.spins import lowering, on_each_site, raising, sz


def model(spins, B=0.3, gamma=0.5):
    """H and the list of jump operators of the unperturbed model."""
    z, plus, minus = (on_each_site(operator, spins) for operator in (sz, raising, lowering))
    hamiltonian = B * sum(z)
    for j in range(len(spins) - 1):
        hop = plus[j] @ minus[j + 1]
        hamiltonian = hamiltonian + z[j] @ z[j + 1] + (hop + hop.conj().T) / 2
    return hamiltonian, [np.sqrt(gamma) * sum(minus)]
