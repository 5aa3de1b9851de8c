"""Sums of perturbations that each act on a few neighbouring spins.

A Hermitian operator of N spins has D² real components in the products of the Hermitian bases of
the single spins. There a term on some spins is a small real matrix times the unit matrix of the
others. So it is applied in one product, whatever N is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache, cached_property, reduce
from itertools import pairwise

import numpy as np
from scipy import sparse

from syncsweep.physics.arguments import ArgumentError
from syncsweep.physics.generator import pack, unpack
from syncsweep.physics.lindbladian import Perturbation
from syncsweep.physics.spins import local_dimension, spin_tuple
from syncsweep.physics.superoperators import hermitian_basis


class LocalSum:
    """L₁ = Σ_t L_t, in which L_t acts on a few neighbouring spins, without a (D², D²) matrix.

    spins: S of each spin, (N,); terms: (sites, L_t) each, where the sites ascend without a gap in
    0 … N−1, and L_t is of the space of these spins alone. ArgumentError.
    """

    def __init__(
        self, spins: Sequence[float], terms: Sequence[tuple[Sequence[int], Perturbation]]
    ) -> None:
        self.spins = spin_tuple(spins)
        self._dims = tuple(map(local_dimension, self.spins))
        self.terms = tuple((tuple(sites), term) for sites, term in terms)
        for number, (sites, term) in enumerate(self.terms):
            self._check(f"Argument `terms[{number}]`", sites, len(term.hamiltonian))

    def _check(self, name: str, sites: tuple[int, ...], dim: int) -> None:
        n_sites = len(self._dims)
        if not sites or not all(0 <= site < n_sites for site in sites):
            raise ArgumentError(
                f"{name} must act on sites of 0 … {n_sites - 1}, but acts on {list(sites)}."
            )
        if any(after != before + 1 for before, after in pairwise(sites)):
            raise ArgumentError(
                f"{name} must act on ascending neighbours, but acts on {list(sites)}."
            )
        wanted = math.prod(self._dims[site] for site in sites)
        if dim != wanted:
            raise ArgumentError(f"{name} must be of D = {wanted}, but is of D = {dim}.")

    @property
    def dim(self) -> int:
        """Dimension D of the Hilbert space."""
        return math.prod(self._dims)

    @cached_property
    def mean_decay(self) -> float:
        """κ = −Tr L₁/D²: the sum of those of the terms, each in its own space."""
        return float(
            -sum(np.trace(term.dissipator) / len(term.dissipator) for _, term in self.terms)
        )

    @cached_property
    def hamiltonian(self) -> np.ndarray:
        """The sum of the Hamiltonians of the terms, (D, D)."""
        total = np.zeros((self.dim, self.dim), dtype=complex)
        for sites, term in self.terms:
            left, right = self._beside(sites)
            total += np.kron(np.kron(np.eye(left), term.hamiltonian), np.eye(right))
        return total

    def _beside(self, sites: tuple[int, ...]) -> tuple[int, int]:
        """Dimensions of all spins to the left and to the right of some neighbours."""
        return math.prod(self._dims[: sites[0]]), math.prod(self._dims[sites[-1] + 1 :])

    @cached_property
    def _factors(self) -> list[tuple[int, int, np.ndarray]]:
        """Places (first, end) of the sites of a term, and its real matrix in their product basis.

        Terms on sites of another term are added to it.
        """
        factors: dict[tuple[int, ...], np.ndarray] = {}
        for sites, term in self.terms:
            matrix = self._in_products(sites, term.matrix())
            factors[sites] = factors[sites] + matrix if sites in factors else matrix
        return [(sites[0], sites[-1] + 1, matrix) for sites, matrix in factors.items()]

    def _in_products(self, sites: tuple[int, ...], matrix: np.ndarray) -> np.ndarray:
        """The real matrix of a term in the product basis of its sites."""
        change = _from_products(tuple(self._dims[site] for site in sites))
        in_products: np.ndarray = change.T @ (change.T @ matrix.T).T
        return in_products

    def _to_products(self, packed: np.ndarray) -> np.ndarray:
        """Components (n, D²) in the product basis of packed operators (n, D, D).

        A basis operator of a spin is real and symmetric, or imaginary and antisymmetric. A product
        with an even number of the latter sees Re ρ only, and with an odd number Im ρ only. So all
        components follow from Re ρ + Im ρ, up to their signs.
        """
        axes = np.arange(2 * len(self._dims)).reshape(2, -1).T.ravel()  # row and column by spin
        x = _transposed(packed.reshape(-1, *self._dims, *self._dims), axes)
        for site, dim in enumerate(self._dims):
            x = self._product(_site_basis(dim)[0], x, site, site + 1)
        return x.reshape(-1, self.dim**2) * _signs(self._dims)

    def _to_packed(self, components: np.ndarray) -> np.ndarray:
        """Inverse of `_to_products`."""
        x = components * _signs(self._dims)
        for site, dim in enumerate(self._dims):
            x = self._product(_site_basis(dim)[0].T, x, site, site + 1)
        axes = np.arange(2 * len(self._dims)).reshape(-1, 2).T.ravel()
        return _transposed(x.reshape(-1, *np.repeat(self._dims, 2)), axes)

    def _product(self, matrix: np.ndarray, x: np.ndarray, first: int, end: int) -> np.ndarray:
        """A matrix (m, m) on the components x (..., D²) of the sites first … end − 1."""
        right = math.prod(self._dims[end:]) ** 2
        if right == 1:
            return (x.reshape(-1, len(matrix)) @ matrix.T).reshape(x.shape)
        return (matrix @ x.reshape(-1, len(matrix), right)).reshape(x.shape)

    def apply_packed(self, packed: np.ndarray) -> np.ndarray:
        """L₁ of Hermitian ρ (..., D, D), packed as `generator.pack` does, and packed alike."""
        x = self._to_products(packed)
        image = np.zeros_like(x)
        for first, end, matrix in self._factors:
            image += self._product(matrix, x, first, end)
        return self._to_packed(image).reshape(packed.shape)

    def apply(self, rho: np.ndarray) -> np.ndarray:
        """L₁[ρ] of Hermitian operators ρ (..., D, D), Hermitian to the last bit."""
        return unpack(self.apply_packed(pack(rho)))

    def dense(self) -> Perturbation:
        """The same with a real (D², D²) matrix of its dissipator, for small D."""
        total = sparse.csr_array((self.dim**2, self.dim**2))
        for sites, term in self.terms:
            matrix = self._in_products(sites, term.dissipator)
            left, right = (sparse.eye_array(size**2) for size in self._beside(sites))
            total = total + sparse.kron(sparse.kron(left, matrix), right, format="csr")
        change = _from_products(self._dims)
        dissipator = (change @ total @ change.T).toarray()
        dissipator[0] = 0.0  # the trace, of which only rounding is left
        return Perturbation(self.hamiltonian, dissipator)

    def matrix(self) -> np.ndarray:
        """L₁, real (D², D²) in the Hermitian basis, for small D."""
        return self.dense().matrix()


def _transposed(tensors: np.ndarray, axes: np.ndarray) -> np.ndarray:
    """Tensors (n, …) with their other axes in another order."""
    return np.ascontiguousarray(tensors.transpose(0, *(1 + axes)))


@cache
def _site_basis(dim: int) -> tuple[np.ndarray, np.ndarray]:
    """Hermitian basis of one spin (d², d²), real or imaginary part of its rows; 1 or i by row."""
    rows = hermitian_basis(dim).toarray().T
    return rows.real + rows.imag, np.where(np.abs(rows.imag).max(axis=1) > 0, 1j, 1.0)


@cache
def _signs(dims: tuple[int, ...]) -> np.ndarray:
    """Signs of the components in the product basis (D²,); see `LocalSum._to_products`."""
    factors = reduce(np.kron, [_site_basis(dim)[1] for dim in dims])
    return np.ascontiguousarray(factors.real - factors.imag)


@cache
def _from_products(dims: tuple[int, ...]) -> sparse.csr_array:
    """Real orthogonal matrix (D², D²) from the product basis of some spins to the Hermitian basis.

    dims: those of the spins.
    """
    size = math.prod(dims) ** 2
    products = reduce(lambda a, b: sparse.kron(a, b, format="csr"), map(hermitian_basis, dims))
    # Rows of the products have the columns and rows of each spin side by side; stacked columns have
    # the columns of all spins, and then their rows.
    places = np.arange(size).reshape(np.repeat(dims, 2))
    order = np.arange(2 * len(dims)).reshape(-1, 2).T.ravel()
    products = sparse.csr_array(products)[places.transpose(order).ravel()]
    change = sparse.csr_array(hermitian_basis(math.prod(dims)).conj().T @ products).real
    change.data[np.abs(change.data) < 1e-14] = 0.0
    change.eliminate_zeros()
    return sparse.csr_array(change)
