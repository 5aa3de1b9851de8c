"""Descriptions of a study and its blocks for workers: files written once, named by their content.

Users may edit the configuration while jobs wait, so workers never read it. They read these files,
and refuse a file whose content does not fit the name of its folder.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pydantic import TypeAdapter, ValidationError

from syncsweep.config.axes import Point, column_of
from syncsweep.config.blocks import Block
from syncsweep.config.eta import canonical_eta
from syncsweep.config.fields import SafeName
from syncsweep.config.observables import ObservableCode
from syncsweep.config.physics import RESULTS_VERSION, Physics, digest_of
from syncsweep.files import NotReadableError, read_regular, write_text
from syncsweep.layout import BlockFolder, jobs_folder, study_file
from syncsweep.sample_range import SampleRange

if TYPE_CHECKING:  # a rank reads no configuration
    from syncsweep.config.configuration import Config

#: A description takes no more bytes than these.
_MOST_BYTES = 10**7

_name = TypeAdapter[str](SafeName).validate_python


class DescriptionError(Exception):
    """The file of a study or block is missing or does not fit its folder; one line."""


class Unit(NamedTuple):
    """One sample at one point, which is solved for all η of a block at once."""

    point: Point
    sample: int


@dataclass(frozen=True)
class Description:
    """A block of a study: what decides the rows in its folder."""

    study: str
    physics: Physics
    etas: tuple[float, ...]
    points: tuple[Point, ...] = ((),)
    observables: tuple[ObservableCode, ...] = ()

    @cached_property
    def block(self) -> str:
        """Name of the block's folder."""
        return Block(self.etas, self.points, self.observables).id

    @cached_property
    def axes(self) -> tuple[str, ...]:
        """Names of the columns with the values of the axes."""
        return tuple(map(column_of, self.physics.axes))

    def serves(self, other: Description) -> bool:
        """Whether rows of this block have the η and the columns of another one's."""
        of_other = (code in self.observables for code in other.observables)
        return self.etas == other.etas and all(of_other)

    def units(self, samples: SampleRange) -> list[Unit]:
        """What a shard of some samples holds, in the order of its rows."""
        return [Unit(point, i) for point in self.points for i in samples.numbers()]


def describe(config: Config, study: str) -> list[Description]:
    """The blocks of a study of a configuration."""
    physics, blocks = config.physics(study), config.studies[study].blocks
    return [of_block(study, physics, block) for block in blocks]


def of_block(study: str, physics: Physics, block: Block) -> Description:
    """The description of a block of a study."""
    return Description(study, physics, block.etas, block.points, block.observables)


def write(folder: Path, blocks: list[Description]) -> None:
    """Describe a study and its blocks, unless the same is already written; folder: of its rows."""
    jobs_folder(folder).mkdir(parents=True, exist_ok=True)
    study, physics = blocks[0].study, blocks[0].physics
    _write_json(study_file(folder), {"study": study, "physics": physics.model_dump(mode="json")})
    for described in blocks:
        block = BlockFolder(folder / described.block)
        block.path.mkdir(parents=True, exist_ok=True)
        block.jobs.mkdir(exist_ok=True)
        content: dict[str, object] = {"etas": list(described.etas)}
        if described.axes:
            content["points"] = described.points
        if described.observables:
            content["observables"] = [one.model_dump(mode="json") for one in described.observables]
        _write_json(block.description, content)


def _write_json(path: Path, content: dict) -> None:
    text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
    if path.is_file() and path.read_bytes() == text.encode():
        return
    write_text(path, text)


def is_of(folder: Path) -> bool:
    """Whether a study's file names its folder of rows, also if an older version wrote it.

    A copy under another name is not of its folder.
    """
    try:
        content = json.loads(read_regular(study_file(folder), _MOST_BYTES).decode())
        return folder.name == f"{content['study']}-{digest_of(content['physics'])}"
    except (OSError, NotReadableError, ValueError, LookupError, TypeError, RecursionError):
        return False


def read(block_folder: Path) -> Description:
    """Read the description of a block's folder; DescriptionError if it does not fit its name."""
    block = BlockFolder(block_folder)
    path = study_file(block_folder.parent)
    try:
        content = json.loads(read_regular(path, _MOST_BYTES).decode())
        study = _name(content["study"])
        physics = Physics.model_validate(content["physics"])
        if block_folder.parent.name != f"{study}-{physics.digest}":
            raise DescriptionError(
                f"{path}: describes {study}-{physics.digest}, not this folder; remove the file "
                "and run snakemake again"
            )
        if physics.results_version != RESULTS_VERSION:
            raise DescriptionError(
                f"{path}: has results version {physics.results_version}, but this code has "
                f"{RESULTS_VERSION}; run snakemake again"
            )
        path = block.description
        content = json.loads(read_regular(path, _MOST_BYTES).decode())
        etas = tuple(canonical_eta(eta) for eta in content["etas"])
        points = tuple(map(tuple, content["points"])) if physics.axes else ((),)
        observables: tuple[ObservableCode, ...] = ()
        if "observables" in content:
            codes = TypeAdapter(tuple[ObservableCode, ...])
            observables = codes.validate_python(content["observables"])
        described = Description(study, physics, etas, points, observables)
        if described.block != block_folder.name:
            raise DescriptionError(
                f"{path}: describes {described.block}, not this folder; remove the file and run "
                "snakemake again"
            )
    except FileNotFoundError:
        raise DescriptionError(
            f"{path}: is missing; run snakemake again, which writes it, or copy it from where the "
            "rows come from"
        ) from None
    except NotReadableError as error:
        raise DescriptionError(
            f"{path}: cannot be read ({error}); remove it and run snakemake again"
        ) from None
    except (ValueError, LookupError, TypeError, RecursionError, OverflowError, ValidationError):
        raise DescriptionError(
            f"{path}: is damaged; remove the file and run snakemake again"
        ) from None
    return described
