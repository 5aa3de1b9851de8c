"""Four spin-1s with the full ensemble: one sample against the exact law of the limit η → 0⁺."""

from math import pi

import numpy as np
import pytest
from scipy.linalg import null_space
from states import sector_projectors

from syncsweep.config.physics import Ensemble, Physics, Spin1Chain
from syncsweep.physics.measures import local_maxima
from syncsweep.physics.perturbation import random_generator
from syncsweep.physics.phase_distribution import relative_frequencies
from syncsweep.physics.superoperators import hermitian_basis, vectorize
from syncsweep.sample import sample_solver
from syncsweep.sample.rows import unpack_coefficients
from syncsweep.user_code import study_solver
from syncsweep.user_code.study_model import build_model

ETAS = (0.0, 1e-8, 1e-2, 1.0, 10.0)
PHYSICS = Physics(model=Spin1Chain(name="spin1_chain", n_sites=4), ensemble=Ensemble(), root_seed=3)


def weights_of(generator):
    """Weights c of the sectors 0+, 0−, and M ≠ 0: stationary under Tr(Π_α L₁[Π_β])/D_β."""
    model = build_model(PHYSICS)
    sectors = sector_projectors(model).values()
    basis = hermitian_basis(model.dim)
    vectors = np.array([(basis.conj().T @ vectorize(p)).real for p in sectors])
    dimensions = np.array([np.trace(p) for p in sectors])
    assert np.rint(dimensions[:2]).tolist() == [10, 9]
    rates = vectors @ (generator @ vectors.T) / dimensions
    c = null_space(rates, rcond=1e-10)[:, 0]
    return c / c.sum()


@pytest.fixture(scope="module")
def solved():
    """The rows of a sample, and the weights of its L₁, which is drawn once and then overwritten."""
    found = []

    def drawn(*arguments, **options):
        generator = random_generator(*arguments, **options)
        found.append(weights_of(generator))
        return generator

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(study_solver, "random_generator", drawn)
        rows = sample_solver.SampleSolver(PHYSICS, ETAS).rows(0)
    return rows, *found


def test_every_eta_is_solved_from_one_factorisation(solved):
    rows, _ = solved
    assert rows.status.tolist() == ["ok"] * 5
    assert rows.method.tolist() == ["krylov"] * 5
    assert rows.residual.max() < 1e-13
    assert rows.smallest_eigenvalue.min() > 0


def test_limit_is_the_law_of_the_classical_chain(solved):
    """S_d − u = (b/32π³)[Σ cos 2(φ_j−φ_k) + ¼ Σ cos 2(φ_a+φ_b−φ_c−φ_d)], b = c₀₊/10 − c₀₋/9."""
    rows, weights = solved
    b = weights[0] / 10 - weights[1] / 9
    frequencies = relative_frequencies((1, 1, 1, 1)).tolist()
    expected = np.zeros(len(frequencies), dtype=complex)
    expected[0] = (2 * pi) ** -3
    for k in ([2, 0, 0], [0, 2, 0], [0, 0, 2], [2, -2, 0], [2, 0, -2], [0, 2, -2]):
        expected[frequencies.index(k)] = b / (64 * pi**3)
    for k in ([2, 2, -2], [2, -2, 2], [2, -2, -2]):
        expected[frequencies.index(k)] = b / (256 * pi**3)
    found = unpack_coefficients(rows.s_d[:2])
    height = (27 * b if b > 0 else -7 * b) / (128 * pi**3)
    np.testing.assert_allclose(found[0], expected, rtol=0, atol=1e-9 * height)
    assert rows.s_max[0] == pytest.approx(height, rel=1e-9)
    maxima = local_maxima(found[:1], np.array(frequencies), rows.s_max[:1], 0.99)
    assert len(maxima.angles) == (8 if b > 0 else 48)
    # Linear in η, with a slope of some ‖L₁‖/0.27.
    np.testing.assert_allclose(found[1], expected, rtol=0, atol=1e-4 * height)
