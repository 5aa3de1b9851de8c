"""Affine systems: both solvers against a plain solve, their residuals and conditions."""

import numpy as np
import pytest
from scipy import sparse

from syncsweep.physics.affine_systems import AffineSystem
from syncsweep.physics.krylov import solve_krylov
from syncsweep.physics.superoperators import to_real

ETAS = np.array([0.0, 1e-8, 1e-3, 0.1, 1.0, 7.0])


def random_system(seed, n=60):
    rng = np.random.default_rng(seed)
    constant = rng.standard_normal((n, n + 1))
    linear = rng.standard_normal((n, n + 1))
    # Both matrices have spectra in the right half-plane, so no η ≥ 0 is singular.
    constant[:, 1:] += 2 * np.sqrt(n) * np.eye(n)
    linear[:, 1:] += 2 * np.sqrt(n) * np.eye(n)
    return affine_system(constant, linear, 0.7)


def affine_system(constant, linear, scale):
    return AffineSystem(sparse.csr_array(constant), linear, scale)


def matrix(system, eta):
    return system.constant.toarray()[:, 1:] + eta * system.linear[:, 1:]


def vector(system, eta):
    return system.scale * (system.constant.toarray()[:, 0] + eta * system.linear[:, 0])


def plain(system, eta):
    return np.linalg.solve(matrix(system, eta), -vector(system, eta))


def condition_of(system, eta):
    """Reciprocal ∞-norm of the inverse, once the rows are divided by their sizes."""
    weights = system.row_weights(np.array([eta]))
    return 1 / np.linalg.norm(np.linalg.inv(weights * matrix(system, eta)), np.inf)


@pytest.fixture(scope="module")
def chain_system(chain_liouvillian, chain_perturbations):
    """L₀ + L₁/10 + ηL₁ for one sample: regular for every η ≥ 0."""
    constant = to_real(chain_liouvillian).toarray()[1:]
    linear = to_real(chain_perturbations[0])[1:]
    return affine_system(constant + linear / 10, linear, 1 / np.sqrt(27))


@pytest.mark.parametrize("seed", range(3))
def test_both_solvers_agree_with_a_plain_solve(seed):
    system = random_system(seed)
    expected = np.stack([plain(system, eta) for eta in ETAS], axis=1)
    direct, krylov = system.solve_direct(ETAS), solve_krylov(system, ETAS, 0.3)
    for solutions in (direct, krylov):
        scale = np.abs(expected).max(axis=0)
        assert np.all(np.abs(solutions.x - expected).max(axis=0) < 1e-12 * scale)
        assert np.all(solutions.residual < 1e-14)


@pytest.mark.parametrize("n", [20, 60])
def test_constant_part_may_be_dense_or_sparse(n):
    system = random_system(8, n)
    dense = AffineSystem(system.constant.toarray(), system.linear, system.scale)
    found, same = system.solve_direct(ETAS), dense.solve_direct(ETAS)
    assert np.allclose(found.x, same.x, rtol=1e-13)
    assert found.condition.tolist() == same.condition.tolist()
    rows = np.array([3, 11])
    assert np.array_equal(system.rows_at_zero(rows), system.constant.toarray()[rows, 1:])
    assert np.array_equal(dense.rows_at_zero(rows), system.constant.toarray()[rows, 1:])


def test_both_solvers_agree_on_a_sample_of_the_chain(chain_system):
    expected = np.stack([plain(chain_system, eta) for eta in ETAS], axis=1)
    direct, krylov = chain_system.solve_direct(ETAS), solve_krylov(chain_system, ETAS, 0.05)
    scale = np.abs(expected).max(axis=0)
    assert np.all(np.abs(direct.x - expected).max(axis=0) < 1e-12 * scale)
    assert np.all(np.abs(krylov.x - expected).max(axis=0) < 1e-11 * scale)
    assert np.all(krylov.residual < 1e-13)


@pytest.mark.parametrize("reach", [0.03, 0.1])
def test_a_second_space_at_zero_serves_the_small_eta(chain_system, reach):
    """Few steps at a pole that is too large for them, and A⁻¹ by a dense inverse."""

    class Dense:
        inverse = np.linalg.inv(chain_system.constant.toarray()[:, 1:])

        def solve(self, rhs):
            return self.inverse @ rhs

    etas = np.array([0.0, 1e-8, 1e-3, 0.1, 7.0])
    expected = np.stack([plain(chain_system, eta) for eta in etas], axis=1)
    found = solve_krylov(chain_system, etas, 3.0, Dense(), reach)
    error = np.abs(found.x - expected).max(axis=0) / np.abs(expected).max(axis=0)
    assert np.all(error < 1e-10)
    assert np.all(found.residual < 1e-13)
    for value, eta in zip(found.condition, etas, strict=True):
        exact = condition_of(chain_system, eta)
        assert exact / 300 < value < 3 * exact


