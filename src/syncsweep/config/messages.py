"""One line for the user from what pydantic says of a configuration."""

from __future__ import annotations

import difflib
import re
import reprlib
from collections.abc import Iterator, Mapping
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from syncsweep.wording import one_line


class ConfigError(Exception):
    """A mistake in the configuration; the message is one line for the user."""


#: What pydantic says, in the words of a configuration file.
_WORDS = {
    "[Tt]uple": "list",
    "Dictionary": "pairs",
    "a valid dictionary( or .*)?": "`key: value` pairs",
    " after validation": "",
    "Input should be": "must be",
    "should have": "must have",
}


def _short() -> reprlib.Repr:
    """A `repr` that does not write out the whole of a large value."""
    short = reprlib.Repr()
    short.maxlevel = 3
    short.maxlist = short.maxtuple = short.maxset = short.maxdict = 20
    short.maxstring = short.maxlong = short.maxother = 200
    return short


def _shown(value: Any) -> str:
    try:
        return one_line(_short().repr(value), 80)
    except (ValueError, RecursionError):  # an integer of more than 4300 digits
        return f"a value of type {type(value).__name__}"


def explain(error: ValidationError, data: Mapping[str, Any], root: type[BaseModel]) -> str:
    """The first mistake in `data`: its key, what was given, and what is allowed."""
    problems = error.errors(include_url=False)
    # An unknown key is more often the cause of a missing one than the other way round.
    problem = min(problems, key=lambda p: p["type"] != "extra_forbidden")
    location, kind = problem["loc"], problem["type"]
    path = list(_data_path(location, data, root))
    key = ".".join(str(part) for part in path) or "configuration"
    if kind == "extra_forbidden":
        allowed = list(_model_at(location[:-1], root).model_fields)
        hint = _nearest(str(path[-1]), allowed, "did you mean {!r}? ")
        return one_line(f"config: unknown key {key}; {hint}allowed here: {', '.join(allowed)}")
    if kind == "missing":
        field = _model_at(location[:-1], root).model_fields.get(str(location[-1]))
        meaning = field.description if field else "required"
        return one_line(f"config: key {key} is missing ({meaning})")
    if kind == "union_tag_not_found":
        allowed = _tags(location, root)
        return one_line(f"config: key {key}.name is missing (allowed: {', '.join(allowed)})")
    given = _shown(problem["input"])
    message = problem["msg"].removeprefix("Value error, ")
    for pydantic_word, word in _WORDS.items():
        message = re.sub(pydantic_word, word, message)
    if kind in ("literal_error", "union_tag_invalid"):
        context = problem.get("ctx", {})
        expected = str(context.get("expected", context.get("expected_tags", "")))
        options = re.findall(r"'([^']*)'", expected)
        tag = context.get("tag", problem["input"])
        hint = _nearest(tag, options, "; did you mean {!r}?") if isinstance(tag, str) else ""
        message = f"allowed: {', '.join(options)}{hint}"
        if kind == "union_tag_invalid":
            key, given = f"{key}.name", repr(tag)
    if isinstance(problem["input"], Mapping) and kind == "value_error":
        return one_line(f"config: {key}: {message}")
    return one_line(f"config: {key}: {given} is refused: {message[:1].lower()}{message[1:]}")


def _nearest(word: str, options: list[str], sentence: str) -> str:
    close = difflib.get_close_matches(word, options, n=1)
    return sentence.format(close[0]) if close else ""


def _data_path(
    location: tuple[int | str, ...], data: Any, root: type[BaseModel]
) -> Iterator[int | str]:
    """Drop from an error's location what names a choice between models and not a key."""
    for position, part in enumerate(location):
        is_key = isinstance(data, Mapping) and part in data
        is_index = isinstance(data, list | tuple) and isinstance(part, int) and part < len(data)
        if is_key or is_index:
            data = data[part]
            yield part
        elif position == len(location) - 1 and part not in ("[key]", *_tags(location[:-1], root)):
            yield part


def _choices(annotation: Any) -> list[type[BaseModel]]:
    """The models that a field's annotation speaks of, however deep."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in _choices(part)]


def _tag(model: type[BaseModel]) -> str | None:
    """What tells a model from those it is chosen among: its `tag`, or the one value of `name`."""
    if hasattr(model, "tag"):
        return str(model.tag)
    names = get_args(model.model_fields["name"].annotation) if "name" in model.model_fields else ()
    return names[0] if names and isinstance(names[0], str) else None


def _model_at(location: tuple[int | str, ...], root: type[BaseModel]) -> type[BaseModel]:
    """The model whose keys stand at a location, following fields and tags from the root."""
    models = [root]
    for position, part in enumerate(location):
        if position == 1:  # the name of a study
            continue
        fields = [m.model_fields[str(part)] for m in models if str(part) in m.model_fields]
        tagged = [m for m in models if _tag(m) == part]
        if fields:
            models = _choices(fields[0].annotation) or models
        elif tagged:
            models = tagged
    return models[0]


def _tags(location: tuple[int | str, ...], root: type[BaseModel]) -> list[str]:
    if not location:
        return []
    field = _model_at(location[:-1], root).model_fields.get(str(location[-1]))
    return [tag for tag in map(_tag, _choices(field.annotation)) if tag] if field else []
