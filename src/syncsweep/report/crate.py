"""A folder to publish, described as an RO-Crate: its files, what made them from what, and who.

The description follows the profile Process Run Crate. Nothing in it depends on the time or on
chance, so equal folders have equal ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from rocrate.model import ContextEntity
from rocrate.rocrate import ROCrate

from syncsweep.report.citation import Author, Software, Work
from syncsweep.report.data_package import MEDIA_TYPES, Digests

#: The name of the description in its folder.
NAME = "ro-crate-metadata.json"

#: The profile, and the version of RO-Crate on which it builds.
_PROFILE, _VERSION = "https://w3id.org/ro/wfrun/process/0.5", "1.1"

#: What the run was given. What it made is in folders.
_INPUTS = ("config.json", "requirements.lock")


def describe(
    said: Mapping[str, str], digests: Digests, program: Software, origin: Mapping[str, Any]
) -> dict[str, Any]:
    """The content of `ro-crate-metadata.json`.

    said: properties of the folder; digests: of all its other files; program: the citation, with
    the paper; origin: code and libraries that made the results.
    """
    crate = ROCrate(version=_VERSION)
    crate.metadata.extra_terms["sha256"] = "https://schema.org/sha256"
    files = {
        path: crate.add_file(dest_path=path, properties=_file(path, *digest))
        for path, digest in digests.items()
    }
    tool = _program(crate, program, origin)
    run = _add(
        crate,
        "#run",
        "CreateAction",
        name="Sweeps, tables and figures",
        description="One run of the workflow: from the configuration to all tables and figures.",
        instrument=tool,
        object=[files[path] for path in _INPUTS],
        result=[file for path, file in files.items() if "/" in path],
    )
    name, version = "Process Run Crate", _PROFILE.rpartition("/")[2]
    root = {
        **said,
        "conformsTo": _add(crate, _PROFILE, "CreativeWork", name=name, version=version),
        "datePublished": str(program.date_released),
        "license": tool["license"],
        "author": tool["author"],
        "citation": _one_or_all([_paper(crate, work) for work in program.references]),
        "mentions": run,
    }
    for key, value in root.items():
        crate.root_dataset[key] = value
    content: dict[str, Any] = crate.metadata.generate()
    return content


def _file(path: str, size: int, sha256: str) -> dict[str, str]:
    return {
        "name": path,
        "encodingFormat": MEDIA_TYPES.get(PurePosixPath(path).suffix, "text/plain"),
        "contentSize": str(size),
        "sha256": sha256,
    }


def _add(crate: ROCrate, at: str, kind: str, /, **properties: Any) -> ContextEntity:
    """Add an entity that is not a file; properties without a value are left out."""
    said = {key: value for key, value in properties.items() if value}
    return crate.add(ContextEntity(crate, at, properties={"@type": kind, **said}))


def _one_or_all(entities: list[ContextEntity]) -> Any:
    """The entities; a single one by itself, as RO-Crate has it."""
    return entities[0] if len(entities) == 1 else entities


def _program(crate: ROCrate, program: Software, origin: Mapping[str, Any]) -> ContextEntity:
    code, license = origin["code"], program.license
    return _add(
        crate,
        "#syncsweep",
        "SoftwareApplication",
        name=program.title,
        description="The Snakemake workflow that made the results.",
        version=f"{code['version']}, commit {code['commit']}, source {code['source']}",
        license=_add(
            crate, f"https://spdx.org/licenses/{quote(license)}", "CreativeWork", name=license
        ),
        author=_authors(crate, program),
        softwareRequirements=[_library(crate, *one) for one in origin["libraries"].items()],
    )


def _library(crate: ROCrate, name: str, version: str) -> ContextEntity:
    return _add(crate, f"#{quote(name)}", "SoftwareApplication", name=name, version=version)


def _paper(crate: ROCrate, work: Work) -> ContextEntity:
    return _add(
        crate,
        work.url or f"#{quote(work.title)}",
        "ScholarlyArticle",
        name=work.title,
        author=_authors(crate, work),
        datePublished=work.year and str(work.year),
        version=work.version,
        identifier=work.arxiv and f"arXiv:{work.arxiv}",
    )


def _authors(crate: ROCrate, work: Work) -> Any:
    return _one_or_all([_author(crate, author) for author in work.authors])


def _author(crate: ROCrate, author: Author) -> ContextEntity:
    kind = "Person" if author.family_names else "Organization"
    return _add(crate, f"#{quote(author.full_name)}", kind, name=author.full_name)
