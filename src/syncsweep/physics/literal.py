"""A steady state and its S_d as the paper writes them down: slow, to check what the sweep solved.

Only the model, the random numbers and the order of the F_n are shared with the sweep. K = TT† is
a plain product, L₍₁₎ the literal double sum of Eq. F2, all in complex column-stacking
superoperators; S_d is the Husimi function on a grid of angles, integrated over θ by Gauss's rule;
S_max is found by BFGS.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import product
from math import pi, prod

import numpy as np
from scipy import sparse
from scipy.linalg import expm, null_space, solve, svd
from scipy.optimize import minimize
from scipy.sparse.csgraph import connected_components

from syncsweep.physics.kossakowski import kossakowski_factor
from syncsweep.physics.models import Model
from syncsweep.physics.perturbation import (
    OperatorBasis,
    random_hamiltonian,
)
from syncsweep.physics.phase_distribution import Measure
from syncsweep.physics.spins import local_dimension, lowering, raising, sz

#: Singular values of L₀ below this share of its largest entry are zeros, and those of W†L₍₁₎V
#: below this share of the largest.
_ZERO = 1e-11

#: Nodes in θ: the integrand is a trigonometric polynomial of θ/2 of degree 4S + 2.
_THETA_NODES = 48

#: Points per angle on which the search for S_max starts, by the number of angles; the share of the
#: highest that counts, and how many of the highest do.
_START_GRID = {1: 64, 2: 64, 3: 64, 4: 24, 5: 16}
_START_SHARE, _MOST_STARTS = 0.9, 64


class NotUniqueError(ValueError):
    """A steady state that first-order perturbation theory leaves undetermined."""


@cache
def _operators(dim: int, basis: OperatorBasis) -> np.ndarray:
    """F_n of Eq. F3 in its order, or with orthonormal diagonal ones, (D²−1, D, D)."""
    unit = np.eye(dim)
    operators = []
    for a, b in list(product(range(dim), repeat=2))[:-1]:
        operator = np.diag(_diagonal(a, dim, basis)) if a == b else np.outer(unit[a], unit[b])
        operators.append(operator)
    return np.array(operators)


def _diagonal(a: int, dim: int, basis: OperatorBasis) -> np.ndarray:
    """Diagonal (D,) of the F_n with n = (a, a)."""
    if basis == "paper":
        return np.concatenate([np.zeros(a), [1, -1], np.zeros(dim - a - 2)])
    entries = np.concatenate([np.ones(a + 1), [-(a + 1)], np.zeros(dim - a - 2)])
    return entries / np.linalg.norm(entries)


def jump_operators(factor: np.ndarray, dim: int, basis: OperatorBasis) -> np.ndarray:
    """The Σ_n T*_nμ F_n (r, D, D) of K = TT†, without all F_n; factor: T (D²−1, r)."""
    jumps = np.zeros((factor.shape[1], dim, dim), dtype=complex)
    jumps.reshape(-1, dim**2)[:, :-1] = factor.conj().T
    places = np.arange(dim)
    diagonals = np.array([_diagonal(a, dim, basis) for a in range(dim - 1)])
    jumps[:, places, places] = jumps[:, places[:-1], places[:-1]] @ diagonals
    return jumps


def _commutator(hamiltonian: np.ndarray) -> np.ndarray:
    """Superoperator of ρ ↦ −i[H, ρ], (D², D²)."""
    one = np.eye(len(hamiltonian))
    return -1j * (np.kron(one, hamiltonian) - np.kron(hamiltonian.T, one))


def _dissipator(rates: np.ndarray, operators: np.ndarray) -> np.ndarray:
    """Superoperator of ρ ↦ Σ_mn K_mn (F_n ρ F_m† − ½{F_m†F_n, ρ}), (D², D²).

    rates: K, (k, k); operators: F_n, (k, D, D).
    """
    dim = operators.shape[-1]
    weighted = np.tensordot(rates, operators, axes=(1, 0))
    # Entry (j', k', j, k) of Σ K_mn F_m* ⊗ F_n.
    jumps = np.tensordot(operators.conj(), weighted, axes=(0, 0))
    decay = np.einsum("jajb->ab", jumps)  # Σ K_mn F_m†F_n
    total = jumps.transpose(0, 2, 1, 3).reshape(dim**2, dim**2)
    del jumps  # each of these matrices takes 0.7 GB for four spins
    one = np.eye(dim)
    total -= np.kron(one, decay / 2)
    total -= np.kron(decay.T / 2, one)
    return total


def unperturbed(model: Model) -> np.ndarray:
    """L₀ of Eq. 1, column-stacking (D², D²), complex."""
    jumps = model.jump_operators
    return _commutator(model.hamiltonian) + _dissipator(np.eye(len(jumps)), jumps)


def perturbation(
    rng: np.random.Generator,
    dim: int,
    zeta_coh: float = 1.0,
    zeta_diss: float = 1.0,
    basis: OperatorBasis = "paper",
    rank: int | None = None,
) -> np.ndarray:
    """L₍₁₎ of `random_generator` from the same random numbers, column-stacking (D², D²)."""
    hamiltonian, factor = drawn(rng, dim, zeta_coh, zeta_diss, rank)
    return _commutator(hamiltonian) + _random_dissipator(factor, _operators(dim, basis))


def drawn(
    rng: np.random.Generator, dim: int, zeta_coh: float, zeta_diss: float, rank: int | None
) -> tuple[np.ndarray, np.ndarray]:
    """ζ_coh·H (D, D) and T (D²−1, r) with ζ_diss·K = TT†."""
    hamiltonian = random_hamiltonian(rng, dim)
    factor = kossakowski_factor(rng, dim, rank)[:-1]
    scale = zeta_diss * (dim**2 - 1) / np.sum(np.abs(factor) ** 2)
    return zeta_coh * hamiltonian, np.sqrt(scale) * factor


def _random_dissipator(factor: np.ndarray, operators: np.ndarray) -> np.ndarray:
    """`_dissipator` of K = TT†; if T has few columns, of the jump operators Σ_n T*_nμ F_n."""
    columns = factor.shape[1]
    if columns < operators.shape[-1]:
        return _dissipator(np.eye(columns), np.tensordot(factor.conj().T, operators, 1))
    return _dissipator(factor @ factor.conj().T, operators)


def local_perturbation(
    rng: np.random.Generator,
    spins: tuple[float, ...],
    width: int,
    zeta_coh: float = 1.0,
    zeta_diss: float = 1.0,
    basis: OperatorBasis = "paper",
    rank: int | None = None,
) -> np.ndarray:
    """L₍₁₎ of `random_local_sum` from the same random numbers, column-stacking (D², D²).

    It is the sum over all `width` neighbouring spins, whose H and F_n are written for all spins.
    """
    dims = [local_dimension(spin) for spin in spins]
    total = np.zeros((prod(dims) ** 2,) * 2, dtype=complex)
    for first in range(len(spins) - width + 1):
        left, right = np.eye(prod(dims[:first])), np.eye(prod(dims[first + width :]))
        dim = prod(dims[first : first + width])
        hamiltonian, factor = drawn(rng, dim, zeta_coh, zeta_diss, rank)
        wide = [np.kron(np.kron(left, one), right) for one in _operators(dim, basis)]
        total += _commutator(np.kron(np.kron(left, hamiltonian), right))
        total += _random_dissipator(factor, np.array(wide))
    return total


def two_spin1s_perturbation(
    epsilon: float, delta: float, gamma_1_damp: float, gamma_2_gain: float
) -> np.ndarray:
    """L₍₁₎ of Eq. E2 with Δ₁ = −Δ₂ = δ/2, written in the states of two spin-1s, (D², D²)."""
    up, zero, down = np.eye(3)
    raises = np.outer(up, zero) + np.outer(zero, down)  # S⁺/√2
    levels, one = np.diag([1.0, 0.0, -1.0]), np.eye(3)
    hop = 1j * epsilon * np.kron(raises, raises.T)
    detuning = delta / 2 * (np.kron(levels, one) - np.kron(one, levels))
    damping = np.sqrt(gamma_1_damp) * np.kron(np.outer(zero, up), one)
    gain = np.sqrt(gamma_2_gain) * np.kron(one, np.outer(zero, down))
    dissipator = _dissipator(np.eye(2), np.array([damping, gain]))
    return _commutator(hop + hop.conj().T + detuning) + dissipator


def only_zero_mode(rates: np.ndarray) -> np.ndarray:
    """The zero mode (n,) of W†L₍₁₎V (n, n); NotUniqueError if it has none or several."""
    kernel = null_space(rates, rcond=_ZERO)
    if kernel.shape[1] != 1:
        raise NotUniqueError(f"W†L₁V must have one zero mode, but has {kernel.shape[1]}.")
    mode: np.ndarray = kernel[:, 0]
    return mode


class LiteralSolver:
    """Steady states of L₀ + ηL₁ for one L₀, of which the zero modes are found once."""

    def __init__(self, L0: np.ndarray) -> None:
        """L0: column-stacking superoperator (D², D²)."""
        self._L0 = L0
        self._left, self._right = _zero_modes(L0)
        self._dim = int(np.sqrt(len(L0)))
        self._trace = np.eye(self._dim, dtype=complex).reshape(-1)

    def solve(self, L1: np.ndarray, eta: float) -> np.ndarray:
        """ρ, (D, D); at η = 0 the limit η → 0⁺ of Eq. 4. NotUniqueError if that is not enough."""
        vector = self._limit(L1) if eta == 0 else self._perturbed(L1, eta)
        return (vector / (self._trace @ vector)).reshape(self._dim, self._dim, order="F")

    def _limit(self, L1: np.ndarray) -> np.ndarray:
        """The zero mode of W†L₁V, with V and W the right and left zero modes of L₀."""
        return self._right @ only_zero_mode(self._left.conj().T @ L1 @ self._right)

    def _perturbed(self, L1: np.ndarray, eta: float) -> np.ndarray:
        """(L₀ + ηL₁)ρ = 0 with the trace condition in place of its last row.

        Its part along the left zero modes of L₀ is W†ηL₁ρ = 0. It is divided by η, which changes no
        solution, because for small η rounding hides it beside L₀. All parts are scaled to the size
        of the trace condition, whatever the unit of energy is.
        """
        of_first, of_second = (float(np.abs(one).max()) or 1.0 for one in (self._L0, L1))
        strength = eta * of_second / of_first
        system = self._L0 / (of_first * max(1.0, strength))
        system += (strength / (of_second * max(1.0, strength))) * L1
        along = (self._left.conj().T @ L1) / of_second
        system += self._left @ (along - self._left.conj().T @ system)
        system[-1] = self._trace
        one = np.zeros(len(system), dtype=complex)
        one[-1] = 1.0
        return solve(system, one, overwrite_a=True)


def _zero_modes(L0: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Orthonormal left and right zero modes of L₀ (D², n), block by block of coupled entries."""
    n_blocks, block_of = connected_components(sparse.csr_array(L0 != 0), directed=False)
    found: tuple[list[np.ndarray], list[np.ndarray]] = ([], [])
    smallest = _ZERO * np.abs(L0).max()
    for block in range(n_blocks):
        places = np.flatnonzero(block_of == block)
        u, values, vh = svd(L0[np.ix_(places, places)])
        for modes, vectors in zip(found, (u, vh.conj().T), strict=True):
            for vector in vectors[:, values <= smallest].T:
                mode = np.zeros(len(L0), dtype=complex)
                mode[places] = vector
                modes.append(mode)
    left, right = (np.array(modes).reshape(-1, len(L0)).T for modes in found)
    return left, right


