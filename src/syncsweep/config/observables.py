"""Configuration of observables: numbers of each steady state ρ that are columns beside S_max.

An `ObservableCode` decides the values of some columns. For those of the package it has the name,
the sites and the operator. For the user's own it has the code in the file, and not the file's name,
as for models.
"""

from __future__ import annotations

import keyword
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal, get_args

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag

from syncsweep.config.column_names import is_of_rows
from syncsweep.config.fields import Integer, Strict
from syncsweep.config.user_code import Parameters, PythonFile, Source, code_of

StateName = Literal["purity", "relative_entropy_of_coherence", "l1_coherence"]
GroupsName = Literal["mutual_information", "negativity"]
Operator = Literal["sx", "sy", "sz", "sx2", "sy2", "sz2", "sigma_x", "sigma_y", "sigma_z"]

_PACKAGE = re.compile(
    f"{'|'.join(get_args(StateName))}|({'|'.join(get_args(GroupsName))})_\\d+_\\d+|"
    f"({'|'.join(get_args(Operator))})_\\d+",
    re.IGNORECASE,
)


def _identifier(value: Any) -> Any:
    is_name = isinstance(value, str) and value.isascii() and value.isidentifier()
    if not is_name or keyword.iskeyword(value) or len(value) > 64:
        raise ValueError("must be a Python identifier of at most 64 letters, digits or '_'")
    return value


def _column(value: Any) -> Any:
    _identifier(value)
    if is_of_rows(value) or _PACKAGE.fullmatch(value):
        raise ValueError("must not be the name of another column; choose another name")
    return value


def _once(values: tuple[Any, ...]) -> tuple[Any, ...]:
    for value, times in Counter(values).items():
        if times > 1:
            raise ValueError(f"must not repeat a name or a site, but has {value} twice")
    return values


