"""The number of oscillations before they are damped (Fig. 1).

With λ an eigenvalue of a Liouvillian, the oscillation e^{λt} has the quality factor
Q = |Im λ|/(2|Re λ|): its amplitude falls by the factor e^{−π/Q} in one period 2π/|Im λ|. Neither
function follows a single mode from one perturbation strength to the next: both take the largest Q.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import eigvals


def quality_factor(generator: np.ndarray) -> float:
    """Largest Q among all eigenvalues of a Liouvillian beside that of the steady state.

    generator: (n, n), a Liouvillian as a real matrix in the Hermitian basis, whose row 0 vanishes.
    The other eigenvalues are those without row and column 0; none may lie on the imaginary axis.
    """
    eigenvalues = eigvals(generator[1:, 1:], check_finite=False)
    return float(np.max(np.abs(eigenvalues.imag) / (2 * np.abs(eigenvalues.real))))


def first_order_quality_factor(
    frequency: float, shifts: np.ndarray, etas: np.ndarray
) -> np.ndarray:
    """Largest Q among the modes that an oscillation of L₀ becomes, in first order of η: (n_eta,).

    frequency: that of the undamped oscillation; shifts: μ (k,), so that its k modes have
    λ = i·frequency + ημ, and Q = |frequency + η Im μ|/(2η|Re μ|); etas: (n_eta,), positive.
    """
    eta = etas[:, None]
    return np.max(np.abs(frequency + eta * shifts.imag) / (2 * eta * np.abs(shifts.real)), axis=1)
