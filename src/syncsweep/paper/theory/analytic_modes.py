"""The decay-free modes of the unperturbed models in closed form, to compare spectra with.

Modes are operators with L[ρ] = λρ and Re λ = 0, linearly independent and complete. Frequencies are
in the units of the model.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np

from syncsweep.physics.models import Model, magnetization, spin_flip


@dataclass(frozen=True)
class AnalyticModes:
    """Frequencies Im λ (n,) of all decay-free modes, and the modes (n, D, D) in that order.

    steady: largest number of steady states with mutually orthogonal supports.
    """

    frequencies: np.ndarray
    modes: np.ndarray
    steady: int

    def at(self, frequency: float) -> np.ndarray:
        """Modes (k, D, D) of one frequency."""
        return self.modes[np.abs(self.frequencies - frequency) < 1e-9]


def magnetization_sectors(model: Model) -> dict[int, np.ndarray]:
    """Projectors 1_M (D, D) on the sectors of M = Σ_j S_j^z, for spins whose M is an integer."""
    m = np.rint(np.diag(magnetization(model)).real).astype(int)
    return {value: np.diag((m == value).astype(float)) for value in sorted(set(m.tolist()))}


def chain_modes(model: Model, omega: float, delta: float) -> AnalyticModes:
    """Of `spin1_chain` with J ≠ 0: 1_α/D_α at 0, and P·1_M at 2Mω for M ≠ 0 (below Eq. 6).

    α runs over 0+, 0−, ±1, …, ±N. For two spins alone, |1,1⟩ and |−1,−1⟩ have coherences with the
    antisymmetric state of the sector 0− too, at ∓2ω − 2Δ and, for the adjoints, ±2ω + 2Δ.
    """
    flip, sectors = spin_flip(model), magnetization_sectors(model)
    zero = sectors.pop(0)
    steady = [zero @ (np.eye(model.dim) + sign * flip) / 2 for sign in (1, -1)]
    steady += sectors.values()
    found = [(0.0, sector / np.trace(sector).real) for sector in steady]
    found += [(2 * omega * m, flip @ sector) for m, sector in sectors.items()]
    if model.n_sites == 2:
        antisymmetric = (np.eye(9)[2] - np.eye(9)[6]) / np.sqrt(2)  # of |1,−1⟩ and |−1,1⟩
        for state, sign in ((0, 1), (8, -1)):
            coherence = np.outer(np.eye(9)[state], antisymmetric)
            frequency = -sign * 2 * omega - 2 * delta
            found += [(frequency, coherence), (-frequency, coherence.T)]
    return _collected(found, len(steady))


def decoupled_modes(n_sites: int, omega: float) -> AnalyticModes:
    """Of `spin1_chain` with J = Δ = 0: all products of |m⟩⟨m| and |±1⟩⟨∓1|, which are at ∓2ω."""
    site = [(0.0, _site_operator(m, m)) for m in (1, 0, -1)]
    site += [(-2 * omega * m, _site_operator(m, -m)) for m in (1, -1)]
    return _products([site] * n_sites, 3**n_sites)


def two_spin1s_modes(omega: float) -> AnalyticModes:
    """Of `two_spin1s`: all products of what |1⟩, |0⟩ of site 1 and |0⟩, |−1⟩ of site 2 make (E3).

    At 0 these are the four populations, |0,0⟩⟨1,−1| (Eq. E4) and its adjoint.
    """
    sites = [
        [(-omega * (m - n), _site_operator(m, n)) for m, n in product(levels, repeat=2)]
        for levels in ((1, 0), (0, -1))
    ]
    return _products(sites, 4)


def spin_half_pair_modes(J: float, delta: float, B: float) -> AnalyticModes:
    """Of `spin_half_pair`: what the dark states |v₊⟩ = |↓↓⟩ and the singlet |v₋⟩ make (App. D).

    Their energies are Δ − 2B and −J − Δ, so that |v₊⟩⟨v₋| is at −(J + 2Δ − 2B).
    """
    levels = [
        (delta - 2 * B, np.array([0, 0, 0, 1])),
        (-J - delta, np.array([0, 1, -1, 0]) / np.sqrt(2)),
    ]
    found = [(f - e, np.outer(ket, bra)) for (e, ket), (f, bra) in product(levels, repeat=2)]
    return _collected(found, 2)


def _site_operator(m: int, n: int) -> np.ndarray:
    """|m⟩⟨n| of one spin-1, shape (3, 3)."""
    return np.outer(np.eye(3)[1 - m], np.eye(3)[1 - n])


def _products(sites: list[list[tuple[float, np.ndarray]]], steady: int) -> AnalyticModes:
    """Modes of decoupled sites, from those of each."""
    found = sites[0]
    for site in sites[1:]:
        found = [(f + g, np.kron(a, b)) for (f, a), (g, b) in product(found, site)]
    return _collected(found, steady)


def _collected(found: list[tuple[float, np.ndarray]], steady: int) -> AnalyticModes:
    frequencies = np.array([frequency for frequency, _ in found])
    return AnalyticModes(frequencies, np.array([mode for _, mode in found]), steady)
