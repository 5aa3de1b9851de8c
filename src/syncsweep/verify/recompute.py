"""Recompute random rows with `physics.literal`, which shares no solver with the sweep.

Chains with superoperators that are too large take `physics.literal_operators`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from math import inf, isnan, pi
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa

from syncsweep.config.physics import MOST_DENSE, Physics, TwoSpin1sPerturbation
from syncsweep.physics import literal, literal_operators
from syncsweep.physics.diagnosis import Status
from syncsweep.physics.ensembles import SITES_OF_TERM, STREAMS, LocalKind
from syncsweep.physics.phase_distribution import frequencies_of
from syncsweep.physics.random_streams import stream
from syncsweep.sample.rows import unpack_coefficients
from syncsweep.sample_range import SampleRange
from syncsweep.sweep.description import Description
from syncsweep.sweep.row_table import column
from syncsweep.sweep.shard import ShardError, read_shard
from syncsweep.user_code.study_model import build_model
from syncsweep.verify.verify_text import Report
from syncsweep.wording import number_of

#: Largest difference of a row from its recomputation, in units of the uniform density.
TOLERANCE = 1e-9

#: Largest dimension D at which L₁ may have any rank. Above it, the double sum over all F_n takes
#: minutes, so L₁ must have local terms or low rank. Above `MOST_DENSE`, no superoperator is made.
_MOST_OF_FULL_RANK = 27

#: Largest rank of a perturbation of the whole space, by D, with which a longer chain takes minutes.
_MOST_JUMPS = {243: 16, 729: 4}

#: Least condition at which two programs agree to TOLERANCE: they agree to rounding/condition.
_LEAST_CONDITION = 1e-6

#: Largest ratio of two terms of a model that a dense solve in double precision can resolve.
_LARGEST_RATIO = 1e6

#: Parameters that a longer chain must have, so that its zero modes are those written down.
_WITHOUT_SYMMETRY = ("omega", "J", "delta", "gamma")

_OWN = "of your own models or ensembles, whose code this command never runs"
_FAR_APART = f"of models whose terms differ by more than {_LARGEST_RATIO:g}"
_SYMMETRIC = (
    f"of more than {MOST_DENSE} dimensions in which {', '.join(_WITHOUT_SYMMETRY[:-1])} or "
    f"{_WITHOUT_SYMMETRY[-1]} is 0"
)
_NOT_CONVERGED = "for which GMRES does not converge, though they may be right"
_NOT_OK = "whose status is not ok"
_ILL_CONDITIONED = f"with a reciprocal condition number below {_LEAST_CONDITION:g}"

_ADVICE = (
    "check that NumPy and syncsweep have the versions that the shard names under `run`; if they "
    "do, remove the shard and run the same snakemake command again"
)


@dataclass(frozen=True)
class RowsOfShard:
    """A valid shard, how many of its rows can be recomputed, and why others cannot."""

    path: Path
    described: Description
    samples: SampleRange
    comparable: int
    left_out: dict[str, int]


def rows_of_shard(
    path: Path, described: Description, samples: SampleRange, table: pa.Table
) -> RowsOfShard:
    """Count the rows of a shard that can be recomputed and compared."""
    reasons = Counter(_reasons(described, table).tolist())
    return RowsOfShard(path, described, samples, reasons.pop("", 0), dict(reasons))


def _reasons(described: Description, table: pa.Table) -> np.ndarray:
    """Why each row of a shard is left out, (rows,); "" for a row that is not left out."""
    if described.physics.is_own:
        return np.full(table.num_rows, _OWN, dtype=object)
    of_points = [_reason(described.physics.at(point)) for point in described.points]
    of_physics = np.repeat(np.array(of_points, object), table.num_rows // len(of_points))
    ill = ~(column(table, "condition") >= _LEAST_CONDITION)
    not_ok = column(table, "status") != str(Status.OK)
    of_row = np.where(not_ok, _NOT_OK, np.where(ill, _ILL_CONDITIONED, ""))
    return np.where(of_physics == "", of_row, of_physics).astype(object)


def _reason(physics: Physics) -> str:
    """Why all rows of a physics that is not the user's own are left out, or ""."""
    rank = getattr(physics.ensemble, "rank", None) or physics.dim
    is_global = _kind(physics) == "global"
    if is_global and physics.dim > _MOST_OF_FULL_RANK and rank >= physics.dim:
        return (
            f"of more than {_MOST_OF_FULL_RANK} dimensions D whose perturbation has a rank of D or "
            "more"
        )
    if physics.dim > MOST_DENSE:
        most = _MOST_JUMPS[physics.dim]
        if is_global and rank > most:
            return f"of {physics.dim} dimensions whose perturbation has a rank above {most}"
        model = physics.model.model_dump()
        if not all(model[name] for name in _WITHOUT_SYMMETRY):
            return _SYMMETRIC
    return _FAR_APART if _ratio_of_terms(physics) > _LARGEST_RATIO else ""


