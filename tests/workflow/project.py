"""A copy of the project in a folder of its own, run as a user runs it."""

from __future__ import annotations

import atexit
import compileall
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from functools import cache
from pathlib import Path

import psutil
import yaml

from syncsweep.layout import BlockFolder, block_folders, study_folders
from syncsweep.sweep import description
from syncsweep.sweep.parts import count_records

ROOT = Path(__file__).parents[2]

PAIR = {
    "model": {"name": "spin_half_pair"},
    "samples": 60,
    "chunk_size": 30,
    "eta_blocks": [{"first": 1e-4, "last": 1.0, "per_decade": 1}],
    "analysis": {"s_max_bins": {"low": 1e-6, "high": 1.0, "count": 20}},
    "figure": {"name": "pair", "panels": ["chi", "s_max"]},
}

CHAIN = {
    "model": {"name": "spin1_chain"},
    "samples": 40,
    "chunk_size": 40,
    "eta_blocks": [{"first": 1e-6, "last": 10.0, "per_decade": 4}],
    "analysis": {
        "s_max_bins": {"low": 1e-8, "high": 1e-3, "count": 20},
        "ratio": {"numerator": 2, "denominator": 1, "weight": 3, "meaning": "π/3 for each (0, π)"},
    },
    "figure": {"name": "chain", "panels": ["chi", "probabilities", "ratio", "s_max"]},
}


def _with_limit(study, first):
    return {
        **study,
        "samples": 60,
        "chunk_size": 60,
        "eta_blocks": [{"first": first, "last": 10.0, "per_decade": 2, "limit": True}],
        "analysis": {**study["analysis"], "limit_draws": 20_000},
    }


#: What a whole paper of few samples is made of.
PAPER_STUDIES = {"pair": _with_limit(PAIR, 1e-4), "chain": _with_limit(CHAIN, 1e-6)}

PAPER = {
    "chain": "chain",
    "pair": "pair",
    "locking_samples": 60,
    "quality_samples_n2": 20,
    "quality_samples_n3": 2,
    "ablation_samples": 20,
    "ensemble_samples": 2,
}


@cache
def _checkout() -> Path:
    """What all projects of this process are copied from: the code, compiled once."""
    path = Path(tempfile.mkdtemp(prefix="checkout-"))
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    for name in ("Snakefile", "CITATION.cff", "LICENSE"):
        shutil.copy2(ROOT / name, path)
    for name in ("workflow", "scripts", "profiles", "envs", "src"):
        shutil.copytree(ROOT / name, path / name, ignore=shutil.ignore_patterns("__pycache__"))
    compileall.compile_dir(path / "src", quiet=2)
    return path


def kept(block: BlockFolder) -> int:
    """Units in the parts of a block that are there now."""
    count, parts = 0, list(block.part_files())
    described = description.read(block.path) if parts else None  # written before any part
    for _, path in parts:
        with suppress(FileNotFoundError):  # a shard may replace it meanwhile
            count += count_records(path, described).count
    return count


