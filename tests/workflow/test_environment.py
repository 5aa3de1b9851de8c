"""An environment belongs to its project: `make env` makes it, and no other code runs in it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from project import PAIR, ROOT
from test_bad_input import BOUND
from test_shared_memory import CAN_MOUNT, in_namespace

SYNCSWEEP = [str(Path(sys.executable).parent / "syncsweep")]
SNAKEMAKE = [sys.executable, "-m", "snakemake", "-n"]


def run(project, command, **environment):
    """Run a command in a project, by the environment of these tests; its exit code and output."""
    done = subprocess.run(
        command,
        cwd=project,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
    )
    return done.returncode, done.stdout


#: Commands and their exit codes where the code is that of another project.
REFUSED = {
    "snakemake": (SNAKEMAKE, 1),
    "plan": ([*SYNCSWEEP, "plan", "--no-calibration"], 2),
    "status": ([*SYNCSWEEP, "status"], 2),
    "verify": ([*SYNCSWEEP, "verify", "."], 2),
}


def test_copied_project_does_not_run_the_code_of_another(make_project):
    project = make_project(pair=PAIR)
    before = project.files()
    for command, code in REFUSED.values():
        found, said = run(project.path, command)
        (line,) = [line for line in said.splitlines() if "error: " in line]
        assert found == code, said
        assert "Traceback" not in said
        assert str(ROOT / "src") in line and str(project.path) in line and "make env" in line
    assert project.files() == before


def test_installed_package_runs_a_project_as_long_as_it_is_the_same_code(make_project, tmp_path):
    project = make_project(pair=PAIR)
    installed = tmp_path / "site-packages"
    shutil.copytree(project.path / "src", installed)
    code, said = run(project.path, SNAKEMAKE, PYTHONPATH=str(installed))
    assert code == 0, said
    with (project.path / "src" / "syncsweep" / "config/sizing.py").open("a") as file:
        file.write("# edited\n")
    code, said = run(project.path, SNAKEMAKE, PYTHONPATH=str(installed))
    assert code == 1 and str(installed) in said


def test_home_that_cannot_be_written_is_one_line_and_another_place_will_do(make_project, tmp_path):
    project = make_project(pair={**PAIR, "samples": 4, "chunk_size": 4})
    cache = tmp_path / ".cache/snakemake/snakemake/source-cache/snakemake-runtime-cache"
    cache.mkdir(parents=True)
    cache.chmod(0o500)
    variables = {"HOME": str(tmp_path), "PYTHONPATH": str(project.path / "src")}
    command = [*([] if os.geteuid() else BOUND), *SNAKEMAKE]
    code, said = run(project.path, command, **variables, XDG_CACHE_HOME="")
    *_, line = said.splitlines()
    assert code == 1 and "Traceback" not in said
    assert line.startswith(f"error: {cache}: ") and "XDG_CACHE_HOME" in line
    assert "`XDG_CACHE_HOME`" in (ROOT / "README.md").read_text(encoding="utf-8")
    code, said = run(project.path, command, **variables, XDG_CACHE_HOME=str(tmp_path / "other"))
    assert code == 0, said


MAKE = ["make", f"PYTHON={sys.executable}", "UV=true", "env"]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A project with an empty environment: its lock files are empty, and uv is not called."""
    project = tmp_path_factory.mktemp("project")
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(ROOT / name, project)
    (project / "envs").mkdir()
    shutil.copy(ROOT / "envs" / "step.sh", project / "envs")
    for name in ("bootstrap.lock", "requirements.lock"):
        (project / "envs" / name).touch()
    # Settings that users have for their common Python must not send packages elsewhere.
    code, said = run(project, MAKE, PIP_USER="1", PIP_TARGET=str(project / "elsewhere"))
    assert code == 0, said
    return project


def test_environment_is_made_once_and_anew_where_the_project_was_copied(made, tmp_path):
    assert run(made, [*MAKE, "-q"])[0] == 0  # nothing is to be done
    copy = shutil.copytree(made, tmp_path / "copy", symlinks=True)
    code, said = run(copy, [*MAKE, "-n"])
    assert code == 0 and "-m venv --clear .venv" in said


def test_environment_that_was_not_finished_is_made_again_from_the_start(made, tmp_path):
    half = shutil.copytree(made, tmp_path / "half", symlinks=True)
    (half / ".venv" / ".ready").unlink()
    assert "-m venv --clear .venv" in run(half, [*MAKE, "-n"])[1]


