"""Observables of the user's own: which numbers they give, and what happens if they fail."""

import numpy as np
import pytest
from messages import assert_messages
from states import random_state

from syncsweep.config.observables import OwnObservableCode, StateObservable
from syncsweep.config.user_code import code_of
from syncsweep.user_code.code import MissingHereError, OwnCodeError
from syncsweep.user_code.own_observable import OwnObservable
from syncsweep.user_code.study_observables import Observables

SPINS = (1.0, 0.5)
STATES = np.array([random_state(6, seed) for seed in range(4)])
GOOD = np.array([True, True, False, True])
PURITY = StateObservable(name="purity")


def code(body, returns=("xi",), parameters=None):
    source = "import numpy as np\n\ndef xi(rho, spins, **parameters):\n    " + body
    return OwnObservableCode(
        function="xi", source=code_of(source), returns=returns, parameters=parameters or {}
    )


def numbers(body, **options):
    return OwnObservable(code(body, **options), SPINS).numbers(STATES[0])


def values(body, states=STATES, good=GOOD, **options):
    observables = Observables([code(body, **options)], SPINS)
    return observables.values(states, good), observables.problems


def test_numbers_come_from_rho_spins_and_parameters():
    body = (
        'return {"xi": rho[0, 0].real * parameters["scale"], "dim": np.prod(2*np.array(spins)+1)}'
    )
    (found, problems) = values(body, returns=("xi", "dim"), parameters={"scale": 2})
    assert problems == {}
    assert [*found] == ["xi", "dim", "xi_status"]
    assert found["xi_status"].tolist() == ["ok", "ok", "none", "ok"]
    np.testing.assert_array_equal(found["xi"][GOOD], 2 * STATES[GOOD, 0, 0].real)
    assert found["dim"][GOOD].tolist() == [6, 6, 6]
    assert np.isnan(found["xi"][~GOOD]).all()


@pytest.mark.parametrize(
    "number", ["2", "2.0", "np.float32(2)", "np.int8(2)", "np.array(2.0)", "np.longdouble(2)"]
)
def test_real_numbers_of_any_type_are_taken(number):
    assert numbers(f'return {{"xi": {number}}}') == {"xi": 2.0}


#: What the function returns, and what the message must name.
MISTAKES = {
    "1.5": ("xi", "float"),
    "None": ("xi", "NoneType"),
    "{}": ("xi",),
    '{"x": 1.0}': ("xi", "x"),
    '{"xi": 1.0, "more": 2.0}': ("xi", "more"),
    '{"xi": 1 + 2j}': ("xi", "1+2j", ".real"),
    '{"xi": np.complex128(1)}': ("xi", "1+0j", ".real"),
    '{"xi": float("nan")}': ("xi", "finite", "nan"),
    '{"xi": np.inf}': ("xi", "finite", "inf"),
    '{"xi": 1e101}': ("xi", "1e+100", "1e+101"),
    '{"xi": "2"}': ("xi", "str"),
    '{"xi": True}': ("xi", "bool"),
    '{"xi": np.bool_(True)}': ("xi", "bool"),
    '{"xi": None}': ("xi", "NoneType"),
    '{"xi": 10 ** 400}': ("xi", "int"),
    '{"xi": rho}': ("xi", "ndarray", "(6, 6)"),
    '{"xi": [1.0]}': ("xi", "list", "(1,)"),
    '{"xi": [[1.0], 2]}': ("xi", "ValueError"),
    "undefined": ("NameError", "undefined"),
    '{"xi": 1 / 0}': ("ZeroDivisionError",),
    '{"xi": np.linalg.inv(np.zeros((2, 2)))}': ("LinAlgError",),
}


def test_what_is_not_a_real_number_is_refused_in_one_line(snapshot):
    cases = {}
    for returned, facts in MISTAKES.items():
        with pytest.raises(OwnCodeError) as caught:
            numbers(f"return {returned}")
        cases[returned] = str(caught.value), facts
    assert_messages(snapshot, cases)


def test_a_failure_is_of_that_state_and_observable_alone():
    fails = OwnObservable(code("return {'xi': 1 / (rho[0, 0].real > 0.2)}"), SPINS)
    states = STATES.copy()
    states[:, 0, 0] = [0.1, 0.3, 0.3, 0.15]
    assert fails.values(states, GOOD)["xi_status"].tolist() == ["failed", "ok", "none", "failed"]
    body = "x = rho[0, 0].real\n    return {'xi': 1.0 if x > 0.2 else rho[0, round(100 * x)]}"
    both = Observables([code(body), PURITY], SPINS)
    found = both.values(states, GOOD)
    assert found["xi_status"].tolist() == ["failed", "ok", "none", "failed"]
    np.testing.assert_array_equal(found["xi"], [np.nan, 1.0, np.nan, np.nan])
    assert np.isfinite(found["purity"]).tolist() == GOOD.tolist()
    problem = both.problems["xi"]
    assert problem.startswith("IndexError: index 10")
    assert "return" in problem


@pytest.mark.parametrize("damage", ["rho[:] = 0", "rho.resize((1, 1), refcheck=False)"])
def test_a_function_may_write_to_rho_but_changes_it_for_nobody(damage):
    states = STATES.copy()
    observables = Observables([code(f"{damage}\n    return {{'xi': 1.0}}"), PURITY], SPINS)
    found = observables.values(states, GOOD)
    np.testing.assert_array_equal(states, STATES)
    np.testing.assert_allclose(
        found["purity"][GOOD], [np.trace(rho @ rho).real for rho in STATES[GOOD]]
    )


@pytest.mark.parametrize(
    "body",
    ["import no_such_package", "open('no such file')", "raise MemoryError", "raise SystemExit"],
)
def test_what_is_missing_here_fails_no_row(body):
    with pytest.raises(MissingHereError):
        values(body)


def test_a_function_that_does_not_exist_is_named():
    own = OwnObservableCode(function="theta", source="x = 1\n", returns=("t",), parameters={"a": 1})
    with pytest.raises(OwnCodeError, match=r"must define a function theta\(rho, spins, a\)"):
        OwnObservable(own, SPINS).numbers(STATES[0])
