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
from functools import cache
from pathlib import Path

import psutil
import yaml

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

    def blocks(self, study: str) -> list[Path]:
        return sorted(self.results.glob(f"{study}-*/eta-*"))

    def events(self, study: str) -> list[dict]:
        """What the jobs of a study logged, in order."""
        logs = [block / "log.jsonl" for block in self.blocks(study)]
        lines = [line for log in logs if log.exists() for line in log.read_text().splitlines()]
        return [json.loads(line) for line in lines]

    def solved(self, study: str) -> int:
        """Samples that the finished jobs of a study solved, over all its folders."""
        return sum(event["solved"] for event in self.events(study) if event["event"] == "end")

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