def _kind(physics: Physics) -> Literal["global"] | LocalKind:
    """What the ensemble of syncsweep perturbs."""
    return getattr(physics.ensemble, "kind", "global")


@cache
def _ratio_of_terms(physics: Physics) -> float:
    """Largest over smallest entry of H and of the rates of the jump operators."""
    model = build_model(physics)
    hamiltonian = np.abs(model.hamiltonian)
    rates = np.abs(model.jump_operators) ** 2
    entries = np.concatenate([hamiltonian.ravel(), rates.ravel()])
    entries = entries[entries > np.finfo(float).eps * entries.max(initial=0.0)]
    return float(entries.max() / entries.min()) if len(entries) else 1.0


def draw(numbers: list[int], wanted: int, seed: int) -> list[np.ndarray]:
    """Draw distinct rows with equal probability; returns the indices of the drawn rows by shard.

    numbers: number of rows of each shard. All are drawn if `wanted` is larger than their sum.
    """
    total = sum(numbers)
    rng = np.random.default_rng(seed)
    chosen = np.sort(rng.choice(total, size=min(wanted, total), replace=False))
    edges = np.cumsum([0, *numbers])
    cuts = np.searchsorted(chosen, edges)
    return [chosen[cuts[k] : cuts[k + 1]] - edges[k] for k in range(len(numbers))]


@dataclass(frozen=True)
class Difference:
    """Largest differences of one row from its recomputation, in units of the uniform density."""

    coefficients: float
    s_max: float
    at_angles: float

    @property
    def largest(self) -> float:
        """The largest of them; NaN is the largest of all."""
        return float(np.max([self.coefficients, self.s_max, self.at_angles]))


class Recomputation:
    """Recomputation of rows of one physics; keeps what several rows share."""

    def __init__(self, physics: Physics) -> None:
        self._physics = physics
        self._model = build_model(physics)
        self._draws: Any = literal
        self._solver: Any
        if physics.dim > MOST_DENSE:
            self._draws = literal_operators
            self._solver = literal_operators.LiteralOperatorSolver(self._model)
        else:
            self._solver = literal.LiteralSolver(literal.unperturbed(self._model))
        self._frequencies = frequencies_of(self._model.spins, physics.measure)
        self._last: tuple[int, Any] | None = None

    def _perturbation(self, sample: int) -> Any:
        if self._last is None or self._last[0] != sample:
            self._last = None  # of four spins, it takes 0.7 GB
            self._last = sample, self._drawn(sample)
        return self._last[1]

    def _drawn(self, sample: int) -> Any:
        law = self._physics.ensemble.model_dump(exclude={"kind"})
        if isinstance(self._physics.ensemble, TwoSpin1sPerturbation):
            return literal.two_spin1s_perturbation(**law)
        kind = _kind(self._physics)
        rng = stream(self._physics.root_seed, sample, STREAMS[kind])
        if kind == "global":
            return self._draws.perturbation(rng, self._model.dim, **law)
        return self._draws.local_perturbation(rng, self._model.spins, SITES_OF_TERM[kind], **law)

    def difference(self, table: pa.Table, row: int) -> Difference:
        """Compare a row.

        NotUniqueError or LinAlgError if it has no steady state here, NotConvergedError if GMRES
        does not find it.
        """
        sample, eta = (column(table, name)[row] for name in ("sample", "eta"))
        rho = self._solver.solve(self._perturbation(int(sample)), float(eta))
        spectrum = literal.phase_distribution(rho, self._model.spins, self._physics.measure)
        coefficients = spectrum[tuple(self._frequencies.T)]
        stored = unpack_coefficients(column(table, "s_d")[row])
        s_max, angles = column(table, "s_max")[row], column(table, "angles")[row]
        heights = literal.heights(coefficients, self._frequencies, angles)
        uniform = (2 * pi) ** -self._physics.n_angles
        return Difference(
            float(np.abs(coefficients - stored).max() / uniform),
            float(abs(heights.s_max - s_max) / uniform),
            float(abs(heights.at_angles - s_max) / uniform),
        )


