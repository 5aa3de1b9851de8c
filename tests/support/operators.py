"""Perturbations that are given by their operators and apply themselves, for tests of the solver."""

from functools import reduce

import numpy as np

from syncsweep.physics.perturbation import (
    kossakowski_factor,
    random_hamiltonian,
    traceless_operators,
)


class Operators:
    """−i[H, ·] and the dissipator of some jump operators, applied as products (D, D)."""

    def __init__(self, hamiltonian, jump_operators):
        self.dim = dim = len(hamiltonian)
        self.hamiltonian = np.asarray(hamiltonian, complex)
        self.jump_operators = np.asarray(jump_operators, complex).reshape(-1, dim, dim)
        self._rate = sum(
            (jump.conj().T @ jump for jump in self.jump_operators), np.zeros((dim, dim))
        )
        traces = np.trace(self.jump_operators, axis1=1, axis2=2)
        self.mean_decay = (dim * np.trace(self._rate).real - np.sum(np.abs(traces) ** 2)) / dim**2

    def apply(self, rho):
        half = (-1j * self.hamiltonian - self._rate / 2) @ rho
        jumped = sum((jump @ rho @ jump.conj().T for jump in self.jump_operators), 0 * rho)
        return half + half.conj().T + jumped


def global_operators(seed, dim, rank):
    """The law of App. F at some rank."""
    rng = np.random.default_rng(seed)
    hamiltonian = random_hamiltonian(rng, dim)
    factor = kossakowski_factor(rng, dim, rank)[:-1]
    jumps = (traceless_operators(dim).T @ factor).T.reshape(-1, dim, dim)
    return Operators(hamiltonian, jumps)


def local_operators(seed, n_sites, body):
    """The law of App. F at full rank on each `body` neighbouring spin-1s."""
    hamiltonian, jumps = 0, []
    for site in range(n_sites - body + 1):
        term = global_operators([seed, site], 3**body, 9**body - 1)

        def embed(operator, site=site):
            sides = [np.eye(3**site), operator, np.eye(3 ** (n_sites - body - site))]
            return reduce(np.kron, sides)

        hamiltonian = hamiltonian + embed(term.hamiltonian)
        jumps += [embed(jump) for jump in term.jump_operators]
    return Operators(hamiltonian, jumps)
