"""Models and ensembles of the user's own in the configuration: mistakes, code and identity."""

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from messages import assert_messages
from own_study import TEXT, configured

from syncsweep.config.configuration import parse
from syncsweep.config.messages import ConfigError
from syncsweep.config.physics import Ensemble, Physics
from syncsweep.config.user_code import NoCodeError, code_lines, code_of, dimension, read_text


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """The working folder, with the file of the study in it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(TEXT, encoding="utf-8")
    return tmp_path


def message(data):
    with pytest.raises(ConfigError) as error:
        parse(data)
    text = str(error.value)
    assert text.isprintable()
    assert len(text) <= 300
    return text


def physics(path="", value=None, **options):
    return parse(configured(path, value, **options)).physics("mine")


def test_a_study_of_a_model_of_ones_own():
    config = parse(configured())
    study = config.studies["mine"]
    assert (study.dim, study.model.n_sites, study.model.spins) == (6, 2, (1.0, 0.5))
    assert study.own_files == {"model": "mine.py"}
    assert isinstance(study.ensemble, Ensemble)
    decides = config.physics("mine")
    assert decides.is_own
    assert decides.dim == 6
    assert decides.model.source == code_of(TEXT)
    assert config.text_of("mine.py") == TEXT


def test_an_ensemble_of_ones_own_with_a_model_of_the_package():
    config = parse(configured("model", {"name": "spin_half_pair"}, own_ensemble=True))
    assert config.studies["mine"].own_files == {"ensemble": "mine.py"}
    assert not config.studies["mine"].full_rank
    decides = config.physics("mine")
    assert decides.is_own
    assert decides.ensemble.model_dump() == {"source": code_of(TEXT), "parameters": {}}


def test_physics_of_the_package_is_not_ones_own():
    assert not physics("model", {"name": "spin_half_pair"}).is_own


@pytest.mark.parametrize("own_ensemble", [True, False])
def test_physics_comes_back_from_its_description(own_ensemble):
    decides = physics("model.parameters", {"omega": 2, "gamma": 0.1}, own_ensemble=own_ensemble)
    again = Physics.model_validate_json(decides.model_dump_json())
    assert again == decides
    assert again.digest == decides.digest


#: What a parameter may be.
ALLOWED = ("number", "text", "true", "false", "null", "list")

#: Path, value, and what the message must name: the key, what was given, what is allowed.
MISTAKES = [
    ("model.spins", [1], "model.spins", "one spin", "measure: absolute"),
    ("model.spins", [], "model.spins", "[]", "1", "6"),
    ("model.spins", [0.5] * 7, "model.spins", "[0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5]", "1", "6"),
    ("model.spins", 1, "model.spins", "1", "1", "6"),
    ("measure", "both", "measure", "'both'", "relative, absolute"),
    *(
        ("model.spins", [1, wrong], "model.spins", "half-integers", "holds " + named)
        for wrong, named in [
            (0.3, "0.3"),
            (-1, "-1"),
            (0, "0"),
            (True, "True"),
            ("1/0", "'1/0'"),
            (float("nan"), "nan"),
            ("1e999999999", "'1e999999999'"),
            ("x", "'x'"),
            (None, "None"),
        ]
    ),
    ("model.spins", [1, 10**400], "model.spins", "half-integers"),
    ("model.spins", [1, 1, 1, 1, 1, 1.5], "model.spins", "[1, 1, 1, 1, 1, 1.5]", "D = 729", "972"),
    ("model.file", "mine.txt", "model.file", "'mine.txt'", "Python file"),
    ("model.file", 3, "model.file", "3", "Python file"),
    ("model.file", "~/no.py", "model.file", "/no.py", "No such file"),
    ("model.file", "$NOT_SET/mine.py", "model.file", "'$NOT_SET/mine.py'", "NOT_SET"),
    ("model.file", "no.py", "model.file", "no.py", "No such file"),
    ("model.parameters", [1], "model.parameters", "[1]", "name: value"),
    ("model.parameters", {"a-b": 1}, "model.parameters", "'a-b'", "Python"),
    ("model.parameters", {"lambda": 1}, "model.parameters", "'lambda'", "Python"),
    ("model.parameters", {1: 1}, "model.parameters", "1", "Python"),
    ("model.parameters", {"spins": 1}, "model.parameters", "spins", "leave it out"),
    ("model.parameters", {"rng": 1}, "model.parameters", "rng", "leave it out"),
    *(
        ("model.parameters", {"J": wrong}, "model.parameters", "J", *ALLOWED)
        for wrong in [float("nan"), 10**101, {"a": 1}, [[[[[1]]]]], "\ud800", "x" * 1001]
    ),
    ("model.parameters", {"J": [0] * 10_001}, "model.parameters", "10000"),
    ("model.parameter", {}, "model.parameter", "'parameters'"),
    ("model", {"name": "own"}, "model.file", "Python file"),
    ("model", {"name": "own", "file": "mine.py"}, "model.spins", "S of each spin"),
    ("model", {"name": "owm"}, "model.name", "'owm'", "own", "'own'"),
    ("ensemble", {"file": "no.py"}, "ensemble.file", "no.py", "No such file"),
    ("ensemble", {"file": 3}, "ensemble.file", "3", "Python file"),
    ("ensemble", {"file": "mine.py", "rank": 3}, "ensemble.rank", "file, parameters"),
    ("ensemble", {"file": "mine.py", "parameter": 3}, "ensemble.parameter", "'parameters'"),
    ("ensemble", {"zeta_doh": 1}, "ensemble.zeta_doh", "'zeta_coh'"),
    ("ensemble", {"zeta_coh": 0, "zeta_diss": 0}, "ensemble", "zeta_coh", "zeta_diss", "0"),
    ("ensemble", 5, "ensemble", "5", "key: value"),
    ("ensemble", [], "ensemble", "[]", "key: value"),
    ("ensemble", {"rank": 36}, "ensemble.rank", "D²−1 = 35", "36"),
    ("analysis.limit_draws", 1000, "analysis.limit_draws", "leave it out", "η = 0"),
]


def test_a_mistake_is_one_line_that_names_the_key(snapshot, monkeypatch):
    monkeypatch.setenv("HOME", "/home/me")
    cases = {}
    for path, value, *facts in MISTAKES:
        said = message(configured(path, value))
        assert said.count("studies.mine") == 1
        cases[f"{path}: {value!r}"[:90]] = said.replace("studies.mine", "", 1), facts
    assert_messages(snapshot, cases)


def test_law_of_the_limit_is_refused_for_an_ensemble_of_ones_own_too():
    data = configured("model", {"name": "spin_half_pair"}, own_ensemble=True)
    data["studies"]["mine"]["analysis"]["limit_draws"] = 1000
    assert "leave it out" in message(data)


@pytest.mark.parametrize(
    ("given", "spins"),
    [
        ([1, 0.5], (1.0, 0.5)),
        (["1/2", "3/2"], (0.5, 1.5)),
        (["1", "0.5"], (1.0, 0.5)),
        ((2, 2), (2.0, 2.0)),
        ([1] * 6, (1.0,) * 6),
        ([0.5] * 6, (0.5,) * 6),
        ([4, 4], (4.0, 4.0)),
        (["363/2", "1/2"], (181.5, 0.5)),
    ],
)
def test_spins_that_are_understood(given, spins):
    config = parse(configured("model.spins", given, own_ensemble=True))
    assert config.studies["mine"].model.spins == spins
    assert config.studies["mine"].dim == dimension(spins) <= 729


def test_one_spin_has_an_angle_of_its_own():
    data = configured("model.spins", [1])
    data["studies"]["mine"] |= {"measure": "absolute"}
    config = parse(data)
    data["studies"]["mine"] |= {"ensemble": {"kind": "bonds"}}
    assert "ensemble.kind: bonds needs two spins" in message(data)
    assert config.studies["mine"].model.n_sites == config.physics("mine").n_angles == 1


def test_parameters_are_handed_on_as_they_are():
    given = {"J": 1, "K": 1.0, "name": "x", "on": True, "off": None, "matrix": [[1, 2], [3, 4.5]]}
    kept = parse(configured("model.parameters", given)).studies["mine"].model.parameters
    assert kept == given
    assert [type(value) for value in kept.values()] == [int, float, str, bool, type(None), list]


def test_numbers_that_yaml_takes_for_text_are_numbers():
    given = {"a": "1e-3", "b": ["-2.5E+4"], "c": "e3", "d": "1e-3s"}
    kept = parse(configured("model.parameters", given)).studies["mine"].model.parameters
    assert kept == {"a": 1e-3, "b": [-2.5e4], "c": "e3", "d": "1e-3s"}


@pytest.mark.parametrize("nothing", [None, {}, "null"])
def test_parameters_may_be_empty(nothing):
    assert parse(configured("model.parameters", nothing)).studies["mine"].model.parameters == {}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xff\xfe", "not UTF-8 text"),
        (b"#" * 100_001, "larger than 100000 bytes"),
        (None, "Is a directory"),
    ],
)
def test_file_that_is_no_text_is_refused(folder, content, words):
    (folder / "mine.py").unlink()
    if content is None:
        (folder / "mine.py").mkdir()
    else:
        (folder / "mine.py").write_bytes(content)
    text = message(configured())
    assert text.startswith("config: studies.mine.model.file: mine.py cannot be read")
    assert words in text


def test_text_has_plain_ends_of_lines_and_no_mark_of_its_encoding(tmp_path):
    (tmp_path / "windows.py").write_bytes(b"\xef\xbb\xbfa = 1\r\nb = 2\r\n")
    assert read_text(tmp_path / "windows.py") == "a = 1\nb = 2\n"
    with pytest.raises(NoCodeError, match="No such file"):
        read_text(tmp_path / "none.py")


COMMENTED = '''#!/usr/bin/env python
# A comment.


"""A text with # and

