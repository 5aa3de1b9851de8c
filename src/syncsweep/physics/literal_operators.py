"""Steady states as in `literal` for longer chains, without superoperators (D², D²).

L₀ and L₍₁₎ act on a matrix ρ by their definitions: H and the jump operators multiply it from both
sides, and the literal double sum of a local term acts on the indices of its sites. Nothing of the
solver of the sweep is used. The 2N+2 zero modes of L₀ are written down: the projectors J_α on the
states of one magnetisation M, and for M = 0 on those that are even or odd if all spins are flipped.
The limit η → 0⁺ is the zero mode of the rates between them (Eq. 4). Each η > 0 has one system for
the traceless part of ρ, solved by restarted GMRES of all D² unknowns,

    Q(L₀ + ηL₍₁₎)ρ + PL₍₁₎ρ/κ = 0,

where P projects on the zero modes, Q = 1 − P, and κ is the mean decay of L₍₁₎. It is
(L₀ + ηL₍₁₎)ρ = 0, of which the part PηL₍₁₎ρ is divided by ηκ: for small η rounding would hide it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import LinearOperator, gmres

from syncsweep.physics import literal
from syncsweep.physics.models import Model
from syncsweep.physics.perturbation import OperatorBasis
from syncsweep.physics.spins import local_dimension, sz

#: Norm of what ρ may leave of its equations, in units of 1/√D.
_ACCURACY = 1e-11

#: Vectors in a cycle of GMRES, and cycles.
_RESTART, _CYCLES = 100, 12

#: With fewer jump operators, and if L₍₁₎ decays faster than L₀ by the second number, an equation
#: without jumps is the better preconditioner.
_FEW_JUMPS, _MUCH_DECAY = 4, 6.0

Action = Callable[[np.ndarray], np.ndarray]


class NotConvergedError(ValueError):
    """A steady state that GMRES does not find."""


@dataclass(frozen=True)
class Perturbation:
    """L₍₁₎ as an action on Hermitian matrices ρ (D, D), and its mean decay κ = −Tr L₍₁₎/D².

    drift: −iH − ½Σ L†L (D, D) if there are so few jump operators L that some modes hardly decay.
    """

    apply: Action
    mean_decay: float
    drift: np.ndarray | None = None


def _drift(hamiltonian: Any, jumps: Iterable[Any]) -> Any:
    return -1j * hamiltonian - sum(jump.conj().T @ jump for jump in jumps) / 2


def _action(hamiltonian: Any, jumps: Iterable[Any]) -> Action:
    """Of −i[H, ρ] + Σ_k (L_kρL_k† − ½{L_k†L_k, ρ}) for Hermitian ρ; matrices dense or sparse."""
    drift = _drift(hamiltonian, jumps)

    def apply(rho: np.ndarray) -> np.ndarray:
        half = drift @ rho
        image: np.ndarray = half + half.conj().T
        for jump in jumps:
            image += jump @ (jump @ rho).conj().T
        return image

    return apply


def perturbation(
    rng: np.random.Generator,
    dim: int,
    zeta_coh: float = 1.0,
    zeta_diss: float = 1.0,
    basis: OperatorBasis = "paper",
    rank: int = 1,
) -> Perturbation:
    """L₍₁₎ of `literal.perturbation` for a rank below D."""
    hamiltonian, factor = literal.drawn(rng, dim, zeta_coh, zeta_diss, rank)
    jumps = literal.jump_operators(factor, dim, basis)
    traces = np.trace(jumps, axis1=1, axis2=2)
    decay = np.sum(np.abs(jumps) ** 2) / dim - np.sum(np.abs(traces) ** 2) / dim**2
    few = rank < _FEW_JUMPS
    return Perturbation(
        _action(hamiltonian, jumps), float(decay), _drift(hamiltonian, jumps) if few else None
    )


def local_perturbation(
    rng: np.random.Generator, spins: tuple[float, ...], width: int, **law: Any
) -> Perturbation:
    """L₍₁₎ of `literal.local_perturbation`; law: its weights, basis and rank."""
    dims = [local_dimension(spin) for spin in spins]
    terms, decay = [], 0.0
    for first in range(len(spins) - width + 1):
        left, dim, right = (
            prod(part)
            for part in (dims[:first], dims[first : first + width], dims[first + width :])
        )
        matrix = literal.perturbation(rng, dim, **law)
        decay -= float(np.trace(matrix).real) / dim**2
        # Column-stacking: a row of the matrix is (column, row) of the image.
        terms.append(((left, dim, right) * 2, matrix.reshape([dim] * 4)))

    def apply(rho: np.ndarray) -> np.ndarray:
        image = np.zeros_like(rho)
        for shape, matrix in terms:
            one = np.tensordot(matrix, rho.reshape(shape), axes=([2, 3], [4, 1]))
            # Axes: column and row of the term, then left, right, left', right'.
            image += one.transpose(2, 1, 3, 4, 0, 5).reshape(rho.shape)
        return image

    return Perturbation(apply, decay)


def zero_modes(spins: tuple[float, ...]) -> sparse.csr_array:
    """The J_α/√D_α of a chain as rows (2N+2, D²), from the lowest M on, even before odd."""
    levels = np.zeros(1)
    for spin in spins:
        levels = np.add.outer(levels, np.diag(sz(spin)).real).ravel()
    # Flipping all spins reverses the order of the states.
    one, flip = np.eye(len(levels)), np.eye(len(levels))[::-1]
    modes = []
    for level in np.unique(np.round(levels)):
        within = np.diag((np.abs(levels - level) < 0.5).astype(float))
        parts = [(one + flip) / 2, (one - flip) / 2] if level == 0 else [one]
        modes += [within @ part for part in parts]
    return sparse.csr_array([(mode / np.sqrt(np.trace(mode))).ravel() for mode in modes])


class LiteralOperatorSolver:
    """Steady states of L₀ + ηL₍₁₎ for one chain of spin-1s."""

    def __init__(self, model: Model) -> None:
        """model: one whose zero modes are those of `zero_modes`."""
        self._dim = model.dim
        hamiltonian = sparse.csr_array(model.hamiltonian)
        jumps = [sparse.csr_array(jump) for jump in model.jump_operators]
        self._unperturbed, self._drift = _action(hamiltonian, jumps), _drift(hamiltonian, jumps)
        self._modes = zero_modes(model.spins)
        self._energies, self._states = np.linalg.eigh(model.hamiltonian.real)
        levels = np.array([jump.diagonal().real for jump in jumps])
        self._rates = np.sum((levels[:, :, None] - levels[:, None]) ** 2, axis=0) / 2

    def solve(self, perturbation: Perturbation, eta: float) -> np.ndarray:
        """ρ, (D, D); at η = 0 the limit η → 0⁺ of Eq. 4.

        NotUniqueError if that is not enough, NotConvergedError if GMRES does not find it.
        """
        return self._limit(perturbation) if eta == 0 else self._perturbed(perturbation, eta)

    def _limit(self, perturbation: Perturbation) -> np.ndarray:
        modes = self._modes.toarray().reshape(-1, self._dim, self._dim)
        images = [perturbation.apply(mode.astype(complex)).ravel() for mode in modes]
        rho = np.tensordot(literal.only_zero_mode(self._modes @ np.array(images).T), modes, 1)
        return rho / np.trace(rho)

    def _perturbed(self, perturbation: Perturbation, eta: float) -> np.ndarray:
        one = np.eye(self._dim, dtype=complex) / self._dim

        def image(rho: np.ndarray) -> np.ndarray:
            first = perturbation.apply(rho)
            whole = self._unperturbed(rho) + eta * first
            return whole + self._along(first / (perturbation.mean_decay or 1.0) - whole)

        def system(x: np.ndarray) -> np.ndarray:
            # Without the trace, rounding could add any amount of ρ itself.
            rho = self._unpacked(x)
            return _packed(image(rho) - np.trace(rho) * one)

        inverse = self._preconditioner(perturbation, eta)

        def precondition(x: np.ndarray) -> np.ndarray:
            rho = self._unpacked(x)
            along = self._along(rho)
            beside = inverse(rho - along)
            return _packed(beside - self._along(beside) - along)

        shape = (self._dim**2,) * 2
        x, failed = gmres(
            LinearOperator(shape, system, dtype=float), -_packed(image(one)), rtol=0.0,
            atol=_ACCURACY / np.sqrt(self._dim), restart=_RESTART, maxiter=_CYCLES,
            M=LinearOperator(shape, precondition, dtype=float),
        )  # fmt: skip
        if failed:
            raise NotConvergedError(f"GMRES does not converge in {_CYCLES} × {_RESTART} steps.")
        return one + self._unpacked(x)

    def _along(self, rho: np.ndarray) -> np.ndarray:
        """The part of a matrix along the zero modes."""
        return (self._modes.T @ (self._modes @ rho.ravel())).reshape(rho.shape)

    def _preconditioner(self, perturbation: Perturbation, eta: float) -> Action:
        """About the inverse of L₀ + ηL₍₁₎ beside the zero modes."""
        decay, slowest = eta * perturbation.mean_decay, self._rates[self._rates > 0].min()
        if perturbation.drift is not None and decay > _MUCH_DECAY * slowest:
            return _without_jumps(self._drift + eta * perturbation.drift)
        # One sweep of alternating directions (Peaceman and Rachford, 1955).
        shift = slowest + decay
        coherent = -2 * shift / (shift + 1j * (self._energies[:, None] - self._energies))
        incoherent = 1 / (shift + decay + self._rates)

        def apply(rho: np.ndarray) -> np.ndarray:
            # The states are real, so they act on packed matrices alike.
            inner = self._rotated(rho * incoherent, self._states)
            return self._rotated(coherent * inner, self._states.T)

        return apply

    def _rotated(self, rho: np.ndarray, states: np.ndarray) -> np.ndarray:
        """UᵀρU for real U."""
        x = _packed(rho).reshape(rho.shape)
        return self._unpacked(states.T @ x @ states)

    def _unpacked(self, x: np.ndarray) -> np.ndarray:
        """Inverse of `_packed`."""
        both = x.reshape(self._dim, self._dim)
        return (both + both.T) / 2 + 0.5j * (both - both.T)


def _packed(rho: np.ndarray) -> np.ndarray:
    """A Hermitian matrix as D² real numbers with the same norm."""
    return (rho.real + rho.imag).ravel()


def _without_jumps(drift: np.ndarray) -> Action:
    """The inverse of ρ ↦ Aρ + ρA† with the drift A (D, D)."""
    values, vectors = np.linalg.eig(drift)
    back = np.linalg.inv(vectors)
    sums = values[:, None] + values.conj()

    def apply(rho: np.ndarray) -> np.ndarray:
        image: np.ndarray = vectors @ ((back @ rho @ back.conj().T) / sums) @ vectors.conj().T
        return image

    return apply
