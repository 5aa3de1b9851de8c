"""Where a campaign runs: this machine, or the test cluster within it."""

from __future__ import annotations

import json
import platform
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import file_faults  # noqa: F401
import process_faults  # noqa: F401
import slurm_faults
from cluster import Cluster
from folder_faults import has_disk, mount_disk
from kinds import KINDS, SLURM_KINDS, Kind
from project import Project
from slurm_project import SlurmProject
from sweep import CHAIN, Sweep, add_witness

#: Two launches of two ranks at once, or four jobs of two.
COMMAND = ("tables", "--cores", "4")
SLURM_COMMAND = ("tables", "--workflow-profile", "slurm", "--jobs", "4")

#: Samples per shard: here many are so large that launches outlive a snakemake that is killed and
#: started again; on a cluster small ones keep Snakemake from looking at its jobs ever more rarely.
CHUNK_SIZES = (15, 30, 60, 120)
SLURM_CHUNK_SIZES = (12, 16, 20, 30)

#: Kinds that a cluster has of its own, or has no such thing for.
_NOT_ON_A_CLUSTER = {
    *("launcher killed", "launcher told to end (SIGTERM)", "interrupted (Ctrl-C)"),
    *("all processes killed", "machine down: what was not synced is cut off"),
}


@dataclass(frozen=True)
class Place:
    """Where sweeps are made, and which faults there are."""

    where: str
    kinds: dict[str, Kind]
    versions: dict[str, str]
    make_sweep: Callable[[], Sweep]
    has_disk: bool

    def chosen_kinds(self, names: list[str] | None) -> tuple[list[Kind], list[str]]:
        """Kinds whose names begin with one of these, all without any; and those that cannot be."""
        kinds = [k for k in self.kinds.values() if not names or k.name.startswith(tuple(names))]
        if self.has_disk:
            return kinds, []
        needy = [kind for kind in kinds if kind.is_possible is has_disk]
        return [kind for kind in kinds if kind not in needy], [kind.name for kind in needy]


@contextmanager
def machine(samples: int, may_mount: bool) -> Iterator[Place]:
    """Sweeps on this machine."""
    with folder_of_its_own() as folder:
        projects = two_projects(folder, samples, Project)
        with disk(projects[0].results, may_mount) as mounted:
            make = lambda: Sweep(*projects, COMMAND, CHUNK_SIZES)  # noqa: E731
            yield Place("on one machine", KINDS, versions(), make, mounted)


@contextmanager
def cluster(samples: int, may_mount: bool) -> Iterator[Place]:
    """Sweeps on a cluster of four nodes, in the namespaces that tests/slurm/run.sh makes."""
    with folder_of_its_own() as folder:
        (folder / "slurm").mkdir()
        with Cluster(folder / "slurm", accounting=False) as slurm:

            def make_project(path: Path, **studies: dict) -> SlurmProject:
                project = SlurmProject(path, slurm, **studies)
                # Two minutes, because Slurm ends some launches that lost a rank only when their
                # time is up.
                project.change_profile(nodes=2, runtime=2)
                return project

            projects = two_projects(folder, samples, make_project)
            with disk(projects[0].results, may_mount) as mounted:
                shared = {n: kind for n, kind in KINDS.items() if n not in _NOT_ON_A_CLUSTER}
                number = slurm.run("sinfo", "--version").split()[-1]
                plugin = "snakemake-executor-plugin-slurm"
                yield Place(
                    "on a Slurm cluster of four nodes on one machine",
                    SLURM_KINDS | shared,
                    versions() | {plugin: version(plugin), "Slurm": number},
                    lambda: slurm_faults.SlurmSweep(
                        slurm, *projects, SLURM_COMMAND, SLURM_CHUNK_SIZES
                    ),
                    mounted,
                )


@contextmanager
def folder_of_its_own() -> Iterator[Path]:
    """A folder that all users can enter, because munged is another."""
    with tempfile.TemporaryDirectory(prefix="chaos-") as name:
        folder = Path(name).resolve()
        folder.chmod(0o755)
        yield folder


@contextmanager
def disk(folder: Path, may_mount: bool) -> Iterator[bool]:
    """Put a folder on a small disk of its own; whether that was done."""
    mounted = may_mount and mount_disk(folder)
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", folder], check=True)


def two_projects(folder: Path, samples: int, make: Callable[..., Any]) -> tuple[Any, Any]:
    """Two working folders, the second with the results folder of the first."""
    made = []
    for name in ("first", "second"):
        path = folder / name
        path.mkdir()
        made.append(make(path, chain=json.loads(json.dumps({**CHAIN, "samples": samples}))))
        add_witness(made[-1])
    first, second = made
    second.config["results"] = str(first.results)
    # One log of all ranks.
    (second.path / "witness.jsonl").symlink_to(first.path / "witness.jsonl")
    return first, second


def versions() -> dict[str, str]:
    """Of what takes part in every campaign."""
    packages = ("syncsweep", "snakemake", "mpi4py", "mpich", "pyarrow")
    return {"Python": platform.python_version()} | {name: version(name) for name in packages}
