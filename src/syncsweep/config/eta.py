"""Configuration of the perturbation strengths: blocks of η and their values."""

from __future__ import annotations

import math
from functools import cached_property
from typing import Self

from pydantic import Field, StrictBool, model_validator

from syncsweep.config.fields import Integer, Number, Strict


class EtaBlock(Strict):
    """An η-block, solved together: a logarithmic grid, or values one by one (0 is η → 0⁺)."""

    first: Number | None = Field(
        None, gt=0, description="smallest η of a grid, in the unit of the configuration"
    )
    last: Number | None = Field(
        None, gt=0, description="largest η of a grid, in the unit of the configuration"
    )
    per_decade: Integer | None = Field(None, ge=1, le=1000, description="values of η per decade")
    limit: StrictBool = Field(
        False, description="whether the exact limit η → 0⁺ belongs to the grid"
    )
    values: tuple[Number, ...] | None = Field(
        None,
        min_length=1,
        max_length=10_000,
        description="single values of η, in the unit of the configuration, instead of a grid",
    )

    @model_validator(mode="after")
    def _is_grid_or_list(self) -> Self:
        grid = (self.first, self.last, self.per_decade)
        if self.values is not None and grid == (None, None, None):
            if self.limit:
                raise ValueError("limit needs a grid; in values, write 0 for the limit")
            if min(self.values) < 0:
                raise ValueError(f"values must be ≥ 0, but contain {min(self.values):g}")
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
                f"last must be a whole number of steps above first, but is {self.last:g}"
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
            values = (0.0, *values) if self.limit else values
        return tuple(sorted(map(canonical_eta, values)))


def canonical_eta(eta: float) -> float:
    """η rounded to twelve digits, so that one value has one name."""
    return float(f"{eta + 0.0:.12g}")
