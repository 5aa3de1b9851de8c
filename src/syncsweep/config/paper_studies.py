"""Studies that `snakemake paper` needs beside those of the configuration, made from its chain.

- paper-chain-n2, paper-free-n2, paper-free-n3: two coupled spins, and two and three decoupled ones
  (J = Δ = 0), for Λ(η) of Fig. 1;
- paper-alone-n2, paper-alone-n3: the same samples without an unperturbed model, L₀ = 0, whose
  steady state at any η is that of L₍₁₎ alone: the limit η → ∞;
- paper-basis-…, paper-weights-…, paper-rank-…: the chain of three under other ensembles.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from syncsweep.config.eta import EtaBlock
from syncsweep.config.physics import Ensemble, Spin1Chain, SpinHalfPair
from syncsweep.config.study import RESERVED, Config, Study
from syncsweep.config.units import energy_unit
from syncsweep.layout import PAPER_FIGURES

#: Small, medium and large η/ω of the ablations. The nearest values that the chain has are taken.
_ABLATION_ETAS = (1e-5, 1e-3, 1.0)

#: ζ_coh and ζ_diss by their ratio ζ_diss/ζ_coh, and ranks of K, beside those of the chain itself.
_WEIGHTS = {
    "coherent": (1.0, 0.0),
    "1-100": (1.0, 0.01),
    "1-10": (1.0, 0.1),
    "10-1": (0.1, 1.0),
    "dissipative": (0.0, 1.0),
}
_RANKS = (1, 3, 10, 30, 100, 300)


@dataclass(frozen=True)
class Variant:
    """A study of the chain with one other choice of its ensemble: basis, weights or rank."""

    axis: str
    study: str
    ensemble: Ensemble


def variants(config: Config) -> list[Variant]:
    """The changed ensembles, beside that of the chain itself."""
    assert config.paper
    chain = config.studies[config.paper.chain].ensemble
    assert isinstance(chain, Ensemble)
    other = {"paper": "orthonormal", "orthonormal": "paper"}[chain.basis]
    changes: list[tuple[str, str, dict[str, object]]] = [("basis", other, {"basis": other})]
    for name, (coherent, dissipative) in _WEIGHTS.items():
        changes.append(("weights", name, {"zeta_coh": coherent, "zeta_diss": dissipative}))
    changes += [("rank", str(rank), {"rank": rank}) for rank in _RANKS]
    return [
        Variant(axis, f"{RESERVED}{axis}-{name}", chain.model_copy(update=change))
        for axis, name, change in changes
    ]


def ablation_etas(config: Config) -> tuple[float, ...]:
    """The limit, and a small, a medium and a large η of the chain, as configured."""
    assert config.paper
    chain = config.studies[config.paper.chain]
    etas = [eta for block in chain.eta_blocks for eta in block.etas if eta > 0]
    wanted = [eta * energy_unit(chain.model).value for eta in _ABLATION_ETAS]
    nearest = {min(etas, key=lambda eta: abs(math.log(eta / one))) for one in wanted}
    return (0.0, *sorted(nearest))


def quality_etas(config: Config) -> list[float]:
    """The η of Q(η) in Fig. 1, in the unit of the configuration: 10⁻⁶ω to 10ω."""
    assert config.paper
    omega = energy_unit(config.studies[config.paper.chain].model).value
    return [omega * 10 ** (k / 2) for k in range(-12, 3)]


def coupled_and_alone(config: Config) -> dict[str, tuple[str, str]]:
    """Studies of Λ(η) by label: with their unperturbed model, and the same samples without it."""
    assert config.paper
    return {
        "coupled_n2": (f"{RESERVED}chain-n2", f"{RESERVED}alone-n2"),
        "coupled_n3": (config.paper.chain, f"{RESERVED}alone-n3"),
        "decoupled_n2": (f"{RESERVED}free-n2", f"{RESERVED}alone-n2"),
        "decoupled_n3": (f"{RESERVED}free-n3", f"{RESERVED}alone-n3"),
    }


def problem(config: Config) -> str | None:
    """Why `snakemake paper` cannot be made from this configuration, in one line; None if it can."""
    if config.paper is None:
        return "paper: is null; see config.yaml for what to write"
    for role, name in config.paper.roles:
        study = config.studies.get(name)
        if study is None:
            return f"paper.{role}: {name!r} is none of the studies: {', '.join(config.studies)}"
        if study.figure is None:
            return f"paper.{role}: {name!r} has no figure; give it one"
        if study.own_files:
            return f"paper.{role}: {name!r} has a model or an ensemble of your own; name another"
        if study.analysis.limit_draws is None:
            return f"paper.{role}: {name!r} has no analysis.limit_draws; give it one"
    for name, study in config.studies.items():
        if study.figure and study.figure.name.replace("-", "_") in PAPER_FIGURES:
            return (
                f"studies.{name}.figure.name: {study.figure.name!r} is a figure of the paper's own"
            )
    chain = config.studies[config.paper.chain]
    if not any(eta > 0 for block in chain.eta_blocks for eta in block.etas):
        return f"paper.chain: {config.paper.chain!r} has no η > 0; give it some in eta_blocks"
    if not isinstance(chain.model, Spin1Chain) or chain.model.n_sites != 3:
        return f"paper.chain: {config.paper.chain!r} is not a spin1_chain of three spins"
    ratio = chain.analysis.ratio
    if ratio is None or (ratio.numerator, ratio.denominator, ratio.weight) != (2, 1, 3):
        return (
            f"paper.chain: {config.paper.chain!r} has no analysis.ratio P₂/(3P₁); "
            "see config.yaml for what to write"
        )
    if not isinstance(config.studies[config.paper.pair].model, SpinHalfPair):
        return f"paper.pair: {config.paper.pair!r} is not a spin_half_pair"
    for role, parameter in (("chain", "omega"), ("pair", "J")):
        name = getattr(config.paper, role)
        if not energy_unit(config.studies[name].model).symbol:
            return (
                f"paper.{role}: {name!r} has {parameter} ≤ 0, but it is the unit of the paper's η; "
                "give it one above 0"
            )
    return None


def with_paper_studies(config: Config) -> Config:
    """The same configuration with the studies that its `paper` needs; none is made by default."""
    if problem(config) is not None:
        return config
    assert config.paper
    chain = config.studies[config.paper.chain]
    model, ensemble = chain.model, chain.ensemble
    assert isinstance(model, Spin1Chain) and isinstance(ensemble, Ensemble)
    nothing = {"omega": 0.0, "J": 0.0, "delta": 0.0, "gamma": 0.0}
    locking = config.paper.locking_samples
    grid = EtaBlock(first=1e-6 * model.omega, last=10 * model.omega, per_decade=2, limit=True)
    limit = EtaBlock(values=(0.0,))

    def study(samples: int, block: EtaBlock, ensemble: Ensemble, **change: float) -> Study:
        changed = {
            "samples": min(samples, chain.samples),
            "eta_blocks": (block,),
            "ensemble": ensemble,
            "model": model.model_copy(update=change),
            "analysis": chain.analysis.model_copy(update={"limit_draws": None, "ratio": None}),
            "figure": None,
            "by_default": False,
            "chunk_size": None,
            "core_seconds": None,
        }
        # Not a copy, because the values derived from the fields must be derived again.
        return Study(**{**{name: getattr(chain, name) for name in Study.model_fields}, **changed})

    free = {"J": 0.0, "delta": 0.0}
    rank = ensemble.rank and min(ensemble.rank, 80)  # two spins have no more
    of_two = ensemble.model_copy(update={"rank": rank})
    studies = {
        f"{RESERVED}chain-n2": study(locking, grid, of_two, n_sites=2),
        f"{RESERVED}free-n2": study(locking, grid, of_two, n_sites=2, **free),
        f"{RESERVED}free-n3": study(locking, grid, ensemble, **free),
        f"{RESERVED}alone-n2": study(locking, limit, of_two, n_sites=2, **nothing),
        f"{RESERVED}alone-n3": study(locking, limit, ensemble, **nothing),
    }
    ablation = EtaBlock(values=ablation_etas(config))
    for variant in variants(config):
        studies[variant.study] = study(config.paper.ablation_samples, ablation, variant.ensemble)
    return config.model_copy(update={"studies": {**config.studies, **studies}})
