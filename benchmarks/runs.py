"""Real launches for the measurements: in folders of their own, timed, checked for success."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import Any

import yaml

from benchmarks.overhead import STUDY, chain
from syncsweep.layout import BlockFolder, study_folder
from syncsweep.sweep import description
from syncsweep.sweep.launcher import ON_THIS_MACHINE

_TIMEOUT_SECONDS = 300
_SWEEP_TIMEOUT_SECONDS = 7200

#: Snakemake without the profiles of this project and of its user.
SNAKEMAKE = ["-m", "snakemake", "--profile", "none", "--workflow-profile", "none"]


class BenchError(Exception):
    """A launch that failed; the message is one line."""


@dataclass(frozen=True)
class Bench:
    """Where to find the project, and where launches may write.

    root: the folder of the Snakefile; folder: on the file system that is to be measured.
    """

    root: Path
    folder: Path

    @contextmanager
    def block(self) -> Iterator[BlockFolder]:
        """An empty η-block of the chain, which goes when it is left."""
        with self.temporary() as folder:
            blocks = description.describe(chain(1, str(folder)), STUDY)
            study = study_folder(folder, STUDY, blocks[0].physics.digest)
            description.write(study, blocks)
            yield BlockFolder(study / blocks[0].block)

    @contextmanager
    def temporary(self) -> Iterator[Path]:
        """A folder that goes when it is left."""
        with TemporaryDirectory(prefix="bench-", dir=self.folder) as folder:
            yield Path(folder).absolute()

    def python(self, ranks: int, code: str) -> float:
        """Seconds of a launch of ranks that run a line of Python."""
        return timed(_mpi(ranks, "-c", code))

    def solve(self, ranks: int, samples: int) -> float:
        """Seconds of a launch that makes a shard as the workflow does."""
        with self.block() as block:
            return timed(self._solve(block, ranks, samples))

    def _solve(self, block: BlockFolder, ranks: int, samples: int) -> list[str]:
        script = self.root / "scripts" / "solve_shard.py"
        options = ["--start", 0, "--stop", samples, "--ranks", ranks]
        return _mpi(ranks, "-m", "mpi4py", script, "--block", block.path, *options)

    def opens(self, ranks: int) -> int | None:
        """Files that a launch of a sample per rank opens; None where strace is not to be had."""
        if not shutil.which("strace"):
            return None
        with self.block() as block:
            counts = block.path / "opens"
            trace = ["strace", "-f", "-c", "-e", "trace=openat", "-o", str(counts)]
            try:
                timed(trace + self._solve(block, ranks, ranks))
                text = counts.read_text(encoding="utf-8")
            except (BenchError, OSError):  # tracing may be forbidden
                return None
        total = re.search(r"(\d+)(?:\s+(\d+))?\s+total", text)
        return int(total[1]) - int(total[2] or 0) if total else None

    def probe(self, ranks: int, samples: int, replicate: bool = False) -> list[dict[str, Any]]:
        """Times of each rank of a launch, see `benchmarks.probe`."""
        with self.block() as block, self.temporary() as output:
            module = ["-m", "mpi4py", "-m", "benchmarks.probe"]
            options = ["--replicate"] if replicate else []
            timed(_mpi(ranks, *module, block.path, samples, output, *options))
            times = [json.loads(path.read_text("utf-8")) for path in output.glob("rank-*.json")]
        if len(times) != ranks:
            raise BenchError(f"a launch of {ranks} rank(s) left the times of {len(times)}")
        return sorted(times, key=lambda of_rank: of_rank["rank"])

    def snakemake(self, jobs: int, samples: int, again: int) -> tuple[float, list[float]]:
        """Seconds of a sweep of tiny samples in some jobs, and of a job's launch by itself.

        One job at a time, of one rank; the launch is made `again` so many times.
        """
        study = {
            "model": {"name": "spin_half_pair"},
            "samples": samples,
            "chunk_size": -(-samples // jobs),
            "eta_blocks": [{"values": [0.1, 1.0]}],
            "analysis": {"s_max_bins": {"low": 1e-6, "high": 1.0, "count": 20}},
            "figure": {"name": "pair", "panels": ["chi"]},
        }
        settings = {"results": "results", "root_seed": 7, "ranks": 1, "studies": {"pair": study}}
        with self.temporary() as folder:
            (folder / "config.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
            whole = timed(self._workflow(folder, "--cores", "1", "--until", "solve_shard"))
            (block,) = (folder / "results").glob("pair-*/eta-*")
            return whole, [self._again(BlockFolder(block)) for _ in range(again)]

    def _again(self, block: BlockFolder) -> float:
        """Seconds of a launch that makes the first shard of a block again."""
        shards = list(block.shards())
        for _, shard in shards:
            shard.unlink()
        return timed(self._solve(block, 1, shards[0][0].stop))

    def nested_start(self) -> float:
        """Seconds in which Snakemake reads the project and plans it, without running a job."""
        with self.temporary() as folder:
            shutil.copy(self.root / "config.yaml", folder)
            return timed(self._workflow(folder, "-n", "-q", "all"))

    def figures(self, samples: int) -> tuple[float, float]:
        """Core-seconds that ranks spend on samples, and seconds, of the whole project's run.

        It runs on all cores; samples: of each study of its config.yaml.
        """
        with self.temporary() as folder:
            shutil.copy(self.root / "config.yaml", folder)
            options = ("--cores", "all", "--config", f"samples={samples}", "results=results")
            wall = self.sweep(folder, *options)
            logs = [BlockFolder(path).log for path in (folder / "results").glob("*/eta-*")]
            found = [log.read_text("utf-8") for log in logs if log.exists()]
        events = [json.loads(line) for text in found for line in text.splitlines()]
        return sum(event.get("core_seconds", 0.0) for event in events), wall

    def watched(self, samples: int, look: Callable[[Path], object]) -> None:
        """Solve some samples of each study of the project, on all cores, and watch.

        `look` is called each second with the folder of the results.
        """
        with self.temporary() as folder:
            shutil.copy(self.root / "config.yaml", folder)
            results = folder / "results"
            settings = ("--config", f"samples={samples}", "results=results")
            options = ("--cores", "all", "--until", "solve_shard", *settings)
            with _started(self._workflow(folder, *options)) as process:
                while process.poll() is None:
                    look(results)
                    time.sleep(1.0)
                look(results)

    def sweep(self, folder: Path, *options: str) -> float:
        """Seconds of a run of the project in a folder that holds a config.yaml."""
        return timed(self._workflow(folder, *options), _SWEEP_TIMEOUT_SECONDS)

    def _workflow(self, folder: Path, *options: str) -> list[str]:
        where = ["--snakefile", str(self.root / "Snakefile"), "--directory", str(folder)]
        return [sys.executable, *SNAKEMAKE, *where, *options]


def _mpi(ranks: int, *arguments: object) -> list[str]:
    return [*ON_THIS_MACHINE, "-n", str(ranks), sys.executable, *map(str, arguments)]


def timed(command: list[str], timeout: float = _TIMEOUT_SECONDS) -> float:
    """Seconds of a command; BenchError if it fails.

    It inherits the environment, in which `blas.limit_blas_threads` must have been called.
    """
    began = time.perf_counter()
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            env=_environment(),
            timeout=timeout,
        )
    except OSError as error:
        raise BenchError(f"{command[0]}: cannot be started ({error.strerror})") from None
    except subprocess.TimeoutExpired:
        raise BenchError(f"{command[0]} took longer than {timeout} s") from None
    seconds = time.perf_counter() - began
    if done.returncode:
        raise _failure(command[0], done.returncode, done.stderr)
    return seconds


@dataclass(frozen=True)
class Spent:
    """What a command and all that it started took.

    cpu: CPU time [s]; wall: time [s]; peak: memory of the largest process [GiB].
    """

    cpu: float
    wall: float
    peak: float


def spent(command: list[str], folder: Path, python: str) -> Spent:
    """Run a command in a folder; python: of the environment whose programs it may start.

    BenchError if it fails. Processes count if their parents waited for them, as MPICH, Snakemake
    and shells do.
    """
    began = time.perf_counter()
    with _started(command, folder, python) as process:
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
    return Spent(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 2**20)


@contextmanager
def _started(
    command: list[str], folder: Path | None = None, python: str = sys.executable
) -> Iterator[subprocess.Popen[bytes]]:
    """A command that must succeed; it is interrupted if the block ends before the command."""
    with TemporaryFile() as errors:
        try:
            process = subprocess.Popen(
                command,
                cwd=folder,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                env=_environment(python),
            )
        except OSError as error:
            raise BenchError(f"{command[0]}: cannot be started ({error.strerror})") from None
        try:
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
                process.wait()
        if process.returncode:
            errors.seek(0)
            raise _failure(command[0], process.returncode, errors.read().decode(errors="replace"))


def _environment(python: str = sys.executable) -> dict[str, str]:
    path = f"{Path(python).parent}:{os.environ.get('PATH', '')}"
    return {**os.environ, "PATH": path, "PYDANTIC_DISABLE_PLUGINS": "__all__"}


def _failure(program: str, code: int, errors: str) -> BenchError:
    lines = errors.strip().splitlines() or ["it says nothing"]
    # Behind the worker's own message may stand that of MPI.
    reasons = [line for line in lines if line.startswith("error: ")] or lines
    return BenchError(f"{program} ended with exit code {code}: {reasons[-1]}")
