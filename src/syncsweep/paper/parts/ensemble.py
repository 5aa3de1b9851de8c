"""The random dissipator of App. F beside what is known of it: its moments, and Ref. 57's spectrum.

The draws are those of a study with the same root seed and dimension, purely dissipative. Rates are
in the unit of ζ_diss; λ′ is defined by `universal_spectrum.scaled_eigenvalues`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd
from pydantic import Field

from syncsweep.columns import SAMPLE, Column, Columns
from syncsweep.config.configuration import Config
from syncsweep.paper.parts import part
from syncsweep.paper.parts.part import Table, write_tables
from syncsweep.paper.theory.universal_spectrum import boundary, is_inside, scaled_eigenvalues
from syncsweep.physics.perturbation import (
    OPERATOR_BASES,
    OperatorBasis,
    random_generator,
    random_hamiltonian,
    random_kossakowski,
)
from syncsweep.physics.random_streams import Purpose, stream

_BOUNDARY_POINTS = 401


#: What the columns of each table hold.
COLUMNS: dict[str, Columns] = {
    "ensemble_eigenvalues": (
        SAMPLE,
        Column(
            "re",
            "real part of λ′ = D(λ·D/(D² − 1) + 1), with λ an eigenvalue of the dissipator with "
            "orthonormal F_n for ζ_diss = 1, other than that of the steady state",
            source="App. F; Ref. 57",
        ),
        Column("im", "imaginary part of λ′", source="App. F; Ref. 57"),
        Column("inside", "whether λ′ is inside the boundary for D → ∞", source="Ref. 57"),
    ),
    "ensemble_boundary": (
        Column("re", "real part of a point on the boundary for D → ∞", source="Ref. 57"),
        Column("im", "imaginary part of the point", source="Ref. 57"),
    ),
    "ensemble_summary": (
        Column(
            "quantity",
            "hamiltonian_second_moment (also _diagonal), the mean of |H_jk|²; kossakowski_trace, "
            "Tr K; kossakowski_trace_of_square, Tr K²; mean_real_part_paper (or _orthonormal, of "
            "the F_n), the mean of Re λ [ζ_diss] over all D² eigenvalues; fraction_inside_paper "
            "(or _orthonormal), the share of the complex λ′ inside the boundary",
            source="App. F; Ref. 57",
        ),
        Column("value", "mean of the quantity over the samples", "that of the quantity"),
        Column("se", "standard error of value", "that of the quantity"),
        Column(
            "predicted", "expectation of the quantity; empty if not known", "that of the quantity"
        ),
    ),
}


class Request(part.Seeded):
    """How many random dissipators of which dimension are drawn."""

    samples: int = Field(ge=2, description="spectra that are computed")
    dim: int = Field(27, ge=2, le=64, description="dimension D of the Hilbert space")

    @classmethod
    def of(cls, config: Config) -> Self:
        """As `snakemake paper` asks for it, see `part.Request`."""
        assert config.paper
        return cls(root_seed=config.root_seed, samples=config.paper.ensemble_samples)


def make(request: Request, output: Path) -> None:
    """Draw, diagonalise, and write the tables of the ensemble into `output`."""
    spectra, measured = [], []
    for sample in range(request.samples):
        values = _moments(request, sample)
        for basis in OPERATOR_BASES:
            dissipator = _dissipator(request, sample, basis)
            scaled = scaled_eigenvalues(_spectrum(dissipator), request.dim)
            inside = is_inside(scaled)
            values[f"mean_real_part_{basis}"] = float(np.trace(dissipator)) / request.dim**2
            values[f"fraction_inside_{basis}"] = float(inside[scaled.imag != 0].mean())
            if basis == "orthonormal":
                columns = {"sample": sample, "re": scaled.real, "im": scaled.imag}
                spectra.append(pd.DataFrame({**columns, "inside": inside}))
        measured.append(values)
        print(f"ensemble: {sample + 1} of {request.samples} spectra", flush=True)
    curve = boundary(_BOUNDARY_POINTS)
    tables: dict[str, Table] = {
        "ensemble_eigenvalues": spectra,
        "ensemble_boundary": pd.DataFrame({"re": curve.real, "im": curve.imag}),
        "ensemble_summary": _summary(pd.DataFrame(measured), request.dim),
    }
    write_tables(output, tables, COLUMNS, request)


def _moments(request: Request, sample: int) -> dict[str, float]:
    """Moments of one draw of H₍₁₎ and K."""
    rng = stream(request.root_seed, sample, Purpose.PERTURBATION)
    hamiltonian = random_hamiltonian(rng, request.dim)
    kossakowski = random_kossakowski(rng, request.dim)
    squares = np.abs(hamiltonian) ** 2
    return {
        "hamiltonian_second_moment": float(squares.mean()),
        "hamiltonian_second_moment_diagonal": float(np.diag(squares).mean()),
        "kossakowski_trace": float(np.trace(kossakowski).real),
        "kossakowski_trace_of_square": float(np.sum(np.abs(kossakowski) ** 2)),
    }


def _dissipator(request: Request, sample: int, basis: OperatorBasis) -> np.ndarray:
    """One dissipator as a real matrix (D², D²), the same K for both bases."""
    rng = stream(request.root_seed, sample, Purpose.PERTURBATION)
    return random_generator(rng, request.dim, zeta_coh=0, basis=basis)


def _spectrum(dissipator: np.ndarray) -> np.ndarray:
    """Eigenvalues but for the steady state's, complex (D² − 1,), in a definite order."""
    # Row 0 vanishes, so the eigenvalue 0 is its diagonal entry and the others are the rest's.
    return np.sort_complex(np.linalg.eigvals(dissipator[1:, 1:]))


def _summary(measured: pd.DataFrame, dim: int) -> pd.DataFrame:
    """One row per quantity: its mean over the samples, standard error and expectation.

    Of the shares inside Ref. 57's boundary only the limit D → ∞ is known, and only with orthonormal
    F_n.
    """
    d = dim**2 - 1
    expected = {
        "hamiltonian_second_moment": 2.0,
        "hamiltonian_second_moment_diagonal": 2.0,
        "kossakowski_trace": float(d),
        # K/d has the Hilbert-Schmidt measure, whose mean purity is 2d/(d² + 1).
        "kossakowski_trace_of_square": d**2 * 2 * d / (d**2 + 1),
        # −Σ‖F_n‖²/D; the D − 1 diagonal operators of Eq. F3 have the norm² 2.
        "mean_real_part_paper": -(d + dim - 1) / dim,
        "mean_real_part_orthonormal": -d / dim,
    }
    names = [*expected, *(f"fraction_inside_{basis}" for basis in OPERATOR_BASES)]
    values = measured[names]
    return pd.DataFrame(
        {
            "quantity": names,
            "value": values.mean().to_numpy(),
            "se": values.sem().to_numpy(),
            "predicted": [expected.get(name, np.nan) for name in names],
        }
    )
