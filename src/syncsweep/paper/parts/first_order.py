"""Where chains of two to seven spins lose their locking to first order in η.

One L₀⁻¹ for each sample takes the place of a sweep. At full rank K is not drawn, see
`theory.full_rank`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd
from pydantic import Field

from syncsweep.columns import N_SITES, Column, Columns
from syncsweep.config.configuration import Config
from syncsweep.config.fields import Integer, Strict
from syncsweep.config.physics import Ensemble, Spin1Chain
from syncsweep.config.units import energy_unit
from syncsweep.paper.compared_studies import first_order_chains
from syncsweep.paper.parts import part
from syncsweep.paper.parts.part import write_tables
from syncsweep.paper.parts.sizes import ENSEMBLE, HALF, KAPPA, half_columns
from syncsweep.paper.theory.full_rank import full_rank_first_order
from syncsweep.paper.theory.locking_window import direction_of_chain
from syncsweep.paper.theory.loss_of_locking import ACCURACY, first_order, half_in_first_order
from syncsweep.physics.dephasing import DephasingGenerator
from syncsweep.physics.ensembles import STREAMS, random_local_sum, random_low_rank
from syncsweep.physics.models import Model, spin1_chain
from syncsweep.physics.phase_distribution import relative_phase_coefficients
from syncsweep.physics.random_streams import stream
from syncsweep.physics.sectors import chain_sectors
from syncsweep.tables.number import Number

#: What the columns of the table hold.
COLUMNS: dict[str, Columns] = {
    "first_order": (
        ENSEMBLE,
        N_SITES,
        KAPPA,
        *HALF,
        Column("zero_modes", "number of zero modes of L₀", source="App. B"),
    )
}


class Chain(Strict):
    """A chain of some length under an ensemble, and its number of samples."""

    name: str
    n_sites: Integer = Field(ge=2, le=7)
    ensemble: Ensemble
    samples: Integer = Field(ge=2)


class Request(part.Seeded):
    """The chains, and the parameters of all of them: those of `model`, whatever its length is."""

    model: Spin1Chain
    chains: tuple[Chain, ...] = Field(min_length=1)

    @classmethod
    def of(cls, config: Config) -> Self:
        """As `snakemake larger_chains` asks for it, see `part.Request`."""
        assert config.paper
        model = config.studies[config.paper.chain].model
        assert isinstance(model, Spin1Chain)
        chains = (
            Chain(name=one.name, n_sites=one.n_sites, ensemble=one.ensemble, samples=samples)
            for one, samples in first_order_chains(config)
        )
        return cls(root_seed=config.root_seed, model=model, chains=tuple(chains))


def make(request: Request, output: Path) -> None:
    """Write the table `first_order`: one row for each ensemble and number of spins."""
    rows = []
    for n_sites in sorted({chain.n_sites for chain in request.chains}):
        parameters = request.model.model_dump(exclude={"name"}) | {"n_sites": n_sites}
        model = spin1_chain(**parameters)
        generator = DephasingGenerator(model.lindbladian)
        for chain in request.chains:
            if chain.n_sites == n_sites:
                states = _states(request, chain, model, generator)
                row = _row(request, chain, model.spins, states)
                rows.append({**row, "zero_modes": len(generator.traces)})
    write_tables(output, {"first_order": pd.DataFrame(rows)}, COLUMNS, request)


def _states(
    request: Request, chain: Chain, model: Model, generator: DephasingGenerator
) -> Iterator[np.ndarray]:
    """ρ₀ and ρ₁ of each sample, (2, D, D)."""
    law = chain.ensemble.model_dump()
    kind = law.pop("kind", "global")
    sectors = chain_sectors(
        **request.model.model_dump(exclude={"name"}) | {"n_sites": chain.n_sites}
    )
    for sample in range(chain.samples):
        rng = stream(request.root_seed, sample, STREAMS[kind])
        if chain.ensemble.is_full_rank(model.spins):
            weights = (chain.ensemble.zeta_coh, chain.ensemble.zeta_diss)
            yield full_rank_first_order(generator, sectors, rng, *weights, ACCURACY)
        elif kind == "global":
            yield first_order(generator, random_low_rank(rng, generator.dim, **law))
        else:
            yield first_order(generator, random_local_sum(rng, model.spins, kind, **law))


def _row(
    request: Request, chain: Chain, spins: tuple[float, ...], states: Iterator[np.ndarray]
) -> dict[str, object]:
    coefficients = np.array([relative_phase_coefficients(each, spins) for each in states])
    half, error = half_in_first_order(coefficients, direction_of_chain(chain.n_sites))
    unit = energy_unit(request.model).value
    kappa = chain.ensemble.mean_decay(spins)
    who = {"ensemble": chain.name, "n_sites": chain.n_sites, "kappa": kappa}
    return who | half_columns(Number(half / unit, error / unit), kappa, len(coefficients))
