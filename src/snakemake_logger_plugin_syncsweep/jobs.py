"""The jobs of a run, from Snakemake's records, and the content of their logs."""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass
from logging import LogRecord
from pathlib import Path

from syncsweep.files import NotReadableError, open_regular
from syncsweep.wording import plain_rule

#: Of a log only so much of its end is read [bytes].
_MOST_BYTES = 2**18

#: A disk with less is full [bytes]: what a job could not write whole it may have removed.
_LEAST_FREE = 2**16

#: The folder through which ranks on one machine share memory.
_SHARED_MEMORY = Path("/dev/shm")

#: Lines of a log that say best why a job failed, the best kind first: our own errors, a launch that
#: had no time for all samples, an exception of Python, how the launcher saw a rank end, and a
#: launcher that MPICH does not know.
_REASONS = (
    re.compile(r"error: "),
    re.compile(r".*: stopped \("),
    re.compile(r"[\w.]+(Error|Exception)\b"),
    re.compile(r".*EXIT STRING: "),
    re.compile(r".* unsupported PMI version "),
)

#: Open MPI draws a line before and after each of its messages.
_RULER = r"-{40,} *"

#: The first line of an error message of a launcher, srun or MPICH's mpiexec, or the first paragraph
#: of one of Open MPI. Later lines only describe the consequences. What Open MPI 5 tells root has no
#: line before it.
_LAUNCHER = re.compile(
    r"^(?:(?:srun|slurmstepd): (?:error|fatal): .*|\[\w+(?::\d+)?@.*|\w+ has detected an attempt .*"
    rf"|{_RULER}\n(?P<message>(?:(?!{_RULER}$) *\S.*\n?)+))",
    re.MULTILINE,
)


@dataclass
class Job:
    """A job that was started or submitted.

    about: what it makes, in words of its rule; speaks: whether it makes no file, so `about` is its
    message to the user; logs: its files, which Snakemake removes before each attempt.
    """

    number: int
    rule: str
    about: str
    study: str | None
    speaks: bool
    logs: tuple[Path, ...] = ()

    def said(self) -> list[str]:
        """The lines of its logs; only the end of long ones."""
        return [line for log in self.logs for line in _lines(log)]

    def warnings(self) -> list[str]:
        """Its warnings, each once."""
        return list(dict.fromkeys(line for line in self.said() if line.startswith("warning: ")))

    def reason(self) -> str | None:
        """The last line that says why it failed, or the first of a launcher, or the last line.

        Without any line, the reason is a full disk, or None.
        """
        lines = self.said()
        said = [line for line in lines if line.strip() and not re.fullmatch(_RULER, line)]
        for reason in _REASONS:
            for line in reversed(said):
                if reason.match(line):
                    return line
        if launcher := _LAUNCHER.search("\n".join(lines)):
            first_sentence = " ".join((launcher["message"] or "").split()).split(". ")[0]
            return first_sentence or launcher[0]
        if said:
            return said[-1]
        for log in self.logs:
            if _is_disk_full(log.parent):
                return f"nothing; the disk of {log.parent} is full"
        return None


def job_of(record: LogRecord) -> Job:
    """The job of a record of the kind JOB_INFO."""
    told = record.__dict__
    rule = plain_rule(str(told["rule_name"]))
    return Job(
        number=int(told["jobid"]),
        rule=rule,
        about=told["rule_msg"] or rule,
        study=dict(told["wildcards"] or {}).get("study"),
        speaks=not told["output"],
        logs=tuple(map(Path, told["log"])),
    )


def lack_of_shared_memory() -> str | None:
    """Why MPI starts no ranks on this machine, and what to do, if /dev/shm is the cause.

    MPI itself then ends with a bus error, or runs out of memory.
    """
    if _is_disk_full(_SHARED_MEMORY):
        problem = "is full"
    elif not os.access(_SHARED_MEMORY, os.W_OK | os.X_OK):
        problem = "cannot be written"
    else:
        return None
    return (
        f"{_SHARED_MEMORY} {problem} here, and MPI needs 0.3 MB of it for each rank; enlarge it, "
        "set ranks lower, or remove files that killed runs have left there (mpich_shm_*)"
    )


def _is_disk_full(folder: Path) -> bool:
    try:
        return shutil.disk_usage(folder).free < _LEAST_FREE
    except OSError:  # it is not there, or cannot be asked
        return False


def _lines(log: Path) -> list[str]:
    try:
        with open_regular(log) as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - _MOST_BYTES))
            data = file.read(_MOST_BYTES)
    except (FileNotFoundError, NotReadableError):
        return []
    return data.decode(errors="replace").splitlines()
