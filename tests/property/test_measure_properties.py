"""Properties of χ, S_max and P_a, for arbitrary angles and distributions."""

from itertools import pairwise, permutations
from math import pi

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from syncsweep.physics.chi import chi, interval_probabilities
from syncsweep.physics.measures import s_max
from syncsweep.physics.phase_distribution import deviation, relative_frequencies

ANGLES = st.floats(-20, 20)


def argdist(theta, psi):
    return min(abs(theta - psi + 2 * pi * n) for n in range(-20, 21))


def eq_9(phi):
    """χ of three angles exactly as printed."""
    values = []
    for j in range(3):
        mean = (2 * pi * j + sum(phi)) / 3
        values.append((3 / (4 * pi) * sum(argdist(angle, mean) for angle in phi)) ** 2)
    return min(values)


@given(st.tuples(ANGLES, ANGLES, ANGLES))
def test_chi_of_three_angles_is_eq_9(phi):
    assert chi(np.array(phi)) == pytest.approx(eq_9(phi), abs=1e-12)


@given(st.tuples(ANGLES, ANGLES))
def test_chi_of_two_angles_is_eq_d6(phi):
    assert chi(np.array(phi)) == pytest.approx(argdist(phi[0] - phi[1], 0) / pi, abs=1e-12)


@given(st.integers(2, 5).flatmap(lambda n: hnp.arrays(float, n, elements=ANGLES)), ANGLES)
def test_chi_sees_neither_the_order_nor_a_global_shift_nor_full_turns(phi, shift):
    value = chi(phi)
    assert 0 <= value <= 1
    reordered = [chi(np.array(p)) for p in permutations(phi)]
    np.testing.assert_allclose(reordered, value, atol=1e-11)
    assert chi(phi + shift) == pytest.approx(value, abs=1e-11)
    turns = 2 * pi * np.arange(-1, len(phi) - 1)
    assert chi(phi + turns) == pytest.approx(value, abs=1e-11)
    assert chi(-phi) == pytest.approx(value, abs=1e-11)


@given(hnp.arrays(float, (2, 3, 4), elements=ANGLES))
def test_chi_of_a_batch_is_that_of_its_members(angles):
    batch = chi(angles)
    assert batch.shape == (2, 3)
    for index in np.ndindex(2, 3):
        assert batch[index] == pytest.approx(chi(angles[index]), abs=1e-14)


@given(st.floats(0, 2 * pi), st.integers(2, 5))
def test_chi_vanishes_exactly_for_equal_angles(angle, n):
    assert chi(np.full(n, angle)) == pytest.approx(0, abs=1e-12)


@settings(deadline=None, max_examples=60)
@given(
    st.integers(1, 3).flatmap(
        lambda n: st.tuples(
            hnp.arrays(
                complex,
                len(relative_frequencies((1,) * (n + 1))),
                elements=st.complex_numbers(max_magnitude=1.0),
            ),
            hnp.arrays(float, (200, n), elements=st.floats(0, 2 * pi)),
        )
    )
)
def test_nothing_is_higher_than_s_max(drawn):
    coefficients, angles = drawn
    frequencies = relative_frequencies((1,) * (angles.shape[1] + 1))
    found = s_max(coefficients[None], frequencies)
    scale = np.abs(coefficients[1:]).sum() + 1e-290  # below it, numbers are denormal
    assert deviation(coefficients, frequencies, angles).max() <= found.s_max[0] + 1e-10 * scale
    at_maximum = deviation(coefficients, frequencies, found.angles)[0]
    assert at_maximum == pytest.approx(found.s_max[0], abs=1e-13 * scale)


@given(
    hnp.arrays(float, 20, elements=st.floats(0, 1)),
    hnp.arrays(float, 20, elements=st.floats(0.01, 1)),
)
def test_probabilities_of_a_partition_sum_to_at_least_one(values, weights):
    weights = weights / weights.sum()
    edges = np.linspace(0, 1, 5)
    closed = interval_probabilities(values, weights, list(pairwise(edges)))
    on_edges = sum(w for v, w in zip(values, weights, strict=True) if v in edges[1:-1])
    assert closed.sum() == pytest.approx(1 + on_edges, rel=1e-12)
    assert closed.min() >= 0
