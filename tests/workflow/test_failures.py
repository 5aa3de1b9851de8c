"""What a kill, a damaged file or a wrong launch costs: nothing but the sample in hand."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from project import CHAIN, PAIR, ROOT, Project

from syncsweep.config.file import load_config
from syncsweep.layout import BlockFolder, study_file, study_folder
from syncsweep.sweep import description
from syncsweep.sweep.walltime import STOPPED


@pytest.fixture
def undisturbed(finished) -> dict[str, bytes]:
    """Tables of the chain that nothing happened to."""
    return finished("tables", chain=CHAIN).table_bytes("chain")


def wait_for_a_launch_to_wait(project: Project, process: psutil.Popen) -> None:
    """Wait until a launch has said that it waits for another."""
    while not project.logs_say("waiting for it"):
        assert process.poll() is None, process.communicate()[0]
        time.sleep(0.05)


def workers(process: psutil.Popen, word: str) -> list[psutil.Process]:
    """Processes under snakemake whose first words are `word`, by process id."""
    found = [p for p in process.children(recursive=True) if word in Path(p.cmdline()[0]).name]
    return sorted(found, key=lambda p: p.pid)


def wait_for_ranks_to_end(project: Project) -> None:
    while any(
        str(project.path) in part and "solve_shard" in part
        for process in psutil.process_iter(["cmdline", "status"])
        if process.info["status"] != psutil.STATUS_ZOMBIE
        for part in process.info["cmdline"] or []
    ):
        time.sleep(0.05)


def last_rank(process: psutil.Popen) -> psutil.Process:
    ranks = [p for p in workers(process, "python") if "solve_shard.py" in " ".join(p.cmdline())]
    assert len(ranks) == 2
    return ranks[1]


def launcher(process: psutil.Popen) -> psutil.Process:
    return workers(process, "mpiexec")[0]


def test_killed_rank_or_launcher_ends_the_launch_and_the_next_run_goes_on(
    make_project, undisturbed
):
    project = make_project(chain=CHAIN)
    for victim, samples in ((last_rank, 8), (launcher, 18)):
        process = project.start("tables")
        project.wait_for_samples(process, samples)
        victim(process).send_signal(signal.SIGKILL)
        output, _ = process.communicate(timeout=60)
        assert process.returncode == 1, output
        wait_for_ranks_to_end(project)
    kept = project.kept("chain")
    assert 18 <= kept < 40
    project.snakemake("tables")
    assert project.table_bytes("chain") == undisturbed
    last = [event for event in project.events("chain") if event["event"] == "start"][-1]
    assert (last["from_parts"], last["missing"]) == (kept, 40 - kept)
    assert project.solved("chain") == 40 - kept


def test_launch_left_behind_by_a_killed_snakemake_is_waited_for_also_with_another_chunk_size(
    make_project, undisturbed
):
    project = make_project(chain=CHAIN)
    process = project.start("tables")
    project.wait_for_samples(process, 8)
    process.send_signal(signal.SIGKILL)
    process.wait()
    (rank, _) = project.ranks()
    rank.suspend()  # so that it is still at work when the next begin
    project.snakemake("--unlock")
    project.config["studies"]["chain"]["chunk_size"] = 20
    project.write_config()
    process = project.start("tables")
    wait_for_a_launch_to_wait(project, process)
    rank.resume()
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 0, output
    assert project.table_bytes("chain") == undisturbed
    # No sample was solved twice.
    assert project.solved("chain") == 40


def test_rank_that_outlives_the_first_and_its_launcher_is_waited_for(make_project, undisturbed):
    project = make_project(chain=CHAIN)
    process = project.start("tables")
    project.wait_for_samples(process, 8)
    first, last = sorted(project.ranks(), key=lambda p: int(p.environ()["PMI_RANK"]))
    launchers = [p for p in last.parents() if "hydra" in p.name() or "mpiexec" in p.name()]
    # All are stopped before one is killed: the others would notice, end the ranks and exit.
    for above in reversed(launchers):
        above.suspend()
    for above in launchers:
        above.kill()
    last.suspend()
    first.kill()
    process.communicate(timeout=60)
    process = project.start("tables")
    wait_for_a_launch_to_wait(project, process)
    last.resume()
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 0, output
    assert project.table_bytes("chain") == undisturbed
    # It solved its share first, and ended when nobody waited for it.
    start = [event for event in project.events("chain") if event["event"] == "start"][1]
    assert start["from_parts"] > 20
    last.wait(timeout=60)


def test_interrupted_snakemake_is_resumed_without_unlock(make_project, undisturbed):
    project, kept = make_project(chain=CHAIN), 0
    for number in (signal.SIGINT, signal.SIGHUP):
        process = project.start("tables")
        project.wait_for_samples(process, kept + 8)
        # Of this process alone, unlike on a terminal; and the user does not wait for the answer.
        process.send_signal(number)
        time.sleep(0.2)
        process.send_signal(number)
        output, _ = process.communicate(timeout=60)
        # The second may come when Python is about to end, and then ends it.
        assert process.returncode in (1, -number) and "Traceback" not in output, output
        (stopped,) = re.findall(r"stopped after .* (\d+) of 40 samples are kept; .*", output)
        assert kept + 8 <= int(stopped) < 40
        kept = int(stopped)
    project.snakemake("tables")
    starts = [event for event in project.events("chain") if event["event"] == "start"]
    assert starts[-1]["from_parts"] == kept
    assert project.table_bytes("chain") == undisturbed


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def wrong_schema(path: Path) -> None:
    import pyarrow.parquet as pq

    table = pq.read_table(path)
    pq.write_table(table.drop_columns(["s_max"]), path)


def test_damaged_shards_are_set_aside_named_and_made_again(finished_copy):
    """All kinds of damage are in tests/unit/test_damage.py."""
    project = finished_copy("tables", pair=PAIR)
    tables = project.table_bytes("pair")
    (block,) = project.blocks("pair")
    shards = [BlockFolder(block).shard(*samples) for samples in ((0, 30), (30, 60))]
    for shard, damage in zip(shards, (truncate, wrong_schema), strict=True):
        damage(shard)
        os.utime(shard)
    output = project.snakemake("tables")
    warnings = [line for line in output.splitlines() if line.startswith("warning:")]
    assert len(warnings) == 2
    for shard, warning in zip(shards, sorted(warnings), strict=True):
        assert shard.name in warning and "set aside" in warning
    assert project.solved("pair") == 120
    assert project.table_bytes("pair") == tables


def test_table_of_failures_that_cannot_be_read_costs_a_warning(finished_copy):
    project = finished_copy("tables", pair=PAIR)
    (project.results / "tables" / "pair" / "failures.csv").write_bytes(b"\xff\xfe\n")
    output = project.snakemake("--forcerun", "tables", "--", "tables")
    (warning,) = [line for line in output.splitlines() if line.startswith("warning:")]
    assert "tables/pair/failures.csv cannot be read (" in warning
    assert "Error" not in output


def worker(block: Path, ranks: int, *arguments: str, program: str | None = None) -> list[str]:
    """The command of a launch by hand, which makes 40 samples behind those of the pair."""
    script = [str(ROOT / "scripts" / "solve_shard.py")] if program is None else ["-c", program]
    mpiexec = str(Path(sys.executable).parent / "mpiexec")
    command = [mpiexec, "-n", str(ranks), sys.executable, "-m", "mpi4py", *script]
    return [*command, "--block", str(block), "--start", "60", "--stop", "100", *arguments]


def described_block(project: Project, study: str = "chain") -> Path:
    """The only block of a study as a run describes it before its first job."""
    config = load_config(project.path / "config.yaml", {"results": str(project.results)})
    blocks = (block,) = description.describe(config, study)
    folder = study_folder(project.results, study, block.physics.digest)
    description.write(folder, blocks)
    return folder / block.block


def launch(block: Path, ranks: int, expected: int, *, program: str | None = None) -> str:
    """Launch a worker by hand; returns what it prints, which must be a failure."""
    command = worker(block, ranks, "--ranks", str(expected), program=program)
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode != 0
    return done.stderr


def test_launch_short_of_time_stops_with_its_own_code_and_the_next_goes_on(make_project):
    project = make_project(chain=CHAIN)
    block = described_block(project)
    # More than any machine solves in three seconds, a quarter of which is kept in reserve.
    command = worker(block, 2, "--stop", "260", "--ranks", "2", "--minutes")
    first = subprocess.run([*command, "0.05"], capture_output=True, text=True, timeout=60)
    assert first.returncode == STOPPED
    assert "stopped (time limit)" in first.stderr
    assert "they are kept, and the next attempt continues" in first.stderr
    assert len(first.stderr.splitlines()) == 1
    second = subprocess.run([*command, ""], capture_output=True, text=True, timeout=60)
    assert second.returncode == 0
    start, stop, again, end = project.events("chain")
    assert (start["missing"], stop["event"], stop["stopped_by"]) == (200, "stop", "time limit")
    assert 0 < stop["solved"] < 200
    assert (again["from_parts"], again["missing"]) == (stop["solved"], 200 - stop["solved"])
    assert end["solved"] == again["missing"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGUSR1])
def test_rank_that_is_told_to_end_finishes_its_sample_and_the_others_their_share(
    make_project, number
):
    project = make_project(chain=CHAIN)
    command = worker(described_block(project), 2, "--ranks", "2")
    process = psutil.Popen(command, stderr=subprocess.PIPE, text=True)
    project.wait_for_samples(process, 4)
    ranks = [p for p in process.children(recursive=True) if "solve_shard.py" in p.cmdline()[3]]
    ranks[1].send_signal(number)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == STOPPED
    assert f"stopped ({number.name})" in errors
    (stop,) = [event for event in project.events("chain") if event["event"] == "stop"]
    assert 20 < stop["solved"] < 40
    assert stop["solved"] == project.kept("chain")


@pytest.fixture
def pair_block(make_project) -> Path:
    return described_block(make_project(pair=PAIR), "pair")


def test_launch_with_another_number_of_ranks_is_refused(pair_block):
    errors = launch(pair_block, ranks=1, expected=2)
    assert "error: this launch has 1 rank(s) instead of 2" in errors
    assert not BlockFolder(pair_block).shard(60, 100).exists()


def test_failing_rank_ends_the_launch_with_its_message(pair_block):
    script = ROOT / "scripts" / "solve_shard.py"
    program = f"""
