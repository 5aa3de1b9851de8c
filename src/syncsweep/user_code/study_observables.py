"""The observables of a study: values of its columns from the steady states, and what they mean."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from syncsweep.columns import Column, Columns, entry
from syncsweep.config.observables import (
    GroupsObservable,
    ObservableCode,
    OwnObservableCode,
    SiteObservable,
    StateObservable,
)
from syncsweep.physics.state_functions import OF_GROUPS, OF_STATE, expectation, site_operator
from syncsweep.user_code.own_observable import OwnObservable

#: Entries of states that are worked on together: the memory of a batch is some times this.
_AT_ONCE = 1 << 20

_COHERENCE = "Baumgratz, Cramer, Plenio, Phys. Rev. Lett. 113, 140401 (2014)"
_IN_WORDS = {"sx": "S^x", "sy": "S^y", "sz": "S^z", "sx2": "(S^x)²", "sy2": "(S^y)²"}
_IN_WORDS |= {"sz2": "(S^z)²", "sigma_x": "σ^x", "sigma_y": "σ^y", "sigma_z": "σ^z"}

#: What the columns of the package's observables mean; {a}, {b}: the sites of a group, as in 23.
COLUMNS: Columns = (
    Column("purity", "purity Tr ρ² of the steady state ρ", source="docs/observables.md"),
    Column(
        "relative_entropy_of_coherence",
        "S(diag ρ) − S(ρ) in the basis |m₁ … m_N⟩",
        "nat",
        source=_COHERENCE,
    ),
    Column("l1_coherence", "Σ |ρ_ij| over i ≠ j in the basis |m₁ … m_N⟩", source=_COHERENCE),
    Column(
        "mutual_information_{a}_{b}",
        "mutual information S(ρ_A) + S(ρ_B) − S(ρ_AB) of the sites A = {a} and B = {b}",
        "nat",
        source="docs/observables.md",
    ),
    Column(
        "negativity_{a}_{b}",
        "negativity (‖ρ_AB^(T_A)‖₁ − 1)/2 of the sites A = {a} and B = {b}",
        source="Vidal, Werner, Phys. Rev. A 65, 032314 (2002)",
    ),
    *(
        Column(f"{name}_{{j}}", f"expectation value of {word} of site {{j}}")
        for name, word in _IN_WORDS.items()
    ),
)


def columns_of(codes: Iterable[ObservableCode]) -> Columns:
    """What the columns of some observables mean, in the order of `Observables.values`."""
    found: list[Column] = []
    for code in codes:
        if not isinstance(code, OwnObservableCode):
            found += [entry(name, COLUMNS) for name in code.columns]
            continue
        found += [
            Column(n, f"{n} of {code.function}(), code of the user's own") for n in code.returns
        ]
        found.append(
            Column(
                code.status,
                f"ok, or failed if {code.function}() failed for this state; none if the status of "
                "the row is not ok",
            )
        )
    return tuple(found)


def names_of_columns(codes: Iterable[ObservableCode]) -> tuple[list[str], list[str]]:
    """Names of the columns of some observables: of numbers, and of statuses."""
    codes = list(codes)
    numbers = [name for code in codes for name in code.columns]
    return numbers, [code.status for code in codes if isinstance(code, OwnObservableCode)]


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
