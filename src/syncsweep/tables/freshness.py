"""Check whether results fit the present request, from their own records.

Each table, each figure (in its <name>.json), the report and the bundle record what they were made
for, as a digest. They also record from which files they were made, with the SHA-256 of each. Unlike
Snakemake's own records, this goes with every copy and does not depend on the times of files.
"""

from __future__ import annotations

import html
import json
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from syncsweep.environment.provenance import ASKED
from syncsweep.files import NotReadableError, read_regular, sha256
from syncsweep.layout import BUNDLE_MANIFEST, BUNDLE_ORIGIN, name_in_results
from syncsweep.tables import ResultsError
from syncsweep.tables.reading import MOST_BYTES, record_of

#: The key under which files record what they were made from. For each file by its name in the
#: results, there is a mapping with `sha256`.
MADE_FROM = "made_from"

#: The record of the report, in its head.
_IN_PAGE = re.compile(rb'<meta name="syncsweep" content="([^"]*)">')


def digests(files: Iterable[Path]) -> dict[str, dict[str, str]]:
    """What a result records under `MADE_FROM` if it is made from these files; ResultsError."""
    try:
        return {name_in_results(path): {"sha256": sha256(path)} for path in sorted(files)}
    except NotReadableError as error:
        raise ResultsError(f"a table or a figure's origin cannot be read ({error})") from None


def said_by(path: Path) -> dict[str, Any]:
    """The record that a result has of itself; empty if it cannot be read.

    path: a Parquet table, the JSON of a figure, the report, or the manifest of the bundle.
    """
    try:
        said = _said_by(path)
    # A damaged file can fail anywhere in a decoder, in whatever way.
    except Exception:
        return {}
    return said if isinstance(said, dict) else {}


def _said_by(path: Path) -> Any:
    if path.name == BUNDLE_MANIFEST:
        return {**_said_by(path.with_name(BUNDLE_ORIGIN)), MADE_FROM: _in_manifest(path)}
    if path.suffix == ".parquet":
        return record_of(path)
    content = read_regular(path, MOST_BYTES)
    if path.suffix == ".html":
        (found,) = _IN_PAGE.findall(content)
        return json.loads(html.unescape(found.decode()))
    return json.loads(content)


def published(manifest: Path) -> dict[str, dict[str, str]]:
    """What the manifest of the bundle names, as under `MADE_FROM`; empty if it cannot be read."""
    try:
        return _in_manifest(manifest)
    except (FileNotFoundError, NotReadableError, ValueError):
        return {}


def _in_manifest(path: Path) -> dict[str, dict[str, str]]:
    lines = read_regular(path, MOST_BYTES).decode().splitlines()
    return {name: {"sha256": digest} for digest, name in (s.split("  ", 1) for s in lines)}


def is_stale(path: Path, asked: str, results: Path) -> bool:
    """Whether a result exists that does not record `asked`, or whose sources have changed since.

    asked: as `source.asked` returns it; results: the folder with the files that it may name.
    """
    if not os.path.lexists(path):
        return False
    said = said_by(path)
    return said.get(ASKED) != asked or bool(changed_sources(said, results))


def changed_sources(said: dict[str, Any], results: Path) -> list[str]:
    """Names of files in the results folder that have changed since a result was made from them.

    said: as `said_by` returns it. A file that does not exist is left out: it is yet to be made.
    """
    made_from = said.get(MADE_FROM)
    if not isinstance(made_from, dict):
        return []
    digests_said = {
        name: each.get("sha256") if isinstance(each, dict) else None
        for name, each in made_from.items()
    }
    return [
        name
        for name, digest in sorted(digests_said.items())
        if os.path.isfile(results / name) and not _has_digest(results / name, digest)
    ]


def _has_digest(path: Path, digest: str | None) -> bool:
    try:
        return sha256(path) == digest
    except (NotReadableError, FileNotFoundError):
        return False


def refuse_changed(paths: Iterable[Path], results: Path) -> None:
    """ResultsError at the first result whose sources have changed since."""
    for path in paths:
        for name in changed_sources(said_by(path), results):
            raise ResultsError(
                f"{path}: was made from another version of {name}; run the same snakemake command "
                "again"
            )


def refuse_other_settings(paths: Iterable[Path], **asked: object) -> None:
    """ResultsError at the first table that was made with other settings than those asked for.

    asked: settings that tables record, see `samples.provenance_of`. A table without a record passes
    this check. The code that reads it may refuse it.
    """
    for path in paths:
        said = said_by(path)
        other = [name for name, value in asked.items() if said and said.get(name) != value]
        if other:
            raise ResultsError(
                f"{path}: was not made with the settings of this run ({', '.join(other)}); "
                "run the same snakemake command again"
            )
