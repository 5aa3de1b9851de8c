"""Reading configuration files, strictly: no doubled key, no tag, one line for each mistake."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from syncsweep.config import Config, parse
from syncsweep.config_messages import ConfigError, one_line


class _UniqueKeyLoader(yaml.SafeLoader):
    """Safe YAML loader that refuses a key given twice."""


def _mapping_without_doubles(loader: _UniqueKeyLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    own = [id(key_node) for key_node, _ in node.value]
    loader.flatten_mapping(node)  # which puts the keys of `<<` before the node's own
    mapping: dict[Any, Any] = {}
    seen: set[Any] = set()
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if not isinstance(key, str | int | float | bool | None):
            raise ConfigError(f"line {key_node.start_mark.line + 1}: a key must be a word")
        if key in seen:
            raise ConfigError(
                f"line {key_node.start_mark.line + 1}: key {one_line(repr(key), 80)} is given "
                "twice; keep one"
            )
        if id(key_node) in own:
            seen.add(key)
        mapping[key] = loader.construct_object(value_node, deep=True)
    return mapping


_UniqueKeyLoader.add_constructor(
    yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping_without_doubles
)


def check_yaml(path: str | Path) -> None:
    """Refuse a configuration file that is missing, unreadable, not YAML or repeats a key."""
    try:
        text = Path(path).read_text(encoding="utf-8")
        data = yaml.load(text, Loader=_UniqueKeyLoader)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: cannot be read (not UTF-8 text)") from None
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None
    except Exception as error:  # a bad tag can fail in whatever way
        mark = getattr(error, "problem_mark", None)
        place = f", line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or "is not valid YAML"
        raise ConfigError(one_line(f"{path}{place}: {problem}")) from None
    if not isinstance(data, dict):
        raise ConfigError(f"{path}: must hold `key: value` pairs")


def merge(base: Any, over: Mapping[str, Any]) -> dict[str, Any]:
    """Put `over` over `base`, key by key, as Snakemake does with its command line."""
    merged = dict(base) if isinstance(base, Mapping) else {}
    for key, value in over.items():
        merged[key] = merge(merged.get(key), value) if isinstance(value, Mapping) else value
    return merged


def load(path: str | Path, overrides: Mapping[str, Any] | None = None) -> Config:
    """Read a configuration file, put `overrides` over it key by key, and validate the result."""
    check_yaml(path)
    data = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    for key, value in (overrides or {}).items():
        if value is None:
            raise ConfigError(f"config: {key}: nothing is given; write {key}=VALUE or leave it out")
    return parse(merge(data, overrides or {}))
