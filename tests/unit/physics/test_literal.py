"""The literal formulas agree with the package's own, and with what can be written down."""

import numpy as np
import pytest
from states import random_state

from syncsweep.config.physics import dimension
from syncsweep.physics.ensembles import random_local_sum
from syncsweep.physics.literal import (
    LiteralSolver,
    NotUniqueError,
    heights,
    local_perturbation,
    perturbation,
    phase_distribution,
    unperturbed,
)
from syncsweep.physics.measures import s_max
from syncsweep.physics.models import spin1_chain, spin_half_pair, two_spin1s
from syncsweep.physics.perturbation import kossakowski_factor, random_liouvillian
from syncsweep.physics.phase_distribution import (
    coefficients_of,
    frequencies_of,
    relative_frequencies,
    relative_phase_coefficients,
)
from syncsweep.physics.steady_state import steady_states
from syncsweep.physics.superoperators import liouvillian, to_real

MODELS = [spin_half_pair(), spin1_chain(2), two_spin1s(), spin1_chain(3)]


@pytest.mark.parametrize("model", MODELS, ids=lambda m: f"{m.name}-{m.n_sites}")
def test_unperturbed_generator_is_that_of_the_package(model):
    expected = liouvillian(model.hamiltonian, model.jump_operators).toarray()
    np.testing.assert_allclose(unperturbed(model), expected, atol=1e-13)


@pytest.mark.parametrize("basis", ["paper", "orthonormal"])
@pytest.mark.parametrize("rank", [None, 1, 7])
@pytest.mark.parametrize("dim", [3, 9])
def test_double_sum_is_the_perturbation_of_the_sweep(dim, rank, basis):
    options = {"zeta_coh": 0.3, "zeta_diss": 2.0, "basis": basis, "rank": rank}
    mine, theirs = (
        draw(np.random.default_rng(5), dim, **options)
        for draw in (perturbation, random_liouvillian)
    )
    np.testing.assert_allclose(mine, theirs, rtol=0, atol=1e-13 * np.abs(theirs).max())


@pytest.mark.parametrize("rank", [None, 1, 3])
@pytest.mark.parametrize(("kind", "width"), [("bonds", 2), ("sites", 1)])
@pytest.mark.parametrize("spins", [(1, 1), (0.5, 1, 0.5)])
def test_local_double_sums_are_the_perturbation_of_the_sweep(spins, kind, width, rank):
    law = {"zeta_coh": 0.3, "zeta_diss": 2.0, "rank": rank}
    mine = local_perturbation(np.random.default_rng(5), spins, width, **law)
    theirs = random_local_sum(np.random.default_rng(5), spins, kind, **law).matrix()
    np.testing.assert_allclose(to_real(mine), theirs, rtol=0, atol=1e-13 * np.abs(theirs).max())


@pytest.mark.parametrize(("rank", "columns"), [(None, 16), (15, 16), (4, 4)])
def test_factor_has_a_last_row_of_zeros_and_the_trace_of_k(rank, columns):
    factor = kossakowski_factor(np.random.default_rng(2), 4, rank, 3.0)
    assert factor.shape == (16, columns)
    assert not factor[-1].any()
    assert np.trace(factor @ factor.conj().T).real == pytest.approx(3.0 * 15, rel=1e-13)


@pytest.mark.parametrize("model", MODELS[:3], ids=lambda m: m.name)
def test_steady_states_are_those_of_the_package_for_every_eta(model):
    etas = [0.0, 1e-12, 1e-6, 1e-2, 1.0, 100.0]
    L1 = perturbation(np.random.default_rng(8), model.dim)
    expected = steady_states(unperturbed(model), L1, etas)
    assert set(expected.status) == {"ok"}
    solver = LiteralSolver(unperturbed(model))
    for eta, rho in zip(etas, expected.rho, strict=True):
        np.testing.assert_allclose(solver.solve(L1, eta), rho, atol=1e-12)


def test_limit_that_first_order_leaves_open_is_refused():
    solver = LiteralSolver(unperturbed(spin1_chain(2)))
    coherent = perturbation(np.random.default_rng(8), 9, zeta_diss=0.0)
    with pytest.raises(NotUniqueError, match="one zero mode"):
        solver.solve(coherent, 0.0)


