"""Requests of the rules to their programs: the same model makes a request and reads it.

Imports no NumPy, because Snakemake makes requests in its own process.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    model_serializer,
)

from syncsweep.config.analysis import Analysis
from syncsweep.config.axes import Axis, column_of
from syncsweep.config.blocks import Block
from syncsweep.config.chunks import chunks
from syncsweep.config.configuration import Config
from syncsweep.config.figure import AnyFigure
from syncsweep.config.physics import Physics
from syncsweep.environment import source
from syncsweep.layout import preview_folder, study_folder
from syncsweep.sample_range import SampleRange

#: The modules of the room `figures` that draw the kinds of figures.
MODULES = {
    "panels": "sweep_figure",
    "map": "map_figure",
    "lines": "lines_figure",
    "edge": "edge_figure",
}


class Request(BaseModel):
    """A request to a program, as JSON; each kind adds its own fields."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @property
    def text(self) -> str:
        """The request as JSON, in ASCII because a command line may have any locale."""
        return json.dumps(self.model_dump(mode="json"), sort_keys=True)

    def asked(self, modules: tuple[str, ...]) -> str:
        """Digest of the request and of the modules that answer it, see `source.asked`."""
        return source.asked(self.model_dump(mode="json"), modules)


class Rows(Request):
    """The rows of a study: its folder, the names of its η-blocks, and how its shards are cut."""

    folder: Path
    blocks: list[str] = Field(min_length=1)
    samples: int = Field(ge=1)
    chunk_size: int = Field(ge=1)
    in_rounds: bool = False

    @property
    def chunks(self) -> tuple[SampleRange, ...]:
        """Ranges of samples, one for each shard of a block."""
        return chunks(self.samples, self.chunk_size, self.in_rounds)

    @classmethod
    def of(cls, config: Config, study: str, **more: Any) -> Self:
        """The rows of a study of a configuration; more: what a subclass has beside them."""
        settings = config.studies[study]
        return cls(
            folder=study_folder(config.results, study, config.physics(study).digest),
            blocks=[block.id for block in settings.blocks],
            samples=settings.samples,
            chunk_size=settings.samples_per_chunk,
            in_rounds=settings.until is not None,
            **more,
        )


class TablesRequest(Rows):
    """The request to `scripts/make_tables.py`: all that tables depend on beside the shards."""

    analysis: Analysis

    @classmethod
    def of(cls, config: Config, study: str, **more: Any) -> Self:
        """The tables of a study of a configuration."""
        return super().of(config, study, analysis=config.studies[study].analysis, **more)


class AxisLabel(BaseModel):
    """An axis of a study in figures: its column, what users call it, and its scale."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    symbol: str
    unit: str = ""
    log: bool = False

    @classmethod
    def of(cls, path: str, axis: Axis) -> Self:
        """An axis of a configuration, by the path of its parameter."""
        name = column_of(path)
        log = axis.scale == "log"
        return cls(name=name, symbol=axis.symbol or name, unit=axis.unit or "", log=log)


class ErrorsRequest(Rows):
    """The request to `scripts/find_errors.py`: the rows of a study with `until` up to a total.

    needs_chi: whether there is an error of a P_a.
    """

    analysis: Analysis
    needs_chi: bool

    @classmethod
    def of(cls, config: Config, study: str, **more: Any) -> Self:
        """The errors of a study of a configuration, at its present number of samples."""
        settings = config.studies[study]
        assert settings.until
        needs_chi = settings.until.needs_chi
        return super().of(config, study, analysis=settings.analysis, needs_chi=needs_chi, **more)


class FigureRequest(Request):
    """The request to `scripts/make_figure.py`: all that a figure depends on beside tables."""

    figure: AnyFigure
    analysis: Analysis
    model: str
    n_sites: int = Field(ge=1)
    axes: tuple[AxisLabel, ...] = ()

    @model_serializer(mode="wrap")
    def _as_before(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Without axes if there are none, because the records of older figures lack them."""
        fields: dict[str, Any] = serialize(self)
        return {key: value for key, value in fields.items() if (key, value) != ("axes", [])}

    @classmethod
    def of(cls, config: Config, study: str, figure: AnyFigure) -> Self:
        """A figure of a study."""
        settings = config.studies[study]
        return cls(
            figure=figure,
            analysis=settings.analysis,
            model=settings.model.name,
            n_sites=settings.model.n_sites,
            axes=tuple(AxisLabel.of(path, settings.axes[path]) for path in sorted(settings.axes)),
        )

    def asked(self, modules: tuple[str, ...] = ()) -> str:
        """Digest of the request and of the modules that draw it, or of others."""
        return super().asked(modules or source.figure_of_study(self.module))

    @property
    def module(self) -> str:
        """The module of the room `figures` that draws it."""
        return MODULES[self.figure.tag]


class StudyPreview(Request):
    """A study: its folder of rows, which need not be there, what it asks for, and where it goes."""

    study: str
    folder: Path
    physics: Physics
    blocks: list[Block] = Field(min_length=1)
    samples: int = Field(ge=1)
    analysis: Analysis
    figures: tuple[FigureRequest, ...]
    output: Path

    @classmethod
    def of(cls, config: Config, study: str) -> Self:
        """The preview of a study of a configuration."""
        settings, physics = config.studies[study], config.physics(study)
        return cls(
            study=study,
            folder=study_folder(config.results, study, physics.digest),
            physics=physics,
            blocks=list(settings.blocks),
            samples=settings.samples,
            analysis=settings.analysis,
            figures=tuple(FigureRequest.of(config, study, each) for each in settings.figures),
            output=preview_folder(config.results, study),
        )


class PreviewRequest(Request):
    """The request to `scripts/make_preview.py`."""

    studies: list[StudyPreview]

    @classmethod
    def of(cls, config: Config, studies: Iterable[str]) -> Self:
        """The previews of some studies of a configuration."""
        return cls(studies=[StudyPreview.of(config, study) for study in studies])
