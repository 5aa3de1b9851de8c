"""Quality factors against eigenvalues known in closed form, and first order against spectra."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from syncsweep.paper.theory.quality_factor import first_order_quality_factor, quality_factor
from syncsweep.physics.models import magnetization, spin1_chain, spin_flip
from syncsweep.physics.perturbation import liouvillian_from_kossakowski, random_generator
from syncsweep.physics.spectrum import Spectrum, eigenspace, first_order_shifts
from syncsweep.physics.spins import lowering, sz
from syncsweep.physics.superoperators import from_real, liouvillian, to_real, vectorize

CHAINS = [(2, {}), (2, {"J": 0.0, "delta": 0.0})]


def unperturbed(n_sites, parameters):
    model = spin1_chain(n_sites, **parameters)
    return liouvillian(model.hamiltonian, model.jump_operators)


@pytest.mark.parametrize("frequency", [0.3, 7.0])
def test_quality_factor_of_a_damped_spin_half(frequency):
    """Decay at rate κ: eigenvalues −κ/2 ± iω, −κ and 0, so Q = ω/κ."""
    kappa = 0.4
    decay = np.sqrt(kappa) * lowering(0.5)
    generator = to_real(liouvillian(frequency * sz(0.5), decay[None])).toarray()
    assert quality_factor(generator) == pytest.approx(frequency / kappa, rel=1e-12)


def test_quality_factor_of_a_system_that_does_not_oscillate_is_zero():
    relaxation = liouvillian_from_kossakowski(np.zeros((3, 3)), np.eye(8), "orthonormal")
    assert quality_factor(to_real(relaxation)) == pytest.approx(0, abs=1e-12)


def test_first_order_takes_the_largest_quality_factor_of_all_shifts():
    shifts = np.array([-1 + 1j, -4 + 100j])
    found = first_order_quality_factor(2.0, shifts, np.array([0.001, 0.1]))
    assert_allclose(found, [2.001 / 0.002, 12 / 0.8], rtol=1e-12)


@pytest.mark.parametrize(("n_sites", "parameters"), CHAINS)
def test_spectrum_at_small_eta_has_the_largest_of_all_first_order_quality_factors(
    n_sites, parameters
):
    """Beside the mode that carries (S^x)², all others of L₀ oscillate, the fastest at 2Nω."""
    eta = 1e-6
    L0 = unperturbed(n_sites, parameters)
    L1 = random_generator(np.random.default_rng(8), 3**n_sites)
    frequencies = Spectrum(L0).frequencies
    assert frequencies.max() == pytest.approx(2 * n_sites)
    largest = max(
        first_order_quality_factor(
            frequency,
            first_order_shifts(*eigenspace(L0, 1j * frequency), from_real(L1)),
            np.array([eta]),
        )[0]
        for frequency in frequencies[frequencies > 1e-6]
    )
    found = quality_factor(to_real(L0).toarray() + eta * L1)
    assert found == pytest.approx(largest, rel=1e-4)


@pytest.mark.parametrize(("n_sites", "parameters"), CHAINS)
def test_modes_near_twice_omega_have_the_first_order_quality_factor(n_sites, parameters):
    eta = 1e-5
    L0 = to_real(unperturbed(n_sites, parameters))
    L1 = random_generator(np.random.default_rng(8), 3**n_sites)
    shifts = first_order_shifts(*eigenspace(L0, 2j), L1)
    eigenvalues = np.linalg.eigvals(L0.toarray() + eta * L1)
    near = eigenvalues[np.abs(eigenvalues - 2j) < 1e-2]
    assert len(near) == len(shifts) == (6 if parameters else 1)
    expected = np.max(near.imag / (2 * np.abs(near.real)))
    found = first_order_quality_factor(2.0, shifts, np.array([eta]))
    assert_allclose(found, expected, rtol=1e-3)


@pytest.mark.parametrize(("n_sites", "dim", "expected"), [(2, 2, -10), (3, 6, -28)])
def test_mean_shift_of_the_mode_that_carries_the_square_of_sx(n_sites, dim, expected):
    """E L₍₁₎ has K = 1 and no H; μ₁ = Tr[(PΠ₁)†L₍₁₎[PΠ₁]]/D₁."""
    model = spin1_chain(n_sites)
    D = model.dim
    mean = liouvillian_from_kossakowski(np.zeros((D, D)), np.eye(D**2 - 1))
    (shift,) = first_order_shifts(*eigenspace(unperturbed(n_sites, {}), 2j), mean)
    assert shift == pytest.approx(expected, rel=1e-10)
    projector = np.diag(np.isclose(np.diag(magnetization(model)).real, 1).astype(float))
    mode = vectorize(spin_flip(model) @ projector)
    assert np.trace(projector) == dim
    assert mode.conj() @ (mean @ mode) / dim == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize(("n_sites", "expected"), [(2, -9), (3, -27)])
def test_mean_shift_of_the_fastest_coherence(n_sites, expected):
    """The coherence of all spins up with all down, which decides Q at small η."""
    D = 3**n_sites
    mean = liouvillian_from_kossakowski(np.zeros((D, D)), np.eye(D**2 - 1))
    right, left = eigenspace(unperturbed(n_sites, {}), 2j * n_sites)
    assert first_order_shifts(right, left, mean) == pytest.approx(expected, rel=1e-10)