class Project:
    """A checkout with its own configuration and results."""

    def __init__(self, path: Path, **studies: dict) -> None:
        self.path = path
        self.started: list[psutil.Popen] = []
        shutil.copytree(_checkout(), path, dirs_exist_ok=True)
        self.config = {"results": "results", "root_seed": 7, "ranks": 2, "studies": studies}
        self.write_config()

    @property
    def results(self) -> Path:
        return self.path / "results"

    def take(self, other: Project) -> Project:
        """Take what another project has made, and Snakemake's records of it; returns this one."""
        for name in ("results", ".snakemake"):
            shutil.copytree(other.path / name, self.path / name)
        return self

    def write_config(self) -> None:
        text = yaml.safe_dump(self.config, sort_keys=False)
        (self.path / "config.yaml").write_text(text, encoding="utf-8")

    def start(self, *arguments: str) -> psutil.Popen:
        """Start snakemake with these arguments, in the background."""
        process = psutil.Popen(
            [sys.executable, "-m", "snakemake", *arguments],
            cwd=self.path,
            env={**os.environ, "PYTHONPATH": str(self.path / "src")},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.started.append(process)
        return process

    def snakemake(self, *arguments: str, code: int = 0) -> str:
        """Run snakemake to its end; returns what it prints."""
        process = self.start(*arguments)
        output, _ = process.communicate(timeout=1800)
        assert process.returncode == code, output
        return output

    def run(self, *command: str, code: int = 0, stderr: int = subprocess.STDOUT) -> str:
        """Run a command with the code of this project; returns what it prints."""
        done = subprocess.run(
            command,
            cwd=self.path,
            env={**os.environ, "PYTHONPATH": str(self.path / "src")},
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            timeout=300,
        )
        assert done.returncode == code, (done.stdout, done.stderr)
        return done.stdout

    def syncsweep(self, *arguments: str) -> str:
        """Run the program of this project; returns what it prints on stdout."""
        program = "import sys; from syncsweep.cli.main import main; sys.exit(main())"
        return self.run(sys.executable, "-c", program, *arguments, stderr=subprocess.PIPE)

    def blocks(self, study: str) -> list[Path]:
        return sorted(self.results.glob(f"{study}-*/eta-*"))

    def blocks_of_jobs(self, study: str) -> list[BlockFolder]:
        """The blocks of a study, also those that have no shard yet."""
        folders = study_folders(self.results) if self.results.exists() else []
        folders = [folder for folder in folders if folder.name.rpartition("-")[0] == study]
        return [block for folder in folders for block in block_folders(folder)]

    def events(self, study: str) -> list[dict]:
        """What the jobs of a study logged, in order."""
        logs = [block.log for block in self.blocks_of_jobs(study)]
        lines = [line for log in logs if log.exists() for line in log.read_text().splitlines()]
        return [json.loads(line) for line in lines]

    def solved(self, study: str) -> int:
        """Samples that the finished jobs of a study solved, over all its folders."""
        return sum(event["solved"] for event in self.events(study) if event["event"] == "end")

    def kept(self, study: str) -> int:
        """Samples in the parts of a study that are there now."""
        return sum(map(kept, self.blocks_of_jobs(study)))

    def logs_say(self, words: str) -> bool:
        """Whether a job's log has these words. Snakemake removes a log before the next job."""
        for log in (self.results / "logs").rglob("*.log"):
            with suppress(FileNotFoundError):
                if words in log.read_text(encoding="utf-8"):
                    return True
        return False

    def wait_for_samples(self, process: psutil.Popen, count: int) -> None:
        """Wait until so many samples of the chain are kept."""
        while self.kept("chain") < count:
            assert process.poll() is None, process.communicate()[0]
            time.sleep(0.02)

    def ranks(self) -> list[psutil.Process]:
        """The ranks at work for this project, by process id, also without their snakemake."""
        found = [
            process
            for process in psutil.process_iter(["cmdline"])
            for words in [process.info["cmdline"] or [""]]
            if "python" in Path(words[0]).name and f"{self.path}/scripts/solve_shard.py" in words
        ]
        return sorted(found, key=lambda process: process.pid)

    def table_bytes(self, study: str) -> dict[str, bytes]:
        folder = self.results / "tables" / study
        return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}

    def files(self) -> set[str]:
        """Every file but Snakemake's own and bytecode."""
        found = (path for path in self.path.rglob("*") if path.is_file())
        relative = (path.relative_to(self.path) for path in found)
        return {str(p) for p in relative if not {".snakemake", "__pycache__"} & set(p.parts)}

    def end_all(self) -> None:
        """End what this project started and is still there."""
        for process in self.started:
            if process.poll() is None:
                process.kill()
            process.wait()
            process.stdout.close()
        for process in psutil.process_iter(["cmdline"]):
            if any(str(self.path) in part for part in process.info["cmdline"] or []):
                process.kill()
