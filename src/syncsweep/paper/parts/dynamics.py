"""Dynamical synchronisation: how local observables of the spin-1 chain and of the pair oscillate.

Haar-random pure states evolve without a perturbation (η = 0) and under L₀ + ηL₍₁₎, with the L₍₁₎ of
sample 0 of a sweep with the same root seed. Observables are (S_j^x)² of three spin-1s and σ_j^x of
the spin-1/2 pair, at the paper's parameters. dynamics_series has a row for each time, and
dynamics_fits one for each oscillation.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from pydantic import Field

from syncsweep.columns import MODEL, MODEL_SCALE, Column, Columns
from syncsweep.paper.parts import part
from syncsweep.paper.parts.part import Table, write_tables
from syncsweep.paper.theory.late_dynamics import (
    SlowPart,
    expectation_values,
    fit_oscillation,
    random_pure_states,
    slow_part,
)
from syncsweep.physics.models import Model, spin1_chain, spin_half_pair
from syncsweep.physics.perturbation import random_generator
from syncsweep.physics.random_streams import Purpose, stream
from syncsweep.physics.spectrum import Spectrum
from syncsweep.physics.spins import on_site, sx
from syncsweep.physics.superoperators import from_real, liouvillian, to_real

#: Fits begin when the modes of L₀ that decay have done so by e^{−14}, and last so many periods.
_RELAXED, _FITTED_PERIODS = 14.0, 24

#: Times in a period.
_TIMES = 24


_LABELS = (
    MODEL,
    Column("eta", "perturbation strength η; 0 is without a perturbation", MODEL_SCALE),
    Column("initial_state", "number of the random pure state at time 0"),
    Column("site", "number j of the spin, from 1"),
)
_TIME = f"1/({MODEL_SCALE})"
_FIRST_ORDER = "first-order perturbation theory"

#: What the columns of each table hold.
COLUMNS: dict[str, Columns] = {
    "dynamics_series": (
        *_LABELS,
        Column("time", "time", _TIME),
        Column(
            "value",
            "⟨O_j⟩ at this time, O_j = (S_j^x)² for the chain and σ_j^x for the pair",
            source="below Eq. 6; App. D",
        ),
        Column(
            "late",
            "contribution to ⟨O_j⟩ of the decay-free modes of L₀, in leading order of η; at late "
            "times it is the whole of ⟨O_j⟩",
        ),
        Column("background", "the part of `late` that does not oscillate"),
        Column("envelope", "amplitude of the rest of `late` at this time"),
    ),
    "dynamics_fits": (
        *_LABELS,
        *Column(
            "frequency",
            "angular frequency of the oscillation that is fitted to ⟨O_j⟩",
            MODEL_SCALE,
            source="below Eq. 6; App. D",
        ).with_prediction(_FIRST_ORDER),
        *Column("decay_rate", "decay rate of its amplitude", MODEL_SCALE).with_prediction(
            _FIRST_ORDER
        ),
        *Column("amplitude", "its amplitude at time 0").with_prediction(_FIRST_ORDER),
        *Column("phase", "its phase at time 0", "rad").with_prediction(_FIRST_ORDER),
        Column("residual", "root mean square of what the fit leaves"),
        Column("fit_start", "first time of the fit", _TIME),
        Column("fit_stop", "last time of the fit", _TIME),
    ),
}


class Request(part.Seeded):
    """Random initial states and perturbation strengths, in units of each model's scale."""

    initial_states: int = Field(3, ge=1)
    chain_eta: float = Field(1e-3, gt=0)
    pair_eta: float = Field(5e-3, gt=0)


@dataclass(frozen=True)
class Case:
    """A model, the frequency ω > 0 of its coherence at iω, and an observable (d, d) of a site."""

    model: Model
    frequency: float
    observable: np.ndarray
    eta: float


@dataclass(frozen=True)
class _Run:
    """What one case shares at all its times; states: (n, D, D), observables: (n_sites, D, D)."""

    case: Case
    spectrum: Spectrum
    states: np.ndarray
    observables: np.ndarray
    times: np.ndarray
    fitted: slice


