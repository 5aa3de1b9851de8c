"""S_d on regular grids, computed as a whole or one angle after the other."""

from itertools import product
from math import pi

import numpy as np
import pytest
from distributions import random_coefficients

from syncsweep.physics import angle_lattice
from syncsweep.physics.angle_lattice import heights_by_angle, heights_on_lattice, lattice
from syncsweep.physics.phase_distribution import deviation, relative_frequencies


@pytest.mark.parametrize("n_angles", [1, 2, 3])
def test_lattice_holds_every_point_of_the_grid_once(n_angles):
    points = lattice(n_angles, 4)
    expected = {tuple(p) for p in product(range(4), repeat=n_angles)}
    assert {tuple(p) for p in np.rint(points * 4 / (2 * pi)).astype(int).tolist()} == expected
    assert points.shape == (4**n_angles, n_angles)
    assert np.allclose(points * 4 / (2 * pi), np.rint(points * 4 / (2 * pi)))


@pytest.mark.parametrize(
    ("spins", "points"),
    [((1, 1), 7), ((2, 0.5, 1), 9), ((1,) * 4, 6), ((1,) * 5, 6), ((0.5,) * 6, 3)],
)
def test_one_angle_after_the_other_gives_s_d_of_the_grid(spins, points):
    frequencies = relative_frequencies(spins)
    rows = random_coefficients(5, 2, frequencies)
    expected = deviation(rows, frequencies, lattice(len(spins) - 1, points))
    for row, heights in zip(rows, expected, strict=True):
        np.testing.assert_allclose(
            heights_by_angle(row, frequencies, (points,) * (len(spins) - 1)),
            heights,
            atol=1e-12 * np.abs(heights).max(),
        )


def test_large_spins_need_no_matrix_of_all_waves(monkeypatch):
    frequencies = relative_frequencies((1.5,) * 4)
    rows = random_coefficients(5, 2, frequencies)
    expected = deviation(rows, frequencies, lattice(3, 36))
    monkeypatch.setattr(angle_lattice, "lattice_waves", None)
    found = heights_on_lattice(rows, frequencies, 36)
    np.testing.assert_allclose(found, expected, atol=1e-12 * np.abs(expected).max())
