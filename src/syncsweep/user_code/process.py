"""The check of the user's own code, in a process separate from Snakemake and `plan`.

A second process runs the code too, because a sample must be the same in all processes.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Mapping
from typing import Any

from syncsweep.config.configuration import Config, parse
from syncsweep.config.messages import ConfigError
from syncsweep.config.physics import digest_of
from syncsweep.environment.blas import limit_blas_threads
from syncsweep.user_code import isolated

#: The second process allocates its objects elsewhere in memory. This may change the order of a set.
_OTHER_PLACES = {"PYTHONMALLOC": "malloc"}

#: After this time a message says that the check still runs [s].
_PATIENCE = 10.0


def check(config: Config, study: str) -> list[str]:
    """Check a study's own model, ensemble and observables, as `check_code`; notes, or ConfigError.

    A study without code of the user's own needs none.
    """
    files = config.studies[study].read_files
    if not files:
        return []
    said = f"studies.{study}: {' and '.join(dict.fromkeys(files.values()))}"
    settings = config.model_dump(mode="json", include={"results", "root_seed", "ranks"})
    # The only study of a configuration must be made by default.
    alone = {**config.studies[study].model_dump(mode="json"), "by_default": True}
    request = {
        "config": {**settings, "studies": {study: alone}},
        "study": study,
        "decided_by": _decided_by(config, study),
    }
    reminder = threading.Timer(_PATIENCE, _remind, args=(said,))
    reminder.start()
    try:
        first = _answer_of(request, said)
        again = _answer_of({**request, "made": first["made"]}, said, _OTHER_PLACES)
    finally:
        reminder.cancel()
    if again["differs"]:
        where, what = again["differs"]
        drawn = "draw all random numbers from rng, and " if what == "operators" else ""
        raise ConfigError(
            f"studies.{study}: {where} returns different {what} in another process, so ranks "
            f"would disagree; {drawn}do not depend on the time, the process, or the order of "
            "objects in a set"
        )
    notes: list[str] = first["notes"]
    return notes


def _decided_by(config: Config, study: str) -> str:
    """A digest of all code of the user's own that decides rows and their observables."""
    codes = [code.model_dump(mode="json") for code in config.observables(study)]
    return digest_of([config.physics(study).digest, codes])


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
    """Answer with notes and with what the code made, or with what differs from what it made."""
    limit_blas_threads()
    isolated.serve(_answer)


def _answer(request: dict[str, Any], say: Callable[..., None]) -> None:
    # Imported here, because a BLAS reads its limit when NumPy is loaded.
    from syncsweep.user_code.check import check_code, differing, fingerprints

    config, study = parse(request["config"]), request["study"]
    if _decided_by(config, study) != request["decided_by"]:
        raise ConfigError(f"studies.{study}: its code has just changed; run this command again")
    if "made" in request:
        say(differs=differing(config, study, request["made"]))
    else:
        notes = check_code(config, study)
        say(notes=notes, made=fingerprints(config, study))


if __name__ == "__main__":
    main()
