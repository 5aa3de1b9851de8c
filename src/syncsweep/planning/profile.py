"""What a profile of Snakemake, such as slurm/config.yaml, says of the jobs of shards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from syncsweep.config_file import read_yaml
from syncsweep.config_messages import ConfigError

#: The rule that makes shards.
RULE = "solve_shard"


@dataclass(frozen=True)
class Profile:
    """most_ranks: of a job; jobs: at once; each None if the profile does not say.

    slurm: whether jobs go to Slurm; asked: resources of a shard's job that it fixes, by name.
    """

    most_ranks: int | None
    jobs: int | None
    slurm: bool
    asked: dict[str, object]


def read_profile(path: Path) -> Profile:
    """Read a profile: a folder, as for snakemake, or its file; ConfigError with one line."""
    file = path / "config.yaml" if path.is_dir() else path
    said = read_yaml(file)
    threads = _pairs(file, said, "set-threads").get(RULE)
    resources = _pairs(file, said, "set-resources").get(RULE) or {}
    if not isinstance(resources, Mapping):
        raise ConfigError(f"{file}: set-resources: {RULE} must hold `key: value` pairs")
    return Profile(
        most_ranks=_positive(file, f"set-threads: {RULE}", threads),
        jobs=_positive(file, "jobs", said.get("jobs")),
        slurm=said.get("executor") == "slurm",
        asked=dict(resources),
    )


def _pairs(file: Path, said: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    pairs = said.get(key) or {}
    if not isinstance(pairs, Mapping):
        raise ConfigError(f"{file}: {key} must hold `key: value` pairs")
    return pairs


def _positive(file: Path, key: str, value: object) -> int | None:
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ConfigError(f"{file}: {key} must be an integer from 1, but is {value!r}")
    return value
