"""The persistence of the locking of the limit η → 0⁺ when the perturbation grows (Fig. 1).

ℛ is the share of S_d that has the form of the zero modes of L₀, see `theory.locking_window`, and
Λ(η) = [⟨ℛ⟩(η) − ⟨ℛ⟩(∞)]/[1 − ⟨ℛ⟩(∞)]: 1 in the limit η → 0⁺, and 0 for the steady state of L₍₁₎
alone. The latter comes from a second study, of the same samples with L₀ = 0.
"""

from __future__ import annotations

from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd
from pydantic import Field

from syncsweep.columns import ETA, N_SITES, Column, Columns
from syncsweep.config.configuration import Config
from syncsweep.config.physics import Physics
from syncsweep.paper.compared_studies import coupled_and_alone
from syncsweep.paper.parts import part
from syncsweep.paper.parts.chains import CHAIN_KIND, chain_of, kind_of
from syncsweep.paper.parts.part import StudyRows, write_tables
from syncsweep.paper.theory.locking_window import (
    direction_of_chain,
    locked_directions,
    locked_share,
)
from syncsweep.physics.measures import is_resolved
from syncsweep.physics.superoperators import liouvillian
from syncsweep.tables import ResultsError
from syncsweep.tables.number import Number
from syncsweep.tables.samples import SampleRows
from syncsweep.tables.statistics import RunningCovariance
from syncsweep.tables.writing import sorted_by_eta
from syncsweep.user_code.study_model import build_model

#: Larger chains have too large an L₀ to compute its zero modes.
_MOST_SITES = 4

#: What the columns of the table hold.
COLUMNS: dict[str, Columns] = {
    "locking": (
        CHAIN_KIND,
        N_SITES,
        ETA,
        *Column(
            "r_mean", "⟨ℛ⟩, mean share of Σ|s_k|², k ≠ 0, in the form of the zero modes of L₀"
        ).with_errors("_se"),
        *Column(
            "r_infinity", "⟨ℛ⟩ of the same samples with L₀ = 0, which is that of η → ∞"
        ).with_errors("_se"),
        *Column(
            "locking",
            "Λ = (⟨ℛ⟩ − ⟨ℛ⟩(∞))/(1 − ⟨ℛ⟩(∞)): 1 in the limit η → 0⁺, 0 for the perturbation alone",
            source="Fig. 1, docs/paper.md",
        ).with_errors("_se"),
        Column("n", "number of samples whose S_d is known and resolved, at η and without L₀"),
    )
}


class Pair(part.Request):
    """A study of a spin-1 chain, and one of the same samples with L₀ = 0 (`alone`)."""

    studied: StudyRows
    alone: StudyRows


class Request(part.Request):
    """The chains, each with its limit η → ∞."""

    pairs: tuple[Pair, ...] = Field(min_length=1)

    @classmethod
    def of(cls, config: Config) -> Self:
        """As `snakemake paper` asks for it, see `part.Request`."""
        rows = (
            [StudyRows.of(config, study) for study in pair]
            for pair in coupled_and_alone(config).values()
        )
        return cls(pairs=tuple(Pair(studied=studied, alone=alone) for studied, alone in rows))


def make(request: Request, output: Path) -> None:
    """Write the table `locking` into `output`: one row for each chain and η as configured.

    The standard errors of Λ are by the delta method. ResultsError if the samples are not the same.
    """
    for pair in request.pairs:
        _check(pair)
    frames = [_locking(pair) for pair in request.pairs]
    physics = request.pairs[0].studied.physics
    write_tables(output, {"locking": frames}, COLUMNS, request, physics)


