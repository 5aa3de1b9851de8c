"""Ref. 57's boundary against quadrature of its integral and spectra of random matrices."""

from math import pi

import numpy as np
import pytest
from scipy.integrate import dblquad, quad

from syncsweep.paper.theory.universal_spectrum import (
    boundary,
    cauchy_transform,
    is_inside,
    scaled_eigenvalues,
)
from syncsweep.physics.perturbation import liouvillian_from_kossakowski, random_kossakowski

POINTS = [0.3 + 0.5j, 0.01j, -1.2 + 0.7j, 1.9 - 0.01j, 2.5 + 0j, -3 + 0j, -0.4 - 1j, -1e-3 - 2e-3j]


def transform_by_quadrature(z):
    """∫ g(z − t) (2/π)√(1−t²) dt with g the Cauchy transform of one semicircle of radius 1."""

    def integrand(angle):
        w = z - np.sin(angle)
        return 2 * (w - np.sqrt(w - 1) * np.sqrt(w + 1)) * 2 / pi * np.cos(angle) ** 2

    return quad(integrand, -pi / 2, pi / 2, complex_func=True, epsabs=1e-12, limit=200)[0]


@pytest.mark.parametrize("z", POINTS)
def test_elliptic_integrals_give_the_transform_of_two_semicircles(z):
    assert cauchy_transform(z) == pytest.approx(transform_by_quadrature(z), abs=1e-9)


def test_transform_falls_as_the_inverse_and_has_the_variance_of_two_semicircles():
    z = np.array([30 + 1j, -20j])
    np.testing.assert_allclose(cauchy_transform(z), 1 / z + 0.5 / z**3, atol=1e-6)
    np.testing.assert_array_equal(cauchy_transform(z.conj()), cauchy_transform(z).conj())


@pytest.mark.parametrize("index", [15, 30, 50, 70, 130])
def test_integral_over_both_semicircles_is_one_on_the_boundary(index):
    """∫∫ dμ(s) dμ(t) / |z − s − t|² by plain double quadrature."""
    z = boundary(201)[index]

    def integrand(s, t):
        weight = (2 / pi) ** 2 * np.cos(s) ** 2 * np.cos(t) ** 2
        return weight / abs(z - np.sin(s) - np.sin(t)) ** 2

    ends = (-pi / 2, pi / 2)
    value, _ = dblquad(integrand, *ends, *ends, epsabs=1e-7, epsrel=1e-7)
    assert value == pytest.approx(1, abs=1e-5)


def test_boundary_is_a_closed_symmetric_curve_between_its_cusps():
    curve = boundary(401)
    assert curve.shape == (401,) and curve[0] == curve[-1] == 2
    assert curve[200] == -2
    assert np.all(curve[1:200].imag > 0)
    np.testing.assert_array_equal(curve[::-1], curve.conj())
    np.testing.assert_allclose(curve[:201].imag, curve[200::-1].imag, atol=1e-12)
    np.testing.assert_allclose(np.arccos(curve[:201].real / 2), np.linspace(0, pi, 201), atol=1e-7)
    inner = curve[5:196]
    np.testing.assert_allclose((inner + cauchy_transform(inner)).imag, 0, atol=1e-12)
    assert np.abs(curve.imag).max() == pytest.approx(0.833528, abs=1e-6)
    # Towards a cusp the height falls as the density ρ does, with the square of the distance.
    heights, distances = curve[2:4].imag, 2 - curve[2:4].real
    assert heights[1] / heights[0] == pytest.approx((distances[1] / distances[0]) ** 2, rel=0.02)


def test_what_is_inside_ends_at_the_boundary():
    upper = boundary(101)[1:50]
    for curve in (upper, upper.conj()):
        assert np.all(is_inside(curve.real + 0.999j * curve.imag))
        assert not np.any(is_inside(curve.real + 1.001j * curve.imag))


def test_points_of_the_real_axis_and_far_points_are_told():
    points = [-1.999, 0, 2.001, -5, 1e-300j, 0.99j, 1j, 2.5 + 0.1j, 1e6 + 1j, -1e200j]
    inside = [True, True, False, False, True, False, False, False, False, False]
    assert is_inside(points).tolist() == inside
    assert is_inside(0.5j).shape == () and bool(is_inside(0.5j))


def test_boundary_is_that_of_a_ginibre_matrix_and_two_semicircles():
    """Of the sum of a Ginibre matrix and C⊗1 + 1⊗C*, C of the Gaussian unitary ensemble."""
    rng = np.random.default_rng(7)
    dim = 22
    parts = rng.standard_normal((2, dim, dim))
    c = (parts[0] + 1j * parts[1]) / 2
    levels = np.linalg.eigvalsh((c + c.conj().T) / np.sqrt(4 * dim))
    parts = rng.standard_normal((2, dim**2, dim**2))
    ginibre = (parts[0] + 1j * parts[1]) / np.sqrt(2 * dim**2)
    z = np.linalg.eigvals(ginibre + np.diag(np.add.outer(levels, levels).ravel()))
    assert np.mean(is_inside(z)) > 0.975
    assert np.mean(is_inside(z.real + 1.05j * z.imag)) < 0.965


def test_scaled_eigenvalues_are_those_of_unit_rates_per_dimension():
    """λ′ = D(λ + 1) with λ of the same dissipator for Tr K = D."""
    dim = 5
    kossakowski = random_kossakowski(np.random.default_rng(3), dim)
    nothing = np.zeros((dim, dim))
    ours = liouvillian_from_kossakowski(nothing, kossakowski, "orthonormal")
    rescaled = kossakowski * dim / np.trace(kossakowski).real
    theirs = liouvillian_from_kossakowski(nothing, rescaled, "orthonormal")
    scaled = np.sort_complex(scaled_eigenvalues(np.linalg.eigvals(ours), dim))
    expected = np.sort_complex(dim * (np.linalg.eigvals(theirs) + 1))
    np.testing.assert_allclose(scaled.real, expected.real, atol=1e-10)
    assert scaled.mean() == pytest.approx(0, abs=1e-10)
    assert np.abs(scaled - dim).min() < 1e-10


@pytest.mark.parametrize("n_points", [1, 2, 4, 100])
def test_number_of_points_is_odd_and_at_least_three(n_points):
    with pytest.raises(ValueError, match="n_points"):
        boundary(n_points)
