"""Whether the jobs of a run can start: asked once, before any of them is submitted.

What Slurm takes, only Slurm knows: `--test-only` asks it, and submits nothing.
"""

from __future__ import annotations

import getpass
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from syncsweep.sweep.launcher import fitting, plain_name
from syncsweep.workflow.errors import RunError

#: Time that Slurm gets to answer [s].
_PATIENCE = 120

#: Variables that make srun start a step of an allocation.
_ALLOCATION = ("SLURM_JOB_ID", "SLURM_JOBID")

#: Signs that a launcher is more than one command with its arguments.
_SHELL = re.compile(r"[;&|<>$`(){}*?~]")

#: Words that may stand before a program; the shell itself knows most of them.
_BEFORE = ("env", "exec", "command", "time")

#: Prints what the MPI library of mpi4py says of itself, and its file.
_ASK_LIBRARY = """\
import mpi4py
mpi4py.rc(initialize=False)
from mpi4py import MPI
print(MPI.Get_library_version().splitlines()[0])
print(*[line.split()[-1] for line in open("/proc/self/maps") if "/libmpi" in line][:1])
"""


def check_jobs(executor: str, ranks: int, jobs: Collection[Mapping[str, object]]) -> None:
    """Refuse jobs that the cluster cannot take, or whose launcher cannot start their ranks.

    executor: Snakemake's name of the executor; ranks: most ranks of a job; jobs: the resources of
    each job that the executor gets.
    """
    if executor == "slurm":
        _check_cluster(ranks)
        if any(one.get("runtime") == 0 for one in jobs):
            raise RunError(
                "runtime: must be a whole number of minutes, 1 or more; Slurm would get no time "
                "limit, see slurm/README.md"
            )
        sites = {(_text(one, "slurm_account"), _text(one, "slurm_partition")) for one in jobs}
        for account, partition in sorted(sites):
            _check_site(account, partition)
    for launcher in sorted({_text(one, "mpi") for one in jobs} - {""}):
        _check_launcher(launcher, executor == "slurm")


def _text(resources: Mapping[str, object], name: str) -> str:
    return str(resources.get(name) or "")


def _check_cluster(ranks: int) -> None:
    if ranks == 1:
        raise RunError(
            "set-threads: solve_shard is 1, but Snakemake does not submit MPI jobs of one rank to "
            "Slurm; set at least 2, see slurm/config.yaml"
        )
    failure = _failure_of_slurm()
    if failure:
        raise RunError(f"the Slurm cluster does not answer: {failure}")


def _failure_of_slurm() -> str | None:
    try:
        asked = _run("squeue", "--me", "--noheader")
    except OSError:
        return "there is no squeue here; run this where sbatch works"
    except subprocess.TimeoutExpired:
        return "squeue did not answer within two minutes"
    if not asked.returncode:
        return None
    return (asked.stderr.strip().splitlines() or ["squeue failed without a message"])[-1]


def _check_site(account: str, partition: str) -> None:
    # The executor takes the first of several accounts, and wants all to be the user's.
    accounts = re.findall(r"[^,\s]+", account)
    first = "".join(accounts[:1])
    options = [*(["-A", first] if first else []), *(["-p", partition] if partition else [])]
    said = _said("sbatch", "--test-only", *options, "--wrap", "true")
    refused = said.lower()
    # Another failure may be a cluster that does not answer for a moment, or a limit that jobs keep.
    if "invalid partition" in refused or "no partition specified" in refused:
        has_none = f"this cluster has no partition {partition}"
        raise RunError(
            f"slurm_partition: {has_none if partition else 'Slurm wants a partition'}; it has "
            f"{_listed(_output('sinfo', '--noheader', '-o', '%R'))}; see slurm/config.yaml"
        )
    mine = _accounts()
    # The executor itself refuses an account that is not listed, even where Slurm takes any.
    known = {name.lower() for name in mine or accounts}
    unknown = next((name for name in accounts if name.lower() not in known), "")
    if "invalid account" in refused or unknown:
        wrong = "Slurm wants an account"
        if accounts:
            within = f" for partition {partition}" if partition and not unknown else ""
            wrong = f"{unknown or first} is not an account of yours{within}"
        raise RunError(f"slurm_account: {wrong}; you have {_listed(mine)}; see slurm/config.yaml")
    if "not permitted" in refused:
        which = f"partition {partition}" if partition else "the default partition"
        raise RunError(
            f"slurm_partition: you may not use {which}: {said.splitlines()[-1]}; "
            "see slurm/config.yaml"
        )


