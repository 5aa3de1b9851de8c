"""Sums and matrix products in twice the working precision, as unevaluated sums of two arrays.

The error of a matrix product is below 2⁻¹⁰⁰ of the largest entry of the row times that of the
column. Both factors are cut into slices. The slices have so few bits that BLAS multiplies and adds
them without rounding (Ozaki, Ogita, Oishi and Rump, Numer. Algorithms 59, 95 (2012)).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, log2

import numpy as np

#: Bits of a double, and the number of slices: the last is below 2⁻¹⁰⁰ of the first.
_DIGITS, _MOST_SLICES = 53, 6


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
    m, p = len(left), right.shape[1]
    high, low = np.zeros((m, p)), np.zeros((m, p))
    if of_left and of_right:
        all_products = np.vstack(of_left) @ np.hstack(of_right)
        blocks = all_products.reshape(len(of_left), m, len(of_right), p)
        for order in range(min(_MOST_SLICES, len(of_left) + len(of_right) - 1)):
            first = max(0, order - len(of_right) + 1)
            last = min(order, len(of_left) - 1)
            one_order = sum(blocks[i, :, order - i] for i in range(first, last + 1))
            high, error = _two_sum(high, one_order)
            low += error
    return _normalised(high, low)


def _slices(matrix: np.ndarray, axis: int, bits: int) -> list[np.ndarray]:
    """Matrices that add up to `matrix`, each of `bits` bits below the largest along an axis."""
    found: list[np.ndarray] = []
    rest = matrix
    while len(found) < _MOST_SLICES:
        largest = np.abs(rest).max(axis=axis, keepdims=True, initial=0.0)
        if not largest.any():
            break
        _, exponent = np.frexp(largest)
        # Adding and subtracting this number rounds to multiples of its last place.
        rounder = np.ldexp(1.5, exponent - bits + _DIGITS - 1)
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
