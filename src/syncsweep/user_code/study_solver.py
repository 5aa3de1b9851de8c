"""Steady states of the samples of a study: which perturbation each has, and which solver serves it.

`OperatorSolver` serves perturbations of few terms, if it knows L₀. All others become matrices
(D², D²), which `SteadyStateSolver` serves.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from functools import cached_property
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING

import numpy as np

from syncsweep.config.messages import ConfigError
from syncsweep.config.physics import (
    MOST_DENSE,
    Ensemble,
    Physics,
    TwoSpin1sPerturbation,
    most_jumps,
)
from syncsweep.config.sizing import MOST_STACKED
from syncsweep.config.user_code import EnsembleCode
from syncsweep.physics.diagnosis import Status, SteadyStates
from syncsweep.physics.ensembles import STREAMS, random_local_sum, random_low_rank
from syncsweep.physics.generator import UnservedModelError
from syncsweep.physics.lindbladian import Perturbation, terms_of_rows
from syncsweep.physics.local_sum import LocalSum
from syncsweep.physics.low_rank import LowRank
from syncsweep.physics.models import two_spin1s_perturbation
from syncsweep.physics.perturbation import (
    random_generator,
    random_perturbation,
)
from syncsweep.physics.random_streams import stream
from syncsweep.physics.stacked_draws import lindblad_generators, random_generators
from syncsweep.physics.stacked_systems import StackedSolver
from syncsweep.physics.steady_state import REFINED_DIMENSIONS, AllowedErrors, SteadyStateSolver
from syncsweep.user_code.code import OwnPerturbation
from syncsweep.user_code.study_model import build_model

if TYPE_CHECKING:
    from syncsweep.physics.operator_solver import OperatorSolver


class StudySolver:
    """Steady states of any sample of a study for some η, (n_eta,); the work on L₀ is done once."""

    def __init__(self, physics: Physics, etas: np.ndarray) -> None:
        """OwnCodeError if code of the user's own fails; ConfigError if no solver serves L₀."""
        self.model = build_model(physics)
        self._physics, self._etas = physics, etas
        self._own_perturbation = _own_perturbation(physics)
        self._by_operators = self._operator_solver() if physics.may_have_few_terms else None
        self.stacked: StackedSolver | None = None
        if self._by_operators is None:
            # This shows what is wrong with L₀ before the first sample.
            dense = self._dense
            if self.model.dim <= MOST_STACKED and not dense.modes.doubt:
                self.stacked = StackedSolver(dense, etas)

    def with_ensemble(self, physics: Physics) -> StudySolver | None:
        """The solver of the same model under another ensemble; None for another model.

        What is known of L₀ is shared. OwnCodeError as above.
        """
        mine = self._physics
        same = (physics.model, physics.may_have_few_terms) == (mine.model, mine.may_have_few_terms)
        if not same:
            return None
        solver = copy(self)
        solver._physics, solver._own_perturbation = physics, _own_perturbation(physics)
        return solver

    def _operator_solver(self) -> OperatorSolver | None:
        """None if it does not serve L₀, but the other solver does; ConfigError if none does."""
        from syncsweep.physics.operator_solver import OperatorSolver  # no small system needs it

        try:
            return OperatorSolver(self.model)
        except UnservedModelError as error:
            if self.model.dim <= MOST_DENSE:
                return None
            raise ConfigError(
                f"a model of D = {self.model.dim} dimensions cannot be solved: {error}"
            ) from None

    @cached_property
    def _dense(self) -> SteadyStateSolver:
        return SteadyStateSolver(self.model.lindbladian)

    @property
    def at_once(self) -> int:
        """How many samples to solve together."""
        return self.stacked.at_once if self.stacked else 1

    def generators(self, samples: Sequence[int]) -> tuple[np.ndarray, np.ndarray | None]:
        """L₍₁₎ of some samples, as matrices (n, D², D²), and the terms of their rows if known."""
        ensemble = self._physics.ensemble
        if isinstance(ensemble, Ensemble) and ensemble.kind == "global":
            rngs = [stream(self._physics.root_seed, one, STREAMS["global"]) for one in samples]
            return random_generators(rngs, self.model.dim, **ensemble.model_dump()), None
        drawn = [self.perturbation(sample) for sample in samples]
        operators = [one for one in drawn if isinstance(one, LowRank)]
        if not operators:
            return np.stack([one.matrix() for one in drawn]), None
        hamiltonians = np.stack([one.hamiltonian for one in operators])
        matrices = lindblad_generators(hamiltonians, [one.jump_operators for one in operators])
        terms = [terms_of_rows(one.hamiltonian, one.jump_operators) for one in operators]
        return matrices, np.stack(terms)

    def states(self, sample: int, allowed: AllowedErrors) -> SteadyStates:
        """The steady states of a sample; allowed: as of `SteadyStateSolver.solve_perturbation`.

        OwnCodeError if the user's own perturbation fails; LinAlgError.
        """
        ensemble = self._physics.ensemble
        is_global = isinstance(ensemble, Ensemble) and ensemble.kind == "global"
        if is_global and not self._by_operators and self.model.dim > REFINED_DIMENSIONS:
            # Nothing is refined here, so that L₍₁₎ is drawn as one matrix: it takes least memory.
            rng = stream(self._physics.root_seed, sample, STREAMS["global"])
            matrix = random_generator(rng, self.model.dim, **ensemble.model_dump())
            return self._dense.solve_real(matrix, self._etas)
        drawn = self.perturbation(sample)
        if isinstance(drawn, Perturbation):
            return self._dense.solve_perturbation(drawn, self._etas, allowed)
        if self._by_operators and self._has_few_terms(drawn):
            found = self._by_operators.solve(drawn, self._etas)
            # A larger η may lift what the first order leaves, and then matrices show it.
            if self.model.dim > MOST_DENSE or np.any(found.status != Status.DEGENERATE):
                return found
        return self._dense.solve_perturbation(drawn.dense(), self._etas, allowed)

    def perturbation(self, sample: int) -> Perturbation | LowRank | LocalSum:
        """L₍₁₎ of a sample; OwnCodeError."""
        ensemble = self._physics.ensemble
        if isinstance(ensemble, TwoSpin1sPerturbation):
            shift, rates = ensemble.delta / 2, (ensemble.gamma_1_damp, ensemble.gamma_2_gain)
            operators = two_spin1s_perturbation(ensemble.epsilon, shift, -shift, *rates)
            return LowRank(*operators)
        law = ensemble.model_dump()
        kind = law.pop("kind", "global")
        rng = stream(self._physics.root_seed, sample, STREAMS[kind])
        if self._own_perturbation:
            return self._own_perturbation.low_rank(rng)
        if kind != "global":
            return random_local_sum(rng, self.model.spins, kind, **law)
        draw = random_low_rank if self._by_operators else random_perturbation
        return draw(rng, self.model.dim, **law)

    def _has_few_terms(self, drawn: LowRank | LocalSum) -> bool:
        if isinstance(drawn, LocalSum) or self.model.dim > MOST_DENSE:
            return True
        return len(drawn.jump_operators) <= most_jumps(self.model.dim)


