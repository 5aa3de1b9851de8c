"""Configuration of figures over the axes of a study: a map, lines, or an edge.

They show a column of the table `summary`. Its rows are the product of the study's axes and of η,
which is an axis with the name `eta`. Each axis is drawn (as x, y or by), or fixed at a value.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any, ClassVar, Literal, Self

from pydantic import Field, field_validator, model_validator

from syncsweep.config.analysis import Analysis
from syncsweep.config.fields import Label, Number, SafeName, Strict, Words

#: The name of η among the axes.
ETA = "eta"

#: Mean angles at the maximum of S_d, which are periodic.
_ANGLE = re.compile(r"angle_\d+_mean")

#: Columns of the summary about each angle: its mean direction, and the resultant length.
_OF_ANGLES = (("angle", "_mean"), ("resultant", ""))

#: Equal values of a grid, up to rounding.
_SAME = 1e-9


def columns_of_summary(
    analysis: Analysis, n_angles: int = 0, observables: Iterable[str] = ()
) -> list[str]:
    """Columns of the table `summary` of a study that hold numbers, apart from its axes.

    n_angles: of S_d, where the table has their means; observables: columns of rows.
    """
    means = [f"p{a + 1}" for a in range(len(analysis.chi_intervals))]
    means += [] if analysis.ratio is None else ["ratio"]
    ends = ("", "_se", "_low", "_high")
    angles = [f"{name}_{j + 1}{end}" for j in range(n_angles) for name, end in _OF_ANGLES]
    others = [f"{name}_{what}" for name in ("s_max", *observables) for what in ("mean", "se")]
    of_chi = [f"{name}{end}" for name in means for end in ends]
    undefined = ["undefined_chi"] if analysis.samples_chi else []
    return ["n", "failed", *of_chi, *others, *angles, *undefined]


def is_angle(column: str) -> bool:
    """Whether a column of the summary is an angle, which has no order and no logarithm."""
    return _ANGLE.fullmatch(column) is not None


class PlaneFigure(Strict):
    """The keys of all figures over axes; `most`: the largest number of values of `by`."""

    tag: ClassVar[str]
    most: ClassVar[int]

    name: SafeName = Field(description="file name without ending")
    column: Words = Field(description="column of the table `summary` that is shown")
    x: Words = Field(description="horizontal axis: name of an axis of the study, or eta")
    by: Words | None = Field(
        None, description="axis with a panel of a map, or a line, for each value; null: none"
    )
    at: dict[Words, Number] = Field(
        default_factory=dict, description="values of the axes that are not drawn, by name"
    )
    symbol: Label | None = Field(
        None, description="symbol of the column in labels; null: the usual one"
    )
    unit: Label | None = Field(None, description="unit of the column; null: the usual one")

    def data(self, _: Analysis) -> tuple[str, ...]:
        """Ending of the file with the numbers that are drawn."""
        return (self.tag,)

    @property
    def drawn(self) -> dict[str, str]:
        """Names of the axes that are drawn, by the keys that name them."""
        return {
            key: name for key in ("x", "y", "by") if (name := getattr(self, key, None)) is not None
        }

    @model_validator(mode="after")
    def _axes_differ(self) -> Self:
        for (key, name), (other, same) in pairwise((*self.drawn.items(), *self.drawn.items())):
            if key != other and name == same:
                raise ValueError(f"{key} and {other} must be two axes, but both are {name!r}")
        for name in self.at:
            if name in self.drawn.values():
                raise ValueError(f"at fixes {name!r}, which is drawn; leave it out of at")
        return self


class _Scaled(PlaneFigure):
    scale: Literal["linear", "log"] = Field("linear", description="scale of the column")

    @model_validator(mode="after")
    def _angles_have_no_logarithm(self) -> Self:
        if self.scale == "log" and is_angle(self.column):
            raise ValueError(f"scale: log has no meaning for an angle such as {self.column}")
        return self


class MapFigure(_Scaled):
    """Colours of a column over two axes."""

    tag = "map"
    most = 12

    kind: Literal["map"] = Field(description="colours over two axes")
    y: Words = Field(description="vertical axis: name of an axis of the study, or eta")
    contours: bool | tuple[float, ...] = Field(
        False, description="contour lines: true, or their values in ascending order"
    )

    @field_validator("contours", mode="before")
    @classmethod
    def _contours_are_levels_or_not(cls, value: Any) -> Any:
        if isinstance(value, bool):
            return value
        try:
            levels = tuple(map(float, value if isinstance(value, list | tuple) else "-"))
        except (TypeError, ValueError):
            levels = (math.nan,)
        if not all(map(math.isfinite, levels)):
            raise ValueError("must be true, false, or a list of numbers")
        return levels

    @model_validator(mode="after")
    def _levels_ascend(self) -> Self:
        levels = () if isinstance(self.contours, bool) else self.contours
        if not all(low < high for low, high in pairwise(levels)):
            raise ValueError("contours must be in ascending order, each value once")
        if self.scale == "log" and levels and levels[0] <= 0:
            raise ValueError(f"contours must be > 0 on a log scale, but {levels[0]:g} is not")
        return self


class LinesFigure(_Scaled):
    """A column against an axis, with a line for each value of another."""

    tag = "lines"
    most = 100

    kind: Literal["lines"] = Field(description="a column against an axis")


class EdgeFigure(PlaneFigure):
    """The η at which a column has fallen to a share of its value at 0⁺, against an axis."""

    tag = "edge"
    most = 100

    kind: Literal["edge"] = Field(description="where a column falls to a share of its 0⁺ value")
    share: Number = Field(
        0.5, gt=0, le=1e6, description="share of the way from the floor to the value at 0⁺"
    )
    floor: Number = Field(
        0.0, description="value that counts as zero, such as the P_a of a uniform χ"
    )

    @model_validator(mode="after")
    def _is_an_edge(self) -> Self:
        if self.share == 1:
            raise ValueError("share must not be 1: the column has its 0⁺ value at 0⁺ itself")
        if is_angle(self.column):
            raise ValueError(f"an edge has no meaning for an angle such as {self.column}")
        if ETA in (*self.drawn.values(), *self.at):
            raise ValueError("an edge is a value of η, so eta cannot be x or by, nor be in at")
        return self


def check_plane(
    figure: PlaneFigure, axes: Mapping[str, Sequence[float]], columns: Sequence[str]
) -> None:
    """Check a figure against its study; ValueError says what to write.

    axes: values of each axis of the study, η among them; columns: those of its `summary` that hold
    numbers.
    """
    for key, name in figure.drawn.items():
        _check_axis(key, name, axes)
    for name, value in figure.at.items():
        _check_axis("at", name, axes)
        if not any(is_same(value, other) for other in axes[name]):
            near = sorted(axes[name], key=lambda other: abs(other - value))[:3]
            raise ValueError(
                f"at.{name}: {value:g} is not on its axis; the nearest values are "
                f"{_listed(f'{other:g}' for other in sorted(near))}"
            )
    of_edge = {ETA} if isinstance(figure, EdgeFigure) else set()
    for name in axes.keys() - figure.drawn.values() - figure.at.keys() - of_edge:
        if len(axes[name]) > 1:
            raise ValueError(
                f"the study has {len(axes[name])} values of {name}; draw them with by: {name}, or "
                f"fix one of them, for example at: {{{name}: {max(axes[name]):g}}}"
            )
    if figure.by is not None and len(axes[figure.by]) > figure.most:
        raise ValueError(
            f"by: {figure.by} has {len(axes[figure.by])} values, but {figure.tag} can show at most "
            f"{figure.most}; fix one of them in at"
        )
    if figure.column not in columns:
        main = [name for name in columns if not name.endswith(("_se", "_low", "_high"))]
        raise ValueError(
            f"column: {figure.column!r} is not a column of the summary of this study"
            f"{_nearest(figure.column, main)}; there are {_listed(main)}, and their errors"
        )
    if of_edge and (0 not in axes[ETA] or len(axes[ETA]) < 3):
        raise ValueError("an edge needs η = 0 and two other values of η in eta_blocks")


def _check_axis(key: str, name: str, axes: Mapping[str, Sequence[float]]) -> None:
    if name not in axes:
        raise ValueError(
            f"{key}: the study has no axis {name!r}{_nearest(name, axes)}; it has {_listed(axes)}"
        )


def is_same(value: float, other: float) -> bool:
    """Whether two numbers are one value of an axis, which a user writes in fewer digits."""
    return math.isclose(value, other, rel_tol=_SAME, abs_tol=1e-15)


def _nearest(word: str, options: Iterable[str]) -> str:
    close = difflib.get_close_matches(word, list(options), n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""


def _listed(words: Iterable[str]) -> str:
    return ", ".join(words)
