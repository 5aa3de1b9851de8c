"""Run the user's own code, and build a model or a perturbation from what it returns.

The source comes from the description of a study, which the user's `snakemake` has written. A
program that only reads results must not run it.
"""

from __future__ import annotations

import copy
import difflib
import inspect
import os
import sys
from collections.abc import Callable
from traceback import walk_tb
from types import ModuleType
from typing import Any

import numpy as np

from syncsweep.config.messages import ConfigError
from syncsweep.config.user_code import EnsembleCode, ModelCode
from syncsweep.physics import arguments
from syncsweep.physics.low_rank import LowRank
from syncsweep.physics.models import Model
from syncsweep.wording import one_line

#: Names of the module that the code is, and of the file that its lines belong to.
_MODULE, _FILE = "syncsweep_own_code", "<own code>"

#: Largest entry of an operator: products of several are finite too.
_LARGEST_ENTRY = 1e50


class OwnCodeError(ConfigError):
    """An error in the user's own code.

    problem: one line; line: number of a line of the source, from 1, or None. The message of the
    error quotes that line.
    """

    def __init__(self, problem: str, line: int | None = None, text: str = "") -> None:
        self.problem, self.line = problem, line
        super().__init__(f"{problem} (at `{one_line(text, 80)}`)" if text else problem)


class MissingHereError(OwnCodeError):
    """The code needs something that this machine does not have: a package, a file, memory."""


class OwnCode:
    """The definitions of a source text, which runs once, when this object is made."""

    def __init__(self, source: str) -> None:
        """OwnCodeError if it is not Python, or fails."""
        self._lines = source.split("\n")
        self._module = ModuleType(_MODULE)
        sys.modules[_MODULE] = self._module  # where dataclasses look for it
        try:
            code = compile(source, _FILE, "exec", dont_inherit=True)
        except SyntaxError as error:
            raise OwnCodeError(f"{type(error).__name__}: {error.msg}", error.lineno) from None
        except (ValueError, RecursionError, MemoryError) as error:
            raise OwnCodeError(f"{type(error).__name__}: {error}") from None
        self.guarded(lambda: exec(code, self._module.__dict__))

    def operators(
        self,
        function: str,
        name: str,
        given: dict[str, Any],
        parameters: dict[str, Any],
        spins: tuple[float, ...],
    ) -> tuple[np.ndarray, np.ndarray]:
        """A Hermitian operator (D, D) and jump operators (k, D, D) that a function returns.

        The function gets the values `given`, in order, and the parameters. `name` is the name of
        the operator in messages.
        """
        returned = self.call(function, given, parameters)
        what = f"{function}(): the returned value cannot be read: "
        return self.guarded(lambda: _operators(function, name, returned, spins), what=what)

    def call(self, name: str, given: dict[str, Any], parameters: dict[str, Any]) -> Any:
        """What the function `name` returns for the values `given`, in order, and the parameters."""
        function = self.guarded(lambda: getattr(self._module, name, None))
        if not callable(function):
            wanted = ", ".join([*given, *parameters])
            raise OwnCodeError(f"must define a function {name}({wanted})")
        self.guarded(lambda: _check_signature(name, function, list(given), parameters))
        # A copy, or one call could change the parameters of the next one.
        copied = copy.deepcopy(parameters)
        return self.guarded(lambda: function(*given.values(), **copied), parameters)

    def guarded(
        self, run: Callable[[], Any], parameters: dict[str, Any] | None = None, what: str = ""
    ) -> Any:
        """Call `run`, which runs the user's own code, and return its value.

        The message of an error begins with `what`, and names the parameters, if there are any.
        """
        folder = os.getcwd()
        try:
            return run()
        except (OwnCodeError, KeyboardInterrupt):
            raise
        except BaseException as error:
            raise self._told(error, parameters or {}, what) from None
        finally:
            os.chdir(folder)  # shards and parts are named from there

    def _told(self, error: BaseException, parameters: dict[str, Any], what: str) -> OwnCodeError:
        frames = walk_tb(error.__traceback__)
        lines = [line for frame, line in frames if frame.f_code.co_filename == _FILE]
        try:
            said = str(error)
        except BaseException:  # it is the user's own, and may fail in whatever way
            said = ""
        problem = what + one_line(f"{type(error).__name__}: {said}", 200).removesuffix(":")
        if isinstance(error, ImportError):
            problem += "; your own code is one file, and may import only installed packages"
            problem += _how_to_install(error)
        kind = OwnCodeError
        is_row = isinstance(error, Exception)  # and not the end of all
        if not is_row or isinstance(error, ImportError | OSError | MemoryError):
            kind = MissingHereError
        elif parameters:  # a wrong one makes errors that do not name it
            passed = ", ".join(f"{name}={value!r}" for name, value in parameters.items())
            problem += f"; with the parameters {one_line(passed, 100)}"
        if not lines:
            return kind(problem)
        return kind(problem, lines[-1], self._lines[lines[-1] - 1].strip())


