"""Steady states: the exact limit η → 0⁺, accuracy at every η, and honest statuses."""

import numpy as np
import pytest
from scipy import sparse
from scipy.linalg import lu_factor, lu_solve, null_space
from states import sector_projectors

from syncsweep.physics.affine_systems import Solutions
from syncsweep.physics.diagnosis import Method, Status, diagnosed
from syncsweep.physics.lindbladian import Lindbladian, Perturbation
from syncsweep.physics.models import spin1_chain, spin_half_pair
from syncsweep.physics.perturbation import (
    liouvillian_from_kossakowski,
    perturbation_of,
    random_liouvillian,
    random_perturbation,
)
from syncsweep.physics.phase_distribution import relative_phase_coefficients
from syncsweep.physics.spins import lowering, on_site, raising, sz
from syncsweep.physics.steady_state import SteadyStateSolver, steady_states
from syncsweep.physics.superoperators import (
    from_real,
    hermitian_basis,
    liouvillian,
    to_real,
    unvectorize,
    vectorize,
)

MANY = [0.0, 1e-8, 1e-4, 1e-2, 0.1, 1.0]


def pair_projectors():
    singlet = np.array([0, 1, -1, 0]) / np.sqrt(2)
    return [np.outer(singlet, singlet), np.eye(4) - np.outer(singlet, singlet)]


def apply(generator, rho):
    return unvectorize(generator @ vectorize(rho))


def classical_chain(L1, conserved, stationary):
    """Σ c_α ρ_α with c stationary under the rates R_αβ = Tr(Π_α L₁[ρ_β])."""
    rates = [[np.trace(p @ apply(L1, rho)).real for rho in stationary] for p in conserved]
    kernel = null_space(np.array(rates), rcond=1e-10)
    assert kernel.shape[1] == 1
    c = kernel[:, 0] / kernel.sum()
    return c, np.tensordot(c, np.array(stationary), axes=1)


@pytest.fixture(scope="module")
def pair_liouvillian():
    pair = spin_half_pair()
    return liouvillian(pair.hamiltonian, pair.jump_operators)


def test_limit_is_the_stationary_state_of_the_classical_chain(
    chain, chain_perturbations, chain_states
):
    projectors = list(sector_projectors(chain).values())
    stationary = [p / np.trace(p) for p in projectors]
    for L1, states in zip(chain_perturbations, chain_states, strict=True):
        c, expected = classical_chain(L1, projectors, stationary)
        assert c.min() > 0
        np.testing.assert_allclose(states.rho[0], expected, rtol=0, atol=1e-12)
        weights = [np.trace(p @ states.rho[0]).real for p in projectors]
        np.testing.assert_allclose(weights, c, rtol=0, atol=1e-12)


def test_limit_depends_neither_on_h_nor_on_the_size_of_the_dissipator(chain_solver):
    def limit(zeta_coh, zeta_diss):
        L1 = random_liouvillian(np.random.default_rng(1), 27, zeta_coh, zeta_diss)
        return chain_solver.solve(L1, [0.0]).rho[0]

    reference = limit(1.0, 1.0)
    for weights in ((0.0, 1.0), (-3.0, 1.0), (1.0, 0.01), (0.0, 50.0)):
        np.testing.assert_allclose(limit(*weights), reference, rtol=0, atol=1e-12)


def test_limit_is_continuous(chain_states):
    for states in chain_states:
        scale = np.abs(states.rho[0] - np.eye(27) / 27).max()
        for index, eta in enumerate(states.etas[:4]):
            distance = np.abs(states.rho[index] - states.rho[0]).max()
            # Slowest decay 0.116 against ‖L₁‖ ≈ 30: linear in η with a coefficient below 1000.
            assert distance <= 1e3 * eta * scale + 1e-14


def test_states_are_physical(chain_states):
    for states in chain_states:
        assert states.status.tolist() == [Status.OK] * 8
        np.testing.assert_allclose(np.trace(states.rho, axis1=1, axis2=2), 1, atol=1e-13)
        np.testing.assert_allclose(states.rho, states.rho.conj().swapaxes(1, 2), atol=1e-16)
        assert np.linalg.eigvalsh(states.rho).min() > 0


