"""Closed forms of decay-free modes against the Liouvillian, away from the paper's parameters."""

import numpy as np
import pytest
from scipy.linalg import subspace_angles

from syncsweep.paper.theory.analytic_modes import (
    chain_modes,
    decoupled_modes,
    magnetization_sectors,
    spin_half_pair_modes,
    two_spin1s_modes,
)
from syncsweep.physics.models import magnetization, spin1_chain, spin_half_pair, two_spin1s
from syncsweep.physics.spectrum import Spectrum
from syncsweep.physics.superoperators import liouvillian, vectorize


def chain_case(n_sites):
    model = spin1_chain(n_sites, omega=1.3, J=0.4, delta=0.3, gamma=1.1)
    return model, chain_modes(model, omega=1.3, delta=0.3)


CASES = {
    "chain2": chain_case(2),
    "chain3": chain_case(3),
    "decoupled2": (spin1_chain(2, 1.3, 0.0, 0.0), decoupled_modes(2, omega=1.3)),
    "decoupled3": (spin1_chain(3, 1.3, 0.0, 0.0), decoupled_modes(3, omega=1.3)),
    "pair": (spin_half_pair(0.9, 0.7, 0.4), spin_half_pair_modes(0.9, 0.7, 0.4)),
    "two_spin1s": (two_spin1s(1.3, 0.7, 0.4), two_spin1s_modes(1.3)),
}


@pytest.mark.parametrize("name", CASES)
def test_modes_are_complete_and_span_the_computed_eigenspaces(name):
    model, analytic = CASES[name]
    spectrum = Spectrum(liouvillian(model.hamiltonian, model.jump_operators))
    assert len(analytic.frequencies) == len(analytic.modes) == spectrum.decay_free.sum()
    for frequency in spectrum.frequencies:
        right, _ = spectrum.eigenspace(1j * frequency)
        modes = analytic.at(frequency)
        assert len(modes) == right.shape[1]
        assert np.sin(subspace_angles(vectorize(modes).T, right)).max() < 1e-9


@pytest.mark.parametrize("name", CASES)
def test_each_mode_is_an_eigenmode_at_its_own_frequency(name):
    model, analytic = CASES[name]
    generator = liouvillian(model.hamiltonian, model.jump_operators)
    for frequency, mode in zip(analytic.frequencies, vectorize(analytic.modes), strict=True):
        np.testing.assert_allclose(generator @ mode, 1j * frequency * mode, atol=1e-12)


@pytest.mark.parametrize(
    ("name", "decay_free", "zero", "steady"),
    [
        ("chain2", 14, 6, 6),
        ("chain3", 14, 8, 8),
        ("decoupled2", 25, 11, 9),
        ("decoupled3", 125, 45, 27),
        ("pair", 4, 2, 2),
        ("two_spin1s", 16, 6, 4),
    ],
)
def test_counts_are_those_of_the_design(name, decay_free, zero, steady):
    _, analytic = CASES[name]
    assert (len(analytic.modes), len(analytic.at(0.0)), analytic.steady) == (
        decay_free,
        zero,
        steady,
    )


def test_steady_states_of_the_chain_are_states():
    _, analytic = CASES["chain3"]
    for state in analytic.at(0.0):
        assert np.trace(state).real == pytest.approx(1.0)
        assert np.linalg.eigvalsh(state).min() > -1e-12


def test_sectors_resolve_the_identity_and_the_magnetization():
    model = spin1_chain(3)
    sectors = magnetization_sectors(model)
    assert list(sectors) == [-3, -2, -1, 0, 1, 2, 3]
    np.testing.assert_array_equal(sum(sectors.values()), np.eye(27))
    weighted = sum(m * sector for m, sector in sectors.items())
    np.testing.assert_allclose(weighted, magnetization(model), atol=1e-14)
