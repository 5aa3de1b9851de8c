"""What is found out about code of the user's own before the first job."""

import re
from pathlib import Path

import numpy as np
import pytest
import yaml
from own_study import TEXT, configured

from syncsweep.config.configuration import parse
from syncsweep.physics.block_generator import count_entries
from syncsweep.physics.random_streams import Purpose, stream
from syncsweep.sample.sample_solver import SampleSolver
from syncsweep.user_code.check import check_code
from syncsweep.user_code.code import OwnCodeError

ROOT = Path(__file__).parents[3]
HEAD = "import numpy as np\nfrom syncsweep.physics.spins import *\n"
MODEL = HEAD + "def model(spins):\n    return {}\n"
PERTURBATION = HEAD + "def perturbation(rng, spins):\n    return {}\n"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(TEXT, encoding="utf-8")
    return tmp_path


def notes(path="", value=None, **options):
    return check_code(parse(configured(path, value, **options)), "mine")


def message(path="", value=None, **options):
    with pytest.raises(OwnCodeError) as error:
        notes(path, value, **options)
    text = str(error.value)
    assert text.isprintable()
    assert text.startswith("studies.mine: ")
    return text


def with_ensemble(folder, text, **study):
    """The configuration of an ensemble in a file of its own, of the model in mine.py."""
    (folder / "random.py").write_text(text, encoding="utf-8")
    data = configured("ensemble", {"file": "random.py"})
    data["studies"]["mine"].update({"samples": 1000} | study)
    return parse(data)


def ensemble_notes(folder, text, **study):
    return check_code(with_ensemble(folder, text, **study), "mine")


def ensemble_message(folder, text, **study):
    config = with_ensemble(folder, text, **study)
    with pytest.raises(OwnCodeError) as error:
        check_code(config, "mine")
    assert str(error.value).isprintable()
    return str(error.value)


def s_max_at_limit():
    return SampleSolver(parse(configured()).physics("mine"), (0.0,)).rows(0).s_max[0]


@pytest.mark.parametrize("own_ensemble", [True, False])
def test_a_study_that_can_be_swept_gives_no_note(own_ensemble):
    assert notes(own_ensemble=own_ensemble) == []
    assert s_max_at_limit() > 1e-3


def test_a_model_that_oscillates_but_does_not_lock_is_swept_with_a_note(folder):
    # It damps what turns no more: states of equal magnetization differ in the first spin's |m|.
    (folder / "mine.py").write_text(TEXT.replace("(z[0] + np.eye(len(z[0])))", "z[0]"))
    (note,) = notes()
    assert note.startswith("studies.mine: no perturbation locks the spins in the limit η → 0⁺")
    assert s_max_at_limit() < 1e-12


@pytest.mark.parametrize("field", [1e8, 1e9, 1e10])
@pytest.mark.parametrize("study", ["mixed_pair", "mixed_pair_local"])
def test_a_field_far_above_all_rates_can_be_swept(monkeypatch, study, field):
    monkeypatch.chdir(ROOT)
    data = yaml.safe_load((ROOT / "examples/mixed_pair.yaml").read_text(encoding="utf-8"))
    data["studies"][study]["model"]["parameters"]["B"] = field
    assert check_code(parse(data), study) == []


def test_an_ensemble_of_ones_own_goes_with_a_model_of_the_package():
    assert notes("model", {"name": "spin1_chain", "n_sites": 2}, own_ensemble=True) == []


def test_lines_are_those_of_the_file_with_its_comments(folder):
    text = "# A comment\n\n\n" + TEXT.replace("return omega", "# one more\n\n    return undefined")
    (folder / "mine.py").write_text(text)
    number = 1 + text.split("\n").index(
        "    return undefined * sum(z), [np.sqrt(gamma) * z[0] @ (z[0] + np.eye(len(z[0])))]"
    )
    assert message() == (
        f"studies.mine: mine.py, line {number}: NameError: name 'undefined' is not defined"
    )


def test_lines_of_what_is_no_python(folder):
    (folder / "mine.py").write_text("# one\n\nx = 1\ndef model(spins:\n    pass\n")
    assert message().startswith("studies.mine: mine.py, line 4: SyntaxError: ")


