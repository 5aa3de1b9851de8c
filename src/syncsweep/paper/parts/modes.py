"""Zero modes, oscillating coherences and strong symmetries of all models at the paper's parameters.

modes_counts has a row for each model, and modes_symmetries one for each generator X.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.linalg import subspace_angles

from syncsweep.columns import MODEL, MODEL_SCALE, N_SITES, Column, Columns
from syncsweep.paper.parts import part
from syncsweep.paper.parts.part import Table, write_tables
from syncsweep.paper.theory.analytic_modes import (
    AnalyticModes,
    chain_modes,
    decoupled_modes,
    magnetization_sectors,
    spin_half_pair_modes,
    two_spin1s_modes,
)
from syncsweep.paper.theory.symmetries import commutator_norms, reflection
from syncsweep.physics.models import (
    Model,
    magnetization,
    spin1_chain,
    spin_flip,
    spin_half_pair,
    two_spin1s,
)
from syncsweep.physics.spectrum import Spectrum, orthogonal_steady_states
from syncsweep.physics.spins import on_site, sz
from syncsweep.physics.superoperators import liouvillian, vectorize

#: Norms of commutators below this, in units of the model's scale, are rounding.
_ROUNDING = 1e-12


#: What predicts the modes.
_CLOSED_FORM = "the closed form"

#: What the columns of each table hold.
COLUMNS: dict[str, Columns] = {
    "modes_counts": (
        MODEL,
        N_SITES,
        *Column(
            "decay_free", "number of modes with Re λ = 0", source="Apps. B, D, E"
        ).with_prediction(_CLOSED_FORM),
        *Column("zero", "number of modes with λ = 0", source="Apps. B, D, E").with_prediction(
            _CLOSED_FORM
        ),
        *Column(
            "steady",
            "number of steady states with mutually orthogonal supports",
            source="Apps. B, D",
        ).with_prediction(_CLOSED_FORM),
        Column("slowest_decay", "smallest −Re λ that is not 0", MODEL_SCALE),
        Column("residual", "largest ‖L₀ρ − λρ‖/‖ρ‖ of the modes ρ in closed form", MODEL_SCALE),
        Column(
            "subspace_error",
            "largest sine of the angles between the computed eigenspaces and the closed form's",
        ),
    ),
    "modes_eigenvalues": (
        MODEL,
        N_SITES,
        Column("re", "real part of an eigenvalue λ of L₀", MODEL_SCALE),
        Column("im", "imaginary part of λ", MODEL_SCALE),
        Column(
            "kind",
            "steady state, zero-frequency coherence, oscillating coherence, or decaying",
        ),
    ),
    "modes_symmetries": (
        MODEL,
        N_SITES,
        Column("generator", "name of the generator X", source="App. B, Eq. D3"),
        Column("hamiltonian_norm", "spectral norm of [X, H]", MODEL_SCALE),
        Column(
            "jump_norm",
            "largest spectral norm of [X, L_j] of the jump operators",
            f"square root of {MODEL_SCALE}",
        ),
        Column("strong", "whether X is a strong symmetry: it commutes with H and all L_j"),
    ),
}


class Request(part.Request):
    """Nothing to choose: the models have the paper's parameters."""


@dataclass(frozen=True)
class Case:
    """A model under the name of the tables, its modes in closed form, and generators X by name."""

    name: str
    model: Model
    analytic: AnalyticModes
    generators: dict[str, np.ndarray]


def cases() -> list[Case]:
    """All models, with the parameters of Fig. 3, Fig. 5 and App. E."""
    found = []
    for n_sites in (2, 3, 4):
        model = spin1_chain(n_sites)
        analytic = chain_modes(model, omega=1.0, delta=0.5)
        found.append(Case("spin1_chain", model, analytic, _chain_generators(model)))
    for n_sites in (2, 3):
        model = spin1_chain(n_sites, J=0.0, delta=0.0)
        generators = _chain_generators(model)
        generators["S_1^z"] = on_site(sz(1), 0, model.spins)
        analytic = decoupled_modes(n_sites, omega=1.0)
        found.append(Case("spin1_decoupled", model, analytic, generators))
    model = spin_half_pair()
    generators = {"M": magnetization(model), "P": spin_flip(model), "SWAP": reflection(model)}
    analytic = spin_half_pair_modes(J=1.0, delta=1.0, B=0.3)
    found.append(Case("spin_half_pair", model, analytic, generators))
    model = two_spin1s()
    generators = {"M": magnetization(model), "P": spin_flip(model), "SWAP": reflection(model)}
    generators["|1><1|_1"] = on_site(np.diag([1, 0, 0]), 0, (1, 1))
    generators["|-1><-1|_2"] = on_site(np.diag([0, 0, 1]), 1, (1, 1))
    found.append(Case("two_spin1s", model, two_spin1s_modes(omega=1.0), generators))
    return found


