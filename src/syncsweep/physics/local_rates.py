"""The law of η → 0⁺ for perturbations that are sums of local terms.

Each bond (j, j+1), or each site j, has H and K of its own, with the law of `random_hamiltonian` and
`random_kossakowski` in the space of its two spins, or of its one: independent, and all with the
same weight. As in `weak_limit`, H and the weights drop out, and

    D_β R_αβ = Σ_terms Σ_mn K_mn Tr(J_α F_n Π_β F_m†).

The trace over the other spins depends only on how many there are. So all terms have the same form,
which is written down from the numbers of states of the other spins with each magnetisation.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Literal

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from syncsweep.physics.ensembles import SITES_OF_TERM, LocalKind
from syncsweep.physics.perturbation import OperatorBasis, traceless_operators
from syncsweep.physics.sectors import Sector
from syncsweep.physics.weak_limit import GlobalRateLaw, RateLaw, bartlett, check_rank

#: Coefficients below this are rounding.
_ROUNDING = 1e-12


def jump_weights(n_sites: int, n_local: int) -> sparse.csr_array:
    """Tr[J_α (|i⟩⟨k| ⊗ 1) Π_β (|l⟩⟨j| ⊗ 1)] for n_local of N spins, sparse (n², d⁴), d = 3^n_local.

    Row α·n + β, in the order of `chain_sectors`; column ((i·d + k)·d + j)·d + l. The product of a
    row with the entries S_(ik),(jl) = Σ K_mn ⟨i|F_n|k⟩⟨j|F_m|l⟩* of the jump superoperator, which
    takes |k⟩⟨l| to |i⟩⟨j|, is the term's part of D_β R_αβ.
    """
    d = 3**n_local
    m = n_local - np.indices((3,) * n_local).reshape(n_local, -1).sum(axis=0)
    others = n_sites - n_local
    states = dict(enumerate(_numbers_of_states(others).tolist(), start=-others))
    # Each projector is a sum of 1_M and P·1_M, with these weights.
    parts: list[list[tuple[int, int, float]]] = []
    for value in range(n_sites, -n_sites - 1, -1):
        if value:
            parts.append([(value, 0, 1.0)])
        else:
            parts += [[(0, 0, 0.5), (0, 1, sign * 0.5)] for sign in (1, -1)]
    rows, columns, values = [], [], []
    for (alpha, left), (beta, right) in product(enumerate(parts), repeat=2):
        for (into, flip, a), (out_of, flop, b) in product(left, right):
            for i, k in product(range(d), repeat=2):
                j, other = (d - 1 - i if flip else i), (d - 1 - k if flop else k)
                of_others, before = into - m[j], out_of - m[k]
                if flip != flop:
                    # The trace over the others leaves the one state that is its own flip.
                    number = float(of_others == 0 == before)
                else:
                    kept = of_others == (-before if flip else before)
                    number = kept * states.get(of_others, 0.0)
                if number:
                    rows.append(alpha * len(parts) + beta)
                    columns.append(((i * d + k) * d + j) * d + other)
                    values.append(a * b * number)
    return sparse.csr_array((values, (rows, columns)), shape=(len(parts) ** 2, d**4))


def _numbers_of_states(n_sites: int) -> np.ndarray:
    """Numbers of states of spin-1s with magnetisation −N … N, (2N + 1,)."""
    counts = np.ones(1)
    for _ in range(n_sites):
        counts = np.convolve(counts, [1, 1, 1])
    return counts


def jump_weights_of_pair(sectors: Sequence[Sector]) -> sparse.csr_array:
    """As `jump_weights`, for one spin of the pair of spin-1/2s; both have the same, (4, 16)."""
    J = np.array([sector.projector for sector in sectors]).reshape(-1, 2, 2, 2, 2)
    states = np.array([sector.steady_state for sector in sectors]).reshape(-1, 2, 2, 2, 2)
    return sparse.csr_array(np.einsum("ajeif,bkfle->abikjl", J, states).reshape(4, 16))


class LocalRateLaw(RateLaw):
    """The law for independent random terms on all bonds or all sites.

    Most entries of K do not mix in the rates. Rows of G that do are drawn together (Bartlett's
    decomposition), and the others as Gamma variables.

    >>> from syncsweep.physics.sectors import sectors
    >>> law = LocalRateLaw(sectors("spin1_chain", n_sites=8), "bonds")
    >>> law.stationary_vectors(np.random.default_rng(1), draws=100).shape
    (100, 18)
    """

    def __init__(
        self,
        sectors: Sequence[Sector],
        kind: LocalKind,
        basis: OperatorBasis = "paper",
        rank: int | None = None,
    ) -> None:
        """basis, rank: of K of each term, None is full rank; ValueError for bonds of the pair."""
        self._n = len(sectors)
        self._scale = np.array([sector.support.shape[1] for sector in sectors])
        n_local = SITES_OF_TERM[kind]
        if self._n == 2:
            if kind == "bonds":
                raise ValueError("Argument `kind` must be 'sites' for the pair, but is 'bonds'.")
            n_sites, dim, weights = 2, 2, jump_weights_of_pair(sectors)
        else:
            n_sites, dim = self._n // 2 - 1, 3**n_local
            weights = jump_weights(n_sites, n_local)
        self._terms, self._rank = n_sites + 1 - n_local, check_rank(rank, dim)
        operators = traceless_operators(dim, basis)
        d = operators.shape[0]
        off_diagonal = sparse.diags_array(1.0 - np.eye(self._n).ravel())
        # R_q = Σ_nm K_nm forms_q,nd+m, in which real symmetric forms keep Re K only.
        forms = off_diagonal @ weights @ sparse.kron(operators, operators).T
        forms.data[np.abs(forms.data) < _ROUNDING] = 0
        forms.eliminate_zeros()
        rows, columns = np.divmod(np.unique(forms.nonzero()[1]), d)
        mixed = sparse.coo_array((np.ones(len(rows)), (rows, columns)), shape=(d, d))
        _, label = connected_components(mixed, directed=False)
        self._groups = [int(size) for size in np.bincount(label)]
        members = [np.flatnonzero(label == one) for one in range(len(self._groups))]
        pairs = [np.add.outer(one * d, one).ravel() for one in members]
        self._forms = sparse.csr_array(sparse.csc_array(forms)[:, np.concatenate(pairs)])

    def sample(self, rng: np.random.Generator, draws: int) -> np.ndarray:
        """Draw the rates, (draws, n, n); the diagonal is 0."""
        size = self._terms * draws
        trace, entries = np.zeros(size), []
        for group in self._groups:
            triangle = bartlett(rng, group, self._rank, size)
            block = np.einsum("icd,jcd->ijd", triangle, triangle.conj()).real
            trace += np.einsum("iid->d", block)
            entries.append(block.reshape(-1, size))
        of_terms = (np.concatenate(entries) / trace).reshape(-1, self._terms, draws)
        rates = (self._forms @ of_terms.sum(axis=1)).reshape(self._n, self._n, draws)
        return np.moveaxis(rates / self._scale[:, None], -1, 0)


def rate_law(
    sectors: Sequence[Sector],
    kind: Literal["global"] | LocalKind = "global",
    basis: OperatorBasis = "paper",
    rank: int | None = None,
) -> RateLaw:
    """The law of the rates for a kind of ensemble; ValueError for any other kind.

    The one bond of two spins is the whole space, so there `bonds` is `global`.

    >>> from syncsweep.physics.sectors import sectors
    >>> law = rate_law(sectors("spin1_chain", n_sites=6), "sites", rank=1)
    >>> law.sample(np.random.default_rng(1), draws=9).shape
    (9, 14, 14)
    """
    if kind == "global" or (kind == "bonds" and len(sectors) in (2, 6)):
        return GlobalRateLaw(sectors, basis, rank)
    if kind not in SITES_OF_TERM:
        kinds = ("global", *SITES_OF_TERM)
        raise ValueError(f"Argument `kind` must be one of {kinds}, but is {kind!r}.")
    return LocalRateLaw(sectors, kind, basis, rank)
