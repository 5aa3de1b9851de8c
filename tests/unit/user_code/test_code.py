"""The user's own code: what it may return, and how its mistakes are told."""

import warnings
from pathlib import Path

import numpy as np
import pytest
from own_study import TEXT

from syncsweep.config.messages import ConfigError
from syncsweep.config.user_code import EnsembleCode, ModelCode
from syncsweep.physics.spins import on_each_site, sz
from syncsweep.physics.superoperators import liouvillian, to_real
from syncsweep.user_code.code import MissingHereError, OwnCodeError, OwnPerturbation, own_model

SPINS = (1.0, 0.5)
HEAD = "import numpy as np\nfrom syncsweep.physics.spins import *\n"


def model_of(source, spins=SPINS, **parameters):
    return own_model(ModelCode(name="own", source=source, spins=spins, parameters=parameters))


def returning(returned, spins=SPINS):
    """The model whose function returns an expression."""
    return model_of(f"{HEAD}def model(spins):\n    return {returned}\n", spins)


def error_of(make, *arguments, **parameters):
    with pytest.raises(OwnCodeError) as error:
        make(*arguments, **parameters)
    assert str(error.value).isprintable()
    assert len(str(error.value)) <= 300
    return error.value


def test_model_is_what_the_function_returns():
    model = model_of(TEXT, omega=2.0)
    z = on_each_site(sz, SPINS)
    assert (model.name, model.spins, model.n_sites, model.dim) == ("own", SPINS, 2, 6)
    np.testing.assert_array_equal(model.hamiltonian, 2 * (z[0] + z[1]))
    np.testing.assert_allclose(
        model.jump_operators, [np.sqrt(0.5) * z[0] @ (z[0] + np.eye(6))], atol=1e-15
    )


@pytest.mark.parametrize(
    "form",
    [
        "{}",
        "{}.tolist()",
        "np.asmatrix({})",
        "__import__('scipy.sparse').sparse.csr_matrix({})",
        "__import__('scipy.sparse').sparse.coo_array({})",
        "__import__('qutip').Qobj({})",
        "__import__('qutip').Qobj({}, dims=[[3, 2], [3, 2]])",
    ],
)
@pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")
def test_operators_come_as_arrays_sparse_matrices_or_qutip_objects(form):
    H, L = "np.diag([1., 2, 3, 4, 5, 6])", "(np.eye(6, k=1) * 1j)"
    model = returning(f"{form.format(H)}, [{form.format(L)}]")
    np.testing.assert_array_equal(model.hamiltonian, np.diag([1, 2, 3, 4, 5, 6]))
    np.testing.assert_array_equal(model.jump_operators, [1j * np.eye(6, k=1)])
    assert model.hamiltonian.dtype == model.jump_operators.dtype == complex


def test_operators_of_qutip_have_the_basis_of_the_package():
    source = """
import qutip
def model(spins):
    one = [qutip.qeye(round(2 * S) + 1) for S in spins]
    z = [
        qutip.tensor([qutip.jmat(S, "z") if k == site else one[k] for k in range(len(spins))])
        for site, S in enumerate(spins)
    ]
    return sum(z), [z[0] ** 2]
"""
    z = on_each_site(sz, SPINS)
    model = model_of(source)
    np.testing.assert_allclose(model.hamiltonian, z[0] + z[1], atol=1e-15)
    np.testing.assert_allclose(model.jump_operators, [z[0] @ z[0]], atol=1e-15)


@pytest.mark.parametrize(
    ("jumps", "count"),
    [("[]", 0), ("()", 0), ("np.zeros((0, 6, 6))", 0), ("np.zeros((3, 6, 6))", 3)],
)
def test_any_number_of_jump_operators(jumps, count):
    model = returning(f"np.eye(6), {jumps}")
    assert model.jump_operators.shape == (count, 6, 6)
    assert liouvillian(model.hamiltonian, model.jump_operators).shape == (36, 36)


