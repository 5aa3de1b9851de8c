"""The origin of the numbers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import yaml

from syncsweep.layout import BlockFolder
from syncsweep.paper.parts.part import StudyRows
from syncsweep.report.embedded import damaged
from syncsweep.sweep import shard

#: Where nothing is known.
_NOTHING = "–"


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
        for start, stop in stored.chunks
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


def as_yaml(content: Mapping[str, Any]) -> str:
    """Configuration as the text of a YAML file."""
    plain = json.loads(json.dumps(content))
    return yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=100)
