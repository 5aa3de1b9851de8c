"""A driven spin 1 with a limit cycle; energies and rates in units of the gain γᵍ.

Gain and damping take the spin from m = −1 and from m = 1 to m = 0, where every phase is equally
likely. The drive ε S^x, with the detuning δ, gives it a phase. In first order in ε

S_max = 3/(8√2)·|ρ₁₀ + ρ₀₋₁|, ρ₁₀ = −iε/(√2(γᵈ/2 + iδ)), ρ₀₋₁ = iε/(√2(γᵍ/2 + iδ)).

If γᵍ = γᵈ, the two coherences cancel. This is the interference blockade.
"""

import numpy as np

from syncsweep.physics.spins import sx, sz


def model(spins, delta=0.0, gain=1.0, damping=0.1):
    """A spin 1 that gain and damping keep at m = 0, with the detuning δ of its drive."""
    level = np.eye(3)  # m = 1, 0, −1
    jumps = [
        np.sqrt(gain) * np.outer(level[1], level[2]),
        np.sqrt(damping) * np.outer(level[1], level[0]),
    ]
    return delta * sz(spins[0]), jumps


def perturbation(rng, spins, epsilon=0.1):
    """The drive ε S^x: the same in every sample, so the study has `samples: 1`."""
    return epsilon * sx(spins[0]), []
