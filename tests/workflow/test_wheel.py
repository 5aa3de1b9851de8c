"""The package from a wheel, without a checkout: what works there, and what asks for one."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from importlib.metadata import distribution
from pathlib import Path

import pytest
import yaml
from project import PAIR, ROOT


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def programs(wheel, tmp_path_factory):
    """The programs of a new environment that holds the wheel, and other packages by a link."""
    environment = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    programs = environment / "bin"
    (packages,) = environment.glob("lib/python*/site-packages")
    (packages / "others.pth").write_text(sysconfig.get_paths()["purelib"])
    uv = Path(sys.executable).parent / "uv"
    install = [
        uv,
        "pip",
        "install",
        "--no-deps",
        "--offline",
        "--python",
        programs / "python",
        wheel,
    ]
    subprocess.run(install, check=True, capture_output=True)
    return programs


def run(folder, *command, code=0):
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        list(map(str, command)),
        cwd=folder,
        env={**environment, "MPLBACKEND": "Agg"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
    )
    assert done.returncode == code, done.stdout
    assert "Traceback" not in done.stdout
    return done.stdout


def test_wheel_holds_every_file_of_the_packages_and_nothing_else(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    inside = {name for name in names if ".dist-info/" not in name}
    files = [path.relative_to(ROOT / "src") for path in (ROOT / "src").rglob("*") if path.is_file()]
    assert inside == {str(path) for path in files if path.parent.name != "__pycache__"}
    assert any(name.endswith("/licenses/LICENSE") for name in names)


def test_library_and_program_run_where_there_is_no_checkout(programs, finished, tmp_path):
    where = (
        "import syncsweep as s, importlib.metadata as m; print(s.__file__, m.version(s.__name__))"
    )
    file, version = run(tmp_path, programs / "python", "-c", where).split()
    assert Path(file).is_relative_to(programs.parent)
    assert version == distribution("syncsweep").version
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"^```python\n(.*?)^```", text, re.S | re.M)
    run(tmp_path, programs / "python", "-c", code)
    project = finished("tables", pair={**PAIR, "samples": 4, "chunk_size": 4})
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(project.config))
    shutil.copytree(project.results, tmp_path / "results")
    program = programs / "syncsweep"
    assert "4 of 4 samples" in run(tmp_path, program, "status")
    assert "all well" in run(tmp_path, program, "verify", "results")
    assert "no unused files" in run(tmp_path, program, "clean")
    assert "0 of 1 shard" in run(tmp_path, program, "plan", "--no-calibration")


def test_sweep_without_a_checkout_is_one_line_that_asks_for_one(programs, tmp_path):
    assert "needs a checkout" in run(tmp_path, programs / "syncsweep", "--help")
    line = run(tmp_path, programs / "syncsweep", "plan", code=2)
    assert line.count("\n") == 1 and str(tmp_path) in line and "checkout" in line
    shutil.copy(ROOT / "Snakefile", tmp_path)
    said = run(tmp_path, programs / "python", "-m", "snakemake", "-n", code=1)
    *_, line = said.splitlines()
    assert line.startswith(f"error: {tmp_path}: ") and "checkout" in line
