"""CPU time and memory of samples of four to six spins, and of dgesv(6561), in a process of its own.

Run as `python -m benchmarks.large TURNS CASE …`: prints JSON with the CPU time of each case and of
`dgesv` [s], the least of so many turns each, and with `peak_gib`, the process's largest memory
after one sample of the first case.
"""

from syncsweep.environment.blas import limit_blas_threads

limit_blas_threads()

import json  # noqa: E402
import resource  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
from collections.abc import Callable  # noqa: E402

import numpy as np  # noqa: E402

from benchmarks.solver import CHAIN_ETAS, SEED, Dgesv, QutipBonds, chain  # noqa: E402
from syncsweep.physics.ensembles import STREAMS, random_local_sum  # noqa: E402
from syncsweep.physics.measures import s_max  # noqa: E402
from syncsweep.physics.models import spin1_chain  # noqa: E402
from syncsweep.physics.operator_solver import OperatorSolver  # noqa: E402
from syncsweep.physics.perturbation import random_generator  # noqa: E402
from syncsweep.physics.phase_distribution import (  # noqa: E402
    relative_frequencies,
    relative_phase_coefficients,
)
from syncsweep.physics.random_streams import stream  # noqa: E402
from syncsweep.physics.steady_state import SteadyStateSolver  # noqa: E402
from syncsweep.sample.sample_solver import SampleSolver  # noqa: E402
from syncsweep.user_code.study_solver import StudySolver  # noqa: E402

Action = Callable[[int], object]

#: η of the locking range of six spins.
_WEAK = (0.0, *(eta for eta in CHAIN_ETAS if eta <= 3.2e-4))


def _bonds(n_sites: int, etas: tuple[float, ...], accuracy: float) -> Action:
    """A sample with perturbed bonds, from the draw to S_max."""
    model = spin1_chain(n_sites)
    solver, frequencies = OperatorSolver(model), relative_frequencies(model.spins)

    def action(sample: int) -> object:
        drawn = random_local_sum(stream(SEED, sample, STREAMS["bonds"]), model.spins, "bonds")
        states = solver.solve(drawn, etas, accuracy)
        assert set(states.status) == {"ok"}
        return s_max(relative_phase_coefficients(states.rho, model.spins), frequencies)

    return action


def _few_rank_2() -> Action:
    """A draw of rank 2, and ρ of all η of four spins, without matrices."""
    solver = StudySolver(chain(4, rank=2), np.array(CHAIN_ETAS))
    return lambda sample: solver.states(sample, lambda states: np.full(len(states), np.inf))


def _dense_rank_2() -> Action:
    """The same by matrices."""
    model = spin1_chain(4)
    solver = SteadyStateSolver(model.lindbladian)

    def action(sample: int) -> object:
        rng = stream(SEED, sample, STREAMS["global"])
        return solver.solve_real(random_generator(rng, model.dim, rank=2), CHAIN_ETAS)

    return action


def _qutip(eta: float) -> Action:
    bonds = QutipBonds(0)
    return lambda _: bonds.state(eta)


CASES: dict[str, Callable[[], Action]] = {
    "n4_full_rank": lambda: SampleSolver(chain(4), CHAIN_ETAS).rows,
    "n4_rank_2": _few_rank_2,
    "n4_rank_2_dense": _dense_rank_2,
    "n4_bonds": lambda: SampleSolver(chain(4, kind="bonds"), CHAIN_ETAS).rows,
    "qutip_0.1": lambda: _qutip(0.1),
    "qutip_0.01": lambda: _qutip(0.01),
    "n5_bonds": lambda: _bonds(5, (0.0, *CHAIN_ETAS), 1e-10),
    "n6_bonds": lambda: _bonds(6, _WEAK, 1e-8),
}


def main(turns: int, names: list[str]) -> None:
    """Measure and print."""
    actions = {name: CASES[name]() for name in names}
    actions[names[0]](0)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    dgesv = Dgesv(81)
    actions["dgesv"] = lambda _: dgesv()
    least = dict.fromkeys(actions, np.inf)
    for turn in range(1, turns + 1):
        for name, action in actions.items():
            began = time.process_time()
            action(turn)
            least[name] = min(least[name], time.process_time() - began)
    print(json.dumps(least | {"peak_gib": peak}))


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
