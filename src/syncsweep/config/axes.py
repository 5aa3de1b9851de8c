"""Configuration of axes: numeric parameters of a study that take several values.

A point has one value for each axis. The points of a study are the product of its axes.
"""

from __future__ import annotations

import difflib
import itertools
import math
import re
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, Field, ValidationError, model_validator

from syncsweep.config.column_names import is_of_any_table
from syncsweep.config.fields import Integer, Label, Number, Strict, number
from syncsweep.config.messages import reason_of

#: Values of the axes of a study in the order of their paths; without axes, ().
Point = tuple[float | int, ...]

#: A plane with more points is a mistake, or a study of its own.
MOST_POINTS = 10_000

#: An integer as text, as Snakemake's `--config` passes it.
_INTEGER = re.compile(r"[+-]?[0-9]{1,15}")

#: Parameters that decide the number of spins, and so the columns of rows.
_NOT_NUMBERS = ("n_sites",)


def _value(value: Any) -> Any:
    """A number; an integer stays one, also as text, because code of the user's own may need it."""
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        value = int(value)
    is_integer = isinstance(value, int) and not isinstance(value, bool)
    return value if is_integer and abs(value) < 2**53 else number(value)


class Axis(Strict):
    """The values of one parameter: a list, or a linear or logarithmic grid."""

    values: tuple[Annotated[float | int, BeforeValidator(_value)], ...] | None = Field(
        None, min_length=1, max_length=MOST_POINTS, description="ascending values, one by one"
    )
    first: Number | None = Field(None, description="smallest value of a grid")
    last: Number | None = Field(None, description="largest value of a grid")
    count: Integer | None = Field(
        None, ge=2, le=MOST_POINTS, description="number of values of a grid"
    )
    scale: Literal["linear", "log"] = Field("linear", description="spacing of a grid, and of plots")
    symbol: Label | None = Field(None, description="symbol in figures; null: the parameter's name")
    unit: Label | None = Field(None, description="unit in figures; null: none is named")

    @model_validator(mode="after")
    def _is_grid_or_list(self) -> Self:
        grid = (self.first, self.last, self.count)
        if self.values is not None and grid == (None, None, None):
            for low, high in itertools.pairwise(self.values):
                if not low < high:
                    raise ValueError(f"values must ascend, but {high:g} follows {low:g}")
        elif self.values is not None or None in grid:
            raise ValueError("needs either first, last and count, or values")
        elif not self.first < self.last:  # type: ignore[operator]
            raise ValueError(f"last must be larger than first, but {self.last:g} ≤ {self.first:g}")
        if self.scale == "log" and not self.grid[0] > 0:
            raise ValueError(f"scale: log needs values above 0, but has {self.grid[0]:g}")
        if len(set(self.grid)) < len(self.grid):
            raise ValueError("first and last are too close for so many values")
        return self

    @cached_property
    def grid(self) -> tuple[float, ...]:
        """The values, ascending; those of a grid are rounded to twelve digits."""
        if self.values is not None:
            return self.values
        assert self.first is not None and self.last is not None and self.count
        steps = [k / (self.count - 1) for k in range(self.count)]
        if self.scale == "log" and self.first > 0:
            ratio = math.log(self.last / self.first)
            inner = [self.first * math.exp(step * ratio) for step in steps[1:-1]]
        else:
            width = self.last - self.first
            inner = [self.first + step * width for step in steps[1:-1]]
            # Rounded like the width: or the middle of −1 to 1 could be 1e-17.
            digits = 12 - math.ceil(math.log10(width))
            inner = [round(value, digits) + 0.0 for value in inner]
        return (self.first, *(float(f"{value:.12g}") for value in inner), self.last)


def column_of(path: str) -> str:
    """Name of an axis in tables: the last part of its path."""
    return path.rpartition(".")[2]


def points_of(axes: Mapping[str, Axis]) -> tuple[Point, ...]:
    """The product of some axes, in the order of their paths; ((),) without axes."""
    return tuple(itertools.product(*(axes[path].grid for path in sorted(axes))))


def written_in(fields: dict[str, Any], path: str, value: object) -> None:
    """Write the value of a parameter into the fields of a study or a physics."""
    *rooms, name = path.split(".")
    for room in rooms:
        fields = fields[room]
    fields[name] = value


def check_axes(
    axes: Mapping[str, Axis],
    parts: Mapping[str, BaseModel],
    check_part: Callable[[BaseModel], None],
) -> None:
    """ValueError unless each axis is a numeric parameter, and each of its points is allowed.

    parts: model and ensemble of the study, by name; check_part: ValueError if one of them with the
    values of a point does not fit the study.
    """
    known = [path for part, settings in parts.items() for path in _numeric(part, settings)]
    for path in axes:
        _check_path(path, known, parts)
    columns = [column_of(path) for path in axes]
    for path, column in zip(axes, columns, strict=True):
        if columns.count(column) > 1:
            raise ValueError(
                f"axes.{path}: another axis has the name {column} too; rename one of the parameters"
            )
        if is_of_any_table(column):
            raise ValueError(
                f"axes.{path}: {column!r} is the name of another column; rename the parameter"
            )
    n_points = math.prod(len(axis.grid) for axis in axes.values())
    if n_points > MOST_POINTS:
        raise ValueError(f"axes have {n_points} points, but at most {MOST_POINTS} are allowed")
    for part, settings in parts.items():
        of_part = {path: axis for path, axis in axes.items() if path.startswith(f"{part}.")}
        if of_part:
            _check_points(part, settings, of_part, check_part)


def _numeric(part: str, settings: BaseModel) -> list[str]:
    """Paths of the numeric parameters of a model or an ensemble."""
    fields = settings.model_dump()
    if "parameters" in fields:
        given = fields["parameters"].items()
        return [f"{part}.parameters.{name}" for name, value in given if _is_number(value)]
    kept = type(settings).model_fields
    return [
        f"{part}.{name}"
        for name, field in kept.items()
        if name not in _NOT_NUMBERS and _takes_number(field.annotation)
    ]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _takes_number(annotation: Any) -> bool:
    return annotation in (int, float) or any(
        _takes_number(part) for part in getattr(annotation, "__args__", ())
    )


def _check_path(path: str, known: list[str], parts: Mapping[str, BaseModel]) -> None:
    if path in known:
        return
    part, _, name = path.partition(".parameters.")
    given = getattr(parts.get(part), "parameters", None)
    if given is not None and name.isidentifier() and given.get(name) is None:
        return  # one that the function knows, and the configuration does not give
    near = difflib.get_close_matches(path, known, n=1)
    hint = f"did you mean {near[0]}? " if near else ""
    raise ValueError(
        f"axes.{path}: is not a numeric parameter of this study; {hint}the parameters are: "
        f"{', '.join(known)}"
    )


def _check_points(
    part: str,
    settings: BaseModel,
    axes: Mapping[str, Axis],
    check_part: Callable[[BaseModel], None],
) -> None:
    """ValueError if a model or an ensemble refuses the values of a point."""
    fields = settings.model_dump()
    for point in points_of(axes):
        for path, value in zip(sorted(axes), point, strict=True):
            written_in({part: fields}, path, value)
        try:
            check_part(type(settings).model_validate(fields))
        except ValueError as error:
            said = str(error)
            if isinstance(error, ValidationError):
                said = reason_of(error.errors(include_url=False)[0])
            at = ", ".join(f"{path} = {v:g}" for path, v in zip(sorted(axes), point, strict=True))
            raise ValueError(f"axes: the point {at} is refused: {said}") from None
