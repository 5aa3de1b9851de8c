"""The exact law of the limit η → 0⁺: a random classical chain between the sectors of L₀.

L₀ has one conserved projector J_α and one steady state ρ_α in each of n sectors. In first order of
η (Eq. 4) the steady state is ρ = Σ_α c_α ρ_α, and c is the stationary vector of the classical chain
with the rates R_αβ = Tr(J_α L₍₁₎[ρ_β]) from β to α. As J_αρ_β = 0 for α ≠ β, only the first term of
the dissipator enters: H₍₁₎, ζ_coh and the size of ζ_diss > 0 drop out of c. With ρ_β = Π_β/D_β,

    D_β R_αβ = Σ_{a ∈ J_α, b ∈ Π_β} v_ab† K v_ab,   (v_ab)_n = ⟨a|F_n|b⟩.

For the random K = d·GG†/Tr GG† of `perturbation` the vectors G†v_ab are jointly normal with the
Gram matrix of the v_ab as covariance, and d/Tr GG† drops out of c too. So the rates can be drawn
without K, and c without solving for ρ. No object is larger than the sectors themselves, so this
serves eight spins as well as two. `local_rates` has the same law for sums of local terms.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from syncsweep.physics import arguments
from syncsweep.physics.perturbation import OPERATOR_BASES, OperatorBasis
from syncsweep.physics.sectors import Sector

#: Overlaps of the v_ab below this are rounding.
_ROUNDING = 1e-12

#: Draws of the rates that are held in memory at once.
_BATCH = 4096


def stationary_vector(rates: np.ndarray) -> np.ndarray:
    """Probabilities c with Σ_β R_αβ c_β = 0 and Σ_α c_α = 1, (..., n).

    rates: (..., n, n), R_αβ ≥ 0 from β to α; the diagonal is not read. One state after the other is
    taken out of the chain, without subtractions and so without cancellation (Grassmann, Taksar and
    Heyman, Oper. Res. 33, 1107 (1985)). NaN where the chain falls apart.
    """
    n = rates.shape[-1]
    if rates.ndim < 2 or rates.shape[-2] != n:
        raise ValueError(f"Argument `rates` must have shape (..., n, n), but has {rates.shape}.")
    reduced = np.moveaxis(rates, (-2, -1), (0, 1)).copy()  # (n, n, ...)
    with np.errstate(divide="ignore", invalid="ignore"):
        for last in range(n - 1, 0, -1):
            reduced[last, :last] /= reduced[:last, last].sum(axis=0)
            reduced[:last, :last] += reduced[:last, last, None] * reduced[last, None, :last]
        c = np.ones((n, *rates.shape[:-2]))
        for last in range(1, n):
            c[last] = (reduced[last, :last] * c[:last]).sum(axis=0)
        c /= c.sum(axis=0)
    return np.moveaxis(c, 0, -1)


class RateLaw(ABC):
    """A law of the rates R_αβ, α ≠ β, from β to α, up to a factor common to all of one draw."""

    @abstractmethod
    def sample(self, rng: np.random.Generator, draws: int) -> np.ndarray:
        """Draw the rates, (draws, n, n); the diagonal is 0."""

    def stationary_vectors(self, rng: np.random.Generator, draws: int) -> np.ndarray:
        """Draw c, (draws, n)."""
        sizes = [min(_BATCH, draws - start) for start in range(0, draws, _BATCH)]
        return np.concatenate([stationary_vector(self.sample(rng, size)) for size in sizes])


@dataclass(frozen=True)
class _Joint:
    """Vectors that overlap, `factor` (p, k) with Gram = factor·factor†, drawn `count` times.

    rates: (p,), the index α·n + β of the rate to which each belongs.
    """

    factor: np.ndarray
    rates: tuple[int, ...]
    count: int


class GlobalRateLaw(RateLaw):
    """The law for the ensemble of `random_kossakowski`, of any rank r.

    Orthogonal v_ab give independent v†GG†v/2 ~ |v|²·Gamma(r), so with orthonormal F_n all
    D_β R_αβ ~ Gamma(r·D_α·D_β) are independent, up to one factor. With the F_n of Eq. F3,
    ⟨v_ab, v_a'b'⟩ = δ + Σ_ij d_ab,i E_ij d_a'b',j, where d_ab,i = a_i b_i is real and E + 1 is
    the matrix of Σ_n F_n,ii F_n,jj over the diagonal F_n. So only the few v_ab overlap whose a and
    b share states of the basis: between "0+" and "0-" of the chain, and between triplet and
    singlet of the pair. Those that overlap are drawn together (Bartlett's decomposition), all sets
    with the same Gram matrix in one go.

    >>> from syncsweep.physics.sectors import sectors
    >>> law = GlobalRateLaw(sectors("spin1_chain", n_sites=8))
    >>> law.stationary_vectors(np.random.default_rng(1), draws=100).shape
    (100, 18)
    """

    def __init__(
        self, sectors: Sequence[Sector], basis: OperatorBasis = "paper", rank: int | None = None
    ) -> None:
        """basis, rank: as for `random_kossakowski`; None is full rank d = D²−1."""
        self._n = len(sectors)
        dim = sectors[0].basis.shape[0]
        self._rank = check_rank(rank, dim)
        self._scale = np.array([sector.support.shape[1] for sector in sectors])
        #: Number of vectors of norm 1 without overlaps, by rate.
        self._alone = np.outer([sector.basis.shape[1] for sector in sectors], self._scale)
        np.fill_diagonal(self._alone, 0)
        self._joint: list[_Joint] = []
        sets: dict[tuple[tuple[int, ...], bytes], int] = defaultdict(int)
        for rates, gram in _overlapping(sectors, basis):
            sets[rates, (np.round(gram, 12) + 0.0).tobytes()] += 1
        for (rates, content), count in sets.items():
            np.subtract.at(self._alone.reshape(-1), list(rates), count)
            gram = np.frombuffer(content, dtype=float).reshape(len(rates), -1)
            values, vectors = np.linalg.eigh(gram)
            kept = values > _ROUNDING
            factor = vectors[:, kept] * np.sqrt(values[kept])
            self._joint.append(_Joint(factor, rates, count))

    def sample(self, rng: np.random.Generator, draws: int) -> np.ndarray:
        """Draw the rates, (draws, n, n); the diagonal is 0."""
        rates = np.zeros((self._n**2, draws))
        for index in np.flatnonzero(self._alone):
            rates[index] = rng.standard_gamma(self._rank * self._alone.flat[index], draws)
        for joint in self._joint:
            triangle = bartlett(rng, joint.factor.shape[1], self._rank * joint.count, draws)
            drawn = np.tensordot(joint.factor, triangle, 1)
            squares = (drawn.real**2 + drawn.imag**2).sum(axis=1)
            np.add.at(rates, list(joint.rates), squares)
        matrix = rates.reshape(self._n, self._n, draws) / self._scale[:, None]
        return np.moveaxis(matrix, -1, 0)


def check_rank(rank: int | None, dim: int) -> int:
    """The rank r of K, 1 ≤ r ≤ D²−1, which None stands for; ValueError."""
    most = dim**2 - 1
    if rank is None:
        return most
    if arguments.integer("Argument `rank`", rank, 1) > most:
        raise ValueError(f"Argument `rank` must be at most D²−1 = {most}, but is {rank}.")
    return rank


def bartlett(rng: np.random.Generator, size: int, columns: int, draws: int) -> np.ndarray:
    """Draw T with TT† = GG†/2 in law, lower triangular (size, min(size, columns), draws).

    G has `columns` columns of independent normal numbers, with unit-variance real and imaginary
    parts, as in `perturbation`. Row i of T has Gamma(columns − i) as its squared diagonal entry.
    """
    width = min(size, columns)
    triangle = np.zeros((size, width, draws), dtype=complex)
    for row in range(size):
        left = triangle[row, : min(row, width)]
        left.real, left.imag = rng.standard_normal((2, *left.shape)) / sqrt(2)
        if row < width:
            triangle[row, row] = np.sqrt(rng.standard_gamma(columns - row, draws))
    return triangle


def _overlapping(
    sectors: Sequence[Sector], basis: OperatorBasis
) -> list[tuple[tuple[int, ...], np.ndarray]]:
    """Sets of v_ab that overlap or have a norm other than 1: their rates (p,), Gram matrix (p, p).

    The v_ab are those of different sectors, a ∈ J_α and b ∈ Π_β.
    """
    products, rates = [], []
    for alpha, into in enumerate(sectors):
        for beta, out_of in enumerate(sectors):
            if alpha != beta:
                found = _shared(into.basis, out_of.support)
                products.append(found)
                rates.append(np.full(found.shape[1], alpha * len(sectors) + beta))
    d, rate = sparse.hstack(products, format="csc"), np.concatenate(rates)
    gram = sparse.csr_array(d.T @ diagonal_excess(d.shape[0], basis) @ d)
    gram.data[np.abs(gram.data) < _ROUNDING] = 0
    gram.eliminate_zeros()
    felt = np.flatnonzero(np.diff(gram.indptr))
    gram = gram[felt][:, felt] + sparse.eye_array(len(felt))
    _, label = connected_components(gram, directed=False)
    order = np.argsort(label, kind="stable")
    members = np.split(order, np.flatnonzero(np.diff(label[order])) + 1)
    return [
        (tuple(rate[felt[one]].tolist()), gram[one][:, one].toarray())
        for one in members
        if len(one)
    ]


def _shared(into: sparse.csc_array, out_of: sparse.csc_array) -> sparse.csc_array:
    """The d_ab of all columns a of `into` and b of `out_of` that share states, sparse (D, p)."""
    meet = sparse.coo_array(abs(into).T @ abs(out_of))
    return sparse.csc_array(into[:, meet.row].multiply(out_of[:, meet.col]))


def diagonal_excess(dim: int, basis: OperatorBasis) -> sparse.csr_array:
    """E of `GlobalRateLaw`, sparse (D, D), up to a constant that it adds to all entries.

    Overlaps do not feel the constant, because Σ_i d_ab,i = ⟨a|b⟩ = 0.
    """
    if basis not in OPERATOR_BASES:
        raise ValueError(f"Argument `basis` must be one of {OPERATOR_BASES}, but is {basis!r}.")
    if basis == "orthonormal":
        return sparse.csr_array((dim, dim))
    differences = sparse.diags_array([1.0, -1.0], offsets=[0, 1], shape=(dim - 1, dim))
    return sparse.csr_array(differences.T @ differences - sparse.eye_array(dim))
