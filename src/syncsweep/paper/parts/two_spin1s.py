"""App. E: how two weakly coupled spin-1s lock, and where the leading order ceases to hold.

All perturbations ε, Δ₁, Δ₂, γ₁ᵈ, γ₂ᵍ are a scale s times their values at unit scale, so the
Liouvillian is L₀ + s·L₁. s = 0 means the limit s → 0⁺, which the leading order describes. The
steady state is invariant under rotations of both spins about z. Therefore ω and the mean of Δ₁ and
Δ₂ drop out, and only δ = Δ₁ − Δ₂ is a parameter.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import pi
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
from pydantic import Field
from scipy.optimize import minimize_scalar

from syncsweep.columns import Column, Columns
from syncsweep.paper.parts import part
from syncsweep.paper.parts.part import write_tables
from syncsweep.paper.theory.weak_coupling import (
    S_MAX_PER_COHERENCE,
    best_coupling,
    largest_coherence,
    leading_coherence,
    leading_distribution,
    locking_angle,
)
from syncsweep.physics.diagnosis import Status
from syncsweep.physics.measures import s_max
from syncsweep.physics.models import two_spin1s, two_spin1s_perturbation
from syncsweep.physics.phase_distribution import (
    evaluate,
    relative_frequencies,
    relative_phase_coefficients,
)
from syncsweep.physics.steady_state import SteadyStateSolver
from syncsweep.physics.superoperators import liouvillian
from syncsweep.tables import ResultsError

#: Points of the sweeps: ε on either side of 0, and its end in units of the ε of the largest |c|;
#: δ on either side of 0, and its end in units of Γ; φ′; and scales per decade of the errors.
_EPSILONS, _EPSILON_REACH = 40, 4.0
_DELTAS, _DELTA_REACH = 30, 1.5
_ANGLES = 121
_SCALES_PER_DECADE = 4

_FREQUENCIES = relative_frequencies((1, 1))

#: |0,0⟩ and |1,−1⟩ in the basis of the pair.
_ZERO_ZERO, _UP_DOWN = 4, 2

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


_SCALE = Column(
    "scale", "s, by which all perturbations are multiplied; 0 is the limit s → 0⁺", source="App. E"
)
_EPSILON = Column("epsilon", "ε/s, the coupling at unit scale", "γ₁ᵍ", source="Eq. E2")
_LEADING = "the leading order in s"
_SWEEP = (
    _SCALE,
    _EPSILON,
    Column("delta", "δ/s = (Δ₁ − Δ₂)/s, the detuning at unit scale", "γ₁ᵍ", source="App. E"),
    *Column("s_max", "S_max", "rad^(-1)", source="Eq. 3").with_prediction(_LEADING),
    Column("s_max_error", "s_max/s_max_predicted − 1; empty at ε = 0, where S_d is uniform"),
    *Column("angle", "φ' = φ₁ − φ₂ at the maximum of S_d, modulo 2π", "rad").with_prediction(
        _LEADING
    ),
    Column("angle_error", "angle − angle_predicted, in [−π, π); empty at ε = 0", "rad"),
    Column("c_re", "real part of c = ⟨0,0|ρ|1,−1⟩", source="Eq. E4"),
    Column("c_im", "imaginary part of c", source="Eq. E4"),
    Column("c_re_predicted", f"real part of c, predicted by {_LEADING}"),
    Column("c_im_predicted", f"imaginary part of c, predicted by {_LEADING}"),
    Column("c_error", "|c/c_predicted − 1|; empty at ε = 0"),
)

#: What the columns of each table hold.
COLUMNS: dict[str, Columns] = {
    "two_spin1s_sweep": _SWEEP,
    "two_spin1s_detuning": _SWEEP,
    "two_spin1s_errors": _SWEEP,
    "two_spin1s_distribution": (
        _SCALE,
        _EPSILON,
        Column("phi", "φ' = φ₁ − φ₂, in [−π, π]", "rad", source="Eq. 2"),
        *Column("s_d", "S_d at φ'", "rad^(-1)", source="Eq. 2").with_prediction(_LEADING),
    ),
    "two_spin1s_summary": (
        _SCALE,
        *(
            Column(f"{name}_error_{size}", f"{size} |{name}_error| of the sweep over ε", unit)
            for name, unit in (("s_max", ""), ("angle", "rad"), ("c", ""))
            for size in ("median", "largest")
        ),
        *Column(
            "best_epsilon", "the ε/s > 0 in the sweep at which S_max is largest", "γ₁ᵍ"
        ).with_prediction(_LEADING),
        *Column("best_s_max", "S_max there", "rad^(-1)", source="Eq. 3").with_prediction(_LEADING),
    ),
}


class TwoSpin1sError(ResultsError):
    """These parameters of App. E cannot be solved; the message is one line for the user."""


class Request(part.Request):
    """Parameters of App. E: the perturbations at unit scale, and the scales."""

    gamma_2_damp: Positive = Field(1.0, description="γ₂ᵈ [γ₁ᵍ]")
    gamma_1_damp: Positive = Field(1.0, description="γ₁ᵈ at unit scale [γ₁ᵍ]")
    gamma_2_gain: Positive = Field(0.5, description="γ₂ᵍ at unit scale [γ₁ᵍ]")
    delta: float = Field(
        0.5, allow_inf_nan=False, description="δ = Δ₁ − Δ₂ at unit scale, with Δ₁ = −Δ₂ [γ₁ᵍ]"
    )
    epsilons: tuple[Positive, ...] = Field(
        (0.1, 0.4, 1.6), min_length=1, description="|ε| at unit scale of single curves [γ₁ᵍ]"
    )
    scales: tuple[Positive, ...] = Field(
        (1e-3, 1e-2, 1e-1, 1.0), min_length=2, description="scales s of the sweeps, beside 0⁺"
    )


@dataclass(frozen=True)
class _States:
    """Steady states at one ε and δ for n_s scales: c (n_s,), the coefficients of S_d (n_s, n_k)."""

    c: np.ndarray
    coefficients: np.ndarray


class _Pair:
    """The pair of Eq. E1 under the perturbation of Eq. E2."""

    def __init__(self, request: Request) -> None:
        model = two_spin1s(gamma_2_damp=request.gamma_2_damp)
        self._solver = SteadyStateSolver(liouvillian(model.hamiltonian, model.jump_operators))

        def at(epsilon: float, delta: float) -> np.ndarray:
            rates = request.gamma_1_damp, request.gamma_2_gain
            perturbation = two_spin1s_perturbation(epsilon, delta / 2, -delta / 2, *rates)
            return liouvillian(*perturbation).toarray()

        # L₁ is affine in ε and δ: made once, because making it takes longer than solving.
        self._neither = at(0, 0)
        self._of_epsilon, self._of_delta = at(1, 0) - self._neither, at(0, 1) - self._neither

    def solve(self, epsilon: float, delta: float, scales: np.ndarray) -> _States:
        unit = self._neither + epsilon * self._of_epsilon + delta * self._of_delta
        found = self._solver.solve(unit, scales)
        for scale, status in zip(scales, found.status, strict=True):
            if status != Status.OK:
                raise TwoSpin1sError(
                    f"two_spin1s: the steady state at scale {scale:g}, ε = {epsilon:g}, "
                    f"δ = {delta:g} is {status}; choose other parameters"
                )
        c = found.rho[:, _ZERO_ZERO, _UP_DOWN]
        return _States(c, relative_phase_coefficients(found.rho, (1, 1)))


def make(request: Request, output: Path) -> None:
    """Solve the pair and write the tables, whose columns the functions below describe.

    `two_spin1s_sweep` and `two_spin1s_detuning` run over ε and δ at the scales of the request and
    0⁺, `two_spin1s_errors` over many scales between its smallest and largest.
    """
    pair = _Pair(request)
    scales = np.array([0.0, *sorted(set(request.scales))])
    shown = sorted(set(request.epsilons))
    total = request.gamma_1_damp + request.gamma_2_gain
    best = best_coupling(request.delta, request.gamma_1_damp, request.gamma_2_gain)
    reach = _EPSILON_REACH * best * np.arange(1, _EPSILONS + 1) / _EPSILONS
    epsilons = np.concatenate([-reach[::-1], [0.0], reach])
    deltas = np.linspace(-_DELTA_REACH * total, _DELTA_REACH * total, 2 * _DELTAS + 1)
    decades = np.log10(scales[-1] / scales[1])
    between = np.geomspace(scales[1], scales[-1], round(decades * _SCALES_PER_DECADE) + 1)

    sweep = _rows(pair, request, [(e, request.delta) for e in epsilons], scales)
    print("two_spin1s: sweep over ε done", flush=True)
    detuning = _rows(pair, request, [(sign * best, d) for sign in (-1, 1) for d in deltas], scales)
    print("two_spin1s: sweep over δ done", flush=True)
    tables = {
        "two_spin1s_sweep": sweep,
        "two_spin1s_detuning": detuning,
        "two_spin1s_errors": _rows(pair, request, [(e, request.delta) for e in shown], between),
        "two_spin1s_distribution": _distribution(pair, request, shown, scales),
        "two_spin1s_summary": _summary(pair, request, sweep),
    }
    write_tables(output, tables, COLUMNS, request)


def _rows(
    pair: _Pair, request: Request, points: list[tuple[float, float]], scales: np.ndarray
) -> pd.DataFrame:
    """One row for each scale and each (ε, δ), with the leading order beside what is solved."""
    frames = []
    for epsilon, delta in points:
        found = pair.solve(epsilon, delta, scales)
        maximum = s_max(found.coefficients, _FREQUENCIES)
        rates = request.gamma_1_damp, request.gamma_2_gain
        c = complex(leading_coherence(epsilon, delta, *rates))
        angle = float(locking_angle(epsilon, delta, *rates))
        size = abs(c) if c else np.nan
        found_angle = maximum.angles[:, 0] if c else np.full(len(scales), np.nan)
        frames.append(
            pd.DataFrame(
                {
                    "scale": scales,
                    "epsilon": epsilon,
                    "delta": delta,
                    "s_max": maximum.s_max,
                    "s_max_predicted": S_MAX_PER_COHERENCE * abs(c),
                    "s_max_error": maximum.s_max / (S_MAX_PER_COHERENCE * size) - 1,
                    "angle": found_angle,
                    "angle_predicted": angle,
                    "angle_error": np.mod(found_angle - angle + pi, 2 * pi) - pi,
                    "c_re": found.c.real,
                    "c_im": found.c.imag,
                    "c_re_predicted": c.real,
                    "c_im_predicted": c.imag,
                    "c_error": np.abs(found.c - c) / size,
                }
            )
        )
    table = pd.concat(frames)
    return table.sort_values("scale", kind="stable", ignore_index=True)


def _distribution(
    pair: _Pair, request: Request, epsilons: list[float], scales: np.ndarray
) -> pd.DataFrame:
    """S_d at angles φ′ in [−π, π] by scale and ε, with its leading order (s_d_predicted)."""
    phi = np.linspace(-pi, pi, _ANGLES)
    frames = []
    for epsilon in epsilons:
        found = pair.solve(epsilon, request.delta, scales)
        c = leading_coherence(epsilon, request.delta, request.gamma_1_damp, request.gamma_2_gain)
        predicted = leading_distribution(complex(c), phi)
        for scale, s_d in zip(
            scales, evaluate(found.coefficients, _FREQUENCIES, phi[:, None]), strict=True
        ):
            columns = {"scale": scale, "epsilon": epsilon, "phi": phi, "s_d": s_d}
            frames.append(pd.DataFrame({**columns, "s_d_predicted": predicted}))
    table = pd.concat(frames)
    return table.sort_values("scale", kind="stable", ignore_index=True)


def _summary(pair: _Pair, request: Request, sweep: pd.DataFrame) -> pd.DataFrame:
    """One row for each scale: errors over the sweep of ε, and its ε > 0 of the largest S_max.

    Beyond the leading order the largest S_max may lie at the end of the sweep.
    """
    rates = request.gamma_1_damp, request.gamma_2_gain
    rows = []
    for scale in sweep["scale"].unique():
        of_scale = sweep[sweep["scale"] == scale]
        row = {"scale": float(scale)}
        for name in ("s_max_error", "angle_error", "c_error"):
            row[f"{name}_median"] = float(of_scale[name].abs().median())
            row[f"{name}_largest"] = float(of_scale[name].abs().max())
        best_epsilon, best_s_max = _best(pair, request.delta, float(scale), of_scale)
        row |= {
            "best_epsilon": best_epsilon,
            "best_epsilon_predicted": best_coupling(request.delta, *rates),
            "best_s_max": best_s_max,
            "best_s_max_predicted": S_MAX_PER_COHERENCE * largest_coherence(*rates),
        }
        rows.append(row)
    return pd.DataFrame(rows)


def _best(pair: _Pair, delta: float, scale: float, of_scale: pd.DataFrame) -> tuple[float, float]:
    """The ε > 0 of the largest S_max at one scale, between neighbours on the sweep; and S_max."""
    positive = of_scale[of_scale["epsilon"] > 0]
    epsilons, heights = positive["epsilon"].to_numpy(), positive["s_max"].to_numpy()
    step, top = epsilons[0], epsilons[np.argmax(heights)]

    def depth(epsilon: float) -> float:
        found = pair.solve(epsilon, delta, np.array([scale]))
        return -float(s_max(found.coefficients, _FREQUENCIES).s_max[0])

    bounds = (max(top - step, 0.01 * step), min(top + step, epsilons[-1]))
    lowest = minimize_scalar(depth, bounds=bounds, method="bounded", options={"xatol": 1e-8})
    return float(lowest.x), -float(lowest.fun)
