"""The leading order of App. E against steady states of the pair in the limit and close to it."""

from math import pi

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from syncsweep.paper.theory.weak_coupling import (
    S_MAX_PER_COHERENCE,
    best_coupling,
    largest_coherence,
    leading_coherence,
    leading_distribution,
    locking_angle,
)
from syncsweep.physics.measures import s_max
from syncsweep.physics.models import two_spin1s, two_spin1s_perturbation
from syncsweep.physics.phase_distribution import (
    evaluate,
    relative_frequencies,
    relative_phase_coefficients,
)
from syncsweep.physics.steady_state import steady_states
from syncsweep.physics.superoperators import liouvillian

#: ε, Δ₁, Δ₂, γ₁ᵈ, γ₂ᵍ.
PERTURBATIONS = [
    (0.4, 0.3, -0.2, 1.0, 0.5),
    (-0.4, 0.3, -0.2, 1.0, 0.5),
    (1.7, -0.9, 0.4, 0.3, 2.0),
    (0.05, 0.0, 0.0, 0.7, 0.7),
    (-3.0, 0.1, 0.6, 0.2, 0.1),
]
UP_DOWN, UP_ZERO, ZERO_ZERO, ZERO_DOWN = 2, 1, 4, 5


def states(perturbation, scales, omega=1.0, gain=1.0, damping=1.0):
    """ρ of the pair (n_scales, 9, 9) under a perturbation times each scale, 0 for the limit."""
    model = two_spin1s(omega, gain, damping)
    found = steady_states(
        liouvillian(model.hamiltonian, model.jump_operators),
        liouvillian(*two_spin1s_perturbation(*perturbation)),
        scales,
    )
    assert set(found.status) == {"ok"}
    return found.rho


def leading(perturbation):
    epsilon, delta_1, delta_2, *rates = perturbation
    return complex(leading_coherence(epsilon, delta_1 - delta_2, *rates))


@pytest.mark.parametrize("perturbation", PERTURBATIONS)
@pytest.mark.parametrize("unperturbed", [(1.0, 1.0, 1.0), (0.3, 2.5, 0.6)])
def test_limit_has_the_coherence_and_the_populations_of_the_derivation(perturbation, unperturbed):
    """Whatever ω, γ₁ᵍ, γ₂ᵈ are, and nothing else but these entries."""
    (rho,) = states(perturbation, [0.0], *unperturbed)
    epsilon, delta_1, delta_2, damp, gain = perturbation
    total = damp + gain
    kappa = epsilon**2 / (total**2 / 4 + (delta_1 - delta_2) ** 2)
    excess = 1 / (1 + kappa * total**2 / (damp * gain))
    expected = np.zeros((9, 9), dtype=complex)
    expected[ZERO_ZERO, UP_DOWN] = epsilon / (total / 2 - 1j * (delta_1 - delta_2)) * excess
    expected[UP_DOWN, ZERO_ZERO] = expected[ZERO_ZERO, UP_DOWN].conj()
    expected[UP_DOWN, UP_DOWN] = kappa * excess
    expected[ZERO_ZERO, ZERO_ZERO] = (1 + kappa) * excess
    expected[ZERO_DOWN, ZERO_DOWN] = damp / gain * kappa * excess
    expected[UP_ZERO, UP_ZERO] = gain / damp * kappa * excess
    np.testing.assert_allclose(rho, expected, rtol=0, atol=1e-12)
    assert leading(perturbation) == pytest.approx(expected[ZERO_ZERO, UP_DOWN], rel=1e-12)


@pytest.mark.parametrize("perturbation", PERTURBATIONS)
def test_limit_has_the_distribution_its_height_and_its_angle(perturbation):
    coefficients = relative_phase_coefficients(states(perturbation, [0.0]), (1, 1))
    frequencies = relative_frequencies((1, 1))
    phi = np.linspace(0, 2 * pi, 37)
    c = leading(perturbation)
    np.testing.assert_allclose(
        leading_distribution(c, phi),
        evaluate(coefficients[0], frequencies, phi[:, None]),
        rtol=0,
        atol=1e-12,
    )
    highest = s_max(coefficients, frequencies)
    assert highest.s_max[0] == pytest.approx(S_MAX_PER_COHERENCE * abs(c), rel=1e-10)
    epsilon, delta_1, delta_2, *rates = perturbation
    angle = locking_angle(epsilon, delta_1 - delta_2, *rates)
    assert np.exp(1j * highest.angles[0, 0]) == pytest.approx(np.exp(1j * angle), abs=1e-7)


def test_locking_angle_is_the_argument_of_the_coherence():
    epsilon, delta = np.array([[0.3], [-2.0]]), np.linspace(-4, 4, 9)
    angles = locking_angle(epsilon, delta, 1.0, 0.25)
    assert angles.shape == (2, 9) and np.all((angles >= 0) & (angles < 2 * pi))
    c = leading_coherence(epsilon, delta, 1.0, 0.25)
    np.testing.assert_allclose(np.exp(1j * angles), c / abs(c), rtol=1e-12)
    np.testing.assert_allclose(angles[0], np.mod(np.arctan(2 * delta / 1.25), 2 * pi))
    assert np.isnan(locking_angle(0.0, 1.0, 1.0, 1.0))


def test_only_ratios_of_the_perturbations_enter():
    c = leading_coherence(0.3, 0.7, 1.0, 0.25)
    assert leading_coherence(3e-4, 7e-4, 1e-3, 2.5e-4) == pytest.approx(c, rel=1e-12)


@pytest.mark.parametrize("delta", [0.0, 0.6, -3.0])
@pytest.mark.parametrize("rates", [(1.0, 0.5), (0.02, 0.9), (1.0, 1.0)])
def test_coherence_is_largest_at_the_best_coupling_and_not_above_its_bound(delta, rates):
    def depth(epsilon):
        return -abs(leading_coherence(epsilon, delta, *rates))

    found = minimize_scalar(depth, bounds=(0, 10), method="bounded", options={"xatol": 1e-10})
    assert -found.fun == pytest.approx(largest_coherence(*rates), rel=1e-10)
    assert found.x == pytest.approx(best_coupling(delta, *rates), rel=1e-5)
    assert largest_coherence(*rates) <= 0.25


def test_largest_coherence_is_a_quarter_for_equal_rates():
    assert largest_coherence(0.3, 0.3) == pytest.approx(0.25)


def test_errors_at_small_scales_are_those_of_the_first_order():
    """0.23 %, 2.3 % and 22 % of S_max at s = 1e-3, 1e-2 and 1e-1 for γ₁ᵈ = γ₂ᵍ = 2ε = γ₁ᵍ."""
    rho = states((0.5, 0.0, 0.0, 1.0, 1.0), [1e-3, 1e-2, 1e-1])
    found = s_max(relative_phase_coefficients(rho, (1, 1)), relative_frequencies((1, 1))).s_max
    errors = 1 - found / (S_MAX_PER_COHERENCE * 0.25)
    np.testing.assert_allclose(errors, [0.002305, 0.02301, 0.2240], rtol=1e-3)


@pytest.mark.parametrize(("rates", "name"), [((0, 1), "gamma_1_damp"), ((1, -1), "gamma_2_gain")])
def test_rates_must_be_positive(rates, name):
    for function in (leading_coherence, locking_angle):
        with pytest.raises(ValueError, match=name):
            function(0.1, 0.2, *rates)
