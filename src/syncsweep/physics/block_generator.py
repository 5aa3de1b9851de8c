"""Any L₀ that falls into small blocks, for example by symmetry; each block is inverted by itself.

Entries of ρ that L₀ connects, directly or through others, are one block. The transposed entries are
either the same block or another one, which holds the complex conjugates. In the first case the
unknowns are packed, P = Re ρ + Im ρ, and the block is real. In the second case only one of the two
is inverted, and it is complex. Inverses have single precision; solutions are refined in double.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any

import numpy as np
from scipy import sparse
from scipy.linalg import lu_factor, lu_solve
from scipy.sparse.csgraph import connected_components

from syncsweep.physics.generator import (
    OperatorPerturbation,
    UnservedModelError,
    refined,
    unpack,
)
from syncsweep.physics.lindbladian import Lindbladian
from syncsweep.physics.sylvester import sylvester

#: Most memory of the inverses, together with the largest block while it is inverted [bytes].
_MOST_BYTES = 2**30

#: Most entries of L₀, most zero modes, and most entries of these.
_MOST_ENTRIES, _MOST_MODES, _MOST_OF_MODES = 2 * 10**7, 500, 2 * 10**7

#: Entries of blocks that are inverted at once.
_AT_ONCE = 2**20

#: Shift that makes every block invertible, in units of ‖L₀‖. A mode that L₀ damps by less than
#: `_SLOW`, in the same units, must be conserved. That is damping below `_ZERO`, in units of its
#: block.
_SHIFT, _SLOW, _ZERO = 1e-9, 1e-8, 1e-14

#: An entry damps by about its square, in units of its block. So a block with conserved modes has
#: none between these: below are rounding errors.
_ROUNDING, _WEAK = 1e-14, 1e-6

#: Steps of inverse iteration for zero modes, and the number of vectors with which it begins.
_STEPS, _VECTORS = 4, 4

#: Steps of the power iteration for ‖L₀⁻¹‖.
_POWER_STEPS = 8

#: Decay rate that the preconditioner adds, in units of ‖L₀‖, as L₀ + ηL₁ may have dark states.
_LEAST_DECAY = 1e-4

#: Blocks of one size: the places of their entries in ρ (k, n), and matrices (k, n, n).
_Blocks = tuple[np.ndarray, np.ndarray]


class BlockGenerator:
    """L₀ of a `Lindbladian`; see `Generator` for its attributes and methods."""

    def __init__(self, lindbladian: Lindbladian) -> None:
        """UnservedModelError if L₀ has too many entries, too large blocks or too many zero modes,
        or if L₀ damps a mode so slowly that this may be rounding.
        """
        self.dim = len(lindbladian.hamiltonian)
        self._lindbladian = lindbladian
        self.order = np.arange(self.dim)
        self._transposed = np.arange(self.dim**2).reshape(self.dim, -1).T.ravel()
        self._complex = _superoperator(lindbladian)
        # ρ = ((1+i)P + (1−i)Pᵀ)/2, so that L₀ of P is Re L₀ of P and Im L₀ of Pᵀ.
        packed: Any = self._complex.real + self._complex.imag[:, self._transposed]
        self._real = sparse.csr_array(packed)
        sizes = abs(self._real)
        self.norm = float(np.sqrt(sizes.sum(axis=0).max() * sizes.sum(axis=1).max()))
        self._places = self._places_by_size()
        right: list[Any] = []
        left: list[Any] = []
        self._inverses = [
            (of_size, self._inverted(of_size, right, left)) for of_size in self._places
        ]
        self.zero_modes = sparse.csr_array(sparse.vstack(right))
        w = sparse.csr_array(sparse.vstack(left))
        self.left_modes = sparse.csr_array(np.linalg.inv((w @ self.zero_modes.T).toarray()) @ w)
        self.traces = self.zero_modes @ np.eye(self.dim).ravel()
        images: Any = sparse.vstack([self.zero_modes @ self._real.T, self.left_modes @ self._real])
        self.rounding = float(np.sqrt(images.power(2).sum(axis=1).max()))

    def _places_by_size(self) -> list[np.ndarray]:
        """Places of the blocks to be inverted (k, n), by size n; UnservedModelError."""
        count, label = connected_components(abs(self._complex), directed=False)
        sizes = np.bincount(label)
        starts = np.cumsum(sizes) - sizes
        members = np.argsort(label, kind="stable")
        self._within = np.empty(self.dim**2, dtype=int)  # place of an entry in its block
        self._within[members] = np.arange(self.dim**2) - np.repeat(starts, sizes)
        blocks = np.arange(count)
        partner = label[self._transposed[members[starts]]]
        squares = np.where(partner == blocks, 4.0, 8.0) * sizes**2
        # Beside its inverse, the largest block has five matrices in double precision for a while.
        needed = squares[partner >= blocks].sum() + 10 * squares.max()
        if needed > _MOST_BYTES:
            raise UnservedModelError(
                f"the blocks of L₀ need {needed / 2**30:.1f} GiB, because the largest connects "
                f"{sizes.max()} entries of ρ, but at most {_MOST_BYTES / 2**30:.0f} GiB are "
                "possible; take fewer spins, or H and jump operators that conserve more"
            )
        return [
            members[starts[kind & (sizes == size)][:, None] + np.arange(size)]
            for kind in (partner == blocks, partner > blocks)
            for size in np.unique(sizes[kind])
        ]

    def _is_real(self, places: np.ndarray) -> bool:
        """Whether blocks (k, n) contain their transposed entries."""
        return bool(np.isin(self._transposed[places[0, 0]], places[0]))

    def _matrices(self, places: np.ndarray) -> Iterator[_Blocks]:
        """A few blocks at a time, as dense matrices."""
        n, whole = places.shape[1], self._real if self._is_real(places) else self._complex
        at_once = max(1, _AT_ONCE // n**2)
        for some in (places[k : k + at_once] for k in range(0, len(places), at_once)):
            entries = sparse.coo_array(whole[some.ravel()])
            dense = np.zeros((len(some), n, n), whole.dtype)
            dense[entries.row // n, entries.row % n, self._within[entries.col]] = entries.data
            yield some, dense

    def _inverted(self, places: np.ndarray, right: list[Any], left: list[Any]) -> np.ndarray:
        """Inverses (k, n, n) of blocks beside zero modes, which are added to `right` and `left`."""
        shift, n = _SHIFT * (self.norm or 1.0), places.shape[1]
        single = np.empty(
            (len(places), n, n), np.float32 if self._is_real(places) else np.complex64
        )
        done = 0
        for some, blocks in self._matrices(places):
            i = np.arange(n)
            blocks[:, i, i] -= shift
            inverses = np.linalg.inv(blocks)
            blocks[:, i, i] += shift
            near_zero = shift * np.linalg.norm(inverses, axis=(1, 2)) > _SHIFT / _SLOW
            self._check_number(len(right) + int(near_zero.sum()))
            for k in np.flatnonzero(near_zero):
                # The inverse is not accurate enough from the left.
                factors = lu_factor(blocks[k] - shift * np.eye(n))
                v = self._null_vectors(blocks[k], factors)
                w = self._null_vectors(blocks[k], factors, adjoint=True)
                if v.shape != w.shape or (v.size and _has_weak_entries(blocks[k])):
                    raise self._unclear()
                right += self._packed_modes(some[k], v)
                left += self._packed_modes(some[k], w)
                self._check_number(len(right))
                size = float(np.abs(blocks[k]).max()) or 1.0
                inverses[k] = np.linalg.inv(blocks[k] + size * w @ v.conj().T)
            single[done : done + len(some)] = inverses
            done += len(some)
        return single

    def _check_number(self, count: int) -> None:
        """UnservedModelError if L₀ has too many zero modes."""
        if count > _MOST_MODES or count * self.dim**2 > _MOST_OF_MODES:
            raise UnservedModelError(
                f"L₀ has {count} zero modes or more, too many for this solver; take H and jump "
                "operators that conserve less"
            )

    def _null_vectors(self, block: np.ndarray, factors: Any, adjoint: bool = False) -> np.ndarray:
        """Orthonormal null vectors (n, m) of a block (n, n) or of its adjoint.

        factors: from `lu_factor`, of the shifted block.
        """
        n, size = len(block), float(np.abs(block).max())
        block = block.conj().T if adjoint else block
        count = min(n, _VECTORS)
        while True:
            x = np.random.default_rng(0).standard_normal((n, count))
            for _ in range(_STEPS):
                x = np.linalg.qr(lu_solve(factors, x, trans=2 if adjoint else 0))[0]
            _, left_over, mixtures = np.linalg.svd(block @ x, full_matrices=False)
            conserved = left_over <= _ZERO * size
            if np.any(~conserved & (left_over <= _SLOW * self.norm)):
                raise self._unclear()
            if not conserved.all() or count == n:
                return x @ mixtures[conserved].conj().T
            count = min(n, 2 * count)

    def _unclear(self) -> UnservedModelError:
        return UnservedModelError(
            "L₀ damps some modes so slowly that rounding may be the reason; take terms of H and "
            "jump operators that differ by fewer powers of ten"
        )

    def _packed_modes(self, members: np.ndarray, vectors: np.ndarray) -> list[Any]:
        """Packed operators (1, D²) of length one from the vectors (n, m) of a block."""
        if not np.iscomplexobj(vectors):
            return [self._row(members, vector) for vector in vectors.T]
        both = np.concatenate([members, self._transposed[members]])
        rows = []
        for v in (factor * vector for vector in vectors.T for factor in (1, 1j)):
            rows.append(self._row(both, np.concatenate([v.real + v.imag, v.real - v.imag])))
        return rows

    def _row(self, places: np.ndarray, values: np.ndarray) -> Any:
        where = (np.zeros(len(places), dtype=int), places)
        values = values / np.linalg.norm(values)
        return sparse.csr_array((values, where), shape=(1, self.dim**2))

    def apply(self, packed: np.ndarray) -> np.ndarray:
        """L₀ of a packed operator (D, D)."""
        image: np.ndarray = self._real @ packed.ravel()
        return image.reshape(packed.shape)

    def without_zero_modes(self, packed: np.ndarray) -> np.ndarray:
        """(1 − VWᵀ) of a packed operator (D, D)."""
        components = self.left_modes @ packed.ravel()
        return packed - (self.zero_modes.T @ components).reshape(packed.shape)

    def _by_blocks(self, packed: np.ndarray, adjoint: bool = False) -> np.ndarray:
        """The inverses of the blocks, or their adjoints, on a packed operator (D, D)."""
        packed = packed.astype(np.float32)
        rho, flat, image = unpack(packed).ravel(), packed.ravel(), np.empty(packed.size, np.float32)
        for places, matrices in self._inverses:
            if adjoint:
                matrices = matrices.conj().swapaxes(1, 2)
            is_complex = np.iscomplexobj(matrices)
            x = (matrices @ (rho if is_complex else flat)[places][..., None])[..., 0]
            if is_complex:
                image[self._transposed[places]] = x.real - x.imag
                x = x.real + x.imag
            image[places] = x
        return image.reshape(packed.shape).astype(float)

    def solve(self, rhs: np.ndarray, accuracy: float) -> np.ndarray:
        """X with L₀X = rhs up to accuracy·‖rhs‖ and WᵀX = 0, for rhs (D, D) with Wᵀrhs = 0."""
        return refined(
            self.apply, lambda y, _: self.without_zero_modes(self._by_blocks(y)), rhs, accuracy
        )

    @cached_property
    def inverse_norm(self) -> float:
        """‖L₀⁻¹‖ (2-norm) beside the zero modes, to some 10 %, by a power iteration."""
        x, norm = np.random.default_rng(0).standard_normal((self.dim, self.dim)), 0.0
        for _ in range(_POWER_STEPS):
            image = self.without_zero_modes(self._by_blocks(x / (np.linalg.norm(x) or 1.0)))
            norm = float(np.linalg.norm(image))
            components = self.zero_modes @ image.ravel()
            image -= (self.left_modes.T @ components).reshape(image.shape)
            x = self._by_blocks(image, adjoint=True)
        return max(norm, 1e-3 / (self.norm or 1.0))

    def preconditioner(
        self, perturbation: OperatorPerturbation, eta: float
    ) -> Callable[[np.ndarray], np.ndarray]:
        """About the inverse of L₀ + ηL₁, of packed operators (D, D); see `sylvester`."""
        least = _LEAST_DECAY * self.norm
        return sylvester(self._lindbladian, perturbation, eta, self.order, least)


def _has_weak_entries(block: np.ndarray) -> bool:
    """Whether some entries of a block (n, n) may damp its modes by less than rounding errors do."""
    sizes = np.abs(block)
    largest = sizes.max()
    return bool(np.any((sizes > _ROUNDING * largest) & (sizes < _WEAK * largest)))


def count_entries(lindbladian: Lindbladian) -> int:
    """Upper bound on the number of entries of L₀ that are not zero."""
    dim, drifts = len(lindbladian.hamiltonian), lindbladian.hamiltonian != 0
    of_jumps = 0
    for jump in map(sparse.csr_array, lindbladian.jump_operators):
        drifts = drifts | ((jump.conj().T @ jump).toarray() != 0)
        of_jumps += jump.nnz**2
    return min(2 * dim * int(np.count_nonzero(drifts)) + of_jumps, dim**4)


def _superoperator(lindbladian: Lindbladian) -> sparse.csr_array:
    """L₀ of ρ, row by row (D², D²), complex; where terms cancel up to rounding, there is no entry.

    UnservedModelError if it has too many entries.
    """
    count = count_entries(lindbladian)
    if count > _MOST_ENTRIES:
        raise UnservedModelError(
            f"L₀ has up to {count:,} entries, but at most {_MOST_ENTRIES:,} are possible; take "
            "jump operators with fewer entries, or smaller spins"
        )
    one = sparse.eye_array(len(lindbladian.hamiltonian))
    parts: list[Any] = []
    for hamiltonian in (lindbladian.hamiltonian, lindbladian.hamiltonian_rest):
        if hamiltonian is not None:
            drift = sparse.csr_array(-1j * hamiltonian)
            parts += [sparse.kron(drift, one), sparse.kron(one, drift.conj())]
    for jump in map(sparse.csr_array, lindbladian.jump_operators):
        rate = jump.conj().T @ jump / 2
        parts += [sparse.kron(jump, jump.conj()), -sparse.kron(rate, one)]
        parts.append(-sparse.kron(one, rate.T))
    parts = [sparse.csr_array(part, dtype=complex) for part in parts]
    total, sizes = sum(parts[1:], parts[0]), sum(map(abs, parts[1:]), abs(parts[0]))
    return sparse.csr_array(
        total.multiply(abs(total) > 2 * len(parts) * np.finfo(float).eps * sizes)
    )
