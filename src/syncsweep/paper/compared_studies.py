"""Studies that the paper compares with its chain: their names, ensembles and η."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from syncsweep.config.configuration import RESERVED, Config
from syncsweep.config.physics import Ensemble
from syncsweep.config.units import energy_unit

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


#: Kind and rank of the ensembles under which chains of several lengths are compared, by name.
_SIZE_ENSEMBLES: dict[str, dict[str, object]] = {
    "full": {"kind": "global", "rank": None},
    "rank-4": {"kind": "global", "rank": 4},
    "rank-1": {"kind": "global", "rank": 1},
    "bonds": {"kind": "bonds", "rank": None},
    "sites": {"kind": "sites", "rank": None},
}

#: Their numbers of spins. At full rank, more than four are not solved.
_SIZES, _MOST_FULL = range(2, 7), 4

#: Studies of two and of three decoupled spins.
DECOUPLED = (f"{RESERVED}free-n2", f"{RESERVED}free-n3")


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


@dataclass(frozen=True)
class Size:
    """A study of a coupled chain of n_sites spins under the ensemble of this name.

    study: its name, empty if it is not solved.
    """

    name: str
    n_sites: int
    study: str
    ensemble: Ensemble


def sizes(config: Config) -> list[Size]:
    """Chains of all lengths under each ensemble, with the weights and the basis of the chain."""
    assert config.paper
    chain = config.studies[config.paper.chain].ensemble
    assert isinstance(chain, Ensemble)
    return [
        Size(name, n, f"{RESERVED}size-{name}-n{n}", chain.model_copy(update=change))
        for name, change in _SIZE_ENSEMBLES.items()
        for n in _SIZES
        if name != "full" or n <= _MOST_FULL
    ]


def first_order_chains(config: Config) -> list[tuple[Size, int]]:
    """Chains whose locking is found to first order in η, each with its number of samples.

    They need no study. A sample of seven spins and rank 4 would take a quarter of an hour.
    """
    assert config.paper
    solved = {(size.name, size.n_sites): size for size in sizes(config)}
    samples = {6: config.paper.first_order_samples_n6, 7: config.paper.first_order_samples_n7}
    chains = []
    for name in _SIZE_ENSEMBLES:
        for n in range(2, 8):
            if (name, n) != ("rank-4", 7):
                size = replace(solved[name, 2], n_sites=n, study="")
                chains.append((size, samples.get(n, config.paper.first_order_samples)))
    return chains


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


def two_spin1s(config: Config) -> str:
    """The study of App. E."""
    assert config.paper
    return config.paper.two_spin1s or f"{RESERVED}two-spin1s"


def coupled_and_alone(config: Config) -> dict[str, tuple[str, str]]:
    """Studies of Λ(η) by label: with their unperturbed model, and the same samples without it."""
    assert config.paper
    return {
        "coupled_n2": (f"{RESERVED}chain-n2", f"{RESERVED}alone-n2"),
        "coupled_n3": (config.paper.chain, f"{RESERVED}alone-n3"),
        "decoupled_n2": (f"{RESERVED}free-n2", f"{RESERVED}alone-n2"),
        "decoupled_n3": (f"{RESERVED}free-n3", f"{RESERVED}alone-n3"),
    }
