"""The sectors of the package's models: conserved projectors, each with one steady state of L₀.

They are written down, and so is the condition under which L₀ has no other steady states. So nothing
of the size of L₀ is needed, and eight spins are as easy as two.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isclose, sqrt
from typing import Any

import numpy as np
from scipy import sparse

from syncsweep.physics import arguments

#: Largest chain whose limit is known and tested.
MOST_SITES = 8

#: Numbers that differ by this share of their terms differ by rounding.
_ROUNDING = 1e-12


class UnknownSectorsError(ValueError):
    """A model that has other steady states than one in each of the sectors written down here."""


@dataclass(frozen=True)
class Sector:
    """One conserved projector J of L₀ and the one steady state ρ within it.

    basis: real, sparse (D, m), orthonormal columns with J = basis·basisᵀ; support: the same (D, k),
    with ρ = support·supportᵀ/k.
    """

    name: str
    basis: sparse.csc_array
    support: sparse.csc_array

    @property
    def projector(self) -> np.ndarray:
        """J as a dense array (D, D)."""
        return (self.basis @ self.basis.T).toarray()

    @property
    def steady_state(self) -> np.ndarray:
        """ρ as a dense array (D, D)."""
        return (self.support @ self.support.T).toarray() / self.support.shape[1]


def sectors(name: str, **parameters: Any) -> tuple[Sector, ...]:
    """Sectors of a model of the package: `chain_sectors` or `pair_sectors`, with its parameters.

    ValueError for a model whose sectors are not known; UnknownSectorsError for parameters with
    which L₀ has more steady states than sectors, as decoupled spins do.

    >>> [sector.basis.shape[1] for sector in sectors("spin1_chain", n_sites=2)]
    [1, 2, 2, 1, 2, 1]
    """
    known: dict[str, Any] = {"spin1_chain": chain_sectors, "spin_half_pair": pair_sectors}
    if name not in known:
        raise ValueError(f"Argument `name` must be one of {list(known)}, but is {name!r}.")
    found: tuple[Sector, ...] = known[name](**parameters)
    return found


def chain_sectors(
    n_sites: int = 3, omega: float = 1.0, J: float = 0.5, delta: float = 0.5, gamma: float = 2.0
) -> tuple[Sector, ...]:
    """The 2(N+1) sectors of `spin1_chain`, N ≤ 8; J = Π and ρ = Π/D in each.

    Magnetisations M from N down to −N, named "+3", "+2", …, of which M = 0 is split by the spin
    flip P = ±1 into "0+" and "0-".

    The jump operators are Hermitian, so the zero modes are the operators that commute with H and
    all (S_j^z)². UnknownSectorsError if there are more than those of the sectors. This is so in
    just these cases:

    - γ = 0 or J = 0: all functions of H, or all diagonal operators, are zero modes;
    - ω = 0: M and −M are alike, so the coherences P·1_M do not oscillate;
    - N = 2, ω = ±Δ: |1, 1⟩ or |−1, −1⟩ has the energy of the odd state of M = 0;
    - N ≥ 3, Δ = 0: the order of the moving ±1 has an SU(2) symmetry (Kitazawa, Hijii and Nomura,
      J. Phys. A 36, L351 (2003)), which splits the sectors further.

    Otherwise the (S_j^z)² and H generate all operators within each sector. The (S_j^z)² tell which
    sites are ±1. The J terms move a ±1 past zeros, which keeps their order s, and make or remove
    a pair (+−) + (−+). So an X that commutes with all acts on orders alone. With a zero somewhere,
    Δ tells each product of neighbours in s. So X is diagonal up to a flip of all of s, and pairs
    make its entries those of the shorter orders, down to s of |M| equal signs or, for M = 0, of a
    pair. Without a zero, pairs leave out only one state of each M, with amplitudes ±1 for all s. It
    is not an eigenstate of the sum of neighbours' products, because this differs between orders.
    """
    arguments.integer("Argument `n_sites`", n_sites, 2)
    if n_sites > MOST_SITES:
        raise ValueError(f"Argument `n_sites` must be at most {MOST_SITES}, but is {n_sites}.")
    other = "delta must not be omega or −omega" if n_sites == 2 else "delta must not be 0"
    apart = not _equal(abs(omega), abs(delta)) if n_sites == 2 else delta != 0
    if 0 in (gamma, J, omega) or not apart:
        raise UnknownSectorsError(
            f"The chain must have one steady state in each of its {2 * n_sites + 2} sectors, but "
            f"has more: gamma, J and omega must not be 0, and {other}."
        )
    dim = 3**n_sites
    m = n_sites - np.indices((3,) * n_sites).reshape(n_sites, -1).sum(axis=0)
    found = []
    for value in range(n_sites, -n_sites - 1, -1):
        states = np.flatnonzero(m == value)
        if value:
            found.append(_sector(f"{value:+d}", dim, states))
            continue
        # The spin flip of the state with index s is the state with index D − 1 − s.
        pairs = states[states < dim - 1 - states]
        even = _columns(dim, pairs, dim - 1 - pairs, 1)
        alone = _columns(dim, np.array([dim // 2]))
        odd = _columns(dim, pairs, dim - 1 - pairs, -1)
        bases = {"0+": sparse.hstack([even, alone], format="csc"), "0-": odd}
        found += [Sector(name, basis, basis) for name, basis in bases.items()]
    return tuple(found)


def pair_sectors(
    J: float = 1.0, delta: float = 1.0, B: float = 0.3, gamma: float = 0.5
) -> tuple[Sector, ...]:
    """The sectors of `spin_half_pair`: triplet "+" with ρ = |↓↓⟩⟨↓↓|, and singlet "-".

    UnknownSectorsError for γ = 0, where nothing decays, and for J + 2Δ = 2B, where both steady
    states have the same energy, so that their coherence does not oscillate.
    """
    if gamma == 0 or _equal(J + 2 * delta, 2 * B, abs(J) + 2 * abs(delta)):
        raise UnknownSectorsError(
            "The pair must have one steady state in each of its 2 sectors, but has more: gamma "
            "must not be 0, and J + 2·delta must not be 2·B."
        )
    one, two = np.array([1]), np.array([2])
    parts = [_columns(4, np.array([0])), _columns(4, one, two, 1), _columns(4, np.array([3]))]
    singlet = _columns(4, one, two, -1)
    triplet = sparse.hstack(parts, format="csc")
    return Sector("+", triplet, parts[2]), Sector("-", singlet, singlet)


def _equal(a: float, b: float, size: float = 0.0) -> bool:
    """Whether two numbers differ by rounding only; size: of the terms of which they are sums."""
    return isclose(a, b, rel_tol=_ROUNDING, abs_tol=_ROUNDING * size)


def _columns(
    dim: int, states: np.ndarray, partners: np.ndarray | None = None, sign: int = 0
) -> sparse.csc_array:
    """Columns |s⟩ for `states` (m,), or (|s⟩ ± |s'⟩)/√2 with `partners` (m,), sparse (D, m)."""
    count = len(states)
    rows, columns, values = states, np.arange(count), np.ones(count)
    if partners is not None:
        rows, columns = np.concatenate([states, partners]), np.tile(columns, 2)
        values = np.concatenate([values, sign * values]) / sqrt(2)
    return sparse.csc_array((values, (rows, columns)), shape=(dim, count))


def _sector(name: str, dim: int, states: np.ndarray) -> Sector:
    basis = _columns(dim, states)
    return Sector(name, basis, basis)