def test_states_are_stationary(chain_liouvillian, chain_perturbations, chain_states):
    for L1, states in zip(chain_perturbations, chain_states, strict=True):
        for eta, rho in zip(states.etas, states.rho, strict=True):
            generator = chain_liouvillian + eta * L1
            residual = np.abs(generator @ vectorize(rho)).max()
            assert residual < 1e-14 * np.abs(generator).max()


def test_recorded_diagnostics_are_those_of_rho(chain_states):
    states = chain_states[0]
    trace = np.abs(np.trace(states.rho, axis1=1, axis2=2) - 1)
    np.testing.assert_allclose(states.trace_error, trace, atol=1e-16)
    asymmetry = np.abs(states.rho - states.rho.conj().swapaxes(1, 2)).max(axis=(1, 2))
    np.testing.assert_allclose(states.hermiticity_error, asymmetry, atol=1e-18)
    smallest = np.linalg.eigvalsh(states.rho)[:, 0]
    np.testing.assert_allclose(states.smallest_eigenvalue, smallest, rtol=1e-10)
    assert np.all(states.residual <= 1e-9 * states.condition)


def test_krylov_and_direct_agree_at_every_eta(chain_solver, chain_perturbations, chain_states):
    for L1, states in zip(chain_perturbations, chain_states, strict=True):
        assert np.any(states.method == Method.KRYLOV)
        for index, eta in enumerate(states.etas):
            alone = chain_solver.solve(L1, [eta])  # too few η for a shared Krylov space
            assert alone.method.tolist() == [Method.DIRECT]
            scale = np.abs(alone.rho[0] - np.eye(27) / 27).max()
            assert np.abs(states.rho[index] - alone.rho[0]).max() < 1e-10 * scale
            ours, theirs = (
                relative_phase_coefficients(rho, (1, 1, 1))
                for rho in (states.rho[index], alone.rho[0])
            )
            assert np.abs(ours - theirs).max() < 1e-9 * np.abs(theirs[1:]).max()


@pytest.mark.parametrize("largest", [0.03, 0.2, 0.3, 10.0])
def test_one_space_serves_a_range_that_ends_below_the_pole_or_above(
    largest, chain_solver, chain_perturbations
):
    """The pole lies near 0.27ω for this ensemble."""
    states = chain_solver.solve(chain_perturbations[0], np.geomspace(1e-6, largest, 12))
    assert set(states.method) == {Method.KRYLOV}
    assert states.residual.max() < 1e-13


def test_an_eta_beyond_the_krylov_space_is_solved_directly(chain_solver):
    L1 = random_liouvillian(np.random.default_rng(3), 27, zeta_coh=0.0, rank=1)
    etas = [1e-6, 1e-3, 0.1, 1.0, 10.0, 100.0]
    states = chain_solver.solve(L1, etas)
    assert states.status.tolist() == [Status.OK] * 6
    assert set(states.method) == {Method.KRYLOV, Method.DIRECT}
    for index, eta in enumerate(etas):
        alone = chain_solver.solve(L1, [eta]).rho[0]
        scale = np.abs(alone - np.eye(27) / 27).max()
        assert np.abs(states.rho[index] - alone).max() < 1e-10 * scale


@pytest.mark.parametrize("eta", [1e-6, 1e-3, 1.0])
def test_state_is_the_refined_solution_of_the_plain_system(
    eta, chain_liouvillian, chain_perturbations, chain_solver
):
    """Without exchanged equations: LU of L₀ + ηL₁, refined with residuals in long double."""
    L0, L1 = to_real(chain_liouvillian)[1:], to_real(chain_perturbations[0])[1:]
    factors = lu_factor((L0 + eta * L1)[:, 1:])
    constant, linear = L0.astype(np.longdouble), L1.astype(np.longdouble)
    x = np.zeros(729, dtype=np.longdouble)
    x[0] = 1 / np.sqrt(np.longdouble(27))
    for _ in range(8):
        residual = constant @ x + np.longdouble(eta) * (linear @ x)
        x[1:] -= lu_solve(factors, residual.astype(float))
    rho = unvectorize(hermitian_basis(27) @ x.astype(float))
    ours = chain_solver.solve(chain_perturbations[0], [eta]).rho[0]
    scale = np.abs(rho - np.eye(27) / 27).max()
    # L₀ itself is rounded: its zero modes are zero to 1e-16, which η = 1e-6 turns into 1e-10.
    assert np.abs(ours - rho).max() < (1e-9 if eta < 1e-4 else 1e-12) * scale