def _accounts() -> list[str]:
    """The user's accounts; none where Slurm keeps no accounts."""
    of_user = ("sacctmgr", "--noheader", "--parsable2", "--associations", "list", "user")
    return _output(*of_user, getpass.getuser(), "format=account")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(set(names))) or "none"


def _check_launcher(launcher: str, on_slurm: bool) -> None:
    """Refuse a launcher that is not there, or does not fit the MPI library of mpi4py."""
    words = _command(launcher)
    if not words:
        return
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    if not shutil.which(words[0], path=path):
        raise RunError(
            f"mpi: there is no program {words[0]} here; name a launcher of MPI ranks (mpi in "
            "slurm/config.yaml), or run rm .venv/.ready and make env, which bring mpiexec"
        )
    kinds = re.findall(r"--mpi[= ](\S+)", " ".join(words))
    if Path(words[0]).name == "srun" and kinds:
        _check_kind(kinds[-1], on_slurm)


def _command(launcher: str) -> list[str]:
    """Program and arguments of a launcher, or none if only a shell understands it."""
    if _SHELL.search(launcher):
        return []
    try:
        words = shlex.split(launcher)
    except ValueError:
        return []
    while words and (words[0] in _BEFORE or "=" in words[0]):
        del words[0]
    # Options of these words may have values.
    return words if words and not words[0].startswith("-") else []


def _check_kind(kind: str, on_slurm: bool) -> None:
    library, file = _library()
    fits = fitting(library)
    uses = f"mpi4py uses {plain_name(library)}" if library else "MPICH needs pmi2, Open MPI pmix"
    # srun also lists types whose own library is missing.
    tried = _said("srun", "--test-only", f"--mpi={kind}", "-n1", "true") if on_slurm else ""
    if "Invalid MPI type" in tried:
        listed = {line.split()[-1] for line in _output("srun", "--mpi=list")} - {kind, "are..."}
        raise RunError(
            f"mpi: srun here starts no ranks by --mpi={kind}; it lists {_listed(listed)}, and "
            f"{uses}; see slurm/config.yaml"
        )
    # Other builds of MPICH, and Open MPI before 5, may start by more than one type.
    knows_one = library.startswith("Open MPI v5") or Path(file).is_relative_to(
        Path(sys.prefix).resolve()
    )
    if fits and not kind.startswith(fits) and (knows_one or kind == "none"):
        raise RunError(
            f"mpi: {uses}, whose ranks srun --mpi={kind} does not start; use srun --mpi={fits} "
            "(mpi in slurm/config.yaml), see docs/clusters.md"
        )


def _library() -> tuple[str, str]:
    """What the MPI library of mpi4py says of itself, and its file; empty if that is not known."""
    lines = [*_output(sys.executable, "-c", _ASK_LIBRARY), "", ""]
    return lines[0], lines[1]


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    # Within an allocation srun would wait for a step of it.
    outside = {name: value for name, value in os.environ.items() if name not in _ALLOCATION}
    return subprocess.run(
        command, env=outside, capture_output=True, text=True, errors="replace", timeout=_PATIENCE
    )


def _output(*command: str) -> list[str]:
    """The lines that a command prints; none if it fails."""
    try:
        asked = _run(*command)
    except (OSError, subprocess.TimeoutExpired):
        return []
    lines = [line.strip() for line in asked.stdout.splitlines()]
    return [line for line in lines if line] if not asked.returncode else []


def _said(*command: str) -> str:
    """What a command says if it fails, or nothing."""
    try:
        asked = _run(*command)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return asked.stderr.strip() if asked.returncode else ""
