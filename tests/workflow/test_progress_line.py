"""What a user sees of a run: on a terminal one line, elsewhere a few; and what failed, and why."""

from __future__ import annotations

import os
import pty
import re
import select
import shlex
import signal
import subprocess
import sys
import time

from project import CHAIN, PAIR, Project

from syncsweep.layout import BlockFolder

SMALL = {**PAIR, "samples": 20, "chunk_size": 10}


def shown(output: str) -> list[str]:
    """Lines without those that Snakemake prints before it asks its loggers."""
    return [line for line in output.splitlines() if not line.startswith("Using workflow specific")]


def test_output_in_a_file_is_a_few_lines(make_project):
    project = make_project(pair=SMALL)
    lines = shown(project.snakemake())
    assert lines[-2] == "Figures and tables are in results/figures and results/tables"
    assert re.fullmatch(r"5 of 5 jobs done in \d+ s", lines[-1])
    told = [re.fullmatch(r"\d\d:\d\d:\d\d (.*)", line) for line in lines[:-2]]
    assert all(told), lines
    stages = [match[1] for match in told if match[1].endswith("done")]
    assert stages == [
        "solve_shard: 2 jobs done",
        "make_tables: 1 job done",
        "draw_pair: 1 job done",
    ]
    assert re.fullmatch(r"pair, \d+ of 20 samples, \d+ %(, .* left)?", told[0][1])
    (log,) = (project.path / ".snakemake" / "log").iterdir()
    assert "Finished jobid: 0 (Rule: all)" in log.read_text()
    assert shown(project.snakemake())[0].startswith("Nothing to be done")
    # A dry-run has a table of the jobs, and what Snakemake prints where more was asked for stays.
    project.config["studies"]["pair"]["samples"] = 30
    project.write_config()
    output = project.snakemake("-n")
    assert re.search(r"solve_shard +1\n", output) and "input files updated by" in output
    job = ": pair: samples 000000020 to 000000030 of eta-"
    assert job not in output and job in project.snakemake("-n", "--printshellcmds")
    first = shown(project.snakemake("tables"))[0]
    assert re.fullmatch(r"\d\d:\d\d:\d\d pair, 2\d of 30 samples, .*", first)
    output = project.snakemake("tables", "--forceall", "--printshellcmds")
    assert "mpiexec -n 2" in output and "Finished jobid: " in output


def test_failed_job_is_told_with_its_log_and_what_it_said(make_project):
    project = make_project(pair=SMALL)
    project.snakemake("tables", "--config", "samples=10")
    (block,) = project.blocks("pair")
    lock = BlockFolder(block).lock
    lock.unlink()
    lock.mkdir()
    lines = shown(project.snakemake("tables", code=1))
    place = lines.index(next(line for line in lines if line.startswith("failed: ")))
    about = (
        rf"failed: pair: samples 000000010 to 000000020 of {block.name} \(job \d+, solve_shard\)"
    )
    assert re.fullmatch(about, lines[place])
    place_of_lock = lock.relative_to(project.path)
    said = f"error: {place_of_lock}: cannot be written (Is a directory); remove it"
    assert lines[place + 1] == said
    log = f"results/logs/{block.parent.name}/{block.name}-000000010-000000020.log"
    assert lines[place + 2] == f"log: {log}"
    assert "error: " in (project.path / log).read_text()
    assert re.fullmatch(r"Complete log\(s\): .*\.snakemake/log/.*", lines[place + 3])
    assert re.fullmatch(
        r"1 failed, 0 of 3 jobs done in \d+ s; run the same command again to continue", lines[-1]
    )
    assert len(lines) <= place + 5


def test_first_line_of_a_launcher_that_fails_is_what_is_told(make_project):
    project = make_project(pair={**SMALL, "samples": 10})
    launcher = "solve_shard:mpi=mpiexec -oversubscribe"  # an option of Open MPI only
    output = project.snakemake("tables", "--set-resources", launcher, code=1)
    (said,) = [line for line in shown(output) if line.startswith("said: ")]
    assert "unrecognized argument oversubscribe" in said


def test_launcher_that_starts_no_ranks_is_told(make_project):
    project = make_project(pair={**SMALL, "samples": 10})
    output = project.snakemake(
        "tables", "--latency-wait", "1", "--set-resources", "solve_shard:mpi='true'", code=1
    )
    failed, why, log, *_, last = shown(output)[-5:]
    assert failed.startswith("failed: pair: samples 000000000 to 000000010 of ")
    assert why.startswith("why: it made no shard, and printed neither an error nor any")
    assert log.startswith("log: results/logs/pair-")
    assert last.startswith("1 failed, 0 of 3 jobs done in ")
    assert "MissingOutputException" not in output