def cases(request: Request) -> list[Case]:
    """Three spins of the chain, whose coherence is at 2ω, and the pair, at J + 2Δ − 2B."""
    return [
        Case(spin1_chain(3), 2.0, sx(1) @ sx(1), request.chain_eta),
        Case(spin_half_pair(), 2.4, 2 * sx(0.5), request.pair_eta),
    ]


def make(request: Request, output: Path) -> None:
    """Write the tables dynamics_series and dynamics_fits into `output`."""
    series, fits = [], []
    for case in cases(request):
        model = case.model
        L0 = to_real(liouvillian(model.hamiltonian, model.jump_operators)).toarray()
        rng = stream(request.root_seed, 0, Purpose.PERTURBATION)
        L1 = random_generator(rng, model.dim)
        run = _prepare(case, L0, request)
        for eta in (0.0, case.eta):
            print(f"dynamics: {model.name}, η = {eta:g}", flush=True)
            for one, fit in _evolve(run, eta, L0, eta * L1):
                labels = {"model": model.name, "eta": eta}
                series.append(pd.DataFrame(labels | one))
                fits.append(labels | fit)
    tables: dict[str, Table] = {
        "dynamics_series": series,
        "dynamics_fits": pd.DataFrame(fits),
    }
    write_tables(output, tables, COLUMNS, request)


def _prepare(case: Case, L0: np.ndarray, request: Request) -> _Run:
    model = case.model
    rng = stream(request.root_seed, 0, Purpose.INITIAL_STATES)
    states = random_pure_states(rng, model.dim, request.initial_states)
    sites = range(model.n_sites)
    observables = np.array([on_site(case.observable, site, model.spins) for site in sites])
    spectrum = Spectrum(from_real(L0))
    step = 2 * np.pi / case.frequency / _TIMES
    first = int(np.ceil(_RELAXED / spectrum.slowest_decay / step))
    times = step * np.arange(first + _FITTED_PERIODS * _TIMES + 1)
    return _Run(case, spectrum, states, observables, times, slice(first, None))


def _evolve(
    run: _Run, eta: float, L0: np.ndarray, perturbation: np.ndarray
) -> Iterator[tuple[dict[str, object], dict[str, object]]]:
    """Columns of the series and a row of the fits, for each initial state and site."""
    times = run.times
    values = expectation_values(
        L0 + perturbation, run.states, run.observables, times[1], len(times)
    )
    complex_perturbation = from_real(perturbation)

    def at(eigenvalue: complex) -> SlowPart:
        modes = run.spectrum.eigenspace(eigenvalue)
        return slow_part(modes, eigenvalue, complex_perturbation, run.states, run.observables)

    background, wave = at(0.0).at(times).real, at(1j * run.case.frequency)
    oscillation = 2 * wave.at(times)
    for state, site in np.ndindex(values.shape[:2]):
        labels = {"initial_state": state, "site": site + 1}
        series = labels | {
            "time": times,
            "value": values[state, site],
            "late": (background + oscillation.real)[state, site],
            "background": background[state, site],
            "envelope": np.abs(oscillation[state, site]),
        }
        late = times[run.fitted]
        fit = asdict(fit_oscillation(late, values[state, site, run.fitted]))
        window = {"fit_start": late[0], "fit_stop": late[-1]}
        yield series, labels | fit | window | _predicted(wave, state, site)


def _predicted(wave: SlowPart, state: int, site: int) -> dict[str, object]:
    """The fit's numbers from a coherence of multiplicity one, which comes with its adjoint."""
    (rate,), (amplitude,) = wave.rates, 2 * wave.amplitudes[state, site]
    return {
        "frequency_predicted": rate.imag,
        "decay_rate_predicted": -rate.real + 0.0,
        "amplitude_predicted": abs(amplitude),
        "phase_predicted": np.angle(amplitude),
    }