@pytest.mark.parametrize(
    ("returned", "words"),
    [
        ("np.eye(6)", "must return H and a list of jump operators"),
        ("np.eye(6), [], []", "must return H and a list"),
        ("np.eye(5), []", "H must have shape (6, 6) for the spins [1, 0.5], but has shape (5, 5)"),
        ("'H', []", "H must hold numbers, but is a str"),
        (
            "np.eye(6) + np.eye(6, k=1), []",
            "H must be Hermitian, but differs from its adjoint by up to 1",
        ),
        ("np.eye(6) * np.nan, []", "H must be finite"),
        ("np.eye(6), [np.eye(6), np.eye(4)]", "jump operators[1] must have shape (6, 6)"),
        ("np.eye(6), [np.eye(6) * np.inf]", "jump operators[0] must be finite"),
        ("np.eye(6), np.eye(6)", "has shape (6, 6): write [L] for one"),
        ("np.eye(6), 'L'", "jump operators must be a list of at most 10000 operators (6, 6)"),
        ("np.eye(6), None", "[] for none, but is a NoneType"),
        (
            "__import__('qutip').Qobj(np.eye(6), dims=[[2, 3], [2, 3]]), []",
            "H has the dims [[2, 3], [2, 3]], but the spins [1, 0.5] give [[3, 2], [3, 2]]",
        ),
        ("np.eye(6), __import__('itertools').repeat(np.eye(6))", "at most 10000 operators"),
        (
            "np.eye(6), [np.eye(6) * 1e300]",
            "a jump operator has an entry above 1e+50; use another",
        ),
        ("np.eye(6) * 1e300, []", "H has an entry above 1e+50; use another unit"),
        ("type('Q', (), {'dims': 0, 'full': lambda self: 1 / 0})(), []", "no attribute 'isoper'"),
    ],
)
def test_what_cannot_be_a_model_is_told_in_its_words(returned, words):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        error = error_of(returning, returned)
    assert words in error.problem
    assert error.problem.startswith("model()")
    assert error.line is None
    assert isinstance(error, ConfigError)


@pytest.mark.parametrize("returned", ["q.spre(q.sigmaz()), []", "q.qeye(4), [q.spre(q.sigmaz())]"])
def test_a_superoperator_of_one_spin_is_no_operator_of_two(returned):
    """Both have the shape (4, 4)."""
    source = f"import qutip as q\ndef model(spins):\n    return {returned}\n"
    assert "must be an operator, but is of QuTiP's kind 'super'" in str(
        error_of(model_of, source, (0.5, 0.5))
    )


@pytest.mark.parametrize(
    ("source", "problem", "line", "quoted"),
    [
        ("x = 1\ny = (\n", "SyntaxError: ", 2, None),
        ("def model(spins)\n    pass\n", "SyntaxError: expected ':'", 1, None),
        ("\0", "SyntaxError: ", None, None),
        ("x = 1\ny = 1 / 0\n", "ZeroDivisionError: division by zero", 2, "y = 1 / 0"),
        (
            "import syncsweep_no_such_package\n",
            "ModuleNotFoundError: No module named 'syncsweep_no_such_package'; your own code is "
            "one file, and may import only installed packages; to install it: .venv/bin/uv pip "
            "install --python .venv/bin/python syncsweep_no_such_package",
            1,
            "import syncsweep_no_such_package",
        ),
        ("x = 1\n", "must define a function model(spins)", None, None),
        ("model = 1\n", "must define a function model(spins)", None, None),
        (
            "def model(spins):\n    return inner()\n\ndef inner():\n    return undefined\n",
            "NameError: name 'undefined' is not defined",
            5,
            "return undefined",
        ),
        (
            "from numpy import linalg\ndef model(spins):\n    return linalg.inv([[0]]), []\n",
            "LinAlgError: Singular matrix",
            3,
            "return linalg.inv([[0]]), []",
        ),
        ("def model(spins):\n    raise ValueError\n", "ValueError", 2, "raise ValueError"),
        (
            "def model(spins):\n    raise ValueError('two\\nlines')\n",
            "ValueError: two lines",
            2,
            "raise ValueError('two\\nlines')",
        ),
        (
            "def model(spins):\n    return model(spins)\n",
            "RecursionError",
            2,
            "return model(spins)",
        ),
        ("raise SystemExit(0)\n", "SystemExit: 0", 1, "raise SystemExit(0)"),
        (
            "def model():\n    pass\n",
            "model() must accept spins, but does not: too many positional arguments",
            None,
            None,
        ),
    ],
)
def test_code_that_fails_is_told_with_its_line(source, problem, line, quoted):
    error = error_of(model_of, source)
    assert error.problem.startswith(problem)
    assert error.line == line
    assert (f"(at `{quoted}`)" in str(error)) == (quoted is not None)
    assert error.__context__ is None or error.__suppress_context__  # no traceback of the user's


