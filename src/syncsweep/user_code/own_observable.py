"""Observables of the user's own: numbers that a function returns for each state."""

from __future__ import annotations

from typing import Any

import numpy as np

from syncsweep.config.observables import OwnObservableCode
from syncsweep.user_code.code import MissingHereError, OwnCode, OwnCodeError
from syncsweep.user_code.observable_columns import FAILED, NOT_ASKED, OK
from syncsweep.wording import one_line

#: Largest number: the squares of many can be added.
_LARGEST = 1e100


class OwnObservable:
    """What `function(rho, spins, **parameters)` of a source returns: real numbers by name."""

    def __init__(self, code: OwnObservableCode, spins: tuple[float, ...]) -> None:
        """spins: those of the model. OwnCodeError."""
        self._definition, self._spins = code, spins
        self._code = OwnCode(code.source)
        self.function = code.function
        #: The first problem of a state for which the function failed.
        self.problem: OwnCodeError | None = None

    def numbers(self, rho: np.ndarray) -> dict[str, float]:
        """The numbers of one state (D, D), in the order of `returns`; OwnCodeError."""
        code = self._definition
        # A copy, because the function may write to its arguments.
        returned = self._code.call(
            code.function, {"rho": rho.copy(), "spins": self._spins}, code.parameters
        )
        return self._code.guarded(
            lambda: _numbers(code.function, code.returns, returned),
            what=f"{code.function}(): the returned value cannot be read: ",
        )

    def values(self, states: np.ndarray, good: np.ndarray) -> dict[str, np.ndarray]:
        """Numbers and status of states (n_eta, D, D), as columns (n_eta,).

        good: mask (n_eta,) of the states that the function is asked about. MissingHereError if it
        needs something that is missing here. After any other error the state has failed, and its
        numbers are NaN.
        """
        code = self._definition
        columns: dict[str, np.ndarray] = {
            name: np.full(len(states), np.nan) for name in code.returns
        }
        status = np.where(good, OK, NOT_ASKED).astype(object)
        for index in np.flatnonzero(good):
            try:
                for name, number in self.numbers(states[index]).items():
                    columns[name][index] = number
            except MissingHereError:
                raise
            except OwnCodeError as error:
                self.problem = self.problem or error
                status[index] = FAILED
        return {**columns, code.status: status.astype(str)}


def _numbers(function: str, names: tuple[str, ...], returned: Any) -> dict[str, float]:
    """Real numbers by name from what a function returned; OwnCodeError."""
    wanted = "{" + ", ".join(f'"{name}": …' for name in names) + "}"
    if not isinstance(returned, dict):
        raise OwnCodeError(
            f"{function}() must return numbers by name, {wanted}, but returns a value of type "
            f"{type(returned).__name__}"
        )
    if returned.keys() != set(names):
        raise OwnCodeError(
            f"{function}() must return {wanted}, the names under `returns`, but returns "
            f"{one_line(', '.join(map(str, returned)), 100) or 'none'}"
        )
    return {name: _number(f"{function}(): {name}", returned[name]) for name in names}


def _number(name: str, value: Any) -> float:
    """A real number, also of NumPy, as a float; complex numbers, true and false are refused."""
    array = np.asarray(value)
    if array.ndim or array.dtype.kind not in "iufc":
        shape = f" and shape {array.shape}" if array.ndim else ""
        raise OwnCodeError(
            f"{name} must be a real number, but is of type {type(value).__name__}{shape}"
        )
    if array.dtype.kind == "c":
        raise OwnCodeError(
            f"{name} must be a real number, but is the complex number {complex(value):.3g}; "
            "return its .real"
        )
    number = float(array)
    if not abs(number) <= _LARGEST:
        raise OwnCodeError(
            f"{name} must be finite and at most {_LARGEST:g} in absolute value, but is {number:g}"
        )
    return number
