"""Steady states of L₀ + ηL₁ for every η, down to the limit η → 0⁺.

In the Hermitian operator basis both generators are real and their first row vanishes. So the
identity component of ρ is 1/√D, and n−1 = D²−1 real unknowns remain. On them L₀ alone is singular:
its left zero modes W (except the trace) make as many of its equations redundant at η = 0, and
nearly redundant at small η. Those equations are replaced by Wᵀ(L₀ + ηL₁)ρ/η = WᵀL₁ρ = 0. For η > 0
this says the same, and for η → 0⁺ it is first-order degenerate perturbation theory (Eq. 4). The
system

    (A + ηB) x = −(a + ηb)/√D,  [a A] = [WᵀL₁; L₀ without its redundant rows],  [b B] = [0; L₁ …]

is affine in η. Once its rows have size one, it is well conditioned for all η ≥ 0. So one rational
Krylov space is good for all η. If the operators of L₀ are known, the modes that L₀ damps slowly get
rows of their own too. Iterative refinement then removes the errors that rounding still causes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from syncsweep.physics import arguments
from syncsweep.physics.affine_systems import AffineSystem, Solutions, largest_entries, lost_digits
from syncsweep.physics.commutator import add_commutator
from syncsweep.physics.diagnosis import ACCURACY, SINGULAR, Method, SteadyStates, diagnosed
from syncsweep.physics.drift_space import drift, solve_by_drift
from syncsweep.physics.krylov import solve_krylov
from syncsweep.physics.lindbladian import Lindbladian, Perturbation
from syncsweep.physics.refinement import Refinement
from syncsweep.physics.slow_modes import conserved_modes, slow_modes
from syncsweep.physics.sparse_blocks import CompletedInverse, PartialInverse, with_full_rows
from syncsweep.physics.superoperators import (
    Matrix,
    hermitian_basis,
    real_terms,
    to_real,
    unvectorize,
)

#: A steady state whose estimated error is above this is refined, if the operators of L₀ and L₁ are
#: known.
REFINED = 1e-11

#: Up to this many unknowns, estimated errors are first judged component by component. This costs
#: less than a refinement. For more unknowns it costs more.
_JUDGED_UNKNOWNS = 100

#: If errors may be larger than this because digits were lost, the matrix may be singular.
_SINGULAR = 1e-2

#: Largest dimension of the Hilbert space at which L₁ is kept in memory beside its linear system.
REFINED_DIMENSIONS = 27

#: Largest dimension of the Hilbert space at which one factorisation costs least.
_FACTORISED_DIMENSIONS = 64

#: With fewer unknowns than this, a sparse L₀ costs more time than it saves.
_SPARSE_UNKNOWNS = 200

#: A shared Krylov space is used from this many unknowns and values of η on.
_KRYLOV_UNKNOWNS = 200
_KRYLOV_ETAS = 4

#: In units of ‖L₀‖/‖L₁‖ (Frobenius norms): the pole that is factorised, and the η up to which the
#: space of pole 0 must converge. `_LONE_POLE` is the pole if there is only one; it lies between the
#: small η and the large.
_POLE, _REACH = 3.5, 0.2
_LONE_POLE = 0.8

#: An η whose relative backward error is above this is solved again directly.
_KRYLOV_RESIDUAL = 1e-13

AllowedErrors = Callable[[np.ndarray], np.ndarray]


class SteadyStateSolver:
    """Solve L₀ + ηL₁ for many L₁ and η at fixed L₀; the work on L₀ is done once.

    >>> solver = sync.SteadyStateSolver(pair.lindbladian)
    """

    def __init__(self, L0: Any) -> None:
        """L0: a Lindblad generator, as column-stacking superoperator (D², D²), see `steady_states`,
        or as `Lindbladian`. The operators of a `Lindbladian` keep small terms beside large ones.
        """
        self._lindbladian = L0 if isinstance(L0, Lindbladian) else None
        if self._lindbladian:
            generator = self._lindbladian.matrix()
            self.terms = self._lindbladian.largest_terms()
        else:
            L0 = sparse.csr_array(arguments.superoperator("Argument `L0`", L0))
            generator = to_real(L0, "L0")
            self.terms = real_terms(L0)
        self.dim = math.isqrt(generator.shape[0])
        if self.dim < 2:
            raise ValueError("Argument `L0` must be of D ≥ 2, but is of D = 1.")
        rows: Any = generator.toarray() if generator.shape[0] < _SPARSE_UNKNOWNS else generator
        _check_trace_row(abs(rows[:1]).max(), abs(rows).max(), "L0")
        known = self._lindbladian
        self.modes = slow_modes(known, generator) if known else conserved_modes(generator)
        self._generator = generator
        self._left = sparse.csr_array(self.modes.left.T)
        self.constant: Matrix = rows[1:]
        if isinstance(rows, sparse.csr_array):
            self.constant, self._places = with_full_rows(self.constant, self.modes.redundant)

    @cached_property
    def _sizes(self) -> Matrix:
        """`Lindbladian.sizes` of L₀ without row 0 (n, n+1)."""
        assert self._lindbladian
        sizes = self._lindbladian.sizes()[1:]
        return sizes.toarray() if isinstance(self.constant, np.ndarray) else sizes

    @cached_property
    def _at_zero(self) -> PartialInverse | None:
        try:
            return PartialInverse(self._generator, self.modes.redundant)
        except np.linalg.LinAlgError:  # the other rows of L₀ are singular in every digit
            return None

    @cached_property
    def _drift(self) -> np.ndarray:
        return drift(self._generator)

    @cached_property
    def _rows_of_conserved(self) -> np.ndarray:
        """Rows of L₀ in the blocks with conserved modes, or all: they set the scale of η."""
        _, block = connected_components(self._generator, directed=False)
        held = np.any(self.modes.left[:, self.modes.conserved] != 0, axis=1)
        within = np.isin(block[1:], block[1:][held])
        return np.flatnonzero(within if within.any() else ~within)

    @cached_property
    def _norm(self) -> float:
        return float(sparse.linalg.norm(self._generator[1:][self._rows_of_conserved]))

    def _unit(self, linear: np.ndarray) -> float:
        """‖L₀‖/‖L₁‖ in those rows, or 0 for L₁ = 0."""
        norm = float(np.linalg.norm(linear[self._rows_of_conserved]))
        return self._norm / norm if norm > 0 else 0.0

    def solve(self, L1: Any, etas: Sequence[float] | np.ndarray) -> SteadyStates:
        """Steady states for all `etas` ≥ 0 (0 is the limit η → 0⁺); L1 like L0.

        >>> solver.solve(L1, [0, 1e-3]).status.tolist()
        ['ok', 'ok']
        """
        L1 = arguments.superoperator("Argument `L1`", L1, self.dim)
        dense = np.asarray(L1.toarray() if hasattr(L1, "toarray") else L1)
        return self._solve(to_real(dense, "L1"), etas, real_terms(L1))

    def solve_perturbation(
        self,
        perturbation: Perturbation,
        etas: Sequence[float] | np.ndarray,
        allowed: AllowedErrors | None = None,
    ) -> SteadyStates:
        """As `solve`, for an L₁ given by its operators; inaccurate solutions are refined.

        allowed: function from states (n_eta, D, D) to the estimated errors (n_eta,) that they may
        have; None means 1e-11. States are refined up to D = 27. Above, nothing is refined to save
        memory, and the dissipator of the perturbation is overwritten.

        >>> field = sync.Perturbation(np.diag([1, 0.5, -0.5, -1]), np.zeros((16, 16)), [])
        >>> solver.solve_perturbation(field, [0.1]).status.tolist()
        ['ok']
        """
        if not isinstance(perturbation, Perturbation) or len(perturbation.hamiltonian) != self.dim:
            raise ValueError(
                f"Argument `perturbation` must be a Perturbation of D = {self.dim}; a "
                "superoperator is for `solve`."
            )
        terms = perturbation.terms()
        if self.dim > REFINED_DIMENSIONS:
            whole = add_commutator(perturbation.dissipator, perturbation.hamiltonian)
            return self._solve(whole, etas, terms)
        return self._solve(perturbation.matrix(), etas, terms, perturbation, allowed)

    def solve_real(self, generator: np.ndarray, etas: Sequence[float] | np.ndarray) -> SteadyStates:
        """As `solve`, for L₁ as a real matrix (D², D²) in the Hermitian basis; overwrites it.

        >>> solver.solve_real(field.matrix(), [0.1]).status.tolist()
        ['ok']
        """
        return self._solve(generator, etas)

    def _solve(
        self,
        generator: np.ndarray,
        etas: Sequence[float] | np.ndarray,
        terms: np.ndarray | None = None,
        perturbation: Perturbation | None = None,
        allowed: AllowedErrors | None = None,
    ) -> SteadyStates:
        """terms: those of the rows of L₁ (D²,), or None if only its entries are known."""
        etas = arguments.numbers("Argument `etas`", etas, "n_eta")
        if not np.all(np.isfinite(etas)) or np.any(etas < 0):
            raise ValueError("Argument `etas` must be a list of finite numbers ≥ 0.")
        linear = generator[1:]
        largest = largest_entries(linear)
        _check_trace_row(np.abs(generator[0]).max(), largest.max(), "L1")
        shared = len(linear) >= _KRYLOV_UNKNOWNS and len(etas) >= _KRYLOV_ETAS
        unit = self._unit(linear) if shared else 0.0
        of_linear = largest if terms is None else terms[1:]
        by_drift = shared and self.dim > _FACTORISED_DIMENSIONS
        drift_of_second = drift(generator) if by_drift else None
        modes, system = self.modes, self._system(linear)
        found, method = self._solutions(system, etas, unit, drift_of_second)
        of_both = modes.terms(self.terms[1:], of_linear, largest_entries(modes.rows), etas)
        lost = lost_digits((of_both * system.row_weights(etas)).max(axis=0))
        found.residual[:] = np.maximum(found.residual, lost)
        if self._lindbladian and perturbation:
            rough = self._still_rough(found, np.ones(len(etas), dtype=bool), allowed)
            if rough.any():
                known = (self._lindbladian, perturbation, modes, system, self._at_zero)
                refinement = Refinement(*known, self._sizes, etas, rough, of_both)
                if len(linear) <= _JUDGED_UNKNOWNS:
                    refinement.judge_by_component(found)
                    rough = self._still_rough(found, rough, allowed)
                method[refinement.refine(found, rough)] = Method.REFINED
        else:
            found.condition[lost > _SINGULAR * found.condition] = 0.0
        if modes.doubt:
            errors = self._errors_of_doubt(system, etas, found.x)
            with np.errstate(invalid="ignore"):  # no state is known where the matrix is singular
                found.residual[:] = np.maximum(found.residual, errors * found.condition)
        return diagnosed(etas, self._states(found.x), found, method)

    def _system(self, linear: np.ndarray) -> AffineSystem:
        """The system in which equations of modes replace redundant ones; overwrites `linear`."""
        modes, constant = self.modes, self.constant.copy()
        of_modes = self._left @ linear
        at_zero = np.where(modes.conserved[:, None], of_modes, modes.rows)
        if isinstance(constant, np.ndarray):
            constant[modes.redundant] = at_zero
        else:
            constant.data[self._places] = at_zero
        linear[modes.redundant] = np.where(modes.conserved[:, None], 0.0, of_modes)
        return AffineSystem(constant, linear, 1 / np.sqrt(self.dim))

    def _solutions(
        self, system: AffineSystem, etas: np.ndarray, unit: float, of_linear: np.ndarray | None
    ) -> tuple[Solutions, np.ndarray]:
        """Solutions for all η, and the method of each.

        unit: the η at which L₀ and ηL₁ are equally large, or 0 if each η is to be solved directly;
        of_linear: the drift of L₁, or None where a factorisation is cheap.
        """
        n = len(system.linear)
        found = Solutions(np.empty((n, len(etas))), np.empty(len(etas)), np.zeros(len(etas)))

        def put(among: np.ndarray, solutions: Solutions) -> None:
            found.x[:, among] = solutions.x
            found.residual[among], found.condition[among] = solutions.residual, solutions.condition

        direct = np.ones(len(etas), dtype=bool)
        if unit > 0:
            exchanged = system.rows_at_zero(self.modes.redundant)
            at_zero = self._at_zero.complete(exchanged) if self._at_zero else None
            shared = self._shared(system, etas, unit, at_zero, of_linear)
            put(direct, shared)
            accurate = shared.residual <= ACCURACY * shared.condition
            # A space of one pole does not notice that a matrix becomes singular far from the pole.
            seen = at_zero is not None or etas >= _REACH * unit
            direct = ~(accurate & (shared.residual <= _KRYLOV_RESIDUAL) & seen)
        if direct.any():
            put(direct, system.solve_direct(etas[direct]))
        return found, np.where(direct, Method.DIRECT, Method.KRYLOV).astype(object)

    def _shared(
        self,
        system: AffineSystem,
        etas: np.ndarray,
        unit: float,
        at_zero: CompletedInverse | None,
        of_linear: np.ndarray | None,
    ) -> Solutions:
        """Solutions for all η from one space; of_linear: the drift of L₁, as for `_solutions`."""
        if at_zero is not None and of_linear is not None:
            drifts = self._drift, of_linear
            found = solve_by_drift(system, etas, at_zero, self.modes, drifts, _REACH * unit)
            if found is not None:
                return found
        pole = (_LONE_POLE if at_zero is None else _POLE) * unit
        return solve_krylov(system, etas, pole, at_zero, _REACH * unit)

    def _errors_of_doubt(self, system: AffineSystem, etas: np.ndarray, x: np.ndarray) -> np.ndarray:
        """Errors (n_eta,) if L₀ damps slow modes by `doubt` more than assumed, in units of c."""
        modes, errors = self.modes, np.full(len(etas), np.inf)
        which = np.arange(len(modes.redundant))
        for k in np.flatnonzero(etas > 0):
            factors = system.factors(etas[k], balanced=True)
            if factors:
                changes = np.zeros((len(x), len(which)))
                # Equations of conserved modes are divided by η.
                changes[modes.redundant, which] = np.where(modes.conserved, 1 / etas[k], 1.0)
                most = np.abs(factors.solve(changes)).sum(axis=1).max()
                errors[k] = modes.doubt * most * (1 + np.abs(x[:, k]).sum() / system.scale)
        return errors

    def _still_rough(
        self, found: Solutions, rough: np.ndarray, allowed: AllowedErrors | None
    ) -> np.ndarray:
        """Which of the rough steady states are still not known well enough (n_eta,).

        Only a refinement can show that a state is unique where the condition is very bad.
        """
        unique = found.condition > SINGULAR
        rough = rough & ~(found.are_within(REFINED) & unique)
        asked = rough & found.are_within(ACCURACY) & unique
        if allowed is not None and asked.any():
            error = np.maximum(REFINED, allowed(self._states(found.x[:, asked])))
            rough[asked] = found.residual[asked] > error * found.condition[asked]
        return rough

    def _states(self, x: np.ndarray) -> np.ndarray:
        """ρ (n_eta, D, D) of solutions (n, n_eta)."""
        identity = np.full((1, x.shape[1]), 1 / np.sqrt(self.dim))
        return unvectorize((hermitian_basis(self.dim) @ np.vstack([identity, x])).T)


def steady_states(L0: Any, L1: Any, etas: Sequence[float] | np.ndarray) -> SteadyStates:
    """Steady states of L₀ + ηL₁ for every η ≥ 0; 0 means the limit η → 0⁺ (Eq. 4).

    L0, L1: column-stacking superoperators (D², D²) that preserve trace and Hermiticity: arrays,
    sparse matrices, superoperators of QuTiP, or lists; else ValueError. Where the steady state is
    not unique the status says so and ρ is NaN. For many L1 at the same L0, keep a
    `SteadyStateSolver`.

    >>> steady = sync.steady_states(L0, L1, etas=[0, 1e-3, 1])
    >>> steady.rho.shape
    (3, 4, 4)
    """
    return SteadyStateSolver(L0).solve(L1, etas)


def _check_trace_row(largest: float, size: float, name: str) -> None:
    """ValueError if row 0 of a real generator is not small compared with its entries."""
    if largest > 1e-10 * size:
        raise ValueError(f"Argument `{name}` must preserve the trace, but does not.")
