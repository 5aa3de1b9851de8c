"""Shared by the sub-commands that read a configuration: their arguments, and how to read it."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from syncsweep.config.configuration import Config


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that choose a configuration; Snakemake has the same names for them."""
    parser.add_argument(
        "studies",
        nargs="*",
        metavar="STUDY",
        help="names of studies; default: the studies that plain snakemake runs",
    )
    parser.add_argument(
        "--configfile",
        type=Path,
        nargs="+",
        default=[],
        metavar="FILE",
        help="further configuration files; as in snakemake, their values replace those of "
        "config.yaml",
    )
    parser.add_argument(
        "--config",
        nargs="+",
        default=[],
        metavar="KEY=VALUE",
        help="values that replace those of the files, as in snakemake; example: samples=200",
    )


def configuration(parsed: argparse.Namespace) -> Config:
    """The configuration that the arguments choose; ConfigError with one line."""
    from syncsweep.config.messages import ConfigError

    try:
        return _configuration(parsed.configfile, parsed.config)
    except ConfigError as error:
        if _has_study_as_value(parsed):
            raise ConfigError(f"{error}; studies come before --configfile and --config") from None
        raise


def _configuration(files: Sequence[Path], pairs: Sequence[str]) -> Config:
    from syncsweep.config import file as config_file
    from syncsweep.paper.paper_studies import load_project

    over: dict[str, Any] = {}
    for path in files:
        over = config_file.merge(over, config_file.read_yaml(path))
    return load_project(files, config_file.merge(over, _values(pairs)))


def _values(pairs: Sequence[str]) -> dict[str, Any]:
    """The values of `--config`."""
    from syncsweep.config.file import yaml_value
    from syncsweep.config.messages import ConfigError

    values: dict[str, Any] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise ConfigError(f"--config: {pair!r} is not KEY=VALUE")
        if key in values:
            raise ConfigError(f"--config: key {key!r} is given twice; keep one")
        try:
            values[key] = yaml_value(value)
        except ConfigError as error:
            raise ConfigError(f"--config: the value of {key}: {error}") from None
    return values


def _has_study_as_value(parsed: argparse.Namespace) -> bool:
    """Whether the name of a study is among the values of --configfile or --config."""
    from syncsweep.config.messages import ConfigError

    files = [path for path in parsed.configfile if os.path.exists(path)]
    pairs = [pair for pair in parsed.config if "=" in pair]
    others = {str(path) for path in parsed.configfile if path not in files}
    others |= {pair for pair in parsed.config if pair not in pairs}
    try:
        return bool(others) and not others.isdisjoint(_configuration(files, pairs).studies)
    except ConfigError:
        return False


def chosen(config: Config, parsed: argparse.Namespace) -> list[str]:
    """The named studies, or the studies that plain snakemake runs; ConfigError."""
    import difflib

    from syncsweep.config.configuration import RESERVED
    from syncsweep.config.messages import ConfigError

    for name in parsed.studies:
        if name not in config.studies:
            near = difflib.get_close_matches(name, config.studies, n=1)
            hint = f"did you mean {near[0]!r}? " if near else ""
            # The paper adds studies that the user did not name.
            own = ", ".join(name for name in config.studies if not name.startswith(RESERVED))
            raise ConfigError(f"there is no study {name!r}; {hint}studies are: {own}")
    return parsed.studies or [
        name for name, settings in config.studies.items() if settings.by_default
    ]