blank lines   
"""
x = 1   # one


def f(a,  # first

      b):
    # inside
    text = f"""{a} #

    {b}"""
    if a:

        return "# no comment", \\
            b
    return text  \t
# the end'''

BARE = '''"""A text with # and

blank lines   
"""
x = 1
def f(a,
      b):
    text = f"""{a} #

    {b}"""
    if a:
        return "# no comment", \\
            b
    return text
'''


def test_comments_and_blank_lines_are_no_code():
    assert code_of(COMMENTED) == code_of(BARE) == BARE
    numbers = [1 + COMMENTED.split("\n").index(line) for line in ("x = 1   # one", "    if a:")]
    lines = code_lines(COMMENTED)
    assert [lines[number] for number in numbers] == ["x = 1", "    if a:"]


@pytest.mark.parametrize(
    "text",
    [
        "x = 1 \\\n\ny = 2\n",
        "if True:\n    pass\n    # end\n",
        "",
        "\n\n",
        "# only\n",
        "x = (1 +  # a\n\n     2)\n",
        "s = '''\n\n# kept\n   '''\n",
        "s = '\\\n# kept'\n",
        "def f():\n\t# tabs\n\treturn 1\n",
        "x = 1\f\n",
    ],
)
def test_what_is_left_means_the_same(text):
    assert ast.dump(ast.parse(code_of(text))) == ast.dump(ast.parse(text))


def test_a_line_that_goes_on_in_a_blank_one_does_not_keep_the_comments():
    assert code_of("x = 1 \\\n\ny = 2  # two\n") == "x = 1 \\\n\ny = 2\n"


@pytest.mark.parametrize("text", ["def f(:\n  # a\n", "x = '''\n", "if x:\n# a\ny\n", "\0", "  x"])
def test_what_is_no_python_is_left_as_it_is(text):
    assert code_of(text) == text + "\n"
    assert list(code_lines(text)) == list(range(1, 2 + text.count("\n")))


@given(
    st.lists(
        st.tuples(
            st.integers(0, len(TEXT.split("\n"))),
            st.sampled_from(["", "   ", "# a comment", "    # another", '# """', "# \\"]),
        ),
        max_size=8,
    )
)
def test_lines_of_comments_and_blanks_anywhere_change_no_code(insertions):
    lines = TEXT.split("\n")
    for place, line in insertions:
        lines.insert(place, line)
    assert code_of("\n".join(lines)) == code_of(TEXT)


