"""Check before the first job that the user's own code can be swept.

The check runs the code as the workers will. It names mistakes by the line numbers of the file
itself. See `process` for the process in which it runs.
"""

from __future__ import annotations

import ast
import hashlib
import math
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from syncsweep.config.configuration import Config
from syncsweep.config.observables import OwnObservableCode, files_of
from syncsweep.config.physics import MOST_DENSE, Physics
from syncsweep.config.study import Study
from syncsweep.config.user_code import code_lines
from syncsweep.physics.block_generator import count_entries
from syncsweep.physics.generator import UnservedModelError
from syncsweep.physics.models import Model
from syncsweep.physics.operator_solver import OperatorSolver
from syncsweep.physics.phase_distribution import relative_phase_coefficients
from syncsweep.physics.spectrum import Spectrum, largest_block
from syncsweep.physics.superoperators import liouvillian, unvectorize
from syncsweep.user_code.code import OwnCodeError
from syncsweep.user_code.draws import FIRST_DRAWS, Draws, check_draws, is_equal
from syncsweep.user_code.study_model import build_model
from syncsweep.user_code.trial_states import (
    check_observable,
    is_close,
    trial_numbers,
    trial_states,
)

#: Largest block of L₀ whose eigenvalues are found: of 2000 coherences, it takes a minute.
_LARGEST_BLOCK = 2000

#: Memory of a rank for each entry of the largest block [bytes], measured for one of 6561.
_BLOCK_BYTES = 105

#: Most entries of L₀ that sparse matrices of the solver for D ≤ 81 hold in some 0.2 GB.
_MOST_ENTRIES = 2_000_000

#: Coefficients of S_d below this, of modes of unit norm, are rounding.
_UNIFORM = 1e-9

_NO_LOCKING = (
    "no perturbation locks the spins in the limit η → 0⁺: L₀ damps or rotates every coherence "
    "between states of equal magnetisation, so S_max is 0 there; the sweep goes on"
)


def check_code(config: Config, study: str) -> list[str]:
    """Check model, ensemble and observables of a study, as far as they are the user's own.

    Returns notes for the user. OwnCodeError with one line, which names the study, the file, and
    its line where there is one.
    """
    found = [note for physics in config.ends(study) for note in _check(config, study, physics)]
    return [f"studies.{study}: {note}" for note in dict.fromkeys(found)]


def _check(config: Config, study: str, physics: Physics) -> list[str]:
    """Check the code of a study at one of its points; notes, or OwnCodeError."""
    settings = config.studies[study]
    files, found = settings.own_files, []
    solver = None
    if "model" in files:
        with _named(config, study, files["model"]):
            model = _reproducible_model(physics)
            solver = _operator_solver(model)
            found = _check_oscillations(model, physics.measure == "absolute")
    if "ensemble" in files:
        etas = sorted(eta for block in settings.eta_blocks for eta in block.etas)
        with _named(config, study, files["ensemble"]):
            solver = solver or _operator_solver(build_model(physics))
            found += check_draws(physics, settings.samples, etas, solver)
    codes = _own_observables(config, study)
    states = _trial_states(settings, physics, codes)
    for key, code in codes.items():
        with _named(config, study, settings.read_files[key]):
            found += check_observable(code, physics, states)
    return found


def fingerprints(config: Config, study: str, backwards: bool = False) -> dict[str, list[Any]]:
    """What the user's own functions of a study return in this process, by `file: function()`.

    Of model(), a digest; of perturbation(), a digest for each of the first samples; of an
    observable, its numbers for the trial states; each at both ends of the axes. backwards: whether
    samples and states are taken in the opposite order. OwnCodeError as in `check_code`.
    """
    settings, found = config.studies[study], defaultdict[str, list[Any]](list)
    files, codes = settings.read_files, _own_observables(config, study)
    for physics in config.ends(study):
        if "model" in files:
            with _named(config, study, files["model"]):
                model = build_model(physics)
            operators = (model.hamiltonian, model.jump_operators)
            found[f"{files['model']}: model()"].append(_digest(operators))
        if "ensemble" in files:
            samples = range(min(settings.samples, FIRST_DRAWS))
            order = samples[::-1] if backwards else samples
            with _named(config, study, files["ensemble"]):
                draws = Draws(physics)
                made = {k: _digest(draws.again(k)) for k in order}
            found[f"{files['ensemble']}: perturbation()"] += [made[k] for k in samples]
        states = _trial_states(settings, physics, codes)
        for key, code in codes.items():
            with _named(config, study, files[key]):
                numbers = trial_numbers(code, physics, states, backwards)
            found[f"{files[key]}: {code.function}()"] += numbers
    return dict(found)


def differing(config: Config, study: str, made: dict[str, list[Any]]) -> tuple[str, str] | None:
    """The first function that returns something else here than in another process, and what.

    made: `fingerprints` of the other process. Digests must be equal, and numbers up to rounding.
    """
    for where, here in fingerprints(config, study, backwards=True).items():
        if here != made[where]:
            if isinstance(here[0], str):
                return where, "operators"
            if not is_close(here, made[where]):
                return where, "numbers"
    return None


def _own_observables(config: Config, study: str) -> dict[str, OwnObservableCode]:
    """Observables of the user's own, by key: `observables.0`."""
    own = [one for one in config.observables(study) if isinstance(one, OwnObservableCode)]
    return dict(zip(files_of(config.studies[study].observables), own, strict=True))


