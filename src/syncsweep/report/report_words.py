"""Numbers and configurations, written out for the report."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import BaseModel

from syncsweep.config.analysis import Ratio
from syncsweep.config.axes import Axis
from syncsweep.config.physics import AnyEnsemble, Physics, TwoSpin1sPerturbation
from syncsweep.config.study import Study
from syncsweep.config.units import EnergyUnit, energy_unit
from syncsweep.config.user_code import (
    EnsembleCode,
    ModelCode,
    OwnEnsemble,
    OwnModel,
    default_arguments,
)
from syncsweep.wording import subscript, superscript


@dataclass(frozen=True)
class Eta:
    """A perturbation strength: how it is written, and how it is read out."""

    text: str
    spoken: str


def eta(configured: float, unit: EnergyUnit) -> Eta:
    """A configured η in a unit, which may have no name; 0 is the limit η → 0⁺."""
    if configured == 0:
        return Eta("η → 0⁺", "limit η → 0⁺")
    value, symbol = unit.of(configured), unit.symbol
    spoken = f"{value:.4g}" if value >= 1e-3 else "{}e{}".format(*_digits_and_power(value))
    return Eta(f"η = {scientific(value)} {symbol}".rstrip(), f"η = {spoken} {symbol}".rstrip())


def scientific(value: float) -> str:
    """A number to four digits, as 5.623·10⁻⁶; plain between 0.001 and 10⁵."""
    if value == 0 or not math.isfinite(value) or 1e-3 <= abs(value) < 1e5:
        return f"{value:.4g}"
    digits, power = _digits_and_power(value)
    raised = f"10{superscript(power)}"
    return raised if digits == "1" else f"{digits}·{raised}"


def _digits_and_power(value: float) -> tuple[str, int]:
    digits, power = f"{value:.3e}".split("e")
    return digits.rstrip("0").rstrip("."), int(power)


def grouped(number: int) -> str:
    """An integer with narrow spaces between thousands."""
    return f"{number:,}".replace(",", "\u202f")


def count(number: int, thing: str) -> str:
    """A number of things, as `1 row` or `2 rows`."""
    return f"{grouped(number)} {thing}" if number == 1 else f"{grouped(number)} {thing}s"


def ratio_symbol(ratio: Ratio) -> str:
    """A ratio of two P_a, as P₂/(3P₁)."""
    below = f"P{subscript(ratio.denominator)}"
    if ratio.weight != 1:
        below = f"({ratio.weight:g}{below})"
    return f"P{subscript(ratio.numerator)}/{below}"


def excess(study: Study) -> str:
    """S_d, or S, minus the uniform density."""
    n_angles = _n_angles(study)
    symbol = "S_d" if study.measure == "relative" else "S"
    return f"{symbol} − 1/(2π)" if n_angles == 1 else f"{symbol} − (1/2π){superscript(n_angles)}"


def density_unit(study: Study) -> str:
    """Unit of S_d, or of S."""
    return f"rad{superscript(-_n_angles(study))}"


def _n_angles(study: Study) -> int:
    return study.model.n_sites - (study.measure == "relative")


def of_study(study: Study, physics: Physics) -> list[tuple[str, str]]:
    """The configuration of a study in words: headings and sentences.

    physics: with the user's own code.
    """
    return [
        ("Model", _model(study.model, physics)),
        ("Perturbation", _ensemble(study.ensemble, physics)),
        ("Sweep", _sweep(study)),
        ("Analysis", _analysis(study)),
    ]


def of_code(physics: Physics) -> list[tuple[str, str]]:
    """The user's own code that decides rows: its roles and its text, each text once."""
    of = {"model": physics.model, "perturbation": physics.ensemble}
    names: dict[str, list[str]] = {}
    for name, part in of.items():
        if isinstance(part, ModelCode | EnsembleCode):
            names.setdefault(part.source, []).append(name)
    return [(" and ".join(named), source) for source, named in names.items()]


def _model(model: BaseModel, physics: Physics) -> str:
    if isinstance(model, OwnModel):
        spins = ", ".join(f"{spin:g}" for spin in model.spins)
        parameters = _parameters(model.parameters, physics.model, "model")
        return f"Own model: model() in {model.file}, spins {spins}{parameters}"
    return _of_package(model, "name")


