"""The exact law of the limit η → 0⁺ for decoupled spin-1s (Eq. 5): complex numbers c_jk.

Without coupling, L₀ of `spin1_chain` conserves each (S_j^z)² and, with ω ≠ 0 and γ > 0, the
magnetisation M. The basis falls into blocks of equal (S_1^z)², …, (S_N^z)² and M. All operators
within blocks are zero modes, 11 for two spins and 45 for three, and there are no others. In first
order of η the steady state solves P L₍₁₎ P ρ = 0, where P keeps the blocks and drops all else.
Unlike that of the chain, this is a quantum master equation: H₍₁₎ acts within blocks, so the law
depends on ζ_coh/ζ_diss.

Only coherences between two states that exchange ±1 on sites j and k enter S_d:

    S_d = u + ½ (2π)^{1−N} Σ_{j<k} |c_jk| cos[2(φ_j − φ_k) + arg c_jk],   u = (2π)^{1−N},

with c_jk the sum of ⟨s|ρ|s'⟩ over all s with +1 on site j and −1 on site k, and s' the same with
both exchanged. For N = 2 it is c_{λ=0} of Eq. 5, and S_max = |c|/4π at 2φ' = −arg c.

The law of L₍₁₎ does not change under a rotation of one spin about z, which takes arg c_jk to
arg c_jk + 2(a_j − a_k). So the phases of c_12, …, c_1N are uniform and independent, also of all
moduli and of the phase of c_12 c_23 c_13*, which for N = 3 no symmetry fixes.

A block pair (B, B') with B ≠ B' feels the entries of K of the |i⟩⟨k|, i ∈ B, k ∈ B', alone. So K is
drawn block by block, and never as a whole.
"""

from __future__ import annotations

from itertools import combinations
from math import pi

import numpy as np

from syncsweep.physics import arguments
from syncsweep.physics.perturbation import OperatorBasis, traceless_operators
from syncsweep.physics.phase_distribution import relative_frequencies
from syncsweep.physics.weak_limit import bartlett, check_rank

#: Draws that are held in memory at once.
_BATCH = 256

#: Largest number of spins: four have 195 zero modes.
_MOST_SITES = 4


def conserved_blocks(n_sites: int) -> list[np.ndarray]:
    """Indices of the basis states in each block, ascending by their first state.

    >>> [block.tolist() for block in conserved_blocks(2)]
    [[0], [1], [2, 6], [3], [4], [5], [7], [8]]
    """
    m = 1 - np.indices((3,) * n_sites).reshape(n_sites, -1).T
    keys = np.column_stack([m**2, m.sum(axis=1)])
    _, first, label = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    return [np.flatnonzero(label.ravel() == one) for one in np.argsort(first)]


def coherences(coefficients: np.ndarray, n_sites: int) -> np.ndarray:
    """c_jk (..., N(N−1)/2) of coefficients of S_d (..., n_k), j < k in lexicographic order."""
    frequencies = relative_frequencies((1,) * n_sites).tolist()
    twice = 2 * np.eye(n_sites, dtype=int)
    pairs = combinations(range(n_sites), 2)
    waves = [frequencies.index((twice[j] - twice[k])[:-1].tolist()) for j, k in pairs]
    found: np.ndarray = 4 * (2 * pi) ** (n_sites - 1) * coefficients[..., waves]
    return found


