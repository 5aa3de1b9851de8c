"""The triangles of App. C: their areas, χ within and on their far sides, and the misprint in T³."""

from itertools import product
from math import pi

import numpy as np
import pytest

from syncsweep.paper.theory.chi_regions import TRIANGLES, Triangle, outline
from syncsweep.physics.chi import chi

NAMES = [triangle.name for triangle in TRIANGLES]

#: T³ as Eq. C2 has it in print.
PRINTED_THIRD = Triangle("T3", (-1, 1), ((-1, -1), (-1, 2)))


def spread(angles):
    return np.sqrt(chi(np.concatenate([angles, np.zeros((*angles.shape[:-1], 1))], axis=-1)))


def inside(triangle, d, seed, points=500):
    """Random points of a triangle."""
    weights = np.random.default_rng(seed).dirichlet(np.ones(3), points)
    return weights @ triangle.corners(d)


def shoelace(corners):
    x, y = corners.T
    return (x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2


@pytest.mark.parametrize("d", [0.3, 1.0])
def test_all_triangles_have_a_sixth_of_the_area_of_omega(d):
    areas = [triangle.area(d) for triangle in TRIANGLES]
    np.testing.assert_allclose(areas, (2 * pi * d) ** 2 / 6, rtol=1e-13)
    # The hexagon that they fill, counter-clockwise.
    assert shoelace(outline(d)) == pytest.approx((2 * pi * d) ** 2, rel=1e-13)
    for triangle in TRIANGLES:
        assert shoelace(triangle.corners(d)) == pytest.approx((2 * pi * d) ** 2 / 6, rel=1e-13)


def test_neighbours_share_a_corner_and_the_outline_is_made_of_far_sides():
    far = np.array([triangle.corners(1)[1:] for triangle in TRIANGLES])
    np.testing.assert_allclose(far[:, 1], np.roll(far[:, 0], -1, axis=0), atol=1e-14)
    np.testing.assert_allclose(outline(1), far[:, 0], atol=1e-14)


@pytest.mark.parametrize("d", [0.3, 1.0])
@pytest.mark.parametrize("triangle", TRIANGLES, ids=NAMES)
def test_l_is_linear_within_and_d_on_the_far_side(triangle, d):
    points = inside(triangle, d, seed=1)
    assert triangle.contains(points, d).all()
    np.testing.assert_allclose(spread(points), triangle.spread(points), atol=1e-12)
    assert spread(points).max() < d
    _, first, second = triangle.corners(d)
    far_side = first + np.linspace(0, 1, 31)[:, None] * (second - first)
    np.testing.assert_allclose(spread(far_side), d, rtol=1e-12)


def test_l_in_the_first_triangle_is_that_below_equation_c3():
    points = inside(TRIANGLES[0], 1, seed=2)
    np.testing.assert_allclose(spread(points), points.sum(axis=1) / (2 * pi), atol=1e-12)


def test_opposite_triangles_are_mirrored_at_the_origin():
    for triangle, opposite in zip(TRIANGLES[:3], TRIANGLES[3:], strict=True):
        np.testing.assert_allclose(triangle.corners(1), -opposite.corners(1), atol=1e-14)


@pytest.mark.parametrize("d", [0.3, 0.8, 1.0])
def test_every_difference_of_angles_with_l_below_d_lies_in_one_triangle_once(d):
    """Ω_1 moved by multiples of 2π covers the plane once, and Ω_d in it is where l < d."""
    points = np.random.default_rng(3).uniform(0, 2 * pi, (4000, 2))
    moves = 2 * pi * np.array(list(product(range(-3, 4), repeat=2)))
    hits = sum(triangle.contains(points[:, None] + moves, d).sum(axis=1) for triangle in TRIANGLES)
    np.testing.assert_array_equal(hits, spread(points) < d)
    if d == 1:
        assert np.all(hits == 1)


def test_share_of_uniform_differences_with_l_below_d_is_the_square_of_d():
    """So χ is uniform: by areas, and by counting the points of a fine lattice."""
    axis = 2 * pi * (np.arange(600) + 0.5) / 600
    values = spread(np.stack(np.meshgrid(axis, axis), axis=-1))
    for d in (0.25, 0.5, 0.9):
        area = sum(triangle.area(d) for triangle in TRIANGLES)
        assert area / (2 * pi) ** 2 == pytest.approx(d**2, rel=1e-13)
        assert np.mean(values < d) == pytest.approx(d**2, rel=5e-3)


def test_the_third_triangle_as_printed_is_not_part_of_omega():
    """It has 9/2 times the area, is cut to 3 times by [−2π, 2π]², and l exceeds d in it."""
    assert PRINTED_THIRD.area(1) / TRIANGLES[2].area(1) == pytest.approx(9 / 2, rel=1e-13)
    assert np.abs(PRINTED_THIRD.corners(1)).max() == pytest.approx(4 * pi)
    d = 0.4  # where Ω_d and its copies are apart
    points = inside(PRINTED_THIRD, d, seed=4, points=20_000)
    share = np.mean(spread(points) < d)
    assert share == pytest.approx(2 / 9, abs=0.02)
    assert PRINTED_THIRD.contains(inside(TRIANGLES[2], d, seed=5), d).all()
    axis = 4 * pi * ((np.arange(800) + 0.5) / 800 - 0.5)
    square = np.stack(np.meshgrid(axis, axis), axis=-1)
    cut = PRINTED_THIRD.contains(square, 1).mean() * (4 * pi) ** 2
    assert cut / TRIANGLES[2].area(1) == pytest.approx(3, rel=0.01)
