"""Lindblad generators given by their operators: their real matrices, and their precise action.

If frequencies and rates differ much in size, so do the entries of the matrix of L₀ or L₍₁₎. The
rounding of the large entries then hides the small ones. The operators H and L keep frequencies and
rates apart. So −i[H, ρ] and LρL† − ½{L†L, ρ} are applied in twice the working precision.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy import sparse

from syncsweep.physics import arguments
from syncsweep.physics.commutator import add_commutator, commutator_terms
from syncsweep.physics.double_double import DoubleDouble, product, products
from syncsweep.physics.superoperators import (
    basis_rows,
    commutator,
    kron,
    lindblad_dissipator,
    size_sums,
    spost,
    spre,
    summands,
    to_components,
    to_operators,
    to_real,
    unvectorize,
    vectorize,
)

#: Entries of one operator that differ by less than this leave no term of its dissipator so small
#: beside the others that rounding could hide it.
_ALIKE = 1e3


def _commutator(
    image: DoubleDouble, rho: DoubleDouble, rest: np.ndarray | None = None
) -> DoubleDouble:
    """−i[H + rest, ρ] of Hermitian operators ρ (D, D, n); image: Hρ."""
    if rest is not None:
        image = image + DoubleDouble.of(np.tensordot(rest, rho.high, 1))
    return (image - image.adjoint()).times(-1j)


def _rates(jump: np.ndarray, image: DoubleDouble) -> DoubleDouble:
    """−½{L†L, X} from the image LX of Hermitian operators X (D, D, n)."""
    half = product(jump.conj().T, image).times(-0.5)
    return half + half.adjoint()


def _dissipator_sizes(jump: np.ndarray) -> Any:
    """Sums of the absolute terms of a dissipator's entries in the Hermitian basis (D², D²)."""
    size = np.abs(jump)
    rate = size.T @ size
    return summands(kron(size, size) + (spre(rate) + spost(rate)) / 2)


