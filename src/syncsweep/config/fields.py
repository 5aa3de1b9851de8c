"""Fields of a configuration: numbers, names and folders that a user may write in several ways."""

from __future__ import annotations

import math
import os
import re
from functools import partial
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")

#: Longer ones are too large for any key.
_DIGITS = re.compile(r"\s*[+-]?[0-9]{1,400}\s*")


def number(value: Any) -> Any:
    """A finite number; ValueError."""
    # YAML 1.1 reads 1e-6 as a string, and Python takes True for 1.
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            raise ValueError("must be a number") from None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("must be a number")
    try:
        if not math.isfinite(value):
            raise ValueError("must be a finite number")
        if value and not 1e-100 <= abs(value) <= 1e100:
            raise ValueError("must be 0, or between 1e-100 and 1e100 in absolute value")
        return float(value) + 0.0  # no negative zero
    except OverflowError:
        raise ValueError("must be a finite number") from None


def _integer(value: Any) -> Any:
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        value = int(value)  # not by way of a float, which holds 15 digits
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    found = number(value)
    if found != int(found):
        raise ValueError("must be an integer")
    return int(found)


def _safe_name(value: Any) -> Any:
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise ValueError(
            "must be a name of 1 to 64 letters, digits, '_' or '-', "
            "and begin with a letter or digit"
        )
    return value


def _words(value: Any, most: int = 200) -> Any:
    if not isinstance(value, str) or not 0 < len(value) <= most or not value.isprintable():
        raise ValueError(f"must be one line of 1 to {most} characters")
    return value


#: Longer names of files are refused by all usual file systems [bytes].
_LONGEST_NAME = 255


#: An environment variable in the notation of a shell.
_VARIABLE = re.compile(r"\$(?:([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)\})")


def expanded(path: str) -> str:
    """Expand ~ and environment variables in a path, as a shell does.

    ValueError names what cannot be expanded. An empty variable is an error too, because the rest of
    the path would name another folder. A $ that begins no variable stays.
    """
    if path == "~" or path.startswith("~/"):
        path = "$HOME" + path[1:]
    elif path.startswith("~"):
        path = os.path.expanduser(path)
        if path.startswith("~"):
            user = path.partition("/")[0]
            raise ValueError(f"begins with {user}, but no such user exists; write the whole path")
    path = _VARIABLE.sub(_value_of_variable, path)
    if (left := _VARIABLE.search(path)) is not None:  # it would be expanded at the next reading
        raise ValueError(f"contains {left[0]} after expanding variables; write the whole path")
    return path


def _value_of_variable(match: re.Match[str]) -> str:
    name = match[1] or match[2]
    value = os.environ.get(name)
    if not value:
        problem = "is not set" if value is None else "is empty"
        raise ValueError(f"the variable {name} {problem} here; set it, or write the whole path")
    return value


def _folder_name(value: Any) -> Any:
    if not isinstance(value, str) or not 0 < len(value) <= 1024:
        raise ValueError("must be a path: text of 1 to 1024 characters")
    if "://" in value or Path(value) == Path():
        raise ValueError("must be a folder of this machine other than the project's own")
    value = str(Path(expanded(value)))
    # Braces and a ~ mean something to Snakemake, and control characters break its logs.
    if not value.isprintable() or "{" in value or "}" in value or value.startswith(("-", "~")):
        raise ValueError(
            "must be a path without braces and control characters, and not begin with '-' or '~'"
        )
    try:
        longest = max((len(os.fsencode(part)) for part in Path(value).parts), default=0)
    except UnicodeEncodeError as error:
        raise ValueError(
            f"must be a path without {error.object[error.start]!r}, which the locale does not "
            "have; or set LC_ALL=C.UTF-8"
        ) from None
    if longest > _LONGEST_NAME:
        raise ValueError(f"must be a path with no name longer than {_LONGEST_NAME} bytes")
    return value


Number = Annotated[float, BeforeValidator(number)]
Integer = Annotated[int, BeforeValidator(_integer)]
#: Snakemake's command line hands on null inside a mapping as a word.
_null = BeforeValidator(lambda value: None if value == "null" else value)
OptionalNumber = Annotated[Number | None, _null]
OptionalInteger = Annotated[Integer | None, _null]
FolderName = Annotated[str, BeforeValidator(_folder_name)]
Words = Annotated[str, BeforeValidator(_words)]
#: Words of a label in a figure, which has little room.
Label = Annotated[str, BeforeValidator(partial(_words, most=40))]
SafeName = Annotated[str, BeforeValidator(_safe_name)]


class Strict(BaseModel):
    """A frozen model that refuses keys it does not know."""

    # A class builds its validators when they are first used: a rank validates no figure.
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)
