"""Symmetries of the models: operators that commute with H and with every jump operator."""

from __future__ import annotations

from itertools import product

import numpy as np

from syncsweep.physics.models import Model
from syncsweep.physics.spins import local_dimension


def reflection(model: Model) -> np.ndarray:
    """Permutation (D, D) that reverses the order of the sites; of two sites, SWAP."""
    if len(set(model.spins)) > 1:
        raise ValueError("Argument `model` must have equal spins.")
    d = local_dimension(model.spins[0])
    levels = np.array(list(product(range(d), repeat=model.n_sites)))
    reversed_places = levels @ d ** np.arange(model.n_sites)
    return np.eye(model.dim)[:, reversed_places]


def commutator_norms(model: Model, generator: np.ndarray) -> tuple[float, float]:
    """‖[X, H]‖ and the largest of ‖[X, L_j]‖ and ‖[X, L_j†]‖ (spectral norms).

    generator: X, (D, D). It generates a strong symmetry (App. B) if and only if both vanish.
    """
    jumps = [*model.jump_operators, *model.jump_operators.conj().swapaxes(-1, -2)]
    norms = [
        float(np.linalg.norm(generator @ operator - operator @ generator, 2))
        for operator in (model.hamiltonian, *jumps)
    ]
    return norms[0], max(norms[1:])
