"""Sums and matrix products in twice the working precision, as unevaluated sums of two arrays.

The error of a matrix product is below 2⁻¹⁰⁰ of the largest entry of the row times that of the
column. Both factors are cut into slices. The slices have so few bits that BLAS multiplies and adds
them without rounding (Ozaki, Ogita, Oishi and Rump, Numer. Algorithms 59, 95 (2012)).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, log2

import numpy as np

#: Bits of a double, and the number of slices: the last is below 2⁻¹⁰⁰ of the first.
_DIGITS, _MOST_SLICES = 53, 6

#: Rows that are multiplied at once. More take much memory.
_ROWS = 256


@dataclass(frozen=True)
class DoubleDouble:
    """The sum high + low of two arrays of one shape, real or complex; |low| is at most the rounding
    error of high.
    """

    high: np.ndarray
    low: np.ndarray

    @classmethod
    def of(cls, array: np.ndarray) -> DoubleDouble:
        """An array of doubles, with low = 0."""
        return cls(array, np.zeros_like(array))

    def __add__(self, other: DoubleDouble) -> DoubleDouble:
        total, error = _two_sum(self.high, other.high)
        return _normalised(total, error + (self.low + other.low))

    def __sub__(self, other: DoubleDouble) -> DoubleDouble:
        return self + DoubleDouble(-other.high, -other.low)

    def times(self, factor: complex | np.ndarray) -> DoubleDouble:
        """The exact product with a power of two, −1, 1j or an array of these."""
        return DoubleDouble(self.high * factor, self.low * factor)

    def scaled(self, factor: np.ndarray) -> DoubleDouble:
        """The product with an array of real doubles, which is broadcast."""
        product, error = _two_product(self.high, factor)
        return _normalised(product, error + self.low * factor)

    def adjoint(self) -> DoubleDouble:
        """Hermitian conjugate in the first two axes."""
        return DoubleDouble(self.high.conj().swapaxes(0, 1), self.low.conj().swapaxes(0, 1))

    @classmethod
    def joined(cls, parts: Sequence[DoubleDouble], axis: int) -> DoubleDouble:
        """Arrays, one after the other along an axis; `split` is the inverse."""
        high, low = zip(*((part.high, part.low) for part in parts), strict=True)
        return cls(np.concatenate(high, axis), np.concatenate(low, axis))

    def split(self, n: int, axis: int = 0) -> list[DoubleDouble]:
        """The n arrays of one shape that follow each other along an axis."""
        parts = (np.split(part, n, axis) for part in (self.high, self.low))
        return [DoubleDouble(*both) for both in zip(*parts, strict=True)]

    def rounded(self) -> np.ndarray:
        """The nearest double array."""
        return self.high + self.low


def product(matrix: np.ndarray, operators: DoubleDouble) -> DoubleDouble:
    """The product (m, ...) of a matrix of doubles (m, k) and operators (k, ...)."""
    shape = (len(matrix), *operators.high.shape[1:])
    flat = operators.high.reshape(len(operators.high), -1)
    exact = _exact_product(matrix, flat)
    rest = matrix @ operators.low.reshape(flat.shape)
    total = _normalised(exact.high, exact.low + rest)
    return DoubleDouble(total.high.reshape(shape), total.low.reshape(shape))


def products(matrices: np.ndarray, operators: DoubleDouble) -> list[DoubleDouble]:
    """The products of matrices (n, m, k) and operators (k, ...): several at once take less time."""
    n, m, k = matrices.shape
    at_once = max(1, _ROWS // m)
    groups = (matrices[first : first + at_once] for first in range(0, n, at_once))
    return [
        one
        for group in groups
        for one in product(group.reshape(-1, k), operators).split(len(group))
    ]


def _exact_product(left: np.ndarray, right: np.ndarray) -> DoubleDouble:
    """The product of (m, k) and (k, p), real or complex doubles."""
    if np.iscomplexobj(left) or np.iscomplexobj(right):
        m = len(left)
        rows = np.hstack([left.real, -left.imag]), np.hstack([left.imag, left.real])
        both = _exact_product(np.vstack(rows), np.vstack([right.real, right.imag]))
        return DoubleDouble(both.high[:m] + 1j * both.high[m:], both.low[:m] + 1j * both.low[m:])
    # A sum over k products of two slices, and over all pairs of slices of one order, must stay
    # below 2^53 units of the last place.
    terms = left.shape[1] * _MOST_SLICES
    bits = (_DIGITS - ceil(log2(max(terms, 2)))) // 2
    of_left, of_right = _slices(left, 1, bits), _slices(right, 0, bits)
    (m, k), p = left.shape, right.shape[1]
    high, low = np.zeros((m, p)), np.zeros((m, p))
    if of_left and of_right:
        # With the slices of one factor in reverse, all pairs of one order are one product.
        lefts, rights = np.hstack(of_left), np.vstack(of_right[::-1])
        for order in range(min(_MOST_SLICES, len(of_left) + len(of_right) - 1)):
            first = max(0, order - len(of_right) + 1)
            end = min(order + 1, len(of_left))
            shift = len(of_right) - 1 - order
            one_order = (
                lefts[:, first * k : end * k] @ rights[(first + shift) * k : (end + shift) * k]
            )
            high, error = _two_sum(high, one_order)
            low += error
    return _normalised(high, low)


def _slices(matrix: np.ndarray, axis: int, bits: int) -> list[np.ndarray]:
    """Matrices that add up to `matrix`, each of `bits` bits below the largest along an axis."""
    found: list[np.ndarray] = []
    rest, shift = matrix, _DIGITS - 1 - bits
    while len(found) < _MOST_SLICES:
        largest = np.maximum.reduce(np.abs(rest), axis, keepdims=True, initial=0.0)
        if not largest.any():
            break
        # Adding and subtracting this number rounds to multiples of its last place.
        rounder = np.ldexp(1.5, np.frexp(largest)[1] + shift)
        found.append((rest + rounder) - rounder)
        rest = rest - found[-1]
    return found


def _two_sum(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The rounded sum of a and b, and its exact error (Knuth)."""
    total = a + b
    of_b = total - a
    return total, (a - (total - of_b)) + (b - of_b)


def _two_product(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The rounded product of a and a real b, and its exact error (Dekker)."""
    result = a * b
    (a1, a2), (b1, b2) = _halves(a), _halves(b)
    return result, a2 * b2 - (((result - a1 * b1) - a2 * b1) - a1 * b2)


def _halves(a: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Write a as a sum of two numbers of 26 bits each (Veltkamp)."""
    scaled = 134217729.0 * a
    first = scaled - (scaled - a)
    return first, a - first


def _normalised(high: np.ndarray, low: np.ndarray) -> DoubleDouble:
    total = high + low
    return DoubleDouble(total, low - (total - high))
