"""Left modes w of L₀ that it damps slowly or not at all, and wᵀL₀, in twice the working precision.

For such a mode, the combination wᵀL₀ of the rows of L₀ nearly vanishes. In working precision it is
lost in the rounding of their large entries. In twice the working precision wᵀL₀ keeps its own size,
however small. So it shows which modes L₀ conserves, and which it damps slowly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.linalg import qr

from syncsweep.physics.double_double import DoubleDouble
from syncsweep.physics.lindbladian import Lindbladian
from syncsweep.physics.sparse_blocks import PartialInverse, left_null_vectors
from syncsweep.physics.superoperators import to_components, to_operators

#: A mode is slow if L₀ damps it by less than this share of what L₀ does to the others.
_SLOW = 1e-8

#: Modes that are slower than the fastest by more than this get their rows by themselves: mixed with
#: faster ones, these rows would lose as many digits.
_ALIKE = 1e-3

#: Number of corrections of the modes at most. Each gains at least seven digits.
_CORRECTIONS = 5

#: What H alone or the dissipator alone does to a mode is rounding if it is below `_ROUNDING` times
#: the size of that part. What both do together is computed in twice the working precision. It is
#: rounding if it is below `_EXACT` times the largest entry.
_ROUNDING, _EXACT = 1e-14, 1e-29

#: To be certain that L₀ conserves a mode, what L₀ does to it must also be below this share of the
#: smallest entry of its operators. Otherwise the user may mean this small effect.
_NEGLIGIBLE = 1e-6

#: Share by which entries are changed to see whether rounding causes a small effect.
_CHANGE = 1e-10

#: Terms whose ratio is larger than this may damp a mode by less than `_EXACT` of the largest one.
_LARGEST_RATIO = 1e8


@dataclass(frozen=True)
class SlowModes:
    """k combinations of the rows of a real generator (n, n), which may replace k of its rows.

    left: the w as columns (n−1, k), without component 0; observables: the same w as Hermitian
    operators (D, D, k), in twice the working precision; rows: wᵀL₀ (k, n), zero for a conserved
    mode; conserved: (k,), whether L₀ conserves each mode; redundant: (k,), ascending, the rows of
    L₀ to be replaced, which are the components that best distinguish the w; doubt: a rate at which
    L₀ may still damp a mode that is taken for conserved, or 0 if it certainly does not.
    """

    left: np.ndarray
    observables: DoubleDouble
    rows: np.ndarray
    conserved: np.ndarray
    redundant: np.ndarray
    doubt: float = 0.0

    def terms(
        self, first: np.ndarray, second: np.ndarray, of_rows: np.ndarray, etas: np.ndarray
    ) -> np.ndarray:
        """Sizes of the terms of the equations at all η (n−1, n_eta).

        first, second: those of L₀ and of L₁ (n−1,); of_rows: those of `rows` (k,). Equations of
        modes stand in place of the redundant ones, and those of conserved modes are divided by η.
        """
        of_modes = (np.abs(self.left.T) @ second)[:, None]
        sizes = first[:, None] + second[:, None] * etas
        slow = of_rows[:, None] + of_modes * etas
        sizes[self.redundant] = np.where(self.conserved[:, None], of_modes, slow)
        return sizes


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
    except np.linalg.LinAlgError:  # the other rows are singular in every digit
        return conserved_modes(generator)
    remaining, groups, doubt = _observables(left), [], 0.0
    while remaining.high.shape[-1]:
        remaining, damped, change = _corrected(lindbladian, remaining, inverse)
        rounding = change.each <= _ROUNDING and not (
            change.both > _EXACT
            and change.rate <= _NEGLIGIBLE * change.smallest
            and _is_no_rounding(change.rate, lindbladian, remaining, inverse)
        )
        hidden = (
            rounding
            and change.both <= _EXACT < change.each
            and change.ratio > _LARGEST_RATIO
            and _is_meant(change.each, lindbladian, remaining, inverse)
        )
        if (rounding and not hidden) or (change.both <= _EXACT and change.ratio <= _LARGEST_RATIO):
            groups.append(_Group(remaining, np.zeros_like(damped), conserved=True))
            doubt = change.rate if change.rate > _NEGLIGIBLE * change.smallest else 0.0
            break
        if change.both <= _EXACT:
            # Even twice the working precision cannot show what both parts do together. Terms so far
            # apart may damp a mode as little as that. Only modes that each part by itself leaves
            # unchanged are certainly conserved.
            doubt = _EXACT * change.largest
            mixing, sizes, _ = np.linalg.svd(change.parts.T)
            sizes = np.pad(sizes, (0, len(mixing) - len(sizes)))
            alone = sizes <= (_EXACT if hidden else _ROUNDING)
            kept = _mixed(remaining, mixing[:, alone])
            groups.append(_Group(kept, np.zeros((int(alone.sum()), damped.shape[1])), True))
            damped = mixing[:, ~alone].T @ damped
            groups.append(_Group(_mixed(remaining, mixing[:, ~alone]), damped, False))
            break
        # Take out the fastest modes, and go on with the others without their share.
        mixing, speeds, _ = np.linalg.svd(damped[:, 1:] @ inverse.null_vectors)
        fast = speeds >= _ALIKE * speeds[0]
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
    """Modes (D, D, k) of one kind, and their wᵀL₀ (k, n)."""

    modes: DoubleDouble
    rows: np.ndarray
    conserved: bool


def _is_no_rounding(
    rate: float, lindbladian: Lindbladian, modes: DoubleDouble, inverse: PartialInverse
) -> bool:
    """Whether L₀ damps modes at about the same rate if its entries change a little."""
    return _after_a_change(lindbladian, modes, inverse).rate <= 2 * rate


def _is_meant(
    each: float, lindbladian: Lindbladian, modes: DoubleDouble, inverse: PartialInverse
) -> bool:
    """Whether H and the dissipator each do as little to modes if entries change a little."""
    return _after_a_change(lindbladian, modes, inverse).each <= 2 * each


def _after_a_change(
    lindbladian: Lindbladian, modes: DoubleDouble, inverse: PartialInverse
) -> _Change:
    """What L₀ does to its slow modes if its entries change a little.

    If rounding breaks a symmetry, larger changes break it more. If weak processes follow each
    other, for example two rates a and b that need a state of lifetime 1/c, ab/c changes little.
    """
    rng, dim = np.random.default_rng(0), len(lindbladian.hamiltonian)
    factors = 1 + _CHANGE * rng.uniform(-1, 1, (1 + len(lindbladian.jump_operators), dim, dim))
    changed = Lindbladian(
        lindbladian.hamiltonian * (factors[0] + factors[0].T) / 2,
        lindbladian.jump_operators * factors[1:],
        lindbladian.hamiltonian_rest,
    )
    return _corrected(changed, modes, inverse)[2]


def _observables(left: np.ndarray) -> DoubleDouble:
    """Columns (n−1, k) without component 0 as operators (D, D, k)."""
    return DoubleDouble.of(to_operators(np.vstack([np.zeros((1, left.shape[1])), left])))


def _mixed(operators: DoubleDouble, mixing: np.ndarray) -> DoubleDouble:
    return DoubleDouble(operators.high @ mixing, operators.low @ mixing)


def _told_apart(left: np.ndarray) -> np.ndarray:
    """The k components, ascending, that best distinguish the columns of an (n, k) matrix."""
    _, _, order = qr(left.T, mode="economic", pivoting=True)
    return np.sort(order[: left.shape[1]])


def _corrected(
    lindbladian: Lindbladian, modes: DoubleDouble, inverse: PartialInverse
) -> tuple[DoubleDouble, np.ndarray, _Change]:
    """Modes (D, D, k) without any share of fast modes, their wᵀL₀ (k, n), and their change."""
    for _ in range(_CORRECTIONS):
        parts = lindbladian.apply_adjoint(modes)
        rows = to_components((parts[0] + parts[1]).rounded())
        # Apart from a slow rest, wᵀL₀ is a combination of the other rows of L₀. Subtract it.
        excess = inverse.inverse.T @ rows[1:]
        excess[inverse.missing] = 0.0
        if np.abs(excess).max(initial=0.0) <= np.finfo(float).eps ** 2:
            break
        modes = modes + _observables(-excess)
    else:
        parts = lindbladian.apply_adjoint(modes)
    return modes, rows.T, _Change.of(lindbladian, *parts)


@dataclass(frozen=True)
class _Change:
    """How strongly L₀ acts on modes (D, D, k).

    parts: (2n, k), the action of H and then that of the jump operators, each in units of its own
    largest entry; each: the largest entry of `parts`; rate: the largest entry of the sum of both
    actions; largest, smallest: the largest and smallest entry among those of H and of the rates.
    """

    parts: np.ndarray
    each: float
    rate: float
    largest: float
    smallest: float

    @property
    def both(self) -> float:
        """The sum of both actions, in units of the largest entry."""
        return self.rate / self.largest

    @property
    def ratio(self) -> float:
        """The ratio of the largest to the smallest entry."""
        return self.largest / self.smallest

    @classmethod
    def of(
        cls, lindbladian: Lindbladian, coherent: DoubleDouble, dissipative: DoubleDouble
    ) -> _Change:
        """Measure what `Lindbladian.apply_adjoint` gives."""
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
