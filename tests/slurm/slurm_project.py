"""A copy of the project that runs its jobs on the test cluster."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import Any

import psutil
import yaml
from cluster import Cluster, Job
from project import CHAIN, ROOT, Project

from syncsweep.layout import BlockFolder
from syncsweep.sweep.parts import PartIdentity, read_part

SAMPLES = 60

#: Long enough for a fault to land, and one shard, so that attempts follow one another.
FAULTED = {**CHAIN, "samples": SAMPLES, "chunk_size": SAMPLES}


class SlurmProject(Project):
    """A checkout with the profile for Slurm, whose jobs the project can tell from others'."""

    def __init__(self, path: Path, cluster: Cluster, **studies: dict) -> None:
        super().__init__(path, **studies)
        self.cluster = cluster
        self._seen: dict[str, list[int]] = {}
        shutil.copytree(ROOT / "slurm", path / "slurm")
        (path / ".venv").symlink_to(sys.prefix)

    def change_profile(self, **shard_resources: Any) -> None:
        """Edit the profile as a user would: resources of a shard's job; None removes one."""
        file = self.path / "slurm" / "config.yaml"
        profile = yaml.safe_load(file.read_text(encoding="utf-8"))
        resources = profile["set-resources"]["solve_shard"]
        for name, value in shard_resources.items():
            resources[name] = value
            if value is None:
                del resources[name]
        # So that a test need not wait for Snakemake to look at its jobs.
        profile["slurm-init-seconds-before-status-checks"] = 1
        file.write_text(yaml.safe_dump(profile), encoding="utf-8")

    def start_sweep(self, *arguments: str) -> psutil.Popen:
        """Start `snakemake --workflow-profile slurm tables` in the background."""
        return self.start("tables", "--workflow-profile", "slurm", *arguments)

    def finish(self, process: psutil.Popen, code: int = 0) -> str:
        """Wait for snakemake to end; returns what it printed."""
        deadline = time.monotonic() + 300
        while process.poll() is None and time.monotonic() < deadline:
            self.samples_by_attempt("chain")
            time.sleep(0.5)
        output, _ = process.communicate(timeout=10)
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

    def nodes_of(self, job: Job) -> list[str]:
        """The nodes of a job, by name."""
        return self.cluster.run("scontrol", "show", "hostnames", job.nodes).split()

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

    def kept(self, study: str) -> int:
        """Samples in the parts of a study."""
        return sum(map(len, self.samples_by_attempt(study).values()))

    def shard_job(self) -> Job:
        """The Slurm job that runs the ranks of this project."""
        (job,) = [job for job in self.cluster.jobs() if job.state == "RUNNING"]
        return job

    def samples_by_attempt(self, study: str) -> dict[str, list[int]]:
        """Samples seen so far in the parts of each attempt, in the attempts' order.

        Tables clear the parts of whole shards away, so what was seen is remembered.
        """
        found: dict[str, list[int]] = {}
        for block in self.blocks(study):
            identity = PartIdentity(block.parent.name.rsplit("-", 1)[1], block.name)
            for _, _, path in BlockFolder(block).part_files():
                with suppress(FileNotFoundError):
                    samples = [sample for sample, _ in read_part(path, identity)]
                    found.setdefault(path.stem.split("-")[3], []).extend(samples)
        for attempt, samples in found.items():
            if len(samples) > len(self._seen.get(attempt, [])):
                self._seen[attempt] = samples
        order = [e["attempt"] for e in self.events(study) if e["event"] == "start"]
        return {attempt: self._seen.get(attempt, []) for attempt in order}

    def wait_for_samples(self, process: psutil.Popen, count: int) -> None:
        """Wait until so many samples of the chain are kept."""
        while self.kept("chain") < count:
            assert process.poll() is None, process.communicate()[0]
            time.sleep(0.05)

    def check_nothing_solved_twice(self, attempts: int) -> None:
        """Every attempt took over all that the ones before had kept, and solved only the rest."""
        kept = self.samples_by_attempt("chain")
        starts = [e for e in self.events("chain") if e["event"] == "start"]
        assert len(starts) == attempts
        before = 0
        for start in starts:
            assert (start["from_parts"], start["missing"]) == (before, SAMPLES - before), kept
            before += len(kept[start["attempt"]])
        assert sorted(chain.from_iterable(kept.values())) == list(range(SAMPLES))
