"""Digests of the package's own source: which modules a rule's code is."""

import ast
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

import syncsweep
from syncsweep.environment import source
from syncsweep.paper.paper_registry import FIGURES, PARTS
from syncsweep.tables.registry import JOBS

ROOTS = {
    **{f"syncsweep.tables.{job.module}": partial(source.tables, job.module) for job in JOBS},
    "syncsweep.figures.sweep_figure": partial(source.figure_of_study, "sweep_figure"),
}


#: Each root is imported by a child of its own, after what all of them need and what makes rows.
IMPORT_EACH = """
import os, sys, types
import matplotlib.figure, pandas, pyarrow.parquet, scipy.stats
sys.modules["syncsweep.sample.sample_solver"] = types.ModuleType("sample_solver")
sys.modules["syncsweep.sample.sample_solver"].__getattr__ = lambda name: None
for root in sys.argv[1:]:
    if os.fork() == 0:
        __import__(root)
        print(root, *(m for m in sys.modules if m.startswith("syncsweep.")), flush=True)
        os._exit(0)
    os.wait()
"""


@pytest.fixture(scope="module")
def loaded():
    """The modules that Python itself imports to make a result, by its root."""
    command = [sys.executable, "-c", IMPORT_EACH, *ROOTS]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return {line.split()[0]: line.split() for line in said.splitlines()}


@pytest.mark.parametrize("root", ROOTS)
def test_results_depend_on_every_module_that_is_imported_to_make_them(root, loaded):
    units = "syncsweep.config.units."
    rows = ("syncsweep.sample.rows.", "syncsweep.sample.sample_solver.")
    deciding = ("syncsweep.physics.", "syncsweep.tables.", *rows, units)
    if root.endswith("figures.sweep_figure"):
        reading, physics = "syncsweep.tables.reading.", "syncsweep.config.physics."
        deciding = ("syncsweep.figures.", reading, units, physics)
    names = {name for name in loaded[root] if f"{name}.".startswith(deciding)}
    assert names >= {root}
    files = {name.removeprefix("syncsweep.").replace(".", "/") for name in names}
    known = {file.removesuffix(".py").removesuffix("/__init__") for file in ROOTS[root]()}
    assert files <= known


@pytest.mark.parametrize("module", source.everything())
def test_imports_are_those_that_python_sees(module):
    names = []
    for node in ast.walk(ast.parse((source._PACKAGE / module).read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and f"{node.module}.".startswith("syncsweep."):
            home = node.module.split(".")[1:]
            names += [home, *([*home, alias.name] for alias in node.names)]
    files = {"/".join(name) + ".py" for name in names}
    files |= {"/".join([*name, "__init__.py"]) for name in names}
    assert set(source._imports(module)) == files & set(source.everything())


def test_a_changed_module_changes_the_digest_of_what_depends_on_it(tmp_path, monkeypatch):
    package = tmp_path / "syncsweep"
    shutil.copytree(source._PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(source, "_PACKAGE", package)
    kinds = {root: ROOTS[root]() for root in ROOTS}
    before = {root: source.digest(modules) for root, modules in kinds.items()}
    for module in sorted(set().union(*kinds.values())):
        text = (package / module).read_text(encoding="utf-8")
        (package / module).write_text(text + "# changed", encoding="utf-8")
        source.digest.cache_clear()
        changed = {root for root in ROOTS if source.digest(kinds[root]) != before[root]}
        assert changed == {root for root in ROOTS if module in kinds[root]}
        (package / module).write_text(text, encoding="utf-8")
    source.digest.cache_clear()
    assert "physics/chi_sampling.py" in kinds["syncsweep.tables.summary"]
    assert "physics/perturbation.py" in kinds["syncsweep.tables.limit_tables"]
    assert "physics/steady_state.py" not in kinds["syncsweep.tables.limit_tables"]


def test_a_part_depends_on_all_that_it_imports_through_others():
    modules = source.part_of_paper("locking")
    assert "paper/parts/part.py" in modules  # by `import part`
    assert "tables/statistics.py" in modules  # through tables/summary.py
    assert "physics/measures.py" in modules
    assert not any(module.startswith(("config", "layout", "bench")) for module in modules)
    claims = {f"paper/claims{of}.py" for of in ("", "_models", "_sweeps", "_larger")}
    assert claims <= set(source.part_of_paper("validation"))


def test_a_figure_depends_on_the_look_but_not_on_the_numbers():
    for figure in FIGURES.values():
        modules = source.figure_of_paper(figure.module)
        assert {f"paper/figures/{figure.module}.py", "figures/figure_page.py"} <= set(modules)
        assert not any(module.startswith("physics/") for module in modules)


def test_the_report_depends_on_all_its_files_and_on_the_maxima_that_it_marks():
    files = set(source.report())
    package = Path(syncsweep.__file__).parent
    texts = {path.relative_to(package).as_posix() for path in (package / "report").glob("page.*")}
    assert texts and files >= texts
    assert {"report/report_page.py", "report/report_words.py", "config/physics.py"} <= files
    measures = ("angle_lattice", "ascent", "chi", "measures", "phase_distribution")
    assert {f"physics/{name}.py" for name in measures} <= set(files)
    assert "physics/affine_systems.py" not in files


def test_digest_differs_between_parts_and_is_that_of_the_text():
    digests = {source.digest(source.part_of_paper(part)) for part in PARTS}
    assert len(digests) == len(PARTS)
    assert source.digest(("environment/source.py",)) != source.digest(("layout.py",))


def test_what_is_asked_for_is_the_request_and_the_code_but_not_where_rows_lie():
    request = {"folder": "results/pair-1", "chunk_size": 5, "rows": [{"folder": "a/b"}], "x": 1}
    asked = source.asked(request, ("environment/source.py",))
    moved = {"folder": "/r/pair-1", "chunk_size": 7, "rows": [{"folder": "c/b"}], "x": 1}
    assert source.asked(moved, ("environment/source.py",)) == asked
    assert source.asked(request, ("layout.py",)) != asked
    for change in ({"x": 2}, {"folder": "results/pair-2"}, {"rows": [{"folder": "a/c"}]}):
        assert source.asked({**request, **change}, ("environment/source.py",)) != asked
