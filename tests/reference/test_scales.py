"""Rows where the terms of a model differ by many powers of ten: right to 1e-7, or refused."""

from pathlib import Path

import high_precision
import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from syncsweep.config.physics import Ensemble, Physics, Spin1Chain, SpinHalfPair
from syncsweep.config.user_code import ModelCode
from syncsweep.physics.diagnosis import Method, Status
from syncsweep.physics.lindbladian import Lindbladian
from syncsweep.physics.measures import s_max
from syncsweep.physics.perturbation import (
    perturbation_of,
    random_hamiltonian,
    random_kossakowski,
    random_perturbation,
)
from syncsweep.physics.phase_distribution import relative_frequencies, relative_phase_coefficients
from syncsweep.physics.random_streams import Purpose, stream
from syncsweep.physics.steady_state import SteadyStateSolver
from syncsweep.physics.superoperators import (
    from_real,
    hermitian_basis,
    liouvillian,
    unvectorize,
    vectorize,
)
from syncsweep.sample.sample_solver import SampleSolver
from syncsweep.user_code.study_model import build_model
from syncsweep.user_code.study_solver import StudySolver

#: What an `ok` row promises: S_max to this share of itself, or of the uniform density.
PRECISION, RESOLUTION = 1e-7, 1e-11

EXAMPLES = Path(__file__).parents[2] / "examples"


def physics_of(model, **ensemble):
    return Physics(model=model, ensemble=Ensemble(**ensemble), root_seed=20251014)


def exact_perturbation(physics, sample, dim):
    rng = stream(physics.root_seed, sample, Purpose.PERTURBATION)
    hamiltonian, kossakowski = random_hamiltonian(rng, dim), random_kossakowski(rng, dim)
    total = high_precision.Superoperator(dim)
    total.add_hamiltonian(hamiltonian, physics.ensemble.zeta_coh)
    return total.add_kossakowski(kossakowski, physics.ensemble.zeta_diss)


def measured(rho, spins):
    frequencies = relative_frequencies(spins)
    return float(s_max(relative_phase_coefficients(rho[None], spins), frequencies).s_max[0])


def unperturbed(physics):
    model = physics.model
    if isinstance(model, Spin1Chain):
        return high_precision.chain_of_two(model.omega, model.J, model.delta, model.gamma)
    if isinstance(model, SpinHalfPair):
        return high_precision.pair(model.J, model.delta, model.B, model.gamma)
    built = build_model(physics)
    return high_precision.of_operators(built.hamiltonian, built.jump_operators)


def compared(physics, etas, sample=0):
    """Status, S_max and the exact S_max of each η."""
    rows = SampleSolver(physics, tuple(etas)).rows(sample)
    first = unperturbed(physics)
    second = exact_perturbation(physics, sample, physics.dim)
    spins = physics.model.spins
    right = [measured(high_precision.steady_state(first, second, eta), spins) for eta in etas]
    return list(zip(rows.status.tolist(), rows.s_max, right, strict=True))


def chain(**parameters):
    return Spin1Chain(name="spin1_chain", n_sites=2, **parameters)


def chain_of_three(**parameters):
    return Spin1Chain(name="spin1_chain", **parameters)


def spin_pair(**parameters):
    return SpinHalfPair(name="spin_half_pair", **parameters)


def mixed_pair(**parameters):
    source = (EXAMPLES / "mixed_pair.py").read_text()
    return ModelCode(name="own", spins=(1, 0.5), source=source, parameters=parameters)


