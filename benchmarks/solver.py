"""Cost and accuracy of the numerics, in units of one dense solve (LAPACK dgesv) of the same size.

All that is compared runs in turns in one process on one thread, and medians are taken: the speed of
a machine drifts, ratios of neighbours do not.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

import numpy as np
from scipy import sparse
from scipy.linalg import lapack

from syncsweep.config.physics import Ensemble, Physics, Spin1Chain, SpinHalfPair
from syncsweep.physics.ensembles import STREAMS
from syncsweep.physics.literal import drawn, jump_operators
from syncsweep.physics.measures import s_max
from syncsweep.physics.perturbation import (
    liouvillian_from_kossakowski,
    random_generator,
    random_hamiltonian,
    random_kossakowski,
    random_perturbation,
    traceless_operators,
)
from syncsweep.physics.phase_distribution import relative_frequencies, relative_phase_coefficients
from syncsweep.physics.random_streams import Purpose, stream
from syncsweep.physics.sectors import sectors
from syncsweep.physics.steady_state import SteadyStateSolver
from syncsweep.physics.superoperators import liouvillian
from syncsweep.physics.weak_limit import GlobalRateLaw
from syncsweep.sample.sample_solver import SampleSolver
from syncsweep.user_code.study_model import build_model
from syncsweep.user_code.study_solver import StudySolver

#: Values of η of the paper's sweeps.
CHAIN_ETAS = tuple(np.logspace(-6, 1, 29))
PAIR_ETAS = tuple(np.logspace(-4, 1, 21))

#: η at which the accuracy is looked at: the limit, and from far below the sweep to its end.
ACCURACY_ETAS = (0.0, *np.logspace(-12, 1, 27))

#: η at which QuTiP solves.
_QUTIP_ETA = 0.1

SEED = 20251014


def spread_etas(count: int) -> tuple[float, ...]:
    """So many η over the range of the chain's sweep; a single one lies in its middle."""
    return tuple(np.logspace(-6, 1, count)) if count > 1 else (3e-3,)


def chain(n_sites: int, **law: Any) -> Physics:
    """The chain with unit weights and the paper's operators; law: what the ensemble has beside."""
    model = Spin1Chain(name="spin1_chain", n_sites=n_sites)
    return Physics(model=model, ensemble=Ensemble(**law), root_seed=SEED)


def pair() -> Physics:
    """The spin-1/2 pair, likewise."""
    model = SpinHalfPair(name="spin_half_pair")
    return Physics(model=model, ensemble=Ensemble(), root_seed=SEED)


def seconds(action: Callable[[], object]) -> float:
    """Seconds that a call takes."""
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


class Dgesv:
    """One dense real solve of D² equations, called once to warm up."""

    def __init__(self, dim: int) -> None:
        rng = np.random.default_rng(1)
        self._matrix = np.asfortranarray(rng.standard_normal((dim**2, dim**2)))
        self._rhs = np.ones(dim**2)
        self()

    def __call__(self) -> None:
        """Solve, from a copy of the matrix, which LAPACK overwrites."""
        lapack.dgesv(self._matrix, self._rhs)


@dataclass(frozen=True)
class Stages:
    """Seconds of the parts of one sample: K and L₁; ρ of all η; S_d; S_max."""

    draw: float
    solve: float
    s_d: float
    s_max: float


class Sample:
    """The stages of samples of the chain, one call for each sample."""

    def __init__(self, n_sites: int) -> None:
        self._physics = chain(n_sites)
        self._model = build_model(self._physics)
        self._frequencies = relative_frequencies((1,) * n_sites)
        self._solver = SteadyStateSolver(self._model.lindbladian)

    def __call__(self, sample: int) -> Stages:
        """Solve one sample."""
        times = [time.perf_counter()]
        rng = stream(SEED, sample, Purpose.PERTURBATION)
        perturbation = random_perturbation(rng, self._model.dim)
        times.append(time.perf_counter())
        states = self._solver.solve_perturbation(perturbation, CHAIN_ETAS)
        times.append(time.perf_counter())
        coefficients = relative_phase_coefficients(states.rho, self._model.spins)
        times.append(time.perf_counter())
        s_max(coefficients, self._frequencies)
        times.append(time.perf_counter())
        return Stages(*np.diff(times).tolist())


class Qutip:
    """The same steady state by QuTiP, for one sample of the chain (N = 3) at one η."""

    def __init__(self) -> None:
        import qutip

        self._qutip = qutip
        model = build_model(chain(3))
        rng = stream(SEED, 0, Purpose.PERTURBATION)
        hamiltonian, kossakowski = random_hamiltonian(rng, 27), random_kossakowski(rng, 27)
        kappa, u = np.linalg.eigh(kossakowski)
        roots = np.sqrt(np.maximum(_QUTIP_ETA * kappa, 0))[:, None]
        jumps = roots * (u.conj().T @ traceless_operators(27).toarray())
        self._hamiltonian = qutip.Qobj(model.hamiltonian + _QUTIP_ETA * hamiltonian)
        self._jumps = [
            qutip.Qobj(jump) for jump in (*model.jump_operators, *jumps.reshape(-1, 27, 27))
        ]
        generator = liouvillian(model.hamiltonian, model.jump_operators).toarray()
        generator += _QUTIP_ETA * liouvillian_from_kossakowski(hamiltonian, kossakowski)
        self._generator = qutip.Qobj(generator, dims=[[[27], [27]], [[27], [27]]])

    def natural(self) -> np.ndarray:
        """As its manual suggests: from the Hamiltonian and the 731 jump operators."""
        return self._qutip.steadystate(self._hamiltonian, self._jumps).full()

    def tuned(self) -> np.ndarray:
        """With the Liouvillian built once by hand (not counted), dense, and its direct solver."""
        return self._qutip.steadystate(self._generator, method="direct", solver="solve").full()