class DecoupledLaw:
    """The law of the c_jk for the ensemble of `random_perturbation`, of any rank r.

    >>> c = DecoupledLaw(2).sample(np.random.default_rng(1), draws=1000)
    >>> c.shape, bool(np.abs(c).max() < 1 / 4)
    ((1000, 1), True)
    """

    def __init__(
        self,
        n_sites: int,
        zeta_coh: float = 1.0,
        zeta_diss: float = 1.0,
        basis: OperatorBasis = "paper",
        rank: int | None = None,
    ) -> None:
        """n_sites: N, 2 … 4; the others as for `random_liouvillian`, with ζ_diss > 0."""
        if arguments.integer("Argument `n_sites`", n_sites, 2) > _MOST_SITES:
            raise ValueError(f"Argument `n_sites` must be at most {_MOST_SITES}, but is {n_sites}.")
        self._coherent = arguments.real("Argument `zeta_coh`", zeta_coh)
        self._dissipative = arguments.real("Argument `zeta_diss`", zeta_diss, 0)
        if not self._dissipative:
            raise ValueError("Argument `zeta_diss` must be above 0, or all states stay steady.")
        dim = 3**n_sites
        self._rank, self._traces = check_rank(rank, dim), dim**2 - 1
        self._blocks = conserved_blocks(n_sites)
        #: The zero modes |i⟩⟨j|, block by block, and where each block's begin.
        self._modes = np.concatenate(
            [np.stack(np.meshgrid(b, b, indexing="ij"), -1).reshape(-1, 2) for b in self._blocks]
        )
        sizes = [len(block) ** 2 for block in self._blocks]
        ends = np.cumsum(sizes)
        self._places = [slice(end - size, end) for end, size in zip(ends, sizes, strict=True)]
        within = traceless_operators(dim, basis)[:, self._modes @ [dim, 1]].toarray()
        #: The F_n within blocks by their entries there, (p, n_modes).
        self._within = within[np.any(within, axis=1)]
        self._exchanges = _exchanges(n_sites, self._modes)

    def sample(self, rng: np.random.Generator, draws: int) -> np.ndarray:
        """Draw c_jk, complex (draws, N(N−1)/2), for j < k in lexicographic order."""
        sizes = [min(_BATCH, draws - start) for start in range(0, draws, _BATCH)]
        return np.concatenate([self._states(rng, size) for size in sizes]) @ self._exchanges.T

    def _states(self, rng: np.random.Generator, draws: int) -> np.ndarray:
        """Draw ρ by its entries at the zero modes, (draws, n_modes)."""
        generator = self._generator(rng, draws)
        diagonal = self._modes[:, 0] == self._modes[:, 1]
        # The trace takes the place of a row that the others determine.
        row = int(np.flatnonzero(diagonal)[0])
        generator[:, row] = diagonal
        unit = np.zeros((len(self._modes), 1))
        unit[row] = 1.0
        states: np.ndarray = np.linalg.solve(generator, np.broadcast_to(unit, (draws, *unit.shape)))
        return states[..., 0]

    def _generator(self, rng: np.random.Generator, draws: int) -> np.ndarray:
        """Draw P L₍₁₎ P at the zero modes, (draws, n_modes, n_modes)."""
        n = len(self._modes)
        generator = np.zeros((draws, n, n), dtype=complex)
        trace = np.zeros(draws)
        drift = [np.zeros((draws, len(b), len(b)), dtype=complex) for b in self._blocks]

        def add(out_of: int, into: int, jumps: np.ndarray) -> None:
            """Add Σ_c A_c ρ A_c† and collect −½ Σ_c A_c†A_c; jumps: A (d', d, c, draws)."""
            gain = np.einsum("ikcd,jlcd->dijkl", jumps, jumps.conj())
            shape = (draws, len(jumps) ** 2, -1)
            generator[:, self._places[into], self._places[out_of]] += gain.reshape(shape)
            drift[out_of] -= np.einsum("ilcd,ikcd->dkl", jumps, jumps.conj()) / 2

        for into, target in enumerate(self._blocks):
            for out_of, source in enumerate(self._blocks):
                if into != out_of:
                    factor = bartlett(rng, len(target) * len(source), self._rank, draws)
                    trace += (factor.real**2 + factor.imag**2).sum(axis=(0, 1))
                    add(out_of, into, factor.reshape(len(target), len(source), -1, draws))
        factor = bartlett(rng, len(self._within), self._rank, draws)
        trace += (factor.real**2 + factor.imag**2).sum(axis=(0, 1))
        jumps = np.tensordot(self._within.T, factor, 1)
        for index, block in enumerate(self._blocks):
            size = len(block)
            of_block = jumps[self._places[index]]
            add(index, index, of_block.reshape(size, size, -1, draws))
        scale = self._dissipative * self._traces / trace
        generator *= scale[:, None, None]
        for index, block in enumerate(self._blocks):
            part = self._coherent * _hamiltonians(rng, len(block), draws)
            self._add_drift(generator, index, -1j * part + scale[:, None, None] * drift[index])
        return generator

    def _add_drift(self, generator: np.ndarray, index: int, drift: np.ndarray) -> None:
        """Add Cρ + ρC† of a block, C (draws, d, d)."""
        unit, place = np.eye(drift.shape[1]), self._places[index]
        shape = (len(drift), place.stop - place.start, -1)
        left = np.einsum("dik,jl->dijkl", drift, unit).reshape(shape)
        right = np.einsum("djl,ik->dijkl", drift.conj(), unit).reshape(shape)
        generator[:, place, place] += left + right


def _hamiltonians(rng: np.random.Generator, dim: int, draws: int) -> np.ndarray:
    """Draws with the law of `random_hamiltonian`, (draws, D, D)."""
    real, imaginary = rng.standard_normal((2, draws, dim, dim))
    m = real + 1j * imaginary
    hamiltonians: np.ndarray = (m + m.conj().swapaxes(1, 2)) / np.sqrt(2)
    return hamiltonians


def _exchanges(n_sites: int, modes: np.ndarray) -> np.ndarray:
    """Which modes |s⟩⟨s'| make up each c_jk, (N(N−1)/2, n_modes)."""
    m = 1 - np.indices((3,) * n_sites).reshape(n_sites, -1).T
    change = m[modes[:, 0]] - m[modes[:, 1]]
    rows = []
    for j, k in combinations(range(n_sites), 2):
        wanted = np.zeros(n_sites, dtype=int)
        wanted[j], wanted[k] = 2, -2
        rows.append(np.all(change == wanted, axis=1))
    return np.array(rows, dtype=float)