@pytest.mark.parametrize(
    ("model", "ensemble", "etas"),
    [
        pytest.param(mixed_pair(B=1.0e10), {}, [1e-3, 0.1], id="mixed pair, B = 1e10"),
        pytest.param(mixed_pair(B=1.0e9), {}, [1e-3, 0.1], id="mixed pair, B = 1e9"),
        pytest.param(chain(omega=1.0e10), {}, [0.0, 1e-3, 1.0], id="chain, ω = 1e10"),
        pytest.param(chain(gamma=1.0e3), {}, [0.0, 1e-5, 1e-3, 1.0], id="chain, γ = 1e3"),
        pytest.param(chain(gamma=1.0e6), {}, [0.0, 1e-6, 1e-3], id="chain, γ = 1e6"),
        pytest.param(chain(J=1.0e10), {}, [0.0, 1e-6, 1e-3, 1.0], id="chain, J = 1e10"),
        pytest.param(chain(), {}, [1e6, 1e9], id="chain, η = 1e6"),
        pytest.param(spin_pair(gamma=3.0e-6), {}, [0.0, 1e-12, 1e-10], id="pair, γ = 3e-6"),
        pytest.param(spin_pair(B=1.0e6), {}, [0.0, 1e-3, 1.0, 10.0], id="pair, B = 1e6"),
        pytest.param(
            spin_pair(J=600.0, B=1.6e8), {}, [0.0, 1e-4, 1e-3, 0.1, 10.0], id="pair, as in NMR"
        ),
        pytest.param(
            spin_pair(), {"zeta_coh": 1.0e6}, [0.0, 1e-3, 1.0, 1e3], id="pair, ζ_coh = 1e6"
        ),
        pytest.param(
            spin_pair(J=780.0, delta=5.85e5, B=4.87e-6, gamma=1.58e-3),
            {"zeta_coh": 2.04e-4, "zeta_diss": 0.719},
            [0.0, 1e-8, 1e-4],
            id="pair, B far below Δ in the same entries",
        ),
        pytest.param(
            chain(omega=3.1e-5, J=0.7, delta=2.9e5, gamma=1.3e-4),
            {"zeta_coh": 0.3},
            [0.0, 1e-8, 1e-4],
            id="chain, ω far below Δ in the same entries",
        ),
    ],
)
def test_rows_of_terms_far_apart_are_right(model, ensemble, etas):
    for status, found, right in compared(physics_of(model, **ensemble), etas):
        assert status == Status.OK
        assert found == pytest.approx(right, rel=PRECISION)


@pytest.mark.parametrize(
    ("model", "ensemble", "etas", "samples"),
    [
        pytest.param(chain(gamma=1.0e3), {}, [1e-6, 1e-5, 1e-4], 50, id="chain, γ = 1e3"),
        pytest.param(chain(), {}, [1.0, 1e3, 1e6], 100, id="chain, η = 1e6"),
        pytest.param(chain_of_three(omega=1.0e4), {}, [1e-6, 1e-5, 1e-4], 10, id="three, ω = 1e4"),
        pytest.param(spin_pair(B=1.0e6), {}, [0.0, 1e-3, 1e-2], 100, id="pair, B = 1e6"),
        pytest.param(spin_pair(J=600.0, B=1.6e8), {}, [0.0, 1e-3, 0.1, 10.0], 100, id="NMR"),
        pytest.param(spin_pair(), {"zeta_coh": 1.0e6}, [1e-3, 1e3], 100, id="pair, ζ_coh = 1e6"),
    ],
)
def test_no_sample_of_terms_far_apart_is_refused(model, ensemble, etas, samples):
    """Rounding decides which samples a wrong measure of errors would refuse, so many are tried."""
    solver = SampleSolver(physics_of(model, **ensemble), tuple(etas))
    status = np.array([solver.rows(sample).status for sample in range(samples)])
    assert np.sum(status != Status.OK, axis=0).tolist() == [0] * len(etas)


def test_a_mixed_pair_in_a_large_field_locks_as_in_others():
    """⟨S_max⟩ and P₃ of 400 samples: in antiphase at 1e-3, and less so at 0.1.

    S_d is a cosine, so that χ is nearly uniform within arccos 0.95 of its maximum.
    """
    solver = SampleSolver(physics_of(mixed_pair(B=1.0e10)), (1e-3, 0.1))
    rows = [solver.rows(sample) for sample in range(400)]
    heights = np.array([one.s_max for one in rows])
    error = heights.std(axis=0) / np.sqrt(len(rows))
    assert np.all(np.abs(heights.mean(axis=0) - [0.0285, 0.0129]) < 4 * error)
    from_pi = np.abs(np.mod([one.angles[:, 0] for one in rows], 2 * np.pi) - np.pi)
    width, edge = np.arccos(0.95), np.pi / 8
    inside = np.minimum(from_pi + width, edge) - np.maximum(from_pi - width, -edge)
    p3 = np.maximum(inside, 0) / (2 * width)
    assert p3.mean(axis=0) == pytest.approx([1.0, 0.93], abs=0.02)


