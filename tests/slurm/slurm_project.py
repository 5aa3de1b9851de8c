"""A copy of the project that runs its jobs on the test cluster."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from itertools import chain
from pathlib import Path
from typing import Any

import psutil
import yaml
from cluster import Cluster, Job
from project import CHAIN, ROOT, Project

from syncsweep.config.file import load_config
from syncsweep.layout import BlockFolder, study_folder
from syncsweep.sweep import description
from syncsweep.sweep.parts import read_part

SAMPLES = 40

#: Long enough for a fault to land, and one shard, so that attempts follow one another.
FAULTED = {**CHAIN, "samples": SAMPLES, "chunk_size": SAMPLES}


class SlurmProject(Project):
    """A checkout with the profile for Slurm, whose jobs the project can tell from others'."""

    def __init__(self, path: Path, cluster: Cluster, **studies: dict) -> None:
        super().__init__(path, **studies)
        self.cluster = cluster
        self._jobs_before = set(cluster.job_states())
        shutil.copytree(ROOT / "slurm", path / "slurm")
        (path / ".venv").symlink_to(sys.prefix)
        # This environment has this code, even in jobs that do not get the path of another one.
        for package in (path / "src").iterdir():
            shutil.rmtree(package)
            package.symlink_to(ROOT / "src" / package.name)

    def change_profile(self, **shard_resources: Any) -> None:
        """Edit the profile as a user would: resources of a shard's job; None removes one."""
        self._change(("set-resources", "solve_shard"), shard_resources)

    def change_defaults(self, **resources: Any) -> None:
        """As `change_profile`, for the resources of all jobs."""
        self._change(("default-resources",), resources)

    def _change(self, keys: tuple[str, ...], resources: dict[str, Any]) -> None:
        file = self.path / "slurm" / "config.yaml"
        profile = part = yaml.safe_load(file.read_text(encoding="utf-8"))
        for key in keys:
            part = part[key]
        part.update(resources)
        for name, value in resources.items():
            if value is None:
                del part[name]
        # So that a test need not wait for Snakemake to look at its jobs.
        profile["slurm-init-seconds-before-status-checks"] = 1
        file.write_text(yaml.safe_dump(profile), encoding="utf-8")

    def start_sweep(self, *arguments: str) -> psutil.Popen:
        """Start `snakemake --workflow-profile slurm` for the chain's shard, in the background."""
        config = load_config(self.path / "config.yaml")
        folder = study_folder(config.results, "chain", config.physics("chain").digest)
        block = BlockFolder(folder / config.studies["chain"].blocks[0].id)
        shard = str(block.shard(0, SAMPLES))
        return self.start(shard, "--workflow-profile", "slurm", *arguments)

    def finish(self, process: psutil.Popen, code: int = 0) -> str:
        """Wait for snakemake to end; returns what it printed."""
        output, _ = process.communicate(timeout=300)
        assert process.returncode == code, output
        return output

    def ranks(self) -> list[psutil.Process]:
        """The MPI ranks at work for this project, by process id."""
        found = []
        for process in psutil.process_iter(["cmdline", "status"]):
            words = process.info["cmdline"] or []
            is_rank = any("solve_shard.py" in word for word in words) and "srun" not in words[0]
            if is_rank and "bash" not in words[0] and str(self.path) in " ".join(words):
                found.append(process)
        return sorted(found, key=lambda p: p.pid)

    def running_jobs(self) -> set[int]:
        """Numbers of the jobs that wait, run or are just ending."""
        return {job.id for job in self.cluster.jobs()}

    def expect_state(self, job_id: int, *states: str) -> None:
        """A job ends, or has ended, in one of these states."""
        job_states = self.cluster.job_states
        self.cluster.wait_until(f"{job_id} {states}", lambda: job_states()[job_id] in states, 30)

    def nodes_of(self, job: Job) -> list[str]:
        """The nodes of a job, by name."""
        return self.cluster.run("scontrol", "show", "hostnames", job.nodes).split()

    def shown(self, job_id: int) -> dict[str, str]:
        """What `scontrol show job` says of a job, by its words."""
        text = self.cluster.run("scontrol", "show", "job", str(job_id))
        return dict(word.split("=", 1) for word in text.split() if "=" in word)

    def limits_of(self, job_id: int) -> list:
        """Memory per core in MB, number of tasks, nodes and time limit of a job."""
        words = self.shown(job_id)
        return [int(words["MinMemoryCPU"].removesuffix("M"))] + [
            words[name] for name in ("NumTasks", "NumNodes", "TimeLimit")
        ]

    def stops(self) -> list[dict]:
        """What the attempts logged that had no time for all samples."""
        return [event for event in self.events("chain") if event["event"] == "stop"]

    def shard_run(self, study: str) -> dict:
        """What the last finished job of a study says of its run."""
        return [event for event in self.events(study) if event["event"] == "end"][-1]

    def submit(self, mode: str, *arguments: str, code: int = 0) -> str:
        """Run slurm/submit.sh; returns what it prints."""
        done = subprocess.run(
            ["slurm/submit.sh", mode, *arguments],
            cwd=self.path,
            env={**os.environ, "PYTHONPATH": str(self.path / "src")},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
        )
        assert done.returncode == code, done.stdout
        return done.stdout

    def shard_job(self) -> Job:
        """The Slurm job that runs the ranks of this project."""
        (job,) = [job for job in self.cluster.jobs() if job.state == "RUNNING"]
        return job

    def samples_by_attempt(self) -> dict[str, list[int]]:
        """Samples in the parts of each attempt at the chain, in the attempts' order.

        Tables clear the parts of whole shards away, so look before they are made.
        """
        starts = [event for event in self.events("chain") if event["event"] == "start"]
        found: dict[str, list[int]] = {start["attempt"]: [] for start in starts}
        for block in self.blocks_of_jobs("chain"):
            described = description.read(block.path)
            for _, path in block.part_files():
                attempt = path.stem.split("-")[3]
                found[attempt].extend(unit.sample for unit, _ in read_part(path, described))
        return found

    def check(self, undisturbed: dict[str, bytes], attempts: int) -> None:
        """Every attempt took over all that the ones before had kept, and solved only the rest.

        The tables that the rows give are those of an undisturbed run.
        """
        kept = self.samples_by_attempt()
        starts = [e for e in self.events("chain") if e["event"] == "start"]
        assert len(starts) == attempts
        before = 0
        for start in starts:
            assert (start["from_parts"], start["missing"]) == (before, SAMPLES - before), kept
            before += len(kept[start["attempt"]])
        assert sorted(chain.from_iterable(kept.values())) == list(range(SAMPLES))
        self.snakemake("tables")
        assert self.table_bytes("chain") == undisturbed

    def check_stopped(self, output: str, by: str, undisturbed: dict[str, bytes]) -> None:
        """The first attempt stopped for want of time, and the second solved the rest."""
        # Which state the job gets depends on whether Snakemake in it or Slurm is faster.
        first = min(set(self.cluster.job_states()) - self._jobs_before)
        self.expect_state(first, "FAILED", "TIMEOUT")
        assert "Trying to restart job" in output
        (stop,) = self.stops()
        assert stop["stopped_by"] == by, stop
        self.check(undisturbed, attempts=2)
