"""One sample: from (study, i) to the rows of a block.

Sample i is the same for any number of ranks, chunk size, block and order. Its random streams are
spawned from the root seed by (i, purpose) only, and all η share its L₍₁₎.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

import numpy as np

from syncsweep.config.axes import Point, column_of
from syncsweep.config.messages import ConfigError
from syncsweep.config.observables import ObservableCode
from syncsweep.config.physics import Physics
from syncsweep.physics.diagnosis import ACCURACY, Status, SteadyStates
from syncsweep.physics.measures import RESOLUTION, Maximum, s_max, s_max_on_lattice
from syncsweep.physics.phase_distribution import coefficients_of, frequencies_of
from syncsweep.physics.random_streams import Purpose, stream
from syncsweep.sample.rows import MOST_UNITS, Rows, joined, pack_coefficients
from syncsweep.user_code.code import MissingHereError, OwnCodeError
from syncsweep.user_code.study_observables import Observables
from syncsweep.user_code.study_solver import StudySolver, solve_together

#: Status of a sample whose computation raised an error, in the linear algebra or in the user's own
#: perturbation.
FAILED = "failed"

#: Largest estimated error of S_d that an `ok` row may have, in units of S_max. An error below
#: `RESOLUTION` is always allowed.
PRECISION = 1e-7


def chi_shift(root_seed: int, sample: int, n_angles: int) -> np.ndarray:
    """Offset of a sample's χ grid in units of its spacing, (N−1,), the same for every η."""
    return stream(root_seed, sample, Purpose.CHI_SHIFT).random(n_angles)


def _allowed_errors(coefficients: np.ndarray, s_max: np.ndarray) -> np.ndarray:
    """Largest estimated errors (n_eta,) at which S_max is known to `PRECISION` or unresolved."""
    relative = s_max / coefficients[:, 0].real
    return np.clip(np.nan_to_num(PRECISION * relative), RESOLUTION, ACCURACY)


def _status(steady: SteadyStates, allowed: np.ndarray) -> np.ndarray:
    """Status of each η; it is also `inaccurate` if the estimated error is above `allowed`."""
    with np.errstate(divide="ignore", invalid="ignore"):
        rough = steady.residual / steady.condition > allowed
    return np.where((steady.status == Status.OK) & rough, str(Status.INACCURATE), steady.status)


#: How long several units may take together, because a kill loses those in hand [s].
_BATCH_SECONDS = 0.5