@pytest.mark.parametrize("parameters", [{"omega": 1.0e4}, {"omega": 1.0e5}, {"omega": 1.0e10}, {}])
def test_chain_of_three_is_right_at_fast_rotation_and_strong_perturbations(parameters):
    """Compared with a plain complex solve, after each row is divided by its largest entry."""
    model = chain_of_three(**parameters)
    physics = physics_of(model)
    etas = (1e-4, 1e-2, 1.0, 3e5, 1e8)
    rows = SampleSolver(physics, etas).rows(0)
    assert rows.status.tolist() == [Status.OK] * len(etas)
    built = build_model(physics)
    L0 = liouvillian(built.hamiltonian, built.jump_operators).toarray()
    L1 = from_real(StudySolver(physics, np.array(etas)).perturbation(0).matrix())
    for eta, found in zip(etas, rows.s_max, strict=True):
        matrix = L0 + eta * L1
        matrix /= np.abs(matrix).max(axis=1, keepdims=True)
        matrix[0] = np.eye(27).ravel()
        rho = unvectorize(np.linalg.solve(matrix, np.eye(729)[0]))
        assert found == pytest.approx(measured(rho, model.spins), rel=1e-6)


def within_twelve_decades(count):
    """Powers of ten: terms are equal, or differ by much more than rounding."""
    thousandths = st.integers(-6000, 6000).map(lambda k: k / 1000)
    return st.lists(thousandths, min_size=count, max_size=count)


#: η beside the limit and 1.
STRENGTHS = st.integers(-12000, 4000).map(lambda k: 10.0 ** (k / 1000))


def checked(physics, etas, sample):
    """How many rows are not `ok`; those that are must be right."""
    refused = 0
    uniform = 1 / (2 * np.pi)
    for status, found, right in compared(physics, etas, sample):
        if status != Status.OK:
            refused += 1
            continue
        assert abs(found - right) <= max(PRECISION * right, RESOLUTION * uniform)
    return refused


@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow])
@given(powers=within_twelve_decades(6), eta=STRENGTHS, sample=st.integers(0, 10**6))
@example(powers=[5.0, 5.0, 4.5, -6.0, 0.0, 0.0], eta=1e-6, sample=0)  # decays far slower
def test_no_row_of_the_pair_is_wrong_whatever_the_scales(powers, eta, sample):
    J, delta, B, gamma, coherent, dissipative = 10.0 ** np.array(powers)
    model = spin_pair(J=J, delta=delta, B=B, gamma=float(np.sqrt(gamma)))
    checked(physics_of(model, zeta_coh=coherent, zeta_diss=dissipative), (0.0, eta, 1.0), sample)


@settings(deadline=None, max_examples=12, suppress_health_check=[HealthCheck.too_slow])
@given(powers=within_twelve_decades(6), eta=STRENGTHS, sample=st.integers(0, 10**6))
@example(powers=[6.0, -4.3, -4.3, -3.7, -6.0, -6.0], eta=1.0, sample=0)  # rotates far faster
def test_no_row_of_the_chain_is_wrong_whatever_the_scales(powers, eta, sample):
    omega, J, delta, gamma, coherent, dissipative = 10.0 ** np.array(powers)
    model = chain(omega=omega, J=J, delta=delta, gamma=gamma)
    checked(physics_of(model, zeta_coh=coherent, zeta_diss=dissipative), (0.0, eta, 1.0), sample)


def error_of(rho, right):
    """Largest error of a component of ρ, in units of that of the identity."""
    dim = len(rho)
    error = hermitian_basis(dim).conj().T @ vectorize(rho - right)
    return np.abs(error).max() * np.sqrt(dim)


@pytest.mark.parametrize(("maker", "count"), [("pair", 40), ("chain", 5)])
def test_estimated_errors_are_not_below_the_true_ones(maker, count):
    """Of the largest component of ρ, but for a factor of four and ρ's own rounding."""
    rng = np.random.default_rng(78)
    for sample in range(count):
        a, b, c, d, coherent, dissipative = 10.0 ** rng.uniform(-6, 6, 6)
        eta = 10.0 ** rng.uniform(-12, 4) if sample % 3 else 0.0
        if maker == "chain":
            model = chain(omega=a, J=b, delta=c, gamma=d)
        else:
            model = spin_pair(J=a, delta=b, B=c, gamma=float(np.sqrt(d)))
        physics = physics_of(model, zeta_coh=coherent, zeta_diss=dissipative)
        drawn = StudySolver(physics, np.array([eta])).perturbation(sample)
        built = build_model(physics)
        found = SteadyStateSolver(built.lindbladian).solve_perturbation(drawn, [eta])
        if found.status[0] != Status.OK:
            continue
        second = exact_perturbation(physics, sample, built.dim)
        right = high_precision.steady_state(unperturbed(physics), second, eta)
        estimate = found.residual[0] / found.condition[0]
        assert error_of(found.rho[0], right) <= 4 * estimate + 1e-15


