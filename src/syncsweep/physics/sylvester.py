"""The inverse of −i(H_eff ρ − ρ H_eff†), a preconditioner of L₀ + ηL₁."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from syncsweep.physics.generator import pack, unpack
from syncsweep.physics.lindbladian import Lindbladian


def sylvester(
    lindbladian: Lindbladian,
    perturbation: Any,
    eta: float,
    order: np.ndarray,
    least_decay: float = 0.0,
) -> Callable[[np.ndarray], np.ndarray]:
    """The solution of a Sylvester equation with H_eff = H − ½i Σ_k L_k†L_k of L₀ + ηL₁.

    perturbation: if it does not say its jump operators, κ stands for its Σ L†L; order: (D,), as in
    `Generator`; least_decay: added to all decay rates, if H_eff may have states without decay. The
    solution is that of packed operators (D, D), in single precision.
    """
    jumps = getattr(perturbation, "jump_operators", None)
    rates = np.diag(np.full(perturbation.dim, perturbation.mean_decay))
    if jumps is not None:
        rates = (jumps.conj().swapaxes(1, 2) @ jumps).sum(axis=0)
    jumps = lindbladian.jump_operators
    rates = eta * rates + (jumps.conj().swapaxes(1, 2) @ jumps).sum(axis=0)
    effective = lindbladian.hamiltonian + eta * perturbation.hamiltonian - 0.5j * rates
    values, vectors = np.linalg.eig(effective[np.ix_(order, order)])
    values = values - 0.5j * least_decay
    inverse = np.linalg.inv(vectors).astype(np.complex64)
    weights = (1j / (values[:, None] - values.conj())).astype(np.complex64)
    vectors = vectors.astype(np.complex64)

    def apply(packed: np.ndarray) -> np.ndarray:
        rho = unpack(packed.astype(np.float32))
        rho = weights * (inverse @ rho @ inverse.conj().T)
        return pack(vectors @ rho @ vectors.conj().T)

    return apply
