"""Claims about larger chains, from the tables that `snakemake larger_chains` makes."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pandas as pd

from syncsweep.paper.claims import Claim, Number, Tables, Verdict, number
from syncsweep.tables.number import SIGMAS

#: What the paper says about all of this, and where.
_EXPECTED, _SOURCE = "we expect our analysis to extend to larger N", "text"

#: Largest relative difference of a solved S_max from its closed form.
_ROUNDING = 1e-6

#: Ensembles in whose units a factor per spin is given, with their names.
_NAMES = {"rank-4": "rank 4", "rank-1": "rank 1", "bonds": "bonds", "sites": "sites"}


def claims(tables: Tables) -> Iterator[Claim]:
    """All of them."""
    yield from _zero_modes(tables)
    yield from _limit(tables)
    yield from _loss(tables)


def _zero_modes(tables: Tables) -> Iterator[Claim]:
    counts = tables("first_order").groupby("n_sites")["zero_modes"].first()
    yield Claim(
        _SOURCE,
        "For larger N the chain has 2(N+1) zero modes, which only the limit η → 0⁺ mixes",
        _EXPECTED,
        ", ".join(f"{count} for N = {n}" for n, count in counts.items()),
        tuple(Number(float(count)) for count in counts),
        Verdict.AGREES,
        all(count == 2 * (int(str(n)) + 1) for n, count in counts.items()),
    )


def _limit(tables: Tables) -> Iterator[Claim]:
    half = tables("sizes_half")
    larger = half[half["n_sites"] > 3]
    worst = float(larger["limit_difference"].max())
    yield Claim(
        _SOURCE,
        "For larger N the spins lock in one of two ways for η → 0⁺, by the sign of b",
        _EXPECTED,
        f"S_max of {larger['n'].sum()} samples of N = 4 to {larger['n_sites'].max()} is that of "
        f"its b within {worst:.0e}",
        (Number(worst),),
        Verdict.AGREES,
        worst < _ROUNDING,
    )


def _loss(tables: Tables) -> Iterator[Claim]:
    half = tables("sizes_half")
    in_omega, in_kappa = (
        {name: _factor(half[half["ensemble"] == name], column) for name in _NAMES}
        for column in ("half", "half_kappa")
    )
    three, last = (number(half, "half", ensemble="rank-1", n_sites=n) for n in (3, 6))
    yield Claim(
        _SOURCE,
        "For larger N the locking persists up to the same η, if that was meant too",
        _EXPECTED,
        "η_½, where half of Λ remains, falls with each spin by a factor of "
        f"{_listed(in_omega)}; at rank 1 from {three}ω for N = 3 to {last}ω for N = 6",
        (*in_omega.values(), three, last),
        Verdict.DIFFERS,
        all(_is_above(factor, 2) for factor in in_omega.values()),
    )
    yield Claim(
        _SOURCE,
        "In units of their mean decay rate κ, local perturbations end the locking of longer chains "
        "sooner than global ones",
        "–",
        f"κη_½ falls with each spin by a factor of {_listed(in_kappa)}",
        tuple(in_kappa.values()),
        Verdict.AGREES,
        all(
            _is_above(_difference(in_kappa[local], in_kappa[one]), 0)
            for local in ("bonds", "sites")
            for one in ("rank-4", "rank-1")
        ),
    )


def _factor(half: pd.DataFrame, column: str) -> Number[float]:
    """The factor by which a column falls with each spin from N = 3 on: the slope of its logarithm.

    The fit has the numbers of samples as weights, because the errors of few samples are rough.
    """
    known = half[(half["n_sites"] >= 3) & (half[column] > 0)]
    n_sites, samples = (known[name].to_numpy(float) for name in ("n_sites", "n"))
    weights = samples * (n_sites - np.average(n_sites, weights=samples))
    weights /= weights @ n_sites
    relative = (known[f"{column}_se"] / known[column]).to_numpy()
    factor = math.exp(-float(weights @ np.log(known[column].to_numpy())))
    return Number(factor, factor * float(np.linalg.norm(weights * relative)))


def _listed(factors: dict[str, Number[float]]) -> str:
    return ", ".join(f"{factor} ({_NAMES[name]})" for name, factor in factors.items())


def _difference(one: Number[float], other: Number[float]) -> Number[float]:
    """As if their errors were independent."""
    return Number(one.value - other.value, math.hypot(one.error or 0, other.error or 0))


def _is_above(found: Number[float], bound: float) -> bool:
    return found.value - SIGMAS * (found.error or 0) > bound