def test_project_that_cannot_be_written_has_no_environment_and_says_so(made, tmp_path):
    copy = shutil.copytree(made, tmp_path / "copy", ignore=shutil.ignore_patterns(".venv"))
    copy.chmod(0o500)
    code, said = run(copy, [*([] if os.geteuid() else BOUND), *MAKE])
    assert code == 2 and said.startswith(f"error: {copy} cannot be written; clone")


#: A shim of pyenv for a version that it does not use; an older Python, of which we ask only this.
SHIM = "#!/bin/sh\necho 'pyenv: python3.11: command not found' >&2\necho many lines >&2\nexit 127\n"
OLDER = "#!/bin/sh\ncase $2 in *version_info*) exit 1;; esac\n"


@pytest.mark.parametrize(
    ("script", "problem"),
    [
        (None, "there is no program {} that runs"),
        (SHIM, "there is no program {} that runs"),
        (OLDER, "{} is older than 3.11"),
    ],
)
def test_python_that_cannot_serve_is_one_line(made, tmp_path, script, problem):
    copy = shutil.copytree(made, tmp_path / "copy", ignore=shutil.ignore_patterns(".venv"))
    python = tmp_path / "python3.11"
    if script:
        python.write_text(script, encoding="utf-8")
        python.chmod(0o755)
    code, said = run(copy, [*MAKE, f"PYTHON={python}"])
    line, of_make = said.splitlines()
    assert code == 2 and line.startswith(f"error: {problem.format(python)}; ")
    assert of_make.startswith("make: ***")


INSTALL = [ROOT / ".venv" / "bin" / "uv", "pip", "install", "--target", "packages", "immutables"]


def test_cache_without_permission_is_one_line(tmp_path):
    cache = tmp_path / "kept"
    cache.mkdir(mode=0o500)
    step = [*([] if os.geteuid() else BOUND), ROOT / "envs" / "step.sh", *INSTALL]
    code, said = run(tmp_path, step, UV_CACHE_DIR=str(cache))
    (line,) = said.splitlines()
    assert code == 1 and line.startswith("error: ")
    assert str(cache) in line and "Permission denied" in line and "; set UV_CACHE_DIR" in line


@pytest.mark.skipif(not CAN_MOUNT, reason="no file system of its own can be mounted")
@pytest.mark.parametrize(
    ("size", "command", "todo"),
    [
        ("6m", MAKE, "make room in {folder}"),
        ("1g", [ROOT / "envs" / "step.sh", *INSTALL], "set UV_CACHE_DIR"),
    ],
)
def test_full_disk_is_one_line(made, tmp_path, size, command, todo):
    folder, cache = tmp_path / "full", tmp_path / "cache"
    mount = (
        f"mount -t tmpfs -o size={size} none {folder} && "
        f"mount -t tmpfs -o size=64k none {cache} && "
        f'cd {folder} && cp -r {made}/[!.]* . && exec "$@"'
    )
    for place in (folder, cache):
        place.mkdir()
    shell = in_namespace("sh", "-c", mount, "sh", *command)
    code, said = run(tmp_path, shell, UV_CACHE_DIR=str(cache))
    (line,) = [line for line in said.splitlines() if line.startswith("error: ")]
    assert code and "No space left on device" in line and todo.format(folder=folder) in line
    assert len(said.splitlines()) <= 3


def test_environment_of_another_project_that_a_link_leads_to_is_kept(made, tmp_path):
    worktree = shutil.copytree(made, tmp_path / "worktree", ignore=shutil.ignore_patterns(".venv"))
    (worktree / ".venv").symlink_to(made / ".venv")
    code, said = run(worktree, MAKE)
    assert code == 2 and "error: .venv is a link" in said
    assert run(made, [*MAKE, "-q"])[0] == 0


def test_library_without_a_wheel_for_python_3_14_needs_no_compiler(tmp_path):
    for name in ("cc", "gcc", "clang"):
        (tmp_path / name).write_text("#!/bin/sh\necho no compiler\nexit 1\n")
        (tmp_path / name).chmod(0o755)
    packages = tmp_path / "packages"
    install = [ROOT / ".venv" / "bin" / "uv", "pip", "install", "--no-cache", "--no-deps"]
    what = [f"immutables=={version('immutables')}", "--no-binary=immutables", "--target", packages]
    code, said = run(ROOT, [*install, *what], PATH=f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    assert code == 0, said
    change = "import immutables; print(immutables.Map(a=1).set('b', 2)['b'], immutables.__file__)"
    code, said = run(tmp_path, [sys.executable, "-c", change], PYTHONPATH=str(packages))
    assert (code, said) == (0, f"2 {packages}/immutables/__init__.py\n")
