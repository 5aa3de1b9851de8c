"""The origin of numbers: the code, the lock file and the libraries that made them.

Snakemake knows the commit and the lock file of its project. The processes that it starts read them
from their environment, because they may run where the project's folder does not exist.
"""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from syncsweep import __version__
from syncsweep.environment import source

_COMMIT, _LOCK, _ASKED = "SYNCSWEEP_COMMIT", "SYNCSWEEP_LOCK", "SYNCSWEEP_ASKED"

#: The key under which results record what they were made for, see `tables.freshness`.
ASKED = "asked"

#: The value where nothing is known.
UNKNOWN = "unknown"


def environment(project: Path) -> dict[str, str]:
    """Environment variables that tell processes the commit and the lock file of a project."""
    return {_COMMIT: commit(project), _LOCK: _digest(project / "envs" / "requirements.lock")}


def commit(project: Path) -> str:
    """Commit of a project's folder, with "-dirty" if tracked files differ from it.

    `unknown` without Git, and where the folder is not the top of a repository.
    """
    describe = ["git", "-C", str(project), "describe", "--always", "--dirty", "--abbrev=40"]
    top = ["git", "-C", str(project), "rev-parse", "--show-toplevel"]
    try:
        said = [
            subprocess.run(command, capture_output=True, timeout=60, check=True).stdout
            for command in (top, [*describe, "--exclude=*"])
        ]
    except (OSError, subprocess.SubprocessError):
        return UNKNOWN
    folder, name = (os.fsdecode(text).strip() for text in said)
    return name if Path(folder) == project.resolve() else UNKNOWN


def _digest(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()[:12]
    except OSError:
        return UNKNOWN


@cache
def code() -> dict[str, str]:
    """Version of the package, its commit, digests of its source text and of the lock file."""
    return {
        "version": __version__,
        "commit": os.environ.get(_COMMIT, UNKNOWN),
        "source": source.digest(source.everything()),
        "lock": os.environ.get(_LOCK, UNKNOWN),
    }


def in_words() -> str:
    """`0.1.0, source 0123456789ab, commit …`; the commit only if this is the code of a checkout."""
    words = f"{__version__}, source {source.digest(source.everything())}"
    of_checkout = commit(Path(__file__).parents[3])
    return words if of_checkout == UNKNOWN else f"{words}, commit {of_checkout}"


def asked() -> dict[str, str]:
    """The digest of the workflow's request to this process, under `ASKED`; empty without one."""
    return {ASKED: os.environ[_ASKED]} if _ASKED in os.environ else {}


def libraries(*packages: str) -> dict[str, str]:
    """Versions of Python and of installed packages, by name."""
    found = {"python": platform.python_version()}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = UNKNOWN
    return found


def machine() -> dict[str, str]:
    """Host, processor and Slurm job of this process."""
    return {
        "host": platform.node(),
        "machine": platform.machine(),
        "cpu": _cpu(),
        "job_id": os.environ.get("SLURM_JOB_ID", ""),
    }


def _cpu() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return platform.processor() or UNKNOWN
    names = [line.partition(":")[2].strip() for line in text.splitlines() if "model name" in line]
    return names[0] if names else platform.processor() or UNKNOWN
