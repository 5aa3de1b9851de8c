"""The settings of a Snakemake profile, such as slurm/config.yaml, for the jobs that make shards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from syncsweep.config.file import read_yaml
from syncsweep.config.messages import ConfigError

#: The rule that makes shards.
RULE = "solve_shard"


#: Resources of a shard's job that the plan shows, if the profile fixes them.
_SHOWN = ("mem_mb_per_cpu", "runtime")


@dataclass(frozen=True)
class Profile:
    """Settings of a profile.

    most_ranks: most ranks of a job; jobs, cores: most of them at once; each None if the profile
    sets none. slurm: whether jobs go to Slurm; asked: resources of a shard's job that the profile
    fixes, by name.
    """

    most_ranks: int | None
    jobs: int | None
    cores: int | None
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
    for name in _SHOWN:
        # Text may be a formula of Snakemake's.
        if not isinstance(resources.get(name), str):
            _positive(file, f"set-resources: {RULE}: {name}", resources.get(name))
    executor = said.get("executor", "local")
    if not isinstance(executor, str):
        raise ConfigError(f"{file}: executor must be a name such as slurm, but is {executor!r}")
    return Profile(
        most_ranks=_positive(file, f"set-threads: {RULE}", threads),
        jobs=_most(file, said, "jobs", "unlimited"),
        cores=_most(file, said, "cores", "all"),
        slurm=executor == "slurm",
        asked=dict(resources),
    )


def _pairs(file: Path, said: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    pairs = said.get(key) or {}
    if not isinstance(pairs, Mapping):
        raise ConfigError(f"{file}: {key} must hold `key: value` pairs, with {RULE} as a key")
    return pairs


def _most(file: Path, said: Mapping[str, Any], key: str, without_limit: str) -> int | None:
    """The most that may be in use at once; None also if the profile sets no limit."""
    value = said.get(key)
    if value == without_limit:
        return None
    return _positive(file, key, value, f" or {without_limit!r}")


def _positive(file: Path, key: str, value: object, otherwise: str = "") -> int | None:
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ConfigError(f"{file}: {key} must be a positive integer{otherwise}, but is {value!r}")
    return value
