"""Left modes of L₀ that it damps slowly or not at all, and what L₀ does to them, to many digits.

A combination wᵀL₀ of the rows of L₀ that nearly vanishes is lost in the rounding of their large
entries. With w and wᵀL₀ in twice the working precision it keeps its own size, however small, and
tells what L₀ conserves from what it damps slowly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.linalg import qr

from syncsweep.physics.double_double import DoubleDouble
from syncsweep.physics.lindbladian import Lindbladian, to_components, to_operators
from syncsweep.physics.sparse_blocks import PartialInverse, left_null_vectors

#: Modes that L₀ damps by less than this share of what it does to the others are set apart.
_SLOW = 1e-8

#: Corrections of the modes, each of which gains at least seven digits.
_CORRECTIONS = 5

#: What H, or the dissipator, does to a mode is rounding if it is below the first share of that
#: part's size. What both do together, in twice the working precision, is so below the second.
_ROUNDING, _EXACT = 1e-14, 1e-29


@dataclass(frozen=True)
class SlowModes:
    """k combinations of the rows of a real generator (n, n), which may replace as many of them.

    left: w as columns (n−1, k), without component 0; observables: the same as Hermitian operators
    (D, D, k), to twice the working precision; rows: wᵀL₀ (k, n), zero for what L₀ conserves;
    conserved: (k,), which those are; redundant: (k,), the components on which the w are best told
    apart, ascending.
    """

    left: np.ndarray
    observables: DoubleDouble
    rows: np.ndarray
    conserved: np.ndarray
    redundant: np.ndarray


def conserved_modes(generator: sparse.csr_array) -> SlowModes:
    """The modes that a real generator (n, n) conserves, as far as its entries alone can say."""
    left = left_null_vectors(generator)
    return SlowModes(
        left=left,
        observables=_observables(left),
        rows=np.zeros((left.shape[1], generator.shape[1])),
        conserved=np.ones(left.shape[1], dtype=bool),
        redundant=_told_apart(left),
    )


def slow_modes(lindbladian: Lindbladian, generator: sparse.csr_array) -> SlowModes:
    """The slow modes of a Lindbladian with the real matrix `generator` (n, n)."""
    left = left_null_vectors(generator, _SLOW)
    redundant = _told_apart(left)
    try:
        inverse = PartialInverse(generator, redundant)
    except np.linalg.LinAlgError:  # what is left is singular in every digit
        return conserved_modes(generator)
    remaining, found, rows, conserved = _observables(left), [], [], []
    while remaining.high.shape[-1]:
        remaining, damped = _corrected(lindbladian, remaining, inverse)
        if _is_conserved(lindbladian, remaining):
            found.append(remaining)
            rows.append(np.zeros_like(damped))
            conserved.append(np.ones(len(damped), dtype=bool))
            break
        # The fastest of them are set apart, and the others freed of them.
        mixing, speeds, _ = np.linalg.svd(damped[:, 1:] @ inverse.null_vectors)
        fast = speeds > _SLOW * speeds[0]
        found.append(_mixed(remaining, mixing[:, fast]))
        rows.append(mixing[:, fast].T @ damped)
        conserved.append(np.zeros(int(fast.sum()), dtype=bool))
        remaining = _mixed(remaining, mixing[:, ~fast])
    observables = (
        DoubleDouble(
            np.concatenate([one.high for one in found], axis=-1),
            np.concatenate([one.low for one in found], axis=-1),
        )
        if found
        else remaining
    )
    return SlowModes(
        left=to_components(observables.rounded())[1:],
        observables=observables,
        rows=np.concatenate(rows) if rows else np.zeros((0, generator.shape[1])),
        conserved=np.concatenate(conserved) if conserved else np.zeros(0, dtype=bool),
        redundant=redundant,
    )


def _observables(left: np.ndarray) -> DoubleDouble:
    """Columns (n−1, k) without component 0 as operators (D, D, k)."""
    return DoubleDouble.of(to_operators(np.vstack([np.zeros((1, left.shape[1])), left])))


def _mixed(operators: DoubleDouble, mixing: np.ndarray) -> DoubleDouble:
    return DoubleDouble(operators.high @ mixing, operators.low @ mixing)


def _told_apart(left: np.ndarray) -> np.ndarray:
    """Components on which the columns of (n, k) are best told apart, (k,), ascending."""
    _, _, order = qr(left.T, mode="economic", pivoting=True)
    return np.sort(order[: left.shape[1]])


def _corrected(
    lindbladian: Lindbladian, modes: DoubleDouble, inverse: PartialInverse
) -> tuple[DoubleDouble, np.ndarray]:
    """Modes (D, D, k) freed of what L₀ does not damp slowly, and wᵀL₀ of them, (k, n)."""
    for _ in range(_CORRECTIONS):
        coherent, dissipative = lindbladian.apply_adjoint(modes)
        rows = to_components((coherent + dissipative).rounded())
        # What L₀ makes of the modes is a combination of its other rows, but for what is slow.
        excess = inverse.inverse.T @ rows[1:]
        excess[inverse.missing] = 0.0
        if np.abs(excess).max(initial=0.0) <= np.finfo(float).eps ** 2:
            break
        modes = modes + _observables(-excess)
    return modes, rows.T


def _is_conserved(lindbladian: Lindbladian, modes: DoubleDouble) -> bool:
    """Whether what L₀ does to modes (D, D, k) is rounding: of each part, or of both together."""
    parts = lindbladian.apply_adjoint(modes)
    changes = [float(np.abs(part.rounded()).max(initial=0.0)) for part in parts]
    both = float(np.abs((parts[0] + parts[1]).rounded()).max(initial=0.0))
    jumps = np.abs(lindbladian.jump_operators).max(initial=0.0) ** 2
    sizes = [float(np.abs(lindbladian.hamiltonian).max()), float(jumps)]
    each = all(change <= _ROUNDING * size for change, size in zip(changes, sizes, strict=True))
    return each or both <= _EXACT * max(sizes)
