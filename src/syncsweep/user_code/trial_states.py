"""Trial of an observable of the user's own on a few states, before the first job of a sweep."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from syncsweep.config.observables import OwnObservableCode
from syncsweep.config.physics import Physics
from syncsweep.physics.diagnosis import Status
from syncsweep.user_code.code import OwnCodeError
from syncsweep.user_code.own_observable import OwnObservable
from syncsweep.user_code.study_solver import StudySolver

#: Largest dimension of the Hilbert space at which a sample is solved here, within a second.
_SOLVED_DIMENSIONS = 27

#: Relative and absolute tolerance between two calls or processes: a function may multiply matrices,
#: and their rounding depends on where they are in memory.
_TOLERANCE = 1e-6, 1e-9


def trial_states(physics: Physics, etas: Iterable[float]) -> np.ndarray:
    """Steady states of the first sample at the smallest and the largest η, (n, D, D), n > 0.

    Instead, one random state of full rank if the sample is large, or has no such states.
    """
    if physics.dim <= _SOLVED_DIMENSIONS:
        ends = np.unique([min(etas := list(etas)), max(etas)])
        steady = StudySolver(physics, ends).states(0, lambda states: np.full(len(states), 1e-9))
        if np.any(good := steady.status == Status.OK):
            return steady.rho[good]
    m = np.random.default_rng(0).standard_normal((2, physics.dim, physics.dim))
    rho = (m[0] + 1j * m[1]) @ (m[0] - 1j * m[1]).T
    return (rho / np.trace(rho).real)[None]


def check_observable(code: OwnObservableCode, physics: Physics, states: np.ndarray) -> list[str]:
    """OwnCodeError if an observable fails for all trial states, or is not reproducible.

    A note if it fails for one of them, or for the maximally mixed state.
    """
    own = OwnObservable(code, physics.model.spins)
    tried = np.array([*states, np.eye(physics.dim) / physics.dim])
    first, again = _numbers(own, tried), _numbers(own, tried)
    failed = np.isnan(first).any(axis=1)
    if own.problem and failed[:-1].all():
        raise OwnCodeError(
            f"{own.problem.problem}; this was a trial state before the first job", own.problem.line
        )
    if not is_close(first, again):
        raise OwnCodeError(
            f"{code.function}() returns different numbers for the same state; it must not be "
            "random, and must keep nothing from one call to the next"
        )
    if not own.problem:
        return []
    which = "a trial state" if failed[:-1].any() else "the maximally mixed state"
    return [
        f"{code.function}() fails for {which} ({own.problem.problem}); a row for which it fails "
        f"has no such numbers, and {code.status} is failed"
    ]


def trial_numbers(
    code: OwnObservableCode, physics: Physics, states: np.ndarray, backwards: bool
) -> list[list[float]]:
    """The numbers for all trial states, asked for in the opposite order if `backwards`.

    NaN where the function fails. OwnCodeError.
    """
    order = slice(None, None, -1 if backwards else None)
    own = OwnObservable(code, physics.model.spins)
    found: list[list[float]] = _numbers(own, states[order])[order].tolist()
    return found


def _numbers(own: OwnObservable, states: np.ndarray) -> np.ndarray:
    """The numbers of each state, (n_states, n_numbers), NaN where the function fails."""
    *numbers, _ = own.values(states, np.ones(len(states), dtype=bool)).values()
    return np.column_stack(numbers)


def is_close(some: Any, others: Any) -> bool:
    """Whether numbers of two calls are the same up to rounding; NaN is equal to NaN."""
    relative, absolute = _TOLERANCE
    return bool(np.allclose(some, others, rtol=relative, atol=absolute, equal_nan=True))
