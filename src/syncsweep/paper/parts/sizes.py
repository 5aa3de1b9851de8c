"""How chains of two to six spins lose their locking, under five ensembles of perturbations.

Λ is that of `parts.locking`. But no second study without L₀ is solved: ℛ(∞) is ⟨ℛ⟩ at the largest η
of a study. What this changes is in docs/sizes.md.
"""

from __future__ import annotations

from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd
from pydantic import Field

from syncsweep.columns import ETA, N_SITES, Column, Columns
from syncsweep.config.configuration import Config
from syncsweep.config.physics import Ensemble
from syncsweep.config.units import energy_unit
from syncsweep.paper.compared_studies import sizes
from syncsweep.paper.parts import part
from syncsweep.paper.parts.locking import directions_of, locking_of, shares_of
from syncsweep.paper.parts.part import StudyRows, Table, write_tables
from syncsweep.paper.theory.loss_of_locking import half
from syncsweep.physics.limit_distribution import limit_distribution
from syncsweep.physics.sectors import chain_sectors
from syncsweep.tables.number import Number
from syncsweep.tables.statistics import RunningCovariance

#: Columns about η_½, the table of which says how it was found.
ENSEMBLE = Column(
    "ensemble",
    "kind and rank of the perturbation: full, rank-4, rank-1 (global), bonds or sites",
    source="docs/sizes.md",
)
KAPPA = Column(
    "kappa", "κ = −Tr L₁/D², mean over the ensemble: the mean decay rate of L₁", source="App. F"
)
HALF: Columns = (
    *Column("half", "η_½/ω, where Λ = 1/2; empty if that is not within the η").with_errors("_se"),
    *Column("half_kappa", "κη_½/ω").with_errors("_se"),
    Column("n", "number of samples behind η_½"),
)

#: What the columns of the tables hold.
COLUMNS: dict[str, Columns] = {
    "sizes": (
        ENSEMBLE,
        N_SITES,
        ETA,
        KAPPA,
        *Column(
            "r_mean", "⟨ℛ⟩, mean share of Σ|s_k|², k ≠ 0, in the form of the zero modes of L₀"
        ).with_errors("_se"),
        *Column(
            "locking",
            "Λ = (⟨ℛ⟩ − ⟨ℛ⟩(∞))/(1 − ⟨ℛ⟩(∞)), with ⟨ℛ⟩(∞) taken at the largest η of the chain",
            source="Fig. 1, docs/sizes.md",
        ).with_errors("_se"),
        Column("n", "number of samples whose S_d is known and resolved at every η"),
    ),
    "sizes_half": (
        ENSEMBLE,
        N_SITES,
        KAPPA,
        *HALF,
        Column(
            "limit_difference",
            "largest relative difference of S_max at η → 0⁺ from its closed form for the b of the "
            "sample, over these samples",
            source="docs/sizes.md",
        ),
    ),
}


class Chain(part.Request):
    """The rows of a chain of some length, and the name of its ensemble."""

    ensemble: str
    rows: StudyRows


class Request(part.Request):
    """The chains of all lengths under all ensembles."""

    chains: tuple[Chain, ...] = Field(min_length=1)

    @classmethod
    def of(cls, config: Config) -> Self:
        """As `snakemake larger_chains` asks for it, see `part.Request`."""
        return cls(
            chains=tuple(
                Chain(ensemble=size.name, rows=StudyRows.of(config, size.study))
                for size in sizes(config)
            )
        )


def make(request: Request, output: Path) -> None:
    """Write `sizes`, a row for each chain and η, and `sizes_half`, a row for each chain."""
    found = [_of_chain(chain) for chain in request.chains]
    tables: dict[str, Table] = {
        "sizes": [curve for curve, _ in found],
        "sizes_half": pd.DataFrame([half for _, half in found]),
    }
    write_tables(output, tables, COLUMNS, request, request.chains[0].rows.physics)


def _of_chain(chain: Chain) -> tuple[pd.DataFrame, dict[str, object]]:
    """Λ at each η, and η_½."""
    physics = chain.rows.physics
    assert isinstance(physics.ensemble, Ensemble)
    etas, shares, differences = _read(chain)
    infinity = shares[:, -1]
    statistics = RunningCovariance(len(etas), 2)
    for one, last in zip(shares, infinity, strict=True):
        statistics.add(np.stack(np.broadcast_arrays(one, last), axis=1), np.full(len(etas), True))
    locking = locking_of(statistics)
    kappa = physics.ensemble.mean_decay(physics.model.spins)
    who = {"ensemble": chain.ensemble, "n_sites": len(physics.model.spins), "kappa": kappa}
    curve = pd.DataFrame(
        {
            **who,
            "eta": etas,
            "r_mean": statistics.mean[:, 0],
            "r_se": statistics.standard_error[:, 0],
            "locking": locking.value,
            "locking_se": locking.error,
            "n": statistics.count,
        }
    )
    unit = energy_unit(physics.model).value
    found = half(etas[etas > 0] / unit, shares[:, etas > 0], infinity)
    columns = half_columns(Number(*found), kappa, len(shares))
    return curve, {**who, **columns, "limit_difference": differences.max(initial=0.0)}


def _read(chain: Chain) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """All η, ascending, (n_eta,); of the n samples where all η have an ℛ, ℛ (n, n_eta) and how far
    S_max at η = 0 is from its closed form, relative, (n,).
    """
    rows = chain.rows
    directions = directions_of(rows.physics, rows.folder.name)
    limit = limit_distribution(chain_sectors(len(rows.physics.model.spins)))
    etas: list[float] = []
    shares, differences = [], []
    for described in rows.describe():
        etas += described.etas
        of_block = []
        for sample in rows.read(described):
            of_block.append(shares_of(sample, directions))
            if 0 in described.etas:
                at = described.etas.index(0)
                b = sample.coefficients[at] @ limit.shape / (limit.shape @ limit.shape)
                differences.append(abs(sample.maximum.s_max[at] / limit.s_max(b.real) - 1))
        shares.append(of_block)
    order, together = np.argsort(etas), np.concatenate(shares, axis=1)
    known = ~np.isnan(together).any(axis=1)
    return np.array(etas)[order], together[known][:, order], np.array(differences)[known]


def half_columns(half: Number[float], kappa: float, n: int) -> dict[str, object]:
    """η_½/ω in the columns `HALF`."""
    assert half.error is not None
    in_kappa = Number(kappa * half.value, kappa * half.error)
    return {**half.columns("half"), **in_kappa.columns("half_kappa"), "n": n}