def _how_to_install(error: ImportError) -> str:
    """How to install the missing package; "" if only a part of a package is missing."""
    name = error.name if isinstance(error, ModuleNotFoundError) else None
    if not isinstance(name, str) or not name.isidentifier() or len(name) > 60:
        return ""
    return f"; to install it: .venv/bin/uv pip install --python .venv/bin/python {name}"


def _check_signature(
    name: str, function: Callable[..., Any], given: list[str], parameters: dict[str, Any]
) -> None:
    """OwnCodeError unless a function takes the values given, and the parameters by name."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # it does not say what it takes
        return
    try:
        signature.bind(*given, **parameters)
    except TypeError as error:
        problem = f"{error}; its parameters are the keys under `parameters`"
    else:
        return
    by_name = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    known = [a.name for a in list(signature.parameters.values())[len(given) :] if a.kind in by_name]
    unknown = [parameter for parameter in parameters if parameter not in known]
    if unknown:
        by_small_letters = {name.lower(): name for name in known}
        near = difflib.get_close_matches(unknown[0].lower(), by_small_letters, n=1)
        hint = f"; did you mean {by_small_letters[near[0]]!r}?" if near else ""
        problem = (
            f"no parameter {unknown[0]!r}{hint} (its parameters: {', '.join(known) or 'none'})"
        )
    raise OwnCodeError(
        f"{name}() must accept {', '.join([*given, *parameters])}, but does not: {problem}"
    )


def own_model(code: ModelCode) -> Model:
    """The model that `model(spins, **parameters)` of a source returns; OwnCodeError."""
    given = {"spins": code.spins}
    own = OwnCode(code.source)
    hamiltonian, jumps = own.operators("model", "H", given, code.parameters, code.spins)
    return Model("own", code.spins, hamiltonian, jumps)


class OwnPerturbation:
    """The random perturbation that `perturbation(rng, spins, **parameters)` of a source returns."""

    def __init__(self, code: EnsembleCode, spins: tuple[float, ...]) -> None:
        """spins: those of the model. OwnCodeError."""
        self._spins, self._parameters = spins, code.parameters
        self._code = OwnCode(code.source)

    def operators(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Draw V (D, D), Hermitian, and the jump operators (k, D, D); OwnCodeError."""
        given = {"rng": rng, "spins": self._spins}
        return self._code.operators("perturbation", "V", given, self._parameters, self._spins)

    def low_rank(self, rng: np.random.Generator) -> LowRank:
        """Draw L₍₁₎ = −i[V, ·] + Σ_μ D[L_μ]; OwnCodeError."""
        return LowRank(*self.operators(rng))


def _operators(
    function: str, name: str, returned: Any, spins: tuple[float, ...]
) -> tuple[np.ndarray, np.ndarray]:
    """A Hermitian operator (D, D) and jump operators (k, D, D) from what a function returned."""
    if not isinstance(returned, tuple | list) or len(returned) != 2:
        raise OwnCodeError(
            f"{function}() must return {name} and a list of jump operators: return {name}, [L1, L2]"
        )
    try:
        operator = arguments.hermitian(f"{function}(): {name}", returned[0], spins=spins)
        given, dim = f"{function}(): jump operators", len(operator)
        jumps = arguments.operators(given, returned[1], dim, spins)
    except arguments.ArgumentError as error:
        raise OwnCodeError(str(error).removesuffix(".")) from None
    for what, entries in ((name, operator), ("a jump operator", jumps)):
        if np.abs(entries).max(initial=0.0) > _LARGEST_ENTRY:
            raise OwnCodeError(
                f"{function}(): {what} has an entry above {_LARGEST_ENTRY:g}; use another unit"
            )
    return operator, jumps
