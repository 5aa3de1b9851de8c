"""Configuration of all that decides the rows: models, the random perturbation, the seed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import (
    BaseModel,
    Discriminator,
    Field,
    SerializerFunctionWrapHandler,
    Tag,
    model_serializer,
    model_validator,
)

from syncsweep.config.axes import Point, written_in
from syncsweep.config.fields import Integer, Number, OptionalInteger, Strict
from syncsweep.config.user_code import EnsembleCode, ModelCode, OwnEnsemble, OwnModel, dimension

#: Raise by one when a physical value of a row moves by more than 1e-9, and only then.
RESULTS_VERSION = 2

#: Largest dimension D at which a matrix (D², D²) fits a machine: that of four spin-1s.
MOST_DENSE = 81

#: What is measured: S_d of the N−1 angle differences, or S of the N angles themselves.
Measure = Literal["relative", "absolute"]

#: Up to this D, matrices take less time than operators: that of three spin-1s.
_SMALL = 27


class PackageModel(Strict):
    """Parameters of a model of the package: numbers, in the unit of the configuration.

    The first line of the docstring and the descriptions of the parameters name them in the report.
    """

    #: The parameter in whose unit labels give η, and its symbol.
    energy_unit: ClassVar[tuple[str, str]]
    #: Whether `physics.sectors` knows the law of η → 0⁺.
    has_limit_law: ClassVar[bool]

    def __init_subclass__(cls, **options: Any) -> None:
        """TypeError, when the package is imported, for a model that does not say these two."""
        for said in ("energy_unit", "has_limit_law"):
            if said not in vars(cls):
                raise TypeError(f"{cls.__name__} must have the class attribute {said}")
        super().__init_subclass__(**options)


class Spin1Chain(PackageModel):
    """Open chain of spin-1s (Eq. 6); energies and rates in the unit of the configuration."""

    energy_unit = ("omega", "ω")
    has_limit_law = True

    name: Literal["spin1_chain"] = Field(description="this model")
    n_sites: Integer = Field(
        3,
        ge=2,
        le=6,
        description="number of spins N; at full rank, 4 takes half a minute per sample and 1.5 GB "
        "per rank; 5 and 6 need an ensemble with a rank, or of kind bonds or sites",
    )
    omega: Number = Field(1.0, description="level splitting ω")
    J: Number = Field(0.5, description="exchange coupling J")
    delta: Number = Field(0.5, description="Ising coupling Δ")
    gamma: Number = Field(2.0, ge=0, description="rate γ of the jump operators √γ (S^z)²")

    @property
    def spins(self) -> tuple[float, ...]:
        """Spin quantum number S of each site."""
        return (1.0,) * self.n_sites


class SpinHalfPair(PackageModel):
    """Two spin-1/2s with collective decay (App. D); energies in the unit of the configuration."""

    energy_unit = ("J", "J")
    has_limit_law = True

    name: Literal["spin_half_pair"] = Field(description="this model")
    J: Number = Field(1.0, description="exchange coupling J")
    delta: Number = Field(1.0, description="Ising coupling Δ")
    B: Number = Field(0.3, description="magnetic field B")
    gamma: Number = Field(
        0.5, ge=0, description="amplitude γ of the jump operator γ(σ₁⁻+σ₂⁻); γ² is a rate"
    )

    @property
    def spins(self) -> tuple[float, ...]:
        """Spin quantum number S of each site."""
        return (0.5, 0.5)

    @property
    def n_sites(self) -> int:
        """Number of spins."""
        return 2


class TwoSpin1s(PackageModel):
    """Two decoupled spin-1s, one with gain and one with damping (Eq. E1)."""

    energy_unit = ("gamma_1_gain", "γ₁ᵍ")
    has_limit_law = False

    name: Literal["two_spin1s"] = Field(description="this model")
    omega: Number = Field(1.0, description="level splitting ω")
    gamma_1_gain: Number = Field(1.0, ge=0, description="gain γ₁ᵍ of spin 1, from −1 to 0")
    gamma_2_damp: Number = Field(1.0, ge=0, description="damping γ₂ᵈ of spin 2, from 1 to 0")

    @property
    def spins(self) -> tuple[float, ...]:
        """Spin quantum number S of each site."""
        return (1.0, 1.0)

    @property
    def n_sites(self) -> int:
        """Number of spins."""
        return 2


class Ensemble(Strict):
    """The random perturbation L₍₁₎ of App. F, on all spins or on few; see `physics.ensembles`."""

    tag: ClassVar[str] = "random"

    kind: Literal["global", "bonds", "sites"] = Field(
        "global",
        description="what is perturbed at random: the whole space, each pair of neighbours of the "
        "open chain, or each spin alone",
    )
    zeta_coh: Number = Field(1.0, ge=0, description="weight of the random Hamiltonian")
    zeta_diss: Number = Field(1.0, ge=0, description="weight of the random dissipator")
    basis: Literal["paper", "orthonormal"] = Field(
        "paper", description="traceless operators: literal Eq. F3, or orthonormal ones"
    )
    rank: OptionalInteger = Field(
        None,
        ge=1,
        description="rank of each Kossakowski matrix; null is full rank D²−1, with D of the spins "
        "that it acts on",
    )

    @model_validator(mode="after")
    def _perturbs(self) -> Self:
        if self.zeta_coh == 0 and self.zeta_diss == 0:
            raise ValueError("zeta_coh and zeta_diss must not both be 0")
        return self

    @model_serializer(mode="wrap")
    def _as_before(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Without the kind where it is global: older physics hashes do not know it."""
        fields: dict[str, Any] = serialize(self)
        return {k: v for k, v in fields.items() if (k, v) != ("kind", "global")}

    def term_dimensions(self, spins: tuple[float, ...]) -> list[int]:
        """Dimension D of the space that each term of L₍₁₎ acts on."""
        width = {"global": len(spins), "bonds": 2, "sites": 1}[self.kind]
        return [dimension(spins[k : k + width]) for k in range(len(spins) - width + 1)]

    def mean_decay(self, spins: tuple[float, ...]) -> float:
        """E κ, the mean decay rate of L₍₁₎, as `physics.ensembles` says; spins: S of each, (N,)."""
        excess = int(self.basis == "paper")
        of_terms = ((d**2 - 1 + excess * (d - 1)) / d for d in self.term_dimensions(spins))
        return self.zeta_diss * sum(of_terms)

    def is_full_rank(self, spins: tuple[float, ...]) -> bool:
        """Whether K is of the whole space and of full rank."""
        full = (None, dimension(spins) ** 2 - 1)
        return self.kind == "global" and self.rank in full