def test_a_coherent_perturbation_of_the_chain_leaves_the_maximally_mixed_state(chain_solver):
    L1 = random_liouvillian(np.random.default_rng(4), 27, zeta_diss=0.0)
    states = chain_solver.solve(L1, [0.1])
    assert states.status.tolist() == [Status.OK]
    np.testing.assert_allclose(states.rho[0], np.eye(27) / 27, rtol=0, atol=1e-13)


def within_a_sector():
    """A random H and a dissipator within 0+: not unital, yet without rates between sectors."""
    rng = np.random.default_rng(5)
    coherent = random_liouvillian(rng, 27, zeta_diss=0.0)
    projector = sector_projectors(spin1_chain())["0+"]
    m = rng.standard_normal((27, 27)) + 1j * rng.standard_normal((27, 27))
    return coherent + liouvillian(np.zeros((27, 27)), np.array([projector @ m @ projector]))


def symmetric():
    chain = spin1_chain()
    return liouvillian(chain.hamiltonian, chain.jump_operators)


@pytest.mark.parametrize("alone", [True, False])
@pytest.mark.parametrize(
    ("make", "etas"),
    [
        (lambda: random_liouvillian(np.random.default_rng(4), 27, zeta_diss=0.0), [0.0]),
        (within_a_sector, [0.0]),
        (lambda: np.zeros((729, 729), dtype=complex), MANY[::-1]),
        (symmetric, MANY[::-1]),
    ],
    ids=["coherent", "within a sector", "nothing", "symmetric"],
)
def test_a_perturbation_that_lifts_no_degeneracy_is_told(make, etas, alone, chain_solver):
    """In first order at η → 0⁺, or at any η; also where many η are solved together."""
    states = chain_solver.solve(make(), etas[:1] if alone else MANY)
    degenerate = np.isin(states.etas, etas)
    assert np.all((states.status == Status.DEGENERATE)[degenerate])
    assert np.all(np.isnan(states.rho[degenerate]))
    assert np.all(np.isnan(states.smallest_eigenvalue[degenerate]))


@pytest.mark.parametrize("by_operators", [True, False])
def test_a_perturbation_that_keeps_the_blocks_of_the_model_is_degenerate(by_operators):
    """Also where rounding makes the system look regular."""
    for seed in range(20):
        rng = np.random.default_rng(seed)
        blocks = np.kron(np.eye(2), np.ones((2, 2)))
        real, imaginary = rng.standard_normal((2, 4, 4, 4)) * blocks
        first, second, *jumps = real + 1j * imaginary
        energies = np.diag(rng.standard_normal(4))
        model = first + first.conj().T, [energies]
        perturbation = second + second.conj().T, jumps
        if by_operators:
            solver = SteadyStateSolver(Lindbladian(*model))
            found = solver.solve_perturbation(perturbation_of(*perturbation), [0.0, 1e-3, 1.0])
        else:
            L0, L1 = liouvillian(*model), liouvillian(*perturbation)
            found = steady_states(L0, L1, [0.0, 1e-3, 1.0])
        assert found.status.tolist() == [Status.DEGENERATE] * 3


def test_a_coherent_perturbation_of_the_pair_does_not_synchronise_in_the_limit(pair_liouvillian):
    L1 = random_liouvillian(np.random.default_rng(6), 4, zeta_diss=0.0)
    singlet = pair_projectors()[0]
    states = steady_states(pair_liouvillian, L1, [1e-2, 1e-3, 1e-4])
    weights = [np.trace(singlet @ rho).real for rho in states.rho]
    assert weights[0] / weights[1] == pytest.approx(100, rel=0.1)
    assert weights[1] / weights[2] == pytest.approx(100, rel=0.02)
    assert steady_states(pair_liouvillian, L1, [0.0]).status.tolist() == [Status.DEGENERATE]


