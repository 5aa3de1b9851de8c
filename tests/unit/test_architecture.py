"""Rules of the house that the code itself must keep: who imports what, and how long a module is."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from studies import blocks_of

from syncsweep.config.blocks import Block as EtaBlock
from syncsweep.config.physics import Ensemble, Physics, SpinHalfPair
from syncsweep.layout import BlockFolder, study_folder
from syncsweep.sample_range import SampleRange
from syncsweep.sweep import description
from syncsweep.sweep.shard import read_shard

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "syncsweep"
PLUGIN = ROOT / "src" / "snakemake_logger_plugin_syncsweep"
MODULES = sorted([*PACKAGE.rglob("*.py"), *PLUGIN.rglob("*.py")])
PHYSICS_MODULES = sorted(
    [*(PACKAGE / "physics").glob("*.py"), *(PACKAGE / "paper" / "theory").glob("*.py")]
)
SLOW = {"pandas", "matplotlib", "snakemake"}

#: The rooms of the package, and its loose modules, from the bottom to the top: each may import
#: those before it. The package itself offers names of all.
ROOMS = (
    "files", "wording", "columns", "sample_range", "layout", "environment", "physics",
    "config", "user_code", "sample", "sweep", "tables", "figures", "paper", "status", "verify",
    "plan", "clean", "report", "workflow", "cli",
)  # fmt: skip

#: Of the standard library, what reaches beyond numbers.
OUTSIDE = {
    "builtins", "importlib", "io", "json", "multiprocessing", "os", "pathlib", "pickle", "shutil",
    "socket", "sqlite3", "subprocess", "sys", "tempfile", "threading", "time",
}  # fmt: skip


def module_name(path):
    parts = path.relative_to(ROOT / "src").with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path, text=None):
    """Full names of all that a module imports, at its top or anywhere within."""
    tree = ast.parse(path.read_text(encoding="utf-8") if text is None else text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def top(name):
    return name.partition(".")[0]


def importers(package):
    return {module_name(p) for p in MODULES if package in map(top, imports(p))}


def test_modules_are_seen():
    names = {module_name(path) for path in MODULES}
    assert {
        "syncsweep.config.configuration",
        "syncsweep.sweep.worker",
        "syncsweep.physics.measures",
    } <= names
    assert len(PHYSICS_MODULES) >= 9


@pytest.mark.parametrize("path", PHYSICS_MODULES, ids=module_name)
def test_physics_knows_nothing_but_numbers(path):
    allowed = {"numpy", "scipy", *sys.stdlib_module_names} - OUTSIDE
    strange = {
        name
        for name in imports(path)
        if not name.startswith(("syncsweep.physics.", "syncsweep.paper.theory."))
        and top(name) not in allowed
    }
    assert strange == set()
    calls = {
        node.func.id
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    assert calls & {"open", "print", "input", "exec", "eval", "__import__"} == set()


def room_of(name):
    return name.split(".")[1]


def imports_from_above(path, text):
    """What a module with this text imports from rooms above its own, within functions too."""
    above = ROOMS[ROOMS.index(room_of(module_name(path))) + 1 :]
    own = [name for name in imports(path, text) if name.startswith("syncsweep.")]
    return [name for name in own if room_of(name) in above]


INNER_MODULES = [
    path
    for path in MODULES
    if len(module_name(path).split(".")) > 1 and path.is_relative_to(PACKAGE)
]


@pytest.mark.parametrize("path", INNER_MODULES, ids=module_name)
def test_no_import_runs_up(path):
    text = path.read_text(encoding="utf-8")
    assert imports_from_above(path, text) == []
    if room_of(module_name(path)) != ROOMS[-1]:
        planted = f"{text}\n\ndef late():\n    from syncsweep.{ROOMS[-1]} import targets\n"
        assert imports_from_above(path, planted) == [f"syncsweep.{ROOMS[-1]}.targets"]


def test_rooms_are_those_that_are_there_and_few_modules_are_loose():
    names = {path.relative_to(PACKAGE).parts[0] for path in PACKAGE.rglob("*.py")}
    assert {name.removesuffix(".py") for name in names} - {"__init__"} == set(ROOMS)
    assert len(list(PACKAGE.glob("*.py"))) <= 6


def test_no_two_modules_share_a_name():
    names = [path.name for path in PACKAGE.rglob("*.py") if path.name != "__init__.py"]
    assert sorted(names) == sorted(set(names))


def test_only_the_worker_imports_mpi():
    assert importers("mpi4py") == {"syncsweep.sweep.worker"}


def test_rooms_of_results_alone_import_pandas_and_matplotlib():
    for package in SLOW:
        rooms = ["tables", "figures", "paper", "report", "cli"]
        rooms += ["workflow"] if package == "snakemake" else []
        allowed = (*(f"syncsweep.{room}." for room in rooms), "snakemake_logger_plugin_syncsweep.")
        for module in importers(package):
            assert module.startswith(allowed), (module, package)


def test_nobody_imports_the_worker():
    for path in MODULES:
        assert not any(name.startswith("syncsweep.sweep.worker") for name in imports(path)), path


def test_plugin_is_loaded_without_the_libraries():
    """Snakemake imports it in every process, also where nothing is shown."""
    slow = {"rich", "numpy", "pyarrow", "pandas", "matplotlib"}
    code = "import sys, snakemake_logger_plugin_syncsweep; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "snakemake_logger_plugin_syncsweep.handler" in loaded.stdout.split()
    assert slow & set(loaded.stdout.split()) == set()


def test_progress_is_found_without_the_numerics():
    """`syncsweep status` and each run of Snakemake look at files, and solve nothing."""
    code = (
        "import sys, syncsweep.status.probabilities, syncsweep.status.status_text; "
        "print(*sys.modules)"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "syncsweep.status.census" in loaded.stdout.split()
    assert {"scipy", "pandas", "matplotlib", "yaml"} & set(loaded.stdout.split()) == set()


def test_configuration_and_layout_import_little():
    """Snakemake reads them in every job."""
    light = [
        *(PACKAGE / "config").glob("*.py"),
        *(
            PACKAGE / f"{n}.py"
            for n in ("layout", "files", "wording", "columns", "sample_range", "environment/source")
        ),
        *(
            PACKAGE / "paper" / f"{n}.py"
            for n in ("paper_registry", "part_entry", "compared_studies", "paper_studies")
        ),
    ]
    own = {module_name(path) for path in light}
    for path in light:
        others = [i for i in imports(path) if not any(i.startswith(name) for name in own)]
        found = {top(i) for i in others} - set(sys.stdlib_module_names)
        assert found <= {"yaml", "pydantic"}, path.name


RULES = [ROOT / "Snakefile", *sorted((ROOT / "workflow" / "rules").glob("*.smk"))]


def lines_of_functions(text):
    """Lines of Python functions in a file of rules, which Python itself cannot parse."""
    found, depth = [], None
    for line in filter(None, text.splitlines()):
        indent = len(line) - len(line.lstrip())
        if depth is not None and indent <= depth and not line.startswith(")"):
            depth = None
        if depth is None and line.lstrip().startswith("def "):
            depth = indent
        if depth is not None:
            found.append(line)
    return found


def test_functions_in_rules_are_seen():
    text = "rule a:\n    input: 1\n\ndef f(\n    x,\n):\n\n    return x\n\nrule b:\n    input: 2\n"
    assert len(lines_of_functions(text)) == 4
    assert any("def unless_fresh" in path.read_text(encoding="utf-8") for path in RULES)


def test_rules_hold_little_python():
    """No type checker and no test of a module sees it: it belongs into `syncsweep.workflow`."""
    texts = [path.read_text(encoding="utf-8") for path in RULES]
    assert sum(len(lines_of_functions(text)) for text in texts) <= 90


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_module_is_not_longer_than_350_lines(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 350


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_module_says_in_its_first_line_what_it_is(path):
    text = path.read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(text))
    assert text.startswith('"""')


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_errors_are_not_silenced(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    bare = [n.lineno for n in ast.walk(tree) if isinstance(n, ast.ExceptHandler) and not n.type]
    assert bare == []


def test_tests_that_the_fast_suite_leaves_out_exist():
    for line in (ROOT / "tests" / "slow.txt").read_text(encoding="utf-8").splitlines():
        file, _, names = line.partition(":")
        text = (ROOT / file).read_text(encoding="utf-8")
        assert [name for name in names.split() if f"def {name}(" not in text] == [], file


def test_global_random_state_is_not_used():
    for path in MODULES:
        names = [name for name in imports(path) if top(name) == "random"]
        assert names == [], path
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "np.random":
                assert node.attr in {"Generator", "PCG64", "SeedSequence", "default_rng"}, path


ETAS = (0.1, 1.0)

#: The job's script; a rank ends at once, and before it does, it says what it has loaded.
RUN_WORKER = """
import ctypes, json, runpy, sys
class Library(ctypes.PyDLL):
    def exit(self, code):
        print(json.dumps([*sys.modules]), flush=True)
        ctypes.CDLL(None).exit(code)
ctypes.PyDLL = Library
del sys.argv[0]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@pytest.fixture
def block(tmp_path):
    physics = Physics(model=SpinHalfPair(name="spin_half_pair"), ensemble=Ensemble(), root_seed=1)
    folder = study_folder(tmp_path, "pair", physics.digest)
    description.write(folder, blocks_of("pair", physics, [ETAS]))
    return BlockFolder(folder / EtaBlock(ETAS).id)


#: What takes time to load, and a rank with a small system does not use.
UNUSED = {
    *SLOW, "rich", "scipy.optimize", "scipy.spatial", "scipy.special", "yaml",
    "syncsweep.config.configuration", "syncsweep.config.study", "syncsweep.physics.operator_solver",
}  # fmt: skip


def test_worker_solves_writes_and_reads_with_no_more_than_it_uses(block, tmp_path):
    script = str(ROOT / "scripts" / "solve_shard.py")
    environment = {k: v for k, v in os.environ.items() if not k.endswith("_NUM_THREADS")}
    arguments = ["--block", block.path, "--start", "0", "--stop", "2", "--ranks", "1"]
    done = subprocess.run(
        [sys.executable, "-c", RUN_WORKER, script, *arguments],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=environment,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    loaded = set(json.loads(done.stdout.splitlines()[-1]))
    assert {"numpy", "pyarrow", "mpi4py", "syncsweep"} <= loaded
    assert UNUSED & loaded == set()
    table = read_shard(block.shard(0, 2), description.read(block.path), SampleRange(0, 2))
    assert table.column("sample").to_pylist() == [0, 0, 1, 1]
