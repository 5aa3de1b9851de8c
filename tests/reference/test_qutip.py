"""QuTiP as an independent reference: the convention, the generators and the steady states."""

import numpy as np
import pytest
import qutip
from states import random_state

from syncsweep.config.physics import Physics, TwoSpin1s, TwoSpin1sPerturbation
from syncsweep.physics.diagnosis import Status
from syncsweep.physics.models import spin1_chain, spin_half_pair, two_spin1s
from syncsweep.physics.perturbation import (
    liouvillian_from_kossakowski,
    random_hamiltonian,
    random_kossakowski,
    traceless_operators,
)
from syncsweep.physics.phase_distribution import evaluate, phase_coefficients, phase_frequencies
from syncsweep.physics.spins import lowering, on_site, raising, sx, sz
from syncsweep.physics.steady_state import SteadyStateSolver, steady_states
from syncsweep.physics.superoperators import (
    from_real,
    lindblad_dissipator,
    liouvillian,
    spost,
    spre,
    unvectorize,
    vectorize,
)
from syncsweep.user_code.study_solver import StudySolver

ETAS = [1e-4, 1e-2, 1.0]


def jump_operators(kossakowski, dim):
    """L_μ = √κ_μ Σ_n conj(U_nμ) F_n from K = U diag(κ) U†, by the definition of F."""
    kappa, u = np.linalg.eigh(kossakowski)
    operators = traceless_operators(dim, "paper").toarray()
    jumps = np.sqrt(np.maximum(kappa, 0))[:, None] * (u.conj().T @ operators)
    return [qutip.Qobj(jump.reshape(dim, dim)) for jump in jumps]


def qutip_generator(hamiltonian, jumps):
    return qutip.liouvillian(qutip.Qobj(hamiltonian), jumps).to("Dense")


def qutip_steady_state(generator):
    return qutip.steadystate(generator, method="direct", solver="solve").full()


@pytest.mark.parametrize("spin", [0.5, 1, 1.5])
def test_spin_operators(spin):
    np.testing.assert_allclose(sz(spin), qutip.jmat(spin, "z").full(), atol=1e-15)
    np.testing.assert_allclose(sx(spin), qutip.jmat(spin, "x").full(), atol=1e-15)
    np.testing.assert_allclose(raising(spin), qutip.jmat(spin, "+").full(), atol=1e-15)
    np.testing.assert_allclose(lowering(spin), qutip.jmat(spin, "-").full(), atol=1e-15)


def test_site_order():
    z = qutip.jmat(1, "z")
    expected = qutip.tensor(qutip.qeye(3), z, qutip.qeye(3)).full()
    np.testing.assert_allclose(on_site(sz(1), 1, (1, 1, 1)), expected, atol=1e-15)


def test_vectorisation_and_multiplications():
    rng = np.random.default_rng(1)
    a, b = rng.standard_normal((2, 4, 4)) + 1j * rng.standard_normal((2, 4, 4))
    column = qutip.operator_to_vector(qutip.Qobj(a)).full()[:, 0]
    np.testing.assert_array_equal(vectorize(a), column)
    np.testing.assert_array_equal(unvectorize(column), a)
    np.testing.assert_allclose(spre(a), qutip.spre(qutip.Qobj(a)).full(), atol=1e-15)
    np.testing.assert_allclose(spost(b), qutip.spost(qutip.Qobj(b)).full(), atol=1e-15)
    np.testing.assert_allclose(
        lindblad_dissipator(a),
        qutip.lindblad_dissipator(qutip.Qobj(a)).full(),
        atol=1e-13,
    )


@pytest.mark.parametrize("model", [spin1_chain(2), spin1_chain(3), spin_half_pair(), two_spin1s()])
def test_liouvillians_of_the_models(model):
    expected = qutip_generator(
        model.hamiltonian, [qutip.Qobj(jump) for jump in model.jump_operators]
    )
    ours = liouvillian(model.hamiltonian, model.jump_operators).toarray()
    np.testing.assert_allclose(ours, expected.full(), rtol=0, atol=1e-13)


def test_a_superoperator_makes_the_round_trip():
    rng = np.random.default_rng(2)
    generator = liouvillian_from_kossakowski(random_hamiltonian(rng, 3), random_kossakowski(rng, 3))
    wrapped = qutip.Qobj(generator, dims=[[[3], [3]], [[3], [3]]])
    assert wrapped.issuper
    np.testing.assert_array_equal(wrapped.full(), generator)
    m = rng.standard_normal((3, 3)) + 1j * rng.standard_normal((3, 3))
    image = wrapped(qutip.Qobj(m)).full()
    np.testing.assert_allclose(unvectorize(generator @ vectorize(m)), image, atol=1e-12)
    # The Choi matrix of a map e^L is positive and its trace is D if the convention is QuTiP's.
    assert (0.1 * wrapped).expm().iscptp


