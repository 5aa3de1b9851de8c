"""Trial draws of an ensemble of the user's own, made before the first job of a sweep."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np

from syncsweep.config.physics import Physics
from syncsweep.config.user_code import EnsembleCode
from syncsweep.physics.diagnosis import Status, SteadyStates
from syncsweep.physics.low_rank import LowRank
from syncsweep.physics.operator_solver import OperatorSolver
from syncsweep.physics.perturbation import perturbation_of
from syncsweep.physics.random_streams import Purpose, stream
from syncsweep.physics.steady_state import SteadyStateSolver
from syncsweep.user_code.code import MissingHereError, OwnCodeError, OwnPerturbation
from syncsweep.user_code.study_model import build_model

#: Number of samples that are drawn and solved at first, and at most. More than the first ones are
#: drawn as long as all draws are the same, or some cannot be used for a sweep.
FIRST_DRAWS, _MOST_DRAWS = 3, 16

#: Largest dimension of the Hilbert space at which samples are solved here, each within a second.
_SOLVED_DIMENSIONS = 27


def is_equal(some: tuple[np.ndarray, ...], others: tuple[np.ndarray, ...]) -> bool:
    """Whether two lists of operators are the same."""
    return all(np.array_equal(one, other) for one, other in zip(some, others, strict=True))


class Draws:
    """Trial draws of an ensemble of the user's own: V (D, D) and jump operators (k, D, D)."""

    def __init__(self, physics: Physics) -> None:
        assert isinstance(physics.ensemble, EnsembleCode)
        self._draw = OwnPerturbation(physics.ensemble, physics.model.spins)
        self._root_seed = physics.root_seed
        self._made: dict[int, tuple[np.ndarray, np.ndarray]] = {}
        #: Whether a draw has taken random numbers from its rng.
        self.use_rng = False

    def of(self, sample: int) -> tuple[np.ndarray, np.ndarray]:
        """The draw of a sample, made once."""
        if sample not in self._made:
            self._made[sample] = self.again(sample)
        return self._made[sample]

    def again(self, sample: int) -> tuple[np.ndarray, np.ndarray]:
        """A new draw of a sample."""
        rng = stream(self._root_seed, sample, Purpose.PERTURBATION)
        untouched = _state(rng)
        with _trial(sample):
            drawn = self._draw.operators(rng)
        self.use_rng = self.use_rng or _state(rng) != untouched
        return drawn


def _state(rng: np.random.Generator) -> tuple[object, ...]:
    """The part of a generator that changes if numbers are drawn or generators spawned from it."""
    source = rng.bit_generator
    return source.state, getattr(source.seed_seq, "n_children_spawned", None)


def check_draws(
    physics: Physics, samples: int, etas: list[float], solver: OperatorSolver | None = None
) -> list[str]:
    """OwnCodeError if a sweep can use no trial draw; notes if it cannot use some of them.

    etas: of the sweep, ascending; solver: the one that the samples need, for D > 81.
    """
    draws, most, notes = Draws(physics), min(samples, _MOST_DRAWS), []
    if not is_equal(draws.of(0), draws.again(0)):
        raise OwnCodeError(
            "perturbation() returns different operators for the same rng, so no sample could be "
            "reproduced; draw all random numbers from rng, and keep nothing from one call to the "
            "next"
        )
    if samples > 1 and all(is_equal(draws.of(0), draws.of(k)) for k in range(1, most)):
        if not draws.use_rng:
            raise OwnCodeError(
                "perturbation() returns the same operators for every sample; draw from rng, or set "
                "samples: 1"
            )
        notes.append(
            f"perturbation() draws from rng, but returned the same operators for the first {most} "
            "samples; check that it should differ so rarely"
        )
    if all(_perturbs_nothing(draws.of(k)) for k in range(most)):
        raise OwnCodeError(
            "perturbation() perturbs nothing: V and all jump operators are multiples of the unit "
            f"matrix in all {most} trial draws"
        )
    if solver:
        notes += _check_steady_states(
            lambda k: solver.solve(LowRank(*draws.of(k)), [0.0]), most, "in first order in η"
        )
    elif physics.dim <= _SOLVED_DIMENSIONS:
        dense = SteadyStateSolver(build_model(physics).lindbladian)
        notes += _check_steady_states(
            lambda k: dense.solve_perturbation(perturbation_of(*draws.of(k)), etas),
            most,
            f"even at η = {etas[-1]:g}",
        )
    return notes


def _check_steady_states(solve: Callable[[int], SteadyStates], most: int, where: str) -> list[str]:
    """OwnCodeError if no trial draw leaves a single steady state; a note if some do not.

    solve: from the number of a draw to its steady states; where: the η of these.
    """
    several: list[bool] = []
    while len(several) < most and (len(several) < FIRST_DRAWS or any(several)):
        several.append(bool(np.all(solve(len(several)).status == Status.DEGENERATE)))
    said = (
        f"perturbation() leaves several steady states in {sum(several)} of {len(several)} trial "
        f"draws, {where}"
    )
    if all(several):
        raise OwnCodeError(f"{said}; it must break the symmetries of the model")
    if any(several):
        return [f"{said}; such samples have the status {Status.DEGENERATE} and enter no average"]
    return []


@contextmanager
def _trial(sample: int) -> Iterator[None]:
    """Add to an error that it came from a trial draw, unless every draw would fail like this."""
    try:
        yield
    except MissingHereError:
        raise
    except OwnCodeError as error:
        if sample == 0 and error.line is None:
            raise
        raise OwnCodeError(
            f"{error.problem}; this was a trial draw (sample {sample}) before the first job, and "
            "all trial draws must succeed",
            error.line,
        ) from None


def _perturbs_nothing(drawn: tuple[np.ndarray, np.ndarray]) -> bool:
    """Whether V and all jump operators are multiples of the unit matrix."""
    return all(_is_number(operator) for operator in (drawn[0], *drawn[1]))


def _is_number(operator: np.ndarray) -> bool:
    """Whether an operator (D, D) is a multiple of the unit matrix."""
    return bool(np.array_equal(operator, operator[0, 0] * np.eye(len(operator))))