class Terminal:
    """Snakemake on a terminal of 80 columns; what it writes there."""

    def __init__(self, project: Project, *arguments: str) -> None:
        self._leader, follower = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "snakemake", *arguments],
            cwd=project.path,
            env={
                **os.environ,
                "PYTHONPATH": str(project.path / "src"),
                "TERM": "xterm",
                "COLUMNS": "80",
            },
            stdin=follower,
            stdout=follower,
            stderr=follower,
            start_new_session=True,
        )
        os.close(follower)
        self.text = ""

    def close(self) -> None:
        """Close the terminal, as when its window is closed or its login is lost."""
        os.close(self._leader)
        os.killpg(self.process.pid, signal.SIGHUP)

    def read_until(self, words: str = "\0") -> None:
        """Read until some words are there, or the process ends."""
        deadline = time.monotonic() + 300
        while words not in self.text:
            assert time.monotonic() < deadline, self.text
            if select.select([self._leader], [], [], 0.2)[0]:
                try:
                    self.text += os.read(self._leader, 65536).decode()
                except OSError:  # the other end is closed
                    return
            elif self.process.poll() is not None:
                return

    def lines(self) -> list[str]:
        """What stands there in the end, line by line."""
        screen: list[str] = [""]
        for part in re.split(r"(\r\n|\r|\x1b\[\d*A|\x1b\[2K)", self.text):
            if part == "\r\n":
                screen.append("")
            elif part == "\x1b[2K":
                screen[-1] = ""
            elif part.endswith("A") and part.startswith("\x1b"):
                screen.pop()
            elif part != "\r":
                screen[-1] += re.sub(r"\x1b\[[?\d;]*[a-zA-Z]", "", part)
        return shown("\n".join(screen).rstrip("\n"))


def test_terminal_has_one_line_that_goes_away(make_project):
    project = make_project(pair=SMALL, chain={**CHAIN, "samples": 8, "chunk_size": 8})
    terminal = Terminal(project)
    terminal.read_until()
    assert terminal.process.wait() == 0, terminal.text
    lines = terminal.lines()
    assert lines[0] == "Figures and tables are in results/figures and results/tables"
    assert re.fullmatch(r"8 of 8 jobs done in .*", lines[1])
    assert len(lines) == 2, lines
    assert "2 studies" in terminal.text and " of 28 samples, " in terminal.text
    # Three of the jobs solved samples.
    assert "tables and figures" in terminal.text
    assert set(re.findall(r" of (\d+) jobs", terminal.text)) <= set("12345") | {"8"}
    # Each drawing is of at most the width of the terminal.
    progress = terminal.text[terminal.text.index("\x1b[?25l") :]
    for drawn in progress.split("\x1b[2K"):
        line = re.sub(r"\x1b\[[?\d;]*[a-zA-Z]", "", drawn.split("\r")[0])
        assert len(line) <= 80


def test_ctrl_c_on_a_terminal_is_no_failure(make_project):
    project = make_project(chain={**CHAIN, "samples": 400, "chunk_size": 400})
    terminal = Terminal(project, "tables")
    terminal.read_until("% ")
    terminal.read_until(" left")
    os.killpg(terminal.process.pid, signal.SIGINT)  # what the terminal does
    terminal.read_until()
    assert terminal.process.wait() == 1, terminal.text
    lines = terminal.lines()
    assert lines[0].startswith("Terminating processes on user request")
    stopped = (
        r"stopped after .*, \d+ of 400 samples are kept; run the same command again to continue"
    )
    assert re.fullmatch(stopped, lines[1])
    assert len(lines) == 2, lines
    assert "\x1b[?25h" in terminal.text  # the cursor is shown again
    assert not list((project.path / ".snakemake").glob("locks/*"))


def test_closed_terminal_leaves_no_lock(make_project):
    project = make_project(chain={**CHAIN, "samples": 400, "chunk_size": 400})
    terminal = Terminal(project, "tables")
    terminal.read_until(" left")
    terminal.close()
    assert terminal.process.wait(timeout=60) == 1
    assert not list((project.path / ".snakemake").glob("locks/*"))
    assert len(list(project.results.glob("jobs/chain-*/*/parts/*.rows"))) > 0


def test_reader_that_has_read_enough_sees_no_traceback_and_stops_no_run(make_project):
    project = make_project(pair={**PAIR, "samples": 4, "chunk_size": 4})
    snakemake = f"{shlex.quote(sys.executable)} -m snakemake tables"
    dry_run = project.run("bash", "-o", "pipefail", "-c", f"{snakemake} -n | head -n 1")
    assert not re.findall(r"Traceback|^  File|Error", dry_run, re.MULTILINE)
    assert dry_run.count("plan:") == 1
    project.run("bash", "-o", "pipefail", "-c", f"{snakemake} 2>&1 | head -n 1")
    assert project.solved("pair") == 4
