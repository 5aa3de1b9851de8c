"""Random perturbations, some of which raise an error or leave the spins without locking."""

import numpy as np


def perturbation(rng, spins):
    dims = [round(2 * spin) + 1 for spin in spins]
    size = int(np.prod(dims))
    kind = rng.random()
    if kind < 0.05:
        raise ArithmeticError("this draw is meant to fail")
    if kind < 0.2:
        return np.zeros((size, size)), [lowering(site, dims) for site in range(len(dims))]
    v, jump = (
        rng.standard_normal((size, size)) + 1j * rng.standard_normal((size, size)) for _ in range(2)
    )
    return (v + v.conj().T) / np.sqrt(8 * size), [jump / np.sqrt(2 * size)]


def lowering(site, dims):
    """Decay of one spin by itself. Under it alone, all spins are down and their phases uniform."""
    before, after = np.eye(int(np.prod(dims[:site]))), np.eye(int(np.prod(dims[site + 1 :])))
    return np.kron(np.kron(before, np.eye(dims[site], k=-1)), after)
