"""L₀ in blocks: its action, inverse and zero modes, steady states against the dense solver."""

from itertools import pairwise

import numpy as np
import pytest
from operators import global_operators, local_operators
from scipy.linalg import null_space

from syncsweep.physics import block_generator
from syncsweep.physics.block_generator import BlockGenerator
from syncsweep.physics.double_double import DoubleDouble
from syncsweep.physics.generator import UnservedModelError, pack, unpack
from syncsweep.physics.lindbladian import Lindbladian
from syncsweep.physics.models import Model, spin1_chain, spin_half_pair
from syncsweep.physics.operator_solver import OperatorSolver
from syncsweep.physics.perturbation import perturbation_of
from syncsweep.physics.spins import lowering, on_each_site, raising, sx, sz
from syncsweep.physics.steady_state import SteadyStateSolver

ETAS = [0.0, 1e-12, 1e-6, 1e-4, 1e-2, 0.1, 1.0, 10.0]


def chain(spins, phase=0.0, field=0.3):
    """XXZ chain in a field; hopping has a phase. Returns H, S^z, S⁺ and S⁻."""
    z, plus, minus = (on_each_site(one, spins) for one in (sz, raising, lowering))
    hamiltonian = field * sum(z)
    for j in range(len(spins) - 1):
        hop = np.exp(1j * phase) * plus[j] @ minus[j + 1]
        hamiltonian = hamiltonian + (hop + hop.conj().T) / 2 + 0.4 * z[j] @ z[j + 1]
    return hamiltonian, z, plus, minus


def collective_decay(spins):
    hamiltonian, z, _, minus = chain(spins)
    hamiltonian = hamiltonian + 0.6 * sum(a @ b for a, b in pairwise(z))
    return Model("own", spins, hamiltonian, [0.7 * sum(minus)])


def exchange_of_quanta(spins, phase=0.0):
    hamiltonian, z, plus, minus = chain(spins, phase)
    hops = [0.6 * plus[j] @ minus[j + 1] for j in range(len(spins) - 1)]
    return Model("own", spins, hamiltonian, [*(0.7 * one for one in z), *hops])


def dephasing(spins, phase):
    hamiltonian, z, _, _ = chain(spins, phase)
    return Model("own", spins, hamiltonian, [0.7 * one + one @ one for one in z])


def without_symmetry(spins):
    hamiltonian, _, _, minus = chain(spins)
    return Model("own", spins, hamiltonian + sum(on_each_site(sx, spins)), [minus[0]])


def complex_decay(spins):
    """A jump operator whose rate L†L is not real."""
    hamiltonian, _, _, minus = chain(spins)
    return Model("own", spins, hamiltonian, [minus[0] + 0.5j * minus[1]])


def decay_of_equals(spins):
    """Multiplets of the same energy: also their coherences are steady."""
    z, minus = (sum(on_each_site(one, spins)) for one in (sz, lowering))
    return Model("own", spins, 0.3 * z, [0.7 * minus])


def free(spins):
    dim = len(on_each_site(sz, spins)[0])
    return Model("own", spins, np.zeros((dim, dim)), [])


#: Models, and how many zero modes they have: of L₀ = 0, all operators.
MODELS = {
    "pair": (spin_half_pair(), 2),
    "collective decay of mixed spins": (collective_decay((0.5, 1.0)), 2),
    "collective decay of three spins": (collective_decay((0.5, 0.5, 1.0)), 4),
    "exchange of quanta": (exchange_of_quanta((1.0, 1.0)), 5),
    "exchange, mixed, complex": (exchange_of_quanta((1.0, 0.5, 1.0), 0.4), 6),
    "dephasing, complex": (dephasing((0.5, 1.0, 0.5), 0.7), 5),
    "complex decay": (complex_decay((0.5, 1.0)), 1),
    "decay of equals": (decay_of_equals((0.5, 0.5, 0.5)), 5),
    "no symmetry": (without_symmetry((0.5, 1.0)), 1),
    "nothing": (free((0.5, 0.5)), 16),
}

model_by_name = pytest.mark.parametrize(("model", "count"), MODELS.values(), ids=list(MODELS))


def random_packed(dim, count, seed=1):
    return np.random.default_rng(seed).standard_normal((count, dim, dim))


@model_by_name
def test_it_acts_as_the_operators_of_the_generator(model, count):
    generator = BlockGenerator(model.lindbladian)
    for one in random_packed(model.dim, 3):
        operator = DoubleDouble.of(unpack(one)[..., None])
        expected = model.lindbladian.apply(operator).rounded()[..., 0]
        np.testing.assert_allclose(generator.apply(one), pack(expected), rtol=0, atol=1e-13)
    images = [generator.apply(one) for one in np.eye(model.dim**2).reshape(-1, *expected.shape)]
    assert np.linalg.norm(np.reshape(images, (model.dim**2, -1)), 2) <= generator.norm


@model_by_name
def test_zero_modes_are_all_null_vectors_and_biorthonormal(model, count):
    generator = BlockGenerator(model.lindbladian)
    right, left = generator.zero_modes.toarray(), generator.left_modes.toarray()
    assert len(right) == null_space(model.lindbladian.matrix().toarray()).shape[1] == count
    np.testing.assert_allclose(left @ right.T, np.eye(len(right)), rtol=0, atol=1e-12)
    np.testing.assert_allclose(np.linalg.norm(right, axis=1), 1, rtol=1e-14)
    images = [generator.apply(one.reshape(model.dim, -1)) for one in right]
    assert max(map(np.linalg.norm, images)) <= generator.rounding < 1e-13
    for one in random_packed(model.dim, 3):
        assert np.abs(left @ generator.apply(one).ravel()).max() < 1e-12
    np.testing.assert_allclose(generator.traces @ left, np.eye(model.dim).ravel(), atol=1e-12)


