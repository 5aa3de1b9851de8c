"""Write a line of the table in docs/clusters.md from the JUnit files of a run.

`write_line.py FOLDER PAGE` runs in the root of a release of Debian, and names the versions that it
finds there. A line takes the place of an older one of the same release, tests and compiler.
"""

from __future__ import annotations

import platform
import shutil
import subprocess
import sys
import sysconfig
from datetime import date
from importlib.metadata import version
from pathlib import Path
from xml.etree import ElementTree

MARKS = ("<!-- passed: written by tests/debian/write_line.py -->\n", "<!-- /passed -->\n")
#: What a line is about: a later run of the same writes it again.
KEY = ("Debian", "tests", "compiler")
PACKAGES = ("numpy", "scipy", "snakemake", "snakemake-executor-plugin-slurm")


def read_counts(folder: Path) -> tuple[int, int]:
    """Numbers of tests that passed and that ran, in all JUnit files of a folder."""
    suites = [
        suite
        for path in sorted(folder.glob("*.xml"))
        for suite in ElementTree.parse(path).getroot().iter("testsuite")
    ]
    ran = sum(int(suite.get("tests", 0)) for suite in suites)
    lost = ("failures", "errors", "skipped")
    return ran - sum(int(suite.get(name, 0)) for suite in suites for name in lost), ran


def describe_run(folder: Path) -> dict[str, str]:
    """The line of a run, by column."""
    passed, ran = read_counts(folder)
    is_slurm = not (folder / "test.xml").exists()
    headers = Path(sysconfig.get_paths()["include"], "Python.h")
    versions = [version(name) for name in PACKAGES]
    release = platform.freedesktop_os_release()["PRETTY_NAME"]
    return {
        "Debian": release.removeprefix("Debian GNU/Linux "),
        "tests": "`make test-slurm`" if is_slurm else "`make env quick test`",
        "compiler": "yes" if shutil.which("cc") and headers.exists() else "no",
        "Python": platform.python_version(),
        **dict(zip(("NumPy", "SciPy", "Snakemake", "its Slurm plugin"), versions, strict=True)),
        "MPI": f"MPICH {version('mpich')}",
        "Slurm": slurm_version() if is_slurm else "–",
        "passed": f"{passed} of {ran}",
        "date": date.today().isoformat(),
    }


def slurm_version() -> str:
    """The version of Slurm, whose own programs name it only where there is a cluster."""
    ask = ("dpkg-query", "--show", "--showformat=${source:Upstream-Version}", "slurmctld")
    return subprocess.run(ask, capture_output=True, text=True, check=True).stdout


def with_line(
    page: str, line: dict[str, str], marks: tuple[str, str] = MARKS, key: tuple[str, ...] = KEY
) -> str:
    """The page with a line in place of the one of the same key, or as a new one of the table."""
    before, rest = page.split(marks[0])
    table, after = rest.split(marks[1])
    rows = [[cell.strip() for cell in row[1:-1].split("|")] for row in table.splitlines()[2:]]
    lines = [dict(zip(line, row, strict=True)) for row in rows]
    lines = [other for other in lines if any(other[name] != line[name] for name in key)]
    lines = sorted([*lines, line], key=lambda one: [one[name] for name in key])
    shown = [list(line), ["---"] * len(line), *(list(one.values()) for one in lines)]
    text = "".join(f"| {' | '.join(cells)} |\n" for cells in shown)
    return before + marks[0] + text + marks[1] + after


def main(folder: Path, page: Path) -> None:
    """Write the line of the run whose JUnit files are in `folder`."""
    text = page.read_text(encoding="utf-8")
    page.write_text(with_line(text, describe_run(folder)), encoding="utf-8")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