def solve_together(
    units: Sequence[tuple[StudySolver, int]], allowed: AllowedErrors
) -> SteadyStates:
    """The steady states of some samples, one after the other, (len(units) · n_eta,).

    units: the numbers of samples, and the solver of each; all solvers have the same L₀. The states
    are those of `states` to a few roundings, and do not depend on the other samples. OwnCodeError,
    LinAlgError: one of the samples fails.
    """
    stacked = units[0][0].stacked
    if stacked is None:
        return SteadyStates.joined([solver.states(sample, allowed) for solver, sample in units])
    drawn = [
        solver.generators([sample for _, sample in group])
        for solver, group in groupby(units, key=itemgetter(0))
    ]
    terms = [known for _, known in drawn if known is not None]
    found = stacked.solve(
        np.concatenate([matrices for matrices, _ in drawn]),
        np.concatenate(terms) if len(terms) == len(drawn) else None,
    )
    if found.solved.all():
        return found.states
    n_eta = len(found.states.etas) // len(units)
    return SteadyStates.joined(
        [
            found.states.part(slice(k * n_eta, (k + 1) * n_eta))
            if found.solved[k]
            else solver.states(sample, allowed)
            for k, (solver, sample) in enumerate(units)
        ]
    )


def _own_perturbation(physics: Physics) -> OwnPerturbation | None:
    if isinstance(physics.ensemble, EnsembleCode):
        return OwnPerturbation(physics.ensemble, physics.model.spins)
    return None
