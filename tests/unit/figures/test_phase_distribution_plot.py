"""S_d drawn on given axes: the values of the polynomial, at the angles that the axes show."""

from math import pi

import numpy as np
import pytest
from matplotlib.figure import Figure

from syncsweep.figures.phase_distribution_plot import plot_phase_distribution
from syncsweep.physics.phase_distribution import evaluate, relative_frequencies


@pytest.fixture
def axes():
    return Figure().add_subplot()


def coefficients_of(spins, seed=0):
    """A real S_d with the uniform density of the right size."""
    n_k = len(relative_frequencies(spins))
    rng = np.random.default_rng(seed)
    tail = rng.standard_normal(n_k - 1) + 1j * rng.standard_normal(n_k - 1)
    return np.array([(2 * pi) ** (1 - len(spins)), *(1e-4 * tail)], dtype=complex)


def test_two_spins_are_a_line_above_the_uniform_density(axes):
    frequencies, coefficients = relative_frequencies((0.5, 0.5)), coefficients_of((0.5, 0.5))
    line = plot_phase_distribution(axes, coefficients, frequencies)
    angles, heights = line.get_data()
    assert axes.get_xlim() == pytest.approx((-pi / 2, 3 * pi / 2))
    assert angles[[0, -1]] == pytest.approx([-pi / 2, 3 * pi / 2])
    expected = evaluate(coefficients, frequencies, angles[:, None]) - 1 / (2 * pi)
    assert np.allclose(heights, expected, rtol=0, atol=1e-16)
    assert axes.get_xlabel() == r"$\phi_1 - \phi_2$ [rad]"
    assert axes.figure.axes == [axes]


def test_three_spins_are_a_map_with_the_first_angle_to_the_right(axes):
    spins = (1, 0.5, 1)
    frequencies, coefficients = relative_frequencies(spins), coefficients_of(spins)
    mesh = plot_phase_distribution(axes, coefficients, frequencies)
    corners = np.asarray(mesh.get_coordinates())
    assert corners[0, -1] == pytest.approx([3 * pi / 2, -pi / 2])
    expected = evaluate(coefficients, frequencies, corners.reshape(-1, 2)) - 1 / (2 * pi) ** 2
    assert np.allclose(mesh.get_array().ravel(), expected, rtol=0, atol=1e-16)
    assert (axes.get_xlabel(), axes.get_ylabel()) == (
        r"$\phi_1 - \phi_3$ [rad]",
        r"$\phi_2 - \phi_3$ [rad]",
    )
    (bar,) = set(axes.figure.axes) - {axes}
    low, high = bar.get_ylim()
    assert low == pytest.approx(expected.min()) and high == pytest.approx(expected.max())


@pytest.mark.parametrize("spins", [(0.5, 0.5), (1, 1, 1)])
def test_numbers_of_the_axes_say_where_the_angles_are(axes, spins):
    plot_phase_distribution(axes, coefficients_of(spins), relative_frequencies(spins))
    ticks = dict(
        zip(axes.get_xticks(), (t.get_text() for t in axes.get_xticklabels()), strict=True)
    )
    assert ticks == {-pi / 2: "−π/2", 0: "0", pi / 2: "π/2", pi: "π", 3 * pi / 2: "3π/2"}


def test_more_spins_and_several_states_are_refused(axes):
    four = (0.5,) * 4
    with pytest.raises(ValueError, match="no more than two angles"):
        plot_phase_distribution(axes, coefficients_of(four), relative_frequencies(four))
    pair = relative_frequencies((0.5, 0.5))
    with pytest.raises(ValueError, match=r"must have shape \(2,\), but has shape \(3, 2\)"):
        plot_phase_distribution(axes, np.zeros((3, 2)), pair)
    assert not axes.has_data()