class TwoSpin1sPerturbation(Strict):
    """The perturbation of App. E (Eq. E2), the same in each sample; η multiplies all of it.

    The detuning δ is split evenly between the spins: the mean of Δ₁ and Δ₂ changes no result.
    """

    tag: ClassVar[str] = "two_spin1s"

    kind: Literal["two_spin1s"] = Field(description="this perturbation, of two spin-1s")
    epsilon: Number = Field(0.4, description="coupling ε")
    delta: Number = Field(0.5, description="detuning δ = Δ₁ − Δ₂")
    gamma_1_damp: Number = Field(1.0, ge=0, description="damping γ₁ᵈ of spin 1, from 1 to 0")
    gamma_2_gain: Number = Field(0.5, ge=0, description="gain γ₂ᵍ of spin 2, from −1 to 0")


def _kind_of_ensemble(value: Any) -> str:
    """The tag of the class that a configuration's or a description's ensemble belongs to."""
    if isinstance(value, Mapping):
        if value.get("kind") == TwoSpin1sPerturbation.tag:
            return TwoSpin1sPerturbation.tag
        return "random" if {"file", "source"}.isdisjoint(value) else "own"
    return str(getattr(value, "tag", "random"))


_PackageEnsembles = (
    Annotated[Ensemble, Tag("random")] | Annotated[TwoSpin1sPerturbation, Tag("two_spin1s")]
)

#: The models of the package; `physics.models.MODELS` makes their operators.
_PackageModels = Spin1Chain | SpinHalfPair | TwoSpin1s

#: A model and an ensemble as a user configures them.
AnyModel = Annotated[_PackageModels | OwnModel, Field(discriminator="name")]
AnyEnsemble = Annotated[
    _PackageEnsembles | Annotated[OwnEnsemble, Tag("own")], Discriminator(_kind_of_ensemble)
]


def most_jumps(dim: int) -> int:
    """With more jump operators than this, products with them take longer than a matrix."""
    return dim // 2


