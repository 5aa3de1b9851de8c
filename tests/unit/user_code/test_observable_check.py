"""What is found out about observables of the user's own before the first job."""

from pathlib import Path

import numpy as np
import pytest
from own_study import TEXT, configured

from syncsweep.config.configuration import parse
from syncsweep.config.messages import ConfigError
from syncsweep.user_code import process
from syncsweep.user_code.check import check_code
from syncsweep.user_code.trial_states import trial_states

HEAD = "# a comment\nimport os\nimport numpy as np\n\n"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """The working folder, with the file of the model in it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(TEXT, encoding="utf-8")


def configuration(text, model=None, **more):
    Path("own.py").write_text(HEAD + text, encoding="utf-8")
    own = {"file": "own.py", "function": "squeezing", "returns": ["xi"]} | more
    data = configured("observables", ["purity", own])
    if model:
        data["studies"]["mine"]["model"] = model
    return parse(data)


def defined(returned, arguments="rho, spins", before="pass"):
    return f"def squeezing({arguments}):\n    {before}\n    return {returned}\n"


def message(text, check=check_code, **more):
    with pytest.raises(ConfigError) as caught:
        check(configuration(text, **more), "mine")
    said = str(caught.value)
    assert said.isprintable()
    return said


def test_an_observable_that_can_serve_gives_no_note():
    config = configuration(
        defined('{"xi": rho[0, 0].real * a}', "rho, spins, a"), parameters={"a": 2}
    )
    assert process.check(config, "mine") == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x = 1\n", ("must define a function squeezing(rho, spins)",)),
        (defined('{"xi": 1.0}', "rho"), ("must accept rho, spins", "too many")),
        (defined('{"xi": 1.0}', "rho, spins, a"), ("must accept rho, spins", "'a'")),
        (defined('{"xi": rho[0, 1]}'), ("xi must be a real number", ".real", "trial state")),
        (defined('{"xi": np.nan}'), ("xi must be finite", "nan", "trial state")),
        (defined('{"eta": 1.0}'), ('must return {"xi": …}', "eta")),
        (defined('{"xi": unknown}'), ("own.py, line 7: NameError", "trial state")),
        (defined('{"xi": 1.0}', before="import nothing"), ("own.py, line 6: ModuleNotFound",)),
        ("import mine\n" + defined('{"xi": 1.0}'), ("own.py, line 5: ModuleNotFoundError",)),
        ("def squeezing(rho:\n", ("own.py, line 5: SyntaxError",)),
        (
            "calls = []\n" + defined('{"xi": 1.0 * len(calls)}', before="calls.append(1)"),
            ("squeezing() returns different numbers for the same state",),
        ),
        (
            defined('{"xi": np.random.random()}'),
            ("squeezing() returns different numbers for the same state",),
        ),
    ],
)
def test_a_mistake_is_one_line_with_file_and_line(text, words):
    said = message(text)
    assert said.startswith("studies.mine: own.py")
    assert [word for word in words if word not in said] == []


def test_an_observable_that_another_process_computes_otherwise_is_refused():
    said = message(defined('{"xi": 1.0 * os.getpid()}'), process.check)
    assert said.startswith("studies.mine: own.py: squeezing() returns different numbers in another")


def test_one_that_keeps_something_between_states_is_refused():
    # Of the same state it gives the same, so one process alone cannot show it.
    text = "first = []\n" + defined('{"xi": first[0]}', before="first.append(rho[0, 0].real)")
    assert "different numbers in another process" in message(text, process.check)


def test_an_observable_that_ends_its_process_is_named():
    said = message(defined("0", before="os._exit(3)"), process.check)
    assert "own.py: the code ended its process (exit code 3) during the check" in said


def test_numbers_that_differ_by_rounding_are_the_same():
    text = defined('{"xi": 1.0 + 1e-13 * (os.getpid() % 100)}')
    assert process.check(configuration(text), "mine") == []


def test_one_without_a_value_for_the_maximally_mixed_state_gives_a_note():
    returned = '{"xi": 1 / abs(rho[0, 0] - rho[1, 1]).item()}'
    (note,) = check_code(configuration(defined(returned)), "mine")
    assert note.startswith("studies.mine: squeezing() fails for the maximally mixed state")
    assert "ZeroDivisionError" in note
    assert "squeezing_status" in note


def test_one_that_fails_for_one_trial_state_gives_a_note():
    purity = "(abs(rho) ** 2).sum()"
    config = configuration(defined(f'{{"xi": 1.0 if {purity} < 0.17 else float("nan")}}'))
    purities = (np.abs(trial_states(config.physics("mine"), [0, 1])) ** 2).sum(axis=(1, 2))
    assert purities.min() < 0.17 < purities.max()
    (note,) = process.check(config, "mine")
    assert note.startswith(
        "studies.mine: squeezing() fails for a trial state (squeezing(): xi must"
    )


@pytest.mark.parametrize(("n_sites", "n_states"), [(2, 2), (4, 1)])
def test_trial_states_are_states_and_the_same_in_each_call(n_sites, n_states):
    config = configuration(defined('{"xi": 1.0}'), {"name": "spin1_chain", "n_sites": n_sites})
    physics = config.physics("mine")
    states = trial_states(physics, [0.1, 0, 1])
    assert states.shape == (n_states, 3**n_sites, 3**n_sites)
    for rho in states:
        assert np.trace(rho) == pytest.approx(1)
        np.testing.assert_allclose(rho, rho.conj().T, atol=1e-9)
    np.testing.assert_allclose(trial_states(physics, [0.1, 0, 1]), states, atol=1e-12)
    assert check_code(config, "mine") == []


def test_code_that_changed_since_it_was_read_is_not_checked_in_its_place():
    config = configuration(defined('{"xi": 1.0}'))
    Path("own.py").write_text(defined('{"xi": 2.0}'), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"^studies\.mine: its code has just changed"):
        process.check(config, "mine")