@pytest.mark.parametrize("seed", range(5))
def test_random_generator_and_steady_states_of_the_pair(seed):
    rng = np.random.default_rng(seed)
    hamiltonian, kossakowski = random_hamiltonian(rng, 4), random_kossakowski(rng, 4)
    L1 = liouvillian_from_kossakowski(hamiltonian, kossakowski)
    reference = qutip_generator(hamiltonian, jump_operators(kossakowski, 4))
    np.testing.assert_allclose(L1, reference.full(), rtol=0, atol=1e-12)
    pair = spin_half_pair()
    L0 = qutip_generator(pair.hamiltonian, [qutip.Qobj(jump) for jump in pair.jump_operators])
    states = steady_states(liouvillian(pair.hamiltonian, pair.jump_operators), L1, ETAS)
    for eta, rho in zip(ETAS, states.rho, strict=True):
        expected = qutip_steady_state(L0 + eta * reference)
        np.testing.assert_allclose(rho, expected, rtol=0, atol=1e-10)


@pytest.mark.parametrize("seed", range(2))
def test_steady_states_of_the_chain(seed):
    """η scales L₍₁₎ whole, that is H₍₁₎ by η and its 728 jump operators by √η."""
    chain = spin1_chain()
    solver = SteadyStateSolver(liouvillian(chain.hamiltonian, chain.jump_operators))
    L0 = qutip_generator(chain.hamiltonian, [qutip.Qobj(jump) for jump in chain.jump_operators])
    rng = np.random.default_rng(seed)
    hamiltonian, kossakowski = random_hamiltonian(rng, 27), random_kossakowski(rng, 27)
    jumps = jump_operators(kossakowski, 27)
    assert len(jumps) == 728
    reference = qutip_generator(hamiltonian, jumps)
    L1 = liouvillian_from_kossakowski(hamiltonian, kossakowski)
    np.testing.assert_allclose(L1, reference.full(), rtol=0, atol=1e-11)
    states = solver.solve(L1, ETAS)
    assert states.status.tolist() == [Status.OK] * 3
    for eta, rho in zip(ETAS, states.rho, strict=True):
        expected = qutip_steady_state(L0 + eta * reference)
        np.testing.assert_allclose(rho, expected, rtol=0, atol=1e-10)


@pytest.mark.parametrize(("epsilon", "delta"), [(0.4, 0.5), (-1.1, -0.3), (0.0, 0.2)])
def test_the_study_of_app_e(epsilon, delta):
    """Eqs. E1 and E2 as printed, with QuTiP's spin operators."""
    damping, gain, eta, gain_1, damping_2, omega = 0.8, 0.3, 0.05, 1.2, 0.6, 0.9
    physics = Physics(
        model=TwoSpin1s(
            name="two_spin1s", omega=omega, gamma_1_gain=gain_1, gamma_2_damp=damping_2
        ),
        ensemble=TwoSpin1sPerturbation(
            kind="two_spin1s",
            epsilon=epsilon,
            delta=delta,
            gamma_1_damp=damping,
            gamma_2_gain=gain,
        ),
        root_seed=1,
    )
    one, z, plus, minus = qutip.qeye(3), *(qutip.jmat(1, kind) for kind in "z+-")
    z1, p1, m1 = (qutip.tensor(part, one) for part in (z, plus, minus))
    z2, p2, m2 = (qutip.tensor(one, part) for part in (z, plus, minus))
    unperturbed = qutip.liouvillian(
        omega * (z1 + z2), [np.sqrt(gain_1 / 2) * p1 * z1, np.sqrt(damping_2 / 2) * m2 * z2]
    )
    perturbation = qutip.liouvillian(
        0.5j * epsilon * (p1 * m2 - m1 * p2) + delta / 2 * (z1 - z2),
        [np.sqrt(damping / 2) * m1 * z1, np.sqrt(gain / 2) * p2 * z2],
    )
    solver = StudySolver(physics, np.array([eta]))
    found = solver.states(0, lambda states: np.full(len(states), 1e-11))
    assert found.status.tolist() == [Status.OK]
    expected = qutip_steady_state(unperturbed + eta * perturbation)
    np.testing.assert_allclose(found.rho[0], expected, rtol=0, atol=1e-10)
    for sample in (0, 7):
        drawn = from_real(solver.perturbation(sample).matrix())
        np.testing.assert_allclose(drawn, perturbation.full(), rtol=0, atol=1e-14)


@pytest.mark.parametrize("spin", [0.5, 1, 2])
def test_s_of_one_spin_is_its_husimi_function_integrated_over_theta(spin):
    """With QuTiP's coherent states, so that the sign of φ is that of everybody else."""
    rho = random_state(round(2 * spin) + 1, 3)
    nodes, weights = np.polynomial.legendre.leggauss(40)
    thetas, phis = np.pi / 2 * (nodes + 1), np.linspace(0, 2 * np.pi, 7)
    husimi, _, _ = qutip.spin_q_function(qutip.Qobj(rho), thetas, phis)
    shares = (2 * spin + 1) / (4 * np.pi) * np.pi / 2 * weights * np.sin(thetas)
    s = evaluate(phase_coefficients(rho, [spin]), phase_frequencies([spin]), phis[:, None])
    np.testing.assert_allclose(s, husimi @ shares, rtol=1e-13)
