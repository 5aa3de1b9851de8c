"""Configuration of tables. A change here solves no sample again."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from syncsweep.config.fields import Integer, Number, OptionalInteger, Strict, Words
from syncsweep.config.physics import Measure

#: Most spins whose S is measured: that of four spin-1s has 625 real numbers.
MOST_ABSOLUTE = 4

#: Keys that have no meaning without angle differences.
_OF_DIFFERENCES = ("intervals", "ratio", "chi_bins", "maxima_bins", "limit_draws")


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


class Bins(Strict):
    """Equal bins of a histogram."""

    low: Number = Field(description="lower edge of the first bin")
    high: Number = Field(description="upper edge of the last bin")
    count: Integer = Field(ge=1, le=1000, description="number of bins")

    @model_validator(mode="after")
    def _ascends(self) -> Self:
        size = max(abs(self.low), abs(self.high))
        if self.high <= self.low or (self.high - self.low) / self.count < 1e-12 * size:
            raise ValueError(
                f"high must be larger than low by more than rounding for {self.count} bins, but "
                f"low is {self.low:g} and high {self.high:g}"
            )
        return self


class Ratio(Strict):
    """A ratio P_a/(w·P_b) that has a meaning, such as P₂/(3P₁) for three spin-1s."""

    numerator: Integer = Field(ge=1, le=6, description="a, the number of the P_a above the line")
    denominator: Integer = Field(ge=1, le=6, description="b, the number of the P_b below the line")
    weight: Number = Field(1.0, gt=0, le=1e6, description="w, the factor before P_b")
    meaning: Words = Field(description="what the ratio says, in words for captions")

    @property
    def indices(self) -> tuple[int, int]:
        """Places of the numerator and the denominator among the P_a."""
        return self.numerator - 1, self.denominator - 1


def check_intervals(name: str, intervals: Iterable[tuple[float, float]]) -> None:
    """Check that intervals [low, high] lie in [0, 1] and do not overlap; ValueError names them."""
    ordered = sorted(intervals)
    for low, high in ordered:
        if not 0 <= low < high <= 1:
            raise ValueError(
                f"{name} must satisfy 0 ≤ low < high ≤ 1, but one of them is [{low}, {high}]"
            )
    for (low, high), (next_low, next_high) in pairwise(ordered):
        if next_low < high:
            raise ValueError(
                f"{name} must not overlap, but [{low}, {high}] and [{next_low}, {next_high}] do"
            )


class Analysis(Strict):
    """How shards become tables. A change here solves no sample again."""

    threshold: Number = Field(
        0.95, gt=0, lt=1, description="r: χ is sampled where S_d − (1/2π)^(N−1) ≥ r·S_max"
    )
    intervals: (
        Annotated[tuple[tuple[Number, Number], ...], Field(min_length=3, max_length=6)] | None
    ) = Field(
        ((0.0, 0.125), (0.1875, 0.3125), (0.875, 1.0)),
        description="3 to 6 intervals [low, high] of χ whose probabilities are P₁, P₂, P₃ …; null: "
        "no P_a",
    )
    ratio: Ratio | None = Field(
        None, description="the ratio of two P_a that has a meaning in this study; null: none"
    )
    chi_bins: OptionalInteger = Field(
        64, ge=1, le=1000, description="equal bins of χ over [0, 1]; null: no histogram of χ"
    )
    s_max_bins: LogBins | None = Field(
        None, description="bins of S_max; null: no histogram of S_max"
    )
    maxima_bins: OptionalInteger = Field(
        None,
        ge=1,
        le=1000,
        description="equal bins of χ and of |Δφ| at the maxima of S_d; null: no such table",
    )
    observable_bins: dict[str, Bins] | None = Field(
        None,
        min_length=1,
        description="equal bins of observables, by column, such as purity; null: no such table",
    )
    limit_draws: OptionalInteger = Field(
        None,
        ge=1000,
        le=10**8,
        description="draws of the exact law of η → 0⁺, which needs η = 0 in a block; null: none",
    )

    @property
    def chi_intervals(self) -> tuple[tuple[float, float], ...]:
        """The intervals of χ; () without any."""
        return self.intervals or ()

    @property
    def samples_chi(self) -> bool:
        """Whether a table shows χ where S_d is near its maximum."""
        return self.intervals is not None or self.chi_bins is not None

    @model_validator(mode="after")
    def _intervals_apart(self) -> Self:
        check_intervals("intervals", self.chi_intervals)
        return self

    @model_validator(mode="after")
    def _ratio_of_intervals(self) -> Self:
        for key in ("ratio", "limit_draws"):
            if getattr(self, key) is not None and self.intervals is None:
                raise ValueError(f"{key} needs intervals of χ; set intervals, or leave {key} out")
        if self.ratio is not None:
            numbers = (self.ratio.numerator, self.ratio.denominator)
            if max(numbers) > len(self.chi_intervals):
                raise ValueError(
                    f"ratio must use P_a of the {len(self.chi_intervals)} intervals, but names "
                    f"P{max(numbers)}"
                )
            if len(set(numbers)) == 1:
                raise ValueError(f"ratio must use two different P_a, but names P{numbers[0]} twice")
        return self


#: The analysis of a study without one: means of S_max.
MEANS = Analysis(intervals=None, chi_bins=None)


def without_differences(study: Any) -> Any:
    """A study before its validation: with `measure: absolute`, χ has no default settings."""
    if isinstance(study, Mapping) and study.get("measure") == "absolute":
        analysis = study.get("analysis")
        if isinstance(analysis, Mapping):
            return {**study, "analysis": {"intervals": None, "chi_bins": None, **analysis}}
    return study


def check_measure(measure: Measure, n_sites: int, analysis: Analysis) -> None:
    """ValueError, with the key, if measure, number of spins and analysis do not fit."""
    if measure == "relative":
        if n_sites == 1:
            raise ValueError(
                "model.spins has one spin, which has no angle difference; set measure: absolute, "
                "or add a spin"
            )
        return
    if n_sites > MOST_ABSOLUTE:
        raise ValueError(
            f"measure: absolute takes 1 to {MOST_ABSOLUTE} spins, but the model has {n_sites}"
        )
    for key in _OF_DIFFERENCES:
        if getattr(analysis, key) is not None:
            raise ValueError(
                f"analysis.{key} is about angle differences, which measure: absolute does not "
                "have; leave it out"
            )