def _check(pair: Pair) -> None:
    """ResultsError unless the studies have the same L₍₁₎, and the second one no L₀."""
    studied, alone = pair.studied.physics, pair.alone.physics
    names = f"locking: {pair.studied.folder.name} and {pair.alone.folder.name}"
    same = (studied.root_seed, studied.ensemble, chain_of(studied).n_sites)
    if same != (alone.root_seed, alone.ensemble, chain_of(alone).n_sites):
        raise ResultsError(
            f"{names}: must have the same root_seed, ensemble and n_sites, or their samples differ"
        )
    if build_model(alone).hamiltonian.any() or build_model(alone).jump_operators.any():
        raise ResultsError(f"{names}: in the second, omega, J, delta and gamma must be 0")


def _locking(pair: Pair) -> pd.DataFrame:
    chain = chain_of(pair.studied.physics)
    directions = directions_of(pair.studied.physics, pair.studied.folder.name)
    samples = min(pair.studied.samples, pair.alone.samples)
    # Without L₀, η does not matter: any one will do.
    of_alone = pair.alone.read(pair.alone.describe()[0], samples)
    infinity = np.array([shares_of(rows, directions)[0] for rows in of_alone])
    frames = []
    for described in pair.studied.describe():
        shares = RunningCovariance(len(described.etas), 2)
        rows_of_samples = pair.studied.read(described, samples)
        for rows, at_infinity in zip(rows_of_samples, infinity, strict=True):
            both = np.stack(np.broadcast_arrays(shares_of(rows, directions), at_infinity), axis=1)
            shares.add(both, ~np.isnan(both).any(axis=1))
        frames.append(_table(described.etas, shares))
    table = sorted_by_eta(frames)
    table.insert(0, "model", kind_of(chain))
    table.insert(1, "n_sites", chain.n_sites)
    return table


def directions_of(physics: Physics, name: str) -> np.ndarray:
    """`locked_directions` of a chain; ResultsError, which begins with `name`, if not known."""
    chain = chain_of(physics)
    if chain.n_sites <= _MOST_SITES:
        model = build_model(physics)
        L0 = liouvillian(model.hamiltonian, model.jump_operators)
        return locked_directions(L0, model.spins)
    if 0 in (chain.J, chain.delta, chain.gamma):
        raise ResultsError(
            f"locking: {name}: with more than {_MOST_SITES} spins, J, delta and "
            "gamma must not be 0, because the zero modes of other chains are not known"
        )
    return direction_of_chain(chain.n_sites)


def shares_of(rows: SampleRows, directions: np.ndarray) -> np.ndarray:
    """ℛ of one sample for all its η, (n_eta,); NaN where S_d is not known or not resolved."""
    resolved = rows.good & is_resolved(rows.coefficients, rows.maximum, rows.error)
    return np.where(resolved, locked_share(rows.coefficients, directions), np.nan)


def _table(etas: tuple[float, ...], shares: RunningCovariance) -> pd.DataFrame:
    mean, error, locking = shares.mean, shares.standard_error, locking_of(shares)
    return pd.DataFrame(
        {
            "eta": etas,
            "r_mean": mean[:, 0],
            "r_se": error[:, 0],
            "r_infinity": mean[:, 1],
            "r_infinity_se": error[:, 1],
            "locking": locking.value,
            "locking_se": locking.error,
            "n": shares.count,
        }
    )


def locking_of(shares: RunningCovariance) -> Number[np.ndarray]:
    """Λ = (a − b)/(1 − b) from the means a of ℛ(η) and b of ℛ(∞) over the same samples.

    Standard error by the delta method, with ∂Λ/∂a = 1/(1 − b) and ∂Λ/∂b = −(1 − a)/(1 − b)²: their
    common L₍₁₎ is in the covariance.
    """
    a, b = shares.mean.T
    slopes = np.stack([1 / (1 - b), -(1 - a) / (1 - b) ** 2], axis=1)
    variance = np.einsum("ea,eab,eb->e", slopes, shares.covariance, slopes)
    count = np.maximum(shares.count, 1)
    # Rounding can leave a tiny negative number in the limit, where Λ is 1 for every sample.
    return Number((a - b) / (1 - b), np.sqrt(np.maximum(variance, 0.0) / count))