def _of_package(part: BaseModel, choice: str) -> str:
    """A model or an ensemble of the package in words, with its numbers; choice: key of its name."""
    summary = (type(part).__doc__ or "").partition("\n")[0].rstrip(".")
    values = [
        _parameter(field.description or name, getattr(part, name))
        for name, field in type(part).model_fields.items()
        if name != choice
    ]
    return f"{summary}: " + "; ".join(values)


def _parameters(given: Mapping[str, object], code: BaseModel, function: str) -> str:
    """Parameters of a function as they were given, and those that it has by default."""
    source = code.source if isinstance(code, ModelCode | EnsembleCode) else ""
    defaults = default_arguments(source, function)
    values = [f"{name} = {value}" for name, value in given.items()]
    values += [f"{name} = {text}" for name, text in defaults.items() if name not in given]
    return "".join(f"; {value}" for value in values)


def _parameter(description: str, value: float) -> str:
    """A value by the first part of its description."""
    return f"{description.partition(';')[0]} = {value:g}"


def _ensemble(ensemble: AnyEnsemble, physics: Physics) -> str:
    if isinstance(ensemble, OwnEnsemble):
        parameters = _parameters(ensemble.parameters, physics.ensemble, "perturbation")
        return f"Own ensemble: perturbation() in {ensemble.file}{parameters}"
    if isinstance(ensemble, TwoSpin1sPerturbation):
        return _of_package(ensemble, "kind")
    operators = {"paper": "operators as printed in Eq. F3", "orthonormal": "orthonormal operators"}
    rank = "full rank" if ensemble.rank is None else f"rank {ensemble.rank}"
    of_terms = {
        "global": "",
        "bonds": ", independent on each pair of neighbours",
        "sites": ", independent on each spin",
    }
    return (
        f"Random Liouvillians of App. F{of_terms[ensemble.kind]}: random Hamiltonian with weight "
        f"{ensemble.zeta_coh:g}, random dissipator with weight {ensemble.zeta_diss:g}; "
        f"{operators[ensemble.basis]}, Kossakowski matrix of {rank}"
    )


def _sweep(study: Study) -> str:
    unit = energy_unit(study.model, study.axes)
    etas = sorted(value for block in study.eta_blocks for value in block.etas)
    positive = [value for value in etas if value > 0]
    values = ["the exact limit η → 0⁺"] if len(positive) < len(etas) else []
    if len(positive) > 1:
        first, last = (scientific(unit.of(positive[k])) for k in (0, -1))
        values.append(f"{len(positive)} values from {first} to {last} {unit.symbol}".rstrip())
    elif positive:
        values.append(eta(positive[0], unit).text)
    until = study.until and ", ".join(
        f"{key} ≤ {most:g}" for key, most in study.until.errors.items()
    )
    stop = f" (until {until}, or {study.until.most_samples})" if study.until else ""
    text = f"{count(study.samples, 'realisation')} at each η{stop}: " + " and ".join(values)
    of_axes = [_axis(path, axis) for path, axis in sorted(study.axes.items())]
    return "; ".join([text, *of_axes])


def _axis(path: str, axis: Axis) -> str:
    """An axis by its parameter and its values."""
    first, last = (f"{scientific(axis.grid[k])} {axis.unit or ''}".rstrip() for k in (0, -1))
    symbol = f" ({axis.symbol})" if axis.symbol else ""
    return f"{path}{symbol}: {count(len(axis.grid), 'value')} from {first} to {last}"


def _analysis(study: Study) -> str:
    analysis, texts = study.analysis, []
    if study.measure == "absolute":
        texts.append("S_max is the maximum of S of the angles themselves, and not of S_d")
    if analysis.samples_chi:
        texts.append(f"χ is sampled where {excess(study)} is at least {analysis.threshold:g}·S_max")
    intervals = ", ".join(
        f"P{subscript(a)} for χ in [{low:g}, {high:g}]"
        for a, (low, high) in enumerate(analysis.chi_intervals, start=1)
    )
    text = "; ".join(filter(None, [*texts, intervals])) or "means of S_max"
    if analysis.ratio is not None:
        text += f"; {ratio_symbol(analysis.ratio)}: {analysis.ratio.meaning}"
    if analysis.limit_draws is not None:
        text += f"; exact law of η → 0⁺ from {count(analysis.limit_draws, 'draw')}"
    return text