@pytest.mark.parametrize(
    ("signature", "parameters", "words"),
    [
        ("spins, J, K=1", {}, "must accept spins, but does not: missing a required argument: 'J'"),
        ("spins, *, J", {}, "argument: 'J'"),
        ("spins, omega=1", {"omage": 1}, "no parameter 'omage'; did you mean 'omega'?"),
        ("spins, J=1", {"j": 1}, "no parameter 'j'; did you mean 'J'? (its parameters: J)"),
        ("spins, omega=1", {"J": 1}, "no parameter 'J' (its parameters: omega)"),
        ("spins", {"J": 1}, "no parameter 'J' (its parameters: none)"),
    ],
)
def test_parameters_that_do_not_fit_are_named(signature, parameters, words):
    source = f"def model({signature}):\n    return None\n"
    assert words in error_of(model_of, source, **parameters).problem


def test_an_error_inside_the_function_is_told_with_the_parameters():
    """A wrong one makes errors that do not name it."""
    source = f"{HEAD}def model(spins, J12, K=1):\n    return J12 * np.eye(6), []\n"
    problem = error_of(model_of, source, J12="one").problem
    assert problem.startswith("UFuncTypeError: ufunc 'multiply'")
    assert problem.endswith("; with the parameters J12='one'")
    source = f"{HEAD}def model(spins, J):\n    return undefined, []\n"
    problem = error_of(model_of, source, J=list(range(10_000))).problem
    assert "; with the parameters J=[0, 1, 2," in problem and problem.endswith("…")
    assert " with " not in error_of(model_of, "def model(spins):\n    raise ValueError\n").problem


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("import syncsweep_no_such_package.part", "python syncsweep_no_such_package"),
        ("import scipy.no_such_part", "only installed packages"),
        ("from scipy import no_such_part", "only installed packages"),
        ("raise ModuleNotFoundError(name=3)", "only installed packages"),
    ],
)
def test_only_what_is_not_installed_is_to_be_installed(line, hint):
    assert error_of(model_of, f"{line}\n").problem.endswith(hint)


@pytest.mark.parametrize(
    ("signature", "parameters"),
    [
        ("spins, **others", {"J": 2}),
        ("*others, J", {"J": 2}),
        ("spins, J", {"J": 2}),
        ("s, J=1, K=3", {"J": 2}),
        ("s, /, *, J", {"J": 2}),
    ],
)
def test_functions_may_take_parameters_in_any_way_of_python(signature, parameters):
    J = "others['J']" if "**" in signature else "J"
    source = f"{HEAD}def model({signature}):\n    return {J} * np.eye(6), []\n"
    np.testing.assert_array_equal(model_of(source, **parameters).hamiltonian, 2 * np.eye(6))


def test_code_runs_as_a_module_of_its_own():
    source = f"""from __future__ import annotations
{HEAD}
from dataclasses import dataclass

@dataclass
class Rates:
    up: float
    down: float = __name__ == "__main__"

if __name__ == "__main__":
    raise SystemExit

def model(spins):
    assert isinstance(spins, tuple)
    return Rates(2.0).up * np.eye(6), [Rates(1.0).down * np.eye(6)]
"""
    model = model_of(source)
    np.testing.assert_array_equal(model.hamiltonian, 2 * np.eye(6))
    np.testing.assert_array_equal(model.jump_operators, np.zeros((1, 6, 6)))


def test_the_future_of_this_package_is_not_that_of_the_code():
    """`from __future__ import annotations` here must not turn the user's annotations into text."""
    source = f"{HEAD}def model(spins: int):\n    return np.eye(6), []\n"
    source += "assert model.__annotations__['spins'] is int\n"
    assert model_of(source).dim == 6


# The perturbation


def perturbation_of(source, spins=SPINS, **parameters):
    return OwnPerturbation(EnsembleCode(source=source, parameters=parameters), spins)


