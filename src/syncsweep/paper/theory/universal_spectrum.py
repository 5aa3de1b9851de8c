"""The spectrum of large random dissipators (Ref. 57, Denisov et al., PRL 123, 140403).

Ref. 57 has Tr K = D and orthonormal F_n, so the eigenvalues λ have the mean −1. For D → ∞, the
λ′ = D(λ + 1), except the one of the steady state, fill a region in the complex plane with the shape
of a lemon. App. F has Tr K = d = D² − 1 instead, so all its rates are d/D times larger.

The region is the spectrum of the sum of two matrices: a Ginibre matrix with unit spectral radius,
and a Hermitian matrix whose eigenvalues have the distribution ρ, the convolution of two semicircles
of radius 1. It contains all z with ∫ ρ(x)/|z − x|² dx > 1. The imaginary part of
G(z) = ∫ ρ(x)/(z − x) dx is −Im z ∫ ρ(x)/|z − x|² dx, so the boundary is Im[z + G(z)] = 0.
"""

from __future__ import annotations

from math import pi

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import elliprf, elliprg

#: ρ vanishes outside [−2, 2], and the region reaches these points of the real axis as cusps.
HALF_LENGTH = 2.0

#: Heights below this are below the boundary at every |x| < 2 that a double can hold, since that
#: falls as (2 − |x|)²; and z² would underflow.
_FLAT = 1e-100

#: Halvings of [0, 1] that find the height of the boundary to the last digit.
_HALVINGS = 53


def scaled_eigenvalues(eigenvalues: ArrayLike, dim: int) -> np.ndarray:
    """λ′ = D(λ + 1) of eigenvalues (...) of App. F's dissipator, with ζ_diss = 1: λ is D/d of them.

    dim: D. With orthonormal F_n the λ′ of all D² eigenvalues have the mean 0, and that of the
    steady state is D.
    """
    return dim * (np.asarray(eigenvalues) * dim / (dim**2 - 1) + 1)


def cauchy_transform(z: ArrayLike) -> np.ndarray:
    """G(z) = ∫ ρ(x)/(z − x) dx = 2z − (2z/3π)[(4+z²)E(m) + (4−z²)K(m)], m = 4/z², complex (...).

    z: complex, not on the real axis between −2 and 2, where G has its cut. K and E are the complete
    elliptic integrals of the parameter m, here K = R_F(0, 1−m, 1) and E = 2R_G(0, 1−m, 1) in
    Carlson's form, which has no other cut. The terms cancel where |z| is large: the absolute
    rounding error is about 1e-15(1 + |z|³).
    """
    z = np.asarray(z, dtype=complex)
    complement = 1 - 4 / z**2
    k, e = elliprf(0, complement, 1), 2 * elliprg(0, complement, 1)
    return 2 * z - 2 * z / (3 * pi) * ((4 + z**2) * e + (4 - z**2) * k)


def is_inside(z: ArrayLike) -> np.ndarray:
    """Whether points z, complex (...), lie within the region, |Im G(z)| > |Im z|; bool (...)."""
    z = np.asarray(z, dtype=complex)
    x, y = np.abs(z.real), np.abs(z.imag)
    inside = np.asarray((x < HALF_LENGTH) & (y <= _FLAT))
    # ∫ ρ(x)/|z − x|² dx ≤ 1 at a distance of 1 or more from all x, where G may be inaccurate.
    off_axis = (y > _FLAT) & (np.hypot(np.maximum(x - HALF_LENGTH, 0), y) < 1)
    inside[off_axis] = np.abs(cauchy_transform(z[off_axis]).imag) > y[off_axis]
    return inside


def boundary(n_points: int) -> np.ndarray:
    """Points of the region's boundary, complex (n_points,): closed, anticlockwise from 2 to 2.

    Consecutive points differ by 2π/(n_points − 1) in the angle arccos(Re z/2); n_points ≥ 3, odd.
    """
    if n_points < 3 or n_points % 2 == 0:
        raise ValueError(f"Argument `n_points` must be odd and at least 3, but is {n_points!r}.")
    x = HALF_LENGTH * np.cos(np.linspace(0, pi, (n_points + 1) // 2))
    # |Im G|/Im z falls as Im z grows, so each vertical line meets the upper boundary once.
    low, high = np.zeros(len(x)), np.ones(len(x))
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        inside = is_inside(x + 1j * middle)
        low, high = np.where(inside, middle, low), np.where(inside, high, middle)
    low[[0, -1]] = 0.0
    upper = x + 1j * low
    return np.concatenate([upper, upper[-2::-1].conj()])