@pytest.mark.parametrize(
    ("returned", "told"),
    [
        ("np.diag(np.arange(6.)), [np.eye(6, k=1), np.eye(6, k=-1)]", r"-\d.* is the least damped"),
        ("np.zeros((6, 6)), [np.diag(np.arange(6.))]", "and no other coherences"),
        ("np.eye(6), []", "and no other coherences"),
    ],
)
def test_a_model_whose_coherences_do_not_oscillate_is_refused(folder, returned, told):
    (folder / "mine.py").write_text(MODEL.format(returned))
    text = message()
    assert "no coherence oscillates undamped" in text
    assert re.search(told, text), text


def test_the_least_damped_coherence_is_named(folder):
    # |0⟩⟨1| of one spin, which a rate of 0.02 dephases: λ = −0.01 + 1i.
    source = "np.kron(np.diag([.5, -.5]), np.eye(2)), "
    source += "[np.sqrt(0.02) * np.kron(np.diag([1, 0]), np.eye(2)), np.kron(np.eye(2), sx(0.5))]"
    (folder / "mine.py").write_text(MODEL.format(source))
    assert "λ = -0.01 + 1i is the least damped" in message("model.spins", [0.5, 0.5])


def test_a_random_model_is_refused(folder):
    (folder / "mine.py").write_text(MODEL.format("np.diag(np.random.rand(6)), []"))
    assert "model() returns different operators each time" in message()


UNCHANGED = "np.diag(np.arange(6.)), [np.eye(6, k=1), np.eye(6, k=-1)]"


@pytest.mark.parametrize(
    ("returned", "samples", "words"),
    [
        ("np.eye(5), []", 1000, "random.py: perturbation(): V must have shape (6, 6)"),
        ("np.diag(np.random.rand(6)), []", 1000, "returns different operators for the same rng"),
        (
            "calls.append(1) or np.diag(rng.random(6)), [len(calls) * np.eye(6, k=1)]",
            1000,
            "returns different operators for the same rng",
        ),
        (
            UNCHANGED,
            1000,
            "returns the same operators for every sample; draw from rng, or set samples: 1",
        ),
        ("np.zeros((6, 6)), []", 1, "perturbs nothing"),
        ("rng.random() * np.eye(6), [np.eye(6)]", 1, "perturbs nothing"),
        (
            "np.diag(rng.random(6)), []",
            4,
            "leaves several steady states in 4 of 4 trial draws, even at η = 1",
        ),
    ],
)
def test_an_ensemble_that_cannot_be_swept_is_refused(folder, returned, samples, words):
    source = PERTURBATION.format(returned) + "\ncalls = []\n"
    text = ensemble_message(folder, source, samples=samples)
    assert text.startswith("studies.mine: random.py: ") and words in text


def test_one_sample_need_not_be_random(folder):
    assert ensemble_notes(folder, PERTURBATION.format(UNCHANGED), samples=1) == []


def test_an_ensemble_may_have_few_values(folder):
    """Samples that happen to be equal do not make it one that is not random."""
    source = PERTURBATION.format(
        "np.eye(6, k=1) + np.eye(6, k=-1), [rng.integers(2) * np.eye(6, k=1)]"
    )
    assert ensemble_notes(folder, source) == []


RARE = "np.diag(np.arange(6.)) * (1 + ({})), [np.eye(6, k=1), np.eye(6, k=-1)]"


@pytest.mark.parametrize("drawn", ["rng.random() < 0.02", "rng.spawn(1)[0].random() < 0.001"])
def test_an_ensemble_may_differ_in_one_sample_of_fifty(folder, drawn):
    (note,) = ensemble_notes(folder, PERTURBATION.format(RARE.format(drawn)))
    assert "the same operators for the first 16 samples" in note
    assert note.startswith("studies.mine: perturbation() draws from rng")


@pytest.mark.parametrize("share", [0.5, 0.1])
def test_an_ensemble_may_keep_the_symmetry_in_some_samples(folder, share):
    """A note says how many of how many draws, and the sweep continues."""
    breaks = "(rng.random() < {}) * np.array([np.eye(6, k=1), np.eye(6, k=-1)])"
    source = PERTURBATION.format(f"np.diag(np.arange(6.)), {breaks}")
    (note,) = ensemble_notes(folder, source.format(share))
    kept = [stream(7, k, Purpose.PERTURBATION).random() >= share for k in range(16)]
    assert 0 < sum(kept) < 16 and any(kept[:3]) and all(kept[:3]) == (share < 0.5)
    assert f"several steady states in {sum(kept)} of 16 trial draws, even at η = 1" in note
    solved = SampleSolver(
        parse(configured("ensemble", {"file": "random.py"})).physics("mine"), (1,)
    )
    assert [solved.rows(k).status[0] == "degenerate" for k in range(16)] == kept


