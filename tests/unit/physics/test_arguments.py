"""Arguments of public functions: each form works, or raises a ValueError that names it."""

import numpy as np
import pytest
import qutip
from scipy import sparse

import syncsweep as sync
from syncsweep.physics.spins import on_site

PAIR = sync.spin_half_pair()
H, JUMPS = PAIR.hamiltonian, PAIR.jump_operators
L0 = sync.liouvillian(H, JUMPS)
L1 = sync.random_liouvillian(np.random.default_rng(1), 4)
RHO = sync.steady_states(L0, L1, [0.1, 1]).rho
S_D = sync.relative_phase_coefficients(RHO, (0.5, 0.5))
FREQUENCIES = sync.relative_frequencies((0.5, 0.5))
MAXIMUM = sync.s_max(S_D, FREQUENCIES)


def qobj(matrix, dims=(2, 2)):
    return qutip.Qobj(matrix, dims=[list(dims)] * 2)


#: An operator (4, 4) in every form that a caller may pass.
FORMS = {
    "list": lambda matrix: matrix.tolist(),
    "objects": lambda matrix: matrix.astype(object),
    "csr_matrix": sparse.csr_matrix,
    "coo_array": sparse.coo_array,
    "qutip": qobj,
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_operators_come_in_any_form(form):
    made = sync.liouvillian(form(H), [form(jump) for jump in JUMPS])
    assert (made != L0).nnz == 0
    model = sync.Model("mine", [0.5, 0.5], form(H), [form(jump) for jump in JUMPS])
    np.testing.assert_array_equal(model.hamiltonian, H)
    np.testing.assert_array_equal(model.jump_operators, JUMPS)
    assert (model.spins, model.dim, model.n_sites) == ((0.5, 0.5), 4, 2)
    of_one = form(RHO[0])
    np.testing.assert_array_equal(sync.relative_phase_coefficients(of_one, model.spins), S_D[0])
    of_all = [form(rho) for rho in RHO]
    np.testing.assert_array_equal(sync.relative_phase_coefficients(of_all, [0.5, 0.5]), S_D)


def test_liouvillians_come_in_any_form():
    expected = sync.steady_states(L0, L1, [0.1, 1]).rho
    dims = [[[2, 2], [2, 2]]] * 2
    of_qutip = qutip.liouvillian(qobj(H), [qobj(jump) for jump in JUMPS])
    assert of_qutip.dims == dims
    forms = {
        "list": (L0.toarray().tolist(), L1.tolist()),
        "sparse": (sparse.csc_matrix(L0), sparse.coo_array(L1)),
        "qutip": (of_qutip, qutip.Qobj(L1, dims=dims)),
    }
    for name, (unperturbed, perturbation) in forms.items():
        found = sync.steady_states(unperturbed, perturbation, (0.1, 1))
        np.testing.assert_allclose(found.rho, expected, rtol=0, atol=1e-12, err_msg=name)


def test_spins_and_coefficients_come_as_lists():
    for spins in ([1, 0.5], np.array([1, 0.5])):
        assert sync.relative_frequencies(spins).tolist() == [[0], [1]]
    angles = [[0.0], [1.0]]
    given = S_D.tolist(), FREQUENCIES.tolist()
    np.testing.assert_array_equal(
        sync.evaluate(*given, angles), sync.evaluate(S_D, FREQUENCIES, np.array(angles))
    )
    np.testing.assert_array_equal(sync.s_max(*given).s_max, MAXIMUM.s_max)
    sampled = sync.sample_chi(*given, MAXIMUM, 0.9, [0.5])
    np.testing.assert_allclose(sampled.weights.sum(axis=1), 1)
    assert sync.interval_probabilities([0.0, 1.0], [0.25, 0.75], [(0, 0.5)]).tolist() == [0.25]


def rotated(energies):
    """A Hermitian matrix with these eigenvalues, with rounding from a change of basis."""
    rng = np.random.default_rng(3)
    m = rng.standard_normal((2, len(energies), len(energies)))
    unitary = np.linalg.qr(m[0] + 1j * m[1])[0]
    return unitary @ np.diag(energies) @ unitary.conj().T


@pytest.mark.parametrize("scale", [1e-12, 1.0, 1e4, 1e12])
def test_a_hamiltonian_is_hermitian_in_any_unit(scale):
    hamiltonian = scale * rotated([1.0, 2, 3, 4])
    assert np.any(hamiltonian != hamiltonian.conj().T)
    generator = sync.liouvillian(hamiltonian, [])
    # Without this rounding the generator preserves the trace to its last digits.
    trace = np.eye(4).reshape(-1) @ generator
    assert np.abs(trace).max() < 1e-15 * scale
    hamiltonian[0, 1] *= 1 + 1e-6
    with pytest.raises(ValueError, match="`hamiltonian` must be Hermitian"):
        sync.liouvillian(hamiltonian, [])


def test_a_coupling_on_one_side_is_seen_beside_a_large_field():
    with pytest.raises(ValueError, match="`hamiltonian` must be Hermitian"):
        sync.liouvillian([[1e10, 1.0], [0.0, -1e10]], [])


def rng(seed=1):
    return np.random.default_rng(seed)


SUPER = qutip.spre(qutip.sigmaz())  # of one spin 1/2: its shape (4, 4) is that of H of two
REFUSED = {
    "one jump operator": (lambda: sync.liouvillian(H, JUMPS[0]), "jump_operators", "(4, 4)"),
    "one of QuTiP": (lambda: sync.liouvillian(H, qobj(JUMPS[0])), "jump_operators", "(4, 4)"),
    "one sparse": (
        lambda: sync.liouvillian(H, sparse.csr_array(JUMPS[0])),
        "jump_operators",
        "(4, 4)",
    ),
    "no list": (lambda: sync.liouvillian(H, None), "jump_operators", "NoneType"),
    "jumps of one spin": (lambda: sync.liouvillian(H, [np.eye(2)]), "jump_operators", "(2, 2)"),
    "superoperator as jump": (lambda: sync.liouvillian(H, [SUPER]), "jump_operators", "'super'"),
    "superoperator as H": (lambda: sync.liouvillian(SUPER, []), "hamiltonian", "'super'"),
    "superoperator in a model": (
        lambda: sync.Model("mine", (0.5, 0.5), SUPER, []),
        "hamiltonian",
        "'super'",
    ),
    "ket as H": (lambda: sync.liouvillian(qutip.basis(4, 0), []), "hamiltonian", "(4, 1)"),
    "text as H": (lambda: sync.liouvillian("H", []), "hamiltonian", "str"),
    "digits of text as H": (lambda: sync.liouvillian([["1"]], []), "hamiltonian", "list"),
    "H that is no number": (lambda: sync.liouvillian(H * np.nan, []), "hamiltonian", "NaN"),
    "jumps as rest of H": (
        lambda: sync.Lindbladian(H, JUMPS, JUMPS),
        "hamiltonian_rest",
        f"{np.shape(JUMPS)}",
    ),
    "H as rest of H": (lambda: sync.Lindbladian(H, [], H), "hamiltonian_rest", "larger"),
    "rest of a model of another D": (
        lambda: sync.Model("mine", (0.5, 0.5), H, [], np.zeros((3, 3))),
        "hamiltonian_rest",
        "(3, 3)",
    ),
    "rest of a model that is no number": (
        lambda: sync.Model("mine", (0.5, 0.5), H, [], H * np.nan),
        "hamiltonian_rest",
        "NaN",
    ),
    "L0 of one state": (lambda: sync.steady_states([[0.0]], [[0.0]], [1]), "L0", "D = 1"),
    "one state": (lambda: sync.SteadyStateSolver(sync.Lindbladian([[1.0]], [])), "L0", "D = 1"),
    "H as L0": (lambda: sync.steady_states(qobj(H), L1, [1]), "L0", "'oper'"),
    "Choi matrix as L0": (
        lambda: sync.steady_states(qutip.to_choi(SUPER), L1, [1]),
        "L0",
        "'choi'",
    ),
    "L0 of no square": (lambda: sync.steady_states(np.eye(3), L1, [1]), "L0", "(3, 3)"),
    "L1 of another D": (lambda: sync.steady_states(L0, np.eye(9), [1]), "L1", "(9, 9)"),
    "imaginary L0": (lambda: sync.steady_states(1j * L0, L1, [1]), "L0", "Hermiticity"),
    "imaginary L1": (lambda: sync.steady_states(L0, 1j * L1, [1]), "L1", "Hermiticity"),
    "one η": (lambda: sync.steady_states(L0, L1, 0.1), "etas", "()"),
    "η of text": (lambda: sync.steady_states(L0, L1, ["a"]), "etas", "list"),
    "complex η": (lambda: sync.steady_states(L0, L1, [1j]), "etas", "real numbers"),
    "one spin": (lambda: sync.relative_frequencies(1), "spins", "1"),
    "spins of text": (lambda: sync.relative_frequencies("ab"), "spin", "'a'"),
    "another order of spins": (
        lambda: sync.relative_phase_coefficients(qobj(np.eye(6), (3, 2)), (0.5, 1)),
        "rho",
        "[[3, 2], [3, 2]]",
    ),
    "steady states as ρ": (
        lambda: sync.relative_phase_coefficients(sync.steady_states(L0, L1, [1]), (0.5, 0.5)),
        "rho",
        "SteadyStates",
    ),
    "model of other spins": (lambda: sync.Model("mine", (1, 1), H, []), "hamiltonian", "(4, 4)"),
    "angles in one row": (
        lambda: sync.evaluate(S_D, FREQUENCIES, [0.0, 1.0]),
        "angles",
        "(2,)",
    ),
    "one distribution": (lambda: sync.s_max(S_D[0], FREQUENCIES), "coefficients", "(2,)"),
    "χ of one distribution": (
        lambda: sync.sample_chi(S_D[0], FREQUENCIES, MAXIMUM, 0.9, [0.0]),
        "coefficients",
        "(2,)",
    ),
    "other frequencies": (
        lambda: sync.s_max(S_D, sync.relative_frequencies((1, 1))),
        "coefficients",
        "(2, 2)",
    ),
    "weights of other χ": (
        lambda: sync.interval_probabilities([0.0, 1.0], [1.0], [(0, 1)]),
        "weights",
        "(1,)",
    ),
    "threshold of one": (
        lambda: sync.sample_chi(S_D, FREQUENCIES, MAXIMUM, 1, [0.0]),
        "threshold",
        "1",
    ),
    "one interval": (
        lambda: sync.interval_probabilities([0.0, 1.0], [1.0, 0.0], (0, 1)),
        "intervals",
        "(2,)",
    ),
    "seed as rng": (lambda: sync.random_liouvillian(1, 4), "rng", "int"),
    "no dimension": (lambda: sync.random_liouvillian(rng(), 2.5), "dim", "2.5"),
    "weight of text": (
        lambda: sync.random_liouvillian(rng(), 2, zeta_diss="a"),
        "zeta_diss",
        "str",
    ),
    "endless weight": (
        lambda: sync.random_liouvillian(rng(), 2, zeta_coh=np.inf),
        "zeta_coh",
        "infinity",
    ),
    "coupling that is no number": (lambda: sync.spin1_chain(2, J=np.nan), "J", "NaN"),
    "coupling of text": (lambda: sync.spin_half_pair(J="a"), "J", "str"),
    "negative rate": (lambda: sync.spin1_chain(2, gamma=-1), "gamma", "-1"),
    "no spins": (lambda: sync.spin1_chain(0), "n_sites", "0"),
    "half a chain": (lambda: sync.spin1_chain(1.5), "n_sites", "1.5"),
    "operator of another spin": (
        lambda: on_site(qutip.jmat(1, "z"), 0, (0.5, 1)),
        "operator",
        "(3, 3)",
    ),
}


@pytest.mark.parametrize(("call", "name", "given"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_used_is_named_with_what_it_is(call, name, given):
    with pytest.raises(ValueError) as caught:
        call()
    said = str(caught.value)
    assert said.startswith(f"Argument `{name}`")
    assert given in said
    assert said.isprintable()
