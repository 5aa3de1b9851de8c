"""One Krylov space for many shifts, and GMRES, against dense matrices."""

import numpy as np

from syncsweep.physics.arnoldi import KrylovSpace, solve_gmres

N = 30
MATRIX = np.random.default_rng(1).standard_normal((N, N)) / np.sqrt(N)
START = np.random.default_rng(2).standard_normal(N)


def space(steps):
    found = KrylovSpace(START, steps)
    while not found.is_full and found.extend(MATRIX @ found.newest):
        pass
    return found


def test_recurrence_holds():
    found = space(10)
    vectors = np.vstack([found.vectors, found.newest])
    np.testing.assert_allclose(vectors @ vectors.T, np.eye(11), rtol=0, atol=1e-14)
    expected = (vectors.T @ found.hessenberg).T
    np.testing.assert_allclose(found.vectors @ MATRIX.T, expected, rtol=0, atol=1e-14)


def test_residuals_are_those_of_the_smallest():
    found, shifts = space(8), np.array([1e-3, 0.1, 2.0])
    for shift, residual in zip(shifts, found.residuals(shifts), strict=True):
        x = found.mixture(shift) @ found.vectors
        left = np.linalg.norm(START - x - shift * MATRIX @ x)
        np.testing.assert_allclose(left, residual, rtol=1e-9, atol=1e-13)
        basis = found.vectors.T + shift * MATRIX @ found.vectors.T
        smallest = np.linalg.norm(START - basis @ np.linalg.lstsq(basis, START)[0])
        np.testing.assert_allclose(left, smallest, rtol=1e-9, atol=1e-13)


def test_a_space_that_holds_its_image_stops():
    found = KrylovSpace(np.eye(N)[0], 5)
    assert found.extend(np.eye(N)[1])
    assert not found.extend(np.eye(N)[0] + np.eye(N)[1])
    assert found.residuals(np.array([0.5]))[0] < 1e-100


def test_gmres_stops_where_it_is_accurate():
    matrix = np.eye(N) + 0.3 * MATRIX
    for accuracy in (1e-2, 1e-8):
        x = solve_gmres(lambda v: matrix @ v, START, accuracy, N)
        left = np.linalg.norm(matrix @ x - START) / np.linalg.norm(START)
        assert accuracy / 100 < left <= accuracy
