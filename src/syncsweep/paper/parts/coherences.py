"""Coherences of decoupled spins in the limit η → 0⁺ (Eq. 5): solved samples against the law.

`physics.decoupled_limit` draws the complex c_jk without solving for steady states.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd
from pydantic import Field
from scipy.stats import ks_2samp

from syncsweep.columns import N_SITES, Column, Columns
from syncsweep.config.configuration import Config
from syncsweep.config.physics import Ensemble
from syncsweep.paper.compared_studies import DECOUPLED
from syncsweep.paper.parts import part
from syncsweep.paper.parts.chains import chain_of
from syncsweep.paper.parts.part import StudyRows, write_tables
from syncsweep.physics.decoupled_limit import DecoupledLaw, coherences
from syncsweep.physics.random_streams import Purpose, stream
from syncsweep.tables import ResultsError

#: What the columns of the table hold.
COLUMNS: dict[str, Columns] = {
    "coherences": (
        N_SITES,
        Column(
            "quantity",
            "modulus_jk, |c_jk| of the spins j and k; phase_jk, cos arg c_jk; loop_123, the cosine "
            "of the phase of c₁₂ c₂₃ c₁₃*",
            source="Eq. 5; docs/paper.md",
        ),
        Column("n", "number of samples with status ok at η = 0"),
        *Column("solved", "mean of the quantity over these samples").with_errors("_se"),
        *Column("law", "its mean over draws from the exact law of η → 0⁺").with_errors("_se"),
        Column(
            "p_value", "of the two-sample Kolmogorov-Smirnov test that both have one distribution"
        ),
    )
}


class Request(part.Request):
    """Studies of decoupled spins with η = 0, and the number of draws from the law."""

    studies: tuple[StudyRows, ...] = Field(min_length=1)
    draws: int = Field(20_000, ge=2)

    @classmethod
    def of(cls, config: Config) -> Self:
        """As `snakemake paper` asks for it, see `part.Request`."""
        return cls(studies=tuple(StudyRows.of(config, study) for study in DECOUPLED))


def make(request: Request, output: Path) -> None:
    """Write the table `coherences` into `output`: one row for each study and quantity.

    ResultsError if a study has spins that are coupled, or no η = 0.
    """
    frames = [pd.DataFrame(_compared(study, request.draws)) for study in request.studies]
    physics = request.studies[0].physics
    write_tables(output, {"coherences": frames}, COLUMNS, request, physics)


def _compared(study: StudyRows, draws: int) -> Iterator[dict[str, object]]:
    physics, chain = study.physics, chain_of(study.physics)
    described = [one for one in study.describe() if 0 in one.etas]
    name = f"coherences: {study.folder.name}"
    if chain.J or chain.delta or not isinstance(physics.ensemble, Ensemble) or not described:
        raise ResultsError(f"{name}: needs J = delta = 0, the ensemble of App. F, and η = 0")
    at = described[0].etas.index(0)
    n_sites, ensemble = chain.n_sites, physics.ensemble
    of_samples = [rows.coefficients[at] for rows in study.read(described[0]) if rows.good[at]]
    law = DecoupledLaw(
        n_sites, ensemble.zeta_coh, ensemble.zeta_diss, ensemble.basis, ensemble.rank
    )
    drawn = law.sample(stream(physics.root_seed, 0, Purpose.LIMIT), draws)
    pairs = [f"{j + 1}{k + 1}" for j, k in combinations(range(n_sites), 2)]
    solved = coherences(np.array(of_samples).reshape(len(of_samples), -1), n_sites)
    compared = zip(_quantities(solved, pairs), _quantities(drawn, pairs), strict=True)
    for (quantity, values), (_, expected) in compared:
        yield {
            "n_sites": n_sites,
            "quantity": quantity,
            "n": len(values),
            "solved": values.mean(),
            "solved_se": values.std(ddof=1) / np.sqrt(len(values)),
            "law": expected.mean(),
            "law_se": expected.std(ddof=1) / np.sqrt(draws),
            "p_value": float(ks_2samp(values, expected).pvalue),
        }


def _quantities(c: np.ndarray, pairs: list[str]) -> Iterator[tuple[str, np.ndarray]]:
    """Names and values (n,) of the quantities of c_jk (n, n_pairs)."""
    for pair, values in zip(pairs, c.T, strict=True):
        yield f"modulus_{pair}", np.abs(values)
        yield f"phase_{pair}", np.cos(np.angle(values))
    if len(pairs) == 3:
        yield "loop_123", np.cos(np.angle(c[:, 0] * c[:, 2] * c[:, 1].conj()))