class _LastRecomputation:
    """The recomputation of the last physics, which the next row probably shares."""

    def __init__(self) -> None:
        self._last: tuple[str, Recomputation] | None = None

    def of(self, physics: Physics) -> Recomputation:
        if self._last is None or self._last[0] != physics.digest:
            self._last = physics.digest, Recomputation(physics)
        return self._last[1]


def recompute(shards: list[RowsOfShard], wanted: int, seed: int, report: Report) -> None:
    """Draw `wanted` rows of all shards, each equally likely, and report those that differ."""
    numbers = [shard.comparable for shard in shards]
    total = min(wanted, sum(numbers))
    differences: list[float] = []
    reasons: Counter[str] = Counter()
    last = _LastRecomputation()
    for shard, rows in zip(shards, draw(numbers, wanted, seed), strict=True):
        if not len(rows):
            continue
        for difference in _compare(shard, rows, last, report):
            if difference is None:
                reasons[_NOT_CONVERGED] += 1
                continue
            differences.append(difference)
            report.progress(f"recomputed {len(differences)} of {total} rows")
    for shard in shards:
        reasons.update(shard.left_out)
    if total or not reasons:
        largest = f"{max(differences):.1e}" if differences else "none"
        report.say(
            f"recomputed: {len(differences)} of {number_of(sum(numbers), 'rows')} (seed {seed}); "
            f"largest difference {largest} of the uniform density (allowed: {TOLERANCE:g})"
        )
    for reason, n in sorted(reasons.items()):
        report.say(f"not recomputed: {number_of(n, 'rows')} {reason}")


def _compare(
    shard: RowsOfShard, rows: np.ndarray, last: _LastRecomputation, report: Report
) -> Iterator[float | None]:
    """Largest difference of each row from its recomputation; infinity if it has none.

    None if GMRES finds none.
    """
    try:
        table = read_shard(shard.path, shard.described, shard.samples)
        places = np.flatnonzero(_reasons(shard.described, table) == "")[rows]
    except (ShardError, FileNotFoundError, IndexError):
        report.finding(f"{shard.path}: changed during the verification; verify it again")
        return
    symbol = "S_d" if shard.described.physics.measure == "relative" else "S"
    points, physics = shard.described.points, shard.described.physics
    for row in places:
        sample, eta = (column(table, name)[row] for name in ("sample", "eta"))
        point = points[row * len(points) // table.num_rows]
        where = f"{shard.path}: sample {sample} at η = {eta:g}"
        try:
            difference = last.of(physics.at(point)).difference(table, row)
        except literal_operators.NotConvergedError:
            yield None
            continue
        except (literal.NotUniqueError, np.linalg.LinAlgError) as error:
            report.finding(f"{where}: has status ok, but cannot be recomputed ({error}); {_ADVICE}")
            yield inf
            continue
        if not difference.largest <= TOLERANCE:
            report.finding(
                f"{where}: differs from its recomputation by {difference.coefficients:.1e} in "
                f"{symbol}, {difference.s_max:.1e} in S_max and {difference.at_angles:.1e} in the "
                f"height at its angles, in units of the uniform density; {_ADVICE}"
            )
        yield inf if isnan(difference.largest) else difference.largest