def test_a_comment_does_not_change_the_physics(folder):
    digest = physics(own_ensemble=True).digest
    (folder / "mine.py").write_text("# new\n" + TEXT.replace("\n\n", "\n# and\n\n\n"))
    assert physics(own_ensemble=True).digest == digest


def test_the_name_of_the_file_does_not_change_the_physics(folder):
    digest = physics().digest
    (folder / "other.py").write_text(TEXT)
    assert physics("model.file", "other.py").digest == digest


@pytest.mark.parametrize("own_ensemble", [True, False])
def test_code_anywhere_in_the_file_changes_the_physics(folder, own_ensemble):
    digest = physics(own_ensemble=own_ensemble).digest
    (folder / "mine.py").write_text(TEXT.replace("strength *", "2 * strength *"))
    assert physics(own_ensemble=own_ensemble).digest != digest
    (folder / "mine.py").write_text(TEXT.replace("A spin 1 and", "One spin 1 and"))
    assert physics(own_ensemble=own_ensemble).digest != digest


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("model.spins", [0.5, 1]),
        ("model.spins", [1, 0.5, 0.5]),
        ("model.parameters", {"omega": 2}),
        ("model.parameters", {"omega": 1}),
        ("ensemble", {"file": "mine.py", "parameters": {"strength": 2}}),
        ("ensemble", {"zeta_coh": 2}),
    ],
    ids=str,
)
def test_spins_and_parameters_change_the_physics(path, value):
    assert physics(path, value).digest not in (
        physics().digest,
        physics(own_ensemble=True).digest,
    )


@pytest.mark.parametrize(
    ("path", "value"), [("samples", 9), ("eta_blocks", [{"values": [3]}]), ("chunk_size", 2)]
)
def test_what_does_not_change_a_row_does_not_change_the_physics(path, value):
    assert physics(path, value).digest == physics().digest


def test_physics_hash_of_a_model_of_ones_own_never_changes():
    """Results that exist would be solved again: see RESULTS_VERSION."""
    model = {"name": "own", "source": "x\n", "spins": [1, 0.5], "parameters": {"J": 0.5}}
    ensemble = {"source": "x\n", "parameters": {}}
    fields = {"root_seed": 1, "results_version": 1}
    digests = [
        Physics.model_validate({"model": model, "ensemble": chosen, **fields}).digest
        for chosen in ({}, ensemble)
    ]
    assert digests == ["3f41ca00c549", "5ddc48cd879e"]
