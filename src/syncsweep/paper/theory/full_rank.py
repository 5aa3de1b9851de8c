"""Steady states to first order in η under a global perturbation of full rank, without drawing K.

With orthonormal F_n and r = D²−1, the entries of the jump operators L_μ are independent complex
normal numbers of variance 1/r, up to two things: L_μ is traceless, and Tr K is fixed. The traces
would act as a random Hamiltonian of variance 1/(2Dr), beside 2 of the given one.

Take a basis in which each state belongs to one sector, so that ρ₀ is diagonal. The numbers
T_ik = Σ_μ |⟨i|L_μ|k⟩|² are independent and distributed as Gamma(r)/r. They give the rates between
sectors and the diagonal of L₁ρ₀:

    R_αβ = Σ_{i∈α, k∈β} T_ik/D_β,   ⟨i|L₁ρ₀|i⟩ = Σ_k T_ik ρ_k − ρ_i Σ_j T_ji.

For i ≠ j, Σ_μ⟨i|L_μρ₀L_μ†|j⟩, Σ_μ⟨i|L_μ†L_μ|j⟩ and ⟨i|H|j⟩ have the mean zero. They are
uncorrelated with each other and with T, and have the variances Σ_k ρ_k²/r, D/r and 2. We draw them
as normal numbers, because they are sums of at least r terms. So the second moments of L₁ρ₀ are
exact.

Left out is L₁ρ₁, and so the change of the weights of the sectors in first order. The F_n of Eq. F3
have larger diagonals, which changes these variances by a share of the order of 1/D.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import sparse

from syncsweep.physics.dephasing import DephasingGenerator
from syncsweep.physics.generator import pack, unpack
from syncsweep.physics.sectors import Sector


def full_rank_first_order(
    generator: DephasingGenerator,
    sectors: Sequence[Sector],
    rng: np.random.Generator,
    zeta_coh: float,
    zeta_diss: float,
    accuracy: float,
) -> np.ndarray:
    """Draw ρ₀ and ρ₁ of L₀ + ηL₁, (2, D, D).

    sectors: those of L₀, whose steady states are their projectors, as for the chain; accuracy:
    relative, of L₀⁻¹.
    """
    basis = sparse.csr_array(sparse.hstack([sector.basis for sector in sectors]))
    sizes = np.array([sector.basis.shape[1] for sector in sectors])
    dim = generator.dim
    degrees = dim**2 - 1
    transfers = rng.gamma(degrees, 1 / degrees, (dim, dim))
    transfers *= dim**2 / transfers.sum()
    rho = np.repeat(_weights(transfers, sizes) / sizes, sizes)
    dissipative = (rho @ rho) / degrees + dim / degrees * (rho[:, None] + rho) ** 2 / 4
    coherent = 2 * (rho[:, None] - rho) ** 2
    size = np.sqrt((zeta_diss**2 * dissipative + zeta_coh**2 * coherent) / 2)
    image = np.triu(size * _complex_normal(rng, dim), 1)
    image = image + image.conj().T
    image[np.diag_indices(dim)] = zeta_diss * (transfers @ rho - rho * transfers.sum(axis=0))
    order, place = generator.order, np.argsort(generator.order)
    image = (basis @ (basis @ image).T).T
    source = generator.without_zero_modes(pack(image[np.ix_(order, order)]))
    change = unpack(-generator.solve(source, accuracy))[np.ix_(place, place)]
    return np.array([(basis * rho) @ basis.T.toarray(), change])


def _weights(transfers: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Stationary weights (n_sectors,) of the sectors of these sizes; transfers: T_ik, (D, D)."""
    starts = np.cumsum(sizes) - sizes
    rates = np.add.reduceat(np.add.reduceat(transfers, starts, axis=0), starts, axis=1) / sizes
    rates -= np.diag(rates.sum(axis=0))
    weights = np.linalg.svd(rates)[2][-1]
    return weights / weights.sum()


def _complex_normal(rng: np.random.Generator, dim: int) -> np.ndarray:
    """Independent numbers (dim, dim) whose real and imaginary parts have the variance 1."""
    real, imaginary = rng.standard_normal((2, dim, dim))
    return real + 1j * imaginary
