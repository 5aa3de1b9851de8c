"""Observables in the configuration: mistakes, names of columns, and what decides their values."""

import pytest
from messages import assert_messages
from own_study import TEXT, configured
from pydantic import TypeAdapter

from syncsweep.config.configuration import parse
from syncsweep.config.messages import ConfigError
from syncsweep.config.observables import ObservableCode
from syncsweep.sample import rows
from syncsweep.tables import dataset, samples_table, summary

OWN = {"file": "own.py", "function": "squeezing", "returns": ["xi"]}
CODE = "def squeezing(rho, spins):\n    return {'xi': 1.0}\n"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """The working folder, with the files of the study in it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(TEXT, encoding="utf-8")
    (tmp_path / "own.py").write_text(CODE, encoding="utf-8")
    return tmp_path


def config(*observables, spins=(1, 0.5, 0.5), bins=None):
    data = configured("observables", list(observables))
    data["studies"]["mine"]["analysis"]["observable_bins"] = bins
    data["studies"]["mine"]["model"]["spins"] = list(spins)
    return parse(data)


def codes(*observables, **options):
    return config(*observables, **options).observables("mine")


def columns(*observables, **options):
    return [name for code in codes(*observables, **options) for name in code.columns]


def message(*observables, **options):
    with pytest.raises(ConfigError) as error:
        config(*observables, **options)
    return str(error.value).replace("studies.mine", "", 1)


def groups(*sites):
    return {"name": "negativity", "sites": list(sites)}


def expectation(operator, **more):
    return {"name": "expectation", "operator": operator, **more}


def test_names_of_columns():
    assert parse(configured()).observables("mine") == ()
    assert columns("purity", {"name": "l1_coherence"}) == ["purity", "l1_coherence"]
    assert columns(groups([3, 2], [1])) == columns(groups([1], [2, 3])) == ["negativity_1_23"]
    assert columns(expectation("sx2")) == ["sx2_1", "sx2_2", "sx2_3"]
    assert columns(expectation("sigma_x", sites=[3, 2])) == ["sigma_x_2", "sigma_x_3"]
    (own,) = codes(OWN | {"returns": ["xi", "angle_of_xi"]})
    assert (own.columns, own.status) == (("xi", "angle_of_xi"), "squeezing_status")


def test_codes_come_back_from_their_description():
    made = codes("purity", groups([1], [2, 3]), expectation("sx"), OWN | {"parameters": {"a": 1.5}})
    adapter = TypeAdapter(tuple[ObservableCode, ...])
    assert adapter.validate_json(adapter.dump_json(made)) == made


def test_an_expectation_value_is_decided_by_its_own_site_alone():
    assert codes(expectation("sz", sites=[2]))[0] in codes(expectation("sz"))


def test_code_of_an_own_observable_decides_and_not_its_file_or_comments(folder):
    (code,) = codes(OWN)
    assert code.source == CODE
    (folder / "other.py").write_text("# a comment\n\n" + CODE, encoding="utf-8")
    assert codes(OWN | {"file": "other.py"}) == (code,)
    (folder / "other.py").write_text(CODE.replace("1.0", "2.0"), encoding="utf-8")
    assert codes(OWN | {"file": "other.py"}) != (code,)


def test_observables_do_not_change_the_physics():
    plain = config()
    assert config("purity", OWN).physics("mine") == plain.physics("mine")
    assert not plain.studies["mine"].own_files.keys() ^ {"model"}


FACTS = {
    "unknown": ("purty", "observables.0.name", "'purty'", "purity", "'purity'", "negativity"),
    "no name": ({"sites": [1]}, "observables.0.name", "purity", "expectation"),
    "number": (5, "observables.0", "5", "key: value"),
    "sites of the whole": ({"name": "purity", "sites": [1]}, "observables.0.sites", "name"),
    "no sites": ({"name": "negativity"}, "observables.0.sites", "two groups", "[[1], [2, 3]]"),
    "one group": (groups([1]), "observables.0.sites", "[[1]]", "2"),
    "three groups": (groups([1], [2], [3]), "observables.0.sites", "2", "3"),
    "overlap": (groups([1, 2], [2, 3]), "observables.0.sites", "[[1, 2], [2, 3]]", "2 twice"),
    "repeated": (groups([1], [2, 2]), "observables.0.sites.1", "[2, 2]", "2 twice"),
    "empty": (groups([1], []), "observables.0.sites.1", "[]", "1"),
    "no list": (groups([1], 2), "observables.0.sites.1", "2", "list"),
    "site 0": (groups([0], [1]), "observables.0.sites.0.0", "0", "1"),
    "site 1.5": (groups([1.5], [1]), "observables.0.sites.0.0", "1.5", "integer"),
    "site 4": (groups([1], [4]), "observables.0.sites", "site 4", "3 spins"),
    "expectation of 4": (expectation("sx", sites=[4]), "observables.0.sites", "site 4", "3 spins"),
    "operator": (expectation("sq"), "observables.0.operator", "'sq'", "sx", "sigma_z"),
    "no operator": ({"name": "expectation"}, "observables.0.operator", "S^x"),
    "Pauli matrix": (expectation("sigma_y"), "observables.0.operator", "sigma_y", "site 1", "sy"),
    "no file": ({"function": "f", "returns": ["f"]}, "observables.0.file", "Python file"),
    "missing file": (OWN | {"file": "no.py"}, "observables.0.file", "no.py", "No such file"),
    "no function": ({"file": "own.py", "returns": ["x"]}, "observables.0.function", "name"),
    "function": (OWN | {"function": "a.b"}, "observables.0.function", "'a.b'", "identifier"),
    "nothing": (OWN | {"returns": []}, "observables.0.returns", "[]", "1"),
    "no name of a column": (OWN | {"returns": ["a b"]}, "observables.0.returns.0", "'a b'"),
    "keyword": (OWN | {"returns": ["if"]}, "observables.0.returns.0", "'if'", "identifier"),
    "letters": (OWN | {"returns": ["ξ"]}, "observables.0.returns.0", "'ξ'", "identifier"),
    "twice": (OWN | {"returns": ["x", "x"]}, "observables.0.returns", "x twice"),
    "column": (OWN | {"returns": ["s_max"]}, "observables.0.returns.0", "'s_max'"),
    "parameter": (OWN | {"parameters": {"rho": 1}}, "observables.0.parameters", "rho"),
    "key": (OWN | {"sites": [1]}, "observables.0.sites", "function", "returns", "file"),
}


def test_a_mistake_is_one_line_that_names_the_key(snapshot):
    cases = {name: (message(given), facts) for name, (given, *facts) in FACTS.items()}
    cases["same twice"] = message("purity", "purity"), ("observables.1", "purity", "observables.0")
    cases["same site"] = (
        message(expectation("sx", sites=[2]), expectation("sx")),
        ("observables.1", "sx_2", "observables.0"),
    )
    cases["same status"] = (
        message(OWN, OWN | {"returns": ["other"]}),
        ("observables.1", "squeezing_status", "observables.0"),
    )
    cases["letters alone"] = (
        message(OWN | {"returns": ["xi", "Xi"]}),
        ("observables.0", "Xi"),
    )
    bins = {"low": 0, "high": 1, "count": 4}
    for name, given, *facts in (
        ("bins of none", {}, "analysis.observable_bins", "{}", "1"),
        ("bins of another", {"sx_4": bins}, "analysis.observable_bins", "'sx_4'", "purity", "xi"),
        (
            "bins of a status",
            {"squeezing_status": bins},
            "analysis.observable_bins",
            "'squeezing_status'",
            "purity",
            "xi",
        ),
        ("bins that descend", {"xi": bins | {"low": 1}}, "analysis.observable_bins.xi", "1"),
        ("bins too narrow", {"xi": bins | {"low": 1 - 1e-15}}, "analysis.observable_bins.xi", "4"),
    ):
        said = message("purity", OWN, bins=given)
        cases[name] = said, facts
    assert_messages(snapshot, cases)


def test_a_column_is_not_named_as_an_axis():
    data = configured("observables", [OWN])
    data["studies"]["mine"]["axes"] = {"model.parameters.Xi": {"values": [1, 2]}}
    with pytest.raises(ConfigError, match=r"observables\.0 has the column 'xi', which an axis has"):
        parse(data)


@pytest.mark.parametrize(
    "name",
    [
        *(column.name for column in (*rows.COLUMNS, *samples_table.COLUMNS, *dataset._COLUMNS)),
        *("purity", "sx2_1", "negativity_1_23", "P3", "Angle_2", "frequency"),
    ],
)
def test_own_columns_are_not_named_as_others(name):
    name = name.format(a=2, j=1)
    assert f"'{name}' is refused" in message(OWN | {"returns": [name]})


def test_means_of_own_columns_are_not_named_as_others():
    known = {column.name.format(a=2) for column in summary.COLUMNS["summary"]}
    stems = {name.removesuffix(ending) for name in known for ending in ("_mean", "_se")}
    for stem in stems:
        if {f"{stem}_mean", f"{stem}_se"} & known:
            assert "is refused" in message(OWN | {"returns": [stem]})
