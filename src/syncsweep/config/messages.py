"""One line for the user from the errors that pydantic finds in a configuration."""

from __future__ import annotations

import difflib
import reprlib
from collections.abc import Mapping
from typing import Any, Self, get_args, get_origin

from pydantic import BaseModel, ValidationError

from syncsweep.wording import one_line

#: The tag of a list in the place of a single model.
SEVERAL = "several"


class ConfigError(Exception):
    """A mistake in the configuration; the message is one line for the user.

    >>> sync.load_config("confg.yaml")
    Traceback (most recent call last):
        ...
    syncsweep.config.messages.ConfigError: confg.yaml: cannot be read (No such file or directory)
    """

    def at(self, point: Mapping[str, float]) -> Self:
        """The same error, which says for which values of the axes of a study it holds.

        >>> str(sync.ConfigError("H must be Hermitian").at({"J": 0.5}))
        'H must be Hermitian (at J = 0.5)'
        """
        if point:
            said = ", ".join(f"{name} = {value:g}" for name, value in point.items())
            self.args = (f"{self} (at {said})",)
        return self


#: Rules by the type of pydantic's error, with the names of its context.
_ALLOWED = {
    "greater_than": "must be greater than {gt}",
    "greater_than_equal": "must be greater than or equal to {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be less than or equal to {le}",
    "too_short": "must have at least {min_length} {items}, not {actual_length}",
    "too_long": "must have at most {max_length} {items}, not {actual_length}",
    "bool_type": "must be true or false",
    "tuple_type": "must be a list",
    "dict_type": "must be `key: value` pairs",
    "model_type": "must be `key: value` pairs",
    "model_attributes_type": "must be `key: value` pairs",
    "invalid_key": "must be a word",
    "value_error": "{error}",
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


def explain(error: ValidationError, root: type[BaseModel]) -> str:
    """The first mistake in a configuration: its key, what was given, and what is allowed."""
    problems = error.errors(include_url=False)
    # An unknown key is more often the cause of a missing one than the other way round.
    problem = min(problems, key=lambda p: p["type"] != "extra_forbidden")
    location, kind, given = problem["loc"], problem["type"], problem["input"]
    path, annotation = _walk(location, root)
    key = ".".join(path) or "configuration"
    if kind == "extra_forbidden":
        allowed = list(_fields_at(location[:-1], root))
        hint = _nearest(path[-1], allowed, "did you mean {!r}? ")
        said = f"unknown key {key}; {hint}allowed here: {', '.join(allowed)}"
    elif kind == "missing":
        field = _fields_at(location[:-1], root).get(path[-1])
        said = f"key {key} is missing ({field.description if field else 'required'})"
    elif kind == "union_tag_not_found":
        said = f"key {key}.name is missing (allowed: {', '.join(_tags(annotation))})"
    elif kind == "union_tag_invalid":
        by = "kind" if _tags(annotation, "kind") else "name"
        said = _not_among(f"{key}.{by}", problem["ctx"]["tag"], _tags(annotation, by))
    elif kind == "literal_error":
        said = _not_among(key, given, _words_at(location, root) or _words_in(annotation))
    elif kind == "value_error" and isinstance(given, Mapping):
        said = f"{key}: {problem['ctx']['error']}"
    else:
        said = f"{key}: {_shown(given)} is refused: {reason_of(problem)}"
    return one_line(f"config: {said}")


def reason_of(problem: Mapping[str, Any]) -> str:
    """The rule that an error of pydantic breaks, in words."""
    return _allowed(problem["type"], problem.get("ctx", {})) or str(problem["msg"])


def _allowed(kind: str, context: Mapping[str, Any]) -> str:
    """The rule that an error of this type breaks; empty for a type not listed here."""
    values = {
        name: f"{value:.0f}" if isinstance(value, float) and value.is_integer() else value
        for name, value in context.items()
    }
    least = context.get("min_length", context.get("max_length"))
    return _ALLOWED.get(kind, "").format(**values, items="item" if least == 1 else "items")


def _not_among(key: str, given: Any, options: list[str]) -> str:
    hint = _nearest(given, options, "; did you mean {!r}?") if isinstance(given, str) else ""
    return f"{key}: {_shown(given)} is refused; allowed: {', '.join(options)}{hint}"


def _nearest(word: str, options: list[str], sentence: str) -> str:
    close = difflib.get_close_matches(word, options, n=1)
    return sentence.format(close[0]) if close else ""


def _walk(location: tuple[int | str, ...], root: type[BaseModel]) -> tuple[list[str], Any]:
    """The keys of an error's location, and the annotation of the value there.

    A location also names the choice between models, and says whether a key or a value is meant.
    """
    path: list[str] = []
    here: Any = root
    for part in location:
        models = _models_in(here)
        chosen = [model for model in models if len(models) > 1 and _tag(model) == part]
        if chosen:
            here = chosen[0]
        elif part not in ("[key]", SEVERAL):
            path.append(str(part))
            if get_origin(here) in (dict, tuple):
                here = next(one for one in reversed(get_args(here)) if one is not Ellipsis)
            elif models and isinstance(part, str):
                field = models[0].model_fields.get(str(part))
                here = field.annotation if field else None
    return path, here


def _fields_at(location: tuple[int | str, ...], root: type[BaseModel]) -> Mapping[str, Any]:
    """The fields of the model at a location; none if there is no model."""
    models = _models_in(_walk(location, root)[1])
    return models[0].model_fields if models else {}


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    """The models in an annotation, at any depth."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models_in(part)]


def _words_in(annotation: Any) -> list[str]:
    """The words that an annotation allows, at any depth."""
    if isinstance(annotation, str):
        return [annotation]
    return [word for part in get_args(annotation) for word in _words_in(part)]


def _words_at(location: tuple[int | str, ...], root: type[BaseModel]) -> list[str]:
    """The words that a key allows in all models between which its value chooses."""
    models = _models_in(_walk(location[:-2], root)[1])
    if len(models) < 2 or location[-2] not in [_tag(model) for model in models]:
        return []
    fields = [model.model_fields.get(str(location[-1])) for model in models]
    words = (word for field in fields if field for word in _words_in(field.annotation))
    return list(dict.fromkeys(words))


def _tags(annotation: Any, key: str = "name") -> list[str]:
    """The words of a key that distinguish the models in an annotation."""
    words = (word for model in _models_in(annotation) for word in _words_of(model, key))
    return list(dict.fromkeys(words))


def _tag(model: type[BaseModel]) -> str | None:
    """What distinguishes a model from the other choices: its `tag`, or its one value of `name`."""
    return str(model.tag) if hasattr(model, "tag") else next(iter(_words_of(model, "name")), None)


def _words_of(model: type[BaseModel], key: str) -> list[str]:
    field = model.model_fields.get(key)
    return _words_in(field.annotation) if field else []
