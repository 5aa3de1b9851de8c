"""One sample: from (study, i) to the rows of a block.

Sample i is the same for any number of ranks, chunk size, block and order. Its random streams are
spawned from the root seed by (i, purpose) only, and all η share its L₍₁₎.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from syncsweep.config.axes import Point, column_of
from syncsweep.config.messages import ConfigError
from syncsweep.config.observables import ObservableCode
from syncsweep.config.physics import Physics
from syncsweep.physics.diagnosis import ACCURACY, Status, SteadyStates
from syncsweep.physics.measures import RESOLUTION, s_max, s_max_on_lattice
from syncsweep.physics.phase_distribution import coefficients_of, frequencies_of
from syncsweep.physics.random_streams import Purpose, stream
from syncsweep.rows import COLUMNS, Rows, pack_coefficients
from syncsweep.user_code.code import MissingHereError, OwnCodeError
from syncsweep.user_code.study_observables import Observables
from syncsweep.user_code.study_solver import StudySolver

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


class SampleSolver:
    """Rows of any sample of a study for one block of η; the work shared by samples is done once.

    That shared by points is done once too, if they come one after the other.
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

    def rows(self, sample: int, point: Point = ()) -> Rows:
        """Draw sample `sample`, solve it for every η of the block and measure its S_d.

        point: values of the axes of the study.

        MissingHereError if the user's own perturbation needs something that is missing here, but
        that another machine may have. After any other error in it, the sample has failed.
        """
        solver = self._at(point)
        try:
            steady = solver.states(sample, self._allowed)
            coefficients = coefficients_of(steady.rho, *self._distribution)
            maximum = s_max(coefficients, self._frequencies)
            status = _status(steady, _allowed_errors(coefficients, maximum.s_max))
            values = self.observables.values(steady.rho, status == str(Status.OK))
        except MissingHereError:
            raise
        except (np.linalg.LinAlgError, OwnCodeError) as error:
            self.problems[sample] = str(error)
            return self._failed(sample, point)
        return Rows(
            sample=np.full(len(self._etas), sample),
            eta=self._etas,
            s_d=pack_coefficients(coefficients),
            s_max=maximum.s_max,
            angles=maximum.angles,
            residual=steady.residual,
            condition=steady.condition,
            trace_error=steady.trace_error,
            hermiticity_error=steady.hermiticity_error,
            smallest_eigenvalue=steady.smallest_eigenvalue,
            status=status,
            method=steady.method,
            axes=self._named(point),
            observables=values,
        )

    def _named(self, point: Point) -> dict[str, float]:
        """The values of the axes at a point, by column."""
        return dict(zip(map(column_of, self._physics.axes), point, strict=True))

    def _allowed(self, states: np.ndarray) -> np.ndarray:
        """Largest errors (n_eta,) that steady states (n_eta, D, D) may have, or a little less."""
        coefficients = coefficients_of(states, *self._distribution)
        return _allowed_errors(coefficients, s_max_on_lattice(coefficients, self._frequencies))

    def _failed(self, sample: int, point: Point) -> Rows:
        n_eta, n_k = len(self._etas), len(self._frequencies)
        known = {
            "sample": np.full(n_eta, sample),
            "eta": self._etas,
            "s_d": np.full((n_eta, 2 * n_k - 1), np.nan),
            "angles": np.full((n_eta, self._frequencies.shape[1]), np.nan),
            "status": np.full(n_eta, FAILED),
            "method": np.full(n_eta, "none"),
        }
        unknown = dict.fromkeys((one.name for one in COLUMNS), np.full(n_eta, np.nan))
        states = np.empty((n_eta, 0, 0))
        values = self.observables.values(states, np.zeros(n_eta, dtype=bool))
        return Rows(**unknown | known, axes=self._named(point), observables=values)