def test_an_ensemble_may_perturb_nothing_in_some_samples(folder):
    source = f"""{HEAD}
def perturbation(rng, spins):
    some, m = rng.random() < 0.3, rng.standard_normal((6, 6))
    return some * (m + m.T), [some * m]
"""
    assert stream(7, 0, Purpose.PERTURBATION).random() > 0.3
    (note,) = ensemble_notes(folder, source)
    assert "of 16 trial draws" in note


@pytest.mark.parametrize("sample", [0, 1, 2])
def test_an_error_in_a_trial_draw_says_that_it_is_one(folder, sample):
    source = f"""{HEAD}
calls = []
def perturbation(rng, spins):
    calls.append(1)
    if len(calls) == {(1, 3, 4)[sample]}:
        raise ValueError("unlucky draw")
    m = rng.standard_normal((6, 6))
    return m + m.T, [m]
"""
    assert ensemble_message(folder, source) == (
        "studies.mine: random.py, line 8: ValueError: unlucky draw; this was a trial draw "
        f"(sample {sample}) before the first job, and all trial draws must succeed"
    )


def test_what_a_trial_draw_lacks_is_not_a_matter_of_luck(folder):
    source = PERTURBATION.format("open('no-such-file')")
    assert "trial" not in ensemble_message(folder, source)


def test_an_ensemble_is_judged_at_every_eta_of_the_sweep(folder):
    """At the largest η only its V may be above rounding, and V alone is unitary."""
    random = "1e12 * (m + m.T), [m]"
    source = PERTURBATION.format(random).replace("return", "m = rng.random((6, 6))\n    return")
    etas = [{"values": [1e-6, 1e12]}]
    assert ensemble_notes(folder, source, eta_blocks=etas) == []


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("import package", "imports package"),
        ("import helper", "imports helper"),
        ("import helper.part", "imports helper.part"),
        ("from helper import x", "imports helper"),
        ("from . import helper", "imports ."),
        ("def f():\n    import helper", "imports helper"),
    ],
)
def test_a_file_beside_it_cannot_be_imported(folder, monkeypatch, line, told):
    (folder / "helper.py").write_text("x = 1\n")
    (folder / "package").mkdir()
    (folder / "package" / "__init__.py").write_text("x = 1\n")
    monkeypatch.syspath_prepend(folder)
    (folder / "mine.py").write_text(f"# one\n{line}\n{TEXT}")
    text = message()
    assert f"{told}, a file beside it" in text
    assert re.search(r"mine.py, line [23]:", text)


def test_what_is_not_there_is_said_by_python(folder):
    (folder / "mine.py").write_text(f"import helper_of_mine\n{TEXT}")
    text = message()
    assert (
        "line 1: ModuleNotFoundError: No module named 'helper_of_mine'; your own code is one"
        in text
    )


def test_packages_that_are_installed_can_be_imported(folder):
    (folder / "mine.py").write_text(f"import math\nimport scipy.linalg\nimport qutip\n{TEXT}")
    (folder / "math.py").write_text("")  # is not what `import math` means
    assert notes() == []


def test_a_model_too_large_for_its_eigenvalues_is_swept_with_a_note(monkeypatch):
    monkeypatch.setattr("syncsweep.user_code.check._LARGEST_BLOCK", 0)
    (note,) = notes()
    assert note.startswith("studies.mine: did not check whether coherences oscillate undamped")
    assert "a rank about 1 MB" in note


def test_a_model_of_too_many_entries_is_refused(folder):
    (folder / "mine.py").write_text(MODEL.format("np.diag(np.arange(64.)), [np.ones((64, 64))]"))
    text = message("model.spins", [3.5, 3.5])
    assert "has up to 16,777,216 entries, but the solver handles at most 2,000,000" in text


@pytest.mark.parametrize("seed", range(3))
def test_number_of_entries_is_not_underestimated(seed):
    from syncsweep.physics.models import Model
    from syncsweep.physics.superoperators import liouvillian

    rng = np.random.default_rng(seed)
    m, *jumps = rng.standard_normal((3, 6, 6)) * (rng.random((3, 6, 6)) < 0.3)
    model = Model("own", (1, 0.5), m + m.T, np.array(jumps))
    L0 = liouvillian(model.hamiltonian, model.jump_operators)
    assert np.count_nonzero(L0.toarray()) <= count_entries(model.lindbladian) <= 6**4