@pytest.mark.parametrize("spins", [(1, 0.5), (0.5, 0.5, 0.5), (1.5, 1)])
def test_perturbation_is_the_lindblad_generator_of_what_is_drawn(spins):
    draw = perturbation_of(TEXT, spins, strength=0.7)
    V, jumps = draw.operators(np.random.default_rng(3))
    expected = to_real(liouvillian(V, jumps).toarray())
    np.testing.assert_allclose(
        draw.low_rank(np.random.default_rng(3)).matrix(), expected, atol=1e-12
    )
    assert np.abs(expected).max() > 0.1
    assert not np.array_equal(draw.low_rank(np.random.default_rng(4)).matrix(), expected)


def test_perturbation_may_be_a_hamiltonian_or_jump_operators_alone():
    source = HEAD + "def perturbation(rng, spins, n):\n    return np.diag(rng.random(6)), []\n"
    V, jumps = perturbation_of(source, n=1).operators(np.random.default_rng(1))
    generator = perturbation_of(source, n=1).low_rank(np.random.default_rng(1)).matrix()
    np.testing.assert_allclose(generator, to_real(liouvillian(V, jumps).toarray()), atol=1e-14)


def test_matrices_of_a_perturbation_are_those_of_its_own_call():
    """What it returns may be changed later without changing what was taken."""
    source = f"""{HEAD}
kept = np.zeros((6, 6))
def perturbation(rng, spins):
    kept[0, 0] += 1
    return kept, [kept]
"""
    draw = perturbation_of(source)
    first, _ = draw.operators(np.random.default_rng(1))
    draw.operators(np.random.default_rng(1))
    assert first[0, 0] == 1


def test_one_call_does_not_change_the_parameters_of_the_next():
    source = f"{HEAD}def perturbation(rng, spins, J):\n    J[0] += 1\n"
    source += "    return J[0] * np.eye(6), []\n"
    draw = perturbation_of(source, J=[1.0])
    for _ in range(2):
        V, _ = draw.operators(np.random.default_rng(1))
        assert V[0, 0] == 2


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("return np.eye(6)", "perturbation() must return V and a list of jump operators"),
        ("return rng.random((6, 6)), []", "perturbation(): V must be Hermitian"),
        ("return np.eye(5), []", "perturbation(): V must have shape (6, 6)"),
        ("return np.eye(6), [1]", "perturbation(): jump operators[0] must have shape (6, 6)"),
        ("raise ValueError('rare')", "ValueError: rare"),
    ],
)
def test_a_perturbation_that_cannot_be_is_told(body, problem):
    source = f"{HEAD}def perturbation(rng, spins):\n    {body}\n"
    error = error_of(perturbation_of(source).operators, np.random.default_rng(1))
    assert error.problem.startswith(problem)
    assert not isinstance(error, MissingHereError)


@pytest.mark.parametrize(
    "body",
    [
        "import syncsweep_no_such_package",
        "open('no-such-file')",
        "raise MemoryError",
        "raise SystemExit",
        "raise GeneratorExit",
    ],
)
def test_what_another_machine_may_have_is_told_apart(body):
    source = f"{HEAD}def perturbation(rng, spins):\n    {body}\n"
    error = error_of(perturbation_of(source).operators, np.random.default_rng(1))
    assert isinstance(error, MissingHereError)
    assert error.line == 4


@pytest.mark.parametrize(
    "returned",
    [
        "type('A', (), {'__array__': lambda *_, **__: 1 / 0})(), []",
        "np.eye(6), (1 / 0 for _ in '1')",
    ],
)
def test_what_fails_when_it_is_read_is_told_with_its_line(returned):
    error = error_of(returning, returned)
    told = "model(): the returned value cannot be read: ZeroDivisionError: division by zero"
    assert (error.problem, error.line) == (told, 4)


def test_an_interrupt_is_none_of_the_code_s_errors():
    with pytest.raises(KeyboardInterrupt):
        perturbation_of("def perturbation(rng, spins):\n    raise KeyboardInterrupt").operators(
            np.random.default_rng(1)
        )


def test_where_the_code_goes_nobody_follows(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    head = f"import os\nos.chdir('/')\n{HEAD}"
    body = "os.chdir('/')\n    return np.eye(6), [np.eye(6, k=1)]"
    draw = perturbation_of(f"{head}def perturbation(rng, spins):\n    {body}\n")
    assert Path.cwd() == tmp_path
    draw.operators(np.random.default_rng(1))
    assert Path.cwd() == tmp_path
