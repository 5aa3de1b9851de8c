"""Named configurations and the two types: against brute force, and against the limit's maxima."""

from itertools import combinations, permutations
from math import pi

import numpy as np
import pytest
from types_study import FREQUENCIES, limit_coefficients

from syncsweep.paper.theory.configurations import (
    CONFIGURATIONS,
    FAN,
    IN_STEP,
    NEAR,
    ONE_OPPOSITE,
    PI_THIRDS,
    STAR,
    TYPES,
    ZERO_PI,
    distance,
    limit_amplitude,
    nearest,
    type_of_amplitude,
    type_of_maxima,
)
from syncsweep.physics.measures import local_maxima, s_max
from syncsweep.physics.phase_distribution import relative_phase_coefficients

#: I_1, I_2, I_3 of Fig. 3b.
INTERVALS = [(0.0, 2 / 16), (3 / 16, 5 / 16), (14 / 16, 1.0)]
EXPECTED = {ZERO_PI: [1 / 4, 0, 3 / 4], PI_THIRDS: [0, 3 / 4, 1 / 4]}


def brute_force_distance(angles, named, points=3600):
    """Largest displacement on the circle, over all permutations and a fine grid of rotations."""
    rotations = 2 * pi * np.arange(points) / points
    best = np.inf
    for order in permutations(angles):
        offsets = np.array(order) - np.array(named.angles) - rotations[:, None]
        best = min(best, np.abs(np.angle(np.exp(1j * offsets))).max(axis=1).min())
    return best


def maxima_of(coefficients, threshold=0.95):
    rows = coefficients[None]
    height = s_max(rows, FREQUENCIES).s_max
    return local_maxima(rows, FREQUENCIES, height, threshold).angles


@pytest.mark.parametrize("named", CONFIGURATIONS, ids=lambda named: named.name)
def test_permutations_and_common_rotations_are_no_distance(named):
    rng = np.random.default_rng(1)
    angles = [np.array(order) + rng.uniform(-9, 9) for order in permutations(named.angles)]
    np.testing.assert_allclose(distance(np.array(angles), named), 0, atol=1e-14)


def test_distance_is_the_largest_displacement_at_best():
    rng = np.random.default_rng(2)
    angles = rng.uniform(0, 2 * pi, (20, 3))
    for named in CONFIGURATIONS:
        expected = [brute_force_distance(row, named) for row in angles]
        # Half a step of the grid of rotations.
        np.testing.assert_allclose(distance(angles, named), expected, atol=pi / 3600 + 1e-12)


def test_one_angle_moved_is_shared_by_a_rotation():
    moved = np.array([0.0, pi / 3 + 0.02, -pi / 3])
    assert distance(moved, FAN) == pytest.approx(0.01)


def test_configurations_are_a_third_of_pi_apart():
    pairs = combinations(CONFIGURATIONS, 2)
    apart = [distance(np.array(first.angles), second) for first, second in pairs]
    assert min(apart) == pytest.approx(pi / 3)
    assert pytest.approx(min(apart) / 2) == NEAR


def test_nearest_tells_which_and_how_far_for_arrays_of_any_shape():
    moves = np.array([[0.1, 0, 0], [0, -0.04, 0]])
    angles = np.array([named.angles for named in CONFIGURATIONS])[:, None] + moves + 0.7
    indices, distances = nearest(angles, CONFIGURATIONS)
    assert indices.tolist() == [[0, 0], [1, 1], [2, 2], [3, 3]]
    np.testing.assert_allclose(distances, [[0.05, 0.02]] * 4, atol=1e-14)


def test_angles_of_another_number_of_spins_are_refused():
    with pytest.raises(ValueError, match=r"must have shape \(\.\.\., 3\)"):
        distance(np.zeros((5, 2)), IN_STEP)


@pytest.mark.parametrize(
    ("named", "value"), [(IN_STEP, 0), (ONE_OPPOSITE, 1), (FAN, 1 / 4), (STAR, 1)]
)
def test_chi_of_the_configurations(named, value):
    assert named.chi == pytest.approx(value, abs=1e-15)


@pytest.mark.parametrize(("b", "kind"), [(3e-4, ZERO_PI), (-2e-5, PI_THIRDS)])
def test_maxima_of_the_limit_make_up_the_type_that_the_sign_of_b_says(b, kind):
    row = limit_coefficients(b)
    angles = maxima_of(row)
    assert len(angles) == sum(count for _, count in kind.maxima)
    assert type_of_maxima(angles) is kind is type_of_amplitude(limit_amplitude(row))
    indices, distances = nearest(np.column_stack([angles, np.zeros(len(angles))]), CONFIGURATIONS)
    counts = {
        named: indices.tolist().count(CONFIGURATIONS.index(named)) for named, _ in kind.maxima
    }
    assert counts == dict(kind.maxima)
    np.testing.assert_allclose(distances, 0, atol=1e-7)


@pytest.mark.parametrize(("b", "direction"), [(3e-4, (1, -1)), (-2e-5, (1, 2))])
def test_other_maxima_are_of_no_type(b, direction):
    """The first maximum, (0, 0, 0) or (0, π/3, −π/3), is moved so that two angles are displaced."""
    angles = maxima_of(limit_coefficients(b))
    assert type_of_maxima(angles[1:]) is None
    assert type_of_maxima(np.concatenate([angles, angles[:1]])) is None
    moved = angles.copy()
    moved[0] += 0.9 * NEAR * np.array(direction)
    assert type_of_maxima(moved) is not None
    moved[0] += 0.2 * NEAR * np.array(direction)
    assert type_of_maxima(moved) is None
    assert type_of_maxima(np.empty((0, 2))) is None


def test_amplitude_is_that_of_the_three_cosines_alone():
    rng = np.random.default_rng(3)
    amplitudes = rng.standard_normal(4)
    rows = np.array([limit_coefficients(b) for b in amplitudes])
    np.testing.assert_allclose(limit_amplitude(rows), amplitudes, rtol=1e-14)
    others = [i for i, k in enumerate(FREQUENCIES.tolist()) if k not in ([2, 0], [0, 2], [2, -2])]
    rows[:, others] += rng.standard_normal(len(others))
    np.testing.assert_allclose(limit_amplitude(rows), amplitudes, rtol=1e-14)
    with pytest.raises(ValueError, match="10"):
        limit_amplitude(np.zeros(4))


def test_s_max_of_real_samples_in_the_limit_is_that_of_b_and_its_sign(chain_states):
    """3b/16π² for b > 0 and 3|b|/32π² for b < 0; both occur."""
    rows = np.array(
        [relative_phase_coefficients(states.rho[0], (1, 1, 1)) for states in chain_states]
    )
    b = limit_amplitude(rows)
    assert {type_of_amplitude(value) for value in b} == set(TYPES)
    expected = np.where(b > 0, 3 * b / (16 * pi**2), -3 * b / (32 * pi**2))
    np.testing.assert_allclose(s_max(rows, FREQUENCIES).s_max, expected, rtol=1e-6)
    for row, value in zip(rows, b, strict=True):
        assert type_of_maxima(maxima_of(row)) is type_of_amplitude(value)


def test_no_amplitude_is_of_no_type():
    assert type_of_amplitude(0.0) is None
    assert type_of_amplitude(np.nan) is None


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.name)
def test_probabilities_of_the_types(kind):
    """Fig. 2c and f."""
    np.testing.assert_allclose(kind.interval_probabilities(INTERVALS), EXPECTED[kind], atol=1e-15)
    everything = kind.interval_probabilities([(0, 1)])
    assert everything == pytest.approx([1.0])