@cache
def _site_operators(spin: float, points: int) -> np.ndarray:
    """(2S+1)/4π ∫ sinθ |θ,φ⟩⟨θ,φ| dθ at φ = 2πp/points, (points, 2S+1, 2S+1)."""
    spin_y = (raising(spin) - lowering(spin)) / 2j
    nodes, weights = np.polynomial.legendre.leggauss(_THETA_NODES)
    thetas = pi / 2 * (nodes + 1)
    states = np.array([expm(-1j * theta * spin_y)[:, 0] for theta in thetas])
    shares = pi / 2 * weights * np.sin(thetas) * local_dimension(spin) / (4 * pi)
    operator = np.einsum("t,tm,tn->mn", shares, states, states.conj())
    turns = [expm(-2j * pi * p / points * sz(spin)) for p in range(points)]
    return np.array([turn @ operator @ turn.conj().T for turn in turns])


def phase_distribution(
    rho: np.ndarray, spins: tuple[float, ...], measure: Measure = "relative"
) -> np.ndarray:
    """Fourier coefficients of S_d (Eqs. 2, A1-A3) at all frequencies that its grid resolves.

    rho: (D, D) of the `spins` (N,). Returns s, (p,)*(N−1), with p points per angle, at least 8S + 2
    and 2SN + 1 for the largest S; s_k is at index k mod p. With `measure` absolute these are of S,
    (p,)*N.
    """
    n_sites = len(spins)
    # Fewer would take the frequency 2SN of the common angle for 0.
    points = max(round(8 * max(spins)) + 2, round(2 * max(spins) * n_sites) + 1)
    # Q(φ₁ … φ_N), site by site: the axes of ρ that are left follow the axes of the angles.
    density = rho.reshape([local_dimension(spin) for spin in spins] * 2)
    for left, spin in zip(range(n_sites, 0, -1), spins, strict=True):
        operators = _site_operators(spin, points)
        density = np.tensordot(density, operators, axes=([0, left], [2, 1]))
    if measure == "absolute":
        return np.fft.fftn(density.real) / points**n_sites
    # Q at (φ'_j + φ) and φ_N = φ, summed over the common angle φ.
    common = np.zeros([points] * (n_sites - 1))
    for p in range(points):
        common += np.roll(density[..., p].real, -p, axis=tuple(range(n_sites - 1)))
    return np.fft.fftn(common * (2 * pi / points)) / points ** (n_sites - 1)