@pytest.mark.parametrize("sample", [9, 14, 17])
def test_what_a_strong_perturbation_rounds_in_the_equations_of_conserved_modes_is_judged(sample):
    """L₀ = 0 conserves everything, and L₁ decides it all."""
    rng = np.random.default_rng(sample)
    hamiltonian, kossakowski = random_hamiltonian(rng, 3), random_kossakowski(rng, 3)
    total = (
        high_precision.Superoperator(3)
        .add_hamiltonian(hamiltonian, 1e7)
        .add_kossakowski(kossakowski)
    )
    right = high_precision.steady_state(high_precision.Superoperator(3), total, 0.0)
    solver = SteadyStateSolver(Lindbladian(np.zeros((3, 3)), []))
    perturbation = random_perturbation(np.random.default_rng(sample), 3, zeta_coh=1e7)
    found = solver.solve_perturbation(perturbation, [0.0], lambda rho: np.full(len(rho), 1e-9))
    assert found.status.tolist() == [Status.OK]
    estimate = found.residual[0] / found.condition[0]
    assert error_of(found.rho[0], right) <= estimate / 4 + 1e-15


def test_rows_whose_components_are_known_need_no_refinement():
    """The condition of this limit is 1e-11, and its error that of a rounding."""
    rows = SampleSolver(physics_of(spin_pair(gamma=3.0e-6)), (0.0, 1e-12)).rows(0)
    assert rows.method.tolist() == [Method.DIRECT] * 2
    assert np.all(rows.condition < 1e-10)
    assert np.all(rows.residual / rows.condition < 1e-13)


def test_almost_all_rows_at_random_scales_are_kept():
    """At least 99 % of 400, uniform in the logarithm of each term, over twelve decades."""
    rng = np.random.default_rng(15)
    refused, total = 0, 0
    for sample in range(200):
        a, b, c, d, coherent, dissipative = 10.0 ** rng.uniform(-6, 6, 6)
        if sample % 2:
            model = chain(omega=a, J=b, delta=c, gamma=d)
        else:
            model = spin_pair(J=a, delta=b, B=c, gamma=float(np.sqrt(d)))
        physics = physics_of(model, zeta_coh=coherent, zeta_diss=dissipative)
        status = SampleSolver(physics, (0.0, 1.0)).rows(sample).status
        refused += int(np.sum(status != Status.OK))
        total += len(status)
    assert refused <= 0.01 * total


def checked_own(hamiltonian, jumps, coupling, more_jumps, etas):
    """Compare with exact states what a model and a perturbation of operators give; all are `ok`."""
    solver = SteadyStateSolver(Lindbladian(hamiltonian, jumps))
    perturbation = perturbation_of(coupling, more_jumps)
    found = solver.solve_perturbation(perturbation, etas)
    assert found.status.tolist() == [Status.OK] * len(etas)
    first = high_precision.of_operators(hamiltonian, jumps)
    second = high_precision.of_operators(coupling, more_jumps)
    for rho, eta in zip(found.rho, etas, strict=True):
        assert error_of(rho, high_precision.steady_state(first, second, eta)) <= 1e-9


@pytest.mark.parametrize("strong", [1e2, 1e3, 1e4])
def test_weak_jumps_beside_strong_dephasing_in_an_own_perturbation_are_not_lost(strong):
    """Populations do not notice the dephasing, but its rounding in their equations would."""
    nothing, dephasing = np.zeros((2, 2)), np.diag([1.0, -1.0])
    weak = 1e-3 * np.array([[0.3, 1], [0.2, 0.5j]])
    checked_own(nothing, [dephasing], nothing, [strong * dephasing, weak], [0.0, 1e-3, 1.0])


@pytest.mark.parametrize("kind", ["entries apart", "kept by strong terms"])
def test_own_perturbations_of_terms_far_apart_are_right(kind):
    """Terms of one jump operator far apart, or strong terms that conserve what L₀ does."""
    for seed in range(15):
        rng = np.random.default_rng(seed)
        energies = np.diag(np.round(8 * rng.standard_normal(3)) / 8)
        jump = np.diag([1.0, 2.0, 4.0]) * 2.0 ** rng.integers(-6, 7)
        coupling = random_hamiltonian(rng, 3)
        weak = rng.standard_normal((3, 3)) + 1j * rng.standard_normal((3, 3))
        if kind == "entries apart":
            jumps = [weak * 10.0 ** rng.uniform(-3, 3, (3, 3))]
        else:
            coupling, weak = 1e5 * energies @ energies, 1e-2 * weak
            jumps = [1e3 * np.diag(rng.standard_normal(3)), weak]
        checked_own(energies, [jump], coupling, jumps, [0.0, *10.0 ** rng.uniform(-6, 3, 2)])