def may_have_few_terms(dim: int, ensemble: BaseModel) -> bool:
    """Whether L₍₁₎ is applied to operators, if the solver for this serves L₀.

    Of the user's own ensemble only a sample shows how many jump operators it has.
    """
    if dim <= _SMALL:
        return False
    if not isinstance(ensemble, Ensemble) or dim > MOST_DENSE:
        return True
    # Without jump operators, zero modes of L₀ may be left that only matrices lift.
    few = ensemble.kind != "global" or (ensemble.rank or dim**2) <= most_jumps(dim)
    return few and ensemble.zeta_diss > 0


def check_ensemble(ensemble: BaseModel, spins: tuple[float, ...]) -> None:
    """ValueError for an ensemble that does not fit the spins of the model, (N,)."""
    if isinstance(ensemble, TwoSpin1sPerturbation) and spins != (1.0, 1.0):
        raise ValueError(
            f"ensemble.kind: {ensemble.kind} perturbs two spin-1s, but the model has the spins "
            f"{', '.join(f'{spin:g}' for spin in spins)}"
        )
    if not isinstance(ensemble, Ensemble):
        return
    if ensemble.kind == "bonds" and len(spins) == 1:
        raise ValueError("ensemble.kind: bonds needs two spins; set it to global")
    rank, dim = ensemble.rank, min(ensemble.term_dimensions(spins))
    if rank is not None and rank > dim**2 - 1:
        of_term = "" if ensemble.kind == "global" else f" for kind: {ensemble.kind}"
        raise ValueError(
            f"ensemble.rank must be at most D²−1 = {dim**2 - 1}{of_term}, but is {rank}"
        )
    # Above half of D, jump operators take more memory and time than a sweep can afford.
    whole = dimension(spins)
    most = most_jumps(whole)
    if whole > MOST_DENSE and ensemble.kind == "global" and not (rank or whole) <= most:
        raise ValueError(
            f"ensemble: kind: global of {len(spins)} spins needs a rank of at most D/2 = {most}, "
            f"but has {f'rank {rank}' if rank else 'full rank'}; set rank, or kind: bonds or sites"
        )


class Physics(Strict):
    """Everything that decides the values of a row, apart from its sample, its point and η.

    axes: paths of the parameters whose values belong to a point, ascending; here they have none.
    """

    model: _PackageModels | ModelCode = Field(discriminator="name")
    ensemble: Annotated[
        _PackageEnsembles | Annotated[EnsembleCode, Tag("own")], Discriminator(_kind_of_ensemble)
    ]
    root_seed: Integer = Field(ge=0, le=2**63 - 1)
    results_version: Integer = RESULTS_VERSION
    measure: Measure = "relative"
    axes: tuple[str, ...] = ()

    @model_serializer(mode="wrap")
    def _as_before(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Without empty axes and a relative measure, because older hashes contain neither."""
        fields: dict[str, Any] = serialize(self)
        if self.measure == "relative":
            del fields["measure"]
        return {k: v for k, v in fields.items() if k != "axes" or v}

    def with_axes(self, paths: Iterable[str]) -> Self:
        """The physics of all points of some axes, whatever values these parameters have here."""
        if not (axes := sorted(paths)):
            return self
        fields = self.model_dump() | {"axes": axes}
        for path in axes:
            part, _, name = path.partition(".")
            known = type(getattr(self, part)).model_fields
            written_in(fields, path, known[name].get_default() if name in known else None)
        return type(self).model_validate(fields)

    def at(self, point: Point) -> Self:
        """The physics of a point, which is that of a study in which its values are written."""
        if not self.axes:
            return self
        fields = self.model_dump(exclude={"axes"})
        for path, value in zip(self.axes, point, strict=True):
            written_in(fields, path, value)
        return type(self).model_validate(fields)

    @property
    def dim(self) -> int:
        """Dimension D of the Hilbert space."""
        return dimension(self.model.spins)

    @property
    def n_angles(self) -> int:
        """Number of angles of the distribution that is measured."""
        return self.model.n_sites - (self.measure == "relative")

    @property
    def may_have_few_terms(self) -> bool:
        """Whether L₍₁₎ is applied to operators, if the solver for this serves L₀."""
        return may_have_few_terms(self.dim, self.ensemble)

    @property
    def is_own(self) -> bool:
        """Whether code of the user's own decides rows."""
        return isinstance(self.model, ModelCode) or isinstance(self.ensemble, EnsembleCode)

    @cached_property
    def digest(self) -> str:
        """Physics hash: 12 hexadecimal digits over the canonical JSON of all fields."""
        return digest_of(self.model_dump(mode="json"))


def digest_of(fields: object) -> str:
    """Physics hash of its fields, also of those that an older version has written."""
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:12]
