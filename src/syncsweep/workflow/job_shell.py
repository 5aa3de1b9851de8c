"""The shell of each job: its Python and its environment variables."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

from syncsweep.environment import provenance
from syncsweep.user_code import isolated


def shell_prefix(project: Path) -> str:
    """What is put before the command of a job; project: folder of the Snakefile.

    Jobs run in the environment of this Snakemake, activated or not, and know its commit. They can
    print in any locale, and their logs are UTF-8. Names of files remain those of the locale. All
    ranks iterate over sets of text in one order, because the user's own draws may depend on it.
    """
    variables = {
        "PYTHONIOENCODING": "utf-8:backslashreplace",
        # MPICH and UCX would take 5.4 MB of /dev/shm for each rank, and a container has 64 MB. With
        # these two variables they take 0.3 MB.
        "UCX_TLS": os.environ.get("UCX_TLS", "^posix"),
        "MPIR_CVAR_CH4_SHM_POSIX_IQUEUE_NUM_CELLS": "16",
        "SCRIPTS": str(project / "scripts"),
        **provenance.environment(project),
        **isolated.HASH_SEED,
    }
    path = shlex.quote(str(Path(sys.executable).parent))
    assigned = " ".join(f"{name}={shlex.quote(value)}" for name, value in variables.items())
    return f"set -euo pipefail; export PATH={path}:$PATH {assigned}; "
