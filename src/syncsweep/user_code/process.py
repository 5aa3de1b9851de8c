"""The check of the user's own code, in a process separate from Snakemake and `plan`.

A second process runs the code too, because a sample must be the same in all processes.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Mapping
from typing import Any

from syncsweep.config.messages import ConfigError
from syncsweep.config.study import Config, parse
from syncsweep.environment.blas import limit_blas_threads
from syncsweep.user_code import isolated

#: The second process allocates its objects elsewhere in memory. This may change the order of a set.
_OTHER_PLACES = {"PYTHONMALLOC": "malloc"}

#: After this time a message says that the check still runs [s].
_PATIENCE = 10.0


def check(config: Config, study: str) -> list[str]:
    """Check a study's own model and ensemble, as `check_code` does; notes, or ConfigError.

    A study of the package's models and ensemble needs none.
    """
    files = config.studies[study].own_files
    if not files:
        return []
    said = f"studies.{study}: {' and '.join(dict.fromkeys(files.values()))}"
    settings = config.model_dump(mode="json", include={"results", "root_seed", "ranks"})
    # The only study of a configuration must be made by default.
    alone = {**config.studies[study].model_dump(mode="json"), "by_default": True}
    request = {
        "config": {**settings, "studies": {study: alone}},
        "study": study,
        "physics_hash": config.physics(study).digest,
    }
    reminder = threading.Timer(_PATIENCE, _remind, args=(said,))
    reminder.start()
    try:
        first = _answer_of(request, said)
        again = _answer_of({**request, "again": True}, said, _OTHER_PLACES)
    finally:
        reminder.cancel()
    for role, made in first["made"].items():
        if again["made"][role] != made:
            function = {"model": "model()", "ensemble": "perturbation()"}[role]
            raise ConfigError(
                f"studies.{study}: {files[role]}: {function} returns different operators in "
                "another process, so ranks would disagree; draw all random numbers from rng, and "
                "do not depend on the time, the process, or the order of objects in a set"
            )
    notes: list[str] = first["notes"]
    return notes


def _answer_of(request: dict[str, Any], said: str, variables: Mapping[str, str] = {}) -> Any:
    """The answer of a separate process; ConfigError, which begins with `said` or the study."""
    with isolated.started("syncsweep.user_code.process", variables) as program:
        answer = next(isolated.ask(program, request), None)
        if answer is None:
            raise ConfigError(
                f"{said}: the code ended its process ({isolated.end_of(program)}) during the check"
            )
    if isolated.ERROR in answer:
        problem: str = answer[isolated.ERROR]
        is_named = problem.startswith(f"studies.{request['study']}: ")
        raise ConfigError(problem if is_named else f"{said}: {problem}")
    return answer


def _remind(said: str) -> None:
    print(f"{said}: the check still runs; Ctrl-C ends it", file=sys.stderr, flush=True)


def main() -> None:
    """Answer with the notes of the check and with digests; when asked again, with digests only."""
    limit_blas_threads()
    isolated.serve(_answer)


def _answer(request: dict[str, Any], say: Callable[..., None]) -> None:
    # Imported here, because a BLAS reads its limit when NumPy is loaded.
    from syncsweep.user_code.check import check_code, fingerprints

    config, study = parse(request["config"]), request["study"]
    if config.physics(study).digest != request["physics_hash"]:
        raise ConfigError(f"studies.{study}: its code has just changed; run this command again")
    if request.get("again"):
        say(made=fingerprints(config, study, backwards=True))
    else:
        notes = check_code(config, study)
        say(notes=notes, made=fingerprints(config, study))


if __name__ == "__main__":
    main()
