"""The chain of three spin-1s, its solver and five samples: drawn and factorised once."""

import numpy as np
import pytest

from syncsweep.physics.diagnosis import SteadyStates
from syncsweep.physics.models import Model, spin1_chain
from syncsweep.physics.perturbation import random_liouvillian
from syncsweep.physics.steady_state import SteadyStateSolver
from syncsweep.physics.superoperators import liouvillian


@pytest.fixture(scope="session")
def chain() -> Model:
    return spin1_chain(3)


@pytest.fixture(scope="session")
def chain_liouvillian(chain: Model) -> np.ndarray:
    return liouvillian(chain.hamiltonian, chain.jump_operators)


@pytest.fixture(scope="session")
def chain_solver(chain_liouvillian: np.ndarray) -> SteadyStateSolver:
    return SteadyStateSolver(chain_liouvillian)


@pytest.fixture(scope="session")
def chain_perturbations() -> list[np.ndarray]:
    """Five draws of L₍₁₎ at D = 27 with unit weights and the paper's operators."""
    return [random_liouvillian(np.random.default_rng(seed), 27) for seed in range(1, 6)]


@pytest.fixture(scope="session")
def chain_states(
    chain_solver: SteadyStateSolver, chain_perturbations: list[np.ndarray]
) -> list[SteadyStates]:
    """Their steady states at η = 0, 1e-12, 1e-9, 1e-6, 1e-4, 1e-2, 1 and 10."""
    etas = [0.0, 1e-12, 1e-9, 1e-6, 1e-4, 1e-2, 1.0, 10.0]
    return [chain_solver.solve(L1, etas) for L1 in chain_perturbations]
