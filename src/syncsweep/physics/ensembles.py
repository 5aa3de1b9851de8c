"""Ensembles of random perturbations as operators: their measure, normalisation and mean decay.

Each term is drawn as `perturbation` says: −iζ_coh[H, ·] + ζ_diss·L_diss in a space of D dimensions,
with E|H_jk|² = 2 and a Kossakowski matrix K of rank r and trace D²−1.

- global: one term on the whole space. Its K = Σ_μ t_μt_μ† makes r jump operators
  L_μ = Σ_n t*_μn F_n.
- bonds: independent terms on the pairs (j, j+1) of an open chain, in the order of the spins, each
  with the measure that `global` has for its two spins alone, D = (2S_j+1)(2S_{j+1}+1).
- sites: the same for each spin alone, D = 2S_j+1.

The mean decay rate κ = −Tr L₁/D² of a term does not depend on the other spins. So κ is the sum of
those of the terms. With orthonormal F_n a term has κ = ζ_diss(D²−1)/D exactly. With the paper's, of
which D−1 have the squared norm 2, its mean is ζ_diss(D²+D−2)/D. For a chain of spin-1s, E κ/ζ_diss
is (N−1)·88/9 for bonds and N·10/3 for sites. A term does not become weaker as N grows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np

from syncsweep.physics.arguments import ArgumentError
from syncsweep.physics.local_sum import LocalSum
from syncsweep.physics.low_rank import LowRank
from syncsweep.physics.perturbation import (
    OperatorBasis,
    diagonal_rows,
    draw_factor,
    random_perturbation,
)
from syncsweep.physics.random_streams import Purpose
from syncsweep.physics.spins import local_dimension

LocalKind = Literal["bonds", "sites"]

#: How many neighbouring spins a term acts on.
SITES_OF_TERM: dict[LocalKind, int] = {"bonds": 2, "sites": 1}

#: The random stream from which each kind of ensemble draws its samples.
STREAMS: dict[str, Purpose] = {
    "global": Purpose.PERTURBATION,
    "bonds": Purpose.BONDS,
    "sites": Purpose.SITES,
}


def random_low_rank(
    rng: np.random.Generator,
    dim: int,
    zeta_coh: float = 1.0,
    zeta_diss: float = 1.0,
    basis: OperatorBasis = "paper",
    rank: int | None = 1,
) -> LowRank:
    """The L₁ of `random_perturbation` from the same random numbers, by its operators; ValueError.

    dim: D; rank: r of K, None for D²−1. It takes a few times 16·r·D² bytes.
    """
    hamiltonian, factor = draw_factor(rng, dim, zeta_coh, zeta_diss, rank)
    rows = factor[:, : dim**2 - 1].conj().T
    places = np.arange(dim) * (dim + 1)
    of_diagonal = rows[:, places[:-1]] @ diagonal_rows(dim, basis)
    rows[:, places] = of_diagonal
    return LowRank(hamiltonian, rows.reshape(-1, dim, dim))


def random_local_sum(
    rng: np.random.Generator,
    spins: Sequence[float],
    kind: LocalKind,
    zeta_coh: float = 1.0,
    zeta_diss: float = 1.0,
    basis: OperatorBasis = "paper",
    rank: int | None = None,
) -> LocalSum:
    """Draw the terms of a sum from the first spin to the last; ValueError.

    spins: S of each spin, (N,); kind, rank: as this module says, None for full rank. A longer chain
    begins with the same terms.
    """
    if kind not in SITES_OF_TERM:
        raise ArgumentError(
            f"Argument `kind` must be one of {list(SITES_OF_TERM)}, but is {kind!r}."
        )
    width, dims = SITES_OF_TERM[kind], [local_dimension(spin) for spin in spins]
    terms = []
    for first in range(len(dims) - width + 1):
        dim = math.prod(dims[first : first + width])
        drawn = random_perturbation(rng, dim, zeta_coh, zeta_diss, basis, rank)
        terms.append((range(first, first + width), drawn))
    return LocalSum(spins, terms)