def test_four_spins_are_checked(folder):
    """D = 81: the blocks of the magnetization make it cheap."""
    source = "sum(on_each_site(sz, spins)), [z @ z for z in on_each_site(sz, spins)]"
    (folder / "mine.py").write_text(MODEL.format(source))
    assert notes("model.spins", [1, 1, 1, 1]) == []


#: D = 108, for which no matrix (D², D²) is made. Its coherences oscillate as those of the chain.
LARGE = {"name": "own", "file": "mine.py", "spins": [1, 1, 1, 1.5]}
FIELD = "sum(on_each_site(sz, spins))"
DEPHASED = f"""{HEAD}
def model(spins):
    z, plus, minus = (on_each_site(one, spins) for one in (sz, raising, lowering))
    hop = sum(plus[j] @ minus[j + 1] for j in range(len(spins) - 1)) / 2
    return {FIELD} + hop + hop.conj().T, [one @ one for one in z[:-1]]
"""
LOCAL = "rng.random() * on_site(sx(1), 0, spins), on_each_site(raising, spins)"


def test_a_large_model_and_its_ensemble_are_checked(folder):
    (folder / "mine.py").write_text(DEPHASED)
    assert ensemble_notes(folder, PERTURBATION.format(LOCAL), model=LARGE) == []


@pytest.mark.parametrize("jumps", ["[]", "[rng.random() * z for z in on_each_site(sz, spins)]"])
def test_a_large_ensemble_that_leaves_several_steady_states_is_refused(folder, jumps, monkeypatch):
    monkeypatch.setattr("syncsweep.user_code.check._LARGEST_BLOCK", 0)  # they take seconds
    (folder / "mine.py").write_text(DEPHASED)
    text = PERTURBATION.format(f"rng.random() * {FIELD}, {jumps}")
    said = ensemble_message(folder, text, model=LARGE)
    assert "leaves several steady states in 16 of 16 trial draws, in first order in η" in said


@pytest.mark.parametrize(
    ("returned", "told"),
    [
        (f"{FIELD}, []", "D = 108 dimensions cannot be solved: L₀ has .* zero modes"),
        (f"{FIELD} + sum(on_each_site(sx, spins)), on_each_site(sx, spins)", "GiB"),
        (f"{FIELD}, [np.ones((108, 108))]", "entries"),
        ("np.eye(108, k=1), []", "must be Hermitian"),
        ("np.eye(95), []", r"must have shape \(108, 108\)"),
        (f"{FIELD}, [np.eye(95)]", r"must have shape .*\(95, 95\)"),
    ],
)
def test_a_large_model_that_cannot_be_solved_is_refused(folder, returned, told):
    (folder / "mine.py").write_text(MODEL.format(returned))
    assert re.search(told, message("model", LARGE, own_ensemble=True))


def test_a_large_model_with_too_many_entries_to_check_is_swept_with_a_note(folder, monkeypatch):
    (folder / "mine.py").write_text(DEPHASED)
    for limit in ("_MOST_ENTRIES", "_LARGEST_BLOCK"):
        with monkeypatch.context() as patch:
            patch.setattr(f"syncsweep.user_code.check.{limit}", 0)
            (note,) = ensemble_notes(folder, PERTURBATION.format(LOCAL), model=LARGE)
        assert "did not check whether coherences oscillate undamped" in note
        assert "minutes" not in note


LIMIT_CYCLE = """
import numpy as np


def model(spins, gain=1.0, damping=0.1):
    return np.zeros((3, 3)), [gain * np.eye(3)[[0, 2, 0]].T * [0, 0, 1], damping * np.eye(3, k=1).T]


def perturbation(rng, spins):
    return np.diag([1, 1], 1) + np.diag([1, 1], -1), []
"""


def test_one_spin_needs_no_undamped_coherence_where_its_own_phase_is_measured(folder):
    (folder / "mine.py").write_text(LIMIT_CYCLE)
    data = configured("model.spins", [1], own_ensemble=True)
    data["studies"]["mine"] |= {"measure": "absolute", "samples": 1}
    assert check_code(parse(data), "mine") == []
    two = configured("model.spins", [0.5, 0.5], own_ensemble=False)
    (folder / "mine.py").write_text(
        "import numpy as np\ndef model(spins):\n    return np.zeros((4, 4)), [np.eye(4, k=1)]\n"
    )
    with pytest.raises(OwnCodeError, match="no coherence oscillates"):
        check_code(parse(two), "mine")
    two["studies"]["mine"]["measure"] = "absolute"
    assert check_code(parse(two), "mine") == []
