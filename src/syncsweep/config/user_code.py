"""Configuration of models and ensembles of the user's own: Python files, read but never run here.

A study names a file, its parameters and its spins. What decides the rows is the code in the file
and not its name, so `Physics` holds the code: the file's text without comments and blank lines.
"""

from __future__ import annotations

import ast
import io
import keyword
import math
import re
import tokenize
import warnings
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field

from syncsweep.config.fields import Strict, expanded
from syncsweep.files import NotReadableError, read_regular

#: Largest number of spins, and dimension D of their Hilbert space: that of six spin-1s.
_MOST_SPINS, MOST_DIMENSIONS = 6, 729

#: Largest file [bytes].
_MOST_BYTES = 100_000

#: Parameters: values in lists, and lists in lists.
_MOST_VALUES, _MOST_DEPTH = 10_000, 4

#: Text that is a spin: what is much larger would take Python long to read.
_SPIN = re.compile(r"\d{1,3}(\.\d{1,9})?|\d{1,3}/\d{1,3}")

#: What YAML 1.1 reads as text, though a number is meant.
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)[eE][-+]?\d+")

#: Names of arguments that are not parameters.
_ARGUMENTS = ("spins", "rng")


def dimension(spins: tuple[float, ...]) -> int:
    """Dimension D = ∏ (2S+1) of the Hilbert space of some spins."""
    return math.prod(round(2 * spin) + 1 for spin in spins)


def _spins(value: Any) -> Any:
    if not isinstance(value, list | tuple) or not 1 <= len(value) <= _MOST_SPINS:
        raise ValueError(f"must be a list of 1 to {_MOST_SPINS} spins, such as [1, 0.5]")
    spins = tuple(map(_spin, value))
    if dimension(spins) > MOST_DIMENSIONS:
        raise ValueError(
            f"must give at most D = {MOST_DIMENSIONS} dimensions, but gives {dimension(spins)}"
        )
    return spins


def _spin(value: Any) -> float:
    try:
        if isinstance(value, str) and not _SPIN.fullmatch(value):
            raise ValueError
        twice = 2 * Fraction(value)
    except (TypeError, ValueError, OverflowError, ZeroDivisionError):
        twice = Fraction(1, 3)
    if isinstance(value, bool) or twice.denominator != 1 or not 0 < twice < MOST_DIMENSIONS:
        raise ValueError(f"must hold half-integers such as 0.5, 1 or 3/2, but holds {value!r}")
    return float(twice / 2)


def _file(value: Any) -> Any:
    if not isinstance(value, str) or not 0 < len(value) <= 1024:
        raise ValueError("must be the path of a Python file")
    value = expanded(value)
    if not value.isprintable():
        raise ValueError("must be the path of a Python file, without control characters")
    if not value.endswith(".py"):
        raise ValueError(
            "must be the path of a Python file, relative to the working folder: name.py"
        )
    return value


def _parameters(value: Any) -> Any:
    if value is None or value == "null":
        return {}
    if not isinstance(value, dict):
        raise ValueError("must be `name: value` pairs")
    for name in value:
        if not isinstance(name, str) or not name.isidentifier() or keyword.iskeyword(name):
            raise ValueError(f"a parameter's name must be a Python identifier, but is {name!r}")
        if name in _ARGUMENTS:
            raise ValueError(f"{name} is always passed to the function; leave it out")
    found = {name: _value(name, given, 0) for name, given in value.items()}
    if sum(map(_count, found.values())) > _MOST_VALUES:
        raise ValueError(f"at most {_MOST_VALUES} values are allowed")
    return found


def _value(name: str, value: Any, depth: int) -> Any:
    """A number, text, true, false, null, or a list of these, as JSON can hold it."""
    if isinstance(value, list | tuple) and depth < _MOST_DEPTH:
        return [_value(name, entry, depth + 1) for entry in value]
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        value = float(value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float) and abs(value) <= 1e100:
        return value
    if isinstance(value, str) and len(value) <= 1000 and value.isprintable():
        return value
    raise ValueError(f"{name} must be a number, text, true, false, null or a list of these")


def _count(value: Any) -> int:
    return sum(map(_count, value)) if isinstance(value, list) else 1


PythonFile = Annotated[str, BeforeValidator(_file)]
Spins = Annotated[tuple[float, ...], BeforeValidator(_spins)]
Parameters = Annotated[dict[str, Any], BeforeValidator(_parameters)]

_FILE = "Python file, relative to the working folder"
_PARAMETERS = "passed to the function by name: numbers, text, true, false, null or lists of these"
Source = Annotated[
    str, Field(max_length=_MOST_BYTES, description="its code, without comments and blank lines")
]


