"""Trial of an observable of the user's own on a few states, before the first job of a sweep."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from syncsweep.config.observables import OwnObservableCode
from syncsweep.config.physics import Physics
from syncsweep.physics.diagnosis import Status
from syncsweep.user_code.code import MissingHereError, OwnCodeError
from syncsweep.user_code.own_observable import OwnObservable
from syncsweep.user_code.study_solver import StudySolver

#: Largest dimension of the Hilbert space at which a sample is solved here, within a second.
_SOLVED_DIMENSIONS = 27

#: Numbers of two calls or processes are the same up to this, relative and absolute: a function may
#: multiply matrices, whose rounding depends on where they are in memory.
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
    """OwnCodeError if an observable fails for trial states or is not reproducible.

    A note if it fails for the maximally mixed state, of which a sweep may come near.
    """
    own = OwnObservable(code, physics.model.spins)
    try:
        first, *_ = [own.numbers(rho) for rho in states]
        again = own.numbers(states[0])
    except MissingHereError:
        raise
    except OwnCodeError as error:
        raise OwnCodeError(
            f"{error.problem}; this was a trial state before the first job", error.line
        ) from None
    if not is_close(list(first.values()), list(again.values())):
        raise OwnCodeError(
            f"{code.function}() returns different numbers for the same state; it must not be "
            "random, and must keep nothing from one call to the next"
        )
    try:
        own.numbers(np.eye(physics.dim, dtype=complex) / physics.dim)
    except MissingHereError:
        raise
    except OwnCodeError as error:
        return [
            f"{code.function}() fails for the maximally mixed state ({error.problem}); a row for "
            f"which it fails has no such numbers, and {code.status} is failed"
        ]
    return []


def trial_numbers(
    code: OwnObservableCode, physics: Physics, states: np.ndarray, backwards: bool
) -> list[float]:
    """The numbers for all trial states, asked for in the opposite order if `backwards`.

    OwnCodeError.
    """
    own = OwnObservable(code, physics.model.spins)
    found = [list(own.numbers(rho).values()) for rho in (states[::-1] if backwards else states)]
    return [number for numbers in (found[::-1] if backwards else found) for number in numbers]


def is_close(some: list[float], others: list[float]) -> bool:
    """Whether numbers of two calls are the same up to rounding."""
    relative, absolute = _TOLERANCE
    return bool(np.allclose(some, others, rtol=relative, atol=absolute))