def terms_of_rows(hamiltonian: np.ndarray, jump_operators: np.ndarray) -> np.ndarray:
    """See `Perturbation.terms`; of H (D, D) and jump operators (k, D, D)."""
    dim = len(hamiltonian)
    ones, jumps = unvectorize(size_sums(dim)), np.abs(jump_operators)
    rates = (jumps.swapaxes(1, 2) @ jumps).sum(axis=0)
    image = (jumps @ ones @ jumps.swapaxes(1, 2)).sum(axis=0)
    image += (rates @ ones + ones @ rates) / 2
    places, values = commutator_terms(hamiltonian)
    of_hamiltonian = np.bincount(places // dim**2, np.abs(values), dim**2)
    return of_hamiltonian + basis_rows(dim)[2] @ vectorize(image)


def check_operators(owner: Any, spins: tuple[float, ...] | None = None) -> None:
    """Check and convert the operators of a `Lindbladian` or a `Model`; ValueError.

    spins: those of a model, which decide D.
    """
    hamiltonian = arguments.hermitian("Argument `hamiltonian`", owner.hamiltonian, spins=spins)
    dim, jumps = len(hamiltonian), owner.jump_operators
    jumps = arguments.operators("Argument `jump_operators`", jumps, dim, spins)
    rest = arguments.rest_of("Argument `hamiltonian_rest`", owner.hamiltonian_rest, hamiltonian)
    # A frozen dataclass has no other way to replace its fields.
    object.__setattr__(owner, "hamiltonian", hamiltonian)
    object.__setattr__(owner, "jump_operators", jumps)
    object.__setattr__(owner, "hamiltonian_rest", rest)


@dataclass(frozen=True)
class Lindbladian:
    """−i[H, ·] + Σ_k (L_k·L_k† − ½{L_k†L_k, ·}) (Eq. 1).

    hamiltonian: (D, D), Hermitian; jump_operators: (k, D, D), k ≥ 0; hamiltonian_rest: (D, D) or
    None, H minus its rounded value `hamiltonian` (see `Model`). Lists, sparse matrices and
    operators of QuTiP become arrays; ValueError.

    >>> generator = sync.Lindbladian(pair.hamiltonian, pair.jump_operators)
    """

    hamiltonian: np.ndarray
    jump_operators: np.ndarray
    hamiltonian_rest: np.ndarray | None = None

    def __post_init__(self) -> None:
        """Check the arguments."""
        check_operators(self)

    @cached_property
    def _coherent(self) -> list[Any]:
        """−i[H, ·] as real matrices: of `hamiltonian`, and of the rest if there is one."""
        hamiltonians = [self.hamiltonian]
        if self.hamiltonian_rest is not None:
            hamiltonians.append(self.hamiltonian_rest)
        return [to_real(commutator(one)) for one in hamiltonians]

    def matrix(self) -> sparse.csr_array:
        """The real matrix (D², D²) in the Hermitian basis, sparse.

        The part of each operator is made separately. So where a strong operator does nothing, its
        rounding does not hide a weak one. Where the parts cancel each other up to rounding, the
        entry is set to zero.

        >>> generator.matrix().shape
        (16, 16)
        """
        dissipators = [to_real(lindblad_dissipator(jump)) for jump in self.jump_operators]
        parts = [*self._coherent, *dissipators]
        total, sizes = sum(parts[1:], parts[0]), sum(map(abs, parts[1:]), abs(parts[0]))
        kept = abs(total) > 2 * len(parts) * np.finfo(float).eps * sizes
        return sparse.csr_array(total * kept)

    def sizes(self) -> sparse.csr_array:
        """For each entry of `matrix` (D², D²), the sum of the absolute values of its terms.

        So the rounding error of an entry is a few roundings of this sum. An entry of −i[H, ·] is a
        single difference of entries of H, or two equal numbers cancel in it. So there its own
        absolute value is taken. If the entries of a jump operator are alike, what is zero in its
        part is exactly zero: pure dephasing, however strong, rounds nothing of populations.

        >>> print(f"{generator.sizes().max():.1f}")
        2.6
        """
        return sparse.csr_array(self._sizes())

    def _sizes(self) -> Any:
        total: Any = sum(abs(part) for part in self._coherent)
        for jump in self.jump_operators:
            part = _dissipator_sizes(jump)
            entries = np.abs(jump[jump != 0])
            if entries.max(initial=0.0) <= _ALIKE * entries.min(initial=np.inf):
                part = part * (to_real(lindblad_dissipator(jump)) != 0)
            total = total + part
        return total

    def largest_terms(self) -> np.ndarray:
        """The largest term in each row of `matrix` (D²,).

        >>> generator.largest_terms()[:3].round(2)
        array([0.  , 1.  , 1.73])
        """
        largest = self._sizes().max(axis=1)
        return largest if isinstance(largest, np.ndarray) else largest.toarray().ravel()

    def apply(self, rho: DoubleDouble) -> DoubleDouble:
        """L[ρ] of Hermitian operators ρ (D, D, n), in twice the working precision.

        >>> from syncsweep.physics.double_double import DoubleDouble
        >>> image = generator.apply(DoubleDouble.of(steady.rho[:1].transpose(1, 2, 0)))
        >>> bool(np.abs(image.rounded()).max() < 1e-12)  # at η → 0⁺
        True
        """
        of_h, *images = products(np.array([self.hamiltonian, *self.jump_operators]), rho)
        total = _commutator(of_h, rho, self.hamiltonian_rest)
        for jump, image in zip(self.jump_operators, images, strict=True):
            total = total + product(jump, image.adjoint()) + _rates(jump, image)
        return total

    def apply_adjoint(self, observable: DoubleDouble) -> tuple[DoubleDouble, DoubleDouble]:
        """i[H, X] and Σ_k (L_k†XL_k − ½{L_k†L_k, X}) of Hermitian operators X (D, D, n), in twice
        the working precision.

        >>> generator.apply_adjoint(DoubleDouble.of(np.eye(4)[:, :, None]))[1].rounded().shape
        (4, 4, 1)
        """
        adjoints = self.jump_operators.conj().swapaxes(1, 2)
        operators = np.array([self.hamiltonian, *adjoints, *self.jump_operators])
        of_h, *images = products(operators, observable)
        coherent = _commutator(of_h, observable, self.hamiltonian_rest).times(-1.0)
        dissipative = DoubleDouble.of(np.zeros_like(observable.high))
        n_jumps = len(adjoints)
        for adjoint, left, right in zip(adjoints, images[:n_jumps], images[n_jumps:], strict=True):
            both = DoubleDouble.joined([left.adjoint(), right], axis=1)
            jumped, rate = product(adjoint, both).split(2, axis=1)
            half = rate.times(-0.5)
            dissipative = dissipative + jumped + (half + half.adjoint())
        return coherent, dissipative


@dataclass(frozen=True)
class Perturbation:
    """One drawn L₍₁₎: −i[H₍₁₎, ·] and a dissipator.

    hamiltonian: (D, D), Hermitian; dissipator: real (D², D²) in the Hermitian basis;
    jump_operators: those of the dissipator (k, D, D), or None if they are not known. Lists become
    arrays; ValueError.

    >>> field, dephasing = np.diag([1.0, 0.5, -0.5, -1.0]), np.diag([1.0, -1.0, -1.0, 1.0])
    >>> dissipator = sync.Lindbladian(np.zeros((4, 4)), [dephasing]).matrix().toarray()
    >>> perturbation = sync.Perturbation(field, dissipator, [dephasing])
    """

    hamiltonian: np.ndarray
    dissipator: np.ndarray
    jump_operators: np.ndarray | None = None

    def __post_init__(self) -> None:
        """Check the arguments."""
        hamiltonian = arguments.hermitian("Argument `hamiltonian`", self.hamiltonian)
        dim = len(hamiltonian)
        size = dim**2
        dissipator = arguments.numbers("Argument `dissipator`", self.dissipator, size, size)
        arguments.finite("Argument `dissipator`", dissipator)
        object.__setattr__(self, "hamiltonian", hamiltonian)
        object.__setattr__(self, "dissipator", dissipator)
        if self.jump_operators is not None:
            jumps = arguments.operators("Argument `jump_operators`", self.jump_operators, dim)
            object.__setattr__(self, "jump_operators", jumps)

    def matrix(self) -> np.ndarray:
        """L₍₁₎, real (D², D²) in the Hermitian basis: a new array.

        >>> perturbation.matrix().shape
        (16, 16)
        """
        return add_commutator(self.dissipator.copy(), self.hamiltonian)

    def sizes(self) -> np.ndarray:
        """As for a `Lindbladian`; without jump operators, the largest entry of each row.

        >>> bool((np.abs(perturbation.matrix()) <= perturbation.sizes()).all())
        True
        """
        sizes = np.zeros_like(self.dissipator)
        if self.jump_operators is None:
            sizes += np.abs(self.dissipator).max(axis=1, keepdims=True)
        else:
            sizes = sum(map(_dissipator_sizes, self.jump_operators), sizes)
        places, values = commutator_terms(self.hamiltonian)
        np.add.at(sizes.reshape(-1), places, np.abs(values))
        return sizes

    def terms(self) -> np.ndarray | None:
        """For each row of `matrix` (D²,), the sum of its absolute terms, or None if not known.

        >>> perturbation.terms().shape
        (16,)
        """
        if self.jump_operators is None:
            return None
        return terms_of_rows(self.hamiltonian, self.jump_operators)

    def apply(self, rho: DoubleDouble) -> DoubleDouble:
        """L₍₁₎[ρ] of Hermitian operators ρ (D, D, n), in twice the working precision.

        A dissipator without known jump operators is applied in working precision. It mixes all
        modes at about the same rate. So its rounding is small compared with its effect on any mode.

        >>> from syncsweep.physics.double_double import DoubleDouble
        >>> perturbation.apply(DoubleDouble.of(np.eye(4)[:, :, None])).rounded().shape
        (4, 4, 1)
        """
        if self.jump_operators is not None:
            return Lindbladian(self.hamiltonian, self.jump_operators).apply(rho)
        image = to_operators(self.dissipator @ to_components(rho.rounded()))
        return _commutator(product(self.hamiltonian, rho), rho) + DoubleDouble.of(image)
