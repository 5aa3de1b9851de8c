"""The library: public names are loaded when they are used, and examples run as they are printed."""

import ast
import doctest
import inspect
import re
import shutil
import subprocess
import sys
import textwrap
from html import unescape
from importlib import import_module
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.collections import QuadMesh
from studies import StudyOnDisk, rows_of

import syncsweep
from syncsweep.physics.phase_distribution import deviation
from syncsweep.tables.summary import make_tables

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "syncsweep" / "__init__.py"


@pytest.fixture
def axes(monkeypatch):
    """An empty figure that nobody waits for."""
    plt.switch_backend("agg")
    monkeypatch.setattr(plt, "show", lambda: None)
    plt.figure()
    yield plt.gca()
    plt.close("all")


@pytest.mark.parametrize("name", syncsweep.__all__)
def test_public_name_is_that_of_its_module_and_is_explained(name):
    (home,) = [module for module, names in syncsweep._HOMES.items() if name in names]
    value = getattr(syncsweep, name)
    assert value is getattr(import_module(f"syncsweep.{home}"), name)
    assert value.__module__ == f"syncsweep.{home}"
    explained = inspect.getdoc(value)
    assert explained and explained != inspect.getdoc(type(value))
    assert name in dir(syncsweep)


LIMIT = ("sectors", "weak_limit", "local_rates", "limit_distribution", "decoupled_limit")


@pytest.mark.parametrize("module", LIMIT)
def test_examples_of_the_limits_modules_run(module):
    done = doctest.testmod(import_module(f"syncsweep.physics.{module}"))
    assert done.attempted and not done.failed


def test_type_checkers_see_the_same_names():
    seen = {}
    for block in ast.parse(SOURCE.read_text(encoding="utf-8")).body:
        if isinstance(block, ast.If) and ast.unparse(block.test) == "TYPE_CHECKING":
            for statement in block.body:
                for alias in statement.names:
                    assert alias.asname == alias.name  # or it would not be exported
                    seen[alias.name] = statement.module.removeprefix("syncsweep.")
    assert seen == {name: home for home, names in syncsweep._HOMES.items() for name in names}
    assert SOURCE.with_name("py.typed").exists()


def test_importing_the_package_and_its_configuration_loads_no_library():
    code = (
        "import sys, syncsweep; from syncsweep import layout; "
        "from syncsweep.config import file, study; "
        "from syncsweep.paper import paper_studies; "
        "print({'numpy', 'scipy', 'pandas', 'matplotlib', 'pyarrow'} & set(sys.modules)); "
        "print(dir(syncsweep)); syncsweep.spin1_chain; print('numpy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded, names, then = done.stdout.splitlines()
    assert loaded == "set()"
    assert set(syncsweep.__all__) <= set(ast.literal_eval(names))
    assert then == "True"


def test_unknown_name_is_no_attribute():
    with pytest.raises(AttributeError, match="module 'syncsweep' has no attribute 'spin2_chain'"):
        _ = syncsweep.spin2_chain
    with pytest.raises(ImportError, match="cannot import name 'spin2_chain'"):
        exec("from syncsweep import spin2_chain", {})


def assert_shows_s_d(axes, names, index):
    """The axes show S_d of one of the steady states of an example."""
    (mesh,) = [shown for shown in axes.collections if isinstance(shown, QuadMesh)]
    corners = np.asarray(mesh.get_coordinates()).reshape(-1, 2)
    frequencies = syncsweep.relative_frequencies(names["model"].spins)
    expected = deviation(names["s_d"][index], frequencies, corners)
    assert np.allclose(mesh.get_array().ravel(), expected, rtol=0, atol=1e-15)
    highest = syncsweep.s_max(names["s_d"], frequencies).s_max[index]
    assert expected.max() == pytest.approx(highest, rel=5e-3)
    assert expected.max() > 1e-8


def test_example_of_the_readme_runs_as_printed(axes):
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"^```python\n(.*?)^```", text, re.S | re.M)
    assert len([line for line in code.splitlines() if line.strip()]) <= 12
    names = {}
    exec(code, names)
    assert_shows_s_d(axes, names, 0)