class SampleSolver:
    """Rows of any sample of a study for one block of η; the work shared by samples is done once.

    So is the work shared by points, if these come one after the other.
    """

    def __init__(
        self,
        physics: Physics,
        etas: tuple[float, ...],
        observables: Iterable[ObservableCode] = (),
    ) -> None:
        """OwnCodeError if code of the user's own fails; ConfigError if no solver serves L₀."""
        self._etas = np.array(etas)
        self._physics = physics
        self._distribution = physics.model.spins, physics.measure
        self._frequencies = frequencies_of(*self._distribution)
        self.observables = Observables(observables, physics.model.spins)
        self._point: Point = ()
        self._solver: StudySolver | None = None
        if not physics.axes:
            self._at(())
        #: Why samples failed, by sample.
        self.problems: dict[int, str] = {}

    def _at(self, point: Point) -> StudySolver:
        """The solver of a point; OwnCodeError and ConfigError as above."""
        if self._solver is None or point != self._point:
            physics = self._physics.at(point)
            try:
                known = self._solver and self._solver.with_ensemble(physics)
                self._solver = known or StudySolver(physics, self._etas)
            except ConfigError as error:
                raise error.at(self._named(point)) from None
            self._point = point
        return self._solver

    def batch_size(self, seconds: float) -> int:
        """How many units to solve together; seconds: how long one took in the last batch."""
        at_once = self._solver.at_once if self._solver else 1
        return max(1, min(MOST_UNITS, at_once, int(_BATCH_SECONDS / seconds)))

    def rows(self, sample: int, point: Point = ()) -> Rows:
        """The rows of one sample; see `rows_of`."""
        return self.rows_of([(point, sample)])

    def rows_of(self, units: Sequence[tuple[Point, int]]) -> Rows:
        """Draw samples, solve them for every η of the block and measure their S_d.

        units: values of the axes of the study, and the number of a sample. The more units of one
        model follow each other, the less time each takes. No bit of a row depends on other units.

        MissingHereError if the user's own perturbation needs something that is missing here, but
        that another machine may have. After any other error in it, the sample has failed.
        """
        solvers = [(self._at(point), sample) for point, sample in units]
        # Points whose ensembles differ share the model.
        groups = [list(group) for _, group in groupby(solvers, lambda unit: id(unit[0].model))]
        steady = SteadyStates.joined([one for group in groups for one in self._states(group)])
        try:
            return self._measured(units, steady)
        except MissingHereError:
            raise
        except (np.linalg.LinAlgError, OwnCodeError) as error:
            if len(units) > 1:
                return joined([self.rows_of([unit]) for unit in units])
            ((_, sample),) = units
            n_eta, (n_k, n_angles) = len(self._etas), self._frequencies.shape
            nowhere = Maximum(np.full(n_eta, np.nan), np.full((n_eta, n_angles), np.nan))
            unknown = np.full((n_eta, n_k), complex(np.nan, np.nan))
            return self._rows(units, self._failed(sample, error), unknown, nowhere)

    def _states(self, units: Sequence[tuple[StudySolver, int]]) -> list[SteadyStates]:
        """The steady states of samples of one L₀: together, if none of them fails."""
        try:
            return [solve_together(units, self._allowed)]
        except MissingHereError:
            raise
        except (np.linalg.LinAlgError, OwnCodeError) as error:
            if len(units) > 1:
                return [one for unit in units for one in self._states([unit])]
            return [self._failed(units[0][1], error)]

    def _measured(self, units: Sequence[tuple[Point, int]], steady: SteadyStates) -> Rows:
        coefficients = coefficients_of(steady.rho, *self._distribution)
        of_units = coefficients.reshape(len(units), len(self._etas), -1)
        return self._rows(units, steady, coefficients, s_max(of_units, self._frequencies))

    def _rows(
        self,
        units: Sequence[tuple[Point, int]],
        steady: SteadyStates,
        coefficients: np.ndarray,
        maximum: Maximum,
    ) -> Rows:
        n_eta, heights = len(self._etas), maximum.s_max.ravel()
        status = _status(steady, _allowed_errors(coefficients, heights))
        good = status == str(Status.OK)
        # Observables see each unit by itself, so that their bits do not depend on other units.
        parts = [slice(k * n_eta, (k + 1) * n_eta) for k in range(len(units))]
        values = [self.observables.values(steady.rho[part], good[part]) for part in parts]
        points = np.array([point for point, _ in units], dtype=float).reshape(len(units), -1)
        return Rows(
            sample=np.repeat([sample for _, sample in units], n_eta),
            eta=steady.etas,
            s_d=pack_coefficients(coefficients),
            s_max=heights,
            angles=maximum.angles.reshape(len(heights), -1),
            residual=steady.residual,
            condition=steady.condition,
            trace_error=steady.trace_error,
            hermiticity_error=steady.hermiticity_error,
            smallest_eigenvalue=steady.smallest_eigenvalue,
            status=status,
            method=steady.method,
            axes=dict(
                zip(map(column_of, self._physics.axes), np.repeat(points, n_eta, 0).T, strict=True)
            ),
            observables={name: np.concatenate([one[name] for one in values]) for name in values[0]},
        )

    def _named(self, point: Point) -> dict[str, float]:
        """The values of the axes at a point, by column."""
        return dict(zip(map(column_of, self._physics.axes), point, strict=True))

    def _allowed(self, states: np.ndarray) -> np.ndarray:
        """Largest errors (n_eta,) that steady states (n_eta, D, D) may have, or a little less."""
        coefficients = coefficients_of(states, *self._distribution)
        return _allowed_errors(coefficients, s_max_on_lattice(coefficients, self._frequencies))

    def _failed(self, sample: int, error: Exception) -> SteadyStates:
        """What stands for the steady states of a sample that has failed."""
        self.problems[sample] = str(error)
        n_eta, dim = len(self._etas), self._physics.dim
        unknown = np.full(n_eta, np.nan)
        return SteadyStates(
            etas=self._etas,
            rho=np.full((n_eta, dim, dim), complex(np.nan, np.nan)),
            residual=unknown,
            condition=unknown,
            trace_error=unknown,
            hermiticity_error=unknown,
            smallest_eigenvalue=unknown,
            status=np.full(n_eta, FAILED),
            method=np.full(n_eta, "none"),
        )
