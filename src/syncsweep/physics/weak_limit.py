"""The exact law of the limit η → 0⁺: a random classical chain between the sectors of L₀.

L₀ has one conserved projector J_α and one steady state ρ_α in each of n sectors. In first order of
η (Eq. 4) the steady state is ρ = Σ_α c_α ρ_α, and c is the stationary vector of the classical chain
with the rates R_αβ = Tr(J_α L₍₁₎[ρ_β]) from β to α. As J_αρ_β = 0 for α ≠ β, only the first term of
the dissipator enters: H₍₁₎, ζ_coh and the size of ζ_diss > 0 drop out of c. With ρ_β = Π_β/D_β,

    D_β R_αβ = Σ_{a ∈ J_α, b ∈ Π_β} v_ab† K v_ab,   (v_ab)_n = ⟨a|F_n|b⟩.

For the random K = d·GG†/Tr GG† of `perturbation` the vectors G†v_ab are jointly normal with the
Gram matrix of the v_ab as covariance, and d/Tr GG† drops out of c too. So the rates can be drawn
without K, and c without solving for ρ.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from syncsweep.physics.models import Model, magnetization, spin_flip
from syncsweep.physics.perturbation import OperatorBasis, traceless_operators
from syncsweep.physics.sparse_blocks import left_null_vectors
from syncsweep.physics.superoperators import liouvillian, to_real

#: Overlaps of the v_ab below this are rounding.
_ROUNDING = 1e-12

#: Draws of the rates that are held in memory at once.
_BATCH = 16384


class UnknownSectorsError(ValueError):
    """A model that has other steady states than one in each of the sectors written down here."""


@dataclass(frozen=True)
class Sector:
    """One conserved projector J of L₀ and the one steady state ρ within it.

    basis: (D, m), orthonormal columns with J = basis·basis†; support: (D, k), orthonormal columns
    with ρ = support·support†/k.
    """

    name: str
    basis: np.ndarray
    support: np.ndarray

    @property
    def projector(self) -> np.ndarray:
        """J, shape (D, D)."""
        return self.basis @ self.basis.conj().T

    @property
    def steady_state(self) -> np.ndarray:
        """ρ, shape (D, D)."""
        return self.support @ self.support.conj().T / self.support.shape[1]


def sectors(model: Model) -> tuple[Sector, ...]:
    """Sectors of a model, with the projectors and steady states written down, not computed.

    Spin-1 chain: magnetisations M from N down to −N, named "+3", "+2", …, of which M = 0 is split
    by the spin flip P = ±1 into "0+" and "0-"; J = Π and ρ = Π/D. Spin-1/2 pair: triplet "+" with
    ρ = |↓↓⟩⟨↓↓| and singlet "-". UnknownSectorsError if L₀ has more zero modes than these, as
    decoupled spins do.
    """
    known = {"spin1_chain": _chain_sectors, "spin_half_pair": _pair_sectors}
    if model.name not in known:
        raise ValueError(f"Argument `model` must be one of {list(known)}, but is {model.name!r}.")
    found = known[model.name](model)
    generator = to_real(liouvillian(model.hamiltonian, model.jump_operators))
    zero_modes = 1 + left_null_vectors(generator).shape[1]  # the trace is the first
    if zero_modes != len(found):
        raise UnknownSectorsError(
            f"Argument `model` must have {len(found)} zero modes, one in each sector, but has "
            f"{zero_modes}."
        )
    return found


def _chain_sectors(model: Model) -> tuple[Sector, ...]:
    m = np.rint(magnetization(model).diagonal().real).astype(int)
    states, flipped = np.eye(model.dim), spin_flip(model)
    found = []
    for value in range(model.n_sites, -model.n_sites - 1, -1):
        within = states[:, m == value]
        bases = {f"{value:+d}": within}
        if value == 0:
            image = flipped @ within
            place = np.argmax(within, axis=0)
            image_place = np.argmax(image, axis=0)
            pairs, alone = place < image_place, place == image_place
            even = (within + image)[:, pairs] / sqrt(2)
            odd = (within - image)[:, pairs] / sqrt(2)
            bases = {"0+": np.hstack([even, within[:, alone]]), "0-": odd}
        found += [Sector(name, basis, basis) for name, basis in bases.items()]
    return tuple(found)


def _pair_sectors(model: Model) -> tuple[Sector, ...]:
    both_up, up_down, down_up, both_down = np.eye(model.dim)
    triplet = np.stack([both_up, (up_down + down_up) / sqrt(2), both_down], axis=1)
    singlet = np.stack([(up_down - down_up) / sqrt(2)], axis=1)
    return Sector("+", triplet, triplet[:, 2:]), Sector("-", singlet, singlet)


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


@dataclass(frozen=True)
class _Joint:
    """Vectors that overlap and belong to several rates: `factor` (p, k) with Gram = factor·factor†.

    rate_of: (p,), the index α·n + β of the rate to which each belongs.
    """

    factor: np.ndarray
    rate_of: np.ndarray


class RateLaw:
    """The law of the rates R_αβ, α ≠ β, for the ensemble of `random_kossakowski`.

    Orthogonal v_ab give independent v†GG†v/2 ~ |v|²·Gamma(r), where r is the rank of K, so with
    orthonormal F_n all D_β R_αβ ~ Gamma(r·D_α·D_β) are independent, up to one factor. The F_n of
    Eq. F3 let some v_ab overlap. What overlaps within one rate is replaced by the eigenvectors of
    its Gram matrix; what overlaps across rates is drawn together (Bartlett's decomposition).
    """

    def __init__(
        self, sectors: Sequence[Sector], basis: OperatorBasis = "paper", rank: int | None = None
    ) -> None:
        """basis, rank: as for `random_kossakowski`; None is full rank d = D²−1."""
        self._n = len(sectors)
        operators = traceless_operators(len(sectors[0].basis), basis)
        self._rank = operators.shape[0] if rank is None else rank
        gram, rate_of = _gram_matrix(sectors, operators)
        _, label = connected_components(gram, directed=False)
        members_of = np.bincount(label)
        alone = members_of[label] == 1
        scales, owners = [gram.diagonal().real[alone]], [rate_of[alone]]
        self._joint: list[_Joint] = []
        for component in np.flatnonzero(members_of > 1):
            members = np.flatnonzero(label == component)
            eigenvalues, vectors = np.linalg.eigh(gram[members][:, members].toarray())
            if np.all(rate_of[members] == rate_of[members[0]]):
                scales.append(eigenvalues)
                owners.append(rate_of[members])
                continue
            positive = eigenvalues > _ROUNDING
            factor = vectors[:, positive] * np.sqrt(eigenvalues[positive])
            self._joint.append(_Joint(factor, rate_of[members]))
        # Gamma variables of one rate and scale add up to one Gamma variable.
        terms = np.stack([np.concatenate(owners), np.round(np.concatenate(scales), 12)], axis=1)
        distinct, counts = np.unique(terms, axis=0, return_counts=True)
        self._owner, self._scale = distinct[:, 0].astype(int), distinct[:, 1]
        self._shape = self._rank * counts

    def sample(self, rng: np.random.Generator, draws: int) -> np.ndarray:
        """Draw the rates up to a factor common to all of one draw, (draws, n, n).

        R_αβ leads from β to α; columns sum to zero.
        """
        rates = np.zeros((self._n**2, draws))
        for owner, scale, shape in zip(self._owner, self._scale, self._shape, strict=True):
            rates[owner] += scale * rng.standard_gamma(shape, draws)
        for joint in self._joint:
            for owner, square in zip(joint.rate_of, self._squares(rng, joint, draws), strict=True):
                rates[owner] += square
        matrix = rates.reshape(self._n, self._n, draws)
        diagonal = np.arange(self._n)
        matrix[diagonal, diagonal] = -matrix.sum(axis=0)
        return np.moveaxis(matrix, -1, 0)

    def _squares(self, rng: np.random.Generator, joint: _Joint, draws: int) -> np.ndarray:
        """|G†v|²/2 of all vectors of a joint set, (p, draws)."""
        k = joint.factor.shape[1]
        width = min(k, self._rank)
        triangle = np.zeros((k, width, draws), dtype=complex)
        for row in range(k):
            for column in range(min(row, width)):
                parts = rng.standard_normal((2, draws)) / sqrt(2)
                triangle[row, column] = parts[0] + 1j * parts[1]
            if row < width:
                triangle[row, row] = np.sqrt(rng.standard_gamma(self._rank - row, draws))
        drawn = (joint.factor @ triangle.reshape(k, -1)).reshape(-1, width, draws)
        return (drawn.real**2 + drawn.imag**2).sum(axis=1)

    def stationary_vectors(self, rng: np.random.Generator, draws: int) -> np.ndarray:
        """Draw c, (draws, n)."""
        sizes = [min(_BATCH, draws - start) for start in range(0, draws, _BATCH)]
        return np.concatenate([stationary_vector(self.sample(rng, size)) for size in sizes])


def _gram_matrix(
    sectors: Sequence[Sector], operators: sparse.csr_array
) -> tuple[sparse.csr_array, np.ndarray]:
    """Gram matrix (p, p) of all v_ab/√D_β with α ≠ β, and the rate α·n + β of each (p,)."""
    vectors, rate_of = [], []
    for alpha, into in enumerate(sectors):
        for beta, out_of in enumerate(sectors):
            if alpha != beta:
                scaled = out_of.support / sqrt(out_of.support.shape[1])
                pairs = sparse.kron(
                    sparse.coo_array(into.basis.conj()), sparse.coo_array(scaled), format="csr"
                )
                vectors.append(operators @ pairs)
                rate_of.append(np.full(pairs.shape[1], alpha * len(sectors) + beta))
    stacked = sparse.hstack(vectors, format="csr")
    gram = sparse.csr_array(stacked.conj().T @ stacked)
    gram.data[np.abs(gram.data) < _ROUNDING] = 0
    gram.eliminate_zeros()
    return gram, np.concatenate(rate_of)