def test_the_limit_of_eight_spins_is_drawn_as_the_page_on_sizes_says():
    text = (ROOT / "docs" / "sizes.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"^```python\n(.*?)^```", text, re.S | re.M)
    names = {}
    exec(code, names)
    assert names["s_max"] == pytest.approx(9.4e-8, rel=0.03)
    # One maximum of 2⁷ has all spins alike, and the others have two groups.
    np.testing.assert_allclose(names["even"], [1 / 128, 127 / 128])


def test_example_of_the_reference_runs_as_printed(axes):
    code = "\n".join(re.findall(r"^    .*", syncsweep.__doc__, re.M))
    names = {}
    exec(textwrap.dedent(code), names)
    assert_shows_s_d(axes, names, 0)


def public():
    """Public names, and the methods of public classes behind their class: `Model`, …"""
    for name in syncsweep.__all__:
        value = getattr(syncsweep, name)
        yield name, value
        if inspect.isclass(value):
            methods = inspect.getmembers(value, inspect.isfunction)
            yield from ((f"{name}.{m}", f) for m, f in methods if not m.startswith("_"))


def examples_of(name, value):
    """The example in a docstring, as it stands there."""
    return doctest.DocTestParser().get_doctest(inspect.getdoc(value), {}, name, None, None)


def run(example, names):
    """Run an example in a namespace, which it may change; its differences from what it says."""
    said = []
    example.globs = names
    doctest.DocTestRunner().run(example, out=said.append, clear_globs=False)
    return "".join(said)


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A folder with the shipped configuration, and three samples of its pair in results."""
    folder = tmp_path_factory.mktemp("project")
    shutil.copy(ROOT / "config.yaml", folder)
    config = syncsweep.load_config(ROOT / "config.yaml")
    physics, study = config.physics("spin_half_pair"), config.studies["spin_half_pair"]
    rows = {block.etas: rows_of(physics, 3, block.etas) for block in study.eta_blocks}
    on_disk = StudyOnDisk(folder / "results", "spin_half_pair", physics, rows)
    make_tables(on_disk.shards, study.analysis, on_disk.output)
    return folder


@pytest.fixture
def start(axes, project, monkeypatch):
    """What examples continue from, in the folder where they run."""
    monkeypatch.chdir(project)
    names = {}
    assert run(examples_of("syncsweep", syncsweep), names) == ""
    return names


@pytest.mark.parametrize("name", syncsweep.__all__)
def test_examples_of_public_names_and_methods_are_there_and_run(start, name):
    for full_name, value in public():
        if full_name.partition(".")[0] == name:
            example = examples_of(full_name, value)
            assert example.examples, f"{full_name} has no example"
            assert run(example, start) == ""


def test_example_that_is_wrong_is_seen(start):
    def f():
        """>>> 1 + 1
        3
        """

    assert "Expected" in run(examples_of("f", f), start)


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    """The pages of the reference by name."""
    output = tmp_path_factory.mktemp("reference")
    script = ROOT / "scripts" / "write_reference.py"
    done = subprocess.run([sys.executable, script, output], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    return {path.name: path.read_text(encoding="utf-8") for path in output.iterdir()}


def words(text):
    """The words of a text, without quotes and marks of code."""
    return re.sub(r"[`'\"’]", "", text).split()


@pytest.mark.parametrize("name", syncsweep.__all__)
def test_reference_holds_every_word_about_a_public_name(reference, name):
    page = reference["syncsweep.html"]
    section = re.search(rf'<section id="{name}">.*?</section>', page, re.S)
    assert section
    shown = " ".join(words(unescape(re.sub(r"<[^>]*>", "", section[0]))))
    assert " ".join(words(inspect.getdoc(getattr(syncsweep, name)))) in shown


def test_reference_needs_no_network(reference):
    for page in reference.values():
        loaded = re.findall(r"""(?:src|<link[^>]*href)=["']?([^"'> ]+)""", page)
        assert [address for address in loaded if address.startswith(("http", "//"))] == []
    assert {"index.html", "syncsweep.html"} <= reference.keys()