@dataclass(frozen=True)
class Heights:
    """The highest value of S_d − u that was found, and that at the angles that were given."""

    s_max: float
    at_angles: float


def heights(coefficients: np.ndarray, frequencies: np.ndarray, angles: np.ndarray) -> Heights:
    """Maximum of S_d − u by BFGS from `angles` and from the heights of a grid, and S_d − u there.

    coefficients: (n_k,), s_0 first; frequencies: (n_k, N−1), one of each pair ±k; angles: (N−1,).
    """
    k, s = frequencies[1:], coefficients[1:]
    points = _START_GRID[k.shape[1]]
    shape = (points,) * k.shape[1]
    spectrum = np.zeros(shape, dtype=complex)
    spectrum[tuple(k.T)] = 2 * s
    grid = np.fft.ifftn(spectrum, norm="forward").real
    scale = float(grid.max())
    if scale == 0:
        return Heights(0.0, 0.0)
    sums = _negative_sum(k, s / scale)
    tops = np.argwhere(_tops(grid) & (grid >= _START_SHARE * scale))
    highest = tops[np.argsort(-grid[tuple(tops.T)])[:_MOST_STARTS]]
    reached = [
        minimize(sums, start, jac=True, method="BFGS", options={"gtol": 1e-9}).fun
        for start in (angles, *(highest * (2 * pi / points)))
    ]
    return Heights(-scale * min(reached), -scale * sums(angles)[0])


def _negative_sum(k: np.ndarray, s: np.ndarray) -> Callable[[np.ndarray], tuple[float, np.ndarray]]:
    def value_and_slope(at: np.ndarray) -> tuple[float, np.ndarray]:
        waves = 2 * s * np.exp(1j * (k @ at))
        return -float(waves.real.sum()), waves.imag @ k

    return value_and_slope


def _tops(grid: np.ndarray) -> np.ndarray:
    """Mask of the points of a periodic grid that are not below a neighbour along any axis."""
    mask = np.ones(grid.shape, dtype=bool)
    for axis in range(grid.ndim):
        mask &= (grid >= np.roll(grid, 1, axis)) & (grid >= np.roll(grid, -1, axis))
    return mask