class ModelCode(Strict):
    """What decides the rows of a model of the user's own."""

    name: Literal["own"]
    source: Source
    spins: Spins
    parameters: Parameters

    @property
    def n_sites(self) -> int:
        """Number of spins."""
        return len(self.spins)


class EnsembleCode(Strict):
    """What decides the rows of an ensemble of the user's own, beside its model."""

    tag: ClassVar[str] = "own"

    source: Source
    parameters: Parameters


class OwnModel(Strict):
    """A model of your own: what `model(spins, **parameters)` in a Python file returns."""

    name: Literal["own"] = Field(description="this model")
    file: PythonFile = Field(description=f"{_FILE}, with the function `model`")
    spins: Spins = Field(
        description="S of each spin: 2 to 6, or 1 to 4 with measure: absolute, of at most 729 "
        "dimensions in all"
    )
    parameters: Parameters = Field({}, description=_PARAMETERS)

    @property
    def n_sites(self) -> int:
        """Number of spins."""
        return len(self.spins)

    def code(self, text: str) -> ModelCode:
        """What decides the rows, where the file holds this text."""
        return ModelCode(
            name="own", source=code_of(text), spins=self.spins, parameters=self.parameters
        )


class OwnEnsemble(Strict):
    """An ensemble of your own: what `perturbation(rng, spins, **parameters)` in a file returns."""

    tag: ClassVar[str] = "own"

    file: PythonFile = Field(description=f"{_FILE}, with the function `perturbation`")
    parameters: Parameters = Field({}, description=_PARAMETERS)

    def code(self, text: str) -> EnsembleCode:
        """What decides the rows, where the file holds this text."""
        return EnsembleCode(source=code_of(text), parameters=self.parameters)


class NoCodeError(Exception):
    """A file that cannot be read as text; the message follows its name."""


def read_text(path: str | Path) -> str:
    """The text of a Python file, with plain ends of lines; NoCodeError if it has none."""
    try:
        text = read_regular(Path(path), _MOST_BYTES).decode("utf-8-sig")
    except OSError as error:
        raise NoCodeError(f"cannot be read ({error.strerror})") from None
    except NotReadableError as error:
        raise NoCodeError(f"cannot be read ({error})") from None
    except UnicodeDecodeError:
        raise NoCodeError("cannot be read (not UTF-8 text)") from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def code_lines(text: str) -> dict[int, str]:
    """The lines of a Python text, by number from 1, without comments and blank ones.

    They mean the same to Python. A text that is not Python stays as it is.
    """
    lines = dict(enumerate(text.split("\n"), 1))
    try:
        kept = _without_comments(lines, tokenize.generate_tokens(io.StringIO(text).readline))
        if _tree("\n".join(kept.values()) + "\n") == _tree(text):
            return kept
    except (tokenize.TokenError, SyntaxError, ValueError, RecursionError, MemoryError):
        pass
    return lines


@cache
def code_of(text: str) -> str:
    """The text of `code_lines`."""
    return "\n".join(code_lines(text).values()) + "\n"


def default_arguments(source: str, function: str) -> dict[str, str]:
    """Arguments of a function of a Python text that have a default, with its text.

    Nothing where the function is not defined with `def` at the top of the text.
    """
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef) and node.name == function:
            arguments = node.args
            by_place = [*arguments.posonlyargs, *arguments.args]
            of_place = by_place[len(by_place) - len(arguments.defaults) :]
            pairs = [
                *zip(of_place, arguments.defaults, strict=True),
                *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
            ]
            return {name.arg: ast.unparse(value) for name, value in pairs if value is not None}
    return {}


def _tree(text: str) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # said when the code is run
        return ast.dump(ast.parse(text))


def _without_comments(lines: dict[int, str], tokens: Any) -> dict[int, str]:
    silent = {
        getattr(tokenize, name) for name in ("NL", "NEWLINE", "INDENT", "DEDENT", "ENDMARKER")
    }
    ends: dict[int, int] = {}
    used: set[int] = set()
    inside: set[int] = set()  # lines at whose end a text goes on
    for token in tokens:
        first, last = token.start[0], token.end[0]
        if token.type == tokenize.COMMENT:
            ends[first] = token.start[1]
        elif token.type not in silent:
            used.update(range(first, last + 1))
            inside.update(range(first, last))
    kept: dict[int, str] = {}
    goes_on = False
    for number, line in lines.items():
        if number in used or goes_on:
            text = line[: ends.get(number)]
            kept[number] = text if number in inside else text.rstrip()
            goes_on = kept[number].endswith("\\")
    return kept
