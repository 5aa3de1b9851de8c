"""Quality factors of the oscillations that a perturbation leaves, against its strength (Fig. 1).

The mean over realisations describes Q well: its spread is at most about a tenth of the mean at any
η, without a heavy tail.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd
from pydantic import Field, PositiveFloat

from syncsweep.columns import ETA, N_SITES, Column, Columns
from syncsweep.config.configuration import Config
from syncsweep.config.eta import canonical_eta
from syncsweep.config.physics import Physics
from syncsweep.paper.compared_studies import coupled_and_alone, quality_etas
from syncsweep.paper.parts import part
from syncsweep.paper.parts.chains import CHAIN_KIND, chain_of, kind_of
from syncsweep.paper.parts.part import write_tables
from syncsweep.paper.theory.quality_factor import first_order_quality_factor, quality_factor
from syncsweep.physics.perturbation import random_generator
from syncsweep.physics.random_streams import Purpose, stream
from syncsweep.physics.spectrum import eigenspace, first_order_shifts
from syncsweep.physics.superoperators import liouvillian, to_real
from syncsweep.user_code.study_model import build_model

#: First-order shifts need no spectrum: so many realisations of them for one of a spectrum.
_SHIFTS_PER_SPECTRUM = 20


_SAMPLES = Column("samples", "number of realisations in the means")

#: What the columns of each table hold.
COLUMNS: dict[str, Columns] = {
    "quality": (
        CHAIN_KIND,
        N_SITES,
        ETA,
        *Column(
            "q",
            "mean over realisations of the largest Q = |Im λ|/(2|Re λ|) of L₀ + ηL₁: in Q periods "
            "the amplitude falls to e^(−π) of itself",
            source="Fig. 1, docs/paper.md",
        ).with_errors("_se"),
        *Column(
            "q1",
            "the same of the modes that carry (S^x)², which have λ = 2iω at η = 0, in first order "
            "of η",
        ).with_errors("_se"),
        _SAMPLES,
    ),
    "quality_shifts": (
        CHAIN_KIND,
        N_SITES,
        Column("modes", "number of modes that have λ = 2iω at η = 0"),
        *Column(
            "re_mu",
            "real part of their mean shift μ, λ = 2iω + ημ in first order of η, over modes and "
            "realisations",
        ).with_errors("_se"),
        *Column("im_mu", "imaginary part of this mean").with_errors("_se"),
        _SAMPLES,
    ),
}


class Sampled(part.Request):
    """A spin-1 chain with its perturbation, and how many realisations of it are taken.

    Realisation i is sample i of a sweep of the same physics.
    """

    physics: Physics
    samples: int = Field(ge=2)


class Request(part.Request):
    """The chains, of one ω, and the values of η for each, as configured."""

    chains: tuple[Sampled, ...] = Field(min_length=1)
    etas: tuple[PositiveFloat, ...] = Field(min_length=1)

    @classmethod
    def of(cls, config: Config) -> Self:
        """As `snakemake paper` asks for it, see `part.Request`."""
        assert config.paper
        samples = {2: config.paper.quality_samples_n2, 3: config.paper.quality_samples_n3}
        found = [config.physics(study) for study, _ in coupled_and_alone(config).values()]
        chains = tuple(Sampled(physics=one, samples=samples[one.model.n_sites]) for one in found)
        return cls(chains=chains, etas=tuple(quality_etas(config)))


@dataclass(frozen=True)
class _Measured:
    """Q and Q₁ (samples, n_eta), and first-order shifts of more samples (shift_samples, k)."""

    q: np.ndarray
    q1: np.ndarray
    shifts: np.ndarray


def make(request: Request, output: Path) -> None:
    """Write the tables `quality` and `quality_shifts` into `output`.

    quality: one row for each chain and η as configured; quality_shifts: one row for each chain,
    over 20 times as many realisations. Standard errors are those over realisations.
    """
    etas = np.array([canonical_eta(eta) for eta in request.etas])  # as in the rows of a sweep
    quality, shifts = [], []
    for chain in request.chains:
        model = chain_of(chain.physics)
        name = {"model": kind_of(model), "n_sites": model.n_sites}
        measured = _measure(chain, etas)
        of_q = _estimates("q", measured.q) | _estimates("q1", measured.q1)
        quality.append(pd.DataFrame(name | {"eta": etas} | of_q | {"samples": chain.samples}))
        mu = measured.shifts.mean(axis=1, keepdims=True)
        of_mu = _estimates("re_mu", mu.real) | _estimates("im_mu", mu.imag)
        modes = {"modes": measured.shifts.shape[1]}
        shifts.append(pd.DataFrame(name | modes | of_mu | {"samples": len(mu)}))
    tables = {"quality": quality, "quality_shifts": shifts}
    write_tables(output, tables, COLUMNS, request, request.chains[0].physics)


def _measure(chain: Sampled, etas: np.ndarray) -> _Measured:
    physics, omega = chain.physics, chain_of(chain.physics).omega
    model = build_model(physics)
    unperturbed = to_real(liouvillian(model.hamiltonian, model.jump_operators))
    right, left = eigenspace(unperturbed, 2j * omega)
    dense = unperturbed.toarray()
    q = np.empty((chain.samples, len(etas)))
    q1 = np.empty((chain.samples, len(etas)))
    shifts = np.empty((_SHIFTS_PER_SPECTRUM * chain.samples, right.shape[1]), dtype=complex)
    for sample in range(len(shifts)):
        rng = stream(physics.root_seed, sample, Purpose.PERTURBATION)
        perturbation = random_generator(rng, model.dim, **physics.ensemble.model_dump())
        # The basis does not matter, as long as both are written in the same one.
        shifts[sample] = first_order_shifts(right, left, perturbation)
        if sample >= chain.samples:
            continue
        q1[sample] = first_order_quality_factor(2 * omega, shifts[sample], etas)
        q[sample] = [quality_factor(dense + eta * perturbation) for eta in etas]
        if (sample + 1) % ceil(chain.samples / 4) == 0:
            done = f"{sample + 1} of {chain.samples} samples"
            kind = kind_of(chain_of(physics))
            print(f"quality: {kind}, N = {model.n_sites}: {done}", flush=True)
    return _Measured(q, q1, shifts)


def _estimates(name: str, values: np.ndarray) -> dict[str, np.ndarray]:
    """Means over samples (n,) with their standard errors, by column; values: (samples, n)."""
    error = values.std(axis=0, ddof=1) / np.sqrt(len(values))
    return {name: values.mean(axis=0), f"{name}_se": error}