@pytest.mark.parametrize(
    "spins",
    [
        (0.5, 0.5),
        (0.5, 0.5, 0.5),
        (1, 1),
        (1, 1, 1),
        (1.5, 1.5),
        (1, 0.5),
        (0.5, 2),
        (0.5, 1, 1.5),
        (1, 0.5, 0.5, 1),
        (19.5, 0.5),
        (1, 1, 1, 1, 1),
    ],
)
def test_integrated_husimi_function_has_the_coefficients_of_the_package(spins):
    rho = random_state(dimension(spins))
    frequencies = relative_frequencies(spins)
    spectrum = phase_distribution(rho, spins)
    expected = relative_phase_coefficients(rho, spins)
    np.testing.assert_allclose(spectrum[tuple(frequencies.T)], expected, atol=1e-15)
    # Nothing else is there.
    others = spectrum.copy()
    others[tuple(frequencies.T)] = others[tuple(-frequencies.T)] = 0
    assert np.abs(others).max() < 1e-15


@pytest.mark.parametrize("spins", [(0.5, 0.5), (1, 1), (1, 1, 1), (1, 1.5, 0.5), (1,) * 5])
def test_highest_point_is_that_of_newtons_method_from_any_angles(spins):
    n_sites, frequencies = len(spins), relative_frequencies(spins)
    for seed in range(5):
        rho = random_state(dimension(spins), seed)
        coefficients = relative_phase_coefficients(rho, spins)
        expected = s_max(coefficients[None], frequencies)
        found = heights(coefficients, frequencies, np.full(n_sites - 1, 0.3))
        assert found.s_max == pytest.approx(expected.s_max[0], rel=1e-13)
        at_top = heights(coefficients, frequencies, expected.angles[0])
        assert at_top.at_angles == pytest.approx(expected.s_max[0], rel=1e-13)
        assert found.at_angles < found.s_max


def test_heights_of_a_single_wave():
    frequencies = np.array([[0], [1]])
    found = heights(np.array([1.0, 0.5e-6j]), frequencies, np.array([0.2]))
    assert found.s_max == pytest.approx(1e-6, rel=1e-14)
    assert found.at_angles == pytest.approx(-1e-6 * np.sin(0.2), rel=1e-14)


def test_heights_of_a_flat_distribution_are_zero():
    found = heights(np.array([1.0, 0.0]), np.array([[0], [1]]), np.array([0.2]))
    assert (found.s_max, found.at_angles) == (0.0, 0.0)


@pytest.mark.parametrize("unit", [1e-30, 1e9, 1e30])
@pytest.mark.parametrize("eta", [1e-9, 1e-3, 10.0])
def test_steady_states_do_not_depend_on_the_unit_of_energy(unit, eta):
    first = unperturbed(spin_half_pair())
    second = perturbation(np.random.default_rng(1), 4)
    expected = LiteralSolver(first).solve(second, eta)
    found = LiteralSolver(unit * first).solve(second, unit * eta)
    np.testing.assert_allclose(found, expected, atol=1e-12)


@pytest.mark.parametrize(
    "spins", [(0.5,), (1,), (3,), (0.5, 0.5), (1, 1), (1, 0.5, 1), (0.5,) * 4, (1,) * 4], ids=str
)
def test_s_of_the_angles_and_its_maximum_are_those_of_the_sweep(spins):
    frequencies = frequencies_of(spins, "absolute")
    for seed in range(2):
        rho = random_state(dimension(spins), seed)
        mine = phase_distribution(rho, spins, "absolute")[tuple(frequencies.T)]
        theirs = coefficients_of(rho, spins, "absolute")
        np.testing.assert_allclose(mine, theirs, rtol=0, atol=1e-13 * abs(theirs[0]))
        maximum = s_max(theirs[None], frequencies)
        found = heights(mine, frequencies, maximum.angles[0])
        np.testing.assert_allclose([found.s_max, found.at_angles], maximum.s_max[0], rtol=1e-9)
