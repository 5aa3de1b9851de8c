"""L₀ = −i[H, ·] − Γ∘ of dephased spins, applied and inverted without a matrix (D², D²).

H is real, and the jump operators are real and diagonal. So L₀ multiplies each entry of ρ by a rate
Γ_ab = ½Σ_k (l_ka − l_kb)², and it keeps the identity. A Hermitian ρ = A + iB is packed as the real
matrix P = A + B, with the same norm. Then −i[H, ρ] becomes [H, P]ᵀ, and P is always Hermitian up
to the last bit.

What H and the jump operators commute with is known from one eigenproblem of size D. A generic sum
G = H + Σ_k g_k L_k has no degenerate levels, unless L₀ conserves operators that do not commute.
Those levels of G that H connects make up one sector each. Its projector J is conserved, and J/Tr J
is its steady state, because L₀ keeps the identity.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from syncsweep.physics.arnoldi import solve_gmres
from syncsweep.physics.generator import OperatorPerturbation, UnservedModelError, refined
from syncsweep.physics.lindbladian import Lindbladian
from syncsweep.physics.sylvester import sylvester

#: Matrix elements of H between levels of G, and distances of these levels, are zero below the first
#: value, in units of the largest. Those between both values may be slow modes or rounding: a mode
#: that only they damp decays with their square.
_ZERO, _COUPLED = 1e-10, 1e-5

#: Zero modes V are corrected if ‖L₀V‖ is above the first number times ‖L₀‖. The second is the
#: accuracy of one correction.
_POLISHED, _WORST_CORRECTION = 3e-16, 1e-3

#: Largest number of steps of one cycle in single precision, and the accuracy that it can reach.
_CYCLE, _CYCLE_ACCURACY = 40, 3e-6

#: Steps of the power iteration for ‖L₀⁻¹‖, and the accuracy of its solutions.
_POWER_STEPS, _POWER_ACCURACY = 8, 1e-2

#: With fewer jump operators than the first number, rates of L₁ reach down to zero. If L₁ decays
#: faster than L₀ by the second, a preconditioner made from its operators is then better. Otherwise
#: it is worse: the effective Hamiltonian of L₀ alone has nearly parallel eigenvectors.
_FEW_JUMPS, _MUCH_DECAY = 4, 6.0


class Sweep:
    """One sweep of alternating directions, about the inverse of −i[H, ·] − Γ∘ − s.

    With A = i[H, ·] + σ and G = Γ + s + σ it is −2σA⁻¹G⁻¹ (Peaceman and Rachford, 1955). Both are
    inverted exactly: A in the eigenbasis of H, and G entry by entry.
    """

    def __init__(
        self,
        generator: DephasingGenerator,
        sigma: float,
        shift: float = 0.0,
        dtype: type[np.floating] = np.float64,
    ) -> None:
        """sigma: σ > 0; shift: s ≥ 0; dtype: precision of the sweep."""

        def rounded(array: np.ndarray) -> np.ndarray:
            return array.astype(dtype)

        self._blocks = [(rows, rounded(block)) for rows, block in generator.blocks]
        size = sigma**2 + generator.frequencies**2
        self._even = rounded(2 * sigma**2 / size)
        self._odd = rounded(2 * sigma * generator.frequencies / size)
        self._decay = rounded(1 / (generator.rates + shift + sigma))
        self._rest = rounded(generator.rates + shift - sigma)
        self._dtype, self._sigma = dtype, dtype(sigma)

    def _rotated(self, packed: np.ndarray, back: bool) -> np.ndarray:
        """UᵀPU, or UPUᵀ, with the eigenvectors U of H."""
        half, whole = np.empty_like(packed), np.empty_like(packed)
        for rows, block in self._blocks:
            np.matmul(block if back else block.T, packed[rows], out=half[rows])
        for columns, block in self._blocks:
            change = block.T if back else block
            np.matmul(half[:, columns], change, out=whole[:, columns])
        return whole

    def _coherent(self, packed: np.ndarray) -> np.ndarray:
        """2σA⁻¹."""
        rotated = self._rotated(packed, back=False)
        odd = self._odd * rotated.T
        rotated *= self._even
        rotated -= odd
        return self._rotated(rotated, back=True)

    def apply(self, packed: np.ndarray) -> np.ndarray:
        """The sweep of a packed operator (D, D)."""
        return -self._coherent(self._decay * packed.astype(self._dtype, copy=False))

    def image(self, packed: np.ndarray) -> np.ndarray:
        """(−i[H, ·] − Γ∘ − s) of the sweep, without a product with H.

        As −(A + G − 2σ)·(−2σA⁻¹G⁻¹) = 2σG⁻¹ + (G − 2σ)·2σA⁻¹G⁻¹.
        """
        decayed = self._decay * packed
        image = self._coherent(decayed)
        image *= self._rest
        decayed *= 2 * self._sigma
        image += decayed
        return image


class DephasingGenerator:
    """L₀ of a model of dephased spins; packed operators have the order of its blocks.

    order: (D,), place of each state of the model's basis in the blocks of H; blocks: their slices
    and the eigenvectors of H in each; frequencies: (D, D), differences E_a − E_b of energies;
    rates: (D, D), Γ; zero_modes: sparse (n_sectors, D²), orthonormal packed J_α/√D_α; traces:
    (n_sectors,), their traces √D_α.
    """

    def __init__(self, lindbladian: Lindbladian) -> None:
        """UnservedModelError if H or a jump operator is not real, a jump operator is not diagonal,
        or the sectors of L₀ cannot be told apart.
        """
        self._lindbladian = lindbladian
        hamiltonian, jumps = lindbladian.hamiltonian, lindbladian.jump_operators
        diagonals = np.einsum("kaa->ka", jumps)
        off_diagonal = jumps * (1 - np.eye(len(hamiltonian)))
        if np.any(hamiltonian.imag) or np.any(diagonals.imag) or np.any(off_diagonal):
            raise UnservedModelError(
                "The solver without matrices needs a real Hamiltonian and jump operators that are "
                "real and diagonal."
            )
        if not np.any(diagonals != diagonals[:, :1]):
            raise UnservedModelError(
                "The solver without matrices needs dephasing, but L₀ has none."
            )
        _, label = connected_components(sparse.csr_array(hamiltonian.real), directed=False)
        self.dim = len(hamiltonian)
        self.order = np.argsort(label, kind="stable")
        levels = diagonals.real[:, self.order]
        self._hamiltonian = hamiltonian.real[np.ix_(self.order, self.order)]
        self.rates = np.zeros((self.dim, self.dim))
        for of_jump in levels:
            self.rates += (of_jump[:, None] - of_jump) ** 2 / 2
        ends = np.cumsum(np.bincount(label))
        slices = [slice(end - n, end) for end, n in zip(ends, np.bincount(label), strict=True)]
        energies = np.empty(self.dim)
        self.blocks: list[tuple[slice, np.ndarray]] = []
        for rows in slices:
            energies[rows], vectors = np.linalg.eigh(self._hamiltonian[rows, rows])
            self.blocks.append((rows, vectors))
        self.frequencies = energies[:, None] - energies
        projectors = _conserved_projectors(
            self._hamiltonian, levels, slices, float(self.rates.max())
        )
        self.traces = np.sqrt([projector.trace() for projector in projectors])
        modes: Any = [
            sparse.csr_array(projector.reshape(1, -1) / root)
            for projector, root in zip(projectors, self.traces, strict=True)
        ]
        self._set_zero_modes(modes)
        #: At least ‖L₀‖ (2-norm).
        self.norm = float(np.abs(self.frequencies).max() + self.rates.max())
        #: σ of the sweep of L₀: the slowest rate of dephasing.
        self.sigma = float(self.rates[self.rates > 0].min())
        #: What rounding leaves of L₀V: the largest norm of a zero mode's image.
        self.rounding = self._polish()

    def _polish(self) -> float:
        """Correct the zero modes where nearly degenerate levels of G have mixed sectors."""
        for _ in range(3):
            modes = [mode.reshape(self.dim, -1) for mode in self.zero_modes.toarray()]
            images = [self.apply(mode) for mode in modes]
            left = max(float(np.linalg.norm(image)) for image in images)
            if left <= _POLISHED * self.norm:
                break
            for k, image in enumerate(images):
                if np.linalg.norm(image) > _POLISHED * self.norm:
                    modes[k] = modes[k] - self.solve(image, _WORST_CORRECTION)
            rows: Any = [sparse.csr_array(mode.reshape(1, -1)) for mode in modes]
            self._set_zero_modes(rows)
        return left

    def _set_zero_modes(self, rows: Any) -> None:
        self.zero_modes = sparse.csr_array(sparse.vstack(rows))
        self._modes_as_columns = self.zero_modes.T  # to make it takes as long as a product with it

    @property
    def left_modes(self) -> sparse.csr_array:
        """The zero modes: L₀ is symmetric up to complex conjugation, and they are real."""
        return self.zero_modes

    def apply(self, packed: np.ndarray) -> np.ndarray:
        """L₀ of a packed operator (D, D)."""
        image = np.empty_like(packed)
        for rows, _ in self.blocks:
            of_block = self._hamiltonian[rows, rows]
            image[rows] = of_block @ packed[rows]
        for rows, _ in self.blocks:
            image[:, rows] -= packed[:, rows] @ self._hamiltonian[rows, rows]
        return image.T - self.rates * packed

    def without_zero_modes(self, packed: np.ndarray) -> np.ndarray:
        """The packed operator (D, D) without its components along the zero modes."""
        components = self.zero_modes @ packed.ravel()
        return packed - (self._modes_as_columns @ components).reshape(packed.shape)

    @cached_property
    def _sweep(self) -> Sweep:
        return Sweep(self, self.sigma, dtype=np.float32)

    def solve(self, rhs: np.ndarray, accuracy: float) -> np.ndarray:
        """X with L₀X = rhs up to accuracy·‖rhs‖, for packed operators (D, D) without zero modes.

        GMRES with one sweep in single precision, refined in double precision.
        """

        def roughly(y: np.ndarray, accuracy: float) -> np.ndarray:
            goal = max(0.5 * accuracy, _CYCLE_ACCURACY)
            mixture = solve_gmres(self._sweep.image, y.astype(np.float32), goal, _CYCLE)
            return self.without_zero_modes(self._sweep.apply(mixture).astype(float))

        return refined(self.apply, roughly, rhs, accuracy)

    @cached_property
    def inverse_norm(self) -> float:
        """‖L₀⁻¹‖ (2-norm) beside the zero modes, to some 10 %.

        L₀ is symmetric up to complex conjugation, which transposes a packed operator. So powers of
        L₀⁻¹ and this conjugation grow like its largest singular value.
        """
        shape = (self.dim, self.dim)
        x = self.without_zero_modes(np.random.default_rng(0).standard_normal(shape))
        for _ in range(_POWER_STEPS):
            x = self.solve(x / np.linalg.norm(x), _POWER_ACCURACY).T
        return float(np.linalg.norm(x))

    def preconditioner(
        self, perturbation: OperatorPerturbation, eta: float
    ) -> Callable[[np.ndarray], np.ndarray]:
        """About the inverse of L₀ + ηL₁, of packed operators (D, D)."""
        jumps = getattr(perturbation, "jump_operators", None)
        decay = eta * perturbation.mean_decay
        if jumps is not None and len(jumps) < _FEW_JUMPS and decay > _MUCH_DECAY * self.sigma:
            return sylvester(self._lindbladian, perturbation, eta, self.order)
        return Sweep(self, self.sigma + decay, decay, np.float32).apply


def _conserved_projectors(
    hamiltonian: np.ndarray, levels: np.ndarray, slices: list[slice], fastest: float
) -> list[np.ndarray]:
    """The smallest projectors (D, D) that commute with H and all diagonal operators (k, D).

    fastest: the largest rate of dephasing.
    """
    rng = np.random.default_rng(0)
    levels = rng.uniform(0.5, 1.5, len(levels)) @ levels
    # Both parts have about the same size: otherwise rounding of one would hide the other.
    levels *= rng.uniform(0.5, 1.0) / np.abs(levels).max()
    largest = max(np.abs(hamiltonian).max(), np.finfo(float).tiny)
    hamiltonian = hamiltonian / largest
    values, vectors = np.empty(len(hamiltonian)), np.zeros_like(hamiltonian)
    for rows in slices:
        generic = hamiltonian[rows, rows] + np.diag(levels[rows])
        values[rows], vectors[rows, rows] = np.linalg.eigh(generic)
    if np.diff(np.sort(values)).min() <= _ZERO:
        raise UnservedModelError(
            "The solver without matrices needs a model whose conserved operators commute, but this "
            "one conserves coherences too."
        )
    coupling = np.abs(vectors.T @ hamiltonian @ vectors)
    weak = _COUPLED * max(fastest / largest, 1.0)
    n_sectors, label = connected_components(coupling > weak, directed=False)
    if n_sectors != connected_components(coupling > _ZERO, directed=False)[0]:
        raise UnservedModelError(
            "The solver without matrices needs modes that are conserved or fast, but this model "
            "hardly breaks a symmetry."
        )
    projectors = []
    for sector in range(n_sectors):
        within = vectors[:, label == sector]
        projector = within @ within.T
        projectors.append(np.where(np.abs(projector) > _ZERO, projector, 0.0))
    return projectors
