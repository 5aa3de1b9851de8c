"""Random states, evolution in time, its late part in closed form, and the fit of oscillations."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.stats import beta, kstest

from syncsweep.paper.theory.late_dynamics import (
    SlowPart,
    expectation_values,
    fit_oscillation,
    random_pure_states,
    slow_part,
)
from syncsweep.physics.models import magnetization, spin1_chain, spin_flip, spin_half_pair
from syncsweep.physics.perturbation import random_generator
from syncsweep.physics.spectrum import Spectrum
from syncsweep.physics.spins import on_site, sx
from syncsweep.physics.superoperators import from_real, liouvillian, to_real


def generator_of(model):
    return liouvillian(model.hamiltonian, model.jump_operators)


def local(operator, n_sites):
    spins = ((len(operator) - 1) / 2,) * n_sites
    return np.array([on_site(operator, site, spins) for site in range(n_sites)])


def states_of(model, count=2, seed=3):
    return random_pure_states(np.random.default_rng(seed), model.dim, count)


def late_part(model, eigenvalue, states, observables):
    generator = generator_of(model)
    modes = Spectrum(generator).eigenspace(eigenvalue)
    return slow_part(modes, eigenvalue, 0.0 * generator, states, observables)


def test_random_states_are_pure_states():
    states = random_pure_states(np.random.default_rng(0), 5, 20)
    np.testing.assert_allclose(np.trace(states, axis1=1, axis2=2), 1, atol=1e-14)
    np.testing.assert_allclose(states @ states, states, atol=1e-14)
    np.testing.assert_allclose(states, states.conj().swapaxes(1, 2), atol=1e-15)


def test_random_states_have_the_haar_measure():
    dim, count = 4, 20000
    states = random_pure_states(np.random.default_rng(1), dim, count)
    rng = np.random.default_rng(2)
    for direction in (np.eye(dim)[2], rng.standard_normal(dim) + 1j * rng.standard_normal(dim)):
        direction = direction / np.linalg.norm(direction)
        shares = (direction.conj() @ states @ direction).real
        error = shares.std() / np.sqrt(count)
        assert shares.mean() == pytest.approx(1 / dim, abs=4 * error)
        squares = shares**2
        error = squares.std() / np.sqrt(count)
        assert squares.mean() == pytest.approx(2 / (dim * (dim + 1)), abs=4 * error)
        assert kstest(shares, beta(1, dim - 1).cdf).pvalue > 1e-3


def test_expectation_values_are_those_of_the_master_equation():
    model = spin1_chain(2)
    perturbation = random_generator(np.random.default_rng(4), model.dim)
    generator = to_real(generator_of(model)).toarray() + 0.1 * perturbation
    states, observables = states_of(model), local(sx(1) @ sx(1), 2)
    values = expectation_values(generator, states, observables, 0.3, 5)
    superoperator = from_real(generator)
    for index, state in enumerate(states):
        run = solve_ivp(
            lambda _, vector: superoperator @ vector,
            (0, 1.2),
            state.T.reshape(-1).astype(complex),
            t_eval=0.3 * np.arange(5),
            rtol=1e-10,
            atol=1e-12,
        )
        evolved = run.y.T.reshape(5, 9, 9).swapaxes(1, 2)
        expected = np.einsum("oab,tba->ot", observables, evolved)
        np.testing.assert_allclose(values[index], expected.real, atol=1e-8)


def test_chain_oscillates_in_step_with_the_amplitude_of_the_closed_form():
    omega = 1.3
    model = spin1_chain(3, omega=omega)
    states, observables = states_of(model), local(sx(1) @ sx(1), 3)
    step, count = 0.25, 1000
    values = expectation_values(
        to_real(generator_of(model)).toarray(), states, observables, step, count
    )
    times = step * np.arange(count)
    plus = np.rint(np.diag(magnetization(model)).real) == 1
    coherence = np.diag(plus.astype(float)) @ spin_flip(model)
    overlap = np.einsum("ab,sba->s", coherence, states) / plus.sum()
    expected = np.real(overlap[:, None] * np.exp(2j * omega * times))
    background = late_part(model, 0.0, states, observables).at(times).real
    late = times > 170
    for site in range(3):
        np.testing.assert_allclose(
            (values - background)[:, site, late], expected[:, late], atol=2e-9
        )
    assert np.abs(expected[:, late]).max(axis=1).min() > 5e-3


def test_four_spins_are_in_step_with_the_closed_form_too():
    model = spin1_chain(4)
    states, observables = states_of(model), local(sx(1) @ sx(1), 4)
    wave = late_part(model, 2j, states, observables)
    plus = np.rint(np.diag(magnetization(model)).real) == 1
    coherence = np.diag(plus.astype(float)) @ spin_flip(model)
    overlap = np.einsum("ab,sba->s", coherence, states) / plus.sum()
    for site in range(4):
        np.testing.assert_allclose(2 * wave.amplitudes[:, site, 0], overlap, atol=1e-10)


def test_two_spins_are_not_in_step_for_they_have_coherences_of_opposite_sign():
    model = spin1_chain(2)
    states, observables = states_of(model), local(sx(1) @ sx(1), 2)
    same = late_part(model, 2j, states, observables).amplitudes[:, :, 0]
    np.testing.assert_allclose(same[:, 0], same[:, 1], atol=1e-12)
    for eigenvalue in (1j, 3j):  # 2ω ∓ 2Δ
        opposite = late_part(model, eigenvalue, states, observables).amplitudes[:, :, 0]
        np.testing.assert_allclose(opposite[:, 0], -opposite[:, 1], atol=1e-12)
        assert np.abs(opposite).min() > 0.05 * np.abs(same).max()


def test_pair_oscillates_in_antiphase_with_the_amplitude_of_the_closed_form():
    model = spin_half_pair()
    states, observables = states_of(model, 3), local(2 * sx(0.5), 2)
    step, count = 0.1, 900
    values = expectation_values(
        to_real(generator_of(model)).toarray(), states, observables, step, count
    )
    times = step * np.arange(count)
    singlet = np.array([0, 1, -1, 0]) / np.sqrt(2)
    excited = states[:, 3] @ singlet  # ⟨↓↓|ρ|v₋⟩
    # σ₁ˣ|↓↓⟩ = |↑↓⟩ and σ₂ˣ|↓↓⟩ = |↓↑⟩, whose overlaps with |v₋⟩ are ±1/√2.
    wave = np.sqrt(2) * np.real(excited[:, None] * np.exp(-2.4j * times))
    late = times > 80
    np.testing.assert_allclose(values[:, 0, late], wave[:, late], atol=1e-8)
    np.testing.assert_allclose(values[:, 1, late], -wave[:, late], atol=1e-8)


def test_late_part_of_an_observable_with_imaginary_entries():
    model = spin_half_pair()
    states, observables = states_of(model), local(np.array([[0, -1j], [1j, 0]]), 2)
    values = expectation_values(
        to_real(generator_of(model)).toarray(), states, observables, 100.0, 2
    )
    wave = 2 * late_part(model, 2.4j, states, observables).at(np.array([100.0])).real
    np.testing.assert_allclose(values[:, :, 1:], wave, atol=1e-9)
    assert np.abs(wave).max() > 0.05


def test_late_part_under_a_perturbation_is_right_to_leading_order():
    model = spin_half_pair()
    L0 = to_real(generator_of(model)).toarray()
    L1 = random_generator(np.random.default_rng(6), model.dim)
    states, observables = states_of(model), local(2 * sx(0.5), 2)
    spectrum = Spectrum(from_real(L0))
    errors = []
    for eta in (1e-4, 1e-3):
        step, count = 0.01 / eta, 100  # the same share of the decay for both
        times = step * np.arange(count)
        late = times > 60
        values = expectation_values(L0 + eta * L1, states, observables, step, count)
        perturbation = eta * from_real(L1)

        def part(eigenvalue, perturbation=perturbation, times=times):
            modes = spectrum.eigenspace(eigenvalue)
            return slow_part(modes, eigenvalue, perturbation, states, observables).at(times)

        predicted = part(0.0).real + 2 * part(2.4j).real
        errors.append(np.abs((values - predicted)[:, :, late]).max())
        envelope = np.abs(part(2.4j))
        assert envelope[:, :, -1].max() < 0.05 * envelope[:, :, 0].max()
    assert errors[1] < 0.02
    assert errors[1] / errors[0] == pytest.approx(10, rel=0.3)


def test_sum_of_slow_modes_in_time():
    part = SlowPart(np.array([-0.1 + 2j, 0.5j]), np.array([[[1.0, 2.0]], [[0.0, 1j]]]))
    times = np.array([0.0, 1.5])
    expected = [np.exp((-0.1 + 2j) * times) + 2 * np.exp(0.5j * times), 1j * np.exp(0.5j * times)]
    np.testing.assert_allclose(part.at(times)[:, 0], expected, atol=1e-14)


@pytest.mark.parametrize("size", [1.0, 1e-5])
@pytest.mark.parametrize(
    ("frequency", "decay_rate", "phase"), [(2.0, 0.0, -0.4), (2.39, 0.025, 3.1), (1.1, -0.01, 1.5)]
)
def test_fit_finds_the_oscillation_beside_a_background(size, frequency, decay_rate, phase):
    times = 120 + 0.15 * np.arange(500)
    background = 0.3 + 0.4 * np.exp(-0.02 * times) + 0.001 * times
    wave = 0.7 * np.exp(-decay_rate * times) * np.cos(frequency * times + phase)
    fit = fit_oscillation(times, size * (background + wave))
    assert fit.frequency == pytest.approx(frequency, rel=1e-8)
    assert fit.decay_rate == pytest.approx(decay_rate, abs=1e-8)
    assert fit.amplitude == pytest.approx(0.7 * size, rel=1e-6)
    assert fit.phase == pytest.approx(phase, abs=1e-6)
    assert fit.residual < 1e-8 * size


def test_residual_is_the_root_mean_square_of_noise():
    times = 0.2 * np.arange(2000)
    noise = 0.01 * np.random.default_rng(3).standard_normal(2000)
    fit = fit_oscillation(times, np.cos(2 * times) + noise)
    assert fit.residual == pytest.approx(0.01, rel=0.05)
    assert fit.frequency == pytest.approx(2, abs=1e-4)