def test_eta_far_above_a_damping_that_is_not_known_is_not_refused():
    """L₀ damps a mode at 1e-27, which its operators cannot show beside Δ; the limit is refused."""
    model = chain(omega=0.1, J=2e-6, delta=5e5, gamma=6e-5)
    etas = [0.0, 1e-12, 1e-10, 1e-8]
    (refused, *_), *rows = compared(physics_of(model), etas)
    assert refused == Status.INACCURATE
    for status, found, right in rows:
        assert status == Status.OK
        assert found == pytest.approx(right, rel=PRECISION)


@pytest.mark.parametrize(
    "rates", [(1e-4, 1e4, 1e-4), (1e-5, 1e3, 1e-5), (1e-6, 1e6, 1e-6)], ids=lambda rates: f"{rates}"
)
def test_a_decay_through_a_short_lived_state_is_no_rounding(rates):
    """State 1 decays at ab/c by way of state 2, far more slowly than any single rate."""
    into, back, onwards = rates
    jumps = np.zeros((3, 3, 3))
    for jump, (end, start), rate in zip(
        jumps, [(2, 1), (1, 2), (0, 2)], (into, back, onwards), strict=True
    ):
        jump[end, start] = np.sqrt(rate)
    rng = np.random.default_rng(1)
    coupling, more = random_hamiltonian(rng, 3), rng.standard_normal((2, 3, 3))
    checked_own(np.diag([0.0, 1.0, 3.0]), jumps, coupling, more, [0.0, 1e-12, 1e-6])


def test_slow_modes_of_rates_far_apart_do_not_blur_each_other():
    """Rates of 1e-5 and 1e-13 mix four states, two of which a coupling of 5e5 mixes at once."""
    hamiltonian = np.diag([7.7e4, 1.0, -3.5e4, -2.0])
    hamiltonian[1, 3] = hamiltonian[3, 1] = 5.1e5
    dephasing = np.diag([0.0, 0.24, 0.14, 0.61])
    jumps = [dephasing]
    for end, start, rate in [(1, 0, 1e-5), (0, 3, 1e-8), (2, 1, 2e-13), (3, 2, 1.3e-13)]:
        jump = np.zeros((4, 4))
        jump[end, start] = np.sqrt(rate)
        jumps.append(jump)
    rng = np.random.default_rng(1)
    coupling, more = random_hamiltonian(rng, 4), rng.standard_normal((1, 4, 4))
    checked_own(hamiltonian, jumps, coupling, more, [0.0])


def test_a_weak_coherent_perturbation_mixes_states_in_second_order():
    """At rates of 1e-30, divided by η as the equations are: its condition is 1e-15, and ρ right."""
    energies, coupling = np.diag([1.0, -1.0]), np.array([[0.0, 1e-6], [1e-6, 0.0]])
    checked_own(energies, [energies], coupling, [], [1e-9, 1e-6, 1e-3])


@pytest.mark.parametrize("sample", [2, 8])
def test_a_damping_in_second_order_by_a_far_smaller_term_is_not_taken_for_rounding(sample):
    """H and the dissipator each do less than their own rounding to the mode, and mean it."""
    rng = np.random.default_rng(sample)
    hamiltonian = np.diag([4.5e5, 0.0, 0.0])
    hamiltonian[0, 1] = hamiltonian[1, 0] = 1.5e-6
    hamiltonian[1, 2] = hamiltonian[2, 1] = 10.0 ** rng.uniform(-6, 2)
    jumps = np.array([np.diag(rng.standard_normal(3)) * 10.0 ** rng.uniform(-3, 1)])
    drawn = np.random.default_rng(sample)
    total = high_precision.Superoperator(3).add_hamiltonian(random_hamiltonian(drawn, 3))
    total.add_kossakowski(random_kossakowski(drawn, 3))
    right = high_precision.steady_state(high_precision.of_operators(hamiltonian, jumps), total, 0.0)
    perturbation = random_perturbation(np.random.default_rng(sample), 3)
    solver = SteadyStateSolver(Lindbladian(hamiltonian, jumps))
    found = solver.solve_perturbation(perturbation, [0.0])
    assert found.status[0] != Status.OK or error_of(found.rho[0], right) < PRECISION
