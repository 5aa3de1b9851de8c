"""Configuration of the figures of a study. A change here draws them again, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import (
    Discriminator,
    Field,
    SerializerFunctionWrapHandler,
    Tag,
    model_serializer,
    model_validator,
)

from syncsweep.config.analysis import Analysis
from syncsweep.config.fields import SafeName, Strict
from syncsweep.config.messages import SEVERAL
from syncsweep.config.plane_figures import ETA, EdgeFigure, LinesFigure, MapFigure, check_plane

#: Panels of a figure; those in MAXIMA_PANELS show the table of the maxima.
Panel = Literal["chi", "probabilities", "ratio", "s_max", "chi_maxima", "differences"]
MAXIMA_PANELS = ("chi_maxima", "differences")

#: The key of the analysis that each panel needs.
_NEEDS = {
    "chi": "chi_bins",
    "probabilities": "intervals",
    "ratio": "ratio",
    "s_max": "s_max_bins",
    "chi_maxima": "maxima_bins",
    "differences": "maxima_bins",
}


class Figure(Strict):
    """The figure of a sweep over η: panels above each other."""

    tag: ClassVar[str] = "panels"

    name: SafeName = Field(description="file name without ending")
    kind: Literal["panels"] = Field("panels", description="panels against η, above each other")
    panels: tuple[Panel, ...] = Field(
        ("chi", "probabilities", "s_max"),
        min_length=1,
        max_length=6,
        description="panels a, b, … from top to bottom",
    )

    def data(self, analysis: Analysis) -> tuple[str, ...]:
        """Endings of the files with the data of its panels and of their limit."""
        return (*self.panels, *(() if analysis.limit_draws is None else ("limit",)))

    @model_validator(mode="after")
    def _panels_once(self) -> Self:
        for panel in self.panels:
            if self.panels.count(panel) > 1:
                raise ValueError(f"panels must not repeat a panel, but has {panel!r} twice")
        return self

    @model_serializer(mode="wrap")
    def _as_before(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Without the kind, which the records of older figures lack."""
        fields: dict[str, Any] = serialize(self)
        return {key: value for key, value in fields.items() if key != "kind"}


def _kind_of_figure(value: Any) -> str:
    """The tag of the class that a configured figure belongs to, or that of a list."""
    if isinstance(value, list | tuple):
        return SEVERAL
    if isinstance(value, Mapping):
        return str(value.get("kind", Figure.tag))
    return str(getattr(value, "tag", Figure.tag))


_ByKind = Discriminator(_kind_of_figure)
_Panels = Annotated[Figure, Tag("panels")]
_Map = Annotated[MapFigure, Tag("map")]
_Lines = Annotated[LinesFigure, Tag("lines")]
_Edge = Annotated[EdgeFigure, Tag("edge")]

#: A figure as a user configures it, and one or several of them.
AnyFigure = Annotated[_Panels | _Map | _Lines | _Edge, _ByKind]
_List = Annotated[tuple[AnyFigure, ...], Field(min_length=1, max_length=20), Tag(SEVERAL)]
OneOrMoreFigures = Annotated[_Panels | _Map | _Lines | _Edge | _List, _ByKind]


def as_tuple(figures: OneOrMoreFigures | None) -> tuple[AnyFigure, ...]:
    """The figures of a study; () without any."""
    if figures is None:
        return ()
    return figures if isinstance(figures, tuple) else (figures,)


def check_figures(
    figures: Iterable[AnyFigure],
    analysis: Analysis,
    axes: Mapping[str, Sequence[float]],
    columns: Sequence[str],
) -> None:
    """Check that a study has what its figures show; ValueError with the key and what to do.

    axes, columns: as for `check_plane`.
    """
    for figure in figures:
        if isinstance(figure, Figure):
            _check_panels(figure, analysis, axes)
        else:
            try:
                check_plane(figure, axes, columns)
            except ValueError as error:
                raise ValueError(f"figure {figure.name}: {error}") from None


def _check_panels(figure: Figure, analysis: Analysis, axes: Mapping[str, Sequence[float]]) -> None:
    if others := sorted(axes.keys() - {ETA}):
        raise ValueError(
            f"figure.panels show a sweep over η alone, but the study has axes ({', '.join(others)})"
            "; set kind: map, lines or edge"
        )
    for panel in figure.panels:
        if getattr(analysis, _NEEDS[panel]) is None:
            raise ValueError(
                f"figure.panels has {panel!r}, which needs analysis.{_NEEDS[panel]}; set it, or "
                "leave the panel out"
            )
