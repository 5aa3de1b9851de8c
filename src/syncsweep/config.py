"""The configuration: from YAML to frozen, validated studies with their identities.

Imports no NumPy, because Snakemake reads this module again in every job.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, Self

import yaml
from pydantic import Field, ValidationError, model_validator

from syncsweep.config_fields import FolderName, Integer, Number, OptionalInteger, SafeName, Strict
from syncsweep.config_file import check_yaml, merge
from syncsweep.config_messages import ConfigError, explain

#: Raise by one when a physical value of a row moves by more than 1e-9, and only then.
RESULTS_VERSION = 1

#: Largest matrix of the ensemble that fits a machine: four spin-1s, D² = 6561.
_MOST_SITES = 4


class Spin1Chain(Strict):
    """Open chain of spin-1s (Eq. 6); energies and rates in units of ω."""

    name: Literal["spin1_chain"] = Field(description="this model")
    n_sites: Integer = Field(
        3,
        ge=2,
        le=_MOST_SITES,
        description="number of spins N; 4 takes minutes and 5 GB per sample and rank",
    )
    omega: Number = Field(1.0, description="level splitting ω")
    J: Number = Field(0.5, description="exchange coupling J [ω]")
    delta: Number = Field(0.5, description="Ising coupling Δ [ω]")
    gamma: Number = Field(2.0, ge=0, description="rate γ of the jump operators √γ (S^z)² [ω]")

    @property
    def spin(self) -> float:
        """Spin quantum number of each site."""
        return 1.0


class SpinHalfPair(Strict):
    """Two spin-1/2s with collective decay (App. D); energies in units of J."""

    name: Literal["spin_half_pair"] = Field(description="this model")
    J: Number = Field(1.0, description="exchange coupling J")
    delta: Number = Field(1.0, description="Ising coupling Δ [J]")
    B: Number = Field(0.3, description="magnetic field B [J]")
    gamma: Number = Field(0.5, ge=0, description="amplitude γ of the jump operator γ(σ₁⁻+σ₂⁻) [√J]")

    @property
    def spin(self) -> float:
        """Spin quantum number of each site."""
        return 0.5

    @property
    def n_sites(self) -> int:
        """Number of spins."""
        return 2


class Ensemble(Strict):
    """The random perturbation L₍₁₎ of App. F."""

    zeta_coh: Number = Field(1.0, ge=0, description="weight of the random Hamiltonian")
    zeta_diss: Number = Field(1.0, ge=0, description="weight of the random dissipator")
    basis: Literal["paper", "orthonormal"] = Field(
        "paper", description="traceless operators: literal Eq. F3, or orthonormal ones"
    )
    rank: OptionalInteger = Field(
        None, ge=1, description="rank of the Kossakowski matrix; null is full rank D²−1"
    )

    @model_validator(mode="after")
    def _perturbs(self) -> Self:
        if self.zeta_coh == 0 and self.zeta_diss == 0:
            raise ValueError("zeta_coh and zeta_diss must not both be 0")
        return self


class EtaBlock(Strict):
    """An η-block, solved together: a logarithmic grid, or values one by one (0 is η → 0⁺)."""

    first: Number | None = Field(
        None, gt=0, description="smallest η of a grid, in the model's energy unit"
    )
    last: Number | None = Field(
        None, gt=0, description="largest η of a grid, in the model's energy unit"
    )
    per_decade: Integer | None = Field(None, ge=1, le=1000, description="values of η per decade")
    values: tuple[Number, ...] | None = Field(
        None,
        min_length=1,
        max_length=10_000,
        description="single values of η, in the model's energy unit, instead of a grid",
    )

    @model_validator(mode="after")
    def _is_grid_or_list(self) -> Self:
        grid = (self.first, self.last, self.per_decade)
        if self.values is not None and grid == (None, None, None):
            if min(self.values) < 0:
                raise ValueError(f"values must be ≥ 0, but hold {min(self.values):g}")
            return self
        if (
            self.values is not None
            or self.first is None
            or self.last is None
            or not self.per_decade
        ):
            raise ValueError("needs either first, last and per_decade, or values")
        if self.last < self.first:
            raise ValueError(
                f"last must not be smaller than first, but {self.last:g} < {self.first:g}"
            )
        decades = math.log10(self.last) - math.log10(self.first)
        steps = decades * self.per_decade
        if decades > 100 or steps > 10_000:
            raise ValueError("first and last must be at most 100 decades and 10000 steps apart")
        if abs(steps - round(steps)) > 1e-6:
            raise ValueError(
                f"last must lie a whole number of steps above first, but is {self.last:g}"
            )
        return self

    @cached_property
    def etas(self) -> tuple[float, ...]:
        """The values of η, canonical and ascending."""
        values = self.values
        if values is None:
            assert self.first and self.last and self.per_decade
            steps = round(math.log10(self.last / self.first) * self.per_decade)
            values = tuple(self.first * 10 ** (k / self.per_decade) for k in range(steps + 1))
        return tuple(sorted(map(canonical_eta, values)))

    @cached_property
    def id(self) -> str:
        """Folder name of the block, made from its values."""
        return block_id(self.etas)


def canonical_eta(eta: float) -> float:
    """η rounded to twelve digits, so that one value has one name."""
    return float(f"{eta + 0.0:.12g}")


def block_id(etas: tuple[float, ...]) -> str:
    """Folder name of a block of canonical, ascending η."""
    digest = hashlib.sha256(json.dumps(etas).encode()).hexdigest()[:8]
    return f"eta-{etas[0]:.4g}-{etas[-1]:.4g}-n{len(etas)}-{digest}"


class LogBins(Strict):
    """Logarithmic bins of a histogram."""

    low: Number = Field(gt=0, description="lower edge of the first bin")
    high: Number = Field(gt=0, description="upper edge of the last bin")
    count: Integer = Field(ge=1, le=1000, description="number of bins")

    @model_validator(mode="after")
    def _ascends(self) -> Self:
        if self.high <= self.low:
            raise ValueError(f"high must be larger than low, but {self.high:g} ≤ {self.low:g}")
        if math.log(self.high / self.low) < 1e-9 * self.count:
            raise ValueError(f"low and high are too close for {self.count} bins")
        return self


class Analysis(Strict):
    """How shards become tables; nothing here is ever solved again for."""

    threshold: Number = Field(
        0.95, gt=0, lt=1, description="r: χ is sampled where S_d − (1/2π)^(N−1) ≥ r·S_max"
    )
    intervals: tuple[tuple[Number, Number], ...] = Field(
        ((0.0, 0.125), (0.1875, 0.3125), (0.875, 1.0)),
        min_length=3,
        max_length=6,
        description="intervals [low, high] of χ whose probabilities are P₁, P₂, P₃ …",
    )
    chi_bins: Integer = Field(64, ge=1, le=1000, description="equal bins of χ over [0, 1]")
    s_max_bins: LogBins = Field(description="bins of S_max")

    @model_validator(mode="after")
    def _intervals_apart(self) -> Self:
        for low, high in self.intervals:
            if not 0 <= low < high <= 1:
                raise ValueError(
                    f"intervals must satisfy 0 ≤ low < high ≤ 1, but has [{low}, {high}]"
                )
        ordered = sorted(self.intervals)
        for (low, high), (next_low, next_high) in pairwise(ordered):
            if next_low < high:
                raise ValueError(
                    f"intervals must not overlap, but [{low}, {high}] and "
                    f"[{next_low}, {next_high}] do"
                )
        return self


class Figure(Strict):
    """The figure of a study."""

    name: SafeName = Field(description="file name without ending")
    panels: tuple[Literal["chi", "probabilities", "ratio", "s_max"], ...] = Field(
        ("chi", "probabilities", "ratio", "s_max"),
        min_length=1,
        max_length=4,
        description="panels a, b, … from top to bottom",
    )

    @model_validator(mode="after")
    def _panels_once(self) -> Self:
        for panel in self.panels:
            if self.panels.count(panel) > 1:
                raise ValueError(f"panels must not repeat a panel, but has {panel!r} twice")
        return self


class Physics(Strict):
    """All that decides the value of a row, beside its sample and η."""

    model: Spin1Chain | SpinHalfPair = Field(discriminator="name")
    ensemble: Ensemble
    root_seed: Integer = Field(ge=0, le=2**63 - 1)
    results_version: Integer = RESULTS_VERSION

    @cached_property
    def digest(self) -> str:
        """Physics hash: 12 hexadecimal digits over the canonical JSON of all fields."""
        text = json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:12]


def chunks(samples: int, chunk_size: int) -> tuple[tuple[int, int], ...]:
    """Half-open sample ranges that cover 0 … samples−1, each of chunk_size but the last."""
    starts = range(0, samples, chunk_size)
    return tuple((start, min(start + chunk_size, samples)) for start in starts)


class Study(Strict):
    """One sweep: a model under an ensemble of perturbations over a set of η."""

    model: Spin1Chain | SpinHalfPair = Field(discriminator="name", description="unperturbed model")
    ensemble: Ensemble = Field(Ensemble(), description="random perturbation")
    samples: Integer = Field(ge=1, le=10**9, description="realisations per η")
    chunk_size: Integer = Field(ge=1, le=10**6, description="samples per job and shard")
    eta_blocks: tuple[EtaBlock, ...] = Field(
        min_length=1, description="η grids or lists; all η of a block are solved together"
    )
    analysis: Analysis = Field(description="how shards become tables")
    figure: Figure = Field(description="the figure of this study")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        limit = (round(2 * self.model.spin) + 1) ** (2 * self.model.n_sites) - 1
        if self.ensemble.rank is not None and self.ensemble.rank > limit:
            raise ValueError(
                f"ensemble.rank must be at most D²−1 = {limit}, but is {self.ensemble.rank}"
            )
        seen: set[float] = set()
        for block in self.eta_blocks:
            for eta in block.etas:
                if eta in seen:
                    raise ValueError(f"eta_blocks must not repeat an η, but has {eta:g} twice")
                seen.add(eta)
        return self

    @property
    def chunks(self) -> tuple[tuple[int, int], ...]:
        """Half-open sample ranges, one per job and shard of a block."""
        return chunks(self.samples, self.chunk_size)


class Config(Strict):
    """The whole configuration."""

    results: FolderName = Field(description="output folder")
    root_seed: Integer = Field(ge=0, le=2**63 - 1, description="seed of every random stream")
    ranks: Integer = Field(ge=1, le=4096, description="MPI ranks per job")
    samples: OptionalInteger = Field(
        None, ge=1, le=10**9, description="overrides the samples of every study"
    )
    studies: dict[SafeName, Study] = Field(min_length=1, description="the sweeps, by name")

    @model_validator(mode="before")
    @classmethod
    def _override_samples(cls, data: Any) -> Any:
        if isinstance(data, Mapping) and data.get("samples") is not None:
            studies = data.get("studies")
            if isinstance(studies, Mapping):
                data = dict(data)
                data["studies"] = {
                    name: {**study, "samples": data["samples"]}
                    if isinstance(study, Mapping)
                    else study
                    for name, study in studies.items()
                }
        return data

    @model_validator(mode="after")
    def _figures_apart(self) -> Self:
        # The rules are named after the figures, and a rule's name has no hyphen.
        names = [study.figure.name.replace("-", "_") for study in self.studies.values()]
        for study in self.studies.values():
            if names.count(study.figure.name.replace("-", "_")) > 1:
                raise ValueError(
                    "figure.name must differ between studies (in more than '-' and '_'), but "
                    f"{study.figure.name!r} is used twice"
                )
        return self

    def physics(self, study: str) -> Physics:
        """What decides the rows of a study."""
        chosen = self.studies[study]
        return Physics(model=chosen.model, ensemble=chosen.ensemble, root_seed=self.root_seed)


def parse(data: Mapping[str, Any]) -> Config:
    """Validate a configuration; ConfigError with one line that names the key."""
    try:
        return Config.model_validate(data)
    except ValidationError as error:
        raise ConfigError(explain(error, data, Config)) from None


def load(path: str | Path, overrides: Mapping[str, Any] | None = None) -> Config:
    """Read a configuration file, put `overrides` over it key by key, and validate the result."""
    check_yaml(path)
    data = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    for key, value in (overrides or {}).items():
        if value is None:
            raise ConfigError(f"config: {key}: nothing is given; write {key}=VALUE or leave it out")
    return parse(merge(data, overrides or {}))


def json_schema() -> dict[str, Any]:
    """JSON schema of the configuration file."""
    return Config.model_json_schema()