def _sorted_sites(sites: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(sorted(_once(sites)))


def _sorted_groups(groups: tuple[tuple[int, ...], ...]) -> tuple[tuple[int, ...], ...]:
    _once(tuple(site for group in groups for site in group))
    return tuple(sorted(groups))


def _without_rho(parameters: dict[str, Any]) -> dict[str, Any]:
    if "rho" in parameters:
        raise ValueError("rho is always passed to the function; leave it out")
    return parameters


_Name = Annotated[str, BeforeValidator(_identifier)]
_Columns = Annotated[
    tuple[Annotated[str, BeforeValidator(_column)], ...],
    Field(min_length=1, max_length=20),
    AfterValidator(_once),
]
_Site = Annotated[Integer, Field(ge=1)]
_Sites = Annotated[tuple[_Site, ...], Field(min_length=1), AfterValidator(_sorted_sites)]
_Groups = Annotated[
    tuple[_Sites, ...], Field(min_length=2, max_length=2), AfterValidator(_sorted_groups)
]


class StateObservable(Strict):
    """A number of the whole state."""

    tag: ClassVar[str] = "state"

    name: StateName = Field(description="this observable")

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of its columns of numbers."""
        return (self.name,)


class GroupsObservable(Strict):
    """A number of the state of two groups of sites, which does not depend on their order."""

    tag: ClassVar[str] = "groups"

    name: GroupsName = Field(description="this observable")
    sites: _Groups = Field(
        description="two groups of sites, from 1, such as [[1], [2, 3]]; others are traced out"
    )

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of its columns of numbers."""
        return ("_".join([self.name, *("".join(map(str, group)) for group in self.sites)]),)


class SiteObservable(Strict):
    """The expectation value of an operator of one site."""

    tag: ClassVar[str] = "site"

    name: Literal["expectation"]
    operator: Operator
    site: _Site

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of its columns of numbers."""
        return (f"{self.operator}_{self.site}",)


class Expectation(Strict):
    """Expectation values of an operator of one site, at some or all sites."""

    tag: ClassVar[str] = "expectation"

    name: Literal["expectation"] = Field(description="this observable")
    operator: Operator = Field(
        description="S^x, S^y, S^z, their squares (sx2), or Pauli matrices of a spin 1/2 (sigma_x)"
    )
    sites: _Sites | None = Field(None, description="sites, from 1; null: all")


class _Own(Strict):
    """The fields that an observable of the user's own and its code share."""

    tag: ClassVar[str] = "own"

    function: _Name = Field(description="name of the function")
    returns: _Columns = Field(description="names of the numbers that it returns: the columns")
    parameters: Annotated[Parameters, AfterValidator(_without_rho)] = Field(
        {},
        description="passed to the function by name: numbers, text, true, false, null or lists of "
        "these",
    )

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of its columns of numbers."""
        return self.returns

    @property
    def status(self) -> str:
        """Name of its column that says whether the function failed."""
        return f"{self.function}_status"


class OwnObservableCode(_Own):
    """What decides the values of an observable of the user's own."""

    source: Source


class OwnObservable(_Own):
    """An observable of your own: what `function(rho, spins, **parameters)` in a file returns."""

    file: PythonFile = Field(
        description="Python file, relative to the working folder, with the function"
    )

    def code(self, text: str) -> OwnObservableCode:
        """What decides its values, where the file holds this text."""
        return OwnObservableCode(**self.model_dump(exclude={"file"}), source=code_of(text))


_NAMES = {
    name: kind.tag
    for kind in (StateObservable, GroupsObservable, Expectation)
    for name in get_args(kind.model_fields["name"].annotation)
}


def _by_name(value: Any) -> str | None:
    """The tag of the class that a configuration's or a description's observable belongs to."""
    if not isinstance(value, Mapping):
        return str(getattr(value, "tag", "state"))
    if not {"file", "source", "function", "returns"}.isdisjoint(value):
        return "own"
    name = value.get("name")
    if name == "expectation" and "site" in value:
        return "site"
    return None if name is None else _NAMES.get(str(name), str(name))


def _named(value: Any) -> Any:
    return {"name": value} if isinstance(value, str) else value


_OfStates = Annotated[StateObservable, Tag("state")] | Annotated[GroupsObservable, Tag("groups")]

#: What decides the values of some columns.
ObservableCode = Annotated[
    _OfStates | Annotated[SiteObservable, Tag("site")] | Annotated[OwnObservableCode, Tag("own")],
    Discriminator(_by_name),
]

_WithKeys = Annotated[
    _OfStates | Annotated[Expectation, Tag("expectation")] | Annotated[OwnObservable, Tag("own")],
    Discriminator(_by_name),
]

#: An observable as a user configures it: with keys, or by its name alone.
AnyObservable = Annotated[
    _WithKeys, BeforeValidator(_named, json_schema_input_type=StateName | _WithKeys)
]


def _parts(
    one: AnyObservable, spins: Sequence[float]
) -> Sequence[StateObservable | GroupsObservable | SiteObservable | OwnObservable]:
    """An observable, or those of each of its sites."""
    if not isinstance(one, Expectation):
        return (one,)
    sites = one.sites or range(1, len(spins) + 1)
    return [SiteObservable(name=one.name, operator=one.operator, site=site) for site in sites]


def codes_of(
    observables: Iterable[AnyObservable], spins: Sequence[float], texts: Mapping[str, str]
) -> tuple[ObservableCode, ...]:
    """What decides the values of their columns, in order.

    spins: S of each spin of the model, (N,); texts: of the files of the user's own, by name.
    """
    return tuple(
        part.code(texts[part.file]) if isinstance(part, OwnObservable) else part
        for one in observables
        for part in _parts(one, spins)
    )


def columns_of_numbers(observables: Iterable[AnyObservable], spins: Sequence[float]) -> list[str]:
    """Names of the columns of numbers of observables; spins: S of each spin of the model, (N,)."""
    return [name for one in observables for part in _parts(one, spins) for name in part.columns]


def files_of(observables: Iterable[AnyObservable]) -> dict[str, str]:
    """Files of those of the user's own, by key: `observables.0`."""
    keys = {f"observables.{k}": one for k, one in enumerate(observables)}
    return {key: one.file for key, one in keys.items() if isinstance(one, OwnObservable)}


def check_observables(
    observables: Iterable[AnyObservable],
    spins: Sequence[float],
    binned: Iterable[str],
    axes: Iterable[str] = (),
) -> None:
    """ValueError, one line with the key, if observables do not fit a model or one another.

    spins: S of each spin of the model, (N,); binned: columns that `analysis.observable_bins` names;
    axes: names of their columns.
    """
    numbers: list[str] = []
    owners = {name.lower(): "an axis" for name in axes}
    of_axes = set(owners)
    for index, one in enumerate(observables):
        key = f"observables.{index}"
        for part in _parts(one, spins):
            _check_sites(key, part, spins)
            numbers += part.columns
            words = [part.status] if isinstance(part, OwnObservable) else []
            for name in (*part.columns, *words):
                if (owner := owners.get(name.lower())) is not None:
                    raise ValueError(
                        f"{key} has the column {name!r}, which {owner} has too; leave one out, or "
                        "choose another name"
                    )
                owners[name.lower()] = key
            for name in part.columns:
                for ending in ("_mean", "_se"):
                    if f"{name}{ending}".lower() in of_axes:
                        raise ValueError(
                            f"{key} has the column '{name}{ending}' in the summary, which an axis "
                            "has too; leave one out, or choose another name"
                        )
    for name in binned:
        if name not in numbers:
            raise ValueError(
                f"analysis.observable_bins has {name!r}, but the columns of the observables are: "
                f"{', '.join(numbers) or 'none'}"
            )


def _check_sites(key: str, part: Any, spins: Sequence[float]) -> None:
    sites = [site for group in getattr(part, "sites", ()) for site in group]
    if isinstance(part, SiteObservable):
        sites = [part.site]
    if (last := max(sites, default=0)) > len(spins):
        raise ValueError(f"{key}.sites has the site {last}, but the model has {len(spins)} spins")
    is_pauli = isinstance(part, SiteObservable) and part.operator.startswith("sigma")
    if is_pauli and spins[part.site - 1] != 0.5:
        raise ValueError(
            f"{key}.operator: {part.operator} needs spin 1/2, but site {part.site} has spin "
            f"{spins[part.site - 1]:g}; take s{part.operator[-1]}, or name the sites of spin 1/2 "
            "in sites"
        )
