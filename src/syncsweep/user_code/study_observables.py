"""The observables of a study: values of its columns from the steady states."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from syncsweep.config.observables import (
    GroupsObservable,
    ObservableCode,
    OwnObservableCode,
    SiteObservable,
    StateObservable,
)
from syncsweep.physics.state_functions import OF_GROUPS, OF_STATE, expectation, site_operator
from syncsweep.user_code.observable_columns import columns_of
from syncsweep.user_code.own_observable import OwnObservable

#: Entries of states in one batch, whose memory is a few times as large.
_AT_ONCE = 1 << 20


class Observables:
    """Columns of a study's observables; the user's own code runs once when this object is made."""

    def __init__(self, codes: Iterable[ObservableCode], spins: tuple[float, ...]) -> None:
        """spins: those of the model. OwnCodeError."""
        self._codes, self._spins = tuple(codes), spins
        self._own = {
            code.status: OwnObservable(code, spins)
            for code in self._codes
            if isinstance(code, OwnObservableCode)
        }
        #: What the columns mean, in order.
        self.columns = columns_of(self._codes)

    def values(self, states: np.ndarray, good: np.ndarray) -> dict[str, np.ndarray]:
        """Values (n_eta,) of each column, for states (n_eta, D, D): numbers, or words of a status.

        good: mask (n_eta,) of the states to measure; the others have NaN. MissingHereError as for
        `OwnObservable.values`; LinAlgError.
        """
        found: dict[str, np.ndarray] = {}
        for code in self._codes:
            if isinstance(code, OwnObservableCode):
                found |= self._own[code.status].values(states, good)
                continue
            (name,) = code.columns
            found[name] = np.full(len(states), np.nan)
            at_once = max(1, _AT_ONCE // states.shape[1] ** 2)
            places = np.flatnonzero(good)
            for some in (places[k : k + at_once] for k in range(0, len(places), at_once)):
                found[name][some] = self._of_package(code, states[some])
        return found

    @property
    def problems(self) -> dict[str, str]:
        """The first problem of each function of the user's own that has failed for a state."""
        return {own.function: str(own.problem) for own in self._own.values() if own.problem}

    def _of_package(
        self, code: StateObservable | GroupsObservable | SiteObservable, states: np.ndarray
    ) -> np.ndarray:
        if isinstance(code, StateObservable):
            return OF_STATE[code.name](states)
        if isinstance(code, GroupsObservable):
            groups = [[site - 1 for site in group] for group in code.sites]
            return OF_GROUPS[code.name](states, self._spins, *groups)
        site = code.site - 1
        operator = site_operator(code.operator, self._spins[site])
        return expectation(states, self._spins, operator, site)