def test_ok_means_accurate_also_where_the_condition_is_bad(pair_liouvillian):
    """Towards an empty limit the system gets singular like η²; `ok` must stop in time."""
    L1 = random_liouvillian(np.random.default_rng(6), 4, zeta_diss=0.0)
    etas = np.logspace(-12, -3, 19)
    states = steady_states(pair_liouvillian, L1, etas)
    ok = states.status == Status.OK
    assert ok[-1]
    assert not ok[0]
    singlet = pair_projectors()[0]
    weights = np.array([np.trace(singlet @ rho).real for rho in states.rho])
    expected = weights[-1] * (etas / etas[-1]) ** 2
    # 1e-9 is asked of the error bound; the rounding of L₀ and L₁ themselves is in no residual.
    assert np.all(np.abs(weights - expected)[ok] < 1e-8 + 0.1 * expected[ok])
    assert np.all(states.smallest_eigenvalue[ok] >= -1e-9)
    # In between the matrix is regular, but the state not accurate enough to be used.
    assert Status.INACCURATE in states.status.tolist()


def test_a_state_that_is_not_positive_is_inaccurate():
    """A negative rate keeps trace and Hermiticity, but no longer positivity."""
    kossakowski = np.diag([0.2, 1.5, -0.5]).astype(complex)
    L1 = liouvillian_from_kossakowski(np.diag([1.0, -1.0]), kossakowski)
    states = steady_states(L1, L1, [1.0])
    assert states.residual[0] < 1e-9 * states.condition[0]
    assert np.linalg.eigvalsh(states.rho[0])[0] < -0.1
    assert states.status.tolist() == [Status.INACCURATE]


def test_an_unperturbed_model_with_a_unique_steady_state_needs_no_perturbation():
    L0 = random_liouvillian(np.random.default_rng(7), 5)
    L1 = random_liouvillian(np.random.default_rng(8), 5)
    states = steady_states(L0, L1, [0.0, 0.4])
    assert states.status.tolist() == [Status.OK, Status.OK]
    for eta, rho in zip(states.etas, states.rho, strict=True):
        kernel = null_space(L0 + eta * L1, rcond=1e-10)
        assert kernel.shape[1] == 1
        expected = unvectorize(kernel[:, 0])
        np.testing.assert_allclose(rho, expected / np.trace(expected), rtol=0, atol=1e-13)
    alone = steady_states(L0, np.zeros_like(L0), [0.0, 1.0])
    np.testing.assert_allclose(alone.rho, np.repeat(states.rho[:1], 2, axis=0), atol=1e-14)


def test_order_and_repetition_of_eta_do_not_matter(chain_solver, chain_perturbations, chain_states):
    states = chain_states[0]
    order = [5, 2, 7, 7, 0]
    again = chain_solver.solve(chain_perturbations[0], states.etas[order])
    np.testing.assert_array_equal(again.etas, states.etas[order])
    np.testing.assert_allclose(again.rho, states.rho[order], rtol=0, atol=1e-13)


def test_no_eta_gives_no_state(pair_liouvillian):
    states = steady_states(pair_liouvillian, random_liouvillian(np.random.default_rng(0), 4), [])
    assert states.rho.shape == (0, 4, 4)
    assert states.status.shape == (0,)


@pytest.mark.parametrize("etas", [[-1e-9], [0.1, np.nan], [np.inf], 0.1, [[0.1]]])
def test_an_eta_that_is_no_strength_is_refused(etas, pair_liouvillian):
    with pytest.raises(ValueError, match="`etas`"):
        steady_states(pair_liouvillian, np.zeros((16, 16)), etas)


def test_generators_that_change_the_trace_are_refused_by_name(pair_liouvillian):
    with pytest.raises(ValueError, match="`L0`"):
        SteadyStateSolver(np.eye(16))
    with pytest.raises(ValueError, match="`L1`"):
        steady_states(pair_liouvillian, np.eye(16), [0.1])


def test_only_the_product_of_eta_and_the_perturbation_matters(chain_solver, chain_perturbations):
    L1, etas = chain_perturbations[0], np.array([1e-6, 1e-3, 0.1, 1.0, 10.0])
    states = chain_solver.solve(L1, etas)
    small = chain_solver.solve(1e-30 * L1, 1e30 * etas)
    assert small.status.tolist() == [Status.OK] * 5
    # Rows are divided by powers of two.
    np.testing.assert_allclose(small.condition, states.condition, rtol=0.5)
    scale = np.abs(states.rho - np.eye(27) / 27).max(axis=(1, 2), keepdims=True)
    assert np.max(np.abs(small.rho - states.rho) / scale) < 1e-10


