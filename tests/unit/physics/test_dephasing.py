"""L₀ of dephased spins without a matrix: its action, its inverse, its sectors, and refusals."""

import numpy as np
import pytest
from states import sector_projectors

from syncsweep.physics import dephasing
from syncsweep.physics.dephasing import DephasingGenerator, Sweep
from syncsweep.physics.generator import UnservedModelError, pack, unpack
from syncsweep.physics.lindbladian import Lindbladian
from syncsweep.physics.models import spin1_chain, spin_half_pair
from syncsweep.physics.superoperators import to_components, to_operators


def generator_of(n_sites, **parameters):
    return DephasingGenerator(spin1_chain(n_sites, **parameters).lindbladian)


def random_operators(dim, count, seed=1):
    m = np.random.default_rng(seed).standard_normal((2, count, dim, dim))
    return m[0] + m[0].swapaxes(1, 2) + 1j * (m[1] - m[1].swapaxes(1, 2))


def dense(generator):
    """L₀ in the Hermitian basis (D², D²), column by column."""
    n = generator.dim**2
    operators = np.moveaxis(to_operators(np.eye(n)), -1, 0)
    return np.stack([to_components(unpack(generator.apply(pack(one)))[..., None])[:, 0]
                     for one in operators], axis=1)  # fmt: skip


def test_packing_keeps_operators_and_their_norm():
    operators = random_operators(5, 3)
    np.testing.assert_allclose(unpack(pack(operators)), operators, rtol=0, atol=1e-15)
    np.testing.assert_allclose(np.linalg.norm(pack(operators)), np.linalg.norm(operators))


@pytest.mark.parametrize("n_sites", [1, 2])
def test_it_acts_as_the_matrix_of_the_generator(n_sites):
    model = spin1_chain(n_sites, J=0.7, delta=0.3, gamma=1.5)
    generator = DephasingGenerator(model.lindbladian)
    n = model.dim**2
    # The blocks have their own order: reorder the model's operators alike.
    order = np.ix_(generator.order, generator.order)
    sorted_model = Lindbladian(
        model.hamiltonian[order], [jump[order] for jump in model.jump_operators]
    )
    expected = sorted_model.matrix().toarray()
    assert expected.shape == (n, n)
    np.testing.assert_allclose(dense(generator), expected, rtol=0, atol=1e-14)


@pytest.mark.parametrize("n_sites", [1, 2, 3])
def test_sectors_are_magnetisations_and_the_two_parities_of_zero(n_sites):
    model = spin1_chain(n_sites)
    generator = DephasingGenerator(model.lindbladian)
    expected = [p for p in sector_projectors(model).values() if np.trace(p).real > 0.5]
    modes = generator.zero_modes.toarray()
    assert len(modes) == len(expected) == 2 * n_sites + (2 if n_sites > 1 else 1)
    place = np.argsort(generator.order)
    found = [
        unpack(mode.reshape(model.dim, model.dim))[np.ix_(place, place)] * trace
        for mode, trace in zip(modes, generator.traces, strict=True)
    ]
    for projector in expected:
        assert min(np.abs(one - projector).max() for one in found) < 1e-12


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_sweep_and_its_image_fit_together(dtype):
    generator = generator_of(2)
    x = pack(random_operators(9, 1)[0])
    sweep = Sweep(generator, 1.3, 0.4, dtype)
    image = sweep.apply(x)
    expected = generator.apply(image.astype(float)) - 0.4 * image
    tolerance = 1e3 * np.finfo(dtype).eps
    np.testing.assert_allclose(sweep.image(x.astype(dtype)), expected, rtol=0, atol=tolerance)


def test_the_inverse_is_as_accurate_as_asked_and_its_norm_is_known():
    generator = generator_of(2)
    rhs = generator.without_zero_modes(pack(random_operators(9, 1)[0]))
    for accuracy in (1e-3, 1e-6, 1e-12):
        x = generator.solve(rhs, accuracy)
        left = np.linalg.norm(generator.apply(x) - rhs)
        assert left <= accuracy * np.linalg.norm(rhs)
        assert np.abs(generator.zero_modes @ x.ravel()).max() < 1e-12
    sizes = np.linalg.svd(dense(generator), compute_uv=False)
    assert generator.inverse_norm == pytest.approx(1 / sizes[-7], rel=0.1)


@pytest.mark.parametrize(
    ("generator", "what"),
    [
        (spin_half_pair().lindbladian, "diagonal"),
        (spin1_chain(2, J=0, delta=0).lindbladian, "coherences"),
        (spin1_chain(3, J=1e-12).lindbladian, "coherences"),
        (spin1_chain(2, gamma=0).lindbladian, "none"),
        (Lindbladian([[1, 1e-9], [1e-9, -1]], [np.diag([1, -1])]), "symmetry"),
        (Lindbladian([[1, 1e-6], [1e-6, -1]], [np.diag([1, -1])]), "symmetry"),
        (Lindbladian([[0, 1.0], [1.0, 0]], [np.diag([1e3, -1e3])]), "symmetry"),
    ],
)
def test_other_models_are_refused(generator, what):
    with pytest.raises(UnservedModelError, match=what):
        DephasingGenerator(generator)


def test_sectors_that_a_weak_coupling_joins_are_not_mixed_by_rounding(monkeypatch):
    weak = {"omega": 5.7, "J": 0.067, "delta": 1.1, "gamma": 11.0}
    generator = generator_of(3, **weak)
    images = [generator.apply(m.reshape(27, 27)) for m in generator.zero_modes.toarray()]
    assert max(map(np.linalg.norm, images)) == generator.rounding < 1e-14
    monkeypatch.setattr(dephasing, "_POLISHED", 1.0)
    assert generator_of(3, **weak).rounding > 2e-14
