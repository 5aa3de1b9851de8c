"""Block-wise null vectors and inverses against dense linear algebra."""

import numpy as np
import pytest
from scipy import sparse
from scipy.linalg import null_space, qr

from syncsweep.physics.models import spin1_chain, spin_half_pair
from syncsweep.physics.perturbation import random_generator
from syncsweep.physics.sparse_blocks import PartialInverse, left_null_vectors
from syncsweep.physics.superoperators import liouvillian, to_real

MODELS = [spin1_chain(2), spin1_chain(2, J=0, delta=0), spin_half_pair(), spin1_chain(3)]


def real_generator(model):
    return to_real(liouvillian(model.hamiltonian, model.jump_operators))


def independent_rows(generator, n_missing):
    """Rows without which the rest of the generator, its row 0 left out, is of full rank."""
    matrix = generator.toarray()[1:]
    missing, kept = [], list(range(len(matrix)))
    rank = len(matrix) - n_missing
    for row in range(len(matrix)):
        others = [other for other in kept if other != row]
        if len(missing) < n_missing and np.linalg.matrix_rank(matrix[others], tol=1e-9) == rank:
            missing.append(row)
            kept = others
    assert len(missing) == n_missing
    return np.array(missing, dtype=int)


@pytest.mark.parametrize("model", MODELS)
def test_left_null_vectors_span_the_left_kernel(model):
    generator = real_generator(model)
    found, dense = left_null_vectors(generator), generator.toarray()[1:]
    expected = null_space(dense.T, rcond=1e-10)
    assert found.shape == expected.shape
    np.testing.assert_allclose(found.T @ found, np.eye(found.shape[1]), atol=1e-12)
    np.testing.assert_allclose(found.T @ dense, 0, atol=1e-12)


@pytest.mark.parametrize("model", MODELS[:3])
def test_completed_inverse_is_the_inverse(model):
    generator = real_generator(model)
    missing = independent_rows(generator, left_null_vectors(generator).shape[1])
    rng = np.random.default_rng(1)
    matrix = generator.toarray()[1:, 1:]
    matrix[missing] = rng.standard_normal((len(missing), len(matrix)))
    inverse = PartialInverse(generator, missing).complete(matrix[missing])
    x = rng.standard_normal((len(matrix), 3))
    np.testing.assert_allclose(inverse.solve(matrix @ x), x, atol=1e-9)
    np.testing.assert_allclose(inverse.solve(matrix @ x[:, 0]), x[:, 0], atol=1e-9)
    np.testing.assert_allclose(inverse.solve_transposed(matrix.T @ x[:, 0]), x[:, 0], atol=1e-9)


@pytest.mark.parametrize("gamma", [8.5e-6, 9.12e-6, 9.78e-6])
def test_damping_at_the_edge_of_rounding_is_no_trouble(gamma):
    """At such γ one may see one null vector more or less, and each is as good."""
    generator = real_generator(spin_half_pair(gamma=gamma))
    left = left_null_vectors(generator)
    _, _, order = qr(left.T, pivoting=True)
    partial = PartialInverse(generator, order[: left.shape[1]])
    assert partial.null_vectors.shape == (15, left.shape[1])


def test_rows_that_tell_the_null_vectors_apart_by_rounding_only_are_singular():
    """The chain is unital: a Hamiltonian takes no sector into another in first order."""
    generator = real_generator(spin1_chain(2))
    left = left_null_vectors(generator)
    missing = independent_rows(generator, left.shape[1])
    coherent = random_generator(np.random.default_rng(1), 9, zeta_diss=0.0)
    assert PartialInverse(generator, missing).complete(left.T @ coherent[1:, 1:]) is None


def test_rows_that_leave_the_matrix_singular_are_told():
    generator = real_generator(spin_half_pair())
    missing = independent_rows(generator, left_null_vectors(generator).shape[1])
    partial = PartialInverse(generator, missing)
    assert partial.complete(np.zeros((len(missing), 15))) is None


def test_a_matrix_without_any_entry_is_all_missing():
    generator = sparse.csr_array((5, 5))
    np.testing.assert_allclose(np.abs(left_null_vectors(generator)), np.eye(4))
    rows = np.random.default_rng(2).standard_normal((4, 4)) + 3 * np.eye(4)
    inverse = PartialInverse(generator, np.arange(4)).complete(rows)
    np.testing.assert_allclose(inverse.solve(rows[:, 1]), np.eye(4)[1], atol=1e-12)


def test_a_regular_matrix_has_nothing_missing():
    matrix = np.random.default_rng(3).standard_normal((6, 6))
    matrix[0] = 0
    generator = sparse.csr_array(matrix)
    assert left_null_vectors(generator).shape == (5, 0)
    inverse = PartialInverse(generator, np.array([], dtype=int)).complete(np.empty((0, 5)))
    np.testing.assert_allclose(inverse.solve(matrix[1:, 3]), np.eye(5)[2], atol=1e-12)


def test_a_column_of_rounding_hides_no_null_vector():
    """Column 0 is L applied to the identity: it is zero for a unital L."""
    matrix = np.zeros((4, 4))
    matrix[1:, 1:] = [[-1.0, 1.0, 2.0], [1.0, -1.0, 0.0], [0.0, 0.0, -2.0]]
    generator = sparse.csr_array(matrix)
    assert left_null_vectors(generator).shape == (3, 1)
    matrix[1, 0] = 1e-17
    assert left_null_vectors(sparse.csr_array(matrix)).shape == (3, 1)


def test_a_block_with_a_null_vector_that_nobody_found_has_no_inverse():
    """Otherwise any multiple of that vector could be a part of the solution."""
    rng = np.random.default_rng(5)
    matrix = np.zeros((5, 5))
    matrix[1:, 1:] = rng.standard_normal((4, 4))
    matrix[4] = matrix[1] + 0.3 * matrix[2]
    none = np.array([], dtype=int)
    assert PartialInverse(sparse.csr_array(matrix), none).complete(np.empty((0, 4)), 1e-16) is None
