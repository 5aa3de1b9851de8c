"""Expectation values in time under a Liouvillian, and their oscillation at late times."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.polynomial import chebyshev
from scipy import sparse
from scipy.linalg import expm
from scipy.optimize import least_squares

from syncsweep.physics.spectrum import reduced_generator
from syncsweep.physics.superoperators import hermitian_basis, vectorize

#: Degree of the polynomial for the non-oscillating part of a fit.
_BACKGROUND_DEGREE = 8


def random_pure_states(rng: np.random.Generator, dim: int, count: int) -> np.ndarray:
    """Independent projectors |ψ⟩⟨ψ| on Haar-random vectors, shape (count, D, D).

    The vectors are uniform on the unit sphere, so that E|⟨ψ|a⟩|² = 1/D and E|⟨ψ|a⟩|⁴ = 2/(D(D+1)).
    """
    vectors = rng.standard_normal((count, dim)) + 1j * rng.standard_normal((count, dim))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors[:, :, None] * vectors[:, None, :].conj()


def expectation_values(
    generator: np.ndarray, states: np.ndarray, observables: np.ndarray, step: float, count: int
) -> np.ndarray:
    """⟨O⟩ at the times 0, step, … (count of them), shape (n_states, n_observables, count).

    generator: real (D², D²), a Liouvillian in the Hermitian basis; states: (n_states, D, D) at time
    0; observables: (n_observables, D, D), Hermitian. One matrix exponential serves all times.
    """
    to_basis = hermitian_basis(states.shape[-1]).conj().T
    x = (to_basis @ vectorize(states).T).real
    rows = (to_basis @ vectorize(observables).T).real.T
    propagator = expm(step * generator)
    values = np.empty((len(states), len(observables), count))
    for index in range(count):
        values[:, :, index] = (rows @ x).T
        x = propagator @ x
    return values


@dataclass(frozen=True)
class SlowPart:
    """Σ_k a_k e^{r_k t}: rates r_k (k,), complex, and amplitudes (n_states, n_observables, k)."""

    rates: np.ndarray
    amplitudes: np.ndarray

    def at(self, times: np.ndarray) -> np.ndarray:
        """The sum at times (n,), complex (n_states, n_observables, n)."""
        return self.amplitudes @ np.exp(np.outer(self.rates, times))


def slow_part(
    modes: tuple[np.ndarray, np.ndarray],
    eigenvalue: complex,
    perturbation: np.ndarray | sparse.csr_array,
    states: np.ndarray,
    observables: np.ndarray,
) -> SlowPart:
    """Leading-order contribution of the modes at one eigenvalue λ of L₀ to ⟨O⟩ under L₀ + L'.

    It is Tr[O r e^{(λ+M)t} l†ρ(0)], with M the `reduced_generator` of the perturbation L' (D², D²)
    on the biorthonormal right and left `modes`: exact if L' = 0. States and observables as in
    `expectation_values`. A pair λ, λ* contributes twice the real part of the one.
    """
    right, left = modes
    shifts, vectors = np.linalg.eig(reduced_generator(right, left, perturbation))
    shown = vectorize(observables).conj() @ right @ vectors
    excited = np.linalg.solve(vectors, left.conj().T @ vectorize(states).T)
    return SlowPart(eigenvalue + shifts, shown * excited.T[:, None, :])


@dataclass(frozen=True)
class OscillationFit:
    """amplitude·e^{−decay_rate·t} cos(frequency·t + phase) beside a smooth background.

    residual: root mean square of what the fit leaves over. phase lies in (−π, π].
    """

    frequency: float
    decay_rate: float
    amplitude: float
    phase: float
    residual: float


def fit_oscillation(times: np.ndarray, values: np.ndarray) -> OscillationFit:
    """Least-squares fit of one damped oscillation to values (n,) at equally spaced times (n,).

    The fit includes a polynomial of degree 8 for the non-oscillating part. The search starts at the
    highest peak of the Fourier spectrum, so the times must span many periods.
    """
    middle, half = (times[0] + times[-1]) / 2, (times[-1] - times[0]) / 2
    background = chebyshev.chebvander((times - middle) / half, _BACKGROUND_DEGREE)
    smooth = background @ np.linalg.lstsq(background, values, rcond=None)[0]

    def linear(parameters: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Coefficients of what is linear in the fit, and what is left over."""
        frequency, decay_rate = parameters
        wave = np.exp((1j * frequency - decay_rate) * (times - middle))
        columns = np.column_stack([background, wave.real, wave.imag])
        coefficients = np.linalg.lstsq(columns, values, rcond=None)[0]
        return coefficients, columns @ coefficients - values

    unit = np.std(values - smooth)  # a fit of small values must not end early

    def rest_in_units(parameters: np.ndarray) -> np.ndarray:
        return linear(parameters)[1] / unit

    start = (_peak(values - smooth, times[1] - times[0]), 0.0)
    found = least_squares(rest_in_units, start, x_scale=1 / half, xtol=1e-14, ftol=1e-14, gtol=None)
    frequency, decay_rate = found.x
    coefficients, rest = linear(found.x)
    # a cos + b sin is the real part of (a − ib)e^{iωt}, here about the middle of the times.
    at_zero = complex(coefficients[-2], -coefficients[-1])
    at_zero *= np.exp((decay_rate - 1j * frequency) * middle)
    return OscillationFit(
        frequency=float(frequency),
        decay_rate=float(decay_rate),
        amplitude=float(abs(at_zero)),
        phase=float(np.angle(at_zero)),
        residual=float(np.sqrt(np.mean(rest**2))),
    )


def _peak(values: np.ndarray, step: float) -> float:
    """Angular frequency of the highest peak of the Fourier spectrum of values (n,)."""
    length = 8 * len(values)  # zeros behind the values, to tell the peak to a fraction of its width
    spectrum = np.abs(np.fft.rfft(values * np.hanning(len(values)), length))
    return float(2 * np.pi * np.argmax(spectrum) / (length * step))
