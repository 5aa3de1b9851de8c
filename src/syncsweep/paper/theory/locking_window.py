"""The share of S_d that has the form of the zero modes of L₀ (Fig. 1).

In the limit η → 0⁺ the steady state is a combination of zero modes of L₀ (Eq. 4). So the Fourier
coefficients s_k of S_d, k ≠ 0, are in the image of these modes. This image is a real space, because
both are Hermitian. For the coupled chain it has one dimension. For decoupled spins it contains all
e^{2i(φ_j − φ_k)}. A perturbation that locks the angles in another way leads out of it.
"""

from __future__ import annotations

from math import pi

import numpy as np
from scipy import sparse
from scipy.linalg import svd

from syncsweep.physics.phase_distribution import (
    relative_frequencies,
    relative_phase_coefficients,
)
from syncsweep.physics.spectrum import eigenspace
from syncsweep.physics.superoperators import unvectorize

#: Images of zero modes of norm 1 below this, in units of the uniform density, are rounding.
_RANK_TOLERANCE = 1e-9


def locked_directions(L0: np.ndarray | sparse.csr_array, spins: tuple[float, ...]) -> np.ndarray:
    """Orthonormal basis of the image of the zero modes of L₀, as columns (2(n_k − 1), r).

    L0: column-stacking superoperator (D², D²) of the `spins`. A vector holds
    Re s_k of all k ≠ 0 of `relative_frequencies` and then Im s_k; r may be 0.
    """
    modes = unvectorize(eigenspace(L0, 0)[0].T)
    adjoints = np.swapaxes(modes, 1, 2).conj()
    # The adjoint of a zero mode is one too, so these span the Hermitian zero modes.
    hermitian = np.concatenate([modes + adjoints, 1j * (modes - adjoints)]) / 2
    images = _components(relative_phase_coefficients(hermitian, spins))
    _, sizes, directions = svd(images, full_matrices=False)
    return directions[sizes > _RANK_TOLERANCE / (2 * pi) ** (len(spins) - 1)].T


def direction_of_chain(n_sites: int) -> np.ndarray:
    """`locked_directions` of a coupled spin-1 chain, written down for any N ≥ 2, (2(n_k − 1), 1).

    Its zero modes are functions of M, which leave S_d uniform, and of the spin flip within M = 0.
    The latter give S_d − u ∝ mean_θ ∏_j [1 + cos(θ + 2φ_j)] − 1. So s_k ∝ 2^{−n} if n of the k_j of
    all N sites are ±2 and the others are 0, and otherwise s_k = 0.
    """
    frequencies = relative_frequencies((1,) * n_sites)[1:]
    of_all = np.hstack([frequencies, -frequencies.sum(axis=1, keepdims=True)])
    has_form = np.all(of_all % 2 == 0, axis=1)
    s = np.where(has_form, 0.5 ** np.count_nonzero(of_all, axis=1), 0.0)
    return np.concatenate([s, np.zeros(len(s))])[:, None] / np.linalg.norm(s)


def locked_share(coefficients: np.ndarray, directions: np.ndarray) -> np.ndarray:
    """Share ℛ of Σ_{k≠0} |s_k|² that lies in `directions`, in [0, 1]: (...,).

    coefficients: (..., n_k) of S_d, k = 0 first; directions: as `locked_directions` gives them.
    NaN where S_d is uniform.
    """
    components = _components(coefficients)
    with np.errstate(invalid="ignore"):
        return np.sum((components @ directions) ** 2, axis=-1) / np.sum(components**2, axis=-1)


def _components(coefficients: np.ndarray) -> np.ndarray:
    """Re s_k and Im s_k of all k ≠ 0, (..., 2(n_k − 1)), from (..., n_k)."""
    tail = coefficients[..., 1:]
    return np.concatenate([tail.real, tail.imag], axis=-1)
