"""The configuration: frozen, validated studies with their identities.

Imports no NumPy, because Snakemake reads this module again in every job, and no YAML, because every
rank of a launch does.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from functools import cached_property
from typing import Any, Literal, Self

from pydantic import Field, ValidationError, model_validator

from syncsweep import sizing
from syncsweep.config_fields import (
    Boolean,
    FolderName,
    Integer,
    Number,
    OptionalInteger,
    OptionalNumber,
    SafeName,
    Strict,
)
from syncsweep.config_messages import ConfigError, explain
from syncsweep.config_results import MAXIMA_PANELS, Analysis, Figure

#: Raise by one when a physical value of a row moves by more than 1e-9, and only then.
RESULTS_VERSION = 1

#: Largest matrix of the ensemble that fits a machine: four spin-1s, D² = 6561.
_MOST_SITES = 4

#: File names of shards have nine digits.
_MOST_SAMPLES = 10**9 - 1

#: Snakemake plans so many jobs in some ten seconds.
_MOST_SHARDS = 10_000


class Spin1Chain(Strict):
    """Open chain of spin-1s (Eq. 6); energies and rates in units of ω."""

    name: Literal["spin1_chain"] = Field(description="this model")
    n_sites: Integer = Field(
        3,
        ge=2,
        le=_MOST_SITES,
        description="number of spins N; 4 takes half a minute per sample and 1.5 GB per rank",
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
    samples: Integer = Field(ge=1, le=_MOST_SAMPLES, description="realisations per η")
    chunk_size: OptionalInteger = Field(
        None,
        ge=1,
        le=10**6,
        description="samples per job and shard; null makes jobs of ten minutes where it can",
    )
    core_seconds: OptionalNumber = Field(
        None,
        gt=0,
        le=1e6,
        description="CPU seconds of one sample, all its η, for time limits; null is an estimate",
    )
    eta_blocks: tuple[EtaBlock, ...] = Field(
        min_length=1, description="η grids or lists; all η of a block are solved together"
    )
    analysis: Analysis = Field(description="how shards become tables")
    figure: Figure = Field(description="the figure of this study")
    by_default: Boolean = Field(
        True,
        description="whether plain `snakemake` makes it; if not, `snakemake study_<name>` does",
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        limit = self.dim**2 - 1
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
        for panel in MAXIMA_PANELS:
            if panel in self.figure.panels and self.analysis.maxima_bins is None:
                raise ValueError(f"figure.panels has {panel!r}, which needs analysis.maxima_bins")
        shards = math.ceil(self.samples / self.samples_per_chunk) * len(self.eta_blocks)
        if shards > _MOST_SHARDS:
            what, instead = "samples need", "split the study"
            if self.chunk_size is not None:
                what, instead = "chunk_size makes", "leave it out and it is chosen"
            raise ValueError(
                f"{what} {shards} shards of {self.samples_per_chunk} samples, but at most "
                f"{_MOST_SHARDS} are allowed; {instead}"
            )
        return self

    @property
    def dim(self) -> int:
        """Dimension D of the Hilbert space."""
        return (round(2 * self.model.spin) + 1) ** self.model.n_sites

    @property
    def full_rank(self) -> bool:
        """Whether K has full rank."""
        return self.ensemble.rank in (None, self.dim**2 - 1)

    @property
    def row_bytes(self) -> int:
        """Memory of one row in bytes."""
        return sizing.row_bytes(self.model.spin, self.model.n_sites)

    def sample_seconds(self, n_eta: int) -> float:
        """Core-seconds of one sample at `n_eta` of the study's values of η, in one block."""
        estimate = sizing.core_seconds(self.dim, n_eta)
        if self.core_seconds is None:
            return estimate
        sizes = [len(block.etas) for block in self.eta_blocks]
        return self.core_seconds * estimate / sum(sizing.core_seconds(self.dim, n) for n in sizes)

    @cached_property
    def samples_per_chunk(self) -> int:
        """`chunk_size`, or what it is chosen to be."""
        if self.chunk_size is not None:
            return self.chunk_size
        sizes = [len(block.etas) for block in self.eta_blocks]
        seconds = sum(self.sample_seconds(n) for n in sizes)
        return sizing.chunk_size(self.samples, seconds, len(sizes), self.row_bytes * max(sizes))

    @property
    def chunks(self) -> tuple[tuple[int, int], ...]:
        """Half-open sample ranges, one per job and shard of a block."""
        return chunks(self.samples, self.samples_per_chunk)


class Config(Strict):
    """The whole configuration."""

    results: FolderName = Field(description="output folder")
    root_seed: Integer = Field(ge=0, le=2**63 - 1, description="seed of every random stream")
    ranks: Integer = Field(ge=1, le=4096, description="MPI ranks per job")
    samples: OptionalInteger = Field(
        None, ge=1, le=_MOST_SAMPLES, description="overrides the samples of every study"
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
    def _names_apart(self) -> Self:
        # Rules are named after figures and studies, and a rule's name has no hyphen.
        figures = [study.figure.name for study in self.studies.values()]
        for what, names in (("figure.name", figures), ("names", list(self.studies))):
            plain = [name.replace("-", "_") for name in names]
            for name in names:
                if plain.count(name.replace("-", "_")) > 1:
                    difference = "must differ between studies in more than '-' and '_'"
                    raise ValueError(f"{what} {difference}, but {name!r} has a double")
        if not any(study.by_default for study in self.studies.values()):
            raise ValueError("by_default: true must stand in at least one study")
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


def json_schema() -> dict[str, Any]:
    """JSON schema of the configuration file."""
    return Config.model_json_schema()
