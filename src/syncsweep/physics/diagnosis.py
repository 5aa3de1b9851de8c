"""The status of computed steady states, from their estimated errors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from syncsweep.physics.affine_systems import Solutions

#: A steady state is `inaccurate` if the estimated error of ρ (in units of the identity's component
#: 1/√D), or the error of its trace or of its Hermiticity, is above this. It is also `inaccurate` if
#: the smallest eigenvalue of ρ is below minus this.
ACCURACY = 1e-9

#: Reciprocal condition numbers below this mean that the steady state is not unique in double
#: precision.
SINGULAR = 1e-13

#: Entries of states that are judged at once, to save memory.
_AT_ONCE = 1 << 20


class Status(StrEnum):
    """How reliable one steady state is."""

    OK = "ok"
    DEGENERATE = "degenerate"  # several steady states, or L₁ does not lift them in first order
    INACCURATE = "inaccurate"  # residual, positivity, trace or Hermiticity outside ACCURACY


class Method(StrEnum):
    """How one steady state was computed."""

    DIRECT = "direct"  # one LU factorisation of the real system
    KRYLOV = "krylov"  # one space for all η of the sample, and one factorisation at most
    GMRES = "gmres"  # an iterative solution without a factorisation
    REFINED = "refined"  # one factorisation, and corrections in twice the working precision


@dataclass(frozen=True)
class SteadyStates:
    """Steady states of one L₀ + ηL₁ for n_eta values of η.

    rho: (n_eta, D, D), NaN where the status is `degenerate`. All others have shape (n_eta,).
    residual, condition: residual/condition is the estimated error of ρ, in units of the identity's
    component 1/√D (see `Solutions`); trace_error: |Tr ρ − 1|; hermiticity_error: max|ρ − ρ†|;
    smallest_eigenvalue: of ρ; status, method: arrays of str.

    >>> bool((steady.residual / steady.condition).max() < 1e-13)
    True
    """

    etas: np.ndarray
    rho: np.ndarray
    residual: np.ndarray
    condition: np.ndarray
    trace_error: np.ndarray
    hermiticity_error: np.ndarray
    smallest_eigenvalue: np.ndarray
    status: np.ndarray
    method: np.ndarray

    def part(self, rows: slice) -> SteadyStates:
        """Some of the states.

        >>> steady.part(slice(1, 3)).etas
        array([0.001, 1.   ])
        """
        return SteadyStates(**{one.name: getattr(self, one.name)[rows] for one in fields(self)})

    @staticmethod
    def joined(parts: Sequence[SteadyStates]) -> SteadyStates:
        """States of the same D, one after the other.

        >>> sync.SteadyStates.joined([steady.part(slice(0, 1)), steady]).rho.shape
        (4, 4, 4)
        """
        if len(parts) == 1:
            return parts[0]
        columns = (one.name for one in fields(SteadyStates))
        return SteadyStates(
            **{name: np.concatenate([getattr(part, name) for part in parts]) for name in columns}
        )


def diagnosed(
    etas: np.ndarray, rho: np.ndarray, solutions: Solutions, method: np.ndarray
) -> SteadyStates:
    """Judge the states ρ (n_eta, D, D) of `solutions`; one that is not unique becomes NaN there."""
    residual, condition = solutions.residual, solutions.condition
    # A refinement that converges has shown that the steady state is unique.
    unique = (condition > SINGULAR) | (method == Method.REFINED)
    rho[~unique] = np.nan
    smallest, hermiticity_error = np.full(len(etas), np.nan), np.empty(len(etas))
    at_once = max(1, _AT_ONCE // rho.shape[1] ** 2)
    for part in (slice(first, first + at_once) for first in range(0, len(etas), at_once)):
        few, known = rho[part], unique[part]
        smallest[part][known] = np.linalg.eigvalsh(few[known])[:, 0]
        hermiticity_error[part] = np.abs(few - np.conj(np.swapaxes(few, 1, 2))).max(axis=(1, 2))
    trace_error = np.abs(np.trace(rho, axis1=1, axis2=2) - 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        errors = (residual / condition, -smallest, trace_error, hermiticity_error)
    accurate = np.all([error <= ACCURACY for error in errors], axis=0)
    status = np.where(unique, np.where(accurate, Status.OK, Status.INACCURATE), Status.DEGENERATE)
    return SteadyStates(
        etas=etas,
        rho=rho,
        residual=residual,
        condition=condition,
        trace_error=trace_error,
        hermiticity_error=hermiticity_error,
        smallest_eigenvalue=smallest,
        status=status.astype(str),
        method=method.astype(str),
    )