def _trial_states(settings: Study, physics: Physics, codes: Mapping[str, Any]) -> np.ndarray:
    """The states on which observables are tried; none if there are none to try."""
    etas = [eta for block in settings.eta_blocks for eta in block.etas]
    return trial_states(physics, etas) if codes else np.empty(0)


def _digest(operators: tuple[np.ndarray, ...]) -> str:
    return hashlib.sha256(b"".join(operator.tobytes() for operator in operators)).hexdigest()


@contextmanager
def _named(config: Config, study: str, file: str) -> Iterator[None]:
    """Say of an error in which study, file and line it is."""
    text = config.text_of(file)
    try:
        _check_imports(text, Path(file).parent)
        yield
    except OwnCodeError as error:
        numbers = list(code_lines(text))
        line = f", line {numbers[min(error.line, len(numbers)) - 1]}" if error.line else ""
        raise OwnCodeError(f"studies.{study}: {file}{line}: {error.problem}") from None


def _check_imports(text: str, folder: Path) -> None:
    """OwnCodeError for an import of a file beside it, which decides rows but is not hashed."""
    try:
        nodes = list(ast.walk(ast.parse("\n".join(code_lines(text).values()))))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return  # running it will say more
    beside = {folder.resolve(), Path.cwd()}
    for node in nodes:
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{'.' * node.level}{node.module or ''}"]
        else:
            continue
        for name in names:
            if name.startswith(".") or _places(name.partition(".")[0]) & beside:
                raise OwnCodeError(
                    f"imports {name}, a file beside it, whose changes would not be "
                    "noticed; put its code into this file",
                    node.lineno,
                )


def _places(name: str) -> set[Path]:
    """Folders in which a module of this name would be found."""
    if name in sys.stdlib_module_names or name == "syncsweep":
        return set()
    try:
        spec = find_spec(name)
    except (ImportError, ValueError):
        return set()
    if spec is None:
        return set()
    paths = list(spec.submodule_search_locations or [])
    if spec.origin and not paths:
        paths = [spec.origin]
    return {Path(path).resolve().parent for path in paths}


def _reproducible_model(physics: Physics) -> Model:
    model, again = build_model(physics), build_model(physics)
    if not is_equal(
        (model.hamiltonian, model.jump_operators), (again.hamiltonian, again.jump_operators)
    ):
        raise OwnCodeError("model() returns different operators each time; it must not be random")
    return model


def _operator_solver(model: Model) -> OperatorSolver | None:
    """The solver of models above D = 81, and None for others; OwnCodeError if it refuses one."""
    if model.dim <= MOST_DENSE:
        return None
    try:
        return OperatorSolver(model)
    except UnservedModelError as error:
        raise OwnCodeError(
            f"model(): a model of D = {model.dim} dimensions cannot be solved: {error}"
        ) from None


def _check_oscillations(model: Model, may_be_damped: bool) -> list[str]:
    """OwnCodeError if L₀ is too large, or no coherence oscillates where one must.

    Notes if that is not known, and if nothing locks in the limit η → 0⁺. may_be_damped: whether the
    phase of a spin itself is measured, so that one steady state of L₀ is enough.
    """
    unchecked = "did not check whether coherences oscillate undamped, because the Liouvillian "
    is_large = model.dim > MOST_DENSE
    entries = count_entries(model.lindbladian)
    if entries > _MOST_ENTRIES and is_large and not may_be_damped:
        return [f"{unchecked}has {entries:,} entries (limit of the check: {_MOST_ENTRIES:,})"]
    if entries > _MOST_ENTRIES and not is_large:
        raise OwnCodeError(
            f"model(): the Liouvillian of H and the jump operators has up to {entries:,} entries, "
            f"but the solver handles at most {_MOST_ENTRIES:,}; use jump operators with fewer "
            "entries, or smaller spins"
        )
    if may_be_damped:
        return []
    L0 = liouvillian(model.hamiltonian, model.jump_operators)
    block = largest_block(L0)
    if block > _LARGEST_BLOCK:
        unchecked += f"connects {block} of them (limit of the check: {_LARGEST_BLOCK})"
        memory = math.ceil(_BLOCK_BYTES * block**2 / 1e6)
        cost = (
            f"; a sample takes minutes, and a rank about {memory} MB; for Slurm, set "
            "mem_mb_per_cpu of solve_shard"
        )
        return [unchecked + ("" if is_large else cost)]
    spectrum = Spectrum(L0)
    eigenvalues = spectrum.eigenvalues
    turning = eigenvalues[eigenvalues.imag > spectrum.tolerance]
    if np.any(spectrum.decay_free & (eigenvalues.imag > spectrum.tolerance)):
        return [] if _locks_at_limit(spectrum, model.spins) else [_NO_LOCKING]
    found = "and no other coherences"
    if len(turning):
        slowest = turning[np.argmax(turning.real)]
        found = f"λ = {slowest.real:.3g} + {slowest.imag:.3g}i is the least damped"
    raise OwnCodeError(
        "model(): no coherence oscillates undamped: the Liouvillian of H and the jump operators "
        f"has no eigenvalue with Re λ = 0 and Im λ ≠ 0 ({found}), so nothing can synchronise"
    )


def _locks_at_limit(spectrum: Spectrum, spins: tuple[float, ...]) -> bool:
    """Whether S_d is not uniform for some stationary state of L₀; ρ(0⁺) is one of these states."""
    stationary = unvectorize(spectrum.eigenspace(0)[0].T)
    coefficients = relative_phase_coefficients(stationary, spins)
    return bool(np.abs(coefficients[:, 1:]).max() > _UNIFORM)
