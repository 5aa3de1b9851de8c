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

#: What L₀ does to a mode is rounding of its operators only where it is this small a share of their
#: smallest entry too.
_NEGLIGIBLE = 1e-6

#: Terms further apart than this may damp a mode by less than `_EXACT`.
_LARGEST_RATIO = 1e8


@dataclass(frozen=True)
class SlowModes:
    """k combinations of the rows of a real generator (n, n), which may replace as many of them.

    left: w as columns (n−1, k), without component 0; observables: the same as Hermitian operators
    (D, D, k), to twice the working precision; rows: wᵀL₀ (k, n), zero for what L₀ conserves;
    conserved: (k,), which those are; redundant: (k,), the components on which the w are best told
    apart, ascending; doubt: a rate at which L₀ may damp what is taken for conserved, or 0 where it
    surely does not.
    """

    left: np.ndarray
    observables: DoubleDouble
    rows: np.ndarray
    conserved: np.ndarray
    redundant: np.ndarray
    doubt: float = 0.0


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
    remaining, groups, doubt = _observables(left), [], 0.0
    while remaining.high.shape[-1]:
        remaining, damped = _corrected(lindbladian, remaining, inverse)
        change = _Change.of(lindbladian, remaining)
        if change.each <= _ROUNDING or (change.both <= _EXACT and change.ratio <= _LARGEST_RATIO):
            groups.append(_Group(remaining, np.zeros_like(damped), conserved=True))
            doubt = change.rate if change.rate > _NEGLIGIBLE * change.smallest else 0.0
            break
        if change.both <= _EXACT:
            # What both parts do together is beyond twice the working precision, and terms so far
            # apart may damp as little: what both leave alone each by itself is conserved for sure.
            doubt = _EXACT * change.largest
            mixing, sizes, _ = np.linalg.svd(change.parts.T)
            sizes = np.pad(sizes, (0, len(mixing) - len(sizes)))
            alone = sizes <= _ROUNDING
            kept = _mixed(remaining, mixing[:, alone])
            groups.append(_Group(kept, np.zeros((int(alone.sum()), damped.shape[1])), True))
            damped = mixing[:, ~alone].T @ damped
            groups.append(_Group(_mixed(remaining, mixing[:, ~alone]), damped, False))
            break
        # The fastest of them are set apart, and the others freed of them.
        mixing, speeds, _ = np.linalg.svd(damped[:, 1:] @ inverse.null_vectors)
        fast = speeds >= _SLOW * speeds[0]
        damped = mixing[:, fast].T @ damped
        groups.append(_Group(_mixed(remaining, mixing[:, fast]), damped, conserved=False))
        remaining = _mixed(remaining, mixing[:, ~fast])
    groups = groups or [_Group(remaining, np.zeros((0, generator.shape[1])), True)]
    observables = DoubleDouble(
        np.concatenate([group.modes.high for group in groups], axis=-1),
        np.concatenate([group.modes.low for group in groups], axis=-1),
    )
    return SlowModes(
        left=to_components(observables.rounded())[1:],
        observables=observables,
        rows=np.concatenate([group.rows for group in groups]),
        conserved=np.concatenate([np.full(len(group.rows), group.conserved) for group in groups]),
        redundant=redundant,
        doubt=doubt,
    )


@dataclass(frozen=True)
class _Group:
    """Modes (D, D, k) of one kind, and what L₀ makes of them (k, n)."""

    modes: DoubleDouble
    rows: np.ndarray
    conserved: bool


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


@dataclass(frozen=True)
class _Change:
    """What L₀ does to modes (D, D, k), in units of its operators.

    parts: of H and then of the jump operators, each in units of its own largest entry, (2n, k);
    each: the largest of them; rate: the largest entry of their sum; largest, smallest: entry of H
    and of the rates.
    """

    parts: np.ndarray
    each: float
    rate: float
    largest: float
    smallest: float

    @property
    def both(self) -> float:
        """What both parts do together, in units of the largest entry."""
        return self.rate / self.largest

    @property
    def ratio(self) -> float:
        """Of the largest to the smallest entry."""
        return self.largest / self.smallest

    @classmethod
    def of(cls, lindbladian: Lindbladian, modes: DoubleDouble) -> _Change:
        """Measure it."""
        coherent, dissipative = lindbladian.apply_adjoint(modes)
        energies = np.abs(lindbladian.hamiltonian).ravel()
        rates = np.abs(lindbladian.jump_operators).ravel() ** 2
        sizes = [entries.max(initial=0.0) or 1.0 for entries in (energies, rates)]
        parts = [
            to_components(part.rounded()) / size
            for part, size in zip((coherent, dissipative), sizes, strict=True)
        ]
        entries = np.concatenate([energies, rates])
        entries = entries[entries > np.finfo(float).eps * entries.max()]
        return cls(
            parts=np.vstack(parts),
            each=float(np.abs(np.vstack(parts)).max()),
            rate=float(np.abs((coherent + dissipative).rounded()).max()),
            largest=float(entries.max()) if len(entries) else 1.0,
            smallest=float(entries.min()) if len(entries) else 1.0,
        )
