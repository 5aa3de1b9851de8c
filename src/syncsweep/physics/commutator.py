"""−i[H, ·] as a real matrix in the Hermitian basis: few entries, each a sum of entries of H."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy import sparse

from syncsweep.physics.superoperators import hermitian_basis


@dataclass(frozen=True)
class _Entries:
    """Linear map from H to the entries of a matrix: entry `place` += coefficient·part[source].

    The parts are Re H and then Im H, row by row.
    """

    place: np.ndarray
    source: np.ndarray
    coefficient: np.ndarray


@cache
def _commutator_entries(dim: int) -> _Entries:
    """The entries of −i[H, ·] in the real matrix (D², D²) in the Hermitian basis."""
    # One row of H at a time: all rows at once would take a gigabyte for four spin-1s.
    rows = [_entries_of_row(dim, row) for row in range(dim)]
    return _Entries(
        np.concatenate([one.place for one in rows]),
        np.concatenate([one.source for one in rows]),
        np.concatenate([one.coefficient for one in rows]),
    )


def _entries_of_row(dim: int, row: int) -> _Entries:
    """What the entries of one row of H contribute."""
    n = dim**2
    column, other = (a.ravel() for a in np.indices((dim, dim)))
    # Hρ takes ρ[column, other] to [row, other]; ρH takes ρ[other, row] to [other, column].
    into = np.concatenate([row + dim * other, other + dim * column])
    out_of = np.concatenate([column + dim * other, other + dim * row])
    value = np.repeat([-1j, 1j], n)
    # Replace each matrix unit by the Hermitian operators of the basis that contain it.
    of_unit, into, weight = _hermitian_operators(dim, into)
    out_of, value = out_of[of_unit], value[of_unit] * weight.conj()
    source = np.tile(row * dim + column, 2)[of_unit]
    of_unit, out_of, weight = _hermitian_operators(dim, out_of)
    into, value, source = into[of_unit], value[of_unit] * weight, source[of_unit]
    # Re(c·H) = Re c · Re H − Im c · Im H; equal places and sources are added up.
    place = into.astype(np.int64) * n + out_of
    keys = np.concatenate([place * (2 * n) + source, place * (2 * n) + n + source])
    keys, inverse = np.unique(keys, return_inverse=True)
    sums = np.bincount(inverse, np.concatenate([value.real, -value.imag]))
    kept = np.abs(sums) > 1e-12
    places, sources = np.divmod(keys[kept], 2 * n)
    return _Entries(places.astype(np.int32), sources.astype(np.int32), sums[kept])


def _hermitian_operators(dim: int, units: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The Hermitian operators of the basis that contain the matrix units (m,), as one list.

    Returns for each entry the index of the unit, the operator, and the weight of the unit in it.
    """
    basis = hermitian_basis(dim)
    counts = np.diff(basis.indptr)[units]
    of_unit = np.repeat(np.arange(len(units)), counts)
    within = np.arange(len(of_unit)) - np.repeat(np.cumsum(counts) - counts, counts)
    entry = basis.indptr[units][of_unit] + within
    return of_unit, basis.indices[entry], basis.data[entry]


def commutator_terms(hamiltonian: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Flat places and values of the terms that make up the entries of −i[H, ·]."""
    entries = _commutator_entries(len(hamiltonian))
    parts = np.concatenate([hamiltonian.real.ravel(), hamiltonian.imag.ravel()])
    return entries.place, entries.coefficient * parts[entries.source]


def add_commutator(matrix: np.ndarray, hamiltonian: np.ndarray) -> np.ndarray:
    """Add −i[H, ·] to a real matrix (D², D²) in the Hermitian basis, in place, and return it."""
    places, entries = _commutator_sums(len(hamiltonian))
    parts = np.concatenate([hamiltonian.real.ravel(), hamiltonian.imag.ravel()])
    matrix.reshape(-1)[places] += entries @ parts
    return matrix


@cache
def _commutator_sums(dim: int) -> tuple[np.ndarray, sparse.csr_array]:
    """Flat places of the entries of −i[H, ·], each once; the map from Re H, Im H to them."""
    terms = _commutator_entries(dim)
    places, row = np.unique(terms.place, return_inverse=True)
    shape = len(places), 2 * dim**2
    return places, sparse.csr_array((terms.coefficient, (row, terms.source)), shape=shape)
