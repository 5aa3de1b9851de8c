"""Sums and products in twice the working precision, compared with exact fractions."""

from fractions import Fraction

import numpy as np
import pytest

from syncsweep.physics.double_double import DoubleDouble, product


def spread(rng, shape):
    """Numbers of both signs over twelve powers of ten."""
    return rng.standard_normal(shape) * 10.0 ** rng.integers(-6, 7, shape)


def exactly(number, place):
    return Fraction(number.high[place]) + Fraction(number.low[place])


def test_products_of_matrices_are_exact_to_a_hundred_bits():
    rng = np.random.default_rng(1)
    left, right = spread(rng, (3, 9)), spread(rng, (9, 4))
    found = product(left, DoubleDouble.of(right))
    for i, j in np.ndindex(3, 4):
        terms = [Fraction(left[i, k]) * Fraction(right[k, j]) for k in range(9)]
        size = sum(abs(term) for term in terms)
        assert abs(exactly(found, (i, j)) - sum(terms)) <= size / 2**100


def test_low_parts_and_complex_numbers_enter_products():
    rng = np.random.default_rng(2)
    left = rng.standard_normal((3, 5)) + 1j * rng.standard_normal((3, 5))
    high = rng.standard_normal((5, 2, 2)) + 1j * rng.standard_normal((5, 2, 2))
    low = 1e-17 * high[::-1]
    found = product(left, DoubleDouble(high, low))
    rest = product(left, DoubleDouble.of(-high)) + found
    np.testing.assert_allclose(rest.rounded(), np.tensordot(left, low, 1), rtol=1e-12)


def test_sums_keep_what_cancellation_leaves():
    large, small = np.array([1e16]), np.array([1.0 + 2.0**-40])
    total = DoubleDouble.of(large) + DoubleDouble.of(small) - DoubleDouble.of(large)
    assert total.rounded() == small


@pytest.mark.parametrize("factor", [0.1, 1 / 3, 7e10])
def test_scaling_by_a_double_is_exact_to_a_hundred_bits(factor):
    number = DoubleDouble(np.array([1 / 3]), np.array([1e-17]))
    scaled = number.scaled(np.array([factor]))
    expected = exactly(number, 0) * Fraction(factor)
    assert abs(exactly(scaled, 0) - expected) <= abs(expected) / 2**100


def test_what_is_zero_stays_zero():
    found = product(np.zeros((2, 3)), DoubleDouble.of(np.ones((3, 2))))
    assert not found.rounded().any()