@pytest.mark.parametrize(
    ("broken", "status"),
    [({}, "ok"), ({"residual": 1e-8}, "inaccurate"), ({"polarization": 0.6}, "inaccurate")],
)
def test_a_residual_or_a_negative_eigenvalue_outside_the_tolerance_is_inaccurate(broken, status):
    polarization = broken.get("polarization", 0.1)
    rho = np.diag([0.5 + polarization, 0.5 - polarization])[None].astype(complex)
    found = Solutions(np.zeros((3, 1)), np.array([broken.get("residual", 0.0)]), np.ones(1))
    states = diagnosed(np.ones(1), rho, found, np.array([Method.DIRECT], dtype=object))
    assert states.status.tolist() == [status]


def collective_pair():
    """A bath of infinite temperature heats and cools two spins: L is unital and conserves S."""
    lower = sum(on_site(lowering(0.5), site, (0.5, 0.5)) for site in (0, 1))
    return 0.3 * np.diag([1.0, 0.0, 0.0, -1.0]), [lower, lower.T]


def hopping_chain():
    """Three spins whose excitations hop at five rates: each magnetization is conserved."""
    spins = (0.5, 0.5, 0.5)
    z, up = ([on_site(op, j, spins) for j in range(3)] for op in (sz(0.5), raising(0.5)))
    hops = [up[0] @ up[1].T, up[1] @ up[0].T, up[1] @ up[2].T, up[2] @ up[1].T, z[0]]
    rates = (0.64, 0.27, 0.041, 0.017, 0.81)
    return z[0] + 0.6 * z[2], [np.sqrt(rate) * hop for rate, hop in zip(rates, hops, strict=True)]


@pytest.mark.parametrize("model", [collective_pair, hopping_chain])
@pytest.mark.parametrize("by_operators", [True, False])
def test_what_a_model_conserves_is_found_beside_rounding(model, by_operators):
    hamiltonian, jumps = model()
    dim = len(hamiltonian)
    drawn = random_perturbation(np.random.default_rng(1), dim)
    etas = [0.0, 1e-7]
    if by_operators:
        solver = SteadyStateSolver(Lindbladian(hamiltonian, np.array(jumps)))
        found = solver.solve_perturbation(drawn, etas)
    else:
        found = steady_states(liouvillian(hamiltonian, jumps), from_real(drawn.matrix()), etas)
    assert found.status.tolist() == [Status.OK, Status.OK]
    np.testing.assert_allclose(found.rho[0], found.rho[1], atol=1e-5)


@pytest.mark.parametrize("as_given", [list, sparse.csr_array])
def test_operators_may_be_lists_or_sparse(as_given):
    hamiltonian, jumps = collective_pair()
    drawn = perturbation_of(hamiltonian, jumps[:1])
    right = SteadyStateSolver(Lindbladian(hamiltonian, jumps)).solve_perturbation(drawn, [0.1])
    given = as_given(hamiltonian), [as_given(jump) for jump in jumps]
    drawn = perturbation_of(given[0], given[1][:1])
    found = SteadyStateSolver(Lindbladian(*given)).solve_perturbation(drawn, [0.1])
    np.testing.assert_array_equal(found.rho, right.rho)


@pytest.mark.parametrize(
    ("make", "argument"),
    [
        (lambda: Lindbladian(np.full((4, 4), np.nan), []), "hamiltonian"),
        (lambda: Lindbladian(np.eye(4), [np.eye(3)]), "jump_operators"),
        (lambda: Perturbation(np.eye(4), np.full((16, 16), np.nan)), "dissipator"),
        (lambda: Perturbation(np.eye(4), np.zeros((9, 9))), "dissipator"),
        (lambda: Perturbation(np.eye(4), np.zeros((16, 16)), [np.eye(2)]), "jump_operators"),
        (lambda: perturbation_of(np.eye(4), np.eye(4)), "jump_operators"),
        (lambda: plain_solver().solve_perturbation(np.zeros((16, 16)), [1.0]), "perturbation"),
        (lambda: plain_solver().solve_perturbation(None, [1.0]), "perturbation"),
        (lambda: plain_solver().solve_perturbation(drawn_of(3), [1.0]), "perturbation"),
    ],
)
def test_operators_that_cannot_be_used_are_refused_by_name(make, argument):
    with pytest.raises(ValueError, match=f"Argument `{argument}`"):
        make()


def plain_solver():
    return SteadyStateSolver(Lindbladian(*collective_pair()))


def drawn_of(dim):
    return random_perturbation(np.random.default_rng(1), dim)
