"""Steady states in 270-digit arithmetic with error bounds, from parameters or operators (slow).

It shares only the random draws with the package. The superoperator is summed up entry by
entry from Eq. 1 and Eq. F2, its first equation is replaced by Tr ρ = 1, and the whole is solved
in ball arithmetic.
"""

from dataclasses import dataclass, field

import flint
import numpy as np
from flint import acb, acb_mat, arb

from syncsweep.physics.perturbation import traceless_operators

flint.ctx.prec = 900

#: An η that stands for η → 0⁺: it is smaller than any rate in a test.
LIMIT = acb(arb(10) ** -70)


def entries(operator):
    """Entries {(i, j): value} of an array; a dictionary of this form is returned unchanged."""
    if isinstance(operator, dict):
        return operator
    places = zip(*np.nonzero(operator), strict=True)
    return {(int(i), int(j)): number(operator[i, j]) for i, j in places}


def number(value):
    value = complex(value)
    return acb(value.real, value.imag)


def conjugate(value):
    return acb(value.real, -value.imag)


def adjoint(operator):
    return {(j, i): conjugate(value) for (i, j), value in operator.items()}


def combination(*terms):
    """Σ c·operator of pairs (c, operator)."""
    total = {}
    for factor, operator in terms:
        for place, value in operator.items():
            total[place] = total.get(place, acb(0)) + factor * value
    return total


def product(left, right):
    total = {}
    for (i, j), one in left.items():
        for (k, m), other in right.items():
            if j == k:
                total[i, m] = total.get((i, m), acb(0)) + one * other
    return total


def spin_operators(twice, site, twices):
    """S^z and S⁺ of one of several spins S = twice/2, with exact roots."""
    z, plus = {}, {}
    for level in range(twice + 1):
        m = twice - 2 * level
        z[level, level] = acb(m) / 2
        if level:
            plus[level - 1, level] = acb(arb((twice - m) * (twice + m + 2)).sqrt()) / 2
    before = int(np.prod([other + 1 for other in twices[:site]], initial=1))
    after = int(np.prod([other + 1 for other in twices[site + 1 :]], initial=1))

    def embedded(operator):
        return {
            ((a * (twice + 1) + i) * after + b, (a * (twice + 1) + j) * after + b): value
            for (i, j), value in operator.items()
            for a in range(before)
            for b in range(after)
        }

    return embedded(z), embedded(plus)


@dataclass
class Superoperator:
    """A column-stacking superoperator: ρ[j, k] is entry j + D·k."""

    dim: int
    entries: dict = field(default_factory=dict)

    def _add(self, row, column, value):
        i, j = row
        k, m = column
        place = i + self.dim * j, k + self.dim * m
        self.entries[place] = self.entries.get(place, acb(0)) + value

    def add_hamiltonian(self, hamiltonian, weight=1.0):
        """−i·weight·[H, ρ]."""
        for (i, j), value in entries(hamiltonian).items():
            for k in range(self.dim):
                self._add((i, k), (j, k), acb(0, -1) * number(weight) * value)
                self._add((k, j), (k, i), acb(0, 1) * number(weight) * value)
        return self

    def add_pair(self, left, right, weight=None):
        """weight·(AρB† − ½{B†A, ρ})."""
        for (i, j), a in left.items():
            for (k, m), b in right.items():
                value = a * conjugate(b) * (acb(1) if weight is None else weight)
                self._add((i, k), (j, m), value)
                if i == k:
                    for other in range(self.dim):
                        self._add((m, other), (j, other), -value / 2)
                        self._add((other, j), (other, m), -value / 2)
        return self

    def add_jump(self, jump):
        return self.add_pair(entries(jump), entries(jump))

    def add_kossakowski(self, kossakowski, weight=1.0):
        """Σ weight·K_mn (F_n ρ F_m† − ½{F_m†F_n, ρ}) with the F of Eq. F3."""
        rows = traceless_operators(self.dim).toarray().reshape(-1, self.dim, self.dim)
        operators = [entries(row) for row in rows]
        for m, left in enumerate(operators):
            for n, right in enumerate(operators):
                self.add_pair(right, left, number(weight) * number(kossakowski[m, n]))
        return self


def steady_state(first, second, eta):
    """ρ (D, D) of L₀ + ηL₁, rounded to doubles; η = 0 is the limit."""
    dim, n = first.dim, first.dim**2
    strength = number(eta) if eta > 0 else LIMIT
    matrix, right = acb_mat(n, n), acb_mat(n, 1)
    for factor, superoperator in ((acb(1), first), (strength, second)):
        for (row, column), value in superoperator.entries.items():
            matrix[row, column] = matrix[row, column] + factor * value
    for column in range(n):
        matrix[0, column] = acb(1 if column % (dim + 1) == 0 else 0)
    right[0, 0] = acb(1)
    solved = matrix.solve(right)
    assert max(float(solved[k, 0].real.rad() + solved[k, 0].imag.rad()) for k in range(n)) < 1e-30
    parts = [(float(solved[k, 0].real.mid()), float(solved[k, 0].imag.mid())) for k in range(n)]
    return np.array([complex(*part) for part in parts]).reshape(dim, dim).T


def chain_of_two(omega, J, delta, gamma):
    """L₀ of `spin1_chain(2, …)` from its parameters (Eq. 6)."""
    (z1, plus1), (z2, plus2) = (spin_operators(2, site, (2, 2)) for site in (0, 1))
    hop = product(plus1, adjoint(plus2))
    terms = [(omega, z1), (omega, z2), (J, hop), (J, adjoint(hop)), (delta, product(z1, z2))]
    root = acb(arb(gamma).sqrt())
    total = Superoperator(9)
    total.add_hamiltonian(combination(*((number(factor), term) for factor, term in terms)))
    for z in (z1, z2):
        total.add_jump(combination((root, product(z, z))))
    return total


def pair(J, delta, B, gamma):
    """L₀ of `spin_half_pair(…)` from its parameters (Eqs. D1, D2)."""
    (z1, plus1), (z2, plus2) = (spin_operators(1, site, (1, 1)) for site in (0, 1))
    hop = product(plus1, adjoint(plus2))
    terms = [(J, hop), (J, adjoint(hop)), (4 * delta, product(z1, z2)), (2 * B, z1), (2 * B, z2)]
    total = Superoperator(4)
    total.add_hamiltonian(combination(*((number(factor), term) for factor, term in terms)))
    lowering = (adjoint(plus1), adjoint(plus2))
    return total.add_jump(combination(*((number(gamma), operator) for operator in lowering)))


def of_operators(hamiltonian, jumps):
    """−i[H, ·] + Σ D[L] of arrays, whose entries are taken as exact."""
    total = Superoperator(len(hamiltonian)).add_hamiltonian(hamiltonian)
    for jump in jumps:
        total.add_jump(jump)
    return total
