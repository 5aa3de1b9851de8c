"""Studies that solve samples until their standard errors are small enough."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    ValidationError,
    model_serializer,
    model_validator,
)

from syncsweep.config.analysis import Analysis
from syncsweep.config.chunks import FEWEST
from syncsweep.config.fields import Integer, Number, Strict
from syncsweep.config.physics import TwoSpin1sPerturbation

#: Columns of errors that only samples with χ have.
_OF_CHI = re.compile(r"p\d+_se|ratio_se")


class Until(BaseModel):
    """Standard errors that a study aims at, and the samples after which it stops without them."""

    model_config = ConfigDict(extra="allow", frozen=True)
    __pydantic_extra__: dict[str, Annotated[Number, Field(gt=0)]]

    most_samples: Integer = Field(
        ge=FEWEST,
        le=10**9 - 1,
        description="realisations per η after which the study stops in any case",
    )

    @model_validator(mode="after")
    def _has_errors(self) -> Self:
        if not self.errors:
            raise ValueError("needs a standard error beside most_samples, as in p3_se: 0.002")
        return self

    @property
    def errors(self) -> Mapping[str, float]:
        """The largest errors that the study accepts, by column."""
        return self.__pydantic_extra__

    @property
    def needs_chi(self) -> bool:
        """Whether an error is of a P_a or of their ratio."""
        return any(_OF_CHI.fullmatch(column) for column in self.errors)

    def check(self, columns: Iterable[str]) -> None:
        """Refuse errors that are not among these columns; ValueError."""
        allowed = list(columns)
        for column in self.errors:
            if column not in allowed:
                near = difflib.get_close_matches(column, allowed, n=1)
                hint = f"did you mean {near[0]}? " if near else ""
                raise ValueError(
                    f"until has {column}, but the study has no such error; {hint}allowed here: "
                    f"most_samples, {', '.join(allowed)}"
                )

    def missing(self, errors: Mapping[str, float]) -> dict[str, float]:
        """Those errors that are too large or not known (NaN), by column."""
        found = {column: errors.get(column, math.nan) for column in self.errors}
        return {
            column: error for column, error in found.items() if not error <= self.errors[column]
        }


def _schema(schema: dict[str, Any]) -> None:
    schema["required"].remove("samples")
    schema["oneOf"] = [{"required": ["samples"]}, {"required": ["until"]}]


class WithUntil(Strict):
    """A study that has either `samples` or `until`. With `until`, `samples` is `most_samples`.

    `tables.rounds.decided` replaces it by the number that the errors have decided so far.
    """

    model_config = ConfigDict(json_schema_extra=_schema)

    @model_validator(mode="before")
    @classmethod
    def _samples_or_until(cls, data: Any) -> Any:
        if not isinstance(data, Mapping) or data.get("until") is None:
            return data
        if isinstance(data["until"], Until):  # a study that is made from another one
            return data
        if data.get("samples") is not None:
            raise ValueError("has both samples and until; leave one of them out")
        try:
            most = Until.model_validate(data["until"]).most_samples
        except ValidationError:  # which the field `until` reports
            most = FEWEST
        return {**data, "samples": most}

    @model_serializer(mode="wrap")
    def _as_written(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        said: dict[str, Any] = handler(self)
        if said.get("until") is not None:
            said.pop("samples", None)
        return said


def columns_of_errors(analysis: Analysis, observables: Iterable[str]) -> list[str]:
    """The errors that `until` of a study may name; observables: their columns of numbers."""
    probabilities = [f"p{a + 1}_se" for a in range(len(analysis.chi_intervals))]
    ratio = [] if analysis.ratio is None else ["ratio_se"]
    return [
        *probabilities,
        *ratio,
        "s_max_se",
        "s_max_relative_se",
        *(f"{name}_se" for name in observables),
    ]


def with_samples(study: Any, samples: Any) -> Any:
    """A study before its validation, with a fixed number of samples in place of its own.

    A study that does not run by default gets no more than its own number, because it may be
    expensive. One whose ensemble draws nothing keeps its own.
    """
    if not isinstance(study, Mapping):
        return study
    ensemble = study.get("ensemble")
    if isinstance(ensemble, Mapping) and ensemble.get("kind") == TwoSpin1sPerturbation.tag:
        return study
    until = study.get("until")
    own = until.get("most_samples") if isinstance(until, Mapping) else study.get("samples")
    own = str(own)
    if study.get("by_default") is False and own.isdecimal() and str(samples).isdecimal():
        samples = min(int(own), int(samples))
    return {**study, "samples": samples, "until": None}