def _chain_generators(model: Model) -> dict[str, np.ndarray]:
    """M, the flip P, its restriction to M = 0, and the reversal of the chain."""
    flip = spin_flip(model)
    return {
        "M": magnetization(model),
        "P": flip,
        "P 1_0": flip @ magnetization_sectors(model)[0],
        "reflection": reflection(model),
    }


def make(request: Request, output: Path) -> None:
    """Write the tables modes_counts, modes_eigenvalues and modes_symmetries into `output`."""
    counts, eigenvalues, symmetries = [], [], []
    for case in cases():
        print(f"modes: {case.name}, {case.model.n_sites} sites", flush=True)
        row, kinds = _analyse(case)
        counts.append(_labels(case) | row)
        eigenvalues.append(pd.DataFrame(_labels(case) | kinds))
        symmetries += [_labels(case) | row for row in _symmetries(case)]
    tables: dict[str, Table] = {
        "modes_counts": pd.DataFrame(counts),
        "modes_eigenvalues": eigenvalues,
        "modes_symmetries": pd.DataFrame(symmetries),
    }
    write_tables(output, tables, COLUMNS, request)


def _labels(case: Case) -> dict[str, object]:
    return {"model": case.name, "n_sites": case.model.n_sites}


def _analyse(case: Case) -> tuple[dict[str, object], dict[str, object]]:
    """A row of modes_counts, and the columns of modes_eigenvalues."""
    generator = liouvillian(case.model.hamiltonian, case.model.jump_operators)
    spectrum, analytic = Spectrum(generator), case.analytic
    right, left = spectrum.eigenspace(0.0)
    # Which conserved quantity is drawn does not matter, only that it is no special one.
    steady = orthogonal_steady_states(right, left, np.random.default_rng(0))
    row = {
        "decay_free": int(spectrum.decay_free.sum()),
        "decay_free_predicted": len(analytic.modes),
        "zero": right.shape[1],
        "zero_predicted": len(analytic.at(0.0)),
        "steady": steady,
        "steady_predicted": analytic.steady,
        "slowest_decay": spectrum.slowest_decay,
        "residual": _residual(generator, analytic),
        "subspace_error": max(
            _subspace_error(analytic.at(frequency), spectrum.eigenspace(1j * frequency)[0])
            for frequency in spectrum.frequencies
        ),
    }
    return row, _eigenvalue_columns(spectrum, steady)


def _residual(generator: sparse.csr_array, analytic: AnalyticModes) -> float:
    """Largest ‖Lρ − λρ‖/‖ρ‖ of modes in closed form."""
    modes = vectorize(analytic.modes).T
    errors = np.linalg.norm(generator @ modes - 1j * analytic.frequencies * modes, axis=0)
    return float(np.max(errors / np.linalg.norm(modes, axis=0)))


def _subspace_error(modes: np.ndarray, right: np.ndarray) -> float:
    """Largest sine of the angles between two eigenspaces; 1 if their dimensions differ."""
    if len(modes) != right.shape[1]:
        return 1.0
    return float(np.sin(subspace_angles(vectorize(modes).T, right)).max())


def _eigenvalue_columns(spectrum: Spectrum, steady: int) -> dict[str, object]:
    """Eigenvalues with their kinds; of the zero modes, `steady` are steady states."""
    kinds = np.full(spectrum.size, "decaying", dtype=object)
    kinds[spectrum.decay_free] = "oscillating coherence"
    zeros = np.flatnonzero(np.abs(spectrum.eigenvalues) <= spectrum.tolerance)
    kinds[zeros[:steady]] = "steady state"
    kinds[zeros[steady:]] = "zero-frequency coherence"
    return {"re": spectrum.eigenvalues.real, "im": spectrum.eigenvalues.imag, "kind": kinds}


def _symmetries(case: Case) -> list[dict[str, object]]:
    """Rows of modes_symmetries, without the labels."""
    rows = []
    for name, generator in case.generators.items():
        hamiltonian_norm, jump_norm = commutator_norms(case.model, generator)
        rows.append(
            {
                "generator": name,
                "hamiltonian_norm": hamiltonian_norm,
                "jump_norm": jump_norm,
                "strong": max(hamiltonian_norm, jump_norm) < _ROUNDING,
            }
        )
    return rows