@pytest.mark.parametrize("name", ["pair", "exchange, mixed, complex", "no symmetry"])
def test_the_inverse_is_as_accurate_as_asked_and_its_norm_is_known(name):
    model, _ = MODELS[name]
    generator = BlockGenerator(model.lindbladian)
    rhs = generator.without_zero_modes(random_packed(model.dim, 1)[0])
    for accuracy in (1e-3, 1e-6, 1e-12):
        x = generator.solve(rhs, accuracy)
        assert np.linalg.norm(generator.apply(x) - rhs) <= accuracy * np.linalg.norm(rhs)
        assert np.abs(generator.left_modes @ x.ravel()).max() < 1e-11
    beside = null_space(generator.left_modes.toarray())
    images = [generator.apply(one.reshape(rhs.shape)).ravel() for one in beside.T]
    smallest = np.linalg.svd(images, compute_uv=False)[-1]
    assert generator.inverse_norm == pytest.approx(1 / smallest, rel=0.1)


def assert_as_dense(model, perturbation):
    found = OperatorSolver(model).solve(perturbation, ETAS)
    operators = (perturbation.hamiltonian, perturbation.jump_operators)
    dense = SteadyStateSolver(model.lindbladian)
    expected = dense.solve_perturbation(perturbation_of(*operators), ETAS)
    assert set(expected.status) == set(found.status) == {"ok"}
    errors = np.linalg.norm(found.rho - expected.rho, axis=(1, 2)) * np.sqrt(model.dim)
    assert errors.max() < 1e-11
    assert np.all(errors <= found.residual / found.condition + 1e-13)


@pytest.mark.parametrize("rank", [1, 4])
@model_by_name
def test_it_gives_the_states_of_the_dense_solver(model, count, rank):
    assert_as_dense(model, global_operators(rank, model.dim, rank))


def test_local_terms_give_the_states_of_the_dense_solver():
    model = exchange_of_quanta((1.0, 1.0), 0.4)
    assert_as_dense(model, local_operators(4, 2, 1))


@pytest.mark.parametrize("spins", [(0.5,) * 5, (0.5, 0.5, 1.0, 0.5, 0.5), (0.5,) * 6])
def test_states_of_five_and_six_spins_are_steady(spins):
    model = exchange_of_quanta(spins, 0.4)
    perturbation = global_operators(2, model.dim, 2)
    found = OperatorSolver(model).solve(perturbation, [1e-4, 1e-2, 1.0])
    assert set(found.status) == {"ok"}
    for eta, rho in zip(found.etas, found.rho, strict=True):
        image = model.lindbladian.apply(DoubleDouble.of(rho[..., None])).rounded()[..., 0]
        left = np.linalg.norm(image + eta * perturbation.apply(rho))
        assert left < 1e-12 * max(1.0, eta * perturbation.mean_decay)


@pytest.mark.parametrize(
    ("model", "limit", "value", "what"),
    [
        (spin_half_pair(), "_MOST_BYTES", 100, "GiB, because the largest connects 6 entries"),
        (spin_half_pair(), "_MOST_ENTRIES", 20, "L₀ has up to .* entries"),
        (free((0.5, 0.5)), "_MOST_OF_MODES", 100, "L₀ has .* zero modes"),
        (free((0.5, 0.5)), "_MOST_MODES", 15, "L₀ has .* zero modes"),
        (spin1_chain(5, J=0.0), None, None, "L₀ has .* zero modes"),
        (free((1.0,) * 5), None, None, "L₀ has .* zero modes"),
        (exchange_of_quanta((1.0,) * 5), "_MOST_BYTES", 2**28, "connects 2601 entries"),
    ],
    ids=[
        "memory",
        "entries",
        "entries of modes",
        "modes",
        "no exchange",
        "nothing",
        "five spin-1s",
    ],
)
def test_what_it_does_not_serve_is_refused(model, limit, value, what, monkeypatch):
    if limit:
        monkeypatch.setattr(block_generator, limit, value)
    with pytest.raises(UnservedModelError, match=what):
        BlockGenerator(model.lindbladian)


@pytest.mark.parametrize("rate", [1e-10, 1e-13])
def test_slow_modes_are_not_taken_for_conserved_ones(rate):
    flip = np.array([[0.0, 1.0], [1.0, 0.0]])
    generator = Lindbladian(np.diag([0.5, -0.5]), [np.diag([1.0, -1.0]), np.sqrt(rate) * flip])
    with pytest.raises(UnservedModelError, match="slowly"):
        BlockGenerator(generator)


@pytest.mark.parametrize(
    ("hop", "zz"), [(6e-8, 0.0), (2.5e-6 * np.exp(0.1j), 1.0)], ids=["weak hopping", "weak phase"]
)
def test_terms_so_weak_that_their_square_is_rounding_are_refused(hop, zz):
    """They damp a mode at a rate of about their square."""
    z, plus, minus = (on_each_site(one, (0.5, 0.5)) for one in (sz, raising, lowering))
    hopping = hop * plus[0] @ minus[1]
    hamiltonian = sum(z) + hopping + hopping.conj().T + zz * z[0] @ z[1]
    jumps = [sum(minus)] if zz else [minus[0], plus[0], z[1]]
    with pytest.raises(UnservedModelError, match="slowly"):
        BlockGenerator(Lindbladian(hamiltonian, jumps))
