"""The columns of observables: their names, and their entries in the data dictionary."""

from __future__ import annotations

from collections.abc import Iterable

from syncsweep.columns import Column, Columns, entry
from syncsweep.config.observables import ObservableCode, OwnObservableCode

#: Status of a state for which a function of the user's own returned its numbers, of one for which
#: it failed, and of one for which it was not called, because the row is in no average.
OK, FAILED, NOT_ASKED = "ok", "failed", "none"

_COHERENCE = "Baumgratz, Cramer, Plenio, Phys. Rev. Lett. 113, 140401 (2014)"
_IN_WORDS = {"sx": "S^x", "sy": "S^y", "sz": "S^z", "sx2": "(S^x)²", "sy2": "(S^y)²"}
_IN_WORDS |= {"sz2": "(S^z)²", "sigma_x": "σ^x", "sigma_y": "σ^y", "sigma_z": "σ^z"}

#: Meanings of the columns of the package's observables; {a}, {b}: the sites of a group, as in 23.
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