class QutipBonds:
    """Steady states of a sample of four spins with perturbed bonds, by QuTiP's sparse solvers."""

    def __init__(self, sample: int) -> None:
        import qutip

        self._qutip = qutip
        model, rng = build_model(chain(4)), stream(SEED, sample, STREAMS["bonds"])
        hamiltonian: Any = sparse.csr_array((81, 81))
        jumps: list[Any] = []
        for first in range(3):
            left, right = sparse.eye_array(3**first), sparse.eye_array(3 ** (2 - first))
            of_bond, factor = drawn(rng, 9, 1.0, 1.0, None)
            bond = [of_bond, *jump_operators(factor, 9, "paper")]
            wide = [sparse.kron(sparse.kron(left, one), right, format="csr") for one in bond]
            hamiltonian, jumps = hamiltonian + wide[0], jumps + wide[1:]
        self._L0, self._L1 = (
            qutip.liouvillian(*(qutip.Qobj(h).to("CSR"), [qutip.Qobj(one).to("CSR") for one in js]))
            for h, js in ((model.hamiltonian, model.jump_operators), (hamiltonian, jumps))
        )

    def state(self, eta: float) -> np.ndarray:
        """ρ (81, 81) by the method that takes least time here: GMRES without a preconditioner."""
        generator = (self._L0 + eta * self._L1).to("CSR")
        return self._qutip.steadystate(generator, solver="gmres", rtol=1e-10, restart=100).full()


def difference_from_qutip(samples: int = 3, etas: tuple[float, ...] = (0.1, 1.0)) -> float:
    """Largest ‖ρ − ρ'‖/‖ρ' − 1/D‖ of four spins with perturbed bonds, ρ' by `QutipBonds`."""
    solver, worst = StudySolver(chain(4, kind="bonds"), np.array(etas)), 0.0
    for sample in range(samples):
        qutip = QutipBonds(sample)
        for eta, rho in zip(
            etas,
            solver.states(sample, lambda states: np.full(len(states), np.inf)).rho,
            strict=True,
        ):
            other = qutip.state(eta)
            size = np.linalg.norm(other - np.eye(81) / 81)
            worst = float(np.maximum(worst, np.linalg.norm(rho - other) / size))
    return worst


def rows_seconds(physics: Physics, etas: Sequence[float]) -> Callable[[int], float]:
    """Seconds of a sample: its perturbation, steady states, S_d and S_max.

    It is a function of the number of a round, in which a batch is solved as a rank does.
    """
    solver = SampleSolver(physics, tuple(etas))
    solver.rows(0)
    size = solver.batch_size(1e-9)

    def batch(number: int) -> float:
        units = [((), number * size + k) for k in range(size)]
        return seconds(lambda: solver.rows_of(units)) / size

    return batch


def medians(rounds: int, actions: dict[str, Callable[[int], float]]) -> dict[str, float]:
    """Median seconds of actions that take turns; each is given the number of the round, from 1."""
    times: dict[str, list[float]] = {name: [] for name in actions}
    for number in range(1, rounds + 1):
        for name, action in actions.items():
            times[name].append(action(number))
    return {name: median(values) for name, values in times.items()}


def limit_draws_per_second(rounds: int, draws: int = 20_000) -> float:
    """Draws of c from the law of η → 0⁺, for eight spins and the full-rank ensemble."""
    law = GlobalRateLaw(sectors("spin1_chain", n_sites=8))
    rng = np.random.default_rng(SEED)
    return draws / median(
        seconds(lambda: law.stationary_vectors(rng, draws)) for _ in range(rounds)
    )


def worst_relative_error(samples: int) -> float:
    """Largest ‖ρ − ρ'‖/‖ρ' − 1/D‖ over samples of the chain and `ACCURACY_ETAS`.

    ρ' by a factorisation of the well-conditioned system for each η alone.
    """
    model = build_model(chain(3))
    solver = SteadyStateSolver(liouvillian(model.hamiltonian, model.jump_operators))
    worst = 0.0
    for sample in range(samples):
        rng = stream(SEED, sample, Purpose.PERTURBATION)
        generator = random_generator(rng, 27)
        shared = solver.solve_real(generator.copy(), ACCURACY_ETAS)
        for eta, rho in zip(ACCURACY_ETAS, shared.rho, strict=True):
            alone = solver.solve_real(generator.copy(), [eta]).rho[0]
            size = np.linalg.norm(alone - np.eye(27) / 27)
            worst = float(np.maximum(worst, np.linalg.norm(rho - alone) / size))  # NaN stays
    return worst
