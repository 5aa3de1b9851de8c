"""The origin of the numbers, and how to cite them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import yaml

from syncsweep.config.study import chunks
from syncsweep.layout import BlockFolder
from syncsweep.paper.parts.part import StudyRows
from syncsweep.report.embedded import damaged, read
from syncsweep.sweep import shard

#: Where nothing is known.
_NOTHING = "–"


@dataclass(frozen=True)
class Citation:
    """The citations: in words, as BibTeX, and the text of their file."""

    sentences: tuple[str, ...]
    bibtex: str
    source: str


@dataclass(frozen=True)
class SolvedStudy:
    """Time and core-hours of solving the rows of a study; "–" if they are not recorded."""

    name: str
    physics_hash: str
    shards: int
    began: str
    ended: str
    core_hours: str


@dataclass(frozen=True)
class Runs:
    """Studies whose rows have the same origin; made_by: headings and values of this origin."""

    studies: tuple[SolvedStudy, ...]
    made_by: tuple[tuple[str, str], ...]


def runs(studies: Mapping[str, StudyRows]) -> list[Runs]:
    """The records of the shards of studies about the runs that made them."""
    by_origin: dict[tuple[tuple[str, str], ...], list[SolvedStudy]] = {}
    for name, stored in studies.items():
        said = [_run(path) for path in _shards(stored)]
        solved = _solved(name, stored, said)
        by_origin.setdefault(_made_by(said), []).append(solved)
    return [Runs(tuple(solved), made_by) for made_by, solved in by_origin.items()]


def _solved(name: str, stored: StudyRows, said: list[dict[str, Any]]) -> SolvedStudy:
    began = [run["began"] for run in said if "began" in run]
    ended = [run["ended"] for run in said if "ended" in run]
    seconds = sum(run.get("core_seconds", 0.0) for run in said)
    return SolvedStudy(
        name,
        stored.physics.digest,
        len(said),
        _time(min(began)) if began else _NOTHING,
        _time(max(ended)) if ended else _NOTHING,
        f"{seconds / 3600:.2g}" if seconds else _NOTHING,
    )


def _made_by(said: list[dict[str, Any]]) -> tuple[tuple[str, str], ...]:
    hosts = {host for run in said for host in run.get("hosts", [])}
    lines = (
        ("Code", _different(_code(run.get("code", {})) for run in said)),
        ("Libraries", _different(_pairs(run.get("libraries", {})) for run in said)),
        ("Linear algebra", _different(run.get("blas", "") for run in said)),
        ("MPI", _different(run.get("mpi", "") for run in said)),
        ("Processor", _different(run.get("cpu", "") for run in said)),
        ("Hosts", ", ".join(sorted(hosts))),
        ("Slurm jobs", _different(run.get("job_id", "") for run in said)),
    )
    return tuple((head, value) for head, value in lines if value)


def _shards(stored: StudyRows) -> list[Path]:
    return [
        BlockFolder(stored.folder / block).shard(start, stop)
        for block in stored.blocks
        for start, stop in chunks(stored.samples, stored.chunk_size)
    ]


def _run(path: Path) -> dict[str, Any]:
    try:
        return shard.read_run(path)
    except (OSError, pa.ArrowException):
        raise damaged(path) from None


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")


def _code(code: Mapping[str, str]) -> str:
    return code_in_words(code) if code else ""


def code_in_words(code: Mapping[str, str]) -> str:
    """Version, commit and digests of the code that made something."""
    return (
        f"syncsweep {code['version']}, commit {code['commit']}, source {code['source']}, "
        f"lock file {code['lock']}"
    )


def _pairs(values: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in sorted(values.items()))


def _different(values: Iterable[str]) -> str:
    return "; ".join(sorted({value for value in values if value}))


def citation(path: Path) -> Citation:
    """How to cite, from a CITATION.cff file."""
    text = read(path).decode(errors="replace")
    try:
        cff = yaml.safe_load(text)
        works = [*cff.get("references", []), cff]
        return Citation(
            sentences=tuple(map(_sentence, works)),
            bibtex="\n\n".join(map(_bibtex, works)),
            source=text,
        )
    except (yaml.YAMLError, AttributeError, LookupError, TypeError):
        raise damaged(path) from None


def _names(work: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Family and given names of the authors; those of an entity have no given name."""
    return [
        (author.get("family-names") or author["name"], author.get("given-names", ""))
        for author in work["authors"]
    ]


def _arxiv(work: Mapping[str, Any]) -> str | None:
    """The identifier of a work at arXiv, without its version."""
    values = (str(identifier["value"]) for identifier in work.get("identifiers", []))
    return next((v.removeprefix("arXiv:") for v in values if v.startswith("arXiv:")), None)


def _sentence(work: Mapping[str, Any]) -> str:
    authors = ", ".join(" ".join(filter(None, (given, family))) for family, given in _names(work))
    when = work.get("year") or f"version {work['version']}"
    eprint, notes = _arxiv(work), work.get("notes")
    where = f", arXiv:{eprint}{work.get('version', '')}" if eprint else ""
    return f"{authors}, {work['title']}{where} ({when})" + (f". {notes}" if notes else "")


def _bibtex(work: Mapping[str, Any]) -> str:
    names = _names(work)
    authors = " and ".join(
        f"{family}, {given}" if given else f"{{{family}}}" for family, given in names
    )
    eprint = _arxiv(work)
    fields = {
        "title": f"{{{work['title']}}}",
        "author": authors,
        "year": work.get("year"),
        "eprint": eprint,
        "archivePrefix": eprint and "arXiv",
        "version": work.get("version"),
    }
    lines = [f"  {name} = {{{value}}}" for name, value in fields.items() if value is not None]
    key = f"{names[0][0].split()[-1].lower()}{work.get('year', '')}"
    kind = "software" if work.get("type") == "software" else "misc"
    return f"@{kind}{{{key},\n" + ",\n".join(lines) + "\n}"


def as_yaml(content: Mapping[str, Any]) -> str:
    """Configuration as the text of a YAML file."""
    plain = json.loads(json.dumps(content))
    return yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=100)
