"""A commit of the project with its environment, and what its programs spend.

Commits differ in their modules. So nothing of another commit is imported, and both are launched as
users launch them.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measure import progress
from benchmarks.runs import SNAKEMAKE, BenchError, Spent, spent, timed
from syncsweep.environment import provenance
from syncsweep.sweep.launcher import ON_THIS_MACHINE
from syncsweep.wording import printable

_ENVIRONMENT_SECONDS = 1800


@dataclass(frozen=True)
class Build:
    """A commit: its full name, the folder of its project, and the Python of its environment."""

    commit: str
    root: Path
    python: str

    def snakemake(self, folder: Path, *options: str) -> Spent:
        """A run of its workflow in a folder with a config.yaml."""
        where = ["--snakefile", str(self.root / "Snakefile"), "--directory", str(folder)]
        return self._spent(folder, [self.python, *SNAKEMAKE, *where, *options])

    def worker(self, block: Path, samples: range) -> Spent:
        """A launch of one rank that makes a shard of the samples."""
        script = str(self.root / "scripts" / "solve_shard.py")
        rank = ["-n", "1", self.python, "-m", "mpi4py", script, "--block", str(block)]
        options = ["--start", samples.start, "--stop", samples.stop, "--ranks", 1]
        return self._spent(block, [*ON_THIS_MACHINE, *rank, *map(str, options)])

    def syncsweep(self, folder: Path, *arguments: str) -> Spent:
        """A command of its command line."""
        program = str(Path(self.python).with_name("syncsweep"))
        return self._spent(folder, [program, *arguments])

    def _spent(self, folder: Path, command: list[str]) -> Spent:
        return spent(command, folder, self.python)


def here(root: Path) -> Build:
    """The project of this folder, with changes that are not committed."""
    return Build(provenance.commit(root), root, sys.executable)


def other(root: Path, ref: str, folder: Path) -> Build:
    """Another commit, copied and built in a folder, or found there from an earlier call.

    ref: what Git knows of the project at root, such as a tag. BenchError if Git does not know it,
    or if its environment is not built.
    """
    commit = _commit(root, ref)
    copy = (folder / commit[:12]).absolute()
    if not copy.is_dir():
        progress(f"copies {ref} to {copy}")
        unfinished = copy.with_name(f"{copy.name}.{os.getpid()}")
        try:
            timed(["git", "clone", "--quiet", "--no-checkout", str(root), str(unfinished)])
            timed(["git", "-C", str(unfinished), "checkout", "--quiet", "--detach", commit])
            unfinished.rename(copy)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
    progress(f"make env in {copy}")
    try:
        timed(["make", "-C", str(copy), "env", f"PYTHON={sys.executable}"], _ENVIRONMENT_SECONDS)
    except BenchError as error:
        hint = f"`make env` in {copy} says more"
        raise BenchError(
            f"--against {ref}: its environment was not built ({error}); {hint}"
        ) from None
    return Build(commit, copy, str(copy / ".venv" / "bin" / "python"))


def _commit(root: Path, ref: str) -> str:
    """Full name of a commit."""
    command = ["git", "-C", str(root), "rev-parse", "--quiet", "--verify", "--end-of-options"]
    try:
        found = subprocess.run(
            [*command, f"{ref}^{{commit}}"], capture_output=True, encoding="utf-8", errors="replace"
        )
    except OSError as error:
        raise BenchError(f"--against needs Git: it cannot be started ({error.strerror})") from None
    if found.returncode:
        reason = (found.stderr.strip().splitlines() or ["name one that `git log` shows"])[-1]
        raise BenchError(
            f"--against {printable(ref)}: Git finds no such commit in {root}: {reason}"
        )
    return found.stdout.strip().splitlines()[-1]
