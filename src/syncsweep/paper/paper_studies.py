"""Studies that `snakemake paper` needs beside those of the configuration, made from its chain.

- paper-chain-n2, paper-free-n2, paper-free-n3: two coupled spins, and two and three decoupled ones
  (J = Δ = 0), for Λ(η) of Fig. 1;
- paper-alone-n2, paper-alone-n3: the same samples without an unperturbed model, L₀ = 0, whose
  steady state at any η is that of L₍₁₎ alone: the limit η → ∞;
- paper-basis-…, paper-weights-…, paper-rank-…: the chain of three under other ensembles;
- paper-two-spin1s: App. E, if no study of the configuration is named for it;
- paper-size-…-n2 to -n6: chains of two to six spins under several ensembles, which only
  `snakemake larger_chains` needs.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from syncsweep.config.axes import Axis
from syncsweep.config.configuration import RESERVED, Config, parse
from syncsweep.config.eta import EtaBlock
from syncsweep.config.figure import Figure
from syncsweep.config.file import load_config
from syncsweep.config.messages import ConfigError
from syncsweep.config.paper import Paper
from syncsweep.config.physics import (
    Ensemble,
    Spin1Chain,
    SpinHalfPair,
    TwoSpin1s,
    TwoSpin1sPerturbation,
)
from syncsweep.config.study import Study
from syncsweep.config.units import energy_unit
from syncsweep.paper.compared_studies import Size, ablation_etas, sizes, two_spin1s, variants
from syncsweep.paper.paper_registry import FIGURES

#: CPU seconds of a sample of four to six spins, and samples in a job, where matrices are not made.
_SIZE_SECONDS = {4: 0.8, 5: 10.0, 6: 60.0}
_SIZE_CHUNKS = {5: 10, 6: 6}

#: The same for four spins at full rank.
_FULL_SECONDS, _FULL_CHUNK = 25.0, 8


def problem(config: Config) -> str | None:
    """Why this configuration does not allow `snakemake paper`, in one line; None if it does."""
    if config.paper is None:
        return "paper: is null; the shipped config.yaml shows what to write"
    for role, name in config.paper.roles:
        study = config.studies.get(name)
        if study is None:
            return (
                f"paper.{role}: {name!r} is not a study; studies are: {', '.join(config.studies)}"
            )
        if study.axes:
            return f"paper.{role}: {name!r} has axes; name a study without them"
        if study.until is not None:
            return f"paper.{role}: {name!r} has until; write samples instead"
        if not any(isinstance(figure, Figure) for figure in study.figures):
            return f"paper.{role}: {name!r} has no figure with panels; give it one"
        if study.own_files:
            return (
                f"paper.{role}: {name!r} has your own model or ensemble; name a study without them"
            )
        if study.analysis.limit_draws is None:
            return f"paper.{role}: {name!r} has no analysis.limit_draws; set it"
    for name, study in config.studies.items():
        for figure in study.figures:
            if figure.name.replace("-", "_") in FIGURES:
                return (
                    f"studies.{name}.figure.name: {figure.name!r} is the name of a figure of the "
                    "paper; choose another name"
                )
    chain = config.studies[config.paper.chain]
    if not any(eta > 0 for block in chain.eta_blocks for eta in block.etas):
        return f"paper.chain: {config.paper.chain!r} has no η > 0; add some to eta_blocks"
    if not isinstance(chain.model, Spin1Chain) or chain.model.n_sites != 3:
        return f"paper.chain: {config.paper.chain!r} is not a spin1_chain of three spins"
    ratio = chain.analysis.ratio
    if ratio is None or (ratio.numerator, ratio.denominator, ratio.weight) != (2, 1, 3):
        return (
            f"paper.chain: {config.paper.chain!r} has no analysis.ratio P₂/(3P₁); "
            "the shipped config.yaml shows what to write"
        )
    if not isinstance(config.studies[config.paper.pair].model, SpinHalfPair):
        return f"paper.pair: {config.paper.pair!r} is not a spin_half_pair"
    problem_of_app_e = _problem_of_two_spin1s(config)
    if problem_of_app_e:
        return problem_of_app_e
    for role, parameter in (("chain", "omega"), ("pair", "J")):
        name = getattr(config.paper, role)
        if not energy_unit(config.studies[name].model).symbol:
            return (
                f"paper.{role}: {name!r} has {parameter} ≤ 0, but {parameter} is the unit of the "
                "paper's η; set it above 0"
            )
    return None


def _problem_of_two_spin1s(config: Config) -> str | None:
    """Why the study named for App. E cannot be used, in one line."""
    name = config.paper.two_spin1s if config.paper else None
    if name is None:
        return None
    study, axes = config.studies.get(name), ["ensemble.delta", "ensemble.epsilon"]
    if study is None:
        return (
            f"paper.two_spin1s: {name!r} is not a study; studies are: {', '.join(config.studies)}"
        )
    is_perturbed = isinstance(study.ensemble, TwoSpin1sPerturbation)
    if not is_perturbed or sorted(study.axes) != axes or study.measure != "relative":
        return (
            f"paper.two_spin1s: {name!r} must have ensemble.kind: two_spin1s, measure: relative "
            f"and the axes {axes}"
        )
    etas = [eta for block in study.eta_blocks for eta in block.etas]
    if 0 not in etas or max(etas) == 0:
        return f"paper.two_spin1s: {name!r} must have η = 0 and some η > 0; see eta_blocks"
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

    def study(
        samples: int,
        block: EtaBlock,
        ensemble: Ensemble,
        change: Mapping[str, float],
        cut: Mapping[str, float | None] | None = None,
    ) -> Study:
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
            **(cut or {}),
        }
        # Not a copy, because the values derived from the fields must be derived again.
        return Study(**{**{name: getattr(chain, name) for name in Study.model_fields}, **changed})

    free = {"J": 0.0, "delta": 0.0}
    rank = ensemble.rank and min(ensemble.rank, 80)  # two spins have no more
    of_two = ensemble.model_copy(update={"rank": rank})
    studies = {
        f"{RESERVED}chain-n2": study(locking, grid, of_two, {"n_sites": 2}),
        f"{RESERVED}free-n2": study(locking, grid, of_two, {"n_sites": 2, **free}),
        f"{RESERVED}free-n3": study(locking, grid, ensemble, free),
        f"{RESERVED}alone-n2": study(locking, limit, of_two, {"n_sites": 2, **nothing}),
        f"{RESERVED}alone-n3": study(locking, limit, ensemble, nothing),
    }
    if config.paper.two_spin1s is None:
        studies[two_spin1s(config)] = _two_spin1s()
    ablation = EtaBlock(values=ablation_etas(config))
    for variant in variants(config):
        studies[variant.study] = study(
            config.paper.ablation_samples, ablation, variant.ensemble, {}
        )
    for size in sizes(config):
        samples, cut = _samples_and_cut(size, config.paper)
        block = _etas_of_size(size.n_sites, model.omega)
        studies[size.study] = study(samples, block, size.ensemble, {"n_sites": size.n_sites}, cut)
    return config.model_copy(update={"studies": {**config.studies, **studies}})


def _two_spin1s() -> Study:
    """The study of App. E of the shipped configuration, without its figure."""
    return Study(
        model=TwoSpin1s(name="two_spin1s"),
        ensemble=TwoSpin1sPerturbation(kind="two_spin1s"),
        axes={
            "ensemble.delta": Axis(first=-2.25, last=2.25, count=37),
            "ensemble.epsilon": Axis(first=-1.6, last=1.6, count=65),
        },
        samples=1,
        eta_blocks=(EtaBlock(first=1e-3, last=1.0, per_decade=2, limit=True),),
        by_default=False,
    )


def _samples_and_cut(size: Size, paper: Paper) -> tuple[int, dict[str, float | None]]:
    """The number of samples of a chain, and how they are cut into jobs."""
    seconds, chunk = _SIZE_SECONDS.get(size.n_sites), _SIZE_CHUNKS.get(size.n_sites)
    samples = {5: paper.size_samples_n5, 6: paper.size_samples_n6}.get(
        size.n_sites, paper.size_samples
    )
    if (size.name, size.n_sites) == ("full", 4):
        samples, seconds, chunk = paper.size_samples_full_n4, _FULL_SECONDS, _FULL_CHUNK
    return samples, {"core_seconds": seconds, "chunk_size": chunk}


def _etas_of_size(n_sites: int, omega: float) -> EtaBlock:
    """The η of a chain, around the loss of its locking.

    Six spins lose it near 10⁻⁶ω. For all η up to 10ω a sample would take some minutes more.
    """
    first, last = (1e-7, 1e-3) if n_sites == 6 else (1e-6, 10.0)
    return EtaBlock(first=first * omega, last=last * omega, per_decade=4, limit=True)


def load_project(files: Sequence[str | Path], over: Mapping[str, Any]) -> Config:
    """The configuration of the project in this folder, with the studies that its paper needs.

    files: further configuration files, in whose presence there need be no config.yaml; over: what
    these files and the command line say. ConfigError with one line.
    """
    if not os.path.lexists("config.yaml"):
        if not files:
            raise ConfigError(
                f"config.yaml: there is none in {Path.cwd()}, the working folder; copy that of the "
                "checkout there, or name another one after --configfile"
            )
        return with_paper_studies(parse(over))
    return with_paper_studies(load_config("config.yaml", overrides=over))
