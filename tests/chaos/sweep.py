"""One sweep that faults are to hit: its working folders, its commands and their processes."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
from ledger import Ledger, Rank
from project import ROOT, Project

from syncsweep.config.chunks import chunks
from syncsweep.config.file import load_config
from syncsweep.layout import BlockFolder, study_folder

#: Eight values of η and 0.1 s a sample.
CHAIN = {
    "model": {"name": "spin1_chain"},
    "samples": 240,
    "chunk_size": 20,
    "eta_blocks": [{"first": 1e-6, "last": 10.0, "per_decade": 1}],
    "analysis": {"s_max_bins": {"low": 1e-8, "high": 1e-3, "count": 20}},
}

#: Of each launch.
RANKS = 2

#: So long a sweep may stand still before it is given up [s]. On a cluster, launches that lost a
#: rank may stay for two minutes, and Snakemake looks at its jobs every three if nothing happens.
PATIENCE = 900.0


class SweepError(Exception):
    """A sweep that stands still, or does not end; with the end of what its commands printed."""


@dataclass
class Command:
    """A snakemake that was started, in a session of its own."""

    project: Project
    process: psutil.Popen
    output: Path
    makes_tables: bool

    def is_running(self) -> bool:
        return self.process.poll() is None

    def text(self) -> str:
        return self.output.read_text(encoding="utf-8", errors="replace")


def add_witness(project: Project) -> None:
    """Have the ranks of a project say what they do."""
    shutil.copy(ROOT / "tests" / "chaos" / "witness.py", project.path / "src")
    script = project.path / "scripts" / "solve_shard.py"
    text = script.read_text(encoding="utf-8")
    line = "from syncsweep.sweep.worker import Job, end, run  # noqa: E402\n"
    if text.count(line) != 1:
        raise SweepError(f"{script} does not import the worker as it did")
    script.write_text(text.replace(line, f"{line}import witness  # noqa: E402, F401\n"))


class Sweep:
    """The sweep of a project from an empty results folder on.

    `first` is run again whenever it ended before its tables; `second` is another working folder
    with the same results folder.
    """

    def __init__(
        self,
        first: Project,
        second: Project,
        arguments: tuple[str, ...],
        chunk_sizes: tuple[int, ...],
    ) -> None:
        self.first, self.second = first, second
        self.arguments, self.chunk_sizes = arguments, chunk_sizes
        self.samples = first.config["studies"]["chain"]["samples"]
        self.commands: list[Command] = []
        self.stood_still = 0.0
        self.clear()
        config = load_config(first.path / "config.yaml")
        folder = study_folder(first.results, "chain", config.physics("chain").digest)
        self.block = BlockFolder(folder / config.studies["chain"].blocks[0].id)
        self.ledger = Ledger(first.path / "witness.jsonl", self.block)
        self._output = first.path / "output"

    def clear(self) -> None:
        """Leave nothing of the sweep before."""
        for path in list(self.first.results.iterdir()) if self.first.results.exists() else []:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        for project in (self.first, self.second):
            shutil.rmtree(project.path / ".snakemake", ignore_errors=True)
            project.write_config()
        (self.first.path / "witness.jsonl").unlink(missing_ok=True)
        shutil.rmtree(self.first.path / "output", ignore_errors=True)
        (self.first.path / "output").mkdir()

    def chunks(self) -> tuple[tuple[int, int], ...]:
        """The samples of the shards that the configuration wants."""
        return chunks(self.samples, self.first.config["studies"]["chain"]["chunk_size"])

    def set_chunk_size(self, size: int) -> None:
        """Edit config.yaml, for all commands that start from now on."""
        self.first.config["studies"]["chain"]["chunk_size"] = size
        self.first.write_config()

    def start(self, project: Project, *arguments: str) -> Command:
        """Start snakemake in the background; by default for the tables."""
        output = self._output / f"{len(self.commands):03d}.txt"
        with output.open("wb") as file:
            process = psutil.Popen(
                [sys.executable, "-m", "snakemake", *(arguments or self.arguments)],
                cwd=project.path,
                env={**os.environ, "PYTHONPATH": str(project.path / "src")},
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        command = Command(project, process, output, makes_tables=not arguments)
        self.commands.append(command)
        return command

    def unlock_if_needed(self, project: Project) -> None:
        """What a user does before the same command, when it says that the folder is locked."""
        locks = project.path / ".snakemake" / "locks"
        if locks.exists() and any(locks.iterdir()):
            self.finish(self.start(project, "--unlock"))

    def start_again(self, project: Project) -> Command:
        """The same command again, with the configuration that was meant."""
        project.write_config()
        self.unlock_if_needed(project)
        return self.start(project)

    def finish(self, command: Command) -> int:
        """Wait for a command to end; returns its exit code."""
        self.wait("a command ends", lambda: not command.is_running())
        return command.process.returncode

    def running(self, project: Project | None = None) -> list[Command]:
        """Commands that are at work, in one folder or both, in the order of their start."""
        running = [command for command in self.commands if command.is_running()]
        return [c for c in running if project in (None, c.project)]

    def wait(self, what: str, condition: Callable[[], object], patience: float = PATIENCE) -> None:
        """Wait until a condition holds, as long as samples are solved meanwhile."""
        last, begins = time.monotonic(), -1
        while not condition():
            self.ledger.refresh()
            if len(self.ledger.begins) != begins:
                last, begins = time.monotonic(), len(self.ledger.begins)
            self.stood_still = max(self.stood_still, time.monotonic() - last)
            if time.monotonic() - last > patience:
                raise SweepError(f"not in {patience:g} s: {what}\n{self.printed()}")
            time.sleep(0.05)

    def is_whole(self) -> bool:
        """Whether a command for the tables has ended well."""
        return any(c.process.poll() == 0 for c in self.commands if c.makes_tables)

    def progress(self) -> float:
        """Part of the samples that are kept in shards or parts."""
        self.ledger.refresh()
        return len(self.ledger.kept()) / self.samples

    def processes(self, name: str = "", word: str = "") -> list[psutil.Process]:
        """Everything that works in the sweep's folders, or what has a name and a word in it."""
        folders = {str(self.first.path), str(self.second.path)}
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                if process.cwd() not in folders or process.status() == psutil.STATUS_ZOMBIE:
                    continue
                words = process.cmdline() or [""]
                if Path(words[0]).name.startswith(name) and any(word in w for w in words):
                    found.append(process)
        return found

    def launched_ranks(self) -> int:
        """Ranks of all launches that there are, also of those that only begin."""
        return RANKS * len(self.processes("mpiexec"))

    def kill_all(self) -> None:
        """End all processes of the sweep at once."""
        while processes := self.processes():
            send(processes, signal.SIGKILL)
            for command in self.commands:
                command.process.poll()  # nobody else may reap it, or its exit code is lost
            time.sleep(0.02)

    def end(self) -> None:
        """End what is still at work."""
        self.kill_all()

    @contextmanager
    def held(self) -> Iterator[None]:
        """All ranks stand still while a file is changed, so that the ledger knows what it held."""
        ranks = self.processes("python", "solve_shard.py")
        send(ranks, signal.SIGSTOP)
        try:
            self.ledger.refresh()
            yield
        finally:
            send(ranks, signal.SIGCONT)

    def wait_for_end_of(self, ranks: list[Rank]) -> None:
        """Wait until the processes of some ranks are gone."""
        self.wait("ranks end", lambda: not any(rank.is_alive() for rank in ranks), 60)

    def printed(self, lines: int = 12) -> str:
        """The ends of what the last commands printed, and what is still there."""
        ends = [(c.output.name, c.text().splitlines()[-lines:]) for c in self.commands[-3:]]
        running = [f"{c.output.name} runs" for c in self.running()]
        ranks = [f"{r.part.name}: {r.pid} with {r.in_hand}" for r in self.ledger.alive()]
        ends.append(("there", [*running, *ranks]))
        return "\n".join("\n".join([f"--- {name}", *end]) for name, end in ends)


def launcher_of(rank: Rank) -> psutil.Process:
    """The mpiexec that a rank belongs to."""
    for process in psutil.Process(rank.pid).parents():
        if Path((process.cmdline() or [""])[0]).name.startswith("mpiexec"):
            return process
    raise psutil.NoSuchProcess(rank.pid)


def send(processes: list[psutil.Process], number: signal.Signals) -> None:
    """Send a signal to all that are still there."""
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.send_signal(number)
