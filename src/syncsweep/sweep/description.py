"""Descriptions of a study and its blocks for workers: files written once, named by their content.

Users may edit the configuration while jobs wait, so workers never read it. They read these files,
and refuse a file whose content does not fit the name of its folder.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from syncsweep.config.eta import block_id, canonical_eta
from syncsweep.config.fields import SafeName
from syncsweep.config.physics import RESULTS_VERSION, Physics, digest_of
from syncsweep.files import NotReadableError, read_regular, write_text
from syncsweep.layout import BlockFolder, jobs_folder, study_file

#: A description takes no more bytes than these.
_MOST_BYTES = 10**7

_name = TypeAdapter[str](SafeName).validate_python


class DescriptionError(Exception):
    """The file of a study or block is missing or does not fit its folder; one line."""


@dataclass(frozen=True)
class Description:
    """An η-block of a study: what decides the rows in its folder."""

    study: str
    physics: Physics
    etas: tuple[float, ...]

    @cached_property
    def block(self) -> str:
        """Name of the block's folder."""
        return block_id(self.etas)


def write(folder: Path, study: str, physics: Physics, blocks: list[tuple[float, ...]]) -> None:
    """Describe a study and its blocks, unless the same is already written; folder: of its rows."""
    jobs_folder(folder).mkdir(parents=True, exist_ok=True)
    _write_json(study_file(folder), {"study": study, "physics": physics.model_dump(mode="json")})
    for etas in blocks:
        block = BlockFolder(folder / block_id(etas))
        block.path.mkdir(parents=True, exist_ok=True)
        block.jobs.mkdir(exist_ok=True)
        _write_json(block.description, {"etas": list(etas)})


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
        values = json.loads(read_regular(path, _MOST_BYTES).decode())["etas"]
        etas = tuple(canonical_eta(eta) for eta in values)
        if block_id(etas) != block_folder.name:
            raise DescriptionError(
                f"{path}: describes {block_id(etas)}, not this folder; remove the file and run "
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
    return Description(study, physics, etas)