import runpy
from mpi4py import MPI
from syncsweep.sample import sample_solver
def rows(self, units):
    if MPI.COMM_WORLD.rank == 1:
        raise RuntimeError("a fault on rank 1")
    return original(self, units)
original = sample_solver.SampleSolver.rows_of
sample_solver.SampleSolver.rows_of = rows
runpy.run_path({str(script)!r}, run_name="__main__")
"""
    assert "a fault on rank 1" in launch(pair_block, ranks=2, expected=2, program=program)
    assert not BlockFolder(pair_block).shard(60, 100).exists()


@pytest.mark.parametrize("code", [0, STOPPED])
def test_rank_may_end_long_before_another_and_waits_for_no_thread(code):
    program = f"""
import os, sys, threading, time
from mpi4py import MPI
from syncsweep.sweep.worker import end
class Slow:
    def flush(self):
        time.sleep(1)
        os.write(1, b"written")
if MPI.COMM_WORLD.rank == 1:
    sys.stdout = Slow()
else:
    threading.Thread(target=time.sleep, args=[300]).start()
MPI.COMM_WORLD.Barrier()
end({code})
"""
    mpiexec = str(Path(sys.executable).parent / "mpiexec")
    command = [mpiexec, "-n", "3", sys.executable, "-m", "mpi4py", "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (code, "written", "")


def test_edited_study_file_is_refused_by_workers(pair_block):
    path = study_file(pair_block.parent)
    path.write_text(path.read_text().replace('"B": 0.3', '"B": 0.35'))
    errors = launch(pair_block, ranks=2, expected=2)
    messages = [line for line in errors.splitlines() if line.startswith("error:")]
    assert len(messages) == 1 and str(path) in messages[0]
