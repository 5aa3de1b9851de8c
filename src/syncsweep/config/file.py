"""Read configuration files strictly: no repeated key, no tag, one line for each mistake."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from syncsweep.config.configuration import Config, parse
from syncsweep.config.messages import ConfigError
from syncsweep.files import NotReadableError, read_regular
from syncsweep.wording import one_line, printable

#: No configuration file is larger [bytes], or holds more values once its aliases are written out.
_MOST_BYTES, _MOST_VALUES = 250_000, 50_000


class _StrictLoader(yaml.SafeLoader):
    """Safe YAML loader that refuses a key given twice, and aliases of aliases without end."""

    def get_single_node(self) -> yaml.Node | None:
        node = super().get_single_node()
        if node is not None and _written_out(node, {}) > _MOST_VALUES:
            raise ConfigError(f"holds more than {_MOST_VALUES} values")
        return node


def _written_out(node: yaml.Node, known: dict[int, int]) -> int:
    """Number of values of a node, with each alias replaced by its node."""
    if id(node) not in known:
        known[id(node)] = 1  # if it holds itself, which is refused later
        if isinstance(node, yaml.MappingNode):
            inner = [part for pair in node.value for part in pair]
        else:
            inner = node.value if isinstance(node, yaml.SequenceNode) else []
        known[id(node)] = 1 + sum(_written_out(part, known) for part in inner)
    return known[id(node)]


def _mapping_without_doubles(loader: _StrictLoader, node: yaml.MappingNode) -> dict[Any, Any]:
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


_StrictLoader.add_constructor(
    yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping_without_doubles
)


def yaml_value(text: str) -> Any:
    """What a YAML text holds; ConfigError with its line, if it is not YAML or repeats a key."""
    try:
        return yaml.load(text, Loader=_StrictLoader)
    except ConfigError:
        raise
    except Exception as error:  # a bad tag can fail in whatever way
        mark = getattr(error, "problem_mark", None)
        place = f"line {mark.line + 1}: " if mark else ""
        problem = getattr(error, "problem", None) or "is not valid YAML"
    raise ConfigError(f"{place}{problem}")


def read_yaml(path: str | Path) -> dict[Any, Any]:
    """The values of a configuration file.

    ConfigError with one line if it is missing, unreadable, not YAML or repeats a key.
    """
    try:
        data = yaml_value(read_regular(Path(path), _MOST_BYTES).decode("utf-8"))
    except FileNotFoundError as error:
        problem = f"cannot be read ({error.strerror})"
    except NotReadableError as error:
        problem = f"cannot be read ({error})"
    except UnicodeDecodeError:
        problem = "cannot be read (not UTF-8 text)"
    except ConfigError as error:
        problem = str(error)
    else:
        if isinstance(data, dict):
            return data
        problem = "must hold `key: value` pairs"
    raise ConfigError(f"{printable(str(path))}: {one_line(problem)}")


def merge(base: Any, over: Mapping[str, Any]) -> dict[str, Any]:
    """Put `over` over `base`, key by key, as Snakemake does with its command line."""
    merged = dict(base) if isinstance(base, Mapping) else {}
    for key, value in over.items():
        merged[key] = merge(merged.get(key), value) if isinstance(value, Mapping) else value
    return merged


def with_words(values: Any, inside: bool = False) -> Any:
    """Values of Snakemake's `--config`, in which true, false and null are never text.

    Inside mappings and lists, Snakemake passes true, false, null and numbers as text. Numbers may
    stay text, because the fields accept them.
    """
    if isinstance(values, Mapping):
        return {key: with_words(value, True) for key, value in values.items()}
    if isinstance(values, list):
        return [with_words(value, True) for value in values]
    if inside and isinstance(values, str):
        kind = _StrictLoader("").resolve(yaml.ScalarNode, values, (True, False))
        return yaml_value(values) if kind.endswith((":bool", ":null")) else values
    return values


def load_config(path: str | Path, overrides: Mapping[str, Any] | None = None) -> Config:
    """Read a configuration file, put `overrides` over it key by key, and validate the result.

    Gives the frozen configuration: its keys are attributes, as in `config.studies["x"].samples`.
    ConfigError, in one line that names the key, for a mistake.

    >>> config = sync.load_config("config.yaml", {"samples": 200})
    >>> config.studies["spin_half_pair"].samples
    200
    """
    data = read_yaml(path)
    for key, value in (overrides or {}).items():
        if value is None:
            name = one_line(str(key), 80)
            raise ConfigError(
                f"config: {name}: nothing is given; write {name}=VALUE or leave it out"
            )
    return parse(merge(data, overrides or {}))