def test_an_eta_that_has_not_converged_shows_it_in_its_residual():
    rng = np.random.default_rng(5)
    n, etas = 400, np.array([0.0, 1e-6, 1e-3, 1.0])
    spectrum = np.linspace(1, 1e6, n)  # too wide for the largest space
    constant = np.hstack([rng.standard_normal((n, 1)), np.eye(n)])
    linear = np.hstack([rng.standard_normal((n, 1)), np.diag(spectrum)])
    solutions = solve_krylov(affine_system(constant, linear, 1.0), etas, 1.0)
    exact = -(constant[:, :1] + etas * linear[:, :1]) / (1 + etas * spectrum[:, None])
    error = np.abs(solutions.x - exact).sum(axis=0) / np.abs(exact).sum(axis=0)
    assert error[0] > 1e-13
    assert error[-1] < 1e-14
    condition = (1 + etas * spectrum[0]) / (1 + etas * spectrum[-1])
    assert np.all(error < 3 * solutions.residual / condition + 1e-14)
    assert solutions.residual[0] > 1e-13


def test_residual_is_the_largest_error_of_an_equation_of_size_one():
    system = random_system(11, n=7)
    x = np.random.default_rng(12).standard_normal((7, len(ETAS)))
    measured = system.backward_errors(ETAS, x)
    a, b = system.constant.toarray()[:, 1:], system.linear[:, 1:]
    for index, eta in enumerate(ETAS):
        defect = np.abs((a + eta * b) @ x[:, index] + vector(system, eta))
        weights = system.row_weights(np.array([eta]))[:, 0]
        sizes = abs(system.constant).sum(axis=1) + eta * np.abs(system.linear).sum(axis=1)
        assert np.all((weights * sizes >= 0.5) & (weights * sizes < 1))
        expected = (weights * defect).max() / system.scale
        assert measured[index] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_condition_of_the_direct_solver_is_the_reciprocal_condition_number(seed):
    system = random_system(seed)
    system.linear[0, 2:] += 1e4  # a row of another size
    condition = system.solve_direct(ETAS).condition
    for value, eta in zip(condition, ETAS, strict=True):
        exact = condition_of(system, eta)
        assert exact * 0.99 < value < 3 * exact  # three digits


def test_condition_of_the_krylov_solver_errs_on_the_safe_side(chain_system):
    condition = solve_krylov(chain_system, ETAS, 0.05).condition
    for value, eta in zip(condition, ETAS, strict=True):
        exact = condition_of(chain_system, eta)
        assert exact / 100 < value < 3 * exact


def test_singular_matrices_have_condition_zero_and_no_solution():
    constant, linear = np.eye(4, 5, 1), np.zeros((4, 5))
    constant[:, 0] = 1.0
    constant[2, 3] = 0.0
    linear[2, 3] = 1.0  # singular at η = 0 alone
    solutions = affine_system(constant, linear, 1.0).solve_direct(np.array([0.0, 1.0]))
    assert solutions.condition[0] == 0.0
    assert np.all(np.isnan(solutions.x[:, 0]))
    # Rows (1, 1) are divided by four, the power of two above the sum of their entries.
    assert solutions.condition[1] == pytest.approx(0.25)
    np.testing.assert_allclose(solutions.x[:, 1], -1.0)


def test_systems_without_any_entry_have_condition_zero():
    for n in (4, 40):
        solutions = affine_system(np.zeros((n, n + 1)), np.zeros((n, n + 1)), 1.0).solve_direct(
            ETAS
        )
        assert solutions.condition.tolist() == [0.0] * len(ETAS)


def test_a_singular_pole_gives_no_solution_anywhere():
    constant, linear = np.eye(4, 5, 1), np.zeros((4, 5))
    constant[2, 3] = 0.0
    solutions = solve_krylov(affine_system(constant, linear, 1.0), np.array([0.0, 1.0]), 1.0)
    assert solutions.condition.tolist() == [0.0, 0.0]
    assert np.all(np.isnan(solutions.x))


def test_krylov_does_not_vouch_for_a_singular_matrix_it_cannot_see():
    """At η = 0 one unknown is free, and no right-hand side excites it."""
    constant, linear = np.eye(5, 6, 1), np.zeros((5, 6))
    constant[:, 0] = 1.0
    constant[2] = 0.0
    linear[2, 3] = 1.0
    solutions = solve_krylov(affine_system(constant, linear, 1.0), np.array([0.0, 0.5, 1.0]), 1.0)
    assert np.all(solutions.condition == 0)
    assert np.all(np.isnan(solutions.x)) and np.all(np.isnan(solutions.residual))


def test_krylov_survives_a_singular_matrix_in_its_space():
    """The space holds the one unknown that is free at η = 0."""
    constant, linear = np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]])
    solutions = solve_krylov(affine_system(constant, linear, 1.0), np.array([0.0, 1.0, 2.0]), 1.0)
    assert np.all(solutions.condition == 0)
    assert np.all(np.isnan(solutions.x)) and np.all(np.isnan(solutions.residual))


def test_without_a_linear_part_every_eta_has_the_same_solution():
    regular = random_system(13)
    system = AffineSystem(regular.constant, np.zeros_like(regular.linear), 0.7)
    solutions = system.solve_direct(ETAS)
    expected = plain(system, 0.0)
    np.testing.assert_allclose(solutions.x, np.repeat(expected[:, None], len(ETAS), 1), rtol=1e-11)
    exact = condition_of(system, 0.0)
    assert np.all(solutions.condition > exact * 0.99)  # three digits
    assert np.all(solutions.condition < 3 * exact)
    assert np.all(solve_krylov(system, ETAS, 1.0).condition == 0)  # no starting vector
